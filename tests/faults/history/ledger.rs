//! The history put in order: each request with all that was asked and answered, whose each session is, how far anybody
//! had seen the log when something happened; and the log folded by rules of the checker's own, not by the room's.

use std::collections::{BTreeMap, BTreeSet};

use collab::Room;
use drawing::{DrawingHash, Op, Record as Item, RecordId};
use protocol::{Answer, ClientSeq, Event, Position, Request, Seq, SessionId, Token, Told};

use super::{Log, Record, What};

/// Everything that became of a request.
pub struct Ask {
    pub what: Request,
    /// Where in the history it was sent, each time.
    pub sent: Vec<usize>,
    /// Where it was answered first, and how.
    pub answer: Option<(usize, Answer)>,
    /// Its entry, as an answer or a welcome said, and where that was heard first.
    pub promised: Option<(usize, Seq)>,
    /// Its entry in the log.
    pub stored: Option<Seq>,
}

/// Who holds a record, from an entry on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    pub session: SessionId,
    pub token: Token,
}

/// What the log says.
pub struct Folded {
    pub told: Vec<Told>,
    /// Who holds a record after an entry; the last at or before a place counts.
    pub holders: BTreeMap<RecordId, Vec<(Seq, Option<Holder>)>>,
    /// Whether a record is there after an entry; one that isn't named was there from the start, or never.
    pub there: BTreeMap<RecordId, Vec<(Seq, bool)>>,
    /// Who changed a record in which entries.
    pub changes: BTreeMap<RecordId, Vec<(Seq, SessionId)>>,
    /// The drawing after each entry.
    pub drawings: Vec<DrawingHash>,
    /// The first of the sessions that carry one another on.
    pub roots: BTreeMap<SessionId, SessionId>,
}

/// A history in order.
pub struct Ledger<'a> {
    pub records: &'a [Record],
    /// By window and number.
    pub asks: BTreeMap<(usize, ClientSeq), Ask>,
    /// Whose a session is.
    pub windows: BTreeMap<SessionId, usize>,
    /// The last entry that anybody had seen before each record of the history.
    pub known: Vec<Seq>,
    /// The last entry that the window of each record had seen before it.
    pub known_to_it: Vec<Seq>,
    /// The first entry that was asked for only after each record.
    asked_later: Vec<Option<Seq>>,
}

impl<'a> Ledger<'a> {
    /// Puts a history in order; what a window says of itself must fit together.
    pub fn new(records: &'a [Record]) -> Result<Ledger<'a>, String> {
        let mut ledger = Ledger {
            records,
            asks: BTreeMap::new(),
            windows: BTreeMap::new(),
            known: Vec::new(),
            known_to_it: Vec::new(),
            asked_later: Vec::new(),
        };
        let (mut known, mut of_each) = (Seq(0), BTreeMap::<usize, Seq>::new());
        for (at, record) in records.iter().enumerate() {
            let window = record.window;
            let own = of_each.entry(window).or_default();
            ledger.known.push(known);
            ledger.known_to_it.push(*own);
            *own = seen_by(&record.what).max(*own);
            known = known.max(*own);
            match &record.what {
                What::Asked { request, what } => {
                    let new =
                        || Ask { what: what.clone(), sent: Vec::new(), answer: None, promised: None, stored: None };
                    let ask = ledger.asks.entry((window, *request)).or_insert_with(new);
                    if ask.what != *what {
                        return Err(format!("window {window} asks for two things as {}", request.0));
                    }
                    ask.sent.push(at);
                }
                What::Answered { request, answer } => {
                    if let Answer::Stored { seq, .. } = answer {
                        ledger.promise(window, *request, *seq, at)?;
                    }
                    let Some(ask) = ledger.asks.get_mut(&(window, *request)) else {
                        return Err(format!("window {window} is answered {}, which it did not ask", request.0));
                    };
                    match &ask.answer {
                        Some((_, before)) if fate(before) != fate(answer) => {
                            return Err(format!(
                                "window {window}, request {}: {before:?} and then {answer:?}",
                                request.0
                            ));
                        }
                        Some(_) => {}
                        None => ask.answer = Some((at, answer.clone())),
                    }
                }
                What::Welcomed { session, stored, .. } => {
                    if let Some(other) = ledger.windows.insert(*session, window).filter(|other| *other != window) {
                        return Err(format!("session {session} is window {other}'s and window {window}'s"));
                    }
                    for (request, seq) in stored {
                        ledger.promise(window, *request, *seq, at)?;
                    }
                }
                What::Told { .. } | What::Hello | What::Alive { .. } | What::Lost | What::Done { .. } => {}
            }
        }
        Ok(ledger)
    }

    fn promise(&mut self, window: usize, request: ClientSeq, seq: Seq, at: usize) -> Result<(), String> {
        // What was settled and forgotten long ago is no longer this history's to know.
        let Some(ask) = self.asks.get_mut(&(window, request)) else { return Ok(()) };
        match ask.promised {
            Some((_, before)) if before != seq => {
                Err(format!("window {window} was promised request {} as entry {before} and as {seq}", request.0))
            }
            Some(_) => Ok(()),
            None => {
                ask.promised = Some((at, seq));
                Ok(())
            }
        }
    }

    /// Finds the entry of each request: once, and only what was asked.
    pub fn attribute(&mut self, folded: &Folded) -> Result<(), String> {
        for told in &folded.told {
            let Some(author) = &told.entry.author else { continue };
            let Some(window) = self.windows.get(&author.session).copied() else { continue };
            let Some(ask) = self.asks.get_mut(&(window, author.client_seq)) else {
                return Err(format!(
                    "entry {} answers request {} of window {window}, which it did not ask",
                    told.seq, author.client_seq.0
                ));
            };
            if let Some(first) = ask.stored.replace(told.seq) {
                return Err(format!(
                    "request {} of window {window} is stored as {first} and as {}",
                    author.client_seq.0, told.seq
                ));
            }
        }
        let first_asked: BTreeMap<usize, Seq> =
            self.asks.values().filter_map(|ask| Some((*ask.sent.first()?, ask.stored?))).collect();
        let mut first = None::<Seq>;
        self.asked_later = vec![None; self.records.len()];
        for at in (0..self.records.len()).rev() {
            self.asked_later[at] = first;
            if let Some(seq) = first_asked.get(&at) {
                first = Some(first.map_or(*seq, |first| first.min(*seq)));
            }
        }
        Ok(())
    }

    /// Between which entries a request was decided that was answered without one: after all that anybody had seen when
    /// it was sent, before all that was asked only when the answer was there. Of several servers each says no by what it
    /// knows itself: after all that the window had seen.
    pub fn decided_between(&self, ask: &Ask, last: Seq, servers: usize) -> Option<(Seq, Seq)> {
        let (answered, _) = ask.answer.as_ref()?;
        let sent = *ask.sent.iter().rev().find(|sent| *sent < answered)?;
        let upto = self.asked_later[*answered].map_or(last, |seq| Seq(seq.0 - 1));
        Some((if servers > 1 { self.known_to_it[sent] } else { self.known[sent] }, upto))
    }
}

/// The entry that a record shows to have been seen.
fn seen_by(what: &What) -> Seq {
    match what {
        What::Told { seq, .. } | What::Answered { answer: Answer::Stored { seq, .. }, .. } => *seq,
        What::Welcomed { position, .. } => position.seq,
        _ => Seq(0),
    }
}

/// What an answer says, but for how safe it is.
fn fate(answer: &Answer) -> Option<Seq> {
    if let Answer::Stored { seq, .. } = answer { Some(*seq) } else { None }
}

/// The latest value at or before a place.
pub fn latest<T: Copy>(of: Option<&Vec<(Seq, T)>>, at: Seq) -> Option<T> {
    let of = of?;
    let upto = of.partition_point(|(seq, _)| *seq <= at);
    upto.checked_sub(1).map(|last| of[last].1)
}

/// The records that an op makes, and those that it changes or takes away.
pub fn named(op: &Op, new: &mut BTreeSet<RecordId>, old: &mut BTreeSet<RecordId>) {
    match op {
        Op::New(records) => new.extend(records.iter().map(Item::id)),
        Op::Change(records) => old.extend(records.iter().map(Item::id)),
        Op::Remove(ids) => old.extend(ids),
        Op::Translate { ids, .. } => old.extend(ids.iter().map(|id| RecordId::from(*id))),
        Op::Batch(ops) => ops.iter().for_each(|op| named(op, new, old)),
        // Handles are no one's to hold.
        Op::Mint(_) | Op::Unmint(_) => {}
    }
}

/// The log is dense, and every entry has the hash of all before it.
fn check_chain(log: &Log) -> Result<(), String> {
    let mut position = Position::start(log.id);
    for (stored, n) in log.entries.iter().zip(1..) {
        let after = position.after(&stored.payload);
        if stored.seq != Seq(n) || stored.hash != after.head {
            return Err(format!("entry {} does not follow {}", stored.seq, position.seq));
        }
        position = after;
    }
    Ok(())
}

/// Folds the log: it is dense and chained, every record has one holder, only who holds lets go; and the room's own fold
/// comes to the same.
pub fn fold(log: &Log) -> Result<Folded, String> {
    check_chain(log)?;
    let mut room = log.first_room()?;
    let mut folded = Folded {
        told: Vec::new(),
        holders: BTreeMap::new(),
        there: BTreeMap::new(),
        changes: BTreeMap::new(),
        drawings: vec![room.drawing().hash()],
        roots: log.first_of()?,
    };
    let mut holders = BTreeMap::<RecordId, Holder>::new();
    for stored in &log.entries {
        let told = log.told(stored)?;
        if told.seq > Seq(1) {
            let before = room.clone();
            Folded::step(&told, &mut holders)?;
            room.apply(&told).map_err(|error| format!("entry {}: {error}", told.seq))?;
            folded.settle(&told, &mut holders, &before, &room)?;
        }
        folded.told.push(told);
    }
    Ok(folded)
}

impl Folded {
    fn step(told: &Told, holders: &mut BTreeMap<RecordId, Holder>) -> Result<(), String> {
        let seq = told.seq;
        match &told.entry.event {
            Event::Locked { session, ids } => {
                for id in ids {
                    if let Some(other) = holders.insert(*id, Holder { session: *session, token: seq }) {
                        return Err(format!("entry {seq}: {session} is granted {id}, which {} holds", other.session));
                    }
                }
            }
            Event::Unlocked { session, ids, .. } => {
                for id in ids {
                    if holders.remove(id).map(|holder| holder.session) != Some(*session) {
                        return Err(format!("entry {seq}: {session} lets go of {id}, which they do not hold"));
                    }
                }
            }
            Event::Gone { session, .. } => holders.retain(|_, holder| holder.session != *session),
            Event::Edited { session, op, .. } => {
                let (mut new, mut old) = (BTreeSet::new(), BTreeSet::new());
                named(op, &mut new, &mut old);
                for id in new.union(&old) {
                    if let Some(other) = holders.get(id).filter(|holder| holder.session != *session) {
                        return Err(format!("entry {seq}: {session} edits {id}, which {} holds", other.session));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes what is different after an entry, and compares with the room.
    fn settle(
        &mut self,
        told: &Told,
        holders: &mut BTreeMap<RecordId, Holder>,
        before: &Room,
        room: &Room,
    ) -> Result<(), String> {
        let seq = told.seq;
        if let Event::Edited { session, op, .. } = &told.entry.event {
            let (mut new, mut old) = (BTreeSet::new(), BTreeSet::new());
            named(op, &mut new, &mut old);
            for id in new.union(&old) {
                self.changes.entry(*id).or_default().push((seq, *session));
                let there = [before, room].map(|room| room.drawing().get(*id).is_some());
                match there {
                    [false, true] => drop(holders.insert(*id, Holder { session: *session, token: seq })),
                    [true, false] => drop(holders.remove(id)),
                    _ => {}
                }
                if there[0] != there[1] {
                    let since = self.there.entry(*id).or_insert_with(|| vec![(Seq(0), there[0])]);
                    since.push((seq, there[1]));
                }
            }
        }
        let of_room: BTreeMap<_, _> = room
            .shared()
            .locks
            .iter()
            .map(|(id, holding)| (*id, Holder { session: holding.session, token: holding.token }))
            .collect();
        // Whoever stands in line gets what becomes free in the same entry: there the room's word is taken.
        let claimed = [before, room].iter().any(|room| !room.shared().claims.is_empty());
        let plain = matches!(
            told.entry.event,
            Event::Locked { .. }
                | Event::Unlocked { .. }
                | Event::Gone { .. }
                | Event::Edited { .. }
                | Event::Joined { .. }
        );
        if claimed || !plain {
            *holders = of_room.clone();
        }
        if *holders != of_room {
            return Err(format!("entry {seq}: the room's locks are not those of its log"));
        }
        let known: BTreeSet<_> = self.holders.keys().chain(holders.keys()).copied().collect();
        for id in known {
            let now = holders.get(&id).copied();
            let since = self.holders.entry(id).or_default();
            if since.last().and_then(|(_, holder)| *holder) != now {
                since.push((seq, now));
            }
        }
        self.drawings.push(room.drawing().hash());
        Ok(())
    }

    /// Who holds a record after an entry.
    pub fn holder(&self, id: RecordId, at: Seq) -> Option<Holder> {
        latest(self.holders.get(&id), at).flatten()
    }

    /// Whether two sessions are of one window.
    pub fn are_one(&self, a: SessionId, b: SessionId) -> bool {
        self.roots.get(&a).is_some_and(|root| self.roots.get(&b) == Some(root))
    }
}
