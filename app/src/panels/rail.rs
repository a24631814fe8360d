//! The tool rail on the left.

use egui::Ui;

use super::widgets::{icon_button, tip};
use crate::action::{Action, CanvasEvent};
use crate::command::{Command, Family};
use crate::icon;
use crate::theme::{Theme, size};
use crate::window::Window;

/// The rail.
pub fn show(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let running = window.document().and_then(|document| document.tool.as_ref()).map(|tool| tool.command());
    let has_drawing = window.document().is_some_and(|document| document.is_here());
    let may_edit = window.document().is_some_and(|document| !document.is_looking_back());
    ui.add_enabled_ui(has_drawing, |ui| {
        ui.vertical_centered(|ui| {
            ui.add_space(size::S);
            ui.spacing_mut().item_spacing.y = 2.0;
            let select = icon_button(ui, icon::CURSOR, "Select", running.is_none() && has_drawing, 32.0);
            if select.on_hover_text("Select: click, or draw a window. Esc comes back here").clicked() {
                actions.push(Action::Tell(CanvasEvent::Cancel));
            }
            for family in [Family::Draw, Family::Modify, Family::Measure] {
                ui.add_space(size::S);
                let line = ui.available_rect_before_wrap();
                ui.painter().hline(line.shrink2(egui::vec2(10.0, 0.0)).x_range(), line.top(), (1.0, theme.line));
                ui.add_space(size::S);
                let usable = has_drawing && (may_edit || family == Family::Measure);
                for about in family.commands() {
                    let on = running == Some(about.command);
                    let add = |ui: &mut Ui| icon_button(ui, about.icon, about.label, on, 32.0);
                    let response = ui.add_enabled_ui(usable, add).inner;
                    if response.on_hover_ui(|ui| tip(ui, about)).clicked() {
                        actions.push(Action::Run(about.command));
                    }
                }
            }
        });
    });
    ui.with_layout(egui::Layout::bottom_up(egui::Align::Center), |ui| {
        ui.add_space(size::S);
        for command in [Command::Shortcuts, Command::SwitchTheme] {
            let about = command.about();
            let icon = if command == Command::SwitchTheme && !theme.dark { icon::SUN } else { about.icon };
            let response = icon_button(ui, icon, about.label, false, 32.0);
            if response.on_hover_ui(|ui| tip(ui, about)).clicked() {
                actions.push(Action::Run(command));
            }
        }
    });
}
