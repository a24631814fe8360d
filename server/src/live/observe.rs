//! What a drawing tells those who watch the server: put up while somebody does, at a bounded rate, and not at all while
//! nobody does, but for counting what is stored and how long answers take.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use collab::{AppendAnswer, ConnId, Desk};
use protocol::{Answer, ClientMessage, LiveFacts, Millis, Sample, Seq, ServerMessage, SessionId};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::facts::Locks;
use super::lines::Lines;
use super::stages::{Asked, Stages};
use crate::board::Board;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::store::Store;

/// Between two times that something is put up: what happens in a quiet drawing is up at once, and what happens in a busy
/// one still within a tenth of a second.
const PAUSE: Duration = Duration::from_millis(50);
/// The same for what is only shown, such as who moves.
const SHOWN_PAUSE: Duration = Duration::from_millis(500);
/// Putting up takes at most one part in so many of the task's time, however many locks there are.
const SHARE: u32 = 8;
/// Requests whose answers are waited for at a time; beyond that the time of some is not taken.
const ASKED_MAX: usize = 1_024;

/// The one at a drawing who writes down what goes on.
pub(super) struct Observer {
    name: String,
    board: Arc<Board>,
    watchers: watch::Receiver<usize>,
    /// When what waits is put up.
    put_at: Option<Instant>,
    /// When something was put up last, and how long the next has to wait after that.
    put: Option<(Instant, Duration)>,
    /// The last entry and how many were connected then.
    seen: (Seq, usize),
    /// Something else changed since.
    due: bool,
    /// Somebody showed something since.
    shown: bool,
    pub(super) lines: Lines,
    pub(super) locks: Locks,
    /// When somebody last had something stored.
    pub(super) acted: BTreeMap<SessionId, Millis>,
    asked: VecDeque<Asked>,
    stages: Stages,
    metrics: Arc<Metrics>,
    second: Second,
    pub(super) samples: VecDeque<Sample>,
}

/// What is counted within a second.
#[derive(Debug, Default, Clone, Copy)]
struct Second {
    at: u64,
    stored: u32,
    answers: u32,
    sum_us: u64,
    max_us: u32,
}

impl Observer {
    pub(super) fn new(name: &str, board: Arc<Board>, metrics: Arc<Metrics>) -> Observer {
        let watchers = board.watchers();
        Observer {
            name: name.into(),
            board,
            watchers,
            put_at: None,
            put: None,
            seen: (Seq(0), 0),
            due: true,
            shown: false,
            lines: Lines::default(),
            locks: Locks::default(),
            acted: BTreeMap::new(),
            asked: VecDeque::new(),
            stages: Stages::default(),
            metrics,
            second: Second::default(),
            samples: VecDeque::with_capacity(LiveFacts::SAMPLES_MAX + 1),
        }
    }

    /// Something was said over a connection.
    pub(super) fn heard(&mut self, conn: ConnId, session: Option<SessionId>, message: &ClientMessage) {
        if let ClientMessage::Ask { client_seq, .. } = message
            && self.asked.len() < ASKED_MAX
        {
            self.asked.push_back(Asked::new(&self.name, conn, session, *client_seq));
        }
    }

    /// Something is sent.
    pub(super) fn sent(&mut self, now: Millis, to: &[ConnId], message: &ServerMessage) {
        match message {
            ServerMessage::Answer { client_seq, answer } => {
                // Answers come in the order of asking, nearly always: it is the first.
                let mine = |each: &Asked| to.contains(&each.conn) && each.client_seq == *client_seq;
                let asked = self.asked.iter().position(mine).and_then(|at| self.asked.remove(at));
                if let Answer::Refused(refusal) = answer {
                    self.metrics.refused(refusal);
                }
                let took = asked.map(|asked| asked.told(&self.stages, answer));
                took.inspect(|took| self.metrics.request_s.observe(took.as_secs_f64()));
                self.count(now, took, matches!(answer, Answer::Stored { .. }));
            }
            ServerMessage::Entries(entries) => {
                for told in entries {
                    match &told.entry.event {
                        protocol::Event::Gone { session, .. } => {
                            self.acted.remove(session);
                        }
                        _ => self.acted.extend(told.entry.author.as_ref().map(|by| (by.session, told.entry.time_ms))),
                    }
                }
                if self.is_watched() {
                    self.lines.take(entries);
                }
            }
            _ => {}
        }
    }

    /// Entries were decided and are on their way to the store.
    pub(super) fn appending(&mut self, entries: usize) {
        self.stages.begin(&self.name, entries);
    }

    /// The store answered.
    pub(super) fn appended(&mut self, answer: &AppendAnswer) {
        self.metrics.answered(answer);
        if let Some((entries, took)) = self.stages.answer(answer) {
            self.metrics.append_s.observe(took.as_secs_f64());
            if let AppendAnswer::Stored(_) = answer {
                self.metrics.entries.inc_by(entries as u64);
            }
        }
    }

    /// Somebody shows something else of themselves.
    pub(super) fn shown(&mut self) {
        self.shown = true;
    }

    /// A connection ended, and with it what it waited for.
    pub(super) fn closed(&mut self, conn: ConnId) {
        self.asked.retain(|asked| asked.conn != conn);
    }

    fn count(&mut self, now: Millis, took: Option<Duration>, stored: bool) {
        self.turn(now);
        self.second.stored += u32::from(stored);
        if let Some(took) = took {
            let took_us = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
            self.second.answers += 1;
            self.second.sum_us += u64::from(took_us);
            self.second.max_us = self.second.max_us.max(took_us);
        }
    }

    /// Writes down the second that is over, if one is.
    fn turn(&mut self, now: Millis) {
        let at = now / 1_000;
        if self.second.at == at {
            return;
        }
        let Second { at: second, stored, answers, sum_us, max_us } = self.second;
        if stored > 0 {
            let answer_us_mean = u32::try_from(sum_us / u64::from(answers.max(1))).unwrap_or(u32::MAX);
            self.samples.push_back(Sample { second, stored, answer_us_mean, answer_us_max: max_us });
            if self.samples.len() > LiveFacts::SAMPLES_MAX {
                self.samples.pop_front();
            }
            self.due = true;
        }
        self.second = Second { at, ..Second::default() };
    }

    fn is_watched(&self) -> bool {
        *self.watchers.borrow() > 0
    }

    /// Waits until more or fewer watch, what was read back has come, or what waits may be put up.
    pub(super) async fn next(&mut self) {
        let put_at = self.put_at;
        let may_put = async {
            match put_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // The board lives as long as the host, and longer than any task that puts something up.
            watched = self.watchers.changed() => match watched {
                Ok(()) => self.due = true,
                Err(_) => std::future::pending().await,
            },
            () = self.lines.read() => self.due = true,
            () = may_put => {}
        }
    }

    /// Puts up what changed, or finds out when that may be.
    pub(super) fn look(&mut self, clock: &Clock, desk: &Desk, store: &Arc<dyn Store>) {
        self.turn(clock.time_of_day());
        self.put_at = None;
        if !self.is_watched() {
            return;
        }
        let seen = (desk.room().position().seq, desk.connected());
        self.lines.follow(desk.room(), store);
        let changed = self.due || self.seen != seen;
        if !changed && !self.shown {
            return;
        }
        let began = Instant::now();
        if let Some((at, pause)) = self.put {
            let free_at = at + if changed { pause } else { pause.max(SHOWN_PAUSE) };
            if began < free_at {
                self.put_at = Some(free_at);
                return;
            }
        }
        let facts = self.facts(clock, desk);
        self.board.put_live(&self.name, facts);
        (self.seen, self.due, self.shown) = (seen, false, false);
        let ended = Instant::now();
        self.put = Some((ended, PAUSE.max((ended - began) * SHARE)));
    }

    /// The drawing is closed.
    pub(super) fn end(&self) {
        self.board.close(&self.name);
    }
}
