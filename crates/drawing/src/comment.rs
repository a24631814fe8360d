//! What people say about a drawing: comments, each pinned to a place in a space, and the replies to them.
//!
//! A reply is a record of its own that names its comment, so that two people who answer at once both succeed. Comments
//! are records like any other, made, changed and removed by ops; but they are nothing that is drawn, and no part of a
//! file. A comment on an entity keeps how far its pin is from that entity, so that moving the entity writes nothing;
//! removing it leaves the pin at its last place ([`Drawing::settled_by_removing`]).

use std::collections::{BTreeMap, BTreeSet};

use geometry::{Point, Rect, Vec2};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::drawing::Drawing;
use crate::ids::{BlockId, CommentId, EntityId, RecordId, ReplyId, WriterId};
use crate::op::OpError;
use crate::record::Record;

/// Characters of a comment or a reply.
pub const SAID_CHARS_MAX: usize = 4_000;
/// People that a comment or a reply calls.
pub const MENTIONS_MAX: usize = 32;
/// Replies to one comment.
pub const REPLIES_MAX: usize = 500;
/// Comments in one drawing.
pub const COMMENTS_MAX: usize = 10_000;
/// Characters of a writer's name.
const NAME_CHARS_MAX: usize = 256;
/// Colours for people.
const COLORS: u8 = 8;

/// The installation that somebody wrote with: 128 random bits, 32 hexadecimal digits everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Installation(pub u128);

impl Serialize for Installation {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Installation {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        u128::from_str_radix(&text, 16).map(Installation).map_err(serde::de::Error::custom)
    }
}

/// Who said something, as they were known when they did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// The session that they were.
    pub session: WriterId,
    /// Their installation.
    pub client: Installation,
    /// What they called themselves.
    pub name: String,
    /// Their place among the colours for people, 0 to 7.
    pub color: u8,
}

/// What somebody said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The words: one line or more, at most [`SAID_CHARS_MAX`] characters.
    pub text: String,
    /// The names of the people that it calls. Each stands in the text after an `@`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
    /// Who said it.
    pub by: Writer,
    /// When, by their clock, for people to read: milliseconds since 1970.
    pub at_ms: u64,
    /// When they last changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_ms: Option<u64>,
}

/// What a comment is pinned to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Pin {
    /// A point.
    Point(Point),
    /// A rectangle, its corners in order.
    Region(Rect),
    /// An entity.
    Entity {
        /// Which. It may be gone.
        id: EntityId,
        /// From the entity's reference point to the pin.
        offset: Vec2,
        /// Where the pin is if the entity is gone.
        at: Point,
    },
}

/// The last that somebody did about a comment's being settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settling {
    /// It is resolved; else it was opened again.
    pub resolved: bool,
    /// Who did it.
    pub by: Writer,
    /// When, by their clock, for people to read: milliseconds since 1970.
    pub at_ms: u64,
}

/// A comment: the start of a thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// The space that it is about.
    pub space: BlockId,
    /// What it is pinned to.
    pub pin: Pin,
    /// What it says.
    pub said: Said,
    /// Whether it is settled; none if nobody ever said so.
    #[serde(default)]
    pub settling: Option<Settling>,
}

/// A reply to a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Its id.
    pub id: ReplyId,
    /// What it replies to.
    pub to: CommentId,
    /// What it says.
    pub said: Said,
}

impl Comment {
    /// Whether it is resolved.
    pub fn is_resolved(&self) -> bool {
        self.settling.as_ref().is_some_and(|settling| settling.resolved)
    }
}

impl Said {
    /// Whether it calls somebody of this name.
    pub fn mentions(&self, name: &str) -> bool {
        self.mentions.iter().any(|mention| mention == name)
    }
}

impl Record {
    /// Whether it is something that people say, and not a part of the drawing that a file holds.
    pub fn is_comment(&self) -> bool {
        matches!(self, Record::Comment(_) | Record::Reply(_))
    }

    /// What it says, if it is a comment or a reply.
    pub fn said(&self) -> Option<&Said> {
        match self {
            Record::Comment(comment) => Some(&comment.said),
            Record::Reply(reply) => Some(&reply.said),
            _ => None,
        }
    }
}

impl Drawing {
    /// A comment.
    pub fn comment(&self, id: CommentId) -> Option<&Comment> {
        if let Some(Record::Comment(comment)) = self.get(id) { Some(comment) } else { None }
    }

    /// A reply.
    pub fn reply(&self, id: ReplyId) -> Option<&Reply> {
        if let Some(Record::Reply(reply)) = self.get(id) { Some(reply) } else { None }
    }

    /// All comments by ascending id.
    pub fn comments(&self) -> impl Iterator<Item = &Comment> {
        self.threads.iter().filter_map(|id| self.comment(*id))
    }

    /// How many comments, without replies.
    pub fn comment_count(&self) -> usize {
        self.threads.len()
    }

    /// The replies to a comment by ascending id.
    pub fn replies_to(&self, id: CommentId) -> impl Iterator<Item = &Reply> {
        self.replies.range((id, ReplyId(0))..=(id, ReplyId(u64::MAX))).filter_map(|(_, reply)| self.reply(*reply))
    }

    /// Where a comment's pin is now: by its entity, as long as that is there; of a region the corner with the lowest x
    /// and the highest y.
    pub fn place_of(&self, comment: &Comment) -> Point {
        match &comment.pin {
            Pin::Point(at) => *at,
            Pin::Region(rect) => Point::new(rect.x0, rect.y1),
            Pin::Entity { id, offset, at } => {
                let reference = self.entity(*id).and_then(|entity| entity.shape.reference_point());
                reference.map(|from| from + *offset).filter(|place| place.is_finite()).unwrap_or(*at)
            }
        }
    }

    /// A pin to an entity, at `at`; to the point alone, if there is no such entity or it is nowhere.
    pub fn pin_on(&self, id: EntityId, at: Point) -> Pin {
        match self.entity(id).and_then(|entity| entity.shape.reference_point()) {
            Some(from) => Pin::Entity { id, offset: at - from, at },
            None => Pin::Point(at),
        }
    }

    /// Puts a comment or a reply to the lists, if there is room for it.
    pub(crate) fn list_said(&mut self, record: &Record) -> Result<(), OpError> {
        let room = |what, of, max, len| if len < max { Ok(()) } else { Err(OpError::TooMany { what, of, max }) };
        match record {
            Record::Comment(comment) => {
                room("the drawing", "comments", COMMENTS_MAX, self.threads.len())?;
                self.threads.insert(comment.id);
                if let Pin::Entity { id, .. } = comment.pin {
                    self.pinned.insert((id, comment.id));
                }
            }
            Record::Reply(reply) => {
                let siblings = self.replies.range((reply.to, ReplyId(0))..=(reply.to, ReplyId(u64::MAX)));
                room("the comment", "replies", REPLIES_MAX, siblings.count())?;
                self.replies.insert((reply.to, reply.id));
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes a comment or a reply off the lists.
    pub(crate) fn unlist_said(&mut self, record: &Record) {
        match record {
            Record::Comment(comment) => {
                self.threads.remove(&comment.id);
                if let Pin::Entity { id, .. } = comment.pin {
                    self.pinned.remove(&(id, comment.id));
                }
            }
            Record::Reply(reply) => {
                self.replies.remove(&(reply.to, reply.id));
            }
            _ => {}
        }
    }

    /// The comments whose pins stay behind when these records are removed, as they are then: each at the place where
    /// its entity put it last.
    pub(crate) fn settled_by_removing(&self, ids: &[RecordId]) -> Vec<Record> {
        if self.pinned.is_empty() {
            return Vec::new();
        }
        let of = |id: &RecordId| {
            let id = EntityId(id.0);
            self.pinned.range((id, CommentId(0))..=(id, CommentId(u64::MAX))).map(|(_, comment)| *comment)
        };
        let going = |id: &RecordId| self.threads.contains(&CommentId(id.0));
        let going: BTreeSet<RecordId> = ids.iter().copied().filter(going).collect();
        let mut settled = BTreeMap::new();
        for comment in ids.iter().flat_map(of).filter_map(|id| self.comment(id)) {
            let place = self.place_of(comment);
            if let Pin::Entity { id, offset, at } = comment.pin
                && at != place
                && !going.contains(&comment.id.into())
            {
                let pin = Pin::Entity { id, offset, at: place };
                settled.insert(comment.id, Record::Comment(Comment { pin, ..comment.clone() }));
            }
        }
        settled.into_values().collect()
    }
}

/// Whether a comment or a reply is one that anybody could have made: see the constants of this file.
pub(crate) fn check(record: &Record) -> Result<(), OpError> {
    let Some(said) = record.said() else { return Ok(()) };
    let settling = if let Record::Comment(comment) = record { comment.settling.as_ref() } else { None };
    let writers = std::iter::once(&said.by).chain(settling.map(|settling| &settling.by));
    let unseen = |letter: char| letter.is_control() && letter != '\n';
    let wrong = if said.text.trim().is_empty() {
        "it says nothing"
    } else if said.text.chars().count() > SAID_CHARS_MAX {
        "it is too long"
    } else if said.text.chars().any(unseen) {
        "it has control characters in it"
    } else if said.mentions.len() > MENTIONS_MAX {
        "it calls too many people"
    } else if !said.mentions.iter().all(|name| is_called(&said.text, name)) {
        "it calls somebody whom its text doesn't name"
    } else if writers.into_iter().any(|by| !is_name(&by.name) || by.color >= COLORS) {
        "its writer is nobody"
    } else if matches!(record, Record::Comment(Comment { pin: Pin::Region(rect), .. }) if rect.x0 > rect.x1 || rect.y0 > rect.y1)
    {
        "the corners of its region are not in order"
    } else {
        return Ok(());
    };
    Err(OpError::BadComment { id: record.id(), why: wrong })
}

fn is_called(text: &str, name: &str) -> bool {
    !name.is_empty() && text.match_indices('@').any(|(at, _)| text[at + 1..].starts_with(name))
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= NAME_CHARS_MAX && !name.chars().any(char::is_control)
}
