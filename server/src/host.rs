//! A running set of drawings, in a data folder or in a Redis that several servers share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use collab::ConnId;
use drawing::Drawing;
use protocol::{Address, Durability, Hello, Limits, Role};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::clock::Clock;
use crate::connection::local;
use crate::folder::{Folder, FolderShelf};
use crate::live::{Command, Live};
use crate::outgoing::Outgoing;
use crate::shelf::{Created, Shelf};
use crate::store::Store;
#[cfg(feature = "redis")]
use crate::store::redis::{RedisOptions, RedisShelf};
use crate::{HostError, LocalConnection, Options, http, name, opening, secret};

/// A running set of drawings. Clones are the same host. Drawings open when somebody comes in and close
/// when nobody has been there for a while.
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
}

/// A drawing of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Its name in addresses, and its file's without `.linework`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What lets one in to edit.
    pub secret: String,
}

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

struct Inner {
    limits: Limits,
    queue_bytes_max: usize,
    runtime: Handle,
    clock: Clock,
    shelf: Arc<dyn Shelf>,
    drawings: Mutex<BTreeMap<String, Arc<Slot>>>,
    /// Whoever adds a drawing holds this, so that no two take one name.
    adding: AsyncMutex<()>,
    conns: AtomicU64,
    closing: AtomicBool,
}

/// A drawing, open or not.
pub(crate) struct Slot {
    listing: Listing,
    /// Held while somebody comes in and while the drawing opens or closes, so that these never cross.
    live: Arc<AsyncMutex<Option<Live>>>,
}

impl Host {
    /// Opens a data folder. Drawings are served by tasks on `runtime`.
    ///
    /// # Errors
    /// [`HostError::Folder`], `Held`, `Random`. Drawings that can't be served are passed over with a warning.
    pub fn open(options: Options, runtime: Handle) -> Result<Host, HostError> {
        let Options { data, limits, queue_bytes_max, whole_folder } = options;
        let folder = Folder::open(&data, whole_folder)?;
        let drawings = folder.drawings()?;
        Ok(Host::with(Arc::new(FolderShelf(Arc::new(folder))), drawings, limits, queue_bytes_max, runtime))
    }

    /// Opens the drawings of a Redis, which other hosts may serve at the same time.
    ///
    /// # Errors
    /// [`HostError::Redis`] if it can't be reached or used, [`HostError::Durability`] if it can't keep what a host
    /// promises and that was not accepted.
    #[cfg(feature = "redis")]
    pub async fn open_redis(options: RedisOptions, runtime: Handle) -> Result<Host, HostError> {
        let (limits, queue_bytes_max) = (options.limits, options.queue_bytes_max);
        let shelf = RedisShelf::open(&options).await?;
        let drawings = shelf.drawings().await?;
        Ok(Host::with(Arc::new(shelf), drawings, limits, queue_bytes_max, runtime))
    }

    fn with(
        shelf: Arc<dyn Shelf>,
        drawings: Vec<Listing>,
        limits: Limits,
        queue_bytes_max: usize,
        runtime: Handle,
    ) -> Host {
        let inner = Inner {
            limits,
            queue_bytes_max,
            runtime,
            clock: Clock::start(),
            shelf,
            drawings: Mutex::default(),
            adding: AsyncMutex::new(()),
            conns: AtomicU64::new(0),
            closing: AtomicBool::new(false),
        };
        let host = Host { inner: Arc::new(inner) };
        drawings.into_iter().for_each(|listing| drop(host.put_up(listing)));
        host
    }

    /// The slot of a drawing that is on the shelf; the one that is there already, if there is one.
    fn put_up(&self, listing: Listing) -> Arc<Slot> {
        let slot = || Arc::new(Slot { listing: listing.clone(), live: Arc::default() });
        self.lock().entry(listing.name.clone()).or_insert_with(slot).clone()
    }

    /// Every drawing, by name.
    pub fn drawings(&self) -> Vec<Listing> {
        self.lock().values().map(|slot| slot.listing.clone()).collect()
    }

    /// What the host has to say about itself.
    pub fn health(&self) -> Health {
        let slots: Vec<_> = self.lock().values().cloned().collect();
        let mut health = Health {
            version: env!("CARGO_PKG_VERSION"),
            drawings: slots.len(),
            open: 0,
            people: 0,
            store: self.inner.shelf.kind(),
            durability: self.inner.shelf.durability(),
        };
        for slot in slots {
            // One that is just opening or closing is not waited for.
            let Ok(live) = slot.live.try_lock() else { continue };
            if let Some(live) = live.as_ref().filter(|live| !live.is_ended()) {
                health.open += 1;
                health.people += live.people();
            }
        }
        health
    }

    /// What clients are held to.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// Adds a drawing: what was read from a file, and the file's bytes if there is one. Its log starts with that.
    ///
    /// # Errors
    /// [`HostError::NotAdded`] or `Log`, with the reason, such as a full disk; what was begun is taken away again.
    pub async fn add(&self, title: &str, source: Option<Vec<u8>>, drawing: Drawing) -> Result<Listing, HostError> {
        if self.is_closing() {
            return Err(HostError::Closing);
        }
        let _alone = self.inner.adding.lock().await;
        let taken = self.lock().keys().cloned().collect();
        let Created { listing, store, start } = self.inner.shelf.create(title, taken).await?;
        let now = self.inner.clock.now();
        match opening::found(&*store, start, title, source.map(Bytes::from), drawing, now).await {
            Ok(room) => {
                let slot = self.put_up(listing.clone());
                let mut live = slot.live.lock().await;
                // Another host's people may have been let in here already, by what is stored.
                if live.is_none() {
                    *live = Some(self.start(&slot, room, store));
                }
                drop(live);
                tracing::info!(drawing = listing.name, "added");
                Ok(listing)
            }
            Err(error) => {
                if let Err(error) = store.close().await {
                    tracing::warn!(drawing = listing.name, %error, "what was begun can't be closed");
                }
                self.inner.shelf.remove_unfinished(&listing.name).await;
                Err(error)
            }
        }
    }

    /// Opens a connection within the process: the same desk as for everyone, but no bytes, and drawings are handed over
    /// as they are. Whoever it is owns the drawing. The first message must be a hello; its drawing and secret are not
    /// looked at.
    ///
    /// # Errors
    /// [`HostError::NoSuchDrawing`], `Closing`, or why the drawing can't be opened.
    pub async fn connect(&self, name: &str) -> Result<LocalConnection, HostError> {
        let slot = self.find(name).await?.ok_or_else(|| HostError::NoSuchDrawing { name: name.into() })?;
        drop(self.open_slot(&slot).await?);
        Ok(local::connect(self.clone(), slot))
    }

    /// Serves everything in this host at a bound listener, WebSocket at `/ws` and HTTP beside it, until `shutdown`
    /// resolves. Those who came in there are told to come back then; connections within the process stay.
    ///
    /// # Errors
    /// [`HostError::Listen`] if the listener fails.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), HostError> {
        http::serve(self.clone(), listener, shutdown).await
    }

    /// The address that joins a drawing, for a server that others reach as `host` and `port`.
    pub fn address(&self, name: &str, host: &str, port: u16) -> Option<Address> {
        let listing = &self.slot(name)?.listing;
        Some(Address { host: host.into(), port, drawing: listing.name.clone(), secret: listing.secret.clone() })
    }

    /// Closes everything in good order: everyone is told, rooms are kept as checkpoints, files are let go of. Nobody
    /// comes in from here on.
    pub async fn close(&self) {
        self.inner.closing.store(true, Ordering::SeqCst);
        let slots: Vec<_> = self.lock().values().cloned().collect();
        // All at once: each may wait for its own disk.
        let closing = slots.into_iter().map(|slot| self.inner.runtime.spawn(async move { slot.close().await }));
        for task in closing.collect::<Vec<_>>() {
            if let Err(error) = task.await {
                tracing::error!(%error, "a drawing was not closed in good order; what was acknowledged is kept");
            }
        }
    }

    /// The slot of a drawing if this secret lets one in. Which of the two was wrong is not told.
    pub(crate) async fn slot_for(&self, name: &str, guess: &str) -> Result<Option<Arc<Slot>>, HostError> {
        let slot = self.find(name).await?;
        // Compared with something in any case, so that the time taken does not tell which names there are.
        let known = slot.as_ref().map_or("00000000000000000000000000000000", |slot| &slot.listing.secret);
        let same = secret::is_same(known, guess);
        Ok(slot.filter(|_| same))
    }

    /// Lets a hello into a drawing, which opens if need be.
    pub(crate) async fn enter(
        &self,
        slot: &Arc<Slot>,
        conn: ConnId,
        outgoing: Arc<Outgoing>,
        hello: Hello,
        role: Role,
    ) -> Result<Live, HostError> {
        let live = self.open_slot(slot).await?;
        let Some(live) = &*live else { return Err(HostError::Closing) };
        // One that ends right now ends this connection too, and whoever it is comes back.
        live.tell(Command::Hello { conn, outgoing, hello, role }).await;
        Ok(live.clone())
    }

    /// A number and a queue for a new connection.
    pub(crate) fn new_connection(&self, encoding: Option<protocol::Encoding>) -> (ConnId, Arc<Outgoing>) {
        let conn = ConnId(self.inner.conns.fetch_add(1, Ordering::Relaxed));
        (conn, Arc::new(Outgoing::new(encoding, self.inner.queue_bytes_max)))
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.inner.runtime
    }

    /// The drawing, open, and held so until the guard goes.
    async fn open_slot(&self, slot: &Arc<Slot>) -> Result<OwnedMutexGuard<Option<Live>>, HostError> {
        let mut live = slot.live.clone().lock_owned().await;
        if self.is_closing() {
            return Err(HostError::Closing);
        }
        if let Some(open) = &*live {
            if !open.is_ended() {
                return Ok(live);
            }
            open.wait_until_ended().await;
            *live = None;
        }
        let store = self.inner.shelf.open(&slot.listing.name).await?;
        let room = opening::open_room(&*store, &slot.listing.name).await?;
        *live = Some(self.start(slot, room, store));
        Ok(live)
    }

    fn start(&self, slot: &Arc<Slot>, room: collab::Room, store: Arc<dyn Store>) -> Live {
        let held = Arc::downgrade(&slot.live);
        // A host that is gone has nobody at its doors.
        let may_retire = move || -> Option<Box<dyn Send>> {
            let Some(held) = held.upgrade() else { return Some(Box::new(())) };
            held.try_lock_owned().ok().map(|guard| Box::new(guard) as Box<dyn Send>)
        };
        let Inner { limits, clock, runtime, .. } = &*self.inner;
        Live::start(&slot.listing.name, room, store, *limits, *clock, runtime, Box::new(may_retire))
    }

    fn slot(&self, name: &str) -> Option<Arc<Slot>> {
        self.lock().get(name).cloned()
    }

    /// The slot of a drawing, even if somebody else added it since this host was opened.
    async fn find(&self, name: &str) -> Result<Option<Arc<Slot>>, HostError> {
        let known = self.slot(name);
        if known.is_some() || !self.inner.shelf.is_shared() || !name::is_name(name) {
            return Ok(known);
        }
        Ok(self.inner.shelf.find(name).await?.map(|listing| self.put_up(listing)))
    }

    fn is_closing(&self) -> bool {
        self.inner.closing.load(Ordering::SeqCst)
    }

    /// Inserting is one step, so a thread that panicked left a whole map behind.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Slot>>> {
        self.inner.drawings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Closes the drawing if it is open, and waits until it is.
    async fn close(&self) {
        let mut live = self.live.lock().await;
        if let Some(open) = live.take() {
            open.tell(Command::Close).await;
            open.wait_until_ended().await;
        }
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("shelf", &self.inner.shelf).finish_non_exhaustive()
    }
}

/// Serves the drawings of a data folder at a bound listener until `shutdown` resolves, and closes everything in good
/// order.
///
/// # Errors
/// As [`Host::open`] and [`Host::serve`].
pub async fn run(
    listener: TcpListener,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), HostError> {
    let host = Host::open(options, Handle::current())?;
    let served = host.serve(listener, shutdown).await;
    host.close().await;
    served
}
