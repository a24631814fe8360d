//! By what somebody came in, and who is kept out: what an owner says about people outlives their connections.

use chain::Seq;
use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, Millis, SessionId};

/// By what somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// By a link that anybody may have: it says nothing of who they are.
    #[default]
    Link,
    /// By an invite to them by name: the name is the one that its maker wrote, and was not theirs to choose.
    Invite {
        /// It was made when this was the last entry of the log, so that it is known what was said of them since.
        after: Seq,
    },
    /// From within the process that serves the drawing: it is theirs.
    Within,
}

impl Came {
    /// Whether it is what a log says nothing of.
    pub fn is_link(&self) -> bool {
        *self == Came::Link
    }
}

/// Somebody who is kept out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// The entry by which they were banned: what names the ban.
    pub seq: Seq,
    /// Their installation.
    pub client: ClientId,
    /// What they were called.
    pub name: String,
    /// They came by an invite to that name: those that were made before are void too.
    pub invited: bool,
    /// Who banned them.
    pub by: SessionId,
    /// What that one was called.
    pub by_name: String,
    /// When, for people to read.
    pub time_ms: Millis,
}
