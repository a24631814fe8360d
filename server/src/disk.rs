//! Room on the disk: looked at now and then, told once when it runs short.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::{MissedTickBehavior, interval};

use crate::HostEvent;

/// How often the disk is looked at.
const PAUSE: Duration = Duration::from_secs(30);
/// Less than this is little: a few checkpoints of a large drawing.
const LITTLE_BYTES: u64 = 512 << 20;
/// Told again only once there was as much as this.
const ENOUGH_BYTES: u64 = 1 << 30;

/// Looks at the disk of a folder for ever, and tells when it fills.
pub(crate) async fn watch(folder: PathBuf, tell: broadcast::Sender<HostEvent>) {
    let mut tick = interval(PAUSE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut watch = Watch::default();
    loop {
        tick.tick().await;
        let path = folder.clone();
        // A network disk that hangs must not hold anything else up.
        match tokio::task::spawn_blocking(move || fs4::available_space(path)).await {
            Ok(Ok(free_bytes)) if watch.is_news(free_bytes) => {
                tracing::warn!(free_mb = free_bytes >> 20, "the disk with the drawings is filling up");
                // Nobody has to listen.
                let _ = tell.send(HostEvent::DiskFilling { free_bytes });
            }
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(%error, "how full the disk is can't be told"),
            Err(error) => tracing::debug!(%error, "looking at the disk ended early"),
        }
    }
}

/// Whether what is free is worth a word.
#[derive(Debug, Default)]
struct Watch {
    told: bool,
}

impl Watch {
    fn is_news(&mut self, free_bytes: u64) -> bool {
        if free_bytes >= ENOUGH_BYTES {
            self.told = false;
        }
        let news = free_bytes < LITTLE_BYTES && !self.told;
        self.told |= news;
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_fills_is_told_once_until_there_was_room_again() {
        let mut watch = Watch::default();
        for (free_mb, expect) in [
            (5_000, false),
            (600, false),
            (400, true),
            (300, false),
            (700, false),
            (400, false),
            (1_024, false),
            (1, true),
        ] {
            assert_eq!(watch.is_news(free_mb << 20), expect, "{free_mb} MB");
        }
    }
}
