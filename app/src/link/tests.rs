//! Links against servers that go away, refuse, and say odd things.

use std::sync::Arc;
use std::time::Duration;

use drawing::Drawing;
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{Address, ClientId, ClientMessage, Encoding, Hash, Hello, Limits, Seq, ServerMessage};
use server::{Delivery, Host, LocalConnection, Options};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use super::{Incoming, Link, local, remote};

/// Nothing takes longer than this.
const DEADLINE: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<TcpStream>;

/// A server that does with each connection what a test says.
struct Fake {
    listener: TcpListener,
}

impl Fake {
    async fn start() -> (Fake, Address) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let address = Address { host: "127.0.0.1".into(), port, drawing: "plan".into(), secret: "s".into() };
        (Fake { listener }, address)
    }

    /// The next who connects, after the handshake.
    async fn accept(&self) -> Socket {
        let (stream, _) = self.listener.accept().await.expect("somebody connects");
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let choose = |request: &Request, mut response: Response| {
            let wanted = request.headers().get("Sec-WebSocket-Protocol").cloned().expect("a subprotocol is asked for");
            response.headers_mut().insert("Sec-WebSocket-Protocol", wanted);
            Ok(response)
        };
        tokio_tungstenite::accept_hdr_async(stream, choose).await.expect("a handshake")
    }
}

async fn say(socket: &mut Socket, message: &ServerMessage) {
    let bytes = Encoding::MessagePack.encode(message).expect("a message is written");
    socket.send(Message::Binary(bytes.into())).await.expect("it is sent");
}

/// The next that the window would take in.
async fn next(link: &mut Link) -> Incoming {
    let next = tokio::time::timeout(DEADLINE, link.incoming.recv()).await;
    next.expect("something comes in time").expect("the link is at work")
}

fn link_to(address: Address) -> Link {
    remote(&Handle::current(), address, Arc::new(|| {}))
}

fn hello() -> ClientMessage {
    let (version, name) = (protocol::VERSION, "Ben".to_owned());
    let (drawing, secret) = ("plan".to_owned(), "s".to_owned());
    ClientMessage::Hello(Hello { version, client: ClientId(7), name, drawing, secret, resume_key: None, resume: None })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lets_go_after_each_handshake_is_asked_less_and_less_often() {
    let (fake, address) = Fake::start().await;
    let mut link = link_to(address);
    let mut pauses = Vec::new();
    while pauses.len() < 3 {
        drop(fake.accept().await);
        assert!(matches!(next(&mut link).await, Incoming::Connected));
        match next(&mut link).await {
            Incoming::Lost { again_s, attempts, .. } => pauses.push((again_s, attempts)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(pauses, [(0, 1), (1, 2), (2, 3)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_message_ends_the_connection_and_one_of_a_later_version_does_not() {
    let (fake, address) = Fake::start().await;
    let mut link = link_to(address);
    let mut socket = fake.accept().await;
    assert!(matches!(next(&mut link).await, Incoming::Connected));
    // Of a kind that this version doesn't know, with content and without.
    let news = [("weather", "rain")].into_iter().collect::<std::collections::BTreeMap<_, _>>();
    for later in [Encoding::MessagePack.encode(&news), Encoding::MessagePack.encode(&"sunset")] {
        socket.send(Message::Binary(later.expect("written").into())).await.expect("sent");
    }
    say(&mut socket, &ServerMessage::Check { seq: Seq(3), drawing: Drawing::new().hash() }).await;
    assert!(matches!(next(&mut link).await, Incoming::Message(ServerMessage::Check { .. })));
    let mut bytes = Encoding::MessagePack.encode(&ServerMessage::Entries(Vec::new())).expect("written");
    bytes.truncate(bytes.len() - 1);
    socket.send(Message::Binary(bytes.into())).await.expect("sent");
    match next(&mut link).await {
        Incoming::Lost { why, .. } => assert!(why.contains("unreadable"), "{why}"),
        other => panic!("{other:?}"),
    }
    fake.accept().await;
    assert!(matches!(next(&mut link).await, Incoming::Connected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goodbye_is_for_good_or_for_a_while() {
    let (fake, address) = Fake::start().await;
    let mut link = link_to(address);
    let mut socket = fake.accept().await;
    assert!(matches!(next(&mut link).await, Incoming::Connected));
    say(&mut socket, &ServerMessage::Bye { why: "back soon".into(), retry: true }).await;
    assert!(matches!(next(&mut link).await, Incoming::Message(ServerMessage::Bye { .. })));
    drop(socket);
    assert!(matches!(next(&mut link).await, Incoming::Lost { .. }));
    let mut socket = fake.accept().await;
    assert!(matches!(next(&mut link).await, Incoming::Connected));
    say(&mut socket, &ServerMessage::Bye { why: "Ana stopped sharing".into(), retry: false }).await;
    match next(&mut link).await {
        Incoming::Ended { why } => assert_eq!(why, "Ana stopped sharing"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_made_anew_when_the_window_wants_it_and_blobs_come_whole() {
    let (fake, address) = Fake::start().await;
    let mut link = link_to(address);
    let mut socket = fake.accept().await;
    assert!(matches!(next(&mut link).await, Incoming::Connected));
    let hash = Hash::of(b"plan");
    let piece = |piece, bytes: &[u8]| ServerMessage::Blob { hash, piece, pieces: 2, bytes: bytes.to_vec() };
    say(&mut socket, &piece(0, b"pl")).await;
    say(&mut socket, &piece(1, b"an")).await;
    assert!(matches!(next(&mut link).await, Incoming::Blob(it, Some(bytes)) if it == hash && bytes == b"plan"));
    link.send([hello()]);
    let heard = tokio::time::timeout(DEADLINE, socket.next()).await.expect("in time").expect("a frame").expect("whole");
    assert!(matches!(heard, Message::Binary(_)));
    link.reopen();
    assert!(matches!(next(&mut link).await, Incoming::Lost { .. }));
    let mut socket = fake.accept().await;
    assert!(matches!(next(&mut link).await, Incoming::Connected));
    // What is said before a new hello was meant for the old connection.
    link.send([ClientMessage::Refresh, hello()]);
    let heard = tokio::time::timeout(DEADLINE, socket.next()).await.expect("in time").expect("a frame").expect("whole");
    let Message::Binary(bytes) = heard else { panic!("{heard:?}") };
    let first: ClientMessage = Encoding::MessagePack.decode(&bytes).expect("a message");
    assert!(matches!(first, ClientMessage::Hello(_)), "{first:?}");
}

/// A welcome as a real room says it, with heartbeats at this rate.
async fn welcome(heartbeat_ms: u32) -> ServerMessage {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = Limits { heartbeat_ms, ..Limits::default() };
    let options = Options { limits, ..Options::new(folder.path()) };
    let host = Host::open(options, Handle::current()).expect("the folder opens");
    let listing = host.add("Plan", None, Drawing::new()).await.expect("it is added");
    let connection = host.connect(&listing.name).await.expect("it opens");
    let mut link = local(&Handle::current(), (host.clone(), listing.name), connection, Arc::new(|| {}));
    assert!(matches!(next(&mut link).await, Incoming::Connected));
    link.send([hello()]);
    let Incoming::Message(welcome) = next(&mut link).await else { panic!("no welcome") };
    host.close().await;
    welcome
}

/// The next thing that is heard; none where the connection ended.
async fn heard(socket: &mut Socket) -> Option<ClientMessage> {
    let frame = tokio::time::timeout(DEADLINE, socket.next()).await.expect("something is heard in time");
    match frame {
        Some(Ok(Message::Binary(bytes))) => Some(Encoding::MessagePack.decode(&bytes).expect("a message")),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_message_is_a_sign_of_life_while_it_comes_and_silence_within_it_is_none() {
    const BEATS: usize = 8;
    let welcome = welcome(200).await;
    let long = ServerMessage::Blob { hash: Hash::of(&[7; 60_000]), piece: 0, pieces: 1, bytes: vec![7; 60_000] };
    let message = Encoding::MessagePack.encode(&long).expect("a message is written");
    let mut frame = vec![0x82, 126];
    frame.extend((message.len() as u16).to_be_bytes());
    frame.extend(message);
    for all in [true, false] {
        let (fake, address) = Fake::start().await;
        let mut link = link_to(address);
        let mut socket = fake.accept().await;
        assert!(matches!(next(&mut link).await, Incoming::Connected));
        link.send([hello()]);
        assert!(matches!(heard(&mut socket).await, Some(ClientMessage::Hello(_))));
        say(&mut socket, &welcome).await;
        assert!(matches!(next(&mut link).await, Incoming::Message(ServerMessage::Welcome(_))));
        // A piece for each heartbeat: the whole takes far longer than silence may.
        let pieces: Vec<_> = frame.chunks(frame.len().div_ceil(BEATS)).collect();
        let sent = if all { pieces.len() } else { 2 };
        for piece in &pieces[..sent] {
            assert!(matches!(heard(&mut socket).await, Some(ClientMessage::Heartbeat)), "it was given up");
            tokio::io::AsyncWriteExt::write_all(socket.get_mut(), piece).await.expect("written");
        }
        match (all, next(&mut link).await) {
            (true, Incoming::Blob(_, Some(_))) => {}
            (false, Incoming::Lost { why, .. }) => assert!(why.contains("not been heard of"), "{why}"),
            (_, other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_in_nothing_is_given_up() {
    let (fake, address) = Fake::start().await;
    let mut link = link_to(address);
    let mut socket = fake.accept().await;
    assert!(matches!(next(&mut link).await, Incoming::Connected));
    link.send([hello()]);
    assert!(matches!(heard(&mut socket).await, Some(ClientMessage::Hello(_))));
    say(&mut socket, &welcome(100).await).await;
    assert!(matches!(next(&mut link).await, Incoming::Message(ServerMessage::Welcome(_))));
    // More than lies between: the system keeps some megabytes of what nobody reads.
    let ClientMessage::Hello(long) = hello() else { panic!("a hello") };
    link.send([ClientMessage::Hello(Hello { name: "x".repeat(64 << 20), ..long })]);
    // It is alive, but doesn't listen: what it says changes nothing of that.
    match next(&mut link).await {
        Incoming::Lost { why, .. } => assert!(why.contains("takes in nothing"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_in_the_same_program_is_entered_again_unless_it_is_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Host::open(Options::new(folder.path()), Handle::current()).expect("the folder opens");
    let listing = host.add("Plan", None, Drawing::new()).await.expect("it is added");
    let (to_room, _heard) = mpsc::channel(4);
    let (room, from_room) = mpsc::channel(4);
    let first = LocalConnection { to_room, from_room };
    let mut link = local(&Handle::current(), (host.clone(), listing.name.clone()), first, Arc::new(|| {}));
    assert!(matches!(next(&mut link).await, Incoming::Connected));
    // One who could not keep up is told to come back.
    room.send(Delivery::Closed { why: "too slow".into(), retry: true }).await.expect("it listens");
    assert!(matches!(next(&mut link).await, Incoming::Lost { why, .. } if why == "too slow"));
    assert!(matches!(next(&mut link).await, Incoming::Connected));
    link.send([hello()]);
    assert!(matches!(next(&mut link).await, Incoming::Message(ServerMessage::Welcome(_))));
    assert!(matches!(next(&mut link).await, Incoming::Drawing(_)));
    host.close_drawing(&listing.name, "Ana closed the drawing").await;
    loop {
        match next(&mut link).await {
            Incoming::Ended { why } => break assert_eq!(why, "Ana closed the drawing"),
            Incoming::Message(_) => {}
            other => panic!("{other:?}"),
        }
    }
    host.close().await;
}
