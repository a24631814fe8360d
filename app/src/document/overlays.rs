//! What lies over a picture: outlines, ghosts, what is about to be pasted. Each is made once of what it shows, and only
//! painted anew while that stays the same.

use std::collections::{BTreeMap, BTreeSet};

use drawing::{Drawing, EntityId};
use render::{OverlayId, OverlayPaint, RenderError, Renderer};
use scene::{Band, ChunkMesh, PaintStyle, Scene};

use super::studio::Gpu;

/// Entities that are outlined one by one, each around its own colour; more are outlined by the chunk. Of what is dragged,
/// the first so many stand for the rest.
pub const OVERLAY_MAX: usize = 3000;
/// Overlays and outlines that may be in one place.
pub(super) const PLACE_ROOM: u32 = 1 << 16;
/// Colours of the drawing that lie on top of one outline at most.
const CORES_MAX: u32 = 7;

/// Whether an overlay hides what it is made of, or surrounds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// It hides it.
    Whole,
    /// Strokes keep a line of their own colour in the middle.
    Around,
}

/// What an overlay is made of.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    /// Where the entities are.
    pub scene: &'a Scene,
    /// Whose they are.
    pub drawing: &'a Drawing,
    /// Which.
    pub ids: &'a [EntityId],
    /// Goes up when they look otherwise than before.
    pub revision: u64,
    /// For which zoom.
    pub band: Band,
}

/// The overlays of one picture.
#[derive(Default)]
pub(super) struct Overlays {
    up: BTreeMap<OverlayId, Overlay>,
    made: u64,
}

/// An overlay that is up, and what it was made of.
struct Overlay {
    ids: Vec<EntityId>,
    revision: u64,
    band: Band,
    /// How many overlays in colours of the drawing lie on top of it.
    cores: u32,
}

impl Overlays {
    /// Shows entities in a place of its own, in this paint; nothing where there are none. How that went, where it had
    /// to be made.
    pub fn show(
        &mut self,
        gpu: &Gpu,
        renderer: &mut Renderer,
        place: u32,
        of: Of<'_>,
        styles: &[PaintStyle],
        (paint, cover): (OverlayPaint, Cover),
    ) -> Option<Result<(), RenderError>> {
        let id = OverlayId(place * PLACE_ROOM);
        let ids = &of.ids[..of.ids.len().min(OVERLAY_MAX)];
        let up = self.up.get(&id);
        let same = up.is_some_and(|up| up.revision == of.revision && up.band >= of.band && up.ids == ids);
        if same && renderer.paint_overlay(id, paint) {
            return None;
        }
        if let Some(up) = self.up.remove(&id) {
            up.take_down(id, renderer);
        }
        if ids.is_empty() {
            return None;
        }
        let mesh = of.scene.mesh_of(of.drawing, ids, of.band);
        let cores = if cover == Cover::Around { cores(&mesh, styles) } else { Vec::new() };
        let mut shown = renderer.set_overlay(&gpu.device, &gpu.queue, id, &mesh, paint);
        for (at, (color, mesh)) in cores.iter().enumerate() {
            let id = OverlayId(id.0 + 1 + at as u32);
            let paint = OverlayPaint { width_px: 1.0, ..OverlayPaint::outline(*color) };
            shown = shown.and(renderer.set_overlay(&gpu.device, &gpu.queue, id, mesh, paint));
        }
        self.made += 1;
        let cores = cores.len() as u32;
        self.up.insert(id, Overlay { ids: ids.to_vec(), revision: of.revision, band: of.band, cores });
        Some(shown)
    }

    /// Takes down those that are not in these places.
    pub fn keep(&mut self, renderer: &mut Renderer, keep: &BTreeSet<u32>) {
        self.up.retain(|id, up| {
            let stays = keep.contains(&(id.0 / PLACE_ROOM));
            if !stays {
                up.take_down(*id, renderer);
            }
            stays
        });
    }

    /// The renderer shows none any more.
    pub fn clear(&mut self) {
        self.up.clear();
    }

    /// How many were made.
    pub fn made(&self) -> u64 {
        self.made
    }
}

impl Overlay {
    fn take_down(&self, id: OverlayId, renderer: &mut Renderer) {
        (0..=self.cores).for_each(|core| renderer.remove_overlay(OverlayId(id.0 + core)));
    }
}

/// The strokes of a mesh by their own colours; where there are too many colours, the last takes the rest.
fn cores(mesh: &ChunkMesh, styles: &[PaintStyle]) -> Vec<([f32; 4], ChunkMesh)> {
    let mut cores: Vec<([f32; 4], ChunkMesh)> = Vec::new();
    for segment in &mesh.segments {
        let Some(style) = styles.get(segment.style.0 as usize).filter(|style| style.visible) else { continue };
        let at = match cores.iter().position(|(color, _)| *color == style.color) {
            Some(at) => at,
            None if cores.len() < CORES_MAX as usize => {
                let empty = ChunkMesh { origin: mesh.origin, bounds: mesh.bounds, ..ChunkMesh::default() };
                cores.push((style.color, empty));
                cores.len() - 1
            }
            None => cores.len() - 1,
        };
        cores[at].1.segments.push(*segment);
    }
    cores
}
