//! The store that several servers share: one stream a drawing in a Redis, with ids SEQ-0, appended to by a script that
//! compares the whole position first. Hashes are computed here, so that Redis needs to know nothing of the chain.

mod adopting;
mod backup;
mod durability;
mod keys;
mod link;
mod listening;
mod neighbours;
mod scripts;
mod shelf;
mod signal;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use collab::{AppendAnswer, NewPayload, StoredPayload};
use protocol::{Durability, Hash, LogId, Position, Seq};
use redis::{AsyncCommands as _, RedisError, RedisResult, Value};

use self::keys::Keys;
use self::link::{Link, refusal};
use self::neighbours::RedisNeighbours;
use super::{Neighbours, Pending, Store, StoreError, Stretch};
use crate::Options;

pub use self::durability::Weaker;
pub use self::shelf::RedisPlace;
pub(crate) use self::shelf::RedisShelf;

/// The most entries in one stretch.
const STRETCH_ENTRIES_MAX: usize = 4_096;
/// The largest append: what Redis takes in one command, with room for the rest of it.
const APPEND_BYTES_MAX: usize = 96 << 20;
/// What an entry has besides its hash: its payload, or the hash of the blob that the payload is.
const PAYLOAD: &str = "payload";
const BLOB: &str = "blob";
/// The largest blob or state: what Redis takes as one value.
const VALUE_BYTES_MAX: usize = 512 << 20;
/// How often a state is looked for that somebody replaces at the same time.
const CHECKPOINT_TRIES: usize = 3;

/// How a host is set up over a Redis.
#[derive(Debug, Clone)]
pub struct RedisOptions {
    /// Where, such as `redis://127.0.0.1:6379`.
    pub url: String,
    /// What is enough where Redis doesn't write to its disk before it answers; none: nothing less.
    pub accept: Option<Weaker>,
    /// What goes for every host.
    pub host: Options,
}

impl RedisOptions {
    /// The defaults, and nothing less than an fsync for each acknowledgement; files pass through the system's folder for
    /// what is there for a while.
    pub fn new(url: impl Into<String>) -> RedisOptions {
        RedisOptions { url: url.into(), accept: None, host: Options::new(std::env::temp_dir()) }
    }
}

/// A log in a Redis.
pub struct RedisStore {
    log: Arc<RedisLog>,
    neighbours: Arc<RedisNeighbours>,
}

struct RedisLog {
    link: Arc<Link>,
    keys: Keys,
    durability: Durability,
}

impl RedisStore {
    /// What kind of store it is, in a word for people.
    pub(crate) const KIND: &str = "redis";

    fn new(link: Arc<Link>, keys: Keys, durability: Durability) -> RedisStore {
        let neighbours = Arc::new(RedisNeighbours::new(link.clone(), keys.clone()));
        RedisStore { log: Arc::new(RedisLog { link, keys, durability }), neighbours }
    }

    /// Does something with the log on the runtime, so that nobody has to wait for it to be done.
    fn with_log<T, F>(&self, work: impl FnOnce(Arc<RedisLog>) -> F) -> Pending<Result<T, StoreError>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let task = tokio::spawn(work(self.log.clone()));
        Box::pin(async move {
            task.await.unwrap_or_else(|_| Err(StoreError::Failed("a task of the store ended early".into())))
        })
    }
}

impl Store for RedisStore {
    fn durability(&self) -> Durability {
        self.log.durability
    }

    fn append(&self, after: Position, payloads: Vec<NewPayload>) -> Pending<AppendAnswer> {
        let answer = self.with_log(async move |log| Ok(log.append(after, payloads).await));
        Box::pin(async move { answer.await.unwrap_or(AppendAnswer::Unknown) })
    }

    fn read_after(&self, after: Seq, bytes_max: usize) -> Pending<Result<Stretch, StoreError>> {
        self.with_log(async move |log| log.read_after(after, bytes_max).await)
    }

    fn put_blob(&self, content: Bytes) -> Pending<Result<Hash, StoreError>> {
        self.with_log(async move |log| log.put_blob(content).await)
    }

    fn blob(&self, hash: Hash) -> Pending<Result<Option<Bytes>, StoreError>> {
        self.with_log(async move |log| log.blob(hash).await)
    }

    fn save_checkpoint(&self, position: Position, state: Vec<u8>) -> Pending<Result<(), StoreError>> {
        self.with_log(async move |log| log.save_checkpoint(position, state.into()).await)
    }

    fn latest_checkpoint(&self) -> Pending<Result<Option<Vec<u8>>, StoreError>> {
        self.with_log(async move |log| log.latest_checkpoint().await)
    }

    fn set_title(&self, title: String) -> Pending<Result<(), StoreError>> {
        self.with_log(async move |log| {
            let change = serde_json::json!({ "title": title });
            match log.link.change_listed(&log.keys.name, &change).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(StoreError::Failed(format!("{} is listed no longer", log.keys.name))),
                Err(error) => Err(failed("writing the title", &error)),
            }
        })
    }

    fn backup(&self, to: PathBuf) -> Pending<Result<(), StoreError>> {
        self.with_log(async move |log| backup::write(&log, to).await)
    }

    fn close(&self) -> Pending<Result<(), StoreError>> {
        let left = self.neighbours.attend(Vec::new());
        // That nobody is here any more the others would notice by themselves, a little later.
        Box::pin(async move { left.await.map(|_| ()) })
    }

    fn neighbours(&self) -> Option<Arc<dyn Neighbours>> {
        Some(self.neighbours.clone())
    }
}

impl RedisLog {
    async fn append(&self, after: Position, payloads: Vec<NewPayload>) -> AppendAnswer {
        let bytes: usize = payloads.iter().map(|each| each.payload.len() + each.author.len()).sum();
        if bytes > APPEND_BYTES_MAX {
            return AppendAnswer::Failed("it is too large for the log");
        }
        let mut head = after;
        let mut entries = Vec::with_capacity(payloads.len());
        for each in payloads {
            head = head.after(&each.payload);
            entries.push((head.head, each));
        }
        let mut call = self.link.scripts.append.prepare_invoke();
        call.key(&self.keys.log).key(&self.keys.head);
        call.arg(&after.log.0).arg(after.seq.0).arg(&after.head.0).arg(head.seq.0).arg(&head.head.0);
        call.arg(&self.keys.channel).arg(signal::head(&head));
        for (hash, NewPayload { payload, time_ms, author, kind }) in &mut entries {
            call.arg(&hash.0);
            if payload.len() > oplog::LONG_PAYLOAD_BYTES {
                // Over the line for what is large, before the entry: an append stays small.
                match self.put_blob(std::mem::take(payload).into()).await {
                    Ok(blob) => call.arg(BLOB).arg(&blob.0),
                    Err(_) => return AppendAnswer::Failed("the server's store can't take something as large"),
                };
            } else {
                call.arg(PAYLOAD).arg(&*payload);
            }
            call.arg(*time_ms).arg(&*author).arg(*kind);
        }
        let answer = self.link.quick.with(async |redis| call.invoke_async::<Vec<Value>>(redis).await).await;
        match answer {
            Ok(answer) => match answer.split_first().map(|(word, rest)| (text(word), rest)) {
                Some((Some("stored"), _)) => AppendAnswer::Stored(head),
                Some((Some("behind"), [log, seq, hash])) => match position(log, seq, hash) {
                    Some(head) => AppendAnswer::Behind(head),
                    None => AppendAnswer::Unknown,
                },
                _ => {
                    tracing::error!(key = self.keys.head, "the log is gone from Redis; nothing was written");
                    AppendAnswer::Unknown
                }
            },
            Err(error) => match refusal(&error) {
                Some(why) => {
                    tracing::error!(%error, "nothing was appended");
                    AppendAnswer::Failed(why)
                }
                None => {
                    tracing::warn!(%error, "whether it was appended is not known");
                    AppendAnswer::Unknown
                }
            },
        }
    }

    async fn read_after(&self, after: Seq, bytes_max: usize) -> Result<Stretch, StoreError> {
        let mut call = self.link.scripts.read.prepare_invoke();
        call.key(&self.keys.log).key(&self.keys.head);
        call.arg(after.0).arg(bytes_max).arg(STRETCH_ENTRIES_MAX);
        let answer = self.link.quick.with(async |redis| call.invoke_async::<Vec<Value>>(redis).await).await;
        let answer = answer.map_err(|error| failed("reading", &error))?;
        let [word, log, seq, hash, Value::Array(fields)] = answer.as_slice() else { return Err(self.gone()) };
        let (Some("read"), Some(head)) = (text(word), position(log, seq, hash)) else { return Err(self.gone()) };
        let mut entries = Vec::with_capacity(fields.len() / 4);
        let mut bytes = 0;
        for (fields, seq) in fields.as_chunks::<4>().0.iter().zip(after.0 + 1..) {
            let [id, Value::BulkString(hash), what, Value::BulkString(payload)] = fields else {
                return Err(self.gone());
            };
            let hash = <[u8; 32]>::try_from(hash.as_slice());
            let dense = text(id).and_then(|id| id.strip_suffix("-0")) == Some(seq.to_string().as_str());
            let (true, Ok(hash)) = (dense, hash) else {
                return Err(StoreError::Failed(format!(
                    "entry {seq} is missing in Redis or is not one; it was left as it is"
                )));
            };
            let payload = match (text(what), <[u8; 32]>::try_from(payload.as_slice())) {
                (Some(BLOB), Ok(_)) if bytes >= bytes_max && !entries.is_empty() => break,
                (Some(BLOB), Ok(blob)) => match self.blob(Hash(blob)).await? {
                    Some(content) => content.to_vec(),
                    None => return Err(StoreError::Failed(format!("what entry {seq} says is missing in Redis"))),
                },
                (Some(PAYLOAD), _) => payload.clone(),
                _ => return Err(self.gone()),
            };
            bytes += payload.len();
            // One that is long is known to be so only once it is here.
            if bytes > bytes_max && !entries.is_empty() {
                break;
            }
            entries.push(StoredPayload { seq: Seq(seq), hash: Hash(hash), payload });
        }
        Ok(Stretch { entries, head })
    }

    async fn save_checkpoint(&self, at: Position, state: Bytes) -> Result<(), StoreError> {
        let (hash, state) = hashed(state).await?;
        self.put(self.keys.state(hash), &state).await?;
        let mut call = self.link.scripts.keep_checkpoint.prepare_invoke();
        call.key(&self.keys.log).key(&self.keys.head).key(&self.keys.checkpoint);
        call.arg(&at.log.0).arg(at.seq.0).arg(&at.head.0).arg(hash.to_string()).arg(&self.keys.state_prefix);
        let kept = self.link.quick.with(async |redis| call.invoke_async::<String>(redis).await).await;
        match kept.map_err(|error| failed("keeping a checkpoint", &error))?.as_str() {
            "kept" | "older" => Ok(()),
            _ => Err(StoreError::Failed(format!(
                "entry {} is not of this log's history; its state was not kept",
                at.seq
            ))),
        }
    }

    async fn latest_checkpoint(&self) -> Result<Option<Vec<u8>>, StoreError> {
        for _ in 0..CHECKPOINT_TRIES {
            let mut call = self.link.scripts.find_checkpoint.prepare_invoke();
            call.key(&self.keys.log).key(&self.keys.head).key(&self.keys.checkpoint);
            let found = self.link.quick.with(async |redis| call.invoke_async::<Vec<String>>(redis).await).await;
            let found = found.map_err(|error| failed("looking for a checkpoint", &error))?;
            let hash = match found.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["found", hash] => hash.parse::<Hash>(),
                ["none"] => return Ok(None),
                _ => {
                    tracing::warn!(key = self.keys.checkpoint, "a checkpoint of another history was passed over");
                    return Ok(None);
                }
            };
            let Ok(hash) = hash else { break };
            // One that isn't there any more was replaced just now.
            if let Some(state) = self.get(self.keys.state(hash)).await? {
                let (found, state) = hashed(state).await?;
                if found == hash {
                    return Ok(Some(state.to_vec()));
                }
                break;
            }
        }
        tracing::warn!(key = self.keys.checkpoint, "a damaged or missing checkpoint was passed over");
        Ok(None)
    }

    async fn put_blob(&self, content: Bytes) -> Result<Hash, StoreError> {
        let (hash, content) = hashed(content).await?;
        self.put(self.keys.blob(hash), &content).await?;
        // Named after it is there: what is named is found by whoever copies the log.
        let named =
            self.link.quick.with(async |redis| redis.sadd::<_, _, ()>(&self.keys.blobs, hash.to_string()).await);
        named.await.map_err(|error| failed("storing", &error))?;
        Ok(hash)
    }

    async fn blob(&self, hash: Hash) -> Result<Option<Bytes>, StoreError> {
        let Some(content) = self.get(self.keys.blob(hash)).await? else { return Ok(None) };
        match hashed(content).await? {
            (found, content) if found == hash => Ok(Some(content)),
            _ => Err(StoreError::Failed(format!(
                "blob {hash} is not what it was when it was stored; it is kept as it is"
            ))),
        }
    }

    async fn put(&self, key: String, value: &Bytes) -> Result<(), StoreError> {
        if value.len() > VALUE_BYTES_MAX {
            let bytes = value.len();
            return Err(StoreError::Failed(format!(
                "{bytes} bytes are more than Redis takes ({VALUE_BYTES_MAX}); nothing was stored"
            )));
        }
        let written = self.link.bulk.with(async |redis| redis.set::<_, _, ()>(key, value.as_ref()).await).await;
        written.map_err(|error| failed("storing", &error))
    }

    async fn get(&self, key: String) -> Result<Option<Bytes>, StoreError> {
        let read: RedisResult<Option<Vec<u8>>> = self.link.bulk.with(async |redis| redis.get(key).await).await;
        Ok(read.map_err(|error| failed("fetching", &error))?.map(Bytes::from))
    }

    fn gone(&self) -> StoreError {
        let words = format!("{} is gone from Redis or damaged; nothing was changed", self.keys.log);
        tracing::error!(words);
        StoreError::Failed(words)
    }
}

fn failed(doing: &str, error: &RedisError) -> StoreError {
    tracing::warn!(%error, doing, "Redis failed");
    match refusal(error) {
        Some(why) => StoreError::Failed(why.into()),
        None => StoreError::Away(format!("{doing} failed, since the server's Redis does not answer")),
    }
}

/// The hash of some bytes, computed where it holds up nobody.
async fn hashed(content: Bytes) -> Result<(Hash, Bytes), StoreError> {
    let hashed = tokio::task::spawn_blocking(move || (Hash::of(&content), content));
    hashed.await.map_err(|_| StoreError::Failed("hashing ended early".into()))
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

fn position(log: &Value, seq: &Value, hash: &Value) -> Option<Position> {
    let (Value::BulkString(log), Value::BulkString(hash)) = (log, hash) else { return None };
    let log = LogId(log.as_slice().try_into().ok()?);
    let head = Hash(hash.as_slice().try_into().ok()?);
    Some(Position { log, seq: Seq(text(seq)?.parse().ok()?), head })
}
