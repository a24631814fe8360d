//! What the suite is run on: a log, opened; and opened again after whatever would be a power cut for it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use collab::{AppendAnswer, NewPayload};
use oplog::{Appended, Log, LogError, NewEntry};
use protocol::{Durability, Hash, LogId, Position, Presence, Seq, SessionId};
use server::store::{
    ATTENDANCE_MS, Attendance, Neighbours, Pending, RedisOptions, RedisPlace, Signal, SqliteStore, Store, StoreError,
    Stretch,
};
use tempfile::TempDir;
use tests::model::Model;
use tokio::sync::mpsc;

use crate::redis::Redis;

/// The log that every subject holds.
pub const LOG: LogId = LogId([9; 16]);
/// Nothing that a store does takes longer than this.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A log in some store.
pub struct Subject {
    /// The log, open.
    pub store: Arc<dyn Store>,
    place: Place,
}

enum Place {
    File(TempDir),
    Redis(Box<Redis>),
    Model(Arc<Shared>),
}

/// Every store there is, each with an empty log.
pub async fn all() -> Vec<Subject> {
    let folder = tempfile::tempdir().expect("a folder");
    let log = Log::create(folder.path().join("plan.linework"), LOG).expect("a log");
    let file = Subject { store: Arc::new(SqliteStore::new(log)), place: Place::File(folder) };
    let shared = Arc::new(Shared::default());
    let model = Subject { store: Arc::new(shared.node(1)), place: Place::Model(shared) };
    vec![file, redis().await, model]
}

/// An empty log in a Redis.
async fn redis() -> Subject {
    let redis = Redis::safe();
    let place = RedisPlace::open(&RedisOptions::new(redis.url())).await.expect("it is there");
    place.begin("plan", "Plan", LOG).await.expect("it lists it").expect("nobody has that name");
    Subject { store: Arc::new(place.store("plan")), place: Place::Redis(Box::new(redis)) }
}

impl Subject {
    /// Its name.
    pub fn kind(&self) -> &'static str {
        match self.place {
            Place::File(_) => "a file",
            Place::Redis(_) => "Redis",
            Place::Model(_) => "the model",
        }
    }

    /// What it should say of how safe it is.
    pub fn durability(&self) -> Durability {
        match self.place {
            Place::File(_) => Durability::LocalFsync,
            Place::Redis(_) => Durability::RedisFsync,
            Place::Model(_) => Durability::Memory,
        }
    }

    /// Lets go of the log and opens it again; a Redis is killed in between.
    pub async fn reopen(&mut self) {
        self.store.close().await.expect("it closes");
        match &mut self.place {
            Place::File(folder) => {
                let log = Log::open(folder.path().join("plan.linework")).expect("it opens");
                self.store = Arc::new(SqliteStore::new(log));
            }
            Place::Redis(redis) => {
                redis.kill();
                redis.start();
                self.store = self.another().await.expect("Redis is shared");
            }
            Place::Model(shared) => self.store = Arc::new(shared.node(3)),
        }
    }

    /// The same log at another node, if several can have it open.
    pub async fn another(&self) -> Option<Arc<dyn Store>> {
        match &self.place {
            Place::File(_) => None,
            Place::Redis(redis) => {
                let place = RedisPlace::open(&RedisOptions::new(redis.url())).await.expect("it is there");
                Some(Arc::new(place.store("plan")))
            }
            Place::Model(shared) => Some(Arc::new(shared.node(2))),
        }
    }
}

/// The model behind the face of a store. Its clock stands still but for what a test lets pass.
struct Shared {
    model: Mutex<Model>,
    listening: Mutex<Vec<(u64, mpsc::Sender<Signal>)>>,
}

impl Default for Shared {
    fn default() -> Shared {
        Shared { model: Mutex::new(Model::empty(LOG)), listening: Mutex::default() }
    }
}

impl Shared {
    fn node(self: &Arc<Self>, node: u64) -> Node {
        Node { shared: self.clone(), node }
    }

    /// Says something to all nodes but this.
    fn say(&self, from: u64, signal: &Signal) {
        for (node, to) in self.listening.lock().expect("not poisoned").iter() {
            if *node != from || matches!(signal, Signal::Head(_)) {
                // A node that is gone hears nothing.
                let _ = to.try_send(signal.clone());
            }
        }
    }
}

/// The model as one node has it.
#[derive(Clone)]
struct Node {
    shared: Arc<Shared>,
    node: u64,
}

impl Node {
    fn with<T: Send + 'static>(&self, work: impl FnOnce(&mut Model) -> T) -> Pending<T> {
        let done = work(&mut self.shared.model.lock().expect("not poisoned"));
        Box::pin(async move { done })
    }
}

impl Store for Node {
    fn durability(&self) -> Durability {
        Durability::Memory
    }

    fn append(&self, after: Position, payloads: Vec<NewPayload>) -> Pending<AppendAnswer> {
        let answer = self.with(|model| {
            let answer = model.append(&after, &payloads);
            if let AppendAnswer::Stored(head) = answer {
                self.shared.say(self.node, &Signal::Head(head));
            }
            answer
        });
        Box::pin(answer)
    }

    fn read_after(&self, after: Seq, bytes_max: usize) -> Pending<Result<Stretch, StoreError>> {
        self.with(|model| {
            let mut bytes = 0;
            let mut entries = model.after(after, usize::MAX);
            let fits = entries.iter().take_while(|each| {
                bytes += each.payload.len();
                bytes <= bytes_max
            });
            let fits = fits.count().max(1);
            entries.truncate(fits);
            Ok(Stretch { entries, head: model.head })
        })
    }

    fn put_blob(&self, content: Bytes) -> Pending<Result<Hash, StoreError>> {
        self.with(|model| Ok(model.put_blob(&content)))
    }

    fn blob(&self, hash: Hash) -> Pending<Result<Option<Bytes>, StoreError>> {
        self.with(|model| Ok(model.blob(hash).map(|content| Bytes::from(content.to_vec()))))
    }

    fn save_checkpoint(&self, position: Position, state: Vec<u8>) -> Pending<Result<(), StoreError>> {
        self.with(|model| {
            model.save_checkpoint(position, state);
            Ok(())
        })
    }

    fn latest_checkpoint(&self) -> Pending<Result<Option<Vec<u8>>, StoreError>> {
        self.with(|model| Ok(model.latest_checkpoint().map(<[u8]>::to_vec)))
    }

    fn set_title(&self, title: String) -> Pending<Result<(), StoreError>> {
        self.with(|model| {
            model.title = title;
            Ok(())
        })
    }

    fn backup(&self, to: PathBuf) -> Pending<Result<(), StoreError>> {
        self.with(|model| copy(model, &to).map_err(|error| StoreError::Failed(error.to_string())))
    }

    fn close(&self) -> Pending<Result<(), StoreError>> {
        let left = self.attend(Vec::new());
        Box::pin(async move { left.await.map(|_| ()) })
    }

    fn neighbours(&self) -> Option<Arc<dyn Neighbours>> {
        Some(Arc::new(self.clone()))
    }
}

/// Writes all of the model as a file.
fn copy(model: &Model, to: &Path) -> Result<(), LogError> {
    let mut log = Log::create(to, model.head.log)?;
    log.set_meta("title", &model.title)?;
    for content in model.blobs() {
        log.put_blob(content)?;
    }
    let entries: Vec<_> = model
        .log
        .iter()
        .zip(&model.notes)
        .map(|(stored, (time_ms, author, kind))| NewEntry {
            payload: stored.payload.clone(),
            time_ms: *time_ms,
            author: author.clone(),
            kind: (*kind).to_owned(),
        })
        .collect();
    let start = log.position();
    assert_eq!(log.append(&start, &entries)?, Appended::Stored(model.head));
    log.close()
}

impl Neighbours for Node {
    fn attend(&self, here: Vec<SessionId>) -> Pending<Result<Attendance, StoreError>> {
        self.with(|model| {
            let (elsewhere, stirred) = model.attend(0, ATTENDANCE_MS, self.node, &here);
            if stirred {
                self.shared.say(self.node, &Signal::Stirred);
            }
            Ok(Attendance { elsewhere, head: model.head })
        })
    }

    fn show(&self, latest: Vec<(SessionId, Presence)>) {
        self.shared.say(self.node, &Signal::Shown(latest));
    }

    fn listen(&self) -> mpsc::Receiver<Signal> {
        let (to, signals) = mpsc::channel(64);
        to.try_send(Signal::Stirred).expect("there is room");
        self.shared.listening.lock().expect("not poisoned").push((self.node, to));
        signals
    }
}
