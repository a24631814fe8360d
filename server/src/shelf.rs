//! Where drawings are listed, made and opened: a folder of this machine, or a Redis that several servers share. Whoever
//! has a shelf doesn't know which.

use std::sync::Arc;

use protocol::{Durability, Position};

use crate::store::{Pending, Store};
use crate::{HostError, Listing};

/// The log of a new drawing.
pub(crate) struct Created {
    /// Its names and what lets one in.
    pub listing: Listing,
    /// Where its log goes.
    pub store: Arc<dyn Store>,
    /// Where the log starts; nothing is in it.
    pub start: Position,
}

/// A place for drawings.
pub(crate) trait Shelf: std::fmt::Debug + Send + Sync + 'static {
    /// What kind of store it is, in a word for people.
    fn kind(&self) -> &'static str;

    /// How safe an acknowledged edit is.
    fn durability(&self) -> Durability;

    /// Whether others may add drawings while this host runs.
    fn is_shared(&self) -> bool;

    /// One drawing that somebody else may have added.
    fn find(&self, name: &str) -> Pending<Result<Option<Listing>, HostError>>;

    /// Makes the log of a new drawing under the first free name that isn't among those taken.
    fn create(&self, title: &str, taken: Vec<String>) -> Pending<Result<Created, HostError>>;

    /// Takes away what is left of a drawing that was not added after all.
    fn remove_unfinished(&self, name: &str) -> Pending<()>;

    /// Opens the log of a drawing.
    fn open(&self, name: &str) -> Pending<Result<Arc<dyn Store>, HostError>>;
}
