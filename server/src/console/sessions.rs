//! Who is signed in. Kept in memory: a restart signs everybody out.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::{HostError, secret};

/// How long one stays signed in.
pub(super) const LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// Sessions at a time; the oldest goes first.
const SESSIONS_MAX: usize = 64;

/// Who is signed in.
pub(super) struct Sessions {
    life: Duration,
    all: Mutex<Vec<Session>>,
}

struct Session {
    /// Of the token, so that finding it tells nothing about it.
    hash: blake3::Hash,
    until: Instant,
    /// Dropped when the session ends: those who watch notice.
    alive: watch::Sender<()>,
}

/// The right to watch, as long as a session lasts.
pub(crate) struct Visit {
    alive: watch::Receiver<()>,
    until: Instant,
}

impl Visit {
    /// Waits until the session ends; why it did.
    pub(crate) async fn ended(&mut self) -> &'static str {
        tokio::select! {
            // The other half is dropped and never sends.
            _ = self.alive.changed() => "you are signed out",
            () = sleep_until(self.until) => "you were signed in for half a day; sign in again",
        }
    }
}

impl Sessions {
    /// Nobody is signed in; whoever will be stays so for `life`.
    pub(super) fn new(life: Duration) -> Sessions {
        Sessions { life, all: Mutex::default() }
    }

    /// Somebody signs in; their token.
    pub(super) fn begin(&self) -> Result<String, HostError> {
        let token = secret::new_secret()?;
        let session = Session {
            hash: blake3::hash(token.as_bytes()),
            until: Instant::now() + self.life,
            alive: watch::Sender::new(()),
        };
        let mut all = self.lock();
        if all.len() >= SESSIONS_MAX {
            all.remove(0);
        }
        all.push(session);
        Ok(token)
    }

    /// What a token gives the right to; none if it is no session's.
    pub(super) fn visit(&self, token: &str) -> Option<Visit> {
        let hash = blake3::hash(token.as_bytes());
        let all = self.lock();
        let session = all.iter().find(|session| session.hash == hash)?;
        Some(Visit { alive: session.alive.subscribe(), until: session.until })
    }

    /// Somebody signs out.
    pub(super) fn end(&self, token: &str) {
        let hash = blake3::hash(token.as_bytes());
        self.lock().retain(|session| session.hash != hash);
    }

    pub(super) fn end_all(&self) {
        self.lock().clear();
    }

    /// Those that are over are gone by then; each change is one step, so a thread that panicked left whole ones behind.
    fn lock(&self) -> MutexGuard<'_, Vec<Session>> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        all.retain(|session| now < session.until);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_ends_by_signing_out_and_by_time() {
        let sessions = Sessions::new(LIFE);
        let (ana, ben) = (sessions.begin().unwrap(), sessions.begin().unwrap());
        let mut visit = sessions.visit(&ana).unwrap();
        assert!(sessions.visit("guess").is_none());
        sessions.end(&ana);
        assert_eq!(visit.ended().await, "you are signed out");
        assert!(sessions.visit(&ana).is_none());
        assert!(sessions.visit(&ben).is_some());
        let short = Sessions::new(Duration::from_millis(20));
        let cleo = short.begin().unwrap();
        let mut visit = short.visit(&cleo).unwrap();
        assert!(visit.ended().await.contains("half a day"));
        assert!(short.visit(&cleo).is_none());
        let all: Vec<_> = (0..=SESSIONS_MAX).map(|_| sessions.begin().unwrap()).collect();
        assert!(sessions.visit(&all[0]).is_none() && sessions.visit(&all[1]).is_some());
    }
}
