//! What went wrong and what one click does about it, over the prompt line.

use egui::{Align2, Area, Frame, Id, Order, RichText, Stroke, Ui, vec2};

use super::widgets::{icon_button, main_button};
use crate::action::Action;
use crate::icon;
use crate::theme::{Theme, size};
use crate::window::Window;

/// The card, where there is something to offer.
pub fn show(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let Some((message, (label, action))) =
        window.message.as_ref().and_then(|message| Some((message, message.offer.as_ref()?)))
    else {
        return;
    };
    let ctx = ui.ctx().clone();
    let theme = Theme::of(&ctx);
    let above = -(size::PROMPT + size::STATUS + size::L);
    let frame = Frame::popup(&ctx.global_style()).stroke(Stroke::new(1.0, theme.warn)).inner_margin(10.0);
    Area::new(Id::unique("toast")).order(Order::Foreground).anchor(Align2::CENTER_BOTTOM, vec2(0.0, above)).show(
        &ctx,
        |ui| {
            frame.show(ui, |ui| {
                ui.horizontal(|ui| {
                    let icon = if matches!(action, Action::Talk(_)) { icon::CHAT_CIRCLE } else { icon::LOCK_SIMPLE };
                    ui.label(RichText::new(icon).color(theme.warn));
                    ui.label(&message.text);
                    ui.add_space(size::M);
                    if main_button(ui, label).clicked() {
                        actions.extend([Action::Unsay, action.clone()]);
                    }
                    for (label, action) in &message.others {
                        if ui.button(label).clicked() {
                            actions.extend([Action::Unsay, action.clone()]);
                        }
                    }
                    if icon_button(ui, icon::X, "Dismiss", false, size::ROW).clicked() {
                        actions.push(Action::Unsay);
                    }
                });
            });
        },
    );
}
