//! Connections over a WebSocket. One task reads, one writes; neither waits for the other, and a reader that is slow
//! costs nobody else anything.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use collab::ConnId;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{ClientMessage, Encoding, Hello, Presence, Role, ServerMessage};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::incoming::{Heard, read};
use super::{HELLO_MAX, NOT_LET_IN};
use crate::frame::encode;
use crate::live::{Command, Live};
use crate::outgoing::{Item, Next, Outgoing};
use crate::stretch::entries_after;
use crate::{Host, HostError};

/// One write takes no longer than this, or the other side counts as gone.
const WRITE_MAX: Duration = Duration::from_secs(30);
/// How long the other side has to answer a close.
const CLOSE_MAX: Duration = Duration::from_secs(2);
/// Presence is let through at this many times the rate that a desk passes on, so that the desk, which knows who else
/// is here, is the one that merges; more than that is merged here.
const PRESENCE_SLACK: u32 = 4;

/// What is said to everyone when the listener closes.
const SHUTTING_DOWN: &str = "the server is shutting down; everything that was acknowledged is kept";

type Sink = SplitSink<WebSocket, Message>;
type Source = SplitStream<WebSocket>;

/// Serves one connection, from its hello to its end. `closing` turns true when the listener that it came by closes.
pub(crate) async fn converse(socket: WebSocket, encoding: Encoding, host: Host, mut closing: watch::Receiver<bool>) {
    let (mut sink, mut source) = socket.split();
    let greeted = tokio::select! {
        greeted = greet(&mut source, encoding, &host) => greeted,
        () = closed(&mut closing) => Err(Some(Refusal { why: SHUTTING_DOWN.into(), retry: true })),
    };
    let (hello, slot) = match greeted {
        Ok(greeted) => greeted,
        Err(None) => return,
        Err(Some(refusal)) => return refuse(sink, source, encoding, refusal).await,
    };
    let (conn, outgoing) = host.new_connection(Some(encoding));
    let live = match host.enter(&slot, conn, outgoing.clone(), hello, Role::Editor).await {
        Ok(live) => live,
        Err(error) => {
            tracing::warn!(%error, "nobody could be let in");
            // A log that is damaged stays so; anything else may pass.
            let retry = !matches!(error, HostError::Broken { .. });
            return refuse(sink, source, encoding, Refusal { why: error.to_string(), retry }).await;
        }
    };
    let (written, writes) = (outgoing.clone(), live.clone());
    let writing = tokio::spawn(async move {
        let ended = write_all(&mut sink, encoding, &written, &writes).await;
        written.abandon();
        ended.is_ok()
    });
    let connection = Connection { encoding, host, conn, outgoing, live };
    connection.listen(source, writing, closing).await;
}

/// Why somebody is not let in.
struct Refusal {
    why: String,
    retry: bool,
}

/// Waits for the hello and checks what it says; nothing to say where nobody is there any more.
async fn greet(
    source: &mut Source,
    encoding: Encoding,
    host: &Host,
) -> Result<(Hello, Arc<crate::host::Slot>), Option<Refusal>> {
    let refusal = |why: &str, retry| Err(Some(Refusal { why: why.into(), retry }));
    let until = Instant::now() + HELLO_MAX;
    loop {
        let Ok(frame) = tokio::time::timeout_at(until, source.next()).await else {
            return refusal("no hello came in time", true);
        };
        match read(frame, encoding, host.limits()).await {
            Heard::Message(ClientMessage::Hello(hello)) => {
                return match host.slot_for(&hello.drawing, &hello.secret).await {
                    Ok(Some(slot)) => Ok((hello, slot)),
                    Ok(None) => refusal(NOT_LET_IN, false),
                    Err(error) => refusal(&error.to_string(), true),
                };
            }
            Heard::Message(_) => return refusal("the first message must be a hello", false),
            Heard::Broken(why) => return refusal(&why, false),
            Heard::Nothing => {}
            Heard::Gone => return Err(None),
        }
    }
}

/// Says why, and ends.
async fn refuse(mut sink: Sink, mut source: Source, encoding: Encoding, refusal: Refusal) {
    tracing::info!(why = refusal.why, "a connection is refused");
    let Refusal { why, retry } = refusal;
    if timeout(WRITE_MAX, farewell(&mut sink, encoding, why, retry)).await.is_ok_and(|said| said.is_ok()) {
        wait_for_close(&mut source).await;
    }
}

struct Connection {
    encoding: Encoding,
    host: Host,
    conn: ConnId,
    outgoing: Arc<Outgoing>,
    live: Live,
}

impl Connection {
    /// Takes what is heard to the desk, until either side ends.
    async fn listen(self, mut source: Source, mut writing: JoinHandle<bool>, mut closing: watch::Receiver<bool>) {
        let Connection { encoding, host, conn, outgoing, live } = &self;
        let limits = host.limits();
        let mut beat = interval(Duration::from_millis(u64::from(limits.heartbeat_ms.max(1))));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut gate = PresenceGate::new(limits.presence_hz_max.saturating_mul(PRESENCE_SLACK));
        let mut listener_open = true;
        loop {
            let message = tokio::select! {
                frame = source.next() => match read(frame, *encoding, limits).await {
                    Heard::Message(ClientMessage::Presence(presence)) => gate.take(presence),
                    Heard::Message(message) => Some(message),
                    Heard::Broken(why) => {
                        outgoing.end(why, false);
                        break;
                    }
                    Heard::Nothing => None,
                    Heard::Gone => break outgoing.abandon(),
                },
                presence = gate.due() => Some(ClientMessage::Presence(presence)),
                _ = beat.tick() => {
                    outgoing.beat();
                    None
                }
                () = closed(&mut closing), if listener_open => {
                    listener_open = false;
                    outgoing.end(SHUTTING_DOWN, true);
                    None
                }
                _ = &mut writing => break,
            };
            if let Some(message) = message
                && !live.tell(Command::Message { conn: *conn, message }).await
            {
                break;
            }
        }
        live.tell(Command::Closed { conn: *conn }).await;
        // What was said last goes out, but nobody waits longer for it than for any other write.
        let said = if writing.is_finished() { true } else { timeout(WRITE_MAX, &mut writing).await.is_ok() };
        if said {
            wait_for_close(&mut source).await;
        } else {
            writing.abort();
        }
    }
}

/// Waits until the listener closes.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error says that the listener is gone altogether.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// Lets the latest presence through at a bounded rate.
struct PresenceGate {
    pause: Duration,
    open_at: Instant,
    waiting: Option<Presence>,
}

impl PresenceGate {
    fn new(hz_max: u32) -> PresenceGate {
        PresenceGate { pause: Duration::from_secs(1) / hz_max.max(1), open_at: Instant::now(), waiting: None }
    }

    /// Takes presence in; what may pass at once comes out.
    fn take(&mut self, presence: Presence) -> Option<ClientMessage> {
        let now = Instant::now();
        if now < self.open_at {
            self.waiting = Some(presence);
            return None;
        }
        self.waiting = None;
        self.open_at = now + self.pause;
        Some(ClientMessage::Presence(presence))
    }

    /// Waits until what was held back may pass; for ever if nothing was.
    async fn due(&mut self) -> Presence {
        if self.waiting.is_none() {
            std::future::pending::<()>().await;
        }
        sleep_until(self.open_at).await;
        self.open_at += self.pause;
        self.waiting.take().unwrap_or_default()
    }
}

/// The other side is gone, or too slow to count as there, or can't be written to.
struct Stuck;

/// Writes what is to be sent, in order, until the end.
async fn write_all(sink: &mut Sink, encoding: Encoding, outgoing: &Outgoing, live: &Live) -> Result<(), Stuck> {
    loop {
        // Everything that is there goes out by one flush.
        let next = match outgoing.try_next() {
            Some(next) => next,
            None => {
                within(sink.flush()).await?;
                match outgoing.next().await {
                    Some(next) => next,
                    None => return Ok(()),
                }
            }
        };
        match next {
            Next::Item(item) => write_item(sink, encoding, outgoing, live, item).await?,
            Next::Presence(frame) => feed(sink, frame.to_wire(encoding).ok()).await?,
            Next::Beat => within(sink.send(Message::Ping(Vec::new().into()))).await?,
            Next::Bye { why, retry } => return within(farewell(sink, encoding, why, retry)).await,
        }
    }
}

async fn write_item(
    sink: &mut Sink,
    encoding: Encoding,
    outgoing: &Outgoing,
    live: &Live,
    item: Item,
) -> Result<(), Stuck> {
    let failed = match item {
        Item::Frame(frame) => match frame.to_wire(encoding) {
            Ok(message) => return feed(sink, Some(message)).await,
            Err(error) => error.to_string(),
        },
        Item::Snapshot(pieces) | Item::Blob(pieces) => match pieces.to_wire(encoding, &*live.store).await {
            Ok(messages) => {
                for message in messages.iter() {
                    within(sink.send(message.clone())).await?;
                    let presence = outgoing.try_presence().and_then(|frame| frame.to_wire(encoding).ok());
                    feed(sink, presence).await?;
                }
                return Ok(());
            }
            Err(error) => error.to_string(),
        },
        Item::Log { mut after, upto } => loop {
            match entries_after(&*live.store, after, upto).await {
                Ok(entries) => {
                    let Some(last) = entries.last() else { return Ok(()) };
                    after = last.seq;
                    feed(sink, encode(&ServerMessage::Entries(entries), encoding).ok()).await?;
                }
                Err(error) => break error.to_string(),
            }
        },
    };
    // Without this the rest would make no sense to the other side.
    outgoing.clear();
    outgoing.end(failed, true);
    Ok(())
}

async fn feed(sink: &mut Sink, message: Option<Message>) -> Result<(), Stuck> {
    match message {
        Some(message) => within(sink.feed(message)).await,
        None => Ok(()),
    }
}

async fn farewell(sink: &mut Sink, encoding: Encoding, why: String, retry: bool) -> Result<(), axum::Error> {
    if let Ok(bye) = encode(&ServerMessage::Bye { why, retry }, encoding) {
        sink.feed(bye).await?;
    }
    let code = if retry { close_code::AGAIN } else { close_code::POLICY };
    sink.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await
}

async fn within(write: impl Future<Output = Result<(), axum::Error>>) -> Result<(), Stuck> {
    match timeout(WRITE_MAX, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Stuck),
    }
}

/// Reads on until the other side has closed too, so that the last words reach it: a socket that is closed with
/// something unread in it takes back what it sent.
async fn wait_for_close(source: &mut Source) {
    let closed = async { while let Some(Ok(_)) = source.next().await {} };
    // One that doesn't answer has had its time.
    let _ = timeout(CLOSE_MAX, closed).await;
}
