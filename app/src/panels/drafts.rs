//! Changes of one's own that the room did not take: what, why, and what is to become of them, over the canvas.

use egui::{Align2, Area, Frame, Id, Order, RichText, Stroke, Ui, vec2};

use super::widgets::main_button;
use crate::action::Action;
use crate::icon;
use crate::theme::{Theme, size, strong};
use crate::window::Window;

/// Changes that are named; of more, the count is said.
const NAMED_MAX: usize = 3;

/// The card, where there are such changes.
pub fn show(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let Some(document) = window.document().filter(|document| !document.drafts.is_empty()) else { return };
    let ctx = ui.ctx().clone();
    let theme = Theme::of(&ctx);
    let at = vec2(size::RAIL + size::L, -(size::PROMPT + size::STATUS + size::L));
    let frame = Frame::popup(&ctx.global_style()).stroke(Stroke::new(1.0, theme.warn)).inner_margin(10.0);
    Area::new(Id::unique("drafts")).order(Order::Middle).anchor(Align2::LEFT_BOTTOM, at).show(&ctx, |ui| {
        frame.show(ui, |ui| {
            ui.set_max_width(420.0);
            let count = document.drafts.len();
            let heading = if count == 1 { "1 change was not done".into() } else { format!("{count} changes were not done") };
            ui.horizontal(|ui| {
                ui.label(RichText::new(icon::LOCK_SIMPLE).color(theme.warn));
                ui.label(strong(heading));
            });
            for draft in document.drafts.iter().take(NAMED_MAX) {
                let words = format!("{}: {}", crate::document::first_capital(&draft.what), draft.why);
                ui.label(RichText::new(words).size(size::DENSE).color(theme.quiet));
            }
            if count > NAMED_MAX {
                let more = format!("and {} more", count - NAMED_MAX);
                ui.label(RichText::new(more).size(size::DENSE).color(theme.quiet));
            }
            ui.horizontal(|ui| {
                if main_button(ui, "Apply again").clicked() {
                    actions.push(Action::ApplyDrafts);
                }
                if ui.button("Discard").clicked() {
                    actions.push(Action::DiscardDrafts);
                }
            });
        });
    });
}
