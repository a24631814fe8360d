//! What bad logs get in the window.

use std::ops::ControlFlow;
use std::path::Path;

use app::review::Wish;
use egui_kittest::kittest::Queryable as _;
use protocol::{Hash, Seq};

use crate::opened::{Opened, window};
use crate::{harm, recorded};

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

/// The café with a checkpoint at `place` of which all hashes are right, and the drawing is that of the start; what was.
fn with_a_lie(path: &Path, place: u64) -> Vec<recorded::Moment> {
    let moments = recorded::cafe(path, true);
    let mut log = app::review::LogFile::open(path).expect("the log opens");
    let mut at = |seq: u64| {
        let mut replay = collab::Replay::new();
        let went = replay
            .seek(&mut app::review::ReadUpTo::from_start(&mut log), Seq(seq), |_, _, _| ControlFlow::Continue(()));
        assert!(went.is_ok_and(|went| went.is_continue()));
        replay.room().expect("it stands there").clone()
    };
    let (start, here) = (at(1), at(place));
    let state = here.to_checkpoint();
    let (books, _) = state.split_at(state.len() - protocol::encode_drawing(here.drawing()).len());
    let (right, wrong) = (here.drawing().hash().to_string(), start.drawing().hash().to_string());
    let named = books.windows(right.len()).position(|bytes| bytes == right.as_bytes()).expect("it names its drawing");
    let mut forged = books.to_vec();
    forged[named..named + wrong.len()].copy_from_slice(wrong.as_bytes());
    forged.extend(protocol::encode_drawing(start.drawing()));
    drop(log);
    let changed = rusqlite::Connection::open(path).and_then(|db| {
        let values = (&forged, Hash::of(&forged).0, place as i64, here.position().head.0);
        db.execute("UPDATE checkpoint SET state = ?1, state_hash = ?2, seq = ?3, head = ?4", values)
    });
    assert_eq!(changed, Ok(1));
    moments
}

#[test]
fn a_checkpoint_that_is_not_what_the_entries_give_is_found_out_wherever_one_stands() {
    for (place, keys) in [(0, 0), (0, 3), (30, 0), (30, 2)] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cafe.linework");
        let head = recorded::cafe(&folder.path().join("other.linework"), false).len() as u64;
        let moments = with_a_lie(&path, if place == 0 { head } else { place });
        let harness = window(&folder.path().join("state"), &[path.to_str().expect("a plain path")]);
        let mut opened = Opened { harness, folder, moments };
        opened.until("the log is open", |window| window.document().is_some_and(|d| d.review.is_some()));
        // One goes on before the log is read through.
        for _ in 0..keys {
            opened.wish(Wish::Step(false));
        }
        opened.until("it is said", |window| {
            window.message.as_ref().is_some_and(|message| message.text.contains("not what its entries give"))
        });
        opened.until("all is read", |window| {
            window.document().and_then(|d| d.review.as_ref()).is_some_and(|review| review.all_read)
        });
        // Here and everywhere the entries are shown: this compares the drawing with what it was.
        let here = opened.review().going.0;
        for seq in [here, here - 1, head, place.max(2) - 1, head - 1, 1] {
            opened.wish(Wish::Go(Seq(seq)));
            opened.arrives(seq);
        }
    }
}

#[test]
fn what_cannot_be_followed_is_shown_up_to_there() {
    let check = |harm: fn(&Path) -> Seq, why: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cafe.linework");
        let moments = recorded::cafe(&path, false);
        let bad = harm(&path);
        let harness = window(&folder.path().join("state"), &[path.to_str().expect("a plain path")]);
        let mut opened = Opened { harness, folder, moments };
        let good = opened.head();
        assert_eq!(bad, Seq(good + 1));
        opened.until("what can be read is read", |window| {
            let review = window.document().and_then(|document| document.review.as_ref());
            review.is_some_and(|review| review.all_read && review.at == Seq(good))
        });
        opened.arrives(good);
        let told = format!("This log is damaged: Entry {bad} can't be shown: ");
        let banner = opened.harness.get_by_label_contains(&told);
        assert!(format!("{banner:?}").contains(why), "{banner:?}");
        assert_eq!(opened.review().head, Seq(good));
        opened.wish(Wish::Step(false));
        opened.arrives(good - 1);
        opened.wish(Wish::End(true));
        opened.arrives(good);
        // It plays to its end and stops.
        opened.wish(Wish::Go(Seq(good - 2)));
        opened.arrives(good - 2);
        opened.wish(Wish::Speed(256));
        opened.wish(Wish::Play);
        opened.until("it stops", |window| {
            let review = window.document().and_then(|document| document.review.as_ref());
            review.is_some_and(|review| !review.is_playing() && review.at == Seq(good))
        });
    };
    check(harm::of_a_later_program, "version");
    check(harm::of_nobody, "not in the room");
}

#[test]
fn a_log_without_its_start_is_shown_from_its_checkpoint_and_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cafe.linework");
    let moments = recorded::cafe(&path, true);
    rusqlite::Connection::open(&path).and_then(|db| db.execute("DELETE FROM blob", ())).expect("the blobs are gone");
    let harness = window(&folder.path().join("state"), &[path.to_str().expect("a plain path")]);
    let mut opened = Opened { harness, folder, moments };
    let head = opened.head();
    opened.until("its entries are listed", |window| {
        let review = window.document().and_then(|document| document.review.as_ref());
        review.is_some_and(|review| review.all_read && review.at == review.head)
    });
    opened.arrives(head);
    let review = opened.review();
    assert_eq!(review.lines.len() as u64, head);
    let names: Vec<&str> = review.lines.names.people.iter().map(|who| who.name.as_str()).collect();
    assert_eq!(names, ["Ana Sousa", "Ben Okoye", "Cleo Maric"]);
    // One can't go back, is told why, and stays.
    opened.wish(Wish::Go(Seq(3)));
    opened.until("it is said", |window| {
        window.message.as_ref().is_some_and(|message| message.text.contains("lacks the drawing that it starts from"))
    });
    opened.arrives(head);
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cafe.linework");
    let moments = recorded::cafe(&path, true);
    let harmed = rusqlite::Connection::open(&path).and_then(|db| db.execute("UPDATE checkpoint SET state = x'00'", ()));
    assert_eq!(harmed, Ok(1));
    let harness = window(&folder.path().join("state"), &[path.to_str().expect("a plain path")]);
    let mut opened = Opened { harness, folder, moments };
    opened.until("it is said", |window| {
        window.message.as_ref().is_some_and(|message| message.text.contains("A checkpoint was passed over"))
    });
    let head = opened.head();
    opened.arrives(head);
}
