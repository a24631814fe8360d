//! Everything else: kept as it is, with its extents where a look at its points gives them.

use drawing::{Handle, Opaque, Point, Rect, Shape, Window};

use super::context::Context;
use crate::tag::Tag;

impl Context {
    pub fn read_opaque(&mut self, kind: &[u8], tags: &[Tag]) -> Shape {
        let extents = extents_of(kind, tags);
        let window = if kind == b"VIEWPORT" { window_of(tags) } else { None };
        Shape::Opaque(Opaque { kind: self.charset.decode(kind), extents, window })
    }
}

/// The number of the VIEWPORT that is the sheet itself.
const SHEET_ITSELF: f64 = 1.0;
/// The bit of group 90 for a VIEWPORT that is off.
const OFF: u32 = 0x2_0000;

/// What a VIEWPORT shows; none if it is off, the sheet itself, or looks at model space not from above and north up.
fn window_of(tags: &[Tag]) -> Option<Window> {
    let number = |code| tags.iter().find(|tag| tag.own && tag.code == code).and_then(Tag::number);
    let or_zero = |code| number(code).unwrap_or(0.0);
    let is_off = number(68) == Some(0.0) || or_zero(90) as u32 & OFF != 0;
    let from_above = or_zero(16) == 0.0 && or_zero(26) == 0.0 && number(36).is_none_or(|z| z > 0.0);
    if is_off || number(69) == Some(SHEET_ITSELF) || !from_above || or_zero(51) != 0.0 {
        return None;
    }
    // The middle is told from the target.
    let center = Point::new(number(12)? + or_zero(17), number(22)? + or_zero(27));
    let height = number(45).filter(|height| *height > 0.0)?;
    let frozen = tags.iter().filter(|tag| tag.own && matches!(tag.code, 331 | 341));
    let frozen = frozen.filter_map(Tag::handle).map(Handle).collect();
    (center.is_finite() && height.is_finite()).then_some(Window { center, height, frozen })
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
