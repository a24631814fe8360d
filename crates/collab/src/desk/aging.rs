//! What time does: silent connections are closed, absent sessions end, unused locks lapse.

use protocol::{Event, Millis, Seq, SessionId};

use super::{Desk, Work};
use crate::effect::Effect;
use crate::room::named;

/// How long the room's own acts wait after the store could not write.
const OWN_ACTS_PAUSE_MS: Millis = 1_000;

impl Desk {
    pub(super) fn tick(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        self.reading_tick(effects);
        let silence_ms = 3 * Millis::from(self.settings.limits.heartbeat_ms);
        let silent: Vec<_> =
            self.conns.iter().filter(|(_, conn)| now > conn.heard + silence_ms).map(|(conn, _)| *conn).collect();
        for conn in silent {
            self.end(now, conn, "nothing was heard over this connection for too long".into(), true, effects);
        }
        if self.is_serving() && now >= self.own_acts_at {
            self.expire(now);
            self.lapse(now);
        }
        self.doubt(now, effects);
        self.show_due(now, effects);
    }

    fn expire(&mut self, now: Millis) {
        let grace_ms = Millis::from(self.settings.limits.grace_ms);
        // Where there are other nodes, the grace must have been watched, not only passed.
        let watched_until = if self.settings.shared { self.elsewhere.watched_until(now) } else { Some(now) };
        let Some(watched_until) = watched_until else { return };
        let due = |(_, since): &(&SessionId, &Millis)| watched_until >= **since + grace_ms;
        for session in self.absent.iter().filter(due).map(|(session, _)| *session).collect::<Vec<_>>() {
            if let Some(epoch) = self.room.epoch(session)
                && self.expiring.insert(session)
            {
                self.queue.push_back(Work::Expire { session, epoch });
            }
        }
    }

    fn lapse(&mut self, now: Millis) {
        let idle_ms = Millis::from(self.settings.limits.lock_idle_ms);
        let due: Vec<_> = self.used.iter().filter(|(_, at)| now >= **at + idle_ms).map(|(lock, _)| *lock).collect();
        for (session, token) in due {
            self.used.remove(&(session, token));
            self.queue.push_back(Work::Lapse { session, token });
        }
    }

    /// The store could not write: acts of the room's own are tried again later.
    pub(super) fn postpone(&mut self, now: Millis, work: Work) {
        self.own_acts_at = now + OWN_ACTS_PAUSE_MS;
        match work {
            Work::Lapse { session, token } => {
                let idle_ms = Millis::from(self.settings.limits.lock_idle_ms);
                self.used.insert((session, token), now.saturating_sub(idle_ms));
            }
            Work::Expire { .. } | Work::Hello { .. } | Work::Ask { .. } | Work::Leave { .. } => {}
        }
    }

    /// Starts all clocks, when the head of the log is reached: what was before nobody here has seen.
    pub(super) fn start_clocks(&mut self, now: Millis) {
        let shared = self.room.shared();
        self.absent = shared.members.keys().map(|session| (*session, now)).collect();
        self.used = shared.locks.values().map(|holding| ((holding.session, holding.token), now)).collect();
    }

    /// Somebody came in or back: everybody takes them to be connected, here or elsewhere, and that is to be seen soon.
    fn came(&mut self, now: Millis, session: SessionId) {
        self.believed.insert(session);
        if !self.elsewhere.has(session) {
            self.absent.insert(session, now);
        }
    }

    /// Sets the clocks by an entry that was applied.
    pub(super) fn set_clocks(&mut self, now: Millis, seq: Seq, event: &Event, effects: &mut Vec<Effect>) {
        match event {
            Event::Joined { .. } => self.came(now, SessionId(seq)),
            Event::Resumed { session, .. } => {
                self.dismiss(*session, "the session goes on over another connection", false, effects);
                self.came(now, *session);
            }
            Event::Gone { session, why, .. } => {
                let expired = *why == protocol::Ended::Expired;
                let words = if expired { "nothing was heard for too long" } else { "the room was left" };
                self.dismiss(*session, words, expired, effects);
                self.absent.remove(session);
                self.believed.remove(session);
                self.shown.forget(*session);
                self.expiring.remove(session);
            }
            Event::Locked { session, .. } => {
                self.used.insert((*session, seq), now);
            }
            Event::Edited { session, op, .. } => {
                for id in named(op) {
                    if let Some(holding) = self.room.shared().locks.get(&id).filter(|each| each.session == *session) {
                        self.used.insert((*session, holding.token), now);
                    }
                }
            }
            Event::Created { .. } | Event::Unlocked { .. } | Event::Granted { .. } => {}
        }
    }
}
