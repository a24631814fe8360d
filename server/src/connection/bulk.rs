//! Requests that come in parts: one at a time over a connection, bounded for each and for all, and only for as long as the
//! next part comes in time. Whoever sends parts slowly, or without an end, holds up nobody and costs no more than that.

use std::sync::Arc;
use std::time::Duration;

use protocol::{ClientMessage, ClientSeq, Encoding, Limits, Part, PartError, Parts, Refusal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::incoming::{Fault, Heard, decode_large};

/// Bytes that all connections of a host together may have of requests that aren't whole yet.
pub(crate) const BULK_BYTES_OF_ALL_MAX: usize = 512 << 20;
/// What is counted at a time, in bytes.
const COUNTED_BYTES: usize = 1 << 10;

/// How long a request in parts may be on its way.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// From one part to the next.
    part: Duration,
    /// From the first part to the last.
    whole: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { part: Duration::from_secs(30), whole: Duration::from_secs(600) }
    }
}

/// What became of a part.
#[derive(Debug)]
pub(super) enum Taken {
    /// There is more to come, or it was of something that is refused already.
    Nothing,
    /// It was the last: the request, and its bytes.
    Whole(ClientMessage, usize),
    /// The request is refused; what still comes of it is left aside.
    Refused(ClientSeq, Refusal),
    /// It makes no sense, in words.
    Broken(String),
}

/// What has come of a request in parts over one connection.
pub(crate) struct Bulk {
    room: Arc<Semaphore>,
    patience: Patience,
    parts: Parts,
    /// What it holds of the room that there is for all.
    holds: Option<OwnedSemaphorePermit>,
    /// The request that is refused, of which more may come.
    refused: Option<ClientSeq>,
    client_seq: ClientSeq,
    part_due: Instant,
    whole_due: Instant,
}

impl Bulk {
    /// Nothing is under way. `room` has a permit for each [`COUNTED_BYTES`].
    pub(super) fn new(room: Arc<Semaphore>) -> Bulk {
        let now = Instant::now();
        Bulk {
            room,
            patience: Patience::default(),
            parts: Parts::default(),
            holds: None,
            refused: None,
            client_seq: ClientSeq::default(),
            part_due: now,
            whole_due: now,
        }
    }

    /// How much room there is for all connections of a host.
    pub(crate) fn room() -> Semaphore {
        Semaphore::new(BULK_BYTES_OF_ALL_MAX / COUNTED_BYTES)
    }

    /// Takes in a part.
    pub(super) async fn take(&mut self, part: Part, encoding: Encoding, limits: &Limits) -> Taken {
        let Some(client_seq) = part.client_seq else {
            return Taken::Broken("a part of a request says which request it is of".into());
        };
        if self.refused.take_if(|refused| *refused == client_seq && part.part > 0).is_some() {
            self.refused = (part.part + 1 < part.parts).then_some(client_seq);
            return Taken::Nothing;
        }
        let now = Instant::now();
        if !self.parts.is_under_way() {
            (self.client_seq, self.whole_due) = (client_seq, now + self.patience.whole);
        }
        self.part_due = now + self.patience.part;
        let counted = part.bytes.len().div_ceil(COUNTED_BYTES) as u32;
        match self.room.clone().try_acquire_many_owned(counted) {
            Ok(more) => match &mut self.holds {
                Some(holds) => holds.merge(more),
                none => *none = Some(more),
            },
            Err(_) => {
                let why = "the server takes in as much from others as it can; try again later";
                return self.refuse(client_seq, Refusal::Unavailable { why: why.into() });
            }
        }
        let max = limits.bulk_bytes_max as usize;
        let whole = match self.parts.take(part, max) {
            Ok(None) => return Taken::Nothing,
            Ok(Some(whole)) => whole,
            Err(PartError::TooLong { bytes, .. }) => {
                let (limit, max, asked) = ("bulk_bytes_max".into(), max as u64, bytes as u64);
                return self.refuse(client_seq, Refusal::Limit { limit, max, asked });
            }
            Err(error) => return Taken::Broken(format!("{error}; nothing of it was taken")),
        };
        let decoded = decode_large(whole, encoding, limits).await;
        self.holds = None;
        match decoded {
            Heard::Message(message @ ClientMessage::Ask { client_seq: asked, .. }, bytes) if asked == client_seq => {
                Taken::Whole(message, bytes)
            }
            Heard::Broken(Fault { why, .. }) => Taken::Broken(why),
            _ => Taken::Broken("what came in parts is not the request that it was said to be".into()),
        }
    }

    /// Waits until the next part is overdue; for ever while nothing is under way.
    pub(super) async fn overdue(&mut self) -> (ClientSeq, Refusal) {
        if !self.parts.is_under_way() {
            std::future::pending::<()>().await;
        }
        sleep_until(self.part_due.min(self.whole_due)).await;
        let client_seq = self.client_seq;
        self.let_go();
        self.refused = Some(client_seq);
        (client_seq, Refusal::Unavailable { why: "the rest of it did not come in time".into() })
    }

    fn refuse(&mut self, client_seq: ClientSeq, refusal: Refusal) -> Taken {
        self.let_go();
        self.refused = Some(client_seq);
        Taken::Refused(client_seq, refusal)
    }

    fn let_go(&mut self) {
        self.parts.clear();
        self.holds = None;
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Request, Seq, cut};

    use super::*;

    const LIMITS: fn() -> Limits = || Limits { bulk_bytes_max: 2 << 20, ..Limits::default() };

    fn request(n: u64, ids: u64) -> Vec<Part> {
        let request = Request::Lock { ids: (0..ids).map(|id| drawing::RecordId(1 + 2 * id)).collect(), wait: false };
        let client_seq = ClientSeq(Seq(n));
        let ask = ClientMessage::Ask { client_seq, floor: ClientSeq::default(), request };
        cut(&Encoding::MessagePack.encode(&ask).unwrap(), Some(client_seq)).collect()
    }

    async fn give(bulk: &mut Bulk, parts: impl IntoIterator<Item = Part>) -> Vec<String> {
        let mut words = Vec::new();
        for part in parts {
            words.push(match bulk.take(part, Encoding::MessagePack, &LIMITS()).await {
                Taken::Nothing => continue,
                Taken::Whole(ClientMessage::Ask { client_seq, .. }, _) => format!("whole {}", client_seq.0),
                Taken::Refused(of, Refusal::Limit { limit, .. }) => format!("refused {} by {limit}", of.0),
                Taken::Refused(of, Refusal::Unavailable { why }) => format!("refused {}: {why}", of.0),
                Taken::Broken(why) => format!("broken: {why}"),
                other => format!("{other:?}"),
            });
        }
        words
    }

    #[tokio::test]
    async fn requests_come_one_after_another_and_what_is_refused_is_left_aside() {
        let room = Arc::new(Bulk::room());
        let all = room.available_permits();
        let mut bulk = Bulk::new(room.clone());
        let (short, long) = (request(1, 200_000), request(2, 900_000));
        assert!(short.len() > 2 && long.len() > 8, "{} {}", short.len(), long.len());
        assert_eq!(give(&mut bulk, short.clone()).await, ["whole 1"]);
        assert_eq!(give(&mut bulk, long).await, ["refused 2 by bulk_bytes_max"]);
        assert_eq!(give(&mut bulk, request(3, 200_000)).await, ["whole 3"]);
        assert_eq!(room.available_permits(), all, "what is over holds nothing");
        // Out of turn, of nothing, of two at once.
        let begun: Vec<_> = short[..2].to_vec();
        assert_eq!(give(&mut bulk, begun.clone()).await, Vec::<String>::new());
        assert_eq!(room.available_permits(), all - 2 * protocol::PART_BYTES / COUNTED_BYTES);
        let words = give(&mut bulk, request(4, 200_000)[..1].to_vec()).await;
        assert!(matches!(&words[..], [word] if word.starts_with("broken: part 0")), "{words:?}");
        let nameless = Part { client_seq: None, ..short[0].clone() };
        let words = give(&mut bulk, [nameless]).await;
        assert!(matches!(&words[..], [word] if word.starts_with("broken: a part of a request says")), "{words:?}");
    }

    #[tokio::test]
    async fn there_is_so_much_room_for_all_and_it_is_given_back() {
        let room = Arc::new(Semaphore::new(4 * protocol::PART_BYTES / COUNTED_BYTES));
        let (mut one, mut other) = (Bulk::new(room.clone()), Bulk::new(room.clone()));
        let parts = request(1, 200_000);
        assert_eq!(give(&mut one, parts[..2].to_vec()).await, Vec::<String>::new());
        let words = give(&mut other, parts.clone()).await;
        assert!(
            matches!(&words[..], [word] if word.starts_with("refused 1: the server takes in as much")),
            "{words:?}"
        );
        assert_eq!(room.available_permits(), 2 * protocol::PART_BYTES / COUNTED_BYTES);
        drop(one);
        assert_eq!(give(&mut other, request(2, 200_000)).await, ["whole 2"]);
    }

    #[tokio::test]
    async fn one_who_is_slow_is_refused_and_holds_nothing() {
        let room = Arc::new(Bulk::room());
        let all = room.available_permits();
        let mut bulk = Bulk::new(room.clone());
        bulk.patience.part = Duration::from_millis(20);
        let parts = request(1, 200_000);
        give(&mut bulk, parts[..1].to_vec()).await;
        assert!(room.available_permits() < all);
        let (client_seq, refusal) = bulk.overdue().await;
        assert_eq!(client_seq, ClientSeq(Seq(1)));
        assert!(matches!(refusal, Refusal::Unavailable { .. }));
        assert_eq!(room.available_permits(), all);
        // The rest, when it comes at last, is of nothing.
        assert_eq!(give(&mut bulk, parts[1..].to_vec()).await, Vec::<String>::new());
        assert_eq!(give(&mut bulk, request(2, 200_000)).await, ["whole 2"]);
    }
}
