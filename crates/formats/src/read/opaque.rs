//! Everything else: kept as it is, with its extents where a look at its points gives them.

use drawing::{Opaque, Point, Rect, Shape};

use super::context::Context;
use crate::tag::Tag;

impl Context {
    pub fn read_opaque(&mut self, kind: &[u8], tags: &[Tag]) -> Shape {
        let extents = extents_of(kind, tags);
        Shape::Opaque(Opaque { kind: self.charset.decode(kind), extents })
    }
}

fn extents_of(kind: &[u8], tags: &[Tag]) -> Option<Rect> {
    // The last digits of the codes of points that lie where the entity is.
    let digits: &[i16] = match kind {
        b"3DFACE" => &[0, 1, 2, 3],
        b"LEADER" | b"ATTDEF" | b"TOLERANCE" | b"SHAPE" | b"VIEWPORT" => &[0],
        b"MLINE" => &[1],
        _ => return None,
    };
    let mut rect: Option<Rect> = None;
    let mut x = None;
    for tag in tags.iter().filter(|tag| tag.own && (10..30).contains(&tag.code) && digits.contains(&(tag.code % 10))) {
        if tag.code < 20 {
            x = tag.number();
        } else if let (Some(x), Some(y)) = (x.take(), tag.number()) {
            let point = Point::new(x, y);
            rect = Some(rect.map_or(Rect::from_points(point, point), |rect| rect.union_pt(point)));
        }
    }
    if kind == b"VIEWPORT" {
        let number = |code| tags.iter().find(|tag| tag.own && tag.code == code).and_then(Tag::number);
        let (width, height) = (number(40)?, number(41)?);
        let rect = rect?.inflate(width.abs() / 2.0, height.abs() / 2.0);
        return rect.is_finite().then_some(rect);
    }
    rect
}
