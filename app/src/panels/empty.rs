//! What is seen while no drawing is open: recent drawings, open, new, join, a sample.

use std::path::{Path, PathBuf};

use egui::{Button, RichText, TextEdit, Ui, vec2};
use server::NearbyDrawing;

use super::nearby;
use super::widgets::{heading, main_button, text_field, width_beside};
use crate::action::Action;
use crate::command::Command;
use crate::icon;
use crate::theme::{Theme, size, strong};
use crate::window::Window;

/// Where the sample lies, from where the program was started or where it is installed.
const SAMPLE: &str = "assets/sample.dxf";

/// The greeting.
pub fn show(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    ui.painter().rect_filled(ui.max_rect(), 0.0, theme.canvas);
    // In a low window what is there to do is worth more than the space above it.
    let above = ((ui.available_height() - 440.0) * 0.4).clamp(size::XL, 140.0);
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let width = 520f32.min(ui.available_width() - 2.0 * size::XL);
        let left = ((ui.available_width() - width) / 2.0).max(0.0);
        ui.add_space(above);
        ui.horizontal(|ui| {
            ui.add_space(left);
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing.y = size::M;
                greeting(ui, actions);
                ui.scope(|ui| recent(ui, window, width, actions));
                join(ui, actions);
                ui.scope(|ui| {
                    let join = |at, drawing: &NearbyDrawing| vec![Action::JoinNearby(at, drawing.name.clone())];
                    nearby::show(ui, window, actions, |_, at, drawing| join(at, drawing));
                });
                ui.add_space(size::XL);
            });
        });
    });
}

fn greeting(ui: &mut Ui, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    ui.label(strong("Linework").size(size::GREETING));
    ui.label(RichText::new("Draw together. Open a drawing, or join one that somebody shares.").color(theme.quiet));
    ui.add_space(size::M);
    ui.horizontal(|ui| {
        if main_button(ui, "Open...").clicked() {
            actions.push(Action::Run(Command::Open));
        }
        if ui.button("New drawing").clicked() {
            actions.push(Action::Run(Command::New));
        }
        if let Some(sample) = sample()
            && ui.button("Open the sample").clicked()
        {
            actions.push(Action::OpenFile(sample));
        }
    });
}

fn join(ui: &mut Ui, actions: &mut Vec<Action>) {
    heading(ui, "Join");
    let id = ui.scope_id().with("join");
    let mut address: String = ui.data(|data| data.get_temp(id).unwrap_or_default());
    ui.horizontal(|ui| {
        let hint = "linework://192.168.1.20:4848/plan#secret";
        let field = TextEdit::singleline(&mut address).hint_text(hint).desired_width(width_beside(ui, "Join"));
        let field = text_field(ui, field, "Address to join");
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if (ui.button("Join").clicked() || entered) && !address.trim().is_empty() {
            actions.push(Action::JoinAddress(address.trim().to_owned()));
        }
    });
    ui.data_mut(|data| data.insert_temp(id, address));
}

fn recent(ui: &mut Ui, window: &Window, width: f32, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    if window.settings.recent.is_empty() {
        return;
    }
    heading(ui, "Recent");
    ui.spacing_mut().item_spacing.y = 0.0;
    for path in window.settings.recent.iter().take(8) {
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        let row = Button::new(format!("{}  {name}", icon::BLUEPRINT))
            .frame_when_inactive(false)
            .right_text(RichText::new(folder).small().color(theme.quiet))
            .min_size(vec2(width, size::ROW + size::S));
        let row = ui.add(row);
        row.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Open {name}")));
        if row.clicked() {
            actions.push(Action::OpenFile(path.clone()));
        }
    }
}

fn sample() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("../share/linework/sample.dxf")));
    [Some(Path::new(SAMPLE).to_owned()), beside].into_iter().flatten().find(|path| path.is_file())
}
