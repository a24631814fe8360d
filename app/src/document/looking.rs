//! Looking back in a document: what is shown is a moment of its log, and nothing can be changed meanwhile.

use collab::Status;
use drawing::{Drawing, RecordId};
use protocol::Millis;

use super::put::{New, Put};
use super::receive::News;
use super::{Document, Hindrance, Home};
use crate::review::{CHANGED_MAX, Change, ENTRIES_MAX, Gathering, Review, Told};

impl Document {
    /// The drawing at the moment that one looks back at; none where one is at now.
    pub fn past(&self) -> Option<&Drawing> {
        self.review.as_ref()?.drawing.as_ref()
    }

    /// Whether what is shown is the past, or a saved log.
    pub fn is_looking_back(&self) -> bool {
        self.past().is_some() || matches!(self.home, Home::Log(_))
    }

    /// Takes in what the replay told.
    pub(super) fn take_review(&mut self, news: &mut Vec<News>) {
        let Some(review) = &mut self.review else { return };
        let was_looking = self.picture_of_past;
        let (all, told) = (review.lines.len(), review.receive());
        if told.is_empty() && review.lines.len() == all {
            return;
        }
        for told in told {
            match told {
                Told::At { drawing, change, .. } => {
                    let change = if self.picture_of_past || self.space.is_none() {
                        change
                    } else {
                        // What is on the screen is now, of which the replay knows nothing.
                        let ids = self.session.drawing().difference(&drawing, CHANGED_MAX);
                        ids.map_or(Change::Whole, Change::Ids)
                    };
                    self.picture_of_past = true;
                    self.follow_to(&drawing, change);
                }
                Told::Copied(copied) => news.push(News::Copied(copied)),
                Told::Failed(why) => {
                    if let Some(review) = &mut self.review {
                        review.pause();
                    }
                    news.push(News::Warn(why));
                }
                Told::Stuck { why, .. } => news.push(News::Warn(why)),
                Told::Note(text) => news.push(News::Say(text)),
                Told::Lied => news.push(News::Warn(
                    "A checkpoint in the log was not what its entries give; the entries are shown".into(),
                )),
                Told::Lines { .. } | Told::Life(..) => {}
            }
        }
        if !was_looking && self.picture_of_past {
            self.tool = None;
        }
        // What was read through may tell more of what is lit up.
        self.touched();
    }

    /// Brings the picture to another drawing.
    pub(super) fn follow_to(&mut self, drawing: &Drawing, change: Change) {
        // Another moment has other layers.
        self.layers = None;
        match change {
            Change::Ids(ids) if self.space.is_some_and(|space| drawing.block(space).is_some()) => {
                self.picture.update(drawing, &ids.into_iter().collect());
                self.keep_selected_of(drawing);
            }
            _ => self.take_whole(),
        }
        self.touched();
    }

    /// Begins to look back: asks the room for the log up to here.
    ///
    /// # Errors
    /// In words, where that can't be.
    pub fn look_back(&mut self, now: Millis) -> Result<(), String> {
        let Some(position) = self.session.position().filter(|_| self.review.is_none() && self.gathering.is_none())
        else {
            return Ok(());
        };
        if position.seq.0 > ENTRIES_MAX {
            return Err(format!(
                "the log has {} entries, and up to {ENTRIES_MAX} are looked back at here; save the log as a file and open that",
                position.seq
            ));
        }
        if *self.session.status() != Status::Live {
            return Err("the connection has to come back first".into());
        }
        let blobs: Vec<_> = self.session.source().into_iter().chain(self.session.original()).collect();
        blobs.iter().for_each(|hash| self.session.request_blob(*hash));
        self.gathering = Some(Gathering::new(position, blobs, now));
        Ok(())
    }

    /// Asks for more of the log, and begins to look at it once all of it is here.
    pub(super) fn gather_the_past(&mut self, now: Millis, news: &mut Vec<News>) {
        let Some(gathering) = &mut self.gathering else { return };
        if *self.session.status() != Status::Live {
            self.gathering = None;
            return news.push(News::Warn("Looking back was given up: the connection broke".into()));
        }
        if gathering.is_too_large() {
            self.gathering = None;
            let why =
                "Looking back was given up: the log is too large for that here; save the log as a file and open that";
            return news.push(News::Warn(why.into()));
        }
        if let Some(ask) = gathering.ask() {
            self.link.send([ask]);
        }
        if let Some(received) = gathering.finish() {
            self.gathering = None;
            match Review::begin(Box::new(received), None, self.picture.wake()) {
                Ok(review) => self.review = Some(review),
                Err(error) => news.push(News::Warn(format!("Looking back can't begin: {error}"))),
            }
        } else if gathering.is_in_vain(now) {
            self.gathering = None;
            news.push(News::Warn("The server sent nothing of its log: it may be an older one".into()));
        }
    }

    /// Makes the drawing what it is in the look back, as one change; what was done, in words.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn restore(&mut self) -> Result<String, Hindrance> {
        let Some(then) = self.past().cloned() else { return Err(Hindrance::Other("There is no moment yet".into())) };
        if !self.session.role().may_edit() || matches!(self.session.status(), Status::Ended { .. }) {
            return Err(Hindrance::Other(self.why_not()));
        }
        let done = match self.try_restore(&then) {
            Some(done) => done?,
            None => Put::Waits,
        };
        // Nothing stands in the way: what comes of it is seen now.
        self.stop_looking_back();
        match done {
            Put::Done(said) => Ok(said),
            Put::Waits => match self.put(New::Moment(then))? {
                Put::Done(said) => Ok(said),
                Put::Waits => Ok("Restoring as soon as the server grants numbers for what comes back...".into()),
            },
        }
    }

    /// Back to now, from wherever one looked back to.
    pub fn stop_looking_back(&mut self) {
        self.gathering = None;
        let past = self.past().cloned();
        self.review = None;
        self.picture_of_past = false;
        if let Some(past) = past {
            let now = self.session.drawing().clone();
            let ids: Option<Vec<RecordId>> = past.difference(&now, CHANGED_MAX);
            self.follow_to(&now, ids.map_or(Change::Whole, Change::Ids));
            // What was selected there was locked for nobody, and what was let go there may be held still.
            self.lock_selection();
            self.locks_changed = true;
        }
    }
}
