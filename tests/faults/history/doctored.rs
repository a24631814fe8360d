//! The checker can fail: a history that is right passes, and each of many ways of being wrong is found.

use collab::{AppendAnswer, NewPayload};
use drawing::{EntityId, IdRange, Op, RecordId, Vec2};
use protocol::{
    Answer, Author, Came, ClientId, ClientSeq, Durability, Ended, Entry, Epoch, Event, Held, Limits, Refusal, Request,
    Role, Seq, SessionId,
};
use tests::model::Model;

use super::{Log, Record, Summary, What, check};

const ONE: RecordId = RecordId(10);
const OTHER: RecordId = RecordId(11);
/// Ana's and Ben's sessions.
const ANA: SessionId = SessionId(Seq(2));
const BEN: SessionId = SessionId(Seq(3));

/// A line of a story.
#[derive(Debug, Clone)]
enum Line {
    Asks(usize, u64, Request),
    /// The store has an entry; by whose request.
    Stores(Option<(usize, u64)>, Event),
    /// Somebody is told what was stored last.
    Tells(usize),
    /// Somebody hears that what was stored last is theirs.
    Stored(usize, u64),
    Answers(usize, u64, Answer),
    Welcomes(usize),
    Waits(u64),
    Alive(usize),
    Done(usize, usize),
}

use Line::{Alive, Answers, Asks, Done, Stored, Stores, Tells, Waits, Welcomes};

fn limits() -> Limits {
    Limits { grace_ms: 2_000, lock_idle_ms: 1_000, ..Limits::default() }
}

fn lock(id: RecordId) -> Request {
    Request::Lock { ids: vec![id], wait: false }
}

fn unlock(id: RecordId) -> Request {
    Request::Unlock { ids: vec![id] }
}

fn shift(id: RecordId) -> Op {
    Op::Translate { ids: vec![EntityId(id.0)], by: Vec2 { x: 1.0, y: 0.0 } }
}

fn edit(id: RecordId, seen: u64, under: u64) -> Request {
    Request::Edit { op: shift(id), seen: Seq(seen), under: vec![Seq(under)] }
}

fn joined(window: usize) -> Event {
    Event::Joined {
        client: ClientId(window as u128),
        name: format!("Person {window}"),
        color: 0,
        role: Role::Editor,
        // The next that are free, as the room gives them.
        ids: IdRange { first: RecordId(0), len: 0 },
        resume_lock: None,
        epoch: Epoch(0),
        carries_on: None,
        came: Came::Link,
    }
}

fn locked(session: SessionId, id: RecordId) -> Event {
    Event::Locked { session, ids: vec![id] }
}

fn unlocked(session: SessionId, id: RecordId, lapsed: bool) -> Event {
    Event::Unlocked { session, ids: vec![id], lapsed, overridden_by: None }
}

fn edited(session: SessionId, id: RecordId) -> Event {
    Event::Edited { session, op: shift(id), undoes: vec![] }
}

fn held(session: SessionId, token: u64, id: RecordId, free: &[RecordId]) -> Answer {
    let by = vec![Held { session, token: Seq(token), since_ms: 0, ids: vec![id] }];
    Answer::Refused(Refusal::Held { by, free: free.to_vec() })
}

fn stored(seq: u64) -> Answer {
    Answer::Stored { seq: Seq(seq), durability: Durability::LocalFsync }
}

/// Ana works on a line, then Ben does; Ben's lock lapses, and Ana is gone.
fn story() -> Vec<Line> {
    vec![
        Stores(None, joined(0)),
        Welcomes(0),
        Stores(None, joined(1)),
        Tells(0),
        Welcomes(1),
        // 5: entry 4.
        Asks(0, 1, lock(ONE)),
        Stores(Some((0, 1)), locked(ANA, ONE)),
        Tells(0),
        Stored(0, 1),
        Tells(1),
        // 10: Ben can't have it.
        Asks(1, 1, lock(ONE)),
        Answers(1, 1, held(ANA, 4, ONE, &[])),
        // 12: entry 5.
        Asks(0, 2, edit(ONE, 4, 4)),
        Stores(Some((0, 2)), edited(ANA, ONE)),
        Tells(0),
        Stored(0, 2),
        Tells(1),
        // 17: entry 6.
        Asks(0, 3, unlock(ONE)),
        Stores(Some((0, 3)), unlocked(ANA, ONE, false)),
        Tells(0),
        Stored(0, 3),
        Tells(1),
        // 22: entry 7.
        Asks(1, 2, lock(ONE)),
        Stores(Some((1, 2)), locked(BEN, ONE)),
        Tells(1),
        Stored(1, 2),
        Tells(0),
        // 27: entry 8.
        Asks(1, 3, edit(ONE, 7, 7)),
        Stores(Some((1, 3)), edited(BEN, ONE)),
        Tells(0),
        Tells(1),
        Stored(1, 3),
        // 32
        Asks(0, 4, unlock(ONE)),
        Answers(0, 4, Answer::Nothing),
        Alive(0),
        Done(0, 0),
        // 36: entry 9.
        Waits(1_000),
        Stores(None, unlocked(BEN, ONE, true)),
        Tells(1),
        // 39: entry 10.
        Waits(1_000),
        Stores(None, Event::Gone { session: ANA, epoch: Epoch(0), why: Ended::Expired }),
        Tells(1),
        Done(1, 0),
    ]
}

/// What comes of a story.
fn told(story: &[Line]) -> (Vec<Record>, Log) {
    let mut model = Model::new(3);
    let drawing = model.first_room().drawing().clone();
    let (mut records, mut at_us) = (Vec::new(), 0);
    for line in story {
        at_us += 10;
        let mut note = |window: usize, what| records.push(Record { window, at_us, what });
        let position = model.head;
        match line.clone() {
            Asks(window, n, what) => note(window, What::Asked { request: ClientSeq(Seq(n)), what }),
            Stores(by, mut event) => {
                if let Event::Joined { ids, .. } = &mut event {
                    *ids = model.replay(model.first_room()).expect("nothing is wrong so early").ids_for_joining();
                }
                let author = by.map(|(window, n)| Author {
                    session: [ANA, BEN][window],
                    client: ClientId(window as u128),
                    client_seq: ClientSeq(Seq(n)),
                    floor: ClientSeq::default(),
                });
                let kind = event.kind();
                let payload =
                    protocol::encode_entry(&Entry { time_ms: 0, author, event }).expect("an entry is written");
                let new = NewPayload { payload, time_ms: 0, author: String::new(), kind };
                assert!(matches!(model.append(&position, &[new]), AppendAnswer::Stored(_)));
            }
            Tells(window) => note(window, What::Told { seq: position.seq, hash: position.head }),
            Stored(window, n) => {
                note(window, What::Answered { request: ClientSeq(Seq(n)), answer: stored(position.seq.0) });
            }
            Answers(window, n, answer) => note(window, What::Answered { request: ClientSeq(Seq(n)), answer }),
            Welcomes(window) => {
                note(window, What::Hello);
                note(window, What::Welcomed { session: [ANA, BEN][window], position, stored: vec![] });
            }
            Waits(ms) => at_us += ms * 1_000,
            Alive(window) => note(window, What::Alive { said_us: at_us }),
            Done(window, waiting) => {
                // Those whose story is wrong have no room that could follow it.
                let hash = model.replay(model.first_room()).map(|room| room.drawing().hash());
                note(window, What::Done { position, drawing: hash.unwrap_or(drawing.hash()), waiting });
            }
        }
    }
    let log = Log { id: model.head.log, entries: model.log, drawing };
    (records, log)
}

#[test]
fn a_history_that_is_right_passes() {
    let (records, log) = told(&story());
    let expect = Summary {
        asked: 7,
        promised: 5,
        holdings: 2,
        refused: 1,
        lapsed: 1,
        expired: 1,
        done: 2,
        comings: 2,
        sessions: 2,
    };
    assert_eq!(check(&records, &log, &limits(), 1), Ok(expect));
}

/// What is done to a story.
type Doctor = fn(&mut Vec<Line>);

#[test]
fn a_story_that_can_not_be_true_is_found() {
    for (what, doctor, words) in [
        (
            "a request is stored twice",
            (|story| story.insert(14, story[13].clone())) as Doctor,
            "is stored as 5 and as 6",
        ),
        (
            "an entry answers what nobody asked",
            |story| story.insert(5, Stores(Some((0, 9)), locked(ANA, OTHER))),
            "which it did not ask",
        ),
        (
            "another thing is stored than was asked",
            |story| story[13] = Stores(Some((0, 2)), edited(ANA, OTHER)),
            "asked for",
        ),
        (
            "what was refused is stored",
            |story| {
                story[15] = Answers(0, 2, Answer::Refused(Refusal::Unavailable { why: "no disk".into() }));
            },
            "and is stored as 5",
        ),
        ("an acknowledged edit is not stored", |story| drop(story.drain(28..31)), "was promised as entry 7"),
        (
            "the answer is another entry",
            |story| {
                story[15] = Answers(0, 2, stored(3));
            },
            "was promised as entry 3",
        ),
        ("a request has two answers", |story| story.insert(16, Answers(0, 2, Answer::Nothing)), "request 2: Stored"),
        ("an answer comes before its entry", |story| story.swap(14, 15), "before its entry 5"),
        ("an entry is told again", |story| story.insert(15, Tells(0)), "told entry 5 after 5"),
        (
            "something is asked only after it was seen",
            |story| {
                let asked = story.remove(22);
                story.insert(24, asked);
            },
            "7 had been seen before it was asked",
        ),
        ("two hold a record, by the log", |story| drop(story.drain(17..22)), "which 2 holds"),
        (
            "two hold a record, by what they saw",
            |story| {
                // Ana says that she edits under her lock when Ben has it already.
                let asked = story.remove(12);
                story.remove(14);
                story.splice(24..24, [asked, Answers(0, 2, stored(5))]);
            },
            "surely holds it",
        ),
        (
            "one edits what another holds",
            |story| {
                story.splice(22..22, [Asks(0, 7, edit(ONE, 6, 4))]);
                story.insert(25, Stores(Some((0, 7)), edited(ANA, ONE)));
            },
            "which 3 holds",
        ),
        (
            "an old token is good once more",
            |story| {
                story.drain(36..);
                story.extend([Asks(1, 4, unlock(ONE)), Stores(Some((1, 4)), unlocked(BEN, ONE, false)), Tells(0)]);
                story.extend([Asks(0, 5, edit(ONE, 5, 4)), Stores(Some((0, 5)), edited(ANA, ONE)), Tells(0)]);
            },
            "over entry 8 by another",
        ),
        (
            "one lets go of what another holds",
            |story| story.insert(13, Stores(None, unlocked(BEN, ONE, false))),
            "which they do not hold",
        ),
        (
            "somebody is said to hold what nobody holds",
            |story| {
                story[10] = Asks(1, 1, lock(OTHER));
                story[11] = Answers(1, 1, held(ANA, 4, OTHER, &[]));
            },
            "which was true nowhere",
        ),
        (
            "somebody is said to hold what they let go of before that was asked",
            |story| {
                story.insert(22, Asks(1, 7, lock(ONE)));
                story.insert(23, Answers(1, 7, held(ANA, 4, ONE, &[])));
            },
            "true nowhere from 6 to 6",
        ),
        (
            "a record is said to be free that another holds",
            |story| {
                story[10] = Asks(1, 1, Request::Lock { ids: vec![ONE, OTHER], wait: false });
                story[11] = Answers(1, 1, held(ANA, 4, ONE, &[OTHER, ONE]));
            },
            "which was true nowhere",
        ),
        (
            "one is said to hold what they do not",
            |story| story[11] = Answers(1, 1, Answer::Nothing),
            "which was true nowhere",
        ),
        (
            "one is said to hold nothing who does",
            |story| {
                story[17] = Asks(0, 3, unlock(OTHER));
                story.splice(18..27, [Answers(0, 3, Answer::Nothing), Asks(0, 6, unlock(ONE))]);
                story.insert(20, Answers(0, 6, Answer::Nothing));
                story.truncate(21);
            },
            "which was true nowhere",
        ),
        ("a lock lapses early", |story| story[36] = Waits(900), "lapses 900 ms after it was used"),
        ("a session expires early", |story| story[39] = Waits(900), "expires 1900 ms after it was heard of"),
        ("an edit waits for ever", |story| story[35] = Done(0, 2), "2 edits that have no answer"),
    ] {
        let mut story = story();
        doctor(&mut story);
        let (records, log) = told(&story);
        let found = check(&records, &log, &limits(), 1);
        assert!(found.as_ref().is_err_and(|found| found.contains(words)), "{what}: {found:?}");
    }
}

/// What is done to what comes of a story.
type Forger = fn(&mut Vec<Record>, &mut Log);

#[test]
fn a_history_that_does_not_fit_its_log_is_found() {
    let forgers: [(&str, Forger, &str); 6] = [
        ("what was told is lost", |_, log| log.entries.truncate(8), "which is not in the log"),
        (
            "what was told is another thing",
            |records, _| {
                let told = records.iter_mut().find_map(|record| match &mut record.what {
                    What::Told { hash, .. } => Some(hash),
                    _ => None,
                });
                *told.expect("something is told") = protocol::Hash::of(b"another");
            },
            "which is not in the log",
        ),
        ("an entry is missing", |_, log| drop(log.entries.remove(4)), "does not follow 4"),
        ("an entry was changed", |_, log| log.entries[4].payload[20] ^= 1, "does not follow 4"),
        (
            "somebody ends with another drawing",
            |records, log| {
                for record in records {
                    if let What::Done { drawing, .. } = &mut record.what {
                        *drawing = log.drawing.hash();
                    }
                }
            },
            "ends with another drawing",
        ),
        (
            "two windows are one session",
            |records, _| {
                for record in records {
                    if let What::Welcomed { session, .. } = &mut record.what {
                        *session = ANA;
                    }
                }
            },
            "is window 0's and window 1's",
        ),
    ];
    for (what, forge, words) in forgers {
        let (mut records, mut log) = told(&story());
        forge(&mut records, &mut log);
        let found = check(&records, &log, &limits(), 1);
        assert!(found.as_ref().is_err_and(|found| found.contains(words)), "{what}: {found:?}");
    }
}
