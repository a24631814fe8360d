//! From frames to messages: what is too large, of the wrong kind or unreadable is named; what a later version says is
//! left out.

use std::collections::BTreeMap;

use axum::extract::ws::Message;
use bytes::Bytes;
use protocol::{ClientMessage, Encoding, Limits};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Messages above this many bytes are read on a blocking thread.
const LARGE_BYTES: usize = 256 << 10;
/// Everything that a client can say in this version.
const KNOWN: &[&str] = &["hello", "ask", "presence", "blob", "log", "refresh", "heartbeat", "leave"];

/// What came over a socket.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    /// A message.
    Message(ClientMessage),
    /// Nothing that says something in this version.
    Nothing,
    /// Something that ends the connection, in words.
    Broken(String),
    /// Nobody is there any more.
    Gone,
}

/// Reads what came.
pub(super) async fn read(frame: Option<Result<Message, axum::Error>>, encoding: Encoding, limits: &Limits) -> Heard {
    let bytes = match frame {
        None | Some(Ok(Message::Close(_))) => return Heard::Gone,
        Some(Err(error)) => {
            let words = error.to_string();
            // The socket's own, somewhat higher limit, which is kept before the bytes are read at all.
            if words.contains("too long") || words.contains("too big") {
                return Heard::Broken(too_large(None, limits));
            }
            tracing::debug!(error = words, "a connection broke");
            return Heard::Gone;
        }
        Some(Ok(Message::Ping(_))) => return Heard::Nothing,
        // As good as a heartbeat: tools that speak WebSocket answer pings by themselves.
        Some(Ok(Message::Pong(_))) => return Heard::Message(ClientMessage::Heartbeat),
        Some(Ok(Message::Binary(bytes))) if encoding == Encoding::MessagePack => bytes,
        Some(Ok(Message::Text(text))) if encoding == Encoding::Json => Bytes::from(text),
        Some(Ok(Message::Binary(_))) => return Heard::Broken("JSON goes in text frames, this one is binary".into()),
        Some(Ok(Message::Text(_))) => {
            return Heard::Broken("MessagePack goes in binary frames, this one is text".into());
        }
    };
    if bytes.len() > limits.message_bytes_max as usize {
        return Heard::Broken(too_large(Some(bytes.len()), limits));
    }
    if bytes.len() <= LARGE_BYTES {
        return decode(&bytes, encoding);
    }
    let decoded = tokio::task::spawn_blocking(move || decode(&bytes, encoding)).await;
    decoded.unwrap_or_else(|_| Heard::Broken("reading a message ended early".into()))
}

fn too_large(bytes: Option<usize>, limits: &Limits) -> String {
    let max = limits.message_bytes_max;
    let size = bytes.map_or(String::new(), |bytes| format!(" of {bytes} bytes"));
    format!(
        "a message{size} is over the limit message_bytes_max of {max} bytes; it was not taken, everything that was \
         acknowledged is kept"
    )
}

fn decode(bytes: &[u8], encoding: Encoding) -> Heard {
    match encoding.decode(bytes) {
        Ok(message) => Heard::Message(message),
        Err(error) => match encoding.decode::<Kind>(bytes) {
            Ok(kind) if !kind.is_known() => {
                tracing::debug!(?kind, "a message that this version does not know was left out");
                Heard::Nothing
            }
            _ => Heard::Broken(format!("a message can't be read ({error}); nothing of it was taken")),
        },
    }
}

/// A message's outermost shape: its name, or its name and what belongs to it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Kind {
    Bare(String),
    With(BTreeMap<String, IgnoredAny>),
}

impl Kind {
    fn is_known(&self) -> bool {
        match self {
            Kind::Bare(name) => KNOWN.contains(&name.as_str()),
            Kind::With(parts) => parts.keys().any(|name| KNOWN.contains(&name.as_str())),
        }
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
            (r#""heartbeat""#, &(|heard| heard == Heard::Message(ClientMessage::Heartbeat)) as &dyn Fn(Heard) -> bool),
            (r#""wave""#, &nothing),
            (r#"{"follow":{"whom":"3"}}"#, &nothing),
            (r#"{"ask":{"client_seq":"1"}}"#, &broken),
            (r#"{"hello":7}"#, &broken),
            ("[1,2", &broken),
            ("", &broken),
        ] {
            assert!(expect(decode(text.as_bytes(), Encoding::Json)), "{text}");
        }
        assert!(broken(decode(&[0xc1, 0xff, 0x00], Encoding::MessagePack)));
        let wave = Encoding::MessagePack.encode(&"wave").unwrap();
        assert!(nothing(decode(&wave, Encoding::MessagePack)));
    }
}
