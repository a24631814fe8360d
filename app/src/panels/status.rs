//! The status bar: layouts, coordinates, drawing aids, zoom, work under way.

use egui::{Align, Button, Layout, RichText, Ui};

use crate::action::Action;
use crate::command::Command;
use crate::measure;
use crate::theme::{Theme, mono, size};
use crate::window::Window;

/// The bar.
pub fn show(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    ui.horizontal_centered(|ui| {
        ui.add_space(size::M);
        ui.spacing_mut().item_spacing.x = 2.0;
        let Some(document) = window.document().filter(|document| document.is_here()) else { return };
        let drawing = document.drawing();
        let mut layouts: Vec<_> = drawing.layouts().collect();
        layouts.sort_by_key(|layout| (layout.tab_order, layout.id));
        for layout in layouts.into_iter().take(12) {
            let front = document.space == Some(layout.block);
            toggle(ui, &layout.name, front, &layout.name, || Action::Space(layout.block), actions);
        }
        ui.add_space(size::L);
        let at = measure::point(drawing.header(), document.pointer.at);
        let words = RichText::new(at).font(mono(size::LABEL)).color(if document.pointer.over {
            theme.text
        } else {
            theme.disabled
        });
        ui.add(egui::Label::new(words).truncate());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::M);
            let across = document.camera.units(document.camera.area.width());
            let zoom = format!("{} wide", measure::length(drawing.header(), round_to_three(across)));
            ui.label(RichText::new(zoom).font(mono(size::LABEL)).color(theme.quiet));
            ui.add_space(size::M);
            let settings = &window.settings;
            for (command, on, text) in [
                (Command::Grid, settings.grid, "Grid F7"),
                (Command::Ortho, settings.ortho, "Ortho F8"),
                (Command::Snap, settings.snap, "Snap F3"),
            ] {
                toggle(ui, text, on, command.about().label, || Action::Run(command), actions);
            }
            if document.picture.is_busy() {
                ui.add_space(size::M);
                ui.label(RichText::new("Drawing...").size(size::LABEL).color(theme.quiet));
            }
            if !document.selection.is_empty() {
                ui.add_space(size::M);
                let words = format!("{} selected", document.selection.len());
                ui.label(RichText::new(words).size(size::LABEL).color(theme.accent));
            }
        });
    });
}

/// A word that is on or off.
fn toggle(ui: &mut Ui, text: &str, on: bool, name: &str, action: impl Fn() -> Action, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let color = if on { theme.accent } else { theme.disabled };
    let button = Button::new(RichText::new(text).size(size::LABEL).color(color)).frame_when_inactive(false);
    let response = ui.add(button);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, on, name));
    if response.clicked() {
        actions.push(action());
    }
}

/// Three digits are enough to say how much is seen.
fn round_to_three(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 0.0;
    }
    let step = 10f64.powf(value.log10().floor() - 2.0);
    (value / step).round() * step
}
