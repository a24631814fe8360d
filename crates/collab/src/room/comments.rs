//! Who may say what. Words are their writer's own, whatever anybody's role: nobody else changes them, and an owner
//! alone may take them away. Whether a comment is settled is everybody's to say who may comment.

use std::collections::BTreeSet;

use drawing::{Comment, Drawing, Op, Pin, Record, RecordId, Said, Writer};
use protocol::{Refusal, Request, Role, SessionId};

use super::Room;
use crate::shared::Member;

/// Who asks.
struct Asking<'r> {
    session: SessionId,
    root: SessionId,
    member: &'r Member,
}

/// Whether an op names nothing but comments and replies of `drawing`.
pub fn is_said(op: &Op, drawing: &Drawing) -> bool {
    match op {
        Op::New(records) | Op::Change(records) => records.iter().all(Record::is_comment),
        // What isn't there yet is made by the same op, and looked at there.
        Op::Remove(ids) => ids.iter().all(|id| drawing.get(*id).is_none_or(Record::is_comment)),
        Op::Translate { ids, .. } => ids.is_empty(),
        Op::Mint(_) | Op::Unmint(_) => false,
        Op::Batch(ops) => ops.iter().all(|op| is_said(op, drawing)),
    }
}

/// Whether a request may be one about comments alone.
pub(super) fn may_be_said(request: &Request) -> bool {
    matches!(request, Request::Edit { .. } | Request::Undo { .. } | Request::Grant { .. })
}

impl Room {
    /// Who only comments changes nothing else.
    pub(super) fn may_touch(&self, session: SessionId, op: &Op) -> Result<(), Refusal> {
        match self.shared.members.get(&session) {
            Some(member) if !member.role.may_edit() && !is_said(op, &self.shared.drawing) => {
                Err(Refusal::NotAllowed { role: member.role })
            }
            _ => Ok(()),
        }
    }

    /// Whether all that an op does is to settle comments as they are settled already: two people who resolve one at
    /// the same time both have what they want.
    pub(super) fn is_settled_so(&self, op: &Op) -> bool {
        let so = |record: &Record| {
            let Record::Comment(new) = record else { return false };
            let Some(old) = self.shared.drawing.comment(new.id) else { return false };
            let settled = old.is_resolved() == new.is_resolved() && new.settling.is_some() && old.settling.is_some();
            settled && Comment { settling: old.settling.clone(), ..new.clone() } == *old
        };
        matches!(op, Op::Change(records) if !records.is_empty() && records.iter().all(so))
    }

    /// The rule for words: `after` is the drawing with the op that names these records.
    pub(super) fn may_say(
        &self,
        session: SessionId,
        root: SessionId,
        named: &BTreeSet<RecordId>,
        after: &Drawing,
    ) -> Result<(), Refusal> {
        let Some(member) = self.shared.members.get(&session) else { return Ok(()) };
        let asking = Asking { session, root, member };
        let before = &self.shared.drawing;
        for &id in named {
            let allowed = match (before.get(id), after.get(id)) {
                (None, Some(new)) if new.is_comment() => self.is_own_new(&asking, new),
                (Some(old), Some(new)) if old.is_comment() => self.may_reword(&asking, old, new),
                (Some(old), None) if old.is_comment() => {
                    member.role == Role::Owner || old.said().is_some_and(|said| self.is_own(&asking, &said.by))
                }
                _ => true,
            };
            if !allowed {
                return Err(Refusal::Invalid { why: format!("what comment {id} says is somebody else's to change") });
            }
        }
        Ok(())
    }

    /// Whether something new is said in one's own name.
    fn is_own_new(&self, asking: &Asking<'_>, new: &Record) -> bool {
        let settling = if let Record::Comment(comment) = new { comment.settling.as_ref() } else { None };
        let own = |said: &Said| self.is_me(asking, &said.by);
        new.said().is_some_and(own) && settling.is_none_or(|settling| self.is_me(asking, &settling.by))
    }

    /// Whether a change leaves to others what is theirs.
    fn may_reword(&self, asking: &Asking<'_>, old: &Record, new: &Record) -> bool {
        let (Some(said), Some(says)) = (old.said(), new.said()) else { return false };
        let mut reworded = said != says;
        let mut settled = true;
        match (old, new) {
            (Record::Comment(old), Record::Comment(new)) => {
                reworded |= old.space != new.space || !self.is_pinned_alike(old, &new.pin);
                let by_me = new.settling.as_ref().is_some_and(|settling| self.is_me(asking, &settling.by));
                settled = old.settling == new.settling || by_me;
            }
            (Record::Reply(old), Record::Reply(new)) if old.to == new.to => {}
            _ => return false,
        }
        // Whoever rewords it, it stays said by whom and when it was.
        let same_origin = said.by == says.by && said.at_ms == says.at_ms;
        settled && (!reworded || same_origin && self.is_own(asking, &said.by))
    }

    /// Whether a pin is where the comment's is; one whose entity goes stays at its place.
    fn is_pinned_alike(&self, comment: &Comment, pin: &Pin) -> bool {
        match (&comment.pin, pin) {
            (Pin::Entity { id, offset, .. }, Pin::Entity { id: new_id, offset: new_offset, at }) => {
                let left_behind = *at == self.shared.drawing.place_of(comment);
                comment.pin == *pin || id == new_id && offset == new_offset && left_behind
            }
            (before, after) => before == after,
        }
    }

    /// Whether a writer is who asks, as the room knows them. What waited while they were away names the session that
    /// they were then; the room may have given them another colour since.
    fn is_me(&self, asking: &Asking<'_>, by: &Writer) -> bool {
        let Asking { session, root, member } = asking;
        let written_as = SessionId::from(by.session);
        self.roots.get(&written_as) == Some(root)
            && by.client == member.client.into()
            && by.name == member.name
            && (written_as != *session || by.color == member.color)
    }

    /// Whether words are one's own: said in this session or one that it carries on, which the resume key proves; or, once
    /// nobody is there who could prove that, with the same installation.
    fn is_own(&self, asking: &Asking<'_>, by: &Writer) -> bool {
        match self.roots.get(&SessionId::from(by.session)) {
            Some(root) if *root == asking.root => true,
            Some(root) if self.lineages.get(root).is_some_and(|lineage| lineage.live.is_some()) => false,
            _ => by.client == asking.member.client.into(),
        }
    }
}
