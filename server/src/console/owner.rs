//! The owner's secret. Only a key that is derived from it is kept, by the shelf. A slow hash is for passwords that people
//! choose; nobody guesses 160 random bits, however fast each guess is.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{HostError, secret};

/// What the key is derived for.
const CONTEXT: &str = "linework 2026-11 owner's secret";
/// How long a ticket is good.
const TICKET: Duration = Duration::from_secs(60);
/// Tickets that are good at a time; the oldest goes first.
const TICKETS_MAX: usize = 8;

/// What the owner is known by.
pub(super) struct Owner {
    state: Mutex<State>,
}

struct State {
    key: Key,
    /// A secret that was made and that nobody has been shown.
    fresh: Option<String>,
    tickets: Vec<(Key, Instant)>,
}

/// What is kept of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(blake3::Hash);

impl Key {
    /// A new secret and its key.
    pub(crate) fn new() -> Result<(String, Key), HostError> {
        let secret = secret::new_secret()?;
        let key = Key::of(&secret);
        Ok((secret, key))
    }

    /// A key as it is kept.
    pub(crate) fn read(text: &str) -> Result<Key, HostError> {
        blake3::Hash::from_hex(text.trim()).map(Key).map_err(|_| HostError::OwnerKey)
    }

    /// Derived so, and from a secret that nobody guesses.
    fn of(secret: &str) -> Key {
        Key(blake3::Hash::from_bytes(blake3::derive_key(CONTEXT, secret.as_bytes())))
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_hex())
    }
}

impl Owner {
    /// One who is known by this; `fresh` is the secret if it was just made.
    pub(super) fn new(key: Key, fresh: Option<String>) -> Owner {
        Owner { state: Mutex::new(State { key, fresh, tickets: Vec::new() }) }
    }

    /// Whether this is the secret, or a ticket that is good: which it then is no longer.
    pub(super) fn is(&self, guess: &str) -> bool {
        let guess = Key::of(guess);
        let mut state = self.lock();
        // Keys compare in the same time wherever they differ.
        if state.key == guess {
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

    /// Another secret is good from here on; whether it was another.
    pub(super) fn change(&self, key: Key) -> bool {
        let mut state = self.lock();
        let other = state.key != key;
        if other {
            *state = State { key, fresh: None, tickets: Vec::new() };
        }
        other
    }

    pub(super) fn ticket(&self) -> Result<String, HostError> {
        let ticket = secret::new_secret()?;
        let mut state = self.lock();
        if state.tickets.len() >= TICKETS_MAX {
            state.tickets.remove(0);
        }
        state.tickets.push((Key::of(&ticket), Instant::now() + TICKET));
        Ok(ticket)
    }

    /// Each change is one step, so a thread that panicked left a whole state behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_shown_once_and_only_its_key_is_kept() {
        let (secret, key) = Key::new().unwrap();
        let owner = Owner::new(key, Some(secret.clone()));
        assert_eq!(owner.take_fresh(), Some(secret.clone()));
        assert!(owner.take_fresh().is_none() && owner.is(&secret) && !owner.is("") && !owner.is(&secret[1..]));
        let kept = key.to_string();
        assert!(!kept.contains(&secret) && Key::read(&format!("{kept}\n")).unwrap() == key);
        let (other, other_key) = Key::new().unwrap();
        assert!(!owner.change(key) && owner.change(other_key));
        assert!(owner.is(&other) && !owner.is(&secret));
        assert!(Key::read("nonsense").is_err_and(|error| error.to_string().contains("remove it")));
    }

    #[test]
    fn a_ticket_is_good_once() {
        let (_, key) = Key::new().unwrap();
        let owner = Owner::new(key, None);
        let tickets: Vec<_> = (0..=TICKETS_MAX).map(|_| owner.ticket().unwrap()).collect();
        assert!(!owner.is(&tickets[0]), "the oldest made room");
        assert!(owner.is(&tickets[1]) && !owner.is(&tickets[1]) && owner.is(&tickets[2]));
    }
}
