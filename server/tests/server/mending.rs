//! A drawing that isn't the room's is found out and mended; one who is behind gets there however much goes on.

use collab::{Notice, Session, Status};
use drawing::{Op, Vec2};
use protocol::{ClientId, ClientMessage, ClientSeq, Encoding, Event, Limits, ResumeKey, Seq, ServerMessage};
use server::{Delivery, LocalConnection};
use tokio::sync::watch;

use crate::client::{DEADLINE, Person};
use crate::place::{Place, translate};

/// Hears one thing, perhaps altered on the way.
async fn hear(connection: &mut LocalConnection, session: &mut Session, alter: bool) -> Vec<Notice> {
    let heard = tokio::time::timeout(DEADLINE, connection.from_room.recv()).await.expect("something is heard in time");
    let changes = match heard.expect("the connection holds") {
        Delivery::Message(message) => session.receive(0, ServerMessage::clone(&message)),
        Delivery::Drawing(mut drawing) => {
            if alter {
                let ids = drawing.entities().map(|entity| entity.id).take(1).collect();
                drawing.apply(&Op::Translate { ids, by: Vec2 { x: 1.0, y: 0.0 } }).expect("a line moves");
            }
            session.receive_drawing(0, drawing)
        }
        Delivery::Closed { why, .. } => panic!("{why}"),
    };
    for message in session.take_outgoing(0) {
        connection.to_room.send(message).await.expect("the connection holds");
    }
    changes.expect("what is said makes sense").notices
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_wrong_record_is_mended_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (place, _, _) = Place::with_lines(folder.path(), Limits::default(), 3).await;
    for round in 1..=2 {
        let mut connection = place.host.connect("plan").await.unwrap();
        let mut session = Session::new(ClientId(round), ResumeKey(round), "Ana".into(), ClientSeq(Seq(1)));
        let hello = session.hello("plan", "");
        connection.to_room.send(ClientMessage::Hello(hello)).await.unwrap();
        let mut notices = Vec::new();
        while *session.status() != Status::Live {
            notices.extend(hear(&mut connection, &mut session, true).await);
        }
        let wrong = session.confirmed().hash();
        // The check that follows finds it, and what is sent anew mends it.
        while !notices.iter().any(|notice| matches!(notice, Notice::Mismatch { .. })) {
            notices.extend(hear(&mut connection, &mut session, false).await);
        }
        while session.confirmed().hash() == wrong {
            notices.extend(hear(&mut connection, &mut session, false).await);
        }
        assert_eq!(place.host.mismatches(), round as u64);
        let welcomed = notices.iter().filter(|notice| matches!(notice, Notice::Welcomed { .. })).count();
        assert_eq!(welcomed, 2, "the same session goes on: {notices:?}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_catches_up_gets_there_under_constant_edits() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { heartbeat_ms: 60_000, ..Limits::default() };
    let (place, address, ids) = Place::with_lines(folder.path(), limits, 2).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let bo = Person::join(&address, Encoding::MessagePack, 2).await;
    let token = ana.lock([ids[0]]).await;
    for _ in 0..300 {
        ana.store(ana.edit(translate(ids[0], 1.0), &[token])).await;
    }
    let (stop, stopped) = watch::channel(false);
    let (mine, theirs) = (ids[0], ids[1]);
    let editing = tokio::spawn(async move {
        let mut last = Seq(0);
        while !*stopped.borrow() {
            // Several wait at a time, so that the log never rests.
            for _ in 0..16 {
                ana.begin(ana.edit(translate(mine, 1.0), &[token])).await;
            }
            last = ana.store(ana.edit(translate(mine, 1.0), &[token])).await;
        }
        (ana, last)
    });
    // Back and forth: each time from the log, and each time as far as to be answered.
    let mut bo = bo;
    for _ in 0..3 {
        let before = bo.at.seq;
        bo = bo.resume(&address).await.expect("it lets them in again");
        assert!(!bo.welcome.snapshot && bo.at.seq > before);
        let token = bo.lock([theirs]).await;
        assert!(bo.at.seq >= token);
        bo.store(protocol::Request::Unlock { ids: vec![theirs.into()] }).await;
    }
    stop.send_replace(true);
    let (ana, last) = editing.await.unwrap();
    while bo.at.seq < last {
        bo.until_event(|_, event| matches!(event, Event::Edited { .. }).then_some(())).await;
    }
    assert_eq!(bo.drawing.hash(), ana.drawing.hash());
    place.close().await;
}
