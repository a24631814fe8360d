//! What people say about the drawing, as one person sees it: what is new to them, which of it is listed, and what they
//! are writing. The words themselves are records of the drawing.

use std::collections::BTreeSet;
use std::sync::Arc;

use collab::Status;
use drawing::{
    BlockId, Comment, CommentId, DrawingHash, EntityId, Op, Pin, Point, Record, RecordId, Rect, Reply, ReplyId,
    SAID_CHARS_MAX, Said, Settling, Writer,
};

use super::{Document, Hindrance, Home};
use crate::theme::size;

/// Pins that are shown at once at most.
const PINS_MAX: usize = 2_000;
/// Who is called is told of so many comments that came together.
const CALLS_MAX: usize = 8;

/// Which comments are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Listing {
    /// Those that nobody resolved.
    #[default]
    Open,
    /// Those that somebody resolved.
    Resolved,
    /// Those in which somebody calls this person.
    Mine,
}

/// What the person does about comments.
#[derive(Debug, Clone, PartialEq)]
pub enum Talking {
    /// Begins one at a point: on the entity that is there, if there is one.
    BeginAt(Point),
    /// Begins one about a rectangle.
    BeginIn(Rect),
    /// Opens one where it is.
    Open(CommentId),
    /// Goes to one and opens it.
    GoTo(CommentId),
    /// Closes the card.
    Close,
    /// Says what is written.
    Post,
    /// Resolves it, or opens it again.
    Settle(CommentId, bool),
    /// Begins to change one's own words.
    Reword(RecordId),
    /// Leaves them as they were.
    LeaveWords,
    /// Takes words away.
    Remove(RecordId),
    /// Lists others.
    List(Listing),
    /// All is read.
    ReadAll,
}

/// What a card is about.
#[derive(Debug, Clone, PartialEq)]
pub enum About {
    /// A comment that is not made yet.
    New {
        /// Its space.
        space: BlockId,
        /// Its pin.
        pin: Pin,
    },
    /// One that is there.
    Thread(CommentId),
}

/// The card that is open beside a pin.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// What it is about.
    pub about: About,
    /// What is being written.
    pub writing: String,
    /// The words of one's own that are being changed by it.
    pub rewording: Option<RecordId>,
    /// Where the keyboard is to go.
    pub keys: Keys,
}

/// Where the keyboard is to go in the next frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keys {
    /// It stays where it is.
    #[default]
    Stay,
    /// To the card's field.
    ToField,
    /// Back to the prompt.
    ToPrompt,
}

/// A pin as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct PinShown {
    /// Of which comment.
    pub id: CommentId,
    /// Where, in the drawing.
    pub at: Point,
    /// What it is about, if that is a rectangle.
    pub region: Option<Rect>,
    /// Who began.
    pub name: String,
    /// Their colour.
    pub color: u8,
    /// Its first words.
    pub text: String,
    /// Something of it was not looked at.
    pub unread: bool,
    /// It is resolved.
    pub resolved: bool,
}

/// What the list was made of.
type ListKey = (u64, Listing, String);
/// What the pins were made of.
type PinKey = (u64, Option<BlockId>, bool, Option<CommentId>);

/// One person's side of all talk about a drawing.
#[derive(Debug, Default)]
pub struct Talk {
    /// The card that is open.
    pub card: Option<Card>,
    /// Which comments are listed.
    pub listing: Listing,
    /// What they must say.
    pub wanted: String,
    /// What others said since one came in and one did not look at.
    unread: BTreeSet<RecordId>,
    /// The drawing was here before: what is new in it is new to this person.
    was_here: bool,
    /// All words that were here when one last looked.
    known: BTreeSet<RecordId>,
    /// Comments in which this person was called just now, and by whom.
    calls: Vec<(String, CommentId)>,
    /// What was said when the log was last saved.
    pub kept: Option<DrawingHash>,
    listed: Option<(ListKey, Arc<[CommentId]>)>,
    pins: Option<(PinKey, Arc<[PinShown]>)>,
}

impl Talk {
    /// How many comments and replies one did not look at.
    pub fn unread_count(&self) -> usize {
        self.unread.len()
    }

    /// Whether these words are among them.
    pub fn is_unread(&self, id: impl Into<RecordId>) -> bool {
        self.unread.contains(&id.into())
    }

    pub(super) fn take_calls(&mut self) -> Vec<(String, CommentId)> {
        std::mem::take(&mut self.calls)
    }
}

/// The first line of what was said, for lists.
pub fn first_words(said: &Said) -> String {
    collab::words::clean(said.text.lines().next().unwrap_or_default(), 120)
}

/// What somebody typed, as it can be said: without what nobody sees, and no longer than it may be.
fn as_said(text: &str) -> String {
    let seen = text.trim().chars().map(|letter| if letter == '\t' { ' ' } else { letter });
    seen.filter(|letter| *letter == '\n' || !letter.is_control()).take(SAID_CHARS_MAX).collect()
}

/// Of `names`, those that stand in the text after an `@`; of two that both would fit, the longer.
pub fn called_in(text: &str, names: &BTreeSet<String>) -> Vec<String> {
    let mut called = BTreeSet::new();
    for (at, _) in text.match_indices('@') {
        let rest = &text[at + 1..];
        let ends = |name: &str| !rest[name.len()..].starts_with(char::is_alphanumeric);
        let fits = names.iter().filter(|name| !name.is_empty() && rest.starts_with(name.as_str()) && ends(name));
        called.extend(fits.max_by_key(|name| name.len()).cloned());
    }
    called.into_iter().take(drawing::MENTIONS_MAX).collect()
}

/// The name that is being typed before the cursor, after an `@`: where it begins in characters, and what of it is there.
pub fn call_before(text: &str, cursor: usize) -> Option<(usize, String)> {
    let before: Vec<char> = text.chars().take(cursor).collect();
    let at = before.iter().rposition(|letter| *letter == '@')?;
    let begun: String = before[at + 1..].iter().collect();
    let fresh = at == 0 || !before[at - 1].is_alphanumeric();
    (fresh && begun.chars().count() <= 40 && !begun.contains('\n')).then_some((at + 1, begun))
}

impl Document {
    /// Whether one may say something now.
    pub fn may_comment(&self) -> bool {
        self.is_here()
            && !self.is_looking_back()
            && self.session.role().may_comment()
            && !matches!(self.session.status(), Status::Ended { .. })
    }

    /// How many comments are in the log of one's own room alone.
    pub(super) fn comments_unkept(&self) -> usize {
        let drawing = self.session.drawing();
        let own = matches!(self.home, Home::Own { .. }) && self.talk.kept != Some(drawing.said_hash());
        if own { drawing.comment_count() } else { 0 }
    }

    /// Oneself, as the room knows one.
    fn writer(&self) -> Option<Writer> {
        let me = self.session.person(self.session.me()?)?;
        let (session, client) = (me.session.into(), me.client.into());
        Some(Writer { session, client, name: self.session.own_name()?.to_owned(), color: me.color })
    }

    /// Whether one is called by it: by one's name, or by what tells one from others of that name.
    fn calls_me(&self, said: &Said) -> bool {
        let shown = self.session.me().and_then(|me| self.session.person(me)).map(|me| me.name.as_str());
        self.session.own_name().into_iter().chain(shown).any(|name| said.mentions(name))
    }

    /// Whether words are one's own to change, as far as one can tell.
    pub fn is_own_words(&self, said: &Said) -> bool {
        self.writer().is_some_and(|me| me.client == said.by.client)
    }

    /// Whether one may take these words away.
    pub fn may_remove_words(&self, said: &Said) -> bool {
        self.may_comment() && (self.session.role() == protocol::Role::Owner || self.is_own_words(said))
    }

    /// Everybody whom one may call: who is here, and who said something.
    pub fn callable(&self) -> BTreeSet<String> {
        let drawing = self.drawing();
        let replies = drawing.comments().flat_map(|comment| drawing.replies_to(comment.id).map(|reply| &reply.said));
        let wrote = drawing.comments().map(|comment| &comment.said).chain(replies).map(|said| said.by.name.clone());
        self.session.people().map(|person| person.name.clone()).chain(wrote).collect()
    }

    /// Begins a comment at a point: on what is there, if something is.
    pub fn begin_comment_at(&mut self, at: Point) {
        let Some(space) = self.space else { return };
        let reach = self.camera.units(size::PICK);
        let entity: Option<EntityId> = self.picture.pick(self.drawing(), at, reach, &self.visibility);
        let of_space = |id: &EntityId| self.drawing().entity(*id).is_some_and(|entity| entity.owner == space);
        let pin = entity.filter(of_space).map_or(Pin::Point(at), |id| self.drawing().pin_on(id, at));
        self.begin_comment(space, pin);
    }

    /// Begins a comment about a rectangle.
    pub fn begin_comment_in(&mut self, region: Rect) {
        if let Some(space) = self.space {
            self.begin_comment(space, Pin::Region(region.abs()));
        }
    }

    fn begin_comment(&mut self, space: BlockId, pin: Pin) {
        let about = About::New { space, pin };
        self.talk.card = Some(Card { about, writing: String::new(), rewording: None, keys: Keys::ToField });
    }

    /// Opens the card of a comment; all of it is read by that.
    pub fn open_comment(&mut self, id: CommentId) {
        if self.drawing().comment(id).is_none() {
            return;
        }
        self.read_comment(id);
        let same = self.talk.card.as_ref().is_some_and(|card| card.about == About::Thread(id));
        if !same {
            let keys = if self.may_comment() { Keys::ToField } else { Keys::Stay };
            let about = About::Thread(id);
            self.talk.card = Some(Card { about, writing: String::new(), rewording: None, keys });
        }
    }

    fn read_comment(&mut self, id: CommentId) {
        let replies = self.session.drawing().replies_to(id).map(|reply| RecordId::from(reply.id));
        let read: Vec<RecordId> = replies.chain([id.into()]).collect();
        for id in read {
            if self.talk.unread.remove(&id) {
                self.revision += 1;
            }
        }
    }

    /// All is read.
    pub fn read_all_comments(&mut self) {
        self.talk.unread.clear();
        self.touched();
    }

    /// Goes to where a comment is, and opens it.
    pub fn go_to_comment(&mut self, id: CommentId) {
        let Some(comment) = self.drawing().comment(id).cloned() else { return };
        self.following = None;
        self.show_space(comment.space);
        let place = self.drawing().place_of(&comment);
        match comment.pin {
            Pin::Region(rect) if rect.width() > 0.0 && rect.height() > 0.0 => {
                self.camera.show(rect.inflate(0.5 * rect.width(), 0.5 * rect.height()));
            }
            // As large as one sees things now.
            _ => self.camera.center = place,
        }
        self.fitted = None;
        self.placed = true;
        self.open_comment(id);
    }

    /// Says what is written in the card: begins a comment, replies, or changes one's own words.
    pub fn post(&mut self, now_ms: u64) -> Result<(), Hindrance> {
        let Some(card) = self.talk.card.clone() else { return Ok(()) };
        let text = as_said(&card.writing);
        if text.is_empty() {
            return Ok(());
        }
        if !self.may_comment() {
            return Err(Hindrance::Other(self.why_no_comment()));
        }
        let by = self.writer().ok_or_else(|| Hindrance::Other(self.why_no_comment()))?;
        let mentions = called_in(&text, &self.callable());
        let begun = matches!(card.about, About::New { .. });
        if let Some(id) = card.rewording {
            self.reword(id, text, mentions, now_ms)?;
        } else {
            let said = Said { text, mentions, by, at_ms: now_ms, edited_ms: None };
            let id = self.session.take_ids(1).and_then(|ids| ids.first().copied());
            let id = id.ok_or_else(|| Hindrance::Other("The server has to grant numbers first; try again".into()))?;
            match card.about {
                About::New { space, pin } => {
                    let comment = Comment { id: CommentId(id.0), space, pin, said, settling: None };
                    self.submit_said(Op::New(vec![Record::Comment(comment)]))?;
                    self.open_comment(CommentId(id.0));
                }
                About::Thread(to) => {
                    let reply = Reply { id: ReplyId(id.0), to, said };
                    self.submit_said(Op::New(vec![Record::Reply(reply)]))?;
                }
            }
        }
        if let Some(card) = &mut self.talk.card {
            card.writing.clear();
            card.rewording = None;
            // A comment that is begun is said; in a talk one may go on.
            card.keys = if begun { Keys::ToPrompt } else { Keys::ToField };
        }
        Ok(())
    }

    fn reword(&mut self, id: RecordId, text: String, mentions: Vec<String>, now_ms: u64) -> Result<(), Hindrance> {
        let gone = || Hindrance::Other("Those words are gone".into());
        let mut record = self.session.drawing().get(id).cloned().ok_or_else(gone)?;
        let said = match &mut record {
            Record::Comment(comment) => &mut comment.said,
            Record::Reply(reply) => &mut reply.said,
            _ => return Err(gone()),
        };
        if said.text == text {
            return Ok(());
        }
        (said.text, said.mentions, said.edited_ms) = (text, mentions, Some(now_ms));
        self.submit_said(Op::Change(vec![record]))
    }

    /// Begins to change one's own words.
    pub fn begin_rewording(&mut self, id: RecordId) {
        let text = self.drawing().get(id).and_then(Record::said).map(|said| said.text.clone());
        if let (Some(card), Some(text)) = (&mut self.talk.card, text) {
            (card.writing, card.rewording, card.keys) = (text, Some(id), Keys::ToField);
        }
    }

    /// Resolves a comment, or opens it again.
    pub fn settle(&mut self, id: CommentId, resolved: bool, now_ms: u64) -> Result<(), Hindrance> {
        if !self.may_comment() {
            return Err(Hindrance::Other(self.why_no_comment()));
        }
        let (Some(comment), Some(by)) = (self.session.drawing().comment(id).cloned(), self.writer()) else {
            return Err(Hindrance::Other("That comment is gone".into()));
        };
        let settling = Some(Settling { resolved, by, at_ms: now_ms });
        self.submit_said(Op::Change(vec![Record::Comment(Comment { settling, ..comment })]))
    }

    /// Takes words away; a comment goes with its replies.
    pub fn remove_words(&mut self, id: RecordId) -> Result<(), Hindrance> {
        if !self.may_comment() {
            return Err(Hindrance::Other(self.why_no_comment()));
        }
        let said = self.session.drawing().get(id).and_then(Record::said).cloned();
        let said = said.ok_or_else(|| Hindrance::Other("It is gone already".into()))?;
        if !self.may_remove_words(&said) {
            let why = format!("{} said it; an owner may remove it", collab::words::name(&said.by.name));
            return Err(Hindrance::Other(why));
        }
        let replies: Vec<_> = self.session.drawing().replies_to(CommentId(id.0)).cloned().collect();
        if replies.iter().any(|reply| !self.may_remove_words(&reply.said)) {
            let why = "Others replied to it: it can be resolved, and an owner may remove it";
            return Err(Hindrance::Other(why.into()));
        }
        let ids = replies.iter().map(|reply| reply.id.into()).chain([id]).collect();
        self.submit_said(Op::Remove(ids))
    }

    /// Makes a change that is about words alone.
    pub(super) fn submit_said(&mut self, op: Op) -> Result<(), Hindrance> {
        let changes = self.session.submit(op).map_err(|error| self.in_words(error))?;
        self.take_changes(changes);
        Ok(())
    }

    fn why_no_comment(&self) -> String {
        if self.is_here() && !self.is_looking_back() && !self.session.role().may_comment() {
            "You may look at this drawing, not comment on it".into()
        } else {
            self.why_not()
        }
    }

    /// Takes note of what others said; `whole` says that all may be different.
    pub(super) fn note_said(&mut self, ids: &BTreeSet<RecordId>, whole: bool) {
        let drawing = self.session.drawing().clone();
        if whole {
            let replies = drawing.comments().flat_map(|comment| drawing.replies_to(comment.id).map(|r| r.id.into()));
            let all: BTreeSet<RecordId> = drawing.comments().map(|c| c.id.into()).chain(replies).collect();
            // Coming in, all that was said before counts as read; coming back, what is new since doesn't.
            let first = !std::mem::replace(&mut self.talk.was_here, true);
            let new: Vec<_> = all.difference(&self.talk.known).copied().filter(|_| !first).collect();
            self.talk.unread.retain(|id| all.contains(id));
            self.talk.known = all.clone();
            new.into_iter().for_each(|id| self.note_new(id));
        } else if drawing.comment_count() > 0 || !self.talk.known.is_empty() {
            for &id in ids {
                match drawing.get(id) {
                    Some(record) if record.is_comment() => {
                        if self.talk.known.insert(id) {
                            self.note_new(id);
                        }
                    }
                    Some(_) => {}
                    // It stays known: what the room refuses to take away comes back, and is not new by that.
                    None => {
                        self.talk.unread.remove(&id);
                    }
                }
            }
        }
        // What the card is about may be gone.
        if let Some(Card { about: About::Thread(id), .. }) = self.talk.card
            && !self.is_looking_back()
        {
            if drawing.comment(id).is_none() {
                self.talk.card = None;
            } else {
                self.read_comment(id);
            }
        }
    }

    fn note_new(&mut self, id: RecordId) {
        let drawing = self.session.drawing();
        let (Some(me), Some(record)) = (self.writer(), drawing.get(id)) else { return };
        let Some(said) = record.said().filter(|said| said.by.session != me.session) else { return };
        let thread = if let Record::Reply(reply) = record { reply.to } else { CommentId(id.0) };
        if self.calls_me(said) && self.talk.calls.len() < CALLS_MAX {
            let by = collab::words::name(&said.by.name);
            self.talk.calls.push((by, thread));
        }
        self.talk.unread.insert(id);
    }

    /// The comments that are listed, the latest first.
    pub fn comments_listed(&mut self) -> Arc<[CommentId]> {
        let key = (self.revision, self.talk.listing, self.talk.wanted.trim().to_lowercase());
        if let Some((made_of, listed)) = &self.talk.listed
            && *made_of == key
        {
            return listed.clone();
        }
        let drawing = self.drawing();
        let said = |comment: &Comment, is: &dyn Fn(&Said) -> bool| {
            is(&comment.said) || drawing.replies_to(comment.id).any(|reply| is(&reply.said))
        };
        let calls_me = |said: &Said| self.calls_me(said);
        let wanted = &key.2;
        let has =
            |said: &Said| said.text.to_lowercase().contains(wanted) || said.by.name.to_lowercase().contains(wanted);
        let is_listed = |comment: &&Comment| {
            let listed = match key.1 {
                Listing::Open => !comment.is_resolved(),
                Listing::Resolved => comment.is_resolved(),
                Listing::Mine => said(comment, &calls_me),
            };
            listed && (wanted.is_empty() || said(comment, &has))
        };
        let mut listed: Vec<_> = drawing.comments().filter(is_listed).map(|c| (c.said.at_ms, c.id)).collect();
        listed.sort_unstable_by(|a, b| b.cmp(a));
        let listed: Arc<[CommentId]> = listed.into_iter().map(|(_, id)| id).collect();
        self.talk.listed = Some((key, listed.clone()));
        listed
    }

    /// The pins of the space that is shown: of open comments, of resolved ones where they are listed, and of the one
    /// whose card is open.
    pub fn pins(&mut self) -> Arc<[PinShown]> {
        let open = match self.talk.card {
            Some(Card { about: About::Thread(id), .. }) => Some(id),
            _ => None,
        };
        let resolved_too = self.talk.listing == Listing::Resolved;
        let key = (self.revision, self.space, resolved_too, open);
        if let Some((made_of, pins)) = &self.talk.pins
            && *made_of == key
        {
            return pins.clone();
        }
        let drawing = self.drawing();
        let is_shown = |comment: &&Comment| {
            Some(comment.space) == self.space && (resolved_too || !comment.is_resolved() || Some(comment.id) == open)
        };
        let pins = drawing.comments().filter(is_shown).take(PINS_MAX).map(|comment| PinShown {
            id: comment.id,
            at: drawing.place_of(comment),
            region: if let Pin::Region(rect) = comment.pin { Some(rect) } else { None },
            name: collab::words::name(&comment.said.by.name),
            color: comment.said.by.color,
            text: first_words(&comment.said),
            unread: self.has_unread(comment.id),
            resolved: comment.is_resolved(),
        });
        let pins: Arc<[PinShown]> = pins.collect();
        self.talk.pins = Some((key, pins.clone()));
        pins
    }

    /// Whether something of a comment was not looked at.
    pub fn has_unread(&self, id: CommentId) -> bool {
        !self.talk.unread.is_empty()
            && (self.talk.is_unread(id) || self.drawing().replies_to(id).any(|reply| self.talk.is_unread(reply.id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_called() {
        let names: BTreeSet<String> = ["Ana", "Ana Sousa", "Ben"].map(String::from).into();
        for (text, expect) in [
            ("", &[][..]),
            ("Ana, look", &[]),
            ("@Ana, look", &["Ana"]),
            ("@Ana Sousa: look, @Ben!", &["Ana Sousa", "Ben"]),
            ("@Anabel", &[]),
            ("@ Ana", &[]),
            ("@Ana @Ana", &["Ana"]),
        ] {
            assert_eq!(called_in(text, &names), expect, "{text}");
        }
    }

    #[test]
    fn whom_one_is_calling() {
        for (text, cursor, expect) in [
            ("Ask @An", 7, Some((5, "An"))),
            ("Ask @An", 5, Some((5, ""))),
            ("Ask @An", 4, None),
            ("ana@site", 8, None),
            ("@Ana\nand", 8, None),
            ("é @B", 4, Some((3, "B"))),
        ] {
            let found = call_before(text, cursor);
            assert_eq!(found.as_ref().map(|(at, begun)| (*at, begun.as_str())), expect, "{text:?} {cursor}");
        }
    }
}
