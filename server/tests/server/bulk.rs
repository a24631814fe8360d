//! What is too long for one message: asked for in parts, told in parts, stored whole or not at all.

use drawing::{Op, RecordId, Vec2};
use protocol::{Answer, ClientMessage, ClientSeq, Encoding, Event, Limits, Refusal, Request, Seq, ServerMessage, cut};

use crate::client::{Client, Person, hello};
use crate::place::{Place, line};
use crate::redis::Redis;

/// Records in one op; together several times what goes whole.
const MANY: u32 = 8_000;

/// Asks for ids; the first of as many that follow on one another.
async fn granted(person: &mut Person) -> u64 {
    let asked = person.begin(Request::Grant { len: MANY }).await;
    let first = person.until_event(|_, event| match event {
        Event::Granted { ids, .. } => Some(ids.first.0),
        _ => None,
    });
    let first = first.await;
    let stored = person.until(|message| match message {
        ServerMessage::Answer { client_seq, answer } if *client_seq == asked => Some(answer.clone()),
        _ => None,
    });
    assert!(matches!(stored.await, Answer::Stored { .. }));
    first
}

fn lines(first: u64) -> Op {
    Op::New((first..first + u64::from(MANY)).map(|id| line(RecordId(id), id as f64)).collect())
}

fn edited(seq: Seq, event: &Event) -> Option<Seq> {
    matches!(event, Event::Edited { .. }).then_some(seq)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_edit_goes_in_parts_and_is_stored_whole_or_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    // Those who apply it say nothing meanwhile.
    let limits = Limits { heartbeat_ms: 60_000, ..Limits::default() };
    let (place, address, ids) = Place::with_lines(folder.path(), limits, 2).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let mut bo = Person::join(&address, Encoding::Json, 2).await;
    let away = Person::join(&address, Encoding::MessagePack, 3).await;
    let first = granted(&mut ana).await;
    // One of them is another's: nothing of it is stored.
    bo.lock([ids[0]]).await;
    let mixed = Op::Batch(vec![lines(first), Op::Translate { ids: ids.clone(), by: Vec2 { x: 1.0, y: 0.0 } }]);
    let before = ana.drawing.hash();
    match ana.ask(ana.edit(mixed, &[])).await {
        Answer::Refused(Refusal::Held { by, free }) => {
            assert_eq!((by.len(), free), (1, vec![RecordId(ids[1].0)]));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(ana.drawing.hash(), before);
    let stored = ana.store(ana.edit(lines(first), &[])).await;
    assert_eq!(bo.until_event(edited).await, stored);
    assert_eq!(bo.drawing.record_count(), ana.drawing.record_count());
    assert_eq!(bo.drawing.hash(), ana.drawing.hash());
    // Who was away is fed from the log, in parts too.
    let away = away.resume(&address).await.unwrap();
    assert!(!away.welcome.snapshot);
    assert_eq!(away.drawing.hash(), ana.drawing.hash());
    // To hold all of it and to move it are short; so is to take it away.
    let all: Vec<_> = (first..first + u64::from(MANY)).map(drawing::EntityId).collect();
    let by = Vec2 { x: 0.5, y: 0.0 };
    let moved = ana.store(ana.edit(Op::Translate { ids: all.clone(), by }, &[stored])).await;
    ana.store(Request::Unlock { ids: all.iter().map(|id| RecordId(id.0)).collect() }).await;
    let token = bo.lock(all.iter().copied()).await;
    bo.store(bo.edit(Op::Remove(all.iter().map(|id| RecordId(id.0)).collect()), &[token])).await;
    ana.until_event(|seq, event| edited(seq, event).filter(|seq| *seq > moved)).await;
    assert_eq!(ana.drawing.hash(), bo.drawing.hash());
    // To bring it back is long again.
    bo.store(Request::Undo { entries: vec![bo.at.seq] }).await;
    let hash = bo.drawing.hash();
    place.close().await;
    // All of it is in the log.
    let place = Place::open(folder.path(), limits).await;
    let address = place.address();
    let cy = Person::join(&address, Encoding::MessagePack, 4).await;
    assert_eq!(cy.drawing.hash(), hash);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_bulk_holds_up_nobody_and_one_that_is_too_long_is_refused_by_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { bulk_bytes_max: 6 << 20, heartbeat_ms: 60_000, ..Limits::default() };
    let (place, address, ids) = Place::with_lines(folder.path(), limits, 1).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let mut bo = Person::join(&address, Encoding::MessagePack, 2).await;
    let first = granted(&mut ana).await;
    let records = ana.drawing.record_count();
    let asked =
        |n: u64, request| ClientMessage::Ask { client_seq: ClientSeq(Seq(n)), floor: ClientSeq(Seq(n - 1)), request };
    let frames = |message: &ClientMessage| message.to_frames(Encoding::MessagePack).unwrap();
    let slow = frames(&asked(2, ana.edit(lines(first), &[])));
    assert!(slow.len() > 4, "{} parts", slow.len());
    let (rest, begun) = slow.split_last().map(|(last, begun)| (last.clone(), begun)).unwrap();
    for part in begun {
        ana.client.send(part.clone()).await.unwrap();
    }
    // All of it but the last part is there, and others lock, edit and show themselves.
    let token = bo.lock(ids.clone()).await;
    bo.store(bo.edit(Op::Translate { ids: ids.clone(), by: Vec2 { x: 1.0, y: 0.0 } }, &[token])).await;
    ana.until_event(edited).await;
    ana.client.send(rest).await.unwrap();
    bo.until_event(edited).await;
    assert_eq!(bo.drawing.record_count(), records + MANY as usize);
    // Announced as more than there may be: refused with its first part, and the rest is left aside.
    let long = vec![0; 7 << 20];
    for part in cut(&long, Some(ClientSeq(Seq(3)))) {
        ana.client.say(&ClientMessage::Part(part)).await.unwrap();
    }
    let refused = ana.until(|message| match message {
        ServerMessage::Answer { client_seq, answer: Answer::Refused(refusal) } if client_seq.0 == Seq(3) => {
            Some(refusal.clone())
        }
        _ => None,
    });
    let limit = Refusal::Limit { limit: "bulk_bytes_max".into(), max: 6 << 20, asked: 7 << 20 };
    assert_eq!(refused.await, limit);
    // Parts that don't go on with one another end the connection, and with it what they held.
    let mut cy = Client::connect(&address, Encoding::Json).await;
    cy.say(&ClientMessage::Hello(hello(&address, 3, None))).await.unwrap();
    for part in cut(&long[..3 << 20], Some(ClientSeq(Seq(1)))).skip(1) {
        // It may be closed while this is being sent.
        let _ = cy.say(&ClientMessage::Part(part)).await;
    }
    cy.end().await;
    bo.store(Request::Unlock { ids: vec![RecordId(ids[0].0)] }).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_redis_too_a_bulk_edit_is_one_entry_that_another_server_tells() {
    let redis = Redis::safe();
    let here = Place::over(&redis).await;
    let (address, _) = here.add_plan(1).await;
    let there = Place::over(&redis).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let mut bo = Person::join(&there.address(), Encoding::MessagePack, 2).await;
    let first = granted(&mut ana).await;
    let stored = ana.store(ana.edit(lines(first), &[])).await;
    assert_eq!(bo.until_event(edited).await, stored);
    assert_eq!(bo.drawing.hash(), ana.drawing.hash());
    // One who was elsewhere meanwhile is fed from the log there.
    let cy = Person::join(&there.address(), Encoding::Json, 3).await;
    assert_eq!(cy.drawing.hash(), ana.drawing.hash());
    there.close().await;
    here.close().await;
}
