//! A whole drawing as bytes: the blob that a log starts from, and what a joiner is sent.
//!
//! A version byte 1, then a zstd frame of MessagePack: `[header, record, record, ...]` with field names, records by
//! ascending id.

use drawing::{Drawing, Header, OpError, Record};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first byte.
const VERSION: u8 = 1;
/// zstd's level: 1 is the fastest that still folds repeated names away.
const LEVEL: i32 = 1;
/// No drawing unpacks to more than this many bytes.
const UNPACKED_BYTES_MAX: u64 = 2 << 30;

/// Why bytes are no drawing.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Of a version that this program doesn't know.
    #[error("a snapshot of version {0}, which this program is too old for")]
    Version(u8),
    /// Not a zstd frame, or cut short.
    #[error("a snapshot that can't be unpacked: {0}")]
    Unpack(#[from] std::io::Error),
    /// Not of the shape that is expected.
    #[error("a snapshot that can't be read: {0}")]
    Read(#[from] rmp_serde::decode::Error),
    /// Records that don't make a drawing.
    #[error("a snapshot whose records don't fit together: {0}")]
    Rules(#[from] OpError),
    /// Too large to unpack.
    #[error("a snapshot of over {UNPACKED_BYTES_MAX} bytes")]
    TooLarge,
}

/// Writes a drawing.
pub fn encode_drawing(drawing: &Drawing) -> Vec<u8> {
    let mut unpacked = Vec::with_capacity(256 * (1 + drawing.record_count()));
    let mut to = rmp_serde::Serializer::new(&mut unpacked).with_struct_map();
    // Writing to memory can't fail, and our own types always have a MessagePack form.
    drawing.header().serialize(&mut to).expect("a header serialises");
    for record in drawing.records() {
        record.serialize(&mut to).expect("a record serialises");
    }
    let mut bytes = vec![VERSION];
    bytes.extend(zstd::bulk::compress(&unpacked, LEVEL).expect("zstd compresses memory to memory"));
    bytes
}

/// Reads a drawing.
pub fn decode_drawing(bytes: &[u8]) -> Result<Drawing, SnapshotError> {
    let Some((&VERSION, packed)) = bytes.split_first() else {
        return Err(SnapshotError::Version(bytes.first().copied().unwrap_or(0)));
    };
    let unpacked = unpack(packed)?;
    let mut rest = unpacked.as_slice();
    let header: Header = read(&mut rest)?;
    let mut records: Vec<Record> = Vec::new();
    while !rest.is_empty() {
        records.push(read(&mut rest)?);
    }
    Ok(Drawing::from_records(header, records)?)
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, SnapshotError> {
    let mut from = zstd::stream::read::Decoder::with_buffer(packed)?;
    let mut unpacked = Vec::new();
    let limit = UNPACKED_BYTES_MAX + 1;
    std::io::Read::read_to_end(&mut std::io::Read::take(&mut from, limit), &mut unpacked)?;
    if unpacked.len() as u64 > UNPACKED_BYTES_MAX { Err(SnapshotError::TooLarge) } else { Ok(unpacked) }
}

fn read<T: DeserializeOwned>(rest: &mut &[u8]) -> Result<T, rmp_serde::decode::Error> {
    T::deserialize(&mut rmp_serde::Deserializer::new(rest))
}
