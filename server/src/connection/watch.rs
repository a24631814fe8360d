//! Those who watch the server: they are told what is new on the board, at a bounded rate. Nothing is queued for them: one
//! who is slow is told less often, and then what is so by now.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::ws::Message;
use futures_util::StreamExt as _;
use protocol::{ClientMessage, DrawingFacts, Encoding, Overview, Seq, ServerFacts, ServerMessage};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::incoming::{Fault, Heard, read};
use super::socket::{Closing, SHUTTING_DOWN, Source, Stuck, WRITE_MAX, Writer, closed, farewell, wait_for_close};
use crate::Host;
use crate::board::Version;
use crate::console::Visit;
use crate::frame::encode;
use crate::health::Health;

/// Between two overviews for one who watches. A drawing puts something up half as often; this is on top of that when
/// several are busy.
const PAUSE: Duration = Duration::from_millis(25);
/// Heartbeats without a word from the other side.
const SILENT_BEATS_MAX: u32 = 3;

/// Tells one who watches what is new, until either side ends.
pub(super) async fn converse(
    mut sink: Writer,
    mut source: Source,
    encoding: Encoding,
    host: Host,
    visit: Visit,
    mut closing: Closing,
) {
    let end = tell(&mut sink, &mut source, encoding, &host, visit, &mut closing).await;
    let Some((why, retry, code)) = end else { return };
    if timeout(WRITE_MAX, farewell(&mut sink.sink, encoding, why, retry, code)).await.is_ok_and(|said| said.is_ok()) {
        wait_for_close(&mut source).await;
    }
}

/// What one who watches was told of a drawing's lines and seconds, which are told once.
type Told = BTreeMap<String, (Seq, u64)>;

/// Why it ends, whether coming back may help, and what it is closed with where that doesn't say it; none where nobody is there
/// any more.
async fn tell(
    sink: &mut Writer,
    source: &mut Source,
    encoding: Encoding,
    host: &Host,
    mut visit: Visit,
    closing: &mut Closing,
) -> Option<(String, bool, Option<u16>)> {
    let limits = host.limits();
    let mut beat = interval(Duration::from_millis(u64::from(limits.heartbeat_ms.max(1))));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let board = host.inner.board.clone();
    let mut watching = board.watch();
    let (mut seen, mut told, mut free_at, mut silent) = (0, Told::new(), Instant::now(), 0);
    let mut looking = JoinSet::new();
    if say(sink, encoding, overview(host, &mut seen, &mut told, true)).await.is_err() {
        return None;
    }
    loop {
        let is_new = *watching.changed.borrow_and_update() > seen;
        tokio::select! {
            frame = source.next() => match read(frame, encoding, limits).await {
                Heard::Message(ClientMessage::Heartbeat, _) | Heard::Nothing => silent = 0,
                Heard::Message(ClientMessage::Look { drawing }, _) => {
                    silent = 0;
                    // One at a time, and what was asked for last: opening many drawings at once helps nobody.
                    looking.abort_all();
                    looking.spawn(look(host.clone(), drawing));
                }
                Heard::Message(..) => return Some(("one who watches is in no drawing".into(), false, None)),
                Heard::Broken(Fault { why, code }) => return Some((why, false, Some(code))),
                Heard::Gone => return None,
            },
            () = sleep_until(free_at), if is_new => {
                if say(sink, encoding, overview(host, &mut seen, &mut told, false)).await.is_err() {
                    return None;
                }
                free_at = Instant::now() + PAUSE;
            }
            changed = watching.changed.changed(), if !is_new => {
                if changed.is_err() {
                    return Some((SHUTTING_DOWN.into(), true, None));
                }
            }
            _ = beat.tick() => {
                silent += 1;
                if silent > SILENT_BEATS_MAX {
                    return Some(("nothing was heard over this connection for too long".into(), true, None));
                }
                if sink.send(Message::Ping(Vec::new().into())).await.is_err() {
                    return None;
                }
            }
            () = closed(closing) => return Some((SHUTTING_DOWN.into(), true, None)),
            why = visit.ended() => return Some((why.into(), false, None)),
        }
    }
}

/// Opens a drawing for a moment, so that it puts itself on the board.
async fn look(host: Host, drawing: String) {
    let opened = match host.find(&drawing).await {
        Ok(None) => return,
        Ok(Some(slot)) => host.open_slot(&slot, true).await.map(drop),
        Err(error) => Err(error),
    };
    if let Err(error) = opened {
        tracing::warn!(drawing, %error, "it can't be looked at");
        host.put_up_broken(&drawing, &error);
    }
}

fn overview(host: &Host, seen: &mut Version, told: &mut Told, first: bool) -> Overview {
    let (mut drawings, latest) = host.inner.board.since(*seen);
    *seen = latest;
    drawings.iter_mut().for_each(|facts| leave_out_told(facts, told));
    let facts = || {
        let Health { version, store, durability, .. } = host.health();
        let upload_bytes_max = host.inner.options.upload_bytes_max;
        ServerFacts { version: version.into(), store: store.into(), durability, upload_bytes_max }
    };
    let server = first.then(facts);
    Overview { now_ms: host.inner.clock.time_of_day(), server, drawings }
}

fn leave_out_told(facts: &mut DrawingFacts, told: &mut Told) {
    let (line, second) = told.entry(facts.name.clone()).or_default();
    facts.live.lines.retain(|each| each.seq > *line);
    facts.live.samples.retain(|each| each.second > *second);
    *line = facts.live.lines.last().map_or(*line, |last| last.seq);
    *second = facts.live.samples.last().map_or(*second, |last| last.second);
}

async fn say(sink: &mut Writer, encoding: Encoding, overview: Overview) -> Result<(), Stuck> {
    let message = encode(&ServerMessage::Overview(Box::new(overview)), encoding).map_err(|_| Stuck)?;
    sink.send(message).await
}
