//! What is said to the person: one thing at a time, and nothing bad is pushed away before it could be read.

use std::collections::VecDeque;
use std::time::Duration;

use super::Window;
use crate::action::Action;

/// What is said to the person, until something else is or they go on.
#[derive(Debug, Clone)]
pub struct Message {
    /// The words.
    pub text: String,
    /// Whether something went wrong.
    pub bad: bool,
    /// What one click does about it.
    pub offer: Option<(String, Action)>,
    /// What else one may do.
    pub others: Vec<(String, Action)>,
    /// Whether it came by itself, and answers nothing that the person did.
    pub unasked: bool,
    /// When it was first shown, in seconds of the window's clock.
    pub at_s: f64,
}

/// How long a message stays, in seconds; one with an offer stays until it is answered.
const MESSAGE_S: f64 = 8.0;
/// How long something bad stays at least, in seconds.
const SEEN_S: f64 = 4.0;
/// Messages that may wait to be shown.
const LATER_MAX: usize = 32;

impl Message {
    fn rank(&self) -> u8 {
        if self.offer.is_some() { 2 } else { u8::from(self.bad) }
    }

    /// Whether another one may take its place now.
    fn gives_way_to(&self, next: &Message, now_s: f64) -> bool {
        // Whoever does the next thing has read the answer to the last.
        let answers = !self.unasked && !next.unasked;
        match self.rank() {
            0 => true,
            1 => answers || now_s - self.at_s >= SEEN_S,
            _ => answers && next.rank() > 0,
        }
    }
}

/// Messages that wait until the one that is shown was read, in order.
#[derive(Debug, Default)]
pub(super) struct Later {
    messages: VecDeque<Message>,
}

impl Later {
    fn put(&mut self, message: Message) {
        // Of what is only chatter, the latest is enough.
        if message.rank() == 0 {
            self.messages.retain(|waiting| waiting.rank() > 0);
        }
        self.messages.push_back(message);
        if self.messages.len() > LATER_MAX {
            self.messages.pop_front();
            tracing::warn!("more went wrong than can be shown");
        }
    }
}

impl Window {
    fn put(&mut self, text: String, bad: bool, mut offers: Vec<(String, Action)>) {
        let now_s = self.started.elapsed().as_secs_f64();
        tracing::debug!(text, bad, "said");
        let others = offers.split_off(offers.len().min(1));
        let offer = offers.pop();
        let message = Message { text, bad, offer, others, unasked: self.receiving, at_s: now_s };
        match &self.message {
            Some(shown) if !shown.gives_way_to(&message, now_s) => self.later.put(message),
            _ => self.message = Some(message),
        }
    }

    /// Says something.
    pub fn say(&mut self, text: impl Into<String>) {
        self.put(text.into(), false, Vec::new());
    }

    /// Says that something went wrong.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.put(text.into(), true, Vec::new());
    }

    /// Says something that one click may answer.
    pub fn offer(&mut self, text: impl Into<String>, label: impl Into<String>, action: Action) {
        self.put(text.into(), true, vec![(label.into(), action)]);
    }

    /// Says what went wrong, and what one may do about it, the best first.
    pub(super) fn offer_all(&mut self, text: String, offers: Vec<(String, Action)>) {
        self.put(text, true, offers);
    }

    /// Takes away what is said, unless it is something bad that came by itself.
    pub(super) fn hush(&mut self) {
        self.message.take_if(|message| !message.unasked || message.rank() == 0);
    }

    /// Shows the next message once the one that is shown was read.
    pub(super) fn go_on_saying(&mut self, ctx: &egui::Context) {
        let now_s = self.started.elapsed().as_secs_f64();
        let left_s = match &self.message {
            None => 0.0,
            Some(message) if message.offer.is_some() => return,
            Some(message) if self.later.messages.is_empty() => message.at_s + MESSAGE_S - now_s,
            Some(message) => message.at_s + SEEN_S - now_s,
        };
        if left_s <= 0.0 {
            self.message = self.later.messages.pop_front().map(|message| Message { at_s: now_s, ..message });
        }
        if self.message.as_ref().is_some_and(|message| message.offer.is_none()) {
            ctx.request_repaint_after(Duration::from_secs_f64(left_s.max(SEEN_S.min(0.5)) + 0.01));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(rank: u8, unasked: bool) -> Message {
        let offer = (rank == 2).then(|| ("Go on".to_owned(), Action::Unsay));
        Message { text: format!("{rank}"), bad: rank > 0, offer, others: Vec::new(), unasked, at_s: 10.0 }
    }

    #[test]
    fn chatter_pushes_nothing_bad_away_before_it_was_read() {
        // What is shown, what comes, how long after, and whether it is shown at once.
        let cases = [
            (message(0, false), message(0, true), 0.1, true),
            (message(1, true), message(0, true), 0.1, false),
            (message(1, true), message(1, false), 0.1, false),
            (message(1, true), message(0, true), 4.1, true),
            (message(1, false), message(1, false), 0.1, true),
            (message(1, false), message(0, true), 0.1, false),
            (message(2, false), message(0, true), 100.0, false),
            (message(2, false), message(1, true), 100.0, false),
            (message(2, false), message(0, false), 0.1, false),
            (message(2, false), message(2, false), 0.1, true),
            (message(2, true), message(2, false), 0.1, false),
        ];
        for (shown, next, after_s, gives_way) in cases {
            assert_eq!(shown.gives_way_to(&next, shown.at_s + after_s), gives_way, "{shown:?} {next:?}");
        }
    }

    #[test]
    fn what_waits_to_be_said_is_bounded_and_chatter_is_not_piled_up() {
        let mut later = Later::default();
        (0..5).for_each(|_| later.put(message(0, true)));
        assert_eq!(later.messages.len(), 1);
        (0..100).for_each(|_| later.put(message(1, true)));
        assert_eq!(later.messages.len(), LATER_MAX);
    }
}
