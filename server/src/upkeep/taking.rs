//! Taking a drawing out of a server: as a DXF file or as a log, as it is or as it was after an entry.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use collab::Replay;
use oplog::{LogError, LogReader};
use protocol::Seq;
use serde::Serialize;

use super::source::LogSource;
use super::{Progress, copy_as};
use crate::HostError;

/// What was taken out.
#[derive(Debug, Clone, Serialize)]
pub struct Taken {
    /// The file that was written.
    pub file: PathBuf,
    /// The entry after which the drawing was so.
    pub at: u64,
    /// What could not be written, in words.
    pub notes: Vec<String>,
}

/// Writes the drawing of a log, which may be in use, as a DXF file: what nobody edited is byte for byte as it was.
///
/// # Errors
/// Why it can't be read or written; a file that is there is left as it is.
pub fn take_dxf(log: &Path, at: Option<Seq>, to: &Path, progress: Progress<'_>) -> Result<Taken, HostError> {
    let refused = |why: String| HostError::Refused { title: log.display().to_string(), why };
    let reader = read(log, progress)?;
    let at = place(&reader, at, log)?;
    let mut replay = Replay::new();
    let mut source = LogSource { reader: &reader, trusting: true };
    let went = replay.seek(&mut source, at, |told, _, _| {
        progress("entries followed", told.seq.0, at.0);
        ControlFlow::Continue(())
    });
    // Nobody gives up on the way.
    let _ = went.map_err(|error| refused(error.to_string()))?;
    let room = replay.room().ok_or_else(|| refused("it makes no drawing".into()))?;
    let blob = |hash| -> Result<Vec<u8>, HostError> {
        reader.blob(&hash)?.ok_or_else(|| refused(format!("blob {hash} is missing")))
    };
    let file = room.source().map(blob).transpose()?;
    let original = protocol::decode_drawing(&blob(room.original())?).map_err(|error| refused(error.to_string()))?;
    let saved = formats::export(file.as_deref(), &original, room.drawing().clone());
    let saved = saved.map_err(|error| refused(error.to_string()))?;
    write_new(to, &saved.bytes)?;
    Ok(Taken { file: to.into(), at: at.0, notes: saved.notes })
}

/// Writes a log, which may be in use, as a file of its own, up to an entry or whole.
///
/// # Errors
/// As [`take_dxf`].
pub fn take_log(log: &Path, at: Option<Seq>, to: &Path, progress: Progress<'_>) -> Result<Taken, HostError> {
    let Some(at) = at else {
        let end = oplog::backup(log, to)?;
        return Ok(Taken { file: to.into(), at: end.seq.0, notes: Vec::new() });
    };
    let reader = read(log, progress)?;
    let at = place(&reader, Some(at), log)?;
    let end = copy_as(&reader, reader.position().log, at, to, progress)?;
    Ok(Taken { file: to.into(), at: end.seq.0, notes: Vec::new() })
}

/// Brings a log out of a Redis into a folder, where it is read like any other.
///
/// # Errors
/// [`HostError::NoSuchDrawing`], or what is wrong with the Redis.
#[cfg(feature = "redis")]
pub async fn fetch_log(place: &crate::store::RedisPlace, name: &str, into: &Path) -> Result<PathBuf, HostError> {
    use crate::store::Store as _;
    if !place.listed().await?.iter().any(|listing| listing.name == name) {
        return Err(HostError::NoSuchDrawing { name: name.into() });
    }
    let path = into.join(format!("{name}.linework"));
    let copied = place.store(name).backup(path.clone()).await;
    copied.map_err(|error| HostError::Refused { title: name.into(), why: error.to_string() })?;
    Ok(path)
}

fn read(log: &Path, progress: Progress<'_>) -> Result<LogReader, HostError> {
    let mut walked = |at: u64, of: u64| {
        progress("entries read", at, of);
        ControlFlow::Continue(())
    };
    match LogReader::open_in_use(log, &mut walked)? {
        Some((reader, None)) => Ok(reader),
        // What is intact of it can be had by the app, which says so.
        Some((_, Some(broken))) => Err(LogError::Torn { path: log.into(), what: broken.to_string() }.into()),
        None => Err(LogError::NotALog { path: log.into(), what: "reading it was given up".into() }.into()),
    }
}

/// The entry that is asked for, if the log has it; its last one if none is.
fn place(reader: &LogReader, at: Option<Seq>, log: &Path) -> Result<Seq, HostError> {
    let head = reader.position().seq;
    match at {
        None => Ok(head),
        Some(at) if Seq(0) < at && at <= head => Ok(at),
        Some(at) => {
            let why = format!("there is no entry {at}: its entries are 1 to {head}; nothing was written");
            Err(HostError::Refused { title: log.display().to_string(), why })
        }
    }
}

/// Writes a file whole or not at all, where none is.
fn write_new(to: &Path, bytes: &[u8]) -> Result<(), HostError> {
    let failed = |source| HostError::Folder { path: to.into(), source };
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new().prefix(".linework-export-").tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist_noclobber(to).map_err(|error| failed(error.error))?;
    Ok(())
}
