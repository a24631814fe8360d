//! Comments: what the person wants done about them, carried out.

use super::{Message, Window};
use crate::action::Action;
use crate::document::{Hindrance, Talking};

impl Window {
    pub(super) fn talk(&mut self, talking: Talking) {
        let now_ms = jiff::Timestamp::now().as_millisecond().unsigned_abs();
        if let Talking::Open(id) | Talking::GoTo(id) = talking {
            // What was offered is done.
            let offered = |message: &mut Message| matches!(message.offer, Some((_, Action::Talk(Talking::GoTo(offered)))) if offered == id);
            self.message.take_if(offered);
        }
        let Some(document) = self.documents.get_mut(self.active) else { return };
        let (what, done) = match talking {
            Talking::BeginAt(at) => return document.begin_comment_at(at),
            Talking::BeginIn(region) => return document.begin_comment_in(region),
            Talking::Open(id) => return document.open_comment(id),
            Talking::GoTo(id) => return document.go_to_comment(id),
            Talking::Close => {
                document.talk.card = None;
                return;
            }
            Talking::Reword(id) => return document.begin_rewording(id),
            Talking::LeaveWords => {
                if let Some(card) = &mut document.talk.card {
                    card.rewording = None;
                    card.writing.clear();
                }
                return;
            }
            Talking::List(listing) => {
                document.talk.listing = listing;
                return;
            }
            Talking::ReadAll => return document.read_all_comments(),
            Talking::Post => ("say it", document.post(now_ms)),
            Talking::Settle(id, resolved) => {
                (if resolved { "resolve it" } else { "open it again" }, document.settle(id, resolved, now_ms))
            }
            Talking::Remove(id) => ("remove it", document.remove_words(id)),
        };
        if let Err(Hindrance::Held { who: why, .. } | Hindrance::Other(why)) = done {
            self.warn(format!("Can't {what}: {why}"));
        }
    }
}
