//! What is seen while no drawing is open: recent drawings, open, new, join, a sample.

use std::path::{Path, PathBuf};

use egui::{
    Color32, Pos2, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, TextEdit, TextStyle, TextWrapMode, Ui,
    Vec2, WidgetInfo, WidgetText, pos2, vec2,
};
use server::NearbyDrawing;

use super::nearby;
use super::widgets::{heading, main_button, text_field, width_beside};
use crate::action::Action;
use crate::command::Command;
use crate::icon;
use crate::seats::{Kept, changes_words};
use crate::theme::{self, Theme, size, strong};
use crate::thumbnail;
use crate::window::Window;

/// Where the sample lies, from where the program was started or where it is installed.
const SAMPLE: &str = "assets/sample.dxf";
/// How many recent drawings are shown.
const RECENT_SHOWN: usize = 8;

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
                ui.scope(|ui| unsent(ui, window, actions));
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

/// Changes that never got to their rooms: to go on with, or to throw away.
fn unsent(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    if window.unsent.is_empty() {
        return;
    }
    let theme = Theme::of(ui.ctx());
    heading(ui, "Not with the others yet");
    for unsent in &window.unsent {
        let Kept { title, address, .. } = &unsent.kept;
        ui.horizontal(|ui| {
            let words = changes_words(unsent.kept.changes());
            ui.label(RichText::new(icon::WARNING).color(theme.warn));
            ui.label(title);
            let at = address.parse::<protocol::Address>().map_or(String::new(), |at| format!(" at {}", at.host));
            ui.label(RichText::new(format!("{words}{at}")).color(theme.quiet));
            let join = ui.button("Join again");
            join.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Join {title} again")));
            if join.clicked() {
                actions.push(Action::JoinAddress(address.clone()));
            }
            let discard = ui.button("Discard");
            discard.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Discard the changes to {title}")));
            if discard.clicked() {
                actions.push(Action::GiveUpSeat(unsent.path.clone()));
            }
        });
    }
}

fn recent(ui: &mut Ui, window: &Window, width: f32, actions: &mut Vec<Action>) {
    if window.settings.recent.is_empty() {
        return;
    }
    heading(ui, "Recent");
    let columns = (((width + size::M) / (thumbnail::SIZE[0] + size::M)) as usize).max(1);
    let recent: Vec<&PathBuf> = window.settings.recent.iter().take(RECENT_SHOWN).collect();
    for row in recent.chunks(columns) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = size::M;
            for path in row {
                if card(ui, path, window).clicked() {
                    actions.push(Action::OpenFile((*path).clone()));
                }
            }
        });
    }
}

/// A recent drawing: what it looks like, what it is called, where it is.
fn card(ui: &mut Ui, path: &Path, window: &Window) -> Response {
    let theme = Theme::of(ui.ctx());
    let picture = Vec2::from(thumbnail::SIZE);
    let line = size::LABEL + size::S;
    let (rect, response) = ui.allocate_exact_size(picture + vec2(0.0, 2.0 * line + size::M), Sense::click());
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Open {name}")));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let frame = Rect::from_min_size(rect.min, picture);
    let (fill, edge) = if response.hovered() || response.has_focus() {
        (theme.raised, theme.accent)
    } else {
        (theme.panel, theme.line)
    };
    let painter = ui.painter();
    painter.rect_filled(frame, size::RADIUS, fill);
    match window.thumbnails.of(path, theme.dark) {
        Some(texture) => {
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture.id(), frame, whole, Color32::WHITE);
        }
        None => {
            let sign = theme::icon(icon::BLUEPRINT).size(size::GREETING).color(theme.disabled);
            words(ui, frame.center(), sign, picture.x, true);
        }
    }
    let thick = if response.has_focus() { 2.0 } else { 1.0 };
    ui.painter().rect_stroke(frame, size::RADIUS, Stroke::new(thick, edge), StrokeKind::Inside);
    let folder = path.parent().and_then(Path::file_name).map(|folder| folder.to_string_lossy().into_owned());
    let below = frame.left_bottom() + vec2(0.0, size::S);
    words(ui, below, RichText::new(name).size(size::DENSE).color(theme.text), picture.x, false);
    let folder = RichText::new(folder.unwrap_or_default()).size(size::LABEL).color(theme.quiet);
    words(ui, below + vec2(0.0, line + 1.0), folder, picture.x, false);
    response.on_hover_text(path.display().to_string())
}

/// Words in one line no longer than this, around a place or from it.
fn words(ui: &Ui, at: Pos2, text: RichText, width: f32, around: bool) {
    let galley = WidgetText::from(text).into_galley(ui, Some(TextWrapMode::Truncate), width, TextStyle::Body);
    let at = if around { at - galley.size() / 2.0 } else { at };
    ui.painter().galley(at, galley, Theme::of(ui.ctx()).text);
}

fn sample() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("../share/linework/sample.dxf")));
    [Some(Path::new(SAMPLE).to_owned()), beside].into_iter().flatten().find(|path| path.is_file())
}
