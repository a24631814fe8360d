//! The vectors in `tests/vectors`: values in both encodings. Each is read and written both ways, and there is one of every
//! kind that there is.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::PathBuf;

use drawing::{
    Boundary, Color, Edge, HAlign, HatchFill, Header, LineStyle, LinearFormat, Lineweight, Op, Pin, PolylineForm,
    Record, Shape, VAlign,
};
use protocol::{
    Answer, ClientMessage, Durability, Encoding, Ended, Entry, Event, Refusal, Request, Role, ServerMessage,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::names::variants_of;
use crate::top;

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vector {
    /// What it is, for people.
    pub name: String,
    /// As it is in JSON.
    pub json: Value,
    /// As it is in MessagePack, in hexadecimal digits.
    pub msgpack: String,
}

fn path(file: &str) -> PathBuf {
    top().join("tests/vectors").join(format!("{file}.json"))
}

/// The vectors of a file.
pub fn vectors(file: &str) -> Vec<Vector> {
    let text = std::fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(digits: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits");
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// Each vector of a file is read and written in both encodings, and nothing else comes of it.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(file: &str) {
    let capturing = std::env::var_os("LINEWORK_CAPTURE").is_some();
    let before = vectors(file);
    let mut now = Vec::new();
    for Vector { name, json, msgpack } in &before {
        let named = format!("{file}, {name}");
        let value: T = serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{named}: {error}"));
        if !msgpack.is_empty() {
            let read: T =
                Encoding::MessagePack.decode(&bytes(msgpack)).unwrap_or_else(|error| panic!("{named}: {error}"));
            assert_eq!(read, value, "{named}");
        }
        let written = Encoding::Json.encode(&value).expect("a value is written");
        let again: T = Encoding::Json.decode(&written).unwrap_or_else(|error| panic!("{named}: {error}"));
        assert_eq!(again, value, "{named}");
        now.push(Vector {
            name: name.clone(),
            json: serde_json::from_slice(&written).expect("JSON"),
            msgpack: digits(&Encoding::MessagePack.encode(&value).expect("a value is written")),
        });
    }
    if capturing {
        let lines: Vec<_> = now.iter().map(|each| serde_json::to_string(each).expect("a vector is written")).collect();
        std::fs::write(path(file), format!("[\n{}\n]\n", lines.join(",\n"))).expect("the file is written");
        return;
    }
    for (before, now) in before.iter().zip(&now) {
        assert_eq!(now, before, "{file}: LINEWORK_CAPTURE=1 writes what is so now");
    }
}

/// Every name and every text that is anywhere in a value.
fn names_in(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                names.insert(name.clone());
                names_in(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names_in(item, names)),
        Value::String(text) => drop(names.insert(text.clone())),
        _ => {}
    }
}

/// A file has each variant of these enums.
fn check_kinds(file: &str, enums: &[&[&str]]) {
    let mut names = BTreeSet::new();
    vectors(file).iter().for_each(|vector| names_in(&vector.json, &mut names));
    let lacking: Vec<_> = enums.iter().copied().flatten().filter(|variant| !names.contains(**variant)).collect();
    assert!(
        lacking.is_empty(),
        "tests/vectors/{file}.json has no {lacking:?}: add one with its name and its JSON, an empty \"msgpack\", and run this with LINEWORK_CAPTURE=1"
    );
}

#[test]
fn client_messages_are_what_they_were() {
    check::<ClientMessage>("client-messages");
    check_kinds("client-messages", &[variants_of::<ClientMessage>(), variants_of::<Request>()]);
}

#[test]
fn server_messages_are_what_they_were() {
    check::<ServerMessage>("server-messages");
    let enums = [
        variants_of::<ServerMessage>(),
        variants_of::<Answer>(),
        variants_of::<Refusal>(),
        variants_of::<Durability>(),
        variants_of::<Role>(),
    ];
    check_kinds("server-messages", &enums);
}

#[test]
fn entries_are_what_they_were() {
    check::<Entry>("entries");
    check_kinds("entries", &[variants_of::<Event>(), variants_of::<Ended>()]);
}

#[test]
fn ops_are_what_they_were() {
    check::<Op>("ops");
    check_kinds("ops", &[variants_of::<Op>()]);
}

#[test]
fn records_are_what_they_were() {
    check::<Record>("records");
    let enums = [
        variants_of::<Record>(),
        variants_of::<Shape>(),
        variants_of::<Color>(),
        variants_of::<LineStyle>(),
        variants_of::<Lineweight>(),
        variants_of::<PolylineForm>(),
        variants_of::<HAlign>(),
        variants_of::<VAlign>(),
        variants_of::<Edge>(),
        variants_of::<Boundary>(),
        variants_of::<HatchFill>(),
        variants_of::<Pin>(),
    ];
    check_kinds("records", &enums);
}

#[test]
fn headers_are_what_they_were() {
    check::<Header>("headers");
    check_kinds("headers", &[variants_of::<LinearFormat>()]);
}

/// A log's payload is the byte 1 and the entry.
#[test]
fn payloads_are_a_version_and_an_entry() {
    for vector in vectors("entries") {
        let entry: Entry = serde_json::from_value(vector.json).expect("an entry");
        let payload = protocol::encode_entry(&entry).expect("an entry is written");
        assert_eq!(digits(&payload), format!("01{}", vector.msgpack), "{}", vector.name);
        assert_eq!(protocol::decode_entry(&payload).expect("an entry is read"), entry);
    }
}
