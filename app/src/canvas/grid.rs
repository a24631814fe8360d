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

pub(super) fn paint(painter: &Painter, camera: &Camera, format: LinearFormat, theme: &Theme) {
    let step = step(camera.scale, format);
    let seen = camera.seen();
    let thin = Stroke::new(1.0, theme.grid);
    let thick = Stroke::new(1.0, theme.raised);
    let lines = |from: f64, to: f64| {
        let (first, last) = ((from / step).ceil() as i64, (to / step).floor() as i64);
        first..=last.min(first.saturating_add(LINES_MAX))
    };
    let of = |index: i64| if index % 5 == 0 { thick } else { thin };
    for index in lines(seen.x0, seen.x1) {
        let x = camera.to_screen(Point::new(index as f64 * step, seen.y0)).x;
        painter.vline(painter.round_to_pixel_center(x), camera.area.y_range(), of(index));
    }
    for index in lines(seen.y0, seen.y1) {
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
}
