//! Ctrl+K: every command by its name.

use egui::{Key, RichText, ScrollArea, TextEdit, Ui};

use super::card;
use crate::action::Action;
use crate::command::Command;
use crate::panels::widgets::text_field;
use crate::theme::{Theme, size};

/// Rows that are shown at most.
const ROWS_MAX: usize = 12;

pub(super) fn show(ui: &mut Ui, text: &mut String, chosen: &mut usize, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let (up, down, enter) = ui.input(|input| {
        (input.key_pressed(Key::ArrowUp), input.key_pressed(Key::ArrowDown), input.key_pressed(Key::Enter))
    });
    card(ui, "", 480.0, actions, |ui, actions| {
        let field = TextEdit::singleline(text).hint_text("Search or run a command").desired_width(f32::INFINITY);
        let field = text_field(ui, field, "Search or run a command");
        if field.changed() {
            *chosen = 0;
        }
        field.request_focus();
        let found = Command::matching(text);
        let count = found.len().min(ROWS_MAX);
        if down {
            *chosen = (*chosen + 1).min(count.saturating_sub(1));
        }
        if up {
            *chosen = chosen.saturating_sub(1);
        }
        if enter && let Some(command) = found.get(*chosen) {
            actions.push(Action::Run(*command));
        }
        ScrollArea::vertical().max_height(ROWS_MAX as f32 * size::ROW).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (at, command) in found.iter().take(ROWS_MAX).enumerate() {
                let about = command.about();
                let right = about.aliases.first().map_or(about.keys(), |alias| format!("{alias}   {}", about.keys()));
                let button = egui::Button::new((crate::theme::icon(about.icon), about.label))
                    .selected(at == *chosen)
                    .frame_when_inactive(at == *chosen)
                    .right_text(RichText::new(right.trim_end()).small().color(theme.quiet))
                    .min_size(egui::vec2(ui.available_width(), size::ROW));
                let row = ui.add(button);
                row.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, about.label));
                if row.clicked() {
                    actions.push(Action::Run(*command));
                }
            }
            if found.is_empty() {
                ui.label(RichText::new("No command is called so").color(theme.quiet));
            }
        });
    });
}
