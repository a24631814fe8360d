//! A log of a Redis as a file of its own: the same entries with the same hashes, all blobs, the title. No checkpoint is in
//! it: whoever opens it reads it from its start.

use std::path::{Path, PathBuf};

use oplog::{Appended, Log, LogError, NewEntry};
use protocol::{Hash, Position, Seq};
use redis::streams::{StreamId, StreamRangeReply};
use redis::{AsyncCommands as _, FromRedisValue};

use super::keys::DRAWINGS;
use super::shelf::Listed;
use super::{RedisLog, failed};
use crate::store::{StoreError, TITLE};

/// Bytes of entries that are copied at a time.
const STRETCH_BYTES: usize = 4 << 20;

/// Copies the log as it is now to a path where nothing is yet. What is half done is removed if it comes to nothing.
pub(super) async fn write(log: &RedisLog, to: PathBuf) -> Result<(), StoreError> {
    let folder = to.parent().map_or_else(PathBuf::new, Path::to_owned);
    let building = on_a_thread(move || tempfile::tempdir_in(folder).map_err(|error| words(&error))).await?;
    let path = building.path().join("log.linework");
    // What is appended from here on is not copied.
    let head = log.read_after(Seq(0), 0).await?.head;
    let title = log.title().await?;
    let made = path.clone();
    let mut copy = on_a_thread(move || {
        let mut copy = Log::create(made, head.log)?;
        if let Some(title) = title {
            copy.set_meta(TITLE, &title)?;
        }
        Ok::<_, LogError>(copy)
    })
    .await?;
    for hash in log.blob_hashes().await? {
        let content = log.blob(hash).await?;
        let content = content.ok_or_else(|| StoreError::Failed(format!("blob {hash} is gone; nothing was copied")))?;
        copy = on_a_thread(move || copy.put_blob(&content).map(|_| copy)).await?;
    }
    let mut at = Position::start(head.log);
    while at.seq < head.seq {
        let entries = log.entries_after(at.seq, head.seq).await?;
        let end = entries.iter().fold(at, |at, entry| at.after(&entry.payload));
        let after = at;
        copy = on_a_thread(move || match copy.append(&after, &entries) {
            Ok(Appended::Stored(stored)) if stored == end => Ok(copy),
            Ok(_) => Err(format!("the entries after {} don't follow one another", after.seq)),
            Err(error) => Err(error.to_string()),
        })
        .await?;
        at = end;
    }
    if at != head {
        return Err(StoreError::Failed("the entries don't lead to the log's head; nothing was copied".into()));
    }
    on_a_thread(move || {
        copy.close()?;
        oplog::backup(&path, to)?;
        drop(building);
        Ok::<_, LogError>(())
    })
    .await
}

impl RedisLog {
    /// The title, if the drawing is listed.
    async fn title(&self) -> Result<Option<String>, StoreError> {
        let name = &self.keys.name;
        let listed =
            self.link.quick.with(async |redis| redis.hget::<_, _, Option<Vec<u8>>>(DRAWINGS, name).await).await;
        let Some(listed) = listed.map_err(|error| failed("reading the title", &error))? else { return Ok(None) };
        let listed = serde_json::from_slice::<Listed>(&listed);
        listed.map(|listed| Some(listed.title)).map_err(|error| StoreError::Failed(words(&error)))
    }

    async fn blob_hashes(&self) -> Result<Vec<Hash>, StoreError> {
        let named = self.link.quick.with(async |redis| redis.smembers::<_, Vec<String>>(&self.keys.blobs).await).await;
        let mut named = named.map_err(|error| failed("looking for blobs", &error))?;
        named.sort_unstable();
        let damaged = |name| StoreError::Failed(format!("{name} names no blob; nothing was copied"));
        named.into_iter().map(|name| name.parse::<Hash>().map_err(|_| damaged(name))).collect()
    }

    /// Some entries after a place and up to another, with what people read of them.
    async fn entries_after(&self, after: Seq, upto: Seq) -> Result<Vec<NewEntry>, StoreError> {
        // This is bounded in bytes, which a range is not; what it doesn't tell is asked for then.
        let stretch = self.read_after(after, STRETCH_BYTES).await?;
        let stretch: Vec<_> = stretch.entries.into_iter().take_while(|entry| entry.seq <= upto).collect();
        let Some(last) = stretch.last().map(|entry| entry.seq) else { return Err(self.gone()) };
        let (first, last) = (format!("{}-0", after.0 + 1), format!("{last}-0"));
        let range = self
            .link
            .quick
            .with(async |redis| redis.xrange::<_, _, _, StreamRangeReply>(&self.keys.log, first, last).await);
        let range = range.await.map_err(|error| failed("reading", &error))?.ids;
        if range.len() != stretch.len() {
            return Err(self.gone());
        }
        let entries = stretch.into_iter().zip(&range).map(|(stored, notes)| {
            let text = |field: &str| field_of::<String>(notes, field);
            let (time_ms, author, kind) = (field_of::<u64>(notes, "time_ms")?, text("author")?, text("kind")?);
            Some(NewEntry { payload: stored.payload, time_ms, author, kind })
        });
        entries.collect::<Option<_>>().ok_or_else(|| self.gone())
    }
}

fn field_of<T: FromRedisValue>(notes: &StreamId, field: &str) -> Option<T> {
    notes.get(field)
}

fn words(error: &impl ToString) -> String {
    error.to_string()
}

/// Does something with files where it holds up nobody.
async fn on_a_thread<T: Send + 'static, E: ToString + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|_| StoreError::Failed("copying ended early".into()))?;
    done.map_err(|error| StoreError::Failed(error.to_string()))
}
