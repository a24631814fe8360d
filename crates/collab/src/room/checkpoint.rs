//! Checkpoints: the whole room as bytes, from which it goes on as if it had read its log from the start.
//!
//! A version byte 2, the length of what follows as 4 little-endian bytes, MessagePack of everything but the drawing,
//! then the drawing as [`protocol::encode_drawing`] writes it.

use std::sync::Arc;

use drawing::{DrawingHash, RecordId};
use imbl::OrdMap;
use protocol::{Hash, Position, Seq, SessionId, SnapshotError};
use serde::{Deserialize, Serialize};

use super::{Edit, Lineage, Room, Standings, Version};
use crate::claims::Claims;
use crate::shared::{Holding, Member, Shared};

/// The first byte.
const VERSION: u8 = 2;
/// Ids in ranges in what is kept for undoing: as many as its books can hold.
const IDS_MAX: usize = 1 << 26;
/// Bytes before the part in MessagePack.
const HEAD: usize = 5;

/// Why bytes are no checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Of a version that this program doesn't know.
    #[error("a checkpoint of version {0}, which this program doesn't read")]
    Version(u8),
    /// Fewer bytes than it says.
    #[error("a checkpoint that is cut short")]
    Short,
    /// Not of the shape that is expected.
    #[error("a checkpoint that can't be read: {0}")]
    Read(#[from] rmp_serde::decode::Error),
    /// Its drawing can't be read.
    #[error(transparent)]
    Drawing(#[from] SnapshotError),
    /// Its drawing is not the one that it was written with.
    #[error("a checkpoint whose drawing has another hash than it says")]
    OtherDrawing,
    /// The bytes that it keeps for undoing are not as many as it says.
    #[error("a checkpoint whose books do not add up")]
    Books,
}

/// Everything in a room but the drawing.
#[derive(Serialize, Deserialize)]
struct Parts {
    position: Position,
    drawing: DrawingHash,
    members: OrdMap<SessionId, Member>,
    locks: OrdMap<RecordId, Holding>,
    #[serde(default, skip_serializing_if = "Claims::is_empty")]
    claims: Claims,
    title: String,
    source: Option<Hash>,
    original: Hash,
    next_id: RecordId,
    versions: OrdMap<RecordId, Version>,
    lineages: OrdMap<SessionId, Arc<Lineage>>,
    roots: OrdMap<SessionId, SessionId>,
    ended: OrdMap<Seq, SessionId>,
    edits: OrdMap<Seq, Edit>,
    edit_bytes: u64,
    #[serde(default)]
    standings: Standings,
}

impl Room {
    /// The whole room as bytes.
    pub fn to_checkpoint(&self) -> Vec<u8> {
        let parts = self.parts();
        let drawing = protocol::encode_drawing(&self.shared.drawing);
        let mut bytes = Vec::with_capacity(HEAD + parts.len() + drawing.len());
        bytes.push(VERSION);
        // A room's books hold well under 4 GiB: every part of them is bounded or one small value a record.
        let len = u32::try_from(parts.len()).expect("the books of a room are under 4 GiB");
        bytes.extend(len.to_le_bytes());
        bytes.extend(parts);
        bytes.extend(drawing);
        bytes
    }

    /// Reads what [`Room::to_checkpoint`] wrote. Whether its position is in the log is for the reader of the log to
    /// say.
    pub fn from_checkpoint(bytes: &[u8]) -> Result<Room, CheckpointError> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>().ok_or(CheckpointError::Short)?;
        let [VERSION, len @ ..] = *head else { return Err(CheckpointError::Version(head[0])) };
        let len = u32::from_le_bytes(len) as usize;
        let (parts, drawing) = rest.split_at_checked(len).ok_or(CheckpointError::Short)?;
        // A map takes the memory that it says it needs before it is read: so all of it has to be there.
        rmp_serde::from_slice::<serde::de::IgnoredAny>(parts)?;
        let parts: Parts = drawing::runs::within(IDS_MAX, || rmp_serde::from_slice(parts))?;
        let drawing = protocol::decode_drawing(drawing)?;
        if drawing.hash() != parts.drawing {
            return Err(CheckpointError::OtherDrawing);
        }
        let bytes = parts.edits.values().try_fold(0u64, |sum, edit| sum.checked_add(edit.bytes));
        if bytes != Some(parts.edit_bytes) {
            return Err(CheckpointError::Books);
        }
        let Parts { position, members, locks, claims, .. } = parts;
        Ok(Room {
            shared: Shared { position, drawing, members, locks, claims },
            title: parts.title,
            source: parts.source,
            original: parts.original,
            next_id: parts.next_id,
            versions: parts.versions,
            lineages: parts.lineages,
            roots: parts.roots,
            ended: parts.ended,
            edits: parts.edits,
            edit_bytes: parts.edit_bytes,
            standings: parts.standings,
        })
    }

    /// A hash of everything in the room: equal in all that stand at one position, however they came there.
    pub fn digest(&self) -> Hash {
        Hash::of(&self.parts())
    }

    fn parts(&self) -> Vec<u8> {
        let Shared { position, drawing, members, locks, claims } = self.shared.clone();
        let room = self.clone();
        let parts = Parts {
            position,
            drawing: drawing.hash(),
            members,
            locks,
            claims,
            title: room.title,
            source: room.source,
            original: room.original,
            next_id: room.next_id,
            versions: room.versions,
            lineages: room.lineages,
            roots: room.roots,
            ended: room.ended,
            edits: room.edits,
            edit_bytes: room.edit_bytes,
            standings: room.standings,
        };
        // Writing to memory can't fail, and our own types always have a MessagePack form.
        rmp_serde::to_vec_named(&parts).expect("a room serialises")
    }
}
