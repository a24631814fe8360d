//! Cards at people's avatars: who would like what one holds, and whose lock an owner ends soon. And in the status line,
//! what one stands in line for oneself.

use std::time::Duration;

use drawing::RecordId;
use egui::{Area, Button, Frame, Id, Order, Pos2, RichText, Stroke, Ui, pos2, vec2};
use protocol::SessionId;

use super::widgets::{initials, main_button};
use crate::action::Action;
use crate::document::{Document, Ending, LineWish};
use crate::icon;
use crate::theme::{Theme, size};
use crate::window::Window;

/// Cards that are shown at once; the others follow.
const CARDS_MAX: usize = 3;
/// How wide a card is at most.
const WIDTH: f32 = 300.0;

/// Where an avatar was drawn last, so that a card hangs below it.
pub fn avatar_at(ui: &Ui, session: SessionId, rect: egui::Rect) {
    ui.data_mut(|data| data.insert_temp(Id::unique(("avatar", session)), rect.center_bottom()));
}

/// The cards.
pub fn show(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let Some(document) = window.document().filter(|document| document.may_edit()) else { return };
    let me = document.session.me();
    let endings = document.endings(window.now());
    if !endings.is_empty() {
        // The seconds go on.
        ui.ctx().request_repaint_after(Duration::from_millis(200));
    }
    let mut at = None;
    let mut shown = 0;
    for ending in endings.iter().filter(|ending| Some(ending.holder) == me || Some(ending.by) == me) {
        if shown < CARDS_MAX {
            let whose = if Some(ending.holder) == me { ending.by } else { ending.holder };
            let id = ("ending", ending.token, ending.holder);
            card(ui, document, whose, Id::unique(id), &mut at, |ui| ending_card(ui, document, ending, actions));
            shown += 1;
        }
    }
    // What an owner ends is said by their card.
    let ends = |id: &RecordId| endings.iter().any(|ending| Some(ending.holder) == me && ending.ids.contains(id));
    let mut asked = document.session.asked_of_me();
    asked.retain(|asked| !asked.ids.iter().all(ends));
    let more = asked.len().saturating_sub(CARDS_MAX.saturating_sub(shown));
    for asked in asked.iter().take(CARDS_MAX.saturating_sub(shown)) {
        card(ui, document, asked.by, Id::unique(("asked", asked.wait)), &mut at, |ui| {
            let words = format!("{} would like {} you hold", document.name_of(asked.by), document.called(&asked.ids));
            said(ui, document, asked.by, &words);
            ui.horizontal(|ui| {
                if main_button(ui, "Hand over").clicked() {
                    actions.push(Action::Line(LineWish::HandOver(asked.ids.clone())));
                }
                let later = ui.button("Not now").on_hover_text("They are told, and stay in line");
                if later.clicked() {
                    actions.push(Action::Line(LineWish::NotNow(asked.wait)));
                }
                if more > 0 {
                    let theme = Theme::of(ui.ctx());
                    ui.label(RichText::new(format!("and {more} more")).size(size::DENSE).color(theme.quiet));
                }
            });
        });
    }
}

/// A lock that ends soon: one's own, or one that one ends as an owner.
fn ending_card(ui: &mut Ui, document: &Document, ending: &Ending, actions: &mut Vec<Action>) {
    let what = document.called(&ending.ids);
    if Some(ending.holder) != document.session.me() {
        let words = format!("You take {what} over from {} in {} s", document.name_of(ending.holder), ending.left_s);
        said(ui, document, ending.holder, &words);
        if ui.button("Call off").clicked() {
            actions.push(Action::Line(LineWish::CallOff(ending.token, ending.holder)));
        }
        return;
    }
    let asked = document.session.asked_of_me();
    let heirs = asked.iter().filter(|asked| asked.ids.iter().any(|id| ending.ids.contains(id)));
    let next = heirs.map(|asked| asked.by).next();
    let words = match next {
        Some(next) if next != ending.by => {
            let name = document.name_of(next);
            format!("{} ends your lock on {what} in {} s; {name} is next", ending.by_name, ending.left_s)
        }
        Some(_) => format!("{} takes {what} over in {} s", ending.by_name, ending.left_s),
        None => format!("{} ends your lock on {what} in {} s", ending.by_name, ending.left_s),
    };
    said(ui, document, ending.by, &words);
    let theme = Theme::of(ui.ctx());
    let kept = "What you did is stored; what is not by then is kept as a draft";
    ui.label(RichText::new(kept).size(size::DENSE).color(theme.quiet));
    ui.horizontal(|ui| {
        if main_button(ui, "Let go now").clicked() {
            actions.push(Action::Line(LineWish::LetGo(ending.ids.clone())));
        }
        if next.is_some() && ui.button("Hand over").clicked() {
            actions.push(Action::Line(LineWish::HandOver(ending.ids.clone())));
        }
    });
}

/// A card below an avatar, or below the card before it.
fn card(
    ui: &mut Ui,
    document: &Document,
    whose: SessionId,
    id: Id,
    at: &mut Option<Pos2>,
    contents: impl FnOnce(&mut Ui),
) {
    let ctx = ui.ctx().clone();
    let theme = Theme::of(&ctx);
    let screen = ctx.content_rect();
    let avatar = ctx.data(|data| data.get_temp::<Pos2>(Id::unique(("avatar", whose))));
    let corner = pos2(screen.right() - size::M, screen.top() + size::TOP);
    let top = at.unwrap_or_else(|| avatar.unwrap_or(corner) + vec2(0.0, size::S));
    let left = (top.x - WIDTH / 2.0).clamp(screen.left() + size::M, screen.right() - WIDTH - size::L);
    let color = document.session.person(whose).map_or(theme.line, |person| theme.person(person.color));
    let frame = Frame::popup(&ctx.global_style()).stroke(Stroke::new(1.5, color)).inner_margin(10.0);
    let top = pos2(left, top.y.max(screen.top() + size::TOP + size::S));
    let response = Area::new(id).order(Order::Foreground).fixed_pos(top).show(&ctx, |ui| {
        frame.show(ui, |ui| {
            ui.set_width(WIDTH - 20.0);
            contents(ui);
        });
    });
    *at = Some(pos2(left + WIDTH / 2.0, response.response.rect.bottom() + size::S));
}

/// What a card says, behind the initials of whom it is about.
fn said(ui: &mut Ui, document: &Document, whose: SessionId, words: &str) {
    let theme = Theme::of(ui.ctx());
    ui.horizontal_wrapped(|ui| {
        if let Some(person) = document.session.person(whose) {
            let mark = RichText::new(format!(" {} ", initials(&person.name))).size(size::LABEL);
            ui.label(mark.color(theme.on_person(person.color)).background_color(theme.person(person.color)));
        }
        ui.label(words);
    });
}

/// What one stands in line for, quietly, in the status line.
pub fn waiting(ui: &mut Ui, document: &Document, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let waits: Vec<_> = document.session.my_waits().cloned().collect();
    if waits.is_empty() {
        return;
    }
    let count: usize = waits.iter().map(|wait| wait.ids.len()).sum();
    let name = format!("In line for {}", crate::document::objects(count));
    ui.add_space(size::M);
    let text = RichText::new(format!("{} {name}", icon::LOCK_SIMPLE)).size(size::LABEL).color(theme.quiet);
    let button = Button::new(text).frame_when_inactive(false);
    let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_width(WIDTH);
        for wait in &waits {
            ui.horizontal(|ui| {
                let holders = document.holders_of(&wait.ids);
                let declined = if wait.declined_by.is_empty() { "" } else { "; not now" };
                let words = format!("{}, held by {holders}{declined}", document.called(&wait.ids));
                ui.label(RichText::new(crate::document::first_capital(&words)).size(size::DENSE));
                if ui.button("Withdraw").clicked() {
                    actions.push(Action::Line(LineWish::Withdraw(wait.wait)));
                    ui.close();
                }
            });
        }
    });
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
}
