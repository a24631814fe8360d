//! Connections: over a socket, or within the process. Both end at a drawing's desk by the same messages.

mod bulk;
mod incoming;
pub(crate) mod local;
mod rate;
pub(crate) mod socket;
mod watch;

use std::time::Duration;

pub(crate) use bulk::Bulk;

/// A hello comes within this time, or the connection ends.
const HELLO_MAX: Duration = Duration::from_secs(10);

/// The longest hello, in bytes; what is longer comes of somebody who isn't let in yet.
const HELLO_BYTES_MAX: usize = 16 << 10;
