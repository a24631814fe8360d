//! From frames to messages: what is too large, of the wrong kind or unreadable is named; what a later version says is
//! left out.

use std::borrow::Cow;

use axum::extract::ws::{Message, close_code};
use bytes::Bytes;
use protocol::{ClientMessage, Encoding, Limits};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::HELLO_BYTES_MAX;

/// Messages above this many bytes are read on a blocking thread.
const LARGE_BYTES: usize = 256 << 10;
/// Everything that a client can say in this version.
const KNOWN: &[&str] = &[
    "hello",
    "ask",
    "part",
    "presence",
    "blob",
    "mismatch",
    "refresh",
    "heartbeat",
    "leave",
    "log",
    "hush",
    "watch",
    "look",
];

/// What came over a socket.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    /// A message, and its bytes.
    Message(ClientMessage, usize),
    /// Nothing that says something in this version.
    Nothing,
    /// Something that ends the connection.
    Broken(Fault),
    /// Nobody is there any more.
    Gone,
}

/// What the other side did that it must not.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    /// In words.
    pub why: String,
    /// The code that the connection is closed with: the one that the WebSocket protocol has for this.
    pub code: u16,
}

impl Fault {
    /// A message that makes no sense here.
    fn message(why: impl Into<String>) -> Heard {
        Heard::Broken(Fault { why: why.into(), code: close_code::POLICY })
    }

    /// A message of the other kind of frames.
    fn kind(why: &str) -> Heard {
        Heard::Broken(Fault { why: why.into(), code: close_code::UNSUPPORTED })
    }

    fn size(bytes: Option<usize>, (limit, max): (&str, usize)) -> Heard {
        let size = bytes.map_or(String::new(), |bytes| format!(" of {bytes} bytes"));
        let why = format!(
            "a message{size} is over the limit {limit} of {max} bytes; it was not taken, everything that was \
             acknowledged is kept"
        );
        Heard::Broken(Fault { why, code: close_code::SIZE })
    }
}

/// Reads what came of somebody who was let in.
pub(super) async fn read(frame: Option<Result<Message, axum::Error>>, encoding: Encoding, limits: &Limits) -> Heard {
    let limit = ("message_bytes_max", limits.message_bytes_max as usize);
    read_within(frame, encoding, limit, ids_max(limits)).await
}

/// Reads what came of somebody who said nothing yet.
pub(super) async fn read_first(frame: Option<Result<Message, axum::Error>>, encoding: Encoding) -> Heard {
    read_within(frame, encoding, ("for a first message", HELLO_BYTES_MAX), 0).await
}

async fn read_within(
    frame: Option<Result<Message, axum::Error>>,
    encoding: Encoding,
    limit: (&str, usize),
    ids_max: usize,
) -> Heard {
    let bytes = match frame {
        None | Some(Ok(Message::Close(_))) => return Heard::Gone,
        Some(Err(error)) => return broke(&error.to_string(), limit),
        Some(Ok(Message::Ping(_))) => return Heard::Nothing,
        // As good as a heartbeat: tools that speak WebSocket answer pings by themselves.
        Some(Ok(Message::Pong(_))) => return Heard::Message(ClientMessage::Heartbeat, 0),
        Some(Ok(Message::Binary(bytes))) if encoding == Encoding::MessagePack => bytes,
        Some(Ok(Message::Text(text))) if encoding == Encoding::Json => Bytes::from(text),
        Some(Ok(Message::Binary(_))) => return Fault::kind("JSON goes in text frames, this one is binary"),
        Some(Ok(Message::Text(_))) => return Fault::kind("MessagePack goes in binary frames, this one is text"),
    };
    if bytes.len() > limit.1 {
        return Fault::size(Some(bytes.len()), limit);
    }
    if bytes.len() <= LARGE_BYTES {
        return decode(&bytes, encoding, ids_max);
    }
    decode_elsewhere(bytes, encoding, ids_max).await
}

/// Reads what came in parts.
pub(super) async fn decode_large(bytes: Vec<u8>, encoding: Encoding, limits: &Limits) -> Heard {
    decode_elsewhere(bytes.into(), encoding, ids_max(limits)).await
}

async fn decode_elsewhere(bytes: Bytes, encoding: Encoding, ids_max: usize) -> Heard {
    let decoded = tokio::task::spawn_blocking(move || decode(&bytes, encoding, ids_max)).await;
    decoded.unwrap_or_else(|_| Fault::message("reading a message ended early"))
}

/// How many ids the ranges of one message may stand for: what is somewhat over the limit is read, so that it can be
/// refused by its name.
fn ids_max(limits: &Limits) -> usize {
    limits.records_max.saturating_mul(2) as usize
}

/// What a socket could not read, by the words of the library below, which hides its errors behind them: an end, or
/// something that the other side must not do.
fn broke(words: &str, limit: (&str, usize)) -> Heard {
    const RULES: &str = "WebSocket protocol error: ";
    if let Some(rule) = words.strip_prefix(RULES)
        && !rule.contains("without closing handshake")
    {
        let why = format!("that is not how WebSocket goes ({rule}); nothing of it was taken");
        return Heard::Broken(Fault { why, code: close_code::PROTOCOL });
    }
    if words.starts_with("UTF-8") {
        let why = "a text frame is not in UTF-8; nothing of it was taken".into();
        return Heard::Broken(Fault { why, code: close_code::INVALID });
    }
    // The socket's own, somewhat higher limit, which is kept before the bytes are read at all.
    if words.contains("too long") {
        return Fault::size(None, limit);
    }
    tracing::debug!(error = words, "a connection broke");
    Heard::Gone
}

/// Reads a message in which ranges name at most so many ids.
fn decode(bytes: &[u8], encoding: Encoding, ids_max: usize) -> Heard {
    match encoding.decode_within(bytes, ids_max) {
        Ok(message) => Heard::Message(message, bytes.len()),
        Err(error) => match encoding.decode::<Kind>(bytes) {
            Ok(kind) if !kind.is_known => {
                tracing::debug!(?kind, "a message that this version does not know was left out");
                Heard::Nothing
            }
            _ => Fault::message(format!("a message can't be read ({error}); nothing of it was taken")),
        },
    }
}

/// Whether a message has a name of this version, or a part with one. What the parts hold is passed over and not kept:
/// garbage costs no memory.
#[derive(Debug, PartialEq)]
struct Kind {
    is_known: bool,
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Kind, D::Error> {
        struct Outermost;
        impl<'de> Visitor<'de> for Outermost {
            type Value = Kind;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a message, or its name and what belongs to it")
            }

            fn visit_str<E>(self, name: &str) -> Result<Kind, E> {
                Ok(Kind { is_known: KNOWN.contains(&name) })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Kind, A::Error> {
                let mut kind = Kind { is_known: false };
                while let Some(name) = parts.next_key::<Cow<'de, str>>()? {
                    kind.is_known |= KNOWN.contains(&name.as_ref());
                    parts.next_value::<IgnoredAny>()?;
                }
                Ok(kind)
            }
        }
        from.deserialize_any(Outermost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_messages_are_left_out_and_garbage_is_named() {
        let nothing = |heard: Heard| heard == Heard::Nothing;
        let broken = |heard: Heard| matches!(heard, Heard::Broken(_));
        for (text, expect) in [
            (
                r#""heartbeat""#,
                &(|heard| heard == Heard::Message(ClientMessage::Heartbeat, 11)) as &dyn Fn(Heard) -> bool,
            ),
            (r#""wave""#, &nothing),
            (r#"{"follow":{"whom":"3"}}"#, &nothing),
            (r#"{"ask":{"client_seq":"1"}}"#, &broken),
            (r#"{"hello":7}"#, &broken),
            ("[1,2", &broken),
            (r#"{"ask":{"client_seq":"1","floor":"0","request":{"lock":{"ids":[["1",11]]}}}}"#, &broken),
            ("", &broken),
        ] {
            assert!(expect(decode(text.as_bytes(), Encoding::Json, 10)), "{text}");
        }
        assert!(broken(decode(&[0xc1, 0xff, 0x00], Encoding::MessagePack, 10)));
        let wave = Encoding::MessagePack.encode(&"wave").unwrap();
        assert!(nothing(decode(&wave, Encoding::MessagePack, 10)));
    }

    /// The most memory that this process ever had, in bytes.
    #[cfg(target_os = "linux")]
    fn memory_peak() -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn garbage_costs_no_more_memory_than_its_own_bytes() {
        const ONES: usize = 16 << 20;
        let array = [&[0xdd][..], &(ONES as u32).to_be_bytes(), &vec![1; ONES]].concat();
        let garbage = [
            // {"x": [1, 1, ...]}, of a later version; [1, 1, ...], of none.
            ([&[0x81, 0xa1, b'x'][..], &array].concat(), Encoding::MessagePack),
            (array, Encoding::MessagePack),
            (format!("{{\"x\":[1{}]}}", ",1".repeat(ONES / 2)).into_bytes(), Encoding::Json),
        ];
        let before = memory_peak();
        for (bytes, encoding) in garbage {
            assert!(matches!(decode(&bytes, encoding, 10), Heard::Nothing | Heard::Broken(_)));
        }
        let more = memory_peak() - before;
        assert!(more < ONES / 2, "{more} bytes");
    }
}
