//! A drawing that is open: one task that owns its desk and performs what the desk wants.
//!
//! Connections and the host talk to it through a bounded channel; whoever finds it full waits, and with them the socket
//! that they read from.

mod effects;
mod facts;
mod lines;
mod mismatches;
mod observe;
mod run;
mod stages;
mod tally;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use collab::{ConnId, Desk, Room, Settings};
use protocol::{Came, ClientMessage, Hello, Limits, Role};
use tokio::sync::{OwnedSemaphorePermit, broadcast, mpsc, oneshot, watch};

pub(crate) use run::CLOSING;

use crate::HostEvent;
use crate::board::Board;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::opening::Opened;
use crate::outgoing::Outgoing;
use crate::places::Idle;
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
        /// By what they come.
        came: Came,
    },
    /// Someone said something.
    Message {
        /// Over which connection.
        conn: ConnId,
        /// What.
        message: ClientMessage,
        /// How long it was on the wire; 0 within the process.
        bytes: usize,
    },
    /// A connection ended.
    Closed {
        /// Which.
        conn: ConnId,
    },
    /// Somebody wants the room as it is now; a frozen clone.
    Room(oneshot::Sender<Room>),
    /// Those who came in over the network are told why they have to go.
    PutOut {
        /// Why, in words for a person.
        why: String,
        /// Dropped once that is the last thing that they will be told.
        done: oneshot::Sender<()>,
    },
    /// Another wants its place: it closes if nobody is there, and says whether it does. Whoever asks holds the door.
    Retire(oneshot::Sender<bool>),
    /// The drawing is to be closed, everybody told.
    Close {
        /// Why, in words for a person.
        why: String,
        /// Whether coming again may help.
        retry: bool,
    },
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

/// What an open drawing has to do with besides its desk and its store.
pub(crate) struct Outside {
    /// Whether it may be closed since nobody is there: asked when nobody can be just coming in.
    pub may_retire: Box<dyn Fn() -> Option<Box<dyn Send>> + Send>,
    /// Its place among those at work; none where they aren't counted.
    pub _place: Option<OwnedSemaphorePermit>,
    /// Told since when nobody is there.
    pub idle: Idle,
    /// Where it puts up what goes on.
    pub board: Arc<Board>,
    /// Where it counts.
    pub metrics: Arc<Metrics>,
    /// What others believe it is called.
    pub title: String,
    /// Told what it is called instead.
    pub renamed: Box<dyn Fn(&str) + Send>,
    /// What the owner should hear of.
    pub events: broadcast::Sender<HostEvent>,
}

impl Live {
    /// Opens a drawing whose room was read, at some position of its log.
    pub(crate) fn start(
        name: &str,
        opened: impl Into<Opened>,
        store: Arc<dyn Store>,
        limits: Limits,
        clock: Clock,
        runtime: &tokio::runtime::Handle,
        outside: Outside,
    ) -> Live {
        let (commands, from_all) = mpsc::channel(COMMANDS_MAX);
        let (alive, ended) = watch::channel(());
        let people = Arc::new(AtomicUsize::new(0));
        let Opened { room, recent } = opened.into();
        let shared = store.neighbours().is_some();
        let (mut desk, first) = Desk::open(Settings { limits, durability: store.durability(), shared }, room);
        desk.remember(recent);
        let drawing = run::OpenDrawing::new(name, desk, store.clone(), clock, people.clone(), outside);
        runtime.spawn(async move {
            drawing.run(first, from_all).await;
            drop(alive);
        });
        Live { commands, store, people, ended }
    }

    /// Tells the task something; false when it has ended.
    pub(crate) async fn tell(&self, command: Command) -> bool {
        self.commands.send(command).await.is_ok()
    }

    /// The room as it is now; none when the task has ended.
    pub(crate) async fn room(&self) -> Option<Room> {
        let (answer, asked) = oneshot::channel();
        self.tell(Command::Room(answer)).await;
        asked.await.ok()
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
