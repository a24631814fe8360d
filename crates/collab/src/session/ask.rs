//! What a person does: edits, locks, undos, and what of it goes out.

use drawing::{Op, RecordId};
use protocol::{ClientMessage, ClientSeq, Hash, Millis, Presence, Seq};

use super::changes::{Changes, NothingToUndo, RedoError, Status, SubmitError, Undoing};
use super::pending::{Pending, PendingEdit, Wish};
use super::{Session, Step, WAITING_MAX};
use crate::room::{encoded_bytes, is_said, named};
use crate::shared::gather;

/// Bytes of a token in a message.
const TOKEN_BYTES_MAX: usize = 9;
/// Bytes of what an entry says besides its op.
const AROUND_OP_BYTES: usize = 1 << 10;

impl Session {
    /// Changes the drawing: at once on the screen, for everybody when the room has stored it. What the room would
    /// surely refuse is refused here, and changes nothing.
    pub fn submit(&mut self, op: Op) -> Result<Changes, SubmitError> {
        let (Some(facts), Some(confirmed)) = (&self.facts, &self.confirmed) else { return Err(SubmitError::NotReady) };
        if matches!(self.status, Status::Ended { retry: false, .. }) {
            return Err(SubmitError::NotReady);
        }
        if !(facts.role.may_edit() || facts.role.may_comment() && is_said(&op, &self.shown)) {
            return Err(SubmitError::NotAllowed(facts.role));
        }
        if self.pending.len() + self.drafts.len() >= WAITING_MAX {
            return Err(SubmitError::TooManyWaiting(self.pending.len() + self.drafts.len()));
        }
        let (me, seen) = (facts.session, confirmed.position.seq);
        let held = named(&op).into_iter().filter_map(|id| confirmed.locks.get(&id).map(|holding| (id, *holding)));
        let (own, others): (Vec<_>, Vec<_>) = held.partition(|(_, holding)| holding.session == me);
        let mint = matches!(op, Op::Mint(_));
        if !others.is_empty() && !mint {
            return Err(SubmitError::Held { by: gather(others) });
        }
        // What one holds nobody else changes meanwhile, and what one made nobody else has.
        let open = |id: &RecordId| confirmed.drawing.get(*id).is_some() && !self.is_mine(*id);
        if self.status == Status::Reconnecting && !mint {
            let ids: Vec<_> = named(&op).into_iter().filter(open).collect();
            if !ids.is_empty() {
                return Err(SubmitError::Apart { ids });
            }
        }
        let bytes = encoded_bytes(&op) + TOKEN_BYTES_MAX * own.len() + AROUND_OP_BYTES;
        let max = facts.limits.entry_bytes_max();
        if bytes > max {
            return Err(SubmitError::TooLarge { bytes, max });
        }
        let touched = self.shown.apply(&op)?.touched;
        let mut changes = Changes::default();
        if touched.is_empty() {
            return Ok(changes);
        }
        changes.ids.extend(&touched);
        let mut under: Vec<_> = own.iter().map(|(_, holding)| holding.token).collect();
        under.sort_unstable();
        under.dedup();
        let client_seq = self.wish(Wish::Edit(PendingEdit { op, seen, under, shown: true, touched }));
        if !mint {
            self.steps.undo.push(Step::Waiting(client_seq));
            self.steps.redo.clear();
        }
        Ok(changes)
    }

    /// Asks to hold records. Those already held or asked for are left out.
    pub fn lock(&mut self, ids: Vec<RecordId>) {
        let ids: Vec<_> = ids.into_iter().filter(|id| !self.is_mine(*id) && !self.is_asked(*id)).collect();
        self.intend(ids, true);
    }

    /// Lets records go, also those that are asked for.
    pub fn unlock(&mut self, ids: Vec<RecordId>) {
        let ids: Vec<_> = ids.into_iter().filter(|id| self.is_mine(*id) || self.is_asked(*id)).collect();
        self.intend(ids, false);
    }

    /// Lets everything go.
    pub fn unlock_all(&mut self) {
        let asked = self.intents.iter().filter(|(_, (hold, _))| *hold).map(|(id, _)| *id);
        let ids = self.locks().map(|(id, _)| id).chain(asked).collect();
        self.unlock(ids);
    }

    fn intend(&mut self, mut ids: Vec<RecordId>, hold: bool) {
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() || self.facts.is_none() {
            return;
        }
        let most = self.limits().records_max.max(1) as usize;
        for some in ids.chunks(most) {
            let wish = if hold { Wish::Lock(some.to_vec()) } else { Wish::Unlock(some.to_vec()) };
            let client_seq = self.wish(wish);
            self.intents.extend(some.iter().map(|id| (*id, (hold, client_seq))));
        }
    }

    /// Gives the drawing another name for people, as an owner; refused to anybody else.
    pub fn rename(&mut self, title: String) {
        if self.facts.is_some() {
            self.wish(Wish::Rename(title));
        }
    }

    /// Takes one's last edit back. What it changes is shown when the room has done it.
    pub fn undo(&mut self) -> Result<Changes, NothingToUndo> {
        let step = self.steps.undo.pop().ok_or(NothingToUndo)?;
        // What never went out is taken back here: nobody else has to know.
        match self.take_unsent(&step) {
            Some(Wish::Edit(edit)) => {
                self.steps.redo.push(Step::Local(edit.op));
                return Ok(self.rebuild(edit.touched));
            }
            Some(Wish::Undo { of, .. }) => {
                self.steps.redo.push(of);
                return Ok(Changes::default());
            }
            _ => {}
        }
        let client_seq = self.wish(Wish::Undo { of: step, redo: false });
        self.steps.redo.push(Step::Waiting(client_seq));
        Ok(Changes::default())
    }

    /// Redoes what one took back last. What can't be redone now can be later.
    pub fn redo(&mut self) -> Result<Changes, RedoError> {
        match self.steps.redo.pop().ok_or(RedoError::Nothing)? {
            Step::Local(op) => {
                let rest = std::mem::take(&mut self.steps.redo);
                let changes = self.submit(op.clone());
                self.steps.redo = rest;
                if changes.is_err() {
                    self.steps.redo.push(Step::Local(op));
                }
                changes.map_err(RedoError::Refused)
            }
            step => {
                if let Some(Wish::Undo { of, .. }) = self.take_unsent(&step) {
                    self.steps.undo.push(of);
                    return Ok(Changes::default());
                }
                let client_seq = self.wish(Wish::Undo { of: step, redo: true });
                self.steps.undo.push(Step::Waiting(client_seq));
                Ok(Changes::default())
            }
        }
    }

    /// What the next [`Session::undo`] takes back; none where there is nothing.
    pub fn next_undo(&self) -> Option<Undoing<'_>> {
        self.undoing(self.steps.undo.last()?)
    }

    /// What the next [`Session::redo`] brings back; none where there is nothing.
    pub fn next_redo(&self) -> Option<Undoing<'_>> {
        self.undoing(self.steps.redo.last()?)
    }

    fn undoing<'a>(&'a self, step: &'a Step) -> Option<Undoing<'a>> {
        let mut step = step;
        // An undo that waits is of something that may wait too.
        for _ in 0..WAITING_MAX {
            match step {
                Step::Stored(seq) => return Some(Undoing::Entry(*seq)),
                Step::Local(op) => return Some(Undoing::Op(op)),
                Step::Waiting(of) => match &self.pending.iter().find(|pending| pending.client_seq == *of)?.wish {
                    Wish::Edit(edit) => return Some(Undoing::Op(&edit.op)),
                    Wish::Undo { of, .. } => step = of,
                    _ => return None,
                },
            }
        }
        None
    }

    /// Takes an edit or an undo out of what waits, if it was never sent.
    fn take_unsent(&mut self, step: &Step) -> Option<Wish> {
        let Step::Waiting(of) = *step else { return None };
        let at = self.pending.iter().position(|each| each.client_seq == of && !each.ever_sent)?;
        self.pending.remove(at).map(|pending| pending.wish)
    }

    /// Takes `n` ids for what one makes; more are asked for in time. None while there aren't as many.
    pub fn take_ids(&mut self, n: usize) -> Option<Vec<RecordId>> {
        let asked = self.pending.iter().any(|pending| matches!(pending.wish, Wish::Grant(_)));
        if !asked
            && self.facts.is_some()
            && self.role().may_comment()
            && let Some(len) = self.ids.wanted(n, self.limits().records_max)
        {
            self.wish(Wish::Grant(len));
        }
        self.ids.take(n)
    }

    /// What one shows of oneself from here on.
    pub fn set_presence(&mut self, presence: Presence) {
        if self.my_presence.as_ref() != Some(&presence) {
            self.my_presence = Some(presence);
            self.presence_due = true;
        }
    }

    /// Asks for a blob of the log; it comes as [`super::Notice::Blob`].
    pub fn request_blob(&mut self, hash: Hash) {
        self.blobs.entry(hash).or_default();
    }

    /// Leaves the room: the last thing to go out.
    pub fn leave(&mut self) {
        self.outbox.push(ClientMessage::Leave);
    }

    pub(super) fn wish(&mut self, wish: Wish) -> ClientSeq {
        let client_seq = self.next;
        self.next = ClientSeq(client_seq.0.next());
        self.pending.push_back(Pending { client_seq, wish, sent: false, ever_sent: false, stored: false });
        client_seq
    }

    /// What is to be sent now, in order. To be asked often: after each call that may have changed something, and
    /// every few milliseconds while presence is due.
    pub fn take_outgoing(&mut self, now: Millis) -> Vec<ClientMessage> {
        let welcomed = matches!(self.status, Status::Live | Status::Joining { .. }) && self.facts.is_some();
        if !welcomed {
            return Vec::new();
        }
        let mut out = Vec::new();
        self.take_asks(&mut out);
        for (hash, blob) in self.blobs.iter_mut().filter(|(_, blob)| !blob.sent) {
            blob.sent = true;
            out.push(ClientMessage::Blob { hash: *hash });
        }
        out.append(&mut self.outbox);
        let limits = self.limits();
        let pause_ms = 1_000 / Millis::from(limits.presence_hz_max.max(1));
        if self.presence_due
            && now >= self.presence_at + pause_ms
            && let Some(presence) = &self.my_presence
        {
            out.push(ClientMessage::Presence(presence.clone()));
            self.presence_due = false;
            self.presence_at = now;
        }
        if out.is_empty() && now >= self.sent_at + Millis::from(limits.heartbeat_ms) {
            out.push(ClientMessage::Heartbeat);
        }
        if !out.is_empty() {
            self.sent_at = now;
        }
        out
    }

    fn take_asks(&mut self, out: &mut Vec<ClientMessage>) {
        let floor = self.floor();
        let in_flight = self.pending.iter().filter(|pending| pending.sent).count();
        let more = (self.limits().in_flight_max as usize).saturating_sub(in_flight);
        for pending in self.pending.iter_mut().filter(|pending| !pending.sent && !pending.stored).take(more) {
            // Order is kept: what can't go yet holds up what comes after it.
            let Some(request) = pending.request() else { break };
            pending.sent = true;
            pending.ever_sent = true;
            out.push(ClientMessage::Ask { client_seq: pending.client_seq, floor, request });
        }
    }

    /// The last request before the first that has no answer.
    fn floor(&self) -> ClientSeq {
        let first_open = self.pending.front().map_or(self.next, |pending| pending.client_seq);
        ClientSeq(Seq(first_open.0.0.saturating_sub(1)))
    }
}
