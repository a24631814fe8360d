//! A running set of drawings, in a data folder or in a Redis that several servers share.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use collab::ConnId;
use drawing::Drawing;
use protocol::{Address, Hello, Limits, LiveFacts};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, broadcast, oneshot};

use crate::board::Board;
use crate::callers::Callers;
use crate::clock::Clock;
use crate::connection::{Bulk, local};
use crate::console::{Console, Key};
use crate::disk;
use crate::folder::{Folder, FolderShelf, Found};
use crate::invite::Pass;
use crate::live::{CLOSING, Command, Live, Outside};
use crate::metrics::Metrics;
use crate::nearby::{Beacon, NearbyDrawing};
use crate::opening::Opened;
use crate::outgoing::Outgoing;
use crate::passing::Passing;
use crate::places::{Idle, Places};
use crate::shelf::{Created, Shelf};
#[cfg(feature = "redis")]
use crate::store::redis::{RedisOptions, RedisShelf};
use crate::store::{Store, Writers};
use crate::{HostError, HostEvent, Listed, LocalConnection, Options, http, opening};

/// Events that wait for one who listens slowly; the oldest go first.
const EVENTS_MAX: usize = 64;

/// A running set of drawings. Clones are the same host. Drawings open when somebody comes in and close
/// when nobody has been there for a while.
#[derive(Clone)]
pub struct Host {
    pub(crate) inner: Arc<Inner>,
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
    /// Nobody can join it until it is brought back.
    pub archived: bool,
}

pub(crate) struct Inner {
    pub(crate) options: Options,
    runtime: Handle,
    pub(crate) clock: Clock,
    pub(crate) shelf: Arc<dyn Shelf>,
    /// Where files go through on their way in and out.
    pub(crate) passing: Passing,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// How many drawings may be at work.
    pub(crate) places: Places,
    /// Who is at the door.
    pub(crate) callers: Callers,
    /// What those who watch the host read.
    pub(crate) board: Arc<Board>,
    /// The page of whoever it belongs to; none where there is none.
    pub(crate) console: Option<Console>,
    drawings: Mutex<BTreeMap<String, Arc<Slot>>>,
    /// Whoever adds a drawing holds this, so that no two take one name, and whoever makes another owner's secret.
    pub(crate) adding: AsyncMutex<()>,
    /// What the store showed when it was asked last whether it can be written to.
    pub(crate) checked: AsyncMutex<Option<http::Checked>>,
    conns: AtomicU64,
    closing: AtomicBool,
    events: broadcast::Sender<HostEvent>,
    /// Drawings of clients that were others than the room's.
    /// Room for requests that come in parts, over all connections.
    pub(crate) bulk_room: Arc<tokio::sync::Semaphore>,
}

/// A drawing, open or not.
pub(crate) struct Slot {
    listing: Mutex<Listing>,
    /// Held while somebody comes in and while the drawing opens or closes, so that these never cross.
    pub(crate) live: Arc<AsyncMutex<Option<Live>>>,
    /// It is no drawing of the host any more: who is still at its door is not let in.
    removed: AtomicBool,
    /// Whoever is on the network may know of it, where not all are listed.
    chosen: AtomicBool,
}

impl Host {
    /// Opens a data folder. Drawings are served by tasks on `runtime`.
    ///
    /// # Errors
    /// [`HostError::Folder`], `Held`, `Random`. Drawings that can't be opened are listed all the same; the console says why.
    pub fn open(options: Options, runtime: Handle) -> Result<Host, HostError> {
        let folder = Folder::open(&options.data, options.whole_folder)?;
        let console = match options.console {
            false => None,
            true => Some(match folder.owner()? {
                Some(key) => Console::new(Key::read(&key)?, None),
                None => {
                    let (secret, key) = Key::new()?;
                    folder.keep_owner(&key.to_string())?;
                    Console::new(key, Some(secret))
                }
            }),
        };
        let passing = Passing::within(&options.data);
        let drawings = folder.drawings()?;
        let metrics = Metrics::new();
        let shelf = Arc::new(FolderShelf::new(folder, Writers::new(&metrics)));
        Ok(Host::with(options, metrics, shelf, drawings, console, passing, runtime))
    }

    /// Opens the drawings of a Redis, which other hosts may serve at the same time.
    ///
    /// # Errors
    /// [`HostError::Redis`] if it can't be reached or used, [`HostError::Durability`] if it can't keep what a host
    /// promises and that was not accepted; [`HostError::Folder`], `OwnerKey`, `Random`.
    #[cfg(feature = "redis")]
    pub async fn open_redis(options: RedisOptions, runtime: Handle) -> Result<Host, HostError> {
        let shelf = RedisShelf::open(&options).await?;
        let options = options.host;
        let console = match options.console {
            false => None,
            true => {
                let (secret, key) = Key::new()?;
                // Another host may be there already, or start at the same moment: there is one owner.
                let kept = Key::read(&shelf.owner_or(key.to_string()).await?)?;
                Some(Console::new(kept, (kept == key).then_some(secret)))
            }
        };
        let passing = Passing::beside_others(&options.data)?;
        let drawings = shelf.all_drawings().await?.into_iter().map(|listing| (listing, None)).collect();
        Ok(Host::with(options, Metrics::new(), Arc::new(shelf), drawings, console, passing, runtime))
    }

    fn with(
        options: Options,
        metrics: Metrics,
        shelf: Arc<dyn Shelf>,
        drawings: Vec<Found>,
        console: Option<Console>,
        passing: Passing,
        runtime: Handle,
    ) -> Host {
        let places = Places::new(options.open_max, options.open_bytes_max);
        let callers = Callers::new(options.callers_max);
        let inner = Inner {
            options,
            runtime,
            clock: Clock::start(),
            shelf,
            passing,
            metrics: Arc::new(metrics),
            places,
            callers,
            board: Arc::new(Board::new()),
            console,
            drawings: Mutex::default(),
            adding: AsyncMutex::new(()),
            checked: AsyncMutex::new(None),
            conns: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            events: broadcast::Sender::new(EVENTS_MAX),
            bulk_room: Arc::new(Bulk::room()),
        };
        let host = Host { inner: Arc::new(inner) };
        for (listing, broken) in drawings {
            let name = listing.name.clone();
            host.put_up(listing);
            if let Some(error) = broken {
                host.put_up_broken(&name, &error);
            }
        }
        host.begin_to_follow();
        host
    }

    /// The slot of a drawing that is on the shelf; the one that is there already, if there is one.
    pub(crate) fn put_up(&self, listing: Listing) -> Arc<Slot> {
        let mut drawings = self.lock();
        if let Some(slot) = drawings.get(&listing.name) {
            return slot.clone();
        }
        self.inner.board.put_listing(&listing);
        let slot = Slot::new(listing.clone());
        drawings.insert(listing.name, slot.clone());
        slot
    }

    /// Says on the board why a drawing can't be opened.
    pub(crate) fn put_up_broken(&self, name: &str, error: &HostError) {
        self.inner.board.put_live(name, LiveFacts { broken: Some(error.to_string()), ..LiveFacts::default() });
    }

    /// Every drawing, by name.
    pub fn drawings(&self) -> Vec<Listing> {
        self.lock().values().map(|slot| slot.listing()).collect()
    }

    /// How many drawings of clients turned out to be others than the room's and were mended, since the host started.
    pub fn mismatches(&self) -> u64 {
        self.inner.metrics.mismatches.get()
    }

    /// What clients are held to.
    pub fn limits(&self) -> &Limits {
        &self.inner.options.limits
    }

    /// Adds a drawing: what was read from a file, and the file's bytes if there is one. Its log starts with that.
    ///
    /// # Errors
    /// [`HostError::NotAdded`] or `Log`, with the reason, such as a full disk; what was begun is taken away again.
    pub async fn add(&self, title: &str, source: Option<Vec<u8>>, drawing: Drawing) -> Result<Listing, HostError> {
        let (host, named) = (self.clone(), title.to_owned());
        self.to_the_end(title, async move { host.add_now(&named, source, drawing).await }).await
    }

    async fn add_now(&self, title: &str, source: Option<Vec<u8>>, drawing: Drawing) -> Result<Listing, HostError> {
        let _alone = self.inner.adding.lock().await;
        if self.is_closing() {
            return Err(HostError::Closing);
        }
        self.may_add()?;
        let taken = self.lock().keys().cloned().collect();
        let place = self.place().await?;
        let Created { listing, store, start } = self.inner.shelf.create(title, taken).await?;
        let now = self.inner.clock.time_of_day();
        match opening::found(&*store, start, title, source.map(Bytes::from), drawing, now).await {
            Ok(room) => {
                let slot = self.put_up(listing.clone());
                let mut live = slot.live.lock().await;
                // Another host's people may have been let in here already, by what is stored.
                if live.is_none() {
                    *live = Some(self.start(&slot, room.into(), store, place));
                }
                drop(live);
                self.inner.shelf.finish(&listing.name).await;
                if let Some(shared) = self.inner.shelf.shared() {
                    shared.announce().await;
                }
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

    /// Lists a drawing for whoever is on the network, or no longer, where only chosen ones are ([`Listed::Chosen`]).
    pub fn list(&self, name: &str, chosen: bool) {
        if let Some(slot) = self.slot(name) {
            slot.chosen.store(chosen, Ordering::Relaxed);
        }
    }

    /// What whoever is on the network may know of the drawings, by title.
    pub(crate) fn listed(&self) -> Vec<NearbyDrawing> {
        let listed = self.inner.options.listed;
        let tell = |slot: Arc<Slot>| {
            let Listing { name, title, secret, archived } = slot.listing();
            let told = match listed {
                Listed::Nothing => false,
                Listed::Chosen => slot.chosen.load(Ordering::Relaxed),
                Listed::Titles | Listed::Open => true,
            };
            // One that is just opening or closing is not waited for.
            let people = slot.live.try_lock().ok().map(|live| live.as_ref().map_or(0, Live::people) as u32);
            let secret = (listed == Listed::Open).then_some(secret);
            (told && !archived).then_some(NearbyDrawing { name, title, secret, people })
        };
        let slots: Vec<_> = self.lock().values().cloned().collect();
        let mut listed: Vec<_> = slots.into_iter().filter_map(tell).collect();
        listed.sort_by(|a, b| (&a.title, &a.name).cmp(&(&b.title, &b.name)));
        listed
    }

    /// Says on the local network that this host listens there, if it may be known. Without multicast it goes on unsaid.
    pub(crate) fn light_beacon(&self, address: SocketAddr) -> Option<Beacon> {
        let Options { title, listed, .. } = &self.inner.options;
        if *listed == Listed::Nothing {
            return None;
        }
        Beacon::light(title, address.ip(), address.port())
            .inspect_err(|error| tracing::warn!(%error, "not said on the local network"))
            .ok()
    }

    /// What happens here from now on that the owner should hear of.
    pub fn events(&self) -> broadcast::Receiver<HostEvent> {
        self.inner.events.subscribe()
    }

    /// Opens a connection within the process: the same desk as for everyone, but no bytes, and drawings are handed over
    /// as they are. Whoever it is owns the drawing. The first message must be a hello; its drawing and secret are not
    /// looked at.
    ///
    /// # Errors
    /// [`HostError::NoSuchDrawing`], `Closing`, or why the drawing can't be opened.
    pub async fn connect(&self, name: &str) -> Result<LocalConnection, HostError> {
        let slot = self.find(name).await?.ok_or_else(|| HostError::NoSuchDrawing { name: name.into() })?;
        drop(self.open_slot(&slot, false).await?);
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
        let watch = |folder: &Path| tokio::spawn(disk::watch(folder.to_owned(), self.inner.events.clone()));
        let watching = self.inner.shelf.folder().map(watch);
        let served = http::serve(self.clone(), listener, shutdown).await;
        if let Some(watching) = watching {
            watching.abort();
        }
        served
    }

    /// The address that joins a drawing, for a server that others reach as `host` and `port`.
    pub fn address(&self, name: &str, host: &str, port: u16) -> Option<Address> {
        let Listing { name, secret, .. } = self.slot(name)?.listing();
        Some(Address { host: host.into(), port, drawing: name, secret })
    }

    /// Closes one drawing for good: everyone in it is told why and not to come back, its log is kept and let go of, and
    /// nobody comes in from here on. Waits until that is so; a name that is not there is closed already. On a shelf that
    /// others share it is there again for whoever asks next.
    pub async fn close_drawing(&self, name: &str, why: &str) {
        let slot = self.lock().remove(name);
        if let Some(slot) = slot {
            slot.removed.store(true, Ordering::SeqCst);
            end(&mut *slot.live.lock().await, why, false).await;
            tracing::info!(drawing = name, why, "closed for good");
        }
    }

    /// Tells everybody who came in over the network why they have to go, and waits until that is on its way; connections within the process stay.
    pub async fn put_out(&self, why: &str) {
        let slots: Vec<_> = self.lock().values().cloned().collect();
        for slot in slots {
            let live = slot.live.lock().await.clone();
            if let Some(live) = live {
                let (done, told) = oneshot::channel();
                live.tell(Command::PutOut { why: why.into(), done }).await;
                // An error is what is waited for: whatever else is said to them, this is said first.
                let _ = told.await;
            }
        }
    }

    /// Closes everything in good order: everyone is told, rooms are kept as checkpoints, files are let go of. Nobody
    /// comes in from here on.
    pub async fn close(&self) {
        self.close_all(CLOSING, true).await;
    }

    /// As [`Host::close`], and everyone is told why there is nothing to come back to.
    pub async fn end(&self, why: &str) {
        self.close_all(why, false).await;
    }

    async fn close_all(&self, why: &str, retry: bool) {
        self.inner.closing.store(true, Ordering::SeqCst);
        // What is just being added is there, whole or not at all, before the rest is closed.
        drop(self.inner.adding.lock().await);
        let slots: Vec<_> = self.lock().values().cloned().collect();
        // All at once: each may wait for its own disk.
        let closing = slots.into_iter().map(|slot| {
            let why = why.to_owned();
            self.inner.runtime.spawn(async move { end(&mut *slot.live.lock().await, &why, retry).await })
        });
        for task in closing.collect::<Vec<_>>() {
            if let Err(error) = task.await {
                tracing::error!(%error, "a drawing was not closed in good order; what was acknowledged is kept");
            }
        }
        // A download that goes on slowly has its own file, and must not keep the next host from starting.
        self.inner.shelf.let_go();
    }

    /// Lets a hello into a drawing, which opens if need be.
    pub(crate) async fn enter(
        &self,
        slot: &Arc<Slot>,
        conn: ConnId,
        outgoing: Arc<Outgoing>,
        mut hello: Hello,
        pass: Pass,
    ) -> Result<Live, HostError> {
        let live = self.open_slot(slot, false).await?;
        let Some(live) = &*live else { return Err(HostError::Closing) };
        // One that ends right now ends this connection too, and whoever it is comes back.
        let Pass { role, came, name } = pass;
        // What an invite calls somebody is not theirs to change.
        hello.name = name.unwrap_or(hello.name);
        live.tell(Command::Hello { conn, outgoing, hello, role, came }).await;
        Ok(live.clone())
    }

    /// A number and a queue for a new connection.
    pub(crate) fn new_connection(&self, encoding: Option<protocol::Encoding>) -> (ConnId, Arc<Outgoing>) {
        let conn = ConnId(self.inner.conns.fetch_add(1, Ordering::Relaxed));
        (conn, Arc::new(Outgoing::new(encoding, self.inner.options.queue_bytes_max)))
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.inner.runtime
    }

    /// The drawing, open, and held so until the guard goes.
    pub(crate) async fn open_slot(
        &self,
        slot: &Arc<Slot>,
        archived_too: bool,
    ) -> Result<OwnedMutexGuard<Option<Live>>, HostError> {
        let mut live = slot.live.clone().lock_owned().await;
        let Listing { name, title, archived, .. } = slot.listing();
        if archived && !archived_too {
            return Err(HostError::Archived { title });
        }
        if self.is_closing() {
            return Err(HostError::Closing);
        }
        if slot.removed.load(Ordering::SeqCst) {
            return Err(HostError::NoSuchDrawing { name: slot.listing().name });
        }
        if let Some(open) = &*live {
            if !open.is_ended() {
                return Ok(live);
            }
            open.wait_until_ended().await;
            *live = None;
        }
        let place = self.place().await?;
        let store = self.inner.shelf.open(&name).await?;
        let opened = opening::open_room(&*store, &name).await?;
        *live = Some(self.start(slot, opened, store, place));
        Ok(live)
    }

    fn start(&self, slot: &Arc<Slot>, opened: Opened, store: Arc<dyn Store>, place: OwnedSemaphorePermit) -> Live {
        let held = Arc::downgrade(&slot.live);
        // A host that is gone has nobody at its doors.
        let may_retire = move || -> Option<Box<dyn Send>> {
            let Some(held) = held.upgrade() else { return Some(Box::new(())) };
            held.try_lock_owned().ok().map(|guard| Box::new(guard) as Box<dyn Send>)
        };
        let Listing { name, title, .. } = slot.listing();
        let Inner { options, clock, runtime, board, events, metrics, .. } = &*self.inner;
        let (renamed, on_board) = (Arc::downgrade(slot), board.clone());
        let renamed = move |title: &str| {
            if let Some(slot) = renamed.upgrade() {
                on_board.put_listing(&slot.change(|listing| title.clone_into(&mut listing.title)));
            }
        };
        let idle = Idle::default();
        self.inner.places.note(&name, slot, idle.clone());
        let outside = Outside {
            may_retire: Box::new(may_retire),
            _place: Some(place),
            idle,
            board: board.clone(),
            metrics: metrics.clone(),
            title,
            renamed: Box::new(renamed),
            events: events.clone(),
        };
        Live::start(&name, opened, store, options.limits, *clock, runtime, outside)
    }

    pub(crate) fn slot(&self, name: &str) -> Option<Arc<Slot>> {
        self.lock().get(name).cloned()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.inner.closing.load(Ordering::SeqCst)
    }

    /// Inserting is one step, so a thread that panicked left a whole map behind.
    pub(crate) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Slot>>> {
        self.inner.drawings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn new(listing: Listing) -> Arc<Slot> {
        Arc::new(Slot {
            listing: Mutex::new(listing),
            live: Arc::default(),
            removed: AtomicBool::new(false),
            chosen: AtomicBool::new(false),
        })
    }

    /// What there is to know of it.
    pub(crate) fn listing(&self) -> Listing {
        self.change(|_| {})
    }

    pub(crate) fn is_archived(&self) -> bool {
        self.listing.lock().unwrap_or_else(PoisonError::into_inner).archived
    }

    /// Changes what there is to know of it, in one step; as it is then.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Listing)) -> Listing {
        let mut listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut listing);
        listing.clone()
    }
}

/// Closes a drawing if it is open, and waits until it is.
pub(crate) async fn end(live: &mut Option<Live>, why: &str, retry: bool) {
    if let Some(open) = live.take() {
        open.tell(Command::Close { why: why.into(), retry }).await;
        open.wait_until_ended().await;
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
