//! Looking back in a document: what is shown is a moment of its log, and nothing can be changed meanwhile.

use drawing::{Drawing, RecordId};

use super::receive::News;
use super::{Document, Home};
use crate::review::{Change, Told};

/// Records that may differ for the picture to follow one by one.
const CHANGED_MAX: usize = 1_500;

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
                Told::At { drawing, change, title, .. } => {
                    if matches!(self.home, Home::Log(_)) && self.title.is_empty() {
                        self.title = title;
                    }
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
                Told::Note(text) => news.push(News::Say(text)),
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
        match change {
            Change::Ids(ids) if self.space.is_some_and(|space| drawing.block(space).is_some()) => {
                self.picture.update(drawing, &ids.into_iter().collect());
                self.selection.retain(|id| drawing.entity(*id).is_some());
            }
            _ => self.take_whole(),
        }
        self.touched();
    }

    /// Back to now, from wherever one looked back to.
    pub fn stop_looking_back(&mut self) {
        let past = self.past().cloned();
        self.review = None;
        self.picture_of_past = false;
        if let Some(past) = past {
            let now = self.session.drawing().clone();
            let ids: Option<Vec<RecordId>> = past.difference(&now, CHANGED_MAX);
            self.follow_to(&now, ids.map_or(Change::Whole, Change::Ids));
        }
    }
}
