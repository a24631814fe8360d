//! What time does: silent connections are closed, absent sessions end, unused locks lapse.

use std::collections::BTreeSet;

use protocol::{Ended, Event, Millis, Seq, SessionId, Token};

use super::{Desk, GOES_ON_ELSEWHERE, Work};
use crate::effect::Effect;
use crate::room::{Room, named};
use crate::shared::Applied;

/// How long the room's own acts wait after the store could not write.
const OWN_ACTS_PAUSE_MS: Millis = 1_000;

/// Of a time in which nothing was taken in, not even a tick, no more than this counts. Whoever stood still for longer, by
/// a stopped process or a machine that slept, has not seen that others were silent: what they said meanwhile waits to be
/// read.
const STILL_MAX_MS: Millis = 1_000;

/// How many clocks of locks a session may have before those of locks that ended are taken away.
const USED_MAX: usize = 256;

impl Desk {
    /// Sets all clocks on by the time for which the desk stood still.
    pub(super) fn wake(&mut self, now: Millis) {
        let before = self.awake_at.replace(now).unwrap_or(now);
        let still_ms = now.saturating_sub(before + STILL_MAX_MS);
        if still_ms > 0 {
            self.conns.values_mut().for_each(|conn| conn.heard += still_ms);
            self.absent.values_mut().for_each(|since| *since += still_ms);
            self.used.values_mut().for_each(|at| *at += still_ms);
            self.countdowns.stand_still(still_ms);
        }
    }

    pub(super) fn tick(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        self.reading_tick(effects);
        let silence_ms = 3 * Millis::from(self.settings.limits.heartbeat_ms);
        let silent: Vec<_> =
            self.conns.iter().filter(|(_, conn)| now > conn.heard + silence_ms).map(|(conn, _)| *conn).collect();
        for conn in silent {
            self.end(conn, "nothing was heard over this connection for too long".into(), true, effects);
        }
        if self.is_serving() && now >= self.own_acts_at {
            self.expire(now);
            self.lapse(now);
            self.end_countdowns(now);
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
                // One that was used since it fell due has a clock again, and keeps it.
                self.used.entry((session, token)).or_insert(now.saturating_sub(idle_ms));
            }
            Work::Override { session, token, at } => self.end_again(now, session, token, at),
            Work::Expire { .. } | Work::Hello { .. } | Work::Ask { .. } | Work::Leave { .. } => {}
        }
    }

    /// Starts all clocks, when the head of the log is reached: what was before nobody here has seen.
    pub(super) fn start_clocks(&mut self, now: Millis) {
        let shared = self.room.shared();
        self.absent = shared.members.keys().map(|session| (*session, now)).collect();
        self.used = shared.locks.values().map(|holding| ((holding.session, holding.token), now)).collect();
        self.start_countdowns(now);
    }

    /// Takes away the clocks of locks of a session that ended, once there are many more than it can have use for.
    fn forget_unused(&mut self, session: SessionId) {
        let of_session = (session, Token::default())..=(session, Seq(u64::MAX));
        if self.used.range(of_session).count() <= USED_MAX {
            return;
        }
        let held = self.room.shared().locks.values().filter(|holding| holding.session == session);
        let held: BTreeSet<_> = held.map(|holding| holding.token).collect();
        self.used.retain(|(of, token), _| *of != session || held.contains(token));
    }

    /// How many clocks of locks there may be.
    pub(super) fn used_max(&self) -> usize {
        let shared = self.room.shared();
        shared.locks.len() + USED_MAX * shared.members.len()
    }

    /// Somebody came in or back: everybody takes them to be connected, here or elsewhere, and that is to be seen soon.
    fn came(&mut self, now: Millis, session: SessionId) {
        self.believed.insert(session);
        if !self.elsewhere.has(session) {
            self.absent.insert(session, now);
        }
    }

    /// Somebody's session ended: their connection is told why, and nothing is kept of them.
    fn went(&mut self, session: SessionId, words: &str, retry: bool, effects: &mut Vec<Effect>) {
        self.dismiss(session, words, retry, effects);
        self.absent.remove(&session);
        self.believed.remove(&session);
        self.shown.forget(session);
        self.expiring.remove(&session);
        self.used.retain(|(of, _), _| *of != session);
    }

    /// What an owner who does something is called.
    fn owner(&self, session: SessionId) -> String {
        let member = self.room.shared().members.get(&session);
        member.map_or_else(|| "An owner".into(), |member| member.name.clone())
    }

    /// Sets the clocks by an entry that was applied.
    pub(super) fn set_clocks(&mut self, now: Millis, seq: Seq, event: &Event, effects: &mut Vec<Effect>) {
        match event {
            Event::Joined { .. } => self.came(now, SessionId(seq)),
            Event::Resumed { session, .. } => {
                self.dismiss(*session, GOES_ON_ELSEWHERE, false, effects);
                self.came(now, *session);
            }
            Event::Gone { session, why, .. } => {
                let words = match why {
                    Ended::Left => "the room was left".into(),
                    Ended::Expired => "nothing was heard for too long".into(),
                    Ended::Removed { by } => {
                        format!("{} removed you from this drawing; you can come back by your link", self.owner(*by))
                    }
                };
                self.went(*session, &words, *why == Ended::Expired, effects);
            }
            Event::Banned { by, sessions, .. } => {
                let words = format!("{} banned you from this drawing", self.owner(*by));
                sessions.iter().for_each(|session| self.went(*session, &words, false, effects));
            }
            Event::RoleChanged { session, also, .. } => {
                also.iter().chain([session]).for_each(|session| self.forget_unused(*session));
            }
            Event::Locked { session, .. } => {
                self.used.insert((*session, seq), now);
            }
            Event::Unlocked { session, .. } | Event::HandedOver { session, .. } => self.forget_unused(*session),
            // Whoever makes and removes without end leaves clocks behind, too.
            Event::Edited { session, .. } if self.used.len() > self.used_max() => self.forget_unused(*session),
            Event::Overriding { session, token, .. } => self.start_countdown(now, *session, *token, seq),
            Event::Queued { .. } | Event::Withdrawn { .. } | Event::Declined { .. } | Event::CalledOff { .. } => {}
            Event::Created { .. } | Event::Edited { .. } | Event::Granted { .. } | Event::Renamed { .. } => {}
            Event::BanLifted { .. } => {}
        }
    }
}

/// The locks that an entry's author holds on what it names, in a room just before it or just after: those under which it
/// does something are both. By the time that it is told, what comes after it may have let them go, and they may hold
/// something else yet.
pub(super) fn used_by<'a>(event: &'a Event, room: &'a Room) -> impl Iterator<Item = (SessionId, Token)> + 'a {
    let edited = if let Event::Edited { session, op, .. } = event { Some((*session, op)) } else { None };
    edited.into_iter().flat_map(|(session, op)| {
        let held = named(op).into_iter().filter_map(|id| room.shared().locks.get(&id).copied());
        held.filter(move |holding| holding.session == session).map(move |holding| (session, holding.token))
    })
}

/// The locks that an entry gave to those who stood in line: their clocks start with it.
pub(super) fn given_by(seq: Seq, applied: &Applied) -> impl Iterator<Item = (SessionId, Token)> + use<'_> {
    applied.turns.iter().map(move |turn| (turn.session, seq))
}
