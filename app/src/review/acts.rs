//! What sort of act an entry is, and what happened in it, in words.

use collab::words;
use drawing::Op;
use protocol::{Event, SessionId};

use super::lines::Kind;
use crate::document::op_words;

/// Who did it, what sort of act it is, and what happened.
pub(super) fn summary(event: &Event, this: SessionId) -> (Option<SessionId>, Kind, String) {
    let count = |count: usize| if count == 1 { "1 object".to_owned() } else { format!("{count} objects") };
    match event {
        Event::Created { source, .. } => {
            let from = if source.is_some() { "opened from its file" } else { "begun as a new drawing" };
            (None, Kind::People, from.into())
        }
        Event::Joined { carries_on, .. } => {
            (Some(this), Kind::People, if carries_on.is_some() { "came back" } else { "came in" }.into())
        }
        Event::Resumed { session, .. } => (Some(*session), Kind::People, "was connected again".into()),
        Event::Gone { session, why: protocol::Ended::Left, .. } => (Some(*session), Kind::People, "left".into()),
        Event::Gone { session, why: protocol::Ended::Expired, .. } => {
            (Some(*session), Kind::People, "lost the connection".into())
        }
        Event::Gone { session, why: protocol::Ended::Removed { .. }, .. } => {
            (Some(*session), Kind::People, "was removed".into())
        }
        Event::RoleChanged { session, role, .. } => {
            (Some(*session), Kind::People, format!("was let {}", words::role_in_words(*role)))
        }
        Event::Banned { by, name, .. } => (Some(*by), Kind::People, format!("banned {}", words::name(name))),
        Event::BanLifted { by, .. } => (Some(*by), Kind::People, "lifted a ban".into()),
        Event::Granted { session, .. } => (Some(*session), Kind::People, "was given more numbers".into()),
        Event::Locked { session, ids } => (Some(*session), Kind::Locks, format!("took hold of {}", count(ids.len()))),
        Event::Queued { session, ids } => {
            (Some(*session), Kind::Locks, format!("stood in line for {}", count(ids.len())))
        }
        Event::Withdrawn { session, .. } => (Some(*session), Kind::Locks, "left the line".into()),
        Event::HandedOver { session, ids } => {
            (Some(*session), Kind::Locks, format!("handed over {}", count(ids.len())))
        }
        Event::Declined { session, .. } => (Some(*session), Kind::Locks, "said \"not now\"".into()),
        Event::Overriding { by, .. } => (Some(*by), Kind::Locks, "began to end somebody's lock".into()),
        Event::CalledOff { by, .. } => (Some(*by), Kind::Locks, "left a lock to its holder after all".into()),
        Event::Renamed { session, title } => {
            (Some(*session), Kind::Changed, format!("renamed the drawing to {}", words::title(title)))
        }
        Event::Unlocked { ids, overridden_by: Some(owner), .. } => {
            (Some(*owner), Kind::Locks, format!("ended a lock on {}", count(ids.len())))
        }
        Event::Unlocked { session, ids, lapsed, overridden_by: None } => {
            let done = if *lapsed { "no longer holds" } else { "let go of" };
            (Some(*session), Kind::Locks, format!("{done} {}", count(ids.len())))
        }
        Event::Edited { session, op, undoes } => {
            let words = op_words(op);
            if undoes.is_empty() {
                (Some(*session), kind_of(op), words)
            } else {
                (Some(*session), Kind::TakenBack, format!("took back: {words}"))
            }
        }
    }
}

fn kind_of(op: &Op) -> Kind {
    match op {
        Op::New(records) | Op::Change(records) if records.iter().any(drawing::Record::is_comment) => Kind::Said,
        Op::New(_) => Kind::Drawn,
        Op::Translate { .. } => Kind::Moved,
        Op::Remove(_) => Kind::Erased,
        Op::Change(_) | Op::Mint(_) | Op::Unmint(_) => Kind::Changed,
        Op::Batch(ops) => main_part(ops).map_or(Kind::Changed, kind_of),
    }
}

/// The part of a batch that does most: what people call all of it by.
pub fn main_part(ops: &[Op]) -> Option<&Op> {
    // The first of those that do as much.
    ops.iter().rev().max_by_key(|op| size_of_op(op))
}

fn size_of_op(op: &Op) -> usize {
    match op {
        Op::New(records) | Op::Change(records) => records.len(),
        Op::Remove(ids) | Op::Unmint(ids) => ids.len(),
        Op::Translate { ids, .. } => ids.len(),
        Op::Mint(handles) => handles.len(),
        Op::Batch(ops) => ops.iter().map(size_of_op).sum(),
    }
}
