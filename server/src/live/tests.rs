//! A drawing whose store can't write for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use collab::{AppendAnswer, ConnId, NewPayload};
use drawing::Drawing;
use protocol::{
    Answer, ClientId, ClientMessage, ClientSeq, Durability, Encoding, Hash, Hello, Limits, LogId, Position, Refusal,
    Request, Role, Seq, ServerMessage,
};
use tokio::runtime::Handle;
use tokio::sync::broadcast;

use super::{Command, Live, Outside};
use crate::board::Board;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::opening;
use crate::outgoing::{Item, Next, Outgoing};
use crate::store::{Pending, SqliteStore, Store, StoreError, Stretch};

/// A store on a disk that is full from time to time.
struct Filling {
    store: SqliteStore,
    full: AtomicBool,
}

impl Store for Filling {
    fn durability(&self) -> Durability {
        self.store.durability()
    }

    fn append(&self, after: Position, payloads: Vec<NewPayload>) -> Pending<AppendAnswer> {
        if self.full.load(Ordering::SeqCst) {
            return Box::pin(async { AppendAnswer::Failed("the server's disk is full") });
        }
        self.store.append(after, payloads)
    }

    fn read_after(&self, after: Seq, bytes_max: usize) -> Pending<Result<Stretch, StoreError>> {
        self.store.read_after(after, bytes_max)
    }

    fn put_blob(&self, content: Bytes) -> Pending<Result<Hash, StoreError>> {
        self.store.put_blob(content)
    }

    fn blob(&self, hash: Hash) -> Pending<Result<Option<Bytes>, StoreError>> {
        self.store.blob(hash)
    }

    fn save_checkpoint(&self, position: Position, state: Vec<u8>) -> Pending<Result<(), StoreError>> {
        self.store.save_checkpoint(position, state)
    }

    fn latest_checkpoint(&self) -> Pending<Result<Option<Vec<u8>>, StoreError>> {
        self.store.latest_checkpoint()
    }

    fn set_title(&self, title: String) -> Pending<Result<(), StoreError>> {
        self.store.set_title(title)
    }

    fn backup(&self, to: std::path::PathBuf) -> Pending<Result<(), StoreError>> {
        self.store.backup(to)
    }

    fn close(&self) -> Pending<Result<(), StoreError>> {
        self.store.close()
    }
}

/// Listens until something of interest is said.
async fn until<T>(outgoing: &Outgoing, interesting: impl Fn(&ServerMessage) -> Option<T>) -> T {
    loop {
        let next = tokio::time::timeout(Duration::from_secs(10), outgoing.next()).await.expect("it answers in time");
        if let Some(Next::Item(Item::Frame(frame))) = &next
            && let Some(found) = interesting(&frame.message)
        {
            return found;
        }
        assert!(next.is_some(), "it ended");
    }
}

/// Comes in over a new connection, which writes MessagePack if it writes at all.
async fn come_in(live: &Live, conn: ConnId, encoding: Option<Encoding>) -> Arc<Outgoing> {
    let outgoing = Arc::new(Outgoing::new(encoding, 64 << 10));
    let hello = Hello {
        version: protocol::VERSION,
        client: ClientId(1),
        name: "Ana".into(),
        drawing: "plan".into(),
        secret: String::new(),
        resume_key: None,
        resume: None,
    };
    live.tell(Command::Hello { conn, outgoing: outgoing.clone(), hello, role: Role::Editor, came: Default::default() })
        .await;
    outgoing
}

/// Nobody watches, and nobody lets it close by itself.
fn outside() -> Outside {
    Outside {
        may_retire: Box::new(|| None),
        metrics: Arc::new(Metrics::new()),
        _place: None,
        idle: crate::places::Idle::default(),
        board: Arc::new(Board::new()),
        title: "Plan".into(),
        renamed: Box::new(|_| {}),
        events: broadcast::Sender::new(1),
    }
}

#[tokio::test]
async fn one_who_takes_the_drawing_in_slowly_is_welcomed_once_however_much_happens() {
    const ENTRIES: u64 = 10_000;
    let folder = tempfile::tempdir().unwrap();
    let log = oplog::Log::create(folder.path().join("plan.linework"), LogId([7; 16])).unwrap();
    let (start, clock) = (log.position(), Clock::start());
    let store = Arc::new(SqliteStore::new(log));
    let room = opening::found(&*store, start, "Plan", None, Drawing::new(), clock.now()).await.unwrap();
    // What happens here is slower than a connection's patience, and nobody says a word meanwhile.
    let limits = Limits { heartbeat_ms: 600_000, in_flight_max: 256, ..Limits::default() };
    let live = Live::start("plan", room, store, limits, clock, &Handle::current(), outside());
    let busy = come_in(&live, ConnId(0), None).await;
    until(&busy, |message| matches!(message, ServerMessage::Welcome(_)).then_some(())).await;
    let slow = come_in(&live, ConnId(1), Some(Encoding::MessagePack)).await;
    until(&busy, |message| matches!(message, ServerMessage::Connected { .. }).then_some(())).await;
    // The welcome went out, the drawing is on its way.
    let first = until(&slow, |message| match message {
        ServerMessage::Welcome(welcome) => Some(welcome.position.seq),
        _ => None,
    });
    let first = first.await;
    assert!(matches!(slow.next().await, Some(Next::Item(Item::Snapshot(_)))));

    let ids = vec![Drawing::LAYER_0.into()];
    for number in 1..=ENTRIES {
        let request = if number % 2 == 1 {
            Request::Lock { ids: ids.clone(), wait: false }
        } else {
            Request::Unlock { ids: ids.clone() }
        };
        let ask = ClientMessage::Ask { client_seq: ClientSeq(Seq(number)), floor: ClientSeq(Seq(0)), request };
        live.tell(Command::Message { conn: ConnId(0), message: ask, bytes: 100 }).await;
        if number % 128 == 0 || number == ENTRIES {
            let last = ClientSeq(Seq(number));
            until(&busy, |message| {
                matches!(message, ServerMessage::Answer { client_seq, .. } if *client_seq == last).then_some(())
            })
            .await;
        }
    }
    // All of it comes, in order, from the log or as it was told.
    let mut at = first;
    while at.0 < first.0 + ENTRIES {
        match slow.next().await.expect("the connection holds") {
            Next::Item(Item::Log { after, upto }) => {
                assert_eq!(after, at);
                at = upto;
            }
            Next::Item(Item::Frame(frame)) => match &*frame.message {
                ServerMessage::Entries(told) => {
                    assert_eq!(told[0].seq, at.next());
                    at = told[told.len() - 1].seq;
                }
                ServerMessage::Check { .. } => {}
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    live.tell(Command::Close { why: "the test is over".into(), retry: true }).await;
    live.wait_until_ended().await;
}

#[tokio::test]
async fn a_full_disk_refuses_loses_nothing_and_passes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.linework");
    let log = oplog::Log::create(&path, LogId([7; 16])).unwrap();
    let (start, clock) = (log.position(), Clock::start());
    let store = Arc::new(Filling { store: SqliteStore::new(log), full: AtomicBool::new(false) });
    let room = opening::found(&*store, start, "Plan", None, Drawing::new(), clock.now()).await.unwrap();
    let live = Live::start("plan", room, store.clone(), Limits::default(), clock, &Handle::current(), outside());
    let conn = ConnId(0);
    let outgoing = come_in(&live, conn, None).await;
    until(&outgoing, |message| matches!(message, ServerMessage::Welcome(_)).then_some(())).await;

    let layer = Drawing::LAYER_0.into();
    let mut answers = Vec::new();
    for (number, full) in [(1, true), (2, true), (3, false)] {
        store.full.store(full, Ordering::SeqCst);
        let client_seq = ClientSeq(Seq(number));
        let ask = ClientMessage::Ask {
            client_seq,
            floor: ClientSeq(Seq(0)),
            request: Request::Lock { ids: vec![layer], wait: false },
        };
        live.tell(Command::Message { conn, message: ask, bytes: 0 }).await;
        let answer = until(&outgoing, |message| match message {
            ServerMessage::Answer { client_seq: of, answer } if *of == client_seq => Some(answer.clone()),
            _ => None,
        });
        answers.push(answer.await);
    }
    let full = |answer: &Answer| matches!(answer, Answer::Refused(Refusal::Unavailable { why }) if why.contains("disk is full"));
    assert!(full(&answers[0]) && full(&answers[1]), "{answers:?}");
    assert!(matches!(answers[2], Answer::Stored { seq: Seq(3), .. }), "{answers:?}");

    live.tell(Command::Close { why: "the test is over".into(), retry: true }).await;
    live.wait_until_ended().await;
    assert!(live.is_ended());
    let (log, broken) = oplog::LogReader::open(&path).unwrap();
    assert!(broken.is_none());
    let kinds: Vec<_> = log.read_after(Seq(0), 10, 1 << 20).unwrap().into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["created", "joined", "locked"]);
}
