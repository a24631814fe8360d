//! What must hold, whatever went wrong: checked over the log itself by a fold of its own, not by the room's.

use std::collections::{BTreeMap, BTreeSet};

use collab::{Room, Turn};
use drawing::{Drawing, Op, Record, RecordId};
use protocol::{ClientSeq, Ended, Event, Seq, SessionId, Told};

use crate::faults::limits;
use crate::line::LineCheck;
use crate::person::{Fate, Person};
use crate::standing::People;
use crate::talk::Words;
use crate::tally::Tally;
use crate::world::World;
use tests::model::Model;

/// Above every request.
const MOST: ClientSeq = ClientSeq(Seq(u64::MAX));

/// Checks a world that has settled.
pub fn check(world: &mut World) -> Result<(), String> {
    let entries: Vec<Told> = world.store.log.iter().map(|stored| world.store.told(stored)).collect();
    entries.iter().for_each(|told| world.tally.note_entry(told));
    for person in &world.people {
        (0..person.refused_before).for_each(|_| world.tally.note("refused before a break"));
    }
    let mut tally = std::mem::take(&mut world.tally);
    let turns = check_steps(world, &entries, world.store.first_room(), &mut tally);
    world.tally = tally;
    let (turns, world) = (turns?, &*world);
    let replayed = world.store.replay(world.store.first_room())?;
    let log = check_log(world, &entries, &turns, world.store.first_room().drawing().clone())?;
    check_room(world, &replayed)?;
    check_checkpoints(&world.store, &replayed)?;
    world.people.iter().try_for_each(|person| {
        check_person(person, &replayed, &entries, &log).map_err(|error| format!("person {}: {error}", person.number))
    })
}

/// What the log says of requests: the entry of each, by the first session of those that carry one another on (a root).
#[derive(Default)]
struct Requests {
    roots: BTreeMap<SessionId, SessionId>,
    stored: BTreeMap<(SessionId, ClientSeq), Seq>,
    /// The edits of each record, by entry and root.
    edits: BTreeMap<RecordId, Vec<(Seq, SessionId)>>,
}

impl Requests {
    /// The first edit of a record between two entries by somebody else than `root`.
    fn edit_by_others(&self, id: RecordId, after: Seq, before: Seq, root: SessionId) -> Option<Seq> {
        let edits = self.edits.get(&id)?.iter();
        edits.copied().find(|(seq, by)| *seq > after && *seq < before && *by != root).map(|(seq, _)| seq)
    }

    /// Whether an edit took back nothing of what others had done since.
    fn check_undo(&self, seq: Seq, root: SessionId, ids: &BTreeSet<RecordId>, undoes: &[Seq]) -> Result<(), String> {
        for id in ids {
            let touched = |undone: &&Seq| self.edits.get(id).is_some_and(|edits| edits.contains(&(**undone, root)));
            let Some(first) = undoes.iter().filter(touched).min() else {
                return Err(format!("entry {seq} touches {id}, which what it undoes did not"));
            };
            if let Some(other) = self.edit_by_others(*id, *first, seq, root) {
                return Err(format!("entry {seq} takes {id} back to before {first}, and {other} by another with it"));
            }
        }
        Ok(())
    }
}

/// One holder a record, nobody edits what another holds, every request once, no lock and no entry of one who is gone.
fn check_log(world: &World, entries: &[Told], turns: &[Vec<Turn>], mut drawing: Drawing) -> Result<Requests, String> {
    let mut requests = Requests::default();
    let mut holders = BTreeMap::<RecordId, SessionId>::new();
    let mut present = BTreeSet::new();
    let mut people = People::default();
    let mut words = Words::default();
    let mut granted = Vec::new();
    // When a session was last known to be there.
    let mut came = BTreeMap::new();
    for (told, n) in entries.iter().zip(1..) {
        let seq = told.seq;
        let at = |what: String| format!("entry {seq}: {what}");
        let wrong = |what: String| Err(at(what));
        if seq != Seq(n) {
            return wrong(format!("is the {n}th"));
        }
        let absent = |session: &SessionId| Err(format!("entry {seq}: {session} is not there"));
        match &told.entry.event {
            Event::Created { .. } => {}
            Event::Renamed { session, .. } => {
                if !people.is_owner(session) {
                    return wrong(format!("{session}, who is no owner, renames the drawing"));
                }
            }
            Event::Joined { carries_on, ids, client, role, name, .. } => {
                let me = SessionId(seq);
                let root = carries_on.and_then(|past| requests.roots.get(&past).copied()).unwrap_or(me);
                requests.roots.insert(me, root);
                words.join(me, *client, root);
                people.join(me, (*client, root), (name, *role)).map_err(at)?;
                present.insert(me);
                came.insert(me, world.time_of(seq));
                granted.push((root, *ids));
            }
            Event::Granted { session, ids } => granted.push((requests.roots[session], *ids)),
            Event::Resumed { session, .. } => {
                if !present.contains(session) {
                    return absent(session);
                }
                came.insert(*session, world.time_of(seq));
            }
            Event::Gone { session, why, .. } => {
                let (at, since) = (world.time_of(seq), came.get(session).copied().unwrap_or(0));
                let due = since + u64::from(limits().grace_ms);
                if *why == Ended::Expired && at + world.jumped_ms(since, at) < due {
                    return wrong(format!("{session} expires at {at}, before {due}"));
                }
                if !present.contains(session) {
                    return absent(session);
                }
                if let Ended::Removed { by } = why
                    && !people.is_owner(by)
                {
                    return wrong(format!("{by}, who is no owner, removes {session}"));
                }
                present.remove(session);
                people.gone(session);
                holders.retain(|_, holder| holder != session);
            }
            Event::RoleChanged { session, role, by, also } => {
                people.change(by, (session, requests.roots[session]), *role, also).map_err(at)?;
                if !role.may_edit() {
                    holders.retain(|_, holder| holder != session && !also.contains(holder));
                }
            }
            Event::Banned { client, by, sessions, .. } => {
                people.ban(seq, by, *client, sessions).map_err(at)?;
                for session in sessions {
                    present.remove(session);
                    holders.retain(|_, holder| holder != session);
                }
            }
            Event::BanLifted { ban, by } => people.lift(*ban, by).map_err(at)?,
            Event::Locked { session, ids } => {
                if !present.contains(session) {
                    return absent(session);
                }
                if !people.may_edit(session) {
                    return wrong(format!("{session} locks, and may not"));
                }
                for id in ids {
                    if let Some(other) = holders.insert(*id, *session) {
                        return wrong(format!("{session} locks {id}, which {other} holds"));
                    }
                }
            }
            Event::Unlocked { session, ids, overridden_by, .. } => {
                // At the end of a countdown the owner may be gone: who began it was asked then.
                let asked = told.entry.author.is_some();
                if let Some(owner) = overridden_by.filter(|owner| asked && !people.is_owner(owner)) {
                    return wrong(format!("{owner}, who is no owner, ends a lock of {session}"));
                }
                for id in ids {
                    if holders.remove(id) != Some(*session) {
                        return wrong(format!("{session} unlocks {id}, which they don't hold"));
                    }
                }
            }
            Event::HandedOver { session, ids } => {
                for id in ids {
                    if holders.remove(id) != Some(*session) {
                        return wrong(format!("{session} hands {id} over, which they don't hold"));
                    }
                }
            }
            Event::Overriding { session, by, .. } | Event::CalledOff { session, by, .. } => {
                if !people.is_owner(by) {
                    return wrong(format!("{by}, who is no owner, is about to end a lock of {session}"));
                }
            }
            Event::Queued { session, .. } | Event::Withdrawn { session, .. } | Event::Declined { session, .. } => {
                if !present.contains(session) {
                    return absent(session);
                }
            }
            Event::Edited { session, op, undoes } => {
                if !present.contains(session) {
                    return absent(session);
                }
                let (mut new, mut old) = (BTreeSet::new(), BTreeSet::new());
                touched(op, &mut new, &mut old);
                for id in new.union(&old) {
                    if let Some(other) = holders.get(id).filter(|holder| *holder != session) {
                        return wrong(format!("{session} edits {id}, which {other} holds"));
                    }
                }
                let owned = |id: &RecordId| {
                    granted.iter().any(|(root, range)| *root == requests.roots[session] && range.contains(*id))
                };
                if undoes.is_empty() && !new.iter().all(owned) {
                    return wrong(format!("{session} makes {new:?} with ids that weren't granted"));
                }
                let root = requests.roots[session];
                let all: BTreeSet<_> = new.union(&old).copied().collect();
                if !undoes.is_empty() {
                    requests.check_undo(seq, root, &all, undoes)?;
                }
                let before = drawing.clone();
                let outcome = drawing.apply(op).map_err(|error| format!("entry {seq}: {error}"))?;
                // What follows what is named, such as a pin whose entity goes, is touched too.
                let followed: BTreeSet<_> = outcome.touched.iter().chain(&all).copied().collect();
                followed.into_iter().for_each(|id| requests.edits.entry(id).or_default().push((seq, root)));
                words.check(told, &people, &before, &drawing).map_err(at)?;
                for id in new.union(&old) {
                    match (before.get(*id).is_some(), drawing.get(*id).is_some()) {
                        // What is said is nobody's to hold.
                        (false, true) if drawing.get(*id).is_some_and(Record::is_comment) => {}
                        (false, true) => drop(holders.insert(*id, *session)),
                        (true, false) => drop(holders.remove(id)),
                        _ => {}
                    }
                }
            }
        }
        for turn in &turns[n as usize - 1] {
            if !present.contains(&turn.session) {
                return absent(&turn.session);
            }
            for id in &turn.ids {
                if let Some(other) = holders.insert(*id, turn.session) {
                    return wrong(format!("{} gets {id} from the line, which {other} holds", turn.session));
                }
            }
        }
        if let Some(author) = &told.entry.author {
            if !present.contains(&author.session) {
                return absent(&author.session);
            }
            let key = (requests.roots[&author.session], author.client_seq);
            if let Some(((_, later), at)) =
                requests.stored.range((key.0, ClientSeq::default())..=(key.0, MOST)).next_back()
                && *later > author.client_seq
            {
                return wrong(format!("request {} is stored after {} as {at}", author.client_seq.0, later.0));
            }
            if let Some(first) = requests.stored.insert(key, seq) {
                return wrong(format!("request {} of {} was stored as {first} before", author.client_seq.0, key.0));
            }
        }
    }
    Ok(requests)
}

/// Goes through the log: the line and overrides at each entry, and that a lock lapses only when nothing was done under it
/// for the whole time, and one under which nothing is done does. Gives what each entry gave to those in line.
fn check_steps(world: &World, entries: &[Told], mut room: Room, tally: &mut Tally) -> Result<Vec<Vec<Turn>>, String> {
    let (mut line, mut turns) = (LineCheck::default(), vec![Vec::new()]);
    let idle_ms = u64::from(limits().lock_idle_ms);
    let mut used = BTreeMap::<(SessionId, Seq), u64>::new();
    for told in &entries[1..] {
        let at = world.time_of(told.seq);
        if let Event::Unlocked { session, ids, lapsed: true, .. } = &told.entry.event {
            for holding in ids.iter().filter_map(|id| room.shared().locks.get(id)) {
                let last = used.get(&(*session, holding.token)).copied().unwrap_or(0);
                if at + world.jumped_ms(last, at) < last + idle_ms {
                    return Err(format!("entry {}: a lock lapses at {at} that was used at {last}", told.seq));
                }
            }
        }
        let before = room.clone();
        let applied = room.apply(told).map_err(|error| format!("replay: {error}"))?;
        line.step(world, told, &before, &applied, &room, tally)?;
        used.extend(applied.turns.iter().map(|turn| ((turn.session, told.seq), at)));
        turns.push(applied.turns);
        match &told.entry.event {
            Event::Locked { session, .. } => drop(used.insert((*session, told.seq), at)),
            Event::Edited { session, op, .. } => {
                let (mut new, mut old) = (BTreeSet::new(), BTreeSet::new());
                touched(op, &mut new, &mut old);
                for id in new.union(&old) {
                    let holdings = [&before, &room].map(|room| room.shared().locks.get(id).copied());
                    for holding in holdings.into_iter().flatten().filter(|each| each.session == *session) {
                        used.insert((*session, holding.token), at);
                    }
                }
            }
            _ => {}
        }
    }
    // Everything was quiet for longer than that in the end.
    if !room.shared().claims.is_empty() {
        return Err(format!("somebody waits for ever: {:?}", room.shared().claims));
    }
    match room.shared().locks.iter().next() {
        None => Ok(turns),
        Some((id, holding)) => Err(format!("{id} is held by {} for ever", holding.session)),
    }
}

fn touched(op: &Op, new: &mut BTreeSet<RecordId>, old: &mut BTreeSet<RecordId>) {
    match op {
        Op::New(records) => new.extend(records.iter().map(Record::id)),
        Op::Change(records) => old.extend(records.iter().map(Record::id)),
        Op::Remove(ids) | Op::Unmint(ids) => old.extend(ids),
        Op::Translate { ids, .. } => old.extend(ids.iter().map(|id| RecordId::from(*id))),
        Op::Mint(handles) => old.extend(handles.iter().map(|(id, _)| *id)),
        Op::Batch(ops) => ops.iter().for_each(|op| touched(op, new, old)),
    }
}

/// Every room that was served is the log's, and nobody who isn't there holds anything.
fn check_room(world: &World, replayed: &Room) -> Result<(), String> {
    for (room, node) in world.rooms().zip(0..) {
        let room = room.ok_or(format!("n{node} is not running"))?;
        if room.digest() != replayed.digest() {
            let (at, end) = (room.position().seq, replayed.position().seq);
            return Err(format!("the room of n{node} at {at} is not the log's at {end}"));
        }
    }
    let here: BTreeSet<_> = world.people.iter().filter_map(|person| person.session.me()).collect();
    for (session, member) in &replayed.shared().members {
        if !here.contains(session) {
            return Err(format!("{} ({session}) is in the room, and nobody is", member.name));
        }
    }
    for (id, holding) in &replayed.shared().locks {
        if !replayed.shared().members.contains_key(&holding.session) {
            return Err(format!("{id} is held by {}, who is gone", holding.session));
        }
    }
    Ok(())
}

/// A checkpoint and the tail give the room that the whole log gives.
fn check_checkpoints(store: &Model, replayed: &Room) -> Result<(), String> {
    for (_, bytes) in &store.checkpoints {
        let room = Room::from_checkpoint(bytes).map_err(|error| format!("checkpoint: {error}"))?;
        let at = room.position().seq;
        if store.replay(room)?.digest() != replayed.digest() {
            return Err(format!("the checkpoint at {at} and the tail give another room than the log"));
        }
    }
    Ok(())
}

fn check_person(person: &Person, replayed: &Room, entries: &[Told], log: &Requests) -> Result<(), String> {
    let Person { session, .. } = person;
    if replayed.bans().any(|ban| ban.client == person.client()) {
        // They are turned away, and whatever they saw last was long ago.
        let there = replayed.shared().members.values().any(|member| member.client == person.client());
        return if there { Err("is banned, and in the room".into()) } else { Ok(()) };
    }
    if session.position() != Some(replayed.position()) {
        let (has, is) = (session.position().map(|at| at.seq), replayed.position().seq);
        return Err(format!("is at {has:?}, the log at {is}; {:?}", session.status()));
    }
    if session.waiting() > 0 {
        return Err(format!("{} edits wait for ever", session.waiting()));
    }
    if session.title() != replayed.title() {
        return Err(format!("calls the drawing {}, the log {}", session.title(), replayed.title()));
    }
    let hashes = [session.confirmed().hash(), session.drawing().hash()];
    if hashes != [replayed.drawing().hash(); 2] {
        return Err("has another drawing than the log".into());
    }
    let locks: Vec<_> = replayed.shared().locks.iter().map(|(id, holding)| (*id, *holding)).collect();
    if session.locks().collect::<Vec<_>>() != locks {
        return Err("knows of other locks than the log".into());
    }
    let people: Vec<_> = session.people().map(|person| (person.session, person.epoch, person.connected)).collect();
    let members = replayed.shared().members.iter().map(|(session, member)| (*session, member.epoch, true));
    if people != members.collect::<Vec<_>>() {
        return Err(format!("knows of other people than the log: {people:?}"));
    }
    let (undoable, redoable) = session.me().map(|me| replayed.undoable(me)).unwrap_or_default();
    let steps = [session.can_undo(), session.can_redo()];
    if !person.own_steps && steps != [!undoable.is_empty(), !redoable.is_empty()] {
        return Err(format!(
            "can undo {}, redo {}; room: {undoable:?} {redoable:?}",
            session.can_undo(),
            session.can_redo()
        ));
    }
    for (me, request, seq) in &person.promises {
        let author = entries.get(seq.0 as usize - 1).and_then(|told| told.entry.author.as_ref());
        let kept =
            author.is_some_and(|author| author.client_seq == *request && log.roots[&author.session] == log.roots[me]);
        if !kept {
            return Err(format!("was promised {} as entry {seq}, which is something else", request.0));
        }
    }
    let root = session.me().and_then(|me| log.roots.get(&me)).copied().ok_or("is nobody")?;
    for (request, fate) in &person.fates {
        let stored = log.stored.get(&(root, *request));
        let right = match fate {
            Fate::Waiting => false,
            Fate::Stored(seq) => {
                entries[seq.0 as usize - 1].entry.author.as_ref().is_some_and(|a| a.client_seq == *request)
            }
            Fate::Refused(protocol::Refusal::Unavailable { why }) if why.contains("no longer knows") => true,
            Fate::Refused(_) | Fate::TakenBack => stored.is_none(),
        };
        if !right {
            return Err(format!("request {} is {fate:?}, and in the log {stored:?}", request.0));
        }
        if let (Some(seq), Some(seen)) = (stored, person.seen.get(request)) {
            check_seen(&entries[seq.0 as usize - 1], *seen, root, log)?;
        }
    }
    Ok(())
}

/// Whoever edits has seen what they change: nobody else changed it between what they saw and their edit.
fn check_seen(told: &Told, seen: Seq, root: SessionId, log: &Requests) -> Result<(), String> {
    let Event::Edited { op, .. } = &told.entry.event else { return Ok(()) };
    let (mut new, mut old) = (BTreeSet::new(), BTreeSet::new());
    touched(op, &mut new, &mut old);
    for id in old {
        if let Some(other) = log.edit_by_others(id, seen, told.seq, root) {
            return Err(format!("entry {} changes {id} as of {seen}, over entry {other} by another", told.seq));
        }
    }
    Ok(())
}
