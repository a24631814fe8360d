//! The examples run as they are: what is shown to those who learn the protocol works.

use std::path::Path;

use drawing::{Drawing, Shape};
use oplog::LogReader;
use protocol::{Event, Limits, Seq, decode_entry};
use rusqlite::Connection;

use crate::place::{Left, Place};
use crate::python::{Said, python_with, run};

const SPIRAL: &str = "examples/python/spiral.py";
const READ_LOG: &str = "examples/python/read_log.py";

async fn spiral(python: &str, address: &str, more: &[&str]) -> Said {
    run(python, [&[SPIRAL, address], more].concat().into_iter().map(str::to_owned).collect()).await
}

async fn read_log(python: &str, log: &Path, more: &[&str]) -> Said {
    let log = log.to_str().expect("a path in UTF-8");
    run(python, [&[READ_LOG, log], more].concat().into_iter().map(str::to_owned).collect()).await
}

/// A log in which somebody drew a spiral, and what they said of it.
async fn drawn(python: &str) -> (Left, Said) {
    let place = Place::open(Limits::default(), 2, Some(b"the file it came from")).await;
    let said = spiral(python, &place.address.to_string(), &["--turns", "3", "--center", "100", "-50.5"]).await;
    (place.close().await, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_spiral_is_drawn_under_a_lock_and_everything_is_let_go() {
    let Some(python) = python_with("websockets") else { return };
    let (left, said) = drawn(&python).await;
    assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""), "{said:?}");
    assert!(said.stdout.contains("in 'Plan' as session 2"), "{said:?}");
    let (log, broken) = LogReader::open(&left.log).expect("the log opens");
    assert_eq!(broken, None);
    let entries = log.read_after(Seq(0), usize::MAX, usize::MAX).expect("it is read");
    let events: Vec<_> = entries.iter().map(|each| decode_entry(&each.payload).expect("an entry").event).collect();
    let kinds: Vec<_> = events.iter().map(Event::kind).collect();
    let expect = "created joined edited unlocked locked edited edited edited unlocked gone";
    assert_eq!(kinds.join(" "), expect);
    let Event::Created { snapshot, .. } = &events[0] else { panic!("a log starts with its drawing") };
    let bytes = log.blob(snapshot).expect("blobs are read").expect("the drawing is in the log");
    let mut drawing: Drawing = protocol::decode_drawing(&bytes).expect("a drawing");
    for event in &events {
        if let Event::Edited { op, .. } = event {
            drawing.apply(op).expect("what is stored can be applied");
        }
    }
    let drawn = drawing.entities().find_map(|entity| match &entity.shape {
        Shape::Polyline(line) => Some(line),
        _ => None,
    });
    let corners = &drawn.expect("a spiral").vertices;
    assert_eq!(corners.len(), 3 * 24 + 1);
    let (first, last) = (corners[0].at, corners[72].at);
    assert_eq!((first.x, first.y), (100.0, -50.5));
    assert!((last.x - 130.0).abs() < 1e-9 && (last.y + 50.5).abs() < 1e-9, "{last:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_is_not_let_in_says_why() {
    let Some(python) = python_with("websockets") else { return };
    let place = Place::open(Limits::default(), 1, None).await;
    let mut other = place.address.clone();
    other.secret = "guess".into();
    for (address, words) in
        [(other.to_string(), "no such drawing here"), ("http://x/y".into(), "an address looks like")]
    {
        let said = spiral(&python, &address, &[]).await;
        assert!(said.status == Some(1) && said.stderr.contains(words), "{address}: {said:?}");
    }
    place.close().await;
}

/// What is done to a log.
type Harm = fn(&Connection) -> rusqlite::Result<usize>;

#[tokio::test(flavor = "multi_thread")]
async fn the_reader_lists_a_log_and_finds_what_was_changed_in_it() {
    let Some(python) = python_with("websockets") else { return };
    let (left, _) = drawn(&python).await;
    let said = read_log(&python, &left.log, &["--blobs"]).await;
    assert_eq!((said.status, said.stderr.as_str()), (Some(0), ""), "{said:?}");
    let lines: Vec<_> = said.stdout.lines().collect();
    assert_eq!(lines.len(), 11, "{said:?}");
    for (line, words) in [
        (0, "created     Plan"),
        (1, "Spiral        joined      as editor"),
        (2, "edited      New Polyline"),
        (4, "Spiral        locked      1 records"),
        (5, "edited      Change Polyline"),
        (9, "gone        left"),
        (10, "10 entries, each follows on the one before; "),
    ] {
        assert!(lines[line].contains(words), "{}: {words}", lines[line]);
    }
    let harms: &[(&str, Harm, i32, &str)] = &[
        ("flipped", |log| log.execute(&format!("{FLIP}6"), []), 1, "entry 6 is not what was stored"),
        ("renamed", |log| log.execute("UPDATE entry SET hash = zeroblob(32) WHERE seq = 10", []), 1, "entry 10 is not"),
        ("gone", |log| log.execute("DELETE FROM entry WHERE seq = 4", []), 1, "entry 4 is missing"),
        ("swapped", swap, 1, "entry 6 is not what was stored"),
        ("blob", |log| log.execute("UPDATE blob SET content = x'00'", []), 1, "is not what was stored"),
        ("later", |log| log.pragma_update(None, "user_version", 2).map(|()| 1), 2, "of version 2"),
        ("other", |log| log.pragma_update(None, "application_id", 7).map(|()| 1), 2, "another program"),
    ];
    for (name, harm, status, words) in harms {
        let copy = left.folder.path().join(format!("{name}.linework"));
        std::fs::copy(&left.log, &copy).expect("it is copied");
        let log = Connection::open(&copy).expect("SQLite opens it");
        assert!(harm(&log).expect("SQLite changes it") > 0);
        log.close().expect("SQLite closes it");
        let said = read_log(&python, &copy, &["--blobs", "--quiet"]).await;
        assert!(said.status == Some(*status) && said.stderr.contains(words), "{name}: {said:?}");
    }
    let text = left.folder.path().join("text.linework");
    std::fs::write(&text, "a text, and no database at all").expect("it is written");
    for (path, words) in [(&text, "is no op log"), (&left.folder.path().join("nothing"), "there is no file")] {
        let said = read_log(&python, path, &[]).await;
        assert!(said.status == Some(2) && said.stderr.contains(words), "{said:?}");
    }
}

/// One byte of a payload is another.
const FLIP: &str =
    "UPDATE entry SET payload = CAST(substr(payload, 1, 8) || x'7f' || substr(payload, 10) AS BLOB) WHERE seq = ";

/// Two entries change places.
fn swap(log: &Connection) -> rusqlite::Result<usize> {
    log.execute(
        "UPDATE entry SET payload = (SELECT payload FROM entry other WHERE other.seq = 13 - entry.seq),
                          hash = (SELECT hash FROM entry other WHERE other.seq = 13 - entry.seq)
         WHERE seq IN (6, 7)",
        [],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_in_use_is_left_alone() {
    let Some(python) = python_with("websockets") else { return };
    let (left, _) = drawn(&python).await;
    let live = oplog::Log::open(&left.log).expect("it opens to append");
    let said = read_log(&python, &left.log, &[]).await;
    assert!(said.status == Some(2) && said.stderr.contains("is in use"), "{said:?}");
    live.close().expect("it closes");
    assert_eq!(read_log(&python, &left.log, &["--quiet"]).await.status, Some(0));
}
