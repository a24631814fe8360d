//! What a drawing holds, in numbers: what the command `info` tells.

use std::collections::BTreeMap;

use drawing::{BlockId, Color, Drawing, Entity, LineStyle, Lineweight, aci_rgb};
use serde::Serialize;

use crate::finding::Finding;
use crate::read::Reading;

/// How an entity of a space looks once its layer has had its say: colour on a dark background as `#rrggbb`, linetype in
/// upper case, lineweight in millimetres, whether it is shown.
pub type Resolved = (String, String, f64, bool);

/// What a drawing holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Info {
    /// How many entities of each kind model space has, by the name of the kind in the file. Vertices and attributes
    /// are parts of entities.
    pub model: BTreeMap<String, u64>,
    /// The same for each sheet, by its name.
    pub paper: BTreeMap<String, BTreeMap<String, u64>>,
    /// How many layers.
    pub layers: u64,
    /// How many blocks whose names don't begin with `*`.
    pub blocks: u64,
    /// What model space covers: x and y of the lower left and of the upper right corner, drawing units. [`info`] leaves
    /// it empty; whoever knows the geometry of blocks and texts fills it.
    pub extents: Option<[f64; 4]>,
    /// `$ACADVER`.
    pub version: String,
    /// What was wrong in the file.
    pub findings: Vec<Finding>,
    /// How long reading took, in milliseconds: the caller has the clock.
    pub read_ms: f64,
    /// Looks of the entities of all spaces by handle, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<BTreeMap<String, Resolved>>,
}

/// Counts what a reading gave; with `resolved`, tells how each entity of a space looks too.
pub fn info(reading: &Reading, resolved: bool) -> Info {
    let drawing = &reading.drawing;
    let paper = drawing
        .layouts()
        .filter(|layout| drawing.block(layout.block).is_some_and(|block| !block.is_model_space()))
        .map(|layout| (layout.name.clone(), counts(drawing, layout.block)))
        .collect();
    let looks = || {
        let spaces = drawing.blocks().filter(|block| block.is_space());
        spaces
            .flat_map(|block| drawing.entities_of(block.id))
            .filter_map(|entity| Some((format!("{:X}", entity.handle?.0), look(drawing, entity))))
            .collect()
    };
    Info {
        model: drawing.model_space().map(|model| counts(drawing, model)).unwrap_or_default(),
        paper,
        layers: drawing.layers().count() as u64,
        blocks: drawing.blocks().filter(|block| !block.name.starts_with('*')).count() as u64,
        extents: None,
        version: drawing.header().version.clone(),
        findings: reading.findings.clone(),
        read_ms: 0.0,
        resolved: resolved.then(looks),
    }
}

fn counts(drawing: &Drawing, space: BlockId) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for entity in drawing.entities_of(space) {
        *counts.entry(entity.shape.kind().to_string()).or_insert(0) += 1;
    }
    counts
}

/// The default lineweight.
const DEFAULT_MM: f64 = 0.25;

/// The thinnest line there is: a weight of 0 is one dot of whatever draws it.
const THINNEST_MM: f64 = 0.01;

fn look(drawing: &Drawing, entity: &Entity) -> Resolved {
    let style = &entity.style;
    let layer = drawing.layer(style.layer);
    let rgb = match style.color {
        Color::ByLayer => match layer.map(|layer| layer.color) {
            Some(Color::Index(index)) => aci_rgb(index),
            Some(Color::True(rgb)) => rgb,
            _ => aci_rgb(7),
        },
        Color::ByBlock => aci_rgb(7),
        Color::Index(index) => aci_rgb(index),
        Color::True(rgb) => rgb,
    };
    let named = |id| drawing.linetype(id).map(|linetype| linetype.name.to_uppercase());
    let linetype = match style.linetype {
        LineStyle::ByLayer => layer.and_then(|layer| layer.linetype).and_then(named),
        LineStyle::ByBlock => Some("STANDARD".to_string()),
        LineStyle::Named(id) => named(id),
    };
    let weight = match style.lineweight {
        Lineweight::ByLayer => layer.map_or(Lineweight::Default, |layer| layer.lineweight),
        weight => weight,
    };
    let weight_mm = match weight {
        Lineweight::HundredthsMm(0) => THINNEST_MM,
        Lineweight::HundredthsMm(hundredths) => f64::from(hundredths) / 100.0,
        _ => DEFAULT_MM,
    };
    let shown = style.visible && layer.is_none_or(|layer| !layer.off && !layer.frozen);
    (format!("#{rgb:06x}"), linetype.unwrap_or_else(|| "CONTINUOUS".into()), weight_mm, shown)
}
