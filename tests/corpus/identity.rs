//! What goes in comes out: by way of a log, and by way of a move that is undone.

use std::path::Path;

use drawing::{Entity, IdRange, Op, RecordId, Shape, Vec2};
use oplog::{Appended, Log, NewEntry};
use protocol::{Came, ClientId, Entry, Epoch, Event, Role, Seq, SessionId};

use crate::drawings::{Sample, check_each};
use crate::linework;

/// No drawing here is larger.
const BYTES_MAX: u64 = 64 << 20;
/// The same for what goes through a log three times.
const MOVED_BYTES_MAX: u64 = 6 << 20;
/// Entities of a drawing that are moved.
const MOVED_MAX: usize = 2000;

#[test]
fn through_import_log_and_export_every_drawing_stays_as_it_is() {
    check_each(BYTES_MAX, |sample| {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("out.dxf");
        match linework(&["convert", sample.path(), out.to_str().expect("a path in UTF-8")]) {
            Err(error) => vec![format!("{error:#}")],
            Ok(()) if std::fs::read(&out).expect("it was written") != sample.bytes => vec!["came out different".into()],
            Ok(()) => Vec::new(),
        }
    });
}

#[test]
fn a_move_that_was_undone_leaves_no_trace_in_the_file() {
    check_each(MOVED_BYTES_MAX, |sample| undone(sample).unwrap_or_else(|error| vec![format!("{error:#}")]));
}

/// Has a person in a log move most of a drawing and take it back, and exports the log after either.
fn undone(sample: &Sample) -> anyhow::Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let [log, out] = ["it.linework", "out.dxf"].map(|name| folder.path().join(name));
    let [log_name, out_name] = [&log, &out].map(|path| path.to_str().expect("a path in UTF-8"));
    linework(&["convert", sample.path(), out_name, "--log", log_name])?;

    let ids = IdRange { first: RecordId(sample.drawing.id_max().0 + 1), len: 10 };
    let (name, client, role) = ("Ana".to_owned(), ClientId(1), Role::Owner);
    append(
        &log,
        Event::Joined { client, name, color: 0, role, ids, resume_lock: None, epoch: Epoch(0), carries_on: None, came: Came::Link },
    )?;
    let session = SessionId(Seq(2));
    let movable = |entity: &&Entity| !matches!(entity.shape, Shape::Opaque(_));
    let ids: Vec<_> = sample.drawing.entities().filter(movable).map(|entity| entity.id).take(MOVED_MAX).collect();
    let moves = !ids.is_empty();
    let op = Op::Translate { ids, by: Vec2::new(12.25, -3.5) };
    let inverse = sample.drawing.clone().apply(&op)?.inverse;

    let mut wrong = Vec::new();
    append(&log, Event::Edited { session, op, undoes: vec![] })?;
    linework(&["convert", log_name, out_name])?;
    if moves && std::fs::read(&out)? == sample.bytes {
        wrong.push("came out of a move as it was".into());
    }
    append(&log, Event::Edited { session, op: inverse, undoes: vec![Seq(3)] })?;
    linework(&["convert", log_name, out_name])?;
    if std::fs::read(&out)? != sample.bytes {
        wrong.push("came out of a move and its undo different".into());
    }
    Ok(wrong)
}

/// Appends one event to a log that nobody holds.
fn append(log: &Path, event: Event) -> anyhow::Result<()> {
    let mut log = Log::open(log)?;
    let (kind, head) = (event.kind().to_owned(), log.position());
    let payload = protocol::encode_entry(&Entry { time_ms: 0, author: None, event })?;
    let stored = log.append(&head, &[NewEntry { payload, time_ms: 0, author: "Ana".into(), kind }])?;
    anyhow::ensure!(matches!(stored, Appended::Stored(_)), "somebody else appended");
    Ok(log.close()?)
}
