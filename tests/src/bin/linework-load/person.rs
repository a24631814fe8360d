//! One person: a connection that moves a cursor, edits a line of its own, and watches the others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use drawing::{BlockId, Drawing, Entity, EntityId, Line, Op, Order, Point, Point3, Record, Shape, Style, Vec2};
use futures_util::{SinkExt, StreamExt};
use protocol::{
    Address, Answer, ClientId, ClientMessage, ClientSeq, Encoding, Event, Hello, Presence, Request,
    SUBPROTOCOL_MSGPACK, Seq, ServerMessage, SessionId, Told, Welcome, decode_drawing,
};
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Notify};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use crate::tally::Tally;

type Socket = tokio_tungstenite::WebSocketStream<TcpStream>;

/// How long after the end a cursor's place may still arrive.
const TAIL: Duration = Duration::from_secs(3);

/// What each person does.
#[derive(Clone, Copy)]
pub struct Work {
    /// Cursor moves a second.
    pub cursors_hz: f64,
    /// Edits a second, one at a time.
    pub edits_hz: f64,
    /// How long.
    pub secs: u32,
}

/// What all people share: the work, and when each of their acts was sent.
#[derive(Clone)]
pub struct Run(Arc<Shared>);

struct Shared {
    /// The drawing at each server; people are spread over them.
    addresses: Vec<Address>,
    work: Work,
    people: usize,
    ready: Barrier,
    done: AtomicUsize,
    /// Told whenever somebody is done.
    someone_done: Notify,
    /// When each place of each person's cursor was sent; a place's x is its index here, its y is the person.
    moves: Vec<Mutex<Vec<Instant>>>,
    /// When each edit of each person was asked for, by its client_seq.
    edits: Vec<Mutex<HashMap<ClientSeq, Instant>>>,
    clients: Vec<ClientId>,
}

impl Run {
    /// A run of this many people.
    pub fn new(addresses: Vec<Address>, work: Work, people: usize) -> Run {
        let clients = (0..people).map(|_| {
            let mut bytes = [0; 16];
            getrandom::fill(&mut bytes).expect("the system has random numbers");
            ClientId(u128::from_le_bytes(bytes))
        });
        Run(Arc::new(Shared {
            addresses,
            work,
            people,
            ready: Barrier::new(people),
            done: AtomicUsize::new(0),
            someone_done: Notify::new(),
            moves: (0..people).map(|_| Mutex::default()).collect(),
            edits: (0..people).map(|_| Mutex::default()).collect(),
            clients: clients.collect(),
        }))
    }
}

/// One person's connection and what they know.
struct Person {
    run: Arc<Shared>,
    index: usize,
    socket: Socket,
    welcome: Welcome,
    tally: Tally,
    /// For each person, the first of their moves that hasn't been seen yet.
    unseen: Vec<usize>,
    seen: Seq,
    next_ask: u64,
    /// The token of one's own line, once it is there.
    token: Option<Seq>,
    asked: Option<(ClientSeq, Instant)>,
    layer_and_space: (drawing::LayerId, BlockId),
}

/// Lives from joining to leaving.
pub async fn live(run: Run, index: usize) -> anyhow::Result<Tally> {
    let run = run.0;
    let mut person = Person::join(run.clone(), index).await.with_context(|| format!("person {index} can't join"))?;
    if run.work.edits_hz > 0.0 {
        person.make_line().await?;
    }
    person.reading_until(run.ready.wait()).await?;
    person.work().await?;
    Ok(person.tally)
}

impl Person {
    async fn join(run: Arc<Shared>, index: usize) -> anyhow::Result<Person> {
        let Address { host, port, drawing, secret } = run.addresses[index % run.addresses.len()].clone();
        let stream = TcpStream::connect((host.as_str(), port)).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{host}:{port}/ws").into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL_MSGPACK.parse()?);
        let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        let (client, name) = (run.clients[index], format!("Load {index}"));
        let hello = Hello { version: protocol::VERSION, client, name, drawing, secret, resume_key: None, resume: None };
        say(&mut socket, &ClientMessage::Hello(hello)).await?;
        let welcome = loop {
            match hear(&mut socket).await? {
                ServerMessage::Welcome(welcome) => break *welcome,
                ServerMessage::Bye { why, .. } => bail!(why),
                _ => {}
            }
        };
        let mut bytes = Vec::new();
        if welcome.snapshot {
            loop {
                match hear(&mut socket).await? {
                    ServerMessage::Snapshot { piece, pieces, bytes: more } => {
                        bytes.extend(more);
                        if piece + 1 == pieces {
                            break;
                        }
                    }
                    ServerMessage::Bye { why, .. } => bail!(why),
                    _ => {}
                }
            }
        }
        let drawing = decode_drawing(&bytes)?;
        let layer = drawing.layer_named("0").unwrap_or(Drawing::LAYER_0);
        let space = drawing.model_space().context("no model space")?;
        let (unseen, seen) = (vec![0; run.people], welcome.position.seq);
        let layer_and_space = (layer, space);
        let (tally, token, asked) = (Tally::default(), None, None);
        Ok(Person { run, index, socket, welcome, tally, unseen, seen, next_ask: 1, token, asked, layer_and_space })
    }

    fn line(&self) -> anyhow::Result<EntityId> {
        Ok(EntityId(self.welcome.ids.first().context("no ids granted")?.first.0))
    }

    async fn ask(&mut self, op: Op) -> anyhow::Result<()> {
        let client_seq = ClientSeq(Seq(self.next_ask));
        self.next_ask += 1;
        let now = Instant::now();
        self.run.edits[self.index].lock().expect("not poisoned").insert(client_seq, now);
        self.asked = Some((client_seq, now));
        let request = Request::Edit { op, seen: self.seen, under: self.token.into_iter().collect() };
        let floor = ClientSeq(Seq(self.next_ask.saturating_sub(2)));
        say(&mut self.socket, &ClientMessage::Ask { client_seq, floor, request }).await
    }

    async fn make_line(&mut self) -> anyhow::Result<()> {
        let (layer, owner) = self.layer_and_space;
        let id = self.line()?;
        let start = Point3::flat(self.index as f64, 0.0);
        let shape = Shape::Line(Line { start, end: start + Point3::flat(0.0, 1.0) });
        let (handle, source, order) = (None, None, Order(u64::MAX / 2));
        let entity = Entity { id, handle, source, owner, order, style: Style::on(layer), shape };
        self.ask(Op::New(vec![Record::Entity(entity)])).await?;
        while self.asked.is_some() {
            let message = hear(&mut self.socket).await?;
            self.take(message)?;
        }
        self.tally = Tally::default();
        Ok(())
    }

    /// Reads what comes until something else has happened.
    async fn reading_until<T>(&mut self, event: impl Future<Output = T>) -> anyhow::Result<()> {
        tokio::pin!(event);
        loop {
            tokio::select! {
                _ = &mut event => return Ok(()),
                message = hear(&mut self.socket) => { let message = message?; self.take(message)? }
            }
        }
    }

    async fn work(&mut self) -> anyhow::Result<()> {
        let work = self.run.work;
        let end = tokio::time::Instant::now() + Duration::from_secs(u64::from(work.secs));
        let every = |hz: f64| Duration::from_secs_f64(if hz > 0.0 { 1.0 / hz } else { 1e6 });
        // People don't move in step: each starts at another point of the period.
        let offset = |hz| every(hz).mul_f64(self.index as f64 / self.run.people as f64).min(Duration::from_secs(1));
        let start = tokio::time::Instant::now();
        let mut moves = tokio::time::interval_at(start + offset(work.cursors_hz), every(work.cursors_hz));
        let mut edits = tokio::time::interval_at(start + offset(work.edits_hz), every(work.edits_hz));
        loop {
            tokio::select! {
                biased;
                message = hear(&mut self.socket) => { let message = message?; self.take(message)? }
                _ = tokio::time::sleep_until(end) => break,
                _ = moves.tick(), if work.cursors_hz > 0.0 => self.move_cursor().await?,
                _ = edits.tick(), if work.edits_hz > 0.0 && self.asked.is_none() => {
                    let ids = vec![self.line()?];
                    self.ask(Op::Translate { ids, by: Vec2::new(0.0, 0.125) }).await?;
                }
            }
        }
        self.run.done.fetch_add(1, Ordering::SeqCst);
        self.run.someone_done.notify_waiters();
        let run = self.run.clone();
        let late = tokio::time::Instant::now() + TAIL;
        while tokio::time::Instant::now() < late && !(self.has_seen_all() && self.asked.is_none()) {
            tokio::select! {
                message = hear(&mut self.socket) => { let message = message?; self.take(message)? }
                _ = tokio::time::sleep_until(late) => {}
                _ = run.someone_done.notified() => {}
            }
        }
        let others = self.run.moves.iter().enumerate().filter(|(other, _)| *other != self.index);
        self.tally.cursors_due = others.map(|(_, moves)| moves.lock().expect("not poisoned").len()).sum();
        // Nobody leaves before everybody has seen everything: leaving is work too.
        let ready = self.run.clone();
        self.reading_until(ready.ready.wait()).await?;
        say(&mut self.socket, &ClientMessage::Leave).await
    }

    fn has_seen_all(&self) -> bool {
        let mut others = self.run.moves.iter().zip(&self.unseen).enumerate().filter(|(other, _)| *other != self.index);
        self.run.done.load(Ordering::SeqCst) == self.run.people
            && others.all(|(_, (moves, unseen))| moves.lock().expect("not poisoned").len() == *unseen)
    }

    async fn move_cursor(&mut self) -> anyhow::Result<()> {
        let mine = &self.run.moves[self.index];
        let x = {
            let mut moves = mine.lock().expect("not poisoned");
            moves.push(Instant::now());
            moves.len() - 1
        };
        let cursor = Some(Point::new(x as f64, self.index as f64));
        say(&mut self.socket, &ClientMessage::Presence(Presence { cursor, ..Presence::default() })).await
    }

    fn take(&mut self, message: ServerMessage) -> anyhow::Result<()> {
        match message {
            ServerMessage::Presence(all) => all.into_iter().for_each(|(who, presence)| self.see(who, &presence)),
            ServerMessage::Entries(entries) => entries.iter().for_each(|told| self.learn(told)),
            ServerMessage::Answer { client_seq, answer } => match answer {
                Answer::Stored { .. } => {
                    if let Some((_, at)) = self.asked.take_if(|(asked, _)| *asked == client_seq) {
                        self.tally.acks.push(at.elapsed());
                    }
                }
                other => bail!("an edit was not stored: {other:?}"),
            },
            ServerMessage::Bye { why, .. } => bail!("the server ended the connection: {why}"),
            _ => {}
        }
        Ok(())
    }

    fn see(&mut self, who: SessionId, presence: &Presence) {
        let Some(cursor) = presence.cursor.filter(|_| who != self.welcome.session) else { return };
        let (upto, person) = (cursor.x as usize, cursor.y as usize);
        let Some(moves) = self.run.moves.get(person) else { return };
        let now = Instant::now();
        let moves = moves.lock().expect("not poisoned");
        for sent in moves.iter().take(upto + 1).skip(self.unseen[person]) {
            self.tally.cursors.push(now.duration_since(*sent));
        }
        self.unseen[person] = self.unseen[person].max(upto + 1);
    }

    fn learn(&mut self, told: &Told) {
        self.seen = told.seq;
        let Some(author) = &told.entry.author else { return };
        if let Event::Edited { op, .. } = &told.entry.event {
            if author.client == self.run.clients[self.index] {
                if matches!(op, Op::New(_)) {
                    self.token = Some(told.seq);
                }
            } else if let Some(person) = self.run.clients.iter().position(|client| *client == author.client)
                && let Some(asked) = self.run.edits[person].lock().expect("not poisoned").get(&author.client_seq)
            {
                self.tally.seen.push(asked.elapsed());
            }
        }
    }
}

async fn say(socket: &mut Socket, message: &ClientMessage) -> anyhow::Result<()> {
    let bytes = Encoding::MessagePack.encode(message)?;
    Ok(socket.send(Message::Binary(bytes.into())).await?)
}

async fn hear(socket: &mut Socket) -> anyhow::Result<ServerMessage> {
    loop {
        match socket.next().await.context("the server closed the connection")?? {
            Message::Binary(bytes) => return Ok(Encoding::MessagePack.decode(&bytes)?),
            Message::Close(_) => bail!("the server closed the connection"),
            _ => {}
        }
    }
}
