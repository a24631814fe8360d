//! What can go wrong with a host, in sentences for whoever runs it.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a host could not do something. Each says what happened, to what, what was kept, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The data folder can't be made, read or written.
    #[error("the folder {path} can't be used ({source}); nothing in it was changed: choose another folder")]
    Folder {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process holds the data folder.
    #[error(
        "the folder {path} is in use by {holder}, which goes on undisturbed; stop that one, or choose another folder"
    )]
    Held {
        /// The folder.
        path: PathBuf,
        /// Who holds it, as far as can be told.
        holder: String,
    },
    /// A log can't be made, opened, read or written.
    #[error(transparent)]
    Log(#[from] oplog::LogError),
    /// A Redis can't be reached or used.
    #[error("the Redis at {place} can't be used: {why}; nothing in it was changed, give another address with --redis")]
    Redis {
        /// Where, without what lets one in.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// A Redis would not keep what a host promises.
    #[error(
        "the Redis at {place} can't promise that what is acknowledged is kept: {why}; nothing was changed, {remedy} or \
         accept it with --accept-durability {accept}"
    )]
    Durability {
        /// Where, without what lets one in.
        place: String,
        /// How it is set.
        why: String,
        /// What would make it keep everything.
        remedy: &'static str,
        /// What would have to be accepted.
        accept: &'static str,
    },
    /// There is no drawing of that name.
    #[error("there is no drawing called {name} here; what is here was left as it is")]
    NoSuchDrawing {
        /// The name.
        name: String,
    },
    /// A log doesn't make a drawing.
    #[error("the log of {name} does not make a drawing: {why}; it was left as it is, go back to a backup of it")]
    Broken {
        /// The drawing's name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// The store doesn't answer.
    #[error("the log of {name} can't be read now: {why}; what was acknowledged is kept, try again in a moment")]
    Away {
        /// The drawing's name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// What is listed can't be read.
    #[error("{what} can't be read now: {why}; it is as it was, try again in a moment")]
    Unread {
        /// What.
        what: String,
        /// What is wrong.
        why: String,
    },
    /// A drawing was not added.
    #[error("{title} was not added: {why}; what was here before was left as it is")]
    NotAdded {
        /// Its name for people.
        title: String,
        /// What is wrong.
        why: String,
    },
    /// The operating system gives no random numbers, without which there are no secrets.
    #[error("the system gives no random numbers ({0}), so no secret can be made; nothing was added")]
    Random(getrandom::Error),
    /// The port is taken.
    #[error("{address} is in use by another program; nothing was changed: stop it, or choose another port")]
    PortInUse {
        /// Where one wanted to listen.
        address: SocketAddr,
    },
    /// Listening failed for another reason.
    #[error("listening at {address} failed ({source}); drawings are kept as they are")]
    Listen {
        /// Where one wanted to listen.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A drawing is out of the way.
    #[error("{title} is archived, everything in it is kept; ask whoever shared it to bring it back")]
    Archived {
        /// Its name for people.
        title: String,
    },
    /// What the owner asked of a drawing was refused.
    #[error("{title} was left as it is: {why}")]
    Refused {
        /// Its name for people.
        title: String,
        /// What is wrong.
        why: String,
    },
    /// The store went away while something was being changed.
    #[error("whether {title} was changed is not known: {why}; look again in a moment")]
    Doubtful {
        /// What was to be changed.
        title: String,
        /// What is wrong.
        why: String,
    },
    /// What the owner's secret is known by makes no sense.
    #[error(
        "what is kept of the owner's secret can't be read (linework-server.owner in a data folder, linework:owner in a \
         Redis); it was left as it is, remove it to have a new secret made"
    )]
    OwnerKey,
    /// The host serves no console.
    #[error("this host has no console, so it has no owner's secret; nothing was changed")]
    NoConsole,
    /// There is no room for one more drawing at work.
    #[error(
        "as many drawings are at work here as may be (the limit {limit} of {max}), and people are in all of them; try again later, or ask whoever runs the server"
    )]
    Full {
        /// Which limit.
        limit: &'static str,
        /// Its value.
        max: u64,
    },
    /// There is no room for one more drawing.
    #[error(
        "this server has as many drawings as it may (the limit drawings_max of {max}); nothing was added: raise it, or use another server"
    )]
    TooMany {
        /// The limit.
        max: usize,
    },
    /// The host was closed.
    #[error("the host is closing; everything that was acknowledged is kept")]
    Closing,
}
