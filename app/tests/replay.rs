//! A recorded session's log file, replayed: every moment is what the live room was.

mod recorded;

use std::ops::ControlFlow;

use app::review::LogFile;
use collab::{Replay, Room, Source as _};
use protocol::Seq;

fn check(checkpoint: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cafe.linework");
    let moments = recorded::cafe(&path, checkpoint);
    let files: Vec<_> =
        std::fs::read_dir(&folder).expect("the folder").map(|file| file.expect("a file").path()).collect();
    assert_eq!(files, std::slice::from_ref(&path), "a saved log is one file");
    let mut log = LogFile::open(&path).expect("the log opens");
    assert!(log.broken.is_none());
    assert_eq!(log.checkpoint(Seq(u64::MAX)).expect("it is read").is_some(), checkpoint);
    let numbers: Vec<u64> = moments.iter().map(|moment| moment.seq.0).collect();
    assert_eq!(numbers, (1..=log.head().0).collect::<Vec<_>>(), "the room was noted at every entry");
    assert!(log.head().0 > 40);
    let mut replay = Replay::new();
    let there_and_back = moments.iter().chain(moments.iter().rev()).chain(moments.iter().step_by(7));
    for moment in there_and_back {
        let went = replay.seek(&mut log, moment.seq, |_, _, _| ControlFlow::Continue(()));
        assert!(went.expect("the log is sound").is_continue());
        assert_eq!(replay.room().map(Room::digest), Some(moment.digest), "entry {}", moment.seq);
    }
    assert!(replay.take_passed_over().is_empty());
}

#[test]
fn every_moments_hash_is_what_the_live_room_had() {
    check(false);
}

#[test]
fn with_a_checkpoint_too() {
    check(true);
}
