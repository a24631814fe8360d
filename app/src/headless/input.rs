//! Reading what a command is given: a drawing, or an op log that holds one.

use std::fs;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use collab::{Replay, Room, Source as _};
use drawing::Drawing;
use formats::Finding;
use protocol::Seq;

use crate::file::FILE_BYTES_MAX;
use crate::review::LogFile;

/// What every SQLite file begins with, and so every op log.
const LOG_MAGIC: &[u8] = b"SQLite format 3\0";

/// Where a drawing came from: all that is needed, besides it, for a file in which what nobody edited is as it was.
pub struct Origin {
    /// The drawing as it was read from its file; of a log, as it was at its start.
    pub original: Drawing,
    /// The file that the drawing's records have spans in; none for one that came from no file.
    pub source: Option<Vec<u8>>,
}

/// A drawing that was read.
pub struct Input {
    /// The drawing; of a log, as it was at the entry that was asked for.
    pub drawing: Drawing,
    /// What a file of it is made from; none where nobody asked for that.
    pub origin: Option<Origin>,
    /// What was wrong.
    pub findings: Vec<Finding>,
    /// Whether a log ended before its end.
    pub broken: Option<String>,
    /// How long it took to read.
    pub took: Duration,
}

impl Input {
    /// Reads a DXF file or an op log, whichever it is; a log as it was after entry `at`, if that is given.
    ///
    /// # Errors
    /// A sentence on why nothing of it can be read.
    pub fn read(path: &Path, at: Option<u64>) -> anyhow::Result<Input> {
        match (is_log(path)?, at) {
            (true, at) => Input::read_log(path, at, false),
            (false, None) => Input::read_drawing(path),
            (false, Some(_)) => bail!("{} is not an op log, so --at makes no sense", path.display()),
        }
    }

    /// Reads a DXF file.
    pub fn read_drawing(path: &Path) -> anyhow::Result<Input> {
        let bytes = read_file(path)?;
        let started = Instant::now();
        let reading = formats::read(&bytes, &mut |_| ControlFlow::Continue(()))
            .with_context(|| format!("{} could not be read", path.display()))?;
        let took = started.elapsed();
        let original = reading.drawing.clone();
        let (drawing, findings) = (reading.drawing, reading.findings);
        let origin = Some(Origin { original, source: Some(bytes) });
        Ok(Input { drawing, origin, findings, broken: None, took })
    }

    /// Reads an op log up to entry `at`, else to its end or to where it can be followed no further. `with_origin`: and
    /// what a file of it is made from, which a picture needs not.
    pub fn read_log(path: &Path, at: Option<u64>, with_origin: bool) -> anyhow::Result<Input> {
        let started = Instant::now();
        let mut log = LogFile::open(path)?;
        let head = log.head();
        let seq = at.map_or(head, Seq);
        if let (true, Some(broken)) = (seq > head, &log.broken) {
            bail!("{} has no entry {seq} that can be read: {broken}", path.display());
        }
        let unplayed = || format!("{} could not be replayed", path.display());
        let mut replay = Replay::new();
        if head == Seq(0) {
            bail!("{}: it has no entry", unplayed());
        }
        let went = replay.seek(&mut log, seq, |_, _, _| ControlFlow::Continue(()));
        let mut broken = log.broken.as_ref().map(ToString::to_string);
        let room = match (went, replay.room()) {
            (Ok(_), Some(room)) => room,
            // What can be followed is as good as ever, where nobody asked for more.
            (Err(error), Some(room)) if at.is_none() => {
                broken = Some(format!("{error}; entries up to {} are shown", room.position().seq));
                room
            }
            (Err(error), _) => return Err(anyhow::Error::new(error).context(unplayed())),
            (Ok(_), None) => bail!("{}: it has no entry", unplayed()),
        };
        let drawing = room.drawing().clone();
        let origin = if with_origin { Some(origin(path, &log, room)?) } else { None };
        let took = started.elapsed();
        Ok(Input { drawing, origin, findings: Vec::new(), broken, took })
    }

    /// Tells what was wrong, on standard error.
    pub fn tell_findings(&self, path: &Path) {
        for finding in &self.findings {
            eprintln!("{}: {finding}", path.display());
        }
        if let Some(broken) = &self.broken {
            eprintln!("{}: {broken}", path.display());
        }
    }
}

/// What a file of a room's drawing is made from.
fn origin(path: &Path, log: &LogFile, room: &Room) -> anyhow::Result<Origin> {
    let lacks = |what: &str, hash| format!("{} lacks {what} (blob {hash})", path.display());
    let hash = room.original();
    let bytes = log.reader.blob(&hash)?.with_context(|| lacks("the drawing that it starts from", hash))?;
    let original =
        protocol::decode_drawing(&bytes).with_context(|| format!("{} could not be replayed", path.display()))?;
    let source = match room.source() {
        Some(hash) => {
            Some(log.reader.blob(&hash)?.with_context(|| lacks("the file that its drawing came from", hash))?)
        }
        None => None,
    };
    Ok(Origin { original, source })
}

/// Whether a file is an op log, by its first bytes.
pub fn is_log(path: &Path) -> anyhow::Result<bool> {
    let mut start = [0; LOG_MAGIC.len()];
    // Whoever reads from a pipe waits until somebody writes into it.
    let about = fs::metadata(path).with_context(|| format!("{} could not be opened", path.display()))?;
    if !about.is_file() {
        return Ok(false);
    }
    let file = fs::File::open(path).with_context(|| format!("{} could not be opened", path.display()))?;
    let mut len = 0;
    let mut from = file.take(start.len() as u64);
    loop {
        match from.read(&mut start[len..]).with_context(|| format!("{} could not be read", path.display()))? {
            0 => return Ok(start[..len] == *LOG_MAGIC),
            more => len += more,
        }
    }
}

/// A whole file, unless it is far too large for a drawing.
pub fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let len = fs::metadata(path).with_context(|| format!("{} could not be opened", path.display()))?.len();
    if len > FILE_BYTES_MAX {
        bail!(
            "{} has {len} bytes, and no file over {FILE_BYTES_MAX} bytes is read, since no log could hold it",
            path.display()
        );
    }
    fs::read(path).with_context(|| format!("{} could not be read", path.display()))
}
