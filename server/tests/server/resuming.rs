//! Coming back: after a cut, after a restart of the server.

use protocol::{Answer, Encoding, Event, Limits, Request};

use crate::client::Person;
use crate::place::{Place, start_x, translate};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_cut_one_goes_on_with_locks_and_without_doing_anything_twice() {
    for encoding in [Encoding::MessagePack, Encoding::Json] {
        let folder = tempfile::tempdir().unwrap();
        let (place, address, ids) = Place::with_lines(folder.path(), Limits::default(), 2).await;
        let mut ana = Person::join(&address, encoding, 1).await;
        let mut bo = Person::join(&address, Encoding::MessagePack, 2).await;
        let token = ana.lock([ids[0]]).await;
        let edit = ana.edit(translate(ids[0], 1.0), &[token]);
        let session = ana.welcome.session;

        // Asked, and cut before the answer.
        let asked = ana.begin(edit.clone()).await;
        let stored = bo.until_event(|seq, event| matches!(event, Event::Edited { .. }).then_some(seq)).await;
        let other = bo.lock([ids[1]]).await;
        bo.store(bo.edit(translate(ids[1], 2.0), &[other])).await;
        let mut ana = ana.resume(&address).await.unwrap();
        assert_eq!(ana.welcome.session, session);
        assert!(!ana.welcome.snapshot, "what happened meanwhile comes as entries");
        assert!(ana.welcome.stored.contains(&(asked, stored)), "{:?}", ana.welcome.stored);
        assert_eq!(ana.drawing.hash(), bo.drawing.hash());

        // Asking again changes nothing; the lock is still held.
        ana.again(asked, edit).await;
        let answer = ana
            .until(|message| match message {
                protocol::ServerMessage::Answer { answer, .. } => Some(answer.clone()),
                _ => None,
            })
            .await;
        assert!(matches!(answer, Answer::Stored { seq, .. } if seq == stored), "{answer:?}");
        ana.store(ana.edit(translate(ids[0], 1.0), &[token])).await;
        assert_eq!(start_x(&ana.drawing, ids[0]), 2.0);
        place.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids) = Place::with_lines(folder.path(), Limits::default(), 2).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let token = ana.lock([ids[0]]).await;
    let moved = ana.store(ana.edit(translate(ids[0], 3.0), &[token])).await;
    // Somebody else, whom the end of things reaches two entries late.
    let late = Person::join(&address, Encoding::MessagePack, 3).await;
    ana.until_event(|_, event| matches!(event, Event::Joined { .. }).then_some(())).await;
    ana.store(ana.edit(translate(ids[0], 0.5), &[token])).await;
    ana.store(ana.edit(translate(ids[0], -0.5), &[token])).await;
    place.close().await;

    let place = Place::open(folder.path(), Limits::default()).await;
    let here = place.address();
    assert_eq!((&here.drawing, &here.secret), (&address.drawing, &address.secret), "addresses stay good");
    let mut ana = ana.resume(&here).await.unwrap();
    assert!(!ana.welcome.snapshot);
    assert_eq!(ana.welcome.undoable[0], moved);
    // What she said that she knows of is forgotten, across the restart too: all but the last.
    assert_eq!((ana.welcome.floor, ana.welcome.stored.len()), (protocol::ClientSeq(protocol::Seq(3)), 1));
    let late = late.resume(&here).await.unwrap();
    assert!(!late.welcome.snapshot, "what was missed comes as entries");
    assert_eq!(late.drawing.hash(), ana.drawing.hash());
    // The lock is held, the edit can be taken back, a newcomer sees the same.
    ana.store(ana.edit(translate(ids[0], 1.0), &[token])).await;
    ana.store(Request::Undo { entries: vec![moved] }).await;
    let bo = Person::join(&here, Encoding::Json, 2).await;
    assert_eq!(bo.drawing.hash(), ana.drawing.hash());
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_went_another_way_is_not_spliced() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    ana.lock([ids[0]]).await;
    ana.at.head = protocol::Hash::of(b"another past");
    let client = crate::client::Client::connect(&address, Encoding::MessagePack).await;
    let resume =
        protocol::Resume { session: ana.welcome.session, epoch: ana.welcome.epoch, next: None, position: ana.at };
    let back = client.enter(crate::client::hello(&address, 1, Some(resume)), None).await.unwrap();
    assert!(back.welcome.snapshot);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drawing_whose_secret_cannot_be_read_does_not_keep_the_others_from_being_served() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, _) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    let other = place.host.add("Other", None, crate::place::lines(1).0).await.unwrap();
    place.close().await;
    std::fs::write(folder.path().join(format!("{}.linework-secret", other.name)), [0xff, 0xfe, b'x']).unwrap();
    let place = Place::open(folder.path(), Limits::default()).await;
    let names: Vec<_> = place.host.drawings().into_iter().map(|listing| listing.name).collect();
    assert_eq!(names, [other.name.as_str(), &address.drawing]);
    Person::join(&place.address(), Encoding::MessagePack, 1).await;
    // Nobody comes into the other by what let them in before, nor by nothing.
    let port = place.address().port;
    for secret in [other.secret.clone(), String::new()] {
        let address = protocol::Address { host: "127.0.0.1".into(), port, drawing: other.name.clone(), secret };
        let client = crate::client::Client::connect(&address, Encoding::MessagePack).await;
        assert!(client.enter(crate::client::hello(&address, 2, None), None).await.is_err());
    }
    place.close().await;
}
