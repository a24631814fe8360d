//! A client that speaks the protocol by hand, in either encoding.

use std::collections::BTreeSet;
use std::time::Duration;

use drawing::{Drawing, Op, RecordId};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{
    Address, Answer, ClientId, ClientMessage, ClientSeq, Encoding, Event, Hello, Request, Resume, ResumeKey,
    SUBPROTOCOL_JSON, SUBPROTOCOL_MSGPACK, Seq, ServerMessage, Token, Told, Welcome, decode_drawing,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::http::Asker;

/// Nothing takes longer than this.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A connection.
pub struct Client {
    pub socket: tokio_tungstenite::WebSocketStream<TcpStream>,
    pub encoding: Encoding,
    pub parts: protocol::Parts,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// With a word.
    Bye { why: String, retry: bool },
    /// Without.
    Cut,
}

/// Someone who is in: what they were welcomed with, and the drawing kept up to date.
pub struct Person {
    pub client: Client,
    pub id: ClientId,
    pub welcome: Welcome,
    pub drawing: Drawing,
    /// The last entry that was told.
    pub at: protocol::Position,
    next: u64,
    /// Requests that were asked and have no answer yet.
    open: BTreeSet<ClientSeq>,
}

impl Client {
    /// Connects; nothing is said yet.
    pub async fn connect(address: &Address, encoding: Encoding) -> Client {
        Client::try_connect(address, encoding).await.expect("the server listens")
    }

    /// Connects, if anybody listens there.
    pub async fn try_connect(address: &Address, encoding: Encoding) -> Result<Client, End> {
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await.map_err(|_| End::Cut)?;
        stream.set_nodelay(true).expect("a socket");
        let url = format!("ws://{}:{}/ws", address.host, address.port);
        let mut request = url.into_client_request().expect("a URL");
        let subprotocol = match encoding {
            Encoding::MessagePack => SUBPROTOCOL_MSGPACK,
            Encoding::Json => SUBPROTOCOL_JSON,
        };
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol.parse().expect("a header"));
        let (socket, response) = tokio_tungstenite::client_async(request, stream).await.map_err(|_| End::Cut)?;
        assert_eq!(response.headers()["Sec-WebSocket-Protocol"], subprotocol);
        Ok(Client { socket, encoding, parts: Default::default() })
    }

    /// Connects as a page does, under a name, from an origin and with a cookie; nothing is said yet.
    pub async fn connect_as(address: &Address, encoding: Encoding, asker: &Asker) -> Client {
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await.expect("the server listens");
        let mut request = format!("ws://{}/ws", asker.host).into_client_request().expect("a URL");
        let headers = request.headers_mut();
        headers.insert("Sec-WebSocket-Protocol", SUBPROTOCOL_JSON.parse().expect("a header"));
        for (name, value) in [("Origin", &asker.origin), ("Cookie", &asker.cookie)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().expect("a header"));
            }
        }
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await.expect("it upgrades");
        Client { socket, encoding, parts: Default::default() }
    }

    /// Says something.
    pub async fn say(&mut self, message: &ClientMessage) -> Result<(), tungstenite::Error> {
        for bytes in message.to_frames(self.encoding).expect("our own messages encode") {
            self.send(bytes).await?;
        }
        Ok(())
    }

    /// Sends bytes as a message.
    pub async fn send(&mut self, bytes: Vec<u8>) -> Result<(), tungstenite::Error> {
        let frame = match self.encoding {
            Encoding::MessagePack => Message::Binary(bytes.into()),
            Encoding::Json => Message::Text(String::from_utf8(bytes).expect("JSON is text").into()),
        };
        self.socket.send(frame).await
    }

    /// The next message, or how the connection ended.
    pub async fn hear(&mut self) -> Result<ServerMessage, End> {
        loop {
            let frame = timeout(DEADLINE, self.socket.next()).await.expect("the server says something in time");
            let bytes = match frame {
                Some(Ok(Message::Binary(bytes))) if self.encoding == Encoding::MessagePack => bytes,
                Some(Ok(Message::Text(text))) if self.encoding == Encoding::Json => text.into(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Close(_))) | Some(Err(_)) | None => return Err(End::Cut),
                Some(Ok(other)) => panic!("a frame of another kind: {other:?}"),
            };
            let mut message = self.encoding.decode(&bytes).expect("a server's message decodes");
            if let ServerMessage::Part(part) = message {
                let Some(whole) = self.parts.take(part, 256 << 20).expect("parts come in order") else { continue };
                message = self.encoding.decode(&whole).expect("a server's message decodes");
            }
            match message {
                ServerMessage::Heartbeat => {}
                ServerMessage::Bye { why, retry } => return Err(End::Bye { why, retry }),
                message => return Ok(message),
            }
        }
    }

    /// Listens until the connection ends.
    pub async fn end(&mut self) -> End {
        loop {
            if let Err(end) = self.hear().await {
                return end;
            }
        }
    }

    /// Says hello and takes in what follows, up to the drawing at the welcome's position.
    pub async fn enter(mut self, hello: Hello, before: Option<Person>) -> Result<Person, End> {
        self.say(&ClientMessage::Hello(hello.clone())).await.map_err(|_| End::Cut)?;
        let ServerMessage::Welcome(welcome) = self.hear().await? else { panic!("a welcome comes first") };
        let welcome = *welcome;
        let next = before.as_ref().map_or(1, |person| person.next);
        let mut person = match (welcome.snapshot, before) {
            (true, _) => {
                let (drawing, at) = (self.snapshot().await?, welcome.position);
                Person { client: self, id: hello.client, drawing, at, next, open: BTreeSet::new(), welcome }
            }
            (false, Some(before)) => Person { client: self, welcome, ..before },
            (false, None) => panic!("a snapshot for one who has nothing"),
        };
        while person.at.seq < person.welcome.position.seq {
            person.hear().await?;
        }
        assert_eq!(person.at, person.welcome.position);
        Ok(person)
    }

    async fn snapshot(&mut self) -> Result<Drawing, End> {
        let mut whole = Vec::new();
        let mut expected = 0;
        loop {
            match self.hear().await? {
                ServerMessage::Snapshot { piece, pieces, bytes } => {
                    assert_eq!(piece, expected);
                    assert!(bytes.len() <= 256 << 10, "{} bytes in a piece", bytes.len());
                    whole.extend(bytes);
                    expected += 1;
                    if expected == pieces {
                        return Ok(decode_drawing(&whole).expect("a drawing"));
                    }
                }
                ServerMessage::Presence(_) | ServerMessage::Connected { .. } => {}
                other => panic!("in the middle of a snapshot: {other:?}"),
            }
        }
    }
}

/// A hello to where an address leads.
pub fn hello(address: &Address, id: u128, resume: Option<Resume>) -> Hello {
    Hello {
        version: protocol::VERSION,
        client: ClientId(id),
        name: format!("Person {id}"),
        drawing: address.drawing.clone(),
        secret: address.secret.clone(),
        resume_key: Some(ResumeKey(id)),
        resume,
    }
}

impl Person {
    /// Comes in.
    pub async fn join(address: &Address, encoding: Encoding, id: u128) -> Person {
        let client = Client::connect(address, encoding).await;
        client.enter(hello(address, id, None), None).await.expect("it lets us in")
    }

    /// Comes back.
    pub async fn resume(self, address: &Address) -> Result<Person, End> {
        let client = Client::connect(address, self.client.encoding).await;
        let Welcome { session, epoch, .. } = self.welcome;
        let resume = Resume { session, epoch, next: None, position: self.at };
        client.enter(hello(address, self.id.0, Some(resume)), Some(self)).await
    }

    /// Comes back over a new connection, perhaps to another server; stays as they were if that fails.
    pub async fn come_back(&mut self, address: &Address) -> Result<(), End> {
        let mut client = Client::try_connect(address, self.client.encoding).await?;
        let Welcome { session, epoch, .. } = self.welcome;
        let hello = hello(address, self.id.0, Some(Resume { session, epoch, next: None, position: self.at }));
        client.say(&ClientMessage::Hello(hello)).await.map_err(|_| End::Cut)?;
        let welcome = loop {
            if let ServerMessage::Welcome(welcome) = client.hear().await? {
                break *welcome;
            }
        };
        assert!(welcome.carries_on, "nobody was away for long");
        if welcome.snapshot {
            self.drawing = client.snapshot().await?;
            self.at = welcome.position;
        }
        let upto = welcome.position;
        (self.client, self.welcome) = (client, welcome);
        while self.at.seq < upto.seq {
            self.hear().await?;
        }
        Ok(())
    }

    /// The next message; entries are applied to the drawing.
    pub async fn hear(&mut self) -> Result<ServerMessage, End> {
        let message = self.client.hear().await?;
        match &message {
            ServerMessage::Entries(entries) => entries.iter().for_each(|told| self.apply(told)),
            ServerMessage::Answer { client_seq, .. } => drop(self.open.remove(client_seq)),
            ServerMessage::Check { seq, drawing } if *seq == self.at.seq => assert_eq!(*drawing, self.drawing.hash()),
            _ => {}
        }
        Ok(message)
    }

    fn apply(&mut self, told: &Told) {
        let payload = protocol::encode_entry(&told.entry).expect("an entry encodes");
        let after = self.at.after(&payload);
        assert_eq!((told.seq, told.hash), (after.seq, after.head), "entries are dense and chained");
        self.at = after;
        if let Event::Edited { op, .. } = &told.entry.event {
            self.drawing.apply(op).expect("what is stored can be applied");
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

    /// Listens until an entry of interest is told.
    pub async fn until_event<T>(&mut self, interesting: impl Fn(Seq, &Event) -> Option<T>) -> T {
        self.until(|message| match message {
            ServerMessage::Entries(entries) => entries.iter().find_map(|told| interesting(told.seq, &told.entry.event)),
            _ => None,
        })
        .await
    }

    /// Asks, without waiting for the answer.
    pub async fn begin(&mut self, request: Request) -> ClientSeq {
        let client_seq = ClientSeq(Seq(self.next));
        self.next += 1;
        self.again(client_seq, request).await;
        client_seq
    }

    /// Asks under a number that was used before. An error is found by whoever listens.
    pub async fn again(&mut self, client_seq: ClientSeq, request: Request) {
        self.open.insert(client_seq);
        let floor = ClientSeq(Seq(self.open.first().map_or(self.next, |first| first.0.0) - 1));
        let _ = self.client.say(&ClientMessage::Ask { client_seq, floor, request }).await;
    }

    /// Asks and waits for the answer.
    pub async fn ask(&mut self, request: Request) -> Answer {
        let asked = self.begin(request).await;
        self.until(|message| match message {
            ServerMessage::Answer { client_seq, answer } if *client_seq == asked => Some(answer.clone()),
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

    /// Locks records; the token.
    pub async fn lock(&mut self, ids: impl IntoIterator<Item = impl Into<RecordId>>) -> Token {
        self.store(Request::Lock { ids: ids.into_iter().map(Into::into).collect(), wait: false }).await
    }

    /// Edits what is held under a token.
    pub fn edit(&self, op: Op, under: &[Token]) -> Request {
        Request::Edit { op, seen: self.at.seq, under: under.to_vec() }
    }
}
