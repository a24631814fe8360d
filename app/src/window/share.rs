//! Sharing: the bundled server inside the program listens, and every open drawing has an address.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::Window;
use super::backstage::{Backstage, Report};
use crate::dialogs::Dialog;
use crate::document::Home;

/// The port that is tried first; if it is taken, the system chooses one.
const PORT: u16 = 4848;

impl Window {
    /// Opens the dialog with the address, and begins to listen if that has not been done.
    pub(super) fn share(&mut self) {
        let Some(document) = self.document() else { return self.say("Open a drawing first") };
        if matches!(document.home, Home::Log(_)) {
            return self.is_read_only("share it");
        }
        if matches!(document.home, Home::Joined(_)) {
            self.dialog = Dialog::Share;
            return;
        }
        self.dialog = Dialog::Share;
        if self.backstage.port.is_some() {
            return;
        }
        let (cell, folder) = (self.backstage.host.clone(), self.backstage.work_dir.clone());
        let (wake, reports) = (self.backstage.studio.wake.clone(), self.backstage.reports.clone());
        self.backstage.runtime.spawn(async move {
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
            let host = Backstage::host(cell, folder).await;
            let served = match (listener.await, host) {
                (Ok((listener, port)), Ok(host)) => {
                    // Where the window is gone, so is the host, and serving ends by itself.
                    let _ = reports.send(Report::Serving(Ok(port)));
                    wake();
                    host.serve(listener, std::future::pending()).await.context("sharing ended")
                }
                (Err(error), _) | (_, Err(error)) => Err(error),
            };
            if let Err(error) = served {
                // As above.
                let _ = reports.send(Report::Serving(Err(error)));
                wake();
            }
        });
    }

    pub(super) fn take_serving(&mut self, port: anyhow::Result<u16>) {
        match port {
            Ok(port) => self.backstage.port = Some(port),
            Err(error) => {
                self.backstage.port = None;
                self.warn(format!("{error:#}"));
            }
        }
    }

    /// The address that lets others join the document in front; none while nobody listens.
    pub fn shared_address(&self) -> Option<String> {
        match &self.document()?.home {
            Home::Joined(address) => Some(address.to_string()),
            Home::Log(_) => None,
            Home::Own { host, name, .. } => {
                let port = self.backstage.port?;
                host.address(name, &lan_address().to_string(), port).map(|address| address.to_string())
            }
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
