//! The work of tessellating one chunk.

use std::collections::BTreeSet;
use std::sync::Arc;

use drawing::{Drawing, EntityId};
use geometry::Point;

use crate::blocks::Known;
use crate::chunks::Member;
use crate::lower::{Lowering, Setting};
use crate::mesh::ChunkMesh;
use crate::options::{Band, SceneOptions};
use crate::painter::Painter;
use crate::styles::Styles;
use crate::tessellate::MeshPainter;

/// All that is needed to tessellate one chunk, besides the drawing: a value that may be sent to another thread.
#[derive(Debug, Clone)]
pub struct ChunkJob {
    pub(crate) members: Arc<Vec<Member>>,
    pub(crate) origin: Point,
    pub(crate) styles: Arc<Styles>,
    pub(crate) options: Arc<SceneOptions>,
    pub(crate) known: Arc<Known>,
    /// Whether frames of what is not understood are drawn.
    pub(crate) frames: bool,
    pub(crate) isolated: Option<Arc<BTreeSet<EntityId>>>,
}

impl ChunkJob {
    /// The mesh, flattened for a zoom. `drawing` is the one that the scene was last updated with.
    pub fn tessellate(&self, drawing: &Drawing, band: Band) -> ChunkMesh {
        let (tolerance, px_per_unit) = (band.tolerance(), band.px_per_unit());
        let mut painter = MeshPainter::new(self.origin, &self.styles, tolerance, px_per_unit);
        painter.frames = self.frames;
        let known = Some(&*self.known);
        let setting = Setting { drawing, options: &self.options, tolerance, px_per_unit, inside: None, known };
        for member in self.members.iter() {
            if self.isolated.as_ref().is_some_and(|only| !only.contains(&member.id)) {
                continue;
            }
            let Some(entity) = drawing.entity(member.id) else { continue };
            if painter.is_full() {
                painter.left_out();
                continue;
            }
            painter.slot = member.slot;
            Lowering::new(setting, &mut painter).top(entity);
        }
        painter.finish()
    }
}
