//! The pages name every kind and every field that the vectors have.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::top;
use crate::vectors::{Vector, vectors};

fn page(name: &str) -> String {
    std::fs::read_to_string(top().join("docs").join(name)).expect("the page is read")
}

/// The names of all fields that are anywhere in a value; not those of kinds, which begin with a capital here.
fn fields_in(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                names.insert(name.clone());
                fields_in(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields_in(item, names)),
        _ => {}
    }
}

/// Whether a text has a name as a word of code: between backquotes, whole.
fn says(text: &str, name: &str) -> bool {
    let code = text.split('`').skip(1).step_by(2);
    let inside = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.flat_map(|code| code.split(|letter| !inside(letter))).any(|word| word == name)
}

/// The part of a page below a heading, up to the next one as high.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let start = page.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading}")) + 1;
    let level = heading.split(' ').next().expect("a heading");
    let body = &page[start + heading.len()..];
    let ends = body.match_indices("\n#").find(|(at, _)| {
        let hashes = body[at + 1..].bytes().take_while(|byte| *byte == b'#').count();
        hashes <= level.len()
    });
    &body[..ends.map_or(body.len(), |(at, _)| at)]
}

fn kind_of(value: &Value) -> (&str, &Value) {
    let (kind, fields) = value.as_object().and_then(|map| map.iter().next()).expect("a map with one key");
    (kind, fields)
}

#[test]
fn every_field_of_a_record_is_on_the_page() {
    let page = page("records.md");
    let before = &page[..page.find("### `Layer`").expect("the first record")];
    let check = |text: &str, kind: &str, value: &Value| {
        let mut names = BTreeSet::new();
        fields_in(value, &mut names);
        let untold: Vec<_> = names.iter().filter(|name| !says(text, name)).collect();
        assert!(untold.is_empty(), "docs/records.md, {kind}: no {untold:?}");
    };
    for Vector { json, .. } in vectors("records") {
        let (kind, record) = kind_of(&json);
        let mut record = record.as_object().expect("fields").clone();
        if let Some(shape) = record.remove("shape") {
            let (shape, fields) = kind_of(&shape);
            let texts = [before, section(&page, &format!("### `{shape}`")), section(&page, "## Style")].concat();
            check(&texts, shape, fields);
        }
        if let Some(style) = record.remove("style") {
            check(section(&page, "## Style"), "style", &style);
        }
        let texts = [before, section(&page, &format!("### `{kind}`")), section(&page, "## Style")].concat();
        check(&texts, kind, &record.into());
    }
    for Vector { json, .. } in vectors("ops") {
        assert!(says(section(&page, "## Ops"), kind_of(&json).0), "{json}");
    }
    for Vector { json, .. } in vectors("headers") {
        check(&[before, section(&page, "## The header")].concat(), "the header", &json);
    }
}

#[test]
fn every_message_and_entry_is_on_the_page() {
    let page = page("protocol.md");
    // The example has most of them too, and says nothing about them.
    let page = &page[..page.find("## One visit").expect("the example")];
    // What records and ops hold is on their own page.
    fn without_ops(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("op");
                fields.values_mut().for_each(without_ops);
            }
            Value::Array(items) => items.iter_mut().for_each(without_ops),
            _ => {}
        }
    }
    for file in ["client-messages", "server-messages", "entries"] {
        for Vector { name, mut json, .. } in vectors(file) {
            without_ops(&mut json);
            let mut names = BTreeSet::new();
            fields_in(&json, &mut names);
            names.extend(json.as_str().map(str::to_owned));
            let untold: Vec<_> = names.iter().filter(|name| !says(page, name)).collect();
            assert!(untold.is_empty(), "docs/protocol.md, {file}, {name}: no {untold:?}");
        }
    }
}
