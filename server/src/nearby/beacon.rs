//! Saying that a host is here.

use std::net::IpAddr;

use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};

use super::{MulticastError, SERVICE, TITLE};
use crate::secret;

/// Letters of a title in a TXT record, whose strings have 255 bytes at the most.
const TITLE_BYTES_MAX: usize = 200;

/// Says on the local network that a host is here, until it is dropped.
pub struct Beacon {
    daemon: ServiceDaemon,
    name: String,
}

impl Beacon {
    /// Lights a beacon for a host called `title` that listens at `address` and `port`; an unspecified address stands for
    /// every network that the machine is on.
    ///
    /// # Errors
    /// [`MulticastError`] where the system doesn't let one use multicast.
    pub fn light(title: &str, address: IpAddr, port: u16) -> Result<Beacon, MulticastError> {
        // Several hosts may run on one machine, and the machine's own name may be somebody else's to claim.
        let own: [u8; 6] = secret::random().map_err(|error| mdns_sd::Error::Msg(error.to_string()))?;
        let own: String = own.iter().map(|byte| format!("{byte:02x}")).collect();
        let (instance, machine) = (format!("linework-{own}"), format!("linework-{own}.local."));
        let title: String = title.chars().filter(|c| !c.is_control()).collect();
        let title = &title[..title.floor_char_boundary(TITLE_BYTES_MAX)];
        let properties = [(TITLE, title)];
        let service = if address.is_unspecified() {
            ServiceInfo::new(SERVICE, &instance, &machine, "", port, &properties[..])?.enable_addr_auto()
        } else {
            let mut service = ServiceInfo::new(SERVICE, &instance, &machine, address, port, &properties[..])?;
            service.set_interfaces(vec![IfKind::Addr(address)]);
            service
        };
        let name = service.get_fullname().to_owned();
        let daemon = ServiceDaemon::new()?;
        daemon.register(service)?;
        tracing::info!(title, port, "said on the local network");
        Ok(Beacon { daemon, name })
    }
}

/// A word of farewell, so that nobody lists a host that is gone; one that ends without it is forgotten after two minutes.
impl Drop for Beacon {
    fn drop(&mut self) {
        let farewell = self.daemon.unregister(&self.name).map(|said| said.recv());
        if let Err(error) = farewell.and_then(|_| self.daemon.shutdown()) {
            tracing::debug!(%error, "the beacon went out without a word");
        }
    }
}

impl std::fmt::Debug for Beacon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Beacon").field("name", &self.name).finish_non_exhaustive()
    }
}
