//! The thread behind a look back: it goes where it is asked to, and reads the log through while nobody asks.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::time::{Duration, Instant};

use collab::{Applied, Replay, ReplayError, Room, Source};
use drawing::{Drawing, RecordId};
use protocol::{Hash, Seq};

use super::density::Density;
use super::life::{self, Life};
use super::lines::{Chunk, Lines, Names, Writer};
use super::source::ReadUpTo;
use super::touch::named;
use crate::link::Wake;
use crate::work::caught;

/// Records that may differ between what is shown and what comes next; beyond that the picture is built anew.
pub const CHANGED_MAX: usize = 1_500;
/// Entries that are read through between two looks at what was asked: at the most, and at first.
const SLICE_MAX: u64 = 1_000;
const SLICE_FIRST: u64 = 64;
/// How long that takes, about: a click waits for no longer.
const SLICE_TIME: Duration = Duration::from_millis(6);
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
        /// Entries that touched it, and those that may have, ascending.
        seqs: Vec<(Seq, bool)>,
        /// Whether those are all that there will ever be.
        all: bool,
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
    },
    /// It can't be gone to where it was asked to go; the room is the last one that the log could be followed to.
    Stuck {
        /// The asking.
        number: u64,
        /// Where it stands.
        at: Seq,
        /// What is in the way, in words.
        why: String,
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
    Life(RecordId, Result<Life, String>),
    /// What a copy needs, or why there is none.
    Copied(Result<Box<Copied>, String>),
    /// Something could not be done, in words.
    Failed(String),
    /// Something to know, in words.
    Note(String),
    /// A checkpoint in the log was false: what was shown of it is no more.
    Lied,
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
            slice: SLICE_FIRST,
            listed: Seq(0),
            alone: false,
            done: false,
        },
        going: (head, 0),
        trusted: Vec::new(),
        believes: true,
    };
    // Whatever a log holds, a mistake in reading it is told and not waited for.
    let reports = (worker.told.clone(), worker.wake.clone());
    let ran = caught("reading the log", || {
        worker.run(&asks);
        Ok(())
    });
    if let Err(why) = ran {
        // Where the window is gone, nobody waits for it.
        let _ = reports.0.send(Told::Failed(format!("{why:#}. What was read of it is still here")));
        (reports.1)();
    }
}

impl Worker {
    fn run(&mut self, asks: &Receiver<Ask>) {
        loop {
            let ask = if self.pass.done {
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
                Some(ask) => self.answer(ask),
                None => self.read_on(),
            }
        }
    }
}

struct Worker {
    source: Box<dyn Source + Send>,
    replay: Replay,
    /// What the window was last told.
    shown: Option<Drawing>,
    told: Sender<Told>,
    /// Where it was last asked to go, and the number of that.
    going: (Seq, u64),
    /// What checkpoints gave and the reading through has not come by yet.
    trusted: Vec<Room>,
    /// Whether no checkpoint has been false so far.
    believes: bool,
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
    /// How many entries are read at once.
    slice: u64,
    /// The last entry that was noted.
    listed: Seq,
    /// The log can't be followed from its start: its entries are listed by what they say alone.
    alone: bool,
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
            Ask::Go { to, number } => {
                self.going = (to, number);
                self.go();
            }
            Ask::Life { id, seqs, all } => {
                let start =
                    self.pass.room.ladder().at_or_before(Seq(1)).and_then(|room| room.drawing().get(id)).cloned();
                let life = match self.shown.clone() {
                    Some(now) => life::of(&mut *self.source, &now, id, start, &seqs),
                    None => Err("no moment of the log can be shown".into()),
                };
                self.tell(Told::Life(id, life.map(|life| Life { so_far: !all, ..life })));
            }
            Ask::Copy => {
                let copied = self.copy().map(Box::new);
                self.tell(Told::Copied(copied));
            }
        }
    }

    fn go(&mut self) {
        let (to, number) = self.going;
        let went = match self.seek(to, number) {
            // What does not follow on a checkpoint may follow on the entries.
            Err(ReplayError::Fold(_)) if !self.trusted.is_empty() => {
                self.disbelieve();
                self.seek(to, number)
            }
            went => went,
        };
        for why in self.replay.take_passed_over() {
            self.tell(Told::Note(format!("A checkpoint was passed over, opening takes longer: {why}")));
        }
        let stuck = match went {
            Ok(ControlFlow::Continue(())) => None,
            Ok(ControlFlow::Break(())) => return,
            Err(error) => Some(format!("Entry {to} can't be shown: {error}")),
        };
        self.show(number);
        let at = self.replay.room().map(|room| room.position().seq);
        match (stuck, at) {
            (None, _) => {}
            (Some(why), None) => self.tell(Told::Failed(why)),
            (Some(why), Some(at)) => self.tell(Told::Stuck { number, at, why }),
        }
    }

    fn seek(&mut self, to: Seq, number: u64) -> Result<ControlFlow<()>, ReplayError> {
        let wanted = &self.wanted;
        // Somebody who drags along the timeline wants the last place, not all of them.
        let seen = |_: &protocol::Told, _: &Applied, _: &Room| {
            if wanted.load(Ordering::Relaxed) != number { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let went = if self.believes {
            let read = self.pass.room.room().map_or(Seq(0), |room| room.position().seq);
            self.replay.seek(&mut ReadUpTo(&mut *self.source, read), to, seen)
        } else {
            self.replay.seek(&mut ReadUpTo::from_start(&mut *self.source), to, seen)
        };
        self.trusted.extend(self.replay.take_trusted());
        went
    }

    fn show(&mut self, number: u64) {
        let Some(room) = self.replay.room() else { return };
        let (seq, drawing) = (room.position().seq, room.drawing().clone());
        let ids = self.shown.as_ref().and_then(|shown| shown.difference(&drawing, CHANGED_MAX));
        let change = ids.map_or(Change::Whole, Change::Ids);
        self.shown = Some(drawing.clone());
        self.tell(Told::At { number, seq, drawing, change });
    }

    /// Reads a little more of the log; hands over what came of it from time to time.
    fn read_on(&mut self) {
        let began = Instant::now();
        let done = if self.pass.alone { self.list_on() } else { self.follow_on() };
        let pass = &mut self.pass;
        pass.slice = match began.elapsed() {
            took if took > SLICE_TIME => (pass.slice / 2).max(1),
            took if took < SLICE_TIME / 2 => (pass.slice * 2).min(SLICE_MAX),
            _ => pass.slice,
        };
        pass.done = done;
        if pass.done || pass.at.elapsed() >= HAND_OVER {
            self.hand_over();
        }
    }

    /// Follows the log a little further from its start; whether that was all.
    fn follow_on(&mut self) -> bool {
        let Pass { room, head, writer, chunks, slice, listed, .. } = &mut self.pass;
        let at = room.room().map_or(Seq(0), |room| room.position().seq);
        // The first alone: it starts the room and is applied to none.
        let to = if at == Seq(0) { Seq(1) } else { Seq((at.0 + *slice).min(head.0)) };
        let trusted = &self.trusted;
        let mut lied = false;
        let mut check = |room: &Room| {
            let said = trusted.iter().filter(|said| said.position().seq == room.position().seq);
            said.for_each(|said| lied |= said.digest() != room.digest());
        };
        let went = room.seek(&mut ReadUpTo::from_start(&mut *self.source), to, |told, applied, room| {
            chunks.extend(writer.note(told, applied, Some(room)));
            *listed = told.seq;
            check(room);
            ControlFlow::Continue(())
        });
        if at == Seq(0)
            && let Some(room) = room.room()
            && let Ok(first) = self.source.read_after(Seq(0), Seq(1))
            && let Some(first) = first.first()
        {
            chunks.extend(writer.note(first, &Applied::default(), Some(room)));
            *listed = first.seq;
            check(room);
        }
        for (rung, weight) in room.ladder().after(at) {
            self.replay.keep(rung, weight);
        }
        self.trusted.retain(|said| said.position().seq > to);
        if lied {
            self.disbelieve();
            self.go();
        }
        match went {
            Ok(_) => to >= self.pass.head,
            Err(error) => {
                let at = self.pass.listed;
                self.tell(Told::Note(format!("The log can be followed up to entry {at} only: {error}")));
                // What is said in it can still be listed.
                self.pass.alone = true;
                false
            }
        }
    }

    /// Lists a little more of what a log says that can't be followed; whether that was all.
    fn list_on(&mut self) -> bool {
        let Pass { head, writer, chunks, slice, listed, .. } = &mut self.pass;
        let to = Seq((listed.0 + *slice).min(head.0));
        match self.source.read_after(*listed, to) {
            Ok(entries) if !entries.is_empty() => {
                for told in &entries {
                    chunks.extend(writer.note(told, &named(&told.entry.event), None));
                    *listed = told.seq;
                }
                *listed >= *head
            }
            // Whoever goes there is told why.
            Ok(_) | Err(_) => true,
        }
    }

    /// A checkpoint was false: the entries count, and nothing that was made of it stays.
    fn disbelieve(&mut self) {
        self.believes = false;
        self.trusted.clear();
        self.replay = self.pass.room.clone();
        self.tell(Told::Lied);
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
