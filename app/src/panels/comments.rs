//! Comments: what people say about the drawing, open, resolved, or calling oneself; a click goes there.

use drawing::{Comment, CommentId};
use egui::{Label, RichText, Role, ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo, vec2};

use super::timeline::day_and_time;
use super::widgets::{disc, icon_button, text_field};
use crate::action::Action;
use crate::command::Command;
use crate::document::{About, Document, Listing, Talking, first_words};
use crate::icon;
use crate::theme::{Theme, size};
use crate::window::Window;

/// A row.
const ROW: f32 = 2.0 * size::ROW - size::S;

pub(super) fn show(ui: &mut Ui, window: &mut Window, actions: &mut Vec<Action>) {
    let Some(document) = window.document_mut() else { return };
    ui.spacing_mut().item_spacing.y = size::S;
    filters(ui, document, actions);
    let listed = document.comments_listed();
    if listed.is_empty() {
        return empty(ui, document, actions);
    }
    ui.add_space(size::S);
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, listed.len(), |ui, range| {
        for id in &listed[range] {
            if let Some(comment) = document.drawing().comment(*id) {
                row(ui, document, comment, actions);
            }
        }
    });
}

fn filters(ui: &mut Ui, document: &mut Document, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    ui.horizontal(|ui| {
        let kinds = [(Listing::Open, "Open"), (Listing::Resolved, "Resolved"), (Listing::Mine, "Mentioning me")];
        for (listing, name) in kinds {
            let on = document.talk.listing == listing;
            let text = RichText::new(name).size(size::DENSE).color(if on { theme.on_accent } else { theme.text });
            let button = egui::Button::new(text).min_size(vec2(0.0, size::ROW));
            let response = ui.add(if on { button.fill(theme.accent) } else { button });
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, format!("List: {name}")));
            if response.clicked() {
                actions.push(Action::Talk(Talking::List(listing)));
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let unread = document.talk.unread_count();
            if unread > 0 {
                let read = icon_button(ui, icon::CHECK_CIRCLE, "Mark all as read", false, size::ROW);
                if read.on_hover_text(format!("{unread} unread: mark all as read")).clicked() {
                    actions.push(Action::Talk(Talking::ReadAll));
                }
            }
        });
    });
    let hint = RichText::new("Find words or a person").color(theme.disabled);
    let field = TextEdit::singleline(&mut document.talk.wanted).hint_text(hint).desired_width(f32::INFINITY);
    text_field(ui, field.char_limit(100), "Find comments");
}

fn empty(ui: &mut Ui, document: &Document, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let wanted = document.talk.wanted.trim();
    let words = match document.talk.listing {
        _ if !wanted.is_empty() => format!("Nothing here says \"{wanted}\"."),
        Listing::Open if document.drawing().comment_count() > 0 => "All comments are resolved.".into(),
        Listing::Open => "Nobody said anything about this drawing yet.".into(),
        Listing::Resolved => "No comment is resolved.".into(),
        Listing::Mine => "Nobody mentioned you. Others do with @ and your name.".into(),
    };
    ui.add_space(size::M);
    ui.label(RichText::new(words).size(size::DENSE).color(theme.quiet));
    if wanted.is_empty() && document.talk.listing == Listing::Open && document.may_comment() {
        ui.add_space(size::S);
        let about = Command::Comment.about();
        if ui.button("Comment on something").on_hover_text(about.help).clicked() {
            actions.push(Action::Run(Command::Comment));
        }
    }
}

fn row(ui: &mut Ui, document: &Document, comment: &Comment, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let open = document.talk.card.as_ref().is_some_and(|card| card.about == About::Thread(comment.id));
    let unread = document.has_unread(comment.id);
    if response.has_focus() {
        let edge = (1.0, theme.accent);
        ui.painter().rect_stroke(rect.expand2(vec2(5.0, 0.0)), 4.0, edge, egui::StrokeKind::Inside);
    }
    if open || response.hovered() {
        ui.painter().rect_filled(rect.expand2(vec2(6.0, 0.0)), 4.0, theme.raised);
    }
    let (said, text) = (&comment.said, first_words(&comment.said));
    let name = collab::words::name(&said.by.name);
    let state = state_words(document, comment.id, comment);
    let mark = if unread { ", unread" } else { "" };
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListItem, true, open, format!("Comment of {name}{mark}: {text}. {state}"))
    });
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let mut inside = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    disc(&mut inside, Some((&name, said.by.color)));
    inside.vertical(|ui| {
        ui.add_space(size::S);
        let words = RichText::new(&text).size(size::DENSE);
        let words = if unread { words.color(theme.text).strong() } else { words.color(theme.text) };
        ui.add(Label::new(words).truncate().selectable(false));
        let state = RichText::new(&state).small().color(theme.quiet);
        ui.add(Label::new(state).truncate().selectable(false));
    });
    if unread {
        ui.painter().circle_filled(rect.right_top() + vec2(-2.0, 12.0), 4.0, theme.accent);
    }
    if response.on_hover_text(format!("{name}: {}", said.text)).clicked() {
        actions.push(Action::Talk(Talking::GoTo(comment.id)));
    }
}

/// Who, how many replies, whether resolved and by whom, and when.
fn state_words(document: &Document, id: CommentId, comment: &Comment) -> String {
    let replies = match document.drawing().replies_to(id).count() {
        0 => String::new(),
        1 => "1 reply   ".into(),
        count => format!("{count} replies   "),
    };
    let resolved = match &comment.settling {
        Some(settling) if settling.resolved => {
            format!("resolved by {}   ", collab::words::name(&settling.by.name))
        }
        _ => String::new(),
    };
    let name = collab::words::name(&comment.said.by.name);
    format!("{name}   {replies}{resolved}{}", day_and_time(comment.said.at_ms))
}
