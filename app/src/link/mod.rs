//! A connection to a room: messages out, messages in, whether the room is in this process or across a network. All
//! waiting happens on the runtime's threads; the window is woken by what arrives.

mod local;
mod remote;

use std::collections::VecDeque;
use std::sync::Arc;

use drawing::Drawing;
use protocol::{ClientMessage, ServerMessage};
use tokio::sync::mpsc;

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
    /// Part of the drawing has arrived: this many pieces of all.
    Loading(u32, u32),
    /// The whole drawing.
    Drawing(Box<Drawing>),
    /// The connection broke; another is tried after this many seconds.
    Lost {
        /// Why, in words.
        why: String,
        /// Seconds until the next attempt.
        again_s: u64,
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
}

/// The other ends of a [`Link`].
struct Ends {
    outgoing: mpsc::Receiver<ClientMessage>,
    incoming: mpsc::Sender<Incoming>,
    wake: Wake,
}

impl Link {
    fn pair(wake: Wake) -> (Link, Ends) {
        let (to_task, outgoing) = mpsc::channel(QUEUE_MAX);
        let (incoming, from_task) = mpsc::channel(QUEUE_MAX);
        let link = Link { outgoing: to_task, incoming: from_task, waiting: VecDeque::new() };
        (link, Ends { outgoing, incoming, wake })
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
}
