//! What stands around the canvas. Panels read the window and say what they want as actions.

pub mod card;
mod comments;
pub mod drafts;
pub mod empty;
mod entries;
mod history;
mod layers;
pub mod line;
pub mod nearby;
pub mod panes;
pub mod people;
mod properties;
pub mod rail;
pub mod side;
mod sketch;
pub mod status;
pub mod strip;
mod styles;
pub mod timeline;
pub mod toast;
pub mod top;
pub mod widgets;
