//! Copies of logs while they are in use: each one whole file with nothing beside it, checked after it was written.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use oplog::{Appended, Log, LogError, LogReader, NewEntry};
use protocol::{LogId, Position, Seq};
use serde::Serialize;

use super::{Progress, logs_of};
use crate::{HostError, private};

/// Entries and bytes copied at a time.
const ENTRIES_AT_ONCE: usize = 1_000;
const BYTES_AT_ONCE: usize = 16 << 20;
/// What belongs to a log or a folder and to nobody else while it is in use: never copied.
const PASSING: &[&str] = &["-wal", "-shm", "-journal", "-lock", "-new", "-unfinished", "-checkpoints"];
/// Files of the folder as a whole that a copy of it needs.
const OF_FOLDER: &str = "linework-server.";
const NOT_OF_FOLDER: &[&str] = &["linework-server.lock", "linework-server.first-secret", "linework-server.check"];
/// The largest of such small files, bytes.
const SMALL_BYTES_MAX: u64 = 1 << 20;

/// A copy of a log.
#[derive(Debug, Clone, Serialize)]
pub struct Copied {
    /// The drawing's name.
    pub name: String,
    /// The copy.
    pub file: PathBuf,
    /// The last entry in it.
    pub entries: u64,
    /// That entry's hash.
    pub head: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// What is wrong with it; none where it is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<String>,
}

/// Copies the logs of a data folder, or one of them, and what says who comes in, into another folder, which is then a
/// data folder too. The folder may be in use: it is neither held nor changed.
///
/// # Errors
/// [`HostError::Folder`], `NoSuchDrawing`; `Log` where a copy is there already or can't be written. Copies that were made
/// before stay.
pub fn backup_folder(
    data: &Path,
    only: Option<&str>,
    to: &Path,
    progress: Progress<'_>,
) -> Result<Vec<Copied>, HostError> {
    let mut logs = logs_of(data)?;
    if let Some(only) = only {
        logs.retain(|(name, _)| name == only);
        if logs.is_empty() {
            return Err(HostError::NoSuchDrawing { name: only.into() });
        }
    }
    make(to)?;
    let of = logs.len() as u64;
    let mut copies = Vec::new();
    for (at, (name, log)) in logs.iter().enumerate() {
        progress("drawings copied", at as u64, of);
        let copy = to.join(format!("{name}.linework"));
        oplog::backup(log, &copy)?;
        copies.push(checked(name, copy)?);
        copy_small(data, to, |file| {
            let suffix = file.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix(".linework"));
            suffix.is_some_and(|suffix| suffix.starts_with('-') && !PASSING.iter().any(|each| suffix.starts_with(each)))
        })?;
    }
    if only.is_none() {
        copy_small(data, to, |file| file.starts_with(OF_FOLDER) && !NOT_OF_FOLDER.contains(&file))?;
    }
    Ok(copies)
}

/// As [`backup_folder`], of the drawings in a Redis.
///
/// # Errors
/// As there, and what is wrong with the Redis.
#[cfg(feature = "redis")]
pub async fn backup_redis(
    place: &crate::store::RedisPlace,
    only: Option<&str>,
    to: &Path,
    progress: Progress<'_>,
) -> Result<Vec<Copied>, HostError> {
    use crate::store::Store as _;
    let mut drawings = place.listed().await?;
    if let Some(only) = only {
        drawings.retain(|listing| listing.name == only);
        if drawings.is_empty() {
            return Err(HostError::NoSuchDrawing { name: only.into() });
        }
    }
    make(to)?;
    let of = drawings.len() as u64;
    let mut copies = Vec::new();
    for (at, listing) in drawings.iter().enumerate() {
        progress("drawings copied", at as u64, of);
        let name = &listing.name;
        let copy = to.join(format!("{name}.linework"));
        let refused = |why: String| HostError::Refused { title: listing.title.clone(), why };
        place.store(name).backup(copy.clone()).await.map_err(|error| refused(error.to_string()))?;
        let named = name.clone();
        let checking = tokio::task::spawn_blocking(move || checked(&named, copy)).await;
        copies.push(checking.map_err(|_| refused("checking the copy ended early".into()))??);
        write_small(&to.join(format!("{name}.linework-secret")), &format!("{}\n", listing.secret))?;
        if listing.archived {
            write_small(&to.join(format!("{name}.linework-archived")), "")?;
        }
    }
    if let (None, Some(owner)) = (only, place.owner().await?) {
        write_small(&to.join("linework-server.owner"), &format!("{owner}\n"))?;
    }
    Ok(copies)
}

/// Reads a copy whole, and says what is in it.
fn checked(name: &str, file: PathBuf) -> Result<Copied, HostError> {
    let (reader, broken) = LogReader::open(&file)?;
    let broken = broken.or_else(|| reader.verify().err());
    let (position, wrong) = (reader.position(), broken.map(|broken| broken.to_string()));
    drop(reader);
    let bytes = file.metadata().map_err(|source| HostError::Folder { path: file.clone(), source })?.len();
    let (entries, head) = (position.seq.0, position.head.to_string());
    Ok(Copied { name: name.into(), file, entries, head, bytes, wrong })
}

/// Makes the folder that copies go to; one that is there is as good.
fn make(to: &Path) -> Result<(), HostError> {
    crate::folder::make(to).map_err(|source| HostError::Folder { path: to.into(), source })
}

/// Copies the small files that are wished for; nobody else reads the copies.
fn copy_small(from: &Path, to: &Path, wished: impl Fn(&str) -> bool) -> Result<(), HostError> {
    let failed = |source| HostError::Folder { path: from.into(), source };
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let file = entry.file_name();
        let Some(file) = file.to_str().filter(|file| wished(file)) else { continue };
        // Half of a small file that is just being replaced has another name.
        let text = std::fs::read_to_string(entry.path()).map_err(failed)?;
        if text.len() as u64 <= SMALL_BYTES_MAX {
            write_small(&to.join(file), &text)?;
        }
    }
    Ok(())
}

fn write_small(path: &Path, text: &str) -> Result<(), HostError> {
    private::write(path, text).map_err(|source| HostError::Folder { path: path.into(), source })
}

/// Copies a log up to an entry under the same or another id, with all its blobs, as one whole file; where the copy ends.
/// The name stands for a whole file or for none.
///
/// # Errors
/// What is wrong with the log, or the disk said. Nothing is left behind then.
pub(crate) fn copy_as(
    from: &LogReader,
    id: LogId,
    upto: Seq,
    to: &Path,
    progress: Progress<'_>,
) -> Result<Position, HostError> {
    let folder = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let failed = |source| HostError::Folder { path: folder.into(), source };
    // What exists is found out before anything is copied.
    if to.symlink_metadata().is_ok() {
        return Err(LogError::Exists { path: to.into() }.into());
    }
    let building = tempfile::Builder::new().prefix(".linework-copy-").tempdir_in(folder).map_err(failed)?;
    let path = building.path().join("log.linework");
    let mut copy = Log::create(&path, id)?;
    if let Some(title) = from.meta(crate::store::TITLE)? {
        copy.set_meta(crate::store::TITLE, &title)?;
    }
    for hash in from.blob_hashes()? {
        if let Some(content) = from.blob(&hash)? {
            copy.put_blob(&content)?;
        }
    }
    let mut at = Position::start(id);
    while at.seq < upto {
        progress("entries copied", at.seq.0, upto.0);
        let most = (upto.0 - at.seq.0).min(ENTRIES_AT_ONCE as u64) as usize;
        let entries = from.read_after(at.seq, most, BYTES_AT_ONCE)?;
        let new = entries.into_iter().map(|stored| NewEntry {
            payload: stored.payload,
            time_ms: stored.time_ms,
            author: stored.author,
            kind: stored.kind,
        });
        let new: Vec<NewEntry> = new.collect();
        match copy.append(&at, &new)? {
            Appended::Stored(head) if head.seq > at.seq => at = head,
            Appended::Stored(_) | Appended::Behind(_) => {
                let what = format!("nothing follows on entry {}", at.seq);
                return Err(LogError::Torn { path: from.path().into(), what }.into());
            }
        }
    }
    copy.close()?;
    let end = oplog::backup(&path, to)?;
    // On the disk before anybody is told: the folder that goes now has only what was copied.
    OpenOptions::new().read(true).open(to).and_then(|file| file.sync_all()).map_err(failed)?;
    Ok(end)
}
