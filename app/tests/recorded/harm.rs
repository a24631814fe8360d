//! Saved logs that go on in a way that this program can't follow, with every hash of the chain right.

use std::path::Path;

use oplog::{Appended, Log, NewEntry};
use protocol::{Entry, Event, Seq, SessionId};

/// Puts an entry at the end that this program can't read: one of a later program.
pub fn of_a_later_program(path: &Path) -> Seq {
    append(path, vec![2, 0x80])
}

/// Puts an entry at the end that this program can read and that does not follow.
pub fn of_nobody(path: &Path) -> Seq {
    let event = Event::Renamed { session: SessionId(Seq(999)), title: "Nobody's".into() };
    append(path, protocol::encode_entry(&Entry { time_ms: 1, author: None, event }).expect("an entry"))
}

fn append(path: &Path, payload: Vec<u8>) -> Seq {
    let mut log = Log::open(path).expect("the log lives again");
    let entry = NewEntry { payload, time_ms: 1, author: String::new(), kind: "later".into() };
    let at = log.position();
    let Appended::Stored(head) = log.append(&at, &[entry]).expect("it is stored") else { panic!("behind") };
    log.close().expect("the log is closed");
    head.seq
}
