//! What an owner says of people, carried out.

use protocol::{Role, Seq, SessionId};
use server::Invitation;

use super::Window;
use super::backstage::Report;
use crate::dialogs::Dialog;
use crate::document::Home;

/// What an owner says of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// Somebody may do something else from here on.
    Role(SessionId, Role),
    /// Asks whether somebody is to be removed, or banned.
    AskPutOut {
        /// Whom.
        session: SessionId,
        /// For good.
        banned: bool,
    },
    /// Somebody has to go.
    Remove(SessionId),
    /// Somebody has to go and is kept out.
    Ban(SessionId),
    /// Somebody may come in again who was banned by this entry.
    Lift(Seq),
    /// Somebody is to be invited.
    Invite(Invitation),
}

impl Window {
    /// Carries out what an owner says of people in the drawing in front.
    pub(super) fn say_of_people(&mut self, word: Word) {
        let Some(document) = self.documents.get_mut(self.active) else { return };
        if !document.is_owner() {
            return self.warn("Only an owner of the drawing can do that");
        }
        match word {
            Word::Role(session, role) => document.session.set_role(session, role),
            Word::AskPutOut { session, banned } => {
                let Some(person) = document.session.person(session) else {
                    return self.say("They have left already");
                };
                self.dialog = Dialog::PutOut { document: document.id, session, name: person.name.clone(), banned };
            }
            Word::Remove(session) => {
                document.session.remove(session);
                self.dialog = Dialog::None;
            }
            Word::Ban(session) => {
                document.session.ban(session);
                self.dialog = Dialog::None;
            }
            Word::Lift(ban) => document.session.lift_ban(ban),
            Word::Invite(wanted) => self.invite(wanted),
        }
    }

    /// Has an invite made: the room says where its log stands, so that is not done here.
    fn invite(&mut self, wanted: Invitation) {
        let Some(Home::Own { host, name, .. }) = self.document().map(|document| document.home.clone()) else {
            return self.warn("Whoever serves this drawing makes its invites");
        };
        let (reports, wake) = (self.backstage.reports.clone(), self.backstage.studio.wake.clone());
        self.backstage.runtime.spawn(async move {
            let made = host.invite(&name, &wanted).await.map_err(|error| error.to_string());
            // Where the window is gone, nobody waits for it.
            let _ = reports.send(Report::Invited(wanted, made));
            wake();
        });
    }

    /// An invite was made, or not: shown if it is still the one that is wanted.
    pub(super) fn take_invited(&mut self, wanted: Invitation, result: Result<String, String>) {
        let Some(shared) = self.shared_address() else { return };
        let address = shared.parse::<protocol::Address>().map_err(|error| error.to_string());
        if let Dialog::Share { made, .. } = &mut self.dialog {
            let result = result.and_then(|secret| Ok(protocol::Address { secret, ..address? }.to_string()));
            *made = Some((wanted, result));
        }
    }
}
