//! The visit that `docs/protocol.md` shows is one that the server still gives: the same messages in the same order, with
//! the same fields of the same kind. `LINEWORK_CAPTURE=1` writes what it gives now into the page.

use protocol::Encoding;
use serde_json::Value;

use crate::python::top;
use crate::visit::{Frame, short};

/// The heading that the visit stands under, on the page.
const HEADING: &str = "## One visit\n";
/// The longest line of the page.
const LINE_MAX: usize = 118;

/// The messages as the page shows them: one after another, an arrow for who says it, long ones over several lines.
fn written(frames: &[Frame]) -> String {
    let mut page = String::new();
    for frame in frames {
        let text = std::str::from_utf8(&frame.bytes).expect("JSON is text");
        let mut line = format!("    {} ", if frame.from_client { "->" } else { "<-" });
        for part in parts(text) {
            if line.len() + part.len() > LINE_MAX && line.len() > 7 {
                page += line.trim_end();
                page.push('\n');
                line = "         ".to_owned();
            }
            line += part;
        }
        page += line.trim_end();
        page.push('\n');
    }
    page
}

/// JSON in parts that may stand on lines of their own: each but the last ends with a comma outside of a text.
fn parts(json: &str) -> Vec<&str> {
    let (mut parts, mut start, mut within, mut escaped) = (Vec::new(), 0, false, false);
    for (at, letter) in json.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if within => escaped = true,
            '"' => within = !within,
            ',' if !within => {
                parts.push(&json[start..=at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&json[start..]);
    parts
}

/// The block below the heading, and where it stands.
fn shown(page: &str) -> (std::ops::Range<usize>, Vec<(bool, Value)>) {
    let start = page.find(HEADING).expect("the page has the heading") + HEADING.len();
    let rest = &page[start..];
    let from = start + rest.find("    -> ").expect("somebody says something");
    let end =
        page[from..].split_inclusive('\n').take_while(|line| line.starts_with("    ")).map(str::len).sum::<usize>();
    let mut messages: Vec<(bool, String)> = Vec::new();
    for line in page[from..from + end].lines() {
        match (line.strip_prefix("    -> "), line.strip_prefix("    <- ")) {
            (Some(said), _) => messages.push((true, said.to_owned())),
            (_, Some(heard)) => messages.push((false, heard.to_owned())),
            _ => messages.last_mut().expect("the block begins with an arrow").1 += line.trim(),
        }
    }
    let read = |text: &str| serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    (from..from + end, messages.iter().map(|(said, text)| (*said, read(text))).collect())
}

/// What kind of value each field is; arrays by their first item.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(items) => items.first().map(shape).into_iter().collect(),
        Value::String(text) => {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let hexadecimal = text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            match (hexadecimal, digits) {
                (true, _) => format!("{} hexadecimal digits", text.len()).into(),
                (_, true) => "a number as text".into(),
                _ => "text".into(),
            }
        }
        Value::Number(number) => if number.is_f64() { "a coordinate" } else { "a number" }.into(),
        Value::Bool(_) => "yes or no".into(),
        Value::Null => Value::Null,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_visit_on_the_page_is_one_that_the_server_gives() {
    let path = top().join("docs/protocol.md");
    let page = std::fs::read_to_string(&path).expect("the page is read");
    let frames = short(Encoding::Json).await;
    if std::env::var_os("LINEWORK_CAPTURE").is_some() {
        let mut page = page.clone();
        page.replace_range(shown(&page).0, &written(&frames));
        std::fs::write(&path, page).expect("the page is written");
        return;
    }
    let (_, shown) = shown(&page);
    let given = frames.iter().map(|frame| (frame.from_client, serde_json::from_slice(&frame.bytes).expect("JSON")));
    let given: Vec<(bool, Value)> = given.collect();
    for (number, (shown, given)) in shown.iter().zip(&given).enumerate() {
        assert_eq!((shown.0, shape(&shown.1)), (given.0, shape(&given.1)), "message {number} of docs/protocol.md");
    }
    assert_eq!(shown.len(), given.len(), "docs/protocol.md shows another number of messages");
}
