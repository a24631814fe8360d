//! Backups: one file with everything in it.

use chain::{Position, Seq};
use oplog::{Checkpoints, Log, LogError, LogReader};

use crate::{Folder, ID, log_of, payloads, store};

#[test]
fn a_backup_is_one_file_with_everything_in_it() {
    let folder = Folder::new();
    let mut log = log_of(&folder, "a.linework", &["one", "two", "three"]);
    let blob = log.put_blob(&[3; 100_000]).unwrap();
    log.set_meta("title", "Ground floor").unwrap();
    let (mut checkpoints, _) = Checkpoints::open(&log).unwrap();
    checkpoints.put(&Position::start(ID).after(b"one"), b"after one").unwrap();
    checkpoints.put(&Position::start(ID).after(b"one").after(b"two"), b"after two").unwrap();

    let saved = Folder::new();
    assert_eq!(log.backup(saved.path("s.linework")).unwrap(), log.position());
    assert_eq!(saved.names(), ["s.linework"]);
    store(&mut log, &["four"]);

    let (reader, broken) = LogReader::open(saved.path("s.linework")).unwrap();
    assert_eq!(broken, None);
    assert_eq!(payloads(&reader), ["one", "two", "three"]);
    assert_eq!(reader.blob(&blob).unwrap(), Some(vec![3; 100_000]));
    assert_eq!(reader.meta("title").unwrap().as_deref(), Some("Ground floor"));
    let checkpoint = reader.latest_checkpoint(Seq(3)).unwrap().checkpoint.unwrap();
    assert_eq!((checkpoint.position.seq, &checkpoint.state[..]), (Seq(2), &b"after two"[..]));
    assert_eq!(reader.latest_checkpoint(Seq(1)).unwrap().checkpoint, None, "only the newest is saved");
    assert!(reader.verify().is_ok());
    drop(reader);
    assert_eq!(saved.names(), ["s.linework"], "reading leaves nothing beside it");
}

#[test]
fn a_saved_log_can_live_again_and_be_saved_again() {
    let folder = Folder::new();
    let log = log_of(&folder, "a.linework", &["one", "two"]);
    let (mut checkpoints, _) = Checkpoints::open(&log).unwrap();
    checkpoints.put(&log.position(), b"after two").unwrap();
    log.backup(folder.path("b.linework")).unwrap();

    let mut log = Log::open(folder.path("b.linework")).unwrap();
    let end = store(&mut log, &["three"]);
    let folded = log.latest_checkpoint(Seq(9)).unwrap().checkpoint.unwrap();
    assert_eq!(folded.state, b"after two");
    let (mut checkpoints, _) = Checkpoints::open(&log).unwrap();
    checkpoints.put(&end, b"after three").unwrap();
    log.backup(folder.path("c.linework")).unwrap();
    let (reader, _) = LogReader::open(folder.path("c.linework")).unwrap();
    assert_eq!(reader.latest_checkpoint(Seq(9)).unwrap().checkpoint.unwrap().state, b"after three");
    assert_eq!(reader.latest_checkpoint(Seq(2)).unwrap().checkpoint, None);
}

#[test]
fn a_backup_overwrites_nothing_and_leaves_nothing_when_it_fails() {
    let folder = Folder::new();
    let log = log_of(&folder, "a.linework", &["one"]);
    std::fs::write(folder.path("there"), "a letter").unwrap();
    let before = folder.names();
    assert!(matches!(log.backup(folder.path("there")), Err(LogError::Exists { .. })));
    assert!(matches!(log.backup(folder.path("a.linework")), Err(LogError::Exists { .. })));
    assert!(matches!(log.backup(folder.path("no/such")), Err(LogError::Missing { .. })));
    assert_eq!(folder.names(), before);
    assert_eq!(std::fs::read(folder.path("there")).unwrap(), b"a letter");
}

#[test]
fn a_closed_log_is_one_file() {
    let folder = Folder::new();
    log_of(&folder, "a.linework", &["one"]).close().unwrap();
    assert_eq!(folder.names(), ["a.linework", "a.linework-lock"]);
    let log = Log::open(folder.path("a.linework")).unwrap();
    let reader = log.reader().unwrap();
    log.close().unwrap();
    assert_eq!(payloads(&reader), ["one"], "who still reads is not disturbed");
}
