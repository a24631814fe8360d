//! Sharing: the bundled server inside the program listens, and the drawings of one's own have an address.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::Window;
use super::backstage::{Report, Serving};
use crate::dialogs::Dialog;
use crate::document::Home;

/// The port that is tried first; if it is taken, the system chooses one.
const PORT: u16 = 4848;

/// How sharing a drawing stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shared {
    /// Others can join at this address.
    At(String),
    /// It is about to listen.
    Starting,
    /// It does not listen, and why.
    Failed(String),
}

impl Window {
    /// Opens the dialog with the address, and begins to listen if that has not been done.
    pub(super) fn share(&mut self) {
        let Some(document) = self.document() else { return self.say("Open a drawing first") };
        if matches!(document.home, Home::Log(_)) {
            return self.is_read_only("share it");
        }
        let home = document.home.clone();
        self.dialog = Dialog::share();
        let Home::Own { host, name, folder, .. } = home else { return };
        host.list(&name, true);
        // What failed may go well now.
        if self.backstage.serving.get(&folder).is_some_and(|serving| serving.trouble.is_none()) {
            return;
        }
        let (wake, reports) = (self.backstage.studio.wake.clone(), self.backstage.reports.clone());
        let (stop, stopped) = oneshot::channel();
        let served = folder.clone();
        let done = self.backstage.runtime.spawn(async move {
            let listener = async {
                let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT));
                let listener = match TcpListener::bind(any).await {
                    Ok(listener) => listener,
                    Err(_) => TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))
                        .await
                        .context("no port can be listened on; nobody can join")?,
                };
                let port = listener.local_addr().context("the port is not known")?.port();
                anyhow::Ok((listener, port))
            };
            let result = match listener.await {
                Ok((listener, port)) => {
                    // Where the window is gone, so is the host, and serving ends by itself.
                    let _ = reports.send(Report::Serving(served.clone(), Ok(port)));
                    wake();
                    let until = async { stopped.await.unwrap_or(()) };
                    host.serve(listener, until).await.context("sharing ended")
                }
                Err(error) => Err(error),
            };
            if let Err(error) = result {
                // As above.
                let _ = reports.send(Report::Serving(served, Err(error)));
                wake();
            }
        });
        self.backstage.serving.insert(folder, Serving { port: None, trouble: None, stop: Some(stop), done });
    }

    /// Puts everybody out who joined, and lets nobody in any more.
    pub(super) fn stop_sharing(&mut self) {
        let Some(Home::Own { host, folder, .. }) = self.document().map(|document| document.home.clone()) else {
            return;
        };
        let why = format!("{} stopped sharing", self.settings.name);
        self.dialog = Dialog::None;
        if let Some(mut serving) = self.backstage.serving.remove(&folder) {
            self.backstage.runtime.spawn(async move {
                host.drawings().iter().for_each(|drawing| host.list(&drawing.name, false));
                host.put_out(&why).await;
                // Where it has ended already, nobody listens for this.
                serving.stop.take().map(|stop| stop.send(()));
            });
            self.say("It is not shared any more");
        }
    }

    pub(super) fn take_serving(&mut self, folder: &Path, port: anyhow::Result<u16>) {
        // One that was stopped meanwhile has nothing to say.
        let Some(serving) = self.backstage.serving.get_mut(folder) else { return };
        match port {
            Ok(port) => serving.port = Some(port),
            Err(error) => {
                serving.port = None;
                serving.trouble = Some(format!("{error:#}"));
                self.warn(format!("Not shared: {error:#}"));
            }
        }
    }

    /// How sharing the document in front stands; none where it is not shared.
    pub fn shared(&self) -> Option<Shared> {
        match &self.document()?.home {
            Home::Joined(address) => Some(Shared::At(address.to_string())),
            Home::Log(_) => None,
            Home::Own { host, name, folder, .. } => {
                let serving = self.backstage.serving.get(folder)?;
                if let Some(trouble) = &serving.trouble {
                    return Some(Shared::Failed(trouble.clone()));
                }
                let address = |port| host.address(name, &lan_address().to_string(), port);
                Some(match serving.port.and_then(address) {
                    Some(address) => Shared::At(address.to_string()),
                    None => Shared::Starting,
                })
            }
        }
    }

    /// The address that lets others join the document in front; none while nobody listens.
    pub fn shared_address(&self) -> Option<String> {
        match self.shared()? {
            Shared::At(address) => Some(address),
            Shared::Starting | Shared::Failed(_) => None,
        }
    }
}

/// This machine's address on its network, as others would reach it; the loopback where there is no network.
fn lan_address() -> std::net::IpAddr {
    let loopback = Ipv4Addr::LOCALHOST.into();
    // Connecting a datagram socket sends nothing; it makes the system choose the way out, and so the address.
    let Ok(socket) = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)) else { return loopback };
    let chosen = socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).and_then(|()| socket.local_addr());
    chosen.map_or(loopback, |address| address.ip())
}
