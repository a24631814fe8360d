//! What has to be drawn for a view, in steps that can be taken a few at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use geometry::Rect;
use scene::ChunkId;

use crate::{
    View,
    chunk::{GpuChunk, pad_px, place_words},
    pack::Level,
    pipelines::UNIFORM_STRIDE,
    styles::StyleTable,
    view::PxRect,
};

/// More separate places than this are drawn as one.
const DAMAGE_MAX: usize = 16;

/// One kind of drawing; each is one pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Fills,
    /// Outer edges of fills.
    Edges,
    Strokes,
    TranslucentFills,
    TranslucentEdges,
    TranslucentStrokes,
}

/// In this order, so that what is translucent finds everything opaque below it.
const KINDS: [Kind; 6] =
    [Kind::Fills, Kind::Edges, Kind::Strokes, Kind::TranslucentFills, Kind::TranslucentEdges, Kind::TranslucentStrokes];

impl Kind {
    pub fn is_translucent(self) -> bool {
        matches!(self, Kind::TranslucentFills | Kind::TranslucentEdges | Kind::TranslucentStrokes)
    }

    /// Whether a chunk has any of it at a level.
    fn is_in(self, chunk: &GpuChunk, level: &Level) -> bool {
        match self {
            Kind::Fills | Kind::TranslucentFills => !level.indices.is_empty(),
            Kind::Edges | Kind::TranslucentEdges => chunk.edges.is_some() && !level.edges.is_empty(),
            Kind::Strokes | Kind::TranslucentStrokes => !level.segments.is_empty(),
        }
    }
}

/// One thing to do, inside one rectangle of the canvas.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// Take everything away.
    Clear(PxRect),
    /// Draw one kind of one chunk.
    Draw(PxRect, Kind, Visible),
}

/// A chunk that is to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Visible {
    pub chunk: ChunkId,
    /// Of its buffers when this was planned.
    pub generation: u64,
    /// Its place in the uniform buffer.
    pub slot: u32,
    /// Its level of detail.
    pub level: usize,
}

/// All steps for one view, and how far they are taken.
pub(crate) struct Plan {
    pub view: View,
    pub steps: Vec<Step>,
    /// The first that is not taken.
    pub next: usize,
    /// What it repairs; given back when it is given up.
    pub repairs: Damage,
}

/// Which parts of the drawing look different from the kept picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Damage {
    /// Everything.
    pub whole: bool,
    /// Drawing units, with the widest stroke there in drawing units.
    pub parts: Vec<(Rect, f32)>,
}

impl Damage {
    pub fn is_empty(&self) -> bool {
        !self.whole && self.parts.is_empty()
    }

    pub fn add(&mut self, part: Rect, width_max: f32) {
        if self.parts.len() < DAMAGE_MAX {
            self.parts.push((part, width_max));
            return;
        }
        let all = self.parts.drain(..).fold((part, width_max), |(rect, width), (r, w)| (rect.union(r), width.max(w)));
        self.parts.push(all);
    }

    pub fn merge(&mut self, other: Damage) {
        self.whole |= other.whole;
        for (part, width_max) in other.parts {
            self.add(part, width_max);
        }
    }

    /// Which rectangles of the canvas to draw again, none of them empty.
    pub fn on_canvas(&self, view: &View, width_max_mm: f32) -> Vec<PxRect> {
        let mut rects = Vec::new();
        for (part, width_max) in &self.parts {
            add_rect(&mut rects, view.canvas_rect(*part, pad_px(view, *width_max, width_max_mm)));
        }
        rects
    }
}

/// Adds a rectangle; one that overlaps another and would make it little larger is joined with it.
pub(crate) fn add_rect(rects: &mut Vec<PxRect>, mut rect: PxRect) {
    if rect.is_empty() {
        return;
    }
    while let Some(place) = rects.iter().position(|r| r.union(&rect).area() <= (r.area() + rect.area()) * 5 / 4) {
        rect = rect.union(&rects.swap_remove(place));
    }
    rects.push(rect);
}

/// The strips that a pan uncovers: `shift` is where the kept picture goes, pixels, right and down.
pub(crate) fn uncovered([width, height]: [u32; 2], [right, down]: [i64; 2]) -> Vec<PxRect> {
    let whole = PxRect::whole([width, height]);
    if right.unsigned_abs() >= u64::from(width) || down.unsigned_abs() >= u64::from(height) {
        return vec![whole];
    }
    let mut strips = Vec::new();
    let (x, y) = (right.unsigned_abs() as u32, down.unsigned_abs() as u32);
    match right {
        1.. => strips.push(PxRect { x1: x, ..whole }),
        ..=-1 => strips.push(PxRect { x0: width - x, ..whole }),
        0 => {}
    }
    match down {
        1.. => strips.push(PxRect { y1: y, ..whole }),
        ..=-1 => strips.push(PxRect { y0: height - y, ..whole }),
        0 => {}
    }
    strips
}

/// The steps that draw `rects` of `view` anew, and the contents of the uniform buffer that they read. Slot 0 belongs to no chunk.
pub(crate) fn steps(
    chunks: &BTreeMap<ChunkId, Arc<GpuChunk>>,
    table: &StyleTable,
    width_max_mm: f32,
    view: &View,
    rects: &[PxRect],
) -> (Vec<Step>, Vec<u8>) {
    let mut order: Vec<(ChunkId, &GpuChunk, Rect)> = Vec::new();
    for (&id, chunk) in chunks {
        let on_canvas = view.rect_px(chunk.bounds, pad_px(view, chunk.width_max, width_max_mm));
        if rects.iter().any(|rect| rect.touches(&on_canvas)) {
            order.push((id, chunk, on_canvas));
        }
    }
    order.sort_by(|(a_id, a, _), (b_id, b, _)| a.depth_min.total_cmp(&b.depth_min).then(a_id.cmp(b_id)));

    let mut uniforms = Vec::with_capacity((order.len() + 1) * UNIFORM_STRIDE as usize);
    push_uniform(&mut uniforms, &place_words(view, view.center, table.len()));
    let mut drawn = Vec::with_capacity(order.len());
    for (id, chunk, on_canvas) in order {
        let passes = chunk.passes(table, view.ink);
        if !passes.opaque && !passes.translucent {
            continue;
        }
        let slot = (uniforms.len() as u64 / UNIFORM_STRIDE) as u32;
        push_uniform(&mut uniforms, &place_words(view, chunk.origin, table.len()));
        let level = chunk.level_at(view.units_per_px);
        drawn.push((Visible { chunk: id, generation: chunk.generation, slot, level }, chunk, passes, on_canvas));
    }

    let mut steps = Vec::new();
    for rect in rects {
        steps.push(Step::Clear(*rect));
        for kind in KINDS {
            for (visible, chunk, passes, on_canvas) in &drawn {
                let has_pass = if kind.is_translucent() { passes.translucent } else { passes.opaque };
                if has_pass && kind.is_in(chunk, &chunk.levels[visible.level]) && rect.touches(on_canvas) {
                    steps.push(Step::Draw(*rect, kind, *visible));
                }
            }
        }
    }
    (steps, uniforms)
}

/// Adds words as one entry of a uniform buffer.
pub(crate) fn push_uniform(uniforms: &mut Vec<u8>, words: &[u32; 16]) {
    let end = uniforms.len() + UNIFORM_STRIDE as usize;
    uniforms.extend_from_slice(bytemuck::cast_slice(words));
    uniforms.resize(end, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pan_uncovers_strips() {
        let rect = |x0, y0, x1, y1| PxRect { x0, y0, x1, y1 };
        for (shift, expect) in [
            ([0, 0], vec![]),
            ([5, 0], vec![rect(0, 0, 5, 80)]),
            ([-5, 0], vec![rect(95, 0, 100, 80)]),
            ([5, -7], vec![rect(0, 0, 5, 80), rect(0, 73, 100, 80)]),
            ([0, 200], vec![rect(0, 0, 100, 80)]),
            ([i64::MIN, 0], vec![rect(0, 0, 100, 80)]),
        ] {
            assert_eq!(uncovered([100, 80], shift), expect, "{shift:?}");
        }
    }

    #[test]
    fn damage_is_bounded() {
        let mut damage = Damage::default();
        for i in 0..100 {
            let at = f64::from(i);
            damage.add(Rect::new(at, 0.0, at + 1.0, 1.0), 0.0);
        }
        assert!(damage.parts.len() <= DAMAGE_MAX);
        let all = damage.parts.iter().fold(damage.parts[0].0, |all, (part, _)| all.union(*part));
        assert_eq!(all, Rect::new(0.0, 0.0, 100.0, 1.0));
    }

    #[test]
    fn neighbours_are_joined_and_far_ones_are_not() {
        let mut rects = Vec::new();
        add_rect(&mut rects, PxRect { x0: 0, y0: 0, x1: 10, y1: 10 });
        add_rect(&mut rects, PxRect { x0: 10, y0: 0, x1: 20, y1: 10 });
        add_rect(&mut rects, PxRect { x0: 500, y0: 500, x1: 520, y1: 510 });
        add_rect(&mut rects, PxRect { x0: 7, y0: 7, x1: 7, y1: 9 });
        assert_eq!(rects.len(), 2);
    }
}
