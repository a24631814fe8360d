//! Bytes that are too large for an entry, named by the hash of their content.

use chain::Hash;
use rusqlite::{OptionalExtension, params};

use crate::error::check_size;
use crate::{Log, LogError, LogReader};

/// The largest blob, in bytes.
pub const MAX_BLOB_BYTES: usize = 512 << 20;

impl Log {
    /// Stores bytes under their hash; they are on the disk when this returns. Storing the same bytes again changes
    /// nothing, unless what is there was damaged: then it is replaced.
    ///
    /// # Errors
    /// [`LogError::TooLarge`], `Full`, or what the disk said; asking again is always safe.
    pub fn put_blob(&mut self, content: &[u8]) -> Result<Hash, LogError> {
        check_size(self.path(), "a blob (bytes)", content.len(), MAX_BLOB_BYTES)?;
        let hash = Hash::of(content);
        let failed = |source| LogError::sqlite(self.path(), "storing a blob in", source);
        let same: Option<bool> = self
            .connection
            .query_row("SELECT content = ?2 FROM blob WHERE hash = ?1", params![hash.0, content], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        if same != Some(true) {
            self.connection
                .execute(
                    "INSERT INTO blob (hash, content) VALUES (?1, ?2)
                     ON CONFLICT (hash) DO UPDATE SET content = excluded.content",
                    params![hash.0, content],
                )
                .map_err(failed)?;
        }
        Ok(hash)
    }
}

impl LogReader {
    /// The hashes of all blobs, in the order in which they were stored.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn blob_hashes(&self) -> Result<Vec<Hash>, LogError> {
        self.connection
            .prepare("SELECT hash FROM blob ORDER BY rowid")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0).map(Hash))?.collect())
            .map_err(|source| LogError::sqlite(&self.path, "reading", source))
    }

    /// The bytes with this hash, if they were stored here.
    ///
    /// # Errors
    /// [`LogError::Torn`] if they are not what was stored.
    pub fn blob(&self, hash: &Hash) -> Result<Option<Vec<u8>>, LogError> {
        let content: Option<Vec<u8>> = self
            .connection
            .prepare_cached("SELECT content FROM blob WHERE hash = ?1")
            .and_then(|mut statement| statement.query_row([hash.0], |row| row.get(0)).optional())
            .map_err(|source| LogError::sqlite(&self.path, "reading a blob of", source))?;
        match content {
            Some(content) if Hash::of(&content) != *hash => {
                Err(LogError::Torn { path: self.path.clone(), what: format!("blob {hash} is not what was stored") })
            }
            content => Ok(content),
        }
    }
}
