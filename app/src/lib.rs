//! The desktop application: the window, the canvas, the panels, and the people in them.
//!
//! Floor 4. Panels, tools and keys read, and say what they want as [`action::Action`]s; one place, `perform`, carries them
//! out. The window's thread never waits: reading, sockets and tessellation happen elsewhere, and wake it.
//! Deliberately absent: rules of a room, file formats, tessellation, colours outside the theme.

pub mod action;
pub mod arguments;
pub mod canvas;
pub mod command;
pub mod dialogs;
pub mod document;
pub mod file;
pub mod headless;
pub mod icon;
pub mod invites;
pub mod link;
pub mod measure;
pub mod nearby;
pub mod panels;
pub mod prompt;
pub mod review;
pub mod seats;
pub mod settings;
pub mod theme;
pub mod thumbnail;
pub mod tools;
pub mod window;
pub mod work;
