//! The loop: commands, answers of the store and time go into the desk, effects come out and are performed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use collab::{AppendAnswer, ConnId, Desk, Effect, Input, Room};
use protocol::ClientMessage;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::mismatches::Witness;
use super::observe::Observer;
use super::tally::Tally;
use super::{Command, Outside};
use crate::clock::Clock;
use crate::outgoing::Outgoing;
use crate::pieces::Pieces;
use crate::store::{Attendance, Neighbours, Pending, Signal, Store, StoreError, Stretch};

/// An open drawing that nobody is in is closed after this long.
const LINGER: Duration = Duration::from_secs(3);
/// The store of a drawing in which nothing happened rests after this long.
const REST_AFTER: Duration = Duration::from_secs(3);
/// How long closing waits for what is being stored.
const CLOSE_MAX: Duration = Duration::from_secs(10);
/// What is said to those who are here when a server closes a drawing for a while.
pub(crate) const CLOSING: &str = "the server is closing this drawing";
/// Commands taken in one go, so that the answers of the store get their turn.
const COMMANDS_AT_ONCE: usize = 256;

/// A desk and everything that its effects need.
pub(super) struct OpenDrawing {
    pub(super) name: String,
    pub(super) desk: Desk,
    pub(super) store: Arc<dyn Store>,
    pub(super) connections: BTreeMap<ConnId, Arc<Outgoing>>,
    /// Inputs that performing effects gave rise to, such as overflows.
    pub(super) inputs: VecDeque<Input>,
    pub(super) append: Option<Pending<AppendAnswer>>,
    pub(super) read: Option<Pending<Result<Stretch, StoreError>>>,
    pub(super) saving: Option<Pending<Result<(), StoreError>>>,
    /// Other servers over the same log, where there may be any.
    pub(super) neighbours: Option<Arc<dyn Neighbours>>,
    /// What they say.
    signals: Option<mpsc::Receiver<Signal>>,
    pub(super) attending: Option<Pending<Result<Attendance, StoreError>>>,
    /// A checkpoint that waits for the one before it; a newer one takes its place.
    pub(super) to_save: Option<Arc<Room>>,
    /// The drawing that was last sent to a joiner, for the next one.
    pub(super) snapshot: Option<(Arc<Pieces>, Instant)>,
    /// The blob that somebody is being sent, for whoever else asks meanwhile.
    pub(super) blob: std::sync::Weak<Pieces>,
    pub(super) clock: Clock,
    pub(super) observer: Observer,
    witness: Witness,
    /// When something was last asked of the store; none while it rests.
    pub(super) stored_at: Option<Instant>,
    people: Arc<AtomicUsize>,
    tally: Tally,
    pub(super) outside: Outside,
    /// The title is being written beside the log.
    titling: Option<Pending<Result<(), StoreError>>>,
}

/// What happened next.
enum Event {
    Commands(usize),
    Appended(AppendAnswer),
    Read(Result<Stretch, StoreError>),
    Saved(Result<(), StoreError>),
    Titled(Result<(), StoreError>),
    Observed,
    Attended(Result<Attendance, StoreError>),
    Signal(Option<Signal>),
    Tick,
}

impl OpenDrawing {
    pub(super) fn new(
        name: &str,
        desk: Desk,
        store: Arc<dyn Store>,
        clock: Clock,
        people: Arc<AtomicUsize>,
        outside: Outside,
    ) -> OpenDrawing {
        let neighbours = store.neighbours();
        let signals = neighbours.as_ref().map(|others| others.listen());
        OpenDrawing {
            name: name.into(),
            desk,
            store,
            connections: BTreeMap::new(),
            inputs: VecDeque::new(),
            append: None,
            read: None,
            saving: None,
            neighbours,
            signals,
            attending: None,
            to_save: None,
            snapshot: None,
            blob: std::sync::Weak::new(),
            clock,
            observer: Observer::new(name, outside.board.clone(), outside.metrics.clone()),
            witness: Witness::default(),
            stored_at: Some(Instant::now()),
            people,
            tally: Tally::new(outside.metrics.clone()),
            outside,
            titling: None,
        }
    }

    /// Lives until it is told to close, or nobody has been here for a while.
    pub(super) async fn run(mut self, first: Vec<Effect>, mut from_all: mpsc::Receiver<Command>) {
        tracing::info!(drawing = self.name, entries = self.desk.room().position().seq.0, "opened");
        self.perform(first);
        self.settle();
        let mut commands = Vec::with_capacity(COMMANDS_AT_ONCE);
        let mut tick_at = Instant::now();
        let mut alone_since = Some(Instant::now());
        loop {
            let event = tokio::select! {
                // The store's answers first: somebody waits for each.
                biased;
                answer = ready(&mut self.append) => Event::Appended(answer),
                stretch = ready(&mut self.read) => Event::Read(stretch),
                saved = ready(&mut self.saving) => Event::Saved(saved),
                titled = ready(&mut self.titling) => Event::Titled(titled),
                attended = ready(&mut self.attending) => Event::Attended(attended),
                signal = heard(&mut self.signals) => Event::Signal(signal),
                () = sleep_until(tick_at) => Event::Tick,
                () = self.observer.next() => Event::Observed,
                taken = from_all.recv_many(&mut commands, COMMANDS_AT_ONCE) => Event::Commands(taken),
            };
            let ticked = matches!(event, Event::Tick);
            match event {
                // The host is gone, and with it everyone who could say something.
                Event::Commands(0) => return self.close(from_all, CLOSING, true).await,
                Event::Commands(_) => {
                    let mut taken = std::mem::take(&mut commands).into_iter();
                    while let Some(command) = taken.next() {
                        match command {
                            Command::Hello { conn, outgoing, hello, role, came } => {
                                tracing::info!(drawing = self.name, conn = conn.0, client = %hello.client, "hello");
                                self.connections.insert(conn, outgoing);
                                self.handle(Input::Hello { conn, hello, role, came });
                            }
                            Command::Message { conn, message, bytes } => {
                                self.observer.heard(conn, self.desk.session_of(conn), &message);
                                if let ClientMessage::Mismatch(said) = &message {
                                    let all = &self.outside.metrics.mismatches;
                                    self.witness.note(all, &self.name, &self.desk, conn, said);
                                }
                                self.handle(Input::Message { conn, message, bytes });
                            }
                            Command::Closed { conn } => {
                                tracing::info!(drawing = self.name, conn = conn.0, "a connection is gone");
                                self.connections.remove(&conn);
                                self.observer.closed(conn);
                                self.handle(Input::Closed { conn });
                            }
                            // Whoever asked may have gone meanwhile.
                            Command::Room(answer) => drop(answer.send(self.desk.room().clone())),
                            Command::PutOut { why, done } => {
                                let guests = self.connections.values().filter(|each| each.encoding.is_some());
                                guests.for_each(|guest| guest.end(why.clone(), false));
                                drop(done);
                            }
                            Command::Retire(answer) => {
                                let alone = self.is_alone();
                                // Whoever asked may have gone meanwhile, and the room is made all the same.
                                let _ = answer.send(alone);
                                if alone {
                                    taken.for_each(|command| self.greet_late(command));
                                    return self.close(from_all, CLOSING, true).await;
                                }
                            }
                            Command::Close { why, retry } => {
                                taken.for_each(|command| self.greet_late(command));
                                return self.close(from_all, &why, retry).await;
                            }
                        }
                    }
                }
                Event::Appended(answer) => {
                    self.append = None;
                    self.observer.appended(&answer);
                    self.handle(Input::Appended(answer));
                }
                Event::Read(stretch) => {
                    self.read = None;
                    self.handle(match stretch {
                        Ok(Stretch { entries, head }) => Input::Read { entries, head },
                        Err(_) => Input::ReadFailed,
                    });
                }
                Event::Saved(saved) => {
                    self.saving = None;
                    if let Err(error) = saved {
                        tracing::warn!(drawing = self.name, %error, "a checkpoint was not saved; the next one will be");
                    }
                    self.save_next();
                }
                Event::Titled(titled) => {
                    self.titling = None;
                    if let Err(error) = titled {
                        tracing::warn!(drawing = self.name, %error, "its title is written when it is opened next");
                    }
                }
                Event::Observed => {}
                Event::Attended(attended) => {
                    self.attending = None;
                    self.handle(match attended {
                        Ok(Attendance { elsewhere, head }) => Input::Attended { elsewhere, head },
                        Err(_) => Input::AttendFailed,
                    });
                }
                Event::Signal(Some(Signal::Head(head))) => self.handle(Input::Woken { head }),
                Event::Signal(Some(Signal::Shown(latest))) => self.handle(Input::Shown { latest }),
                Event::Signal(Some(Signal::Stirred)) => self.handle(Input::Stirred),
                // Nobody speaks any more; what was missed is found by looking.
                Event::Signal(None) => self.signals = None,
                Event::Tick => {
                    self.forget_snapshot();
                    self.let_rest();
                    self.handle(Input::Tick);
                }
            }
            self.people.store(self.desk.connected(), Ordering::Relaxed);
            self.tally.follow(&self.desk);
            self.follow_title();
            self.observer.look(&self.clock, &self.desk, &self.store);
            let now = Instant::now();
            let alone = self.is_alone();
            self.outside.idle.set(alone, self.clock.now());
            alone_since = if alone { alone_since.or(Some(now)) } else { None };
            let wished = now + Duration::from_millis(u64::from(self.desk.wants_tick_ms()));
            match alone_since {
                Some(since) if now >= since + LINGER => {
                    // Holding on to this keeps everybody at the door until the log is free again.
                    if let Some(_closing) = (self.outside.may_retire)().filter(|_| from_all.is_empty()) {
                        return self.close(from_all, CLOSING, true).await;
                    }
                    tick_at = wished;
                }
                // Nobody to tick for: the next thing that happens by itself is closing.
                Some(since) if self.desk.is_serving() || self.desk.broken().is_some() => tick_at = since + LINGER,
                // One that fell due while something else was done comes next, and isn't put off.
                _ if ticked || tick_at > wished => tick_at = wished,
                _ => {}
            }
        }
    }

    /// One who says hello to a drawing that is being closed hears that, too.
    fn greet_late(&mut self, command: Command) {
        if let Command::Hello { conn, outgoing, .. } = command {
            self.connections.insert(conn, outgoing);
        }
    }

    /// A drawing in which nothing happens keeps no more memory than it must: there may be hundreds.
    fn let_rest(&mut self) {
        if self.is_busy() {
            self.stored_at = Some(Instant::now());
        } else if self.stored_at.take_if(|at| at.elapsed() > REST_AFTER).is_some() {
            self.store.rest();
        }
    }

    /// Whether nobody is here, nobody may come back into a session, and nothing is under way.
    fn is_alone(&self) -> bool {
        // Of one that is broken nothing more is to come, whoever was in it.
        let over = self.desk.broken().is_some() || self.desk.room().shared().members.is_empty();
        self.connections.is_empty() && over && !self.is_busy()
    }

    fn is_busy(&self) -> bool {
        self.append.is_some() || self.read.is_some() || self.saving.is_some() || self.titling.is_some()
    }

    /// Tells others what the drawing is called by now.
    fn follow_title(&mut self) {
        let title = self.desk.room().title();
        if self.titling.is_none() && title != self.outside.title {
            self.outside.title = title.to_owned();
            (self.outside.renamed)(title);
            self.titling = Some(self.store.set_title(title.to_owned()));
        }
    }

    /// Gives the desk an input, performs what it wants, and whatever comes of that.
    fn handle(&mut self, input: Input) {
        self.desk.set_time_of_day(self.clock.time_of_day());
        let effects = self.desk.handle(self.clock.now(), input);
        self.perform(effects);
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(input) = self.inputs.pop_front() {
            let effects = self.desk.handle(self.clock.now(), input);
            self.perform(effects);
        }
    }

    /// Ends in good order: what is being stored is waited for and answered, everyone is told, the room is kept.
    async fn close(mut self, mut from_all: mpsc::Receiver<Command>, why: &str, retry: bool) {
        from_all.close();
        while let Ok(command) = from_all.try_recv() {
            self.greet_late(command);
        }
        let until = Instant::now() + CLOSE_MAX;
        if let Some(append) = self.append.take() {
            match tokio::time::timeout_at(until, append).await {
                Ok(answer) => {
                    let effects = self.desk.handle(self.clock.now(), Input::Appended(answer));
                    // What would be appended next has no answer yet and is asked again.
                    self.perform(
                        effects.into_iter().filter(|effect| !matches!(effect, Effect::Append { .. })).collect(),
                    );
                }
                Err(_) => tracing::warn!(drawing = self.name, "closing without the answer to the last append"),
            }
        }
        let effects = self.desk.close(why, retry);
        self.perform(effects);
        while let Some(saving) = self.saving.take() {
            match tokio::time::timeout_at(until, saving).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(drawing = self.name, %error, "the last checkpoint was not saved"),
                Err(_) => tracing::warn!(drawing = self.name, "the last checkpoint takes too long"),
            }
            self.save_next();
        }
        self.people.store(0, Ordering::Relaxed);
        if let Some(titling) = self.titling.take() {
            // What fails here is made good when the drawing is opened next.
            let _ = tokio::time::timeout_at(until, titling).await;
        }
        self.observer.end();
        match self.store.close().await {
            Ok(()) => tracing::info!(drawing = self.name, entries = self.desk.room().position().seq.0, "closed"),
            Err(error) => tracing::warn!(drawing = self.name, %error, "closed, but not neatly"),
        }
    }
}

/// However the task ends, nobody is left waiting.
impl Drop for OpenDrawing {
    fn drop(&mut self) {
        for outgoing in self.connections.values() {
            outgoing.end("the server had to close this drawing; everything that was acknowledged is kept", true);
        }
    }
}

/// What other servers say; never comes where there are none.
async fn heard(signals: &mut Option<mpsc::Receiver<Signal>>) -> Option<Signal> {
    match signals {
        Some(signals) => signals.recv().await,
        None => std::future::pending().await,
    }
}

/// The answer that is waited for; never comes when none is.
async fn ready<T>(pending: &mut Option<Pending<T>>) -> T {
    match pending {
        Some(pending) => pending.await,
        None => std::future::pending().await,
    }
}
