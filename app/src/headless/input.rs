//! Reading what a command is given: a drawing, or an op log that holds one.

use std::fs;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use collab::Room;
use drawing::Drawing;
use formats::Finding;
use oplog::LogReader;
use protocol::{Event, Told};

/// The largest file that is read: a log keeps the file that its drawing came from, and holds no more.
const FILE_BYTES_MAX: u64 = oplog::MAX_BLOB_BYTES as u64;
/// Entries read from a log at once.
const ENTRIES_AT_ONCE: usize = 1000;
/// Bytes of payload read from a log at once.
const BYTES_AT_ONCE: usize = 32 << 20;
/// What every SQLite file begins with, and so every op log.
const LOG_MAGIC: &[u8] = b"SQLite format 3\0";

/// A drawing and where it came from.
pub struct Input {
    /// The drawing; of a log, as it was at its end.
    pub drawing: Drawing,
    /// The drawing as it was read from its file; of a log, as it was at its start.
    pub original: Drawing,
    /// The file that the drawing's records have spans in; none for one that came from no file.
    pub source: Option<Vec<u8>>,
    /// What was wrong.
    pub findings: Vec<Finding>,
    /// Whether a log ended before its end.
    pub broken: Option<String>,
    /// How long it took to read.
    pub took: Duration,
}

impl Input {
    /// Reads a DXF file or an op log, whichever it is.
    ///
    /// # Errors
    /// A sentence on why nothing of it can be read.
    pub fn read(path: &Path) -> anyhow::Result<Input> {
        if is_log(path)? { Input::read_log(path) } else { Input::read_drawing(path) }
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
        Ok(Input { drawing, original, source: Some(bytes), findings, broken: None, took })
    }

    /// Reads an op log to its end, or to where it is damaged.
    pub fn read_log(path: &Path) -> anyhow::Result<Input> {
        let started = Instant::now();
        let (log, broken) = LogReader::open(path)?;
        let (original, room) = replay(&log).with_context(|| format!("{} could not be replayed", path.display()))?;
        let source = match room.source() {
            Some(hash) => Some(log.blob(&hash)?.with_context(|| {
                format!("{} lacks the file that its drawing came from (blob {hash})", path.display())
            })?),
            None => None,
        };
        let broken = broken.map(|broken| broken.to_string());
        let took = started.elapsed();
        Ok(Input { drawing: room.drawing().clone(), original, source, findings: Vec::new(), broken, took })
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

/// Whether a file is an op log, by its first bytes.
pub fn is_log(path: &Path) -> anyhow::Result<bool> {
    let mut start = [0; LOG_MAGIC.len()];
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

/// The drawing at the start of a log, and the room at its end: a fold over all its entries.
fn replay(log: &LogReader) -> anyhow::Result<(Drawing, Room)> {
    let mut rooms: Option<(Drawing, Room)> = None;
    let mut from = protocol::Seq(0);
    loop {
        let entries = log.read_after(from, ENTRIES_AT_ONCE, BYTES_AT_ONCE)?;
        let Some(last) = entries.last() else { break };
        from = last.seq;
        for stored in entries {
            match &mut rooms {
                Some((_, room)) => {
                    room.apply_payload(stored.seq, stored.hash, &stored.payload)?;
                }
                None => {
                    let entry = protocol::decode_entry(&stored.payload)?;
                    let Event::Created { snapshot, .. } = &entry.event else {
                        bail!("its first entry does not start a log");
                    };
                    let snapshot = log.blob(snapshot)?.context("it lacks the drawing that it starts from")?;
                    let drawing = protocol::decode_drawing(&snapshot)?;
                    let first = Told { seq: stored.seq, hash: stored.hash, entry };
                    rooms = Some((drawing.clone(), Room::start(log.position().log, &first, drawing)?));
                }
            }
        }
    }
    rooms.context("it has no entry")
}
