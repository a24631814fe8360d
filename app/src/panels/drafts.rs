//! Changes of one's own that the room did not take: what, why, and what is to become of them, over the canvas.

use egui::{Align2, Area, Frame, Id, Order, RichText, Stroke, Ui, vec2};

use super::widgets::main_button;
use crate::action::Action;
use crate::document::{Undone, first_capital};
use crate::icon;
use crate::theme::{Theme, size, strong};
use crate::window::Window;

/// Reasons that are named; of more, the count is said.
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
            let heading =
                if count == 1 { "1 change was not done".into() } else { format!("{count} changes were not done") };
            ui.horizontal(|ui| {
                ui.label(RichText::new(icon::LOCK_SIMPLE).color(theme.warn));
                ui.label(strong(heading));
            });
            let reasons = reasons(&document.drafts);
            for (words, times) in reasons.iter().take(NAMED_MAX) {
                let words = if *times == 1 { words.clone() } else { format!("{words} ({times} times)") };
                ui.label(RichText::new(words).size(size::DENSE).color(theme.quiet));
            }
            let named: usize = reasons.iter().take(NAMED_MAX).map(|(_, times)| times).sum();
            if count > named {
                let more = format!("and {} more", count - named);
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

/// What was not done and why, in order, and how often the same in a row.
fn reasons(drafts: &[Undone]) -> Vec<(String, usize)> {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for draft in drafts {
        let words = format!("{}: {}", first_capital(&draft.what), draft.why);
        match reasons.last_mut().filter(|(last, _)| *last == words) {
            Some((_, times)) => *times += 1,
            None => reasons.push((words, 1)),
        }
    }
    reasons
}
