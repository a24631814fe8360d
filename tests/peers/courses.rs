//! Courses that three WebSocket libraries go through against the real server, each with its own idea of the protocol:
//! Python's `websockets`, Node's `ws` and the crate `tokio-websockets`.

use std::process::{Command, Stdio};

use protocol::{ClientId, ClientMessage, Encoding, Hello, Limits, SUBPROTOCOL_JSON, SUBPROTOCOL_MSGPACK};
use serde::Serialize;

use crate::place::Place;
use crate::python::{Said, python_with, run};
use crate::tokio_websockets;

/// The largest message here.
const MESSAGE_BYTES_MAX: u32 = 30_000;

/// Something that a peer does or waits for. Written as an array: its name, and what belongs to it.
#[derive(Debug, Clone)]
pub enum Step {
    /// Says a text.
    Say(String),
    /// Says a text in these frames.
    Fragments(Vec<String>),
    /// Says bytes, given in hexadecimal digits.
    Binary(String),
    /// Pings, and waits for just this pong.
    Ping(String),
    /// Waits for a message of a kind.
    Hear(&'static str),
    /// Closes with a code, and waits for the same from the other side.
    Close(u16),
    /// Waits for the end, with this code and these last words.
    Closed(u16, &'static str),
}

impl Serialize for Step {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Step::Say(text) => ("say", text).serialize(to),
            Step::Fragments(parts) => ("fragments", parts).serialize(to),
            Step::Binary(digits) => ("binary", digits).serialize(to),
            Step::Ping(text) => ("ping", text).serialize(to),
            Step::Hear(kind) => ("hear", kind).serialize(to),
            Step::Close(code) => ("close", code).serialize(to),
            Step::Closed(code, words) => ("closed", code, words).serialize(to),
        }
    }
}

/// What a peer does over one connection.
#[derive(Debug, Serialize)]
pub struct Course {
    /// What it is about.
    pub name: &'static str,
    /// The subprotocol that it asks for.
    pub subprotocol: String,
    /// What it does, in order.
    pub steps: Vec<Step>,
}

fn courses(place: &Place) -> Vec<Course> {
    let hello = |secret: &str| {
        ClientMessage::Hello(Hello {
            version: protocol::VERSION,
            client: ClientId(7),
            name: "Péer".into(),
            drawing: place.address.drawing.clone(),
            secret: secret.into(),
            resume_key: None,
            resume: None,
        })
    };
    let good = hello(&place.address.secret);
    let text = |message: &ClientMessage| serde_json::to_string(message).expect("a message is written");
    let packed = Encoding::MessagePack.encode(&good).expect("a message is written");
    let packed: String = packed.iter().map(|byte| format!("{byte:02x}")).collect();
    let ask = |client_seq: u32, request: &str| {
        Step::Say(format!(
            r#"{{"ask":{{"client_seq":"{client_seq}","floor":"{}","request":{request}}}}}"#,
            client_seq - 1
        ))
    };
    let lines = place.lines.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(",");
    let lock = ask(1, &format!(r#"{{"lock":{{"ids":[{lines}]}}}}"#));
    let unlock = ask(2, &format!(r#"{{"unlock":{{"ids":[{lines}]}}}}"#));
    let in_frames = text(&good).split_inclusive(',').map(str::to_owned).collect();
    let come_in = || vec![Step::Say(text(&good)), Step::Hear("welcome"), Step::Hear("snapshot"), Step::Hear("check")];
    let in_the_room = |more: Vec<Step>| [come_in(), more].concat();
    let course = |name, steps| Course { name, subprotocol: SUBPROTOCOL_JSON.into(), steps };
    let answer = || Step::Hear("answer");
    vec![
        course(
            "a visit",
            in_the_room(vec![
                lock,
                Step::Hear("entries"),
                answer(),
                Step::Ping("still there?".into()),
                unlock,
                answer(),
                Step::Say(r#""heartbeat""#.into()),
                Step::Hear("heartbeat"),
                Step::Say(r#""leave""#.into()),
                Step::Closed(1000, "was left"),
            ]),
        ),
        course("a message in many frames", vec![Step::Fragments(in_frames), Step::Hear("check"), Step::Close(1000)]),
        course(
            "a ping before anything else",
            vec![Step::Ping("hello?".into()), Step::Say(text(&good)), Step::Hear("check")],
        ),
        course("the normal end", in_the_room(vec![Step::Close(1000)])),
        course("an end of a program's own", in_the_room(vec![Step::Close(4001)])),
        course("an end before a beginning", vec![Step::Close(1000)]),
        course("a wrong secret", vec![Step::Say(text(&hello("guess"))), Step::Closed(1008, "no such drawing here")]),
        course("a binary frame", in_the_room(vec![Step::Binary("81a5".into()), Step::Closed(1003, "text frames")])),
        course("no JSON", in_the_room(vec![Step::Say("{".into()), Step::Closed(1008, "can't be read")])),
        course(
            "a message as long as may be",
            in_the_room(vec![
                Step::Say(format!("{}\"heartbeat\"", " ".repeat(MESSAGE_BYTES_MAX as usize - 11))),
                Step::Hear("heartbeat"),
                Step::Close(1000),
            ]),
        ),
        course(
            "a message that is too long",
            in_the_room(vec![
                Step::Say(" ".repeat(MESSAGE_BYTES_MAX as usize + 1)),
                Step::Closed(1009, "message_bytes_max of 30000"),
            ]),
        ),
        course(
            "what a later version may say",
            in_the_room(vec![
                Step::Say(r#"{"wave":{"to":"7"}}"#.into()),
                Step::Say(r#""heartbeat""#.into()),
                Step::Hear("heartbeat"),
                Step::Close(1000),
            ]),
        ),
        Course {
            name: "MessagePack",
            subprotocol: SUBPROTOCOL_MSGPACK.into(),
            steps: vec![
                Step::Binary(packed),
                Step::Hear("welcome"),
                Step::Hear("snapshot"),
                Step::Hear("check"),
                Step::Close(1000),
            ],
        },
    ]
}

async fn place() -> Place {
    Place::open(Limits { message_bytes_max: MESSAGE_BYTES_MAX, ..Limits::default() }, 3, None).await
}

/// Lets a program of another language go through all courses.
async fn check(program: &str, script: &str) {
    let place = place().await;
    let courses = courses(&place);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("courses.json");
    std::fs::write(&file, serde_json::to_vec(&courses).expect("courses are written")).expect("a file is written");
    let (host, port) = place.at();
    let arguments = [script.to_owned(), format!("ws://{host}:{port}/ws"), file.to_str().expect("a path").to_owned()];
    let Said { status, stdout, stderr } = run(program, arguments.to_vec()).await;
    let expect: String = courses.iter().map(|course| format!("{}: ok\n", course.name)).collect();
    assert_eq!(stdout, expect, "{script}: {status:?} {stderr}");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_websockets_goes_through_all_courses() {
    if let Some(python) = python_with("websockets") {
        check(&python, "tests/peers/courses.py").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_ws_goes_through_all_courses() {
    let probe = Command::new("node").args(["-e", "require('ws')"]).stderr(Stdio::null()).status();
    if probe.is_ok_and(|status| status.success()) {
        return check("node", "tests/peers/courses.js").await;
    }
    // `./linework test` sets it to where the library is: there nothing is left out in silence.
    assert!(std::env::var_os("NODE_PATH").is_none(), "NODE_PATH leads to no ws");
    eprintln!("SKIPPED: node has no ws; `./linework test` installs it, or set NODE_PATH");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokio_websockets_goes_through_all_courses() {
    let place = place().await;
    for course in courses(&place) {
        let went = tokio_websockets::go(&place, &course).await;
        assert!(went.is_ok(), "{}: {went:?}", course.name);
    }
    place.close().await;
}
