//! Small texts about a log as a whole, such as its title.

use rusqlite::{OptionalExtension, params};

use crate::error::check_size;
use crate::{Log, LogError, LogReader, MAX_NAME_BYTES};

/// The longest value, in bytes of UTF-8. A key is at most [`MAX_NAME_BYTES`].
pub const MAX_META_BYTES: usize = 64 << 10;

impl Log {
    /// Sets a value, in place of what the key had before; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`LogError::TooLarge`], `Full`, or what the disk said.
    pub fn set_meta(&mut self, key: &str, value: &str) -> Result<(), LogError> {
        check_size(self.path(), "a key (bytes)", key.len(), MAX_NAME_BYTES)?;
        check_size(self.path(), "a value (bytes)", value.len(), MAX_META_BYTES)?;
        self.connection
            .execute(
                "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                params![key, value],
            )
            .map(|_| ())
            .map_err(|source| LogError::sqlite(self.path(), "writing", source))
    }
}

impl LogReader {
    /// The value of a key, if it has one.
    pub fn meta(&self, key: &str) -> Result<Option<String>, LogError> {
        self.connection
            .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
            .optional()
            .map_err(|source| LogError::sqlite(&self.path, "reading", source))
    }
}
