//! Whatever stands in a `*.linework` file: it is opened or refused, what is shown of it holds together, and one that can be
//! appended to keeps what was appended.

use std::path::Path;

use chain::{Seq, link};
use oplog::{Appended, Log, LogReader, NewEntry};

/// More entries than this of one log say nothing new.
const ENTRIES_MAX: usize = 1_000;

/// Tries a file with these bytes.
pub fn try_bytes(bytes: &[u8]) {
    let folder = folder();
    let path = folder.path().join("a.linework");
    std::fs::write(&path, bytes).expect("a file is written");
    read(&path);
    append(&path);
}

/// In memory where there is such a place: nothing here is about disks.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder")
}

fn read(path: &Path) {
    let Ok((log, broken)) = LogReader::open(path) else { return };
    let head = log.position();
    if let Some(broken) = &broken {
        assert!(broken.intact.seq <= head.seq, "{broken:?}");
    }
    // What was walked can be read, unless the file's pages lie about it in another way.
    if let Ok(entries) = log.read_after(Seq(0), ENTRIES_MAX, usize::MAX) {
        let mut before = log.hash_at(Seq(0)).ok().flatten().expect("the hash of none");
        for (number, entry) in entries.iter().enumerate() {
            assert_eq!(entry.seq.0, number as u64 + 1);
            assert_eq!(entry.hash, link(&before, entry.seq, &entry.payload));
            before = entry.hash;
            // It may be anything, and that is all right.
            let _ = protocol::decode_entry(&entry.payload);
        }
        if entries.len() < ENTRIES_MAX {
            assert_eq!(entries.last().map_or(0, |last| last.seq.0), head.seq.0);
            assert_eq!(before, head.head);
        }
    }
    // Pages that contradict each other may give an entry to one who reads on, and not to one who looks for it. That is told
    // by looking at all of them, and only then.
    if log.verify().is_ok() {
        assert_eq!(log.contains(&head).ok(), Some(true), "a log has its own head");
    }
}

fn append(path: &Path) {
    let Ok(mut log) = Log::open(path) else { return };
    let entry = NewEntry { payload: vec![1, 0xc0], time_ms: 5, author: "Ana".into(), kind: "edited".into() };
    let Ok(Appended::Stored(at)) = log.append(&log.position(), &[entry]) else { return };
    if log.close().is_ok()
        && let Ok((again, None)) = LogReader::open(path)
    {
        assert_eq!(again.position(), at, "what was appended is there");
    }
}
