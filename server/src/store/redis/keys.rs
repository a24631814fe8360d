//! The names of what is kept in Redis. Everything of one drawing has its name in braces, so that a cluster would keep
//! it together and a script may touch all of it.

use protocol::Hash;

/// What is listed: the name of each drawing, with its title, its secret and whether it is archived.
pub(super) const DRAWINGS: &str = "linework:drawings";
/// What the owner is known by.
pub(super) const OWNER: &str = "linework:owner";

/// The channel on which hosts say that what is listed changed, or the owner's key did.
pub(super) fn shelf_channel(database: i64) -> String {
    format!("linework@{database}")
}

/// The keys of one drawing.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    /// The drawing's name, by which it is listed.
    pub name: String,
    /// The stream of entries, with ids SEQ-0.
    pub log: String,
    /// The hash with the log's head: `log`, `seq`, `hash`.
    pub head: String,
    /// The hash that names the newest checkpoint.
    pub checkpoint: String,
    /// The sorted set of people who are connected at some node.
    pub people: String,
    /// The channel of signals: databases of one Redis share its channels, so that the number is part of the name.
    pub channel: String,
    /// What the key of a checkpoint's state begins with.
    pub state_prefix: String,
    /// The set of the hashes of all blobs.
    pub blobs: String,
    blob_prefix: String,
}

impl Keys {
    pub(super) fn new(name: &str, database: i64) -> Keys {
        let key = |what: &str| format!("linework:{{{name}}}:{what}");
        Keys {
            name: name.into(),
            log: key("log"),
            head: key("head"),
            checkpoint: key("checkpoint"),
            people: key("people"),
            channel: format!("linework@{database}:{{{name}}}"),
            state_prefix: key("state:"),
            blobs: key("blobs"),
            blob_prefix: key("blob:"),
        }
    }

    pub(super) fn blob(&self, hash: Hash) -> String {
        format!("{}{hash}", self.blob_prefix)
    }

    pub(super) fn state(&self, hash: Hash) -> String {
        format!("{}{hash}", self.state_prefix)
    }
}
