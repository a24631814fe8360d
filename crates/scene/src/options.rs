//! What a scene is asked for: text, zoom bands, personal visibility, theme.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drawing::{Drawing, LayerId};

use crate::font::Fonts;

/// How texts are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextMode {
    /// Not at all.
    None,
    /// Each line of text as the outline of its box.
    Boxes,
    /// With letters.
    #[default]
    Drawn,
}

/// What a scene is built with.
#[derive(Debug, Clone)]
pub struct SceneOptions {
    /// How texts are drawn.
    pub text: TextMode,
    /// The fonts that texts are measured and drawn with.
    pub fonts: Arc<Fonts>,
    /// Whether entities that are not understood are drawn, as the frames around them. They are picked by those in any
    /// case, and overlays show them.
    pub frames: bool,
}

/// A range of zoom that curves are flattened for: up to `2^n` pixels a drawing unit, down to a quarter of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Band(i32);

impl Band {
    /// How far a flattened curve may be from the true one at the top of a band, pixels.
    pub const TOLERANCE_PX: f64 = 0.25;

    /// The band of a zoom in pixels a drawing unit; a zoom that is no number over 0 counts as 1.
    pub fn of(px_per_unit: f64) -> Band {
        let zoom = if px_per_unit.is_finite() && px_per_unit > 0.0 { px_per_unit } else { 1.0 };
        let exponent = zoom.log2().ceil().clamp(-200.0, 200.0) as i32;
        Band(exponent + exponent.rem_euclid(2))
    }

    /// Pixels a drawing unit at the top of the band.
    pub fn px_per_unit(self) -> f64 {
        f64::from(self.0).exp2()
    }

    /// How far a flattened curve may be from the true one, drawing units.
    pub fn tolerance(self) -> f64 {
        Band::TOLERANCE_PX / self.px_per_unit()
    }
}

/// Which layers one person sees: the drawing's own states, with personal exceptions that are in no log.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Visibility {
    /// Layers that this person switched: true shown, false hidden.
    pub layers: BTreeMap<LayerId, bool>,
    /// Layers that are frozen where this holds, as in a frame of a sheet, whoever looks.
    pub frozen: BTreeSet<LayerId>,
}

impl Visibility {
    /// Whether what stands on a layer is seen.
    pub fn shows(&self, drawing: &Drawing, layer: LayerId) -> bool {
        let own = || drawing.layer(layer).is_none_or(|layer| !layer.off && !layer.frozen);
        !self.frozen.contains(&layer) && self.layers.get(&layer).copied().unwrap_or_else(own)
    }

    /// Whether what was inserted on a layer is let through: only freezing hides the contents of an insert on other
    /// layers.
    pub(crate) fn passes(&self, drawing: &Drawing, layer: LayerId) -> bool {
        let own = || drawing.layer(layer).is_none_or(|layer| !layer.frozen);
        !self.frozen.contains(&layer) && (self.layers.get(&layer).copied().unwrap_or(false) || own())
    }
}

/// What the drawing is painted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Background {
    /// Dark: colour 7 is white.
    #[default]
    Dark,
    /// Light: colour 7 is black.
    Light,
    /// A white sheet: colour 7 is black.
    Paper,
}

/// How colours of a drawing become colours of a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Theme {
    /// What is behind.
    pub background: Background,
    /// Everything black, as in a comparison of line work.
    pub ink: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_cover_their_zooms() {
        for zoom in [1e-6, 0.3, 1.0, 1.01, 2.0, 5.0, 1e5] {
            let top = Band::of(zoom).px_per_unit();
            assert!(top >= zoom && top < zoom * 4.0 + f64::EPSILON, "{zoom}: {top}");
        }
        for zoom in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            assert_eq!(Band::of(zoom), Band::of(1.0));
        }
    }
}
