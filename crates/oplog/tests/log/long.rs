//! Payloads that are blobs: long ones, beside short ones, in logs old and new.

use chain::{Position, Seq};
use oplog::{Appended, LONG_PAYLOAD_BYTES, Log, LogReader, NewEntry};

use crate::{Folder, ID, entry, log_of, store};

fn long(byte: u8, bytes: usize) -> NewEntry {
    NewEntry { payload: vec![byte; bytes], ..entry("") }
}

fn put(log: &mut Log, entries: &[NewEntry]) -> Position {
    let Appended::Stored(position) = log.append(&log.position(), entries).unwrap() else { panic!("it is at its head") };
    position
}

/// What a number about the file is, read past this crate.
fn number(folder: &Folder, sql: &str) -> i64 {
    let connection = rusqlite::Connection::open(folder.path("a.linework")).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_long_payload_is_a_blob_and_reads_as_any_other() {
    const MOST: usize = LONG_PAYLOAD_BYTES;
    let folder = Folder::new();
    let mut log = log_of(&folder, "a.linework", &["one"]);
    // A reader of before sees what it saw, and a later one all of it.
    let before = log.reader().unwrap();
    put(&mut log, &[long(1, MOST)]);
    assert_eq!(number(&folder, "PRAGMA user_version"), 1, "a log without long entries is as it always was");
    let entries = [entry("three"), long(2, MOST + 1), long(2, MOST + 1), long(3, 5 * MOST)];
    let end = put(&mut log, &entries);
    store(&mut log, &["last"]);
    assert_eq!(before.read_after(Seq(0), 100, usize::MAX).unwrap().len(), 1);
    let version_and_blobs = || {
        let rows = number(&folder, "SELECT max(length(payload)) FROM entry");
        (number(&folder, "PRAGMA user_version"), number(&folder, "SELECT count(*) FROM blob"), rows)
    };
    // The same bytes twice are one blob.
    assert_eq!(version_and_blobs(), (2, 2, MOST as i64));
    // The chain covers what happened, as if it were in the row.
    let payloads = ["one".into(), vec![1; MOST]].into_iter().chain(entries.iter().map(|each| each.payload.clone()));
    assert_eq!(payloads.fold(Position::start(ID), |at, payload| at.after(&payload)), end);
    drop(before);
    log.close().unwrap();
    let log = Log::open(folder.path("a.linework")).unwrap();
    let check = |reader: &LogReader| {
        for (after, bytes_max, expect) in [
            (0, usize::MAX, vec![3, MOST, 5, MOST + 1, MOST + 1, 5 * MOST, 4]),
            (2, 1, vec![5]),
            (2, 5, vec![5]),
            (3, 1, vec![MOST + 1]),
            (3, 2 * MOST + 2, vec![MOST + 1, MOST + 1]),
            (5, 0, vec![5 * MOST]),
        ] {
            let read = reader.read_after(Seq(after), 100, bytes_max).unwrap();
            let lengths: Vec<_> = read.iter().map(|entry| entry.payload.len()).collect();
            assert_eq!(lengths, expect, "after {after}, {bytes_max} bytes");
        }
        let verified = reader.verify().unwrap();
        assert_eq!((verified.position.seq, verified.payload_bytes), (Seq(7), (8 * MOST + 14) as u64));
    };
    check(&log);
    drop(log);
    oplog::backup(folder.path("a.linework"), folder.path("copy.linework")).unwrap();
    let (copy, broken) = LogReader::open(folder.path("copy.linework")).unwrap();
    assert_eq!(broken, None);
    check(&copy);
}

#[test]
fn a_long_payload_that_is_damaged_or_gone_ends_the_chain_there() {
    for (sql, end) in [
        ("UPDATE blob SET content = x'00'", "entry 2"),
        ("DELETE FROM blob", "entry 2"),
        ("UPDATE entry SET blob = NULL WHERE seq = 2", "entry 2"),
        ("UPDATE entry SET blob = zeroblob(32) WHERE seq = 2", "entry 2"),
        ("UPDATE entry SET payload = x'01' WHERE seq = 3", "entry 3"),
    ] {
        let folder = Folder::new();
        let mut log = log_of(&folder, "a.linework", &["one"]);
        put(&mut log, &[long(1, LONG_PAYLOAD_BYTES + 1)]);
        store(&mut log, &["three", "four"]);
        log.close().unwrap();
        rusqlite::Connection::open(folder.path("a.linework")).unwrap().execute_batch(sql).unwrap();
        let (reader, broken) = LogReader::open(folder.path("a.linework")).unwrap();
        let broken = broken.expect("it is damaged");
        assert!(broken.damage.to_string().starts_with(end), "{sql}: {broken}");
        let intact = reader.read_after(Seq(0), 100, usize::MAX).unwrap();
        assert_eq!(intact.last().map(|entry| entry.seq), Some(broken.intact.seq), "{sql}");
        // One who appends finds it when the damaged entry is read, and not before.
        let live = Log::open(folder.path("a.linework")).unwrap();
        assert_eq!(live.position().seq, Seq(4), "{sql}");
        assert!(live.read_after(Seq(0), 100, usize::MAX).is_err(), "{sql}");
    }
    // At the end it is found on opening.
    let folder = Folder::new();
    let mut log = log_of(&folder, "a.linework", &["one"]);
    put(&mut log, &[long(1, LONG_PAYLOAD_BYTES + 1)]);
    log.close().unwrap();
    rusqlite::Connection::open(folder.path("a.linework")).unwrap().execute_batch("DELETE FROM blob").unwrap();
    let error = Log::open(folder.path("a.linework")).unwrap_err();
    assert!(error.to_string().contains("entry 2 has lost its payload"), "{error}");
}
