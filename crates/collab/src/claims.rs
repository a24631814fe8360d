//! The line for held records and the countdowns of overrides, as part of the fold: whatever entry frees a record also
//! gives it to whom it is due, so that there is no moment in between at which somebody else could take it.
//!
//! Who waits, waits for all that they asked for at once, and holds none of it meanwhile. Each entry that frees something
//! goes through the line in order; the first for whom everything is free holds it, under that entry's seq. Who waits
//! never waits in a circle: a request that would close one is refused, and a grant that would do so ends the wait of the
//! one who got something.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use drawing::RecordId;
use imbl::OrdMap;
use protocol::{Countdown, Event, Millis, Seq, SessionId, Token, Wait};
use serde::{Deserialize, Serialize};

use crate::shared::{Applied, FoldError, Holding, Shared};

/// What people want of what others hold. Cloning is O(1).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Claims {
    /// Who stands in line, by their place.
    #[serde(default)]
    waits: OrdMap<Seq, Arc<Wait>>,
    /// Locks that an owner ends soon, by holder and token.
    #[serde(default)]
    countdowns: OrdMap<(SessionId, Token), Countdown>,
}

/// What somebody got who stood in line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub session: SessionId,
    /// Which records, ascending.
    pub ids: Vec<RecordId>,
    /// Who handed them over; none where they became free.
    pub from: Option<SessionId>,
}

impl Claims {
    /// As a welcome tells them.
    pub(crate) fn of(waits: Vec<Wait>, countdowns: Vec<Countdown>) -> Claims {
        Claims {
            waits: waits.into_iter().map(|wait| (wait.wait, Arc::new(wait))).collect(),
            countdowns: countdowns.into_iter().map(|each| ((each.session, each.token), each)).collect(),
        }
    }

    /// Whether nobody wants anything.
    pub fn is_empty(&self) -> bool {
        self.waits.is_empty() && self.countdowns.is_empty()
    }

    /// Whether nothing of it was changed since it was `other`; what is alike by chance may count as changed.
    pub(crate) fn is_same(&self, other: &Claims) -> bool {
        self.waits.ptr_eq(&other.waits) && self.countdowns.ptr_eq(&other.countdowns)
    }

    /// Everybody in line, first come first.
    pub fn line(&self) -> impl DoubleEndedIterator<Item = &Wait> + use<'_> {
        self.waits.values().map(|wait| &**wait)
    }

    /// Somebody in line, by their place.
    pub fn wait(&self, wait: Seq) -> Option<&Wait> {
        self.waits.get(&wait).map(|wait| &**wait)
    }

    /// What somebody waits for.
    pub fn waits_of(&self, session: SessionId) -> impl Iterator<Item = &Wait> + use<'_> {
        self.line().filter(move |wait| wait.session == session)
    }

    /// The locks that an owner ends soon, by holder and token.
    pub fn countdowns(&self) -> impl Iterator<Item = &Countdown> + use<'_> {
        self.countdowns.values()
    }

    /// The countdown of a lock.
    pub fn countdown(&self, session: SessionId, token: Token) -> Option<&Countdown> {
        self.countdowns.get(&(session, token))
    }

    fn change(&mut self, at: Seq, change: impl FnOnce(&mut Wait)) {
        if let Some(wait) = self.waits.get_mut(&at) {
            change(Arc::make_mut(wait));
        }
    }
}

impl Shared {
    /// Applies an entry that is about the line or about a countdown.
    pub(crate) fn claim(&mut self, seq: Seq, since_ms: Millis, event: &Event) -> Result<Applied, FoldError> {
        match event {
            Event::Queued { session, ids } => {
                self.member(seq, *session)?;
                let not_theirs = |id: &RecordId| self.locks.get(id).is_none_or(|lock| lock.session != *session);
                let waitable = |id: &RecordId| self.drawing.get(*id).is_some() && not_theirs(id);
                let ascending = ids.windows(2).all(|pair| pair[0] < pair[1]);
                if ids.is_empty() || !ascending || !ids.iter().all(waitable) {
                    return Err(FoldError::Claim { seq, why: "stands in line for what can't be waited for" });
                }
                let (session, ids) = (*session, ids.clone());
                let wait = Wait { wait: seq, session, since_ms, ids, declined_by: Vec::new() };
                self.claims.waits.insert(seq, Arc::new(wait));
            }
            Event::Withdrawn { session, wait } => {
                let known = self.claims.waits.remove(wait);
                if known.is_none_or(|wait| wait.session != *session) {
                    return Err(FoldError::Claim { seq, why: "ends a wait that isn't there" });
                }
            }
            Event::HandedOver { session, ids } => return self.hand_over(seq, since_ms, *session, ids),
            Event::Declined { session, wait } => {
                self.member(seq, *session)?;
                if self.claims.wait(*wait).is_none_or(|wait| wait.declined_by.contains(session)) {
                    return Err(FoldError::Claim { seq, why: "declines a wait that isn't there" });
                }
                let members = &self.members;
                self.claims.change(*wait, |wait| {
                    wait.declined_by.retain(|holder| members.contains_key(holder));
                    wait.declined_by.push(*session);
                    wait.declined_by.sort_unstable();
                });
            }
            Event::Overriding { session, token, by } => {
                let by_name = self.member(seq, *by)?.name.clone();
                if !self.holds_under(*session, *token) || self.claims.countdown(*session, *token).is_some() {
                    return Err(FoldError::Claim { seq, why: "overrides a lock that isn't held, or twice" });
                }
                let countdown = Countdown { session: *session, token: *token, at: seq, by: *by, by_name, since_ms };
                self.claims.countdowns.insert((*session, *token), countdown);
            }
            Event::CalledOff { session, token, by } => {
                self.member(seq, *by)?;
                if self.claims.countdowns.remove(&(*session, *token)).is_none() {
                    return Err(FoldError::Claim { seq, why: "calls off an override that isn't under way" });
                }
            }
            _ => {}
        }
        Ok(Applied::default())
    }

    /// Each record goes to the first in line for it, even where they wait for more than that.
    fn hand_over(
        &mut self,
        seq: Seq,
        since_ms: Millis,
        session: SessionId,
        ids: &[RecordId],
    ) -> Result<Applied, FoldError> {
        self.member(seq, session)?;
        let heirs = self.heirs(ids);
        let mut turns = Vec::<Turn>::new();
        for &id in ids {
            if self.locks.get(&id).is_none_or(|holding| holding.session != session) {
                return Err(FoldError::NotHeld { seq, id });
            }
            let Some(&heir) = heirs.get(&id) else {
                return Err(FoldError::Claim { seq, why: "hands over what nobody waits for" });
            };
            self.locks.insert(id, Holding { session: heir, token: seq, since_ms });
            match turns.iter_mut().find(|turn| turn.session == heir) {
                Some(turn) => turn.ids.push(id),
                None => turns.push(Turn { session: heir, ids: vec![id], from: Some(session) }),
            }
        }
        Ok(Applied { relocked: ids.to_vec(), turns, ..Applied::default() })
    }

    /// Who is first in line for each of these records; those that nobody waits for are left out.
    pub(crate) fn heirs(&self, ids: &[RecordId]) -> BTreeMap<RecordId, SessionId> {
        let ids: BTreeSet<_> = ids.iter().copied().collect();
        let mut heirs = BTreeMap::new();
        for wait in self.claims.line() {
            for id in wait.ids.iter().filter(|id| ids.contains(id)) {
                heirs.entry(*id).or_insert(wait.session);
            }
        }
        heirs
    }

    /// Gives what an entry freed to whom it is due, and takes away claims that have nothing left to claim.
    pub(crate) fn settle_claims(&mut self, seq: Seq, since_ms: Millis, event: &Event, applied: &mut Applied) {
        if self.claims.is_empty() || !may_free(event, applied) {
            return;
        }
        let may_edit = |session| self.members.get(session).is_some_and(|member| member.role.may_edit());
        let ended: Vec<_> = self.claims.line().filter(|wait| !may_edit(&wait.session)).map(|wait| wait.wait).collect();
        ended.iter().for_each(|wait| {
            self.claims.waits.remove(wait);
        });
        let mut changed: Vec<_> = applied.relocked.iter().chain(&applied.removed).copied().collect();
        changed.sort_unstable();
        let meets = |wait: &Wait| wait.wait == seq || overlap(&wait.ids, &changed);
        let met: Vec<_> = self.claims.line().filter(|wait| meets(wait)).map(|wait| wait.wait).collect();
        for at in met {
            self.shrink(at);
            let Some(wait) = self.claims.waits.get(&at).cloned() else { continue };
            if wait.ids.iter().any(|id| self.locks.contains_key(id)) {
                continue;
            }
            self.claims.waits.remove(&at);
            let Wait { session, ids, .. } = &*wait;
            let holding = Holding { session: *session, token: seq, since_ms };
            self.locks.extend(ids.iter().map(|id| (*id, holding)));
            applied.relocked.extend(ids);
            let others: Vec<_> = self.claims.waits_of(*session).map(|wait| wait.wait).collect();
            others.into_iter().for_each(|at| self.shrink(at));
            match applied.turns.iter_mut().find(|turn| turn.session == *session && turn.from.is_none()) {
                Some(turn) => turn.ids.extend(ids),
                None => applied.turns.push(Turn { session: *session, ids: ids.clone(), from: None }),
            }
        }
        applied.relocked.sort_unstable();
        applied.relocked.dedup();
        self.break_circles(event, applied);
        self.end_countdowns(event);
    }

    /// Ends the countdowns of locks that ended.
    fn end_countdowns(&mut self, event: &Event) {
        let may_lose = |session| match event {
            Event::Unlocked { session: loser, .. }
            | Event::HandedOver { session: loser, .. }
            | Event::Edited { session: loser, .. } => *loser == session,
            Event::Locked { .. } | Event::Queued { .. } | Event::Withdrawn { .. } => false,
            _ => true,
        };
        if !self.claims.countdowns().any(|each| may_lose(each.session)) {
            return;
        }
        let held: HashSet<_> = self.locks.values().map(|holding| (holding.session, holding.token)).collect();
        let ended: Vec<_> = self.claims.countdowns.keys().filter(|lock| !held.contains(lock)).copied().collect();
        ended.iter().for_each(|lock| {
            self.claims.countdowns.remove(lock);
        });
    }

    /// Leaves out of a wait what isn't there any more and what they hold by now; one for nothing ends.
    fn shrink(&mut self, at: Seq) {
        let Some(wait) = self.claims.waits.get(&at) else { return };
        let session = wait.session;
        let theirs = |id: &RecordId| self.locks.get(id).is_some_and(|holding| holding.session == session);
        let left = |id: &RecordId| self.drawing.get(*id).is_some() && !theirs(id);
        if wait.ids.iter().all(left) {
            return;
        }
        let ids: Vec<_> = wait.ids.iter().copied().filter(left).collect();
        if ids.is_empty() {
            self.claims.waits.remove(&at);
        } else {
            self.claims.change(at, |wait| wait.ids = ids);
        }
    }

    /// Who got something by this entry waits no more for what only comes free once they let that go.
    fn break_circles(&mut self, event: &Event, applied: &mut Applied) {
        let mut gainers: Vec<_> = applied.turns.iter().map(|turn| turn.session).collect();
        if let Event::Locked { session, .. } = event {
            gainers.push(*session);
        }
        for session in gainers {
            let waits: Vec<_> = self.claims.waits_of(session).map(|wait| wait.wait).collect();
            for at in waits {
                let Some(wait) = self.claims.waits.get(&at).cloned() else { continue };
                if self.circle(session, &wait.ids).is_some() {
                    self.claims.waits.remove(&at);
                    applied.out_of_line.push((session, wait.ids.clone()));
                }
            }
        }
    }

    /// Whether a session that waits for these records would wait for itself in the end: by way of whom, and which of
    /// its records the last of them waits for. The shortest such way.
    pub(crate) fn circle(&self, session: SessionId, ids: &[RecordId]) -> Option<(Vec<SessionId>, Vec<RecordId>)> {
        let holder = |id: &RecordId| self.locks.get(id).map(|holding| holding.session);
        let mut waits = BTreeMap::<SessionId, Vec<&Wait>>::new();
        self.claims.line().for_each(|wait| waits.entry(wait.session).or_default().push(wait));
        let mut before = BTreeMap::<SessionId, Option<SessionId>>::new();
        let mut open = VecDeque::new();
        for next in ids.iter().filter_map(holder).filter(|next| *next != session).collect::<BTreeSet<_>>() {
            before.insert(next, None);
            open.push_back(next);
        }
        while let Some(at) = open.pop_front() {
            let wanted = || waits.get(&at).into_iter().flatten().flat_map(|wait| &wait.ids);
            let nexts: BTreeSet<_> = wanted().filter_map(holder).collect();
            if nexts.contains(&session) {
                let yours: BTreeSet<_> = wanted().copied().filter(|id| holder(id) == Some(session)).collect();
                let mut through = vec![at];
                while let Some(Some(earlier)) = through.last().and_then(|last| before.get(last)) {
                    through.push(*earlier);
                }
                through.reverse();
                return Some((through, yours.into_iter().collect()));
            }
            for next in nexts {
                if let std::collections::btree_map::Entry::Vacant(vacant) = before.entry(next) {
                    vacant.insert(Some(at));
                    open.push_back(next);
                }
            }
        }
        None
    }

    /// Whether a session holds anything under a token.
    pub(crate) fn holds_under(&self, session: SessionId, token: Token) -> bool {
        self.locks.values().any(|holding| holding.token == token && holding.session == session)
    }
}

/// Whether an entry can have made something free, taken something away, or put an end to somebody's claims.
fn may_free(event: &Event, applied: &Applied) -> bool {
    match event {
        // What is new in it nobody waited for.
        Event::Edited { .. } => !applied.removed.is_empty(),
        Event::Joined { .. } | Event::Resumed { .. } | Event::Granted { .. } | Event::Renamed { .. } => false,
        Event::Declined { .. } | Event::Overriding { .. } | Event::CalledOff { .. } => false,
        _ => true,
    }
}

/// Whether two ascending lists have something in common.
fn overlap(one: &[RecordId], other: &[RecordId]) -> bool {
    let (few, many) = if one.len() < other.len() { (one, other) } else { (other, one) };
    few.iter().any(|id| many.binary_search(id).is_ok())
}
