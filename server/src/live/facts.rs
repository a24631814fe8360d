//! What a drawing puts up for those who watch: people and locks as they are now.

use std::collections::BTreeMap;

use collab::words::kinds;
use collab::{Desk, Holding};
use drawing::{Drawing, RecordId};
use imbl::OrdMap;
use protocol::{Came, Held, LiveFacts, LockFacts, PersonFacts, SessionId};

use super::observe::Observer;
use crate::clock::Clock;

/// Records of a lock that are looked at for their kinds.
const KINDS_OF_MAX: usize = 100;
/// Handles that a lock names.
const HANDLES_MAX: usize = 6;

/// The locks as they were put up last: worked out again only when they are others.
#[derive(Default)]
pub(super) struct Locks {
    of: OrdMap<RecordId, Holding>,
    facts: Vec<LockFacts>,
    more: u32,
    holds: BTreeMap<SessionId, u64>,
}

impl Locks {
    fn follow(&mut self, desk: &Desk) {
        let shared = desk.room().shared();
        if self.of.ptr_eq(&shared.locks) {
            return;
        }
        self.of = shared.locks.clone();
        self.holds.clear();
        let mut held = shared.held();
        for each in &held {
            *self.holds.entry(each.session).or_default() += each.ids.len() as u64;
        }
        held.sort_by_key(|each| (each.since_ms, each.token));
        self.more = held.len().saturating_sub(LiveFacts::LOCKS_MAX) as u32;
        let first = held.iter().take(LiveFacts::LOCKS_MAX);
        self.facts = first.map(|held| lock_facts(held, &shared.drawing)).collect();
    }
}

impl Observer {
    /// What goes on now, by the time of day as entries are: the desk's own clock is behind it once the machine has slept.
    pub(super) fn facts(&mut self, clock: &Clock, desk: &Desk) -> LiveFacts {
        let behind_ms = clock.time_of_day() as i64 - clock.now() as i64;
        self.locks.follow(desk);
        let shared = desk.room().shared();
        let people = shared.people(|session| desk.is_connected(session)).into_iter().map(|person| {
            let shown = desk.presence_of(person.session);
            let active =
                self.acted.get(&person.session).copied().max(shown.map(|(_, at)| at.saturating_add_signed(behind_ms)));
            let within = desk.room().came_by(person.session) == Came::Within;
            PersonFacts {
                session: person.session,
                name: person.name,
                color: person.color,
                role: person.role,
                connected: person.connected,
                tool: shown.and_then(|(presence, _)| presence.tool.clone()),
                active_ms: active,
                holds: self.locks.holds.get(&person.session).copied().unwrap_or(0),
                attention: shown.map_or_else(Default::default, |(presence, _)| presence.attention),
                within,
            }
        });
        LiveFacts {
            open: true,
            broken: desk.broken().map(ToString::to_string),
            entries: desk.room().position().seq,
            entities: shared.drawing.entity_count() as u64,
            people: people.collect(),
            locks: self.locks.facts.clone(),
            locks_more: self.locks.more,
            bans: desk.room().bans().rev().take(LiveFacts::BANS_MAX).cloned().collect(),
            lines: self.lines.all(),
            samples: self.samples.iter().copied().collect(),
        }
    }
}

fn lock_facts(held: &Held, drawing: &Drawing) -> LockFacts {
    let records = held.ids.iter().take(KINDS_OF_MAX).filter_map(|id| drawing.get(*id));
    let handles = held.ids.iter().take(KINDS_OF_MAX).filter_map(|id| drawing.get(*id)?.handle());
    LockFacts {
        token: held.token,
        session: held.session,
        since_ms: held.since_ms,
        count: held.ids.len() as u64,
        kinds: kinds(records),
        handles: handles.take(HANDLES_MAX).map(|handle| handle.to_string()).collect(),
    }
}
