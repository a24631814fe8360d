//! Limits of connections: what is over one is refused by its name, and others notice nothing.

use protocol::{Answer, ClientMessage, Encoding, Limits, Refusal, Request, ServerMessage};
use server::Options;
use tokio::time::timeout;

use crate::client::{Client, DEADLINE, End, Person, hello};
use crate::http::Asker;
use crate::place::{Place, translate};

/// What the server answers to one more who wants a WebSocket.
async fn upgrade(port: u16) -> (u16, String) {
    let own = Asker::own(port);
    let head = format!(
        "{}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: linework.v1.json",
        own.host
    );
    let answer = Asker { host: head, origin: None, ..own }.get("/ws").await;
    (answer.status, String::from_utf8(answer.body).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_say_nothing_keep_nobody_else_out() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::open_with(Options { callers_max: 2, ..Options::new(folder.path()) }).await;
    let (address, _) = place.add_plan(1).await;
    let ana = Person::join(&address, Encoding::Json, 1).await;
    let silent = (Client::connect(&address, Encoding::Json).await, Client::connect(&address, Encoding::Json).await);
    let (status, why) = upgrade(place.port()).await;
    assert!(status == 429 && why.contains("callers_max"), "{status} {why}");
    // Who said hello is not at the door any more; who goes makes room.
    drop(silent);
    let coming = async {
        loop {
            if let Ok(client) = Client::try_connect(&address, Encoding::Json).await
                && let Ok(person) = client.enter(hello(&address, 2, None), None).await
            {
                return person;
            }
        }
    };
    let bo = timeout(DEADLINE, coming).await.expect("there is room");
    drop((ana, bo));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_more_connections_than_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::open_with(Options { connections_max: 1, ..Options::new(folder.path()) }).await;
    let (address, _) = place.add_plan(1).await;
    let ana = Person::join(&address, Encoding::Json, 1).await;
    let (status, why) = upgrade(place.port()).await;
    assert!(status == 503 && why.contains("connections_max"), "{status} {why}");
    drop(ana);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_and_the_rest_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { requests_hz_max: 10, ..Limits::default() };
    let (place, address, ids) = Place::with_lines(folder.path(), limits, 2).await;
    let mut ana = Person::join(&address, Encoding::Json, 1).await;
    assert_eq!(ana.welcome.limits.requests_hz_max, 10);
    let mut bo = Person::join(&address, Encoding::MessagePack, 2).await;
    let token = ana.lock([ids[0]]).await;
    let edit = ana.edit(translate(ids[0], 1.0), &[token]);
    for _ in 0..40 {
        ana.begin(edit.clone()).await;
    }
    let (mut stored, mut refused) = (0, 0);
    while stored + refused < 40 {
        let answer = ana
            .until(|message| match message {
                ServerMessage::Answer { answer, .. } => Some(answer.clone()),
                _ => None,
            })
            .await;
        match answer {
            Answer::Stored { .. } => stored += 1,
            Answer::Refused(Refusal::Limit { limit, max: 10, .. }) if limit == "requests_hz_max" => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    // What the bucket held and what came in meanwhile.
    assert!(stored >= 9 && refused > 0, "{stored} {refused}");
    // It is each connection's own.
    assert!(matches!(bo.ask(Request::Lock { ids: vec![ids[1].into()], wait: false }).await, Answer::Stored { .. }));
    // What has no answer to refuse it by ends the connection.
    let end = loop {
        if ana.client.say(&ClientMessage::Refresh).await.is_err() {
            break End::Cut;
        }
        match ana.client.hear().await {
            Err(end) => break end,
            Ok(_) => continue,
        }
    };
    assert!(matches!(&end, End::Bye { why, retry: true } if why.contains("requests_hz_max of 10")), "{end:?}");
    drop(bo);
    place.close().await;
}
