//! How things are painted: who inherits what from layers and inserts, and the table that a renderer looks up.

use std::collections::HashMap;

use drawing::{Color, Drawing, LayerId, LineStyle, LinetypeId, Lineweight, Style};

use crate::mesh::{PaintStyle, StyleIndex};
use crate::options::{Background, Theme, Visibility};

/// Different styles that a scene keeps apart; what comes later is painted as its layer is.
const STYLES_MAX: usize = 1 << 20;
/// Hundredths of a millimetre where nothing says a width: `$LWDEFAULT`'s usual value.
const DEFAULT_WEIGHT: u16 = 25;

/// Where a colour comes from, once inserts have had their say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ColorRule {
    /// A layer's.
    OfLayer(LayerId),
    /// AutoCAD colour index.
    Index(u8),
    /// 0xRRGGBB.
    True(u32),
}

/// Where a lineweight comes from, once inserts have had their say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WeightRule {
    /// A layer's.
    OfLayer(LayerId),
    /// The program's default.
    Default,
    /// Hundredths of a millimetre.
    HundredthsMm(u16),
}

/// All that decides how a stroke or fill is painted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StyleKey {
    /// The layer that shows or hides it: its own, or for layer `0` in a block that of the insert.
    pub layer: LayerId,
    /// Its colour.
    pub color: ColorRule,
    /// Its width.
    pub weight: WeightRule,
    /// Layers of the inserts around it: it is not painted while one of them is frozen. Ascending, without its own.
    pub gates: Vec<LayerId>,
}

impl StyleKey {
    /// How a layer paints what says nothing itself.
    pub(crate) fn of_layer(layer: LayerId) -> StyleKey {
        StyleKey { layer, color: ColorRule::OfLayer(layer), weight: WeightRule::OfLayer(layer), gates: Vec::new() }
    }

    /// The same, as thin as it can be.
    pub(crate) fn hairline(&self) -> StyleKey {
        StyleKey { weight: WeightRule::HundredthsMm(0), ..self.clone() }
    }
}

/// What an insert hands down to the entities of its block. That of the space itself hands down nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Inherited {
    layer: Option<LayerId>,
    color: ColorRule,
    weight: WeightRule,
    linetype: Option<LinetypeId>,
    gates: Vec<LayerId>,
}

impl Default for Inherited {
    fn default() -> Inherited {
        let (color, weight) = (ColorRule::Index(7), WeightRule::Default);
        Inherited { layer: None, color, weight, linetype: None, gates: Vec::new() }
    }
}

impl Inherited {
    /// How an entity of this style is painted here, and its linetype.
    pub(crate) fn resolve(&self, drawing: &Drawing, style: &Style) -> (StyleKey, Option<LinetypeId>) {
        let layer = match self.layer {
            Some(inserted) if drawing.layer(style.layer).is_some_and(|layer| layer.name == "0") => inserted,
            _ => style.layer,
        };
        let color = match style.color {
            Color::ByLayer => ColorRule::OfLayer(layer),
            Color::ByBlock => self.color,
            Color::Index(index) => ColorRule::Index(index),
            Color::True(rgb) => ColorRule::True(rgb),
        };
        let weight = match style.lineweight {
            Lineweight::ByLayer => WeightRule::OfLayer(layer),
            Lineweight::ByBlock => self.weight,
            Lineweight::Default => WeightRule::Default,
            Lineweight::HundredthsMm(width) => WeightRule::HundredthsMm(width),
        };
        let linetype = match style.linetype {
            LineStyle::ByLayer => drawing.layer(layer).and_then(|layer| layer.linetype),
            LineStyle::ByBlock => self.linetype,
            LineStyle::Named(id) => Some(id),
        };
        let gates = self.gates.iter().copied().filter(|gate| *gate != layer).collect();
        (StyleKey { layer, color, weight, gates }, linetype)
    }

    /// What an insert of this style, inserted here, hands down.
    pub(crate) fn inside(&self, drawing: &Drawing, style: &Style) -> Inherited {
        let (key, linetype) = self.resolve(drawing, style);
        let mut gates = key.gates;
        gates.push(key.layer);
        gates.sort_unstable();
        Inherited { layer: Some(key.layer), color: key.color, weight: key.weight, linetype, gates }
    }
}

/// The styles of a scene, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Styles {
    keys: Vec<StyleKey>,
    places: HashMap<StyleKey, StyleIndex>,
}

impl Styles {
    /// Puts a style into the table, if it is not there and there is room.
    pub(crate) fn intern(&mut self, key: StyleKey) {
        if self.keys.len() < STYLES_MAX {
            self.put(key);
        }
    }

    /// Puts the plain style of a layer into the table, whatever else is there: files can't have layers without end.
    pub(crate) fn intern_layer(&mut self, layer: LayerId) {
        self.put(StyleKey::of_layer(layer));
    }

    /// The place of a style; of one that found no room, that of its layer.
    pub(crate) fn find(&self, key: &StyleKey) -> StyleIndex {
        let place = self.places.get(key).or_else(|| self.places.get(&StyleKey::of_layer(key.layer)));
        place.copied().unwrap_or_default()
    }

    fn put(&mut self, key: StyleKey) {
        if !self.places.contains_key(&key) {
            self.places.insert(key.clone(), StyleIndex(self.keys.len() as u32));
            self.keys.push(key);
        }
    }

    pub(crate) fn keys(&self) -> &[StyleKey] {
        &self.keys
    }
}

/// Whether what has this style is seen.
pub(crate) fn is_seen(key: &StyleKey, drawing: &Drawing, visibility: &Visibility) -> bool {
    visibility.shows(drawing, key.layer) && key.gates.iter().all(|gate| visibility.passes(drawing, *gate))
}

/// How a style is painted right now.
pub(crate) fn paint(key: &StyleKey, drawing: &Drawing, visibility: &Visibility, theme: Theme) -> PaintStyle {
    let rgb = if theme.ink { 0 } else { rgb_of(key.color, drawing, theme.background) };
    let channel = |shift: u32| ((rgb >> shift) & 0xff) as f32 / 255.0;
    PaintStyle {
        color: [channel(16), channel(8), channel(0), 1.0],
        width_mm: f32::from(weight_of(key.weight, drawing)) / 100.0,
        visible: is_seen(key, drawing, visibility),
    }
}

/// 0xRRGGBB on a background.
pub fn rgb_of(rule: ColorRule, drawing: &Drawing, background: Background) -> u32 {
    let foreground = if background == Background::Dark { 0xff_ffff } else { 0 };
    let plain = |color: Color| match color {
        Color::True(rgb) => rgb & 0xff_ffff,
        Color::Index(0 | 7) | Color::ByLayer | Color::ByBlock => foreground,
        Color::Index(index) => drawing::aci_rgb(index),
    };
    match rule {
        ColorRule::OfLayer(layer) => plain(drawing.layer(layer).map_or(Color::Index(7), |layer| layer.color)),
        ColorRule::Index(index) => plain(Color::Index(index)),
        ColorRule::True(rgb) => plain(Color::True(rgb)),
    }
}

/// Hundredths of a millimetre.
pub fn weight_of(rule: WeightRule, drawing: &Drawing) -> u16 {
    match rule {
        WeightRule::HundredthsMm(width) => width,
        WeightRule::Default => DEFAULT_WEIGHT,
        WeightRule::OfLayer(layer) => match drawing.layer(layer).map(|layer| layer.lineweight) {
            Some(Lineweight::HundredthsMm(width)) => width,
            _ => DEFAULT_WEIGHT,
        },
    }
}
