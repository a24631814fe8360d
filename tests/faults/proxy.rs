//! A network that can't be trusted: a proxy before a server that, after some bytes of each connection, cuts it, shuts one
//! direction of it, swallows everything from then on, or lets it crawl.

use std::net::SocketAddr;
use std::time::Duration;

use protocol::Address;
use tests::random::Random;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing.
    Passes,
    /// Both directions end at once.
    Cut,
    /// The server hears that the client says nothing more, and goes on talking.
    ShutUp,
    /// The client hears that the server says nothing more, and goes on talking.
    ShutDown,
    /// Nothing arrives any more, and nobody is told.
    Hole,
    /// Each piece is late by so many milliseconds.
    Crawl(u64),
}

/// A proxy at work.
pub struct Proxy {
    /// Where it is, instead of the server.
    pub address: Address,
    fate: watch::Sender<Option<Fate>>,
    taking: JoinHandle<()>,
}

impl Proxy {
    /// Starts one before a server; what becomes of each connection, and when, is drawn.
    pub async fn start(before: &Address, seed: u64) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("it is bound");
        let server: SocketAddr = format!("{}:{}", before.host, before.port).parse().expect("an address of numbers");
        let fate = watch::Sender::new(None);
        let told = fate.clone();
        let taking = tokio::spawn(async move {
            let mut random = Random::new(seed);
            loop {
                let Ok((client, _)) = listener.accept().await else { return };
                let drawn = match random.between(0, 9) {
                    0..=2 => Fate::Cut,
                    3 => Fate::ShutUp,
                    4 => Fate::ShutDown,
                    5..=6 => Fate::Hole,
                    7..=8 => Fate::Crawl(random.between(50, 700)),
                    _ => Fate::Passes,
                };
                // Sometimes before there is a WebSocket, sometimes in the middle of a frame.
                let bytes = random.between(10, 30_000);
                tokio::spawn(serve(client, server, drawn, bytes, told.subscribe()));
            }
        });
        Proxy { address: Address { port: at.port(), ..before.clone() }, fate, taking }
    }

    /// From here on this becomes of every connection. Those that were open before, with a fate of their own, end: what is
    /// lost of a connection can't be made good.
    pub fn decree(&self, fate: Fate) {
        self.fate.send_replace(Some(fate));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.taking.abort();
    }
}

/// Carries a connection until its fate.
async fn serve(client: TcpStream, server: SocketAddr, drawn: Fate, bytes: u64, decreed: watch::Receiver<Option<Fate>>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Both directions count to the same sum, so that a fate comes upon both.
    let carried = watch::Sender::new(0_u64);
    let began_under = *decreed.borrow();
    let (fate, bytes) = began_under.map_or((drawn, bytes), |fate| (fate, 0));
    let pipe = |up| Pipe { up, fate, bytes, carried: carried.clone(), decreed: decreed.clone() };
    let (up, down) = (pipe(true), pipe(false));
    tokio::select! {
        () = async { tokio::join!(up.carry(from_client, to_server), down.carry(from_server, to_client)); } => {}
        () = cut(carried.subscribe(), fate, bytes, began_under, decreed.clone()) => {}
    }
}

/// Resolves when a connection is to be cut.
async fn cut(
    mut carried: watch::Receiver<u64>,
    fate: Fate,
    bytes: u64,
    began_under: Option<Fate>,
    mut decreed: watch::Receiver<Option<Fate>>,
) {
    loop {
        let decree = *decreed.borrow_and_update();
        let ends = decree != began_under && decree != Some(Fate::Hole);
        if ends || fate == Fate::Cut && *carried.borrow_and_update() >= bytes {
            return;
        }
        tokio::select! {
            more = carried.changed() => if more.is_err() { return },
            more = decreed.changed() => if more.is_err() { return },
        }
    }
}

/// One direction of a connection.
struct Pipe {
    up: bool,
    fate: Fate,
    bytes: u64,
    carried: watch::Sender<u64>,
    decreed: watch::Receiver<Option<Fate>>,
}

impl Pipe {
    async fn carry(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; 4 << 10];
        loop {
            let Ok(read) = from.read(&mut buffer).await else { return };
            if read == 0 {
                // The other end is told so, however it takes it.
                let _ = to.shutdown().await;
                return;
            }
            let before = *self.carried.borrow();
            self.carried.send_modify(|carried| *carried += read as u64);
            let mut fate = if before + read as u64 >= self.bytes { self.fate } else { Fate::Passes };
            if *self.decreed.borrow() == Some(Fate::Hole) {
                fate = Fate::Hole;
            }
            match fate {
                Fate::ShutUp if self.up => return drop(to.shutdown().await),
                Fate::ShutDown if !self.up => return drop(to.shutdown().await),
                Fate::Hole => continue,
                Fate::Crawl(ms) => sleep_until(Instant::now() + Duration::from_millis(ms)).await,
                Fate::Passes | Fate::ShutUp | Fate::ShutDown | Fate::Cut => {}
            }
            if to.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    }
}
