//! What moving means, kind by kind.
//!
//! A displacement is given in the world's plane; kinds in object coordinates take it in theirs. TEXT moves both its
//! points, INSERT its attributes, HATCH its paths, seeds and the base of its pattern, DIMENSION its points and the
//! entities of its anonymous block (or, where several dimensions show that block, the displacement of the block).

use std::collections::BTreeSet;

use geometry::{Point, Point3, Vec2};

use crate::drawing::Drawing;
use crate::ids::{BlockId, EntityId};
use crate::op::OpError;
use crate::record::{Entity, Record};
use crate::shape::{Boundary, Dimension, Edge, Hatch, HatchFill, Shape, Text};

/// Why an entity can't be moved.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{kind} {id} can't be moved: Linework does not read this kind of entity and would tear it from its data")]
pub struct CannotMove {
    /// Which entity.
    pub id: EntityId,
    /// The name of its kind in the file.
    pub kind: String,
}

/// The records of `ids` and of what is drawn for them only, moved; each once, however often it is named.
pub(crate) fn moved(drawing: &Drawing, ids: &[EntityId], by: Vec2) -> Result<Vec<Record>, OpError> {
    let mut whole = BTreeSet::new();
    for &id in ids {
        let entity = drawing.entity(id).ok_or(OpError::Missing(id.into()))?;
        whole.insert(id);
        if let Shape::Dimension(dimension) = &entity.shape
            && let Some(block) = own_block(drawing, dimension)
        {
            whole.extend(drawing.entities_of(block).map(|part| part.id));
        }
    }
    whole.into_iter().filter_map(|id| drawing.entity(id)).map(|entity| moved_entity(drawing, entity, by)).collect()
}

/// The block of a dimension, if no other dimension shows it and all in it can be moved. Its own entities refer to it as
/// their owner.
fn own_block(drawing: &Drawing, dimension: &Dimension) -> Option<BlockId> {
    let block = dimension.block?;
    let parts = drawing.entities_of(block).count();
    let anonymous = drawing.block(block).is_some_and(|block| block.name.starts_with('*') && !block.is_space());
    let movable = |part: &Entity| !matches!(part.shape, Shape::Opaque(_));
    let own = anonymous && drawing.use_count(block) as usize == parts + 1;
    (own && drawing.entities_of(block).all(movable)).then_some(block)
}

fn moved_entity(drawing: &Drawing, entity: &Entity, by: Vec2) -> Result<Record, OpError> {
    let mut entity = entity.clone();
    match &mut entity.shape {
        Shape::Dimension(dimension) => {
            let shared = dimension.block.is_some() && own_block(drawing, dimension).is_none();
            move_dimension(dimension, by, shared);
        }
        shape => shape.translate(by).map_err(|kind| CannotMove { id: entity.id, kind })?,
    }
    Ok(Record::Entity(entity))
}

impl Shape {
    /// Moves the shape of a copy, whose original stays. A dimension and its copy share the block that draws them, so the
    /// copy says where it puts that block. Fails with the name of a kind that can't be moved.
    pub fn translate_copy(&mut self, by: Vec2) -> Result<(), String> {
        match self {
            Shape::Dimension(dimension) => {
                move_dimension(dimension, by, dimension.block.is_some());
                Ok(())
            }
            shape => shape.translate(by),
        }
    }

    /// Moves a shape in the world's plane; of a dimension only its points. Fails with the name of a kind that can't be
    /// moved.
    pub fn translate(&mut self, by: Vec2) -> Result<(), String> {
        let world = Point3::flat(by.x, by.y);
        match self {
            Shape::Line(line) => {
                line.start = line.start + world;
                line.end = line.end + world;
            }
            Shape::Circle(circle) => circle.center = circle.center + circle.extrusion.displacement(by),
            Shape::Arc(arc) => arc.center = arc.center + arc.extrusion.displacement(by),
            Shape::Ellipse(ellipse) => ellipse.center = ellipse.center + world,
            Shape::Polyline(polyline) => {
                let plane = polyline.form != crate::shape::PolylineForm::Space;
                let step = if plane { polyline.extrusion.displacement(by) } else { world };
                polyline.vertices.iter_mut().for_each(|vertex| vertex.at = vertex.at + step);
            }
            Shape::Spline(spline) => {
                spline.controls.iter_mut().chain(&mut spline.fit).for_each(|p| *p = *p + world);
            }
            Shape::Point(point) => point.at = point.at + world,
            Shape::Solid(solid) => {
                let step = solid.extrusion.displacement(by);
                solid.corners.iter_mut().for_each(|p| *p = *p + step);
            }
            Shape::Text(text) => move_text(text, by),
            Shape::MText(text) => text.at = text.at + world,
            Shape::Insert(insert) => {
                insert.at = insert.at + insert.extrusion.displacement(by);
                insert.attributes.iter_mut().for_each(|attribute| move_text(&mut attribute.text, by));
            }
            Shape::Hatch(hatch) => move_hatch(hatch, by),
            Shape::Dimension(dimension) => move_dimension(dimension, by, false),
            Shape::Opaque(opaque) => return Err(opaque.kind.clone()),
        }
        Ok(())
    }
}

fn move_text(text: &mut Text, by: Vec2) {
    let step = text.extrusion.displacement(by);
    text.at = text.at + step;
    text.align_at = text.align_at.map(|p| p + step);
}

fn move_dimension(dimension: &mut Dimension, by: Vec2, shared_block: bool) {
    let step = dimension.extrusion.displacement(by);
    dimension.world_points.iter_mut().for_each(|(_, p)| *p = *p + Point3::flat(by.x, by.y));
    dimension.object_points.iter_mut().for_each(|(_, p)| *p = *p + step);
    // Where the block stays, since others show it too, what it is put at must move.
    if shared_block {
        dimension.insert_at = Some(dimension.insert_at.unwrap_or_default() + step);
    }
}

fn move_hatch(hatch: &mut Hatch, by: Vec2) {
    let step = hatch.extrusion.displacement(by);
    let shift = |p: &mut Point| *p = Point::new(p.x + step.x, p.y + step.y);
    hatch.elevation += step.z;
    hatch.seeds.iter_mut().for_each(shift);
    if let HatchFill::Pattern { lines, .. } = &mut hatch.fill {
        lines.iter_mut().for_each(|(_, base, _, _)| shift(base));
    }
    for boundary in &mut hatch.boundaries {
        match boundary {
            Boundary::Polyline { vertices, .. } => vertices.iter_mut().for_each(|(p, _)| shift(p)),
            Boundary::Edges { edges, .. } => edges.iter_mut().for_each(|edge| match edge {
                Edge::Line { from, to } => [from, to].into_iter().for_each(shift),
                Edge::Arc { center, .. } | Edge::Ellipse { center, .. } => shift(center),
                Edge::Spline { controls, fit, .. } => controls.iter_mut().chain(fit).for_each(shift),
            }),
        }
    }
}
