//! Somebody who joins a drawing by its link, over the JSON subprotocol, without a window.

use drawing::{Color, Drawing, EntityId, Op, Record, RecordId, Vec2};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{
    Address, Answer, ClientId, ClientMessage, ClientSeq, Encoding, Event, Hello, Presence, Request, SUBPROTOCOL_JSON,
    Seq, ServerMessage, Token, Welcome,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::PATIENCE;

/// Somebody in a drawing.
pub struct Person {
    socket: WebSocketStream<TcpStream>,
    pub welcome: Welcome,
    pub drawing: Drawing,
    seen: Seq,
    next: u64,
}

impl Person {
    /// Comes in by a link; else why not, in the server's words.
    pub async fn join(link: &str, name: &str) -> Result<Person, String> {
        let address: Address = link.parse().expect("a link is an address");
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        let url = format!("ws://{}:{}/ws", address.host, address.port);
        let mut request = url.into_client_request().expect("a URL");
        request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL_JSON.parse().expect("a header"));
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await.expect("it upgrades");
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system gives random numbers");
        let hello = Hello {
            version: protocol::VERSION,
            client: ClientId(u128::from_le_bytes(bytes)),
            name: name.into(),
            drawing: address.drawing,
            secret: address.secret,
            resume_key: None,
            resume: None,
        };
        let mut coming = Coming { socket };
        coming.say(&ClientMessage::Hello(hello)).await;
        let mut welcome = None;
        let mut snapshot = Vec::new();
        loop {
            match coming.hear().await? {
                ServerMessage::Welcome(came) => welcome = Some(*came),
                ServerMessage::Snapshot { piece, pieces, bytes } => {
                    snapshot.extend(bytes);
                    if piece + 1 == pieces {
                        break;
                    }
                }
                _ => {}
            }
        }
        let welcome = welcome.expect("a welcome comes first");
        let drawing = protocol::decode_drawing(&snapshot).expect("a drawing");
        let seen = welcome.position.seq;
        Ok(Person { socket: coming.socket, welcome, drawing, seen, next: 1 })
    }

    /// Shows what they are at.
    pub async fn show(&mut self, tool: &str) {
        let presence = Presence { tool: Some(tool.into()), ..Presence::default() };
        say(&mut self.socket, &ClientMessage::Presence(presence)).await;
    }

    /// The next message; entries are applied. The words of the end where it ends.
    pub async fn hear(&mut self) -> Result<ServerMessage, String> {
        let message = hear(&mut self.socket).await?;
        if let ServerMessage::Entries(entries) = &message {
            for told in entries {
                self.seen = told.seq;
                if let Event::Edited { op, .. } = &told.entry.event {
                    self.drawing.apply(op).expect("what is stored can be applied");
                }
            }
        }
        Ok(message)
    }

    /// Listens until an event of interest.
    pub async fn until_event(&mut self, interesting: impl Fn(&Event) -> bool) -> Event {
        loop {
            if let ServerMessage::Entries(entries) = self.hear().await.expect("the connection holds")
                && let Some(told) = entries.into_iter().find(|told| interesting(&told.entry.event))
            {
                return told.entry.event;
            }
        }
    }

    /// Listens until the connection ends; why.
    pub async fn end(&mut self) -> String {
        loop {
            if let Err(why) = self.hear().await {
                return why;
            }
        }
    }

    /// Asks, without waiting.
    pub async fn begin(&mut self, request: Request) -> ClientSeq {
        let client_seq = ClientSeq(Seq(self.next));
        self.next += 1;
        say(&mut self.socket, &ClientMessage::Ask { client_seq, floor: ClientSeq(Seq(0)), request }).await;
        client_seq
    }

    /// Asks and waits for the answer.
    pub async fn ask(&mut self, request: Request) -> Answer {
        let asked = self.begin(request).await;
        loop {
            if let ServerMessage::Answer { client_seq, answer } = self.hear().await.expect("the connection holds")
                && client_seq == asked
            {
                return answer;
            }
        }
    }

    /// Locks entities; the token.
    pub async fn lock(&mut self, ids: &[EntityId]) -> Token {
        let ids: Vec<RecordId> = ids.iter().map(|id| RecordId::from(*id)).collect();
        match self.ask(Request::Lock { ids, wait: false }).await {
            Answer::Stored { seq, .. } => seq,
            other => panic!("not locked: {other:?}"),
        }
    }

    /// Lets go of entities.
    pub async fn unlock(&mut self, ids: &[EntityId]) {
        let ids = ids.iter().map(|id| RecordId::from(*id)).collect();
        self.ask(Request::Unlock { ids }).await;
    }

    /// Gives an entity a colour of its own.
    pub async fn recolor(&mut self, id: EntityId, color: u8, under: Token) {
        let mut entity = self.drawing.entity(id).expect("it is there").clone();
        entity.style.color = Color::Index(color);
        let op = Op::Change(vec![Record::Entity(entity)]);
        let answer = self.ask(Request::Edit { op, seen: self.seen, under: vec![under] }).await;
        assert!(matches!(answer, Answer::Stored { .. }), "{answer:?}");
    }

    /// Moves entities to the right.
    pub async fn shift(&mut self, ids: &[EntityId], under: &[Token]) {
        let op = Op::Translate { ids: ids.to_vec(), by: Vec2::new(0.25, 0.0) };
        let answer = self.ask(Request::Edit { op, seen: self.seen, under: under.to_vec() }).await;
        assert!(matches!(answer, Answer::Stored { .. }), "{answer:?}");
    }
}

struct Coming {
    socket: WebSocketStream<TcpStream>,
}

impl Coming {
    async fn say(&mut self, message: &ClientMessage) {
        say(&mut self.socket, message).await;
    }

    async fn hear(&mut self) -> Result<ServerMessage, String> {
        hear(&mut self.socket).await
    }
}

async fn say(socket: &mut WebSocketStream<TcpStream>, message: &ClientMessage) {
    let bytes = Encoding::Json.encode(message).expect("our own messages encode");
    let text = String::from_utf8(bytes).expect("JSON is text");
    socket.send(Message::Text(text.into())).await.expect("the server is there");
}

async fn hear(socket: &mut WebSocketStream<TcpStream>) -> Result<ServerMessage, String> {
    loop {
        match timeout(PATIENCE, socket.next()).await.expect("the server says something in time") {
            Some(Ok(Message::Text(text))) => match Encoding::Json.decode(text.as_bytes()).expect("a message") {
                ServerMessage::Heartbeat => {}
                ServerMessage::Bye { why, .. } => return Err(why),
                message => return Ok(message),
            },
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            _ => return Err("the connection was cut".into()),
        }
    }
}
