//! The server in this process: started, watched, stopped.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Serialize;
use server::{Host, HostError, HostEvent, Listed, Options};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, oneshot};
use tokio::task::JoinHandle;

use crate::settings::Settings;

/// A server that runs.
pub struct Serving {
    /// The drawings and who is in them.
    pub host: Host,
    /// Where it listens, with the port that it got.
    pub at: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), HostError>>,
}

/// How the server is doing, for the page and the tray.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Where it listens; none while it doesn't run.
    pub at: Option<SocketAddr>,
    /// People in its drawings.
    pub people: usize,
    /// Drawings that can be joined.
    pub drawings: usize,
    /// Why it doesn't run, if it should.
    pub trouble: Option<String>,
    /// Where it listened last, or will.
    pub settings: Settings,
    /// The folder with the drawings.
    pub data: PathBuf,
}

impl Serving {
    /// Listens there. Comes before everything else: it costs nothing to find out that a port is taken.
    pub async fn listen(settings: &Settings) -> Result<TcpListener, HostError> {
        server::listen(SocketAddr::new(settings.address, settings.port)).await
    }

    /// Opens the folder and serves it.
    pub async fn start(listener: TcpListener, settings: &Settings, data: PathBuf) -> Result<Serving, HostError> {
        let at = listener
            .local_addr()
            .map_err(|source| HostError::Listen { address: settings.address.to_string(), source })?;
        let listed = if settings.open { Listed::Open } else { Listed::Titles };
        let open = move || Host::open(Options { listed, ..Options::new(data) }, Handle::current());
        let host = tokio::task::spawn_blocking(open).await.map_err(|_| HostError::Closing)??;
        Ok(Serving::run(host, listener, at))
    }

    fn run(host: Host, listener: TcpListener, at: SocketAddr) -> Serving {
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = host.clone();
        let until = async move {
            // An error says that the shell is gone.
            let _ = stopped.await;
        };
        let task = tokio::spawn(async move { serving.serve(listener, until).await });
        Serving { host, at, stop, task }
    }

    /// What happens at the host that its owner should hear of.
    pub fn events(&self) -> broadcast::Receiver<HostEvent> {
        self.host.events()
    }

    /// Ends it in good order: everyone is told, everything is kept.
    pub async fn stop(self) {
        let Serving { host, stop, task, .. } = self;
        // One that ended by itself needs no word.
        let _ = stop.send(());
        match task.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "serving ended"),
            Err(error) => tracing::error!(%error, "serving ended early"),
        }
        host.close().await;
    }
}
