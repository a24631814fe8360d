//! The card beside a pin: what was said, and a field to say more.

use drawing::{Comment, RecordId, SAID_CHARS_MAX, Said};
use egui::text::{CCursor, CCursorRange};
use egui::{
    Area, Event, Frame, Id, Key, KeyboardShortcut, Label, Modifiers, Order, RichText, ScrollArea, TextEdit, Ui, vec2,
};

use super::timeline::day_and_time;
use super::widgets::{disc, icon_button, main_button, text_field};
use crate::action::Action;
use crate::canvas::new_place;
use crate::document::{About, Card, Document, Keys, Talking, call_before};
use crate::icon;
use crate::theme::{Theme, size, strong};
use crate::window::Window;

/// How wide it is.
const WIDTH: f32 = 300.0;
/// How high what was said may be before it is scrolled.
const HEIGHT: f32 = 260.0;
/// Names that are offered while one is typed.
const NAMES_MAX: usize = 5;

/// The card, where one is open in the space that is shown.
pub fn show(ui: &mut Ui, window: &mut Window, actions: &mut Vec<Action>) {
    let Some(document) = window.document_mut() else { return };
    let Some(mut card) = document.talk.card.take() else { return };
    let (space, place) = match &card.about {
        About::New { space, pin } => (*space, new_place(pin)),
        About::Thread(id) => match document.drawing().comment(*id) {
            Some(comment) => (comment.space, document.drawing().place_of(comment)),
            // It is not there at the moment that one looks back at.
            None => return document.talk.card = Some(card),
        },
    };
    if document.space == Some(space) && document.is_here() {
        let at = document.camera.to_screen(place) + vec2(32.0, -24.0);
        let ctx = ui.ctx().clone();
        let area = Area::new(Id::unique("comment card")).order(Order::Middle).fixed_pos(at);
        let bounds = document.camera.area.shrink(size::M);
        area.constrain_to(bounds).show(&ctx, |ui| {
            Frame::popup(&ctx.global_style()).inner_margin(10.0).show(ui, |ui| {
                ui.set_width(WIDTH);
                ui.spacing_mut().item_spacing.y = size::S;
                inside(ui, document, &mut card, actions);
            });
        });
    }
    document.talk.card = Some(card);
}

fn inside(ui: &mut Ui, document: &Document, card: &mut Card, actions: &mut Vec<Action>) {
    let thread = match &card.about {
        About::Thread(id) => document.drawing().comment(*id),
        About::New { .. } => None,
    };
    head(ui, document, thread, actions);
    if let Some(comment) = thread {
        ScrollArea::vertical().max_height(HEIGHT).auto_shrink([false, true]).stick_to_bottom(true).show(ui, |ui| {
            words(ui, document, comment.id.into(), &comment.said, actions);
            for reply in document.drawing().replies_to(comment.id) {
                words(ui, document, reply.id.into(), &reply.said, actions);
            }
        });
    }
    if document.may_comment() {
        field(ui, document, card, actions);
    }
}

fn head(ui: &mut Ui, document: &Document, thread: Option<&Comment>, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.set_height(size::ROW);
        let title = match thread {
            None => "New comment".to_owned(),
            Some(comment) => match &comment.settling {
                Some(settling) if settling.resolved => {
                    format!("Resolved by {}", collab::words::name(&settling.by.name))
                }
                _ => "Comment".into(),
            },
        };
        ui.add(Label::new(strong(title)).truncate());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if icon_button(ui, icon::X, "Close the comment", false, size::ROW).clicked() {
                actions.push(Action::Talk(Talking::Close));
            }
            let Some(comment) = thread.filter(|_| document.may_comment()) else { return };
            let (label, resolve) = if comment.is_resolved() { ("Open again", false) } else { ("Resolve", true) };
            let text = RichText::new(label).size(size::DENSE).color(if resolve { theme.good } else { theme.text });
            if ui.button(text).clicked() {
                actions.push(Action::Talk(Talking::Settle(comment.id, resolve)));
            }
        });
    });
}

/// What one person said, with what one may do about it.
fn words(ui: &mut Ui, document: &Document, id: RecordId, said: &Said, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let name = collab::words::name(&said.by.name);
    ui.horizontal(|ui| {
        ui.set_height(size::ROW);
        disc(ui, Some((&name, said.by.color)));
        ui.label(strong(&name).size(size::DENSE));
        let edited = if said.edited_ms.is_some() { ", changed" } else { "" };
        ui.label(RichText::new(format!("{}{edited}", day_and_time(said.at_ms))).small().color(theme.quiet));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if document.may_remove_words(said)
                && icon_button(ui, icon::TRASH, &format!("Remove what {name} said"), false, size::ROW)
                    .on_hover_text("Remove")
                    .clicked()
            {
                actions.push(Action::Talk(Talking::Remove(id)));
            }
            if document.may_comment()
                && document.is_own_words(said)
                && icon_button(ui, icon::PENCIL_SIMPLE, "Change what you said", false, size::ROW)
                    .on_hover_text("Change")
                    .clicked()
            {
                actions.push(Action::Talk(Talking::Reword(id)));
            }
        });
    });
    ui.horizontal_top(|ui| {
        ui.add_space(22.0 + size::M);
        let text = RichText::new(shown(&said.text)).size(size::BODY).color(theme.text);
        ui.add(Label::new(text).wrap());
    });
}

/// What somebody said, line by line, without what turns the writing around.
fn shown(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| collab::words::clean(line, SAID_CHARS_MAX)).collect();
    lines.join("\n")
}

fn field(ui: &mut Ui, document: &Document, card: &mut Card, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let id = Id::unique("comment words");
    let (hint, name) = match (&card.about, card.rewording) {
        (_, Some(_)) => ("Your words", "Change your words"),
        (About::New { .. }, _) => ("What is to be said? @ calls somebody", "Comment"),
        (About::Thread(_), _) => ("Reply", "Reply"),
    };
    let newline = KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter);
    // Enter is taken before the field sees it: it says what is written.
    let has_keys = ui.memory(|memory| memory.has_focus(id));
    let calling = has_keys.then(|| calling(ui, document, card, id)).flatten();
    let enter = has_keys && pressed(ui, Key::Enter);
    let tab = calling.is_some() && pressed(ui, Key::Tab);
    let rows = if matches!(card.about, About::New { .. }) || card.rewording.is_some() { 3 } else { 1 };
    let edit = TextEdit::multiline(&mut card.writing).id(id).desired_rows(rows).desired_width(f32::INFINITY);
    let edit = edit.hint_text(RichText::new(hint).color(theme.disabled)).return_key(newline);
    let response = text_field(ui, edit.char_limit(SAID_CHARS_MAX).lock_focus(false), name);
    match std::mem::take(&mut card.keys) {
        Keys::Stay => {}
        Keys::ToField => response.request_focus(),
        Keys::ToPrompt => response.surrender_focus(),
    }
    let mut chosen = None;
    if let Some((from, names)) = &calling {
        ui.horizontal_wrapped(|ui| {
            for name in names {
                let call = ui.button(RichText::new(format!("@{name}")).size(size::DENSE));
                if call.on_hover_text("Tab takes the first").clicked() {
                    chosen = Some((*from, name.clone()));
                }
            }
        });
        if tab {
            chosen = names.first().map(|name| (*from, name.clone()));
        }
    }
    if let Some((from, name)) = chosen {
        complete(ui, card, id, from, &name);
    }
    ui.horizontal(|ui| {
        let verb = match (&card.about, card.rewording) {
            (_, Some(_)) => "Change",
            (About::New { .. }, _) => "Comment",
            (About::Thread(_), _) => "Reply",
        };
        let ready = !card.writing.trim().is_empty();
        let clicked = ui.add_enabled_ui(ready, |ui| main_button(ui, verb)).inner.clicked();
        if ready && (clicked || enter) {
            actions.push(Action::Talk(Talking::Post));
        }
        if card.rewording.is_some() && ui.button("Leave it").clicked() {
            actions.push(Action::Talk(Talking::LeaveWords));
        }
        if ready {
            let keys = RichText::new("Enter; Shift+Enter for a new line").small().color(theme.quiet);
            ui.label(keys);
        }
    });
}

/// Whether a key was pressed without any other: it is nobody else's then. egui itself overlooks Shift.
fn pressed(ui: &Ui, wanted: Key) -> bool {
    let is = |event: &Event| matches!(event, Event::Key { key, pressed: true, modifiers, .. } if *key == wanted && modifiers.is_none());
    ui.input_mut(|input| {
        let before = input.events.len();
        input.events.retain(|event| !is(event));
        input.events.len() < before
    })
}

/// Whom one may be calling just now: where the name begins, and the names that it may become.
fn calling(ui: &Ui, document: &Document, card: &Card, id: Id) -> Option<(usize, Vec<String>)> {
    let cursor = TextEdit::load_state(ui.ctx(), id)?.cursor.char_range()?.primary.index;
    let (from, begun) = call_before(&card.writing, cursor.into())?;
    let small = begun.to_lowercase();
    let fits = |name: &String| name.to_lowercase().starts_with(&small) && name.chars().count() > begun.chars().count();
    let names: Vec<_> = document.callable().into_iter().filter(fits).take(NAMES_MAX).collect();
    (!names.is_empty()).then_some((from, names))
}

/// Puts a name in place of what of it was typed, and the cursor behind it.
fn complete(ui: &Ui, card: &mut Card, id: Id, from: usize, name: &str) {
    let Some(mut state) = TextEdit::load_state(ui.ctx(), id) else { return };
    let Some(range) = state.cursor.char_range() else { return };
    let letters: Vec<char> = card.writing.chars().collect();
    let cursor = usize::from(range.primary.index).clamp(from, letters.len());
    let before: String = letters[..from].iter().collect();
    let after: String = letters[cursor..].iter().collect();
    card.writing = format!("{before}{name} {after}");
    let end = CCursor::new(from + name.chars().count() + 1);
    state.cursor.set_char_range(Some(CCursorRange::one(end)));
    state.store(ui.ctx(), id);
    card.keys = Keys::ToField;
    ui.ctx().request_repaint();
}
