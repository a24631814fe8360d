//! Several nodes over one log: who is connected at the others, who counts as connected, and for how long this node has
//! looked without a break. Only who was seen nowhere through a whole grace may be given up.

use std::collections::BTreeSet;

use protocol::{Millis, Position, Presence, Seq, ServerMessage, SessionId};

use super::Desk;
use super::reading::Reading;
use crate::effect::Effect;

/// How often a node says who is here and looks who is elsewhere.
const LOOK_MS: Millis = 1_000;
/// How soon it tries again when the store did not answer.
const LOOK_AGAIN_MS: Millis = 300;
/// Looks that are further apart than this are no unbroken watch: whoever is absent has their whole grace again.
const WATCH_GAP_MS: Millis = 3_000;
/// One who was seen nowhere for so long counts as disconnected: between an entry and the first look after it there is
/// no telling.
const DOUBT_MS: Millis = 1_000;
/// How many people at other nodes are kept in mind.
const ELSEWHERE_MAX: usize = 10_000;

/// What is known of the other nodes.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// Sessions that are connected at other nodes, as of the last look.
    sessions: BTreeSet<SessionId>,
    /// The look that is under way: when it was asked for, and where the log then was.
    asked: Option<(Millis, Seq)>,
    /// Something happened since it was asked for.
    again: bool,
    /// When to look next.
    due_at: Millis,
    /// When the last look that was answered was asked for.
    seen_at: Option<Millis>,
    /// Since when looks have not been answered.
    unanswered_since: Option<Millis>,
}

impl Elsewhere {
    pub fn has(&self, session: SessionId) -> bool {
        self.sessions.contains(&session)
    }

    pub fn count(&self) -> usize {
        self.sessions.len()
    }

    /// It is time to look: somebody came or went, here or elsewhere.
    pub fn stir(&mut self) {
        self.again = self.asked.is_some();
        self.due_at = 0;
    }

    /// Since when looks have had no answer.
    pub fn unanswered_since(&self) -> Option<Millis> {
        self.unanswered_since.or(self.asked.map(|(at, _)| at))
    }

    /// Until when nobody was seen who is absent now, if the watch goes on.
    pub fn watched_until(&self, now: Millis) -> Option<Millis> {
        self.seen_at.filter(|seen_at| now <= seen_at + WATCH_GAP_MS)
    }
}

impl Desk {
    /// Looks, if it is time to.
    pub(super) fn look(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        let due = self.elsewhere.asked.is_none() && now >= self.elsewhere.due_at;
        if self.settings.shared && self.is_serving() && due {
            self.elsewhere.asked = Some((now, self.room.position().seq));
            effects.push(Effect::Attend { here: self.here.keys().copied().collect() });
        }
    }

    pub(super) fn attended(
        &mut self,
        now: Millis,
        elsewhere: Vec<SessionId>,
        head: Position,
        effects: &mut Vec<Effect>,
    ) {
        let Some((asked_at, asked_seq)) = self.elsewhere.asked.take() else { return };
        let again = std::mem::take(&mut self.elsewhere.again);
        self.elsewhere.due_at = if again { now } else { asked_at + LOOK_MS };
        self.elsewhere.unanswered_since = None;
        if self.elsewhere.seen_at.is_none_or(|seen_at| asked_at > seen_at + WATCH_GAP_MS) {
            self.absent.values_mut().for_each(|since| *since = now);
        }
        self.elsewhere.seen_at = Some(asked_at);
        let sessions: BTreeSet<_> = elsewhere.into_iter().take(ELSEWHERE_MAX).collect();
        let before = std::mem::replace(&mut self.elsewhere.sessions, sessions);
        for session in before.difference(&self.elsewhere.sessions) {
            if !self.here.contains_key(session) {
                self.shown.forget(*session);
                if self.room.epoch(*session).is_some() {
                    self.absent.insert(*session, now);
                }
            }
        }
        let came: Vec<_> = self.elsewhere.sessions.difference(&before).copied().collect();
        for session in &came {
            self.absent.remove(session);
            self.believe_connected(*session, effects);
        }
        if !came.is_empty() {
            self.show_others_all(effects);
        }
        if head.seq < asked_seq && self.batch.is_none() && self.reading == Reading::Not {
            // The log has less than it had: reading says what is the matter.
            self.ask_to_read(effects);
        } else {
            self.woken(head, effects);
        }
    }

    pub(super) fn attend_failed(&mut self, now: Millis) {
        let Some((asked_at, _)) = self.elsewhere.asked.take() else { return };
        self.elsewhere.again = false;
        self.elsewhere.unanswered_since.get_or_insert(asked_at);
        self.elsewhere.due_at = now + LOOK_AGAIN_MS;
    }

    /// What people at other nodes show.
    pub(super) fn shown_elsewhere(
        &mut self,
        now: Millis,
        latest: Vec<(SessionId, Presence)>,
        effects: &mut Vec<Effect>,
    ) {
        let known = |session: SessionId| !self.here.contains_key(&session) && self.room.epoch(session).is_some();
        let latest: Vec<_> = latest.into_iter().filter(|(session, _)| known(*session)).collect();
        latest.into_iter().for_each(|(session, presence)| self.pass_on(now, session, presence, effects));
    }

    /// Everybody is told that a session is connected, unless they know.
    pub(super) fn believe_connected(&mut self, session: SessionId, effects: &mut Vec<Effect>) {
        if self.room.epoch(session).is_some() && self.believed.insert(session) {
            self.tell(ServerMessage::Connected { session, connected: true }, effects);
        }
    }

    /// Everybody is told of those who have been seen nowhere for a while.
    pub(super) fn doubt(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        let doubtful = |(session, since): &(&SessionId, &Millis)| {
            self.believed.contains(session) && !self.here.contains_key(session) && now >= **since + DOUBT_MS
        };
        let gone: Vec<_> = self.absent.iter().filter(doubtful).map(|(session, _)| *session).collect();
        for session in gone {
            self.believed.remove(&session);
            self.tell(ServerMessage::Connected { session, connected: false }, effects);
        }
    }
}
