//! What was asked for and not answered yet.

use drawing::{Op, RecordId};
use protocol::{ClientSeq, Request, Seq, SessionId, Token};

use super::steps::Step;

/// A request that has no answer yet.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    /// Its number.
    pub client_seq: ClientSeq,
    /// What is wished for.
    pub wish: Wish,
    /// Sent over the connection that is open.
    pub sent: bool,
    /// Sent over any connection: the room may have it.
    pub ever_sent: bool,
    /// The welcome said that it is stored; the entry, or a snapshot with it, is on its way.
    pub stored: bool,
}

/// What is wished for.
#[derive(Debug, Clone)]
pub(super) enum Wish {
    /// To hold records.
    Lock(Vec<RecordId>),
    /// To let records go.
    Unlock(Vec<RecordId>),
    /// An edit.
    Edit(PendingEdit),
    /// To take something back; `redo` says that it is an undo.
    Undo { of: Step, redo: bool },
    /// More ids.
    Grant(u32),
    /// To stand in line for records, or to hold them if they are free.
    Ask(Vec<RecordId>),
    /// To stand in line no more.
    Withdraw(Seq),
    /// To let records go to who is first in line for them.
    HandOver(Vec<RecordId>),
    /// To say "not now" to somebody in line.
    Decline(Seq),
    /// To end another's lock, as an owner.
    Override(Token, SessionId),
    /// To leave it to them after all.
    CallOff(Token, SessionId),
    /// To rename the drawing, as an owner.
    Rename(String),
    /// To change what somebody may do, or to put them out or let them in, as an owner.
    OfPerson(Request),
}

/// An edit that has no answer yet.
#[derive(Debug, Clone)]
pub(super) struct PendingEdit {
    /// How the drawing is to change.
    pub op: Op,
    /// What the author saw.
    pub seen: Seq,
    /// The locks that they held.
    pub under: Vec<Token>,
    /// Whether the shown drawing has it: one that no longer applies waits unseen for its refusal.
    pub shown: bool,
    /// What it touches in the shown drawing.
    pub touched: Vec<RecordId>,
}

impl Pending {
    pub fn edit(&self) -> Option<&PendingEdit> {
        if let Wish::Edit(edit) = &self.wish { Some(edit) } else { None }
    }

    /// What an edit touched in the shown drawing.
    pub fn into_touched(self) -> Option<Vec<RecordId>> {
        if let Wish::Edit(edit) = self.wish { Some(edit.touched) } else { None }
    }

    /// What is to be asked; none while it depends on something that isn't answered.
    pub fn request(&self) -> Option<Request> {
        Some(match &self.wish {
            Wish::Lock(ids) => Request::Lock { ids: ids.clone(), wait: false },
            Wish::Ask(ids) => Request::Lock { ids: ids.clone(), wait: true },
            Wish::Withdraw(wait) => Request::Withdraw { wait: *wait },
            Wish::HandOver(ids) => Request::HandOver { ids: ids.clone() },
            Wish::Decline(wait) => Request::Decline { wait: *wait },
            Wish::Unlock(ids) => Request::Unlock { ids: ids.clone() },
            Wish::Edit(PendingEdit { op, seen, under, .. }) => {
                Request::Edit { op: op.clone(), seen: *seen, under: under.clone() }
            }
            Wish::Undo { of: Step::Stored(seq), .. } => Request::Undo { entries: vec![*seq] },
            Wish::Undo { .. } => return None,
            Wish::Grant(len) => Request::Grant { len: *len },
            Wish::Override(token, of) => Request::Override { token: *token, of: Some(*of) },
            Wish::CallOff(token, of) => Request::CallOff { token: *token, of: Some(*of) },
            Wish::Rename(title) => Request::Rename { title: title.clone() },
            Wish::OfPerson(request) => request.clone(),
        })
    }
}
