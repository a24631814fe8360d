//! Whole sessions as they were on the wire of some day, and what was in the log after them, in `tests/captures`: today's
//! program reads them, and comes to what that day's came to. `LINEWORK_CAPTURE=NAME` takes one more, or that one anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use collab::{CheckpointError, Room};
use drawing::{Drawing, DrawingHash};
use oplog::LogReader;
use protocol::{ClientMessage, Encoding, Event, Seq, ServerMessage, Told, decode_drawing, decode_entry};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::python::top;
use crate::visit::{Frame, long};

/// What a capture came to on its day.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Facts {
    /// The drawing's hash at the end of the visit, by how it was written; `log` for the log.
    drawing: BTreeMap<String, DrawingHash>,
    /// The log's last entry.
    seq: Seq,
    /// Its kinds of entries, in order.
    kinds: String,
}

const LOG: &str = "log";

fn folder() -> PathBuf {
    top().join("tests/captures")
}

fn name_of(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Json => "json",
        Encoding::MessagePack => "msgpack",
    }
}

/// A line a frame: `>` what the client said, `<` what the server said, as text or in hexadecimal digits.
fn lines_of(frames: &[Frame], encoding: Encoding) -> String {
    let line = |frame: &Frame| {
        let bytes = match encoding {
            Encoding::Json => String::from_utf8(frame.bytes.clone()).expect("JSON is text"),
            Encoding::MessagePack => frame.bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        format!("{} {bytes}\n", if frame.from_client { '>' } else { '<' })
    };
    frames.iter().map(line).collect()
}

fn frames_of(lines: &str, encoding: Encoding) -> Vec<Frame> {
    let frame = |line: &str| {
        let (who, text) = line.split_once(' ').expect("a line says who");
        let pair = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits");
        let bytes = match encoding {
            Encoding::Json => text.as_bytes().to_vec(),
            Encoding::MessagePack => (0..text.len()).step_by(2).map(pair).collect(),
        };
        Frame { from_client: who == ">", bytes }
    };
    lines.lines().map(frame).collect()
}

/// Follows a session as its client did: every message is read, and every check holds. The drawing in the end.
fn follow(frames: &[Frame], encoding: Encoding, named: &str) -> Drawing {
    let (mut drawing, mut at, mut pieces, mut checks) = (Drawing::new(), Seq(0), Vec::new(), 0);
    for (number, frame) in frames.iter().enumerate() {
        let named = format!("{named}, frame {number}");
        if frame.from_client {
            let read = encoding.decode::<ClientMessage>(&frame.bytes);
            read.unwrap_or_else(|error| panic!("{named}: {error}"));
            continue;
        }
        match encoding.decode(&frame.bytes).unwrap_or_else(|error| panic!("{named}: {error}")) {
            ServerMessage::Welcome(welcome) if welcome.snapshot => at = welcome.position.seq,
            ServerMessage::Snapshot { piece, pieces: all, bytes } => {
                pieces.extend(bytes);
                if piece + 1 == all {
                    drawing = decode_drawing(&pieces).unwrap_or_else(|error| panic!("{named}: {error}"));
                    pieces.clear();
                }
            }
            ServerMessage::Entries(told) => {
                for Told { seq, entry, .. } in told {
                    // What is asked for of the past is told again.
                    if seq <= at {
                        continue;
                    }
                    assert_eq!(seq, at.next(), "{named}");
                    at = seq;
                    if let Event::Edited { op, .. } = entry.event {
                        drawing.apply(&op).unwrap_or_else(|error| panic!("{named}: {error}"));
                    }
                }
            }
            ServerMessage::Check { seq, drawing: hash } => {
                assert_eq!((seq, hash), (at, drawing.hash()), "{named}");
                checks += 1;
            }
            _ => {}
        }
    }
    assert!(checks >= 2, "{named}: {checks} checks");
    drawing
}

/// Replays a log from its first entry, and from a checkpoint in it; the room in the end, and its kinds of entries.
fn replay(path: &Path, named: &str) -> (Room, String) {
    let (log, broken) = LogReader::open(path).unwrap_or_else(|error| panic!("{named}: {error}"));
    assert_eq!(broken, None, "{named}");
    log.verify().unwrap_or_else(|error| panic!("{named}: {error}"));
    let entries = log.read_after(Seq(0), usize::MAX, usize::MAX).unwrap_or_else(|error| panic!("{named}: {error}"));
    let told = |at: usize| {
        let entry = decode_entry(&entries[at].payload).unwrap_or_else(|error| panic!("{named}, entry {at}: {error}"));
        Told { seq: entries[at].seq, hash: entries[at].hash, entry }
    };
    let kinds: Vec<_> = (0..entries.len()).map(|at| told(at).entry.event.kind()).collect();
    let first = told(0);
    let Event::Created { snapshot, .. } = &first.entry.event else { panic!("{named}: a log starts with its drawing") };
    let bytes = log.blob(snapshot).ok().flatten().unwrap_or_else(|| panic!("{named}: no drawing"));
    let drawing = decode_drawing(&bytes).unwrap_or_else(|error| panic!("{named}: {error}"));
    let go_on = |mut room: Room| {
        for entry in &entries[room.position().seq.0 as usize..] {
            let applied = room.apply_payload(entry.seq, entry.hash, &entry.payload);
            applied.unwrap_or_else(|error| panic!("{named}, entry {}: {error}", entry.seq));
        }
        room
    };
    let start = Room::start(log.position().log, &first, drawing);
    let room = go_on(start.unwrap_or_else(|error| panic!("{named}: {error}")));
    let file = Connection::open(path).expect("SQLite opens it");
    let state: Vec<u8> =
        file.query_row("SELECT state FROM checkpoint", [], |row| row.get(0)).expect("a checkpoint is in it");
    match Room::from_checkpoint(&state) {
        Ok(kept) => assert_eq!(go_on(kept).digest(), room.digest(), "{named}"),
        // One of another version is passed over: the log has all that is in it.
        Err(CheckpointError::Version(_)) => {}
        Err(error) => panic!("{named}: {error}"),
    }
    (room, kinds.join(" "))
}

async fn capture(to: &Path) {
    std::fs::create_dir_all(to).expect("a folder is made");
    let mut drawing = BTreeMap::new();
    for encoding in [Encoding::Json, Encoding::MessagePack] {
        let name = name_of(encoding);
        let (frames, left) = long(encoding).await;
        std::fs::write(to.join(format!("visit.{name}.txt")), lines_of(&frames, encoding)).expect("a file is written");
        drawing.insert(name.to_owned(), follow(&frames, encoding, name).hash());
        let saved = to.join("visit.linework");
        if saved.exists() {
            std::fs::remove_file(&saved).expect("the one before goes");
        }
        oplog::backup(&left.log, &saved).expect("the log is saved");
    }
    let (room, kinds) = replay(&to.join("visit.linework"), "the log");
    drawing.insert(LOG.into(), room.drawing().hash());
    let facts = Facts { drawing, seq: room.position().seq, kinds };
    let text = serde_json::to_string_pretty(&facts).expect("facts are written");
    std::fs::write(to.join("facts.json"), text + "\n").expect("a file is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_logs_of_all_days_are_read_as_they_were() {
    if let Some(name) = std::env::var_os("LINEWORK_CAPTURE") {
        capture(&folder().join(name)).await;
    }
    let mut captures = 0;
    for capture in std::fs::read_dir(folder()).expect("the folder is read") {
        let capture = capture.expect("a folder").path();
        let named = capture.display();
        let text =
            std::fs::read_to_string(capture.join("facts.json")).unwrap_or_else(|error| panic!("{named}: {error}"));
        let facts: Facts = serde_json::from_str(&text).expect("facts are read");
        let mut drawing = BTreeMap::new();
        for encoding in [Encoding::Json, Encoding::MessagePack] {
            let name = name_of(encoding);
            let path = capture.join(format!("visit.{name}.txt"));
            let lines = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let frames = frames_of(&lines, encoding);
            drawing.insert(name.to_owned(), follow(&frames, encoding, &path.display().to_string()).hash());
        }
        // SQLite must not write beside it.
        let copied = tempfile::tempdir().expect("a folder");
        let log = copied.path().join("visit.linework");
        std::fs::copy(capture.join("visit.linework"), &log).unwrap_or_else(|error| panic!("{named}: {error}"));
        let (room, kinds) = replay(&log, &capture.join("visit.linework").display().to_string());
        drawing.insert(LOG.into(), room.drawing().hash());
        assert_eq!(Facts { drawing, seq: room.position().seq, kinds }, facts, "{named}");
        captures += 1;
    }
    assert!(captures > 0, "there are captures");
}
