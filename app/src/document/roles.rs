//! What an owner says of people, and of oneself: heard, said in words, and what it means for what one is at.

use collab::Notice;
use protocol::{Attention, Person, Role, SessionId};

use super::receive::News;
use super::{Document, Home};
use crate::canvas::Drag;

/// What a role allows, as what follows "you may" or a name and "may".
pub fn may_words(role: Role) -> &'static str {
    match role {
        Role::Viewer => "look only",
        Role::Reviewer => "look and comment",
        Role::Editor => "edit",
        Role::Owner => "own the drawing",
    }
}

/// What somebody with a role is called.
pub fn role_word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Reviewer => "Reviewer",
        Role::Editor => "Editor",
        Role::Owner => "Owner",
    }
}

impl Document {
    /// Whether what an owner may say of people is one's own to say.
    pub fn is_owner(&self) -> bool {
        self.session.role() == Role::Owner && *self.session.status() == collab::Status::Live
    }

    /// Why one may not change the drawing, where that is due to one's role.
    pub fn role_hinders(&self) -> Option<&'static str> {
        if !self.is_here() || matches!(self.home, Home::Log(_)) {
            return None;
        }
        match self.session.role() {
            Role::Viewer => Some("You may look at this drawing, not change it"),
            Role::Reviewer => Some("You may look at this drawing and comment, not change it"),
            Role::Editor | Role::Owner => None,
        }
    }

    /// Whether somebody is at their window; of one who doesn't say so, whether they moved lately.
    pub fn attention_of(&self, person: &Person, now_s: f64) -> Attention {
        let shown = self.session.presence_of(person.session).map(|presence| presence.attention);
        match shown {
            Some(Attention::Here) | None if self.people.idle_min(person.session, now_s).is_some() => Attention::Idle,
            Some(attention) => attention,
            None => Attention::Here,
        }
    }

    /// Says whether one is at one's window oneself.
    pub fn set_attention(&mut self, attention: Attention) {
        if self.presence.0.attention != attention {
            let presence = protocol::Presence { attention, ..self.presence.0.clone() };
            self.show_presence(presence);
        }
    }

    /// Whether one is at one's window, as others are shown.
    pub fn attention(&self) -> Attention {
        self.presence.0.attention
    }

    /// Takes in what an owner said of somebody.
    pub(super) fn take_owners_word(&mut self, notice: Notice, news: &mut Vec<News>) {
        match notice {
            Notice::RoleChanged { session, role, by } => self.take_role(session, role, by, news),
            Notice::PutOut { banned, .. } => {
                // The words come with the end of the connection.
                self.put_out = Some(banned);
                self.stop_editing();
                self.keep_drafts();
            }
            Notice::Banned { name, by } => {
                news.push(News::Say(format!("{} banned {name}", self.name_of(by))));
            }
            Notice::BanLifted(ban) => news.push(News::Say(format!("{} may come in again", ban.name))),
            _ => {}
        }
        self.touched();
    }

    fn take_role(&mut self, session: SessionId, role: Role, by: SessionId, news: &mut Vec<News>) {
        let me = self.session.me();
        let owner = if Some(by) == me { "You".into() } else { self.name_of(by) };
        let lets = if Some(by) == me { "let" } else { "lets" };
        if Some(session) != me {
            news.push(News::Say(format!("{owner} {lets} {} {}", self.name_of(session), may_words(role))));
            return;
        }
        let whom = if Some(by) == me { "yourself" } else { "you" };
        let said = format!("{owner} {lets} {whom} {} from here on", may_words(role));
        if role.may_edit() {
            self.lock_selection();
            news.push(News::Say(said));
        } else {
            self.stop_editing();
            news.push(News::Warn(format!("{said}. You hold nothing any more; what you did is kept")));
        }
    }

    /// What one is just doing comes to nothing: it would be refused.
    fn stop_editing(&mut self) {
        if self.tool.as_ref().is_some_and(|tool| tool.command().changes()) {
            self.tool = None;
        }
        if matches!(self.pointer.drag, Drag::Move { .. }) {
            self.pointer.drag = Drag::default();
        }
    }

    pub(crate) fn name_of(&self, session: SessionId) -> String {
        self.session.person(session).map_or_else(|| "An owner".into(), |person| person.name.clone())
    }
}
