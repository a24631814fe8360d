//! A whole drawing as bytes: the blob that a log starts from, and what a joiner is sent.
//!
//! A version byte 1, then zstd frames of MessagePack with field names, one value after another: the header, then all
//! records by ascending id. The frames are those of some thousand records each, so that a drawing is sent while it is
//! being packed, and shown while it comes; joined they read as one.

use drawing::{Builder, Drawing, Header, OpError, Record, RecordId};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first byte.
const VERSION: u8 = 1;
/// zstd's level: 1 is the fastest that still folds repeated names away.
const LEVEL: i32 = 1;
/// Records in one frame.
const CHUNK_RECORDS: usize = 2_000;
/// No drawing unpacks to more than this many bytes.
const UNPACKED_BYTES_MAX: u64 = 2 << 30;

/// Why bytes are no drawing.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Of a version that this program doesn't know.
    #[error("a snapshot of version {0}, which this program is too old for")]
    Version(u8),
    /// Not a zstd frame.
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
    /// Without all of its bytes.
    #[error("a snapshot that is cut short")]
    Short,
}

/// How many chunks a drawing is.
pub fn chunk_count(drawing: &Drawing) -> usize {
    drawing.record_count().div_ceil(CHUNK_RECORDS).max(1)
}

/// A drawing in chunks, one after another; joined they are what [`encode_drawing`] gives.
pub fn encode_chunks(drawing: &Drawing) -> impl Iterator<Item = Vec<u8>> {
    let mut records = drawing.records().peekable();
    let mut unpacked = Vec::with_capacity(256 * CHUNK_RECORDS.min(1 + drawing.record_count()));
    let mut is_first = true;
    std::iter::from_fn(move || {
        if !is_first && records.peek().is_none() {
            return None;
        }
        unpacked.clear();
        let mut to = rmp_serde::Serializer::new(&mut unpacked).with_struct_map();
        // Writing to memory can't fail, and our own types always have a MessagePack form.
        if is_first {
            drawing.header().serialize(&mut to).expect("a header serialises");
        }
        for record in records.by_ref().take(CHUNK_RECORDS) {
            record.serialize(&mut to).expect("a record serialises");
        }
        let packed = zstd::bulk::compress(&unpacked, LEVEL).expect("zstd compresses memory to memory");
        let mut bytes = Vec::with_capacity(1 + packed.len());
        bytes.extend(std::mem::take(&mut is_first).then_some(VERSION));
        bytes.extend(packed);
        Some(bytes)
    })
}

/// Writes a drawing.
pub fn encode_drawing(drawing: &Drawing) -> Vec<u8> {
    encode_chunks(drawing).flatten().collect()
}

/// Reads a drawing.
pub fn decode_drawing(bytes: &[u8]) -> Result<Drawing, SnapshotError> {
    let mut reader = DrawingReader::default();
    reader.push(bytes)?;
    reader.finish()
}

/// Reads a drawing as its bytes come, in whatever pieces they are cut.
#[derive(Default)]
pub struct DrawingReader {
    begun: Option<Begun>,
}

struct Begun {
    unpacking: zstd::stream::write::Decoder<'static, Unpacked>,
    /// How many unpacked bytes there must be before another try to read what was cut: trying at each piece would take a
    /// time that grows with the square of them.
    tried_below: usize,
    builder: Option<Builder>,
}

/// Bytes that were unpacked and not read yet.
#[derive(Default)]
struct Unpacked {
    bytes: Vec<u8>,
    total: u64,
}

impl std::io::Write for Unpacked {
    fn write(&mut self, more: &[u8]) -> std::io::Result<usize> {
        self.total += more.len() as u64;
        if self.total > UNPACKED_BYTES_MAX {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl DrawingReader {
    /// Takes in what comes next; the records that are whole with it, by ascending id.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<Vec<RecordId>, SnapshotError> {
        let begun = match &mut self.begun {
            Some(begun) => begun,
            none => {
                let Some((&version, rest)) = bytes.split_first() else { return Ok(Vec::new()) };
                if version != VERSION {
                    return Err(SnapshotError::Version(version));
                }
                bytes = rest;
                let unpacking = zstd::stream::write::Decoder::new(Unpacked::default())?;
                none.insert(Begun { unpacking, tried_below: 0, builder: None })
            }
        };
        begun.push(bytes)
    }

    /// What has come so far, to be shown meanwhile; none before the header.
    pub fn so_far(&self) -> Option<&Drawing> {
        self.begun.as_ref()?.builder.as_ref().map(Builder::so_far)
    }

    /// The drawing, now that all of it has come.
    pub fn finish(self) -> Result<Drawing, SnapshotError> {
        let mut begun = self.begun.ok_or(SnapshotError::Short)?;
        begun.tried_below = 0;
        begun.read()?;
        // What a frame that is cut short left behind is part of a value, or of none.
        if !begun.unpacking.get_ref().bytes.is_empty() {
            return Err(SnapshotError::Short);
        }
        Ok(begun.builder.ok_or(SnapshotError::Short)?.finish()?)
    }
}

impl Begun {
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<RecordId>, SnapshotError> {
        use std::io::Write as _;
        let unpacked = self.unpacking.write_all(bytes).and_then(|()| self.unpacking.flush());
        unpacked.map_err(|error| match error.kind() {
            std::io::ErrorKind::FileTooLarge => SnapshotError::TooLarge,
            _ => SnapshotError::Unpack(error),
        })?;
        self.read()
    }

    /// Reads what is whole of what is unpacked.
    fn read(&mut self) -> Result<Vec<RecordId>, SnapshotError> {
        let unpacked = std::mem::take(&mut self.unpacking.get_mut().bytes);
        if unpacked.len() < self.tried_below {
            self.unpacking.get_mut().bytes = unpacked;
            return Ok(Vec::new());
        }
        let mut rest = unpacked.as_slice();
        let mut records = Vec::new();
        while !rest.is_empty() {
            let before = rest;
            let whole = match &self.builder {
                None => read::<Header>(&mut rest).map(|header| self.builder = Some(Builder::new(header))),
                Some(_) => read::<Record>(&mut rest).map(|record| records.push(record)),
            };
            match whole {
                Ok(()) => {}
                Err(error) if is_cut(&error) => {
                    rest = before;
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.tried_below = 2 * rest.len();
        self.unpacking.get_mut().bytes = rest.to_vec();
        let ids = records.iter().map(Record::id).collect();
        if let Some(builder) = &mut self.builder {
            builder.add(records)?;
        }
        Ok(ids)
    }
}

impl std::fmt::Debug for DrawingReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DrawingReader({:?})", self.begun.as_ref().map(|begun| &begun.builder))
    }
}

/// Whether the bytes end before what they say.
fn is_cut(error: &rmp_serde::decode::Error) -> bool {
    use rmp_serde::decode::Error;
    let (Error::InvalidMarkerRead(source) | Error::InvalidDataRead(source)) = error else { return false };
    source.kind() == std::io::ErrorKind::UnexpectedEof
}

fn read<T: DeserializeOwned>(rest: &mut &[u8]) -> Result<T, rmp_serde::decode::Error> {
    T::deserialize(&mut rmp_serde::Deserializer::new(rest))
}

#[cfg(test)]
mod tests {
    use drawing::{Entity, EntityId, Line, Op, Point3, Shape};

    use super::*;

    fn lines(count: u64) -> Drawing {
        let mut drawing = Drawing::new();
        let line = |id: u64| {
            let at = |x| Point3 { x, y: id as f64, z: 0.0 };
            Record::Entity(Entity::new(EntityId(id), Shape::Line(Line { start: at(0.0), end: at(1.0) })))
        };
        drawing.apply(&Op::New((100..100 + count).map(line).collect())).expect("lines on layer 0");
        drawing
    }

    #[test]
    fn a_drawing_reads_from_whatever_pieces_its_bytes_come_in() {
        for records in [0, 1, 1_994, 1_995, 4_100] {
            let drawing = lines(records);
            let chunks: Vec<_> = encode_chunks(&drawing).collect();
            assert_eq!(chunks.len(), chunk_count(&drawing), "{records}");
            let whole = encode_drawing(&drawing);
            assert_eq!(whole, chunks.concat());
            assert_eq!(decode_drawing(&whole).expect("it reads").hash(), drawing.hash());
            for bytes in if records > 1 { [500, usize::MAX] } else { [1, 7] } {
                let mut reader = DrawingReader::default();
                let mut ids = Vec::new();
                for piece in whole.chunks(bytes.min(whole.len())) {
                    ids.extend(reader.push(piece).expect("it reads"));
                    assert_eq!(reader.so_far().map_or(0, Drawing::record_count), ids.len());
                }
                let read = reader.finish().expect("it is whole");
                assert_eq!(read.hash(), drawing.hash(), "{records} by {bytes}");
            }
            // Each chunk is there to be shown when it has come.
            let mut reader = DrawingReader::default();
            let mut ids = Vec::new();
            for (at, chunk) in chunks.iter().enumerate() {
                ids.extend(reader.push(chunk).expect("it reads"));
                let here = reader.so_far().map_or(0, Drawing::record_count);
                assert_eq!(here, drawing.record_count().min((at + 1) * CHUNK_RECORDS));
            }
            assert_eq!(ids, drawing.records().map(Record::id).collect::<Vec<_>>());
        }
    }

    #[test]
    fn one_frame_as_it_was_written_before_reads_too() {
        let drawing = lines(3_000);
        let mut unpacked = Vec::new();
        let mut to = rmp_serde::Serializer::new(&mut unpacked).with_struct_map();
        drawing.header().serialize(&mut to).expect("a header");
        drawing.records().for_each(|record| record.serialize(&mut to).expect("a record"));
        let frame = zstd::bulk::compress(&unpacked, LEVEL).expect("it is packed");
        let bytes = [&[VERSION][..], &frame].concat();
        assert_eq!(decode_drawing(&bytes).expect("it reads").hash(), drawing.hash());
    }

    #[test]
    fn what_is_cut_short_or_damaged_is_refused_or_has_another_hash() {
        let drawing = lines(4_100);
        let whole = encode_drawing(&drawing);
        for upto in [0, 1, 2, whole.len() / 2, whole.len() - 1] {
            // A cut that falls between two values leaves a drawing of fewer records.
            let read = decode_drawing(&whole[..upto]);
            assert!(read.is_err() || read.is_ok_and(|read| read.hash() != drawing.hash()), "{upto}");
        }
        assert!(matches!(decode_drawing(&[9, 1, 2]), Err(SnapshotError::Version(9))));
        let mut damaged = whole.clone();
        damaged[1] ^= 0xff;
        assert!(matches!(decode_drawing(&damaged), Err(SnapshotError::Unpack(_))));
        let garbage = [&[VERSION][..], &zstd::bulk::compress(&[0xc1; 64], LEVEL).expect("it is packed")].concat();
        assert!(matches!(decode_drawing(&garbage), Err(SnapshotError::Read(_))));
    }
}
