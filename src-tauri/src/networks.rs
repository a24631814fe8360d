//! The networks that this machine is on, as a person chooses among them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::Serialize;

/// Where a server may listen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Network {
    /// The address to listen at.
    pub address: IpAddr,
    /// What it means, in words.
    pub words: String,
    /// The address by which others reach the machine on it.
    pub reached_as: IpAddr,
}

/// All choices, the usual one first: every network, each network, this machine only.
pub fn all() -> Vec<Network> {
    // A system that doesn't say what it has leaves the choices that always are.
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    choices(interfaces.into_iter().map(|each| (each.ip(), each.name.clone())), server::reachable_as(every()))
}

/// `reached_as` is where others reach a listener for every network: the same that the console's invites say.
fn choices(interfaces: impl Iterator<Item = (IpAddr, String)>, reached_as: IpAddr) -> Vec<Network> {
    let mut each: Vec<Network> = interfaces
        .filter(|(address, _)| !address.is_loopback() && !is_link_local(address))
        .map(|(address, name)| Network { address, words: format!("{name} only, {address}"), reached_as: address })
        .collect();
    each.sort_by_key(|network| (network.address != reached_as, network.address.is_ipv6(), network.address));
    let own = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut choices = Vec::with_capacity(each.len() + 2);
    if let Some(first) = each.first() {
        let words = match each.len() {
            1 => format!("The network, {}", first.address),
            _ => "Every network that this machine is on".into(),
        };
        choices.push(Network { address: every(), words, reached_as });
    }
    if each.len() > 1 {
        choices.extend(each);
    }
    let words = "This machine only: nobody else can join".into();
    choices.push(Network { address: own, words, reached_as: own });
    choices
}

/// How a listener is reached from its own machine.
pub fn from_here(listener: SocketAddr) -> SocketAddr {
    let own = match listener.ip() {
        IpAddr::V4(address) if address.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(address) if address.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    };
    SocketAddr::new(own, listener.port())
}

/// IPv6 sockets take IPv4 too where the system has both, but not on every system: IPv4 is what a team's network has.
fn every() -> IpAddr {
    IpAddr::V4(Ipv4Addr::UNSPECIFIED)
}

fn is_link_local(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => Ipv6Addr::is_unicast_link_local(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_choice_comes_first_and_this_machine_last() {
        for (interfaces, expect) in [
            (&["127.0.0.1"][..], &["127.0.0.1"][..]),
            (&["127.0.0.1", "192.168.1.20"], &["0.0.0.0", "127.0.0.1"]),
            (
                &["fd00::2", "127.0.0.1", "::1", "fe80::1", "192.168.1.20", "10.0.0.3"],
                &["0.0.0.0", "192.168.1.20", "10.0.0.3", "fd00::2", "127.0.0.1"],
            ),
        ] {
            let interfaces = interfaces.iter().map(|address| (address.parse().unwrap(), "eth0".to_owned()));
            let reached_as = "192.168.1.20".parse().unwrap();
            let found: Vec<String> =
                choices(interfaces, reached_as).iter().map(|each| each.address.to_string()).collect();
            assert_eq!(found, expect);
        }
        // A bridge of containers has a lower address than the network, and leads to nobody.
        let both =
            [("172.17.0.1".parse().unwrap(), "docker0".into()), ("192.168.1.20".parse().unwrap(), "wlan0".into())];
        let reached_as = "192.168.1.20".parse().unwrap();
        assert_eq!(choices(both.into_iter(), reached_as)[0].reached_as, reached_as);
    }
}
