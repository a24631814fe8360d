//! How an entity is drawn, before layers and blocks have had their say.

use serde::{Deserialize, Serialize};

use crate::ids::{LayerId, LinetypeId};

/// A colour as a drawing names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Color {
    /// The layer's.
    #[default]
    ByLayer,
    /// The inserting entity's.
    ByBlock,
    /// AutoCAD colour index 1 to 255; 7 is black on light and white on dark.
    Index(u8),
    /// 0xRRGGBB.
    True(u32),
}

/// The linetype of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum LineStyle {
    /// The layer's.
    #[default]
    ByLayer,
    /// The inserting entity's.
    ByBlock,
    /// One of its own.
    Named(LinetypeId),
}

/// The width that a line is plotted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Lineweight {
    /// The layer's.
    #[default]
    ByLayer,
    /// The inserting entity's.
    ByBlock,
    /// The program's default, 0.25 mm.
    Default,
    /// Hundredths of a millimetre, 0 to 211.
    HundredthsMm(u16),
}

/// What every entity has besides its shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Style {
    /// The layer it stands on.
    pub layer: LayerId,
    /// Its colour.
    pub color: Color,
    /// Its linetype.
    pub linetype: LineStyle,
    /// Stretches its linetype; over 0.
    pub linetype_scale: f64,
    /// Its lineweight.
    pub lineweight: Lineweight,
    /// False hides this one entity (group 60).
    pub visible: bool,
}

impl Style {
    /// Everything by layer.
    pub fn on(layer: LayerId) -> Style {
        Style {
            layer,
            color: Color::ByLayer,
            linetype: LineStyle::ByLayer,
            linetype_scale: 1.0,
            lineweight: Lineweight::ByLayer,
            visible: true,
        }
    }
}
