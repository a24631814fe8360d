//! The drawings of a Redis: listed in one hash, each with its title, its secret and its log, so that every server over
//! the same Redis lists and opens the same.

use std::sync::Arc;

use protocol::{Durability, Hash, LogId, Position, Seq};
use redis::{AsyncCommands as _, Client, RedisError};
use serde::{Deserialize, Serialize};

use super::keys::{DRAWINGS, Keys};
use super::link::{Link, words};
use super::signal::NodeId;
use super::{RedisOptions, RedisStore, durability};
use crate::shelf::{Created, Shelf};
use crate::store::{Pending, Store};
use crate::{HostError, Listing, name, secret};

/// A Redis as the place of a host's drawings.
pub(crate) struct RedisShelf {
    place: RedisPlace,
}

/// A Redis that was found to be there and to keep what it is given. Clones are the same connections.
#[derive(Clone)]
pub struct RedisPlace {
    link: Arc<Link>,
    /// Where, without what lets one in.
    address: String,
    durability: Durability,
}

/// What is listed of a drawing.
#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    title: String,
    secret: String,
}

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

    /// Starts an empty log.
    ///
    /// # Errors
    /// [`HostError::Redis`].
    pub async fn start_log(&self, name: &str, log: LogId) -> Result<Position, HostError> {
        let keys = Keys::new(name, self.link.database);
        let start = Position { log, seq: Seq(0), head: Hash([0; 32]) };
        let fields = [("log", log.0.to_vec()), ("seq", b"0".to_vec()), ("hash", start.head.0.to_vec())];
        let written = self.link.quick.with(async |redis| redis.hset_multiple::<_, _, _, ()>(&keys.head, &fields).await);
        written.await.map_err(|error| self.unusable(&error))?;
        Ok(start)
    }

    fn unusable(&self, error: &RedisError) -> HostError {
        HostError::Redis { place: self.address.clone(), why: words(error) }
    }

    async fn drawings(&self) -> Result<Vec<Listing>, HostError> {
        let all = self.link.quick.with(async |redis| redis.hgetall::<_, Vec<(String, Vec<u8>)>>(DRAWINGS).await).await;
        let mut found = Vec::new();
        for (name, listed) in all.map_err(|error| self.unusable(&error))? {
            found.extend(self.listing(name, &listed).await?);
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    async fn find(&self, name: String) -> Result<Option<Listing>, HostError> {
        let listed =
            self.link.quick.with(async |redis| redis.hget::<_, _, Option<Vec<u8>>>(DRAWINGS, &name).await).await;
        match listed.map_err(|error| self.unusable(&error))? {
            Some(listed) => self.listing(name, &listed).await,
            None => Ok(None),
        }
    }

    /// A drawing that is listed, if its log was begun.
    async fn listing(&self, name: String, listed: &[u8]) -> Result<Option<Listing>, HostError> {
        let keys = Keys::new(&name, self.link.database);
        let seq = self.link.quick.with(async |redis| redis.hget::<_, _, Option<u64>>(&keys.head, "seq").await).await;
        let begun = seq.map_err(|error| self.unusable(&error))?.is_some_and(|seq| seq > 0);
        match serde_json::from_slice::<Listed>(listed) {
            Ok(Listed { title, secret }) if begun && name::is_name(&name) => Ok(Some(Listing { name, title, secret })),
            Ok(_) => {
                tracing::warn!(name, "passed over: adding it was never finished, or an address can't name it");
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
        let secret = secret::new_secret()?;
        let unlisted = |why: String| HostError::NotAdded { title: title.clone(), why };
        let listed = serde_json::to_vec(&Listed { title: title.clone(), secret: secret.clone() })
            .map_err(|error| unlisted(error.to_string()))?;
        loop {
            let name = name::first_free(&wanted, |name| taken.iter().any(|each| each == name));
            let first =
                self.link.quick.with(async |redis| redis.hset_nx::<_, _, _, bool>(DRAWINGS, &name, &listed).await);
            if first.await.map_err(|error| unlisted(words(&error)))? {
                let start = self.start_log(&name, LogId(secret::random()?)).await?;
                let store = Arc::new(self.store(&name));
                return Ok(Created { listing: Listing { name, title, secret }, store, start });
            }
            // Somebody else who uses this Redis was first.
            taken.push(name);
        }
    }

    async fn remove_unfinished(&self, name: String) {
        let keys = Keys::new(&name, self.link.database);
        // What is left of blobs is found under their hash if the same drawing is added again.
        let removed = self.link.quick.with(async |redis| {
            redis.hdel::<_, _, ()>(DRAWINGS, &name).await?;
            redis.unlink::<_, ()>(&[&keys.log, &keys.head, &keys.checkpoint, &keys.people]).await
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

    /// Every drawing that can be served, by name. What can't is left as it is and told to the log.
    pub(crate) async fn drawings(&self) -> Result<Vec<Listing>, HostError> {
        self.place.drawings().await
    }
}

impl Shelf for RedisShelf {
    fn kind(&self) -> &'static str {
        RedisStore::KIND
    }

    fn durability(&self) -> Durability {
        self.place.durability
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn find(&self, name: &str) -> Pending<Result<Option<Listing>, HostError>> {
        let (place, name) = (self.place.clone(), name.to_owned());
        Box::pin(async move { place.find(name).await })
    }

    fn create(&self, title: &str, taken: Vec<String>) -> Pending<Result<Created, HostError>> {
        let (place, title) = (self.place.clone(), title.to_owned());
        Box::pin(async move { place.create(title, taken).await })
    }

    fn remove_unfinished(&self, name: &str) -> Pending<()> {
        let (place, name) = (self.place.clone(), name.to_owned());
        Box::pin(async move { place.remove_unfinished(name).await })
    }

    fn open(&self, name: &str) -> Pending<Result<Arc<dyn Store>, HostError>> {
        let store: Arc<dyn Store> = Arc::new(self.place.store(name));
        Box::pin(async move { Ok(store) })
    }
}

impl std::fmt::Debug for RedisShelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisShelf").field("address", &self.place.address).finish_non_exhaustive()
    }
}
