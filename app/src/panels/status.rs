//! The status bar: layouts, coordinates, drawing aids, zoom, work under way.

use egui::scroll_area::ScrollBarVisibility;
use egui::{Align, Button, Layout, Response, RichText, ScrollArea, Ui, vec2};

use super::panes;
use super::widgets::icon_button;
use crate::action::Action;
use crate::command::Command;
use crate::document::{Document, Step};
use crate::icon;
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
        let room = (ui.available_width() * 0.35).max(120.0);
        let tabs = ScrollArea::horizontal().id_salt("sheets").max_width(room).auto_shrink([true, true]);
        tabs.scroll_bar_visibility(ScrollBarVisibility::AlwaysHidden).show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                for (at, layout) in layouts.into_iter().enumerate() {
                    let front = document.space == Some(layout.block);
                    let tab = toggle(ui, &layout.name, front, &layout.name, || Action::Space(layout.block), actions);
                    if tab.gained_focus() || (tab.clicked() && !front) {
                        tab.scroll_to_me(None);
                    }
                    if at == 0 {
                        panes::pane(ui, ui.max_rect().expand2(vec2(2_000.0, 0.0)), &tab);
                    }
                }
            });
        });
        ui.add_space(size::L);
        let at = measure::point(drawing.header(), document.pointer.at);
        let words = RichText::new(at).font(mono(size::LABEL)).color(if document.pointer.over {
            theme.text
        } else {
            theme.quiet
        });
        ui.add(egui::Label::new(words).truncate());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::M);
            let across = document.camera.units(document.camera.area.width());
            let wide = format!("{} from side to side", measure::length(drawing.header(), round_to_three(across)));
            let scale =
                RichText::new(measure::scale(drawing.header(), document.camera.units_per_mm())).font(mono(size::LABEL));
            ui.label(scale.color(theme.quiet)).on_hover_text(wide);
            ui.add_space(size::M);
            let settings = &window.settings;
            for (command, on, text) in [
                (Command::Grid, settings.grid, "Grid F7"),
                (Command::Polar, settings.polar, "Polar F10"),
                (Command::Ortho, settings.ortho, "Ortho F8"),
                (Command::Snap, settings.snap, "Snap F3"),
            ] {
                toggle(ui, text, on, command.about().label, || Action::Run(command), actions);
            }
            notes(ui, document, actions);
        });
    });
}

/// What is not as usual: isolation, findings, work under way, what waits, what is selected.
fn notes(ui: &mut Ui, document: &Document, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let word = |ui: &mut Ui, text: String, color| {
        ui.add_space(size::M);
        ui.label(RichText::new(text).size(size::LABEL).color(color))
    };
    if let Some(only) = document.isolated_here() {
        ui.add_space(size::M);
        let text = format!("{} {} isolated", icon::EYE_SLASH, only.len());
        let text = RichText::new(text).size(size::LABEL).color(theme.warn);
        let mark = ui.add(Button::new(text).frame_when_inactive(false));
        mark.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, Command::EndIsolate.about().label));
        if mark.on_hover_text("Everything else is hidden, for you alone. Click to show it again").clicked() {
            actions.push(Action::Run(Command::EndIsolate));
        }
    }
    if !document.findings.is_empty() {
        ui.add_space(size::M);
        findings(ui, &document.findings);
    }
    super::line::waiting(ui, document, actions);
    saving(ui, document, actions);
    match document.session.waiting() {
        0 => {}
        count => drop(word(ui, format!("{count} waiting"), theme.warn)),
    }
    if document.picture.is_busy() {
        word(ui, "Drawing...".into(), theme.quiet);
    }
    if !document.selection.is_empty() {
        word(ui, format!("{} selected", document.selection.len()), theme.accent);
    }
}

/// A save under way: what it is at, and how to stop it.
fn saving(ui: &mut Ui, document: &Document, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let Some(saving) = &document.file.saving else { return };
    let Some(step) = saving.course.step() else { return };
    ui.add_space(size::M);
    if step < Step::Writes && icon_button(ui, icon::X, "Stop saving", false, 18.0).clicked() {
        actions.push(Action::StopSaving(document.id));
    }
    let name = saving.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let words = format!("Saving {name}: {}", step.words());
    ui.label(RichText::new(words).size(size::LABEL).color(theme.quiet));
}

/// What was found while the file was read, to be looked up at any time.
fn findings(ui: &mut Ui, findings: &[String]) {
    let theme = Theme::of(ui.ctx());
    let name = if findings.len() == 1 { "1 finding".to_owned() } else { format!("{} findings", findings.len()) };
    let text = RichText::new(format!("{} {name}", icon::WARNING)).size(size::LABEL).color(theme.quiet);
    let button = Button::new(text).frame_when_inactive(false);
    let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_width(440.0);
        ui.label(RichText::new("What was found while this file was read. Nothing of it is lost.").color(theme.quiet));
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical().max_height(320.0).show_rows(ui, size::ROW, findings.len(), |ui, rows| {
            for finding in &findings[rows] {
                ui.horizontal(|ui| {
                    ui.set_height(size::ROW);
                    ui.add(egui::Label::new(RichText::new(finding).size(size::DENSE)).truncate())
                        .on_hover_text(finding);
                });
            }
        });
    });
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
}

/// A word that is on or off.
fn toggle(
    ui: &mut Ui,
    text: &str,
    on: bool,
    name: &str,
    action: impl Fn() -> Action,
    actions: &mut Vec<Action>,
) -> Response {
    let theme = Theme::of(ui.ctx());
    let color = if on { theme.accent } else { theme.quiet };
    let button = Button::new(RichText::new(text).size(size::LABEL).color(color)).frame_when_inactive(false);
    let response = ui.add(button);
    if on {
        // A mark besides the colour.
        let under = response.rect.shrink2(vec2(size::M, 0.0));
        ui.painter().hline(under.x_range(), under.bottom() - 2.0, (1.5, theme.accent));
    }
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, on, name));
    if response.clicked() {
        actions.push(action());
    }
    response
}

/// Three digits are enough to say how much is seen.
fn round_to_three(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 0.0;
    }
    let step = 10f64.powf(value.log10().floor() - 2.0);
    (value / step).round() * step
}
