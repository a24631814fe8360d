//! The replay: the room at any entry of a log, forwards and backwards.
//!
//! Rooms are O(1) clones, so some are kept on the way: rungs all along the log at a bounded cost of replaying, and a few
//! that lie closer together behind the present place, for stepping back. Nothing is read here: a [`Source`] is asked.

mod ladder;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use protocol::{Event, Hash, LogId, Position, Seq, Told};

use crate::room::Room;
use crate::shared::{Applied, FoldError};

pub use ladder::Ladder;

/// Rooms kept close behind the present place.
const NEAR_MAX: usize = 24;
/// Of those, as many as are kept however much they hold.
const NEAR_MIN: usize = 3;
/// Records that they may have each for themselves, all of them together.
const NEAR_WEIGHT_MAX: u64 = 750_000;
/// A checkpoint is looked for where so many entries would have to be replayed otherwise: reading one takes as long.
const CHECKPOINT_SAVES: u64 = 50_000;

/// A log as a replay reads it: a file, or what a server sent.
pub trait Source {
    /// Which log it is.
    fn log(&self) -> LogId;

    /// Its last entry.
    fn head(&self) -> Seq;

    /// Some entries after `after` and not beyond `upto`, dense and ascending, one at least if there is any. Their chain
    /// is checked.
    fn read_after(&mut self, after: Seq, upto: Seq) -> Result<Vec<Told>, String>;

    /// The bytes with this hash.
    fn blob(&mut self, hash: Hash) -> Result<Option<Vec<u8>>, String>;

    /// The newest checkpoint at or before a place, as [`Room::to_checkpoint`] wrote it, and the position in this log
    /// whose state it says it is.
    fn checkpoint(&mut self, at_or_before: Seq) -> Result<Option<(Position, Vec<u8>)>, String>;
}

/// Why a log can't be followed to where one wants to be. The replay stands after the last entry on the way there that
/// it could follow; where there is none, it stands where it stood.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It could not be read.
    #[error("{0}")]
    Source(String),
    /// It ends before.
    #[error("there is no entry {asked}: the log ends with entry {head}")]
    Beyond {
        /// Where one wants to be.
        asked: Seq,
        /// Where it ends.
        head: Seq,
    },
    /// It has no entry, or starts with another than it must.
    #[error("its first entry does not start a drawing")]
    NoStart,
    /// The drawing that it starts from is missing.
    #[error("it lacks the drawing that it starts from (blob {0})")]
    NoDrawing(Hash),
    /// The drawing that it starts from can't be read.
    #[error("the drawing that it starts from can't be read: {0}")]
    Drawing(#[from] protocol::SnapshotError),
    /// An entry does not follow on what is there.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

/// The room at some entry of a log.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    room: Option<Room>,
    ladder: Ladder,
    /// Rooms behind the present place, and how many records each has for itself, about.
    near: BTreeMap<Seq, (Room, u64)>,
    /// Checkpoints that were no good, in words.
    passed_over: Vec<String>,
    /// Rooms that were taken from a checkpoint on its word.
    trusted: Vec<Room>,
}

impl Replay {
    /// A replay that stands nowhere yet.
    pub fn new() -> Replay {
        Replay::default()
    }

    /// Where it stands; none before the first [`Replay::seek`].
    pub fn room(&self) -> Option<&Room> {
        self.room.as_ref()
    }

    /// The rooms that are kept along the log.
    pub fn ladder(&self) -> &Ladder {
        &self.ladder
    }

    /// Keeps a room of this log to start from later: what another replay of it came by, with how many records it does
    /// not share with the one before it.
    pub fn keep(&mut self, room: &Room, weight: u64) {
        self.ladder.keep(room, weight);
    }

    /// Checkpoints that could not be used, in words, since this was last asked.
    pub fn take_passed_over(&mut self) -> Vec<String> {
        std::mem::take(&mut self.passed_over)
    }

    /// Rooms that checkpoints gave since this was last asked. Whether the entries give the same ones, nobody has checked.
    pub fn take_trusted(&mut self) -> Vec<Room> {
        std::mem::take(&mut self.trusted)
    }

    /// Goes to the room after entry `to`. `seen` is handed each entry that is applied on the way, what it did, and the
    /// room then; where it breaks off, the replay stays where it stood before.
    ///
    /// # Errors
    /// Where an entry on the way can't be read or does not follow: the replay stands before that one then.
    pub fn seek(
        &mut self,
        source: &mut dyn Source,
        to: Seq,
        mut seen: impl FnMut(&Told, &Applied, &Room) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ReplayError> {
        let head = source.head();
        if to > head || to == Seq(0) {
            return Err(ReplayError::Beyond { asked: to, head });
        }
        let (mut to, mut error) = (to, None);
        loop {
            // What was handed out once is not handed out again.
            let silent = error.is_some();
            let went =
                self.walk(
                    source,
                    to,
                    |told, applied, room| {
                        if silent { ControlFlow::Continue(()) } else { seen(told, applied, room) }
                    },
                );
            match (went, error) {
                (Ok(went), None) => return Ok(went),
                (Ok(_), Some(error)) => return Err(error),
                (Err((good, why)), before) => {
                    if good == Seq(0) || good >= to {
                        return Err(before.unwrap_or(why));
                    }
                    (to, error) = (good, Some(before.unwrap_or(why)));
                }
            }
        }
    }

    /// Goes there; where it can't, tells the last entry that it could follow.
    fn walk(
        &mut self,
        source: &mut dyn Source,
        to: Seq,
        mut seen: impl FnMut(&Told, &Applied, &Room) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, (Seq, ReplayError)> {
        let mut room = match self.nearest(to) {
            Some(room) if to.0 - room.position().seq.0 < CHECKPOINT_SAVES => room,
            far => {
                let from = far.as_ref().map_or(Seq(0), |room| room.position().seq);
                match (self.checkpoint(source, from, to), far) {
                    (Some(room), _) | (None, Some(room)) => room,
                    (None, None) => start(source).map_err(|error| (Seq(0), error))?,
                }
            }
        };
        if self.ladder.at_or_before(room.position().seq).is_none() {
            // Nothing is as slow as unpacking a whole drawing.
            self.ladder.keep(&room, room.drawing().record_count() as u64);
        }
        let mut near = BTreeMap::new();
        let mut passed = 0;
        while room.position().seq < to {
            let here = room.position().seq;
            let entries = source.read_after(here, to).map_err(|why| (here, ReplayError::Source(why)))?;
            if entries.is_empty() {
                return Err((here, ReplayError::Beyond { asked: to, head: here }));
            }
            for told in entries {
                let here = room.position().seq;
                let applied = room.apply_or_spoil(&told).map_err(|error| (here, error.into()))?;
                let behind = to.0.saturating_sub(told.seq.0);
                self.ladder.pass(&room, 1 + applied.touched.len() as u64);
                passed += applied.touched.len() as u64;
                if behind > 0 && behind.is_power_of_two() {
                    let weight = std::mem::take(&mut passed).min(room.drawing().record_count() as u64);
                    near.insert(told.seq, (room.clone(), weight));
                }
                if seen(&told, &applied, &room).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        self.near.append(&mut near);
        if let Some(before) = self.room.replace(room) {
            let weight = passed.min(before.drawing().record_count() as u64);
            self.near.insert(before.position().seq, (before, weight));
        }
        let mut weight: u64 = self.near.values().map(|(_, weight)| weight).sum();
        while self.near.len() > NEAR_MAX || self.near.len() > NEAR_MIN && weight > NEAR_WEIGHT_MAX {
            // Those farthest from here go first.
            let far = |seq: &Seq| seq.0.abs_diff(to.0);
            let ends = [self.near.keys().next(), self.near.keys().next_back()];
            let Some(farthest) = ends.into_iter().flatten().copied().max_by_key(far) else { break };
            weight -= self.near.remove(&farthest).map_or(0, |(_, weight)| weight);
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The latest room at or before a place.
    fn nearest(&self, to: Seq) -> Option<Room> {
        let here = self.room.iter().filter(|room| room.position().seq <= to);
        let near = self.near.range(..=to).next_back().map(|(_, (room, _))| room);
        let rung = self.ladder.at_or_before(to);
        here.chain(near).chain(rung).max_by_key(|room| room.position().seq).cloned()
    }

    /// The room of a checkpoint that lies after `from`, if there is a good one.
    fn checkpoint(&mut self, source: &mut dyn Source, from: Seq, to: Seq) -> Option<Room> {
        let (position, bytes) = match source.checkpoint(to) {
            Ok(checkpoint) => checkpoint?,
            Err(why) => {
                self.passed_over.push(why);
                return None;
            }
        };
        match Room::from_checkpoint(&bytes) {
            Ok(room) if room.position() != position => {
                let why = format!("the one at entry {} holds the state of another place", position.seq);
                self.passed_over.push(why);
                None
            }
            Ok(room) if position.seq > from && position.seq <= to => {
                self.trusted.push(room.clone());
                Some(room)
            }
            Ok(_) => None,
            Err(error) => {
                self.passed_over.push(error.to_string());
                None
            }
        }
    }
}

/// The room after the first entry of a log.
fn start(source: &mut dyn Source) -> Result<Room, ReplayError> {
    let entries = source.read_after(Seq(0), Seq(1)).map_err(ReplayError::Source)?;
    let first = entries.first().ok_or(ReplayError::NoStart)?;
    let Event::Created { snapshot, .. } = &first.entry.event else { return Err(ReplayError::NoStart) };
    let bytes = source.blob(*snapshot).map_err(ReplayError::Source)?.ok_or(ReplayError::NoDrawing(*snapshot))?;
    Ok(Room::start(source.log(), first, protocol::decode_drawing(&bytes)?)?)
}
