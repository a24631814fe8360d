//! Programs that aren't ours, against the real server: the examples, WebSocket libraries of three languages, and frames
//! that no library sends.

mod captures;
mod courses;
mod examples;
mod frames;
mod page;
mod place;
mod python;
mod tokio_websockets;
mod vectors;
mod visit;
mod wire;
