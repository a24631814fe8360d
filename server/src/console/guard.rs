//! Who may ask: the console's own pages under a name that is this server's, with the owner's cookie.
//!
//! A foreign page can make a browser ask here, but not with another `Origin` than its own, and not with the cookie, which
//! is `SameSite=Strict`. A foreign name that was pointed at this machine (DNS rebinding) is refused by `Host`.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use tokio::time::timeout;

use super::Office;
use super::answers::{Answer, refuse};

/// How long signing in may take, with what is said for it.
const SOON: Duration = Duration::from_secs(10);
/// Endings of names that only a local network knows, so that nobody outside can point one here.
const LOCAL_ENDINGS: &[&str] = &[".local", ".localhost", ".lan", ".internal", ".home.arpa"];

/// The name and port that a request was made to, if that is one of this server's: an address, a name without a dot or
/// with a local ending, or one of `names`.
pub(crate) fn authority<'h>(headers: &'h HeaderMap, names: &[String]) -> Result<&'h str, ()> {
    let authority = headers.get(header::HOST).and_then(|host| host.to_str().ok()).ok_or(())?;
    let name = name_of(authority).to_ascii_lowercase();
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&name);
    let known = address.parse::<IpAddr>().is_ok()
        || !name.is_empty() && !name.contains(['.', '['])
        || LOCAL_ENDINGS.iter().any(|ending| name.ends_with(ending))
        || names.iter().any(|each| each.eq_ignore_ascii_case(&name));
    if known { Ok(authority) } else { Err(()) }
}

/// An authority without its port.
pub(super) fn name_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => authority,
    }
}

/// Whether a request says that it comes from a page of this very server.
pub(super) fn is_own_origin(headers: &HeaderMap, authority: &str) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let host = origin.and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    host.is_some_and(|host| host.eq_ignore_ascii_case(authority))
}

/// The name of the cookie: a browser keeps cookies by host and not by port, and a machine may have two servers.
pub(super) fn cookie_name(authority: &str) -> String {
    let port = authority.strip_prefix(name_of(authority)).and_then(|port| port.strip_prefix(':')).unwrap_or("");
    format!("linework-owner{port}")
}

/// The token in the owner's cookie.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, authority: &str) -> Option<&'h str> {
    let name = cookie_name(authority);
    let all = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let each = all.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    each.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

/// What is said to one who asks under another name.
pub(crate) const NOT_THIS_NAME: &str = "This server does not go by that name; whoever runs it can add it with --name.";

/// Whether somebody is on a network of this machine, and no program in front of the server speaks for them: an address
/// that nobody has on the internet, or that goes no further than one network.
pub(crate) fn is_near(from: IpAddr, headers: &HeaderMap) -> bool {
    let near = match from.to_canonical() {
        IpAddr::V4(from) => from.is_loopback() || from.is_private() || from.is_link_local(),
        IpAddr::V6(from) => from.is_loopback() || from.is_unique_local() || from.is_unicast_link_local(),
    };
    near && !headers.contains_key(header::FORWARDED) && !headers.contains_key("x-forwarded-for")
}

/// Whether a program of this machine asks, and none in front of the server speaks for somebody else.
pub(crate) fn is_here(from: IpAddr, headers: &HeaderMap) -> bool {
    from.to_canonical().is_loopback() && is_near(from, headers)
}

/// Lets through what is asked under this server's name, and what changes something only from its own pages.
pub(super) async fn own_pages_only(State(office): State<Office>, request: Request, next: Next) -> Answer {
    let Ok(authority) = authority(request.headers(), &office.host.inner.options.names) else {
        return Err(refuse(StatusCode::MISDIRECTED_REQUEST, NOT_THIS_NAME));
    };
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reading && !is_own_origin(request.headers(), authority) {
        return Err(refuse(StatusCode::FORBIDDEN, "Only the server's own page can change something here."));
    }
    Ok(next.run(request).await)
}

/// Ends what anybody may ask, and doesn't say whole in time.
pub(super) async fn soon(request: Request, next: Next) -> Answer {
    let why = "What was asked did not come whole in time; nothing was changed.";
    timeout(SOON, next.run(request)).await.map_err(|_| refuse(StatusCode::REQUEST_TIMEOUT, why))
}

/// Lets through what comes with the owner's cookie.
pub(super) async fn owner_only(State(office): State<Office>, request: Request, next: Next) -> Answer {
    let (host, headers) = (&office.host, request.headers());
    let signed_in = host.inner.console.as_ref().zip(authority(headers, &host.inner.options.names).ok());
    let signed_in = signed_in.and_then(|(console, authority)| console.sessions.visit(cookie(headers, authority)?));
    if signed_in.is_none() {
        return Err(refuse(StatusCode::UNAUTHORIZED, "You are signed out; sign in with the owner's secret."));
    }
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn foreign_names_and_origins_are_told_from_ones_own() {
        let names = ["drawings.example.org".to_owned()];
        for (host, origin, known, own) in [
            ("127.0.0.1:4848", "http://127.0.0.1:4848", true, true),
            ("[::1]:4848", "http://[::1]:4848", true, true),
            ("localhost:4848", "http://localhost:4848", true, true),
            ("studio.local:4848", "http://studio.local:4848", true, true),
            ("studio", "https://studio", true, true),
            ("Drawings.Example.org", "https://drawings.example.org", true, true),
            ("127.0.0.1:4848", "http://127.0.0.1:4849", true, false),
            ("127.0.0.1:4848", "http://evil.example", true, false),
            ("127.0.0.1:4848", "null", true, false),
            ("evil.example:4848", "http://evil.example:4848", false, true),
            ("127.0.0.1.evil.example", "", false, false),
            ("", "", false, false),
            ("[::1", "", false, false),
        ] {
            let headers = headers(&[("host", host), ("origin", origin)]);
            assert_eq!(authority(&headers, &names).is_ok(), known, "{host}");
            assert_eq!(is_own_origin(&headers, host), own, "{host} {origin}");
        }
        assert!(authority(&headers(&[]), &names).is_err());
        assert!(!is_own_origin(&headers(&[("host", "a")]), "a"));
    }

    #[test]
    fn who_is_on_the_same_network_is_told_from_who_is_not() {
        for (from, header, near) in [
            ("127.0.0.1", "accept", true),
            ("192.168.1.20", "accept", true),
            ("172.16.0.9", "accept", true),
            ("::ffff:10.0.0.2", "accept", true),
            ("fe80::1", "accept", true),
            ("fd00::2", "accept", true),
            ("203.0.113.9", "accept", false),
            ("::ffff:203.0.113.9", "accept", false),
            ("2001:db8::9", "accept", false),
            ("127.0.0.1", "x-forwarded-for", false),
            ("127.0.0.1", "forwarded", false),
        ] {
            assert_eq!(is_near(from.parse().unwrap(), &headers(&[(header, "x")])), near, "{from} {header}");
        }
    }

    #[test]
    fn cookies_are_found_by_port() {
        let headers = headers(&[("cookie", "a=b; linework-owner4848=one;linework-owner=two"), ("cookie", "x=y")]);
        assert_eq!(cookie(&headers, "127.0.0.1:4848"), Some("one"));
        assert_eq!(cookie(&headers, "studio"), Some("two"));
        assert_eq!(cookie(&headers, "127.0.0.1:1"), None);
        assert_eq!(cookie_name("[::1]:4848"), "linework-owner4848");
    }
}
