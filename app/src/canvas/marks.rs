//! Marks that are the same size at any zoom: windows, previews, snap glyphs, the crosshair, words at the pointer.

use drawing::Point;
use egui::{Align2, Color32, CornerRadius, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, pos2, vec2};
use scene::SnapKind;

use super::Drag;
use crate::document::Document;
use crate::prompt::Asked;
use crate::settings::Settings;
use crate::theme::{Theme, mono, size};
use crate::tools::Preview;

pub(super) fn paint(painter: &Painter, document: &Document, settings: &Settings, theme: &Theme) {
    window(painter, document, theme);
    erased(painter, document, theme);
    if let Some(tool) = &document.tool {
        preview(painter, document, &tool.preview(&document.view()), theme);
    }
    if document.pointer.over {
        crosshair(painter, document, theme);
        if let Some(snap) = document.pointer.snap {
            let at = document.camera.to_screen(snap.at);
            glyph(painter, at, snap.kind, Stroke::new(2.0, theme.snap));
            note(painter, at + vec2(14.0, 20.0), snap_name(snap.kind), theme.quiet, theme);
        }
        at_pointer(painter, document, settings, theme);
    }
}

/// The window that is being drawn: solid and blue for what lies inside, dashed and green for what it touches.
fn window(painter: &Painter, document: &Document, theme: &Theme) {
    let Drag::Window { from } = document.pointer.drag else { return };
    let (from, to) = (document.camera.to_screen(from), document.pointer.screen);
    let rect = Rect::from_two_pos(from, to);
    if to.x >= from.x {
        painter.rect(rect, CornerRadius::ZERO, theme.window, Stroke::new(1.0, theme.accent), StrokeKind::Middle);
    } else {
        painter.rect_filled(rect, CornerRadius::ZERO, theme.crossing);
        let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
        painter.extend(Shape::dashed_line(&corners, Stroke::new(1.0, theme.good), 6.0, 4.0));
    }
}

/// Where things stood that the last step of a look back erased, in its author's colour.
fn erased(painter: &Painter, document: &Document, theme: &Theme) {
    let Some(review) = document.review.as_ref().filter(|_| document.past().is_some()) else { return };
    let lit = review.lit_up();
    let color = lit.color.map_or(theme.quiet, |color| theme.person(color));
    let corner = |x: f32, y: f32| document.camera.to_screen(Point::new(x.into(), y.into()));
    for erased in lit.erased.iter().filter(|erased| Some(erased.space) == document.space) {
        let [x0, y0, x1, y1] = erased.area;
        let rect = Rect::from_two_pos(corner(x0, y0), corner(x1, y1)).expand(8.0);
        // What lies far outside is not cut into dashes.
        let rect = rect.intersect(painter.clip_rect().expand(100.0));
        if rect.is_negative() {
            continue;
        }
        let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
        painter.extend(Shape::dashed_line(&corners, Stroke::new(2.0, color), 5.0, 4.0));
    }
}

fn preview(painter: &Painter, document: &Document, preview: &Preview, theme: &Theme) {
    let camera = &document.camera;
    let stroke = Stroke::new(1.0, theme.accent);
    for [from, to] in &preview.lines {
        painter.line_segment([camera.to_screen(*from), camera.to_screen(*to)], stroke);
    }
    for (center, radius) in &preview.circles {
        let points = *radius * camera.scale;
        // A circle far larger than the canvas is no circle to egui's tessellator any more.
        if points < 20_000.0 {
            painter.circle_stroke(camera.to_screen(*center), points as f32, stroke);
        }
    }
    for (at, text) in &preview.notes {
        note(painter, camera.to_screen(*at) + vec2(16.0, -24.0), text, theme.text, theme);
    }
}

/// Words on a small card.
fn note(painter: &Painter, at: Pos2, text: &str, color: Color32, theme: &Theme) {
    let galley = painter.layout_no_wrap(text.to_owned(), mono(size::LABEL), color);
    let card = Rect::from_min_size(at, galley.size()).expand2(vec2(5.0, 2.0));
    // Kept inside the canvas.
    let clip = painter.clip_rect();
    let shift = vec2((clip.right() - card.right() - 4.0).min(0.0), (clip.top() - card.top() + 4.0).max(0.0));
    let card = card.translate(shift);
    painter.rect(card, 4.0, theme.raised, Stroke::new(1.0, theme.line), StrokeKind::Inside);
    painter.galley(card.min + vec2(5.0, 2.0), galley, color);
}

fn crosshair(painter: &Painter, document: &Document, theme: &Theme) {
    let pointing = document.tool.as_ref().is_some_and(|tool| !tool.selects());
    if !pointing {
        return;
    }
    let at = document.camera.to_screen(document.pointer.at);
    let clip = painter.clip_rect();
    let stroke = Stroke::new(1.0, theme.disabled);
    let (x, y) = (painter.round_to_pixel_center(at.x), painter.round_to_pixel_center(at.y));
    let gap = 8.0;
    painter.hline(clip.left()..=x - gap, y, stroke);
    painter.hline(x + gap..=clip.right(), y, stroke);
    painter.vline(x, clip.top()..=y - gap, stroke);
    painter.vline(x, y + gap..=clip.bottom(), stroke);
}

/// What a command asks for, what is typed, or who holds what lies under the pointer.
fn at_pointer(painter: &Painter, document: &Document, settings: &Settings, theme: &Theme) {
    let at = document.pointer.screen + vec2(16.0, 34.0);
    if let Some(words) = document.pointer.hover.and_then(|id| document.lock_words(id)) {
        note(painter, at, &format!("{} {words}", crate::icon::LOCK_SIMPLE), theme.text, theme);
        return;
    }
    let (typed, asked) = (&document.prompt.typed, document.asked());
    if !settings.cursor_input || asked.asked == Asked::Command {
        return;
    }
    match typed.is_empty() {
        true => note(painter, at, &asked.text, theme.quiet, theme),
        false => note(painter, at, typed, theme.accent, theme),
    }
}

/// What people call a kind of snap.
pub(super) fn snap_name(kind: SnapKind) -> &'static str {
    match kind {
        SnapKind::Endpoint => "Endpoint",
        SnapKind::Midpoint => "Midpoint",
        SnapKind::Center => "Center",
        SnapKind::Intersection => "Intersection",
        SnapKind::Perpendicular => "Perpendicular",
        SnapKind::Quadrant => "Quadrant",
        SnapKind::Node => "Node",
        SnapKind::Insertion => "Insertion",
        SnapKind::Nearest => "Nearest",
    }
}

/// Each kind of snap has a glyph of its own, as CAD programs draw them.
fn glyph(painter: &Painter, at: Pos2, kind: SnapKind, stroke: Stroke) {
    let r = 6.0;
    let p = |x: f32, y: f32| at + vec2(x * r, y * r);
    let run = |points: Vec<Pos2>| {
        painter.add(Shape::line(points, stroke));
    };
    match kind {
        SnapKind::Endpoint => {
            painter.rect_stroke(Rect::from_center_size(at, Vec2::splat(2.0 * r)), 0.0, stroke, StrokeKind::Middle);
        }
        SnapKind::Midpoint => run(vec![p(-1.0, 0.8), p(1.0, 0.8), p(0.0, -1.0), p(-1.0, 0.8), p(1.0, 0.8)]),
        SnapKind::Center => {
            painter.circle_stroke(at, r, stroke);
        }
        SnapKind::Intersection => {
            run(vec![p(-1.0, -1.0), p(1.0, 1.0)]);
            run(vec![p(-1.0, 1.0), p(1.0, -1.0)]);
        }
        SnapKind::Perpendicular => {
            run(vec![p(-1.0, -1.0), p(-1.0, 1.0), p(1.0, 1.0)]);
            run(vec![p(-1.0, 0.0), p(0.0, 0.0), p(0.0, 1.0)]);
        }
        SnapKind::Quadrant => run(vec![p(0.0, -1.0), p(1.0, 0.0), p(0.0, 1.0), p(-1.0, 0.0), p(0.0, -1.0)]),
        SnapKind::Node => {
            painter.circle_stroke(at, r, stroke);
            run(vec![p(-0.7, -0.7), p(0.7, 0.7)]);
            run(vec![p(-0.7, 0.7), p(0.7, -0.7)]);
        }
        SnapKind::Insertion => {
            run(vec![p(-1.0, -1.0), p(0.2, -1.0), p(0.2, 1.0), p(1.0, 1.0)]);
        }
        SnapKind::Nearest => {
            run(vec![p(-1.0, -1.0), p(1.0, -1.0), p(-1.0, 1.0), p(1.0, 1.0), p(-1.0, -1.0)]);
        }
    }
}

/// A word in the middle of the canvas: what is on its way.
pub(super) fn middle(painter: &Painter, text: &str, theme: &Theme) {
    let at = painter.clip_rect().center();
    painter.text(at, Align2::CENTER_CENTER, text, FontId::proportional(size::BODY), theme.quiet);
}

/// Four small squares at what can be taken hold of.
pub(super) fn grip(painter: &Painter, at: Pos2, fill: Color32, edge: Color32) {
    let square = Rect::from_center_size(pos2(at.x, at.y), Vec2::splat(8.0));
    painter.rect(square, 1.0, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
}

/// Where grips stand on an entity, for the few kinds that show them.
pub(super) fn grip_points(shape: &drawing::Shape) -> Vec<Point> {
    use drawing::Shape;
    match shape {
        Shape::Line(line) => {
            let (a, b) = (line.start.xy(), line.end.xy());
            vec![a, a.midpoint(b), b]
        }
        Shape::Circle(circle) => vec![circle.extrusion.to_world(circle.center).xy()],
        Shape::Arc(arc) => vec![arc.extrusion.to_world(arc.center).xy()],
        Shape::Polyline(run) => {
            let world = |p| match run.form {
                drawing::PolylineForm::Space => p,
                _ => run.extrusion.to_world(p),
            };
            run.vertices.iter().map(|vertex| world(vertex.at).xy()).collect()
        }
        Shape::Insert(insert) => vec![insert.extrusion.to_world(insert.at).xy()],
        Shape::Text(text) => vec![text.extrusion.to_world(text.at).xy()],
        Shape::MText(text) => vec![text.at.xy()],
        _ => Vec::new(),
    }
}
