//! Connections over a WebSocket. One task reads, one writes; neither waits for the other, and a reader that is slow
//! costs nobody else anything.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use collab::ConnId;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use protocol::{Answer, ClientMessage, ClientSeq, Encoding, Hello, Presence, ServerMessage};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::bulk::{Bulk, Taken};
use super::incoming::{Fault, Heard, read, read_first};
use super::rate::Rate;
use super::{HELLO_BYTES_MAX, HELLO_MAX, watch};
use crate::callers::AtDoor;
use crate::console::Visit;
use crate::frame::{Frame, encode};
use crate::host::Slot;
use crate::invite::{NotAdmitted, Pass};
use crate::line::Meter;
use crate::live::{Command, Live};
use crate::outgoing::{Item, Next, Outgoing};
use crate::pieces::in_parts;
use crate::stretch::entries_after;
use crate::{Host, HostError};

/// A write goes on within this time, however little, or the other side counts as gone.
pub(super) const WRITE_MAX: Duration = Duration::from_secs(30);
/// How long the other side has to answer a close.
const CLOSE_MAX: Duration = Duration::from_secs(2);
/// Presence is let through at this many times the rate that a desk passes on, so that the desk, which knows who else
/// is here, is the one that merges; more than that is merged here.
const PRESENCE_SLACK: u32 = 4;

/// Frames that are taken one after the other before all else is looked at.
const FRAMES_IN_A_ROW: u32 = 64;

/// What is said to everyone when the listener closes.
pub(super) const SHUTTING_DOWN: &str = "the server is shutting down; everything that was acknowledged is kept";

/// Turns true when the listener closes.
pub(crate) type Closing = tokio::sync::watch::Receiver<bool>;
pub(super) type Sink = SplitSink<WebSocket, Message>;
pub(super) type Source = SplitStream<WebSocket>;

/// Who opened a connection, before they said anything.
pub(crate) struct Caller {
    /// What goes over their line.
    pub meter: Meter,
    /// The right to watch, or why there is none.
    pub owner: Result<Visit, &'static str>,
    /// It is a page under a name that isn't this server's.
    pub foreign: bool,
    /// Their place at the door, until they have said what they want.
    pub at_door: AtDoor,
}

/// Serves one connection, from its hello to its end. `closing` turns true when the listener that it came by closes.
pub(crate) async fn converse(socket: WebSocket, caller: Caller, encoding: Encoding, host: Host, mut closing: Closing) {
    let Caller { meter, owner, foreign, at_door } = caller;
    // Whatever a frame's head says, no more than this is taken in of one who may be anybody.
    meter.allow(2 * HELLO_BYTES_MAX);
    let (sink, mut source) = socket.split();
    let greeted = tokio::select! {
        greeted = greet(&mut source, encoding, &host) => greeted,
        () = closed(&mut closing) => Err(Some(Refusal { why: SHUTTING_DOWN.into(), retry: true, code: None })),
    };
    drop(at_door);
    let (hello, slot, pass) = match greeted {
        Ok(Greeted::Hello(..)) if foreign => {
            let why = "pages of other servers can't come in here; whoever runs this one can add its name with --name";
            return refuse(sink, source, encoding, Refusal { why: why.into(), retry: false, code: None }).await;
        }
        Ok(Greeted::Hello(hello, slot, pass)) => (*hello, slot, pass),
        Ok(Greeted::Watch) => match owner {
            Ok(owner) => {
                meter.allow_all();
                let sink = Writer { sink, meter };
                return watch::converse(sink, source, encoding, host, owner, closing).await;
            }
            Err(why) => {
                return refuse(sink, source, encoding, Refusal { why: why.into(), retry: false, code: None }).await;
            }
        },
        // One who says goodbye hears it back.
        Err(None) => return wait_for_close(&mut source).await,
        Err(Some(refusal)) => {
            host.inner.metrics.turned_away("hello");
            return refuse(sink, source, encoding, refusal).await;
        }
    };
    meter.allow_all();
    let (conn, outgoing) = host.new_connection(Some(encoding));
    let live = match host.enter(&slot, conn, outgoing.clone(), hello, pass).await {
        Ok(live) => live,
        Err(error) => {
            tracing::warn!(%error, "nobody could be let in");
            host.inner.metrics.turned_away("drawing");
            // A log that is damaged stays so, one that is archived for now; anything else may pass.
            let retry = !matches!(
                error,
                HostError::Broken { .. } | HostError::Archived { .. } | HostError::NoSuchDrawing { .. }
            );
            return refuse(sink, source, encoding, Refusal { why: error.to_string(), retry, code: None }).await;
        }
    };
    let (written, writes, sent) = (outgoing.clone(), live.clone(), meter.clone());
    let writing = tokio::spawn(async move {
        let mut sink = Writer { sink, meter: sent };
        let ended = write_all(&mut sink, encoding, &written, &writes).await;
        written.abandon();
        ended.is_ok()
    });
    let connection = Connection { encoding, host, conn, outgoing, live, meter };
    connection.listen(source, writing, closing).await;
}

/// Why somebody is not let in.
struct Refusal {
    why: String,
    retry: bool,
    /// What the connection is closed with, where that isn't said by `retry`.
    code: Option<u16>,
}

/// What somebody came for.
enum Greeted {
    Hello(Box<Hello>, Arc<Slot>, Pass),
    Watch,
}

/// Waits for the hello and checks what it says; nothing to say where nobody is there any more.
async fn greet(source: &mut Source, encoding: Encoding, host: &Host) -> Result<Greeted, Option<Refusal>> {
    let refusal = |why: &str, retry| Err(Some(Refusal { why: why.into(), retry, code: None }));
    let until = Instant::now() + HELLO_MAX;
    loop {
        let Ok(frame) = tokio::time::timeout_at(until, source.next()).await else {
            return refusal("no hello came in time", true);
        };
        match read_first(frame, encoding).await {
            Heard::Message(ClientMessage::Hello(hello), _) => {
                return match host.admit(&hello.drawing, &hello.secret).await {
                    Ok((slot, pass)) => Ok(Greeted::Hello(Box::new(hello), slot, pass)),
                    Err(NotAdmitted { why, retry }) => refusal(&why, retry),
                };
            }
            Heard::Message(ClientMessage::Watch {}, _) => return Ok(Greeted::Watch),
            // A pong that nobody asked for, which anybody may send.
            Heard::Message(ClientMessage::Heartbeat, 0) => {}
            Heard::Message(..) => return refusal("the first message must be a hello", false),
            Heard::Broken(Fault { why, code }) => return Err(Some(Refusal { why, retry: false, code: Some(code) })),
            Heard::Nothing => {}
            Heard::Gone => return Err(None),
        }
    }
}

/// Says why, and ends.
async fn refuse(mut sink: Sink, mut source: Source, encoding: Encoding, refusal: Refusal) {
    tracing::info!(why = refusal.why, "a connection is refused");
    let Refusal { why, retry, code } = refusal;
    if timeout(WRITE_MAX, farewell(&mut sink, encoding, why, retry, code)).await.is_ok_and(|said| said.is_ok()) {
        wait_for_close(&mut source).await;
    }
}

struct Connection {
    encoding: Encoding,
    host: Host,
    conn: ConnId,
    outgoing: Arc<Outgoing>,
    live: Live,
    meter: Meter,
}

impl Connection {
    /// Takes what is heard to the desk, until either side ends.
    async fn listen(self, mut source: Source, mut writing: JoinHandle<bool>, mut closing: Closing) {
        let Connection { encoding, host, conn, outgoing, live, meter } = &self;
        let mut read_before = meter.read();
        let limits = host.limits();
        let mut beat = interval(Duration::from_millis(u64::from(limits.heartbeat_ms.max(1))));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut gate = PresenceGate::new(limits.presence_hz_max.saturating_mul(PRESENCE_SLACK));
        let mut rate = Rate::new(limits.requests_hz_max, Instant::now());
        let mut listener_open = true;
        let mut bulk = Bulk::new(host.inner.bulk_room.clone());
        let mut in_a_row = 0;
        loop {
            // What has come already is taken without looking at all else between any two messages.
            let ready = if in_a_row < FRAMES_IN_A_ROW { source.next().now_or_never() } else { None };
            in_a_row = if ready.is_some() { in_a_row + 1 } else { 0 };
            let happened = match ready {
                Some(frame) => Happened::Frame(frame),
                None => tokio::select! {
                    frame = source.next() => Happened::Frame(frame),
                    (client_seq, refusal) = bulk.overdue() => Happened::Overdue(client_seq, refusal),
                    presence = gate.due() => Happened::Said(ClientMessage::Presence(presence)),
                    _ = beat.tick() => {
                        outgoing.beat();
                        // A long message is a sign of life all the while that it comes in.
                        let read = std::mem::replace(&mut read_before, meter.read());
                        if read == read_before { Happened::Nothing } else { Happened::Said(ClientMessage::Heartbeat) }
                    }
                    () = closed(&mut closing), if listener_open => {
                        listener_open = false;
                        outgoing.end(SHUTTING_DOWN, true);
                        Happened::Nothing
                    }
                    _ = &mut writing => break,
                },
            };
            let message = match happened {
                Happened::Frame(frame) => match read(frame, *encoding, limits).await {
                    Heard::Message(ClientMessage::Presence(presence), _) => {
                        gate.take(presence).map(|message| (message, 0))
                    }
                    Heard::Message(ClientMessage::Part(part), _) => match bulk.take(part, *encoding, limits).await {
                        Taken::Nothing => Some((ClientMessage::Heartbeat, 0)),
                        Taken::Whole(message, bytes) => Some((message, bytes)),
                        Taken::Refused(client_seq, refusal) => self.refuse(client_seq, refusal),
                        Taken::Broken(why) => {
                            outgoing.end(why, false);
                            break;
                        }
                    },
                    Heard::Message(message, bytes) => Some((message, bytes)),
                    Heard::Broken(Fault { why, code }) => {
                        outgoing.end_as(why, code);
                        break;
                    }
                    Heard::Nothing => None,
                    Heard::Gone => break outgoing.abandon(),
                },
                Happened::Overdue(client_seq, refusal) => self.refuse(client_seq, refusal),
                Happened::Said(message) => Some((message, 0)),
                Happened::Nothing => None,
            };
            if let Some((ClientMessage::Leave, _)) = message {
                outgoing.note_leaving(close_code::NORMAL);
            }
            if let Some((message, _)) = &message
                && is_asking(message)
                && !rate.take(Instant::now())
            {
                host.inner.metrics.turned_away("requests_hz_max");
                if self.refuse_rate(message, limits.requests_hz_max).is_err() {
                    break;
                }
                continue;
            }
            if let Some((message, bytes)) = message
                && !live.tell(Command::Message { conn: *conn, message, bytes }).await
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

impl Connection {
    /// Refuses a request that did not come as far as the desk.
    fn refuse(&self, client_seq: ClientSeq, refusal: protocol::Refusal) -> Option<(ClientMessage, usize)> {
        let answer = ServerMessage::Answer { client_seq, answer: Answer::Refused(refusal) };
        let frame = Arc::new(Frame::new(Arc::new(answer), [self.encoding]));
        if self.outgoing.push(Item::Frame(frame)).is_err() {
            self.outgoing.end("the connection is too slow for what happens here", true);
        }
        None
    }

    /// Tells one who asks too often that this was not taken; ends the connection where there is no answer to tell it by.
    fn refuse_rate(&self, message: &ClientMessage, max: u32) -> Result<(), ()> {
        if let ClientMessage::Ask { client_seq, .. } = message {
            let asked = u64::from(max) + 1;
            let refusal = protocol::Refusal::Limit { limit: "requests_hz_max".into(), max: u64::from(max), asked };
            self.refuse(*client_seq, refusal);
            return Ok(());
        }
        let why = format!("more was asked than the limit requests_hz_max of {max} a second; come again more slowly");
        self.outgoing.end(why, true);
        Err(())
    }
}

/// Whether a message wants something done that costs more than passing it on.
fn is_asking(message: &ClientMessage) -> bool {
    matches!(
        message,
        ClientMessage::Ask { .. } | ClientMessage::Blob { .. } | ClientMessage::Log { .. } | ClientMessage::Refresh
    )
}

/// What happened at a connection.
enum Happened {
    /// Something came, or the end of it.
    Frame(Option<Result<Message, axum::Error>>),
    /// The rest of a request in parts didn't come in time.
    Overdue(ClientSeq, protocol::Refusal),
    /// Something is to be told to the desk.
    Said(ClientMessage),
    /// Nothing more is to be done about it.
    Nothing,
}

/// Waits until the listener closes.
pub(super) async fn closed(closing: &mut Closing) {
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
pub(super) struct Stuck;

/// The writing half of a socket, and how much of what is written goes out.
pub(super) struct Writer {
    pub sink: Sink,
    meter: Meter,
}

impl Writer {
    pub(super) async fn send(&mut self, message: Message) -> Result<(), Stuck> {
        within(&self.meter, self.sink.send(message)).await
    }

    async fn feed(&mut self, message: Option<Message>) -> Result<(), Stuck> {
        match message {
            Some(message) => within(&self.meter, self.sink.feed(message)).await,
            None => Ok(()),
        }
    }

    async fn flush(&mut self) -> Result<(), Stuck> {
        within(&self.meter, self.sink.flush()).await
    }
}

/// Writes what is to be sent, in order, until the end.
async fn write_all(sink: &mut Writer, encoding: Encoding, outgoing: &Outgoing, live: &Live) -> Result<(), Stuck> {
    loop {
        // Everything that is there goes out by one flush.
        let next = match outgoing.try_next() {
            Some(next) => next,
            None => {
                sink.flush().await?;
                match outgoing.next().await {
                    Some(next) => next,
                    None => return Ok(()),
                }
            }
        };
        match next {
            Next::Item(item) => write_item(sink, encoding, outgoing, live, item).await?,
            Next::Presence(frame) => sink.feed(frame.to_wire(encoding).ok()).await?,
            Next::Beat => sink.send(Message::Ping(Vec::new().into())).await?,
            Next::Bye { why, retry } => {
                return within(&sink.meter, farewell(&mut sink.sink, encoding, why, retry, outgoing.close_code()))
                    .await;
            }
        }
    }
}

async fn write_item(
    sink: &mut Writer,
    encoding: Encoding,
    outgoing: &Outgoing,
    live: &Live,
    item: Item,
) -> Result<(), Stuck> {
    let failed = match item {
        Item::Frame(frame) => match frame.to_wire(encoding) {
            Ok(message) => return sink.feed(Some(message)).await,
            Err(error) => error.to_string(),
        },
        Item::Snapshot(pieces) | Item::Blob(pieces) => {
            let mut place = 0;
            loop {
                match pieces.at(place, encoding, &*live.store).await {
                    Ok(Some(messages)) => {
                        for message in messages {
                            sink.send(message).await?;
                            let presence = outgoing.try_presence().and_then(|frame| frame.to_wire(encoding).ok());
                            sink.feed(presence).await?;
                        }
                        place += 1;
                    }
                    Ok(None) => return Ok(()),
                    Err(error) => break error.to_string(),
                }
            }
        }
        Item::Log { mut after, upto } => loop {
            match entries_after(&*live.store, after, upto).await {
                Ok(entries) => {
                    let Some(last) = entries.last() else { return Ok(()) };
                    after = last.seq;
                    for message in in_parts(ServerMessage::Entries(entries), encoding).await {
                        sink.feed(Some(message)).await?;
                        let presence = outgoing.try_presence().and_then(|frame| frame.to_wire(encoding).ok());
                        sink.feed(presence).await?;
                    }
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

/// Says `bye`, and closes with a code: this one, or the one that says whether coming back may help.
pub(super) async fn farewell(
    sink: &mut Sink,
    encoding: Encoding,
    why: String,
    retry: bool,
    code: Option<u16>,
) -> Result<(), axum::Error> {
    if let Ok(bye) = encode(&ServerMessage::Bye { why, retry }, encoding) {
        sink.feed(bye).await?;
    }
    let code = if retry { close_code::AGAIN } else { code.unwrap_or(close_code::POLICY) };
    sink.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await
}

/// Waits for a write as long as any of it goes out.
async fn within(meter: &Meter, write: impl Future<Output = Result<(), axum::Error>>) -> Result<(), Stuck> {
    let mut write = std::pin::pin!(write);
    loop {
        let before = meter.written();
        match timeout(WRITE_MAX, &mut write).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(_)) => return Err(Stuck),
            Err(_) if meter.written() == before => return Err(Stuck),
            Err(_) => {}
        }
    }
}

/// Reads on until the other side has closed too, so that the last words reach it: a socket that is closed with
/// something unread in it takes back what it sent.
pub(super) async fn wait_for_close(source: &mut Source) {
    let closed = async { while let Some(Ok(_)) = source.next().await {} };
    // One that doesn't answer has had its time.
    let _ = timeout(CLOSE_MAX, closed).await;
}
