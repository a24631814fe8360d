//! Appending by compare-and-swap, reading in windows, blobs and small texts.

use chain::{Hash, LogId, Position, Seq};
use oplog::{Appended, Log, LogError, LogReader, MAX_META_BYTES, MAX_NAME_BYTES, MAX_PAYLOAD_BYTES, NewEntry};

use crate::{Folder, ID, entry, log_of, payloads, store};

#[test]
fn an_empty_log_stands_at_its_start() {
    let folder = Folder::new();
    let log = log_of(&folder, "a.linework", &[]);
    assert_eq!(log.position(), Position::start(ID));
    assert_eq!(payloads(&log), Vec::<String>::new());
    assert_eq!(log.verify().unwrap().position, Position::start(ID));
}

#[test]
fn what_is_appended_is_read_back_by_the_next_who_opens_it() {
    let folder = Folder::new();
    let mut log = log_of(&folder, "a.linework", &["one"]);
    let new = NewEntry { payload: vec![0, 255], time_ms: i64::MAX as u64, author: "Žofie".into(), kind: "".into() };
    let after = log.position();
    let end = after.after(&new.payload);
    assert_eq!(log.append(&after, std::slice::from_ref(&new)).unwrap(), Appended::Stored(end));
    drop(log);

    let log = Log::open(folder.path("a.linework")).unwrap();
    assert_eq!(log.position(), end);
    let read = log.read_after(Seq(1), 10, 1000).unwrap().remove(0);
    assert_eq!((read.seq, read.hash), (Seq(2), end.head));
    assert_eq!((read.payload, read.time_ms, read.author, read.kind), (new.payload, new.time_ms, new.author, new.kind));
}

#[test]
fn only_the_head_of_this_very_log_is_appended_to() {
    let folder = Folder::new();
    let mut log = log_of(&folder, "a.linework", &["one", "two"]);
    let head = log.position();
    let cases = [
        ("an earlier place", Position::start(ID).after(b"one")),
        ("a later place", head.after(b"three")),
        ("the same number on another branch", Position::start(ID).after(b"one").after(b"other")),
        ("another log", Position { log: LogId([8; 16]), ..head }),
    ];
    for (case, after) in cases {
        let expect = Appended::Behind(head);
        assert_eq!(log.append(&after, &[entry("three")]).unwrap(), expect, "{case}");
        assert_eq!(log.append(&after, &[]).unwrap(), expect, "{case}, nothing to append");
    }
    assert_eq!(log.append(&head, &[]).unwrap(), Appended::Stored(head));
    assert_eq!(payloads(&log), ["one", "two"]);
    assert_eq!(store(&mut log, &["three", "four"]), head.after(b"three").after(b"four"));
}

#[test]
fn a_position_is_of_this_branch_or_not() {
    let folder = Folder::new();
    let log = log_of(&folder, "a.linework", &["one", "two", "three"]);
    let start = Position::start(ID);
    let check = |position: Position, expect: bool| {
        assert_eq!(log.contains(&position).unwrap(), expect, "{position:?}");
    };
    check(start, true);
    check(start.after(b"one").after(b"two"), true);
    check(log.position(), true);
    check(start.after(b"uno").after(b"two"), false);
    check(log.position().after(b"four"), false);
    check(Position::start(LogId([8; 16])), false);
    check(Position { head: Hash([1; 32]), ..start }, false);
    check(Position { seq: Seq(u64::MAX), ..start }, false);
    assert_eq!(log.hash_at(Seq(1)).unwrap(), Some(start.after(b"one").head));
    assert_eq!(log.hash_at(Seq(4)).unwrap(), None);
}

#[test]
fn reading_goes_in_windows() {
    let folder = Folder::new();
    let log = log_of(&folder, "a.linework", &["1", "22", "333", "4444", "55555"]);
    let check = |after: u64, entries: usize, bytes: usize, expect: &[u64]| {
        let read = log.read_after(Seq(after), entries, bytes).unwrap();
        assert_eq!(read.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(), expect, "{after} {entries} {bytes}");
    };
    check(0, 2, 1000, &[1, 2]);
    check(2, 10, 1000, &[3, 4, 5]);
    check(0, 10, 6, &[1, 2, 3]);
    check(0, 10, 5, &[1, 2]);
    check(3, 10, 0, &[4]); // one at least, or nobody would get on
    check(0, 0, 1000, &[]);
    check(5, 10, 1000, &[]);
    check(u64::MAX, 10, 1000, &[]);
}

#[test]
fn what_is_too_large_is_refused_and_nothing_of_it_stored() {
    let folder = Folder::new();
    let mut log = log_of(&folder, "a.linework", &["one"]);
    let cases = [
        NewEntry { payload: vec![0; MAX_PAYLOAD_BYTES + 1], ..entry("") },
        NewEntry { author: "x".repeat(MAX_NAME_BYTES + 1), ..entry("") },
        NewEntry { kind: "x".repeat(MAX_NAME_BYTES + 1), ..entry("") },
        NewEntry { time_ms: u64::MAX, ..entry("") },
    ];
    for case in cases {
        let error = log.append(&log.position(), &[entry("before"), case]).unwrap_err();
        assert!(matches!(error, LogError::TooLarge { .. }), "{error}");
    }
    let many = vec![NewEntry { payload: vec![0; MAX_PAYLOAD_BYTES], ..entry("") }; 2];
    assert!(matches!(log.append(&log.position(), &many), Err(LogError::TooLarge { .. })));
    assert!(matches!(log.set_meta("k", &"x".repeat(MAX_META_BYTES + 1)), Err(LogError::TooLarge { .. })));
    assert_eq!(payloads(&log), ["one"]);
    let largest = NewEntry { payload: vec![9; MAX_PAYLOAD_BYTES], ..entry("") };
    assert!(matches!(log.append(&log.position(), &[largest]), Ok(Appended::Stored(_))));
}

#[test]
fn blobs_are_known_by_their_content() {
    let folder = Folder::new();
    let mut log = log_of(&folder, "a.linework", &[]);
    for content in [&b""[..], b"x", &vec![5; 3_000_000]] {
        let hash = log.put_blob(content).unwrap();
        assert_eq!(hash, Hash::of(content));
        assert_eq!(log.put_blob(content).unwrap(), hash);
        assert_eq!(log.blob(&hash).unwrap().as_deref(), Some(content));
    }
    assert_eq!(log.blob(&Hash::of(b"never stored")).unwrap(), None);
    let verified = log.verify().unwrap();
    assert_eq!((verified.blobs, verified.blob_bytes), (3, 3_000_001));
}

#[test]
fn small_texts_stay_until_they_are_set_again() {
    let folder = Folder::new();
    let mut log = log_of(&folder, "a.linework", &[]);
    assert_eq!(log.meta("title").unwrap(), None);
    log.set_meta("title", "Ground floor").unwrap();
    log.set_meta("title", "Ground floor, north").unwrap();
    drop(log);
    let log = Log::open(folder.path("a.linework")).unwrap();
    assert_eq!(log.meta("title").unwrap().as_deref(), Some("Ground floor, north"));
}

#[test]
fn a_reader_on_another_thread_keeps_its_view_while_entries_come() {
    let folder = Folder::new();
    let mut log = log_of(&folder, "a.linework", &["one"]);
    let reader = log.reader().unwrap();
    store(&mut log, &["two"]);
    let seen = std::thread::spawn(move || payloads(&reader)).join().unwrap();
    assert_eq!(seen, ["one"]);
    assert_eq!(payloads(&log.reader().unwrap()), ["one", "two"]);
}

#[test]
fn durability_is_what_the_page_says() {
    let folder = Folder::new();
    let log = log_of(&folder, "a.linework", &["one"]);
    let header = std::fs::read(folder.path("a.linework")).unwrap();
    assert_eq!(header[18..20], [2, 2], "write-ahead log");
    assert!(folder.names().contains(&"a.linework-wal".to_owned()));
    drop(log);
    let (reader, broken) = LogReader::open(folder.path("a.linework")).unwrap();
    assert_eq!((payloads(&reader), broken), (vec!["one".to_owned()], None));
}
