//! Small controls that several panels use. Each has a name for those who can't see it.

use egui::{Align2, Button, Color32, FontId, Response, RichText, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, vec2};
use protocol::{Attention, Person};

use super::sketch;
use crate::command::About;
use crate::theme::{Theme, size, strong};

/// A square button that shows an icon; `name` is what it is called.
pub fn icon_button(ui: &mut Ui, icon: &str, name: &str, selected: bool, side: f32) -> Response {
    let theme = Theme::of(ui.ctx());
    let color = if !ui.is_enabled() {
        theme.disabled
    } else if selected {
        theme.on_accent
    } else {
        theme.text
    };
    let button = Button::new(crate::theme::icon(icon).size(size::ICON).color(color)).min_size(Vec2::splat(side));
    let button = if selected { button.fill(theme.accent) } else { button.frame_when_inactive(false) };
    let response = ui.add(button);
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, selected, name));
    response
}

/// What a tooltip says of a command: name, alias, key and one line.
pub fn tip(ui: &mut Ui, about: &About) {
    let theme = Theme::of(ui.ctx());
    sketch::show(ui, about.command);
    ui.horizontal(|ui| {
        ui.label(strong(about.label));
        for alias in about.aliases.iter().take(1) {
            ui.label(RichText::new(*alias).monospace().color(theme.accent));
        }
        let keys = about.keys();
        if !keys.is_empty() {
            ui.label(RichText::new(keys).small().color(theme.quiet));
        }
    });
    ui.label(RichText::new(about.help).size(size::DENSE).color(theme.quiet));
}

/// The first letters of up to two words of a name.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    let letters: String = first.into_iter().chain(last).flat_map(char::to_uppercase).collect();
    if letters.is_empty() { "?".into() } else { letters }
}

/// A person as a disc with initials.
pub fn avatar(ui: &mut Ui, person: &Person, me: bool, followed: bool) -> Response {
    avatar_of(ui, person, me, followed, Attention::Here)
}

/// A person as a disc with initials; paler and with a moon where they are idle, paler yet and with a bar where they are
/// away.
pub fn avatar_of(ui: &mut Ui, person: &Person, me: bool, followed: bool, attention: Attention) -> Response {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size::ROW + size::S), Sense::click());
    let painter = ui.painter();
    let fill = theme.person(person.color);
    let fill = match (person.connected, attention) {
        (false, _) | (true, Attention::Away) => fill.gamma_multiply(0.35),
        (true, Attention::Idle) => fill.gamma_multiply(0.6),
        (true, Attention::Here) => fill,
    };
    painter.circle_filled(rect.center(), size::ROW / 2.0, fill);
    let ring = if followed || response.has_focus() {
        Stroke::new(2.0, theme.accent)
    } else if response.hovered() || me {
        Stroke::new(1.5, theme.text)
    } else {
        Stroke::new(1.0, theme.panel)
    };
    painter.circle_stroke(rect.center(), size::ROW / 2.0, ring);
    let font = FontId::proportional(size::LABEL);
    painter.text(rect.center(), Align2::CENTER_CENTER, initials(&person.name), font, theme.on_person(person.color));
    // A shape besides the paler colour: a small crescent of the bar's own, or a bar in a ring.
    let at = rect.center() + vec2(8.0, 8.0);
    let resting = match attention {
        Attention::Here => "",
        Attention::Idle => {
            painter.circle(at, 4.5, theme.panel, Stroke::NONE);
            painter.circle_filled(at, 3.5, theme.warn);
            painter.circle_filled(at + vec2(1.5, -1.0), 2.8, theme.panel);
            ", idle"
        }
        Attention::Away => {
            painter.circle(at, 4.5, theme.panel, Stroke::new(1.0, theme.quiet));
            painter.line_segment([at - vec2(2.0, 0.0), at + vec2(2.0, 0.0)], Stroke::new(1.5, theme.quiet));
            ", away"
        }
    };
    let name = if me { format!("{} (you)", person.name) } else { format!("{}{resting}", person.name) };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Person {name}")));
    response
}

/// A small disc in somebody's colour, with their initials; its place is left free where it is nobody.
pub fn disc(ui: &mut Ui, who: Option<(&str, u8)>) -> Response {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(22.0, size::ROW), Sense::hover());
    let Some((name, color)) = who else { return response };
    ui.painter().circle_filled(rect.center(), 9.0, theme.person(color));
    let font = FontId::proportional(size::TINY);
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, initials(name), font, theme.on_person(color));
    response.on_hover_text(name)
}

/// What a field may take of the width that is left beside a button that says this.
pub fn width_beside(ui: &Ui, button: impl Into<egui::WidgetText>) -> f32 {
    let words = button.into().into_galley(ui, None, f32::INFINITY, egui::TextStyle::Button);
    let spacing = ui.spacing();
    ui.available_width() - words.size().x - 2.0 * spacing.button_padding.x - spacing.item_spacing.x - 1.0
}

/// A little square of a colour.
pub fn swatch(ui: &mut Ui, color: Color32) -> Response {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(12.0, size::ROW), Sense::hover());
    let square = egui::Rect::from_center_size(rect.center(), Vec2::splat(11.0));
    ui.painter().rect(square, 2.0, color, Stroke::new(1.0, theme.line), egui::StrokeKind::Inside);
    response
}

/// A field for a line of text; `name` is what it is called.
pub fn text_field(ui: &mut Ui, field: egui::TextEdit<'_>, name: &str) -> Response {
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, name));
    if response.changed() {
        // A field shows what was typed a frame later; while nothing else moves, that frame has to be asked for.
        ui.ctx().request_repaint();
    }
    response
}

/// A quiet heading over a group of rows.
pub fn heading(ui: &mut Ui, text: &str) {
    let theme = Theme::of(ui.ctx());
    ui.add_space(size::S);
    ui.label(RichText::new(text).small().color(theme.quiet));
}

/// A button that stands out as the main thing to do.
pub fn main_button(ui: &mut Ui, text: &str) -> Response {
    let theme = Theme::of(ui.ctx());
    ui.add(Button::new(strong(text).color(theme.on_accent)).fill(theme.accent).min_size(vec2(0.0, size::ROW)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn initials_of_names() {
        for (name, expect) in [("Ana", "A"), ("Ana Maria Sousa", "AS"), ("", "?"), ("émile zola", "ÉZ")] {
            assert_eq!(super::initials(name), expect, "{name}");
        }
    }
}
