//! What is worth forgetting: cursors, views, drag ghosts. Never in the log; only the latest of a person counts.

use drawing::{BlockId, Point, RecordId, Vec2, View};
use serde::{Deserialize, Serialize};

use crate::SessionId;

/// What someone is dragging before they let go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ghost {
    /// What is dragged; at most [`crate::Limits::ghost_records_max`].
    pub ids: Vec<RecordId>,
    /// How far, drawing units.
    pub by: Vec2,
}

/// Whether somebody is at their window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attention {
    /// They are, as far as can be told.
    #[default]
    Here,
    /// They did nothing for some minutes.
    Idle,
    /// Their window was out of sight, or another had the keyboard, for some minutes. Also what a later version calls
    /// something else.
    #[serde(other)]
    Away,
}

impl Attention {
    /// Whether it goes without saying.
    pub fn is_here(&self) -> bool {
        *self == Attention::Here
    }
}

/// What a person shows of themselves right now. Whole each time: the latest replaces the one before.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Presence {
    /// Where their pointer is, drawing units; none while it is not over the drawing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Point>,
    /// What they see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
    /// The space they look at: model space or a sheet. None from older programs, which means model space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<BlockId>,
    /// Whose view they follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub following: Option<SessionId>,
    /// The command they are in, such as `MOVE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What they have selected, locked or not; at most [`crate::Limits::ghost_records_max`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selection: Vec<RecordId>,
    /// What they are dragging.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ghost: Option<Ghost>,
    /// Whether they are at their window.
    #[serde(default, skip_serializing_if = "Attention::is_here")]
    pub attention: Attention,
}
