//! The owner's secret. Only a hash of it is kept, in the data folder. A slow hash is for passwords that people choose;
//! nobody guesses 160 random bits, however fast each guess is.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{HostError, private, secret};

/// The file with the hash.
const FILE: &str = "linework-server.owner";
/// What the hash is derived for.
const CONTEXT: &str = "linework 2026-11 owner's secret";
/// How long the file may be, in bytes.
const FILE_BYTES_MAX: u64 = 256;
/// How long a ticket is good.
const TICKET: Duration = Duration::from_secs(60);
/// Tickets that are good at a time; the oldest goes first.
const TICKETS_MAX: usize = 8;

/// What the owner is known by.
pub(super) struct Owner {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    hash: blake3::Hash,
    /// A secret that was made and that nobody has been shown.
    fresh: Option<String>,
    tickets: Vec<(blake3::Hash, Instant)>,
}

impl Owner {
    /// Reads the hash, or makes a secret where there is none.
    pub(super) fn open(data: &Path) -> Result<Owner, HostError> {
        let path = data.join(FILE);
        let failed = |source| HostError::Folder { path: path.clone(), source };
        let (hash, fresh) = match std::fs::File::open(&path) {
            Ok(file) => {
                let mut text = String::new();
                file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
                let no_hash =
                    |_| std::io::Error::other("no hash of an owner's secret is in it; remove it to have one made");
                (blake3::Hash::from_hex(text.trim()).map_err(no_hash).map_err(failed)?, None)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let (secret, hash) = make(&path)?;
                (hash, Some(secret))
            }
            Err(error) => return Err(failed(error)),
        };
        Ok(Owner { path, state: Mutex::new(State { hash, fresh, tickets: Vec::new() }) })
    }

    /// Whether this is the secret, or a ticket that is good: which it then is no longer.
    pub(super) fn is(&self, guess: &str) -> bool {
        let guess = hash(guess);
        let mut state = self.lock();
        // Hashes compare in the same time wherever they differ.
        if state.hash == guess {
            return true;
        }
        let now = Instant::now();
        state.tickets.retain(|(_, until)| now < *until);
        let before = state.tickets.len();
        state.tickets.retain(|(ticket, _)| *ticket != guess);
        state.tickets.len() < before
    }

    pub(super) fn take_fresh(&self) -> Option<String> {
        self.lock().fresh.take()
    }

    pub(super) fn renew(&self) -> Result<String, HostError> {
        let (secret, hash) = make(&self.path)?;
        let mut state = self.lock();
        *state = State { hash, fresh: None, tickets: Vec::new() };
        Ok(secret)
    }

    pub(super) fn ticket(&self) -> Result<String, HostError> {
        let ticket = secret::new_secret()?;
        let mut state = self.lock();
        if state.tickets.len() >= TICKETS_MAX {
            state.tickets.remove(0);
        }
        state.tickets.push((hash(&ticket), Instant::now() + TICKET));
        Ok(ticket)
    }

    /// Each change is one step, so a thread that panicked left a whole state behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(secret: &str) -> blake3::Hash {
    blake3::Hash::from_bytes(blake3::derive_key(CONTEXT, secret.as_bytes()))
}

fn make(path: &Path) -> Result<(String, blake3::Hash), HostError> {
    let secret = secret::new_secret()?;
    let hash = hash(&secret);
    let written = private::write(path, &format!("{}\n", hash.to_hex()));
    written.map_err(|source| HostError::Folder { path: path.into(), source })?;
    Ok((secret, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_shown_once_and_only_its_hash_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let owner = Owner::open(folder.path()).unwrap();
        let secret = owner.take_fresh().unwrap();
        assert!(owner.take_fresh().is_none() && owner.is(&secret) && !owner.is("") && !owner.is(&secret[1..]));
        let path = folder.path().join(FILE);
        assert!(!std::fs::read_to_string(&path).unwrap().contains(&secret));
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        let again = Owner::open(folder.path()).unwrap();
        assert!(again.take_fresh().is_none() && again.is(&secret));
        let other = again.renew().unwrap();
        assert!(again.is(&other) && !again.is(&secret));
        std::fs::write(&path, "nonsense").unwrap();
        assert!(Owner::open(folder.path()).is_err_and(|error| error.to_string().contains("remove it")));
    }

    #[test]
    fn a_ticket_is_good_once() {
        let folder = tempfile::tempdir().unwrap();
        let owner = Owner::open(folder.path()).unwrap();
        let tickets: Vec<_> = (0..=TICKETS_MAX).map(|_| owner.ticket().unwrap()).collect();
        assert!(!owner.is(&tickets[0]), "the oldest made room");
        assert!(owner.is(&tickets[1]) && !owner.is(&tickets[1]) && owner.is(&tickets[2]));
    }
}
