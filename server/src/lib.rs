//! The collaboration server: sockets, HTTP, the store, many drawings. It performs what desks want and decides nothing.
//!
//! Floor 4. A [`Host`] is a shelf of drawings at work, in a data folder or in a Redis: each open drawing is one task around a `collab::Desk`, its log is
//! appended to on blocking threads, and each connection has a bounded queue of its own. The program `linework-server`
//! and the application, which serves the drawings that somebody shares, stand on the same [`Host`]. Deliberately absent:
//! rules of any kind, the drawing of anything.

mod clock;
mod connection;
mod error;
mod folder;
mod frame;
mod host;
mod http;
mod live;
mod name;
mod opening;
mod options;
mod outgoing;
mod pieces;
mod secret;
mod shelf;
pub mod store;
mod stretch;

pub use connection::local::{Delivery, LocalConnection};
pub use error::HostError;
pub use host::{Health, Host, Listing, run};
pub use options::Options;
