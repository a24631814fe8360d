//! Drawings that were joined, with the addresses that let one in, so that a click is enough the next time. One JSON file
//! in the state folder that nobody but its person may read.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use protocol::Address;
use serde::{Deserialize, Serialize};

/// The file's name in the state folder.
const FILE: &str = "joined.json";
/// How many are kept.
const INVITES_MAX: usize = 64;

/// What lets this person in elsewhere, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Invites {
    joined: Vec<Invite>,
}

/// A drawing that was joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Invite {
    /// What it is called.
    title: String,
    /// Its whole address, secret and all.
    address: String,
    /// It did not let one in lately, so one is asked for another; a new start tries it again.
    #[serde(skip)]
    refused: bool,
}

impl Invites {
    /// What the state folder holds, and in words what was wrong with it.
    pub fn load(state_dir: &Path) -> (Invites, Option<String>) {
        let path = state_dir.join(FILE);
        let trouble = |why: String| {
            (
                Invites::default(),
                Some(format!("{} could not be read, so invitations are asked for: {why}", path.display())),
            )
        };
        match std::fs::read(&path) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(invites) => (invites, None),
                Err(error) => trouble(error.to_string()),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Invites::default(), None),
            Err(error) => trouble(error.to_string()),
        }
    }

    /// Writes them to the state folder, whole or not at all.
    pub fn save(&self, state_dir: &Path) -> anyhow::Result<()> {
        let bytes = serde_json::to_vec_pretty(self).context("invitations have a JSON form")?;
        crate::file::write_private(&state_dir.join(FILE), &bytes)
    }

    /// This address let one in. Whether that is news.
    pub fn joined(&mut self, title: &str, address: &Address) -> bool {
        let invite = Invite { title: title.to_owned(), address: address.to_string(), refused: false };
        if self.joined.first() == Some(&invite) {
            return false;
        }
        self.joined.retain(|each| !each.is_to(&address.host, address.port, &address.drawing));
        self.joined.insert(0, invite);
        self.joined.truncate(INVITES_MAX);
        true
    }

    /// This address did not let one in.
    pub fn refused(&mut self, address: &Address) {
        let text = address.to_string();
        self.joined.iter_mut().filter(|each| each.address == text).for_each(|each| each.refused = true);
    }

    /// What lets one into the drawing of this name at exactly this place: a secret is told to nobody else.
    pub fn to(&self, at: SocketAddr, drawing: &str) -> Option<Address> {
        let host = at.ip().to_string();
        let found = self.joined.iter().find(|each| !each.refused && each.is_to(&host, at.port(), drawing))?;
        found.address.parse().ok()
    }
}

impl Invite {
    fn is_to(&self, host: &str, port: u16, drawing: &str) -> bool {
        self.address.parse::<Address>().is_ok_and(|to| to.host == host && to.port == port && to.drawing == drawing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_let_one_in_does_so_again_there_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let (mut invites, trouble) = Invites::load(folder.path());
        assert_eq!(trouble, None);
        let old: Address = "linework://192.168.1.20:4848/plan#old".parse().unwrap();
        let new: Address = "linework://192.168.1.20:4848/plan#new".parse().unwrap();
        assert!(invites.joined("The plan", &old) && !invites.joined("The plan", &old));
        assert!(invites.joined("The plan", &new));
        invites.save(folder.path()).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let (mut invites, _) = Invites::load(folder.path());
        for (at, drawing, expect) in [
            ("192.168.1.20:4848", "plan", Some(&new)),
            ("192.168.1.20:4848", "site", None),
            ("192.168.1.20:4849", "plan", None),
            ("192.168.1.21:4848", "plan", None),
        ] {
            assert_eq!(invites.to(at.parse().unwrap(), drawing).as_ref(), expect, "{drawing} at {at}");
        }
        invites.refused(&new);
        assert_eq!(invites.to("192.168.1.20:4848".parse().unwrap(), "plan"), None);
        std::fs::write(folder.path().join(FILE), b"{").unwrap();
        assert!(Invites::load(folder.path()).1.is_some());
    }
}
