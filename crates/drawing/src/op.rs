//! Ops: the only way a drawing changes.

use geometry::Vec2;
use serde::{Deserialize, Serialize};

use crate::ids::{EntityId, Handle, RecordId};
use crate::record::Record;
use crate::translate::CannotMove;

/// One change to a drawing, whole or not at all.
///
/// Ops carry results, not recipes: what was computed once is stored, so that every replica holds the same bits.
/// [`Op::Translate`] is the one recipe, since addition is the same on every machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// Puts records whose ids don't exist yet.
    New(Vec<Record>),
    /// Replaces records whose ids exist, by ones of the same kind. Each keeps the handle that it has.
    Change(Vec<Record>),
    /// Takes records away.
    Remove(#[serde(with = "crate::runs")] Vec<RecordId>),
    /// Moves entities, and what is drawn for them only (the block of a dimension), in the world's plane.
    Translate {
        /// Which entities.
        #[serde(with = "crate::runs")]
        ids: Vec<EntityId>,
        /// Drawing units.
        by: Vec2,
    },
    /// Gives handles to records that have none, when a drawing is saved. Not an edit: nobody's lock stands in its way.
    Mint(Vec<(RecordId, Handle)>),
    /// Takes minted handles away again: the inverse of [`Op::Mint`] alone.
    Unmint(#[serde(with = "crate::runs")] Vec<RecordId>),
    /// Several ops, one after another, as one: whole or not at all.
    Batch(Vec<Op>),
}

/// What applying an op gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The op that takes it back exactly.
    pub inverse: Op,
    /// Every record that was put, changed or taken away, ascending, once each.
    pub touched: Vec<RecordId>,
}

/// Why an op was refused. The drawing is as it was.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OpError {
    /// A new record has the id of another.
    #[error("record {0} exists already")]
    Exists(RecordId),
    /// A record that is to be changed or removed is not there.
    #[error("record {0} does not exist")]
    Missing(RecordId),
    /// A change would make a record another kind of record (a layer of a line).
    #[error("record {0} is of another kind")]
    OtherKind(RecordId),
    /// Id 0 names nothing.
    #[error("0 is not a record's id")]
    ZeroId,
    /// A number is infinite or not a number.
    #[error("record {0} holds a number that is not finite")]
    NotFinite(RecordId),
    /// What a record refers to is not there.
    #[error("record {from} needs {what} {to}, which does not exist")]
    Dangling {
        /// The record that refers.
        from: RecordId,
        /// What it refers to, such as "layer".
        what: &'static str,
        /// The id that it names.
        to: RecordId,
    },
    /// A record can't go, since others refer to it.
    #[error("record {id} is in use by record {by}")]
    InUse {
        /// The record that was to go.
        id: RecordId,
        /// One that refers to it.
        by: RecordId,
    },
    /// A block would hold itself.
    #[error("block {0} would be inside itself")]
    Cycle(RecordId),
    /// A layer, block, linetype or text style of that name exists.
    #[error("the name {name:?} is taken by record {by}")]
    NameTaken {
        /// The name.
        name: String,
        /// Who has it.
        by: RecordId,
    },
    /// A name that is empty or has line ends or other control characters in it.
    #[error("record {id} can't be called {name:?}: a name is one line of visible text")]
    BadName {
        /// The record.
        id: RecordId,
        /// The name.
        name: String,
    },
    /// What every drawing needs under its name would be renamed or removed.
    #[error("record {id} can't be renamed or removed: every drawing needs its {name:?}")]
    Fixed {
        /// The record.
        id: RecordId,
        /// Its name.
        name: String,
    },
    /// An entity can't be moved.
    #[error(transparent)]
    CannotMove(#[from] CannotMove),
    /// A record has a handle already, or another has that handle.
    #[error("handle {:X} can't be given to record {id}", handle.0)]
    Handle {
        /// The record.
        id: RecordId,
        /// The handle.
        handle: Handle,
    },
    /// A comment that nobody could have made: empty, too long, by nobody.
    #[error("comment {id} can't be kept: {why}")]
    BadComment {
        /// The comment or reply.
        id: RecordId,
        /// What is wrong.
        why: &'static str,
    },
    /// More comments than a drawing keeps, or more replies than a comment.
    #[error("{what} has as many {of} as it can: {max}")]
    TooMany {
        /// What is full.
        what: &'static str,
        /// What it is full of.
        of: &'static str,
        /// The most that there may be.
        max: usize,
    },
    /// Batches in batches in batches.
    #[error("an op is nested more than {0} deep")]
    TooDeep(usize),
}
