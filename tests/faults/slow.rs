//! Clients that take their time, before they say who they are and after: they are let go of, or cost nobody else anything.

use std::time::Duration;

use collab::Status;
use drawing::{Color, Op, Record};
use futures_util::SinkExt as _;
use protocol::{Address, ClientId, ClientMessage, Encoding, Hello, ResumeKey};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{interval, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::ground::{Ground, Server};
use crate::history::Notes;
use crate::person::{Person, upgrade};
use crate::proxy::{Fate, Proxy};
use crate::{DEADLINE, limits};

/// Between two bytes of one who sends them one by one.
const DRIP: Duration = Duration::from_millis(200);
/// Lines that somebody changes all at once, and how often, so that more is told than the system and a queue hold.
const LINES: usize = 1_000;
const CHANGES: u64 = 80;
/// By how much a server may grow over that, in KiB: a queue's 8 MiB, and what it takes to change and tell it.
const GROWTH_MAX_KIB: u64 = 96 << 10;

/// The head of a text frame of so many bytes, masked with zeros, as a client must.
fn frame_head(bytes: u64) -> Vec<u8> {
    [&[0x81, 0x80 | 127][..], &bytes.to_be_bytes(), &[0; 4]].concat()
}

fn hello(address: &Address, id: u128) -> Vec<u8> {
    let hello = Hello {
        version: protocol::VERSION,
        client: ClientId(id),
        name: "Slow".into(),
        drawing: address.drawing.clone(),
        secret: address.secret.clone(),
        resume_key: Some(ResumeKey(id)),
        resume: None,
    };
    Encoding::Json.encode(&ClientMessage::Hello(hello)).expect("a hello encodes")
}

/// A socket that speaks WebSocket and has said nothing over it.
async fn connect(address: &Address) -> TcpStream {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await.expect("the server listens");
    upgrade(stream, address, Encoding::Json).await.expect("it upgrades").into_inner()
}

/// Sends bytes one by one for as long as the other side takes them, at most so many of them; whether it still does.
async fn drip(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    let mut tick = interval(DRIP);
    let mut heard = [0; 4 << 10];
    for byte in bytes {
        if stream.write_all(&[*byte]).await.is_err() {
            return false;
        }
        loop {
            tokio::select! {
                _ = tick.tick() => break,
                read = stream.read(&mut heard) => if read.is_ok_and(|read| read == 0) { return false },
            }
        }
    }
    true
}

/// Reads until the other side ends it.
async fn until_closed(stream: &mut TcpStream) {
    let mut heard = vec![0; 64 << 10];
    let closed = async { while stream.read(&mut heard).await.is_ok_and(|read| read > 0) {} };
    timeout(DEADLINE, closed).await.expect("the server lets go of it in time");
}

/// Somebody who is in, and does something that is stored.
async fn witness(address: &Address, notes: &Notes, window: usize) -> Person {
    let mut person = Person::new(window, notes, limits());
    person.connect(address).await;
    person.until("a welcome", |session| *session.status() == Status::Live).await;
    person
}

async fn stores_something(person: &mut Person) {
    let new = person.new_lines(1).expect("ids");
    person.session.submit(Op::New(new)).expect("it is new");
    person.until("an answer", |session| session.waiting() == 0).await;
}

fn ground() -> (Ground, Server) {
    let ground = Ground::new(limits());
    let server = ground.start();
    (ground, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_says_hello_is_let_go_of() {
    let (_ground, server) = ground();
    let at = &server.address;
    let silent = async {
        let mut stream = connect(at).await;
        until_closed(&mut stream).await;
    };
    let dripping = async {
        let mut stream = connect(at).await;
        let said = hello(at, 9);
        let whole = [frame_head(said.len() as u64), said].concat();
        // The whole hello would take longer than anybody has.
        assert!(!drip(&mut stream, &whole).await, "a hello of {} bytes, one by one, is heard", whole.len());
    };
    let boasting = async {
        let mut stream = connect(at).await;
        stream.write_all(&frame_head(3 << 20)).await.expect("it is taken");
        until_closed(&mut stream).await;
    };
    tokio::join!(silent, dripping, boasting);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_a_message_byte_by_byte_costs_nobody_anything() {
    let (_ground, server) = ground();
    let mut stream = connect(&server.address).await;
    let said = hello(&server.address, 9);
    stream.write_all(&[frame_head(said.len() as u64), said].concat()).await.expect("it is taken");
    let notes = Notes::begin();
    let mut ana = witness(&server.address, &notes, 0).await;
    let there = |count: usize| {
        move |session: &collab::Session| session.people().filter(|person| person.connected).count() == count
    };
    ana.until("the slow one is in", there(2)).await;
    let before = server.memory_kib("VmHWM");
    // A message of three million bytes begins.
    stream.write_all(&frame_head(3 << 20)).await.expect("it is taken");
    for _ in 0..8 {
        let (taken, ()) = tokio::join!(drip(&mut stream, b"xx"), stores_something(&mut ana));
        assert!(taken, "a sign of life is one, however slow");
    }
    assert!(server.memory_kib("VmHWM") - before < 16 << 10, "what is only announced takes no memory");
    // And when it stops, it is gone as anybody who is silent.
    ana.until("the slow one is gone", there(1)).await;
    tokio::select! {
        () = until_closed(&mut stream) => {}
        () = ana.until("nothing", |_| false) => {}
    }
    stores_something(&mut ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_reads_is_dropped_and_costs_a_queue_at_most() {
    let (_ground, server) = ground();
    let notes = Notes::begin();
    let mut ana = witness(&server.address, &notes, 0).await;
    let lines = ana.new_lines(LINES).expect("ids");
    ana.session.submit(Op::New(lines.clone())).expect("they are new");
    ana.until("an answer", |session| session.waiting() == 0).await;
    // Takes next to nothing in by itself, says that it is there again and again, and never reads.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 << 10).expect("a small buffer");
    let to = format!("{}:{}", server.address.host, server.address.port).parse().expect("an address of numbers");
    let stream = socket.connect(to).await.expect("the server listens");
    let mut deaf = upgrade(stream, &server.address, Encoding::Json).await.expect("it upgrades");
    let said = String::from_utf8(hello(&server.address, 9)).expect("JSON is text");
    deaf.send(Message::Text(said.into())).await.expect("it is taken");
    let speaking = tokio::spawn(async move {
        let mut tick = interval(DRIP);
        loop {
            tick.tick().await;
            if deaf.send(Message::Text("\"heartbeat\"".into())).await.is_err() {
                return;
            }
        }
    });
    let there = |count: usize| {
        move |session: &collab::Session| session.people().filter(|person| person.connected).count() == count
    };
    ana.until("the deaf one is in", there(2)).await;
    let before = server.memory_kib("VmHWM");
    let mut changes = 0;
    while !there(1)(&ana.session) {
        changes += 1;
        assert!(changes <= CHANGES, "the deaf one is still there after {CHANGES} changes of {LINES} lines");
        let color = Color::Index((1 + changes % 200) as u8);
        let changed = lines.iter().cloned().map(|record| match record {
            Record::Entity(mut entity) => {
                entity.style.color = color;
                Record::Entity(entity)
            }
            other => other,
        });
        ana.session.submit(Op::Change(changed.collect())).expect("they are hers");
        ana.until("an answer", |session| session.waiting() == 0).await;
    }
    let grown = server.memory_kib("VmHWM").saturating_sub(before);
    println!("dropped after {changes} changes; the server grew by {grown} KiB");
    assert!(grown < GROWTH_MAX_KIB, "{grown} KiB for one who does not read");
    speaking.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_behind_a_dead_network_is_missed_and_given_up_in_the_end() {
    let (_ground, server) = ground();
    let proxy = Proxy::start(&server.address, 0).await;
    proxy.decree(Fate::Passes);
    let notes = Notes::begin();
    let mut ana = witness(&server.address, &notes, 0).await;
    let mut ben = witness(&proxy.address, &notes, 1).await;
    let ben_is = ben.session.me().expect("he is in");
    proxy.decree(Fate::Hole);
    let is_connected = move |session: &collab::Session| session.person(ben_is).map(|person| person.connected);
    ana.until("his silence is noticed", move |session| is_connected(session) == Some(false)).await;
    ana.until("he is given up", move |session| is_connected(session).is_none()).await;
    // He notices by himself that nobody is there.
    ben.flush().await;
    ben.give_up_if_overdue();
    assert!(!ben.is_connected());
}
