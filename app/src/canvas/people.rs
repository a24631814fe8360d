//! Others on the canvas: their pointers with names, and the frame of the one who is followed. Also one's own grips.

use egui::{FontId, Painter, Rect, Shape, Stroke, StrokeKind, Ui, vec2};

use super::marks;
use crate::document::{Document, People};
use crate::theme::{Theme, size};

/// Grips are shown up to so many selected entities.
const GRIPS_MAX: usize = 60;

pub(super) fn paint(ui: &Ui, painter: &Painter, document: &mut Document, theme: &Theme) {
    grips(painter, document, theme);
    if !document.is_here() || document.picture.scene().is_none() {
        marks::middle(painter, &document.connection_words().unwrap_or("Opening...".into()), theme);
    }
    if !document.is_looking_back() {
        // They point at what is there now.
        cursors(ui, painter, document, theme);
    }
    if let Some(person) = document.following.and_then(|id| document.session.person(id)) {
        let color = theme.person(person.color);
        let area = painter.clip_rect();
        painter.rect_stroke(area, 0.0, Stroke::new(3.0, color), StrokeKind::Inside);
        let text = format!("Following {}, Esc to stop", person.name);
        let font = FontId::proportional(size::DENSE);
        let galley = painter.layout_no_wrap(text, font, theme.on_person(person.color));
        let pill = Rect::from_center_size(area.center_top() + vec2(0.0, 18.0), galley.size() + vec2(20.0, 8.0));
        painter.rect_filled(pill, pill.height() / 2.0, color);
        painter.galley(pill.min + vec2(10.0, 4.0), galley, theme.on_person(person.color));
    }
}

fn grips(painter: &Painter, document: &Document, theme: &Theme) {
    if document.selection.len() > GRIPS_MAX || document.tool.is_some() {
        return;
    }
    for id in &document.selection {
        let Some(entity) = document.drawing().entity(*id).filter(|entity| Some(entity.owner) == document.space) else {
            continue;
        };
        let record = (*id).into();
        if document.is_others(record) {
            continue;
        }
        // Awake once the lock is granted.
        let fill = if document.session.is_mine(record) { theme.accent } else { theme.canvas };
        for at in marks::grip_points(&entity.shape) {
            marks::grip(painter, document.camera.to_screen(at), fill, theme.accent);
        }
    }
}

fn cursors(ui: &Ui, painter: &Painter, document: &mut Document, theme: &Theme) {
    let now_s = ui.input(|input| input.time);
    let unit = document.camera.units(1.0);
    let mut people: People = std::mem::take(&mut document.people);
    match people.step(&document.session, document.space, now_s, unit) {
        Some(seconds) if seconds > 0.0 => {
            ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(seconds + 0.001));
        }
        Some(_) => ui.ctx().request_repaint(),
        None => {}
    }
    for (session, glide) in &people.glides {
        let Some(person) = document.session.person(*session) else { continue };
        let at = document.camera.to_screen(glide.at);
        if !painter.clip_rect().expand(40.0).contains(at) {
            continue;
        }
        let opacity = glide.opacity(now_s);
        let color = theme.person(person.color).gamma_multiply(opacity);
        let arrow = vec![at, at + vec2(4.5, 16.0), at + vec2(7.5, 10.0), at + vec2(14.0, 8.5)];
        let casing = Stroke::new(3.0, theme.canvas.gamma_multiply(opacity));
        painter.add(Shape::closed_line(arrow.clone(), casing));
        // The arrow is not convex, so it is two triangles.
        for triangle in [[arrow[0], arrow[1], arrow[2]], [arrow[0], arrow[2], arrow[3]]] {
            painter.add(Shape::convex_polygon(triangle.to_vec(), color, Stroke::NONE));
        }
        let named = glide.name_opacity(now_s);
        if named > 0.0 {
            let ink = theme.on_person(person.color).gamma_multiply(named);
            let galley = painter.layout_no_wrap(person.name.clone(), FontId::proportional(size::LABEL), ink);
            let pill = Rect::from_min_size(at + vec2(12.0, 16.0), galley.size() + vec2(12.0, 4.0));
            let fill = theme.person(person.color).gamma_multiply(named);
            let edge = Stroke::new(1.0, theme.canvas.gamma_multiply(named));
            painter.rect(pill, pill.height() / 2.0, fill, edge, StrokeKind::Outside);
            painter.galley(pill.min + vec2(6.0, 2.0), galley, ink);
        }
    }
    document.people = people;
}
