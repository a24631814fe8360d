//! A log as a file copied into a Redis: the same entries with the same hashes and all blobs. Nobody sees half of it: the
//! drawing is listed as being copied until all of it is there, and a copy that was left halfway is removed an hour later.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use collab::{AppendAnswer, NewPayload};
use oplog::{LogError, LogReader, StoredEntry};
use protocol::{Hash, LogId, Position};
use redis::{Cmd, RedisError};
use serde_json::json;

use super::keys::{DRAWINGS, Keys, OWNER};
use super::shelf::RedisPlace;
use crate::store::Store as _;
use crate::{HostError, Listing, name};

/// Entries and bytes appended at a time.
const ENTRIES_AT_ONCE: usize = 1_000;
const BYTES_AT_ONCE: usize = 4 << 20;

impl RedisPlace {
    /// Every drawing that can be served, by name.
    ///
    /// # Errors
    /// [`HostError::Redis`].
    pub async fn listed(&self) -> Result<Vec<Listing>, HostError> {
        self.drawings().await.map_err(|error| self.unusable(&error))
    }

    /// What the owner is known by, if there is one.
    pub(crate) async fn owner(&self) -> Result<Option<String>, HostError> {
        self.link.quick.read::<Option<String>>(Cmd::get(OWNER)).await.map_err(|error| self.unusable(&error))
    }

    /// What Redis says of itself.
    pub(crate) async fn info(&self) -> Result<String, HostError> {
        self.link.quick.read::<String>(redis::cmd("INFO")).await.map_err(|error| self.unusable(&error))
    }

    /// The drawing whose log has this id, if one has; also one that is just being added or copied.
    pub(super) async fn holder_of(&self, log: LogId) -> Result<Option<String>, RedisError> {
        let mut names = self.link.quick.read::<Vec<String>>(Cmd::hkeys(DRAWINGS)).await?;
        names.sort();
        for name in names {
            let keys = Keys::new(&name, self.link.database);
            let id = self.link.quick.read::<Option<Vec<u8>>>(Cmd::hget(&keys.head, "log")).await?;
            if id.is_some_and(|id| id == log.0) {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    pub(super) async fn adopt(
        &self,
        log: PathBuf,
        title: String,
        wanted: String,
        mut taken: Vec<String>,
    ) -> Result<Listing, HostError> {
        let opened = on_a_thread(&title, move || LogReader::open(log)).await?.0;
        let reader = Arc::new(std::sync::Mutex::new(opened));
        let position = lock(&reader).position();
        let (name, secret, start) = loop {
            let name = name::first_free(&wanted, |name| taken.iter().any(|each| each == name));
            match self.begin_as(&name, &title, position.log, true).await? {
                Some((secret, start)) => break (name, secret, start),
                // Somebody else who uses this Redis was first.
                None => taken.push(name),
            }
        };
        if let Err(error) = self.copy_in(&name, &title, &reader, start, position).await {
            self.remove_unfinished(name).await;
            return Err(error);
        }
        match self.link.change_listed(&name, &json!({ "copying": false })).await {
            Ok(true) => Ok(Listing { name, title, secret, archived: false }),
            Ok(false) => Err(HostError::NoSuchDrawing { name }),
            // Whether it is seen nobody knows: it is whole, or is removed later.
            Err(error) => Err(HostError::Doubtful { title, why: super::link::words(&error) }),
        }
    }

    async fn copy_in(
        &self,
        name: &str,
        title: &str,
        reader: &Arc<std::sync::Mutex<LogReader>>,
        mut at: Position,
        end: Position,
    ) -> Result<(), HostError> {
        let refused = |why: String| HostError::NotAdded { title: title.into(), why };
        let store = self.store(name);
        let from = reader.clone();
        for hash in on_a_thread(title, move || lock(&from).blob_hashes()).await? {
            let from = reader.clone();
            let content = on_a_thread(title, move || lock(&from).blob(&hash)).await?;
            let content = content.ok_or_else(|| refused(format!("blob {hash} is missing")))?;
            let stored: Hash =
                store.put_blob(Bytes::from(content)).await.map_err(|error| refused(error.to_string()))?;
            if stored != hash {
                return Err(refused(format!("blob {hash} was stored as another")));
            }
        }
        while at.seq < end.seq {
            let (from, after) = (reader.clone(), at.seq);
            let entries =
                on_a_thread(title, move || lock(&from).read_after(after, ENTRIES_AT_ONCE, BYTES_AT_ONCE)).await?;
            let payloads = entries.into_iter().map(payload).collect::<Result<Vec<_>, _>>().map_err(refused)?;
            match store.append(at, payloads).await {
                AppendAnswer::Stored(head) if head.seq > at.seq => at = head,
                AppendAnswer::Failed(why) => return Err(refused(why.into())),
                AppendAnswer::Stored(_) | AppendAnswer::Behind(_) | AppendAnswer::Unknown => {
                    return Err(refused("its entries could not be written".into()));
                }
            }
        }
        // The same entries make the same hashes.
        if at == end { Ok(()) } else { Err(refused("its entries do not lead to its end".into())) }
    }
}

fn payload(stored: StoredEntry) -> Result<NewPayload, String> {
    let StoredEntry { payload, time_ms, author, seq, .. } = stored;
    let entry = protocol::decode_entry(&payload).map_err(|error| format!("entry {seq} can't be read: {error}"))?;
    Ok(NewPayload { payload, time_ms, author, kind: entry.event.kind() })
}

/// Reading changes nothing, so a thread that panicked left a whole reader behind.
fn lock(reader: &std::sync::Mutex<LogReader>) -> std::sync::MutexGuard<'_, LogReader> {
    reader.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Reads a log where it holds up nobody.
async fn on_a_thread<T: Send + 'static>(
    title: &str,
    work: impl FnOnce() -> Result<T, LogError> + Send + 'static,
) -> Result<T, HostError> {
    let why = "reading it ended early".to_owned();
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| HostError::NotAdded { title: title.into(), why })??)
}
