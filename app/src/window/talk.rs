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
            Talking::BeginAt(at) => ("comment", Ok(document.begin_comment_at(at))),
            Talking::BeginIn(region) => ("comment", Ok(document.begin_comment_in(region))),
            Talking::Open(id) => ("open it", Ok(document.open_comment(id))),
            Talking::GoTo(id) => ("go there", Ok(document.go_to_comment(id))),
            Talking::Close => ("close it", Ok(document.talk.card = None)),
            Talking::Post => ("say it", document.post(now_ms)),
            Talking::Settle(id, resolved) => {
                (if resolved { "resolve it" } else { "open it again" }, document.settle(id, resolved, now_ms))
            }
            Talking::Reword(id) => ("change it", Ok(document.begin_rewording(id))),
            Talking::LeaveWords => ("leave it", {
                if let Some(card) = &mut document.talk.card {
                    card.rewording = None;
                    card.writing.clear();
                }
                Ok(())
            }),
            Talking::Remove(id) => ("remove it", document.remove_words(id)),
            Talking::List(listing) => ("list them", Ok(document.talk.listing = listing)),
            Talking::ReadAll => ("read them", Ok(document.read_all_comments())),
        };
        if let Err(Hindrance::Held { who: why, .. } | Hindrance::Other(why)) = done {
            self.warn(format!("Can't {what}: {why}"));
        }
    }
}
