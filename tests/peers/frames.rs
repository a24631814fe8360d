//! What a client may send, and what comes of what it must not: each has an outcome, which `docs/protocol.md` tells.

use protocol::{Answer, Limits, ServerMessage};

use crate::place::Place;
use crate::wire::{
    BINARY, CLOSE, ENDS, End, GOES_ON, PING, PONG, TEXT, TEXT_BEGINS, Wire, closing, frame, head, unmasked,
};

/// The largest message here; a socket reads up to a mebibyte more.
const MESSAGE_BYTES_MAX: usize = 20_000;

fn limits() -> Limits {
    Limits { message_bytes_max: MESSAGE_BYTES_MAX as u32, heartbeat_ms: 200, grace_ms: 60_000, ..Limits::default() }
}

fn hello(place: &Place, client: u8) -> String {
    let (drawing, secret) = (&place.address.drawing, &place.address.secret);
    format!(
        r#"{{"hello":{{"version":1,"client":"{client:032x}","name":"Främes","drawing":"{drawing}","secret":"{secret}"}}}}"#
    )
}

/// Frames, and how the connection ends.
struct Case {
    name: &'static str,
    sent: Vec<u8>,
    code: u16,
    /// What the last words say, if there are any.
    words: Option<&'static str>,
}

fn cases() -> Vec<Case> {
    let case = |name, sent: Vec<u8>, code, words| Case { name, sent, code, words };
    let rules = Some("not how WebSocket goes");
    let large = Some("over the limit");
    let long_text = vec![b' '; MESSAGE_BYTES_MAX + 1];
    let fragments = || (0..12).map(|_| frame(GOES_ON, &vec![b' '; 100_000])).collect::<Vec<_>>().concat();
    vec![
        case("a normal end", frame(CLOSE, &closing(1000)), 1000, None),
        case("going away", frame(CLOSE, &closing(1001)), 1001, None),
        case("an end without a code", frame(CLOSE, &[]), 1005, None),
        case("an end with a reason", frame(CLOSE, b"\x03\xe8done"), 1000, None),
        case("an end of a program's own", frame(CLOSE, &closing(4000)), 4000, None),
        case("an end with a code that is no code", frame(CLOSE, &closing(999)), 1002, None),
        case("an end with a code that is never sent", frame(CLOSE, &closing(1006)), 1002, None),
        case("an end with half a code", frame(CLOSE, &[3]), 1002, rules),
        case("an end whose reason is no text", frame(CLOSE, b"\x03\xe8\xff"), 1007, Some("UTF-8")),
        case("no text in a text frame", frame(TEXT, b"\"\xff\xfe\""), 1007, Some("UTF-8")),
        case("half a letter", frame(TEXT, b"\"\xc3"), 1007, Some("UTF-8")),
        case(
            "no text in the second of two frames",
            [frame(TEXT_BEGINS, b"\"heart"), frame(ENDS, b"\xc3\x28\"")].concat(),
            1007,
            Some("UTF-8"),
        ),
        case("no mask", unmasked(TEXT, b"\"heartbeat\""), 1002, rules),
        case("a ping without a mask", unmasked(PING, b""), 1002, rules),
        case("the first reserved bit, as if compressed", frame(TEXT | 0x40, b"\"heartbeat\""), 1002, rules),
        case("the second reserved bit", frame(TEXT | 0x20, b"\"heartbeat\""), 1002, rules),
        case("the third reserved bit", frame(PING | 0x10, b""), 1002, rules),
        case("a reserved kind of data", frame(0x83, b""), 1002, rules),
        case("a reserved kind of control", frame(0x8B, b""), 1002, rules),
        case("a ping in pieces", frame(PING & 0x0F, b""), 1002, rules),
        case("a ping that is too long", frame(PING, &[0; 126]), 1002, rules),
        case("more of nothing", frame(ENDS, b"\"heartbeat\""), 1002, rules),
        case("a text within a text", [frame(TEXT_BEGINS, b"\""), frame(TEXT, b"\"")].concat(), 1002, rules),
        case("a binary frame", frame(BINARY, b"\"heartbeat\""), 1003, Some("JSON goes in text frames")),
        case("a message that is somewhat too long", frame(TEXT, &long_text), 1009, large),
        case("a frame that says it is huge", [head(TEXT, 1 << 40, 0x80), vec![0; 4]].concat(), 1009, large),
        case(
            "a frame that says it is longer than there is",
            [head(TEXT, u64::MAX, 0x80), vec![0; 4]].concat(),
            1009,
            large,
        ),
        case(
            "a message of many frames that is too long",
            [frame(TEXT_BEGINS, b" "), fragments()].concat(),
            1009,
            large,
        ),
        case("no JSON", frame(TEXT, b"{\"ask\":"), 1008, Some("can't be read")),
        case("nothing at all", frame(TEXT, b""), 1008, Some("can't be read")),
        case(
            "a second hello",
            frame(TEXT, br#"{"hello":{"version":1,"client":"1","name":"x","drawing":"x","secret":"x"}}"#),
            1008,
            Some("twice"),
        ),
    ]
}

fn check(case: &Case, end: &End, when: &str) {
    let Case { name, code, words, .. } = case;
    assert_eq!(end.code, Some(*code), "{name}, {when}: {end:?}");
    match (words, &end.bye) {
        (None, None) => {}
        (Some(words), Some((why, false))) if why.contains(words) => {}
        _ => panic!("{name}, {when}: {end:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_breach_ends_with_its_code_and_its_words() {
    let place = Place::open(limits(), 1, None).await;
    for case in cases() {
        let mut wire = Wire::open(&place).await;
        wire.enter(&hello(&place, 1)).await;
        wire.send(&case.sent).await;
        check(&case, &wire.end().await, "in the room");
        // Whoever did it has left nothing behind that hinders the next.
        let mut next = Wire::open(&place).await;
        next.enter(&hello(&place, 2)).await;
        next.send(&frame(TEXT, br#""leave""#)).await;
        assert_eq!(next.end().await.code, Some(1000), "{}", case.name);
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_no_other_answers() {
    let place = Place::open(limits(), 1, None).await;
    let differs =
        ["a message that is somewhat too long", "a message of many frames that is too long", "a second hello"];
    for case in cases().into_iter().filter(|case| !differs.contains(&case.name)) {
        let mut wire = Wire::open(&place).await;
        wire.send(&case.sent).await;
        check(&case, &wire.end().await, "before a hello");
    }
    place.close().await;
}

/// Says hello in these bytes, and is let in.
async fn lets_in(place: &Place, name: &str, sent: Vec<u8>, pongs: &[&[u8]]) {
    let mut wire = Wire::open(place).await;
    wire.send(&sent).await;
    let mut heard = Vec::new();
    loop {
        let frame = wire.hear().await.unwrap_or_else(|| panic!("{name}: it is not let in"));
        match frame.first {
            PONG => heard.push(frame.payload),
            TEXT => match serde_json::from_slice(&frame.payload).expect("a server's message is read") {
                ServerMessage::Check { .. } => break,
                ServerMessage::Bye { why, .. } => panic!("{name}: {why}"),
                _ => {}
            },
            _ => {}
        }
    }
    assert_eq!(heard, pongs, "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_may_come_in_any_frames() {
    let place = Place::open(limits(), 1, None).await;
    let hello = hello(&place, 3);
    let bytes = hello.as_bytes();
    // Each letter alone is also between the two bytes of one letter.
    let in_pieces = |len: usize, between: &[u8]| {
        let mut pieces = bytes.chunks(len).map(|piece| frame(GOES_ON, piece)).collect::<Vec<_>>();
        let last = pieces.len() - 1;
        pieces[0][0] |= TEXT_BEGINS;
        pieces[last][0] |= ENDS;
        pieces.join(between)
    };
    let empty = [frame(TEXT_BEGINS, b""), frame(GOES_ON, b""), frame(GOES_ON, bytes), frame(ENDS, b"")].concat();
    lets_in(&place, "one frame", frame(TEXT, bytes), &[]).await;
    lets_in(&place, "two frames", in_pieces(bytes.len() / 2 + 1, b""), &[]).await;
    lets_in(&place, "a frame a byte", in_pieces(1, b""), &[]).await;
    lets_in(&place, "empty frames", empty, &[]).await;
    lets_in(&place, "pings between", in_pieces(100, &frame(PING, b"!")), &[b"!"]).await;
    lets_in(&place, "pongs between", in_pieces(20, &frame(PONG, b"nobody asked")), &[]).await;
    lets_in(&place, "a ping before", [frame(PING, b"first"), frame(TEXT, bytes)].concat(), &[b"first"]).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_falls_silent_is_let_go_of_and_holds_what_they_held() {
    let place = Place::open(limits(), 1, None).await;
    let line = place.lines[0];
    let mut other = Wire::open(&place).await;
    let ask = format!(r#"{{"ask":{{"client_seq":"1","floor":"0","request":{{"lock":{{"ids":["{line}"]}}}}}}}}"#);
    // Nothing more; half a frame; half of a text; no more to be said by the end of the line.
    let silences: [(&str, Vec<u8>, bool); 4] = [
        ("silent", Vec::new(), false),
        ("in the middle of a frame", frame(TEXT, b"\"heartbeat\"")[..9].to_vec(), false),
        ("in the middle of a message", frame(TEXT_BEGINS, b"\"heart"), false),
        ("half closed", Vec::new(), true),
    ];
    for (number, (name, sent, half_closed)) in silences.into_iter().enumerate() {
        let mut wire = Wire::open(&place).await;
        let welcome = wire.enter(&hello(&place, 10 + number as u8)).await;
        if number == 0 {
            wire.send(&frame(TEXT, ask.as_bytes())).await;
            while !matches!(wire.message().await, ServerMessage::Answer { answer: Answer::Stored { .. }, .. }) {}
        }
        wire.send(&sent).await;
        if half_closed {
            wire.half_close().await;
        }
        let end = wire.end().await;
        match (&end.bye, half_closed) {
            (Some((_, true)), false) => assert_eq!(end.code, Some(1013), "{name}: {end:?}"),
            // Nobody is there who could be told.
            (None, true) => {}
            _ => panic!("{name}: {end:?}"),
        }
        assert!(welcome.locks.len() <= 1);
    }
    // The first one's session has its grace, and so its lock.
    let welcome = other.enter(&hello(&place, 99)).await;
    let held: Vec<_> = welcome.locks.iter().flat_map(|held| held.ids.clone()).collect();
    assert_eq!(held, [line.into()]);
    assert!(welcome.people.iter().filter(|person| !person.connected).count() >= 4, "{:?}", welcome.people);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_is_negotiated_and_nothing_else() {
    let place = Place::open(limits(), 1, None).await;
    for (headers, status, lines) in [
        ("Sec-WebSocket-Protocol: linework.v1.json\r\n", "101", &["linework.v1.json"][..]),
        ("Sec-WebSocket-Protocol: chat, linework.v1.json, linework.v1.msgpack\r\n", "101", &["linework.v1.msgpack"]),
        (
            "Sec-WebSocket-Protocol: linework.v1.msgpack\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
            "101",
            &["msgpack"],
        ),
        ("Sec-WebSocket-Protocol: linework.v2.json\r\n", "400", &[]),
        ("Sec-WebSocket-Protocol: LINEWORK.V1.JSON\r\n", "400", &[]),
        ("", "400", &[]),
    ] {
        let (_, head) = Wire::ask(&place, headers).await;
        let head = head.to_lowercase();
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{headers:?}: {head}");
        assert!(lines.iter().all(|line| head.contains(line)), "{headers:?}: {head}");
        assert!(!head.contains("sec-websocket-extensions"), "{headers:?}: {head}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_here_when_the_server_ends_is_told_to_come_again() {
    let place = Place::open(limits(), 1, None).await;
    let mut wire = Wire::open(&place).await;
    wire.enter(&hello(&place, 1)).await;
    let stopping = place.stop();
    let end = wire.end().await;
    assert_eq!(end.code, Some(1013), "{end:?}");
    assert!(end.bye.is_some_and(|(why, retry)| retry && why.contains("everything that was acknowledged is kept")));
    stopping.ended().await;
}
