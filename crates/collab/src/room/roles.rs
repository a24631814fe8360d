//! Who may do what, and who is kept out: roles that are changed while one is at work, removing, banning.
//!
//! What an owner says of somebody outlives the session that it was said of. It is known by what they come back with:
//!
//! - an invite by name, which proves who they are: what was last said of that name holds, up or down. An invite that was
//!   made after that is the owner's newer word;
//! - the key of a session that they had, which proves that it was theirs;
//! - their installation's id, which proves nothing, since everybody in a room sees it: it can only take away.

use std::collections::BTreeSet;

use imbl::OrdMap;
use protocol::{Ban, Came, ClientId, Ended, Event, Refusal, Role, Seq, SessionId, Told};
use serde::{Deserialize, Serialize};

use super::Room;
use super::decide::{Decision, store};

/// How many people there may be of whom an owner said something: one more is refused, so that nothing that was said is
/// forgotten.
const SAID_MAX: usize = 4_096;
/// How many may be banned at a time.
const BANS_MAX: usize = 1_024;

/// What owners said of people, and by what those who are here came in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Standings {
    /// Roles that were given, by the entry that gave them; one for each installation and invite.
    #[serde(default)]
    said: OrdMap<Seq, Said>,
    /// Who is kept out, by the entry that banned them.
    #[serde(default)]
    bans: OrdMap<Seq, Ban>,
    /// By what sessions that live came in, unless it is a link.
    #[serde(default)]
    came: OrdMap<SessionId, Came>,
}

/// A role that was given to somebody at work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Said {
    client: ClientId,
    /// The name of the invite that they came by; none if they came by a link.
    invited: Option<String>,
    /// The lineage of the session that it was said of.
    root: SessionId,
    role: Role,
}

/// Somebody who asks to come in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comer<'a> {
    /// Their installation, as they say.
    pub client: ClientId,
    /// What they are called: what the invite says if they come by one.
    pub name: &'a str,
    /// What they came by allows this.
    pub role: Role,
    /// By what they come.
    pub came: Came,
    /// The lineage that they have the key of.
    pub root: Option<SessionId>,
}

impl Comer<'_> {
    /// Whether this name was said of an invite that is theirs, and theirs was made before that was said.
    fn is_invited_as(&self, name: &str, said: Seq) -> bool {
        matches!(self.came, Came::Invite { after } if after < said) && self.name == name
    }
}

impl Room {
    /// What somebody may do who comes in.
    pub(crate) fn role_of(&self, comer: Comer<'_>) -> Role {
        if comer.came == Came::Within {
            return comer.role;
        }
        // The last word counts. Those that are older than an invite were said before its maker gave it.
        let since = if let Came::Invite { after } = comer.came { after } else { Seq(0) };
        for (at, said) in self.standings.said.iter().rev().take_while(|(at, _)| **at > since) {
            let invited = said.invited.as_deref().is_some_and(|name| comer.is_invited_as(name, *at));
            if invited || comer.root == Some(said.root) {
                return said.role;
            }
            if comer.client == said.client {
                return said.role.min(comer.role);
            }
        }
        comer.role
    }

    /// What keeps somebody out, if anything does.
    pub(crate) fn ban_of(&self, comer: Comer<'_>) -> Option<&Ban> {
        let meets = |ban: &&Ban| ban.client == comer.client || ban.invited && comer.is_invited_as(&ban.name, ban.seq);
        self.standings.bans.values().find(meets).filter(|_| comer.came != Came::Within)
    }

    /// Who ended a session that nobody goes on with since.
    pub(crate) fn removed_by(&self, session: SessionId) -> Option<&str> {
        self.lineage_of(session)?.removed_by.as_deref()
    }

    /// Who is kept out, by the entry that banned them.
    pub fn bans(&self) -> impl DoubleEndedIterator<Item = &Ban> + use<'_> {
        self.standings.bans.values()
    }

    /// By what somebody who is here came in.
    pub fn came_by(&self, session: SessionId) -> Came {
        self.standings.came.get(&session).copied().unwrap_or_default()
    }

    pub(super) fn decide_role(&self, by: SessionId, session: SessionId, role: Role) -> Result<Decision, Refusal> {
        let member = self.shared.members.get(&session).ok_or_else(gone)?;
        if self.came_by(session) == Came::Within {
            return Err(Refusal::Invalid { why: "whoever serves a drawing stays its owner".into() });
        }
        if member.role == role {
            return Ok(Decision::Nothing);
        }
        let others = self.shared.members.iter().filter(|(other, _)| **other != session);
        if session == by && others.clone().next().is_some() && others.clone().all(|(_, each)| each.role != Role::Owner)
        {
            let why = "the drawing would have no owner: make somebody else its owner first".into();
            return Err(Refusal::Invalid { why });
        }
        if session != by && role < member.role && self.is_same_person(session, by) {
            // It would hold for all that is theirs, this one too once it comes back.
            return Err(Refusal::Invalid { why: "that is another window of your own".into() });
        }
        if self.standings.said.len() >= SAID_MAX {
            return Err(full("roles_max", SAID_MAX));
        }
        // More than they had is for the one window that is known to be theirs.
        let also = others
            .filter(|(other, each)| role < member.role && each.role > role && self.is_same_person(session, **other));
        let also = also.map(|(other, _)| *other).filter(|other| *other != by).collect();
        store(Event::RoleChanged { session, role, by, also })
    }

    pub(super) fn decide_remove(&self, by: SessionId, session: SessionId) -> Result<Decision, Refusal> {
        let Some(member) = self.shared.members.get(&session) else { return Ok(Decision::Nothing) };
        self.may_put_out(by, session)?;
        let why = Ended::Removed { by };
        store(Event::Gone { session, epoch: member.epoch, why })
    }

    pub(super) fn decide_ban(&self, by: SessionId, session: SessionId) -> Result<Decision, Refusal> {
        let member = self.shared.members.get(&session).ok_or_else(gone)?;
        let same = |other: &&SessionId| **other == session || self.is_same_person(session, **other);
        let sessions: Vec<_> = self.shared.members.keys().filter(same).copied().collect();
        sessions.iter().try_for_each(|each| self.may_put_out(by, *each))?;
        if self.standings.bans.len() >= BANS_MAX {
            return Err(full("bans_max", BANS_MAX));
        }
        let invited = matches!(self.came_by(session), Came::Invite { .. });
        store(Event::Banned { session, client: member.client, name: member.name.clone(), invited, by, sessions })
    }

    pub(super) fn decide_lift(&self, by: SessionId, ban: Seq) -> Result<Decision, Refusal> {
        if !self.standings.bans.contains_key(&ban) {
            return Ok(Decision::Nothing);
        }
        store(Event::BanLifted { ban, by })
    }

    fn may_put_out(&self, by: SessionId, session: SessionId) -> Result<(), Refusal> {
        let why = if session == by {
            "that would be oneself: to go, leave"
        } else if self.came_by(session) == Came::Within {
            "whoever serves a drawing can't be put out of it"
        } else {
            return Ok(());
        };
        Err(Refusal::Invalid { why: why.into() })
    }

    /// Whether what is said of one is said of the other: windows of one installation, or those who came by invites to
    /// one name.
    fn is_same_person(&self, one: SessionId, other: SessionId) -> bool {
        let member = |session| self.shared.members.get(&session);
        let (Some(a), Some(b)) = (member(one), member(other)) else { return false };
        let invited = |session| matches!(self.came_by(session), Came::Invite { .. });
        self.came_by(other) != Came::Within
            && (a.client == b.client || invited(one) && invited(other) && a.name == b.name)
    }

    /// Keeps what an entry says of people, now that what everybody sees is as it says.
    pub(super) fn note_standing(&mut self, told: &Told) {
        match &told.entry.event {
            Event::Joined { came, .. } if !came.is_link() => {
                self.standings.came.insert(SessionId(told.seq), *came);
            }
            Event::Gone { session, why, .. } => {
                self.standings.came.remove(session);
                if let Ended::Removed { by } = why
                    && let Some(root) = self.roots.get(session).copied()
                {
                    let by = self.shared.members.get(by).map_or_else(|| "an owner".into(), |owner| owner.name.clone());
                    self.with_lineage(root, |lineage| lineage.removed_by = Some(by));
                }
            }
            Event::RoleChanged { session, role, .. } => self.note_role(told.seq, *session, *role),
            Event::Banned { client, name, invited, by, sessions, .. } => {
                let by_name = self.shared.members.get(by).map_or(String::new(), |member| member.name.clone());
                let (seq, time_ms) = (told.seq, told.entry.time_ms);
                let (client, name, invited) = (*client, name.clone(), *invited);
                let ban = Ban { seq, client, name, invited, by: *by, by_name, time_ms };
                self.standings.bans.insert(seq, ban);
                for session in sessions {
                    self.standings.came.remove(session);
                }
            }
            Event::BanLifted { ban, .. } => {
                self.standings.bans.remove(ban);
            }
            _ => {}
        }
    }

    fn note_role(&mut self, seq: Seq, session: SessionId, role: Role) {
        let Some(member) = self.shared.members.get(&session) else { return };
        let invited = matches!(self.came_by(session), Came::Invite { .. }).then(|| member.name.clone());
        let root = self.roots.get(&session).copied().unwrap_or(session);
        let said = Said { client: member.client, invited, root, role };
        let same = |other: &Said| other.client == said.client && other.invited == said.invited;
        let older: BTreeSet<_> =
            self.standings.said.iter().filter(|(_, other)| same(other)).map(|(at, _)| *at).collect();
        for at in older {
            self.standings.said.remove(&at);
        }
        self.standings.said.insert(seq, said);
    }
}

fn gone() -> Refusal {
    Refusal::Invalid { why: "they are not in the drawing any more".into() }
}

fn full(limit: &str, max: usize) -> Refusal {
    Refusal::Limit { limit: limit.into(), max: max as u64, asked: max as u64 + 1 }
}
