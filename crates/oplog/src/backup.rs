//! Saving a log: one file, whole in itself, while the original stays in use.

use std::path::Path;

use chain::{Position, Seq};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::checkpoints::write;
use crate::lock::beside;
use crate::schema::{self, MAKE};
use crate::{Checkpoint, LogError, LogReader};

/// Saves the log at `from`, which may be in use by any process, as `to`; returns where the copy ends.
///
/// # Errors
/// As [`LogReader::open`] but never `Held`, and as [`LogReader::backup`].
pub fn backup(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<Position, LogError> {
    let (reader, _) = LogReader::open_any(schema::resolve(from.as_ref())?)?;
    reader.backup(to)
}

impl LogReader {
    /// Saves the log as `to`: one file with everything in it, the newest checkpoint too, and nothing beside it.
    /// Returns where the copy ends. The name stands for a whole file or for none. A damaged log is copied as it is.
    ///
    /// # Errors
    /// [`LogError::Exists`] if there is a file of that name; `Full`; `Torn` if the file can't be copied; what the
    /// system said. Nothing is left behind then, and the original is as it was.
    pub fn backup(&self, to: impl AsRef<Path>) -> Result<Position, LogError> {
        let to = schema::resolve_new(to.as_ref())?;
        let unfinished = beside(&to, "-new");
        schema::remove(&unfinished).map_err(|source| LogError::io(&unfinished, "removing", source))?;
        let checkpoint = self.latest_checkpoint(Seq(u64::MAX))?.checkpoint;
        let saved = copy(&self.connection, &unfinished, checkpoint)
            .map_err(|source| LogError::sqlite(&to, "saving", source))
            .and_then(|end| schema::put_in_place(&unfinished, &to).map(|()| end));
        match saved {
            Ok((seq, head)) => Ok(Position { log: self.head.log, seq, head }),
            Err(error) => {
                schema::remove(&unfinished).map_err(|source| LogError::io(&unfinished, "removing", source))?;
                Err(error)
            }
        }
    }
}

/// Copies page by page, then makes the copy a file of its own. Returns the number and hash of its last entry.
fn copy(from: &Connection, to: &Path, checkpoint: Option<Checkpoint>) -> rusqlite::Result<(Seq, chain::Hash)> {
    let mut copy = schema::connect(to, MAKE)?;
    {
        let backup = Backup::new(from, &mut copy)?;
        // All pages in one step are one moment of the log. SQLite answers "busy" only for the destination, which is
        // new and ours, or while the original recovers from a crash, which is over after the reads above.
        match backup.step(-1)? {
            StepResult::Done => {}
            StepResult::More => return Err(refused(rusqlite::ffi::SQLITE_ERROR)),
            _ => return Err(refused(rusqlite::ffi::SQLITE_BUSY)),
        }
    }
    copy.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
    if let Some(Checkpoint { position, state }) = checkpoint {
        write(&mut copy, &position, &state, 1)?;
    }
    let end = copy
        .query_row("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1", [], |row| {
            Ok((Seq(row.get::<_, i64>(0)? as u64), chain::Hash(row.get(1)?)))
        })
        .or_else(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => Ok((Seq(0), chain::Hash::default())),
            error => Err(error),
        })?;
    copy.close().map_err(|(_, source)| source)?;
    Ok(end)
}

fn refused(code: std::ffi::c_int) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)
}
