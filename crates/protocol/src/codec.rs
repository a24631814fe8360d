//! Bytes and meaning: how messages and log entries are written.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::entry::Entry;

/// How messages are written on a connection; chosen by the WebSocket subprotocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// MessagePack with field names, in binary frames.
    MessagePack,
    /// JSON, in text frames; ids, seqs and tokens are strings, bytes are base 64.
    Json,
}

/// Why bytes are no message or entry.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Not MessagePack, or not of the shape that is expected.
    #[error("not a message in MessagePack: {0}")]
    MessagePack(#[from] rmp_serde::decode::Error),
    /// Not JSON, or not of the shape that is expected.
    #[error("not a message in JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A value has no such form; our own types always have one.
    #[error("a value that can't be written: {0}")]
    Write(#[from] rmp_serde::encode::Error),
    /// A log entry of a version that this program doesn't know.
    #[error("a log entry of version {0}, which this program is too old for")]
    Version(u8),
    /// A log entry without a byte.
    #[error("an empty log entry")]
    Empty,
}

impl Encoding {
    /// Writes a message.
    pub fn encode<T: Serialize>(self, message: &T) -> Result<Vec<u8>, CodecError> {
        match self {
            Encoding::MessagePack => Ok(rmp_serde::to_vec_named(message)?),
            Encoding::Json => Ok(serde_json::to_vec(message)?),
        }
    }

    /// Writes a message of at most so many bytes; none if it is longer, which is found out without writing all of it.
    pub fn encode_within<T: Serialize>(self, message: &T, bytes_max: usize) -> Result<Option<Vec<u8>>, CodecError> {
        let mut to = Bounded { bytes: Vec::new(), bytes_max, is_full: false };
        let written = match self {
            Encoding::MessagePack => {
                message.serialize(&mut rmp_serde::Serializer::new(&mut to).with_struct_map()).map_err(CodecError::from)
            }
            Encoding::Json => serde_json::to_writer(&mut to, message).map_err(CodecError::from),
        };
        if to.is_full { Ok(None) } else { written.map(|()| Some(to.bytes)) }
    }

    /// Reads a message.
    pub fn decode<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T, CodecError> {
        self.decode_within(bytes, IDS_MAX)
    }

    /// Reads a message whose lists of ids may name so many by ranges, all together. A range of a few bytes may stand for
    /// any number, so that this is looked at before anything is made of it.
    pub fn decode_within<T: DeserializeOwned>(self, bytes: &[u8], ids_max: usize) -> Result<T, CodecError> {
        drawing::runs::within(ids_max, || match self {
            Encoding::MessagePack => Ok(from_messagepack(bytes)?),
            // serde_json's own bound on depth is 128.
            Encoding::Json => Ok(serde_json::from_slice(bytes)?),
        })
    }
}

/// Takes in so many bytes and no more.
struct Bounded {
    bytes: Vec<u8>,
    bytes_max: usize,
    is_full: bool,
}

impl std::io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + more.len() > self.bytes_max {
            self.is_full = true;
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// How many ids the ranges in one message or entry may stand for, where nobody has a closer bound.
const IDS_MAX: usize = 1 << 22;
/// How deep arrays and maps of MessagePack may lie in one another: twice what the deepest op needs, and far less than a
/// thread's stack holds.
const DEPTH_MAX: usize = 64;

/// Reads MessagePack. Nobody has to be trusted for this, since it happens before a secret is looked at.
fn from_messagepack<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, rmp_serde::decode::Error> {
    let mut from = rmp_serde::Deserializer::from_read_ref(bytes);
    from.set_max_depth(DEPTH_MAX);
    T::deserialize(&mut from)
}

/// The first byte of a log payload: the version of what follows.
const ENTRY_VERSION: u8 = 1;

/// Writes a log payload: the version byte, then MessagePack with field names.
pub fn encode_entry(entry: &Entry) -> Result<Vec<u8>, CodecError> {
    // Most entries fit: one change of one entity has about 400 bytes.
    let mut bytes = Vec::with_capacity(512);
    bytes.push(ENTRY_VERSION);
    entry.serialize(&mut rmp_serde::Serializer::new(&mut bytes).with_struct_map())?;
    Ok(bytes)
}

/// Reads a log payload.
pub fn decode_entry(payload: &[u8]) -> Result<Entry, CodecError> {
    match payload.split_first() {
        Some((&ENTRY_VERSION, rest)) => Ok(drawing::runs::within(IDS_MAX, || from_messagepack(rest))?),
        Some((&version, _)) => Err(CodecError::Version(version)),
        None => Err(CodecError::Empty),
    }
}

/// Bytes as one value in MessagePack and as base 64 in JSON; for `#[serde(with = ...)]`.
pub(crate) mod binary {
    use serde::{Deserialize, Deserializer, Serializer};

    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.serialize_str(&to_base64(bytes)) } else { to.serialize_bytes(bytes) }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }
        }
        if from.is_human_readable() {
            let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
            from_base64(&text).ok_or_else(|| serde::de::Error::custom("not base 64"))
        } else {
            from.deserialize_byte_buf(Visitor)
        }
    }

    /// RFC 4648 with padding.
    fn to_base64(bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
        for chunk in bytes.chunks(3) {
            let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
            for digit in 0..4 {
                let value = (word >> (18 - 6 * digit) & 63) as usize;
                text.push(if digit > chunk.len() { '=' } else { DIGITS[value] as char });
            }
        }
        text
    }

    fn from_base64(text: &str) -> Option<Vec<u8>> {
        let digits = text.trim_end_matches('=').as_bytes();
        if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
            return None;
        }
        let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
        for chunk in digits.chunks(4) {
            let mut word = 0u32;
            for digit in chunk {
                word = word << 6 | DIGITS.iter().position(|d| d == digit)? as u32;
            }
            word <<= 6 * (4 - chunk.len());
            bytes.extend(&word.to_be_bytes()[1..chunk.len()]);
        }
        Some(bytes)
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn base_64_round_trips() {
            for (bytes, text) in
                [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"foob", "Zm9vYg==")]
            {
                assert_eq!(super::to_base64(bytes), text);
                assert_eq!(super::from_base64(text).as_deref(), Some(bytes));
            }
            assert_eq!(super::from_base64("Zg="), None);
            assert_eq!(super::from_base64("Z*=="), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use drawing::{EntityId, Op, RecordId};

    use super::*;
    use crate::{Answer, ClientMessage, ClientSeq, Event, Held, Refusal, Request, Seq, ServerMessage, SessionId, Told};

    fn nested(deep: usize) -> Op {
        (0..deep).fold(Op::Remove(Vec::new()), |op, _| Op::Batch(vec![op]))
    }

    /// Such an op as bytes, put together by hand: writing it would need the stack that reading must not.
    fn bytes_of(encoding: Encoding, deep: usize) -> Vec<u8> {
        let ask = |op| {
            let request = Request::Edit { op, seen: Seq(1), under: Vec::new() };
            ClientMessage::Ask { client_seq: ClientSeq(Seq(1)), floor: ClientSeq::default(), request }
        };
        let (opens, closes, leaf) = match encoding {
            Encoding::MessagePack => (&b"\x81\xa5Batch\x91"[..], &b""[..], &b"\x81\xa6Remove\x90"[..]),
            Encoding::Json => (&br#"{"Batch":["#[..], &b"]}"[..], &br#"{"Remove":[]}"#[..]),
        };
        let whole = encoding.encode(&ask(nested(0))).expect("it is written");
        let at = whole.windows(leaf.len()).position(|some| some == leaf).expect("the op is in it");
        [&whole[..at], &opens.repeat(deep), leaf, &closes.repeat(deep), &whole[at + leaf.len()..]].concat()
    }

    /// Reads on a thread with the stack of a server's workers.
    fn read(encoding: Encoding, bytes: Vec<u8>) -> Result<ClientMessage, CodecError> {
        let reading = std::thread::Builder::new().stack_size(2 << 20);
        reading.spawn(move || encoding.decode(&bytes)).expect("a thread").join().expect("reading doesn't panic")
    }

    #[test]
    fn what_is_longer_than_it_may_be_is_not_written() {
        for encoding in [Encoding::MessagePack, Encoding::Json] {
            let said = ClientMessage::Look { drawing: "x".repeat(1_000) };
            let whole = encoding.encode(&said).expect("it is written");
            for (bytes_max, fits) in [(0, false), (whole.len() - 1, false), (whole.len(), true), (usize::MAX, true)] {
                let written = encoding.encode_within(&said, bytes_max).expect("it can be written");
                assert_eq!(written, fits.then(|| whole.clone()), "{encoding:?} {bytes_max}");
            }
        }
    }

    #[test]
    fn ids_that_follow_on_one_another_are_a_few_bytes_wherever_they_are_named() {
        let ids = |of: std::ops::Range<u64>| of.map(RecordId).collect::<Vec<_>>();
        let many = ids(1_000..101_000);
        let ask = |request| ClientMessage::Ask { client_seq: ClientSeq(Seq(1)), floor: ClientSeq::default(), request };
        let edit = |op| ask(Request::Edit { op, seen: Seq(1), under: Vec::new() });
        let moved = many.iter().map(|id| EntityId(id.0)).collect();
        let held = Held { session: SessionId(Seq(2)), token: Seq(3), since_ms: 4, ids: many.clone() };
        let refused =
            |refusal| ServerMessage::Answer { client_seq: ClientSeq(Seq(1)), answer: Answer::Refused(refusal) };
        let told = |event| {
            let entry = Entry { time_ms: 0, author: None, event };
            ServerMessage::Entries(vec![Told { seq: Seq(5), hash: Default::default(), entry }])
        };
        let session = SessionId(Seq(2));
        let said = [
            ask(Request::Lock { ids: many.clone(), wait: false }),
            ask(Request::Unlock { ids: many.clone() }),
            edit(Op::Remove(many.clone())),
            edit(Op::Translate { ids: moved, by: Default::default() }),
        ];
        let heard = [
            refused(Refusal::Held { by: vec![held], free: many.clone() }),
            refused(Refusal::Changed { ids: many.clone(), by: None, at: Seq(1) }),
            refused(Refusal::LockLost { ids: many.clone() }),
            refused(Refusal::Overtaken { ids: many.clone() }),
            told(Event::Locked { session, ids: many.clone() }),
            told(Event::Unlocked { session, ids: many.clone(), lapsed: false, overridden_by: None }),
        ];
        for encoding in [Encoding::MessagePack, Encoding::Json] {
            for message in &said {
                let bytes = encoding.encode(message).expect("it is written");
                assert!(bytes.len() < 256, "{} bytes", bytes.len());
                assert_eq!(&encoding.decode::<ClientMessage>(&bytes).expect("it is read"), message);
                assert!(encoding.decode_within::<ClientMessage>(&bytes, many.len() - 1).is_err());
            }
            for message in &heard {
                let bytes = encoding.encode(message).expect("it is written");
                assert!(bytes.len() < 512, "{} bytes", bytes.len());
                assert_eq!(&encoding.decode::<ServerMessage>(&bytes).expect("it is read"), message);
            }
        }
    }

    #[test]
    fn what_is_nested_deeply_is_an_error_and_not_the_end_of_the_process() {
        for encoding in [Encoding::MessagePack, Encoding::Json] {
            let good = read(encoding, bytes_of(encoding, 4)).expect("four deep is read");
            let request = |request: &Request| matches!(request, Request::Edit { op, .. } if *op == nested(4));
            assert!(matches!(good, ClientMessage::Ask { request: asked, .. } if request(&asked)));
            for deep in [100, 1_000, 100_000] {
                assert!(read(encoding, bytes_of(encoding, deep)).is_err(), "{encoding:?} {deep}");
            }
        }
        let event = Event::Edited { session: SessionId(Seq(2)), op: nested(80), undoes: Vec::new() };
        let payload = encode_entry(&Entry { time_ms: 0, author: None, event }).expect("it is written");
        assert!(matches!(decode_entry(&payload), Err(CodecError::MessagePack(_))));
    }
}
