//! What an owner says of people, asked for and heard.

use std::collections::BTreeSet;

use drawing::RecordId;
use protocol::{Ban, Event, Refusal, Request, Role, Seq, SessionId, Told};

use super::Session;
use super::changes::{Changes, Draft, Notice, Status};
use super::pending::Wish;

impl Session {
    /// Lets somebody do something else, as an owner; refused to anybody else.
    pub fn set_role(&mut self, session: SessionId, role: Role) {
        self.ask_of_person(Request::SetRole { session, role });
    }

    /// Ends somebody's session, as an owner; refused to anybody else. They may come back.
    pub fn remove(&mut self, session: SessionId) {
        self.ask_of_person(Request::Remove { session });
    }

    /// Ends somebody's sessions and keeps them out, as an owner; refused to anybody else.
    pub fn ban(&mut self, session: SessionId) {
        self.ask_of_person(Request::Ban { session });
    }

    /// Lets somebody in again who was banned by this entry, as an owner; refused to anybody else.
    pub fn lift_ban(&mut self, ban: Seq) {
        self.ask_of_person(Request::LiftBan { ban });
    }

    fn ask_of_person(&mut self, request: Request) {
        if self.facts.is_some() {
            self.wish(Wish::OfPerson(request));
        }
    }

    /// Who is kept out of the room, the last one first.
    pub fn bans(&self) -> impl Iterator<Item = &Ban> {
        self.facts.iter().flat_map(|facts| facts.bans.values().rev())
    }

    /// Whether what was asked of somebody is so by now.
    pub(super) fn is_so_of_person(&self, request: &Request) -> bool {
        match request {
            Request::SetRole { session, role } => self.person(*session).is_none_or(|person| person.role == *role),
            Request::Remove { session } | Request::Ban { session } => self.person(*session).is_none(),
            Request::LiftBan { ban } => self.facts.as_ref().is_none_or(|facts| !facts.bans.contains_key(ban)),
            _ => false,
        }
    }

    /// What somebody is called, before an entry takes them out of the room.
    pub(super) fn name_of(&self, session: SessionId) -> String {
        self.people.get(&session).map_or_else(|| "An owner".into(), |person| person.name.clone())
    }

    /// An owner's word is applied: what it means for what one knows and has.
    pub(super) fn note_owners_word(&mut self, told: &Told, changes: &mut Changes) {
        match &told.entry.event {
            Event::RoleChanged { session, role, by, also } => {
                self.refresh_people();
                for session in also.iter().chain([session]).copied() {
                    if let Some(facts) = self.facts.as_mut().filter(|facts| facts.session == session) {
                        facts.role = *role;
                    }
                    changes.notices.push(Notice::RoleChanged { session, role: *role, by: *by });
                }
            }
            Event::Banned { client, name, invited, by, sessions, .. } => {
                let by_name = self.name_of(*by);
                if let Some(facts) = &mut self.facts {
                    let (seq, client, time_ms) = (told.seq, *client, told.entry.time_ms);
                    let (name, by_name) = (name.clone(), by_name.clone());
                    facts.bans.insert(seq, Ban { seq, client, name, invited: *invited, by: *by, by_name, time_ms });
                }
                sessions.iter().for_each(|session| {
                    self.offline.remove(session);
                });
                if self.me().is_some_and(|me| sessions.contains(&me)) {
                    return self.put_out(by_name, true, changes);
                }
                self.refresh_people();
                changes.notices.push(Notice::Banned { name: name.clone(), by: *by });
            }
            Event::BanLifted { ban, .. } => {
                let lifted = self.facts.as_mut().and_then(|facts| facts.bans.remove(ban));
                changes.notices.extend(lifted.map(Notice::BanLifted));
            }
            _ => {}
        }
    }

    /// One is put out: what has no entry by now will never have one, and is kept as drafts.
    pub(super) fn put_out(&mut self, by: String, banned: bool, changes: &mut Changes) {
        let mut touched = BTreeSet::<RecordId>::new();
        let did = if banned { "banned" } else { "removed" };
        let why = format!("{by} {did} you before this was stored");
        self.intents.clear();
        self.status = Status::Ended { why: format!("{by} {did} you from this drawing"), retry: false };
        for pending in std::mem::take(&mut self.pending) {
            self.steps.refused(pending.client_seq);
            if let Wish::Edit(edit) = pending.wish {
                touched.extend(edit.touched);
                let refusal = Refusal::Unavailable { why: why.clone() };
                self.drafts.push(Draft { op: edit.op, refusal: refusal.clone() });
                changes.notices.push(Notice::Refused { client_seq: pending.client_seq, draft: true, refusal });
            }
        }
        changes.extend(self.rebuild(touched.into_iter().collect()));
        self.refresh_people();
        changes.notices.push(Notice::PutOut { by, banned });
    }
}
