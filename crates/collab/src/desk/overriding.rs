//! The clock of overrides: from when the entry that starts a countdown is applied here until it is over. Every node runs
//! its own; the first to propose the end wins, and to the others there is nothing left to end.

use std::collections::BTreeMap;

use protocol::{Event, Millis, Seq, SessionId, Token};

use super::{Desk, Work};
use crate::room::Room;

/// The countdowns that are under way, as this desk has seen them start.
#[derive(Debug, Default)]
pub(super) struct Countdowns(BTreeMap<(SessionId, Token), (Seq, Millis)>);

impl Countdowns {
    /// The desk stood still for so long, and nobody could have been told of anything meanwhile.
    pub fn stand_still(&mut self, still_ms: Millis) {
        self.0.values_mut().for_each(|(_, began)| *began += still_ms);
    }
}

impl Desk {
    /// One who isn't there to see a countdown has none.
    pub(super) fn hasten(&self, room: &Room, event: Event) -> Event {
        match event {
            Event::Overriding { session, token, by }
                if !self.is_connected(session) || self.settings.limits.override_countdown_ms == 0 =>
            {
                room.end_of_lock(session, token, by).unwrap_or(event)
            }
            event => event,
        }
    }

    pub(super) fn start_countdown(&mut self, now: Millis, session: SessionId, token: Token, at: Seq) {
        self.countdowns.0.insert((session, token), (at, now));
    }

    /// Starts those that were under way when this desk reached the head of the log: when they began nobody here has seen.
    pub(super) fn start_countdowns(&mut self, now: Millis) {
        let claims = &self.room.shared().claims;
        self.countdowns.0 = claims.countdowns().map(|each| ((each.session, each.token), (each.at, now))).collect();
    }

    /// Ends the locks whose time is over.
    pub(super) fn end_countdowns(&mut self, now: Millis) {
        let countdown_ms = Millis::from(self.settings.limits.override_countdown_ms);
        let due = |(_, (_, began)): &(&(SessionId, Token), &(Seq, Millis))| now >= *began + countdown_ms;
        let due: Vec<_> = self.countdowns.0.iter().filter(due).map(|(lock, (at, _))| (*lock, *at)).collect();
        for ((session, token), at) in due {
            self.countdowns.0.remove(&(session, token));
            // It was let go or called off since, or another node was first.
            let claims = &self.room.shared().claims;
            if claims.countdown(session, token).is_some_and(|countdown| countdown.at == at) {
                self.queue.push_back(Work::Override { session, token, at });
            }
        }
    }

    /// What ends the lock, if that countdown is still under way in `room`.
    pub(super) fn overridden(room: &Room, session: SessionId, token: Token, at: Seq) -> Option<Event> {
        let countdown = room.shared().claims.countdown(session, token).filter(|countdown| countdown.at == at)?;
        room.end_of_lock(session, token, countdown.by)
    }

    /// The store could not write the end of a lock: it is due again at the next tick at which the room acts.
    pub(super) fn end_again(&mut self, now: Millis, session: SessionId, token: Token, at: Seq) {
        let countdown_ms = Millis::from(self.settings.limits.override_countdown_ms);
        self.countdowns.0.entry((session, token)).or_insert((at, now.saturating_sub(countdown_ms)));
    }
}
