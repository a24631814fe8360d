//! The drawings of a Redis: listed in one hash, each with its title, its secret and its log, so that every server over
//! the same Redis lists and opens the same.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use protocol::{Durability, Hash, LogId, Millis, Position, Seq};
use redis::{AsyncCommands as _, Client, Cmd, RedisError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;

use super::keys::{DRAWINGS, Keys, OWNER, shelf_channel};
use super::link::{Link, refusal, words};
use super::signal::{self, NodeId};
use super::{RedisOptions, RedisStore, durability};
use crate::shelf::{Created, Shared, Shelf};
use crate::store::{Pending, Signal, Store};
use crate::{HostError, Listing, name, secret};

/// A Redis as the place of a host's drawings.
pub(crate) struct RedisShelf {
    place: RedisPlace,
}

/// A Redis that was found to be there and to keep what it is given. Clones are the same connections.
#[derive(Clone)]
pub struct RedisPlace {
    pub(super) link: Arc<Link>,
    /// Where, without what lets one in.
    address: String,
    durability: Durability,
}

/// What is listed of a drawing.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Listed {
    pub title: String,
    secret: String,
    #[serde(default)]
    archived: bool,
    /// When it began to be added, in milliseconds since 1970 by the clock of whoever added it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begun_ms: Option<Millis>,
    /// Its history is being copied: nobody may see half of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    copying: bool,
}

/// Whoever adds a drawing has done it, or will never, after this.
const ADDING_MAX: Duration = Duration::from_secs(60 * 60);

impl RedisPlace {
    /// Connects, and finds out what this Redis promises.
    ///
    /// # Errors
    /// [`HostError::Redis`], [`HostError::Durability`], [`HostError::Random`].
    pub async fn open(options: &RedisOptions) -> Result<RedisPlace, HostError> {
        let client = Client::open(options.url.as_str()).map_err(|_| HostError::Redis {
            place: "the address that was given".into(),
            why: "it is none; one looks like redis://127.0.0.1:6379 or redis://user:password@host:6379/1".into(),
        })?;
        let address = client.get_connection_info().addr().to_string();
        let unusable = |error: RedisError| HostError::Redis { place: address.clone(), why: words(&error) };
        let link = Link::open(client, NodeId(secret::random()?)).await.map_err(unusable)?;
        let durability = durability::of(&link, &address, options.accept).await?;
        Ok(RedisPlace { link: Arc::new(link), address, durability })
    }

    /// The log of a drawing, which is or will be there.
    pub fn store(&self, name: &str) -> RedisStore {
        RedisStore::new(self.link.clone(), Keys::new(name, self.link.database), self.durability)
    }

    /// Lists a drawing and starts its log, which is empty; its secret and where the log starts. None where there is a
    /// drawing of that name.
    ///
    /// # Errors
    /// [`HostError::NotAdded`], `Random`.
    pub async fn begin(&self, name: &str, title: &str, log: LogId) -> Result<Option<(String, Position)>, HostError> {
        self.begin_as(name, title, log, false).await
    }

    pub(super) async fn begin_as(
        &self,
        name: &str,
        title: &str,
        log: LogId,
        copying: bool,
    ) -> Result<Option<(String, Position)>, HostError> {
        let secret = secret::new_secret()?;
        let unlisted = |why: String| HostError::NotAdded { title: title.into(), why };
        let listed =
            Listed { title: title.into(), secret: secret.clone(), archived: false, begun_ms: Some(now_ms()), copying };
        let listed = serde_json::to_vec(&listed).map_err(|error| unlisted(error.to_string()))?;
        let first = self.link.quick.with(async |redis| redis.hset_nx::<_, _, _, bool>(DRAWINGS, name, &listed).await);
        if !first.await.map_err(|error| unlisted(words(&error)))? {
            return Ok(None);
        }
        let keys = Keys::new(name, self.link.database);
        let start = Position { log, seq: Seq(0), head: Hash([0; 32]) };
        let fields = [("log", log.0.to_vec()), ("seq", b"0".to_vec()), ("hash", start.head.0.to_vec())];
        let written = self.link.quick.with(async |redis| redis.hset_multiple::<_, _, _, ()>(&keys.head, &fields).await);
        written.await.map_err(|error| unlisted(words(&error)))?;
        Ok(Some((secret, start)))
    }

    pub(super) fn unusable(&self, error: &RedisError) -> HostError {
        HostError::Redis { place: self.address.clone(), why: words(error) }
    }

    pub(super) async fn drawings(&self) -> Result<Vec<Listing>, RedisError> {
        let all = self.link.quick.read::<Vec<(String, Vec<u8>)>>(Cmd::hgetall(DRAWINGS)).await;
        let mut found = Vec::new();
        for (name, listed) in all? {
            found.extend(self.listing(name, &listed).await?);
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    async fn find(&self, name: String) -> Result<Option<Listing>, RedisError> {
        let listed = self.link.quick.read::<Option<Vec<u8>>>(Cmd::hget(DRAWINGS, &name)).await;
        match listed? {
            Some(listed) => self.listing(name, &listed).await,
            None => Ok(None),
        }
    }

    /// A drawing that is listed, if its log was begun.
    async fn listing(&self, name: String, listed: &[u8]) -> Result<Option<Listing>, RedisError> {
        let keys = Keys::new(&name, self.link.database);
        let seq = self.link.quick.read::<Option<u64>>(Cmd::hget(&keys.head, "seq")).await;
        let begun = seq?.is_some_and(|seq| seq > 0);
        match serde_json::from_slice::<Listed>(listed) {
            Ok(Listed { title, secret, archived, copying: false, .. }) if begun && name::is_name(&name) => {
                Ok(Some(Listing { name, title, secret, archived }))
            }
            Ok(_) => {
                tracing::debug!(name, "passed over: adding it was never finished, or an address can't name it");
                Ok(None)
            }
            Err(error) => {
                tracing::warn!(name, %error, "passed over: what is listed of it can't be read");
                Ok(None)
            }
        }
    }

    async fn create(&self, title: String, mut taken: Vec<String>) -> Result<Created, HostError> {
        let wanted = name::slug(&title);
        loop {
            let name = name::first_free(&wanted, |name| taken.iter().any(|each| each == name));
            if let Some((secret, start)) = self.begin(&name, &title, LogId(secret::random()?)).await? {
                let store = Arc::new(self.store(&name));
                return Ok(Created { listing: Listing { name, title, secret, archived: false }, store, start });
            }
            // Somebody else who uses this Redis was first.
            taken.push(name);
        }
    }

    /// Changes some of what is listed of a drawing.
    async fn change(&self, name: String, change: serde_json::Value) -> Result<(), HostError> {
        match self.link.change_listed(&name, &change).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(HostError::NoSuchDrawing { name }),
            Err(error) => Err(uncertain(name, &error)),
        }
    }

    async fn keep_owner(&self, key: String) -> Result<(), HostError> {
        let kept = self.link.quick.with(async |redis| redis.set::<_, _, ()>(OWNER, key).await).await;
        kept.map_err(|error| uncertain("the owner's secret".into(), &error))?;
        self.announce().await;
        Ok(())
    }

    async fn announce(&self) {
        let (channel, signal) = (shelf_channel(self.link.database), signal::stirred(self.link.node));
        let said = self.link.quick.with(async |redis| redis.publish::<_, _, ()>(channel, signal).await).await;
        if let Err(error) = said {
            tracing::debug!(%error, "the other hosts find out by themselves, a little later");
        }
    }

    /// Removes what servers that ended while they added a drawing left behind of it.
    async fn remove_long_unfinished(&self) -> Result<(), RedisError> {
        let all = self.link.quick.read::<Vec<(String, Vec<u8>)>>(Cmd::hgetall(DRAWINGS)).await;
        for (name, listed) in all? {
            let listed = serde_json::from_slice::<Listed>(&listed);
            let copying = listed.as_ref().is_ok_and(|listed| listed.copying);
            let begun_ms = listed.ok().and_then(|listed| listed.begun_ms);
            if begun_ms.is_none_or(|begun_ms| now_ms().saturating_sub(begun_ms) < ADDING_MAX.as_millis() as Millis) {
                continue;
            }
            let keys = Keys::new(&name, self.link.database);
            let seq = self.link.quick.read::<Option<u64>>(Cmd::hget(&keys.head, "seq")).await?;
            if copying || seq.is_none_or(|seq| seq == 0) {
                tracing::warn!(name, "removed: adding it was never finished");
                self.remove_unfinished(name).await;
            }
        }
        Ok(())
    }

    pub(super) async fn remove_unfinished(&self, name: String) {
        let keys = Keys::new(&name, self.link.database);
        let removed = self.link.quick.with(async |redis| {
            for hash in redis.smembers::<_, Vec<String>>(&keys.blobs).await? {
                if let Ok(hash) = hash.parse::<Hash>() {
                    redis.unlink::<_, ()>(keys.blob(hash)).await?;
                }
            }
            redis.unlink::<_, ()>(&[&keys.log, &keys.head, &keys.checkpoint, &keys.people, &keys.blobs]).await?;
            // The name last: until then nobody else takes it.
            redis.hdel::<_, _, ()>(DRAWINGS, &name).await
        });
        if let Err(error) = removed.await {
            tracing::warn!(name, %error, "left behind in Redis");
        }
    }
}

impl RedisShelf {
    pub(crate) async fn open(options: &RedisOptions) -> Result<RedisShelf, HostError> {
        let place = RedisPlace::open(options).await?;
        tracing::info!(redis = place.address, durability = ?place.durability, node = %place.link.node, "connected");
        Ok(RedisShelf { place })
    }

    /// Every drawing that can be served, by name, when a host starts. What can't is left as it is.
    pub(crate) async fn all_drawings(&self) -> Result<Vec<Listing>, HostError> {
        self.place.remove_long_unfinished().await.map_err(|error| self.place.unusable(&error))?;
        self.place.drawings().await.map_err(|error| self.place.unusable(&error))
    }

    /// What the owner is known by, which is this if there was no owner yet.
    pub(crate) async fn owner_or(&self, key: String) -> Result<String, HostError> {
        let kept = self.place.link.quick.with(async |redis| {
            redis.set_nx::<_, _, bool>(OWNER, key).await?;
            redis.get::<_, String>(OWNER).await
        });
        kept.await.map_err(|error| self.place.unusable(&error))
    }
}

impl Shelf for RedisShelf {
    fn kind(&self) -> &'static str {
        RedisStore::KIND
    }

    fn durability(&self) -> Durability {
        self.place.durability
    }

    fn folder(&self) -> Option<&Path> {
        None
    }

    fn shared(&self) -> Option<&dyn Shared> {
        Some(self)
    }

    fn create(&self, title: &str, taken: Vec<String>) -> Pending<Result<Created, HostError>> {
        let (place, title) = (self.place.clone(), title.to_owned());
        Box::pin(async move { place.create(title, taken).await })
    }

    /// A log with an entry is finished; there is nothing else to say.
    fn finish(&self, _: &str) -> Pending<()> {
        Box::pin(async {})
    }

    fn remove_unfinished(&self, name: &str) -> Pending<()> {
        let (place, name) = (self.place.clone(), name.to_owned());
        Box::pin(async move { place.remove_unfinished(name).await })
    }

    fn holder_of(&self, log: LogId) -> Pending<Result<Option<String>, HostError>> {
        let place = self.place.clone();
        Box::pin(async move { place.holder_of(log).await.map_err(|error| place.unusable(&error)) })
    }

    fn adopt(
        &self,
        log: PathBuf,
        title: &str,
        wanted: String,
        taken: Vec<String>,
    ) -> Pending<Result<Listing, HostError>> {
        let (place, title) = (self.place.clone(), title.to_owned());
        Box::pin(async move { place.adopt(log, title, wanted, taken).await })
    }

    fn open(&self, name: &str) -> Pending<Result<Arc<dyn Store>, HostError>> {
        let store: Arc<dyn Store> = Arc::new(self.place.store(name));
        Box::pin(async move { Ok(store) })
    }

    fn check(&self) -> Pending<Result<(), HostError>> {
        let place = self.place.clone();
        Box::pin(async move {
            let answer = place.link.quick.read::<String>(redis::cmd("PING")).await;
            answer.map(|_| ()).map_err(|error| place.unusable(&error))
        })
    }

    fn set_archived(&self, name: &str, archived: bool) -> Pending<Result<(), HostError>> {
        let (place, name) = (self.place.clone(), name.to_owned());
        Box::pin(async move { place.change(name, json!({ "archived": archived })).await })
    }

    fn renew_secret(&self, name: &str) -> Pending<Result<String, HostError>> {
        let (place, name) = (self.place.clone(), name.to_owned());
        Box::pin(async move {
            let secret = secret::new_secret()?;
            place.change(name, json!({ "secret": secret })).await?;
            Ok(secret)
        })
    }

    /// Nobody holds a Redis alone.
    fn let_go(&self) {}

    fn keep_owner(&self, key: String) -> Pending<Result<(), HostError>> {
        let place = self.place.clone();
        Box::pin(async move { place.keep_owner(key).await })
    }
}

impl Shared for RedisShelf {
    fn changes(&self) -> mpsc::Receiver<Signal> {
        self.place.link.listening.listen(&shelf_channel(self.place.link.database))
    }

    fn announce(&self) -> Pending<()> {
        let place = self.place.clone();
        Box::pin(async move { place.announce().await })
    }

    fn drawings(&self) -> Pending<Result<Vec<Listing>, HostError>> {
        let place = self.place.clone();
        Box::pin(async move { place.drawings().await.map_err(|error| away("the list of drawings".into(), &error)) })
    }

    fn find(&self, name: &str) -> Pending<Result<Option<Listing>, HostError>> {
        let (place, name) = (self.place.clone(), name.to_owned());
        Box::pin(async move { place.find(name.clone()).await.map_err(|error| away(name, &error)) })
    }

    fn owner(&self) -> Pending<Result<Option<String>, HostError>> {
        let place = self.place.clone();
        Box::pin(async move {
            let kept = place.link.quick.read::<Option<String>>(Cmd::get(OWNER)).await;
            kept.map_err(|error| away("the owner's secret".into(), &error))
        })
    }
}

fn now_ms() -> Millis {
    // A clock before 1970 is a broken one; nothing is removed by it.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as Millis)
}

/// What can't be read while a host runs.
fn away(what: String, error: &RedisError) -> HostError {
    tracing::warn!(what, %error, "Redis failed");
    let why = if error.is_io_error() { "the server's Redis does not answer".into() } else { words(error) };
    HostError::Unread { what, why }
}

/// What can't be changed, or perhaps was.
fn uncertain(title: String, error: &RedisError) -> HostError {
    tracing::warn!(title, %error, "Redis failed");
    match refusal(error) {
        Some(why) => HostError::Refused { title, why: why.into() },
        None => HostError::Doubtful { title, why: "the server's Redis does not answer".into() },
    }
}

impl std::fmt::Debug for RedisShelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisShelf").field("address", &self.place.address).finish_non_exhaustive()
    }
}
