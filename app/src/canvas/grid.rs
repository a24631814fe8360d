//! A grid behind the drawing: steps of 1, 2 or 5 (of inches and feet where the drawing counts so) that are never too
//! dense.

use drawing::{LinearFormat, Point};
use egui::{Painter, Stroke};

use super::camera::Camera;
use crate::theme::Theme;

/// The least distance between lines, in points.
const APART: f64 = 22.0;
/// Lines that are drawn at most along one side.
const LINES_MAX: i64 = 400;

/// The distance of grid lines for a scale in points per unit.
pub(super) fn step(scale: f64, format: LinearFormat) -> f64 {
    let least = APART / scale;
    if matches!(format, LinearFormat::Architectural | LinearFormat::Engineering) {
        let steps = [0.25, 0.5, 1.0, 3.0, 6.0, 12.0, 60.0, 120.0, 600.0, 1200.0, 6000.0, 12000.0];
        if let Some(step) = steps.into_iter().find(|step| *step >= least) {
            return step;
        }
    }
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= least).unwrap_or(least)
}

/// The numbers of the lines between two places, as many as are drawn.
fn lines(from: f64, to: f64, step: f64) -> std::ops::RangeInclusive<i64> {
    let (first, last) = ((from / step).ceil() as i64, (to / step).floor() as i64);
    first..=last.min(first.saturating_add(LINES_MAX))
}

/// The grid of a drawing that counts so.
pub(super) fn paint(painter: &Painter, camera: &Camera, format: LinearFormat, theme: &Theme) {
    let step = step(camera.scale, format);
    let seen = camera.seen();
    let thin = Stroke::new(1.0, theme.grid);
    let thick = Stroke::new(1.0, theme.raised);
    // Every fifth line stands out; where inches are counted, every fourth.
    let each = if matches!(format, LinearFormat::Architectural | LinearFormat::Engineering) { 4 } else { 5 };
    let of = |index: i64| if index % each == 0 { thick } else { thin };
    for index in lines(seen.x0, seen.x1, step) {
        let x = camera.to_screen(Point::new(index as f64 * step, seen.y0)).x;
        painter.vline(painter.round_to_pixel_center(x), camera.area.y_range(), of(index));
    }
    for index in lines(seen.y0, seen.y1, step) {
        let y = camera.to_screen(Point::new(seen.x0, index as f64 * step)).y;
        painter.hline(camera.area.x_range(), painter.round_to_pixel_center(y), of(index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_never_dense() {
        for scale in [1e-6, 0.013, 0.5, 1.0, 3.7, 22.0, 1e4] {
            let apart = step(scale, LinearFormat::Decimal) * scale;
            assert!((APART - 1e-9..APART * 2.6).contains(&apart), "{scale}: {apart}");
        }
        assert_eq!(step(2.0, LinearFormat::Architectural), 12.0);
    }

    /// Where upright lines stand that were painted for a drawing that counts so.
    fn painted(format: LinearFormat) -> Vec<f32> {
        let ctx = egui::Context::default();
        let area = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(300.0, 200.0));
        let camera = Camera { center: Point::new(150.0, 100.0), scale: 1.0, area };
        let input = egui::RawInput { screen_rect: Some(area), ..Default::default() };
        let mut output = ctx.run_ui(input, |ui| {
            let theme = Theme::named(egui::Theme::Dark);
            paint(&ui.ctx().layer_painter(egui::LayerId::background()), &camera, format, theme);
        });
        output.textures_delta.clear();
        let shapes = output.shapes.into_iter().filter_map(|clipped| match clipped.shape {
            egui::Shape::LineSegment { points: [a, b], .. } if a.x == b.x => Some(a.x.floor()),
            _ => None,
        });
        shapes.collect()
    }

    #[test]
    fn a_drawing_in_feet_and_inches_has_lines_at_feet() {
        assert_eq!(painted(LinearFormat::Decimal)[1..4], [50.0, 100.0, 150.0]);
        assert_eq!(painted(LinearFormat::Architectural)[1..4], [60.0, 120.0, 180.0]);
    }
}
