//! Names for who asks, and when.

use chain::{Hash, Seq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970 where a time is stored for people to read; milliseconds of a running clock where it is the
/// `now` of a room.
pub type Millis = u64;

/// A lock's fencing token: the seq of the entry that granted it.
pub type Token = Seq;

/// An installation of the program: random, made once, kept across connections, sessions and restarts. Everybody in a
/// room sees it; it proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ClientId(pub u128);

impl std::fmt::Display for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl From<ClientId> for drawing::Installation {
    fn from(client: ClientId) -> drawing::Installation {
        drawing::Installation(client.0)
    }
}

impl std::fmt::Debug for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientId({self})")
    }
}

/// What proves that a session is one's own to go on with: random, made by the client for each window, told to the
/// server in the hello and to nobody else. The log holds [`ResumeKey::lock`] of it only, so that neither the others in
/// the room nor whoever reads a saved log can take a session over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ResumeKey(pub u128);

impl ResumeKey {
    /// What the log holds of the key: BLAKE3 over the word `linework-resume-key` and the key's 16 little-endian bytes.
    pub fn lock(self) -> Hash {
        let mut bytes = b"linework-resume-key".to_vec();
        bytes.extend(self.0.to_le_bytes());
        Hash::of(&bytes)
    }
}

/// Logs and panics don't say it.
impl std::fmt::Debug for ResumeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResumeKey(..)")
    }
}

/// 32 hexadecimal digits everywhere.
impl Serialize for ClientId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // It is in every entry, and formatting a number takes longer than all else of its author.
        let digit = |at: usize| b"0123456789abcdef"[(self.0 >> (124 - 4 * at) & 15) as usize];
        let digits: [u8; 32] = std::array::from_fn(digit);
        to.serialize_str(std::str::from_utf8(&digits).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for ClientId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        hexadecimal(from).map(ClientId)
    }
}

/// 32 hexadecimal digits everywhere.
impl Serialize for ResumeKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for ResumeKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        hexadecimal(from).map(ResumeKey)
    }
}

fn hexadecimal<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
    u128::from_str_radix(&text, 16).map_err(serde::de::Error::custom)
}

/// A person at work in a room, from joining to leaving, over however many connections: the seq of the entry that let
/// them in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Seq);

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<SessionId> for drawing::WriterId {
    fn from(session: SessionId) -> drawing::WriterId {
        drawing::WriterId(session.0.0)
    }
}

impl From<drawing::WriterId> for SessionId {
    fn from(writer: drawing::WriterId) -> SessionId {
        SessionId(Seq(writer.0))
    }
}

/// Which connection of a session: 0 for the first, one more with each resume. What names an older one is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

impl Epoch {
    /// Whether it is the one that a session begins with, unless it says otherwise.
    pub fn is_first(&self) -> bool {
        *self == Epoch::default()
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Epoch {
        Epoch(self.0.saturating_add(1))
    }
}

/// The number of a request among those of its client: 1 for the first, one more each time, never again the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientSeq(pub Seq);

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look.
    Viewer,
    /// Look and comment.
    Reviewer,
    /// Look, comment, lock and edit.
    #[default]
    Editor,
    /// All of it.
    Owner,
}

impl Role {
    /// Whether comments are theirs to make.
    pub fn may_comment(self) -> bool {
        self >= Role::Reviewer
    }

    /// Whether locks and edits are theirs to ask for.
    pub fn may_edit(self) -> bool {
        self >= Role::Editor
    }
}
