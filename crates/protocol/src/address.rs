//! The address that joins someone to a shared drawing, as one line of text to copy.
//!
//! `linework://HOST:PORT/DRAWING#SECRET`. The secret stands behind `#`, so that it stays out of request lines and logs.

/// Where a shared drawing is, and what lets one in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Host name or address; an IPv6 address without its brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// The drawing's name on that server.
    pub drawing: String,
    /// What lets one in.
    pub secret: String,
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It doesn't start as an address does.
    #[error("an address starts with linework://")]
    Scheme,
    /// No host, or no number for a port.
    #[error("an address names a host and a port, such as 192.168.1.20:4848")]
    Host,
    /// No drawing.
    #[error("an address names a drawing after the port, such as /floorplan")]
    Drawing,
    /// No secret.
    #[error("an address ends with # and the drawing's secret")]
    Secret,
}

/// The scheme that addresses start with.
const SCHEME: &str = "linework://";

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Address { host, port, drawing, secret } = self;
        if host.contains(':') {
            write!(f, "{SCHEME}[{host}]:{port}/{drawing}#{secret}")
        } else {
            write!(f, "{SCHEME}{host}:{port}/{drawing}#{secret}")
        }
    }
}

impl std::str::FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        let rest = text.trim().strip_prefix(SCHEME).ok_or(AddressError::Scheme)?;
        let (rest, secret) = rest.split_once('#').filter(|(_, s)| !s.is_empty()).ok_or(AddressError::Secret)?;
        let (host, drawing) = rest.split_once('/').filter(|(_, d)| !d.is_empty()).ok_or(AddressError::Drawing)?;
        let (host, port) = host.rsplit_once(':').ok_or(AddressError::Host)?;
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let port = port.parse().ok().filter(|_| !host.is_empty()).ok_or(AddressError::Host)?;
        Ok(Address { host: host.into(), port, drawing: drawing.into(), secret: secret.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_round_trip_and_errors_name_the_part() {
        for (text, expect) in [
            ("linework://10.0.0.2:4848/plan#s3cret", None),
            ("linework://[fe80::1]:4848/plan#s3cret", None),
            ("http://10.0.0.2:4848/plan#s3cret", Some(AddressError::Scheme)),
            ("linework://10.0.0.2/plan#s3cret", Some(AddressError::Host)),
            ("linework://10.0.0.2:port/plan#s3cret", Some(AddressError::Host)),
            ("linework://10.0.0.2:1/#s3cret", Some(AddressError::Drawing)),
            ("linework://10.0.0.2:1/plan", Some(AddressError::Secret)),
        ] {
            match (text.parse::<Address>(), expect) {
                (Ok(address), None) => assert_eq!(address.to_string(), text),
                (got, expect) => assert_eq!(got.err(), expect, "{text}"),
            }
        }
    }
}
