//! Names for things. All records share one space of numbers, so that a lock, a version or an op can name any of them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Declares a newtype over u64 that is a number on the wire and a string in JSON (numbers above 2^53 don't survive
/// there).
macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        pub struct $name(pub u64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(&self.0) } else { to.serialize_u64(self.0) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if from.is_human_readable() {
                    let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                    text.parse().map($name).map_err(serde::de::Error::custom)
                } else {
                    u64::deserialize(from).map($name)
                }
            }
        }
    };
}

number! {
    /// Any record of a drawing. Never 0, never used twice in the life of a drawing.
    RecordId
}
number! {
    /// The draw order of an entity among those of its owner: lower is drawn first; equal ones by id.
    Order
}
number! {
    /// A handle as a DXF file writes it (hexadecimal there). Unlike ids, files may repeat them.
    Handle
}

impl Order {
    /// Room left between the orders that a reader or an author hands out, so that things can be put between.
    pub const STEP: u64 = 1 << 16;
}

/// Declares the id of one kind of record.
macro_rules! kind_id {
    ($(#[$doc:meta])* $name:ident) => {
        number! { $(#[$doc])* $name }

        impl From<$name> for RecordId {
            fn from(id: $name) -> RecordId {
                RecordId(id.0)
            }
        }

        impl PartialEq<RecordId> for $name {
            fn eq(&self, other: &RecordId) -> bool {
                self.0 == other.0
            }
        }
    };
}

kind_id! {
    /// An entity: what is drawn.
    EntityId
}
kind_id! {
    /// A layer.
    LayerId
}
kind_id! {
    /// A block: model space, a paper space, or something to insert.
    BlockId
}
kind_id! {
    /// A linetype.
    LinetypeId
}
kind_id! {
    /// A text style.
    TextStyleId
}
kind_id! {
    /// A layout: a sheet that shows a paper space.
    LayoutId
}

kind_id! {
    /// A comment: the start of a thread.
    CommentId
}
kind_id! {
    /// A reply to a comment.
    ReplyId
}
number! {
    /// The session of who wrote a comment: the seq of the entry by which they came in.
    WriterId
}

/// A run of ids: `first .. first + len`. Granted to one client and to no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IdRange {
    /// The lowest id of the run.
    pub first: RecordId,
    /// How many ids.
    pub len: u32,
}

impl IdRange {
    /// Whether `id` is one of the run.
    pub fn contains(&self, id: RecordId) -> bool {
        id.0 >= self.first.0 && id.0 - self.first.0 < u64::from(self.len)
    }
}
