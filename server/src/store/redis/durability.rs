//! What a Redis promises, as it is set: read once, when a server starts.

use std::collections::HashMap;

use protocol::Durability;
use redis::aio::ConnectionManager;

use super::link::{Link, words};
use crate::HostError;

/// The oldest Redis that will do.
const VERSION_MIN: u32 = 7;

/// What makes it safe, and stays so when it starts again.
const REMEDY: &str =
    "set appendonly yes and appendfsync always in its configuration file (or by CONFIG SET and CONFIG REWRITE),";

/// Less than an fsync before each acknowledgement, if whoever runs the server accepts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weaker {
    /// A power cut may take the last second.
    EverySecond,
    /// What is in memory may be lost, all of it.
    Memory,
}

/// How a Redis is set, as far as it tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Settings {
    append_only: bool,
    /// None where the setting may not be read.
    fsync: Option<String>,
    /// Nothing is written through while it rewrites its files, which may take long.
    pauses: bool,
    memory_max: u64,
    eviction: String,
}

/// What edits in this Redis are worth, or why that is not enough.
pub(super) async fn of(link: &Link, place: &str, accept: Option<Weaker>) -> Result<Durability, HostError> {
    let read = link.quick.with(async |connection| settings(connection).await).await;
    let unusable = |why: String| HostError::Redis { place: place.into(), why };
    let (version, settings) = read.map_err(|error| unusable(words(&error)))?;
    let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    if major < VERSION_MIN {
        return Err(unusable(format!("it is version {version}, and {VERSION_MIN}.0 or later is needed")));
    }
    judge(&settings, place, accept)
}

fn judge(settings: &Settings, place: &str, accept: Option<Weaker>) -> Result<Durability, HostError> {
    let weak = |why: String, remedy, accept| HostError::Durability { place: place.into(), why, remedy, accept };
    let Settings { append_only, fsync, pauses, memory_max, eviction } = settings;
    let accepted = |weaker| accept.is_some_and(|accept| accept >= weaker);
    // Our keys never expire by themselves, so that only a policy for all keys may drop them.
    if *memory_max > 0 && eviction.starts_with("allkeys") && !accepted(Weaker::Memory) {
        let why = format!("when its memory is full it drops what it holds (maxmemory-policy {eviction})");
        return Err(weak(why, "set maxmemory-policy noeviction there,", "memory"));
    }
    if !append_only {
        if !accepted(Weaker::Memory) {
            let why = "it writes no log of its own (appendonly no)".into();
            return Err(weak(why, REMEDY, "memory"));
        }
        return Ok(Durability::Memory);
    }
    if *pauses && !accepted(Weaker::Memory) {
        let why = "it writes nothing through while it rewrites its files (no-appendfsync-on-rewrite yes)".into();
        return Err(weak(why, "set no-appendfsync-on-rewrite no there,", "memory"));
    }
    let durability = match fsync.as_deref() {
        _ if *pauses => Durability::Memory,
        Some("always") => Durability::RedisFsync,
        Some("everysec") => Durability::RedisEverySecond,
        // What nobody may read may be anything.
        Some(_) | None => Durability::Memory,
    };
    let needed = match durability {
        Durability::RedisFsync => None,
        Durability::RedisEverySecond => Some((Weaker::EverySecond, "every-second")),
        Durability::Memory | Durability::LocalFsync => Some((Weaker::Memory, "memory")),
    };
    match needed {
        Some((weaker, name)) if !accepted(weaker) => {
            let why = match fsync {
                Some(fsync) => format!("it does not write to its disk before it answers (appendfsync {fsync})"),
                None => "it does not let this user read how it writes to its disk (CONFIG GET appendfsync)".into(),
            };
            Err(weak(why, REMEDY, name))
        }
        _ if *memory_max > 0 && eviction.starts_with("allkeys") => Ok(Durability::Memory),
        _ => Ok(durability),
    }
}

/// Its version and settings: by CONFIG where that is allowed, else what INFO tells.
async fn settings(connection: &mut ConnectionManager) -> redis::RedisResult<(String, Settings)> {
    let info: String = redis::cmd("INFO").query_async(connection).await?;
    let told = |key: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        line.unwrap_or_default().trim().to_owned()
    };
    let mut settings = Settings {
        append_only: told("aof_enabled") == "1",
        fsync: None,
        pauses: false,
        memory_max: told("maxmemory").parse().unwrap_or(0),
        eviction: told("maxmemory_policy"),
    };
    let asked = ["appendfsync", "no-appendfsync-on-rewrite"];
    match redis::cmd("CONFIG").arg("GET").arg(&asked).query_async::<HashMap<String, String>>(connection).await {
        Ok(mut told) => {
            settings.fsync = told.remove(asked[0]);
            settings.pauses = told.get(asked[1]).is_some_and(|set| set == "yes");
        }
        Err(error) if error.is_io_error() => return Err(error),
        Err(error) => tracing::info!(%error, "Redis does not say how it writes to its disk"),
    }
    Ok((told("redis_version"), settings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_is_what_is_set() {
        use Durability::{Memory, RedisEverySecond, RedisFsync};
        let settings = |append_only, fsync: Option<&str>, memory_max, eviction: &str| Settings {
            append_only,
            fsync: fsync.map(str::to_owned),
            pauses: false,
            memory_max,
            eviction: eviction.into(),
        };
        let always = settings(true, Some("always"), 0, "noeviction");
        let second = settings(true, Some("everysec"), 0, "noeviction");
        let untold = settings(true, None, 0, "noeviction");
        let never = settings(true, Some("no"), 0, "noeviction");
        let none = settings(false, Some("always"), 0, "noeviction");
        let drops = settings(true, Some("always"), 1 << 30, "allkeys-lru");
        let pauses = Settings { pauses: true, ..always.clone() };
        let drops_timed = settings(true, Some("always"), 1 << 30, "volatile-lru");
        let (no, second_will_do, memory_will_do) = (None, Some(Weaker::EverySecond), Some(Weaker::Memory));
        for (settings, accept, expect) in [
            (&always, no, Ok(RedisFsync)),
            (&always, memory_will_do, Ok(RedisFsync)),
            (&second, no, Err("every-second")),
            (&second, second_will_do, Ok(RedisEverySecond)),
            (&untold, no, Err("memory")),
            (&untold, second_will_do, Err("memory")),
            (&untold, memory_will_do, Ok(Memory)),
            (&pauses, second_will_do, Err("memory")),
            (&pauses, memory_will_do, Ok(Memory)),
            (&never, second_will_do, Err("memory")),
            (&never, memory_will_do, Ok(Memory)),
            (&none, second_will_do, Err("memory")),
            (&none, memory_will_do, Ok(Memory)),
            (&drops, no, Err("memory")),
            (&drops, memory_will_do, Ok(Memory)),
            (&drops_timed, no, Ok(RedisFsync)),
        ] {
            let found = judge(settings, "here", accept);
            let found = found.map_err(|error| match error {
                HostError::Durability { accept, .. } => accept,
                other => panic!("{other}"),
            });
            assert_eq!(found, expect, "{settings:?} {accept:?}");
        }
    }
}
