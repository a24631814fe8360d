//! Many at once, and slow ones among them.

use protocol::{Answer, ClientSeq, Encoding, Event, Limits, Request, Seq};

use server::Options;

use crate::client::{Client, End, Person, hello};
use crate::place::{Place, line, start_x, translate};

#[tokio::test(flavor = "multi_thread")]
async fn a_long_message_over_a_slow_line_gets_through() {
    const PART_BYTES: usize = 20_000;
    let folder = tempfile::tempdir().unwrap();
    // Silence of 600 ms ends a connection here, and the message takes three times that.
    let limits = Limits { heartbeat_ms: 200, ..Limits::default() };
    let (place, address, _) = Place::with_lines(folder.path(), limits, 1).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let request = Request::Unlock { ids: (1..100_000).map(|n| drawing::RecordId(2 * n)).collect() };
    let ask = protocol::ClientMessage::Ask { client_seq: ClientSeq(Seq(1)), floor: ClientSeq(Seq(0)), request };
    let payload = Encoding::MessagePack.encode(&ask).unwrap();
    // One binary frame, masked with zeros, by hand: a WebSocket would hand it to the system in one go.
    let mut frame = vec![0x82, 0xff];
    frame.extend((payload.len() as u64).to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(&payload);
    let mut pace =
        tokio::time::interval(std::time::Duration::from_millis(1_800 * PART_BYTES as u64 / frame.len() as u64));
    for part in frame.chunks(PART_BYTES) {
        pace.tick().await;
        tokio::io::AsyncWriteExt::write_all(ana.client.socket.get_mut(), part).await.unwrap();
    }
    let answer = ana.until(|message| match message {
        protocol::ServerMessage::Answer { answer, .. } => Some(answer.clone()),
        _ => None,
    });
    assert_eq!(answer.await, protocol::Answer::Nothing);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_edit_at_once_and_all_see_the_same() {
    const PEOPLE: usize = 8;
    const EDITS: usize = 20;
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids) = Place::with_lines(folder.path(), Limits::default(), PEOPLE as u64).await;
    let mut people = Vec::new();
    for id in 0..PEOPLE {
        let encoding = if id % 2 == 0 { Encoding::MessagePack } else { Encoding::Json };
        people.push(Person::join(&address, encoding, 1 + id as u128).await);
    }
    let mut working = Vec::new();
    for (mut person, id) in people.into_iter().zip(ids.clone()) {
        working.push(tokio::spawn(async move {
            let token = person.lock([id]).await;
            let mut last = Seq(0);
            for _ in 0..EDITS {
                last = person.store(person.edit(translate(id, 1.0), &[token])).await;
            }
            (person, last)
        }));
    }
    let mut people = Vec::new();
    for work in working {
        people.push(work.await.unwrap());
    }
    let end = people.iter().map(|(_, last)| *last).max().unwrap();
    for (person, _) in &mut people {
        while person.at.seq < end {
            person.hear().await.unwrap();
        }
        for id in &ids {
            assert_eq!(start_x(&person.drawing, *id), EDITS as f64);
        }
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_does_not_read_costs_the_others_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // Silence is not what ends it here.
    let limits = Limits { heartbeat_ms: 60_000, ..Limits::default() };
    let options = Options { limits, queue_bytes_max: 256 << 10, ..Options::new(folder.path()) };
    let place = Place::open_with(options).await;
    let (address, _) = place.add_plan(1).await;
    let mut slow = Client::connect(&address, Encoding::Json).await;
    slow.say(&protocol::ClientMessage::Hello(hello(&address, 9, None))).await.unwrap();
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let mut bo = Person::join(&address, Encoding::MessagePack, 2).await;
    assert_eq!(ana.welcome.people.len(), 2);

    // More than the network's buffers and the queue take together.
    let gone = |seq: Seq, event: &Event| matches!(event, Event::Edited { .. }).then_some(seq);
    let ids: Vec<_> = (0..900).map(|at| drawing::RecordId(ana.welcome.ids[0].first.0 + at)).collect();
    let mut stored = ana.store(ana.edit(drawing::Op::New(ids.iter().map(|id| line(*id, 0.0)).collect()), &[])).await;
    let token = stored;
    assert_eq!(bo.until_event(gone).await, stored);
    let mut rounds = 0;
    let slow_session = loop {
        let change = drawing::Op::Change(ids.iter().map(|id| line(*id, f64::from(rounds) + 0.1)).collect());
        let asked = ana.begin(ana.edit(change, &[token])).await;
        let mut cut = None;
        loop {
            match ana.hear().await.unwrap() {
                protocol::ServerMessage::Answer { client_seq, answer } if client_seq == asked => {
                    let Answer::Stored { seq, .. } = answer else { panic!("{answer:?}") };
                    stored = seq;
                    break;
                }
                protocol::ServerMessage::Connected { session, connected: false } => cut = Some(session),
                _ => {}
            }
        }
        assert_eq!(bo.until_event(gone).await, stored, "the other one is told at once");
        rounds += 1;
        match cut {
            Some(session) => break session,
            None => assert!(rounds < 1_000, "the queue is bounded"),
        }
    };
    assert_ne!(slow_session, bo.welcome.session);

    // Once it reads, it is told why, and may come back.
    let end = slow.end().await;
    assert!(matches!(&end, End::Bye { retry: true, why } if why.contains("slow")), "{end:?}");
    let back = Person::join(&address, Encoding::Json, 9).await;
    assert_eq!(back.drawing.hash(), ana.drawing.hash());
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_paste_is_one_entry() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, _) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let mut bo = Person::join(&address, Encoding::Json, 2).await;
    let granted = ana.store(Request::Grant { len: 8_000 }).await;
    let range = bo
        .until_event(|seq, event| match event {
            Event::Granted { ids, .. } if seq == granted => Some(*ids),
            _ => None,
        })
        .await;
    let records = (0..8_000).map(|at| line(drawing::RecordId(range.first.0 + at), at as f64)).collect();
    let pasted = ana.store(ana.edit(drawing::Op::New(records), &[])).await;
    bo.until_event(|seq, _| (seq == pasted).then_some(())).await;
    assert_eq!(bo.drawing.entity_count(), 8_001);
    assert_eq!(bo.drawing.hash(), ana.drawing.hash());
    place.close().await;

    let place = Place::open(folder.path(), Limits::default()).await;
    let again = Person::join(&place.address(), Encoding::MessagePack, 3).await;
    assert_eq!(again.drawing.hash(), ana.drawing.hash());
    place.close().await;
}
