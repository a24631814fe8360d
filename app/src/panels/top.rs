//! The top bar: menu, documents, search, people, connection, share.

use collab::Status;
use egui::{Align, Button, Layout, Response, RichText, Sense, Shape, Stroke, Ui, vec2};

use super::widgets::{icon_button, main_button};
use super::{panes, people};
use crate::action::Action;
use crate::command::{Command, Family};
use crate::document::{Document, Home};
use crate::icon;
use crate::theme::{Theme, size};
use crate::window::Window;

/// The bar.
pub fn show(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    ui.horizontal_centered(|ui| {
        ui.add_space(size::M);
        let pane = ui.max_rect();
        let hinders = window.document().and_then(Document::role_hinders);
        let first = menu(ui, hinders, actions);
        panes::pane(ui, pane, &first);
        tabs(ui, window, actions);
        if icon_button(ui, icon::PLUS, "New drawing", false, size::ROW).on_hover_text("New drawing  Ctrl+N").clicked() {
            actions.push(Action::Run(Command::New));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::M);
            if main_button(ui, "Share").on_hover_text("Lets others join this drawing").clicked() {
                actions.push(Action::Run(Command::Share));
            }
            if let Some(document) = window.document().filter(|document| !matches!(document.home, Home::Log(_))) {
                people::own_role(ui, document);
                connection(ui, document);
                people::avatars(ui, document, actions);
            }
            let room = ui.available_width();
            if room > 200.0 {
                search(ui, room, actions);
            }
        });
    });
}

fn menu(ui: &mut Ui, hinders: Option<&str>, actions: &mut Vec<Action>) -> Response {
    let theme = Theme::of(ui.ctx());
    let button = Button::new(RichText::new(icon::LIST).size(size::ICON)).frame_when_inactive(false);
    let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
        for family in Family::ALL {
            ui.menu_button(family.label(), |ui| {
                for about in family.commands() {
                    let text = (crate::theme::icon(about.icon), about.label);
                    let keys = RichText::new(about.keys()).small().color(theme.quiet);
                    let hindered = hinders.filter(|_| about.command.changes());
                    let item = Button::new(text).right_text(keys).min_size(vec2(230.0, size::ROW));
                    let item = ui.add_enabled(hindered.is_none(), item);
                    let enabled = hindered.is_none();
                    item.widget_info(|| egui::WidgetInfo::labeled(egui::Role::MenuItem, enabled, about.label));
                    let item = item.on_disabled_hover_text(hindered.unwrap_or_default());
                    if item.on_hover_text(about.help).clicked() {
                        actions.push(Action::Run(about.command));
                        ui.close();
                    }
                }
            });
        }
    });
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Menu"));
    response
}

fn tabs(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    ui.spacing_mut().item_spacing.x = 2.0;
    for (at, document) in window.documents.iter().enumerate() {
        let front = at == window.active;
        let mark = if document.is_dirty() { " *" } else { "" };
        let color = if front { theme.text } else { theme.quiet };
        let text = RichText::new(format!("{}{mark}", document.title)).size(size::DENSE).color(color);
        let tab = ui.add(Button::new(text).selected(false).fill(if front { theme.raised } else { theme.panel }));
        let state = if document.is_dirty() { ", not saved" } else { "" };
        let name = format!("{}{state}", document.title);
        tab.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, front, &name));
        let place = document.file.path.as_ref().map_or("Not saved yet".into(), |path| path.display().to_string());
        if tab.on_hover_text(place).clicked() {
            actions.push(Action::Activate(at));
        }
        if front {
            let name = format!("Close {}", document.title);
            if icon_button(ui, icon::X, &name, false, 18.0).on_hover_text("Close  Ctrl+W").clicked() {
                actions.push(Action::Close(at));
            }
        }
    }
    for opening in &window.openings {
        ui.add(egui::ProgressBar::new(opening.progress()).desired_width(110.0).text(&opening.title));
        if icon_button(ui, icon::X, &format!("Cancel opening {}", opening.title), false, 18.0).clicked() {
            actions.push(Action::CancelOpening(opening.number));
        }
    }
}

fn search(ui: &mut Ui, room: f32, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    ui.with_layout(Layout::centered_and_justified(egui::Direction::LeftToRight), |ui| {
        ui.set_max_width(room);
        let width = 300f32.min(room - 2.0 * size::L);
        let (rect, response) = ui.allocate_exact_size(vec2(width, 26.0), Sense::click());
        let edge = match (response.has_focus(), response.hovered()) {
            (true, _) => theme.accent,
            (false, true) => theme.disabled,
            (false, false) => theme.line,
        };
        ui.painter().rect(
            rect,
            f32::from(size::RADIUS),
            theme.canvas,
            Stroke::new(1.0, edge),
            egui::StrokeKind::Inside,
        );
        let font = egui::FontId::proportional(size::DENSE);
        let left = rect.left_center() + vec2(10.0, 0.0);
        let words = format!("{}  Search or run a command", icon::MAGNIFYING_GLASS);
        ui.painter().text(left, egui::Align2::LEFT_CENTER, words, font.clone(), theme.quiet);
        let right = rect.right_center() - vec2(10.0, 0.0);
        ui.painter().text(right, egui::Align2::RIGHT_CENTER, "Ctrl K", font, theme.quiet);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Search"));
        if response.clicked() {
            actions.push(Action::Run(Command::Search));
        }
    });
}

/// A dot, each state with its own shape: disc, two bars while saving is paused, ring, cross.
fn connection(ui: &mut Ui, document: &Document) {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(18.0, size::ROW), Sense::hover());
    let (at, painter) = (rect.center(), ui.painter());
    let words = match document.session.status() {
        Status::Live if document.session.saving_paused().is_some() => {
            for x in [-2.5, 2.5] {
                let bar = [at + vec2(x, -4.0), at + vec2(x, 4.0)];
                painter.line_segment(bar, Stroke::new(2.5, theme.warn));
            }
            document.connection_words().unwrap_or_default()
        }
        Status::Live => {
            painter.circle_filled(at, 4.0, theme.good);
            match document.session.waiting() {
                0 => "Connected; everything is stored".to_owned(),
                count => format!("Connected; {count} changes on their way"),
            }
        }
        Status::Ended { why, .. } => {
            let stroke = Stroke::new(2.0, theme.bad);
            for [x, y] in [[4.0, 4.0], [4.0, -4.0]] {
                painter.add(Shape::line(vec![at - vec2(x, y), at + vec2(x, y)], stroke));
            }
            why.clone()
        }
        _ => {
            painter.circle_stroke(at, 3.5, Stroke::new(2.0, theme.warn));
            document.connection_words().unwrap_or_default()
        }
    };
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, format!("Connection: {words}")));
    response.on_hover_text(words);
}

/// The thin line under the bar while the connection is being brought back, or saving is paused.
pub fn reconnecting(ui: &mut Ui, document: &Document) {
    let theme = Theme::of(ui.ctx());
    let words = document.connection_words().unwrap_or_default();
    // Over the canvas: what is drawn there does not move when the connection comes and goes.
    let area = egui::Area::new(egui::Id::unique("reconnecting")).order(egui::Order::Middle).interactable(false);
    let screen = ui.ctx().content_rect();
    area.fixed_pos(screen.left_top() + vec2(0.0, size::TOP)).show(ui.ctx(), |ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(screen.width(), 2.0), Sense::hover());
        ui.painter().rect_filled(rect, 0.0, theme.warn);
    });
    let pill = egui::Area::new(egui::Id::unique("reconnecting words")).order(egui::Order::Middle).interactable(false);
    // In the middle of the canvas, where there is one yet.
    let canvas = if document.camera.area.is_positive() { document.camera.area } else { screen };
    let at = egui::pos2(canvas.center().x, screen.top() + size::TOP + size::ROW + 2.0 * size::M);
    pill.pivot(egui::Align2::CENTER_TOP).fixed_pos(at).show(ui.ctx(), |ui| {
        let frame = egui::Frame::new().fill(theme.panel).stroke(Stroke::new(1.0, theme.warn));
        frame.corner_radius(size::RADIUS).inner_margin(egui::Margin::symmetric(10, 4)).show(ui, |ui| {
            ui.add(egui::Label::new(RichText::new(words).small().color(theme.warn)).extend());
        });
    });
}
