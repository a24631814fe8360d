//! What part of the drawing is shown, how large, and by which rules.

use geometry::{Point, Rect, Vec2};

use crate::RenderError;

/// A view of the drawing: a canvas of pixels, north up, and how strokes look on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// What stands in the middle of the canvas, drawing units.
    pub center: Point,
    /// Drawing units a pixel; above zero.
    pub units_per_px: f64,
    /// Width and height of the canvas, physical pixels.
    pub size_px: [u32; 2],
    /// Physical pixels of a millimetre of lineweight.
    pub px_per_mm: f32,
    /// Whether strokes have their styles' widths; else all are hairlines. Widths that the drawing gives in its own units stay.
    pub lineweights: bool,
    /// Width of the thinnest stroke, physical pixels: 1, or the scale of a dense display.
    pub hairline_px: f32,
    /// Colour of the canvas: red, green, blue, opacity; sRGB, 0 to 1.
    pub background: [f32; 4],
    /// Whether everything visible is painted opaque black, as a plotter with one pen does. The background stays as given.
    pub ink: bool,
}

/// A rectangle of pixels of a canvas, from its upper left corner: x0, y0 inside, x1, y1 outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PxRect {
    pub x0: u32,
    pub y0: u32,
    pub x1: u32,
    pub y1: u32,
}

impl PxRect {
    /// The whole of a canvas.
    pub fn whole(size_px: [u32; 2]) -> PxRect {
        PxRect { x0: 0, y0: 0, x1: size_px[0], y1: size_px[1] }
    }

    pub fn is_empty(&self) -> bool {
        self.x0 >= self.x1 || self.y0 >= self.y1
    }

    pub fn union(&self, other: &PxRect) -> PxRect {
        PxRect {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }

    pub fn area(&self) -> u64 {
        u64::from(self.x1.saturating_sub(self.x0)) * u64::from(self.y1.saturating_sub(self.y0))
    }

    /// Whether a rectangle in pixels, which may lie off the canvas, touches this one.
    pub fn touches(&self, other: &Rect) -> bool {
        other.x0 < f64::from(self.x1)
            && other.x1 > f64::from(self.x0)
            && other.y0 < f64::from(self.y1)
            && other.y1 > f64::from(self.y0)
    }
}

impl View {
    /// A view of the middle of `bounds` that shows all of it with a margin of 4 % on each side: extents.
    ///
    /// Bounds without a size are shown at one unit a pixel.
    pub fn of_bounds(bounds: Rect, size_px: [u32; 2]) -> View {
        let [width, height] = size_px.map(|side| f64::from(side.max(1)));
        let units_per_px = (bounds.width() / width).max(bounds.height() / height) * 1.08;
        View {
            center: bounds.center(),
            units_per_px: if units_per_px > 0.0 && units_per_px.is_finite() { units_per_px } else { 1.0 },
            size_px,
            px_per_mm: 96.0 / 25.4,
            lineweights: true,
            hairline_px: 1.0,
            background: [1.0; 4],
            ink: false,
        }
    }

    /// Where a point of the drawing is on the canvas: pixels from the upper left corner, y down.
    pub fn to_px(&self, at: Point) -> Point {
        let [width, height] = self.size_px.map(f64::from);
        Point::new(
            (at.x - self.center.x) / self.units_per_px + width / 2.0,
            (self.center.y - at.y) / self.units_per_px + height / 2.0,
        )
    }

    /// What a point of the canvas shows: the inverse of [`View::to_px`].
    pub fn to_units(&self, px: Point) -> Point {
        let [width, height] = self.size_px.map(f64::from);
        Point::new(
            self.center.x + (px.x - width / 2.0) * self.units_per_px,
            self.center.y - (px.y - height / 2.0) * self.units_per_px,
        )
    }

    /// The part of the drawing that is on the canvas.
    pub fn visible(&self) -> Rect {
        let [width, height] = self.size_px.map(f64::from);
        Rect::from_center_size(self.center, (width * self.units_per_px, height * self.units_per_px))
    }

    /// What is seen through a frame of the drawing that shows another one: where in this view's picture the frame's own
    /// begins, from the upper left corner and perhaps outside, and the view of what goes there; none if the frame is not
    /// in sight. `center` of the other drawing stands in the middle of the frame, and `height` of it from its bottom to
    /// its top. Along each side the picture is as long as the frame or the canvas, whichever is shorter, so that moving the
    /// frame over the canvas changes its place alone.
    pub fn through(&self, frame: Rect, center: Point, height: f64) -> Option<([i64; 2], View)> {
        let (upper_left, lower_right) =
            (self.to_px(Point::new(frame.x0, frame.y1)), self.to_px(Point::new(frame.x1, frame.y0)));
        // Where it begins, how long it is, and where its own middle would be from there.
        let along = |from: f64, to: f64, side: u32| {
            let side = f64::from(side);
            let (from, length) = (from.round(), (to - from).round().max(1.0));
            if !(from < side && from + length > 0.0) {
                return None;
            }
            let start = if length <= side { from } else { 0.0_f64.clamp(from, from + length - side) };
            Some((start, length.min(side)))
        };
        let (x, width) = along(upper_left.x, lower_right.x, self.size_px[0])?;
        let (y, height_px) = along(upper_left.y, lower_right.y, self.size_px[1])?;
        let units_per_px = height * self.units_per_px / frame.height();
        let off = Point::new(x + width / 2.0, y + height_px / 2.0) - upper_left.midpoint(lower_right);
        let center = center + Vec2::new(off.x, -off.y) * units_per_px;
        let view = View { center, units_per_px, size_px: [width as u32, height_px as u32], ..*self };
        Some(([x as i64, y as i64], view))
    }

    /// Refuses what can't be shown, by the longest side that a texture may have.
    pub(crate) fn check(&self, limit: u32) -> Result<(), RenderError> {
        let [width, height] = self.size_px;
        if !(1..=limit).contains(&width) || !(1..=limit).contains(&height) {
            return Err(RenderError::Size { width, height, limit });
        }
        if !self.center.is_finite() || !self.units_per_px.is_finite() || self.units_per_px <= 0.0 {
            return Err(RenderError::View);
        }
        Ok(())
    }

    /// Pixels of a millimetre of lineweight, or 0 where lineweights are off.
    pub(crate) fn lineweight_px_per_mm(&self) -> f32 {
        if self.lineweights { self.px_per_mm.max(0.0) } else { 0.0 }
    }

    /// A rectangle of the drawing, grown by `pad_px`, in pixels; it may lie off the canvas.
    pub(crate) fn rect_px(&self, bounds: Rect, pad_px: f64) -> Rect {
        Rect::from_points(self.to_px(bounds.origin()), self.to_px(Point::new(bounds.x1, bounds.y1)))
            .inflate(pad_px, pad_px)
    }

    /// The same, cut to the canvas and to whole pixels.
    pub(crate) fn canvas_rect(&self, bounds: Rect, pad_px: f64) -> PxRect {
        let rect = self.rect_px(bounds, pad_px);
        // A float cast to an integer saturates, so what lies far off the canvas stays off it.
        let cut = |at: f64, side: u32| (at as i64).clamp(0, i64::from(side)) as u32;
        let [width, height] = self.size_px;
        PxRect {
            x0: cut(rect.x0.floor(), width),
            y0: cut(rect.y0.floor(), height),
            x1: cut(rect.x1.ceil(), width),
            y1: cut(rect.y1.ceil(), height),
        }
    }

    /// How far this view's picture is from `from`'s in pixels (x right, y down), if all but the centre is equal.
    pub(crate) fn shift_from(&self, from: &View) -> Option<Vec2> {
        let same = View { center: from.center, ..*self } == *from;
        same.then(|| {
            Vec2::new(
                (from.center.x - self.center.x) / self.units_per_px,
                (self.center.y - from.center.y) / self.units_per_px,
            )
        })
    }

    /// This view, moved by less than a pixel so that `from`'s pixels can be used again.
    pub(crate) fn snapped_to(&self, from: &View) -> View {
        match self.shift_from(from) {
            Some(shift) => {
                let whole = Vec2::new(shift.x.round(), shift.y.round());
                let center = Point::new(
                    from.center.x - whole.x * self.units_per_px,
                    from.center.y + whole.y * self.units_per_px,
                );
                View { center, ..*self }
            }
            None => *self,
        }
    }
}

/// `value` as the sum of two f32, so that a shader can subtract it without losing what f32 lacks.
pub(crate) fn split(value: f64) -> (f32, f32) {
    let high = value as f32;
    (high, (value - f64::from(high)) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        View { units_per_px: 0.5, ..View::of_bounds(Rect::new(0.0, 0.0, 100.0, 50.0), [200, 100]) }
    }

    #[test]
    fn pixels_and_units_are_inverses() {
        for at in [Point::new(0.0, 0.0), Point::new(13.25, -7.5), Point::new(2.6e6, 1.2e6)] {
            let back = view().to_units(view().to_px(at));
            assert!((back - at).hypot() < 1e-6, "{at:?} came back as {back:?}");
        }
        assert_eq!(view().to_px(Point::new(0.0, 50.0)), Point::ORIGIN, "north is up");
    }

    #[test]
    fn a_pan_is_whole_pixels_and_a_zoom_is_none() {
        let moved = View { center: view().center + Vec2::new(5.1, 2.4), ..view() };
        let snapped = moved.snapped_to(&view());
        assert_eq!(snapped.shift_from(&view()), Some(Vec2::new(-10.0, 5.0)));
        let zoomed = View { units_per_px: 0.25, ..view() };
        assert_eq!(zoomed.shift_from(&view()), None);
        assert_eq!(zoomed.snapped_to(&view()), zoomed);
    }

    #[test]
    fn a_frame_shows_its_window() {
        let sheet = View { units_per_px: 1.0, ..View::of_bounds(Rect::new(0.0, 0.0, 200.0, 100.0), [200, 100]) };
        let center = Point::new(1000.0, 500.0);
        let check = |frame: Rect, expect: Option<([i64; 2], [u32; 2], Point)>| {
            let seen = sheet.through(frame, center, 500.0);
            assert_eq!(seen.map(|(at, view)| (at, view.size_px, view.center)), expect, "{frame:?}");
            assert!(seen.is_none_or(|(_, view)| view.units_per_px == 500.0 / frame.height()));
        };
        check(Rect::new(10.0, 20.0, 110.0, 70.0), Some(([10, 30], [100, 50], center)));
        // Partly out of sight it is as large, so that it need not be drawn again.
        check(Rect::new(-50.0, 20.0, 50.0, 70.0), Some(([-50, 30], [100, 50], center)));
        check(Rect::new(300.0, 0.0, 400.0, 50.0), None);
        // One that is larger than the canvas shows as much as goes there: its left half, and half of its height.
        check(Rect::new(0.0, -50.0, 400.0, 150.0), Some(([0, 0], [200, 100], Point::new(750.0, 500.0))));
        // With its right side in sight, it ends there.
        check(Rect::new(-300.0, 0.0, 100.0, 100.0), Some(([-100, 0], [200, 100], Point::new(1500.0, 500.0))));
    }

    #[test]
    fn what_cannot_be_shown_is_refused() {
        for bad in [
            View { size_px: [0, 5], ..view() },
            View { size_px: [9000, 5], ..view() },
            View { units_per_px: 0.0, ..view() },
            View { units_per_px: f64::NAN, ..view() },
            View { center: Point::new(f64::INFINITY, 0.0), ..view() },
        ] {
            assert!(bad.check(8192).is_err(), "{bad:?}");
        }
        assert!(view().check(8192).is_ok());
    }

    #[test]
    fn a_split_number_loses_nothing_that_matters() {
        let (high, low) = split(2_600_000.123_456);
        assert!((f64::from(high) + f64::from(low) - 2_600_000.123_456).abs() < 1e-8);
    }
}
