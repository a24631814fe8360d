//! What is refused, and in which words.

use futures_util::SinkExt as _;
use protocol::{ClientMessage, ClientSeq, Encoding, Hello, Limits, Request, Seq};
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, End, Person, hello};
use crate::place::Place;

/// The first thing that is said, and what the answer says.
struct Case {
    first: ClientMessage,
    words: &'static str,
    retry: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_is_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, _) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    let good = hello(&address, 1, None);
    let greeting = |change: &dyn Fn(&mut Hello)| {
        let mut hello = good.clone();
        change(&mut hello);
        ClientMessage::Hello(hello)
    };
    let not_let_in = "no such drawing here, or the address is out of date";
    let ask = ClientMessage::Ask {
        client_seq: ClientSeq(Seq(1)),
        floor: ClientSeq(Seq(0)),
        request: Request::Grant { len: 1 },
    };
    let cases = [
        Case { first: greeting(&|hello| hello.secret = "guess".into()), words: not_let_in, retry: false },
        Case { first: greeting(&|hello| hello.secret.clear()), words: not_let_in, retry: false },
        Case { first: greeting(&|hello| hello.drawing = "other".into()), words: not_let_in, retry: false },
        Case { first: greeting(&|hello| hello.drawing = "../plan".into()), words: not_let_in, retry: false },
        Case { first: greeting(&|hello| hello.version = 0), words: "version 1", retry: false },
        Case { first: greeting(&|hello| hello.name = " ".into()), words: "a name is needed", retry: false },
        Case { first: greeting(&|hello| hello.name = "x".repeat(65)), words: "64 characters", retry: false },
        Case { first: ClientMessage::Heartbeat, words: "must be a hello", retry: false },
        Case { first: ask, words: "must be a hello", retry: false },
    ];
    for encoding in [Encoding::MessagePack, Encoding::Json] {
        for Case { first, words, retry } in &cases {
            let mut client = Client::connect(&address, encoding).await;
            client.say(first).await.unwrap();
            match client.end().await {
                End::Bye { why, retry: again } if why.contains(words) && again == *retry => {}
                other => panic!("{first:?}: {other:?}"),
            }
        }
    }
    // A later version of a client speaks ours too.
    let later = Client::connect(&address, Encoding::MessagePack).await;
    let person = later.enter(Hello { version: 7, ..good }, None).await.unwrap();
    assert_eq!(person.welcome.version, protocol::VERSION);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_limit_is_named_with_how_much() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { message_bytes_max: 10_000, ..Limits::default() };
    let (place, address, _) = Place::with_lines(folder.path(), limits, 1).await;
    for (bytes, words) in [
        (10_001, "of 10001 bytes is over the limit message_bytes_max of 10000"),
        (3 << 20, "message_bytes_max of 10000"),
    ] {
        let mut ana = Person::join(&address, Encoding::Json, 1).await;
        // The connection may be cut while this is still being sent.
        let _ = ana.client.send(vec![b' '; bytes]).await;
        match ana.client.end().await {
            End::Bye { why, retry: false } if why.contains(words) && why.contains("kept") => {}
            // What is far over the limit is not read at all, so that the last words may not get through.
            End::Cut if bytes > 1 << 20 => {}
            other => panic!("{bytes}: {other:?}"),
        }
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_hello_no_more_is_taken_in_than_a_hello_takes() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, _) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    for encoding in [Encoding::MessagePack, Encoding::Json] {
        let mut client = Client::connect(&address, encoding).await;
        let long = ClientMessage::Hello(Hello { secret: "x".repeat(20 << 10), ..hello(&address, 1, None) });
        client.say(&long).await.unwrap();
        match client.end().await {
            End::Bye { why, retry: false } if why.contains("for a first message of 16384 bytes") => {}
            other => panic!("{encoding:?}: {other:?}"),
        }
        // What is said to be far more is not read to its end: the connection is cut while it is being sent.
        let mut client = Client::connect(&address, encoding).await;
        let sent = client.send(vec![b' '; 32 << 20]).await;
        assert!(sent.is_err() || client.end().await == End::Cut, "{encoding:?}");
        // Once one is let in, long messages are as welcome as ever.
        let mut ana = Person::join(&address, encoding, 2).await;
        let long = Request::Unlock { ids: (1..100_000).map(|n| drawing::RecordId(2 * n)).collect() };
        assert_eq!(ana.ask(long).await, protocol::Answer::Nothing);
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_ends_a_connection_and_later_messages_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, ids) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    for (encoding, garbage) in [(Encoding::Json, &b"{\"ask\":"[..]), (Encoding::MessagePack, &[0xc1, 0, 7])] {
        let mut ana = Person::join(&address, encoding, 1).await;
        ana.client.send(garbage.to_vec()).await.unwrap();
        match ana.client.end().await {
            End::Bye { why, retry: false } if why.contains("can't be read") => {}
            other => panic!("{encoding:?}: {other:?}"),
        }
    }
    let mut ana = Person::join(&address, Encoding::Json, 2).await;
    ana.client.socket.send(Message::Binary(vec![1].into())).await.unwrap();
    assert!(matches!(ana.client.end().await, End::Bye { why, .. } if why.contains("text frames")));

    let mut bo = Person::join(&address, Encoding::Json, 3).await;
    bo.client.send(br#"{"follow":{"whom":"1"}}"#.to_vec()).await.unwrap();
    bo.client.send(br#""wave""#.to_vec()).await.unwrap();
    bo.lock([ids[0]]).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_without_a_subprotocol_is_told_which() {
    let folder = tempfile::tempdir().unwrap();
    let (place, address, _) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    let stream = tokio::net::TcpStream::connect((address.host.as_str(), address.port)).await.unwrap();
    let refused = tokio_tungstenite::client_async("ws://test/ws", stream).await;
    match refused {
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => assert_eq!(response.status(), 400),
        other => panic!("{other:?}"),
    }
    place.close().await;
}
