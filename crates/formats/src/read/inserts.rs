//! INSERT and DIMENSION: what is drawn by a block.

use drawing::{Dimension, Extrusion, Insert, Point3, Shape};

use super::context::Context;
use super::curves::{plane, set};
use crate::tag::Tag;

impl Context {
    pub fn read_insert(&mut self, tags: &[Tag]) -> Insert {
        let (mut at, mut scale) = (Point3::default(), Point3::new(1.0, 1.0, 1.0));
        let mut block = None;
        let (mut rotation_deg, mut columns, mut rows) = (0.0, 1, 1);
        let (mut column_spacing, mut row_spacing) = (0.0, 0.0);
        let extrusion = self.read_points(tags, &mut [(0, &mut at)], &mut |context, tag| match tag.code {
            2 => block = Some(context.block(tag)),
            41 => scale.x = context.number(tag),
            42 => scale.y = context.number(tag),
            43 => scale.z = context.number(tag),
            44 => column_spacing = context.number(tag),
            45 => row_spacing = context.number(tag),
            50 => rotation_deg = context.number(tag),
            70 => columns = context.integer(tag).clamp(1, i64::from(u16::MAX)) as u16,
            71 => rows = context.integer(tag).clamp(1, i64::from(u16::MAX)) as u16,
            _ => {}
        });
        let block = block.unwrap_or_else(|| {
            if let Some(first) = tags.first() {
                self.repaired(first, None, "an INSERT that names no block", "it shows an empty one");
            }
            self.block_named("*Nameless")
        });
        let attributes = Vec::new();
        Insert { block, at, scale, rotation_deg, columns, rows, column_spacing, row_spacing, extrusion, attributes }
    }

    pub fn read_dimension(&mut self, tags: &[Tag]) -> Shape {
        let mut dimension = Dimension {
            block: None,
            insert_at: None,
            world_points: Vec::new(),
            object_points: Vec::new(),
            text: String::new(),
            flags: 0,
            extrusion: Extrusion::UP,
        };
        for tag in tags.iter().filter(|tag| tag.own) {
            match tag.code {
                2 if !tag.trimmed().is_empty() => dimension.block = Some(self.block(tag)),
                1 => dimension.text = self.text(tag),
                3 => self.use_dimension_style(tag),
                70 => dimension.flags = self.integer(tag) as i16,
                210 | 220 | 230 => set(&mut dimension.extrusion.0, tag.code / 10 - 20, self.number(tag)),
                10..=16 | 20..=26 | 30..=36 => {
                    let value = self.number(tag);
                    let (code, tens) = (10 + tag.code % 10, tag.code / 10);
                    match code {
                        12 => set(dimension.insert_at.get_or_insert_default(), tens, value),
                        11 | 16 => set(point_of(&mut dimension.object_points, code), tens, value),
                        _ => set(point_of(&mut dimension.world_points, code), tens, value),
                    }
                }
                _ => {}
            }
        }
        dimension.extrusion = plane(dimension.extrusion.0);
        Shape::Dimension(dimension)
    }
}

fn point_of(points: &mut Vec<(i16, Point3)>, code: i16) -> &mut Point3 {
    let at = points.iter().position(|(each, _)| *each == code).unwrap_or_else(|| {
        points.push((code, Point3::default()));
        points.len() - 1
    });
    &mut points[at].1
}
