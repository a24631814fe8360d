//! What people say in a run, and whether everybody's words stayed their own: told from the log alone, by rules that are
//! written down a second time here.

use std::collections::BTreeMap;

use collab::Session;
use drawing::{
    Comment, CommentId, Drawing, EntityId, Op, Pin, Point, Record, RecordId, Reply, ReplyId, Said, Settling, Writer,
};
use protocol::{ClientId, Event, Seq, SessionId, Told};

use crate::random::Random;
use crate::standing::People;

/// Oneself, as the room knows one.
fn writer(session: &Session) -> Option<Writer> {
    let me = session.person(session.me()?)?;
    Some(Writer { session: me.session.into(), client: me.client.into(), name: me.name.clone(), color: me.color })
}

/// Something to say, to settle, to reword or to take away; none where there is nobody to say it or no number for it.
pub fn something(session: &mut Session, now: u64, random: &mut Random) -> Option<Op> {
    let by = writer(session)?;
    let comments: Vec<CommentId> = session.drawing().comments().map(|comment| comment.id).collect();
    let text = format!("Words {}", random.between(1, 99));
    let said = Said { text, mentions: Vec::new(), by: by.clone(), at_ms: now, edited_ms: None };
    let about = random.pick(&comments).copied();
    match (random.between(0, 9), about) {
        (0..=2, _) | (_, None) => {
            let at = Point::new(random.between(0, 9) as f64, 1.0);
            let entities: Vec<EntityId> = session.drawing().entities().map(|entity| entity.id).collect();
            let pin = match random.pick(&entities) {
                Some(&id) if random.permille(700) => session.drawing().pin_on(id, at),
                _ => Pin::Point(at),
            };
            let id = CommentId(session.take_ids(1)?.first()?.0);
            Some(Op::New(vec![Record::Comment(Comment { id, space: Drawing::MODEL_SPACE, pin, said, settling: None })]))
        }
        (3..=5, Some(to)) => {
            let id = ReplyId(session.take_ids(1)?.first()?.0);
            Some(Op::New(vec![Record::Reply(Reply { id, to, said })]))
        }
        (6..=7, Some(id)) => {
            let comment = session.drawing().comment(id)?.clone();
            let settling = Some(Settling { resolved: !comment.is_resolved(), by, at_ms: now });
            Some(Op::Change(vec![Record::Comment(Comment { settling, ..comment })]))
        }
        // Mostly one's own, sometimes anybody's: that is refused.
        (8, Some(id)) => {
            let mut comment = session.drawing().comment(id)?.clone();
            (comment.said.text, comment.said.edited_ms) = (said.text, Some(now));
            Some(Op::Change(vec![Record::Comment(comment)]))
        }
        (_, Some(id)) => {
            let replies = session.drawing().replies_to(id).map(|reply| reply.id.into());
            Some(Op::Remove(replies.chain([RecordId::from(id)]).collect()))
        }
    }
}

/// Whose words are whose.
#[derive(Default)]
pub struct Words {
    /// The installation and the root of every session.
    sessions: BTreeMap<SessionId, (ClientId, SessionId)>,
}

impl Words {
    /// Somebody came in.
    pub fn join(&mut self, session: SessionId, client: ClientId, root: SessionId) {
        self.sessions.insert(session, (client, root));
    }

    /// Whether an edit leaves everybody's words to them; of an undo, nothing is asked but that it is one.
    pub fn check(&self, told: &Told, people: &People, before: &Drawing, after: &Drawing) -> Result<(), String> {
        let Event::Edited { session, op, undoes } = &told.entry.event else { return Ok(()) };
        if !people.may_comment(session) {
            return Err(format!("{session} changes something, and may not even comment"));
        }
        let mut ids = Vec::new();
        named(op, &mut ids);
        let said = |id: &RecordId| [before, after].into_iter().find_map(|drawing| drawing.get(*id));
        let is_talk = |id: &RecordId| said(id).is_none_or(Record::is_comment);
        if !people.may_edit(session) && !ids.iter().all(is_talk) {
            return Err(format!("{session} changes what is drawn, and may only comment"));
        }
        if !undoes.is_empty() {
            return Ok(());
        }
        for id in ids {
            let (old, new) = (before.get(id), after.get(id));
            let wrong = |what: &str| Err(format!("{session} {what} {id}, which is somebody else's"));
            match (old.and_then(Record::said), new.and_then(Record::said)) {
                (None, Some(new)) if !self.is_own(*session, &new.by) => return wrong("says"),
                (Some(old), Some(new)) if old != new && !self.is_own(*session, &old.by) => return wrong("rewords"),
                (Some(old), Some(new)) if old.by != new.by => return wrong("takes for its own"),
                (Some(old), None) if !people.is_owner(session) && !self.is_own(*session, &old.by) => {
                    return wrong("removes");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether words are of a session's lineage, or at least of its installation.
    fn is_own(&self, session: SessionId, by: &Writer) -> bool {
        let wrote = self.sessions.get(&SessionId(Seq(by.session.0)));
        let asks = self.sessions.get(&session);
        wrote.zip(asks).is_some_and(|(wrote, asks)| wrote.1 == asks.1 || wrote.0 == asks.0)
    }
}

fn named(op: &Op, ids: &mut Vec<RecordId>) {
    match op {
        Op::New(records) | Op::Change(records) => ids.extend(records.iter().map(Record::id)),
        Op::Remove(gone) | Op::Unmint(gone) => ids.extend(gone),
        Op::Translate { ids: moved, .. } => ids.extend(moved.iter().map(|id| RecordId(id.0))),
        Op::Mint(handles) => ids.extend(handles.iter().map(|(id, _)| *id)),
        Op::Batch(ops) => ops.iter().for_each(|op| named(op, ids)),
    }
}
