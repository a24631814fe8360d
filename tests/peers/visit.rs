//! One visit over the wire, with every frame of it: what `docs/protocol.md` shows, and what captures are taken of.

use std::time::Duration;

use drawing::{Op, Point, RecordId, Vec2, View};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{
    Answer, ClientId, ClientMessage, ClientSeq, Encoding, Ghost, Hello, Presence, Request, Resume, ResumeKey,
    SUBPROTOCOL_JSON, SUBPROTOCOL_MSGPACK, Seq, ServerMessage, Welcome,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::place::{Left, Place, line};

/// Nothing takes longer than this.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A message as it was on the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Who said it.
    pub from_client: bool,
    /// Its bytes: text in JSON.
    pub bytes: Vec<u8>,
}

/// Somebody who notes every message that they say and hear.
pub struct Visitor {
    socket: WebSocketStream<TcpStream>,
    encoding: Encoding,
    /// What was said and heard so far.
    pub frames: Vec<Frame>,
    asked: u64,
    /// The last entry that was told.
    at: Seq,
}

impl Visitor {
    /// Connects; nothing is said yet.
    pub async fn connect(place: &Place, encoding: Encoding) -> Visitor {
        let socket = Visitor::dial(place, encoding).await;
        Visitor { socket, encoding, frames: Vec::new(), asked: 0, at: Seq(0) }
    }

    /// Lets the connection break, and opens another.
    pub async fn cut(&mut self, place: &Place) {
        self.socket = Visitor::dial(place, self.encoding).await;
    }

    async fn dial(place: &Place, encoding: Encoding) -> WebSocketStream<TcpStream> {
        let (host, port) = place.at();
        let stream = TcpStream::connect((host, port)).await.expect("the server listens");
        let mut request = format!("ws://{host}:{port}/ws").into_client_request().expect("a URL");
        let subprotocol = match encoding {
            Encoding::MessagePack => SUBPROTOCOL_MSGPACK,
            Encoding::Json => SUBPROTOCOL_JSON,
        };
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol.parse().expect("a header"));
        client_async(request, stream).await.expect("it upgrades").0
    }

    /// Says something.
    pub async fn say(&mut self, message: &ClientMessage) {
        let bytes = self.encoding.encode(message).expect("our own messages are written");
        self.frames.push(Frame { from_client: true, bytes: bytes.clone() });
        let message = match self.encoding {
            Encoding::MessagePack => Message::Binary(bytes.into()),
            Encoding::Json => Message::Text(String::from_utf8(bytes).expect("JSON is text").into()),
        };
        self.socket.send(message).await.expect("the connection holds");
    }

    /// The next message; none at the end of the connection.
    pub async fn hear(&mut self) -> Option<ServerMessage> {
        loop {
            let bytes = match timeout(DEADLINE, self.socket.next()).await.expect("something is said in time") {
                Some(Ok(Message::Binary(bytes))) if self.encoding == Encoding::MessagePack => bytes.to_vec(),
                Some(Ok(Message::Text(text))) if self.encoding == Encoding::Json => text.as_bytes().to_vec(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Close(_))) | None => return None,
                other => panic!("no message: {other:?}"),
            };
            let message: ServerMessage = self.encoding.decode(&bytes).expect("a server's message is read");
            // These come when time has passed, and say nothing else.
            if message == ServerMessage::Heartbeat {
                continue;
            }
            if let ServerMessage::Entries(told) = &message {
                self.at = told.last().map_or(self.at, |last| last.seq);
            }
            self.frames.push(Frame { from_client: false, bytes });
            return Some(message);
        }
    }

    /// Listens until something of interest is said.
    pub async fn until<T>(&mut self, mut interesting: impl FnMut(&ServerMessage) -> Option<T>) -> T {
        loop {
            let message = self.hear().await.expect("the connection holds");
            if let Some(found) = interesting(&message) {
                return found;
            }
        }
    }

    /// Comes in, and takes in the drawing and the check that follows it.
    pub async fn enter(&mut self, place: &Place, client: u128, name: &str, resume: Option<Resume>) -> Welcome {
        let hello = Hello {
            version: protocol::VERSION,
            client: ClientId(client),
            name: name.into(),
            drawing: place.address.drawing.clone(),
            secret: place.address.secret.clone(),
            resume_key: Some(ResumeKey(client + 1)),
            resume,
        };
        self.say(&ClientMessage::Hello(hello)).await;
        let welcome = self.until(|message| match message {
            ServerMessage::Welcome(welcome) => Some((**welcome).clone()),
            _ => None,
        });
        let welcome = welcome.await;
        self.until(|message| matches!(message, ServerMessage::Check { .. }).then_some(())).await;
        self.at = self.at.max(welcome.position.seq);
        welcome
    }

    /// Asks and waits for the answer.
    pub async fn ask(&mut self, request: Request) -> Answer {
        self.asked += 1;
        let client_seq = ClientSeq(Seq(self.asked));
        self.say(&ClientMessage::Ask { client_seq, floor: ClientSeq(Seq(self.asked - 1)), request }).await;
        self.until(|message| match message {
            ServerMessage::Answer { client_seq: of, answer } if *of == client_seq => Some(answer.clone()),
            _ => None,
        })
        .await
    }

    /// Asks for what must be stored; its entry.
    pub async fn store(&mut self, request: Request) -> Seq {
        match self.ask(request).await {
            Answer::Stored { seq, .. } => seq,
            other => panic!("not stored: {other:?}"),
        }
    }

    /// An edit under some tokens.
    pub fn edit(&self, op: Op, under: &[Seq]) -> Request {
        Request::Edit { op, seen: self.at, under: under.to_vec() }
    }

    /// Leaves, and listens to the end.
    pub async fn leave(&mut self) {
        self.say(&ClientMessage::Leave).await;
        while self.hear().await.is_some() {}
    }
}

/// The visit that the page on the protocol shows: a line is locked, moved and let go.
pub async fn short(encoding: Encoding) -> Vec<Frame> {
    let place = Place::open(protocol::Limits::default(), 1, None).await;
    let line = place.lines[0];
    let mut ana = Visitor::connect(&place, encoding).await;
    ana.enter(&place, 0xabc, "Ana", None).await;
    let ids = vec![RecordId::from(line)];
    let token = ana.store(Request::Lock { ids: ids.clone(), wait: false }).await;
    let moved = Op::Translate { ids: vec![line], by: Vec2::new(10.0, 0.5) };
    ana.store(ana.edit(moved, &[token])).await;
    ana.store(Request::Unlock { ids }).await;
    ana.leave().await;
    place.close().await;
    ana.frames
}

/// A visit with most of what there is in it: two people, locks that are refused, edits, undo and redo, blobs, the past,
/// a new drawing in place, a broken connection. What one of the two said and heard, and what is left of the server.
pub async fn long(encoding: Encoding) -> (Vec<Frame>, Left) {
    let place = Place::open(protocol::Limits::default(), 3, Some(b"the bytes of a file")).await;
    let [one, two, three] = [0, 1, 2].map(|at| RecordId::from(place.lines[at]));
    let mut ana = Visitor::connect(&place, encoding).await;
    let welcome = ana.enter(&place, 0xa1, "Ana", None).await;
    let mut bo = Visitor::connect(&place, Encoding::MessagePack).await;
    let bo_welcome = bo.enter(&place, 0xb0, "Bo \u{5efa}", None).await;
    let is_bo = |message: &ServerMessage| match message {
        ServerMessage::Connected { session, connected: true } => (*session == bo_welcome.session).then_some(()),
        _ => None,
    };
    ana.until(is_bo).await;
    let shown = |x| Presence {
        cursor: Some(Point::new(x, -1.5)),
        view: Some(View { center: Point::new(0.0, 0.0), height: 100.0 }),
        tool: Some("MOVE".into()),
        selection: vec![one],
        ghost: Some(Ghost { ids: vec![two], by: Vec2::new(1.0, 2.0) }),
        ..Presence::default()
    };
    bo.say(&ClientMessage::Presence(shown(3.0))).await;
    ana.until(|message| matches!(message, ServerMessage::Presence(_)).then_some(())).await;
    ana.say(&ClientMessage::Presence(shown(4.0))).await;
    // Locks: one is granted, one is so already, one is refused.
    let token = ana.store(Request::Lock { ids: vec![one, two], wait: false }).await;
    assert_eq!(ana.ask(Request::Lock { ids: vec![two], wait: false }).await, Answer::Nothing);
    bo.store(Request::Lock { ids: vec![three], wait: false }).await;
    assert!(matches!(ana.ask(Request::Lock { ids: vec![one, three], wait: false }).await, Answer::Refused(_)));
    // Edits: what is held is moved, something new is made, what somebody else holds is left alone.
    let moved = Op::Translate { ids: vec![place.lines[0], place.lines[1]], by: Vec2::new(10.0, 0.1) };
    let edit = ana.store(ana.edit(moved, &[token])).await;
    ana.store(ana.edit(Op::New(vec![line(welcome.ids[0].first.0)]), &[])).await;
    assert!(matches!(ana.ask(ana.edit(Op::Remove(vec![three]), &[])).await, Answer::Refused(_)));
    let undone = ana.store(Request::Undo { entries: vec![edit] }).await;
    ana.store(Request::Undo { entries: vec![undone] }).await;
    ana.store(Request::Grant { len: 100 }).await;
    assert!(matches!(ana.ask(Request::Rename { title: "Mine".into() }).await, Answer::Refused(_)));
    ana.store(Request::Unlock { ids: vec![one] }).await;
    // The past, the file, and the drawing in place.
    ana.say(&ClientMessage::Log { after: Seq(0), upto: Seq(3) }).await;
    let past = |message: &ServerMessage| match message {
        ServerMessage::Entries(told) => told.iter().any(|told| told.seq == Seq(3)).then_some(()),
        _ => None,
    };
    ana.until(past).await;
    let at = bo.at;
    for hash in [welcome.source.expect("there is a file"), protocol::Hash([7; 32])] {
        ana.say(&ClientMessage::Blob { hash }).await;
        ana.until(|message| matches!(message, ServerMessage::Blob { .. }).then_some(())).await;
    }
    ana.say(&ClientMessage::Refresh).await;
    let refreshed = ana.until(|message| match message {
        ServerMessage::Welcome(welcome) => Some(welcome.position),
        _ => None,
    });
    let position = refreshed.await;
    assert!(position.seq >= at);
    ana.until(|message| matches!(message, ServerMessage::Check { .. }).then_some(())).await;
    ana.at = position.seq;
    // The connection breaks, Bo goes, and Ana comes back to the same session.
    ana.cut(&place).await;
    bo.leave().await;
    let (session, epoch) = (welcome.session, welcome.epoch);
    let resume = Resume { session, epoch, next: Some(epoch.next()), position };
    let back = ana.enter(&place, 0xa1, "Ana", Some(resume)).await;
    assert!(back.carries_on && !back.snapshot && back.session == session);
    ana.leave().await;
    let left = place.close().await;
    (ana.frames, left)
}
