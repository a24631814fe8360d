//! Frames on a sheet in which model space is seen.

use drawing::{Drawing, Entity, EntityId, Shape, Window};
use geometry::Rect;

use crate::options::Visibility;
use crate::scene::Scene;

/// Frames of a sheet that are drawn.
const FRAMES_MAX: usize = 64;

/// A frame of a sheet that shows model space.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The VIEWPORT.
    pub id: EntityId,
    /// Where on the sheet it is; it has a size.
    pub rect: Rect,
    /// What it shows.
    pub window: Window,
}

/// The frames of a sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frames {
    /// In draw order.
    pub shown: Vec<Frame>,
    /// How many more there are that are left empty.
    pub left_out: usize,
}

impl Scene {
    /// The frames of the sheet that show model space, the largest if there are very many.
    pub fn frames(&self, drawing: &Drawing) -> Frames {
        let frames = self.windows.iter().filter(|id| !self.is_set_aside(**id));
        let mut shown: Vec<Frame> = frames.filter_map(|id| frame_of(drawing.entity(*id)?)).collect();
        shown.sort_by(|a, b| b.rect.area().total_cmp(&a.rect.area()));
        let left_out = shown.len().saturating_sub(FRAMES_MAX);
        shown.truncate(FRAMES_MAX);
        shown.sort_by_key(|frame| self.entries.get(&frame.id).map(|entry| entry.slot.first));
        Frames { shown, left_out }
    }
}

/// The frame of an entity, if it is one and shows something.
pub(crate) fn frame_of(entity: &Entity) -> Option<Frame> {
    let Shape::Opaque(opaque) = &entity.shape else { return None };
    let window = opaque.window.clone().filter(|_| entity.style.visible)?;
    let rect = opaque.extents.filter(|rect| rect.is_finite() && rect.width() > 0.0 && rect.height() > 0.0)?;
    Some(Frame { id: entity.id, rect, window })
}

impl Visibility {
    /// What is seen through a frame: its own frozen layers are hidden there, too.
    pub fn through(&self, drawing: &Drawing, window: &Window) -> Visibility {
        let frozen = |layer: &&drawing::Layer| layer.handle.is_some_and(|handle| window.frozen.contains(&handle));
        Visibility {
            layers: self.layers.clone(),
            frozen: drawing.layers().filter(frozen).map(|layer| layer.id).collect(),
        }
    }
}
