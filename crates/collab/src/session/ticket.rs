//! What of a session outlives the program: enough to go on with it in another run, and what it asked and has no answer
//! to. Where it is kept is the app's business.

use std::collections::VecDeque;

use drawing::{Op, RecordId};
use protocol::{ClientId, ClientSeq, Epoch, LogId, Position, Resume, ResumeKey, Seq, SessionId, Token};
use serde::{Deserialize, Serialize};

use super::pending::{Pending, PendingEdit, Wish};
use super::{Session, Step};

/// A session as it is kept from one run of the program to the next. Whoever has it can go on with the session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    log: LogId,
    key: ResumeKey,
    session: SessionId,
    epoch: Epoch,
    /// The number of the request that came next.
    next: ClientSeq,
    /// Edits and undos without an answer, in the order of their numbers.
    waiting: Vec<Waiting>,
}

/// A request without an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Waiting {
    client_seq: ClientSeq,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Edit { op: Op, seen: Seq, under: Vec<Token> },
    Undo { of: Step, redo: bool },
}

/// The session that a ticket goes on with, until its room has answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    log: LogId,
    session: SessionId,
    epoch: Epoch,
}

impl Before {
    /// Asks to go on, from the start of the log: nothing of the drawing outlived the program. Which epochs that run proposed
    /// last is not known, so the room chooses.
    pub fn resume(self) -> Resume {
        let Before { log, session, epoch } = self;
        Resume { session, epoch, next: None, position: Position::start(log) }
    }
}

impl Ticket {
    /// How many edits, undos too, wait in it.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The edits that wait in it, oldest first, for one who gives up on the room.
    pub fn edits(&self) -> impl Iterator<Item = &Op> {
        self.waiting.iter().filter_map(|each| if let What::Edit { op, .. } = &each.what { Some(op) } else { None })
    }
}

impl Session {
    /// What another run of the program needs to go on with this session; none before the first welcome.
    pub fn ticket(&self) -> Option<Ticket> {
        let (facts, confirmed) = (self.facts.as_ref()?, self.confirmed.as_ref()?);
        let waiting = self.pending.iter().filter_map(|pending| {
            let what = match &pending.wish {
                Wish::Edit(PendingEdit { op, seen, under, .. }) => {
                    What::Edit { op: op.clone(), seen: *seen, under: under.clone() }
                }
                Wish::Undo { of, redo } => What::Undo { of: of.clone(), redo: *redo },
                // Locks and ids are asked for anew by one who needs them.
                _ => return None,
            };
            Some(Waiting { client_seq: pending.client_seq, what })
        });
        Some(Ticket {
            log: confirmed.position.log,
            key: self.key,
            session: facts.session,
            epoch: facts.epoch,
            next: self.next,
            waiting: waiting.collect(),
        })
    }

    /// A session that goes on where an earlier run of the program was. What waited then is asked again under the numbers
    /// that it had, so that it is stored once; what is asked from here on has numbers from `first_client_seq` on, which must
    /// be above all that the earlier run used.
    pub fn restore(client: ClientId, name: String, first_client_seq: ClientSeq, ticket: Ticket) -> Session {
        let next = first_client_seq.max(ticket.next);
        let mut session = Session::new(client, ticket.key, name, next);
        session.epoch = ticket.epoch;
        session.mine.insert(ticket.session);
        session.before = Some(Before { log: ticket.log, session: ticket.session, epoch: ticket.epoch });
        session.pending = ticket.waiting.into_iter().map(pending).collect::<VecDeque<_>>();
        session
    }
}

/// Whether the room has it nobody knows, as after a connection that broke.
fn pending(Waiting { client_seq, what }: Waiting) -> Pending {
    let wish = match what {
        What::Edit { op, seen, under } => {
            Wish::Edit(PendingEdit { op, seen, under, shown: false, touched: Vec::<RecordId>::new() })
        }
        What::Undo { of, redo } => Wish::Undo { of, redo },
    };
    Pending { client_seq, wish, sent: false, ever_sent: true, stored: false }
}
