//! Programs that aren't ours, against the real server: the examples, WebSocket libraries of three languages, and frames
//! that no library sends.

mod examples;
mod page;
mod place;
mod python;
mod vectors;
mod visit;
