//! Walking the whole of a log: is everything that was stored still what was stored?

use std::ops::ControlFlow;

use chain::{Hash, LogId, Position, Seq, link};

use crate::LogReader;

/// What a whole and unharmed log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Its end. Whoever noted an earlier position can ask [`LogReader::contains`] whether history was changed.
    pub position: Position,
    /// The payload bytes of all entries.
    pub payload_bytes: u64,
    /// How many blobs there are.
    pub blobs: u64,
    /// The bytes of all blobs.
    pub blob_bytes: u64,
}

/// Where a log is damaged first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{damage}; entries up to {} are intact", .intact.seq)]
pub struct Broken {
    /// Everything up to here is what was stored.
    pub intact: Position,
    /// What is wrong.
    pub damage: Damage,
}

/// How something that was stored is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// There are later entries, but not this one.
    #[error("entry {seq} is missing")]
    Missing {
        /// The entry.
        seq: Seq,
    },
    /// The file can't be read where this entry should be.
    #[error("entry {seq} can't be read ({reason})")]
    Unreadable {
        /// The entry.
        seq: Seq,
        /// What SQLite said.
        reason: String,
    },
    /// The payload, or the hash, or an entry before, is not what was stored.
    #[error("entry {seq} is not what was stored")]
    Altered {
        /// The entry.
        seq: Seq,
    },
    /// A blob is not what its hash says, or can't be read.
    #[error("{blob} is damaged ({reason})")]
    Blob {
        /// Which one.
        blob: BlobName,
        /// How.
        reason: String,
    },
    /// A checkpoint in the file is not what was stored, or can't be read. The entries are not touched by that: who opens
    /// the log passes over it.
    #[error("the checkpoint at entry {seq} is damaged ({reason})")]
    Checkpoint {
        /// The entry whose state it says it is.
        seq: Seq,
        /// How.
        reason: String,
    },
    /// The file's inner structure is damaged where neither entries nor blobs are.
    #[error("the file is damaged ({reason})")]
    Pages {
        /// What SQLite said.
        reason: String,
    },
}

/// A blob as far as it can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobName {
    /// By its hash.
    Hash(Hash),
    /// The so-manieth in the file, from 1; its hash can't be read.
    Place(u64),
}

impl std::fmt::Display for BlobName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BlobName::Hash(hash) => write!(f, "blob {hash}"),
            BlobName::Place(place) => write!(f, "the blob at place {place}"),
        }
    }
}

impl Broken {
    pub(crate) fn pages(intact: Position, reason: String) -> Broken {
        Broken { intact, damage: Damage::Pages { reason } }
    }
}

impl LogReader {
    /// Reads everything and checks it: every entry against the one before, every blob and every checkpoint against its
    /// hash, and the structure of the file. Whether a checkpoint is what the entries give is not for this to say. The columns that are there for people (time, author, kind) are covered by no hash.
    pub fn verify(&self) -> Result<Verified, Broken> {
        let (position, broken) = self.walk();
        if let Some(broken) = broken {
            return Err(broken);
        }
        let (blobs, blob_bytes) = self
            .walk_blobs()
            .map_err(|(blob, reason)| Broken { intact: position, damage: Damage::Blob { blob, reason } })?;
        self.walk_checkpoints(&position)
            .map_err(|(seq, reason)| Broken { intact: position, damage: Damage::Checkpoint { seq, reason } })?;
        let pages = |reason| Broken::pages(position, reason);
        let payload_bytes: i64 = self
            .connection
            .query_row(
                if self.has_long {
                    "SELECT total(length(payload)) + total(length(content)) FROM entry LEFT JOIN blob ON blob.hash = blob"
                } else {
                    "SELECT total(length(payload)) FROM entry"
                },
                [],
                |row| row.get::<_, f64>(0),
            )
            .map(|bytes| bytes as i64)
            .map_err(|source| pages(source.to_string()))?;
        let structure: String = self
            .connection
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
            .map_err(|source| pages(source.to_string()))?;
        if structure != "ok" {
            return Err(pages(structure));
        }
        Ok(Verified { position, payload_bytes: payload_bytes as u64, blobs, blob_bytes })
    }

    /// Walks the chain from the start: how far it holds, and what ends it early.
    pub(crate) fn walk(&self) -> (Position, Option<Broken>) {
        let mut intact = Position::start(self.head.log);
        let ended = self.walk_from(&mut intact, &mut |_| ControlFlow::Continue(()));
        let broken = LogReader::ended(intact, ended.map(|(damage, _)| damage));
        (intact, broken)
    }

    /// As [`LogReader::walk`]; nothing where `progress`, which is told each entry, gives up.
    pub(crate) fn walk_watched(
        &self,
        progress: &mut dyn FnMut(Seq) -> ControlFlow<()>,
    ) -> Option<(Position, Option<Broken>)> {
        let mut intact = Position::start(self.head.log);
        let ended = self.walk_from(&mut intact, progress);
        if matches!(ended, Ok((_, ControlFlow::Break(())))) {
            return None;
        }
        let broken = LogReader::ended(intact, ended.map(|(damage, _)| damage));
        Some((intact, broken))
    }

    fn ended(intact: Position, ended: rusqlite::Result<Option<Damage>>) -> Option<Broken> {
        let damage = match ended {
            Ok(damage) => damage?,
            Err(source) => Damage::Unreadable { seq: intact.seq.next(), reason: source.to_string() },
        };
        Some(Broken { intact, damage })
    }

    fn walk_from(
        &self,
        intact: &mut Position,
        progress: &mut dyn FnMut(Seq) -> ControlFlow<()>,
    ) -> rusqlite::Result<(Option<Damage>, ControlFlow<()>)> {
        let go_on = ControlFlow::Continue(());
        let blob = if self.has_long { "blob" } else { "NULL" };
        let mut statement = self.connection.prepare(&format!(
            "SELECT entry.seq, entry.hash, payload, time_ms, author, kind, {blob} FROM entry ORDER BY seq"
        ))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let seq = intact.seq.next();
            if row.get::<_, i64>(0)? as u64 != seq.0 {
                return Ok((Some(Damage::Missing { seq }), go_on));
            }
            let hash = Hash(row.get(1)?);
            let long = match row.get::<_, Option<[u8; 32]>>(6)? {
                None => None,
                // What is damaged there is as if it were altered here.
                Some(named) => match self.blob(&Hash(named)) {
                    Ok(Some(content)) => Some(content),
                    Ok(None) | Err(_) => return Ok((Some(Damage::Altered { seq }), go_on)),
                },
            };
            let payload = match &long {
                Some(content) => content.as_slice(),
                None => row.get_ref(2)?.as_blob()?,
            };
            if link(&intact.head, seq, payload) != hash {
                return Ok((Some(Damage::Altered { seq }), go_on));
            }
            // No hash covers these, but an entry counts as readable only with them.
            row.get_ref(3)?.as_i64()?;
            row.get_ref(4)?.as_str()?;
            row.get_ref(5)?.as_str()?;
            *intact = Position { seq, head: hash, ..*intact };
            if progress(seq).is_break() {
                return Ok((None, ControlFlow::Break(())));
            }
        }
        Ok((None, go_on))
    }

    /// Checks every checkpoint in the file, those of other logs and branches too; the first that is damaged and how.
    fn walk_checkpoints(&self, end: &Position) -> Result<(), (Seq, String)> {
        let mut at = Seq(0);
        let failed = |seq: Seq| move |source: rusqlite::Error| (seq, source.to_string());
        let mut statement = self
            .connection
            .prepare("SELECT seq, log, head, state_hash, state FROM checkpoint ORDER BY id")
            .map_err(failed(at))?;
        let mut rows = statement.query([]).map_err(failed(at))?;
        while let Some(row) = rows.next().map_err(failed(at))? {
            at = Seq(row.get::<_, i64>(0).map_err(failed(at))? as u64);
            let log = LogId(row.get(1).map_err(failed(at))?);
            let head = Hash(row.get(2).map_err(failed(at))?);
            let hash = Hash(row.get(3).map_err(failed(at))?);
            let state = row.get_ref(4).and_then(|state| Ok(state.as_blob()?)).map_err(failed(at))?;
            if Hash::of(state) != hash {
                return Err((at, "its bytes are not what was stored".into()));
            }
            if log == end.log {
                let here = self.hash_at(at).map_err(|error| (at, error.to_string()))?;
                if here != Some(head) {
                    return Err((at, "it is of a history that this log does not have".into()));
                }
            }
        }
        Ok(())
    }

    /// Checks every blob; how many, and their bytes, or the first that is damaged and how.
    fn walk_blobs(&self) -> Result<(u64, u64), (BlobName, String)> {
        let (mut blobs, mut bytes) = (0u64, 0u64);
        let unreadable = |place, source: rusqlite::Error| (BlobName::Place(place), source.to_string());
        let mut statement = self
            .connection
            .prepare("SELECT hash, content FROM blob ORDER BY rowid")
            .map_err(|source| unreadable(1, source))?;
        let mut rows = statement.query([]).map_err(|source| unreadable(1, source))?;
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok((blobs, bytes)),
                Err(source) => return Err(unreadable(blobs + 1, source)),
            };
            let hash = row.get(0).map(Hash).map_err(|source| unreadable(blobs + 1, source))?;
            let wrong = |reason: String| (BlobName::Hash(hash), reason);
            let content = row.get_ref(1).map_err(|source| wrong(source.to_string()))?;
            let content = content.as_blob().map_err(|source| wrong(source.to_string()))?;
            if Hash::of(content) != hash {
                return Err(wrong("its bytes are not what was stored".into()));
            }
            blobs += 1;
            bytes += content.len() as u64;
        }
    }
}
