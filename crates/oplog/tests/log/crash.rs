//! A process that is killed while it appends: what it had acknowledged is there, once, in order.
//!
//! This test binary starts itself again as that process. A kill leaves what was written to the system, so this shows
//! that nothing is acknowledged before it is written and that nothing half-written counts; that it was on the disk
//! too is a matter of `synchronous=FULL`, and of the test that tears the write-ahead log.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use chain::{Hash, Seq};
use oplog::{Appended, Checkpoints, Log, NewEntry};

use crate::{Folder, ID, Random, entry};

/// What tells the child that it is one: the log to append to.
const CHILD: &str = "OPLOG_CRASH_CHILD";

/// Appends batches of all sizes, blobs and checkpoints without end, and prints what was acknowledged.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let mut log = Log::open(path).unwrap();
    let (mut checkpoints, _) = Checkpoints::open(&log).unwrap();
    let mut random = Random(log.position().seq.0 + 1);
    let mut out = std::io::stdout();
    for round in 0u64.. {
        let first = log.position().seq.0 + 1;
        let batch: Vec<NewEntry> = (first..=first + random.below(20))
            .map(|seq| entry(&format!("{} {seq} {}", std::process::id(), "p".repeat(random.below(3000) as usize))))
            .collect();
        let Ok(Appended::Stored(position)) = log.append(&log.position(), &batch) else { panic!("not stored") };
        writeln!(out, "\nstored {} {}", position.seq, position.head).unwrap();
        if round % 7 == 0 {
            let blob = log.put_blob(&vec![round as u8; random.below(200_000) as usize]).unwrap();
            writeln!(out, "\nblob {blob}").unwrap();
            checkpoints.put(&position, &vec![1; 100_000]).unwrap();
        }
        out.flush().unwrap();
    }
}

#[test]
fn a_kill_loses_nothing_acknowledged() {
    let folder = Folder::new();
    let path = folder.path("a.linework");
    Log::create(&path, ID).unwrap().close().unwrap();
    let mut random = Random(29);
    let mut acknowledged: Vec<(Seq, Hash)> = Vec::new();
    let mut blobs: HashSet<Hash> = HashSet::new();
    for round in 0..8 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::child", "--exact", "--nocapture", "--test-threads=1"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let wanted = 1 + random.below(60);
        let mut seen = 0;
        while let Some(Ok(line)) = lines.next() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["stored", seq, head] => {
                    // The pipe may end in the middle of a line, which is then no acknowledgement.
                    let (Ok(seq), Ok(head)) = (seq.parse(), head.parse()) else { continue };
                    acknowledged.push((Seq(seq), head));
                    seen += 1;
                }
                ["blob", hash] => blobs.extend(hash.parse::<Hash>()),
                _ => {}
            }
            if seen == wanted {
                // SIGKILL; what the child printed before is still read.
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(seen >= wanted, "round {round}: the child stopped after {seen} of {wanted}");

        let log = Log::open(&path).unwrap();
        let verified = log.verify().unwrap();
        assert_eq!(verified.position, log.position());
        for (seq, head) in &acknowledged {
            assert_eq!(log.hash_at(*seq).unwrap(), Some(*head), "round {round}: entry {seq}");
        }
        for blob in &blobs {
            assert!(log.blob(blob).unwrap().is_some(), "round {round}: blob {blob}");
        }
        assert_eq!(log.latest_checkpoint(Seq(u64::MAX)).unwrap().dropped, [], "round {round}");
    }
    let log = Log::open(&path).unwrap();
    let entries = log.read_after(Seq(0), usize::MAX, usize::MAX).unwrap();
    let distinct: HashSet<&[u8]> = entries.iter().map(|entry| &entry.payload[..]).collect();
    assert_eq!(distinct.len() as u64, log.position().seq.0, "each is there once");
}
