//! Work that must not keep the window waiting: a few threads that take closures, first come, first served.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// How many pieces of work may wait; beyond that the one who gives work does it.
const WAITING_MAX: usize = 1 << 16;

type Job = Box<dyn FnOnce() + Send>;

/// Threads that take work. Dropping the last handle lets them finish what they are at and end.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
    _alive: Arc<Alive>,
}

struct Shared {
    queue: Mutex<Queue>,
    come: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: std::collections::VecDeque<Job>,
    ended: bool,
}

/// Ends the threads when the last handle goes.
struct Alive(Arc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.ended = true;
        queue.jobs.clear();
        self.0.come.notify_all();
    }
}

impl Pool {
    /// So many threads.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn new(threads: usize) -> std::io::Result<Pool> {
        let shared = Arc::new(Shared { queue: Mutex::default(), come: Condvar::new() });
        for number in 0..threads {
            let shared = shared.clone();
            thread::Builder::new().name(format!("work-{number}")).spawn(move || run(&shared))?;
        }
        Ok(Pool { _alive: Arc::new(Alive(shared.clone())), shared })
    }

    /// Has `job` done on one of the threads.
    pub fn give(&self, job: impl FnOnce() + Send + 'static) {
        let mut queue = self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.jobs.len() >= WAITING_MAX {
            drop(queue);
            job();
            return;
        }
        queue.jobs.push_back(Box::new(job));
        self.shared.come.notify_one();
    }
}

fn run(shared: &Shared) {
    loop {
        let mut queue = shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let job = loop {
            if queue.ended {
                return;
            }
            match queue.jobs.pop_front() {
                Some(job) => break job,
                None => queue = shared.come.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(queue);
        // What is shared with a job is behind locks that survive a panic; the thread is for the next one.
        if std::panic::catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a piece of work broke off; the next ones go on");
        }
    }
}

/// Does `work` where a panic must not end more than this piece of it; says so in words.
pub fn caught<T>(what: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(anyhow::anyhow!("{what} broke off: a mistake in Linework, and nothing you did")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn work_that_breaks_off_does_not_stop_the_next_and_says_so() {
        let pool = Pool::new(1).unwrap();
        let (done, results) = mpsc::channel();
        for number in 0..3u32 {
            let done = done.clone();
            pool.give(move || {
                let result = caught("counting", || {
                    assert_ne!(number, 1, "a job of the test that panics");
                    Ok(number)
                });
                done.send(result.map_err(|error| error.to_string())).unwrap();
            });
        }
        pool.give(|| panic!("a job of the test that nobody watches"));
        pool.give(move || done.send(Ok(9)).unwrap());
        let results: Vec<_> = results.iter().collect();
        assert!(matches!(&results[..], [Ok(0), Err(why), Ok(2), Ok(9)] if why.starts_with("counting broke off")));
    }

    #[test]
    fn all_work_is_done() {
        let pool = Pool::new(2).unwrap();
        let (done, results) = mpsc::channel();
        for number in 0..100u32 {
            let done = done.clone();
            pool.give(move || done.send(number).unwrap());
        }
        drop(done);
        let mut numbers: Vec<_> = results.iter().collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    }
}
