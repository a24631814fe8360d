//! What everybody in a room sees alike, and how an entry changes it: the part of the fold that a room and each of its
//! clients have in common.

use std::collections::HashMap;

use drawing::{Drawing, DrawingHash, IdRange, Op, OpError, Outcome, Record, RecordId};
use imbl::OrdMap;
use protocol::{ClientId, Epoch, Event, Held, Millis, Person, Position, Role, Seq, SessionId, Token, Told};
use serde::{Deserialize, Serialize};

use crate::claims::{Claims, Turn};

/// Somebody in the room, as the log tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Their installation.
    pub client: ClientId,
    /// What they call themselves.
    pub name: String,
    /// Their place among the colours for people, 0 to 7.
    pub color: u8,
    /// What they may do.
    pub role: Role,
    /// How often they have come back.
    pub epoch: Epoch,
}

/// Who holds a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Whose session.
    pub session: SessionId,
    /// The lock's token: the seq of the entry that granted it.
    pub token: Token,
    /// When it was granted, for people to read: milliseconds since 1970.
    pub since_ms: Millis,
}

/// Drawing, people and locks at one position of a log. Cloning is O(1).
#[derive(Debug, Clone)]
pub struct Shared {
    /// Where it stands.
    pub position: Position,
    /// The drawing.
    pub drawing: Drawing,
    /// Everybody whose session lives.
    pub members: OrdMap<SessionId, Member>,
    /// Who holds what.
    pub locks: OrdMap<RecordId, Holding>,
    /// Who wants what of it.
    pub claims: Claims,
}

/// What an entry did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applied {
    /// Records that were put, changed or taken away, ascending.
    pub touched: Vec<RecordId>,
    /// Those of them that are there now and weren't, ascending.
    pub made: Vec<RecordId>,
    /// Those of them that were there and aren't, ascending.
    pub removed: Vec<RecordId>,
    /// What takes an edit back.
    pub inverse: Option<Op>,
    /// Records whose holder changed, ascending.
    pub relocked: Vec<RecordId>,
    /// What people got who stood in line.
    pub turns: Vec<Turn>,
    /// Who stands in line no more without having got what they waited for, and what that was: they would have waited in
    /// a circle.
    pub out_of_line: Vec<(SessionId, Vec<RecordId>)>,
}

/// What deciding found out by trying an op, so that applying its entry needn't do it again.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    /// The hash of the drawing that it was tried on.
    was: DrawingHash,
    /// The drawing after it.
    pub is: Drawing,
    /// What it did.
    pub outcome: Outcome,
}

impl Tried {
    /// Tries an op; the drawing stays as it is.
    pub fn on(drawing: &Drawing, op: &Op) -> Result<Tried, OpError> {
        let mut is = drawing.clone();
        let outcome = is.apply_or_spoil(op)?;
        Ok(Tried { was: drawing.hash(), is, outcome })
    }
}

/// Why an entry does not follow on what is there: a log that is damaged, of another branch, or written by a program
/// with other rules.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FoldError {
    /// Not the entry that comes next.
    #[error("entry {found} came where entry {expected} was due")]
    NotNext {
        /// The seq that was due.
        expected: Seq,
        /// The seq that came.
        found: Seq,
    },
    /// The hash does not continue the chain.
    #[error("entry {0} does not continue the chain of hashes")]
    Chain(Seq),
    /// The bytes can't be read.
    #[error("entry {seq} can't be read: {why}")]
    Unreadable {
        /// Which entry.
        seq: Seq,
        /// What is wrong.
        why: String,
    },
    /// A log starts once, and with its first entry.
    #[error("entry {0} starts the log, which only the first can and must")]
    Start(Seq),
    /// The drawing that a log starts from is another than the first entry says.
    #[error("the drawing that the log starts from is not the one that its first entry names")]
    OtherDrawing,
    /// A session that isn't in the room.
    #[error("entry {seq} is about session {session}, which is not in the room")]
    UnknownSession {
        /// Which entry.
        seq: Seq,
        /// Which session.
        session: SessionId,
    },
    /// An epoch that isn't the session's.
    #[error("entry {0} names an epoch that its session does not have")]
    Epoch(Seq),
    /// A record that one can't hold: it isn't there, or it is held.
    #[error("entry {seq} locks record {id}, which is held or not there")]
    Unlockable {
        /// Which entry.
        seq: Seq,
        /// Which record.
        id: RecordId,
    },
    /// A record that isn't held by whom it should be.
    #[error("entry {seq} unlocks record {id}, which its session does not hold")]
    NotHeld {
        /// Which entry.
        seq: Seq,
        /// Which record.
        id: RecordId,
    },
    /// Something about the line or about overriding that doesn't fit what is there.
    #[error("entry {seq} {why}")]
    Claim {
        /// Which entry.
        seq: Seq,
        /// What it does, in words.
        why: &'static str,
    },
    /// The drawing's rules forbid an edit.
    #[error("entry {seq}: {why}")]
    Op {
        /// Which entry.
        seq: Seq,
        /// The rule.
        why: OpError,
    },
    /// Ids that were granted before.
    #[error("entry {0} grants ids that are not the next free ones")]
    Ids(Seq),
    /// Takes back an edit that isn't there to be taken back.
    #[error("entry {seq} takes back entry {undone}, which can't be")]
    NotUndoable {
        /// Which entry.
        seq: Seq,
        /// What it takes back.
        undone: Seq,
    },
}

impl Shared {
    /// Applies the entry that comes next, whole or not at all.
    pub fn apply(&mut self, told: &Told) -> Result<Applied, FoldError> {
        let mut next = self.clone();
        let applied = next.apply_or_spoil(told)?;
        *self = next;
        Ok(applied)
    }

    /// As [`Shared::apply`], for one who throws this away after an error: it is left half changed then.
    pub(crate) fn apply_or_spoil(&mut self, told: &Told) -> Result<Applied, FoldError> {
        self.apply_tried(told, None)
    }

    /// The same, with what trying the entry's op gave, if it was tried on the drawing as it is here.
    pub(crate) fn apply_tried(&mut self, told: &Told, tried: Option<Tried>) -> Result<Applied, FoldError> {
        let seq = told.seq;
        let expected = self.position.seq.next();
        if seq != expected {
            return Err(FoldError::NotNext { expected, found: seq });
        }
        let (time_ms, event) = (told.entry.time_ms, &told.entry.event);
        let mut applied = self.apply_event(seq, time_ms, event, tried)?;
        self.settle_claims(seq, time_ms, event, &mut applied);
        self.position = Position { log: self.position.log, seq, head: told.hash };
        Ok(applied)
    }

    fn apply_event(
        &mut self,
        seq: Seq,
        time_ms: Millis,
        event: &Event,
        tried: Option<Tried>,
    ) -> Result<Applied, FoldError> {
        match event {
            Event::Created { .. } => Err(FoldError::Start(seq)),
            Event::Joined { client, name, color, role, epoch, .. } => {
                let member = Member { client: *client, name: name.clone(), color: *color, role: *role, epoch: *epoch };
                self.members.insert(SessionId(seq), member);
                Ok(Applied::default())
            }
            Event::Resumed { session, epoch } => {
                let known = self.member(seq, *session)?.epoch;
                if *epoch <= known {
                    return Err(FoldError::Epoch(seq));
                }
                if let Some(member) = self.members.get_mut(session) {
                    member.epoch = *epoch;
                }
                Ok(Applied::default())
            }
            Event::Gone { session, epoch, .. } => {
                if self.member(seq, *session)?.epoch != *epoch {
                    return Err(FoldError::Epoch(seq));
                }
                let relocked = self.end(seq, *session)?;
                Ok(Applied { relocked, ..Applied::default() })
            }
            Event::Locked { session, ids } => self.lock(seq, time_ms, *session, ids),
            Event::Unlocked { session, ids, .. } => self.unlock(seq, *session, ids),
            Event::Queued { .. }
            | Event::Withdrawn { .. }
            | Event::HandedOver { .. }
            | Event::Declined { .. }
            | Event::Overriding { .. }
            | Event::CalledOff { .. } => self.claim(seq, time_ms, event),
            Event::Edited { session, op, .. } => self.edit(seq, time_ms, *session, op, tried),
            Event::Granted { session, .. } | Event::Renamed { session, .. } => {
                self.member(seq, *session).map(|_| Applied::default())
            }
            Event::RoleChanged { session, role, also, .. } => {
                let mut relocked = self.give_role(seq, *session, *role)?;
                for other in also {
                    relocked.extend(self.give_role(seq, *other, *role)?);
                }
                relocked.sort_unstable();
                Ok(Applied { relocked, ..Applied::default() })
            }
            Event::Banned { sessions, .. } => {
                let mut relocked = Vec::new();
                for session in sessions {
                    relocked.extend(self.end(seq, *session)?);
                }
                relocked.sort_unstable();
                Ok(Applied { relocked, ..Applied::default() })
            }
            Event::BanLifted { .. } => Ok(Applied::default()),
        }
    }

    /// A session ends; what it held is returned, ascending.
    fn end(&mut self, seq: Seq, session: SessionId) -> Result<Vec<RecordId>, FoldError> {
        self.members.remove(&session).ok_or(FoldError::UnknownSession { seq, session })?;
        Ok(self.let_go(session))
    }

    /// Gives somebody a role. One who may not edit holds nothing: what they held is returned, ascending.
    fn give_role(&mut self, seq: Seq, session: SessionId, role: Role) -> Result<Vec<RecordId>, FoldError> {
        let unknown = FoldError::UnknownSession { seq, session };
        self.members.get_mut(&session).ok_or(unknown)?.role = role;
        Ok(if role.may_edit() { Vec::new() } else { self.let_go(session) })
    }

    fn let_go(&mut self, session: SessionId) -> Vec<RecordId> {
        let held = self.held_by(session);
        held.iter().for_each(|id| {
            self.locks.remove(id);
        });
        held
    }

    pub(crate) fn member(&self, seq: Seq, session: SessionId) -> Result<&Member, FoldError> {
        self.members.get(&session).ok_or(FoldError::UnknownSession { seq, session })
    }

    fn lock(&mut self, seq: Seq, since_ms: Millis, session: SessionId, ids: &[RecordId]) -> Result<Applied, FoldError> {
        self.member(seq, session)?;
        for &id in ids {
            let holding = Holding { session, token: seq, since_ms };
            if self.drawing.get(id).is_none() || self.locks.insert(id, holding).is_some() {
                return Err(FoldError::Unlockable { seq, id });
            }
        }
        Ok(Applied { relocked: ids.to_vec(), ..Applied::default() })
    }

    fn unlock(&mut self, seq: Seq, session: SessionId, ids: &[RecordId]) -> Result<Applied, FoldError> {
        self.member(seq, session)?;
        for &id in ids {
            if self.locks.remove(&id).is_none_or(|holding| holding.session != session) {
                return Err(FoldError::NotHeld { seq, id });
            }
        }
        Ok(Applied { relocked: ids.to_vec(), ..Applied::default() })
    }

    fn edit(
        &mut self,
        seq: Seq,
        since_ms: Millis,
        session: SessionId,
        op: &Op,
        tried: Option<Tried>,
    ) -> Result<Applied, FoldError> {
        self.member(seq, session)?;
        let outcome = match tried.filter(|tried| tried.was == self.drawing.hash()) {
            Some(tried) => {
                self.drawing = tried.is;
                tried.outcome
            }
            None => self.drawing.apply_or_spoil(op).map_err(|why| FoldError::Op { seq, why })?,
        };
        let was_there = was_there(&outcome.inverse);
        let mut applied = Applied { touched: outcome.touched, inverse: Some(outcome.inverse), ..Applied::default() };
        for &id in &applied.touched {
            // What the inverse does not put or take away was there, and is.
            let Some(&before) = was_there.get(&id) else { continue };
            match (before, self.drawing.get(id).is_some()) {
                // What is said is there for everybody to answer at once.
                (false, true) if self.drawing.get(id).is_some_and(Record::is_comment) => applied.made.push(id),
                // What is new is its maker's until let go.
                (false, true) => {
                    self.locks.insert(id, Holding { session, token: seq, since_ms });
                    applied.made.push(id);
                    applied.relocked.push(id);
                }
                (true, false) => {
                    if self.locks.remove(&id).is_some() {
                        applied.relocked.push(id);
                    }
                    applied.removed.push(id);
                }
                _ => {}
            }
        }
        Ok(applied)
    }

    /// What a session holds, ascending: a walk over all locks.
    pub fn held_by(&self, session: SessionId) -> Vec<RecordId> {
        self.locks.iter().filter(|(_, holding)| holding.session == session).map(|(id, _)| *id).collect()
    }

    /// Everybody, ascending by session; `connected` says whose connection is open.
    pub fn people(&self, connected: impl Fn(SessionId) -> bool) -> Vec<Person> {
        let person = |(session, member): (&SessionId, &Member)| member.person(*session, connected(*session));
        self.members.iter().map(person).collect()
    }

    /// All locks, together by holder and token.
    pub fn held(&self) -> Vec<Held> {
        gather(self.locks.iter().map(|(id, holding)| (*id, *holding)))
    }
}

/// Of the records that an inverse puts or takes away: whether each is there once all of it is applied, and so was
/// there before.
fn was_there(inverse: &Op) -> HashMap<RecordId, bool> {
    fn walk(op: &Op, there: &mut HashMap<RecordId, bool>) {
        match op {
            Op::New(records) => there.extend(records.iter().map(|record| (record.id(), true))),
            Op::Remove(ids) => there.extend(ids.iter().map(|id| (*id, false))),
            Op::Batch(ops) => ops.iter().for_each(|op| walk(op, there)),
            Op::Change(_) | Op::Translate { .. } | Op::Mint(_) | Op::Unmint(_) => {}
        }
    }
    let mut there = HashMap::new();
    walk(inverse, &mut there);
    there
}

impl Member {
    /// This member as the wire tells them.
    pub fn person(&self, session: SessionId, connected: bool) -> Person {
        let Member { client, name, color, role, epoch } = self;
        Person { session, client: *client, name: name.clone(), color: *color, role: *role, epoch: *epoch, connected }
    }
}

/// Locks together by holder and token, ascending.
pub(crate) fn gather(locks: impl IntoIterator<Item = (RecordId, Holding)>) -> Vec<Held> {
    let mut by_token = std::collections::BTreeMap::<(SessionId, Token), Held>::new();
    for (id, Holding { session, token, since_ms }) in locks {
        let held = by_token.entry((session, token)).or_insert_with(|| Held { session, token, since_ms, ids: vec![] });
        held.ids.push(id);
    }
    by_token.into_values().collect()
}

/// Puts a range of ids to others, joined with the one before where it follows on it.
pub(crate) fn add_range(ranges: &mut Vec<IdRange>, more: IdRange) {
    if let Some(last) = ranges.last_mut()
        && last.first.0 + u64::from(last.len) == more.first.0
        && let Some(len) = last.len.checked_add(more.len)
    {
        last.len = len;
    } else {
        ranges.push(more);
    }
}
