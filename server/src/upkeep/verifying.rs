//! Whether a log is whole: its chain, its blobs, its file, and whether its checkpoints are what its entries give.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use collab::{Replay, Room};
use oplog::{Checkpoint, LogError, LogReader};
use protocol::{Hash, Seq};
use serde::Serialize;

use super::Progress;
use super::source::LogSource;

/// Progress is told after so many entries.
const TOLD_EVERY: u64 = 10_000;

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// The log.
    pub file: PathBuf,
    /// Whether all of it is whole.
    pub whole: bool,
    /// The last entry that is intact.
    pub entries: u64,
    /// The hash of that entry.
    pub head: String,
    /// How many blobs are intact; none where the entries aren't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blobs: Option<u64>,
    /// Checkpoints that are what the entries give.
    pub checkpoints: u64,
    /// Somebody held it meanwhile: it was read as it was when that began.
    pub in_use: bool,
    /// What is wrong, in words.
    pub wrong: Vec<String>,
}

/// Reads everything in a log, whoever holds it, follows it from its start to its end, and compares with every checkpoint.
///
/// # Errors
/// Where it can't be read at all, or is no log.
pub fn verify(path: &Path, progress: Progress<'_>) -> Result<Verified, LogError> {
    let in_use = oplog::glance(path, "").is_ok_and(|glance| glance.held);
    let mut walked = |at: u64, of: u64| {
        if at.is_multiple_of(TOLD_EVERY) {
            progress("entries read", at, of);
        }
        ControlFlow::Continue(())
    };
    let Some((reader, broken)) = LogReader::open_in_use(path, &mut walked)? else {
        // Only whoever is told the progress could have given up.
        return Err(LogError::NotALog { path: path.into(), what: "reading it was given up".into() });
    };
    let mut wrong: Vec<String> = broken.iter().map(ToString::to_string).collect();
    let mut blobs = None;
    if wrong.is_empty() {
        progress("blobs and pages", 0, 0);
        match reader.verify() {
            Ok(verified) => blobs = Some(verified.blobs),
            Err(broken) => wrong.push(broken.to_string()),
        }
    }
    let (good, mut more) = follow(&reader, progress)?;
    wrong.append(&mut more);
    let position = reader.position();
    Ok(Verified {
        file: path.into(),
        whole: wrong.is_empty(),
        entries: position.seq.0,
        head: position.head.to_string(),
        blobs,
        checkpoints: good,
        in_use,
        wrong,
    })
}

/// Replays the log from its first entry, past every checkpoint, to its end: how many checkpoints are what they should be,
/// and what is wrong.
fn follow(reader: &LogReader, progress: Progress<'_>) -> Result<(u64, Vec<String>), LogError> {
    let (mut good, mut wrong) = (0, Vec::new());
    let head = reader.position().seq;
    let checkpoints = checkpoints(reader, &mut wrong)?;
    let mut replay = Replay::new();
    let mut source = LogSource { reader, trusting: false };
    let stops = checkpoints.iter().map(|checkpoint| (checkpoint.position.seq, Some(checkpoint)));
    for (to, checkpoint) in stops.chain([(head, None)]) {
        if to == Seq(0) {
            wrong.push("it has no entry, so there is no drawing in it".into());
            break;
        }
        let went = replay.seek(&mut source, to, |told, _, _| {
            if told.seq.0.is_multiple_of(TOLD_EVERY) {
                progress("entries followed", told.seq.0, head.0);
            }
            ControlFlow::Continue(())
        });
        if let Err(error) = went {
            wrong.push(format!("following its entries ends early: {error}"));
            break;
        }
        let (Some(checkpoint), Some(room)) = (checkpoint, replay.room()) else { continue };
        match Room::from_checkpoint(&checkpoint.state) {
            Ok(kept) if hash(&kept) == hash(room) => good += 1,
            Ok(_) => wrong.push(format!("the checkpoint at entry {to} is not what the entries give")),
            Err(error) => wrong.push(format!("the checkpoint at entry {to} can't be read: {error}")),
        }
    }
    Ok((good, wrong))
}

/// Every checkpoint of this log's history, ascending; what was passed over is wrong.
fn checkpoints(reader: &LogReader, wrong: &mut Vec<String>) -> Result<Vec<Checkpoint>, LogError> {
    let (mut found, mut upto) = (Vec::new(), reader.position().seq);
    loop {
        let latest = reader.latest_checkpoint(upto)?;
        for dropped in latest.dropped.iter().map(ToString::to_string) {
            if !wrong.contains(&dropped) {
                wrong.push(dropped);
            }
        }
        let Some(checkpoint) = latest.checkpoint else { break };
        let before = Seq(checkpoint.position.seq.0.saturating_sub(1));
        found.push(checkpoint);
        if before == Seq(0) {
            break;
        }
        upto = before;
    }
    found.reverse();
    Ok(found)
}

/// What a room as a whole is known by.
fn hash(room: &Room) -> Hash {
    Hash::of(&room.to_checkpoint())
}
