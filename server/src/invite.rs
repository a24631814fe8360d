//! What lets one in: a drawing's secret, or an invite that is signed with it and says as what and until when.
//!
//! An invite stands where the secret stands in an address: `v1.ROLE.UNTIL.MAC`, with the role `viewer`, `reviewer` or `editor`, the
//! second since 1970 until which it is good (0: for ever), and BLAKE3 keyed with a key that is derived from the
//! drawing's secret over `v1.ROLE.UNTIL.DRAWING`. Nothing is kept of it; a new secret voids every invite of the old one.

use std::sync::Arc;

use protocol::{Millis, Role};

use crate::host::Slot;
use crate::{Host, secret};

/// What every invite starts with.
const VERSION: &str = "v1";
/// What the key of invites is derived for.
const CONTEXT: &str = "linework 2026-11 invite to a drawing";

/// The one answer to a wrong name and to a wrong secret.
const NOT_LET_IN: &str =
    "there is no such drawing here, or the address is out of date; ask whoever shared it for the address";
/// The answer to an invite whose signature doesn't fit.
const ALTERED: &str = "this invite is not as it was made, or a new link was made since; ask whoever shared the \
                       drawing for a new one";
/// The answer to an invite that was good once.
const EXPIRED: &str = "this invite has expired; ask whoever shared the drawing for a new one";

/// Why somebody is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotAdmitted {
    /// In words for a person.
    pub why: String,
    /// Whether coming again may help.
    pub retry: bool,
}

impl Host {
    /// The drawing that somebody is let into, and as what; else why not. Whether there is a drawing of that name is not
    /// told to one who has no right to it.
    pub(crate) async fn admit(&self, name: &str, guess: &str) -> Result<(Arc<Slot>, Role), NotAdmitted> {
        let found = self.find(name).await;
        let slot = found.map_err(|error| NotAdmitted { why: error.to_string(), retry: true })?;
        self.check(slot, name, guess).map_err(|why| NotAdmitted { why: why.into(), retry: false })
    }

    fn check(&self, slot: Option<Arc<Slot>>, name: &str, guess: &str) -> Result<(Arc<Slot>, Role), &'static str> {
        // Compared with something in any case, so that the time taken does not tell which names there are.
        let nobodys = "00000000000000000000000000000000".to_owned();
        let known = slot.as_ref().map_or(nobodys, |slot| slot.listing().secret);
        let signed = guess.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix('.'));
        let role = match signed {
            Some(signed) => {
                let checked = check(&known, name, signed, self.inner.clock.time_of_day());
                checked.map_err(|why| if slot.is_some() { why } else { ALTERED })?
            }
            None if secret::is_same(&known, guess) => Role::Editor,
            None => return Err(NOT_LET_IN),
        };
        // Everybody can sign for nobody's secret: it says what any wrong one says.
        slot.map(|slot| (slot, role)).ok_or(if signed.is_some() { ALTERED } else { NOT_LET_IN })
    }
}

/// An invite to a drawing, good until a second since 1970; 0 for ever.
pub(crate) fn sign(drawing_secret: &str, name: &str, role: Role, until: u64) -> String {
    let role = word(role);
    format!("{VERSION}.{role}.{until}.{}", mac(drawing_secret, name, role, until))
}

fn check(drawing_secret: &str, name: &str, signed: &str, now: Millis) -> Result<Role, &'static str> {
    let mut parts = signed.split('.');
    let (Some(role), Some(until), Some(guess), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(ALTERED);
    };
    let until_number: u64 = until.parse().map_err(|_| ALTERED)?;
    let granted = match role {
        "viewer" => Role::Viewer,
        "reviewer" => Role::Reviewer,
        "editor" => Role::Editor,
        _ => return Err(ALTERED),
    };
    // As it is written: 007 is not what was signed.
    if until_number.to_string() != until || !secret::is_same(&mac(drawing_secret, name, role, until_number), guess) {
        return Err(ALTERED);
    }
    if until_number != 0 && now / 1_000 >= until_number { Err(EXPIRED) } else { Ok(granted) }
}

fn mac(drawing_secret: &str, name: &str, role: &str, until: u64) -> String {
    let key = blake3::derive_key(CONTEXT, drawing_secret.as_bytes());
    let mac = blake3::keyed_hash(&key, format!("{VERSION}.{role}.{until}.{name}").as_bytes());
    secret::letters(mac.as_bytes().first_chunk().expect("a hash has 32 bytes"))
}

/// What a role is called in an invite; nobody is invited as an owner.
fn word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Reviewer => "reviewer",
        Role::Editor | Role::Owner => "editor",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_is_good_as_it_was_made_and_until_then() {
        let invite = sign("secret", "plan", Role::Viewer, 2_000);
        let ages = sign("secret", "plan", Role::Editor, 0);
        let later = invite.replace(".2000.", ".9000.");
        let more = invite.replace("viewer", "editor");
        let zeros = invite.replace(".2000.", ".02000.");
        let cut = &invite[..invite.len() - 1];
        for (secret, name, invite, now, expect) in [
            ("secret", "plan", invite.as_str(), 1_999_999, Ok(Role::Viewer)),
            ("secret", "plan", &ages, u64::MAX, Ok(Role::Editor)),
            ("secret", "plan", &invite, 2_000_000, Err(EXPIRED)),
            ("other", "plan", &invite, 0, Err(ALTERED)),
            ("secret", "site", &invite, 0, Err(ALTERED)),
            ("secret", "plan", &later, 0, Err(ALTERED)),
            ("secret", "plan", &more, 0, Err(ALTERED)),
            ("secret", "plan", &zeros, 0, Err(ALTERED)),
            ("secret", "plan", cut, 0, Err(ALTERED)),
            ("secret", "plan", "v1.owner.0.x", 0, Err(ALTERED)),
            ("secret", "plan", "v1.", 0, Err(ALTERED)),
            ("secret", "plan", "v1.editor.-1.x", 0, Err(ALTERED)),
        ] {
            let signed = invite.strip_prefix("v1.").expect("it is an invite");
            assert_eq!(check(secret, name, signed, now), expect, "{invite} at {now} for {name} with {secret}");
        }
    }
}
