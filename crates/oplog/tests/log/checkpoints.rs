//! Checkpoints: the newest that is in the chain, and never a reason to fail.

use chain::{LogId, Position, Seq};
use oplog::{Checkpoints, KEPT_CHECKPOINTS, Log, LogError, checkpoints_path};
use rusqlite::Connection;

use crate::{Folder, ID, log_of, payloads, store};

/// The seq and text of the newest checkpoint at or before `seq`, and how many complaints there were.
fn latest(log: &Log, seq: u64) -> (Option<(u64, String)>, usize) {
    let latest = log.latest_checkpoint(Seq(seq)).unwrap();
    let found = latest.checkpoint.map(|found| (found.position.seq.0, String::from_utf8(found.state).unwrap()));
    (found, latest.dropped.len())
}

fn found(seq: u64, state: &str) -> (Option<(u64, String)>, usize) {
    (Some((seq, state.to_owned())), 0)
}

/// A log of ten entries and all positions in it.
fn ten(folder: &Folder) -> (Log, Vec<Position>) {
    let mut log = log_of(folder, "a.linework", &[]);
    let mut positions = vec![log.position()];
    for number in 1..=10 {
        positions.push(store(&mut log, &[&format!("entry {number}")]));
    }
    (log, positions)
}

#[test]
fn the_newest_that_is_asked_for_is_found() {
    let folder = Folder::new();
    let (log, positions) = ten(&folder);
    assert_eq!(latest(&log, 10), (None, 0));
    let (mut checkpoints, dropped) = Checkpoints::open(&log).unwrap();
    assert_eq!(dropped, None);
    for (at, state) in [(0, "start"), (4, "old four"), (8, "eight"), (4, "four")] {
        assert_eq!(checkpoints.put(&positions[at], state.as_bytes()).unwrap(), None);
    }
    assert_eq!(latest(&log, 10), found(8, "eight"));
    assert_eq!(latest(&log, 7), found(4, "four"));
    assert_eq!(latest(&log, 3), found(0, "start"));
    assert_eq!(latest(&log, u64::MAX), found(8, "eight"));
}

#[test]
fn those_of_another_branch_or_log_do_not_count() {
    let folder = Folder::new();
    let (log, positions) = ten(&folder);
    let (mut checkpoints, _) = Checkpoints::open(&log).unwrap();
    checkpoints.put(&positions[2], b"two").unwrap();
    checkpoints.put(&positions[4].after(b"another branch"), b"five, elsewhere").unwrap();
    checkpoints.put(&positions[10].after(b"beyond the end"), b"eleven").unwrap();
    let elsewhere = Position { log: LogId([9; 16]), ..positions[3] };
    assert!(matches!(checkpoints.put(&elsewhere, b"three"), Err(LogError::NotALog { .. })));
    assert_eq!(latest(&log, 10), found(2, "two"));
}

#[test]
fn only_the_newest_few_are_kept_and_the_file_stays_small() {
    let folder = Folder::new();
    let (log, positions) = ten(&folder);
    let (mut checkpoints, _) = Checkpoints::open(&log).unwrap();
    let state = vec![b'x'; 300_000];
    for round in 0..5 {
        for position in &positions {
            checkpoints.put(position, &state).unwrap();
        }
        let size = std::fs::metadata(checkpoints_path(log.path())).unwrap().len();
        assert!(size < (KEPT_CHECKPOINTS as u64 + 1) * 320_000, "round {round}: {size} bytes");
    }
    let oldest = 10 - KEPT_CHECKPOINTS as u64 + 1;
    assert_eq!(latest(&log, oldest).0.unwrap().0, oldest);
    assert_eq!(latest(&log, oldest - 1), (None, 0));
}

#[test]
fn a_thread_of_its_own_writes_them_while_entries_come() {
    let folder = Folder::new();
    let (mut log, positions) = ten(&folder);
    let (mut checkpoints, _) = Checkpoints::open(&log).unwrap();
    let writer = std::thread::spawn(move || {
        for position in &positions[1..] {
            checkpoints.put(position, &vec![b'x'; 1_000_000]).unwrap();
        }
    });
    for number in 0..50 {
        store(&mut log, &[&format!("while writing {number}")]);
    }
    writer.join().unwrap();
    assert_eq!(latest(&log, 100).0.unwrap().0, 10);
}

/// Harms the side file in some way; the log doesn't notice, the answer says so, and the next writer starts anew.
fn check_damage(case: &str, harm: impl Fn(&std::path::Path)) {
    let folder = Folder::new();
    let (mut log, positions) = ten(&folder);
    let (mut checkpoints, _) = Checkpoints::open(&log).unwrap();
    checkpoints.put(&positions[5], &vec![b'x'; 50_000]).unwrap();
    drop(checkpoints);
    harm(&checkpoints_path(log.path()));

    let (none, complaints) = latest(&log, 10);
    assert_eq!((none, complaints), (None, 1), "{case}");
    assert_eq!(payloads(&log).len(), 10, "{case}");
    store(&mut log, &["eleven"]);

    // What is wrong is found on opening or, where it is deep inside, left to be passed over.
    let (mut checkpoints, dropped) = Checkpoints::open(&log).unwrap();
    let words = dropped.map(|dropped| dropped.to_string()).unwrap_or_default();
    assert!(words.is_empty() || words.contains("a.linework-checkpoints"), "{case}: {words}");
    checkpoints.put(&log.position(), b"eleven").unwrap();
    assert_eq!(latest(&log, 11), found(11, "eleven"), "{case}");
}

#[test]
fn damage_costs_time_and_nothing_else() {
    let sql = |path: &std::path::Path, sql: &str| Connection::open(path).unwrap().execute_batch(sql).unwrap();
    check_damage("garbage", |path| std::fs::write(path, "not a database, not at all".repeat(50)).unwrap());
    check_damage("cut", |path| std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(5000).unwrap());
    check_damage("empty", |path| std::fs::write(path, "").unwrap());
    check_damage("another program's", |path| sql(path, "PRAGMA application_id = 5"));
    check_damage("a later version's", |path| sql(path, "PRAGMA user_version = 9"));
    check_damage("without its table", |path| sql(path, "DROP TABLE checkpoint"));
    check_damage("an altered state", |path| sql(path, "UPDATE checkpoint SET state = x'00'"));
    check_damage("a flipped byte", |path| {
        let mut bytes = std::fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    });
}

#[test]
fn a_missing_side_file_is_nothing_to_tell() {
    let folder = Folder::new();
    let (log, positions) = ten(&folder);
    let (mut checkpoints, _) = Checkpoints::open(&log).unwrap();
    checkpoints.put(&positions[5], b"five").unwrap();
    drop(checkpoints);
    std::fs::remove_file(checkpoints_path(log.path())).unwrap();
    assert_eq!(latest(&log, 10), (None, 0));
    let (_, dropped) = Checkpoints::open(&log).unwrap();
    assert_eq!(dropped, None);
}

#[test]
fn those_of_a_log_that_had_this_name_before_are_not_taken() {
    let folder = Folder::new();
    let (log, positions) = ten(&folder);
    let (mut checkpoints, _) = Checkpoints::open(&log).unwrap();
    checkpoints.put(&positions[1], b"of the old one").unwrap();
    log.close().unwrap();
    std::fs::remove_file(folder.path("a.linework")).unwrap();
    for id in [ID, LogId([8; 16])] {
        let mut log = Log::create(folder.path("a.linework"), id).unwrap();
        store(&mut log, &["something else"]);
        assert_eq!(latest(&log, 10), (None, 0));
        log.close().unwrap();
        std::fs::remove_file(folder.path("a.linework")).unwrap();
    }
}
