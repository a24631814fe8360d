//! Who else there is while people work: those who read slowly, who all come at once, who lose their connections all at
//! once, who are only there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use protocol::{Address, ClientMessage, Position, Resume, ServerMessage};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpSocket;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::interval;

use crate::socket::Identity;
use crate::tally::Waits;

/// A slow reader takes so many bytes ...
const SIP_BYTES: usize = 2 << 10;
/// ... so often.
const SIP_EVERY: Duration = Duration::from_millis(100);
/// What the system keeps for a slow reader, in bytes.
const SLOW_BUFFER_BYTES: u32 = 16 << 10;
/// How many of those who are only there come in at the same time.
const COMING_MAX: usize = 16;

/// Turns true when the run is over.
pub type Over = watch::Receiver<bool>;

/// Those who come at once, and what they waited for.
#[derive(Default)]
pub struct Storm {
    /// From connecting until the drawing, or all that was missed, is here.
    pub waits: Waits,
    /// Who did not get in.
    pub failed: u32,
}

/// Waits until the run is over.
async fn until(over: &mut Over) {
    // An error says that whoever would say it is gone.
    let _ = over.wait_for(|over| *over).await;
}

/// One who reads slowly; whether the server ended it.
pub async fn read_slowly(address: Address, mut over: Over) -> anyhow::Result<bool> {
    let at = tokio::net::lookup_host((address.host.as_str(), address.port)).await?.next().context("no such host")?;
    let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_recv_buffer_size(SLOW_BUFFER_BYTES)?;
    let stream = socket.connect(at).await?;
    let joined = Identity::new("Load, slow".into())?.join_over(stream, &address, None, false).await?;
    let mut stream = joined.socket.into_stream();
    let mut sips = interval(SIP_EVERY);
    let mut bytes = vec![0; SIP_BYTES];
    loop {
        tokio::select! {
            () = until(&mut over) => return Ok(false),
            _ = sips.tick() => match stream.read(&mut bytes).await {
                Ok(0) | Err(_) => return Ok(true),
                Ok(_) => {}
            },
        }
    }
}

/// So many come in at the same moment and stay until the end.
pub async fn come_at_once(addresses: Arc<[Address]>, people: usize, over: Over) -> Storm {
    let mut coming = JoinSet::new();
    for index in 0..people {
        let (address, mut over) = (addresses[index % addresses.len()].clone(), over.clone());
        coming.spawn(async move {
            let start = Instant::now();
            let joined = Identity::new(format!("Load, new {index}"))?.join(&address, None, false).await?;
            let wait = start.elapsed();
            let mut socket = joined.socket;
            loop {
                tokio::select! {
                    () = until(&mut over) => return anyhow::Ok(wait),
                    frame = socket.frame() => { frame?; }
                }
            }
        });
    }
    gather(coming).await
}

/// So many lose their connections at the same moment, come back where they were, and stay until the end.
pub async fn come_back_at_once(
    addresses: Arc<[Address]>,
    people: usize,
    ready: Arc<Semaphore>,
    cut: watch::Receiver<bool>,
    over: Over,
) -> Storm {
    let mut coming = JoinSet::new();
    for index in 0..people {
        let (address, mut over, mut cut) = (addresses[index % addresses.len()].clone(), over.clone(), cut.clone());
        let ready = ready.clone();
        coming.spawn(async move {
            let identity = Identity::new(format!("Load, back {index}"))?;
            let joined = identity.join(&address, None, false).await?;
            ready.add_permits(1);
            let welcome = joined.welcome;
            let (mut socket, mut position) = (joined.socket, welcome.position);
            loop {
                tokio::select! {
                    () = until(&mut cut) => break,
                    message = socket.hear() => note(&mut position, &message?),
                }
            }
            // Nothing is said: as when the network goes.
            drop(socket);
            let start = Instant::now();
            let resume = Resume { session: welcome.session, epoch: welcome.epoch, next: None, position };
            let back = identity.join(&address, Some(resume), false).await?;
            let (mut socket, target) = (back.socket, back.welcome.position);
            while !back.welcome.snapshot && position.seq < target.seq {
                note(&mut position, &socket.hear().await?);
            }
            let wait = start.elapsed();
            loop {
                tokio::select! {
                    () = until(&mut over) => return anyhow::Ok(wait),
                    frame = socket.frame() => { frame?; }
                }
            }
        });
    }
    gather(coming).await
}

fn note(position: &mut Position, message: &ServerMessage) {
    if let ServerMessage::Entries(told) = message
        && let Some(last) = told.last()
    {
        position.seq = last.seq;
        position.head = last.hash;
    }
}

async fn gather(mut coming: JoinSet<anyhow::Result<Duration>>) -> Storm {
    let mut storm = Storm::default();
    while let Some(came) = coming.join_next().await {
        match came.map_err(anyhow::Error::from).flatten() {
            Ok(wait) => storm.waits.push_us(wait.as_micros() as u64),
            Err(error) => {
                eprintln!("one did not get in, or was put out: {error:#}");
                storm.failed += 1;
            }
        }
    }
    storm
}

/// So many who are only there, spread over the drawings, until the run is over; `here` counts those who are in.
pub async fn be_there(
    addresses: Arc<[Address]>,
    people: usize,
    here: Arc<Semaphore>,
    over: Over,
) -> anyhow::Result<()> {
    let door = Arc::new(Semaphore::new(COMING_MAX));
    let mut all = JoinSet::new();
    for index in 0..people {
        let (address, mut over) = (addresses[index % addresses.len()].clone(), over.clone());
        let (here, door) = (here.clone(), door.clone());
        all.spawn(async move {
            let place = door.acquire().await?;
            let identity = Identity::new(format!("Load, idle {index}"))?.with_small_buffers();
            let joined = identity.join(&address, None, false).await?;
            drop(place);
            here.add_permits(1);
            // What came with joining takes no memory from here on.
            let mut socket = joined.socket;
            loop {
                tokio::select! {
                    () = until(&mut over) => break,
                    frame = socket.frame() => { frame?; }
                }
            }
            socket.say(&ClientMessage::Leave).await
        });
    }
    while let Some(each) = all.join_next().await {
        each??;
    }
    Ok(())
}
