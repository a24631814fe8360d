//! What arrives from the room, taken in.

use std::time::{Duration, Instant};

use collab::{Changes, Notice, Status};
use drawing::{BlockId, Record};
use protocol::{Ended, Millis, Refusal, Role, Seq, ServerMessage};

use super::{Document, Hindrance, Home, Put};
use crate::link::Incoming;
use crate::review::Copied;

/// What the window should know of what arrived.
#[derive(Debug)]
pub enum News {
    /// Something worth a message.
    Say(String),
    /// Something that went wrong.
    Warn(String),
    /// Something that one click answers: the words, what the button says, what it does.
    Offer(String, String, crate::action::Action),
    /// The drawing is here, for the first time or anew.
    Here,
    /// Locks of one's own ended because they were not used: on so many records.
    Lapsed(usize),
    /// Somebody called this person in a comment.
    Called(String, drawing::CommentId),
    /// A part of what a save needs is here.
    Part(protocol::Hash, Option<Vec<u8>>),
    /// What a copy of the past needs, or why there is none.
    Copied(Result<Box<Copied>, String>),
    /// The room is over.
    Ended(String),
}

/// Messages that are taken in before the window is drawn again.
const MESSAGES_MAX: usize = 10_000;
/// Connections that may make no sense one after the other until the room is given up.
const GIVEN_UP_MAX: u32 = 5;
/// A connection that made sense so long, in milliseconds, starts that count anew.
const QUIET_MS: Millis = 60_000;
/// Attempts to connect until it is said that the room may be gone.
const ATTEMPTS_MANY: u32 = 6;
/// And how long that may take: a frame is to come soon.
const TAKEN_IN_MAX: Duration = Duration::from_millis(8);

impl Document {
    /// Takes in what arrived since the last time.
    pub fn receive(&mut self, now: Millis) -> Vec<News> {
        let mut news = Vec::new();
        let began = Instant::now();
        self.behind = false;
        for count in 1..=MESSAGES_MAX {
            let Some(incoming) = self.link.receive() else { break };
            self.take_incoming(now, incoming, &mut news);
            self.behind = count == MESSAGES_MAX || began.elapsed() >= TAKEN_IN_MAX;
            if self.behind {
                break;
            }
        }
        // Once for all that arrived: a chunk that ten messages touch is tessellated once.
        self.show_gathered();
        self.settle_layers();
        news.extend(self.talk.take_calls().into_iter().map(|(by, comment)| News::Called(by, comment)));
        for put in self.put_held_back() {
            match put {
                Ok(Put::Done(words)) => news.push(News::Say(words)),
                Ok(Put::Waits) => {}
                Err(Hindrance::Held { who: why, .. } | Hindrance::Other(why)) => {
                    news.push(News::Warn(format!("What waited was not done: {why}")));
                }
            }
        }
        self.gather_the_past(now, &mut news);
        self.take_review(&mut news);
        let drawing = self.drawing().clone();
        if self.picture.receive(&drawing) {
            self.place();
            self.touched();
            if let Some(words) = self.picture.strays(&drawing, &self.visibility) {
                self.find(words, &mut news);
            }
        }
        if let Some(count) = self.picture.left_out_news() {
            self.find(
                format!("{count} things are too much to draw and are not shown; the drawing has them"),
                &mut news,
            );
        }
        self.let_go_of_the_rest();
        news
    }

    /// Something about the drawing that is worth knowing, once.
    fn find(&mut self, words: String, news: &mut Vec<News>) {
        if !self.findings.contains(&words) {
            self.findings.push(words.clone());
            news.push(News::Say(words));
        }
    }

    fn take_incoming(&mut self, now: Millis, incoming: Incoming, news: &mut Vec<News>) {
        if self.deaf && !matches!(incoming, Incoming::Connected | Incoming::Lost { .. } | Incoming::Ended { .. }) {
            return;
        }
        match incoming {
            Incoming::Connected => {
                self.deaf = false;
                let (name, secret) = match &self.home {
                    Home::Own { name, secret, .. } => (name, secret),
                    Home::Joined(address) => (&address.drawing, &address.secret),
                    Home::Log(_) => return,
                };
                let hello = self.session.hello(name, secret);
                self.link.send([protocol::ClientMessage::Hello(hello)]);
            }
            Incoming::Message(message) => {
                if let ServerMessage::Entries(told) = &message {
                    let session = &self.session;
                    // What one has already was asked for, to look back.
                    let known = session.position().map_or(Seq(0), |position| position.seq);
                    let (past, told) = told.split_at(told.partition_point(|told| told.seq <= known));
                    if let Some(gathering) = &mut self.gathering {
                        gathering.take(past, now);
                    }
                    self.history.take(told, |id| session.person(id).map(|p| p.name.clone()).unwrap_or_default());
                }
                let changes = self.session.receive(now, message);
                self.take_result(now, changes, news);
            }
            Incoming::Drawing(drawing) => {
                let changes = self.session.receive_drawing(now, *drawing);
                self.take_result(now, changes, news);
            }
            Incoming::Blob(hash, bytes) => {
                self.session.blob_came(hash);
                if let Some(gathering) = &mut self.gathering {
                    gathering.take_blob(hash, bytes.as_ref(), now);
                }
                news.push(News::Part(hash, bytes));
            }
            Incoming::Arriving { received, pieces, so_far, come } => {
                let mut changes = self.session.receive_arriving(now, (received, pieces), *so_far, come);
                if let Ok(changes) = &mut changes {
                    // The space that is shown may be yet to come.
                    changes.whole |= self.space.is_none() && !changes.ids.is_empty();
                }
                self.take_result(now, changes, news);
            }
            Incoming::Lost { why, again_s, attempts } => {
                self.session.disconnected();
                self.attempts = attempts;
                self.trouble = Some(match again_s {
                    0 => why,
                    seconds => format!("{why}; trying again in {seconds} s"),
                });
            }
            Incoming::Ended { why } => self.end(why, news),
        }
    }

    fn end(&mut self, why: String, news: &mut Vec<News>) {
        self.session.ended(why.clone());
        self.trouble = Some(why.clone());
        self.following = None;
        self.touched();
        news.push(News::Ended(why));
    }

    fn take_result(&mut self, now: Millis, result: Result<Changes, collab::SessionError>, news: &mut Vec<News>) {
        let error = match result {
            Ok(changes) => {
                for notice in self.gather(changes) {
                    self.take_notice(now, notice, news);
                }
                return;
            }
            Err(error) => error,
        };
        tracing::warn!(%error, "the connection is given up for another one");
        let (count, last) = self.given_up;
        let count = if now.saturating_sub(last) > QUIET_MS { 1 } else { count + 1 };
        self.given_up = (count, now);
        self.deaf = true;
        // What came before it in the same message is in the drawing, but not among the changes.
        self.take_whole();
        self.touched();
        if count > GIVEN_UP_MAX {
            let words = format!("The server said {count} times what can't be ({error}), so it was left");
            return self.end(words, news);
        }
        self.session.disconnected();
        if count > 1 {
            // Going on from where one was did not help.
            self.session.distrust();
        }
        self.link.reopen();
        news.push(News::Warn(format!(
            "The server said something that can't be: {error}. The connection is made anew; your changes are kept"
        )));
    }

    /// Brings the picture up to date with what changed; hands on what happened.
    pub fn take_changes(&mut self, changes: Changes) -> Vec<Notice> {
        let notices = self.gather(changes);
        self.show_gathered();
        notices
    }

    /// Puts what changed to what else arrived in this frame; hands on what happened.
    fn gather(&mut self, changes: Changes) -> Vec<Notice> {
        let Changes { ids, whole, notices } = changes;
        self.gathered.ids.extend(ids);
        self.gathered.whole |= whole;
        // A pointer that moves or an edit that is safe now changes nothing of what was made of the drawing.
        let marks = |notice: &Notice| {
            matches!(notice, Notice::Locks | Notice::LockRefused { .. } | Notice::Refused { .. } | Notice::Left(..))
        };
        let of_locks =
            |notice: &Notice| matches!(notice, Notice::Locks | Notice::Granted { .. } | Notice::Welcomed { .. });
        self.locks_changed |= notices.iter().any(of_locks);
        if notices.iter().any(marks) {
            self.touched();
        }
        notices
    }

    fn show_gathered(&mut self) {
        let Changes { ids, whole, .. } = std::mem::take(&mut self.gathered);
        if whole || !ids.is_empty() {
            self.note_said(&ids, whole);
        }
        if self.is_looking_back() {
            // What happens meanwhile is seen on coming back to now.
        } else if whole {
            self.layers = None;
            self.take_whole();
        } else if !ids.is_empty() {
            self.picture.update(self.session.drawing(), &ids);
            for id in &ids {
                match self.session.drawing().get(*id) {
                    Some(Record::Entity(_)) => {}
                    Some(Record::Layer(_)) => self.layers = None,
                    Some(_) => {}
                    None => {
                        self.layers = None;
                        self.selection.remove(&drawing::EntityId(id.0));
                    }
                }
            }
        }
        if whole || !ids.is_empty() {
            self.touched();
        }
    }

    pub(super) fn take_whole(&mut self) {
        let drawing = self.drawing().clone();
        let here = self.space.filter(|space| drawing.block(*space).is_some());
        self.space = here.or_else(|| drawing.model_space());
        self.keep_selected_of(&drawing);
        if let Some(space) = self.space {
            self.picture.build(&drawing, space);
        }
    }

    fn take_notice(&mut self, now: Millis, notice: Notice, news: &mut Vec<News>) {
        match notice {
            Notice::Welcomed { resumed } => {
                self.trouble = None;
                self.attempts = 0;
                self.note_countdowns(now);
                if matches!(self.home, Home::Joined(_)) && !self.session.title().is_empty() {
                    self.title = self.session.title().to_owned();
                }
                if !resumed {
                    // Another session holds nothing yet.
                    self.lock_selection();
                }
                news.push(if resumed { News::Say("Connected again; nothing was lost".into()) } else { News::Here });
            }
            // The bar with the drafts says what and why.
            Notice::Refused { draft: true, .. } => self.keep_drafts(),
            Notice::Refused { refusal, .. } => {
                news.push(News::Warn(format!("Not done: {}", self.refusal_words(&refusal))));
            }
            Notice::Lapsed { ids } => news.push(News::Lapsed(self.note_lapsed(&ids))),
            notice @ (Notice::Turn { .. }
            | Notice::OutOfLine { .. }
            | Notice::Declined { .. }
            | Notice::AskedFor { .. }
            | Notice::Overriding { .. }
            | Notice::CalledOff { .. }
            | Notice::Claims) => self.take_line(now, notice, news),
            Notice::LockRefused { ref refusal, .. } if Document::is_of_waiting(refusal) => {
                self.take_line(now, notice, news);
            }
            // Somebody was faster with a part: the rest of the selection is still to be had.
            Notice::LockRefused { ids, refusal: Refusal::Held { free, .. } } if free.len() < ids.len() => {
                self.lock_free(&free);
            }
            Notice::Overridden { ids, by } => {
                let owner = self.session.person(by).map_or("an owner", |person| &person.name);
                news.push(News::Warn(format!(
                    "{owner} ended your lock on {}; what you did under it is kept",
                    ids.len()
                )));
            }
            Notice::Renamed { title } => {
                if matches!(self.home, Home::Joined(_)) {
                    self.title.clone_from(&title);
                }
                news.push(News::Say(format!("The drawing is called {title} now")));
            }
            Notice::Joined(person) if Some(person.session) != self.session.me() => {
                news.push(News::Say(format!("{} came in", person.name)));
            }
            word @ (Notice::RoleChanged { .. }
            | Notice::PutOut { .. }
            | Notice::Banned { .. }
            | Notice::BanLifted(_)) => self.take_owners_word(word, news),
            Notice::Left(person, ended) => {
                if self.following == Some(person.session) {
                    self.following = None;
                }
                let how = match ended {
                    Ended::Left => "left".into(),
                    Ended::Expired => "lost the connection and was let go".into(),
                    Ended::Removed { by } => {
                        let owner = self.session.person(by).map_or("an owner", |person| &person.name);
                        format!("was removed by {owner}")
                    }
                };
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
            Notice::Blob { hash, bytes } => {
                if let Some(gathering) = &mut self.gathering {
                    gathering.take_blob(hash, bytes.as_ref(), now);
                }
                news.push(News::Part(hash, bytes));
            }
            // Granted locks show in the picture; selecting always succeeds.
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
            Refusal::Circle { through, .. } => {
                let who = through.last().map_or("somebody".into(), |last| name(*last));
                format!("{who} waits for something that you hold; hand that over first")
            }
            Refusal::LockLost { .. } => "others changed it before you held it".into(),
            Refusal::Invalid { why } | Refusal::Unavailable { why } => why.clone(),
            Refusal::NotAllowed { role } => match role {
                Role::Viewer => "you may look at this drawing, not change it".into(),
                Role::Reviewer => "you may look at this drawing and comment, not change it".into(),
                Role::Editor | Role::Owner => "only an owner of the drawing can do that".into(),
            },
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
        let scene = self.picture.scene();
        let found = scene.and_then(|scene| scene.extents(self.drawing(), &self.visibility));
        let Some(scene::Extents { rect: extents, strays }) = found else { return };
        self.placed = true;
        if !strays.is_empty() && self.is_model() {
            let far = super::objects(strays.len());
            self.findings.push(format!("{far} very far from all others: left out when all of the drawing is shown"));
        }
        let saved = self.drawing().header().active_view.filter(|_| self.is_model());
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
        self.space.is_some() && self.space == self.drawing().model_space()
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
        self.fitted = None;
        self.placed = match self.views.get(&space) {
            Some(&(center, scale)) => {
                self.camera.center = center;
                self.camera.scale = scale;
                true
            }
            None => false,
        };
        let drawing = self.drawing().clone();
        // Nothing of the space before is drawn or picked through the view of this one.
        self.picture.leave();
        self.picture.isolate(&drawing, self.isolated_here().cloned());
        self.picture.build(&drawing, space);
    }

    /// What the status line says of the connection; none while all is well.
    pub fn connection_words(&self) -> Option<String> {
        if matches!(self.home, Home::Log(_)) {
            return None;
        }
        let waiting = match self.session.waiting() {
            0 => "nothing of yours waits".into(),
            1 => "1 change waits, nothing is lost".to_owned(),
            count => format!("{count} changes wait, nothing is lost"),
        };
        let unsent = match self.session.waiting() {
            0 => "Save a copy to keep what you see".into(),
            1 => "1 change of yours is only here; save a copy to keep it".to_owned(),
            count => format!("{count} changes of yours are only here; save a copy to keep them"),
        };
        match self.session.status() {
            Status::Live => self.session.saving_paused().map(|why| format!("Saving is paused: {why}; {waiting}")),
            Status::Connecting => Some(self.trouble.clone().unwrap_or("Connecting...".into())),
            Status::Joining { received, pieces } if *pieces > 0 => {
                Some(format!("Receiving the drawing: {received} of {pieces}"))
            }
            Status::Joining { .. } => Some(self.trouble.clone().unwrap_or("Catching up...".into())),
            // Whoever shared it may be gone for good: no more is promised than is known.
            Status::Reconnecting if self.attempts >= ATTEMPTS_MANY => {
                Some(format!("No answer after {} attempts. {unsent}", self.attempts))
            }
            Status::Reconnecting => Some(format!("Reconnecting... {waiting}")),
            Status::Ended { why, .. } => Some(format!("{why}. What you see stays here; save a copy to keep it")),
        }
    }
}
