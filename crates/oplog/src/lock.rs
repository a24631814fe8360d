//! One live log, one process: an operating system's lock on a side file.
//!
//! The lock is on a file beside the log and not on the log itself, because SQLite's own locks are of the kind that
//! the system drops as soon as the process closes *any* handle of the file. The side file is never removed: a process
//! could otherwise lock one that is no longer there.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::LogError;

/// How often taking a lock is tried while somebody only looks whether it is held; each look takes microseconds.
const TRIES: usize = 100;

/// Held as long as this lives; the system frees it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone is not enough: while another thread starts a program, that has all our handles for a moment.
        // If unlocking fails, the handle's end is still the lock's end.
        let _ = self.file.unlock();
    }
}

/// `NAME.linework` -> `NAME.linework-lock`, and likewise for the other side files.
pub(crate) fn beside(log: &Path, suffix: &str) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

impl Lock {
    /// Takes the lock of the log at `log`, or says who holds it.
    pub(crate) fn take(log: &Path) -> Result<Lock, LogError> {
        let path = beside(log, "-lock");
        let refused = |source| LogError::io(&path, "locking by", source);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(refused)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => {
                    let holder = format!("process {}\n", std::process::id());
                    file.set_len(0).and_then(|()| file.rewind()).map_err(refused)?;
                    file.write_all(holder.as_bytes()).map_err(refused)?;
                    return Ok(Lock { file });
                }
                Err(TryLockError::Error(source)) => return Err(refused(source)),
                Err(TryLockError::WouldBlock) => {}
            }
            match file.try_lock_shared() {
                // Nobody holds it, somebody was looking.
                Ok(()) => file.unlock().map_err(refused)?,
                Err(TryLockError::Error(source)) => return Err(refused(source)),
                Err(TryLockError::WouldBlock) => break,
            }
            std::thread::yield_now();
        }
        Err(held(log, &mut file))
    }

    /// Refuses a log that somebody holds; makes and changes nothing.
    pub(crate) fn refuse_held(log: &Path) -> Result<(), LogError> {
        let path = beside(log, "-lock");
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(LogError::io(&path, "looking at", source)),
        };
        match file.try_lock_shared() {
            // Given back in so many words, for the reason that `drop` has.
            Ok(()) => file.unlock().map_err(|source| LogError::io(&path, "looking at", source)),
            Err(TryLockError::WouldBlock) => Err(held(log, &mut file)),
            Err(TryLockError::Error(source)) => Err(LogError::io(&path, "looking at", source)),
        }
    }
}

/// The refusal, with the holder's own words where the system lets them be read.
fn held(log: &Path, file: &mut File) -> LogError {
    let mut words = String::new();
    let read = file.rewind().and_then(|()| file.take(100).read_to_string(&mut words));
    let words = words.trim();
    let known = read.is_ok() && !words.is_empty();
    let holder = if known { words.to_owned() } else { "another program".to_owned() };
    LogError::Held { path: log.to_owned(), holder }
}
