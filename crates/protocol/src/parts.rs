//! Long messages in parts: what is longer than [`WHOLE_BYTES_MAX`] goes as several messages, so that others' cursors pass
//! between them and neither side keeps room for the longest message that there may be. The bytes of the parts, joined in
//! order, are the message as it would have been written whole.

use serde::{Deserialize, Serialize};

use crate::codec::{CodecError, Encoding};
use crate::ids::ClientSeq;
use crate::message::{ClientMessage, ServerMessage};

/// A message of more bytes goes in parts.
pub const WHOLE_BYTES_MAX: usize = 1 << 20;
/// Bytes in one part.
pub const PART_BYTES: usize = 256 << 10;

/// A part of a long message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The request that it is part of, where a client says it: so that the request can be refused before all of it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_seq: Option<ClientSeq>,
    /// Zero-based.
    pub part: u32,
    /// How many parts in all.
    pub parts: u32,
    /// How many bytes in all.
    pub total: u32,
    /// The bytes.
    #[serde(with = "crate::codec::binary")]
    pub bytes: Vec<u8>,
}

/// Why a part does not go on with those before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// The whole is too long.
    #[error("a message of {bytes} bytes in parts, where there may be {max}")]
    TooLong {
        /// Its bytes, as announced.
        bytes: usize,
        /// The most that there may be.
        max: usize,
    },
    /// Not the part that comes next, or of another message: one is under way at a time.
    #[error("part {found} of a message came where part {expected} was due")]
    OutOfTurn {
        /// The part that was due.
        expected: u32,
        /// The part that came.
        found: u32,
    },
    /// Empty, or more or fewer bytes than were announced.
    #[error("the parts of a message have other bytes than were announced")]
    Length,
}

/// Joins the parts of one message at a time.
#[derive(Debug, Default)]
pub struct Parts {
    under_way: Option<UnderWay>,
}

#[derive(Debug)]
struct UnderWay {
    client_seq: Option<ClientSeq>,
    next: u32,
    parts: u32,
    total: usize,
    bytes: Vec<u8>,
}

impl Parts {
    /// Takes in a part; gives the whole message's bytes with the last one. After an error nothing is under way.
    pub fn take(&mut self, part: Part, bytes_max: usize) -> Result<Option<Vec<u8>>, PartError> {
        let Part { client_seq, part, parts, total, bytes } = part;
        let total = total as usize;
        let mut so_far = match self.under_way.take() {
            Some(so_far) => so_far,
            None if total > bytes_max => return Err(PartError::TooLong { bytes: total, max: bytes_max }),
            // Room is made as the bytes come, not as they are announced.
            None => UnderWay { client_seq, next: 0, parts, total, bytes: Vec::new() },
        };
        let same = (so_far.client_seq, so_far.parts, so_far.total) == (client_seq, parts, total);
        if part != so_far.next || !same || part >= parts {
            return Err(PartError::OutOfTurn { expected: so_far.next, found: part });
        }
        let is_last = part + 1 == parts;
        let after = so_far.bytes.len() + bytes.len();
        if bytes.is_empty() || after > total || is_last != (after == total) {
            return Err(PartError::Length);
        }
        so_far.bytes.extend(bytes);
        so_far.next += 1;
        if is_last {
            return Ok(Some(so_far.bytes));
        }
        self.under_way = Some(so_far);
        Ok(None)
    }

    /// Whether a message is under way.
    pub fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// How many bytes of it are here.
    pub fn bytes(&self) -> usize {
        self.under_way.as_ref().map_or(0, |so_far| so_far.bytes.len())
    }

    /// Lets go of what is under way.
    pub fn clear(&mut self) {
        self.under_way = None;
    }
}

/// The parts of a message that was written whole.
pub fn cut(whole: &[u8], client_seq: Option<ClientSeq>) -> impl Iterator<Item = Part> {
    let parts = whole.len().div_ceil(PART_BYTES) as u32;
    let total = whole.len() as u32;
    let part = move |(part, bytes): (usize, &[u8])| Part {
        client_seq,
        part: part as u32,
        parts,
        total,
        bytes: bytes.to_vec(),
    };
    whole.chunks(PART_BYTES).enumerate().map(part)
}

impl ServerMessage {
    /// The message as it goes over a connection: whole, or in parts.
    pub fn to_frames(&self, encoding: Encoding) -> Result<Vec<Vec<u8>>, CodecError> {
        let whole = encoding.encode(self)?;
        if whole.len() <= WHOLE_BYTES_MAX {
            return Ok(vec![whole]);
        }
        cut(&whole, None).map(|part| encoding.encode(&ServerMessage::Part(part))).collect()
    }
}

impl ClientMessage {
    /// The message as it goes over a connection: whole, or in parts where it is a request.
    pub fn to_frames(&self, encoding: Encoding) -> Result<Vec<Vec<u8>>, CodecError> {
        let whole = encoding.encode(self)?;
        match self {
            ClientMessage::Ask { client_seq, .. } if whole.len() > WHOLE_BYTES_MAX => {
                cut(&whole, Some(*client_seq)).map(|part| encoding.encode(&ClientMessage::Part(part))).collect()
            }
            _ => Ok(vec![whole]),
        }
    }
}

#[cfg(test)]
mod tests {
    use chain::Seq;

    use super::*;
    use crate::{Refusal, Request};

    /// Five bytes in three parts, the so-manieth of them.
    fn part(part: u32) -> Part {
        let bytes = [&b"ab"[..], b"cd", b"e"][part.min(2) as usize].to_vec();
        Part { client_seq: Some(ClientSeq(Seq(7))), part, parts: 3, total: 5, bytes }
    }

    #[test]
    fn parts_come_in_order_and_are_as_long_as_announced() {
        let out_of_turn = |expected, found| Err(PartError::OutOfTurn { expected, found });
        let long = |bytes| Err(PartError::TooLong { bytes, max: 10 });
        for (name, said, expect) in [
            ("whole", vec![part(0), part(1), part(2)], Ok(Some(b"abcde".to_vec()))),
            ("not all yet", vec![part(0), part(1)], Ok(None)),
            ("not from the start", vec![part(1)], out_of_turn(0, 1)),
            ("one twice", vec![part(0), part(0)], out_of_turn(1, 0)),
            ("one left out", vec![part(0), part(2)], out_of_turn(1, 2)),
            ("beyond the last", vec![Part { part: 3, ..part(0) }], out_of_turn(0, 3)),
            ("none in all", vec![Part { parts: 0, ..part(0) }], out_of_turn(0, 0)),
            ("of another", vec![part(0), Part { client_seq: None, ..part(1) }], out_of_turn(1, 1)),
            ("another length", vec![part(0), Part { total: 6, ..part(1) }], out_of_turn(1, 1)),
            ("too long", vec![Part { total: 11, ..part(0) }], long(11)),
            ("far too long", vec![Part { total: u32::MAX, ..part(0) }], long(u32::MAX as usize)),
            ("more than announced", vec![part(0), Part { bytes: vec![0; 9], ..part(1) }], Err(PartError::Length)),
            ("fewer than announced", vec![part(0), part(1), Part { bytes: vec![], ..part(2) }], Err(PartError::Length)),
            ("all before the last", vec![part(0), Part { bytes: vec![0; 3], ..part(1) }], Err(PartError::Length)),
            ("an empty one", vec![Part { bytes: vec![], ..part(0) }], Err(PartError::Length)),
        ] {
            let mut parts = Parts::default();
            let mut last = Ok(None);
            for each in said {
                last = parts.take(each, 10);
            }
            assert_eq!(last, expect, "{name}");
            assert_eq!(parts.is_under_way(), expect == Ok(None), "{name}");
            parts.clear();
            // Whatever came before, the next one begins anew.
            assert_eq!(parts.take(part(0), 10), Ok(None), "{name}");
            assert_eq!(parts.bytes(), 2, "{name}");
        }
    }

    #[test]
    fn long_messages_are_cut_and_join_to_what_they_were() {
        let ids = |n: u64| (0..n).map(|id| drawing::RecordId(1 + 2 * id)).collect::<Vec<_>>();
        for encoding in [Encoding::MessagePack, Encoding::Json] {
            for (count, is_long) in [(10, false), (300_000, true)] {
                let request = Request::Lock { ids: ids(count), wait: false };
                let ask = ClientMessage::Ask { client_seq: ClientSeq(Seq(7)), floor: ClientSeq::default(), request };
                let frames = ask.to_frames(encoding).expect("it is written");
                assert_eq!(frames.len() > 1, is_long, "{encoding:?}");
                let mut parts = Parts::default();
                let mut heard = None;
                for frame in &frames {
                    assert!(frame.len() <= WHOLE_BYTES_MAX);
                    heard = match encoding.decode(frame).expect("it is read") {
                        ClientMessage::Part(part) => {
                            assert_eq!(part.client_seq, Some(ClientSeq(Seq(7))));
                            let joined = parts.take(part, 64 << 20).expect("it goes on");
                            joined.map(|bytes| encoding.decode::<ClientMessage>(&bytes).expect("it is read"))
                        }
                        message => Some(message),
                    };
                }
                assert_eq!(heard, Some(ask));
                let refusal = Refusal::LockLost { ids: ids(count) };
                let answer =
                    ServerMessage::Answer { client_seq: ClientSeq(Seq(7)), answer: crate::Answer::Refused(refusal) };
                let frames = answer.to_frames(encoding).expect("it is written");
                let joined = frames.iter().find_map(|frame| match encoding.decode(frame).expect("it is read") {
                    ServerMessage::Part(part) => parts
                        .take(part, 64 << 20)
                        .expect("it goes on")
                        .map(|bytes| encoding.decode::<ServerMessage>(&bytes).expect("it is read")),
                    message => Some(message),
                });
                assert_eq!(joined, Some(answer));
            }
        }
    }
}
