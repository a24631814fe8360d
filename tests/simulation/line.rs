//! What must hold of the line and of overrides at every entry of a log. The room's fold says who got what; whether that
//! was theirs is asked of what was held and waited for before and after.

use std::collections::{BTreeMap, BTreeSet};

use collab::{Applied, Room};
use drawing::RecordId;
use protocol::{Event, Seq, SessionId, Told, Wait};

use crate::faults::limits;
use crate::tally::Tally;
use crate::world::World;

/// Follows a log entry by entry.
#[derive(Default)]
pub struct LineCheck {
    /// Countdowns under way: who holds what, by whose word, since which entry, from when.
    countdowns: BTreeMap<(SessionId, Seq), (SessionId, Seq, u64)>,
}

impl LineCheck {
    /// Checks an entry between the room before it and the room after it.
    pub fn step(
        &mut self,
        world: &World,
        told: &Told,
        before: &Room,
        applied: &Applied,
        after: &Room,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let wrong = |what: String| format!("entry {}: {what}", told.seq);
        applied.turns.iter().for_each(|turn| tally.note(if turn.from.is_some() { "handed over" } else { "turns" }));
        applied.out_of_line.iter().for_each(|_| tally.note("circles broken"));
        check_waits(after).map_err(wrong)?;
        check_order(told, before, applied, after).map_err(wrong)?;
        check_circles(after).map_err(wrong)?;
        self.check_overrides(world, told, before, after).map_err(wrong)
    }

    /// An override begins by an owner's word and ends once: by the end of its time, or before with the lock itself, or by
    /// an owner's word again.
    fn check_overrides(&mut self, world: &World, told: &Told, before: &Room, after: &Room) -> Result<(), String> {
        let at = world.time_of(told.seq);
        match &told.entry.event {
            Event::Overriding { session, token, by } => {
                let before = self.countdowns.insert((*session, *token), (*by, told.seq, at));
                if before.is_some() {
                    return Err(format!("{token} of {session} is overridden twice"));
                }
            }
            Event::CalledOff { session, token, .. } => {
                let under_way = self.countdowns.remove(&(*session, *token));
                if under_way.is_none() {
                    return Err(format!("what is called off is not under way: {token} of {session}"));
                }
            }
            Event::Unlocked { session, ids, overridden_by: Some(by), .. } if told.entry.author.is_none() => {
                let held = ids.iter().filter_map(|id| before.shared().locks.get(id));
                let tokens: BTreeSet<_> = held.map(|holding| holding.token).collect();
                let [token] = tokens.into_iter().collect::<Vec<_>>()[..] else {
                    return Err(format!("what is overridden of {session} is not one lock"));
                };
                let Some((owner, _, began)) = self.countdowns.remove(&(*session, token)) else {
                    return Err(format!("{token} of {session} ends without a countdown, or again"));
                };
                if owner != *by || at + world.jumped_ms(began, at) < began + u64::from(limits().override_countdown_ms) {
                    return Err(format!("{token} of {session} ends at {at} by {by}, begun at {began} by {owner}"));
                }
            }
            _ => {}
        }
        let held = |lock: &(SessionId, Seq)| {
            after.shared().locks.values().any(|holding| (holding.session, holding.token) == *lock)
        };
        self.countdowns.retain(|lock, _| held(lock));
        let counting: Vec<_> = after.shared().claims.countdowns().map(|each| (each.session, each.token)).collect();
        if counting != self.countdowns.keys().copied().collect::<Vec<_>>() {
            return Err(format!("counts {counting:?}, where {:?} are under way", self.countdowns));
        }
        Ok(())
    }
}

/// Who waits is there, waits for what is there and somebody else's, at least in part.
fn check_waits(room: &Room) -> Result<(), String> {
    let shared = room.shared();
    for Wait { wait, session, ids, .. } in shared.claims.line() {
        if !shared.members.contains_key(session) {
            return Err(format!("{session}, who is gone, stands in line since {wait}"));
        }
        if ids.iter().any(|id| holder(room, *id) == Some(*session)) {
            return Err(format!("{session} waits for what they hold"));
        }
        if ids.iter().any(|id| shared.drawing.get(*id).is_none()) {
            return Err(format!("{session} waits for what isn't there"));
        }
        if ids.iter().all(|id| holder(room, *id).is_none()) {
            return Err(format!("{session} waits since {wait} for {ids:?}, and all of it is free"));
        }
    }
    Ok(())
}

/// What somebody got from the line they waited for, under this entry; and nobody who was before them in the line and
/// wants the same would have had all of theirs, had they not got it.
fn check_order(told: &Told, before: &Room, applied: &Applied, after: &Room) -> Result<(), String> {
    let mut line: Vec<Wait> = before.shared().claims.line().cloned().collect();
    if let Event::Queued { session, ids } = &told.entry.event {
        let (session, ids, since_ms) = (*session, ids.clone(), told.entry.time_ms);
        line.push(Wait { wait: told.seq, session, since_ms, ids, declined_by: Vec::new() });
    }
    let place = |session: SessionId, id: RecordId| {
        line.iter().filter(|wait| wait.session == session && wait.ids.contains(&id)).map(|wait| wait.wait).min()
    };
    let mut given = BTreeMap::new();
    for turn in &applied.turns {
        for id in &turn.ids {
            let Some(at) = place(turn.session, *id) else {
                return Err(format!("{} gets {id}, for which they did not wait", turn.session));
            };
            let lock = after.shared().locks.get(id).map(|lock| (lock.session, lock.token));
            if lock != Some((turn.session, told.seq)) {
                return Err(format!("{} gets {id}, and {lock:?} is its lock", turn.session));
            }
            let held_before = holder(before, *id);
            if turn.from.is_some() && turn.from != held_before {
                return Err(format!("{id} is handed over by {:?}, and {held_before:?} held it", turn.from));
            }
            if let Some(first) = line.iter().find(|wait| wait.ids.contains(id) && turn.from.is_some())
                && first.session != turn.session
            {
                return Err(format!("{id} is handed to {}, before {}", turn.session, first.session));
            }
            given.insert(*id, at);
        }
    }
    for wait in after.shared().claims.line() {
        let in_the_way =
            |id: &&RecordId| holder(after, **id).is_some() && given.get(*id).is_none_or(|at| *at < wait.wait);
        let passed_over = wait.ids.iter().any(|id| given.get(id).is_some_and(|at| *at > wait.wait));
        if passed_over && wait.ids.iter().find(in_the_way).is_none() {
            return Err(format!("{} was first for {:?}, and somebody later got of it", wait.session, wait.ids));
        }
    }
    Ok(())
}

/// Nobody waits for somebody who waits, by however many others, for them.
fn check_circles(room: &Room) -> Result<(), String> {
    let mut waits_for = BTreeMap::<SessionId, BTreeSet<SessionId>>::new();
    for wait in room.shared().claims.line() {
        waits_for.entry(wait.session).or_default().extend(wait.ids.iter().filter_map(|id| holder(room, *id)));
    }
    // Who waits for nobody who waits can't be in one; when nobody is left, there is none.
    loop {
        let waiting: BTreeSet<_> = waits_for.keys().copied().collect();
        let before = waiting.len();
        waits_for.retain(|_, holders| holders.iter().any(|holder| waiting.contains(holder)));
        if waits_for.is_empty() {
            return Ok(());
        }
        if waits_for.len() == before {
            return Err(format!("people wait for one another: {waits_for:?}"));
        }
    }
}

fn holder(room: &Room, id: RecordId) -> Option<SessionId> {
    room.shared().locks.get(&id).map(|holding| holding.session)
}
