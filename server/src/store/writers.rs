//! Who may write to the disk: a bounded number at a time, in the order of asking. A drawing has one append under way, so
//! that a busy one waits behind every other that has something to store, and none behind all that the busy one has.

use std::sync::Arc;
use std::time::Instant;

use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::metrics::Metrics;

/// How many appends are on their way to the disk at a time: enough that their fsyncs share the disk's journal, few enough
/// that one more waits for few.
const APPENDS_AT_ONCE: usize = 8;
/// How many large things (blobs, checkpoints) are; nobody waits for these.
const LARGE_AT_ONCE: usize = 2;

/// The one budget of a host for writing.
#[derive(Debug)]
pub(crate) struct Writers {
    appends: Arc<Semaphore>,
    large: Arc<Semaphore>,
    turn_s: Histogram,
    commit_s: Histogram,
}

/// Held while one writes.
pub(crate) type Turn = Option<OwnedSemaphorePermit>;

impl Writers {
    pub(crate) fn new(metrics: &Metrics) -> Writers {
        Writers {
            appends: Arc::new(Semaphore::new(APPENDS_AT_ONCE)),
            large: Arc::new(Semaphore::new(LARGE_AT_ONCE)),
            turn_s: metrics.turn_s.clone(),
            commit_s: metrics.commit_s.clone(),
        }
    }

    /// Waits for one's turn to append.
    pub(crate) async fn append(&self) -> Turn {
        let asked = Instant::now();
        let turn = self.appends.clone().acquire_owned().await;
        self.turn_s.observe(asked.elapsed().as_secs_f64());
        // Nobody closes it.
        turn.ok()
    }

    /// Waits for one's turn to write something large.
    pub(crate) async fn large(&self) -> Turn {
        self.large.clone().acquire_owned().await.ok()
    }

    /// A transaction was on the disk after this long.
    pub(crate) fn note_commit(&self, began: Instant) {
        self.commit_s.observe(began.elapsed().as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::task::Poll;

    use super::*;

    /// What is there already, if it is.
    async fn poll<F: Future + ?Sized>(waiting: &mut Pin<Box<F>>) -> Option<F::Output> {
        poll_fn(|context| match waiting.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    #[tokio::test]
    async fn turns_come_in_the_order_of_asking() {
        let writers = Arc::new(Writers::new(&Metrics::new()));
        let mut taken = Vec::new();
        for _ in 0..APPENDS_AT_ONCE {
            taken.push(writers.append().await);
        }
        let mut waiting = Vec::new();
        for _ in 0..3 {
            let writers = writers.clone();
            let mut turn = Box::pin(async move { writers.append().await });
            assert!(poll(&mut turn).await.is_none(), "all turns are taken");
            waiting.push(turn);
        }
        // However the others are looked at, who asked first is first.
        for next in 0..3 {
            taken.remove(0);
            for later in (next + 1..3).rev() {
                assert!(poll(&mut waiting[later]).await.is_none(), "{later} before {next}");
            }
            taken.push(poll(&mut waiting[next]).await.expect("it is its turn"));
        }
        drop((taken, waiting));
        assert_eq!(writers.appends.available_permits(), APPENDS_AT_ONCE);
    }
}
