//! The thread behind a look back: it goes where it is asked to, and reads the log through while nobody asks.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::time::{Duration, Instant};

use collab::{Applied, Replay, Room, Source};
use drawing::{Drawing, RecordId};
use protocol::{Hash, Seq};

use super::density::Density;
use super::life::{self, Step};
use super::lines::{Chunk, Lines, Names, Writer};
use super::source::FromStart;
use crate::link::Wake;

/// Records that may differ between what is shown and what comes next; beyond that the picture is built anew.
pub const CHANGED_MAX: usize = 1_500;
/// Entries that are read through between two looks at what was asked.
const SLICE: u64 = 1_000;
/// How often what was read through is handed over.
const HAND_OVER: Duration = Duration::from_millis(150);

/// What the window asks.
#[derive(Debug)]
pub enum Ask {
    /// Go there. Only the latest counts.
    Go {
        /// Where to.
        to: Seq,
        /// The number of this asking.
        number: u64,
    },
    /// What happened to a record, in these entries.
    Life {
        /// Which.
        id: RecordId,
        /// Entries that name it, ascending.
        seqs: Vec<Seq>,
    },
    /// All that a copy of the drawing as it is shown needs.
    Copy,
}

/// How what is shown differs from what was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// In these records.
    Ids(Vec<RecordId>),
    /// In more than can be told one by one.
    Whole,
}

/// What makes a copy: the drawing, the one that its file was read into, and that file.
#[derive(Debug)]
pub struct Copied {
    /// As it was at the moment.
    pub drawing: Drawing,
    /// The file that it came from.
    pub source: Option<Vec<u8>>,
    /// As it was read from the file.
    pub original: Drawing,
}

/// What the thread tells.
#[derive(Debug)]
pub enum Told {
    /// The room is here now.
    At {
        /// The last asking that this answers.
        number: u64,
        /// Where.
        seq: Seq,
        /// The drawing.
        drawing: Drawing,
        /// How it differs from the one told before.
        change: Change,
        /// The drawing's name.
        title: String,
    },
    /// More of the log was read through.
    Lines {
        /// Entries that follow on those told before.
        chunks: Vec<Arc<Chunk>>,
        /// What all of them refer to.
        names: Arc<Names>,
        /// How many edits there are where.
        density: Density,
        /// Whether that was all.
        all: bool,
    },
    /// What happened to a record.
    Life(RecordId, Vec<Step>),
    /// What a copy needs, or why there is none.
    Copied(Result<Box<Copied>, String>),
    /// Something could not be done, in words.
    Failed(String),
    /// Something to know, in words.
    Note(String),
}

/// Runs until the window lets go.
pub fn run(
    source: Box<dyn Source + Send>,
    asks: Receiver<Ask>,
    told: Sender<Told>,
    wanted: Arc<AtomicU64>,
    wake: Wake,
) {
    let head = source.head();
    let mut worker = Worker {
        source,
        replay: Replay::new(),
        shown: None,
        told,
        wanted,
        wake,
        pass: Pass {
            room: Replay::new(),
            head,
            writer: Writer::new(),
            lines: Lines::default(),
            chunks: Vec::new(),
            at: Instant::now(),
            done: false,
        },
    };
    // What the window wants to see first comes before reading through, however busy the machine is.
    let mut is_first = true;
    loop {
        let ask = if worker.pass.done || std::mem::take(&mut is_first) {
            match asks.recv() {
                Ok(ask) => Some(ask),
                Err(_) => return,
            }
        } else {
            match asks.try_recv() {
                Ok(ask) => Some(ask),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => return,
            }
        };
        match ask {
            Some(ask) => worker.answer(ask),
            None => worker.read_on(),
        }
    }
}

struct Worker {
    source: Box<dyn Source + Send>,
    replay: Replay,
    /// What the window was last told.
    shown: Option<Drawing>,
    told: Sender<Told>,
    /// The latest asking to go anywhere.
    wanted: Arc<AtomicU64>,
    wake: Wake,
    pass: Pass,
}

/// The reading through from the first entry to the last.
struct Pass {
    room: Replay,
    head: Seq,
    writer: Writer,
    lines: Lines,
    chunks: Vec<Arc<Chunk>>,
    at: Instant,
    done: bool,
}

impl Worker {
    fn tell(&self, told: Told) {
        // Where the window is gone, nobody waits for it.
        let _ = self.told.send(told);
        (self.wake)();
    }

    fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Go { number, .. } if self.wanted.load(Ordering::Relaxed) != number => {}
            Ask::Go { to, number } => self.go(to, number),
            Ask::Life { id, seqs } => {
                let start =
                    self.pass.room.ladder().at_or_before(Seq(1)).and_then(|room| room.drawing().get(id)).cloned();
                let Some(now) = self.shown.clone() else { return };
                match life::of(&mut *self.source, &now, id, start, &seqs) {
                    Ok(steps) => self.tell(Told::Life(id, steps)),
                    Err(why) => self.tell(Told::Failed(why)),
                }
            }
            Ask::Copy => {
                let copied = self.copy().map(Box::new);
                self.tell(Told::Copied(copied));
            }
        }
    }

    fn go(&mut self, to: Seq, number: u64) {
        let wanted = self.wanted.clone();
        let went = self.replay.seek(&mut *self.source, to, |told, _, _| {
            // Somebody who drags along the timeline wants the last place, not all of them.
            let stale = told.seq.0.is_multiple_of(SLICE) && wanted.load(Ordering::Relaxed) != number;
            if stale { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        for why in self.replay.take_passed_over() {
            self.tell(Told::Note(format!("A checkpoint was passed over, opening takes longer: {why}")));
        }
        match went {
            Ok(ControlFlow::Continue(())) => self.show(number),
            Ok(ControlFlow::Break(())) => {}
            Err(error) => self.tell(Told::Failed(format!("Entry {to} can't be shown: {error}"))),
        }
    }

    fn show(&mut self, number: u64) {
        let Some(room) = self.replay.room() else { return };
        let (seq, drawing, title) = (room.position().seq, room.drawing().clone(), room.title().to_owned());
        let ids = self.shown.as_ref().and_then(|shown| shown.difference(&drawing, CHANGED_MAX));
        let change = ids.map_or(Change::Whole, Change::Ids);
        self.shown = Some(drawing.clone());
        self.tell(Told::At { number, seq, drawing, change, title });
    }

    /// Reads a little more of the log; hands over what came of it from time to time.
    fn read_on(&mut self) {
        let Pass { room, head, writer, chunks, .. } = &mut self.pass;
        let at = room.room().map_or(Seq(0), |room| room.position().seq);
        // The first alone: it starts the room and is applied to none.
        let to = if at == Seq(0) { Seq(1) } else { Seq((at.0 + SLICE).min(head.0)) };
        let mut rungs: Vec<Room> = Vec::new();
        let before = room.ladder().len();
        let went = room.seek(&mut FromStart(&mut *self.source), to, |told, applied, room| {
            chunks.extend(writer.note(told, applied, room));
            ControlFlow::Continue(())
        });
        let first = (at == Seq(0)).then(|| self.source.read_after(Seq(0), Seq(1)).ok()?.pop()).flatten();
        if let (Some(first), Some(room)) = (first, room.room()) {
            chunks.extend(writer.note(&first, &Applied::default(), room));
        }
        if let Err(error) = went {
            self.pass.done = true;
            self.hand_over();
            return self.tell(Told::Note(format!("The log was read through up to entry {at}: {error}")));
        }
        if room.ladder().len() != before {
            rungs.extend(room.ladder().at_or_before(to).cloned());
        }
        rungs.iter().for_each(|rung| self.replay.keep(rung));
        self.pass.done = to >= self.pass.head;
        if self.pass.done {
            self.check_checkpoint();
        }
        if self.pass.done || self.pass.at.elapsed() >= HAND_OVER {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        let Pass { writer, lines, chunks, done, at, .. } = &mut self.pass;
        if *done {
            chunks.extend(writer.rest());
        }
        *at = Instant::now();
        if chunks.is_empty() && !*done {
            return;
        }
        let (names, chunks, all) = (writer.names(), std::mem::take(chunks), *done);
        chunks.iter().for_each(|chunk| lines.take(chunk.clone(), names.clone()));
        let density = Density::of(lines);
        self.tell(Told::Lines { chunks, names, density, all });
    }

    /// What was shown from a checkpoint must be what all entries give; else the entries count.
    fn check_checkpoint(&mut self) {
        let Some(read) = self.pass.room.room() else { return };
        self.replay.keep(read);
        let Some(here) = self.replay.room().filter(|here| here.position() == read.position()) else { return };
        let same = here.drawing().hash() == read.drawing().hash();
        if !same {
            self.replay = self.pass.room.clone();
            self.tell(Told::Note(
                "A checkpoint in the log was not what its entries give; the entries are shown".into(),
            ));
            self.show(self.wanted.load(Ordering::Relaxed));
        }
    }

    fn copy(&mut self) -> Result<Copied, String> {
        let room = self.replay.room().ok_or("the drawing is not here yet")?;
        let (drawing, source, original) = (room.drawing().clone(), room.source(), room.original());
        let mut blob = |what: &str, hash: Hash| {
            self.source.blob(hash)?.ok_or_else(|| format!("the log lacks {what} (blob {hash})"))
        };
        let source = source.map(|hash| blob("the file that its drawing came from", hash)).transpose()?;
        let original = blob("the drawing that it starts from", original)?;
        let original = protocol::decode_drawing(&original).map_err(|error| error.to_string())?;
        Ok(Copied { drawing, source, original })
    }
}
