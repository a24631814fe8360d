//! A small picture of what a command does, for its tooltip: what is there in quiet lines, what comes in the accent.

use egui::{Color32, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

use crate::command::Command;
use crate::theme::{Theme, size};

/// The size of the picture, in points.
const SIZE: egui::Vec2 = vec2(96.0, 48.0);

/// The picture, where the command has one.
pub(super) fn show(ui: &mut Ui, command: Command) {
    let theme = Theme::of(ui.ctx());
    let (before, after) = (Stroke::new(1.5, theme.quiet), Stroke::new(1.5, theme.accent));
    if !has(command) {
        return;
    }
    let (rect, _) = ui.allocate_exact_size(SIZE, Sense::hover());
    ui.painter().rect_filled(rect, f32::from(size::RADIUS), theme.canvas);
    let sketch = Sketch { painter: ui.painter(), rect };
    match command {
        Command::Line => {
            sketch.run(&[(10, 38), (40, 12)], after);
            sketch.run(&[(40, 12), (84, 30)], after);
            sketch.dots(&[(10, 38), (40, 12), (84, 30)], theme.text);
        }
        Command::Polyline => {
            sketch.run(&[(10, 38), (30, 12), (60, 34), (86, 12)], after);
            sketch.dots(&[(10, 38), (30, 12), (60, 34), (86, 12)], theme.text);
        }
        Command::Circle => {
            sketch.circle((48, 24), 17.0, after);
            sketch.run(&[(48, 24), (65, 24)], before);
            sketch.dots(&[(48, 24)], theme.text);
        }
        Command::Rectangle => {
            sketch.run(&[(16, 10), (80, 10), (80, 38), (16, 38), (16, 10)], after);
            sketch.dots(&[(16, 38), (80, 10)], theme.text);
        }
        Command::Text => {
            let font = egui::FontId::proportional(size::GREETING);
            let at = rect.center();
            sketch.painter.text(at, egui::Align2::CENTER_CENTER, "Abc", font, theme.accent);
            sketch.run(&[(22, 38), (74, 38)], before);
        }
        Command::Move => {
            sketch.square((24, 28), before);
            sketch.square((70, 20), after);
            sketch.arrow((34, 26), (58, 22), theme.text);
        }
        Command::CopyTo => {
            sketch.square((24, 28), after);
            sketch.square((70, 20), after);
            sketch.arrow((34, 26), (58, 22), theme.text);
        }
        Command::Rotate => {
            sketch.run(&[(30, 40), (82, 40)], before);
            sketch.run(&[(30, 40), (70, 10)], after);
            sketch.arrow((66, 36), (58, 24), theme.text);
            sketch.dots(&[(30, 40)], theme.text);
        }
        Command::Erase => {
            sketch.painter.extend(Shape::dashed_line(&sketch.at(&[(14, 36), (82, 12)]), before, 4.0, 3.0));
            sketch.run(&[(42, 18), (54, 30)], Stroke::new(2.0, theme.bad));
            sketch.run(&[(54, 18), (42, 30)], Stroke::new(2.0, theme.bad));
        }
        Command::Distance => {
            sketch.run(&[(14, 34), (82, 34)], after);
            sketch.run(&[(14, 28), (14, 40)], after);
            sketch.run(&[(82, 28), (82, 40)], after);
            let font = crate::theme::mono(size::LABEL);
            let at = rect.min + vec2(48.0, 18.0);
            sketch.painter.text(at, egui::Align2::CENTER_CENTER, "12.50", font, theme.text);
        }
        Command::Comment => {
            sketch.square((30, 32), before);
            sketch.run(&[(40, 26), (40, 10), (70, 10), (70, 26), (46, 26), (40, 32), (40, 26)], after);
            sketch.run(&[(46, 15), (64, 15)], before);
            sketch.run(&[(46, 20), (58, 20)], before);
        }
        _ => {}
    }
}

fn has(command: Command) -> bool {
    use Command::{Circle, Comment, CopyTo, Distance, Erase, Line, Move, Polyline, Rectangle, Rotate, Text};
    [Line, Polyline, Circle, Rectangle, Text, Move, CopyTo, Rotate, Erase, Distance, Comment].contains(&command)
}

struct Sketch<'a> {
    painter: &'a Painter,
    rect: Rect,
}

impl Sketch<'_> {
    fn at(&self, points: &[(i8, i8)]) -> Vec<Pos2> {
        let place = |&(x, y): &(i8, i8)| pos2(self.rect.left() + f32::from(x), self.rect.top() + f32::from(y));
        points.iter().map(place).collect()
    }

    fn run(&self, points: &[(i8, i8)], stroke: Stroke) {
        self.painter.add(Shape::line(self.at(points), stroke));
    }

    fn dots(&self, points: &[(i8, i8)], color: Color32) {
        for at in self.at(points) {
            self.painter.circle_filled(at, 2.0, color);
        }
    }

    fn circle(&self, center: (i8, i8), radius: f32, stroke: Stroke) {
        self.painter.circle_stroke(self.at(&[center])[0], radius, stroke);
    }

    fn square(&self, center: (i8, i8), stroke: Stroke) {
        let rect = Rect::from_center_size(self.at(&[center])[0], vec2(16.0, 16.0));
        self.painter.rect_stroke(rect, 0.0, stroke, egui::StrokeKind::Middle);
    }

    fn arrow(&self, from: (i8, i8), to: (i8, i8), color: Color32) {
        let ends = self.at(&[from, to]);
        self.painter.arrow(ends[0], ends[1] - ends[0], Stroke::new(1.0, color));
    }
}
