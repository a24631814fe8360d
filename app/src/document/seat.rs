//! What is kept of one's seat in somebody else's room, so that nothing one did there is lost with the program.

use collab::Status;
use protocol::{ClientSeq, Millis, SessionId};

use super::{Document, Home};
use crate::seats::{Kept, Seat, Writing};

/// What the room answers so soon, in milliseconds, need not be on this machine's disk.
const ANSWERED_SOON_MS: Millis = 1_000;

/// One's seat, and what of it is on the disk.
#[derive(Debug)]
pub(super) struct Seated {
    seat: Seat,
    written: Option<Mark>,
    /// Since when something waits for an answer.
    waits_since: Option<Millis>,
}

/// What tells one state of a seat from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    session: SessionId,
    waiting: usize,
    /// The first and the last request that wait.
    ends: Option<(ClientSeq, ClientSeq)>,
    drafts: u64,
}

impl Document {
    /// Sits down in a seat of its room; goes on with what was kept there.
    pub fn sit_down(&mut self, seat: Seat, kept: Option<Kept>, client: protocol::ClientId, name: String) {
        if let Some(Kept { ticket, undone, title, .. }) = kept {
            self.title = title;
            self.edited = ticket.waiting() > 0;
            let next = ClientSeq(super::first_request());
            self.session = collab::Session::restore(client, name, next, ticket);
            undone.into_iter().for_each(|each| self.drafts.push(each.op, each.what, each.why));
        }
        self.seated = Some(Seated { seat, written: None, waits_since: None });
    }

    /// Whether what one does here and the room has not is kept when the program ends.
    pub(super) fn is_seated(&self) -> bool {
        self.seated.is_some()
    }

    /// Whether it sits in the seat of this file.
    pub fn sits_in(&self, path: &std::path::Path) -> bool {
        self.seated.as_ref().is_some_and(|seated| seated.seat.path() == path)
    }

    /// What is to be written of the seat now; and in how many milliseconds to look again, where something may have to be
    /// written then.
    pub fn due_writing(&mut self, now: Millis) -> (Option<Writing>, Option<Millis>) {
        let Some(mark) = self.mark() else { return (None, None) };
        let live = *self.session.status() == Status::Live;
        let Some(seated) = &mut self.seated else { return (None, None) };
        let since = if mark.waiting == 0 { None } else { Some(seated.waits_since.unwrap_or(now)) };
        seated.waits_since = since;
        if seated.written == Some(mark) {
            return (None, None);
        }
        // Between two frames of somebody who draws with a good connection, hardly anything waits.
        let only_waits = seated.written.is_some_and(|written| {
            (written.session, written.drafts, written.waiting) == (mark.session, mark.drafts, 0)
        });
        let waited = since.map_or(0, |since| now.saturating_sub(since));
        if live && only_waits && mark.waiting > 0 && waited < ANSWERED_SOON_MS {
            return (None, Some(ANSWERED_SOON_MS - waited));
        }
        (self.writing(mark), None)
    }

    /// What is to be written before the program lets go of it; none where that is on the disk.
    pub fn last_writing(&mut self) -> Option<Writing> {
        let mark = self.mark()?;
        self.seated.as_ref().is_some_and(|seated| seated.written != Some(mark)).then(|| self.writing(mark)).flatten()
    }

    fn mark(&self) -> Option<Mark> {
        self.seated.as_ref()?;
        let session = self.session.me()?;
        let mut requests = self.session.waiting_requests();
        let first = requests.next();
        let last = requests.last().or(first);
        let (waiting, drafts) = (self.session.waiting(), self.drafts.revision());
        Some(Mark { session, waiting, ends: first.zip(last), drafts })
    }

    fn writing(&mut self, mark: Mark) -> Option<Writing> {
        let Home::Joined(address) = &self.home else { return None };
        let kept = Kept {
            address: address.to_string(),
            title: self.title.clone(),
            ticket: self.session.ticket()?,
            undone: self.drafts.iter().cloned().collect(),
        };
        let seated = self.seated.as_mut()?;
        seated.written = Some(mark);
        Some(seated.seat.write(kept))
    }
}
