//! Wanting what others hold, and others what one holds oneself: asked for, handed over, said "not now" to, taken over by
//! an owner.

use collab::Notice;
use drawing::{EntityId, Record, RecordId};
use protocol::{Millis, Refusal, Seq, SessionId, Token};

use super::receive::News;
use super::{Document, objects};
use crate::action::{Action, Pick};

/// What somebody wants of what is held.
#[derive(Debug, Clone, PartialEq)]
pub enum LineWish {
    /// To have what others hold of these, as soon as it is free.
    Ask(Vec<EntityId>),
    /// To stand in line no more.
    Withdraw(Seq),
    /// To give these to who is first in line for them.
    HandOver(Vec<RecordId>),
    /// To tell somebody in line that one needs it still.
    NotNow(Seq),
    /// To hold these no more, before an owner ends the lock.
    LetGo(Vec<RecordId>),
    /// To end the locks of others on these, as an owner, and have them.
    TakeOver(Vec<EntityId>),
    /// To leave a lock to its holder after all, as an owner.
    CallOff(Token, SessionId),
}

/// A lock that an owner is about to end, as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// The lock.
    pub token: Token,
    /// Who holds it.
    pub holder: SessionId,
    /// The owner who ends it.
    pub by: SessionId,
    /// What that owner is called.
    pub by_name: String,
    /// What is held, ascending.
    pub ids: Vec<RecordId>,
    /// Seconds that are left, rounded up.
    pub left_s: u64,
}

impl Document {
    /// Carries out a wish.
    pub fn wish_of_line(&mut self, wish: LineWish) {
        match wish {
            LineWish::Ask(ids) => self.ask_for(&ids),
            LineWish::Withdraw(wait) => self.session.withdraw(wait),
            LineWish::HandOver(ids) => {
                self.deselect(&ids);
                self.session.hand_over(ids);
            }
            LineWish::NotNow(wait) => self.session.decline(wait),
            LineWish::LetGo(ids) => {
                self.deselect(&ids);
                self.session.unlock(ids);
            }
            LineWish::TakeOver(ids) => {
                let others = ids.iter().map(|id| RecordId(id.0)).filter(|id| self.is_others(*id));
                let mut locks: Vec<_> = others.filter_map(|id| self.session.holder(id)).collect();
                locks.sort_by_key(|lock| (lock.session, lock.token));
                locks.dedup_by_key(|lock| (lock.session, lock.token));
                // When the locks have ended, it is who stands in line that has it.
                self.ask_for(&ids);
                locks.into_iter().for_each(|lock| self.session.override_lock(lock.token, lock.session));
            }
            LineWish::CallOff(token, holder) => self.session.call_off(token, holder),
        }
        self.touched();
    }

    /// Stands in line for what others hold of these, as far as one doesn't yet.
    fn ask_for(&mut self, ids: &[EntityId]) {
        let ids = ids.iter().map(|id| RecordId(id.0));
        let wanted = ids.filter(|id| self.is_others(*id) && !self.session.is_awaited(*id)).collect();
        self.session.ask_for(wanted);
    }

    /// What is handed over is not worked on any more: it is selected no longer, and its lock isn't let go first.
    fn deselect(&mut self, ids: &[RecordId]) {
        for id in ids {
            self.selection.remove(&EntityId(id.0));
            self.from_line.remove(id);
        }
    }

    /// What these are called after a verb: `the line`, `3 objects`.
    pub fn called(&self, ids: &[RecordId]) -> String {
        match ids {
            [one] => match self.drawing().get(*one) {
                Some(Record::Entity(entity)) => format!("the {}", entity.shape.kind().to_lowercase()),
                Some(record) => format!("the {}", record.kind().to_lowercase()),
                None => "it".into(),
            },
            _ => objects(ids.len()),
        }
    }

    /// Who holds something of these, by name, each once: `Ana`, `Ana and Ben`.
    pub fn holders_of(&self, ids: &[RecordId]) -> String {
        let mut names: Vec<String> = Vec::new();
        for id in ids.iter().filter(|id| self.is_others(**id)) {
            let name = self.session.holder(*id).map_or_else(|| "somebody".into(), |lock| self.name_of(lock.session));
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(" and ")
    }

    /// What one may ask for of what is selected: held by others, and not asked for yet.
    pub fn askable(&self) -> Vec<EntityId> {
        let selected = self.selection.iter().copied().filter(|id| self.may_ask_for(*id));
        selected.collect()
    }

    /// Whether somebody else holds it and one doesn't stand in line for it yet.
    pub fn may_ask_for(&self, id: EntityId) -> bool {
        self.may_edit() && self.is_others(id.into()) && !self.session.is_awaited(id.into())
    }

    /// The locks that an owner is about to end, the next to end first.
    pub fn endings(&self, now: Millis) -> Vec<Ending> {
        let countdown_ms = Millis::from(self.session.limits().override_countdown_ms);
        let mut endings: Vec<_> = (self.session.countdowns())
            .map(|each| {
                let began = self.countdowns_seen.get(&each.at).copied().unwrap_or(now);
                let left_ms = (began + countdown_ms).saturating_sub(now);
                Ending {
                    token: each.token,
                    holder: each.session,
                    by: each.by,
                    by_name: each.by_name.clone(),
                    ids: self.session.held_under(each.session, each.token),
                    left_s: left_ms.div_ceil(1_000),
                }
            })
            .collect();
        endings.sort_by_key(|ending| ending.left_s);
        endings
    }

    /// Notes which countdowns are under way, and since when they are for this window.
    pub(super) fn note_countdowns(&mut self, now: Millis) {
        let under_way: Vec<_> = self.session.countdowns().map(|each| each.at).collect();
        self.countdowns_seen.retain(|at, _| under_way.contains(at));
        for at in under_way {
            self.countdowns_seen.entry(at).or_insert(now);
        }
    }

    /// Takes in what happened to what one wants of others, or they of oneself.
    pub(super) fn take_line(&mut self, now: Millis, notice: Notice, news: &mut Vec<News>) {
        match notice {
            Notice::Turn { ids, from } => self.take_turn(ids, from, news),
            Notice::OutOfLine { ids } => {
                let words = format!("You wait for {} no more: who holds it waits for what you hold", self.called(&ids));
                news.push(News::Warn(words));
            }
            Notice::Declined { by, ids } => {
                let words = format!("{} still needs {}. You stay in line", self.name_of(by), self.called(&ids));
                news.push(News::Say(words));
            }
            Notice::CalledOff { .. } => {
                news.push(News::Say("The lock stays yours: the override was called off".into()))
            }
            Notice::LockRefused { refusal, .. } => {
                news.push(News::Warn(format!("You can't wait for it: {}", self.refusal_words(&refusal))));
            }
            _ => {}
        }
        self.note_countdowns(now);
        self.touched();
    }

    /// Whether the refusal of a lock is one that only asking to wait gets.
    pub(super) fn is_of_waiting(refusal: &Refusal) -> bool {
        match refusal {
            Refusal::Circle { .. } => true,
            Refusal::Limit { limit, .. } => {
                ["waits_max", "wait_records_max", "line_records_max"].contains(&limit.as_str())
            }
            _ => false,
        }
    }

    /// What one stood in line for is one's own now: selected where that disturbs nothing, else offered.
    fn take_turn(&mut self, ids: Vec<RecordId>, from: Option<SessionId>, news: &mut Vec<News>) {
        let entities: Vec<_> = ids.iter().map(|id| EntityId(id.0)).collect();
        let what = self.called(&ids);
        let words = match from {
            Some(from) => format!("{} handed {what} over to you", self.name_of(from)),
            None => format!("You hold {what} now: it became free"),
        };
        if entities.iter().all(|id| self.selection.contains(id)) {
            return news.push(News::Say(words));
        }
        if self.selection.is_empty() && self.tool.is_none() && !self.is_looking_back() {
            self.select(&entities, Pick::Add);
            return news.push(News::Say(words));
        }
        // It isn't let go as what one doesn't work on.
        self.from_line.extend(ids);
        news.push(News::Offer(words, "Select it".into(), Action::Select(entities, Pick::Add)));
    }
}
