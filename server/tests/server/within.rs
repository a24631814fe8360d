//! Connections within the process, beside those over the network.

use std::time::Duration;

use protocol::{ClientId, ClientMessage, ClientSeq, Encoding, Event, Hello, Limits, Request, Role, Seq, ServerMessage};
use server::{Delivery, Host, HostError, LocalConnection, Options};
use tokio::runtime::Handle;

use crate::client::{DEADLINE, End, Person};
use crate::place::{Place, lines};

async fn hear(connection: &mut LocalConnection) -> Delivery {
    let heard = tokio::time::timeout(DEADLINE, connection.from_room.recv()).await.expect("something is heard in time");
    heard.expect("the connection holds")
}

fn hello() -> ClientMessage {
    ClientMessage::Hello(Hello {
        version: protocol::VERSION,
        client: ClientId(77),
        name: "Owner".into(),
        drawing: String::new(),
        secret: String::new(),
        resume_key: None,
        resume: None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_within_and_a_guest_outside_meet() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids) = Place::with_lines(folder.path(), Limits::default(), 4).await;
    let mut owner = place.host.connect("plan").await.unwrap();
    owner.to_room.send(hello()).await.unwrap();
    let Delivery::Message(first) = hear(&mut owner).await else { panic!("a welcome comes first") };
    let ServerMessage::Welcome(welcome) = &*first else { panic!("{first:?}") };
    assert_eq!(welcome.role, Role::Owner);
    let Delivery::Drawing(drawing) = hear(&mut owner).await else { panic!("then the drawing itself") };
    assert_eq!(drawing.entity_count(), 4);

    let mut guest = Person::join(&address, Encoding::MessagePack, 1).await;
    assert_eq!(guest.drawing.hash(), drawing.hash());
    let request = Request::Lock { ids: vec![ids[2].into()], wait: false };
    let ask = ClientMessage::Ask { client_seq: ClientSeq(Seq(1)), floor: ClientSeq(Seq(0)), request };
    owner.to_room.send(ask).await.unwrap();
    guest.until_event(|_, event| matches!(event, Event::Locked { .. }).then_some(())).await;

    // Letting go of the connection is a cut; the session's grace runs.
    drop(owner);
    guest
        .until(|message| match message {
            ServerMessage::Connected { connected: false, .. } => Some(()),
            _ => None,
        })
        .await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_within_ends_with_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::open(Options::new(folder.path()), Handle::current()).unwrap();
    host.add("Solo", None, lines(1).0).await.unwrap();
    assert!(matches!(host.connect("other").await, Err(HostError::NoSuchDrawing { .. })));
    let mut owner = host.connect("solo").await.unwrap();
    owner.to_room.send(ClientMessage::Leave).await.unwrap();
    assert!(matches!(hear(&mut owner).await, Delivery::Closed { retry: false, .. }));

    let mut owner = host.connect("solo").await.unwrap();
    owner.to_room.send(hello()).await.unwrap();
    while !matches!(hear(&mut owner).await, Delivery::Drawing(_)) {}
    host.close().await;
    loop {
        if let Delivery::Closed { why, retry } = hear(&mut owner).await {
            assert!(retry && why.contains("closing"), "{why}");
            break;
        }
    }
    assert!(matches!(host.connect("solo").await, Err(HostError::Closing)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_has_one_holder() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::open(Options::new(folder.path()), Handle::current()).unwrap();
    let held = Host::open(Options::new(folder.path()), Handle::current()).unwrap_err();
    assert!(matches!(held, HostError::Held { .. }), "{held}");
    assert!(held.to_string().contains("in use by process"), "{held}");
    // Who doesn't want the whole of it gets along with others, drawing by drawing.
    let beside = Options { whole_folder: false, ..Options::new(folder.path()) };
    let beside = Host::open(beside, Handle::current()).unwrap();
    let here = host.add("Plan", None, lines(1).0).await.unwrap();
    let there = beside.add("Plan", None, lines(1).0).await.unwrap();
    assert_eq!((here.name.as_str(), there.name.as_str()), ("plan", "plan-2"));
    host.close().await;
    beside.close().await;
}

#[tokio::test]
async fn a_drawing_where_nobody_is_closes_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { grace_ms: 50, ..Limits::default() };
    let (place, address, ids) = Place::with_lines(folder.path(), limits, 1).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    ana.lock([ids[0]]).await;
    ana.client.say(&ClientMessage::Leave).await.unwrap();
    ana.client.end().await;
    // Closed in good order, it is one file.
    let write_ahead = folder.path().join("plan.linework-wal");
    let closed = async {
        let mut look = tokio::time::interval(Duration::from_millis(20));
        while place.host.health().open > 0 || write_ahead.exists() {
            look.tick().await;
        }
    };
    tokio::time::timeout(DEADLINE, closed).await.expect("it closes by itself");
    let bo = Person::join(&address, Encoding::MessagePack, 2).await;
    assert_eq!(bo.welcome.people.len(), 1);
    assert!(bo.welcome.locks.is_empty());
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_a_drawing_that_is_closed_for_good_is_told_and_cannot_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids) = Place::with_lines(folder.path(), Limits::default(), 2).await;
    let mut owner = place.host.connect("plan").await.unwrap();
    owner.to_room.send(hello()).await.unwrap();
    while !matches!(hear(&mut owner).await, Delivery::Drawing(_)) {}
    let mut guest = Person::join(&address, Encoding::MessagePack, 1).await;
    let edit = guest.edit(crate::place::translate(ids[0], 5.0), &[]);
    guest.store(edit).await;
    place.host.close_drawing("plan", "Ana closed the drawing").await;
    let bye = End::Bye { why: "Ana closed the drawing".into(), retry: false };
    assert_eq!(guest.client.end().await, bye);
    loop {
        if let Delivery::Closed { why, retry } = hear(&mut owner).await {
            assert_eq!((why.as_str(), retry), ("Ana closed the drawing", false));
            break;
        }
    }
    // Nobody comes in any more, from neither side, and the log is free with all that was acknowledged in it.
    assert!(matches!(place.host.connect("plan").await, Err(HostError::NoSuchDrawing { .. })));
    let end = guest.resume(&address).await.map(|_| ()).unwrap_err();
    assert!(matches!(end, End::Bye { retry: false, .. }), "{end:?}");
    let (reader, broken) = oplog::LogReader::open(folder.path().join("plan.linework")).unwrap();
    assert!(broken.is_none());
    assert!(reader.read_after(Seq(0), 100, 1 << 20).unwrap().iter().any(|entry| entry.kind == "edited"));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_sharing_stops_guests_are_put_out_and_the_owner_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, _) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    let mut owner = place.host.connect("plan").await.unwrap();
    owner.to_room.send(hello()).await.unwrap();
    while !matches!(hear(&mut owner).await, Delivery::Drawing(_)) {}
    let mut guest = Person::join(&address, Encoding::MessagePack, 1).await;
    place.host.put_out("Ana stopped sharing").await;
    assert_eq!(guest.client.end().await, End::Bye { why: "Ana stopped sharing".into(), retry: false });
    loop {
        match hear(&mut owner).await {
            Delivery::Message(message) if matches!(*message, ServerMessage::Connected { connected: false, .. }) => {
                break;
            }
            Delivery::Closed { why, .. } => panic!("the owner was put out too: {why}"),
            _ => {}
        }
    }
    place.close().await;
}
