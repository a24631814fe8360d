//! Pins of comments: the same size at any zoom, in their writer's colour with initials, over everything that is drawn.

use egui::{
    Align2, CornerRadius, CursorIcon, FontId, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

use crate::action::Action;
use crate::document::{About, Card, Document, PinShown, Talking};
use crate::panels::widgets::initials;
use crate::theme::{Theme, size};

/// The side of a pin.
const SIDE: f32 = 24.0;
/// Pins that can be clicked at once at most: what is seen at all is far fewer.
const CLICKED_MAX: usize = 500;

/// Where the pin whose point is at `at` is drawn: above it, to the right.
fn place(at: Pos2) -> Rect {
    Rect::from_min_size(pos2(at.x, at.y - SIDE), Vec2::splat(SIDE))
}

/// Shows the pins that are in sight, and opens the one that is clicked.
pub(super) fn show(ui: &Ui, painter: &Painter, document: &mut Document, theme: &Theme, actions: &mut Vec<Action>) {
    let pins = document.pins();
    let clip = painter.clip_rect();
    let busy = document.tool.is_some();
    let open = document.talk.card.as_ref().map(|card| card.about.clone());
    let mut clicked = 0;
    for pin in pins.iter() {
        let at = document.camera.to_screen(pin.at);
        let rect = place(at);
        let is_open = open == Some(About::Thread(pin.id));
        if !(clip.intersects(rect) || is_open && pin.region.is_some()) {
            continue;
        }
        clicked += 1;
        let mut hovered = false;
        // A command takes points there, too.
        if !busy && clicked <= CLICKED_MAX {
            let response = ui.interact(rect, egui::Id::unique(("comment", document.id, pin.id.0)), Sense::click());
            let state = if pin.resolved { ", resolved" } else { "" };
            let unread = if pin.unread { ", unread" } else { "" };
            let name = format!("Comment by {}{state}{unread}: {}", pin.name, pin.text);
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_open, name.clone()));
            hovered = response.hovered() || response.has_focus();
            if response.hovered() {
                ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
            }
            if response.clicked() {
                actions.push(Action::Talk(if is_open { Talking::Close } else { Talking::Open(pin.id) }));
            }
            if !is_open {
                response.on_hover_text(format!("{}: {}", pin.name, pin.text));
            }
        }
        if (is_open || hovered)
            && let Some(region) = pin.region
        {
            let corners = [(region.x0, region.y0), (region.x1, region.y1)];
            let [a, c] = corners.map(|(x, y)| document.camera.to_screen(drawing::Point::new(x, y)));
            outline(painter, Rect::from_two_pos(a, c), pin.color, theme);
        }
        paint(painter, pin, rect, is_open || hovered, theme);
    }
    if let Some(Card { about: About::New { space, pin }, .. }) = &document.talk.card
        && Some(*space) == document.space
    {
        let camera = &document.camera;
        if let drawing::Pin::Region(region) = pin {
            let corners = [(region.x0, region.y0), (region.x1, region.y1)];
            let [a, c] = corners.map(|(x, y)| camera.to_screen(drawing::Point::new(x, y)));
            let me = document.session.me().and_then(|me| document.session.person(me));
            outline(painter, Rect::from_two_pos(a, c), me.map_or(0, |me| me.color), theme);
        }
        // Not said yet: hollow.
        let rect = place(camera.to_screen(new_place(pin)));
        painter.rect(rect, corner(), theme.raised, Stroke::new(2.0, theme.accent), StrokeKind::Inside);
        let font = FontId::proportional(size::BODY);
        painter.text(rect.center(), Align2::CENTER_CENTER, "+", font, theme.accent);
    }
}

/// Where the pin of a comment that is not made yet is.
pub fn new_place(pin: &drawing::Pin) -> drawing::Point {
    match pin {
        drawing::Pin::Point(at) | drawing::Pin::Entity { at, .. } => *at,
        drawing::Pin::Region(rect) => drawing::Point::new(rect.x0, rect.y1),
    }
}

/// Round, but for the corner that points.
fn corner() -> CornerRadius {
    let round = (SIDE / 2.0) as u8;
    CornerRadius { nw: round, ne: round, se: round, sw: 2 }
}

fn outline(painter: &Painter, rect: Rect, color: u8, theme: &Theme) {
    // What lies far outside is not cut into dashes.
    let rect = rect.intersect(painter.clip_rect().expand(100.0));
    if !rect.is_negative() {
        let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
        painter.extend(Shape::dashed_line(&corners, Stroke::new(3.5, theme.canvas), 6.0, 4.0));
        painter.extend(Shape::dashed_line(&corners, Stroke::new(1.5, theme.person(color)), 6.0, 4.0));
    }
}

fn paint(painter: &Painter, pin: &PinShown, rect: Rect, lit: bool, theme: &Theme) {
    let fill = theme.person(pin.color);
    // Resolved ones are hollow: seen where they are listed, and behind the open ones for the eye.
    let (fill, ink, edge) = if pin.resolved {
        (theme.raised, theme.quiet, Stroke::new(1.5, fill))
    } else {
        (fill, theme.on_person(pin.color), Stroke::new(1.5, theme.canvas))
    };
    let casing = if lit { Stroke::new(2.0, theme.accent) } else { Stroke::new(1.5, theme.canvas) };
    painter.rect(rect.expand(1.0), corner(), theme.canvas, casing, StrokeKind::Outside);
    painter.rect(rect, corner(), fill, edge, StrokeKind::Inside);
    let font = FontId::proportional(size::LABEL);
    painter.text(rect.center(), Align2::CENTER_CENTER, initials(&pin.name), font, ink);
    if pin.unread {
        painter.circle(rect.right_top() + vec2(-3.0, 3.0), 4.5, theme.accent, Stroke::new(1.5, theme.canvas));
    }
}
