//! Files that were harmed: what is intact is read, what is not is named, and nothing is made up.

use std::ops::ControlFlow;
use std::path::Path;

use chain::Seq;
use oplog::{Checkpoints, Damage, Log, LogError, LogReader};
use rusqlite::Connection;

use crate::{Folder, Random, log_of, payloads, store};

fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("{number} {}", "x".repeat(number * 7 % 300))).collect()
}

/// Harms a closed log of five entries; a reader opens it up to `intact` and names the damage, and so does verifying.
fn check(sql: &str, intact: u64, damage: &str) {
    let folder = Folder::new();
    let path = folder.path("a.linework");
    let names = ["one", "two", "three", "four", "five"];
    let mut log = log_of(&folder, "a.linework", &names);
    let blob = log.put_blob(b"a blob").unwrap();
    log.close().unwrap();
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();

    let (reader, found) = LogReader::open(&path).unwrap();
    let verified = reader.verify().unwrap_err();
    assert_eq!(verified.damage.to_string(), damage.replace("BLOB", &blob.to_string()), "{sql}");
    assert_eq!(verified.intact.seq, Seq(intact), "{sql}");
    assert_eq!(reader.position().seq, Seq(intact), "{sql}");
    assert_eq!(payloads(&reader), names[..intact as usize], "{sql}");
    if matches!(verified.damage, Damage::Blob { .. }) {
        assert_eq!(found, None, "blobs are read when they are asked for");
        assert!(matches!(reader.blob(&blob), Err(LogError::Torn { .. })));
    } else {
        assert_eq!(found, Some(verified), "{sql}");
    }
}

#[test]
fn a_broken_chain_is_read_up_to_the_break() {
    check("UPDATE entry SET payload = x'00' WHERE seq = 3", 2, "entry 3 is not what was stored");
    check("UPDATE entry SET hash = zeroblob(32) WHERE seq = 5", 4, "entry 5 is not what was stored");
    check("DELETE FROM entry WHERE seq = 4", 3, "entry 4 is missing");
    check("DELETE FROM entry WHERE seq = 1", 0, "entry 1 is missing");
    check("UPDATE entry SET seq = 9 WHERE seq = 5", 4, "entry 5 is missing");
    check("UPDATE blob SET content = x'00'", 5, "blob BLOB is damaged (its bytes are not what was stored)");
}

#[test]
fn a_checkpoint_that_is_not_what_was_stored_is_named() {
    let check = |sql: &str, damage: Option<&str>| {
        let folder = Folder::new();
        let log = log_of(&folder, "a.linework", &["one", "two"]);
        let (mut checkpoints, _) = Checkpoints::open(&log).unwrap();
        checkpoints.put(&log.position(), b"after two").unwrap();
        log.backup(folder.path("saved.linework")).unwrap();
        Connection::open(folder.path("saved.linework")).unwrap().execute_batch(sql).unwrap();
        let (reader, found) = LogReader::open(folder.path("saved.linework")).unwrap();
        assert_eq!(found, None, "the entries are what was stored");
        let verified = reader.verify().map(drop).map_err(|broken| {
            assert_eq!(broken.intact, reader.position());
            broken.damage.to_string()
        });
        assert_eq!(verified.err().as_deref(), damage, "{sql}");
    };
    check("", None);
    let bytes = Some("the checkpoint at entry 2 is damaged (its bytes are not what was stored)");
    check("UPDATE checkpoint SET state = x'00'", bytes);
    check("UPDATE checkpoint SET state_hash = zeroblob(32)", bytes);
    let history = "is damaged (it is of a history that this log does not have)";
    check("UPDATE checkpoint SET head = zeroblob(32)", Some(&format!("the checkpoint at entry 2 {history}")));
    check("UPDATE checkpoint SET seq = 9", Some(&format!("the checkpoint at entry 9 {history}")));
    // That of another log is not this one's to judge.
    check("UPDATE checkpoint SET log = zeroblob(16), head = zeroblob(32)", None);
}

#[test]
fn a_live_log_is_not_opened_on_a_torn_end_and_a_read_does_not_pass_a_break() {
    let folder = Folder::new();
    let path = folder.path("a.linework");
    let harm = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    log_of(&folder, "a.linework", &["one", "two", "three", "four"]).close().unwrap();
    harm("UPDATE entry SET payload = x'00' WHERE seq = 2");
    let log = Log::open(&path).unwrap();
    for after in [0, 1] {
        let error = log.read_after(Seq(after), 10, 1000).unwrap_err();
        assert!(error.to_string().contains("entry 2 is not what was stored"), "{error}");
    }
    assert_eq!(log.read_after(Seq(0), 1, 1000).unwrap().len(), 1);
    assert_eq!(log.read_after(Seq(2), 10, 1000).unwrap().len(), 2);
    log.close().unwrap();
    harm("UPDATE entry SET payload = x'00' WHERE seq = 4");
    let error = Log::open(&path).unwrap_err();
    assert!(matches!(error, LogError::Torn { .. }) && error.to_string().contains("entry 4"), "{error}");
}

#[test]
fn a_damaged_blob_is_replaced_by_storing_it_again() {
    let folder = Folder::new();
    let mut log = log_of(&folder, "a.linework", &["one"]);
    let blob = log.put_blob(b"a blob").unwrap();
    log.close().unwrap();
    let path = folder.path("a.linework");
    Connection::open(&path).unwrap().execute("UPDATE blob SET content = x'00'", []).unwrap();
    let mut log = Log::open(&path).unwrap();
    assert!(matches!(log.blob(&blob), Err(LogError::Torn { .. })));
    log.put_blob(b"a blob").unwrap();
    assert_eq!(log.blob(&blob).unwrap().as_deref(), Some(&b"a blob"[..]));
}

/// Whatever a file went through: it is refused with a name, or it opens and what it shows was stored.
fn check_salvage(path: &Path, stored: &[String], case: &str) -> Option<usize> {
    let (reader, broken) = match LogReader::open(path) {
        Ok(opened) => opened,
        Err(LogError::Torn { .. } | LogError::NotALog { .. } | LogError::Newer { .. } | LogError::Empty { .. }) => {
            return None;
        }
        Err(other) => panic!("{case}: {other}"),
    };
    let read = payloads(&reader);
    assert_eq!(read, stored[..read.len()], "{case}");
    assert!(broken.is_some() || read.len() == stored.len(), "{case}: {} entries and no finding", read.len());
    assert!(reader.verify().is_err() || read.len() == stored.len(), "{case}");
    Some(read.len())
}

#[test]
fn a_truncated_file_opens_as_far_as_it_goes() {
    let folder = Folder::new();
    let stored = numbered(2000);
    let texts: Vec<&str> = stored.iter().map(String::as_str).collect();
    let mut log = log_of(&folder, "a.linework", &[]);
    store(&mut log, &texts);
    log.close().unwrap();
    let whole = std::fs::read(folder.path("a.linework")).unwrap();
    let mut random = Random(11);
    let mut most = 0;
    for case in 0..60 {
        let kept = if case < 5 { [0, 1, 50, 100, 4096][case] } else { random.below(whole.len() as u64) as usize };
        let path = folder.path("cut.linework");
        std::fs::write(&path, &whole[..kept]).unwrap();
        let read = check_salvage(&path, &stored, &format!("cut to {kept}"));
        assert!(Log::open(&path).is_err(), "cut to {kept} of {}", whole.len());
        most = most.max(read.unwrap_or(0));
    }
    assert!(most > 1500, "a file cut near its end still shows {most} entries");
}

#[test]
fn no_garbled_file_is_believed() {
    let folder = Folder::new();
    let stored = numbered(300);
    let texts: Vec<&str> = stored.iter().map(String::as_str).collect();
    let mut log = log_of(&folder, "a.linework", &[]);
    store(&mut log, &texts);
    log.put_blob(&[1; 20_000]).unwrap();
    log.close().unwrap();
    let whole = std::fs::read(folder.path("a.linework")).unwrap();
    let mut random = Random(5);
    let mut partly = 0;
    for case in 0..400 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len() as u64) as usize;
            let length = (random.below(40) as usize + 1).min(bytes.len() - at);
            bytes[at..at + length].fill_with(|| random.below(256) as u8);
        }
        let path = folder.path("garbled.linework");
        std::fs::write(&path, bytes).unwrap();
        let read = check_salvage(&path, &stored, &format!("case {case}"));
        partly += usize::from(read.is_some_and(|read| read < stored.len()));
    }
    assert!(partly > 50, "{partly} files were read in part");
}

#[test]
fn a_power_cut_takes_whole_batches_off_the_end() {
    let folder = Folder::new();
    let mut log = log_of(&folder, "a.linework", &[]);
    let batches: Vec<Vec<String>> = (0..30)
        .map(|batch| (0..=batch % 4).map(|number| format!("{batch} {number} {}", "y".repeat(500))).collect())
        .collect();
    for batch in &batches {
        store(&mut log, &batch.iter().map(String::as_str).collect::<Vec<_>>());
    }
    // The files as they lie on the disk, with the write-ahead log cut or garbled anywhere.
    let file = std::fs::read(folder.path("a.linework")).unwrap();
    let wal = std::fs::read(folder.path("a.linework-wal")).unwrap();
    let stored = batches.concat();
    let ends: Vec<usize> = batches
        .iter()
        .scan(0, |end, batch| {
            *end += batch.len();
            Some(*end)
        })
        .chain([0])
        .collect();
    let mut random = Random(3);
    for case in 0..80 {
        let at = random.below(wal.len() as u64 + 1) as usize;
        let mut torn = wal.clone();
        if case % 2 == 0 {
            torn.truncate(at)
        } else {
            torn[at.min(wal.len() - 1)..].fill(0xa5)
        }
        let cut = Folder::new();
        std::fs::write(cut.path("a.linework"), &file).unwrap();
        std::fs::write(cut.path("a.linework-wal"), &torn).unwrap();
        let mut log = Log::open(cut.path("a.linework")).unwrap();
        let read = payloads(&log);
        assert!(ends.contains(&read.len()), "case {case}: {} entries", read.len());
        assert_eq!(read, stored[..read.len()], "case {case}");
        store(&mut log, &["and on"]);
        assert!(log.verify().is_ok(), "case {case}");
    }
}

#[test]
fn opening_tells_how_far_it_is_and_can_be_given_up() {
    let folder = Folder::new();
    log_of(&folder, "a.linework", &["one", "two", "three"]).close().unwrap();
    let path = folder.path("a.linework");
    let mut told = Vec::new();
    let opened = LogReader::open_watched(&path, &mut |walked, all| {
        told.push((walked, all));
        ControlFlow::Continue(())
    });
    let (reader, broken) = opened.unwrap().unwrap();
    assert_eq!((reader.position().seq, broken), (Seq(3), None));
    assert_eq!(told, [(1, 3), (2, 3), (3, 3)]);
    let opened = LogReader::open_watched(&path, &mut |walked, _| match walked {
        2 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert!(opened.unwrap().is_none());
}
