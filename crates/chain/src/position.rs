//! What a place in a log is, and how one entry is linked to the one before.

use serde::{Deserialize, Serialize};

use crate::hex::hex_bytes;

hex_bytes! {
    /// A BLAKE3 hash: of an entry together with all before it, or of a blob's bytes.
    Hash, 32
}

hex_bytes! {
    /// Which log: random, made once when the log is made, so that two logs of one drawing are never confused.
    LogId, 16
}

/// The number of an entry in its log: 1 for the first, dense. 0 stands for "before the first entry".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Seq(pub u64);

impl Seq {
    /// The number of the entry that follows.
    pub fn next(self) -> Seq {
        Seq(self.0 + 1)
    }
}

impl std::fmt::Display for Seq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A string in JSON, where numbers above 2^53 don't survive; a number elsewhere.
impl Serialize for Seq {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(&self.0) } else { to.serialize_u64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Seq {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
            text.parse().map(Seq).map_err(serde::de::Error::custom)
        } else {
            u64::deserialize(from).map(Seq)
        }
    }
}

/// A place in a log together with the history that leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The log.
    pub log: LogId,
    /// The last entry at this position; 0 before the first.
    pub seq: Seq,
    /// The hash of that entry; all zero before the first.
    pub head: Hash,
}

impl Position {
    /// The position before the first entry of `log`.
    pub fn start(log: LogId) -> Position {
        Position { log, seq: Seq(0), head: Hash::default() }
    }

    /// The position after appending one entry with this payload.
    pub fn after(&self, payload: &[u8]) -> Position {
        let seq = self.seq.next();
        Position { log: self.log, seq, head: link(&self.head, seq, payload) }
    }
}

impl Hash {
    /// The hash of a blob.
    pub fn of(bytes: &[u8]) -> Hash {
        Hash(*blake3::hash(bytes).as_bytes())
    }
}

/// The hash of an entry: BLAKE3 over the 32 bytes of the hash before, the seq as 8 little-endian bytes, and the
/// payload.
pub fn link(previous: &Hash, seq: Seq, payload: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&previous.0).update(&seq.0.to_le_bytes()).update(payload);
    Hash(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HexError;

    #[test]
    fn a_position_depends_on_every_payload_before_it() {
        let start = Position::start(LogId([7; 16]));
        let straight = start.after(b"a").after(b"b");
        let other = start.after(b"x").after(b"b");
        assert_eq!(straight.seq, Seq(2));
        assert_ne!(straight.head, other.head);
        assert_eq!(straight, start.after(b"a").after(b"b"));
    }

    #[test]
    fn hexadecimal_round_trips_and_names_what_is_wrong() {
        let hash = Hash::of(b"linework");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("00".parse::<LogId>(), Err(HexError::Length { expected: 32, found: 2 }));
        assert_eq!("zz".repeat(16).parse::<LogId>(), Err(HexError::Digit { at: 0 }));
    }
}
