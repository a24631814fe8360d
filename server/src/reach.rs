//! The addresses by which others reach a listener.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};

/// What interfaces are called that lead to no network with people in it: bridges and tunnels of containers, virtual
/// machines and VPNs.
const INNER: &[&str] = &[
    "docker",
    "br-",
    "virbr",
    "veth",
    "vmnet",
    "vboxnet",
    "lxc",
    "lxd",
    "cni",
    "podman",
    "tun",
    "tap",
    "wg",
    "utun",
    "zt",
    "tailscale",
];

/// The address by which others reach a listener at `ip`: for "every network" the one that this machine goes out by, unless
/// that is a tunnel and there is a network besides; where it goes out by none, the first network that it is on. A
/// loopback address says that nobody else reaches it.
pub fn reachable_as(ip: IpAddr) -> IpAddr {
    if !ip.is_unspecified() {
        return ip;
    }
    // Connecting a datagram socket sends nothing; it only asks which way it would go. The address is one for examples.
    let outward = UdpSocket::bind((ip, 0)).and_then(|socket| {
        socket.connect(if ip.is_ipv4() { "192.0.2.1:9" } else { "[2001:db8::1]:9" })?;
        socket.local_addr()
    });
    // A system that doesn't say what it has is asked for its way out alone.
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let places: Vec<Place> = all.iter().map(Place::of).collect();
    choose(ip, outward.ok().map(|address| address.ip()), &places)
}

/// An address of this machine.
#[derive(Debug, Clone, Copy)]
struct Place {
    address: IpAddr,
    /// People's machines may be on the same network.
    is_shared: bool,
}

impl Place {
    fn of(interface: &if_addrs::Interface) -> Place {
        // Some systems don't say whether one is up.
        let is_up = matches!(interface.oper_status, if_addrs::IfOperStatus::Up | if_addrs::IfOperStatus::Unknown);
        let address = interface.ip();
        Place { address, is_shared: is_up && !interface.is_p2p && is_shared(&interface.name, address) }
    }
}

fn is_shared(name: &str, address: IpAddr) -> bool {
    let far = match address {
        IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
        IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local(),
    };
    far && !INNER.iter().any(|inner| name.starts_with(inner))
}

fn choose(listening: IpAddr, outward: Option<IpAddr>, places: &[Place]) -> IpAddr {
    let outward = outward.filter(|address| !address.is_loopback() && !address.is_unspecified());
    let is_inner = |address: &IpAddr| places.iter().any(|place| place.address == *address && !place.is_shared);
    let shared = || {
        // A listener for IPv6 takes IPv4 too.
        let fits = |place: &&Place| place.is_shared && (listening.is_ipv6() || place.address.is_ipv4());
        let order = |place: &Place| (place.address.is_ipv6() != listening.is_ipv6(), place.address);
        places.iter().filter(fits).copied().min_by_key(order).map(|place| place.address)
    };
    let loopback = if listening.is_ipv4() { IpAddr::from([127, 0, 0, 1]) } else { IpAddr::from(Ipv6Addr::LOCALHOST) };
    outward.filter(|address| !is_inner(address)).or_else(shared).or(outward).unwrap_or(loopback)
}

/// The host and port to invite others to: as whoever invites sees the server themselves, unless they sit at its own
/// machine, where they see it as nobody else does.
pub(crate) fn seen_as(listening: SocketAddr, authority: &str) -> (String, u16) {
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit()) => {
            (name, port.parse().unwrap_or(listening.port()))
        }
        _ => (authority, listening.port()),
    };
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let here = name.is_empty()
        || name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified());
    if here { (reachable_as(listening.ip()).to_string(), listening.port()) } else { (name.into(), port) }
}

/// Whether nobody outside this machine gets anywhere by a link that leads to `host`.
pub(crate) fn is_only_here(listening: SocketAddr, host: &str) -> bool {
    listening.ip().is_loopback() || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_invited_to_where_they_can_go() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        for (listening, authority, host, port) in [
            ("10.0.0.2:4848", "10.0.0.2:4848", "10.0.0.2", 4848),
            ("10.0.0.2:4848", "studio.local:80", "studio.local", 80),
            ("10.0.0.2:4848", "drawings.example.org", "drawings.example.org", 4848),
            ("10.0.0.2:4848", "localhost:4848", "10.0.0.2", 4848),
            ("[fe80::1]:4848", "[fe80::1]:4848", "fe80::1", 4848),
            ("127.0.0.1:4848", "127.0.0.1:4848", "127.0.0.1", 4848),
            ("127.0.0.1:4848", "", "127.0.0.1", 4848),
        ] {
            assert_eq!(seen_as(at(listening), authority), (host.into(), port), "{listening} {authority}");
        }
    }
    #[test]
    fn it_is_reached_by_the_network_that_people_are_on() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let place = |(name, address): &(&str, &str)| {
            let address = ip(address);
            Place { address, is_shared: is_shared(name, address) }
        };
        let (own, lan) = (("lo", "127.0.0.1"), ("eth0", "192.168.1.20"));
        for (listening, outward, interfaces, expect) in [
            ("0.0.0.0", "192.168.1.20", &[own, ("docker0", "172.17.0.1"), lan][..], "192.168.1.20"),
            ("0.0.0.0", "", &[own, ("docker0", "172.17.0.1"), ("virbr0", "192.168.1.1"), lan], "192.168.1.20"),
            ("0.0.0.0", "10.8.0.6", &[own, lan, ("tun0", "10.8.0.6")], "192.168.1.20"),
            ("0.0.0.0", "10.8.0.6", &[own, ("tun0", "10.8.0.6")], "10.8.0.6"),
            ("0.0.0.0", "10.0.0.3", &[own, ("wlan0", "10.0.0.3"), lan], "10.0.0.3"),
            ("0.0.0.0", "10.0.0.3", &[], "10.0.0.3"),
            ("0.0.0.0", "", &[own, ("docker0", "172.17.0.1"), ("eth0", "169.254.7.7")], "127.0.0.1"),
            ("0.0.0.0", "", &[own, ("eth0", "fd00::2")], "127.0.0.1"),
            ("::", "", &[own, ("eth0", "fd00::2"), lan], "fd00::2"),
            ("::", "", &[own, ("eth0", "fe80::1"), lan], "192.168.1.20"),
            ("::", "", &[], "::1"),
        ] {
            let places: Vec<Place> = interfaces.iter().map(place).collect();
            let found = choose(ip(listening), outward.parse().ok(), &places);
            assert_eq!(found, ip(expect), "{listening} {outward} {interfaces:?}");
        }
    }

    #[test]
    fn a_link_that_leads_nowhere_else_is_told_from_others() {
        for (listening, host, expect) in [
            ("127.0.0.1:4848", "127.0.0.1", true),
            ("127.0.0.1:4848", "studio.local", true),
            ("0.0.0.0:4848", "127.0.0.1", true),
            ("0.0.0.0:4848", "192.168.1.20", false),
            ("0.0.0.0:4848", "studio.local", false),
            ("[::]:4848", "::1", true),
        ] {
            assert_eq!(is_only_here(listening.parse().unwrap(), host), expect, "{listening} {host}");
        }
    }
}
