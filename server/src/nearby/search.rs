//! Finding hosts.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent};

use super::{MulticastError, SERVICE, TITLE};

/// Hosts that are kept in mind at the most; a network with more has somebody who makes them up.
const NEIGHBOURS_MAX: usize = 64;

/// A host on the local network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// What it calls itself.
    pub title: String,
    /// Where it listens, the likeliest to be reached first.
    pub addresses: Vec<SocketAddr>,
}

/// Looks for hosts until it is dropped.
pub struct Search {
    daemon: ServiceDaemon,
}

impl Search {
    /// Starts to look. `found` is called on a thread of the search with all hosts that are known, by title, each time
    /// that one came or went.
    ///
    /// # Errors
    /// [`MulticastError`] where the system doesn't let one use multicast.
    pub fn start(found: impl Fn(Vec<Neighbour>) + Send + 'static) -> Result<Search, MulticastError> {
        let daemon = ServiceDaemon::new()?;
        let events = daemon.browse(SERVICE)?;
        let listen = move || {
            let mut known = BTreeMap::new();
            while let Ok(event) = events.recv() {
                match event {
                    ServiceEvent::ServiceResolved(service) => {
                        if known.len() < NEIGHBOURS_MAX || known.contains_key(&service.fullname) {
                            known.insert(service.fullname.clone(), neighbour(&service));
                        }
                    }
                    ServiceEvent::ServiceRemoved(_, name) => drop(known.remove(&name)),
                    ServiceEvent::SearchStopped(_) => return,
                    _ => continue,
                }
                let mut all: Vec<Neighbour> = known.values().cloned().collect();
                all.sort_by(|a, b| (&a.title, &a.addresses).cmp(&(&b.title, &b.addresses)));
                found(all);
            }
        };
        std::thread::Builder::new()
            .name("linework-search".into())
            .spawn(listen)
            .map_err(|error| mdns_sd::Error::Msg(error.to_string()))?;
        Ok(Search { daemon })
    }
}

/// The thread ends when the daemon's channel does.
impl Drop for Search {
    fn drop(&mut self) {
        if let Err(error) = self.daemon.shutdown() {
            tracing::debug!(%error, "the search did not end in good order");
        }
    }
}

impl std::fmt::Debug for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Search").finish_non_exhaustive()
    }
}

fn neighbour(service: &ResolvedService) -> Neighbour {
    let title = service.get_property_val_str(TITLE).filter(|title| !title.trim().is_empty());
    // The title is somebody else's word.
    let title: String = title.unwrap_or(service.get_hostname()).chars().filter(|c| !c.is_control()).take(80).collect();
    let mut addresses: Vec<IpAddr> = service.get_addresses().iter().map(|address| address.to_ip_addr()).collect();
    addresses.sort_by_key(|address| (rank(address), *address));
    let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, service.get_port())).collect();
    Neighbour { title, addresses }
}

/// IPv4 of a network first; link-local IPv6 needs a zone that an address of ours can't hold, and comes last.
fn rank(address: &IpAddr) -> u8 {
    match address {
        IpAddr::V4(address) if address.is_loopback() => 2,
        IpAddr::V4(_) => 0,
        IpAddr::V6(address) if address.is_unicast_link_local() => 4,
        IpAddr::V6(address) if address.is_loopback() => 3,
        IpAddr::V6(_) => 1,
    }
}
