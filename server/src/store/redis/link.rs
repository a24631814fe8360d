//! The connections of one server to its Redis, shared by all of its drawings: one for what somebody waits for, one for
//! what is large, so that a blob on its way holds up no append, and one that listens.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, ServerErrorKind};

use super::keys::{DRAWINGS, shelf_channel};
use super::listening::Listening;
use super::scripts::Scripts;
use super::signal::{self, NodeId};

/// How long an answer may take that somebody waits for.
const QUICK_MAX: Duration = Duration::from_secs(3);
/// How long storing or fetching something large may take.
const BULK_MAX: Duration = Duration::from_secs(60);
/// How long connecting may take.
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// How often connecting is tried again for one command.
const RETRIES: usize = 2;
/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_millis(400);

/// All that a server has of its Redis.
pub(super) struct Link {
    /// This server's number.
    pub node: NodeId,
    /// Which database of the Redis.
    pub database: i64,
    pub scripts: Scripts,
    /// For what somebody waits for.
    pub quick: Wire,
    /// For what is large.
    pub bulk: Wire,
    pub listening: Listening,
}

impl Link {
    /// Connects; fails at once if nobody is there.
    pub(super) async fn open(client: Client, node: NodeId) -> RedisResult<Link> {
        let database = client.get_connection_info().redis_settings().db();
        let quick = Wire::open(client.clone(), QUICK_MAX).await?;
        let bulk = Wire::open(client.clone(), BULK_MAX).await?;
        let listening = Listening::start(client, node);
        Ok(Link { node, database, scripts: Scripts::new(), quick, bulk, listening })
    }

    /// Changes some of what is listed of a drawing, and tells the other hosts; false if it isn't listed.
    pub(super) async fn change_listed(&self, name: &str, change: &serde_json::Value) -> RedisResult<bool> {
        let mut call = self.scripts.change_listed.prepare_invoke();
        call.key(DRAWINGS).arg(name).arg(change.to_string());
        call.arg(shelf_channel(self.database)).arg(signal::stirred(self.node));
        let changed = self.quick.with(async |redis| call.invoke_async::<String>(redis).await).await;
        Ok(changed? == "changed")
    }
}

/// A connection that is made again when it breaks, or when an answer doesn't come in time.
pub(super) struct Wire {
    client: Client,
    answer_max: Duration,
    current: Mutex<(u64, ConnectionManager)>,
}

impl Wire {
    async fn open(client: Client, answer_max: Duration) -> RedisResult<Wire> {
        let once = config(answer_max).set_number_of_retries(0);
        ConnectionManager::new_with_config(client.clone(), once).await?;
        // Made again at its first use; what was found out above is that this works.
        let current = Mutex::new((0, ConnectionManager::new_lazy_with_config(client.clone(), config(answer_max))?));
        Ok(Wire { client, answer_max, current })
    }

    /// Does something over the connection, within its time.
    pub(super) async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&mut ConnectionManager) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let (number, mut connection) = self.lock().clone();
        let late = || RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
        let answer = tokio::time::timeout(self.answer_max, work(&mut connection)).await;
        let answer = answer.unwrap_or_else(|_| Err(late()));
        if answer.as_ref().is_err_and(|error| error.is_timeout() || is_turned_away(error)) {
            // Perhaps only slow, perhaps a cable that was pulled, of which nobody would hear; or turned away, after which
            // it would not be tried again by itself: begun anew.
            let mut current = self.lock();
            if current.0 == number {
                let fresh = ConnectionManager::new_lazy_with_config(self.client.clone(), config(self.answer_max));
                *current = (number + 1, fresh?);
            }
        }
        answer
    }

    /// Reads something, again if the connection turns out to be one that broke before: reading twice does no harm.
    pub(super) async fn read<T: FromRedisValue>(&self, command: Cmd) -> RedisResult<T> {
        match self.with(async |redis| command.query_async(redis).await).await {
            Err(error) if error.is_io_error() && !error.is_timeout() => {
                self.with(async |redis| command.query_async(redis).await).await
            }
            read => read,
        }
    }

    /// Replacing is one step, so a thread that panicked left a whole connection behind.
    fn lock(&self) -> std::sync::MutexGuard<'_, (u64, ConnectionManager)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether Redis did not let the connection in: its password or its users were changed.
fn is_turned_away(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::AuthenticationFailed) || matches!(error.code(), Some("NOAUTH" | "WRONGPASS"))
}

fn config(answer_max: Duration) -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT_MAX))
        .set_response_timeout(Some(answer_max))
        .set_number_of_retries(RETRIES)
        .set_max_delay(PAUSE_MAX)
}

/// Why Redis will not write, if it said so and nothing was written: it will say the same until somebody mends it.
/// None for all that may pass by itself, or of which nobody knows what became.
pub(super) fn refusal(error: &RedisError) -> Option<&'static str> {
    match error.code()? {
        "OOM" => Some("the server's Redis has no memory left"),
        "READONLY" => Some("the server's Redis is a copy that nobody may write to"),
        "MISCONF" => Some("the server's Redis can't write to its disk"),
        "NOREPLICAS" => Some("the server's Redis has too few copies"),
        "NOPERM" => Some("the server may not write to its Redis"),
        "NOAUTH" | "WRONGPASS" => Some("the server's Redis no longer takes its password"),
        "ERR" => Some("the server's Redis refuses to store it"),
        _ => None,
    }
}

/// What went wrong while connecting, in words.
pub(super) fn words(error: &RedisError) -> String {
    match error.code() {
        _ if is_turned_away(error) => "it does not take this password".into(),
        Some("NOPERM") => format!("this user may not do what is needed ({error})"),
        _ if error.kind() == ErrorKind::Server(ServerErrorKind::BusyLoading) => {
            "it is still reading its data from disk, try again in a moment".into()
        }
        _ if error.is_timeout() => "nobody answers there".into(),
        _ if error.is_connection_refusal() => "nobody listens there".into(),
        _ => error.to_string(),
    }
}
