//! What all people of a run share: the work, when each of their cursors' places was sent, and when all are done.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use protocol::Address;
use tokio::sync::{Barrier, Notify, Semaphore};

/// How many join at the same time, but for those of a storm.
const JOINING_MAX: usize = 32;

/// How often something is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// So many times a second.
    Hz(f64),
    /// As often as the requests in flight allow.
    Max,
}

impl std::str::FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Rate, String> {
        if text == "max" {
            return Ok(Rate::Max);
        }
        match text.parse() {
            Ok(hz) if (0.0..=100_000.0).contains(&hz) => Ok(Rate::Hz(hz)),
            _ => Err("how many a second, or max".into()),
        }
    }
}

/// What each person does.
#[derive(Clone, Copy)]
pub struct Work {
    /// Cursor moves a second.
    pub cursors_hz: f64,
    /// Edits a second.
    pub edits: Rate,
    /// Requests without an answer that one may have.
    pub in_flight: usize,
    /// Those who edit are told nothing but answers; one watches.
    pub one_receiver: bool,
    /// How long.
    pub secs: u32,
}

impl Work {
    /// Whether anybody edits.
    pub fn edits(&self) -> bool {
        self.edits != Rate::Hz(0.0)
    }
}

/// Where people connect to.
#[derive(Clone)]
pub enum Target {
    /// The drawing at each server; people are spread over them.
    Servers(Vec<Address>),
    /// A fan-out without meaning.
    Bare(SocketAddr),
}

/// What is shared.
pub struct Run {
    /// Where to.
    pub target: Target,
    /// What is done.
    pub work: Work,
    /// How many move and edit.
    pub people: usize,
    /// Three times: all are in, all is seen, all may leave.
    pub gate: Barrier,
    /// Lets a bounded number join at once.
    pub door: Semaphore,
    done: AtomicUsize,
    someone_done: Notify,
    start: Instant,
    moves: Vec<Moves>,
    /// Which of the drawings each person is in.
    groups: Vec<usize>,
    /// The last entry of each drawing that somebody's edit was stored as.
    last_stored: Vec<AtomicU64>,
}

/// When each place of a person's cursor was sent, in microseconds of the run; a place's x is its index here.
struct Moves {
    sent_us: Box<[AtomicU32]>,
    count: AtomicU32,
}

impl Run {
    /// A run of this many people, and so many others who pass through the gate.
    pub fn new(target: Target, work: Work, people: usize, others: usize) -> Run {
        let drawings: Vec<&str> = match &target {
            Target::Servers(addresses) => addresses.iter().map(|address| address.drawing.as_str()).collect(),
            Target::Bare(_) => vec![""],
        };
        let mut names = BTreeMap::new();
        for drawing in &drawings {
            let next = names.len();
            names.entry(*drawing).or_insert(next);
        }
        // One who only watches comes after all who work, and is in the first drawing.
        let at = |index: usize| if index == people { 0 } else { index % drawings.len() };
        let groups = (0..=people).map(|index| names[drawings[at(index)]]).collect();
        let last_stored = (0..names.len()).map(|_| AtomicU64::new(0)).collect();
        // One who was kept from moving for a while catches up, so that there are never more than this.
        let places = (work.cursors_hz * f64::from(work.secs)) as usize + 2;
        let moves = || Moves {
            sent_us: std::iter::repeat_with(|| AtomicU32::new(0)).take(places).collect(),
            count: AtomicU32::new(0),
        };
        Run {
            work,
            people,
            gate: Barrier::new(people + others),
            door: Semaphore::new(JOINING_MAX),
            done: AtomicUsize::new(0),
            someone_done: Notify::new(),
            start: Instant::now(),
            moves: std::iter::repeat_with(moves).take(people).collect(),
            groups,
            last_stored,
            target,
        }
    }

    /// Microseconds since the run began; of the one clock that times both ends.
    pub fn now_us(&self) -> u32 {
        self.start.elapsed().as_micros() as u32
    }

    /// Whether two people are in the same drawing.
    pub fn together(&self, one: usize, other: usize) -> bool {
        self.groups[one] == self.groups[other]
    }

    /// Where somebody connects to, of several.
    pub fn address(&self, index: usize) -> anyhow::Result<&Address> {
        match &self.target {
            Target::Servers(addresses) if index == self.people => Ok(&addresses[0]),
            Target::Servers(addresses) => Ok(&addresses[index % addresses.len()]),
            Target::Bare(_) => anyhow::bail!("a bare fan-out has no drawings"),
        }
    }

    /// Notes that somebody's cursor moves now; the x of its place, none when it has moved enough.
    pub fn note_move(&self, index: usize) -> Option<u32> {
        let moves = &self.moves[index];
        // Only the person themselves counts up.
        let x = moves.count.load(Ordering::Relaxed);
        moves.sent_us.get(x as usize)?.store(self.now_us(), Ordering::Relaxed);
        moves.count.store(x + 1, Ordering::Release);
        Some(x)
    }

    /// When somebody's cursor was sent to places from one to another, that one too, in microseconds.
    pub fn sent_us(&self, index: usize, from: u32, upto: u32) -> anyhow::Result<impl Iterator<Item = u32>> {
        let moves = self.moves.get(index).context("a cursor of nobody")?;
        anyhow::ensure!(upto < moves.count.load(Ordering::Acquire), "a cursor was seen where it wasn't yet");
        let places = moves.sent_us.get(from as usize..=upto as usize).context("a cursor went back")?;
        Ok(places.iter().map(|sent| sent.load(Ordering::Relaxed)))
    }

    /// How often all others in somebody's drawing moved.
    pub fn moves_of_others(&self, index: usize) -> u64 {
        let others = (0..self.people).filter(|other| *other != index && self.together(index, *other));
        others.map(|other| u64::from(self.moves[other].count.load(Ordering::Acquire))).sum()
    }

    /// Notes that somebody's edit was stored.
    pub fn note_stored(&self, index: usize, seq: u64) {
        self.last_stored[self.groups[index]].fetch_max(seq, Ordering::Relaxed);
    }

    /// The last entry in somebody's drawing that an edit was stored as.
    pub fn last_stored(&self, index: usize) -> u64 {
        self.last_stored[self.groups[index]].load(Ordering::Relaxed)
    }

    /// Somebody is done: they move no more, and all that they asked for is answered.
    pub fn note_done(&self) {
        self.done.fetch_add(1, Ordering::SeqCst);
        self.someone_done.notify_waiters();
    }

    /// Whether everybody is.
    pub fn all_done(&self) -> bool {
        self.done.load(Ordering::SeqCst) == self.people
    }

    /// Waits until everybody is.
    pub async fn until_all_done(&self) {
        loop {
            let mut told = std::pin::pin!(self.someone_done.notified());
            // From here on nothing is missed.
            told.as_mut().enable();
            if self.all_done() {
                return;
            }
            told.await;
        }
    }

    /// How long the work takes.
    pub fn length(&self) -> Duration {
        Duration::from_secs(u64::from(self.work.secs))
    }
}
