//! A drawing that is open: one task that owns its desk and performs what the desk wants.
//!
//! Connections and the host talk to it through a bounded channel; whoever finds it full waits, and with them the socket
//! that they read from.

mod effects;
mod run;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use collab::{ConnId, Desk, Room, Settings};
use protocol::{ClientMessage, Hello, Limits, Role};
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::outgoing::Outgoing;
use crate::store::Store;

/// Messages that may wait for the desk.
const COMMANDS_MAX: usize = 1_024;

/// What the task is told.
#[derive(Debug)]
pub(crate) enum Command {
    /// Someone whose secret was checked asks to come in.
    Hello {
        /// Over which connection.
        conn: ConnId,
        /// Where what is sent to them goes.
        outgoing: Arc<Outgoing>,
        /// What they said.
        hello: Hello,
        /// What they may do.
        role: Role,
    },
    /// Someone said something.
    Message {
        /// Over which connection.
        conn: ConnId,
        /// What.
        message: ClientMessage,
    },
    /// A connection ended.
    Closed {
        /// Which.
        conn: ConnId,
    },
    /// The drawing is to be closed, everybody told.
    Close,
}

/// What the rest of the server has of an open drawing.
#[derive(Clone)]
pub(crate) struct Live {
    commands: mpsc::Sender<Command>,
    /// For those who read the log or a blob by themselves, at their own pace.
    pub store: Arc<dyn Store>,
    people: Arc<AtomicUsize>,
    /// Closed once the task has ended and the store was let go of.
    ended: watch::Receiver<()>,
}

/// Whether an open drawing may be closed since nobody is there: asked from within its task, when nobody can be just
/// coming in.
pub(crate) type MayRetire = Box<dyn Fn() -> Option<Box<dyn Send>> + Send>;

impl Live {
    /// Opens a drawing whose room was read.
    pub(crate) fn start(
        name: &str,
        room: Room,
        store: Arc<dyn Store>,
        limits: Limits,
        clock: Clock,
        runtime: &tokio::runtime::Handle,
        may_retire: MayRetire,
    ) -> Live {
        let (commands, from_all) = mpsc::channel(COMMANDS_MAX);
        let (alive, ended) = watch::channel(());
        let people = Arc::new(AtomicUsize::new(0));
        let (desk, first) =
            Desk::open(Settings { limits, durability: store.durability(), shared: store.neighbours().is_some() }, room);
        let drawing = run::OpenDrawing::new(name, desk, store.clone(), clock, people.clone());
        runtime.spawn(async move {
            drawing.run(first, from_all, may_retire).await;
            drop(alive);
        });
        Live { commands, store, people, ended }
    }

    /// Tells the task something; false when it has ended.
    pub(crate) async fn tell(&self, command: Command) -> bool {
        self.commands.send(command).await.is_ok()
    }

    /// Whether the task has ended.
    pub(crate) fn is_ended(&self) -> bool {
        self.commands.is_closed()
    }

    /// Waits until the task has ended and its store is free.
    pub(crate) async fn wait_until_ended(&self) {
        let mut ended = self.ended.clone();
        // An error is what we wait for: the sending half is gone.
        while ended.changed().await.is_ok() {}
    }

    /// How many people are here.
    pub(crate) fn people(&self) -> usize {
        self.people.load(Ordering::Relaxed)
    }
}
