//! Changes of one's own that the room did not take: what, why, and what is to become of them, over the canvas.

use egui::{Align2, Area, Frame, Id, Order, Rect, Response, RichText, ScrollArea, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::widgets::main_button;
use crate::action::Action;
use crate::document::{Document, Undone, first_capital};
use crate::icon;
use crate::seats::changes_words;
use crate::theme::{Theme, size, strong};
use crate::window::Window;

/// How wide the card is.
const WIDTH: f32 = 440.0;
/// How high the list may be.
const LIST: f32 = 190.0;
/// Changes that are listed; of more, the count is said.
const LISTED_MAX: usize = 200;

/// The card, where there are such changes.
pub fn show(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let Some(document) = window.document().filter(|document| !document.drafts.is_empty()) else { return };
    let ctx = ui.ctx().clone();
    let theme = Theme::of(&ctx);
    let at = vec2(size::RAIL + size::L, -(size::PROMPT + size::STATUS + size::L));
    let frame = Frame::popup(&ctx.global_style()).stroke(Stroke::new(1.0, theme.warn)).inner_margin(10.0);
    Area::new(Id::unique("drafts")).order(Order::Middle).anchor(Align2::LEFT_BOTTOM, at).show(&ctx, |ui| {
        frame.show(ui, |ui| {
            ui.set_width(WIDTH);
            let count = document.drafts.len();
            ui.horizontal(|ui| {
                ui.label(RichText::new(icon::LOCK_SIMPLE).color(theme.warn));
                let were = if count == 1 { "was" } else { "were" };
                ui.label(strong(format!("{} {were} not done", changes_words(count))));
            });
            let words = "Dashed on the drawing. Nothing of it is lost until you discard it.";
            ui.label(RichText::new(words).size(size::DENSE).color(theme.quiet));
            list(ui, document, actions);
            ui.horizontal(|ui| {
                if main_button(ui, if count == 1 { "Apply again" } else { "Apply all again" }).clicked() {
                    actions.push(Action::ApplyDrafts(None));
                }
                if ui.button(if count == 1 { "Discard" } else { "Discard all" }).clicked() {
                    actions.push(Action::DiscardDrafts(None));
                }
            });
        });
    });
}

/// Each change with its reason and what is to become of it.
fn list(ui: &mut Ui, document: &Document, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let mut pointed = None;
    ScrollArea::vertical().max_height(LIST).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for draft in document.drafts.iter().take(LISTED_MAX) {
            let row = row(ui, draft, document.drafts.lit == Some(draft.number), actions);
            if row.hovered() || row.has_focus() {
                pointed = Some(draft.number);
            }
            if row.clicked() {
                actions.push(Action::GoToDraft(draft.number));
            }
        }
        if let Some(more) = document.drafts.len().checked_sub(LISTED_MAX).filter(|more| *more > 0) {
            ui.label(RichText::new(format!("and {more} more")).size(size::DENSE).color(theme.quiet));
        }
    });
    if pointed != document.drafts.lit {
        actions.push(Action::PointAtDraft(pointed));
    }
}

/// One change. What is said of it shows where it is when clicked.
fn row(ui: &mut Ui, draft: &Undone, lit: bool, actions: &mut Vec<Action>) -> Response {
    let theme = Theme::of(ui.ctx());
    let what = first_capital(&draft.what);
    ui.horizontal(|ui| {
        let buttons = 132.0;
        let place = vec2(ui.available_width() - buttons, size::ROW);
        let (rect, response) = ui.allocate_exact_size(place, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("Show: {what}")));
        if lit {
            ui.painter().rect_filled(rect.expand2(vec2(4.0, 0.0)), size::RADIUS, theme.raised);
        }
        let said = format!("{what}: {}", draft.why);
        let text = RichText::new(&said).size(size::DENSE).color(theme.text);
        let galley = egui::WidgetText::from(text).into_galley(
            ui,
            Some(egui::TextWrapMode::Truncate),
            rect.width(),
            egui::TextStyle::Body,
        );
        let at = Rect::from_min_size(rect.left_center() - vec2(0.0, galley.size().y / 2.0), galley.size()).min;
        ui.painter().galley(at, galley, theme.text);
        let name = |button: Response, word: &str| {
            button.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("{word}: {what}")));
            button.clicked()
        };
        if name(ui.small_button("Apply"), "Apply") {
            actions.push(Action::ApplyDrafts(Some(draft.number)));
        }
        if name(ui.small_button("Discard"), "Discard") {
            actions.push(Action::DiscardDrafts(Some(draft.number)));
        }
        response.on_hover_text(said)
    })
    .inner
}
