//! Where one looks: drawing units to points on the screen and back, in f64.

use drawing::{Point, Rect, Vec2, View};
use egui::{Pos2, pos2};

/// Points per drawing unit, at the least and the most: below and above, f64 itself runs out.
const SCALE_MIN: f64 = 1e-12;
const SCALE_MAX: f64 = 1e12;
/// What is left free around the drawing when all of it is shown, as a part of the canvas.
const MARGIN: f64 = 0.05;

/// A view of the drawing on a canvas of a size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// The middle, in drawing units.
    pub center: Point,
    /// Screen points per drawing unit; over 0.
    pub scale: f64,
    /// The canvas on the screen, in points.
    pub area: egui::Rect,
}

impl Default for Camera {
    fn default() -> Camera {
        let area = egui::Rect::from_min_size(Pos2::ZERO, egui::vec2(800.0, 600.0));
        Camera { center: Point::ZERO, scale: 1.0, area }
    }
}

impl Camera {
    /// A place of the drawing on the screen.
    pub fn to_screen(&self, at: Point) -> Pos2 {
        let middle = self.area.center();
        let by = (at - self.center) * self.scale;
        // Far outside, f32 and the painter would run out: a million points away is as invisible as any place.
        let clamp = |v: f64| v.clamp(-1e6, 1e6) as f32;
        pos2(middle.x + clamp(by.x), middle.y - clamp(by.y))
    }

    /// What lies under a place on the screen.
    pub fn to_drawing(&self, at: Pos2) -> Point {
        let by = at - self.area.center();
        self.center + Vec2::new(f64::from(by.x), -f64::from(by.y)) / self.scale
    }

    /// A length on the screen in drawing units.
    pub fn units(&self, points: f32) -> f64 {
        f64::from(points) / self.scale
    }

    /// The part of the drawing that is seen.
    pub fn seen(&self) -> Rect {
        Rect::from_points(self.to_drawing(self.area.left_top()), self.to_drawing(self.area.right_bottom()))
    }

    /// The same place seen `factor` times as large, with what is at `at` on the screen staying there.
    pub fn zoom(&mut self, at: Pos2, factor: f64) {
        let under = self.to_drawing(at);
        self.scale = (self.scale * factor).clamp(SCALE_MIN, SCALE_MAX);
        self.center += under - self.to_drawing(at);
    }

    /// Moves the drawing with the pointer.
    pub fn pan(&mut self, by: egui::Vec2) {
        self.center -= Vec2::new(f64::from(by.x), -f64::from(by.y)) / self.scale;
    }

    /// Shows all of `what`, with a little room around it.
    pub fn show(&mut self, what: Rect) {
        let size = self.area.size();
        let (width, height) = (f64::from(size.x.max(1.0)), f64::from(size.y.max(1.0)));
        let fit = |extent: f64, room: f64| if extent > 0.0 { room * (1.0 - 2.0 * MARGIN) / extent } else { f64::MAX };
        let scale = fit(what.width(), width).min(fit(what.height(), height));
        self.center = what.center();
        if scale < SCALE_MAX {
            self.scale = scale.max(SCALE_MIN);
        }
    }

    /// What is seen, as others are told and as files keep it: middle and height.
    pub fn view(&self) -> View {
        View { center: self.center, height: f64::from(self.area.height()) / self.scale }
    }

    /// Shows what someone else sees: the same middle and height.
    pub fn follow(&mut self, view: View) {
        self.center = view.center;
        if view.height > 0.0 {
            self.scale = (f64::from(self.area.height()) / view.height).clamp(SCALE_MIN, SCALE_MAX);
        }
    }

    /// Screen pixels of a length on paper at 1:1, for the zoom in the status bar: how many drawing units a millimetre
    /// of screen shows, given that egui's point is 1/96 inch.
    pub fn units_per_mm(&self) -> f64 {
        96.0 / 25.4 / self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera() -> Camera {
        Camera { area: egui::Rect::from_min_size(pos2(100.0, 50.0), egui::vec2(800.0, 600.0)), ..Camera::default() }
    }

    #[test]
    fn places_round_trip_far_from_the_origin() {
        let mut camera = camera();
        camera.show(Rect::new(2.6e6, 1.2e6, 2.6e6 + 40.0, 1.2e6 + 30.0));
        for at in [pos2(100.0, 50.0), pos2(500.0, 350.0), pos2(123.0, 456.0)] {
            assert!((camera.to_screen(camera.to_drawing(at)) - at).length() < 1e-3, "{at:?}");
        }
        assert!((camera.seen().height() - 30.0 / 0.9).abs() < 1e-6);
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let mut camera = camera();
        let at = pos2(333.0, 222.0);
        let under = camera.to_drawing(at);
        for _ in 0..20 {
            camera.zoom(at, 1.25);
        }
        assert!((camera.to_drawing(at) - under).hypot() < 1e-9);
    }

    #[test]
    fn one_point_is_shown_without_changing_the_scale() {
        let mut camera = camera();
        camera.show(Rect::new(5.0, 5.0, 5.0, 5.0));
        assert_eq!((camera.center, camera.scale), (Point::new(5.0, 5.0), 1.0));
    }

    #[test]
    fn following_gives_the_same_middle_and_height() {
        let mut camera = camera();
        camera.follow(View { center: Point::new(7.0, 8.0), height: 30.0 });
        assert_eq!(camera.view(), View { center: Point::new(7.0, 8.0), height: 30.0 });
    }
}
