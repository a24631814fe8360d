//! Looking at a Redis: whether it keeps what a server promises, and how it does.

use super::Finding;
use crate::HostError;
use crate::store::{RedisOptions, RedisPlace, Weaker};

/// More of its memory than this in use is worth a word, in parts of a hundred.
const MEMORY_PERCENT_MAX: u64 = 80;

/// Looks at the Redis at a URL.
pub async fn look_at_redis(url: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    match RedisPlace::open(&RedisOptions::new(url)).await {
        Ok(_) => found.push(Finding::good("redis", "it writes to its disk before it answers")),
        Err(HostError::Durability { why, remedy, accept, .. }) => {
            let remedy = format!("{remedy} or accept it with --accept-durability {accept}");
            found.push(Finding::wrong(
                "redis",
                format!("it can't promise that what is acknowledged is kept: {why}"),
                remedy,
            ));
        }
        Err(error) => {
            found.push(Finding::wrong("redis", error.to_string(), "start it, or give another address with --redis"));
            return found;
        }
    }
    let place = RedisPlace::open(&RedisOptions { accept: Some(Weaker::Memory), ..RedisOptions::new(url) }).await;
    let (info, listed) = match place {
        Ok(place) => (place.info().await, place.listed().await),
        Err(error) => (Err(error), Ok(Vec::new())),
    };
    match listed {
        Ok(listed) => found.push(Finding::good("drawings", format!("{} are listed", listed.len()))),
        Err(error) => found.push(Finding::wrong("drawings", error.to_string(), "look at what Redis itself logs")),
    }
    match info {
        Ok(info) => found.extend(judge(&info)),
        Err(error) => found.push(Finding::wrong("redis", error.to_string(), "look at what Redis itself logs")),
    }
    found
}

/// What is said of what `INFO` tells.
fn judge(info: &str) -> Vec<Finding> {
    let told = |key: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        line.unwrap_or_default().trim().to_owned()
    };
    let mut found = vec![Finding::good("version", told("redis_version"))];
    if told("role") == "slave" {
        let says = "this Redis is a copy of another, which takes no writes";
        found.push(Finding::wrong("role", says, "name the one that it copies with --redis"));
    }
    for (what, key) in [("append-only file", "aof_last_write_status"), ("rewriting it", "aof_last_bgrewrite_status")] {
        let status = told(key);
        if !status.is_empty() && status != "ok" {
            let says = format!("Redis failed at it last ({status})");
            found.push(Finding::wrong(what, says, "free some space on its disk, and look at what it logs"));
        }
    }
    let number = |key: &str| told(key).parse::<u64>().unwrap_or(0);
    let (used, max) = (number("used_memory"), number("maxmemory"));
    let percent = used.saturating_mul(100).checked_div(max);
    found.push(match percent {
        Some(percent) if percent > MEMORY_PERCENT_MAX => Finding::wrong(
            "memory",
            format!("{percent} % of what it may have is in use; full, it stores nothing more"),
            "raise maxmemory, or take drawings out with linework-server export",
        ),
        Some(percent) => Finding::good("memory", format!("{percent} % of what it may have is in use")),
        None => Finding::good("memory", format!("{} MiB are in use, without a bound", used >> 20)),
    });
    found
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn what_redis_says_is_judged() {
        for (info, wrong) in [
            (
                "redis_version:7.0.15\r\nrole:master\r\naof_last_write_status:ok\r\nused_memory:10\r\nmaxmemory:0\r\n",
                None,
            ),
            ("role:slave\r\n", Some("role")),
            ("aof_last_write_status:err\r\n", Some("append-only file")),
            ("used_memory:90\r\nmaxmemory:100\r\n", Some("memory")),
            ("used_memory:50\r\nmaxmemory:100\r\n", None),
        ] {
            let found = judge(info);
            let first = found.iter().find(|each| each.state == State::Wrong).map(|each| each.what.as_str());
            assert_eq!(first, wrong, "{info}");
        }
    }
}
