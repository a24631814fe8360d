//! Somebody at work: a window of the app's own client end over a real socket. Everything that goes over the socket is
//! noted, as it is on the wire.

use std::collections::VecDeque;
use std::time::Duration;

use collab::{Notice, Session, Status};
use drawing::{Entity, EntityId, Op, Order, Record, RecordId, Vec2};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{
    Address, ClientId, ClientMessage, ClientSeq, Encoding, Limits, Refusal, ResumeKey, SUBPROTOCOL_JSON,
    SUBPROTOCOL_MSGPACK, Seq, ServerMessage,
};
use tests::random::Random;
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::DEADLINE;
use crate::history::{Notes, What};

/// How long a connection may take to open, or to take in what is said.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often one looks whether something is to be said.
const PAUSE: Duration = Duration::from_millis(8);
/// Edits that one has under way at most.
const UNDER_WAY_MAX: usize = 6;
/// Lines that one makes at most: a drawing that grows slows the test down.
const OWN_LINES_MAX: u64 = 20;

/// Somebody at work.
pub struct Person {
    pub session: Session,
    pub window: usize,
    /// Edits of theirs that were stored.
    pub stored: u64,
    /// What was refused since it could not be stored.
    pub unavailable: u64,
    notes: Notes,
    random: Random,
    encoding: Encoding,
    limits: Limits,
    socket: Option<WebSocketStream<TcpStream>>,
    connected_ms: u64,
    /// When the heartbeats without an answer were said over this connection.
    beats: VecDeque<u64>,
    made: u64,
}

impl Person {
    /// Somebody who isn't anywhere yet.
    pub fn new(window: usize, notes: &Notes, limits: Limits) -> Person {
        let id = 1 + window as u128;
        let name = format!("Person {id}");
        Person {
            session: Session::new(ClientId(id), ResumeKey(id << 64 | id), name, ClientSeq(Seq(1))),
            window,
            stored: 0,
            unavailable: 0,
            notes: notes.clone(),
            random: Random::new(window as u64),
            encoding: if window.is_multiple_of(2) { Encoding::MessagePack } else { Encoding::Json },
            limits,
            socket: None,
            connected_ms: 0,
            beats: VecDeque::new(),
            made: 0,
        }
    }

    fn now_ms(&self) -> u64 {
        self.notes.now_us() / 1_000
    }

    /// Whether a connection is open.
    pub fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    /// Whether they are in.
    pub fn is_in(&self) -> bool {
        self.socket.is_some() && *self.session.status() == Status::Live
    }

    /// Opens a connection and says hello, if anybody is there.
    pub async fn connect(&mut self, address: &Address) {
        let Ok(Some(socket)) = timeout(PATIENCE, open(address, self.encoding)).await else { return };
        self.socket = Some(socket);
        self.connected_ms = self.now_ms();
        let hello = self.session.hello(&address.drawing, &address.secret);
        self.notes.note(self.window, What::Hello);
        self.say(ClientMessage::Hello(hello)).await;
    }

    /// Lets go of the connection without a word.
    pub fn lose(&mut self) {
        self.socket = None;
        self.beats.clear();
        self.session.disconnected();
        self.notes.note(self.window, What::Lost);
    }

    /// Sends what is to be sent.
    pub async fn flush(&mut self) {
        if self.socket.is_none() {
            return;
        }
        for message in self.session.take_outgoing(self.now_ms()) {
            if let ClientMessage::Ask { client_seq, request, .. } = &message {
                self.notes.note(self.window, What::Asked { request: *client_seq, what: request.clone() });
            }
            if message == ClientMessage::Heartbeat {
                self.beats.push_back(self.notes.now_us());
            }
            self.say(message).await;
        }
    }

    async fn say(&mut self, message: ClientMessage) {
        let bytes = self.encoding.encode(&message).expect("our own messages encode");
        let frame = match self.encoding {
            Encoding::MessagePack => Message::Binary(bytes.into()),
            Encoding::Json => Message::Text(String::from_utf8(bytes).expect("JSON is text").into()),
        };
        let Some(socket) = &mut self.socket else { return };
        if !timeout(PATIENCE, socket.send(frame)).await.is_ok_and(|sent| sent.is_ok()) {
            self.lose();
        }
    }

    /// The next frame; for ever if there is no connection.
    pub async fn frame(&mut self) -> Option<Message> {
        match &mut self.socket {
            Some(socket) => socket.next().await.and_then(Result::ok),
            None => std::future::pending().await,
        }
    }

    /// Takes a frame in; none where the connection is gone.
    pub fn take(&mut self, frame: Option<Message>) {
        let bytes = match frame {
            Some(Message::Binary(bytes)) => bytes,
            Some(Message::Text(text)) => text.into(),
            Some(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => return,
            Some(Message::Close(_)) | None => return self.lose(),
        };
        let message: ServerMessage = self.encoding.decode(&bytes).expect("a server's message decodes");
        self.note(&message);
        let now_ms = self.now_ms();
        let window = self.window;
        let changes = self.session.receive(now_ms, message).unwrap_or_else(|error| panic!("window {window}: {error}"));
        for notice in changes.notices {
            match notice {
                Notice::Stored { .. } => self.stored += 1,
                Notice::Refused { refusal, .. } | Notice::LockRefused { refusal, .. } => {
                    self.unavailable += u64::from(matches!(refusal, Refusal::Unavailable { .. }));
                }
                Notice::Mismatch { seq } => panic!("window {window} has another drawing than the server at {seq}"),
                _ => {}
            }
        }
        self.session.take_drafts();
        match self.session.status() {
            Status::Ended { retry: false, why } => panic!("window {window} is told not to come back: {why}"),
            Status::Ended { retry: true, .. } => self.lose(),
            _ => {}
        }
    }

    fn note(&mut self, message: &ServerMessage) {
        let note = |what| self.notes.note(self.window, what);
        match message {
            ServerMessage::Welcome(welcome) => {
                let (session, position, stored) = (welcome.session, welcome.position, welcome.stored.clone());
                note(What::Welcomed { session, position, stored });
            }
            ServerMessage::Entries(entries) => {
                entries.iter().for_each(|told| note(What::Told { seq: told.seq, hash: told.hash }));
            }
            ServerMessage::Answer { client_seq, answer } => {
                note(What::Answered { request: *client_seq, answer: answer.clone() });
            }
            ServerMessage::Heartbeat => {
                if let Some(said_us) = self.beats.pop_front() {
                    note(What::Alive { said_us });
                }
            }
            _ => {}
        }
    }

    /// Nothing was heard for too long: as an app would do, they give the connection up.
    pub fn give_up_if_overdue(&mut self) {
        let now_ms = self.now_ms();
        let silent_ms = self.session.silent_ms(now_ms).min(now_ms - self.connected_ms);
        if self.socket.is_some() && silent_ms > 3 * u64::from(self.limits.heartbeat_ms) {
            self.lose();
        }
    }

    /// Listens, and says what is to be said, until something is so or the connection is gone.
    pub async fn until(&mut self, what: &str, is_so: impl Fn(&Session) -> bool) {
        let listening = async {
            let mut tick = interval(PAUSE);
            while !is_so(&self.session) {
                self.flush().await;
                tokio::select! {
                    frame = self.frame() => self.take(frame),
                    _ = tick.tick() => {}
                }
            }
        };
        if timeout(DEADLINE, listening).await.is_err() {
            let (status, waiting) = (self.session.status(), self.session.waiting());
            let connected = self.socket.is_some();
            panic!("{what} in time; {status:?}, connected {connected}, {waiting} wait, {} stored", self.stored);
        }
    }

    /// Notes that they are done, and what they hold.
    pub fn end(&mut self) {
        let Some(position) = self.session.position() else { return };
        let (drawing, waiting) = (self.session.confirmed().hash(), self.session.waiting());
        self.notes.note(self.window, What::Done { position, drawing, waiting });
    }

    /// Does something, or thinks about it.
    pub fn act(&mut self) {
        if self.session.waiting() >= UNDER_WAY_MAX || self.session.me().is_none() {
            return;
        }
        let all: Vec<EntityId> = self.session.drawing().entities().map(|entity| entity.id).collect();
        let ids: Vec<RecordId> = all.iter().map(|id| (*id).into()).collect();
        let mine: Vec<RecordId> = ids.iter().copied().filter(|id| self.session.is_mine(*id)).collect();
        let entity = |id: RecordId| EntityId(id.0);
        let by = Vec2 { x: self.random.between(1, 9) as f64, y: 0.5 };
        match self.random.between(0, 99) {
            0..=19 => {
                let wanted = self.random.some(&ids, 2);
                self.session.lock(wanted);
            }
            20..=29 => {
                let enough = self.random.some(&mine, 2);
                self.session.unlock(enough);
            }
            30..=59 if !mine.is_empty() => {
                let moved = self.random.some(&mine, 2).into_iter().map(entity).collect();
                self.submit(Op::Translate { ids: moved, by });
            }
            60..=69 => {
                let moved = self.random.some(&all, 1);
                self.submit(Op::Translate { ids: moved, by });
            }
            70..=75 if self.made < OWN_LINES_MAX => {
                if let Some(new) = self.new_lines(1) {
                    self.made += 1;
                    self.submit(Op::New(new));
                }
            }
            // Never the last ones: everybody is to have something to want.
            76..=78 if all.len() > 8 => {
                let gone = self.random.some(&mine, 1);
                self.submit(Op::Remove(gone));
            }
            // Nothing to take back is nothing done.
            79..=84 => drop(self.session.undo()),
            85..=87 => drop(self.session.redo()),
            _ => {}
        }
    }

    /// Lines like the first one, with ids of one's own; none while there are not so many ids.
    pub fn new_lines(&mut self, count: usize) -> Option<Vec<Record>> {
        let like = self.session.drawing().entities().next()?.clone();
        let ids = self.session.take_ids(count)?;
        let line = |id: RecordId| {
            let (handle, source, order) = (None, None, Order(id.0));
            Record::Entity(Entity { id: EntityId(id.0), handle, source, order, ..like.clone() })
        };
        Some(ids.into_iter().map(line).collect())
    }

    /// What is refused on the spot is nothing done.
    fn submit(&mut self, op: Op) {
        let _ = self.session.submit(op);
    }
}

async fn open(address: &Address, encoding: Encoding) -> Option<WebSocketStream<TcpStream>> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await.ok()?;
    stream.set_nodelay(true).ok()?;
    upgrade(stream, address, encoding).await
}

/// Makes a WebSocket of a connection; nothing is said over it yet.
pub async fn upgrade(stream: TcpStream, address: &Address, encoding: Encoding) -> Option<WebSocketStream<TcpStream>> {
    let mut request = format!("ws://{}:{}/ws", address.host, address.port).into_client_request().ok()?;
    let subprotocol = match encoding {
        Encoding::MessagePack => SUBPROTOCOL_MSGPACK,
        Encoding::Json => SUBPROTOCOL_JSON,
    };
    request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol.parse().expect("a header"));
    tokio_tungstenite::client_async(request, stream).await.ok().map(|(socket, _)| socket)
}
