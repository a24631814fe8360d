//! What a drawing covers, robustly.

use drawing::{Drawing, EntityId};
use geometry::Rect;

use crate::options::Visibility;
use crate::scene::Scene;

/// One in so many entities, but at least one, may be a stray at each end of each axis.
const STRAYS_SHARE: usize = 100;
/// With fewer entities none is called a stray.
const ENTITIES_MIN: usize = 10;
/// How many widths of the others a stray is away from them.
const FAR: f64 = 10.0;

/// What a drawing covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Extents {
    /// The rectangle around all that is seen, but for strays.
    pub rect: Rect,
    /// Few entities very far from all others, ascending.
    pub strays: Vec<EntityId>,
}

impl Scene {
    /// What is seen of the space covers; none if nothing is. Entities of layers that are off or frozen don't count.
    pub fn extents(&self, drawing: &Drawing, visibility: &Visibility) -> Option<Extents> {
        let seen = self.tree.iter().filter(|boxed| {
            let layer = drawing.entity(boxed.id).map(|entity| entity.style.layer);
            layer.is_some_and(|layer| visibility.shows(drawing, layer)) && !self.is_set_aside(boxed.id)
        });
        let seen: Vec<(EntityId, Rect)> = seen.map(|boxed| (boxed.id, boxed.bounds)).collect();
        let all = seen.iter().map(|(_, rect)| *rect).reduce(|a, b| a.union(b))?;
        let core = |range: fn(&Rect) -> (f64, f64)| core_of(seen.iter().map(|(_, rect)| range(rect)));
        let (x, y) = (core(|r| (r.x0, r.x1)), core(|r| (r.y0, r.y1)));
        let (Some((x0, x1)), Some((y0, y1))) = (x, y) else { return Some(Extents { rect: all, strays: Vec::new() }) };
        let size = (x1 - x0).max(y1 - y0);
        let near = Rect::new(x0, y0, x1, y1).inflate(size * FAR, size * FAR);
        let is_stray = |rect: &Rect| {
            size > 0.0 && (rect.x1 < near.x0 || rect.x0 > near.x1 || rect.y1 < near.y0 || rect.y0 > near.y1)
        };
        let (strays, rest): (Vec<_>, Vec<_>) = seen.into_iter().partition(|(_, rect)| is_stray(rect));
        let mut strays: Vec<EntityId> = strays.into_iter().map(|(id, _)| id).collect();
        strays.sort_unstable();
        let rect = rest.into_iter().map(|(_, rect)| rect).reduce(|a, b| a.union(b)).unwrap_or(all);
        Some(Extents { rect, strays })
    }
}

/// From where to where ranges go once a few at each end are set aside; none if there are too few.
fn core_of(ranges: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    let (mut lows, mut highs): (Vec<f64>, Vec<f64>) = ranges.unzip();
    let count = lows.len();
    if count < ENTITIES_MIN {
        return None;
    }
    let aside = (count / STRAYS_SHARE).max(1);
    let (_, low, _) = lows.select_nth_unstable_by(aside, f64::total_cmp);
    let (_, high, _) = highs.select_nth_unstable_by(count - 1 - aside, f64::total_cmp);
    (*low <= *high).then_some((*low, *high))
}
