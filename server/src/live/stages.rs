//! How long a request took, and where: from when it came to when it was decided, stored and told. Each is a span
//! `request`, and each append a span `batch`, at the debug level of the target `linework::stages`: where nobody reads
//! them they cost a look at a flag.

use std::time::{Duration, Instant};

use collab::{AppendAnswer, ConnId};
use protocol::{Answer, ClientSeq, SessionId};
use tracing::field::Empty;
use tracing::{Span, debug, debug_span};

/// A request that waits for its answer.
pub(super) struct Asked {
    /// Over which connection.
    pub conn: ConnId,
    /// Its number.
    pub client_seq: ClientSeq,
    at: Instant,
    span: Span,
}

/// The last append: when it was decided, and when the store answered.
#[derive(Default)]
pub(super) struct Stages {
    under_way: Option<(Instant, usize, Span)>,
    last: Option<(Instant, Instant)>,
}

impl Asked {
    /// A request came.
    pub(super) fn new(drawing: &str, conn: ConnId, session: Option<SessionId>, client_seq: ClientSeq) -> Asked {
        let span = debug_span!(
            target: "linework::stages", "request", drawing, conn = conn.0, session = session.map(|session| session.0.0),
            client_seq = client_seq.0.0, seq = Empty, queued_us = Empty, appended_us = Empty, told_us = Empty
        );
        Asked { conn, client_seq, at: Instant::now(), span }
    }

    /// Its answer is on its way: how long it took in all.
    pub(super) fn told(self, stages: &Stages, answer: &Answer) -> Duration {
        let now = Instant::now();
        if !self.span.is_disabled() {
            if let Answer::Stored { seq, .. } = answer {
                self.span.record("seq", seq.0);
            }
            // What was refused at once was in no append; the last one ended before it was asked.
            if let Some((decided, stored)) = stages.last.filter(|(_, stored)| *stored >= self.at) {
                self.span.record("queued_us", us(decided.saturating_duration_since(self.at)));
                self.span.record("appended_us", us(stored.saturating_duration_since(decided.max(self.at))));
                self.span.record("told_us", us(now.saturating_duration_since(stored)));
            }
            let refused = matches!(answer, Answer::Refused(_));
            let took_us = us(now - self.at);
            debug!(target: "linework::stages", parent: &self.span, refused, took_us, "told");
        }
        now - self.at
    }
}

impl Stages {
    /// Entries were decided and go to the store.
    pub(super) fn begin(&mut self, drawing: &str, entries: usize) {
        let span = debug_span!(target: "linework::stages", "batch", drawing, entries, seq = Empty);
        self.under_way = Some((Instant::now(), entries, span));
    }

    /// The store answered: how many entries these were, and how long it took.
    pub(super) fn answer(&mut self, answer: &AppendAnswer) -> Option<(usize, Duration)> {
        let (began, entries, span) = self.under_way.take()?;
        let now = Instant::now();
        self.last = Some((began, now));
        if !span.is_disabled() {
            if let AppendAnswer::Stored(head) = answer {
                span.record("seq", head.seq.0);
            }
            let stored = matches!(answer, AppendAnswer::Stored(_));
            debug!(target: "linework::stages", parent: &span, stored, appended_us = us(now - began), "appended");
        }
        Some((entries, now - began))
    }
}

fn us(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}
