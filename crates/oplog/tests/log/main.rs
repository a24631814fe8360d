//! The op log as its users see it: files in a folder of their own, made, held, killed and damaged.

mod appending;
mod checkpoints;
mod crash;
mod damage;
mod glancing;
mod holding;
mod long;
mod page;
mod saving;

use std::path::PathBuf;

use chain::{LogId, Position, Seq};
use oplog::{Appended, Log, LogReader, NewEntry};

/// A folder that goes away with the test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What is in it, in order.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

const ID: LogId = LogId([7; 16]);

fn entry(payload: &str) -> NewEntry {
    NewEntry { payload: payload.into(), time_ms: 1_790_000_000_000, author: "Ana".into(), kind: "edit".into() }
}

/// A live log with one entry for each payload, each appended on its own.
fn log_of(folder: &Folder, name: &str, payloads: &[&str]) -> Log {
    let mut log = Log::create(folder.path(name), ID).unwrap();
    for payload in payloads {
        store(&mut log, &[payload]);
    }
    log
}

/// Appends at the head.
fn store(log: &mut Log, payloads: &[&str]) -> Position {
    let entries: Vec<NewEntry> = payloads.iter().map(|payload| entry(payload)).collect();
    match log.append(&log.position(), &entries).unwrap() {
        Appended::Stored(position) => position,
        Appended::Behind(position) => panic!("behind its own head: {position:?}"),
    }
}

fn payloads(log: &LogReader) -> Vec<String> {
    let entries = log.read_after(Seq(0), usize::MAX, usize::MAX).unwrap();
    entries.into_iter().map(|entry| String::from_utf8(entry.payload).unwrap()).collect()
}

/// Small and the same on every machine: xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % limit
    }
}
