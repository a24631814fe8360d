//! One message for everyone it goes to: encoded once for each encoding that somebody wants, then shared.

use std::sync::Arc;

use axum::extract::ws::{Message, Utf8Bytes};
use bytes::Bytes;
use protocol::{CodecError, Encoding, ServerMessage};

/// A message and its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// What it says, for those in this process.
    pub message: Arc<ServerMessage>,
    msgpack: Option<Message>,
    json: Option<Message>,
}

impl Frame {
    /// Encodes a message for those encodings that somebody wants.
    pub(crate) fn new(message: Arc<ServerMessage>, encodings: impl IntoIterator<Item = Encoding>) -> Frame {
        let mut frame = Frame { message, msgpack: None, json: None };
        for encoding in encodings {
            if frame.get(encoding).is_none() {
                let encoded = encode(&frame.message, encoding).ok();
                match encoding {
                    Encoding::MessagePack => frame.msgpack = encoded,
                    Encoding::Json => frame.json = encoded,
                }
            }
        }
        frame
    }

    /// As [`Frame::new`]; none for a message that is too long to go whole, of which no more than that is written here.
    pub(crate) fn whole(message: Arc<ServerMessage>, encodings: impl IntoIterator<Item = Encoding>) -> Option<Frame> {
        let mut frame = Frame { message, msgpack: None, json: None };
        for encoding in encodings {
            if frame.get(encoding).is_none()
                && let Some(bytes) = encoding.encode_within(&*frame.message, protocol::WHOLE_BYTES_MAX).transpose()
            {
                let encoded = bytes.ok().map(|bytes| to_message(bytes, encoding));
                match encoding {
                    Encoding::MessagePack => frame.msgpack = encoded,
                    Encoding::Json => frame.json = encoded,
                }
            } else if frame.get(encoding).is_none() {
                return None;
            }
        }
        Some(frame)
    }

    fn get(&self, encoding: Encoding) -> Option<&Message> {
        match encoding {
            Encoding::MessagePack => self.msgpack.as_ref(),
            Encoding::Json => self.json.as_ref(),
        }
    }

    /// The message as it goes over a socket.
    pub(crate) fn to_wire(&self, encoding: Encoding) -> Result<Message, CodecError> {
        match self.get(encoding) {
            Some(wire) => Ok(wire.clone()),
            None => encode(&self.message, encoding),
        }
    }

    /// How many bytes it takes in a queue for this encoding; 0 within the process, where it is shared.
    pub(crate) fn wire_bytes(&self, encoding: Option<Encoding>) -> usize {
        encoding.and_then(|encoding| self.get(encoding)).map_or(0, wire_bytes)
    }
}

/// Bytes of a message's payload.
pub(crate) fn wire_bytes(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}

/// Writes a message as it goes over a socket.
pub(crate) fn encode(message: &ServerMessage, encoding: Encoding) -> Result<Message, CodecError> {
    Ok(to_message(encoding.encode(message)?, encoding))
}

/// What was written as a message goes over a socket.
pub(crate) fn to_message(bytes: Vec<u8>, encoding: Encoding) -> Message {
    let bytes = Bytes::from(bytes);
    match encoding {
        Encoding::MessagePack => Message::Binary(bytes),
        // serde_json writes UTF-8 only, so the check finds nothing.
        Encoding::Json => Utf8Bytes::try_from(bytes.clone()).map_or(Message::Binary(bytes), Message::Text),
    }
}
