//! The collaboration server: sockets, HTTP, the store, many drawings. It performs what desks want and decides nothing.
//!
//! Floor 4. A [`Host`] is a shelf of drawings at work, in a data folder or in a Redis: each open drawing is one task around a `collab::Desk`, its log is
//! appended to on blocking threads, and each connection has a bounded queue of its own. The program `linework-server`
//! and the application, which serves the drawings that somebody shares, stand on the same [`Host`]. Whoever the host belongs to
//! looks after it on the console, a page that the host serves itself. Deliberately absent:
//! rules of any kind, the drawing of anything.

mod board;
mod callers;
mod clock;
mod connection;
mod console;
mod disk;
mod error;
mod events;
mod folder;
mod following;
mod frame;
mod health;
mod host;
mod http;
mod invite;
mod keeping;
mod line;
mod live;
mod metrics;
mod name;
mod nearby;
mod opening;
mod options;
mod outgoing;
mod passing;
mod people;
mod pieces;
mod places;
mod private;
mod reach;
mod secret;
mod shelf;
pub mod store;
mod stretch;
pub mod upkeep;

pub use connection::local::{Delivery, LocalConnection};
pub use error::HostError;
pub use events::HostEvent;
pub use health::Health;
pub use host::{Host, Listing, run};
pub use http::listen;
pub use nearby::{Beacon, MulticastError, NearbyDrawing, NearbyError, Neighbour, Search, ask};
pub use options::{Listed, MetricsFor, Options};
pub use people::Invitation;
pub use reach::reachable_as;
