//! What the changes that were not done would make of the drawing: shown over it, and gone to.

use std::sync::Arc;

use drawing::{BlockId, Drawing, EntityId, Op, Rect};

use super::Document;
use crate::review::Areas;

/// Changes that are shown over the drawing; of more, the first.
const SHOWN_MAX: usize = 300;

/// The drawing as it would be.
#[derive(Debug)]
pub struct Drafted {
    /// With all changes that its rules still allow.
    pub drawing: Drawing,
    /// What they draw or change, by the number of the change; ascending.
    pub put: Vec<(u64, EntityId)>,
    /// What they erase, as it is now.
    pub gone: Vec<(u64, EntityId)>,
}

/// What the last one was made of: the drawing's state and the changes'.
pub(super) type Made = ((u64, u64), Arc<Drafted>);

impl Document {
    /// What the changes that were not done would make of the drawing.
    pub fn drafted(&mut self) -> Arc<Drafted> {
        let of = (self.revision, self.drafts.revision());
        if let Some((made_of, drafted)) = &self.drafted
            && *made_of == of
        {
            return drafted.clone();
        }
        let now = self.session.drawing();
        let changes = self.drafts.iter().take(SHOWN_MAX).map(|draft| (draft.number, &draft.op));
        let drafted = Arc::new(Drafted::new(now, changes));
        self.drafted = Some((of, drafted.clone()));
        drafted
    }

    /// In which space a change that was not done is, and around what.
    pub fn where_drafted(&mut self, number: u64) -> Option<(BlockId, Rect)> {
        let drafted = self.drafted();
        let (now, then) = (self.session.drawing(), &drafted.drawing);
        let of = |list: &[(u64, EntityId)]| -> Vec<EntityId> {
            list.iter().filter(|(each, _)| *each == number).map(|(_, id)| *id).collect()
        };
        let put = of(&drafted.put).into_iter().filter_map(|id| then.entity(id).map(|entity| (then, entity)));
        let gone = of(&drafted.gone).into_iter().filter_map(|id| now.entity(id).map(|entity| (now, entity)));
        let mut areas = Areas::default();
        let mut around: Option<(BlockId, Rect)> = None;
        for (of, entity) in put.chain(gone) {
            let Some(area) = areas.about(Some(of), entity) else { continue };
            match &mut around {
                Some((space, all)) if *space == entity.owner => *all = all.union(area),
                Some(_) => {}
                None => around = Some((entity.owner, area)),
            }
        }
        let (space, area) = around?;
        // A point has no size that a view could have.
        let margin = 0.25 * area.width().max(area.height()).max(1.0);
        now.block(space).is_some_and(drawing::Block::is_space).then(|| (space, area.inflate(margin, margin)))
    }
}

impl Drafted {
    fn new<'a>(now: &Drawing, changes: impl Iterator<Item = (u64, &'a Op)>) -> Drafted {
        let mut drafted = Drafted { drawing: now.clone(), put: Vec::new(), gone: Vec::new() };
        for (number, op) in changes {
            // What its rules forbid by now is in the list, with the reason, and nowhere on the drawing.
            let Ok(outcome) = drafted.drawing.apply(op) else { continue };
            for id in outcome.touched.iter().map(|id| EntityId(id.0)) {
                if drafted.drawing.entity(id).is_some() {
                    drafted.put.push((number, id));
                } else if now.entity(id).is_some() {
                    drafted.gone.push((number, id));
                }
            }
        }
        drafted
    }

    /// What is seen in a space: what comes and what goes, of one change or of all.
    pub fn seen(&self, now: &Drawing, space: BlockId, which: Option<u64>) -> [Vec<EntityId>; 2] {
        let of = |list: &[(u64, EntityId)], drawing: &Drawing| {
            let here = |id: &EntityId| drawing.entity(*id).is_some_and(|entity| entity.owner == space);
            let meant = list.iter().filter(|(number, _)| which.is_none_or(|which| which == *number));
            let mut ids: Vec<_> = meant.map(|(_, id)| *id).filter(here).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        [of(&self.put, &self.drawing), of(&self.gone, now)]
    }
}
