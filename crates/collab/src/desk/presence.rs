//! What people show of themselves: one slot a person, sent at once while it is quiet, and gathered for a tick when it
//! is busy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::{Limits, Millis, Presence, ServerMessage, SessionId};

use super::Desk;
use crate::effect::{ConnId, Effect};

/// With more people than this, presence is gathered: at 30 messages a second of each to each, 25 people are 18,000 a
/// second.
const QUIET_PEOPLE_MAX: usize = 25;

/// What everybody shows.
#[derive(Debug, Default)]
pub(super) struct Shown {
    latest: BTreeMap<SessionId, (Presence, Millis)>,
    due: BTreeSet<SessionId>,
}

impl Shown {
    pub fn forget(&mut self, session: SessionId) {
        self.latest.remove(&session);
        self.due.remove(&session);
    }

    /// What somebody showed last, and when that was sent on.
    pub fn latest_of(&self, session: SessionId) -> Option<(&Presence, Millis)> {
        self.latest.get(&session).map(|(presence, at)| (presence, *at))
    }

    pub fn is_due(&self) -> bool {
        !self.due.is_empty()
    }
}

impl Desk {
    pub(super) fn show(&mut self, now: Millis, session: SessionId, presence: Presence, effects: &mut Vec<Effect>) {
        let limits = &self.settings.limits;
        let presence = within(limits, presence);
        let pause_ms = 1_000 / Millis::from(limits.presence_hz_max.max(1));
        let sent_at = self.shown.latest.get(&session).map(|(_, at)| *at);
        if self.is_quiet() && sent_at.is_none_or(|at| now >= at + pause_ms) {
            self.shown.due.remove(&session);
            let to = self.live(self.here.get(&session).copied());
            send(effects, to, vec![(session, presence.clone())]);
            self.show_others(vec![(session, presence.clone())], effects);
            self.shown.latest.insert(session, (presence, now));
        } else {
            self.shown.due.insert(session);
            self.shown.latest.insert(session, (presence, sent_at.unwrap_or(now)));
        }
    }

    /// Passes on what somebody at another node shows, whose node has seen to its rate already.
    pub(super) fn pass_on(&mut self, now: Millis, session: SessionId, presence: Presence, effects: &mut Vec<Effect>) {
        let presence = within(&self.settings.limits, presence);
        if self.is_quiet() {
            send(effects, self.live(None), vec![(session, presence.clone())]);
        } else {
            self.shown.due.insert(session);
        }
        self.shown.latest.insert(session, (presence, now));
    }

    fn is_quiet(&self) -> bool {
        self.here.len() + self.elsewhere.count() <= QUIET_PEOPLE_MAX
    }

    /// Shows the other nodes what people here show, if anybody is there to see it.
    fn show_others(&self, latest: Vec<(SessionId, Presence)>, effects: &mut Vec<Effect>) {
        if self.elsewhere.count() > 0 && !latest.is_empty() {
            effects.push(Effect::ShowElsewhere { latest });
        }
    }

    /// Shows the other nodes all that people here show, since somebody came who hasn't seen it.
    pub(super) fn show_others_all(&self, effects: &mut Vec<Effect>) {
        let own = self.shown.latest.iter().filter(|(session, _)| self.here.contains_key(session));
        self.show_others(own.map(|(session, (presence, _))| (*session, presence.clone())).collect(), effects);
    }

    /// Sends what was gathered.
    pub(super) fn show_due(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        let mut gathered = Vec::new();
        for session in std::mem::take(&mut self.shown.due) {
            if let Some((presence, at)) = self.shown.latest.get_mut(&session) {
                *at = now;
                gathered.push((session, presence.clone()));
            }
        }
        let own = gathered.iter().filter(|(session, _)| self.here.contains_key(session));
        self.show_others(own.cloned().collect(), effects);
        // One message for everybody, encoded once: who finds themselves in it looks past that.
        let only = if let [(session, _)] = gathered.as_slice() { self.here.get(session).copied() } else { None };
        send(effects, self.live(only), gathered);
    }

    /// Sends what all others show to one who comes in.
    pub(super) fn show_all(&self, to: ConnId, me: SessionId, effects: &mut Vec<Effect>) {
        let others = self.shown.latest.iter().filter(|(session, _)| **session != me);
        send(effects, vec![to], others.map(|(session, (presence, _))| (*session, presence.clone())).collect());
    }
}

fn send(effects: &mut Vec<Effect>, to: Vec<ConnId>, latest: Vec<(SessionId, Presence)>) {
    if !to.is_empty() && !latest.is_empty() {
        effects.push(Effect::SendPresence { to, message: Arc::new(ServerMessage::Presence(latest)) });
    }
}

/// Presence cut to its bounds, without numbers that nobody can draw.
fn within(limits: &Limits, mut presence: Presence) -> Presence {
    let most = limits.ghost_records_max as usize;
    presence.selection.truncate(most);
    if let Some(ghost) = &mut presence.ghost {
        ghost.ids.truncate(most);
    }
    presence.ghost = presence.ghost.filter(|ghost| ghost.by.x.is_finite() && ghost.by.y.is_finite());
    presence.cursor = presence.cursor.filter(|at| at.x.is_finite() && at.y.is_finite());
    let finite =
        |view: &drawing::View| view.center.x.is_finite() && view.center.y.is_finite() && view.height.is_finite();
    presence.view = presence.view.filter(finite);
    presence.tool = presence.tool.map(|tool| tool.chars().take(limits.name_chars_max as usize).collect());
    presence
}
