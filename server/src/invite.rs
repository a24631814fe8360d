//! What lets one in: a drawing's secret, or an invite that is signed with it and says as what and until when.
//!
//! An invite stands where the secret stands in an address. `v1.ROLE.UNTIL.MAC` is for anybody: the role `viewer`,
//! `reviewer` or `editor`, the second since 1970 until which it is good (0: for ever), and BLAKE3 keyed with a key that
//! is derived from the drawing's secret over `v1.ROLE.UNTIL.DRAWING`. `v2.ROLE.UNTIL.AFTER.NAME.MAC` is for one person:
//! the role may be `owner`, `AFTER` is the last entry of the drawing's log when it was made, `NAME` what they are called,
//! percent-encoded; signed likewise. Nothing is kept of either; a new secret voids every invite of the old one.

use std::sync::Arc;

use protocol::{Came, Millis, Role, Seq};

use crate::host::Slot;
use crate::{Host, secret};

/// What an invite for anybody starts with.
const FOR_ANYBODY: &str = "v1";
/// What an invite for one person starts with.
const FOR_ONE: &str = "v2";
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

/// What somebody is let in as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pass {
    /// What they may do.
    pub role: Role,
    /// By what they come.
    pub came: Came,
    /// What they are called, where the invite says so.
    pub name: Option<String>,
}

impl Pass {
    /// Of one who is in the process that serves the drawing.
    pub(crate) const WITHIN: Pass = Pass { role: Role::Owner, came: Came::Within, name: None };

    fn by_link(role: Role) -> Pass {
        Pass { role, came: Came::Link, name: None }
    }
}

impl Host {
    /// The drawing that somebody is let into, and as what; else why not. Whether there is a drawing of that name is not
    /// told to one who has no right to it.
    pub(crate) async fn admit(&self, name: &str, guess: &str) -> Result<(Arc<Slot>, Pass), NotAdmitted> {
        let found = self.find(name).await;
        let slot = found.map_err(|error| NotAdmitted { why: error.to_string(), retry: true })?;
        self.check(slot, name, guess).map_err(|why| NotAdmitted { why: why.into(), retry: false })
    }

    fn check(&self, slot: Option<Arc<Slot>>, name: &str, guess: &str) -> Result<(Arc<Slot>, Pass), &'static str> {
        // Compared with something in any case, so that the time taken does not tell which names there are.
        let nobodys = "00000000000000000000000000000000".to_owned();
        let known = slot.as_ref().map_or(nobodys, |slot| slot.listing().secret);
        let signed = [FOR_ANYBODY, FOR_ONE]
            .iter()
            .any(|version| guess.strip_prefix(version).is_some_and(|rest| rest.starts_with('.')));
        let pass = if signed {
            let checked = check(&known, name, guess, self.inner.clock.time_of_day());
            checked.map_err(|why| if slot.is_some() { why } else { ALTERED })?
        } else if secret::is_same(&known, guess) {
            Pass::by_link(Role::Editor)
        } else {
            return Err(NOT_LET_IN);
        };
        // Everybody can sign for nobody's secret: it says what any wrong one says.
        slot.map(|slot| (slot, pass)).ok_or(if signed { ALTERED } else { NOT_LET_IN })
    }
}

/// An invite to a drawing for anybody, good until a second since 1970; 0 for ever. Nobody is invited as its owner so.
pub(crate) fn sign(drawing_secret: &str, drawing: &str, role: Role, until: u64) -> String {
    let role = word(role.min(Role::Editor));
    let said = format!("{FOR_ANYBODY}.{role}.{until}");
    format!("{said}.{}", mac(drawing_secret, &said, drawing))
}

/// An invite to a drawing for one person, made when `after` was the last entry of its log.
pub(crate) fn sign_for(
    drawing_secret: &str,
    drawing: &str,
    (role, name): (Role, &str),
    until: u64,
    after: Seq,
) -> String {
    let said = format!("{FOR_ONE}.{}.{until}.{after}.{}", word(role), percent(name));
    format!("{said}.{}", mac(drawing_secret, &said, drawing))
}

fn check(drawing_secret: &str, drawing: &str, invite: &str, now: Millis) -> Result<Pass, &'static str> {
    let (said, guess) = invite.rsplit_once('.').ok_or(ALTERED)?;
    // What was signed is read only then: there is one way to write each part.
    if !secret::is_same(&mac(drawing_secret, said, drawing), guess) {
        return Err(ALTERED);
    }
    let mut parts = said.split('.');
    let mut next = || parts.next().ok_or(ALTERED);
    let (version, role, until) = (next()?, role(next()?)?, next()?);
    let until: u64 = until.parse().map_err(|_| ALTERED)?;
    let pass = if version == FOR_ONE {
        let (after, name) = (next()?, next()?);
        let came = Came::Invite { after: Seq(after.parse().map_err(|_| ALTERED)?) };
        Pass { role, came, name: Some(unpercent(name).ok_or(ALTERED)?) }
    } else if role == Role::Owner {
        return Err(ALTERED);
    } else {
        Pass::by_link(role)
    };
    if parts.next().is_some() {
        return Err(ALTERED);
    }
    if until != 0 && now / 1_000 >= until { Err(EXPIRED) } else { Ok(pass) }
}

fn mac(drawing_secret: &str, said: &str, drawing: &str) -> String {
    let key = blake3::derive_key(CONTEXT, drawing_secret.as_bytes());
    let mac = blake3::keyed_hash(&key, format!("{said}.{drawing}").as_bytes());
    secret::letters(mac.as_bytes().first_chunk().expect("a hash has 32 bytes"))
}

/// What a role is called in an invite.
fn word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Reviewer => "reviewer",
        Role::Editor => "editor",
        Role::Owner => "owner",
    }
}

fn role(word: &str) -> Result<Role, &'static str> {
    match word {
        "viewer" => Ok(Role::Viewer),
        "reviewer" => Ok(Role::Reviewer),
        "editor" => Ok(Role::Editor),
        "owner" => Ok(Role::Owner),
        _ => Err(ALTERED),
    }
}

/// A name within an invite: letters and digits of ASCII, `-` and `_` as they are, every other byte of UTF-8 as `%` and
/// two capital hexadecimal digits.
fn percent(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

fn unpercent(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        bytes.push(if byte == b'%' { (digit(rest.next())? * 16 + digit(rest.next())?) as u8 } else { byte });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_is_good_as_it_was_made_and_until_then() {
        let invite = sign("secret", "plan", Role::Viewer, 2_000);
        let ages = sign("secret", "plan", Role::Editor, 0);
        let anybody = sign("secret", "plan", Role::Owner, 0);
        let ana = sign_for("secret", "plan", (Role::Owner, "Ana Sousa. é%"), 2_000, Seq(7));
        let later = invite.replace(".2000.", ".9000.");
        let more = invite.replace("viewer", "editor");
        let zeros = invite.replace(".2000.", ".02000.");
        let cut = &invite[..invite.len() - 1];
        let named =
            |name: &str| Ok(Pass { role: Role::Owner, came: Came::Invite { after: Seq(7) }, name: Some(name.into()) });
        for (secret, name, invite, now, expect) in [
            ("secret", "plan", invite.as_str(), 1_999_999, Ok(Pass::by_link(Role::Viewer))),
            ("secret", "plan", &ages, u64::MAX, Ok(Pass::by_link(Role::Editor))),
            ("secret", "plan", &anybody, 0, Ok(Pass::by_link(Role::Editor))),
            ("secret", "plan", &ana, 1_999_999, named("Ana Sousa. é%")),
            ("secret", "plan", &ana, 2_000_000, Err(EXPIRED)),
            ("secret", "site", &ana, 0, Err(ALTERED)),
            ("secret", "plan", &ana.replace("Ana", "Ben"), 0, Err(ALTERED)),
            ("secret", "plan", &ana.replace(".7.", ".9."), 0, Err(ALTERED)),
            ("secret", "plan", &ana.replace("%2E", "."), 0, Err(ALTERED)),
            ("secret", "plan", &ana.replace("v2", "v1"), 0, Err(ALTERED)),
            ("secret", "plan", &invite.replace("v1", "v2"), 0, Err(ALTERED)),
            ("secret", "plan", &invite, 2_000_000, Err(EXPIRED)),
            ("other", "plan", &invite, 0, Err(ALTERED)),
            ("secret", "site", &invite, 0, Err(ALTERED)),
            ("secret", "plan", &later, 0, Err(ALTERED)),
            ("secret", "plan", &more, 0, Err(ALTERED)),
            ("secret", "plan", &zeros, 0, Err(ALTERED)),
            ("secret", "plan", cut, 0, Err(ALTERED)),
            ("secret", "plan", "v1.owner.0.x", 0, Err(ALTERED)),
            ("secret", "plan", "v1.", 0, Err(ALTERED)),
            ("secret", "plan", "v2.", 0, Err(ALTERED)),
            ("secret", "plan", "v1.editor.-1.x", 0, Err(ALTERED)),
        ] {
            assert_eq!(check(secret, name, invite, now), expect, "{invite} at {now} for {name} with {secret}");
        }
    }

    /// As `docs/protocol.md` has them, for programs that make their own.
    #[test]
    fn invites_are_written_as_documented() {
        let one = sign_for("0123456789abcdefghjkmnpqrstvwxyz", "plan", (Role::Owner, "Ana Sousa"), 0, Seq(41));
        let anybody = sign("0123456789abcdefghjkmnpqrstvwxyz", "plan", Role::Viewer, 1_800_000_000);
        let page = include_str!("../../docs/protocol.md");
        for invite in [one, anybody] {
            assert!(page.contains(&format!("`{invite}`")), "{invite} is not in the page");
        }
    }

    #[test]
    fn names_are_percent_encoded_and_read_back() {
        for (name, text) in [("Ana", "Ana"), ("Ana Sousa", "Ana%20Sousa"), ("é.%", "%C3%A9%2E%25"), ("", "")] {
            assert_eq!((percent(name).as_str(), unpercent(text).as_deref()), (text, Some(name)));
        }
        for text in ["%", "%4", "%zz", "%FF"] {
            assert_eq!(unpercent(text), None, "{text}");
        }
    }
}
