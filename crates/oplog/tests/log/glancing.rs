//! A glance at a log: cheap, and the log is as it was.

use chain::Seq;
use oplog::{Log, LogError, LogReader, glance};

use super::{Folder, ID, log_of};

#[test]
fn a_glance_shows_what_is_there_and_changes_nothing() {
    let folder = Folder::new();
    let path = folder.path("a.linework");
    let mut log = log_of(&folder, "a.linework", &["one", "two"]);
    log.set_meta("title", "Plan").unwrap();
    let live = glance(&path, "title").unwrap();
    assert_eq!((live.position, live.meta.as_deref(), live.held), (log.position(), Some("Plan"), true));
    // Whoever holds it, all of it can be read.
    let (reader, broken) =
        LogReader::open_in_use(&path, &mut |_, _| std::ops::ControlFlow::Continue(())).unwrap().unwrap();
    assert_eq!((reader.position(), broken, reader.verify().unwrap().position), (log.position(), None, log.position()));
    assert!(matches!(LogReader::open(&path), Err(LogError::Held { .. })));
    drop(reader);
    let end = log.position();
    log.close().unwrap();
    let (before, bytes) = (folder.names(), std::fs::read(&path).unwrap());
    let saved = glance(&path, "other").unwrap();
    assert_eq!((saved.position, saved.meta, saved.held), (end, None, false));
    assert_eq!((folder.names(), std::fs::read(&path).unwrap()), (before, bytes));
}

#[test]
fn what_is_no_whole_log_is_named() {
    let folder = Folder::new();
    let empty = folder.path("empty.linework");
    Log::create(&empty, ID).unwrap().close().unwrap();
    assert_eq!(glance(&empty, "title").unwrap().position.seq, Seq(0));
    std::fs::write(folder.path("text.linework"), "not a log").unwrap();
    assert!(matches!(glance(folder.path("text.linework"), "title"), Err(LogError::NotALog { .. })));
    assert!(matches!(glance(folder.path("none.linework"), "title"), Err(LogError::Missing { .. })));
}

#[test]
fn blobs_are_listed_as_they_were_stored() {
    let folder = Folder::new();
    let mut log = log_of(&folder, "a.linework", &["one"]);
    assert_eq!(log.blob_hashes().unwrap(), []);
    let hashes = [b"b".as_slice(), b"a", b"c"].map(|bytes| log.put_blob(bytes).unwrap());
    assert_eq!(log.blob_hashes().unwrap(), hashes);
    assert_eq!(log.last_time_ms().unwrap(), Some(1_790_000_000_000));
}
