//! A glance at a log: which one it is, where it ends and what it is called, without holding or changing it.

use std::path::Path;

use chain::Position;

use crate::live::read_head;
use crate::lock::Lock;
use crate::schema::{self, APPLICATION_ID, LONG_VERSION, READ};
use crate::{LogError, LogReader};

/// What a glance shows of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// Where it ends.
    pub position: Position,
    /// The text under the key that was asked for.
    pub meta: Option<String>,
    /// When its last entry was decided, by the clock of whoever stored it; for people.
    pub last_time_ms: Option<u64>,
    /// Somebody holds it.
    pub held: bool,
}

/// Looks at the log at `path`, whoever holds it; its last entry is checked against the one before, and no other. Takes
/// a fraction of a millisecond, so that a folder with thousands of logs is listed in seconds.
///
/// # Errors
/// As [`LogReader::open`], but never `Held`; `Torn` if its end is damaged.
pub fn glance(path: impl AsRef<Path>, key: &str) -> Result<Glance, LogError> {
    let path = schema::resolve(path.as_ref())?;
    let held = match Lock::refuse_held(&path) {
        Ok(()) => false,
        Err(LogError::Held { .. }) => true,
        Err(error) => return Err(error),
    };
    let connection = schema::connect(&path, READ).map_err(|source| LogError::sqlite(&path, "opening", source))?;
    let has_long = schema::identify(&connection, &path, APPLICATION_ID)? >= LONG_VERSION;
    let head = Position::start(schema::log_id(&connection, &path)?);
    let mut reader = LogReader { connection, path, head, has_long, lock: None };
    reader.head = read_head(&reader)?;
    let head = reader.head;
    let (meta, last_time_ms) = (reader.meta(key)?, reader.last_time_ms()?);
    Ok(Glance { position: head, meta, last_time_ms, held })
}
