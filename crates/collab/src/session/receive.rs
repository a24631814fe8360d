//! What a server says, and what it makes of the session.

use drawing::{Drawing, RecordId};
use protocol::{
    Answer, ClientSeq, Ended, Entry, Event, Hash, Millis, Mismatch, Presence, Refusal, ServerMessage, SessionId, Told,
};

use super::changes::{Changes, Draft, Notice, SessionError, Status};
use super::pending::{Pending, Wish};
use super::{Session, Step};
use crate::shared::Applied;

/// Pieces of a blob or snapshot in all.
const PIECES_MAX: u32 = 1 << 20;

impl Session {
    /// Takes in a message. After an error the connection is of no more use: the app closes it and connects again.
    pub fn receive(&mut self, now: Millis, message: ServerMessage) -> Result<Changes, SessionError> {
        self.heard_at = now;
        match message {
            ServerMessage::Welcome(welcome) => self.welcome(welcome),
            ServerMessage::Snapshot { piece, pieces, bytes } => self.snapshot_piece(piece, pieces, &bytes),
            ServerMessage::Entries(entries) => self.entries(entries),
            // Whoever has the connection joins them.
            ServerMessage::Part(_) => Err(SessionError::NotDue("a part of a message")),
            ServerMessage::Answer { client_seq, answer } => Ok(self.answer(client_seq, answer)),
            ServerMessage::Presence(latest) => Ok(self.show(latest)),
            ServerMessage::Connected { session, connected } => Ok(self.note_connected(session, connected)),
            ServerMessage::Blob { hash, piece, pieces, bytes } => self.blob_piece(hash, piece, pieces, &bytes),
            ServerMessage::Check { seq, drawing } => {
                let wrong_at = |here: &&crate::Shared| here.position.seq == seq && here.drawing.hash() != drawing;
                let wrong = self.confirmed.as_ref().filter(|_| !self.refreshing && self.joining.is_none());
                let Some(wrong) = wrong.filter(wrong_at) else { return Ok(Changes::default()) };
                let mismatch = Mismatch { at: wrong.position, here: wrong.drawing.hash(), there: drawing };
                self.outbox.push(protocol::ClientMessage::Mismatch(mismatch));
                self.refreshing = true;
                self.spoilt = true;
                self.outbox.push(protocol::ClientMessage::Refresh);
                Ok(notice(Notice::Mismatch { seq }))
            }
            ServerMessage::Saving { paused, why } => {
                self.saving_paused = paused.then_some(why);
                Ok(notice(Notice::Saving { paused }))
            }
            // Only who asked to watch is told.
            ServerMessage::Overview(_) | ServerMessage::Heartbeat => Ok(Changes::default()),
            ServerMessage::Bye { why, retry } => {
                self.status = Status::Ended { why, retry };
                Ok(Changes::default())
            }
        }
    }

    /// Takes in the drawing of a welcome as it is, within one process, instead of pieces of a snapshot.
    pub fn receive_drawing(&mut self, now: Millis, drawing: Drawing) -> Result<Changes, SessionError> {
        self.heard_at = now;
        self.join_with(drawing)
    }

    /// Takes in what has come of the drawing of a welcome, where its pieces are read elsewhere: so many pieces of how many,
    /// and which records are new with them. The whole follows by [`Session::receive_drawing`].
    pub fn receive_arriving(
        &mut self,
        now: Millis,
        (received, pieces): (u32, u32),
        so_far: Drawing,
        come: Vec<RecordId>,
    ) -> Result<Changes, SessionError> {
        self.heard_at = now;
        if self.joining.as_ref().is_none_or(|joining| !joining.welcome.snapshot) {
            return Err(SessionError::NotDue("a part of a drawing"));
        }
        Ok(self.arriving(received, pieces, Some(so_far), come))
    }

    fn entries(&mut self, entries: Vec<Told>) -> Result<Changes, SessionError> {
        if self.joining.as_ref().is_some_and(|joining| joining.welcome.snapshot) {
            return Err(SessionError::NotDue("an entry"));
        }
        let mut changes = Changes::default();
        for told in entries {
            if self.confirmed.as_ref().is_some_and(|confirmed| told.seq <= confirmed.position.seq) {
                continue;
            }
            changes.extend(self.entry(&told)?);
        }
        changes.extend(self.finish_catching_up());
        Ok(changes)
    }

    fn entry(&mut self, told: &Told) -> Result<Changes, SessionError> {
        let confirmed = self.confirmed.as_mut().ok_or(SessionError::NotDue("an entry"))?;
        let gone = if let Event::Gone { session, .. } = told.entry.event {
            self.people.get(&session).map(|person| protocol::Person { connected: false, ..person.clone() })
        } else {
            None
        };
        let claims = confirmed.claims.clone();
        let applied = confirmed.apply(told)?;
        let claims_changed = !confirmed.claims.is_same(&claims);
        let mine = |session| self.mine.contains(&session);
        let author = told.entry.author.as_ref().filter(|author| mine(author.session));
        let request = author.map(|author| author.client_seq);
        let mut changes = self.note_event(&told.entry, told, gone, &applied);
        self.note_claims(&told.entry.event, told.seq, &claims, &applied, &mut changes);
        if claims_changed {
            changes.notices.push(Notice::Claims);
        }
        let pending = request.and_then(|request| self.take_pending(request));
        if let Some(request) = request {
            self.steps.stored(request, told.seq);
            changes.notices.push(Notice::Stored { client_seq: request, seq: told.seq });
        }
        if let Event::Edited { op, undoes, .. } = &told.entry.event {
            if request.is_some() {
                self.note_own_edit(told, undoes, &applied, &mut changes);
            }
            changes.extend(self.show_edit(op, pending, applied.touched));
        }
        Ok(changes)
    }

    pub(super) fn take_pending(&mut self, request: ClientSeq) -> Option<Pending> {
        self.intents.retain(|_, (_, each)| *each != request);
        let at = self.pending.iter().position(|pending| pending.client_seq == request)?;
        // A waiting undo of it can be asked for once its seq is known; `Session::entry` does that by `stored`.
        self.pending.remove(at)
    }

    fn note_event(&mut self, entry: &Entry, told: &Told, gone: Option<protocol::Person>, applied: &Applied) -> Changes {
        let mut changes = Changes::default();
        if !applied.relocked.is_empty() {
            changes.notices.push(Notice::Locks);
        }
        match &entry.event {
            Event::Joined { .. } => {
                let session = SessionId(told.seq);
                self.offline.remove(&session);
                self.refresh_people();
                changes.notices.extend(self.people.get(&session).cloned().map(Notice::Joined));
            }
            Event::Resumed { session, epoch } => {
                self.offline.remove(session);
                if let Some(facts) = self.facts.as_mut().filter(|facts| facts.session == *session) {
                    facts.epoch = facts.epoch.max(*epoch);
                    self.epoch = self.epoch.max(*epoch);
                }
                self.refresh_people();
                changes.notices.push(Notice::People);
            }
            Event::RoleChanged { .. } | Event::Banned { .. } | Event::BanLifted { .. } => {
                self.note_owners_word(told, &mut changes);
            }
            Event::Gone { session, why: Ended::Removed { by }, .. } if self.me() == Some(*session) => {
                let by = self.name_of(*by);
                self.put_out(by, false, &mut changes);
            }
            Event::Gone { session, why, .. } => {
                self.offline.remove(session);
                self.refresh_people();
                changes.notices.extend(gone.map(|person| Notice::Left(person, *why)));
            }
            Event::Locked { session, ids } if self.me() == Some(*session) => {
                changes.notices.push(Notice::Granted { ids: ids.clone() });
            }
            Event::Unlocked { session, ids, lapsed: true, .. } if self.me() == Some(*session) => {
                changes.notices.push(Notice::Lapsed { ids: ids.clone() });
            }
            Event::Unlocked { session, ids, overridden_by: Some(owner), .. } if self.me() == Some(*session) => {
                changes.notices.push(Notice::Overridden { ids: ids.clone(), by: *owner });
            }
            Event::Renamed { title, .. } => {
                if let Some(facts) = &mut self.facts {
                    facts.title.clone_from(title);
                }
                changes.notices.push(Notice::Renamed { title: title.clone() });
            }
            Event::Granted { session, ids } if self.mine.contains(session) => self.ids.grant(*ids),
            _ => {}
        }
        changes
    }

    fn note_own_edit(&mut self, told: &Told, undoes: &[protocol::Seq], applied: &Applied, changes: &mut Changes) {
        self.steps.note_touched(told.seq, &applied.touched);
        for pending in &mut self.pending {
            if let (Wish::Undo { of, .. }, Some(author)) = (&mut pending.wish, &told.entry.author)
                && *of == Step::Waiting(author.client_seq)
            {
                *of = Step::Stored(told.seq);
            }
        }
        if !undoes.is_empty() {
            let left = self.steps.left_alone(undoes, &applied.touched);
            changes.notices.push(Notice::Undone { seq: told.seq, left });
        }
    }

    /// Brings a confirmed edit to the shown drawing. `own` is the pending request that it answers.
    fn show_edit(&mut self, op: &drawing::Op, own: Option<Pending>, touched: Vec<RecordId>) -> Changes {
        // The room answers in the order in which it was asked: what was shown and is now confirmed changes nothing,
        // unless something before it is about to be refused, or what others did meanwhile followed it: a comment on what
        // it erased.
        let as_shown = own.as_ref().is_some_and(|own| {
            let later = |each: &Pending| each.edit().is_none() || each.client_seq > own.client_seq;
            own.edit().is_some_and(|edit| edit.shown && edit.op == *op && edit.touched == touched)
                && self.pending.iter().all(later)
        });
        if as_shown {
            return Changes::default();
        }
        if self.pending.iter().all(|pending| pending.edit().is_none()) {
            // Nothing waits: what is confirmed is what is shown.
            if let Some(confirmed) = &self.confirmed {
                self.shown = confirmed.drawing.clone();
            }
            return touching(
                touched.into_iter().chain(own.and_then(Pending::into_touched).into_iter().flatten()).collect(),
            );
        }
        if own.is_some() {
            return self.rebuild(touched);
        }
        let apart = |pending: &Pending| {
            pending
                .edit()
                .is_none_or(|edit| edit.shown && edit.touched.iter().all(|id| touched.binary_search(id).is_err()))
        };
        if self.pending.iter().all(apart) && self.shown.apply(op).is_ok_and(|outcome| outcome.touched == touched) {
            return touching(touched);
        }
        self.rebuild(touched)
    }

    /// Puts what waits on top of what is confirmed, and says what may be different by that: all that waits and
    /// `also`.
    pub(super) fn rebuild(&mut self, also: Vec<RecordId>) -> Changes {
        let mut changes = touching(also);
        let Some(confirmed) = &self.confirmed else { return changes };
        let mut shown = confirmed.drawing.clone();
        for pending in &mut self.pending {
            let Wish::Edit(edit) = &mut pending.wish else { continue };
            changes.ids.extend(&edit.touched);
            match shown.apply(&edit.op) {
                Ok(outcome) => {
                    edit.touched = outcome.touched;
                    edit.shown = true;
                    changes.ids.extend(&edit.touched);
                }
                // The room will refuse it for the same reason, and then it is a draft.
                Err(_) => edit.shown = false,
            }
        }
        self.shown = shown;
        changes
    }

    fn answer(&mut self, request: ClientSeq, answer: Answer) -> Changes {
        match answer {
            // The entry came before its answer, unless it came with a snapshot.
            Answer::Stored { seq, .. } => {
                let mut changes = self.settled(request);
                if !changes.notices.is_empty() {
                    changes.notices = vec![Notice::Stored { client_seq: request, seq }];
                }
                self.steps.stored(request, seq);
                changes
            }
            Answer::Nothing => {
                let mut changes = self.settled(request);
                changes.notices.clear();
                self.steps.refused(request);
                changes
            }
            Answer::Refused(refusal) => self.refused(request, refusal),
        }
    }

    /// Takes a request out of what waits; has a notice exactly if it waited.
    fn settled(&mut self, request: ClientSeq) -> Changes {
        let Some(pending) = self.take_pending(request) else { return Changes::default() };
        let mut changes = Changes::default();
        if let Wish::Edit(edit) = pending.wish {
            changes = self.rebuild(edit.touched);
        }
        changes.notices.push(Notice::Locks);
        changes
    }

    pub(super) fn refused(&mut self, request: ClientSeq, refusal: Refusal) -> Changes {
        let Some(pending) = self.take_pending(request) else { return Changes::default() };
        self.steps.refused(request);
        let told = |draft, refusal| Notice::Refused { client_seq: request, draft, refusal };
        match pending.wish {
            Wish::Lock(ids) | Wish::Ask(ids) => notice(Notice::LockRefused { ids, refusal }),
            Wish::Edit(edit) => {
                let mut changes = self.rebuild(edit.touched);
                self.drafts.push(Draft { op: edit.op, refusal: refusal.clone() });
                changes.notices.push(told(true, refusal));
                self.drop_undos_of(request);
                changes
            }
            Wish::Undo { of, redo } => {
                if matches!(refusal, Refusal::Unavailable { .. } | Refusal::Limit { .. }) {
                    if redo { self.steps.redo.push(of) } else { self.steps.undo.push(of) }
                }
                self.drop_undos_of(request);
                notice(told(false, refusal))
            }
            Wish::Unlock(_)
            | Wish::Grant(_)
            | Wish::Withdraw(_)
            | Wish::HandOver(_)
            | Wish::Decline(_)
            | Wish::Override(..)
            | Wish::CallOff(..)
            | Wish::OfPerson(_)
            | Wish::Rename(_) => notice(told(false, refusal)),
        }
    }

    /// What was to take back a request that was refused has nothing to take back.
    fn drop_undos_of(&mut self, request: ClientSeq) {
        let mut refused = vec![request];
        while let Some(request) = refused.pop() {
            let depends =
                |each: &Pending| matches!(&each.wish, Wish::Undo { of: Step::Waiting(on), .. } if *on == request);
            refused.extend(self.pending.iter().filter(|each| depends(each)).map(|each| each.client_seq));
            self.pending.retain(|each| !depends(each));
            self.steps.refused(request);
        }
    }

    fn show(&mut self, latest: Vec<(SessionId, Presence)>) -> Changes {
        let me = self.me();
        let known = |session: &SessionId| Some(*session) != me && self.people.contains_key(session);
        let latest: Vec<_> = latest.into_iter().filter(|(session, _)| known(session)).collect();
        let sessions: Vec<_> = latest.iter().map(|(session, _)| *session).collect();
        self.presences.extend(latest);
        if sessions.is_empty() { Changes::default() } else { notice(Notice::Presence(sessions)) }
    }

    fn note_connected(&mut self, session: SessionId, connected: bool) -> Changes {
        if connected {
            self.offline.remove(&session);
        } else if self.people.contains_key(&session) {
            self.offline.insert(session);
        }
        self.refresh_people();
        notice(Notice::People)
    }

    fn blob_piece(&mut self, hash: Hash, piece: u32, pieces: u32, bytes: &[u8]) -> Result<Changes, SessionError> {
        let asked = self.blobs.get_mut(&hash).ok_or(SessionError::NotDue("a piece of a blob"))?;
        if pieces == 0 {
            self.blobs.remove(&hash);
            return Ok(notice(Notice::Blob { hash, bytes: None }));
        }
        if piece != asked.received || piece >= pieces || pieces > PIECES_MAX {
            return Err(SessionError::Piece { what: "a blob", expected: asked.received, found: piece });
        }
        asked.bytes.extend_from_slice(bytes);
        asked.received += 1;
        if asked.received < pieces {
            return Ok(Changes::default());
        }
        let bytes = std::mem::take(&mut asked.bytes);
        self.blobs.remove(&hash);
        if Hash::of(&bytes) != hash {
            return Err(SessionError::Blob(hash));
        }
        Ok(notice(Notice::Blob { hash, bytes: Some(bytes) }))
    }
}

fn notice(notice: Notice) -> Changes {
    Changes { notices: vec![notice], ..Changes::default() }
}

fn touching(ids: Vec<RecordId>) -> Changes {
    Changes { ids: ids.into_iter().collect(), ..Changes::default() }
}
