//! Whether the store answers: when it doesn't for a while, people are told that saving is paused, and told again when
//! it goes on.

use protocol::{Millis, ServerMessage};

use super::Desk;
use super::reading::Reading;
use crate::effect::Effect;

/// Without an answer of the store for so long, saving counts as paused.
const PATIENCE_MS: Millis = 2_000;
/// Why it is paused, in words.
const WHY: &str = "the server's store does not answer";

/// What is known of the store's answers.
#[derive(Debug, Default)]
pub(super) struct Saving {
    /// Since when something was asked of the store without an answer that helped.
    waits_since: Option<Millis>,
    /// People were told that it is paused.
    paused: bool,
}

impl Saving {
    /// The store did something.
    pub fn answered(&mut self) {
        self.waits_since = None;
    }
}

impl Desk {
    /// Notes whether something is waited for, and tells everybody when saving pauses or goes on.
    pub(super) fn watch_saving(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if self.batch.is_none() && self.reading == Reading::Not {
            self.saving.waits_since = None;
        } else {
            self.saving.waits_since.get_or_insert(now);
        }
        let looks = self.elsewhere.unanswered_since();
        let paused = [self.saving.waits_since, looks].into_iter().flatten().any(|since| now >= since + PATIENCE_MS);
        if self.is_serving() && paused != self.saving.paused {
            self.saving.paused = paused;
            self.tell(self.saving_message(), effects);
        }
    }

    /// What people are told of it; nothing while all is well.
    pub(super) fn saving_trouble(&self) -> Option<ServerMessage> {
        self.saving.paused.then(|| self.saving_message())
    }

    fn saving_message(&self) -> ServerMessage {
        let paused = self.saving.paused;
        ServerMessage::Saving { paused, why: if paused { WHY.into() } else { String::new() } }
    }
}
