//! What bad logs get in the window.

use std::ops::ControlFlow;
use std::path::Path;

use egui_kittest::kittest::Queryable as _;
use protocol::{Hash, Seq};

use crate::opened::{Opened, window};
use crate::recorded;

#[test]
fn bad_logs_are_told_in_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("cafe.linework");
    let head = recorded::cafe(&log, false).len() as u64;
    let copy = |name: &str| {
        let path = folder.path().join(name);
        std::fs::copy(&log, &path).expect("a copy");
        path
    };
    let sql = |path: &Path, sql: &str| {
        rusqlite::Connection::open(path).expect("it opens").execute_batch(sql).expect("it is harmed");
    };
    let newer = copy("newer.linework");
    sql(&newer, "PRAGMA user_version = 9");
    let empty = folder.path().join("empty.linework");
    std::fs::write(&empty, b"").expect("written");
    let other = folder.path().join("other.linework");
    std::fs::write(&other, b"something else").expect("written");
    let live = copy("live.linework");
    let held = oplog::Log::open(&live).expect("it is live");
    let check = |path: &Path, words: &str| {
        let harness = window(&folder.path().join("state"), &[path.to_str().expect("a plain path")]);
        let mut opened = Opened { harness, folder: tempfile::tempdir().expect("a folder"), moments: Vec::new() };
        opened.until(words, |window| window.message.as_ref().is_some_and(|m| m.bad && m.text.contains(words)));
        assert!(opened.harness.state().documents.is_empty());
    };
    check(&newer, "version 9");
    check(&empty, "is empty");
    check(&other, "is not an op log");
    check(&live, "in use by");
    drop(held);
    // One that is damaged opens up to there, and says so over the canvas.
    let flipped = copy("flipped.linework");
    sql(&flipped, &format!("UPDATE entry SET payload = x'0011' WHERE seq = {}", head - 3));
    let harness = window(&folder.path().join("state"), &[flipped.to_str().expect("a plain path")]);
    let mut opened = Opened { harness, folder: tempfile::tempdir().expect("a folder"), moments: Vec::new() };
    opened.until("what is intact is here", |window| window.document().is_some_and(|document| document.is_here()));
    opened.arrives(head - 4);
    let told = format!("This log is damaged: entry {} is not what was stored", head - 3);
    assert!(opened.harness.query_by_label_contains(&told).is_some());
}

#[test]
fn a_checkpoint_that_is_not_what_the_entries_give_is_found_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cafe.linework");
    let head = recorded::cafe(&path, true).len() as u64;
    let mut log = app::review::LogFile::open(&path).expect("the log opens");
    let mut at = |seq: u64| {
        let mut replay = collab::Replay::new();
        let went = replay.seek(&mut app::review::FromStart(&mut log), Seq(seq), |_, _, _| ControlFlow::Continue(()));
        assert!(went.is_ok_and(|went| went.is_continue()));
        replay.room().expect("it stands there").clone()
    };
    let (start, end) = (at(1), at(head));
    // The room at the end, but with the drawing of the start, and all its own hashes right.
    let state = end.to_checkpoint();
    let (books, _) = state.split_at(state.len() - protocol::encode_drawing(end.drawing()).len());
    let (right, wrong) = (end.drawing().hash().to_string(), start.drawing().hash().to_string());
    let place = books.windows(right.len()).position(|bytes| bytes == right.as_bytes()).expect("it names its drawing");
    let mut forged = books.to_vec();
    forged[place..place + wrong.len()].copy_from_slice(wrong.as_bytes());
    forged.extend(protocol::encode_drawing(start.drawing()));
    drop(log);
    let changed = rusqlite::Connection::open(&path)
        .and_then(|db| db.execute("UPDATE checkpoint SET state = ?1, state_hash = ?2", (&forged, Hash::of(&forged).0)));
    assert_eq!(changed, Ok(1));

    let harness = window(&folder.path().join("state"), &[path.to_str().expect("a plain path")]);
    let mut opened = Opened { harness, folder, moments: Vec::new() };
    opened.until("it is said", |window| {
        window.message.as_ref().is_some_and(|message| message.text.contains("not what its entries give"))
    });
    opened.arrives(head);
    assert_eq!(opened.document().drawing().hash(), end.drawing().hash());
}
