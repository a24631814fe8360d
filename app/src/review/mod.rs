//! Looking back: a log replayed by a thread, what was found in it, and what of it is shown.
//!
//! The window never waits: it asks, and takes in what came since the last frame. Nothing here changes a drawing.

mod acts;
mod area;
mod density;
mod filter;
mod gather;
mod life;
mod lines;
mod restore;
mod source;
mod steps;
mod touch;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use collab::Source;
use drawing::{Drawing, RecordId, Rect};
use protocol::Seq;

use crate::link::Wake;
use steps::Lit;
use worker::Ask;

pub use acts::main_part;
pub use area::Areas;
pub use density::{BINS, Density};
pub use filter::Filter;
pub use gather::{ENTRIES_MAX, Gathering};
pub use life::{Life, Step};
pub use lines::{Kind, Line, Lines, Who};
pub use restore::{Restoring, Unrestored, restoring};
pub use source::{LogFile, ReadUpTo};
pub use steps::Erased;
pub use worker::{CHANGED_MAX, Change, Copied, Told};

/// How many times as fast as it was.
pub const SPEEDS: [u32; 5] = [1, 4, 16, 64, 256];

/// What the timeline and the history panel want of a look back.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// Look at the moment after this entry.
    Go(Seq),
    /// One listed entry on, or back.
    Step(bool),
    /// One run of somebody's work on, or back.
    Burst(bool),
    /// To the first entry, or to the last.
    End(bool),
    /// Play on, or stop.
    Play,
    /// How many times as fast as it was.
    Speed(u32),
    /// List these entries.
    Filter(Filter),
    /// The next window on the canvas says which entries are listed.
    PickArea,
    /// It is this one; none lists them wherever they were.
    Area(Option<Rect>),
    /// The next window on the canvas selects, as ever.
    NoArea,
    /// Tell the life of what is selected, or of nothing any more.
    Life(Option<RecordId>),
    /// Open the drawing as it is shown as a drawing of its own.
    OpenCopy,
    /// Begin to look back in a drawing that is being worked on.
    Begin,
    /// Make the drawing what it was then.
    Restore,
    /// Back to now.
    Leave,
}

/// Playing: since when, and from where.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Playing {
    /// On the timeline.
    at_ms: f64,
    /// On the window's clock; none until the first frame.
    since_s: Option<f64>,
}

/// A look back at a log.
pub struct Review {
    asks: Sender<Ask>,
    told: Receiver<Told>,
    wanted: Arc<AtomicU64>,
    /// Its last entry.
    pub head: Seq,
    /// Where the drawing that is shown is; 0 until there is one.
    pub at: Seq,
    /// Where it was asked to go.
    pub going: Seq,
    /// The drawing that is shown.
    pub drawing: Option<Drawing>,
    /// All entries, as far as they were read through.
    pub lines: Lines,
    /// Whether they all were.
    pub all_read: bool,
    /// Edits along the timeline.
    pub density: Density,
    /// How many times as fast as it was.
    pub speed: u32,
    playing: Option<Playing>,
    /// Which entries are listed.
    pub filter: Filter,
    /// Those; none stands for all.
    pub listed: Option<Vec<u32>>,
    /// The next window on the canvas says which entries are listed.
    pub picking_area: bool,
    /// Whose life is told, and what it was as soon as that is known.
    pub life: Option<(RecordId, Option<Result<Life, String>>)>,
    /// The entries whose work is lit up: the last step.
    pub lit: (Seq, Seq),
    /// Whether those are a run of one person's work.
    pub lit_is_run: bool,
    /// What is lit up, as it was last found.
    shining: Lit,
    /// The thread is there.
    runs: bool,
    /// What is wrong with the log, in words.
    pub broken: Option<String>,
}

impl Review {
    /// Begins to look at a log, at its end. A thread reads it until this is dropped.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn begin(source: Box<dyn Source + Send>, broken: Option<String>, wake: Wake) -> std::io::Result<Review> {
        let (asks, asked) = channel();
        let (tell, told) = channel();
        let wanted = Arc::new(AtomicU64::new(0));
        let head = source.head();
        let theirs = wanted.clone();
        let mut review = Review {
            asks,
            told,
            wanted,
            head,
            at: Seq(0),
            going: head,
            drawing: None,
            lines: Lines::default(),
            all_read: false,
            density: Density::default(),
            speed: 4,
            playing: None,
            filter: Filter::default(),
            listed: None,
            picking_area: false,
            life: None,
            lit: (head, head),
            lit_is_run: false,
            shining: Lit::default(),
            runs: true,
            broken,
        };
        // Asked before the thread begins, which would read the log through meanwhile.
        review.go(head);
        thread::Builder::new().name("replay".into()).spawn(move || worker::run(source, asked, tell, theirs, wake))?;
        Ok(review)
    }

    fn ask(&self, ask: Ask) {
        // The thread ends only with this.
        let _ = self.asks.send(ask);
    }

    /// Asks to go somewhere; what is lit up is the work of that entry.
    pub fn go(&mut self, to: Seq) {
        let to = to.clamp(Seq(1), self.head.max(Seq(1)));
        self.going = to;
        self.light((to, to), false);
        let number = self.wanted.fetch_add(1, Ordering::Relaxed) + 1;
        self.ask(Ask::Go { to, number });
    }

    /// Asks for the life of a record.
    pub fn ask_life(&mut self, id: Option<RecordId>) {
        self.life = id.map(|id| (id, None));
        let Some(id) = id else { return };
        let touched = |seq: Seq| {
            let sure = self.lines.records(seq).binary_search(&id).is_ok();
            (sure || self.lines.get(seq).is_some_and(|line| line.is_cut)).then_some((seq, sure))
        };
        let seqs = (1..=self.lines.len() as u64).map(Seq).filter_map(touched).collect();
        self.ask(Ask::Life { id, seqs, all: self.all_read });
    }

    /// Asks for what a copy needs.
    pub fn ask_copy(&self) {
        self.ask(Ask::Copy);
    }

    /// Lists other entries.
    pub fn set_filter(&mut self, filter: Filter) {
        self.listed = filter.matching(&self.lines);
        self.filter = filter;
    }

    /// How many entries are listed.
    pub fn listed_len(&self) -> usize {
        self.listed.as_ref().map_or(self.lines.len(), Vec::len)
    }

    /// The `n`th of those, ascending.
    pub fn listed_at(&self, n: usize) -> Seq {
        self.listed.as_ref().map_or(Seq(n as u64 + 1), |listed| Seq(listed.get(n).copied().unwrap_or(0).into()))
    }

    /// Takes in what the thread told since the last time.
    pub fn receive(&mut self) -> Vec<Told> {
        let mut told: Vec<Told> = Vec::new();
        loop {
            match self.told.try_recv() {
                Ok(each) => told.push(each),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    // It told why before it went.
                    if std::mem::take(&mut self.runs) {
                        self.playing = None;
                        self.broken.get_or_insert_with(|| "reading it broke off".into());
                    }
                    break;
                }
            }
        }
        let mut kept = Vec::new();
        let known = self.lines.len();
        let mut relight = false;
        for each in told {
            match each {
                Told::Lines { chunks, names, density, all } => {
                    chunks.into_iter().for_each(|chunk| self.lines.take(chunk, names.clone()));
                    self.density = density;
                    relight |= self.lit.1.0 > known as u64;
                    if all && !self.all_read {
                        self.all_read = true;
                        // What was told of a life may lack its end.
                        if let Some((id, told)) = self.life.take() {
                            self.ask_life(Some(id));
                            self.life = Some((id, told));
                        }
                    }
                }
                Told::Life(id, life) => {
                    if let Some((_, told)) = self.life.as_mut().filter(|(of, _)| *of == id) {
                        *told = Some(life);
                    }
                }
                Told::At { seq, drawing, number, change } => {
                    self.at = seq;
                    self.drawing = Some(drawing.clone());
                    relight = true;
                    kept.push(Told::At { seq, drawing, number, change });
                }
                Told::Stuck { number, at, why } => {
                    if self.wanted.load(Ordering::Relaxed) == number {
                        self.stay(at, &why);
                    }
                    kept.push(Told::Stuck { number, at, why });
                }
                other => kept.push(other),
            }
        }
        if let Some(listed) = &mut self.listed
            && self.lines.len() > known
        {
            listed.extend(self.filter.matching_after(&self.lines, known));
        }
        if relight {
            self.shine();
        }
        kept
    }

    /// It can't go where it was asked to go, and stands here.
    fn stay(&mut self, at: Seq, why: &str) {
        self.playing = None;
        if self.going == self.head && at < self.head {
            // The end itself can't be shown: what can is all that there is.
            self.head = at;
            self.broken.get_or_insert_with(|| why.to_owned());
        }
        self.going = at;
        self.light((at, at), false);
    }

    /// Whether it is where it was asked to go.
    pub fn has_arrived(&self) -> bool {
        self.at == self.going
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Hash, LogId, Position};
    use std::sync::Condvar;
    use std::sync::Mutex;
    use std::time::{Duration, Instant};

    /// A log whose reading is a mistake of ours.
    struct Mistake;

    impl Source for Mistake {
        fn log(&self) -> LogId {
            LogId([1; 16])
        }

        fn head(&self) -> Seq {
            Seq(9)
        }

        fn read_after(&mut self, _: Seq, _: Seq) -> Result<Vec<protocol::Told>, String> {
            panic!("a mistake of the test")
        }

        fn blob(&mut self, _: Hash) -> Result<Option<Vec<u8>>, String> {
            Ok(None)
        }

        fn checkpoint(&mut self, _: Seq) -> Result<Option<(Position, Vec<u8>)>, String> {
            Ok(None)
        }
    }

    #[test]
    fn a_mistake_in_reading_a_log_is_told_and_not_waited_for() {
        let woken = Arc::new((Mutex::new(0u32), Condvar::new()));
        let theirs = woken.clone();
        let wake: Wake = Arc::new(move || {
            *theirs.0.lock().expect("nobody panicked with it") += 1;
            theirs.1.notify_all();
        });
        let mut review = Review::begin(Box::new(Mistake), None, wake).expect("there is a thread");
        let until = Instant::now() + Duration::from_secs(20);
        let mut told = Vec::new();
        while !told.iter().any(|each| matches!(each, Told::Failed(why) if why.contains("broke off"))) {
            let count = woken.0.lock().expect("nobody panicked with it");
            let left = until.checked_duration_since(Instant::now()).expect("it is told in time");
            drop(woken.1.wait_timeout_while(count, left.min(Duration::from_millis(100)), |count| *count == 0));
            told.extend(review.receive());
        }
        assert!(!review.is_playing());
    }
}
