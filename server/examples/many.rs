//! How a host does with many drawings: how long ten thousand take to be known and what that costs, what hundreds at work
//! cost, and whether one that fifty people fill keeps a quiet one waiting.
//!
//!     cargo run --release -p server --example many -- 10000 500

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use drawing::{Drawing, Entity, EntityId, Line, Op, Point3, Record, RecordId, Shape, Vec2};
use protocol::{
    Answer, ClientId, ClientMessage, ClientSeq, Hello, Request, Seq, ServerMessage, SessionId, Token, Welcome,
};
use server::{Delivery, Host, LocalConnection, Options};
use tokio::runtime::Handle;

/// Requests of one writer that wait for their answers.
const IN_FLIGHT: usize = 64;
/// How long the busy drawing is filled.
const BUSY: Duration = Duration::from_secs(5);
/// Those who fill it.
const WRITERS: usize = 50;

type Failed = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let known = numbers.next().transpose()?.unwrap_or(10_000);
    let open = numbers.next().transpose()?.unwrap_or(500);
    rlimit::increase_nofile_limit(u64::MAX)?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    fill(&data, known).await?;

    let before = resident();
    let began = Instant::now();
    let host = Host::open(Options { open_max: open.max(8), ..Options::new(&data) }, Handle::current())?;
    println!(
        "known {} in {:?}, {} KiB more",
        host.drawings().len(),
        began.elapsed(),
        resident().saturating_sub(before) >> 10
    );
    let began = Instant::now();
    for _ in 0..100 {
        std::hint::black_box(host.health());
    }
    println!("looking at all of them {:?}", began.elapsed() / 100);
    let began = Instant::now();
    for _ in 0..100 {
        std::hint::black_box(host.drawings());
    }
    println!("listing all of them {:?}", began.elapsed() / 100);

    let (before, files) = (resident(), files());
    let began = Instant::now();
    let mut people = Vec::new();
    for number in 0..open {
        people.push(Person::join(&host, &format!("copy-{number}"), 1).await?);
    }
    let took = began.elapsed();
    println!(
        "opened {} in {took:?}, {} KiB and {} files each",
        host.health().open,
        (resident().saturating_sub(before) / open.max(1)) >> 10,
        (self::files() - files) / open.max(1)
    );
    // One more than there is room for, again and again: each makes the one that was left the longest go.
    for mut person in people.drain(..) {
        person.leave().await;
    }
    let began = Instant::now();
    for number in open..(2 * open).min(known - 1) {
        Person::join(&host, &format!("copy-{number}"), 1).await?.leave().await;
    }
    println!("opened {open} others, {} at work, {:?} each", host.health().open, began.elapsed() / open.max(1) as u32);

    println!("alone: {}", quiet(&host, "copy-0").await?);
    let busy = tokio::spawn(busy(host.clone(), "copy-1".into()));
    println!("beside {WRITERS} who fill another: {}", quiet(&host, "copy-0").await?);
    println!("these had {} edits a second stored", busy.await??);
    host.close().await;
    Ok(())
}

/// Makes a folder with so many drawings of a hundred lines.
async fn fill(data: &Path, known: usize) -> Result<(), Failed> {
    let host = Host::open(Options::new(data), Handle::current())?;
    host.add("copy-0", None, lines()?).await?;
    host.close().await;
    let log = std::fs::read(data.join("copy-0.linework"))?;
    for number in 1..known {
        std::fs::write(data.join(format!("copy-{number}.linework")), &log)?;
    }
    Ok(())
}

fn lines() -> Result<Drawing, Failed> {
    let mut drawing = Drawing::new();
    let first = drawing.id_max().0 + 1;
    let line = |id: u64| {
        let at = |x| Point3 { x, y: id as f64, z: 0.0 };
        Record::Entity(Entity::new(EntityId(id), Shape::Line(Line { start: at(0.0), end: at(10.0) })))
    };
    drawing.apply(&Op::New((first..first + 100).map(line).collect()))?;
    Ok(drawing)
}

/// How long edits take in a drawing where one person makes them one by one, for as long as another is filled.
async fn quiet(host: &Host, name: &str) -> Result<String, Failed> {
    let mut person = Person::join(host, name, 7).await?;
    let token = person.lock(0).await?;
    let mut took = Vec::new();
    let until = Instant::now() + BUSY;
    while Instant::now() < until {
        let began = Instant::now();
        let asked = person.ask(person.shift(token)).await?;
        person.answer(asked).await?;
        took.push(began.elapsed());
    }
    person.leave().await;
    took.sort();
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
    Ok(format!("{} edits, p50 {:?}, p99 {:?}, at most {:?}", took.len(), at(0.5), at(0.99), at(1.0)))
}

/// Fifty people edit one drawing as fast as they are answered.
async fn busy(host: Host, name: String) -> Result<u64, Failed> {
    let until = Instant::now() + BUSY;
    let writers = (0..WRITERS).map(|number| {
        let (host, name) = (host.clone(), name.clone());
        tokio::spawn(async move {
            let mut person = Person::join(&host, &name, 100 + number as u128).await?;
            let token = person.lock(number).await?;
            let (mut asked, mut stored) = (VecDeque::new(), 0);
            while Instant::now() < until {
                while asked.len() < IN_FLIGHT {
                    asked.push_back(person.ask(person.shift(token)).await?);
                }
                if let Some(first) = asked.pop_front() {
                    person.answer(first).await?;
                    stored += 1;
                }
            }
            Ok::<u64, Failed>(stored)
        })
    });
    let mut stored = 0;
    for writer in writers.collect::<Vec<_>>() {
        stored += writer.await??;
    }
    Ok(stored / BUSY.as_secs())
}

/// Somebody in a drawing.
struct Person {
    connection: LocalConnection,
    welcome: Welcome,
    drawing: Drawing,
    next: u64,
    at: Seq,
    moved: EntityId,
}

impl Person {
    async fn join(host: &Host, name: &str, client: u128) -> Result<Person, Failed> {
        let mut connection = host.connect(name).await?;
        let hello = Hello {
            version: protocol::VERSION,
            client: ClientId(client),
            name: "Somebody".into(),
            drawing: name.into(),
            secret: String::new(),
            resume_key: None,
            resume: None,
        };
        connection.to_room.send(ClientMessage::Hello(hello)).await?;
        let mut welcome = None;
        loop {
            match connection.from_room.recv().await.ok_or("it ended")? {
                Delivery::Message(message) => {
                    if let ServerMessage::Welcome(found) = &*message {
                        welcome = Some(Welcome::clone(found));
                    }
                }
                Delivery::Drawing(drawing) => {
                    let welcome = welcome.ok_or("a welcome comes first")?;
                    let at = welcome.position.seq;
                    return Ok(Person { connection, welcome, drawing, next: 1, at, moved: EntityId(0) });
                }
                Delivery::Closed { why, .. } => return Err(why.into()),
            }
        }
    }

    async fn lock(&mut self, which: usize) -> Result<Token, Failed> {
        self.moved = self.drawing.entities().map(|entity| entity.id).nth(which).ok_or("too few lines")?;
        let asked = self.ask(Request::Lock { ids: vec![RecordId::from(self.moved)], wait: false }).await?;
        self.answer(asked).await
    }

    fn shift(&self, token: Token) -> Request {
        let op = Op::Translate { ids: vec![self.moved], by: Vec2 { x: 0.25, y: 0.0 } };
        Request::Edit { op, seen: self.at, under: vec![token] }
    }

    async fn ask(&mut self, request: Request) -> Result<ClientSeq, Failed> {
        let client_seq = ClientSeq(Seq(self.next));
        self.next += 1;
        let floor = ClientSeq(Seq(self.next.saturating_sub(2 * IN_FLIGHT as u64)));
        self.connection.to_room.send(ClientMessage::Ask { client_seq, floor, request }).await?;
        Ok(client_seq)
    }

    /// Waits for the answer: the entry that it became.
    async fn answer(&mut self, asked: ClientSeq) -> Result<Seq, Failed> {
        loop {
            match self.connection.from_room.recv().await.ok_or("it ended")? {
                Delivery::Message(message) => match &*message {
                    ServerMessage::Entries(entries) => self.at = entries.last().map_or(self.at, |told| told.seq),
                    ServerMessage::Answer { client_seq, answer } if *client_seq == asked => match answer {
                        Answer::Stored { seq, .. } => return Ok(*seq),
                        other => return Err(format!("{} was answered {other:?}", self.session()).into()),
                    },
                    _ => {}
                },
                Delivery::Drawing(_) => {}
                Delivery::Closed { why, .. } => return Err(why.into()),
            }
        }
    }

    fn session(&self) -> SessionId {
        self.welcome.session
    }

    async fn leave(&mut self) {
        // One that ended already is left.
        let _ = self.connection.to_room.send(ClientMessage::Leave).await;
        while self.connection.from_room.recv().await.is_some() {}
    }
}

/// Memory that is resident, bytes; 0 where the system doesn't say.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok()).unwrap_or(0) << 10
}

/// Files that are open.
fn files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}
