//! What one wants of what others hold, and they of what one holds: the line, hand-over, "not now", overrides.

use drawing::RecordId;
use protocol::{Countdown, Event, Seq, SessionId, Token, Wait};

use super::Session;
use super::changes::{Changes, Notice};
use super::pending::Wish;
use crate::claims::Claims;
use crate::shared::Applied;

/// Somebody who would like what one holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Their place in the line.
    pub wait: Seq,
    /// Who.
    pub by: SessionId,
    /// Which of one's records are theirs next, ascending.
    pub ids: Vec<RecordId>,
}

impl Session {
    /// Asks to hold records, and stands in line for them if others hold some. All of them come at once, when all are
    /// free; until then one holds none of them by this.
    pub fn ask_for(&mut self, ids: Vec<RecordId>) {
        let mut ids: Vec<_> = ids.into_iter().filter(|id| !self.is_mine(*id)).collect();
        ids.sort_unstable();
        ids.dedup();
        if !ids.is_empty() && self.facts.is_some() {
            self.wish(Wish::Ask(ids));
        }
    }

    /// Stands in line no more.
    pub fn withdraw(&mut self, wait: Seq) {
        if self.my_waits().any(|mine| mine.wait == wait) {
            self.wish(Wish::Withdraw(wait));
        }
    }

    /// Lets records go to those who are first in line for them.
    pub fn hand_over(&mut self, ids: Vec<RecordId>) {
        let ids: Vec<_> = ids.into_iter().filter(|id| self.is_mine(*id)).collect();
        if !ids.is_empty() {
            self.wish(Wish::HandOver(ids));
        }
    }

    /// Says "not now" to somebody in line: they are told, and stay there.
    pub fn decline(&mut self, wait: Seq) {
        if self.facts.is_some() {
            self.wish(Wish::Decline(wait));
        }
    }

    /// Ends somebody's lock, as an owner; refused to anybody else. A holder who is there sees a countdown first.
    pub fn override_lock(&mut self, token: Token, of: SessionId) {
        if self.facts.is_some() {
            self.wish(Wish::Override(token, of));
        }
    }

    /// Leaves a lock to its holder after all, as an owner.
    pub fn call_off(&mut self, token: Token, of: SessionId) {
        if self.facts.is_some() {
            self.wish(Wish::CallOff(token, of));
        }
    }

    /// Everybody who stands in line, first come first.
    pub fn line(&self) -> impl Iterator<Item = &Wait> {
        self.confirmed.iter().flat_map(|confirmed| confirmed.claims.line())
    }

    /// What one waits for oneself, first come first.
    pub fn my_waits(&self) -> impl Iterator<Item = &Wait> {
        let me = self.me();
        self.line().filter(move |wait| Some(wait.session) == me)
    }

    /// Whether one stands in line for a record, or has just asked to.
    pub fn is_awaited(&self, id: RecordId) -> bool {
        let asked = |wish: &Wish| matches!(wish, Wish::Ask(ids) if ids.contains(&id));
        self.my_waits().any(|wait| wait.ids.binary_search(&id).is_ok())
            || self.pending.iter().any(|pending| asked(&pending.wish))
    }

    /// Those who are next for something that one holds and to whom one didn't say "not now", first come first.
    pub fn asked_of_me(&self) -> Vec<Asked> {
        let (Some(me), Some(confirmed)) = (self.me(), &self.confirmed) else { return Vec::new() };
        let mut asked = Vec::new();
        let mut spoken_for = std::collections::BTreeSet::new();
        for wait in confirmed.claims.line() {
            let mine = wait.ids.iter().copied().filter(|id| self.is_mine(*id));
            let next: Vec<_> = mine.filter(|id| spoken_for.insert(*id)).collect();
            if !next.is_empty() && !wait.declined_by.contains(&me) {
                asked.push(Asked { wait: wait.wait, by: wait.session, ids: next });
            }
        }
        asked
    }

    /// The locks that an owner ends soon, one's own and others', by holder and token.
    pub fn countdowns(&self) -> impl Iterator<Item = &Countdown> {
        self.confirmed.iter().flat_map(|confirmed| confirmed.claims.countdowns())
    }

    /// What somebody holds under a token, ascending.
    pub fn held_under(&self, session: SessionId, token: Token) -> Vec<RecordId> {
        let under = self.locks().filter(|(_, holding)| holding.session == session && holding.token == token);
        under.map(|(id, _)| id).collect()
    }

    /// What an entry says to this person about the line; `before` are the claims before it.
    pub(super) fn note_claims(
        &self,
        event: &Event,
        seq: Seq,
        before: &Claims,
        applied: &Applied,
        changes: &mut Changes,
    ) {
        let Some(me) = self.me() else { return };
        for turn in applied.turns.iter().filter(|turn| turn.session == me) {
            changes.notices.push(Notice::Granted { ids: turn.ids.clone() });
            changes.notices.push(Notice::Turn { ids: turn.ids.clone(), from: turn.from });
        }
        let dropped = applied.out_of_line.iter().filter(|(session, _)| *session == me);
        changes.notices.extend(dropped.map(|(_, ids)| Notice::OutOfLine { ids: ids.clone() }));
        let held_by = |holder: SessionId, ids: &[RecordId]| -> Vec<RecordId> {
            let held = |id: &&RecordId| self.holder(**id).is_some_and(|holding| holding.session == holder);
            ids.iter().filter(held).copied().collect()
        };
        match event {
            Event::Queued { session, ids } if *session != me => {
                let ids = held_by(me, ids);
                if !ids.is_empty() {
                    changes.notices.push(Notice::AskedFor { by: *session, ids });
                }
            }
            Event::Declined { session, wait } => {
                if let Some(mine) = before.wait(*wait).filter(|wait| wait.session == me) {
                    changes.notices.push(Notice::Declined { by: *session, ids: held_by(*session, &mine.ids) });
                }
            }
            Event::Overriding { session, token, .. } if *session == me => {
                let by = self.countdowns().find(|each| each.at == seq).map_or("", |countdown| &countdown.by_name);
                changes.notices.push(Notice::Overriding { ids: self.held_under(me, *token), by: by.into() });
            }
            Event::CalledOff { session, token, .. } if *session == me => {
                changes.notices.push(Notice::CalledOff { token: *token });
            }
            _ => {}
        }
    }
}
