//! F1: all keys and prompt words, from the one list of commands.

use egui::{Grid, RichText, ScrollArea, Ui};

use super::card;
use crate::action::Action;
use crate::command::Family;
use crate::panels::widgets::heading;
use crate::theme::{Theme, size};

/// The columns of labels and of words: the same in each family, so that all stand under one another.
const LABELS: f32 = 204.0;
/// As above.
const WORDS: f32 = 72.0;

pub(super) fn show(ui: &mut Ui, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let height = ui.ctx().content_rect().height() - 220.0;
    card(ui, "Keys and words", 760.0, actions, |ui, _| {
        ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
            ui.columns(2, |columns| {
                for (at, family) in Family::ALL.into_iter().enumerate() {
                    let ui = &mut columns[usize::from(at >= 4)];
                    heading(ui, family.label());
                    Grid::new(family.label()).num_columns(3).spacing([size::L, 2.0]).show(ui, |ui| {
                        for about in family.commands() {
                            ui.horizontal(|ui| {
                                ui.set_min_width(LABELS);
                                ui.label(crate::theme::icon(about.icon));
                                ui.label(about.label);
                            });
                            let words = about.aliases.first().copied().unwrap_or(about.word);
                            ui.horizontal(|ui| {
                                ui.set_min_width(WORDS);
                                ui.label(RichText::new(words).monospace().color(theme.accent));
                            });
                            ui.label(RichText::new(about.keys()).small().color(theme.quiet));
                            ui.end_row();
                        }
                    });
                }
                heading(&mut columns[1], "On the canvas");
                for line in [
                    "Click adds to the selection, Shift+click removes",
                    "Left to right selects what lies inside, right to left what is touched",
                    "Drag what is selected to move it",
                    "Wheel zooms, middle button pans, middle double-click shows all",
                    "Space or Enter repeats the last command, Esc ends it",
                    "Points: 3,4   @3,4   @10<45   5'-3 1/2\"",
                ] {
                    columns[1].label(RichText::new(line).size(size::DENSE).color(theme.quiet));
                }
            });
        });
    });
}
