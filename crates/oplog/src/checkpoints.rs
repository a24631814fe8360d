//! States of the room, each named by its position, so that nobody has to replay from the first entry.
//!
//! They are never needed, only quicker: a side file that is missing or damaged costs time and is dropped with a word.

use std::path::{Path, PathBuf};

use chain::{Hash, LogId, Position, Seq};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::check_size;
use crate::lock::beside;
use crate::schema::{self, CHECKPOINT_TABLE, CHECKPOINTS_APPLICATION_ID, MAKE, READ};
use crate::{LogError, LogReader};

/// How many checkpoints a side file keeps: the newest.
pub const KEPT_CHECKPOINTS: usize = 4;

/// The largest state, in bytes.
pub const MAX_STATE_BYTES: usize = 512 << 20;

/// The side file of the log at `log`: `NAME.linework-checkpoints`.
pub fn checkpoints_path(log: &Path) -> PathBuf {
    beside(log, "-checkpoints")
}

/// A state and where in the log it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The position whose state this is.
    pub position: Position,
    /// The state, opaque here.
    pub state: Vec<u8>,
}

/// Checkpoints that were there and were no good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("checkpoints in {path} were dropped: {why}; the log itself is not touched, opening it takes longer once")]
pub struct DroppedCheckpoints {
    /// The file they were in.
    pub path: PathBuf,
    /// What was wrong.
    pub why: String,
}

/// The newest checkpoint of a log that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LatestCheckpoint {
    /// It, if there is any: its position is in the log's chain and its state is what was stored.
    pub checkpoint: Option<Checkpoint>,
    /// What was passed over because it was damaged; checkpoints of other branches are not.
    pub dropped: Vec<DroppedCheckpoints>,
}

/// Writes checkpoints of one log; for a thread of its own.
#[derive(Debug)]
pub struct Checkpoints {
    connection: Connection,
    path: PathBuf,
    log: LogId,
}

impl Checkpoints {
    /// Opens the side file of `log`, or makes it. One that is damaged, or from another version or program, is removed
    /// and made anew, which is told.
    ///
    /// # Errors
    /// Only what the system says about making the file: [`LogError::Access`], `Full`, `Sqlite`.
    pub fn open(log: &LogReader) -> Result<(Checkpoints, Option<DroppedCheckpoints>), LogError> {
        let path = checkpoints_path(&log.path);
        let log = log.head.log;
        match open_file(&path) {
            Ok(connection) => Ok((Checkpoints { connection, path, log }, None)),
            Err(error) => {
                let why = useless(error)?;
                let (connection, dropped) = make_anew(&path, why)?;
                Ok((Checkpoints { connection, path, log }, Some(dropped)))
            }
        }
    }

    /// Stores the state at `position` and forgets the oldest beyond [`KEPT_CHECKPOINTS`]. If the file turns out to be
    /// damaged it is made anew with this state alone, which is told.
    ///
    /// # Errors
    /// [`LogError::TooLarge`], `NotALog` for a position of another log, `Full`, or what the disk said; the checkpoints
    /// before are kept.
    pub fn put(&mut self, position: &Position, state: &[u8]) -> Result<Option<DroppedCheckpoints>, LogError> {
        check_size(&self.path, "a checkpoint (bytes)", state.len(), MAX_STATE_BYTES)?;
        if position.log != self.log {
            let what = format!("a checkpoint of log {} does not belong beside log {}", position.log, self.log);
            return Err(LogError::NotALog { path: self.path.clone(), what });
        }
        let error = match write(&mut self.connection, position, state, KEPT_CHECKPOINTS) {
            Ok(()) => return Ok(None),
            Err(source) => LogError::sqlite(&self.path, "writing", source),
        };
        let why = useless(error)?;
        // Let go of the file first: not every system removes one that is open.
        self.connection =
            Connection::open_in_memory().map_err(|source| LogError::sqlite(&self.path, "making", source))?;
        let (connection, dropped) = make_anew(&self.path, why)?;
        self.connection = connection;
        write(&mut self.connection, position, state, KEPT_CHECKPOINTS)
            .map_err(|source| LogError::sqlite(&self.path, "writing", source))?;
        Ok(Some(dropped))
    }
}

impl LogReader {
    /// The newest checkpoint at or before `seq`, from the side file or from what a backup folded in.
    ///
    /// # Errors
    /// Only what is wrong with the log itself; the trouble with checkpoints is in the answer.
    pub fn latest_checkpoint(&self, at_or_before: Seq) -> Result<LatestCheckpoint, LogError> {
        let mut latest = LatestCheckpoint::default();
        let until = at_or_before.min(self.head.seq);
        let side = checkpoints_path(&self.path);
        if side.exists() {
            match open_to_read(&side)
                .and_then(|connection| self.newest_of(&connection, &side, until, &mut latest.dropped))
            {
                Ok(found) => latest.checkpoint = found,
                Err(error) => latest.dropped.push(DroppedCheckpoints { path: side, why: error.to_string() }),
            }
        }
        match self.newest_of(&self.connection, &self.path, until, &mut latest.dropped) {
            Ok(Some(folded))
                if latest.checkpoint.as_ref().is_none_or(|side| side.position.seq < folded.position.seq) =>
            {
                latest.checkpoint = Some(folded);
            }
            Ok(_) => {}
            Err(error) => latest.dropped.push(DroppedCheckpoints { path: self.path.clone(), why: error.to_string() }),
        }
        Ok(latest)
    }

    /// The newest usable checkpoint in one database; what is damaged is passed over and told.
    fn newest_of(
        &self,
        connection: &Connection,
        path: &Path,
        until: Seq,
        dropped: &mut Vec<DroppedCheckpoints>,
    ) -> Result<Option<Checkpoint>, LogError> {
        let failed = |source| LogError::sqlite(path, "reading", source);
        let mut statement = connection
            .prepare(
                "SELECT id, seq, head, state_hash FROM checkpoint
                 WHERE log = ?1 AND seq <= ?2 ORDER BY seq DESC, id DESC LIMIT ?3",
            )
            .map_err(failed)?;
        // The side file keeps few; a file from elsewhere may hold what it likes.
        let limit = KEPT_CHECKPOINTS as i64 * 4;
        let named = statement
            .query_map(params![self.head.log.0, until.0 as i64, limit], |row| {
                Ok((row.get(0)?, Seq(row.get::<_, i64>(1)? as u64), Hash(row.get(2)?), Hash(row.get(3)?)))
            })
            .and_then(|rows| rows.collect::<Result<Vec<(i64, Seq, Hash, Hash)>, _>>())
            .map_err(failed)?;
        for (id, seq, head, state_hash) in named {
            let position = Position { log: self.head.log, seq, head };
            if !self.contains(&position)? {
                continue;
            }
            let state: rusqlite::Result<Option<Vec<u8>>> =
                connection.query_row("SELECT state FROM checkpoint WHERE id = ?1", [id], |row| row.get(0)).optional();
            let why = match state {
                Ok(Some(state)) if Hash::of(&state) == state_hash => return Ok(Some(Checkpoint { position, state })),
                Ok(Some(_)) => "its bytes are not what was stored".to_owned(),
                // Forgotten by the writer between the two reads.
                Ok(None) => continue,
                Err(source) => source.to_string(),
            };
            dropped.push(DroppedCheckpoints { path: path.to_owned(), why: format!("the one at entry {seq}: {why}") });
        }
        Ok(None)
    }
}

/// Writes one checkpoint, in place of any at the same position, and keeps the `kept` newest as they were written:
/// after going back to an earlier position, the later ones are the old ones.
pub(crate) fn write(
    connection: &mut Connection,
    position: &Position,
    state: &[u8],
    kept: usize,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    // First, so that the new state goes where the old one was and the file does not grow.
    transaction.execute(
        "DELETE FROM checkpoint WHERE (log = ?1 AND seq = ?2 AND head = ?3)
         OR id NOT IN (SELECT id FROM checkpoint ORDER BY id DESC LIMIT ?4)",
        params![position.log.0, position.seq.0 as i64, position.head.0, kept as i64 - 1],
    )?;
    transaction.execute(
        "INSERT INTO checkpoint (log, seq, head, state_hash, state) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![position.log.0, position.seq.0 as i64, position.head.0, Hash::of(state).0, state],
    )?;
    transaction.commit()
}

/// Opens a side file that is there and good, or makes one where there is none.
fn open_file(path: &Path) -> Result<Connection, LogError> {
    let failed = |source| LogError::sqlite(path, "opening", source);
    let mut connection = schema::connect(path, MAKE).map_err(failed)?;
    // A checkpoint that a power cut takes costs time only, so its writing need not wait for the disk at each step.
    connection.pragma_update(None, "synchronous", "normal").map_err(failed)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    if tables == 0 {
        schema::make(&mut connection, &[CHECKPOINT_TABLE], CHECKPOINTS_APPLICATION_ID).map_err(failed)?;
    }
    schema::identify(&connection, path, CHECKPOINTS_APPLICATION_ID)?;
    // Whether its table is what it should be shows now and not while a state waits to be written.
    connection.prepare("SELECT id, log, seq, head, state_hash, state FROM checkpoint").map(drop).map_err(failed)?;
    Ok(connection)
}

fn open_to_read(path: &Path) -> Result<Connection, LogError> {
    let connection = schema::connect(path, READ).map_err(|source| LogError::sqlite(path, "opening", source))?;
    schema::identify(&connection, path, CHECKPOINTS_APPLICATION_ID)?;
    Ok(connection)
}

/// Why a side file is no use as it is; trouble that is not the file's own stays an error.
fn useless(error: LogError) -> Result<String, LogError> {
    match error {
        LogError::Torn { what, .. } | LogError::NotALog { what, .. } => Ok(what),
        LogError::Newer { found, .. } => Ok(format!("they have format version {found}")),
        other => Err(other),
    }
}

fn make_anew(path: &Path, why: String) -> Result<(Connection, DroppedCheckpoints), LogError> {
    schema::remove(path).map_err(|source| LogError::io(path, "removing", source))?;
    Ok((open_file(path)?, DroppedCheckpoints { path: path.to_owned(), why }))
}
