//! How a host is, without looking into any drawing: what it has to say at `/health`, what it counted, whether there is
//! room for more.

use protocol::Durability;

use crate::metrics::Looked;
use crate::{Host, HostError};

/// What a host has to say about itself.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Health {
    /// The program's version.
    pub version: &'static str,
    /// Drawings that can be joined.
    pub drawings: usize,
    /// Those that are open now.
    pub open: usize,
    /// People in them, over an open connection.
    pub people: usize,
    /// What kind of store holds them.
    pub store: &'static str,
    /// How safe an acknowledged edit is.
    pub durability: Durability,
}

impl Host {
    /// What the host has to say about itself.
    pub fn health(&self) -> Health {
        let metrics = &self.inner.metrics;
        Health {
            version: env!("CARGO_PKG_VERSION"),
            drawings: self.lock().values().filter(|slot| !slot.is_archived()).count(),
            open: usize::try_from(metrics.open.get()).unwrap_or(0),
            people: usize::try_from(metrics.connected.get()).unwrap_or(0),
            store: self.inner.shelf.kind(),
            durability: self.inner.shelf.durability(),
        }
    }

    /// What is counted, as text.
    pub(crate) fn metrics(&self) -> String {
        self.inner.metrics.text(&Looked { known: self.lock().len() })
    }

    /// Whether one more drawing may be added.
    pub(crate) fn may_add(&self) -> Result<(), HostError> {
        let max = self.inner.options.drawings_max;
        if self.lock().len() < max { Ok(()) } else { Err(HostError::TooMany { max }) }
    }
}
