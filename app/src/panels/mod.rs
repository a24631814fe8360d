//! What stands around the canvas. Panels read the window and say what they want as actions.

pub mod empty;
mod entries;
mod history;
mod layers;
mod properties;
pub mod rail;
pub mod side;
pub mod status;
pub mod strip;
mod styles;
pub mod timeline;
pub mod toast;
pub mod top;
pub mod widgets;
