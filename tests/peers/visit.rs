//! One visit over the wire, with every frame of it: what `docs/protocol.md` shows, and what captures are taken of.

use std::time::Duration;

use drawing::{Op, RecordId, Vec2};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{
    Answer, ClientId, ClientMessage, ClientSeq, Encoding, Hello, Request, Resume, ResumeKey, SUBPROTOCOL_JSON,
    SUBPROTOCOL_MSGPACK, Seq, ServerMessage, Welcome,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::place::Place;

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
        let (host, port) = place.at();
        let stream = TcpStream::connect((host, port)).await.expect("the server listens");
        let mut request = format!("ws://{host}:{port}/ws").into_client_request().expect("a URL");
        let subprotocol = match encoding {
            Encoding::MessagePack => SUBPROTOCOL_MSGPACK,
            Encoding::Json => SUBPROTOCOL_JSON,
        };
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol.parse().expect("a header"));
        let (socket, _) = client_async(request, stream).await.expect("it upgrades");
        Visitor { socket, encoding, frames: Vec::new(), asked: 0, at: Seq(0) }
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
        self.at = welcome.position.seq;
        self.until(|message| matches!(message, ServerMessage::Check { .. }).then_some(())).await;
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
