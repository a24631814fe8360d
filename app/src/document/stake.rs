//! What would be lost if a drawing were closed now.

use collab::Status;

use super::{Document, Home};

/// What would be lost if a drawing were closed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AtStake {
    /// There are changes that the drawing's file has not.
    pub unsaved: bool,
    /// So many changes have not reached somebody else's room.
    pub waiting: usize,
    /// So many changes were not done, and nothing was said of what is to become of them.
    pub drafts: usize,
    /// These changes are kept when the drawing is closed.
    pub kept: bool,
    /// A save is under way.
    pub saving: bool,
    /// So many comments are in the log of one's own room and nowhere else: no file holds them.
    pub comments: usize,
    /// The room is over and one had changed something there: what is seen may be nowhere else.
    pub only_here: bool,
}

impl AtStake {
    /// Whether anything is.
    pub fn is_any(&self) -> bool {
        *self != AtStake { kept: self.kept, ..AtStake::default() }
    }

    /// What, in a sentence for each.
    pub fn words(&self) -> Vec<String> {
        let changes = |count| if count == 1 { "1 change".to_owned() } else { format!("{count} changes") };
        let were = |count| if count == 1 { "was" } else { "were" };
        let have = |count| if count == 1 { "has" } else { "have" };
        let mut words = Vec::new();
        if self.unsaved {
            words.push("Without saving, what you changed since the last save is not in the file.".into());
        }
        if self.waiting > 0 {
            let count = self.waiting;
            words.push(format!(
                "{} of yours {} not reached the others. They are kept, and sent when you join again.",
                changes(count),
                have(count)
            ));
        }
        if self.only_here {
            words.push("The room is closed: what you see may be kept nowhere else. Save a copy to keep it.".into());
        }
        if self.comments > 0 {
            let count =
                if self.comments == 1 { "1 comment is".into() } else { format!("{} comments are", self.comments) };
            words.push(format!("{count} no part of the file: save the log to keep what was said."));
        }
        if self.drafts > 0 {
            let count = self.drafts;
            let then = if self.kept { "They are kept for when you join again." } else { "They would be dropped." };
            words.push(format!("{} of yours {} not done. {then}", changes(count), were(count)));
        }
        if self.saving {
            words.push("It is being saved right now.".into());
        }
        words
    }
}

impl Document {
    /// What would be lost if it were closed now.
    pub fn at_stake(&self) -> AtStake {
        let joined = matches!(self.home, Home::Joined(_));
        let over = matches!(self.session.status(), Status::Ended { .. });
        // Of a room that is over, a copy is all that can be had.
        let kept = over && self.is_here() && self.file.saved == Some(self.drawing().drawn_hash());
        AtStake {
            unsaved: self.is_dirty(),
            // In a room of one's own they are in what is shown, and so in what is saved.
            waiting: if joined && !kept { self.session.waiting() } else { 0 },
            drafts: self.drafts.len(),
            kept: joined && self.is_seated(),
            comments: self.comments_unkept(),
            saving: self.file.saving.is_some(),
            only_here: joined && over && self.edited && self.is_here() && !kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_at_stake_is_said_and_nothing_else() {
        let none = AtStake::default();
        let cases = [
            (none, ""),
            (AtStake { unsaved: true, ..none }, "not in the file"),
            (AtStake { waiting: 1, ..none }, "1 change of yours has not reached"),
            (AtStake { drafts: 3, ..none }, "3 changes of yours were not done"),
            (AtStake { drafts: 3, kept: true, ..none }, "kept for when you join again"),
            (AtStake { kept: true, ..none }, ""),
            (AtStake { comments: 2, ..none }, "2 comments are no part of the file"),
            (AtStake { saving: true, ..none }, "being saved"),
            (AtStake { only_here: true, ..none }, "Save a copy"),
        ];
        for (stake, part) in cases {
            assert_eq!(stake.is_any(), !part.is_empty());
            assert_eq!(stake.words().len(), usize::from(stake.is_any()), "{stake:?}");
            assert!(stake.words().iter().all(|words| words.contains(part)), "{stake:?}: {:?}", stake.words());
        }
    }
}
