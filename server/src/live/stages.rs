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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use protocol::{Hash, LogId, Position, Seq};
    use serde_json::Value;

    use super::*;

    /// What a log is written to.
    #[derive(Clone, Default)]
    struct Text(Arc<Mutex<Vec<u8>>>);

    impl Write for Text {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is logged at a level while one request is stored and another refused.
    fn logged(level: &str) -> Vec<Value> {
        let text = Text::default();
        let writer = text.clone();
        let log = tracing_subscriber::fmt().json().with_env_filter(level).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(log, || {
            let mut stages = Stages::default();
            let asked = |number| Asked::new("plan", ConnId(3), Some(SessionId(Seq(7))), ClientSeq(Seq(number)));
            let stored = asked(1);
            stages.begin("plan", 2);
            let head = Position { log: LogId([7; 16]), seq: Seq(9), head: Hash([0; 32]) };
            assert_eq!(stages.answer(&AppendAnswer::Stored(head)).map(|(entries, _)| entries), Some(2));
            stored.told(&stages, &Answer::Nothing);
            asked(2).told(&stages, &Answer::Refused(protocol::Refusal::Unavailable { why: "full".into() }));
            assert!(stages.answer(&AppendAnswer::Unknown).is_none(), "nothing is under way");
        });
        let text = text.0.lock().unwrap();
        text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }

    #[test]
    fn each_request_says_where_its_time_went() {
        let lines = logged("linework::stages=debug");
        let message = |line: &Value| line["fields"]["message"].as_str().map(str::to_owned);
        let told: Vec<_> = lines.iter().filter_map(message).collect();
        assert_eq!(told, ["appended", "told", "told"]);
        let (batch, stored, refused) = (&lines[0]["span"], &lines[1]["span"], &lines[2]["span"]);
        assert_eq!(
            (&batch["name"], &batch["entries"], &batch["seq"]),
            (&"batch".into(), &2.into(), &9.into()),
            "{batch}"
        );
        assert_eq!(
            (&stored["drawing"], &stored["session"], &stored["client_seq"]),
            (&"plan".into(), &7.into(), &1.into())
        );
        for field in ["queued_us", "appended_us", "told_us"] {
            assert!(stored[field].is_u64() && refused.get(field).is_none(), "{field}: {stored} {refused}");
        }
        assert!(lines[2]["fields"]["refused"] == true && lines[1]["fields"]["took_us"].is_u64());
        assert!(logged("info").is_empty());
    }
}
