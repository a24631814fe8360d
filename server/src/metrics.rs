//! What is counted and measured of a host, as Prometheus reads it. Nothing here names a person, a drawing or an address.
//!
//! What is on the way of every message is an atomic; what is only known by looking is looked at when somebody asks.

mod process;

use std::sync::atomic::AtomicU64;

use collab::AppendAnswer;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use protocol::Refusal;

/// What `/metrics` answers with.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A counter of each kind of something.
pub(crate) type Kinds = Family<[(&'static str, &'static str); 1], Counter>;

/// Everything that is counted of a host.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// WebSockets that are open.
    pub connections: Gauge,
    /// People in drawings, connected or in their grace.
    pub sessions: Gauge,
    /// People in drawings over an open connection.
    pub connected: Gauge,
    /// Drawings at work.
    pub open: Gauge,
    /// Bytes that open drawings take, by estimate.
    pub open_bytes: Gauge,
    /// Drawings that were closed before their time, to make room for others.
    pub made_room: Counter,
    /// Entries that were stored.
    pub entries: Counter,
    /// From when entries were decided to the store's answer, seconds.
    pub append_s: Histogram,
    /// What the store answered to appends.
    answers: Kinds,
    /// From when a request came to when its answer was on its way, seconds.
    pub request_s: Histogram,
    /// One transaction on the disk with its fsync, seconds; of the store in files.
    pub commit_s: Histogram,
    /// How long appends waited for a place among those that write, seconds.
    pub turn_s: Histogram,
    /// Bytes that came in, and that went out.
    pub bytes_in: Counter,
    /// As above.
    pub bytes_out: Counter,
    /// Presence messages that were given to connections.
    pub presence_sent: Counter,
    /// Presence that something newer took the place of before it went out.
    pub presence_dropped: Counter,
    /// Queues of connections that overflowed.
    pub overflowed: Counter,
    /// Those who came in and were given what they missed.
    catching_up: Kinds,
    /// Drawings that somebody had other than they are.
    pub mismatches: Counter,
    /// Requests that were refused.
    refusals: Kinds,
    /// Connections that were not let in.
    turned_away: Kinds,
    /// Checkpoints that were kept.
    pub checkpoints: Counter,
    /// Their bytes.
    pub checkpoint_bytes: Counter,
    /// From when one was begun until it was kept, seconds.
    pub checkpoint_s: Histogram,
}

/// What is looked at when somebody asks.
pub(crate) struct Looked {
    /// Drawings that are listed.
    pub known: usize,
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let mut registry = Registry::default();
        let mut new = Making(registry.sub_registry_with_prefix("linework"));
        let metrics = Metrics {
            connections: new.gauge("connections", "WebSockets that are open"),
            sessions: new.gauge("sessions", "People in drawings, connected or in their grace"),
            connected: new.gauge("people_connected", "People in drawings over an open connection"),
            open: new.gauge("drawings_open", "Drawings at work"),
            open_bytes: new.gauge("drawings_open_bytes", "Bytes that drawings at work take, by estimate"),
            made_room: new.counter("drawings_closed_early", "Drawings that were closed to make room for others"),
            entries: new.counter("entries_appended", "Entries that were stored"),
            append_s: new.seconds("append_seconds", "From deciding entries to the store's answer"),
            answers: new.kinds("store_answers", "What the store answered to appends"),
            request_s: new.seconds("request_seconds", "From a request to when its answer was on its way"),
            commit_s: new.seconds("commit_seconds", "One transaction on the disk, with its fsync"),
            turn_s: new.seconds("append_wait_seconds", "How long appends waited for their turn to write"),
            bytes_in: new.counter("received_bytes", "Bytes that came in"),
            bytes_out: new.counter("sent_bytes", "Bytes that went out"),
            presence_sent: new.counter("presence_sent", "Presence messages that were given to connections"),
            presence_dropped: new.counter("presence_dropped", "Presence that something newer took the place of"),
            overflowed: new.counter("queues_overflowed", "Connections that were too slow for their queue"),
            catching_up: new.kinds("catching_up", "Connections that were sent what they missed"),
            mismatches: new.counter("mismatches", "Drawings that somebody had other than they are"),
            refusals: new.kinds("refusals", "Requests that were refused"),
            turned_away: new.kinds("turned_away", "Connections that were not let in"),
            checkpoints: new.counter("checkpoints", "Checkpoints that were kept"),
            checkpoint_bytes: new.counter("checkpoint_bytes", "Bytes of checkpoints that were kept"),
            checkpoint_s: new.seconds("checkpoint_seconds", "From beginning a checkpoint until it was kept"),
            registry: Registry::default(),
        };
        // There from the start, so that a rate of what happens rarely is one.
        for kind in ["stored", "behind", "unknown", "failed"] {
            drop(metrics.answers.get_or_create(&[("answer", kind)]));
        }
        Metrics { registry, ..metrics }
    }

    /// The store answered to an append.
    pub(crate) fn answered(&self, answer: &AppendAnswer) {
        let kind = match answer {
            AppendAnswer::Stored(_) => "stored",
            AppendAnswer::Behind(_) => "behind",
            AppendAnswer::Unknown => "unknown",
            AppendAnswer::Failed(_) => "failed",
        };
        self.answers.get_or_create(&[("answer", kind)]).inc();
    }

    /// A request was refused.
    pub(crate) fn refused(&self, refusal: &Refusal) {
        let kind = match refusal {
            Refusal::Held { .. } => "held",
            Refusal::Changed { .. } => "changed",
            Refusal::LockLost { .. } => "lock_lost",
            Refusal::Invalid { .. } => "invalid",
            Refusal::NotAllowed { .. } => "not_allowed",
            Refusal::Limit { .. } => "limit",
            Refusal::NotUndoable { .. } => "not_undoable",
            Refusal::Overtaken { .. } => "overtaken",
            Refusal::ForeignIds { .. } => "foreign_ids",
            Refusal::Unavailable { .. } => "unavailable",
            #[allow(unreachable_patterns, reason = "kinds that others add count too")]
            _ => "other",
        };
        self.refusals.get_or_create(&[("kind", kind)]).inc();
    }

    /// A connection was not let in, for one of few reasons.
    pub(crate) fn turned_away(&self, why: &'static str) {
        self.turned_away.get_or_create(&[("why", why)]).inc();
    }

    /// Somebody is sent what they missed: `log` or `snapshot`.
    pub(crate) fn catching_up(&self, by: &'static str) {
        self.catching_up.get_or_create(&[("by", by)]).inc();
    }

    /// Everything as text.
    pub(crate) fn text(&self, looked: &Looked) -> String {
        let mut now = Registry::default();
        let mut new = Making(now.sub_registry_with_prefix("linework"));
        new.gauge("drawings_known", "Drawings that are listed").set(looked.known as i64);
        process::register(&mut now);
        let mut text = String::new();
        // Writing to a text fails only if there is no memory, and then nothing is left to say it with.
        let _ = encode(&mut text, &self.registry);
        let end = text.strip_suffix("# EOF\n").map_or(text.len(), str::len);
        text.truncate(end);
        let _ = encode(&mut text, &now);
        text
    }
}

/// Makes what is counted, and puts it in a registry.
struct Making<'r>(&'r mut Registry);

impl Making<'_> {
    fn counter(&mut self, name: &str, help: &str) -> Counter {
        let counter = Counter::<u64, AtomicU64>::default();
        self.0.register(name, help, counter.clone());
        counter
    }

    fn gauge(&mut self, name: &str, help: &str) -> Gauge {
        let gauge = Gauge::default();
        self.0.register(name, help, gauge.clone());
        gauge
    }

    fn kinds(&mut self, name: &str, help: &str) -> Kinds {
        let kinds = Kinds::default();
        self.0.register(name, help, kinds.clone());
        kinds
    }

    /// From a tenth of a millisecond to about 13 seconds.
    fn seconds(&mut self, name: &str, help: &str) -> Histogram {
        let seconds = Histogram::new(exponential_buckets(0.000_1, 2.0, 18));
        self.0.register(name, help, seconds.clone());
        seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_in_the_text_and_the_text_ends_once() {
        let metrics = Metrics::new();
        metrics.entries.inc_by(3);
        metrics.request_s.observe(0.001);
        metrics.answered(&AppendAnswer::Unknown);
        metrics.refused(&Refusal::Unavailable { why: "the disk is full".into() });
        metrics.connected.set(2);
        let text = metrics.text(&Looked { known: 7 });
        for line in [
            "linework_entries_appended_total 3",
            "linework_request_seconds_count 1",
            "linework_store_answers_total{answer=\"unknown\"} 1",
            "linework_store_answers_total{answer=\"stored\"} 0",
            "linework_refusals_total{kind=\"unavailable\"} 1",
            "linework_drawings_known 7",
            "linework_people_connected 2",
        ] {
            assert!(text.lines().any(|each| each == line), "{line}: {text}");
        }
        assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1, "{text}");
        assert!(!text.contains("disk is full"), "no words of anybody are told");
    }
}
