//! Hosts on the local network, as the empty state and the dialog to join list them: what is known of them, and the
//! lookout that finds it out away from the window.

mod hosts;
mod lookout;

use std::net::SocketAddr;

use protocol::Address;
use server::NearbyDrawing;

pub use lookout::Lookout;

/// What is known of the hosts on this network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Found {
    /// It is too early to say that nobody is there.
    #[default]
    Searching,
    /// Those that are there, by what they are called; none after a while of looking.
    Hosts(Vec<NearbyHost>),
    /// Nobody can be found here, in words that say why.
    Unavailable(String),
}

/// A host on this network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearbyHost {
    /// What it calls itself.
    pub title: String,
    /// What it said when it was asked.
    pub answer: Answer,
}

/// What a host said of its drawings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet.
    Awaited,
    /// It lists these.
    Listed {
        /// Where it answered.
        at: SocketAddr,
        /// That is this machine, so that it may be this program itself.
        here: bool,
        /// Its drawings, by title.
        drawings: Vec<NearbyDrawing>,
        /// So many more are not kept in mind.
        more: usize,
    },
    /// It did not answer, in words.
    Silent(String),
}

/// A drawing that cannot be joined before somebody gives an invitation to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uninvited {
    /// Where it is.
    pub at: SocketAddr,
    /// Its name in addresses.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What its host calls itself.
    pub host: String,
}

impl Uninvited {
    /// The address that is meant by what somebody typed: a whole one as it is; a bare secret goes with this drawing.
    pub fn address(&self, typed: &str) -> String {
        let typed = typed.trim();
        if typed.is_empty() || typed.contains("://") {
            return typed.to_owned();
        }
        let (host, port, drawing, secret) = (self.at.ip().to_string(), self.at.port(), self.name.clone(), typed.into());
        Address { host, port, drawing, secret }.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_secret_is_for_the_drawing_that_was_chosen() {
        let at = "192.168.1.20:4848".parse().unwrap();
        let plan = Uninvited { at, name: "plan".into(), title: "The plan".into(), host: "Office".into() };
        for (typed, expect) in [
            (" s3cret ", "linework://192.168.1.20:4848/plan#s3cret"),
            ("v1.viewer.0.abc", "linework://192.168.1.20:4848/plan#v1.viewer.0.abc"),
            ("linework://other:1/site#x", "linework://other:1/site#x"),
            ("", ""),
        ] {
            assert_eq!(plan.address(typed), expect, "{typed:?}");
        }
    }
}
