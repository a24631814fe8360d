//! The console: the page by which whoever the server belongs to looks after it, and what that page asks for.
//!
//! Everything here needs the owner's session but the page itself and signing in. What the owner does to a drawing is done
//! the way everybody does it: asked of the drawing's desk, decided, stored, told.

mod answers;
pub(crate) mod guard;
mod guesses;
mod owner;
mod page;
mod requests;
mod sessions;
mod transfer;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::{delete, get, patch, post};
use tokio::sync::Semaphore;

use crate::{Host, HostError};
use guesses::Guesses;
use owner::Owner;
use sessions::Sessions;

pub(crate) use owner::Key;
pub(crate) use sessions::Visit;

/// Files that are read or written at a time: each may take several times its size in memory.
const TRANSFERS_MAX: usize = 2;

/// What the console keeps.
pub(crate) struct Console {
    owner: Owner,
    sessions: Sessions,
    guesses: Guesses,
    transfers: Arc<Semaphore>,
}

/// What a request comes to.
#[derive(Clone)]
pub(crate) struct Office {
    pub host: Host,
    /// Where the listener listens.
    pub listening: std::net::SocketAddr,
}

impl Console {
    /// A console whose owner is known by this; `fresh` is their secret if it was just made.
    pub(crate) fn new(key: Key, fresh: Option<String>) -> Console {
        let (sessions, guesses) = (Sessions::new(sessions::LIFE), Guesses::default());
        let transfers = Arc::new(Semaphore::new(TRANSFERS_MAX));
        Console { owner: Owner::new(key, fresh), sessions, guesses, transfers }
    }

    /// The owner has this secret from here on: if it is another, everybody is signed out.
    pub(crate) fn change_owner(&self, key: Key) {
        if self.owner.change(key) {
            self.sessions.end_all();
        }
    }

    /// Whether a request may watch: it has the owner's cookie, and comes from the console's own page.
    pub(crate) fn visit(&self, host: &Host, headers: &HeaderMap) -> Result<Visit, &'static str> {
        const FOREIGN: &str = "only the server's own page can watch it";
        const SIGNED_OUT: &str = "only the owner can watch the server; sign in with the owner's secret";
        let authority = guard::authority(headers, &host.inner.options.names).map_err(|_| FOREIGN)?;
        if !guard::is_own_origin(headers, authority) {
            return Err(FOREIGN);
        }
        guard::cookie(headers, authority).and_then(|token| self.sessions.visit(token)).ok_or(SIGNED_OUT)
    }
}

impl Host {
    /// The owner's secret, if it was made since the host was opened and nobody took it yet: to be shown once.
    pub fn take_owner_secret(&self) -> Option<String> {
        self.inner.console.as_ref()?.owner.take_fresh()
    }

    /// Makes a new secret for the owner and signs everybody out; the old one lets nobody in from here on.
    ///
    /// # Errors
    /// [`HostError::Random`], `Folder` or `Redis`; the old secret is still good then. [`HostError::NoConsole`] where
    /// none is served.
    pub async fn new_owner_secret(&self) -> Result<String, HostError> {
        if self.inner.console.is_none() {
            return Err(HostError::NoConsole);
        }
        let (secret, key) = Key::new()?;
        let (host, kept) = (self.clone(), key.to_string());
        self.to_the_end("the owner's secret", async move {
            let _alone = host.inner.adding.lock().await;
            if host.is_closing() {
                return Err(HostError::Closing);
            }
            host.inner.shelf.keep_owner(kept).await?;
            if let Some(console) = &host.inner.console {
                console.change_owner(key);
            }
            Ok(secret)
        })
        .await
    }

    /// What signs in once in place of the secret, within a minute: for a program around this host, which shows the
    /// console at `http://HOST:PORT/#ticket=TICKET`.
    ///
    /// # Errors
    /// [`HostError::Random`]; [`HostError::NoConsole`] where no console is served.
    pub fn ticket(&self) -> Result<String, HostError> {
        self.inner.console.as_ref().ok_or(HostError::NoConsole)?.owner.ticket()
    }
}

/// What the console answers to.
pub(crate) fn router(office: Office) -> Router {
    let guarded = Router::new()
        .route("/api/drawings", post(transfer::upload))
        .route("/api/drawings/{name}", patch(requests::change))
        .route("/api/drawings/{name}/invites", post(requests::invite))
        .route("/api/drawings/{name}/locks/{token}", delete(requests::end_lock))
        .route("/api/drawings/{name}/people/{session}", patch(requests::set_role).delete(requests::remove))
        .route("/api/drawings/{name}/bans", post(requests::ban))
        .route("/api/drawings/{name}/bans/{ban}", delete(requests::lift_ban))
        .route("/api/drawings/{name}/drawing.dxf", get(transfer::download_dxf))
        .route("/api/drawings/{name}/log.linework", get(transfer::download_log))
        .layer(axum::middleware::from_fn_with_state(office.clone(), guard::owner_only));
    Router::new()
        .route("/api/session", get(requests::who).post(requests::sign_in).delete(requests::sign_out))
        .layer(axum::middleware::from_fn(guard::soon))
        .merge(guarded)
        .layer(axum::middleware::from_fn_with_state(office.clone(), guard::own_pages_only))
        .route("/", get(page::index))
        .route("/console/{version}/{file}", get(page::file))
        .with_state(office)
}
