//! Hosts on the local network: a beacon says by multicast DNS that one is here, a search finds those of others, and a
//! question over HTTP lists what they have.

mod ask;
mod beacon;
mod search;

pub use ask::{NearbyDrawing, NearbyError, ask};
pub use beacon::Beacon;
pub use search::{Neighbour, Search};

/// The service's type, as RFC 6763 writes it.
const SERVICE: &str = "_linework._tcp.local.";
/// The key in a beacon's TXT record under which the host says what it is called.
const TITLE: &str = "title";

/// Multicast DNS can't be used here.
#[derive(Debug, thiserror::Error)]
#[error("hosts on this network can't be found, nor find this one ({0}); addresses work all the same")]
pub struct MulticastError(#[from] mdns_sd::Error);
