//! Where drawings are listed, made and opened, and what is kept of each besides its log: a folder of this machine, or a
//! Redis that several servers share. Whoever has a shelf doesn't know which.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::{Durability, LogId, Position};
use tokio::sync::mpsc;

use crate::store::{Pending, Signal, Store};
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

    /// The folder that fills as drawings grow, if it is one of this machine.
    fn folder(&self) -> Option<&Path>;

    /// What other hosts may change; none where this is the only one.
    fn shared(&self) -> Option<&dyn Shared>;

    /// Makes the log of a new drawing under the first free name that isn't among those taken.
    fn create(&self, title: &str, taken: Vec<String>) -> Pending<Result<Created, HostError>>;

    /// A drawing is added: what says that it isn't finished goes.
    fn finish(&self, name: &str) -> Pending<()>;

    /// Takes away what is left of a drawing that was not added after all.
    fn remove_unfinished(&self, name: &str) -> Pending<()>;

    /// The drawing whose log has this id, if one has.
    fn holder_of(&self, log: LogId) -> Pending<Result<Option<String>, HostError>>;

    /// Adds a drawing with all its history: a copy of a log that is whole, under the first free name like the one that
    /// is wanted. It is there whole or not at all, whenever the power goes.
    fn adopt(
        &self,
        log: PathBuf,
        title: &str,
        wanted: String,
        taken: Vec<String>,
    ) -> Pending<Result<Listing, HostError>>;

    /// Opens the log of a drawing.
    fn open(&self, name: &str) -> Pending<Result<Arc<dyn Store>, HostError>>;

    /// Finds out whether it can be written to now.
    fn check(&self) -> Pending<Result<(), HostError>>;

    /// Archives a drawing or brings it back. Its log stays where and as it is.
    fn set_archived(&self, name: &str, archived: bool) -> Pending<Result<(), HostError>>;

    /// Gives a drawing a new secret: what let people in before does no longer.
    fn renew_secret(&self, name: &str) -> Pending<Result<String, HostError>>;

    /// Lets go of it, so that another host may have it: nothing is done on it from here on.
    fn let_go(&self);

    /// Keeps what the owner is known by from here on.
    fn keep_owner(&self, key: String) -> Pending<Result<(), HostError>>;
}

/// A place that several hosts have at the same time.
pub(crate) trait Shared: Send + Sync {
    /// Says from now on that another host changed something, or may have.
    fn changes(&self) -> mpsc::Receiver<Signal>;

    /// Tells the other hosts that something changed.
    fn announce(&self) -> Pending<()>;

    /// Every drawing that can be served, by name.
    fn drawings(&self) -> Pending<Result<Vec<Listing>, HostError>>;

    /// One drawing as it is listed now.
    fn find(&self, name: &str) -> Pending<Result<Option<Listing>, HostError>>;

    /// What the owner is known by now.
    fn owner(&self) -> Pending<Result<Option<String>, HostError>>;
}
