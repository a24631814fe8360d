//! The hash of a drawing: the sum, modulo 2^128, of one hash a record and one of the header. A sum, so that an op
//! updates it from the records that it touched; it is for comparing replicas, not against forgers.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::header::Header;
use crate::record::Record;

/// The hash of a drawing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DrawingHash(pub u128);

impl DrawingHash {
    /// The hash with a record's put in.
    pub(crate) fn plus(self, record: DrawingHash) -> DrawingHash {
        DrawingHash(self.0.wrapping_add(record.0))
    }

    /// The hash with a record's taken out.
    pub(crate) fn minus(self, record: DrawingHash) -> DrawingHash {
        DrawingHash(self.0.wrapping_sub(record.0))
    }

    /// The hash of one record, over its MessagePack form, which is put into `bytes` in place of what is there.
    pub(crate) fn of_record(record: &Record, bytes: &mut Vec<u8>) -> DrawingHash {
        of(record, bytes)
    }

    /// The hash of the header.
    pub(crate) fn of_header(header: &Header) -> DrawingHash {
        of(&header.as_read(), &mut Vec::new())
    }
}

fn of<T: Serialize>(value: &T, bytes: &mut Vec<u8>) -> DrawingHash {
    // Gathered first: a hasher fed by the byte takes twice as long.
    bytes.clear();
    // Writing to a vector can't fail, and our own types always have a MessagePack form.
    rmp_serde::encode::write(bytes, value).expect("records serialise to MessagePack");
    let mut first = [0; 16];
    first.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    DrawingHash(u128::from_le_bytes(first))
}

impl std::fmt::Display for DrawingHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl std::fmt::Debug for DrawingHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DrawingHash({self})")
    }
}

/// 32 hexadecimal digits everywhere.
impl Serialize for DrawingHash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DrawingHash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        u128::from_str_radix(&text, 16).map(DrawingHash).map_err(serde::de::Error::custom)
    }
}
