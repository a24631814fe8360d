//! A connection to a room: messages out, messages in, whether the room is in this process or across a network. All
//! waiting happens on the runtime's threads; the window is woken by what arrives.

mod line;
mod local;
mod pace;
mod pieces;
mod remote;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use drawing::{Drawing, RecordId};
use protocol::{ClientMessage, Hash, ServerMessage};
use tokio::sync::{mpsc, watch};

pub use local::local;
pub use remote::remote;

/// Messages that may wait in either direction before the other side takes them.
const QUEUE_MAX: usize = 1024;

/// Wakes the window: called after something was put where [`Link::receive`] finds it.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What came from the other side.
#[derive(Debug)]
pub enum Incoming {
    /// A connection is open: say hello.
    Connected,
    /// A message.
    Message(ServerMessage),
    /// Part of the drawing has arrived.
    Arriving {
        /// Pieces that have come.
        received: u32,
        /// Pieces in all.
        pieces: u32,
        /// What they come to.
        so_far: Box<Drawing>,
        /// The records that are new since the last time.
        come: Vec<RecordId>,
    },
    /// The whole drawing.
    Drawing(Box<Drawing>),
    /// A blob that was asked for; no bytes where there is no such blob.
    Blob(Hash, Option<Vec<u8>>),
    /// The connection broke; another is tried after this many seconds.
    Lost {
        /// Why, in words.
        why: String,
        /// Seconds until the next attempt.
        again_s: u64,
        /// Connections and attempts that came to nothing, in a row.
        attempts: u32,
    },
    /// There will be no other connection.
    Ended {
        /// Why, in words.
        why: String,
    },
}

/// A connection to a room. Dropping it ends it.
pub struct Link {
    outgoing: mpsc::Sender<ClientMessage>,
    incoming: mpsc::Receiver<Incoming>,
    /// What the channel had no room for yet, in order. Bounded by what a session has under way.
    waiting: VecDeque<ClientMessage>,
    reopen: watch::Sender<()>,
}

/// The other ends of a [`Link`].
struct Ends {
    outgoing: mpsc::Receiver<ClientMessage>,
    incoming: mpsc::Sender<Incoming>,
    reopen: watch::Receiver<()>,
    wake: Wake,
}

/// How a connection went.
enum End {
    /// It broke; trying again may help.
    Lost(String),
    /// The other side said not to come back.
    Refused(String),
    /// The window let go.
    Dropped,
}

/// What is said when the window wants another connection.
const REOPENED: &str = "The connection is made anew";

impl Link {
    fn pair(wake: Wake) -> (Link, Ends) {
        let (to_task, outgoing) = mpsc::channel(QUEUE_MAX);
        let (incoming, from_task) = mpsc::channel(QUEUE_MAX);
        let (reopen, asked) = watch::channel(());
        let link = Link { outgoing: to_task, incoming: from_task, waiting: VecDeque::new(), reopen };
        (link, Ends { outgoing, incoming, reopen: asked, wake })
    }

    /// A link to nowhere: nothing ever comes over it.
    pub fn none() -> Link {
        Link::pair(Arc::new(|| {})).0
    }

    /// The next thing that arrived, if any has; never waits.
    pub fn receive(&mut self) -> Option<Incoming> {
        self.incoming.try_recv().ok()
    }

    /// Sends, in order; never waits.
    pub fn send(&mut self, messages: impl IntoIterator<Item = ClientMessage>) {
        self.waiting.extend(messages);
        while let Some(message) = self.waiting.pop_front() {
            match self.outgoing.try_send(message) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(message)) => {
                    self.waiting.push_front(message);
                    break;
                }
                // The task has ended and said so; what was to be sent is still pending in the session.
                Err(mpsc::error::TrySendError::Closed(_)) => break,
            }
        }
    }

    /// Gives the connection up for another one: what came over it made no sense. What still comes of the old one is
    /// to be left alone until [`Incoming::Connected`].
    pub fn reopen(&mut self) {
        self.waiting.clear();
        self.reopen.send_replace(());
    }

    /// Whether something still waits to be sent.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

impl Ends {
    /// Hands something to the window; false where the window has let go of the link.
    async fn deliver(&self, incoming: Incoming) -> bool {
        let taken = self.incoming.send(incoming).await.is_ok();
        (self.wake)();
        taken
    }

    /// Tells the window how a connection ended, and waits until the next may be tried; false where there is none.
    async fn rest(&mut self, end: End, pace: &mut pace::Pace, held: Option<std::time::Duration>) -> bool {
        let (again_s, attempts) = pace.after(held);
        let kept = match end {
            End::Lost(why) => self.deliver(Incoming::Lost { why, again_s, attempts }).await,
            End::Refused(why) => {
                self.deliver(Incoming::Ended { why }).await;
                false
            }
            End::Dropped => false,
        };
        if !kept {
            return false;
        }
        tokio::select! {
            () = tokio::time::sleep(pace::pause(again_s)) => true,
            () = self.incoming.closed() => false,
        }
    }
}
