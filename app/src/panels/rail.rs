//! The tool rail on the left.

use egui::scroll_area::ScrollBarVisibility;
use egui::{Button, Popup, Response, RichText, ScrollArea, SetOpenCommand, Ui};

use super::panes;
use super::widgets::{icon_button, tip};
use crate::action::{Action, CanvasEvent};
use crate::command::{Command, Family};
use crate::icon;
use crate::theme::{Theme, size};
use crate::window::Window;

/// The side of a button.
const SIDE: f32 = 32.0;
/// What the settings at the foot take.
const SETTINGS: f32 = 2.0 * (SIDE + size::S);

/// The rail.
pub fn show(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let running = window.document().and_then(|document| document.tool.as_ref()).map(|tool| tool.command());
    let has_drawing = window.document().is_some_and(|document| document.is_here());
    let pane = ui.max_rect();
    let hinders = window.document().and_then(crate::document::Document::role_hinders);
    let may_edit = window.document().is_some_and(|document| !document.is_looking_back()) && hinders.is_none();
    // In a low window the tools are scrolled; the settings below them stay in sight.
    let tools = ScrollArea::vertical().max_height(ui.available_height() - SETTINGS).auto_shrink([false, true]);
    let tools = tools.scroll_bar_visibility(ScrollBarVisibility::AlwaysHidden);
    ui.add_enabled_ui(has_drawing, |ui| {
        tools.show(ui, |ui| {
            ui.vertical_centered(|ui| {
                ui.add_space(size::S);
                ui.spacing_mut().item_spacing.y = 2.0;
                let select = icon_button(ui, icon::CURSOR, "Select", running.is_none() && has_drawing, SIDE);
                panes::pane(ui, pane, &select);
                if select.on_hover_text("Select: click, or draw a window. Esc comes back here").clicked() {
                    actions.push(Action::Tell(CanvasEvent::Cancel));
                }
                for family in [Family::Draw, Family::Modify, Family::Measure, Family::Comment] {
                    ui.add_space(size::S);
                    let line = ui.available_rect_before_wrap();
                    ui.painter().hline(line.shrink2(egui::vec2(10.0, 0.0)).x_range(), line.top(), (1.0, theme.line));
                    ui.add_space(size::S);
                    let usable = has_drawing && (may_edit || family == Family::Measure);
                    for about in family.commands() {
                        let on = running == Some(about.command);
                        let add = |ui: &mut Ui| icon_button(ui, about.icon, about.label, on, SIDE);
                        let response = ui.add_enabled_ui(usable, add).inner;
                        let held = held(ui, &response);
                        if usable {
                            family_menu(ui, &response, family, held, actions);
                        }
                        let response = response.on_disabled_hover_ui(|ui| {
                            tip(ui, about);
                            hinders.into_iter().for_each(|why| drop(ui.label(RichText::new(why).color(theme.warn))));
                        });
                        if response.on_hover_ui(|ui| tip(ui, about)).clicked() && !held {
                            actions.push(Action::Run(about.command));
                        }
                    }
                }
            })
        });
    });
    ui.with_layout(egui::Layout::bottom_up(egui::Align::Center), |ui| {
        ui.add_space(size::S);
        ui.spacing_mut().item_spacing.y = 2.0;
        for command in [Command::Shortcuts, Command::SwitchTheme] {
            let about = command.about();
            let icon = if command == Command::SwitchTheme && !theme.dark { icon::SUN } else { about.icon };
            let response = icon_button(ui, icon, about.label, false, SIDE);
            if response.on_hover_ui(|ui| tip(ui, about)).clicked() {
                actions.push(Action::Run(command));
            }
        }
    });
}

/// How long a button is pressed until its family opens, in seconds.
const HELD_S: f64 = 0.35;

/// Whether a button is held, or was until just now.
fn held(ui: &Ui, response: &Response) -> bool {
    let down = response.is_pointer_button_down_on() || response.clicked();
    let since_s = ui.input(|input| input.pointer.press_start_time());
    let now_s = ui.input(|input| input.time);
    let id = response.id.with("held since");
    if let Some(since_s) = since_s.filter(|_| response.is_pointer_button_down_on()) {
        ui.data_mut(|data| data.insert_temp(id, since_s));
        let left_s = since_s + HELD_S - now_s;
        if left_s > 0.0 {
            ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(left_s + 0.01));
        }
    }
    let began_s: Option<f64> = ui.data(|data| data.get_temp(id));
    down && began_s.is_some_and(|began_s| now_s - began_s >= HELD_S)
}

/// The family of a button, with words and keys: opened by holding it, or by its other button.
fn family_menu(ui: &Ui, response: &Response, family: Family, held: bool, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let open = (held || response.secondary_clicked()).then_some(SetOpenCommand::Bool(true));
    let menu = Popup::menu(response).open_memory(open).align(egui::RectAlign::RIGHT_START);
    menu.show(|ui| {
        ui.label(RichText::new(family.label()).small().color(theme.quiet));
        for about in family.commands() {
            let keys = about.aliases.first().copied().map_or_else(|| about.keys(), str::to_owned);
            let keys = RichText::new(keys).small().color(theme.quiet);
            let item = Button::new((crate::theme::icon(about.icon), about.label)).right_text(keys);
            let item = ui.add(item.min_size(egui::vec2(180.0, size::ROW)));
            item.widget_info(|| egui::WidgetInfo::labeled(egui::Role::MenuItem, true, about.label));
            if item.clicked() {
                actions.push(Action::Run(about.command));
                ui.close();
            }
        }
    });
}
