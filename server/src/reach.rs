//! The addresses by which others reach a listener.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};

/// The address by which others reach a listener at `ip`: for "every network", the one that this machine goes out by.
pub fn reachable_as(ip: IpAddr) -> IpAddr {
    if !ip.is_unspecified() {
        return ip;
    }
    // Connecting a datagram socket sends nothing; it only asks which way it would go. The address is one for examples.
    let outward = UdpSocket::bind((ip, 0)).and_then(|socket| {
        socket.connect(if ip.is_ipv4() { "192.0.2.1:9" } else { "[2001:db8::1]:9" })?;
        socket.local_addr()
    });
    let loopback = if ip.is_ipv4() { IpAddr::from([127, 0, 0, 1]) } else { IpAddr::from(Ipv6Addr::LOCALHOST) };
    outward.map_or(loopback, |address| address.ip())
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

/// Whether nobody outside this machine reaches a listener.
pub(crate) fn is_only_here(listening: SocketAddr) -> bool {
    listening.ip().is_loopback()
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
}
