//! What arrives from the room, taken in.

use collab::{Changes, Notice, Status};
use drawing::{BlockId, RecordId};
use protocol::{Ended, Millis, Refusal, ServerMessage};

use super::{Document, Home, history};
use crate::link::Incoming;

/// What the window should know of what arrived.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// Something worth a message.
    Say(String),
    /// Something that went wrong.
    Warn(String),
    /// The drawing is here for the first time.
    Here,
    /// A part of what a save needs is here.
    Blob(protocol::Hash, Option<Vec<u8>>),
    /// The room is over.
    Ended(String),
}

/// Messages that are taken in before the window is drawn again.
const MESSAGES_MAX: usize = 10_000;

impl Document {
    /// Takes in what arrived since the last time.
    pub fn receive(&mut self, now: Millis) -> Vec<News> {
        let mut news = Vec::new();
        for _ in 0..MESSAGES_MAX {
            let Some(incoming) = self.link.receive() else { break };
            self.take_incoming(now, incoming, &mut news);
        }
        if self.picture.receive(self.session.drawing()) {
            self.place();
            self.touched();
        }
        self.let_go_of_made();
        news
    }

    fn take_incoming(&mut self, now: Millis, incoming: Incoming, news: &mut Vec<News>) {
        match incoming {
            Incoming::Connected => {
                let (name, secret) = match &self.home {
                    Home::Own { name, secret, .. } => (name, secret),
                    Home::Joined(address) => (&address.drawing, &address.secret),
                };
                let hello = self.session.hello(name, secret);
                self.link.send([protocol::ClientMessage::Hello(hello)]);
            }
            Incoming::Message(message) => {
                if let ServerMessage::Entries(told) = &message {
                    let session = &self.session;
                    self.history.take(told, |id| session.person(id).map(|p| p.name.clone()).unwrap_or_default());
                }
                let changes = self.session.receive(now, message);
                self.take_result(changes, news);
            }
            Incoming::Drawing(drawing) => {
                let changes = self.session.receive_drawing(now, *drawing);
                self.take_result(changes, news);
            }
            Incoming::Loading(received, pieces) => {
                self.trouble = Some(format!("Receiving the drawing: {} of {}", received, pieces));
            }
            Incoming::Lost { why, again_s } => {
                self.session.disconnected();
                self.trouble = Some(match again_s {
                    0 => why,
                    seconds => format!("{why}; trying again in {seconds} s"),
                });
            }
            Incoming::Ended { why } => {
                self.session.disconnected();
                self.trouble = Some(why.clone());
                news.push(News::Ended(why));
            }
        }
    }

    fn take_result(&mut self, result: Result<Changes, collab::SessionError>, news: &mut Vec<News>) {
        match result {
            Ok(changes) => {
                for notice in self.take_changes(changes) {
                    self.take_notice(notice, news);
                }
            }
            Err(error) => {
                // The session can go on over a new connection; this one can't.
                tracing::warn!(%error, "the connection is given up");
                news.push(News::Warn(format!(
                    "The server said something that can't be: {error}. Your changes are kept"
                )));
            }
        }
    }

    /// Brings the picture up to date with what changed; hands on what happened.
    pub fn take_changes(&mut self, changes: Changes) -> Vec<Notice> {
        if changes.whole {
            self.take_whole();
        } else if !changes.ids.is_empty() {
            self.picture.update(self.session.drawing(), &changes.ids);
            let drawing = self.session.drawing();
            self.selection.retain(|id| drawing.entity(*id).is_some());
        }
        if changes.whole || !changes.ids.is_empty() || !changes.notices.is_empty() {
            self.touched();
        }
        changes.notices
    }

    fn take_whole(&mut self) {
        let drawing = self.session.drawing().clone();
        let here = self.space.filter(|space| drawing.block(*space).is_some());
        self.space = here.or_else(|| drawing.model_space());
        self.selection.retain(|id| drawing.entity(*id).is_some());
        if let Some(space) = self.space {
            self.picture.build(&drawing, space);
        }
    }

    fn take_notice(&mut self, notice: Notice, news: &mut Vec<News>) {
        match notice {
            Notice::Welcomed { resumed } => {
                self.trouble = None;
                if matches!(self.home, Home::Joined(_)) && !self.session.title().is_empty() {
                    self.title = self.session.title().to_owned();
                }
                news.push(if resumed { News::Say("Connected again; nothing was lost".into()) } else { News::Here });
            }
            Notice::Refused { refusal, .. } => {
                let kept = self.session.take_drafts().pop();
                let what = kept.map_or("Your change".to_owned(), |draft| history::op_words(&draft.op));
                news.push(News::Warn(format!("Not done ({what}): {}", self.refusal_words(&refusal))));
            }
            Notice::Lapsed { ids } => {
                news.push(News::Say(format!("Your lock on {} lapsed, since you did not use it", ids.len())));
            }
            Notice::Joined(person) if Some(person.session) != self.session.me() => {
                news.push(News::Say(format!("{} came in", person.name)));
            }
            Notice::Left(person, ended) => {
                if self.following == Some(person.session) {
                    self.following = None;
                }
                let how = if ended == Ended::Left { "left" } else { "lost the connection and was let go" };
                news.push(News::Say(format!("{} {how}", person.name)));
            }
            Notice::Undone { left, .. } if !left.is_empty() => {
                news.push(News::Say(format!("{} left as they are: others changed or hold them since", left.len())));
            }
            Notice::Mismatch { .. } => {
                news.push(News::Warn(
                    "Your copy of the drawing differed from the server's; a fresh one is coming".into(),
                ));
            }
            Notice::Blob { hash, bytes } => news.push(News::Blob(hash, bytes)),
            // Granted and refused locks show in the picture; selecting always succeeds.
            _ => {}
        }
    }

    /// Why something was refused, as a person reads it.
    pub fn refusal_words(&self, refusal: &Refusal) -> String {
        let name = |id| self.session.person(id).map_or("somebody", |person| &person.name).to_owned();
        match refusal {
            Refusal::Held { by, .. } => match by.first() {
                Some(held) => format!("{} holds {} of it", name(held.session), held.ids.len()),
                None => "somebody holds some of it".into(),
            },
            Refusal::Changed { by, .. } => {
                format!("{} changed it in the meantime", by.map_or("somebody".into(), name))
            }
            Refusal::LockLost { .. } => "your lock on it ended before".into(),
            Refusal::Invalid { why } | Refusal::Unavailable { why } => why.clone(),
            Refusal::NotAllowed { .. } => "you may look at this drawing, not change it".into(),
            Refusal::Limit { limit, max, asked } => format!("{asked} is over the server's limit of {max} ({limit})"),
            Refusal::NotUndoable { .. } => "it can't be taken back any more".into(),
            Refusal::Overtaken { .. } => "others have changed or hold all of it since".into(),
            Refusal::ForeignIds { .. } => "the server did not grant its numbers".into(),
        }
    }

    /// Chooses the first view: the one saved in the file if it shows something, else everything.
    fn place(&mut self) {
        if self.placed {
            return;
        }
        let Some(extents) = self.picture.extents(self.session.drawing(), &self.visibility) else { return };
        self.placed = true;
        let saved = self.session.drawing().header().active_view.filter(|_| self.is_model());
        self.fit(extents);
        if let Some(view) = saved.filter(|view| view.height > 0.0) {
            let mut camera = self.camera;
            camera.follow(view);
            let seen = camera.seen();
            let shared = seen.intersect(extents);
            // A saved view that shows nothing, or next to nothing, of the drawing is no view anybody wants.
            if shared.area() > 0.2 * extents.area().min(seen.area()) {
                self.camera = camera;
            }
        }
    }

    /// Whether model space is shown.
    pub fn is_model(&self) -> bool {
        self.space.is_some() && self.space == self.session.drawing().model_space()
    }

    /// Shows another space, where one looked at it last.
    pub fn show_space(&mut self, space: BlockId) {
        if self.space == Some(space) {
            return;
        }
        if let Some(before) = self.space.replace(space) {
            self.views.insert(before, (self.camera.center, self.camera.scale));
        }
        self.select_none();
        self.tool = None;
        match self.views.get(&space) {
            Some(&(center, scale)) => {
                self.camera.center = center;
                self.camera.scale = scale;
            }
            None => self.placed = false,
        }
        let drawing = self.session.drawing().clone();
        self.picture.build(&drawing, space);
    }

    /// What the status line says of the connection; none while all is well.
    pub fn connection_words(&self) -> Option<String> {
        let waiting = match self.session.waiting() {
            0 => "nothing is lost".into(),
            1 => "1 change waits, nothing is lost".to_owned(),
            count => format!("{count} changes wait, nothing is lost"),
        };
        match self.session.status() {
            Status::Live => self.session.saving_paused().map(|why| format!("Saving is paused: {why}; {waiting}")),
            Status::Connecting => Some(self.trouble.clone().unwrap_or("Connecting...".into())),
            Status::Joining { received, pieces } if *pieces > 0 => {
                Some(format!("Receiving the drawing: {received} of {pieces}"))
            }
            Status::Joining { .. } => Some(self.trouble.clone().unwrap_or("Catching up...".into())),
            Status::Reconnecting => Some(format!("Reconnecting... {waiting}")),
            Status::Ended { why, .. } => Some(why.clone()),
        }
    }

    /// Records by the ids of entities.
    pub fn record_ids(&self) -> Vec<RecordId> {
        self.selection.iter().map(|id| RecordId(id.0)).collect()
    }
}
