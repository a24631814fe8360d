//! Which records a record names, and what makes its numbers sound.

use crate::comment::Pin;
use crate::ids::{BlockId, Handle, RecordId};
use crate::record::Record;
use crate::shape::{Boundary, Edge, HatchFill, Shape, Text};
use crate::style::{LineStyle, Style};
use geometry::{Point, Point3};

/// What a reference expects at its other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Reference {
    Layer,
    Block,
    Linetype,
    TextStyle,
    Space,
    Comment,
}

impl Reference {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Reference::Layer => "layer",
            Reference::Block => "block",
            Reference::Linetype => "linetype",
            Reference::TextStyle => "text style",
            Reference::Space => "space",
            Reference::Comment => "comment",
        }
    }

    /// Whether `target` is of the kind that is expected.
    pub(crate) fn names(self, target: &Record) -> bool {
        if let (Reference::Space, Record::Block(block)) = (self, target) {
            return block.is_space();
        }
        matches!(
            (self, target),
            (Reference::Layer, Record::Layer(_))
                | (Reference::Block, Record::Block(_))
                | (Reference::Linetype, Record::Linetype(_))
                | (Reference::TextStyle, Record::TextStyle(_))
                | (Reference::Comment, Record::Comment(_))
        )
    }
}

/// Calls `found` for each reference of `record`, the same ones in the same order every time.
pub(crate) fn references(record: &Record, found: &mut dyn FnMut(Reference, RecordId)) {
    match record {
        Record::Entity(entity) => {
            found(Reference::Block, entity.owner.into());
            of_style(&entity.style, found);
            match &entity.shape {
                Shape::Text(text) => of_text(text, found),
                Shape::MText(text) => text.style.into_iter().for_each(|id| found(Reference::TextStyle, id.into())),
                Shape::Insert(insert) => {
                    found(Reference::Block, insert.block.into());
                    for attribute in &insert.attributes {
                        of_style(&attribute.style, found);
                        of_text(&attribute.text, found);
                    }
                }
                Shape::Dimension(dimension) => {
                    dimension.block.into_iter().for_each(|id| found(Reference::Block, id.into()));
                }
                _ => {}
            }
        }
        Record::Layer(layer) => layer.linetype.into_iter().for_each(|id| found(Reference::Linetype, id.into())),
        Record::Layout(layout) => found(Reference::Block, layout.block.into()),
        // The entity that a comment is pinned to may go.
        Record::Comment(comment) => found(Reference::Space, comment.space.into()),
        Record::Reply(reply) => found(Reference::Comment, reply.to.into()),
        Record::Block(_) | Record::Linetype(_) | Record::TextStyle(_) => {}
    }
}

fn of_style(style: &Style, found: &mut dyn FnMut(Reference, RecordId)) {
    found(Reference::Layer, style.layer.into());
    if let LineStyle::Named(id) = style.linetype {
        found(Reference::Linetype, id.into());
    }
}

fn of_text(text: &Text, found: &mut dyn FnMut(Reference, RecordId)) {
    text.style.into_iter().for_each(|id| found(Reference::TextStyle, id.into()));
}

/// The block that an entity is part of and the one that it shows.
pub(crate) fn block_edge(record: &Record) -> Option<(BlockId, BlockId)> {
    let Record::Entity(entity) = record else { return None };
    match &entity.shape {
        Shape::Insert(insert) => Some((entity.owner, insert.block)),
        Shape::Dimension(dimension) => dimension.block.map(|shown| (entity.owner, shown)),
        _ => None,
    }
}

/// The key under which a table record's name is unique.
pub(crate) fn name_of(record: &Record) -> Option<(u8, String)> {
    match record {
        Record::Layer(r) => Some((1, r.name.to_uppercase())),
        Record::Block(r) => Some((2, r.name.to_uppercase())),
        Record::Linetype(r) => Some((3, r.name.to_uppercase())),
        Record::TextStyle(r) => Some((4, r.name.to_uppercase())),
        Record::Entity(_) | Record::Layout(_) | Record::Comment(_) | Record::Reply(_) => None,
    }
}

impl Record {
    /// Calls `found` with each record that this one refers to: layers, blocks, linetypes and text styles.
    pub fn each_reference(&self, found: &mut dyn FnMut(RecordId)) {
        references(self, &mut |_, to| found(to));
    }

    /// Its handle, if it got it from us and not from the file.
    pub(crate) fn minted_handle(&self) -> Option<Handle> {
        if self.source().is_some() { None } else { self.handle() }
    }

    /// Turns every -0.0 into 0.0; fails if a number is infinite or none.
    pub(crate) fn normalize_numbers(&mut self) -> Result<(), ()> {
        let mut finite = true;
        self.each_number(&mut |number| {
            finite &= number.is_finite();
            // -0.0 + 0.0 is 0.0; every other number stays as it is.
            *number += 0.0;
        });
        if finite { Ok(()) } else { Err(()) }
    }

    fn each_number(&mut self, f: &mut dyn FnMut(&mut f64)) {
        match self {
            Record::Entity(entity) => {
                f(&mut entity.style.linetype_scale);
                shape_numbers(&mut entity.shape, f);
            }
            Record::Block(block) => flat(&mut block.base, f),
            Record::Linetype(linetype) => linetype.pattern.iter_mut().for_each(f),
            Record::TextStyle(style) => {
                [&mut style.height, &mut style.width_factor, &mut style.oblique_deg].into_iter().for_each(f);
            }
            Record::Comment(comment) => match &mut comment.pin {
                Pin::Point(at) => flat(at, f),
                Pin::Region(rect) => {
                    [&mut rect.x0, &mut rect.y0, &mut rect.x1, &mut rect.y1].into_iter().for_each(f);
                }
                Pin::Entity { offset, at, .. } => {
                    [&mut offset.x, &mut offset.y, &mut at.x, &mut at.y].into_iter().for_each(f);
                }
            },
            Record::Layer(_) | Record::Layout(_) | Record::Reply(_) => {}
        }
    }
}

fn flat(p: &mut Point, f: &mut dyn FnMut(&mut f64)) {
    f(&mut p.x);
    f(&mut p.y);
}

fn space(p: &mut Point3, f: &mut dyn FnMut(&mut f64)) {
    f(&mut p.x);
    f(&mut p.y);
    f(&mut p.z);
}

fn shape_numbers(shape: &mut Shape, f: &mut dyn FnMut(&mut f64)) {
    match shape {
        Shape::Line(line) => [&mut line.start, &mut line.end].into_iter().for_each(|p| space(p, f)),
        Shape::Circle(circle) => {
            space(&mut circle.center, f);
            f(&mut circle.radius);
            space(&mut circle.extrusion.0, f);
        }
        Shape::Arc(arc) => {
            space(&mut arc.center, f);
            space(&mut arc.extrusion.0, f);
            [&mut arc.radius, &mut arc.start_deg, &mut arc.end_deg].into_iter().for_each(f);
        }
        Shape::Ellipse(ellipse) => {
            [&mut ellipse.center, &mut ellipse.major, &mut ellipse.extrusion.0].into_iter().for_each(|p| space(p, f));
            [&mut ellipse.ratio, &mut ellipse.start_rad, &mut ellipse.end_rad].into_iter().for_each(f);
        }
        Shape::Polyline(polyline) => {
            space(&mut polyline.extrusion.0, f);
            for vertex in &mut polyline.vertices {
                space(&mut vertex.at, f);
                [&mut vertex.bulge, &mut vertex.start_width, &mut vertex.end_width].into_iter().for_each(&mut *f);
            }
        }
        Shape::Spline(spline) => {
            spline.knots.iter_mut().chain(&mut spline.weights).for_each(&mut *f);
            spline.controls.iter_mut().chain(&mut spline.fit).for_each(|p| space(p, f));
        }
        Shape::Point(point) => {
            space(&mut point.at, f);
            space(&mut point.extrusion.0, f);
            f(&mut point.angle_deg);
        }
        Shape::Solid(solid) => {
            solid.corners.iter_mut().for_each(|p| space(p, f));
            space(&mut solid.extrusion.0, f);
        }
        Shape::Text(text) => text_numbers(text, f),
        Shape::MText(text) => {
            space(&mut text.at, f);
            space(&mut text.extrusion.0, f);
            [&mut text.height, &mut text.width, &mut text.rotation_deg, &mut text.line_spacing].into_iter().for_each(f);
        }
        Shape::Insert(insert) => {
            [&mut insert.at, &mut insert.scale, &mut insert.extrusion.0].into_iter().for_each(|p| space(p, f));
            f(&mut insert.rotation_deg);
            f(&mut insert.column_spacing);
            f(&mut insert.row_spacing);
            for attribute in &mut insert.attributes {
                f(&mut attribute.style.linetype_scale);
                text_numbers(&mut attribute.text, f);
            }
        }
        Shape::Hatch(hatch) => {
            f(&mut hatch.elevation);
            space(&mut hatch.extrusion.0, f);
            hatch.seeds.iter_mut().for_each(|p| flat(p, f));
            hatch.boundaries.iter_mut().for_each(|boundary| boundary_numbers(boundary, f));
            if let HatchFill::Pattern { lines, .. } = &mut hatch.fill {
                for (angle_deg, base, offset, dashes) in lines {
                    f(angle_deg);
                    flat(base, f);
                    flat(offset, f);
                    dashes.iter_mut().for_each(&mut *f);
                }
            }
        }
        Shape::Dimension(dimension) => {
            dimension.insert_at.iter_mut().for_each(|p| space(p, f));
            let points = dimension.world_points.iter_mut().chain(&mut dimension.object_points);
            points.for_each(|(_, p)| space(p, f));
            space(&mut dimension.extrusion.0, f);
        }
        Shape::Opaque(opaque) => {
            if let Some(rect) = &mut opaque.extents {
                [&mut rect.x0, &mut rect.y0, &mut rect.x1, &mut rect.y1].into_iter().for_each(&mut *f);
            }
            if let Some(window) = &mut opaque.window {
                [&mut window.center.x, &mut window.center.y, &mut window.height].into_iter().for_each(f);
            }
        }
    }
}

fn text_numbers(text: &mut Text, f: &mut dyn FnMut(&mut f64)) {
    space(&mut text.at, f);
    text.align_at.iter_mut().for_each(|p| space(p, f));
    space(&mut text.extrusion.0, f);
    [&mut text.height, &mut text.rotation_deg, &mut text.width_factor, &mut text.oblique_deg].into_iter().for_each(f);
}

fn boundary_numbers(boundary: &mut Boundary, f: &mut dyn FnMut(&mut f64)) {
    match boundary {
        Boundary::Polyline { vertices, .. } => vertices.iter_mut().for_each(|(p, bulge)| {
            flat(p, f);
            f(bulge);
        }),
        Boundary::Edges { edges, .. } => edges.iter_mut().for_each(|edge| edge_numbers(edge, f)),
    }
}

fn edge_numbers(edge: &mut Edge, f: &mut dyn FnMut(&mut f64)) {
    match edge {
        Edge::Line { from, to } => [from, to].into_iter().for_each(|p| flat(p, f)),
        Edge::Arc { center, radius, start_deg, end_deg, .. } => {
            flat(center, f);
            [radius, start_deg, end_deg].into_iter().for_each(f);
        }
        Edge::Ellipse { center, major, ratio, start_deg, end_deg, .. } => {
            [center, major].into_iter().for_each(|p| flat(p, f));
            [ratio, start_deg, end_deg].into_iter().for_each(f);
        }
        Edge::Spline { knots, controls, weights, fit, .. } => {
            knots.iter_mut().chain(weights).for_each(&mut *f);
            controls.iter_mut().chain(fit).for_each(|p| flat(p, f));
        }
    }
}
