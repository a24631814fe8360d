//! What a log holds while its server runs: another reader of the same SQLite file.

use std::path::{Path, PathBuf};

use protocol::{Entry, Event, SessionId, decode_entry};
use rusqlite::{Connection, OpenFlags};

use crate::screen::until;

/// A log on the disk, written by somebody else.
pub struct Log(pub PathBuf);

impl Log {
    /// The only log in a folder.
    pub fn only(folder: &Path) -> Log {
        let files = std::fs::read_dir(folder).expect("the folder is there").map(|file| file.expect("listed").path());
        let mut logs = files.filter(|path| path.extension().is_some_and(|end| end == "linework"));
        let log = logs.next().expect("there is a log");
        assert!(logs.next().is_none(), "there is one log");
        Log(log)
    }

    /// All entries so far, in order.
    pub fn entries(&self) -> Vec<Entry> {
        let log = Connection::open_with_flags(&self.0, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the log opens");
        let mut rows = log.prepare("SELECT payload FROM entry ORDER BY seq").expect("entries");
        let payloads = rows.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("payloads");
        payloads.map(|payload| decode_entry(&payload.expect("a payload")).expect("an entry")).collect()
    }

    /// Waits until `look` finds something among the entries.
    #[track_caller]
    pub fn until<T>(&self, what: &str, look: impl Fn(&[Entry]) -> Option<T>) -> T {
        until(what, || look(&self.entries()))
    }

    /// The session of somebody who came in under this name.
    #[track_caller]
    pub fn session_of(&self, name: &str) -> SessionId {
        self.until(&format!("{name} has joined"), |entries| {
            let joined = |entry: &Entry| matches!(&entry.event, Event::Joined { name: each, .. } if each == name);
            let index = entries.iter().position(joined)?;
            Some(SessionId(protocol::Seq(index as u64 + 1)))
        })
    }
}

/// How many entries are edits by this session; undos count too.
pub fn edits_by(entries: &[Entry], who: SessionId) -> usize {
    entries.iter().filter(|entry| matches!(entry.event, Event::Edited { session, .. } if session == who)).count()
}

/// Whether an entry locks something for this session.
pub fn locks_for(entries: &[Entry], who: SessionId) -> usize {
    entries.iter().filter(|entry| matches!(entry.event, Event::Locked { session, .. } if session == who)).count()
}
