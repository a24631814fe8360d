//! Layers: what one sees of them is one's own, until one applies it to the drawing.

use drawing::{Layer, LayerId};
use egui::{RichText, ScrollArea, Sense, TextEdit, Ui, vec2};
use scene::ColorRule;

use super::styles::on_canvas;
use super::widgets::{icon_button, swatch, text_field};
use crate::action::Action;
use crate::command::Command;
use crate::document::Document;
use crate::icon;
use crate::theme::{Theme, size};
use crate::window::Window;

pub(super) fn show(ui: &mut Ui, window: &mut Window, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let Some(document) = window.document_mut() else { return };
    let layers = document.layers();
    let drawing = document.drawing();
    let current = document.style().map(|style| style.layer);
    // What can't be changed offers no change.
    let past = document.is_looking_back();
    if !past {
        new_layer(ui, actions);
    }
    if !document.visibility.layers.is_empty() {
        ui.horizontal(|ui| {
            let words = format!("{} shown your way", document.visibility.layers.len());
            ui.label(RichText::new(words).small().color(theme.quiet));
            if !past && ui.small_button("Apply to drawing").on_hover_text("Makes it so for everyone").clicked() {
                actions.push(Action::Run(Command::ApplyLayers));
            }
            if ui.small_button("Reset").on_hover_text("Shows layers as the drawing says").clicked() {
                actions.push(Action::ForgetLayers);
            }
        });
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    // Only the rows that are seen are laid out.
    let rows = ScrollArea::vertical().auto_shrink(false);
    rows.show_rows(ui, size::ROW, layers.len(), |ui, range| {
        for layer in layers[range].iter().filter_map(|id| drawing.layer(*id)) {
            ui.push_id(layer.id.0, |ui| row(ui, document, layer, current, actions));
        }
    });
}

fn row(ui: &mut Ui, document: &Document, layer: &Layer, current: Option<LayerId>, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let drawing = document.drawing();
    let shown = document.shows_layer(layer.id);
    let is_current = current == Some(layer.id);
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::click());
    if is_current || response.hovered() {
        ui.painter().rect_filled(row.expand2(vec2(6.0, 0.0)), 4.0, theme.raised);
    }
    if response.has_focus() {
        let edge = (1.0, theme.accent);
        ui.painter().rect_stroke(row.expand2(vec2(5.0, 0.0)), 4.0, edge, egui::StrokeKind::Inside);
    }
    if response.gained_focus() {
        // The keyboard brings the next row along, which is laid out as soon as it comes near.
        response.scroll_to_me(None);
    }
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::ListItem, true, is_current, format!("Layer {}", layer.name))
    });
    let mut inside =
        ui.new_child(egui::UiBuilder::new().max_rect(row).layout(egui::Layout::left_to_right(egui::Align::Center)));
    let verb = if shown { "Hide" } else { "Show" };
    let eye = if shown { icon::EYE } else { icon::EYE_SLASH };
    let eye = icon_button(&mut inside, eye, &format!("{verb} layer {}", layer.name), false, 22.0);
    if eye.on_hover_text(format!("{verb} it for yourself")).clicked() {
        actions.push(Action::LayerShown(layer.id, !shown));
    }
    swatch(&mut inside, on_canvas(ColorRule::OfLayer(layer.id), drawing, theme));
    let color = if shown { theme.text } else { theme.quiet };
    inside.add(egui::Label::new(RichText::new(&layer.name).size(size::DENSE).color(color)).truncate());
    let mut marks = String::new();
    for (is, mark) in [(is_current, icon::CHECK), (layer.frozen, icon::SNOWFLAKE), (layer.locked, icon::LOCK_SIMPLE)] {
        if is {
            marks.push_str(mark);
        }
    }
    inside.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        ui.label(RichText::new(marks).color(theme.quiet));
    });
    if response.on_hover_text("Click to draw on it").clicked() {
        actions.push(Action::CurrentLayer(layer.id));
    }
}

fn new_layer(ui: &mut Ui, actions: &mut Vec<Action>) {
    let id = ui.scope_id().with("new layer");
    let mut name: String = ui.data(|data| data.get_temp(id).unwrap_or_default());
    ui.horizontal(|ui| {
        let width = ui.available_width() - size::ROW - size::M;
        let field = TextEdit::singleline(&mut name).hint_text("New layer").desired_width(width).char_limit(255);
        let field = text_field(ui, field, "New layer");
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let clicked = icon_button(ui, icon::PLUS, "Add layer", false, size::ROW).clicked();
        if (entered || clicked) && !name.trim().is_empty() {
            actions.push(Action::NewLayer(std::mem::take(&mut name)));
        }
    });
    ui.data_mut(|data| data.insert_temp(id, name));
}
