//! Everything that can be wrong with a log, in words for whoever has to act on it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why a log could not be made, opened, read or written. Each says which file, what was wrong, what was kept, and
/// what to do.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// There is a file already where a new one was to be made.
    #[error("{path} exists already and was left as it is; choose another name or open it")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("there is no log at {path}; check the name, or make a new log there")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file has no bytes, so there was never anything in it, or it was emptied.
    #[error("{path} is empty: it holds no entries; remove it, or put a backup in its place")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{path} is not an op log: {what}; it was left as it is")]
    NotALog {
        /// The file.
        path: PathBuf,
        /// By what one can tell.
        what: String,
    },
    /// The file was written by a later version.
    #[error(
        "{path} has format version {found}, this program knows up to {known}; it was left as it is: update the program to open it"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: u32,
        /// The highest version that is understood here.
        known: u32,
    },
    /// Another program has the log open for writing.
    #[error(
        "{path} is in use by {holder}; close it there, or take a copy of it by a backup, which works while it is in use (linework log FILE --save COPY, or the host's console)"
    )]
    Held {
        /// The file.
        path: PathBuf,
        /// Who holds it, as far as can be told.
        holder: String,
    },
    /// Something that was stored is not there any more or is not what was stored.
    #[error(
        "{path} is damaged: {what}; nothing in it was changed: open it for reading to get what is intact, or go back to a backup"
    )]
    Torn {
        /// The file.
        path: PathBuf,
        /// Where and how.
        what: String,
    },
    /// The disk is full. Nothing of what was being written is in the log.
    #[error(
        "the disk is full: {path} was not added to, and all that was stored before is kept; free some space and try again"
    )]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Something is larger than the format takes. Nothing was stored.
    #[error("{what} of {size} is over the limit of {limit}; nothing was stored in {path}")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is too large.
        what: &'static str,
        /// How large it is.
        size: u64,
        /// How large it may be.
        limit: u64,
    },
    /// The disk failed while a batch was being made durable, so the batch may or may not be there after a restart.
    /// The log takes no more entries until it is opened again, and its position then is the answer.
    #[error(
        "the disk failed while {path} was written ({reason}): all up to entry {after} is kept, what came with this request may or may not be; open the log again to know"
    )]
    Unsure {
        /// The file.
        path: PathBuf,
        /// The last entry that is certainly stored.
        after: u64,
        /// What the disk said.
        reason: String,
    },
    /// The file lies where a live log can't be.
    #[error(
        "{path} can't be written safely where it is: {what}; it was left as it is: move it to a folder on a local disk"
    )]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is missing.
        what: String,
    },
    /// The operating system refused something.
    #[error("{doing} {path} failed: {source}; what was stored before is kept")]
    Access {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What it said.
        source: std::io::Error,
    },
    /// SQLite refused something that has no better name.
    #[error("{doing} {path} failed: {source}; what was stored before is kept")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What it said.
        source: rusqlite::Error,
    },
}

impl LogError {
    /// Names what SQLite said.
    pub(crate) fn sqlite(path: &Path, doing: &'static str, source: rusqlite::Error) -> LogError {
        use rusqlite::Error;
        let path = path.to_owned();
        // A table or column that is missing, or a value of the wrong type: the tables were made right, so that is
        // damage, though not of a kind that SQLite sees.
        if let Error::SqlInputError { .. }
        | Error::InvalidColumnType(..)
        | Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::Utf8Error(..) = source
        {
            return LogError::Torn { path, what: source.to_string() };
        }
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => LogError::Full { path },
            // SQLite calls a table that is not there an unknown error.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) => LogError::Torn { path, what: source.to_string() },
            Some(ErrorCode::NotADatabase) => LogError::NotALog { path, what: "it is no SQLite database".into() },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                LogError::Held { path, holder: "another program that reads or writes it directly".into() }
            }
            _ => LogError::Sqlite { path, doing, source },
        }
    }

    /// Names what the operating system said.
    pub(crate) fn io(path: &Path, doing: &'static str, source: std::io::Error) -> LogError {
        let path = path.to_owned();
        match source.kind() {
            std::io::ErrorKind::NotFound => LogError::Missing { path },
            std::io::ErrorKind::StorageFull => LogError::Full { path },
            _ => LogError::Access { path, doing, source },
        }
    }
}

/// Refuses what is larger than `limit`.
pub(crate) fn check_size(path: &Path, what: &'static str, size: usize, limit: usize) -> Result<(), LogError> {
    if size <= limit {
        return Ok(());
    }
    Err(LogError::TooLarge { path: path.to_owned(), what, size: size as u64, limit: limit as u64 })
}
