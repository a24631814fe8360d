//! Deciding: what a request would store, or why it is refused. A pure function of the room and the request.

use std::collections::BTreeSet;

use drawing::{IdRange, Op, Record, RecordId};
use protocol::{Event, Limits, Refusal, Request, Role, Seq, SessionId, TITLE_CHARS_MAX, Token};

use super::Room;
use super::comments::may_be_said;
use crate::shared::{Tried, gather};

/// How many runs of ids that don't follow on one another a session may have.
const RANGES_MAX: usize = 4_096;

/// What a request that isn't refused comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// This is to be stored.
    Store(Event),
    /// What is asked for is so already.
    Nothing,
}

impl Room {
    /// Decides a request of a session that lives.
    pub fn decide(&self, session: SessionId, request: &Request, limits: &Limits) -> Result<Decision, Refusal> {
        self.decide_trying(session, request, limits, &mut None)
    }

    /// The same; where an op was tried for it, what that gave is put to `tried`, for whoever applies the entry next.
    pub(crate) fn decide_trying(
        &self,
        session: SessionId,
        request: &Request,
        limits: &Limits,
        tried: &mut Option<Tried>,
    ) -> Result<Decision, Refusal> {
        let unknown = || Refusal::Invalid { why: format!("session {session} has ended") };
        let member = self.shared.members.get(&session).ok_or_else(unknown)?;
        let root = *self.roots.get(&session).ok_or_else(unknown)?;
        let may_ask = member.role.may_edit() || member.role.may_comment() && may_be_said(request);
        if !may_ask {
            return Err(Refusal::NotAllowed { role: member.role });
        }
        match request {
            Request::Lock { ids, wait } => self.decide_lock(session, ids, *wait, limits),
            Request::Unlock { ids } => self.decide_unlock(session, ids, limits),
            Request::Edit { op, seen, under } => self.decide_edit((session, root), op, (*seen, under), limits, tried),
            Request::Undo { entries } => self.decide_undo(session, root, entries, limits),
            Request::Grant { len } => self.decide_grant(session, root, *len, limits),
            Request::Withdraw { wait } => self.decide_withdraw(session, *wait),
            Request::HandOver { ids } => self.decide_hand_over(session, ids, limits),
            Request::Decline { wait } => self.decide_decline(session, *wait),
            Request::Override { .. } | Request::CallOff { .. } | Request::Rename { .. }
                if member.role != Role::Owner =>
            {
                Err(Refusal::NotAllowed { role: member.role })
            }
            Request::Override { token, of } => self.decide_override(session, *token, *of),
            Request::CallOff { token, of } => self.decide_call_off(session, *token, *of),
            Request::SetRole { .. } | Request::Remove { .. } | Request::Ban { .. } | Request::LiftBan { .. }
                if member.role != Role::Owner =>
            {
                Err(Refusal::NotAllowed { role: member.role })
            }
            Request::SetRole { session: whom, role } => self.decide_role(session, *whom, *role),
            Request::Remove { session: whom } => self.decide_remove(session, *whom),
            Request::Ban { session: whom } => self.decide_ban(session, *whom),
            Request::LiftBan { ban } => self.decide_lift(session, *ban),
            Request::Rename { title } => self.decide_rename(session, title),
        }
    }

    fn decide_lock(
        &self,
        session: SessionId,
        ids: &[RecordId],
        wait: bool,
        limits: &Limits,
    ) -> Result<Decision, Refusal> {
        within("records_max", limits.records_max, ids.len())?;
        let (mut free, mut wanted, mut in_the_way) = (Vec::new(), Vec::new(), Vec::new());
        for id in ids.iter().copied().collect::<BTreeSet<_>>() {
            match self.shared.locks.get(&id) {
                Some(holding) if holding.session != session => in_the_way.push((id, *holding)),
                Some(_) => free.push(id),
                // Comments are nobody's to hold.
                None if self.shared.drawing.get(id).is_some_and(|record| !record.is_comment()) => {
                    free.push(id);
                    wanted.push(id);
                }
                // Somebody took it away meanwhile: there is nothing of it to hold.
                None => {}
            }
        }
        if !in_the_way.is_empty() {
            if wait {
                wanted.extend(in_the_way.iter().map(|(id, _)| *id));
                return self.decide_wait(session, wanted, limits);
            }
            return Err(Refusal::Held { by: gather(in_the_way), free });
        }
        if wanted.is_empty() { Ok(Decision::Nothing) } else { store(Event::Locked { session, ids: wanted }) }
    }

    fn decide_unlock(&self, session: SessionId, ids: &[RecordId], limits: &Limits) -> Result<Decision, Refusal> {
        within("records_max", limits.records_max, ids.len())?;
        let held = |id: &RecordId| self.shared.locks.get(id).is_some_and(|holding| holding.session == session);
        let ids: BTreeSet<_> = ids.iter().copied().filter(held).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        if ids.is_empty() {
            Ok(Decision::Nothing)
        } else {
            store(Event::Unlocked { session, ids, lapsed: false, overridden_by: None })
        }
    }

    fn decide_rename(&self, session: SessionId, title: &str) -> Result<Decision, Refusal> {
        let title: String = title.chars().filter(|c| !c.is_control()).collect();
        let title = title.trim();
        within("title_chars_max", TITLE_CHARS_MAX, title.chars().count())?;
        if title.is_empty() {
            return Err(Refusal::Invalid { why: "a drawing needs a name".into() });
        }
        if title == self.title { Ok(Decision::Nothing) } else { store(Event::Renamed { session, title: title.into() }) }
    }

    fn decide_grant(
        &self,
        session: SessionId,
        root: SessionId,
        len: u32,
        limits: &Limits,
    ) -> Result<Decision, Refusal> {
        within("records_max", limits.records_max, len as usize)?;
        let runs = self.lineages.get(&root).map_or(0, |lineage| lineage.ranges.len());
        if runs >= RANGES_MAX || self.next_id.0.checked_add(u64::from(len)).is_none() {
            return Err(Refusal::Limit { limit: "id_ranges".into(), max: RANGES_MAX as u64, asked: runs as u64 + 1 });
        }
        if len == 0 {
            return Ok(Decision::Nothing);
        }
        store(Event::Granted { session, ids: IdRange { first: self.next_id, len } })
    }

    fn decide_edit(
        &self,
        (session, root): (SessionId, SessionId),
        op: &Op,
        (seen, under): (Seq, &[Token]),
        limits: &Limits,
        tried: &mut Option<Tried>,
    ) -> Result<Decision, Refusal> {
        let mint = matches!(op, Op::Mint(_));
        if !mint && mints(op) {
            return Err(Refusal::Invalid { why: "handles are minted by an op of its own".into() });
        }
        if seen > self.shared.position.seq {
            return Err(Refusal::Invalid { why: format!("entry {seen} is yet to come") });
        }
        within("records_max", limits.records_max, size(op))?;
        within("records_max", limits.records_max, under.len())?;
        // As clients are to send them; but what isn't in order is no reason to take them for others.
        let mut under = under.to_vec();
        under.sort_unstable();
        self.may_touch(session, op)?;
        let before = &self.shared.drawing;
        let trial = Tried::on(before, op).map_err(|error| Refusal::Invalid { why: error.to_string() })?;
        let touched = &trial.outcome.touched;
        if touched.is_empty() || self.is_settled_so(op) {
            return Ok(Decision::Nothing);
        }
        if !mint {
            let named = named(op);
            for &id in touched.iter().filter(|id| before.get(**id).is_none()) {
                self.may_be_new(root, id)?;
            }
            // What is only computed, such as the block of a dimension, follows what is named and needs no lock itself.
            let old: Vec<_> = named.iter().copied().filter(|id| before.get(*id).is_some()).collect();
            self.may_change(session, root, &old, seen, &under)?;
            // Only now: what somebody else changed meanwhile would seem to be changed back.
            self.may_say(session, root, &named, &trial.is)?;
        }
        *tried = Some(trial);
        store(Event::Edited { session, op: op.clone(), undoes: Vec::new() })
    }

    fn may_be_new(&self, root: SessionId, id: RecordId) -> Result<(), Refusal> {
        if !self.lineages.get(&root).is_some_and(|lineage| lineage.owns(id)) {
            return Err(Refusal::ForeignIds { id });
        }
        if self.versions.contains_key(&id) {
            return Err(Refusal::Invalid { why: format!("record {id} was there before: ids are used once") });
        }
        Ok(())
    }

    /// The rule for an edit, `under` being ascending: what others hold is theirs; what the author holds under a lock that they knew of is
    /// theirs to change; anything else must be as they saw it, but for what they did themselves.
    fn may_change(
        &self,
        session: SessionId,
        root: SessionId,
        ids: &[RecordId],
        seen: Seq,
        under: &[Token],
    ) -> Result<(), Refusal> {
        let (mut held, mut lost, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        for &id in ids {
            let stale = self.changed_by_others(id, root) > seen;
            match self.shared.locks.get(&id) {
                Some(holding) if holding.session != session => held.push((id, *holding)),
                Some(holding) if stale && under.binary_search(&holding.token).is_err() => lost.push(id),
                None if stale => changed.push(id),
                _ => {}
            }
        }
        if !held.is_empty() {
            let free = ids.iter().copied().filter(|id| held.iter().all(|(other, _)| other != id)).collect();
            return Err(Refusal::Held { by: gather(held), free });
        }
        if !lost.is_empty() {
            return Err(Refusal::LockLost { ids: lost });
        }
        if let Some(&first) = changed.first() {
            let version = self.versions.get(&first);
            let by = version.filter(|version| version.by != root).and_then(|version| self.latest_of(version.by));
            return Err(Refusal::Changed { ids: changed, by, at: self.changed_by_others(first, root) });
        }
        Ok(())
    }

    /// The latest session of a lineage: whom people know it as.
    fn latest_of(&self, root: SessionId) -> Option<SessionId> {
        self.lineages.get(&root).and_then(|lineage| lineage.sessions.last().copied())
    }
}

pub(super) fn store(event: Event) -> Result<Decision, Refusal> {
    Ok(Decision::Store(event))
}

pub(super) fn within(limit: &str, max: u32, asked: usize) -> Result<(), Refusal> {
    let (max, asked) = (u64::from(max), asked as u64);
    if asked > max { Err(Refusal::Limit { limit: limit.into(), max, asked }) } else { Ok(()) }
}

/// How many records an op names; a part of a batch that names none counts as one.
pub(super) fn size(op: &Op) -> usize {
    match op {
        Op::New(records) | Op::Change(records) => records.len(),
        Op::Remove(ids) | Op::Unmint(ids) => ids.len(),
        Op::Translate { ids, .. } => ids.len(),
        Op::Mint(handles) => handles.len(),
        Op::Batch(ops) => ops.iter().map(|op| size(op).max(1)).sum(),
    }
}

/// How many records a request names.
pub(crate) fn request_size(request: &Request) -> usize {
    match request {
        Request::Lock { ids, .. } | Request::Unlock { ids } | Request::HandOver { ids } => ids.len(),
        Request::Withdraw { .. } | Request::Decline { .. } | Request::CallOff { .. } => 1,
        Request::Edit { op, .. } => size(op),
        Request::Undo { entries } => entries.len(),
        Request::Grant { .. } | Request::Override { .. } | Request::Rename { .. } => 1,
        Request::SetRole { .. } | Request::Remove { .. } | Request::Ban { .. } | Request::LiftBan { .. } => 1,
    }
}

/// Whether an op gives or takes handles anywhere in it.
fn mints(op: &Op) -> bool {
    match op {
        Op::Mint(_) | Op::Unmint(_) => true,
        Op::Batch(ops) => ops.iter().any(mints),
        _ => false,
    }
}

/// The records that an op names, in contrast to those that follow them.
pub(crate) fn named(op: &Op) -> BTreeSet<RecordId> {
    let mut ids = BTreeSet::new();
    name_all(op, &mut ids);
    ids
}

fn name_all(op: &Op, ids: &mut BTreeSet<RecordId>) {
    match op {
        Op::New(records) | Op::Change(records) => ids.extend(records.iter().map(Record::id)),
        Op::Remove(gone) | Op::Unmint(gone) => ids.extend(gone),
        Op::Translate { ids: moved, .. } => ids.extend(moved.iter().map(|id| RecordId::from(*id))),
        Op::Mint(handles) => ids.extend(handles.iter().map(|(id, _)| *id)),
        Op::Batch(ops) => ops.iter().for_each(|op| name_all(op, ids)),
    }
}
