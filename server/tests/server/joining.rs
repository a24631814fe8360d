//! Coming in, and seeing one another.

use drawing::{Point, Vec2};
use protocol::{Durability, Encoding, Event, Ghost, Limits, Presence, Role, ServerMessage};

use crate::client::{Client, DEADLINE, Person, hello};
use crate::place::{Place, start_x, translate};

#[tokio::test(flavor = "multi_thread")]
async fn two_people_of_either_encoding_edit_one_drawing() {
    for (one, other) in [(Encoding::MessagePack, Encoding::Json), (Encoding::Json, Encoding::MessagePack)] {
        let folder = tempfile::tempdir().unwrap();
        let (place, address, ids) = Place::with_lines(folder.path(), Limits::default(), 5).await;
        let mut ana = Person::join(&address, one, 1).await;
        assert_eq!((ana.welcome.role, ana.welcome.durability), (Role::Editor, Durability::LocalFsync));
        assert_eq!(ana.drawing.entity_count(), 5);
        let mut bo = Person::join(&address, other, 2).await;
        assert_eq!(bo.welcome.people.len(), 2);
        assert_eq!(ana.drawing.hash(), bo.drawing.hash());

        // A selects, B can't; A moves, B sees it; A takes it back.
        let token = ana.lock([ids[0]]).await;
        let held = bo.until_event(|seq, event| matches!(event, Event::Locked { .. }).then_some(seq)).await;
        assert_eq!(held, token);
        let refused = bo.ask(protocol::Request::Lock { ids: vec![ids[0].into()], wait: false }).await;
        assert!(matches!(refused, protocol::Answer::Refused(protocol::Refusal::Held { .. })), "{refused:?}");
        let moved = ana.store(ana.edit(translate(ids[0], 7.5), &[token])).await;
        bo.until_event(|seq, _| (seq == moved).then_some(())).await;
        assert_eq!(start_x(&bo.drawing, ids[0]), 7.5);
        let undone = ana.store(protocol::Request::Undo { entries: vec![moved] }).await;
        bo.until_event(|seq, _| (seq == undone).then_some(())).await;
        assert_eq!(start_x(&bo.drawing, ids[0]), 0.0);
        assert_eq!(ana.drawing.hash(), bo.drawing.hash());
        place.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_and_ghosts_arrive_and_leave_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let mut bo = Person::join(&address, Encoding::Json, 2).await;
    let before = bo.at;
    let shown = Presence {
        cursor: Some(Point { x: 1.25, y: -3.5 }),
        ghost: Some(Ghost { ids: vec![ids[0].into()], by: Vec2 { x: 0.1, y: 0.2 } }),
        ..Presence::default()
    };
    ana.client.say(&protocol::ClientMessage::Presence(shown.clone())).await.unwrap();
    let seen = bo
        .until(|message| match message {
            ServerMessage::Presence(people) => people.first().cloned(),
            _ => None,
        })
        .await;
    assert_eq!(seen, (ana.welcome.session, shown));
    assert_eq!(bo.at, before);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drawing_of_many_pieces_arrives_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids) = Place::with_lines(folder.path(), Limits::default(), 25_000).await;
    let joining =
        [Encoding::MessagePack, Encoding::Json, Encoding::MessagePack].into_iter().zip(1..).map(|(encoding, id)| {
            let address = address.clone();
            tokio::spawn(async move { Person::join(&address, encoding, id).await })
        });
    for person in joining.collect::<Vec<_>>() {
        let person = person.await.unwrap();
        assert_eq!(person.drawing.entity_count(), ids.len());
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_and_the_file_are_had_as_blobs() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::open(folder.path(), Limits::default()).await;
    let source: Vec<u8> = (0..700_000u32).map(|at| (at % 251) as u8).collect();
    let (drawing, _) = crate::place::lines(3);
    place.host.add("Plan", Some(source.clone()), drawing.clone()).await.unwrap();
    let mut ana = Person::join(&place.address(), Encoding::MessagePack, 1).await;
    for (hash, expect) in [
        (ana.welcome.source.unwrap(), Some(source)),
        (ana.welcome.original, Some(protocol::encode_drawing(&drawing))),
        (protocol::Hash::of(b"never stored"), None),
    ] {
        ana.client.say(&protocol::ClientMessage::Blob { hash }).await.unwrap();
        let mut whole = Vec::new();
        let found = ana
            .until(|message| match message {
                ServerMessage::Blob { hash: of, piece, pieces, bytes } if *of == hash => {
                    whole.extend(bytes);
                    (*pieces == 0 || piece + 1 == *pieces).then_some(*pieces > 0)
                }
                _ => None,
            })
            .await;
        assert_eq!(found.then_some(whole), expect);
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_tells_everyone_to_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, _) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    let mut ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let mut idle = Client::connect(&address, Encoding::MessagePack).await;
    let closing = tokio::spawn(place.close());
    let end = ana.client.end().await;
    assert!(matches!(&end, crate::client::End::Bye { retry: true, why } if why.contains("kept")), "{end:?}");
    drop((ana, idle.socket.get_mut()));
    drop(idle);
    tokio::time::timeout(DEADLINE, closing).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_how_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, _) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    let client = Client::connect(&address, Encoding::MessagePack).await;
    let _ana = client.enter(hello(&address, 1, None), None).await.unwrap();
    let health = place.host.health();
    assert_eq!((health.drawings, health.open, health.people), (1, 1, 1));
    for (path, words) in
        [("/health", "\"people\":1"), ("/health", "\"durability\":\"local_fsync\""), ("/", "linework://")]
    {
        let answer = get(&address, path).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(words), "{path}: {answer}");
        assert!(!answer.contains(&address.secret));
    }
    place.close().await;
}

/// What a web browser would be told.
async fn get(address: &protocol::Address, path: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect((address.host.as_str(), address.port)).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(DEADLINE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}
