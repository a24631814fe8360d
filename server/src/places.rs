//! How many drawings may be at work at a time, and how much they may take: when one more is wanted than there is room for,
//! the one that nobody has been in for the longest goes. One with people in it never does.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::host::Slot;
use crate::live::{Command, Live};
use crate::metrics::Metrics;
use crate::{Host, HostError};

/// How often room is made for one drawing before it is said that there is none.
const TRIES: usize = 32;
/// Open files that a drawing may take: its log, SQLite's two beside it, the lock, a view for reading, checkpoints.
const FILES_OF_ONE: u64 = 8;
/// However few files the system gives, so many drawings are at work.
const OPEN_MIN: usize = 8;

/// The places for drawings at work.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    max: usize,
    bytes_max: u64,
    open: Mutex<BTreeMap<String, Place>>,
}

/// An open drawing, and since when nobody is in it.
#[derive(Debug)]
struct Place {
    slot: Weak<Slot>,
    idle: Idle,
}

/// Since when nobody is in a drawing, by the host's clock in milliseconds; 0 while somebody is, or something is under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Idle(Arc<AtomicU64>);

impl Idle {
    /// It is so from now on.
    pub(crate) fn set(&self, idle: bool, now_ms: u64) {
        let since = self.0.load(Ordering::Relaxed);
        match (idle, since) {
            (true, 0) => self.0.store(now_ms.max(1), Ordering::Relaxed),
            (false, 1..) => self.0.store(0, Ordering::Relaxed),
            _ => {}
        }
    }

    fn since(&self) -> Option<u64> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            since => Some(since),
        }
    }
}

impl Places {
    /// Fewer than are wished for where the system gives the program few files; the other half is for connections.
    pub(crate) fn new(wished: usize, bytes_max: u64) -> Places {
        let files = rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(u64::MAX, |(soft, _)| soft);
        let fit = usize::try_from(files / 2 / FILES_OF_ONE).unwrap_or(usize::MAX).max(OPEN_MIN);
        let max = wished.clamp(1, fit.min(Semaphore::MAX_PERMITS));
        if max < wished {
            tracing::info!(max, wished, files, "fewer drawings can be at work, since few files may be open");
        }
        Places { free: Arc::new(Semaphore::new(max)), max, bytes_max, open: Mutex::default() }
    }

    /// A drawing is at work.
    pub(crate) fn note(&self, name: &str, slot: &Arc<Slot>, idle: Idle) {
        self.lock().insert(name.to_owned(), Place { slot: Arc::downgrade(slot), idle });
    }

    /// Those that nobody is in, the one that has been so for the longest first.
    fn idle(&self) -> Vec<(String, Arc<Slot>)> {
        let mut open = self.lock();
        open.retain(|_, place| place.slot.strong_count() > 0);
        let idle =
            open.iter().filter_map(|(name, place)| Some((place.idle.since()?, name.clone(), place.slot.upgrade()?)));
        let mut idle: Vec<_> = idle.collect();
        idle.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        idle.into_iter().map(|(_, name, slot)| (name, slot)).collect()
    }

    fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    fn is_heavy(&self, metrics: &Metrics) -> bool {
        u64::try_from(metrics.open_bytes.get()).unwrap_or(0) >= self.bytes_max
    }

    /// Each change is one step, so a thread that panicked left a whole map behind.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Place>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host {
    /// A place for one more drawing at work; those that nobody is in make room for it if need be.
    pub(crate) async fn place(&self) -> Result<OwnedSemaphorePermit, HostError> {
        let (places, metrics) = (&self.inner.places, &self.inner.metrics);
        for _ in 0..TRIES {
            // What is heavy is made lighter first; a drawing that is alone may be as heavy as it is.
            if (!places.is_heavy(metrics) || metrics.open.get() == 0)
                && let Ok(place) = places.free.clone().try_acquire_owned()
            {
                return Ok(place);
            }
            if !self.close_one().await {
                break;
            }
        }
        let full = |limit: &'static str, max: u64| Err(HostError::Full { limit, max });
        match places.is_heavy(metrics) {
            true => full("open_bytes_max", places.bytes_max),
            false => full("open_max", places.max as u64),
        }
    }

    /// Closes the drawing that nobody has been in for the longest; false if there is none.
    async fn close_one(&self) -> bool {
        for (name, slot) in self.inner.places.idle() {
            // Somebody is at its door: it isn't idle for long.
            let Ok(mut live) = slot.live.try_lock() else { continue };
            let Some(open) = live.as_ref() else {
                self.inner.places.forget(&name);
                continue;
            };
            if open.is_ended() || retire(open).await {
                open.wait_until_ended().await;
                *live = None;
                drop(live);
                self.inner.places.forget(&name);
                self.inner.metrics.made_room.inc();
                tracing::debug!(drawing = name, "closed, to make room for another");
                return true;
            }
        }
        false
    }
}

/// Asks a drawing to close if nobody is in it; whether it does. Whoever asks keeps its door shut.
async fn retire(live: &Live) -> bool {
    let (answer, asked) = oneshot::channel();
    live.tell(Command::Retire(answer)).await;
    // One that ended meanwhile doesn't answer.
    asked.await.unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_when_nobody_is_there_is_kept_until_somebody_is() {
        let idle = Idle::default();
        for (is_idle, now_ms, expect) in
            [(false, 5, None), (true, 7, Some(7)), (true, 9, Some(7)), (false, 11, None), (true, 0, Some(1))]
        {
            idle.set(is_idle, now_ms);
            assert_eq!(idle.since(), expect, "{is_idle} {now_ms}");
        }
    }

    #[test]
    fn few_files_are_few_drawings() {
        assert_eq!(Places::new(3, 0).max, 3);
        assert_eq!(Places::new(0, 0).max, 1);
        let (files, _) = rlimit::getrlimit(rlimit::Resource::NOFILE).unwrap();
        assert!(Places::new(usize::MAX, 0).max as u64 <= (files / 16).max(8));
    }
}
