//! What moving bytes alone costs: a fan-out over WebSockets that knows nothing of what it passes on. It runs as a process
//! of its own, so that its processor time is measured as a server's is.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};
use tokio_tungstenite::tungstenite::Message;

/// Frames that may wait for one receiver; more are lost, and count as not delivered.
const FRAMES_MAX: usize = 8_192;
/// How long frames are gathered.
const TICK: Duration = Duration::from_millis(16);

/// How frames are passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum How {
    /// Each at once, to everybody else.
    AtOnce,
    /// All of 16 ms in one frame, to everybody.
    Gathered,
}

/// A fan-out in a process of its own. It ends with this value.
pub struct FanOut {
    child: Child,
    /// Where it listens.
    pub at: std::net::SocketAddr,
}

impl FanOut {
    /// Starts one.
    pub fn start(how: How) -> anyhow::Result<FanOut> {
        let how = match how {
            How::AtOnce => "at-once",
            How::Gathered => "gathered",
        };
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--bare", how]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("starting a bare fan-out")?;
        let stdout = child.stdout.take().context("the fan-out has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let at = line.trim().parse().context("the fan-out did not say where it listens")?;
        Ok(FanOut { child, at })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for FanOut {
    fn drop(&mut self) {
        // It ends when its input does.
        drop(self.child.stdin.take());
        // Where it has ended already there is nothing to wait for.
        let _ = self.child.wait();
    }
}

/// What all connections share.
struct Room {
    how: How,
    people: Mutex<Vec<mpsc::Sender<Bytes>>>,
    gathered: Mutex<Vec<u8>>,
}

/// Is one: says where it listens, and serves until its input ends.
pub async fn serve(how: How) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let room = Arc::new(Room { how, people: Mutex::default(), gathered: Mutex::default() });
    if how == How::Gathered {
        tokio::spawn(tell_gathered(room.clone()));
    }
    // Whoever started it is gone, or wants it no more.
    let (ends, mut ended) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ends = ends;
        // However reading ends, nothing more will come.
        let _ = std::io::stdin().read(&mut [0]);
    });
    loop {
        tokio::select! {
            _ = &mut ended => return Ok(()),
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                tokio::spawn(serve_one(room.clone(), stream));
            }
        }
    }
}

async fn serve_one(room: Arc<Room>, stream: TcpStream) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let (mut sink, mut source) = tokio_tungstenite::accept_async(stream).await?.split();
    let (frames, mut to_send) = mpsc::channel::<Bytes>(FRAMES_MAX);
    let me = {
        let mut people = lock(&room.people);
        people.push(frames);
        people.len() - 1
    };
    let writing = tokio::spawn(async move {
        while let Some(frame) = to_send.recv().await {
            sink.feed(Message::Binary(frame)).await?;
            while let Ok(frame) = to_send.try_recv() {
                sink.feed(Message::Binary(frame)).await?;
            }
            sink.flush().await?;
        }
        anyhow::Ok(())
    });
    while let Some(message) = source.next().await {
        let Message::Binary(frame) = message? else { continue };
        match room.how {
            How::Gathered => lock(&room.gathered).extend(&frame),
            How::AtOnce => {
                let people = lock(&room.people);
                let others = people.iter().enumerate().filter(|(index, _)| *index != me);
                // One that is full loses frames.
                others.for_each(|(_, person)| drop(person.try_send(frame.clone())));
            }
        }
    }
    writing.abort();
    Ok(())
}

async fn tell_gathered(room: Arc<Room>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let frame = Bytes::from(std::mem::take(&mut *lock(&room.gathered)));
        if !frame.is_empty() {
            lock(&room.people).iter().for_each(|person| drop(person.try_send(frame.clone())));
        }
    }
}

/// Whoever panicked with the lock left a whole value behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
