//! Coming in: the first time, again after a break, and again in place when what one has turned out wrong.

use drawing::{Drawing, RecordId};
use imbl::OrdMap;
use protocol::{Refusal, SessionId, Welcome};

use super::changes::{Changes, Draft, Notice, SessionError, Status};
use super::pending::Wish;
use super::{Facts, Joining, Session, Step};
use crate::claims::Claims;
use crate::shared::{Holding, Member, Shared};

impl Session {
    pub(super) fn welcome(&mut self, welcome: Box<Welcome>) -> Result<Changes, SessionError> {
        if welcome.version == 0 || welcome.version > protocol::VERSION {
            return Err(SessionError::Version(welcome.version));
        }
        if self.joining.is_some() || self.status == Status::Live && !self.refreshing {
            return Err(SessionError::NotDue("a welcome"));
        }
        let before = self.confirmed.as_ref().map(|confirmed| confirmed.position);
        if !welcome.snapshot && before.is_none_or(|before| before.log != welcome.position.log) {
            return Err(SessionError::NotDue("a welcome without a snapshot"));
        }
        let resumed = self.me() == Some(welcome.session);
        let mut changes = Changes::default();
        if !welcome.carries_on {
            self.forget_past(&mut changes);
        }
        self.mine.insert(welcome.session);
        self.epoch = self.epoch.max(welcome.epoch);
        self.facts = Some(Facts {
            session: welcome.session,
            epoch: welcome.epoch,
            role: welcome.role,
            title: welcome.title.clone(),
            source: welcome.source,
            original: welcome.original,
            durability: welcome.durability,
            limits: welcome.limits,
            bans: welcome.bans.iter().map(|ban| (ban.seq, ban.clone())).collect(),
        });
        match self.before.take() {
            // Which of them the earlier run has used is not known.
            Some(_) => welcome.ids.iter().for_each(|range| self.ids.leave_out(*range)),
            None => welcome.ids.iter().for_each(|range| self.ids.grant(*range)),
        }
        self.settle_pending(&welcome, &mut changes);
        self.set_steps(&welcome);
        self.offline = welcome.people.iter().filter(|each| !each.connected).map(|each| each.session).collect();
        self.refreshing = false;
        self.saving_paused = None;
        self.status = Status::Joining { received: 0, pieces: 0 };
        self.joining = Some(Joining { welcome, resumed, reader: Default::default(), received: 0 });
        changes.extend(self.finish_catching_up());
        Ok(changes)
    }

    /// The room knows nothing of what one was: requests without an answer may or may not be in the log, so that none
    /// may be asked again.
    fn forget_past(&mut self, changes: &mut Changes) {
        self.mine.clear();
        self.intents.clear();
        self.ids = Default::default();
        let mut touched = Vec::new();
        for pending in std::mem::take(&mut self.pending) {
            if let Wish::Edit(edit) = pending.wish {
                touched.extend(edit.touched);
                let why = "the room no longer knows whether it stored this edit before the connection broke".into();
                let refusal = Refusal::Unavailable { why };
                self.drafts.push(Draft { op: edit.op, refusal: refusal.clone() });
                changes.notices.push(Notice::Refused { client_seq: pending.client_seq, draft: true, refusal });
            }
        }
        changes.extend(self.rebuild(touched));
    }

    /// What the welcome names is stored; what it doesn't name isn't, and is asked again in the same order. But what
    /// comes before something that is stored was refused, since the room decides in order.
    fn settle_pending(&mut self, welcome: &Welcome, changes: &mut Changes) {
        for pending in &mut self.pending {
            pending.stored = welcome.stored.iter().any(|(request, _)| *request == pending.client_seq);
            if let Wish::Undo { of, .. } = &mut pending.wish
                && let Step::Waiting(request) = *of
                && let Some((_, seq)) = welcome.stored.iter().find(|(each, _)| *each == request)
            {
                *of = Step::Stored(*seq);
            }
        }
        let lost = |floor| move |pending: &&super::Pending| !pending.stored && pending.client_seq <= floor;
        let forgotten: Vec<_> =
            self.pending.iter().filter(lost(welcome.floor)).map(|pending| pending.client_seq).collect();
        for request in forgotten {
            let why = "the room no longer knows whether it stored this edit".into();
            changes.extend(self.refused(request, Refusal::Unavailable { why }));
        }
        let highest = welcome.stored.iter().map(|(request, _)| *request).max().unwrap_or_default();
        let turned_down = |pending: &&super::Pending| !pending.stored && pending.client_seq < highest;
        let turned_down: Vec<_> = self
            .pending
            .iter()
            .filter(turned_down)
            .map(|pending| (pending.client_seq, self.is_so(&pending.wish)))
            .collect();
        for (request, is_so) in turned_down {
            if is_so {
                self.take_pending(request);
                continue;
            }
            let why = "the room refused this before the connection broke, and its reason was lost with that".into();
            changes.extend(self.refused(request, Refusal::Unavailable { why }));
        }
    }

    /// Whether what is wished for has nothing left to ask: the room's answer was that it is so already, or it is asked
    /// for anew when it is needed.
    fn is_so(&self, wish: &Wish) -> bool {
        match wish {
            Wish::Lock(ids) => ids.iter().all(|id| self.holder(*id).map(|holding| holding.session) == self.me()),
            Wish::Unlock(_) | Wish::Grant(_) => true,
            Wish::Override(token, of) => self.locks().all(|(_, lock)| lock.token != *token || lock.session != *of),
            Wish::Ask(ids) => {
                let waits = |id: &RecordId| self.my_waits().any(|wait| wait.ids.contains(id));
                ids.iter().all(|id| self.is_mine(*id) || waits(id))
            }
            Wish::Withdraw(wait) => self.my_waits().all(|each| each.wait != *wait),
            Wish::HandOver(_) | Wish::Decline(_) | Wish::CallOff(..) => true,
            Wish::Rename(title) => self.title() == title,
            Wish::OfPerson(ask) => self.is_so_of_person(ask),
            Wish::Edit(_) | Wish::Undo { .. } => false,
        }
    }

    /// The stacks as the room has them, with what waits on top.
    fn set_steps(&mut self, welcome: &Welcome) {
        self.steps.undo = welcome.undoable.iter().map(|seq| Step::Stored(*seq)).collect();
        self.steps.redo = welcome.redoable.iter().map(|seq| Step::Stored(*seq)).collect();
        for pending in self.pending.iter().filter(|pending| !pending.stored) {
            let waiting = Step::Waiting(pending.client_seq);
            match &pending.wish {
                Wish::Edit(edit) if !matches!(edit.op, drawing::Op::Mint(_)) => {
                    self.steps.undo.push(waiting);
                    self.steps.redo.clear();
                }
                Wish::Undo { of, redo } => {
                    let (from, to) = if *redo {
                        (&mut self.steps.redo, &mut self.steps.undo)
                    } else {
                        (&mut self.steps.undo, &mut self.steps.redo)
                    };
                    from.retain(|step| step != of);
                    to.push(waiting);
                }
                _ => {}
            }
        }
    }

    pub(super) fn snapshot_piece(&mut self, piece: u32, pieces: u32, more: &[u8]) -> Result<Changes, SessionError> {
        let joining = self.joining.as_mut().filter(|joining| joining.welcome.snapshot);
        let joining = joining.ok_or(SessionError::NotDue("a piece of a snapshot"))?;
        if piece != joining.received || piece >= pieces {
            return Err(SessionError::Piece { what: "the drawing", expected: joining.received, found: piece });
        }
        let failed = |error: protocol::SnapshotError| SessionError::Snapshot(error.to_string());
        let come = joining.reader.push(more).map_err(failed)?;
        joining.received += 1;
        let (received, so_far) = (joining.received, joining.reader.so_far().cloned());
        if received < pieces {
            return Ok(self.arriving(received, pieces, so_far, come));
        }
        let drawing = std::mem::take(&mut joining.reader).finish().map_err(failed)?;
        self.join_with(drawing)
    }

    /// Some of the drawing has come: it is shown where there is no other one to show.
    pub(super) fn arriving(
        &mut self,
        received: u32,
        pieces: u32,
        so_far: Option<Drawing>,
        come: Vec<drawing::RecordId>,
    ) -> Changes {
        self.status = Status::Joining { received, pieces };
        let mut changes = Changes::default();
        if self.confirmed.is_none()
            && let Some(so_far) = so_far
        {
            self.shown = so_far;
            // What was shown before is of an attempt that broke off.
            changes.whole = received == 1;
            changes.ids.extend(come);
        }
        changes
    }

    /// The drawing of the welcome, whole: what pieces of a snapshot come to.
    pub(super) fn join_with(&mut self, drawing: Drawing) -> Result<Changes, SessionError> {
        let joining = self.joining.take().filter(|joining| joining.welcome.snapshot);
        let Joining { welcome, resumed, .. } = joining.ok_or(SessionError::NotDue("a drawing"))?;
        let member = |person: &protocol::Person| {
            let protocol::Person { client, name, color, role, epoch, .. } = person;
            (person.session, Member { client: *client, name: name.clone(), color: *color, role: *role, epoch: *epoch })
        };
        let mut locks = OrdMap::new();
        for held in &welcome.locks {
            let holding = Holding { session: held.session, token: held.token, since_ms: held.since_ms };
            locks.extend(held.ids.iter().map(|id| (*id, holding)));
        }
        let claims = Claims::of(welcome.waits.clone(), welcome.countdowns.clone());
        let members = welcome.people.iter().map(member).collect();
        self.confirmed = Some(Shared { position: welcome.position, drawing, members, locks, claims });
        self.spoilt = false;
        let stored = self.drop_stored(&welcome);
        self.status = Status::Live;
        self.refresh_people();
        let mut changes = self.rebuild(Vec::new());
        changes.whole = true;
        changes.notices.push(Notice::Welcomed { resumed });
        changes.notices.extend(stored);
        Ok(changes)
    }

    /// What the welcome called stored is in the snapshot.
    fn drop_stored(&mut self, welcome: &Welcome) -> Vec<Notice> {
        let mut notices = Vec::new();
        for &(client_seq, seq) in &welcome.stored {
            self.steps.stored(client_seq, seq);
            if self.take_pending(client_seq).is_some() {
                notices.push(Notice::Stored { client_seq, seq });
            }
        }
        notices
    }

    /// One who resumes is in when the entries up to the welcome's position have come.
    pub(super) fn finish_catching_up(&mut self) -> Changes {
        let here = self.confirmed.as_ref().map(|confirmed| confirmed.position.seq);
        let there = |joining: &mut Joining| !joining.welcome.snapshot && Some(joining.welcome.position.seq) <= here;
        let Some(joining) = self.joining.take_if(there) else { return Changes::default() };
        self.status = Status::Live;
        self.refresh_people();
        let notices = vec![Notice::Welcomed { resumed: joining.resumed }, Notice::Locks];
        Changes { notices, ..Changes::default() }
    }

    pub(super) fn refresh_people(&mut self) {
        let Some(confirmed) = &self.confirmed else { return };
        let offline = &self.offline;
        let mut people = confirmed.people(|session: SessionId| !offline.contains(&session));
        crate::words::tell_apart(&mut people);
        self.people = people.into_iter().map(|person| (person.session, person)).collect();
        self.presences.retain(|session, _| self.people.get(session).is_some_and(|person| person.connected));
    }
}
