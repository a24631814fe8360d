//! History: what happened to the drawing since one came in, the latest first.

use egui::{RichText, ScrollArea, Ui};

use super::widgets::disc;
use crate::action::Action;
use crate::document::{Document, Row};
use crate::review::Wish;
use crate::theme::{Theme, size};
use crate::window::Window;

pub(super) fn show(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let Some(document) = window.document() else { return };
    let look = ui.button("Look back").on_hover_text("Shows the drawing at any moment of its log, for you alone");
    if look.clicked() {
        actions.push(Action::Review(Wish::Begin));
    }
    if document.history.rows.is_empty() {
        ui.add_space(size::M);
        ui.label(RichText::new("Nothing happened since you came in.").size(size::DENSE).color(theme.quiet));
        return;
    }
    ui.spacing_mut().item_spacing.y = 2.0;
    let rows = &document.history.rows;
    let area = ScrollArea::vertical().auto_shrink(false);
    area.show_rows(ui, size::ROW, rows.len(), |ui, range| {
        for at in range {
            if let Some(row) = rows.get(rows.len() - 1 - at) {
                show_row(ui, document, row);
            }
        }
    });
}

fn show_row(ui: &mut Ui, document: &Document, row: &Row) {
    let theme = Theme::of(ui.ctx());
    let Row { seq, time_ms, session, name, what } = row;
    let person = session.and_then(|session| document.session.person(session));
    ui.horizontal(|ui| {
        ui.set_height(size::ROW);
        disc(ui, person.map(|person| (name.as_str(), person.color)));
        ui.add(egui::Label::new(RichText::new(what).size(size::DENSE)).truncate());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let clock = RichText::new(clock(*time_ms)).small().color(theme.quiet);
            ui.label(clock).on_hover_text(format!("Entry {seq} of the log"));
        });
    });
}

/// A time of day in this place, as people read it.
fn clock(ms: u64) -> String {
    let time = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map_or(String::new(), |time| time.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M").to_string())
}
