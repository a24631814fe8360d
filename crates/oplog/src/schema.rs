//! The tables, the numbers in the file's header, and how a file is opened.

use std::path::{Path, PathBuf};

use chain::LogId;
use rusqlite::{Connection, OpenFlags};

use crate::LogError;

/// `PRAGMA application_id` of a log: "LNWK".
pub const APPLICATION_ID: u32 = 0x4c4e_574b;

/// `PRAGMA application_id` of a side file with checkpoints: "LNWC".
pub const CHECKPOINTS_APPLICATION_ID: u32 = 0x4c4e_5743;

/// `PRAGMA user_version` of what this crate makes, for both files.
pub const FORMAT_VERSION: u32 = 1;

/// `PRAGMA user_version` of a log that has an entry whose payload is a blob. A log of the version before becomes one with
/// its first such entry, so that programs that know no such entries read it until then.
pub const LONG_VERSION: u32 = 2;

/// What makes a log of [`FORMAT_VERSION`] one of [`LONG_VERSION`].
pub(crate) const LENGTHEN: &str = "
ALTER TABLE entry ADD COLUMN blob BLOB CHECK (blob IS NULL OR length(blob) = 32);
PRAGMA user_version = 2;
";

/// The tables of a log. `log` comes first, so that its page is near the start of the file and the longest to survive.
pub(crate) const LOG_TABLES: &str = "
CREATE TABLE log (
    id BLOB NOT NULL CHECK (length(id) = 16)
) STRICT;
CREATE TABLE entry (
    seq     INTEGER PRIMARY KEY CHECK (seq > 0),
    hash    BLOB NOT NULL CHECK (length(hash) = 32),
    time_ms INTEGER NOT NULL,
    author  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    payload BLOB NOT NULL
) STRICT;
CREATE TABLE blob (
    hash    BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    content BLOB NOT NULL
) STRICT;
CREATE TABLE meta (
    key   TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL
) STRICT;
";

/// The table of checkpoints, the same in a log (what a backup folded in) and in the side file.
pub(crate) const CHECKPOINT_TABLE: &str = "
CREATE TABLE checkpoint (
    id         INTEGER PRIMARY KEY,
    log        BLOB NOT NULL CHECK (length(log) = 16),
    seq        INTEGER NOT NULL CHECK (seq >= 0),
    head       BLOB NOT NULL CHECK (length(head) = 32),
    state_hash BLOB NOT NULL CHECK (length(state_hash) = 32),
    state      BLOB NOT NULL
) STRICT;
";

/// How a file is opened. None of these makes a file or reads a path as a URI.
pub(crate) const READ: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
pub(crate) const WRITE: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
/// As `WRITE`, and makes the file.
pub(crate) const MAKE: OpenFlags = WRITE.union(OpenFlags::SQLITE_OPEN_CREATE);

/// Opens a database with what holds for every connection: a file from a stranger must not make SQLite run anything.
pub(crate) fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// Makes the tables and sets the numbers, in one transaction.
pub(crate) fn make(connection: &mut Connection, tables: &[&str], application_id: u32) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.pragma_update(None, "application_id", application_id)?;
    transaction.pragma_update(None, "user_version", FORMAT_VERSION)?;
    for sql in tables {
        transaction.execute_batch(sql)?;
    }
    transaction.commit()
}

/// Checks that an open database is what it should be; which version it is of.
pub(crate) fn identify(connection: &Connection, path: &Path, application_id: u32) -> Result<u32, LogError> {
    let number = |pragma| {
        connection
            .pragma_query_value(None, pragma, |row| row.get::<_, i32>(0))
            .map_err(|source| LogError::sqlite(path, "opening", source))
    };
    let not_a_log = |what: String| LogError::NotALog { path: path.to_owned(), what };
    let found = number("application_id")? as u32;
    if found != application_id {
        return Err(not_a_log(format!("its application id is {found:#010x}, not {application_id:#010x}")));
    }
    let known = if application_id == APPLICATION_ID { LONG_VERSION } else { FORMAT_VERSION };
    let version = number("user_version")? as u32;
    match version {
        0 => return Err(not_a_log("it has no format version".into())),
        found if found > known => return Err(LogError::Newer { path: path.to_owned(), found, known }),
        _ => {}
    }
    let strange: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')", [], |row| row.get(0))
        .map_err(|source| LogError::sqlite(path, "opening", source))?;
    if strange > 0 {
        return Err(not_a_log("it has triggers or views, which no log has".into()));
    }
    Ok(version)
}

/// Reads which log a file is.
pub(crate) fn log_id(connection: &Connection, path: &Path) -> Result<LogId, LogError> {
    connection
        .query_row("SELECT id FROM log", [], |row| row.get(0))
        .map(LogId)
        .map_err(|source| LogError::Torn { path: path.to_owned(), what: format!("its id can't be read ({source})") })
}

/// The one path of a log, links resolved, so that its lock and side files are found by whatever name it is opened.
pub(crate) fn resolve(path: &Path) -> Result<PathBuf, LogError> {
    let resolved = path.canonicalize().map_err(|source| LogError::io(path, "opening", source))?;
    let metadata = resolved.metadata().map_err(|source| LogError::io(path, "opening", source))?;
    if !metadata.is_file() {
        return Err(LogError::NotALog { path: resolved, what: "it is a folder or a device".into() });
    }
    if metadata.len() == 0 {
        return Err(LogError::Empty { path: resolved });
    }
    Ok(resolved)
}

/// As [`resolve`], for a file that is to be made.
pub(crate) fn resolve_new(path: &Path) -> Result<PathBuf, LogError> {
    let unnamed = || LogError::NotALog { path: path.to_owned(), what: "it names no file".into() };
    let name = path.file_name().ok_or_else(unnamed)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let resolved = folder.canonicalize().map_err(|source| LogError::io(folder, "making a log in", source))?.join(name);
    // A link to nowhere counts as something that is there.
    match resolved.symlink_metadata() {
        Ok(_) => Err(LogError::Exists { path: resolved }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(resolved),
        Err(source) => Err(LogError::io(&resolved, "making", source)),
    }
}

/// Gives a finished file its name, so that the name stands for a whole file or for none, also after a power cut.
pub(crate) fn put_in_place(finished: &Path, name: &Path) -> Result<(), LogError> {
    let refused = |source| LogError::io(name, "writing", source);
    // Opened for writing, since that is what some systems want for flushing.
    std::fs::OpenOptions::new().write(true).open(finished).and_then(|file| file.sync_all()).map_err(refused)?;
    std::fs::rename(finished, name).map_err(refused)?;
    sync_folder_of(name).map_err(refused)
}

/// Makes a new name durable. Elsewhere than on Unix the system does it by itself.
fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Removes a file and SQLite's own side files, if they are there.
pub(crate) fn remove(path: &Path) -> std::io::Result<()> {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        match std::fs::remove_file(crate::lock::beside(path, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
