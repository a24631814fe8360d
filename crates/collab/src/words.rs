//! Log entries in words, for lists of what happened.

use std::collections::{HashMap, VecDeque};

use drawing::{Op, Record, RecordId};
use protocol::{Ended, Entry, Event, Limits, Person, Role, Seq, SessionId, TITLE_CHARS_MAX};

/// Characters of a comment that are told.
const SAID_CHARS_MAX: usize = 60;
/// How many of those who left are known by name.
const LEFT_MAX: usize = 64;
/// Parts of a batch that are told one by one.
const PARTS_MAX: usize = 3;

/// What somebody is called, as it can be shown: see [`clean`].
pub fn name(text: &str) -> String {
    clean(text, Limits::default().name_chars_max as usize)
}

/// What something is called, as it can be shown: see [`clean`].
pub fn title(text: &str) -> String {
    clean(text, TITLE_CHARS_MAX as usize)
}

/// A stranger's text on one line: without what drives a terminal, breaks the line or turns the writing around, and cut
/// after so many characters. What a server lets in is like that already; a file may hold anything.
pub fn clean(text: &str, chars_max: usize) -> String {
    let mut letters = text.chars().filter(|letter| !is_unseen(*letter));
    let mut short: String = letters.by_ref().take(chars_max).collect();
    if letters.next().is_some() {
        short.push_str("...");
    }
    short
}

/// Control characters, marks of direction, separators of lines, and marks that nobody sees.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}')
        || matches!(letter, '\u{2060}'..='\u{206f}')
}

/// Numbers those of one name, in the order in which they came: Ana, Ana (2).
pub fn tell_apart(people: &mut [Person]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for person in people {
        let times = seen.entry(person.name.clone()).or_default();
        *times += 1;
        if *times > 1 {
            person.name = format!("{} ({times})", person.name);
        }
    }
}

/// Reads along with a log and tells what happens; remembers who is who.
#[derive(Debug, Clone, Default)]
pub struct Story {
    names: HashMap<SessionId, String>,
    /// What those were called who left last: a lock that they wanted ended may end after that.
    left: VecDeque<(SessionId, String)>,
    /// What those who are banned were called, by the entry that banned them.
    banned: HashMap<Seq, String>,
}

/// What an entry says.
#[derive(Debug, PartialEq)]
pub struct ToldInWords {
    /// Who did it; empty for the room itself.
    pub who: String,
    /// What was done, as a sentence about them.
    pub what: String,
}

impl Story {
    /// What the next entry says.
    pub fn tell(&mut self, seq: Seq, entry: &Entry) -> ToldInWords {
        if let Event::Joined { name, .. } = &entry.event {
            self.names.insert(SessionId(seq), self::name(name));
        }
        let who = match &entry.event {
            Event::Created { .. } => String::new(),
            Event::Unlocked { overridden_by: Some(owner), .. } => self.name(*owner),
            Event::Overriding { by, .. } | Event::CalledOff { by, .. } => self.name(*by),
            Event::Joined { name, .. } => self::name(name),
            Event::Resumed { session, .. }
            | Event::Gone { why: Ended::Removed { by: session }, .. }
            | Event::Gone { session, .. }
            | Event::Locked { session, .. }
            | Event::Unlocked { session, .. }
            | Event::Queued { session, .. }
            | Event::Withdrawn { session, .. }
            | Event::HandedOver { session, .. }
            | Event::Declined { session, .. }
            | Event::Edited { session, .. }
            | Event::Granted { session, .. }
            | Event::Renamed { session, .. } => self.name(*session),
            Event::RoleChanged { by, .. } | Event::Banned { by, .. } | Event::BanLifted { by, .. } => self.name(*by),
        };
        let what = match &entry.event {
            Event::Created { title, source, .. } => {
                let from = if source.is_some() { "read from a file" } else { "new" };
                format!("the log of {:?} starts, {from}", self::title(title))
            }
            Event::Joined { carries_on: Some(_), .. } => format!("{who} came back"),
            Event::Joined { .. } => format!("{who} joined"),
            Event::Resumed { .. } => format!("{who} was connected again"),
            Event::Gone { why: Ended::Left, .. } => format!("{who} left"),
            Event::Gone { why: Ended::Expired, .. } => format!("{who} was not heard of any more"),
            Event::Gone { session, why: Ended::Removed { .. }, .. } => format!("{who} removed {}", self.name(*session)),
            Event::RoleChanged { session, role, .. } => {
                let whom = self.name(*session);
                format!("{who} let {} {}", if whom == who { "themselves" } else { &whom }, role_in_words(*role))
            }
            Event::Banned { name, .. } => format!("{who} banned {}", self::name(name)),
            Event::BanLifted { ban, .. } => {
                let whom = self.banned.get(ban).cloned().unwrap_or_else(|| format!("who was banned by entry {ban}"));
                format!("{who} let {whom} in again")
            }
            Event::Locked { ids, .. } => format!("{who} locked {}", count(ids.len(), "object")),
            Event::Unlocked { session, ids, overridden_by: Some(_), .. } => {
                format!("{who} ended {}'s lock on {}", self.name(*session), count(ids.len(), "object"))
            }
            Event::Unlocked { ids, lapsed: false, .. } => format!("{who} let go of {}", count(ids.len(), "object")),
            Event::Unlocked { ids, .. } => format!("{who}'s locks on {} lapsed", count(ids.len(), "object")),
            Event::Queued { ids, .. } => format!("{who} stands in line for {}", count(ids.len(), "object")),
            Event::Withdrawn { wait, .. } => format!("{who} left the line, where they stood since {wait}"),
            Event::HandedOver { ids, .. } => {
                format!("{who} handed {} to the first in line", count(ids.len(), "object"))
            }
            Event::Declined { wait, .. } => format!("{who} said \"not now\" to who stands in line since {wait}"),
            Event::Overriding { session, token, .. } => {
                format!("{who} ends {}'s lock {token} soon", self.name(*session))
            }
            Event::CalledOff { session, token, .. } => {
                format!("{who} leaves {}'s lock {token} to them after all", self.name(*session))
            }
            Event::Edited { undoes, .. } if !undoes.is_empty() => {
                let seqs: Vec<String> = undoes.iter().map(Seq::to_string).collect();
                format!("{who} took back {}", seqs.join(", "))
            }
            Event::Edited { op, .. } => format!("{who} {}", op_in_words(op)),
            Event::Granted { ids, .. } => format!("{who} got {}", count(ids.len as usize, "more id")),
            Event::Renamed { title, .. } => format!("{who} renamed the drawing {:?}", self::title(title)),
        };
        match &entry.event {
            Event::Gone { session, .. } => self.went(*session),
            Event::Banned { name, sessions, .. } => {
                self.banned.insert(seq, self::name(name));
                sessions.iter().for_each(|session| self.went(*session));
            }
            Event::BanLifted { ban, .. } => {
                self.banned.remove(ban);
            }
            _ => {}
        }
        ToldInWords { who, what }
    }

    /// Who somebody is, where the entry by which they came in isn't told.
    pub fn know(&mut self, session: SessionId, name: &str) {
        self.names.entry(session).or_insert_with(|| self::name(name));
    }

    fn went(&mut self, session: SessionId) {
        self.left.extend(self.names.remove(&session).map(|name| (session, name)));
        if self.left.len() > LEFT_MAX {
            self.left.pop_front();
        }
    }

    fn name(&self, session: SessionId) -> String {
        let left = || self.left.iter().rev().find(|(each, _)| *each == session).map(|(_, name)| name);
        self.names.get(&session).or_else(left).cloned().unwrap_or_else(|| format!("session {session}"))
    }
}

/// What a role allows, as what follows "let somebody" and "may".
pub fn role_in_words(role: Role) -> &'static str {
    match role {
        Role::Viewer => "look only",
        Role::Reviewer => "look and comment",
        Role::Editor => "edit",
        Role::Owner => "own the drawing",
    }
}

/// What an op does, as what follows a name.
pub fn op_in_words(op: &Op) -> String {
    if let Some(words) = talk_in_words(op) {
        return words;
    }
    match op {
        Op::New(records) => format!("added {}", kinds(records)),
        Op::Change(records) => format!("changed {}", kinds(records)),
        Op::Remove(ids) => format!("deleted {}", objects(ids)),
        Op::Translate { ids, by } => format!("moved {} by {},{}", count(ids.len(), "entity"), by.x, by.y),
        Op::Mint(handles) => format!("saved, which gave {} a handle", count(handles.len(), "object")),
        Op::Unmint(ids) => format!("took the handles of {} back", objects(ids)),
        Op::Batch(ops) => {
            let mut parts: Vec<String> = ops.iter().take(PARTS_MAX).map(op_in_words).collect();
            if ops.len() > PARTS_MAX {
                parts.push(format!("{} more", ops.len() - PARTS_MAX));
            }
            if parts.is_empty() { "changed nothing".into() } else { parts.join(", ") }
        }
    }
}

/// What an op does about one comment or reply, as what follows a name; none if it is about anything else. A change says
/// what was done last.
pub fn talk_in_words(op: &Op) -> Option<String> {
    let (Op::New(records) | Op::Change(records)) = op else { return None };
    let [record] = &records[..] else { return None };
    let (said, new) = (record.said()?, matches!(op, Op::New(_)));
    let text = clean(said.text.lines().next().unwrap_or_default(), SAID_CHARS_MAX);
    let settling = if let Record::Comment(comment) = record { comment.settling.as_ref() } else { None };
    let settled = settling.filter(|settling| said.edited_ms.is_none_or(|edited| edited <= settling.at_ms));
    Some(match (new, settled, record) {
        (true, _, Record::Reply(_)) => format!("replied {text:?}"),
        (true, _, _) => format!("commented {text:?}"),
        (false, Some(settling), _) if settling.resolved => format!("resolved {text:?}"),
        (false, Some(_), _) => format!("opened {text:?} again"),
        (false, None, _) => format!("changed the words to {text:?}"),
    })
}

fn objects(ids: &[RecordId]) -> String {
    count(ids.len(), "object")
}

/// Records by kind, as in "2 LINE, 1 CIRCLE".
pub fn kinds<'r>(records: impl IntoIterator<Item = &'r Record>) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for record in records {
        match kinds.iter_mut().find(|(kind, _)| *kind == record.kind()) {
            Some((_, count)) => *count += 1,
            None => kinds.push((record.kind(), 1)),
        }
    }
    let parts: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {}", title(kind))).collect();
    if parts.is_empty() { "nothing".into() } else { parts.join(", ") }
}

/// "1 entity", "3 entities".
fn count(number: usize, what: &str) -> String {
    match (number, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_text_is_one_line_and_no_longer_than_it_may_be() {
        for (text, expect) in [
            ("Ana Sousa", "Ana Sousa"),
            ("\u{1b}[2J\u{1b}]0;x\u{7}Ana", "[2J]0;xAna"),
            ("Ana\r\n     9  2026  Ben  erased it", "Ana     9  2026  Ben  erased it"),
            ("a\u{202e}b\u{2066}c\u{2028}d\u{feff}", "abcd"),
            ("\u{301}\u{e9}", "\u{301}\u{e9}"),
        ] {
            assert_eq!(clean(text, 64), expect);
        }
        assert_eq!(clean("abcdef", 6), "abcdef");
        assert_eq!(clean("abcdefg", 6), "abcdef...");
        assert_eq!(name(&"x".repeat(1 << 20)).len(), 64 + 3);
    }
    use drawing::{Drawing, EntityId, Handle, IdRange, Vec2};
    use protocol::Epoch;

    #[test]
    fn entries_are_told() {
        let ana = SessionId(Seq(2));
        let ids = vec![RecordId(7), RecordId(8)];
        let layer = Drawing::new().layers().next().unwrap().clone();
        let edited = |op| Event::Edited { session: ana, op, undoes: vec![] };
        let moved = Op::Translate { ids: vec![EntityId(7), EntityId(8), EntityId(9)], by: Vec2::new(1.0, -2.5) };
        let range = IdRange { first: RecordId(100), len: 10 };
        let joined = Event::Joined {
            client: Default::default(),
            name: "Ana".into(),
            color: 0,
            role: Role::Editor,
            ids: range,
            resume_lock: None,
            epoch: protocol::Epoch(0),
            carries_on: None,
            came: Default::default(),
        };
        let mut story = Story::default();
        let mut check = |seq: u64, event: Event, expect: &str| {
            let told = story.tell(Seq(seq), &Entry { time_ms: 0, author: None, event });
            assert_eq!(told, ToldInWords { who: "Ana".into(), what: expect.into() });
        };
        check(2, joined, "Ana joined");
        check(3, Event::Locked { session: ana, ids: ids.clone() }, "Ana locked 2 objects");
        check(4, edited(moved), "Ana moved 3 entities by 1,-2.5");
        check(5, edited(Op::New(vec![Record::Layer(layer)])), "Ana added 1 LAYER");
        check(6, edited(Op::Remove(vec![RecordId(7)])), "Ana deleted 1 object");
        let batch = Op::Batch(vec![Op::Remove(ids.clone()), Op::Mint(vec![(RecordId(7), Handle(0x2f))])]);
        check(7, edited(batch), "Ana deleted 2 objects, saved, which gave 1 object a handle");
        let undone = Event::Edited { session: ana, op: Op::Remove(vec![]), undoes: vec![Seq(6), Seq(4)] };
        check(8, undone, "Ana took back 6, 4");
        let unlocked =
            |lapsed, overridden_by| Event::Unlocked { session: ana, ids: ids.clone(), lapsed, overridden_by };
        check(9, unlocked(true, None), "Ana's locks on 2 objects lapsed");
        check(10, unlocked(false, Some(ana)), "Ana ended Ana's lock on 2 objects");
        let renamed = Event::Renamed { session: ana, title: "Site".into() };
        check(11, renamed, "Ana renamed the drawing \"Site\"");
        let changed = Event::RoleChanged { session: ana, role: Role::Reviewer, by: ana, also: vec![] };
        check(12, changed, "Ana let themselves look and comment");
        let (client, invited, sessions) = (Default::default(), false, vec![]);
        let banned = Event::Banned { session: ana, client, name: "Mal\n".into(), invited, by: ana, sessions };
        check(13, banned, "Ana banned Mal");
        check(14, Event::BanLifted { ban: Seq(13), by: ana }, "Ana let Mal in again");
        check(15, Event::BanLifted { ban: Seq(13), by: ana }, "Ana let who was banned by entry 13 in again");
        let removed = Event::Gone { session: SessionId(Seq(9)), epoch: Epoch(0), why: Ended::Removed { by: ana } };
        check(16, removed, "Ana removed session 9");
        let by = drawing::Writer {
            session: drawing::WriterId(2),
            client: drawing::Installation(1),
            name: "Ana".into(),
            color: 0,
        };
        let said =
            drawing::Said { text: "Too\u{202e} narrow\nBy 10".into(), mentions: vec![], by, at_ms: 1, edited_ms: None };
        let mut comment = drawing::Comment {
            id: drawing::CommentId(9),
            space: Drawing::MODEL_SPACE,
            pin: drawing::Pin::Point(drawing::Point::ZERO),
            said: said.clone(),
            settling: None,
        };
        let of = |comment: &drawing::Comment| vec![Record::Comment(comment.clone())];
        check(17, edited(Op::New(of(&comment))), "Ana commented \"Too narrow\"");
        let reply = drawing::Reply { id: drawing::ReplyId(10), to: comment.id, said: said.clone() };
        check(18, edited(Op::New(vec![Record::Reply(reply)])), "Ana replied \"Too narrow\"");
        comment.settling = Some(drawing::Settling { resolved: true, by: said.by.clone(), at_ms: 5 });
        check(19, edited(Op::Change(of(&comment))), "Ana resolved \"Too narrow\"");
        comment.settling = Some(drawing::Settling { resolved: false, by: said.by, at_ms: 6 });
        check(20, edited(Op::Change(of(&comment))), "Ana opened \"Too narrow\" again");
        comment.said.edited_ms = Some(7);
        check(21, edited(Op::Change(of(&comment))), "Ana changed the words to \"Too narrow\"");
        let queued = Event::Queued { session: ana, ids: ids.clone() };
        check(22, queued, "Ana stands in line for 2 objects");
        check(23, Event::Withdrawn { session: ana, wait: Seq(12) }, "Ana left the line, where they stood since 12");
        let handed = Event::HandedOver { session: ana, ids: ids.clone() };
        check(24, handed, "Ana handed 2 objects to the first in line");
        let declined = Event::Declined { session: ana, wait: Seq(12) };
        check(25, declined, "Ana said \"not now\" to who stands in line since 12");
        let overriding = Event::Overriding { session: ana, token: Seq(3), by: ana };
        check(26, overriding, "Ana ends Ana's lock 3 soon");
        let called_off = Event::CalledOff { session: ana, token: Seq(3), by: ana };
        check(27, called_off, "Ana leaves Ana's lock 3 to them after all");
        check(28, Event::Gone { session: ana, epoch: Epoch(0), why: Ended::Left }, "Ana left");
    }
}
