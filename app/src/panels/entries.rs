//! The entries of a log that one looks back at: which are listed, what they say, and the life of what is selected.

use std::collections::BTreeMap;

use drawing::{LayerId, RecordId, Rect};
use egui::{Button, ComboBox, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

use protocol::Seq;

use super::timeline::day_and_time;
use super::widgets::{disc, heading, icon_button};
use crate::action::Action;
use crate::document::Document;
use crate::icon;
use crate::review::{Filter, Kind, Review, Wish};
use crate::theme::{Theme, size};
use crate::window::Window;

pub(super) fn show(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let Some(document) = window.document() else { return };
    let Some(review) = &document.review else { return };
    filters(ui, document, review, actions);
    ui.add_space(size::S);
    match &review.life {
        Some((id, _)) => life(ui, review, *id, actions),
        None => list(ui, document, review, actions),
    }
}

fn filters(ui: &mut Ui, document: &Document, review: &Review, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let filter = &review.filter;
    let mut wanted = filter.clone();
    ui.spacing_mut().item_spacing.y = size::S;
    ui.horizontal(|ui| {
        let people = &review.lines.names.people;
        let name = filter.who.and_then(|who| people.get(usize::from(who))).map_or("Everyone", |who| &who.name);
        choose(ui, "Filter by person", name, 130.0, |ui| {
            if ui.selectable_label(filter.who.is_none(), "Everyone").clicked() {
                wanted.who = None;
            }
            for (at, who) in people.iter().enumerate().take(200) {
                let text = RichText::new(&who.name).color(theme.text);
                if ui.selectable_label(filter.who == Some(at as u16), text).clicked() {
                    wanted.who = Some(at as u16);
                }
            }
        });
        choose(ui, "Filter by kind", filter.kind.map_or("Every kind", Kind::label), 118.0, |ui| {
            if ui.selectable_label(filter.kind.is_none(), "Every kind").clicked() {
                wanted.kind = None;
            }
            for kind in Kind::ALL {
                if ui.selectable_label(filter.kind == Some(kind), kind.label()).clicked() {
                    wanted.kind = Some(kind);
                }
            }
        });
    });
    ui.horizontal(|ui| {
        let names = &review.lines.names.layer_names;
        let name = filter.layers.first().map_or("Every layer", |id| names.get(id).map_or("(gone)", |name| name));
        choose(ui, "Filter by layer", name, 130.0, |ui| {
            if ui.selectable_label(filter.layers.is_empty(), "Every layer").clicked() {
                wanted.layers = Default::default();
            }
            // By name, those that are gone too: what was made anew under its old name is the same layer.
            let mut by_name: BTreeMap<String, (&str, Vec<LayerId>)> = BTreeMap::new();
            for (id, name) in names {
                by_name.entry(name.to_lowercase()).or_insert((name, Vec::new())).1.push(*id);
            }
            for (name, ids) in by_name.into_values() {
                if ui.selectable_label(*filter.layers == ids[..], name).clicked() {
                    wanted.layers = ids.into();
                }
            }
        });
        let on = review.picking_area || filter.area.is_some();
        let text = if review.picking_area { "Draw a window" } else { "Area" };
        if toggle(ui, text, "Filter by area", on, "Lists what happened in a window that you draw") {
            let wish = match (review.picking_area, filter.area) {
                (true, _) => Wish::NoArea,
                (false, Some(_)) => Wish::Area(None),
                (false, None) => Wish::PickArea,
            };
            actions.push(Action::Review(wish));
        }
        ui.add_enabled_ui(!document.selection.is_empty() || !filter.records.is_empty(), |ui| {
            let on = !filter.records.is_empty();
            if toggle(ui, "Selected", "Filter by selection", on, "Lists what happened to what is selected") {
                let selected = document.selection.iter().map(|id| RecordId(id.0));
                wanted.records = if on { Default::default() } else { selected.collect() };
            }
        });
    });
    ui.horizontal(|ui| {
        let count = match filter.is_empty() {
            true => format!("{} entries", review.lines.len()),
            false => format!("{} of {} entries", review.listed_len(), review.lines.len()),
        };
        ui.label(RichText::new(count).small().color(theme.quiet));
        if !filter.is_empty() && ui.small_button("Clear filters").clicked() {
            wanted = Filter::default();
        }
        if document.selection.len() == 1
            && let Some(id) = document.selection.first()
            && review.life.is_none()
            && ui.small_button("Life of the selected").on_hover_text("All that happened to it").clicked()
        {
            actions.push(Action::Review(Wish::Life(Some(RecordId(id.0)))));
        }
    });
    if wanted != *filter {
        actions.push(Action::Review(Wish::Filter(wanted)));
    }
}

fn choose(ui: &mut Ui, name: &str, now: &str, width: f32, add: impl FnOnce(&mut Ui)) {
    let text = RichText::new(now).size(size::DENSE);
    let shown = ComboBox::from_id_salt(name).selected_text(text).width(width).height(400.0).show_ui(ui, add);
    shown.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("{name}: {now}")));
}

fn toggle(ui: &mut Ui, text: &str, name: &str, on: bool, tip: &str) -> bool {
    let theme = Theme::of(ui.ctx());
    let color = if !ui.is_enabled() {
        theme.disabled
    } else if on {
        theme.accent
    } else {
        theme.text
    };
    let button = ui.add(Button::new(RichText::new(text).size(size::DENSE).color(color)));
    button.widget_info(|| WidgetInfo::selected(Role::Button, true, on, name));
    button.on_hover_text(tip).clicked()
}

/// All that is listed, the latest first; only what is seen is laid out.
fn list(ui: &mut Ui, document: &Document, review: &Review, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    ui.spacing_mut().item_spacing.y = 0.0;
    let count = review.listed_len();
    if count == 0 {
        let words = match (review.all_read, review.filter.is_empty()) {
            (false, _) => "Reading the log...",
            (true, true) => "No entry of this log can be read.",
            (true, false) => "No entry is like that.",
        };
        ui.label(RichText::new(words).size(size::DENSE).color(theme.quiet));
        return;
    }
    let day = |seq: Seq| review.lines.get(seq).map(|line| day_and_time(line.time_ms)).unwrap_or_default();
    let of = |time: String| time.rsplit_once(' ').map(|(day, _)| day.to_owned());
    let one_day = of(day(review.listed_at(0))) == of(day(review.listed_at(count - 1)));
    let mut area = ScrollArea::vertical().auto_shrink(false);
    let id = ui.scope_id().with("shown at");
    let place = place_of(review, count);
    // The list follows where one goes, and stays where one scrolled to.
    if ui.data(|data| data.get_temp::<(u64, usize)>(id)) != Some((review.going.0, count)) {
        ui.data_mut(|data| data.insert_temp(id, (review.going.0, count)));
        let offset = place as f32 * size::ROW - ui.available_height() / 2.0;
        area = area.vertical_scroll_offset(offset.max(0.0));
    }
    area.show_rows(ui, size::ROW, count, |ui, range| {
        for row in range {
            let seq = review.listed_at(count - 1 - row);
            let Some(line) = review.lines.get(seq) else { continue };
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::click());
            let here = seq == review.going;
            focus(ui, rect, &response);
            if here || response.hovered() {
                ui.painter().rect_filled(rect.expand2(vec2(6.0, 0.0)), 4.0, theme.raised);
            }
            if here {
                let edge = egui::Rect::from_min_size(rect.left_top() - vec2(6.0, 0.0), vec2(2.0, rect.height()));
                ui.painter().rect_filled(edge, 0.0, theme.accent);
            }
            let who = review.lines.who(line);
            let words = review.lines.words(line);
            let name = who.map_or("", |who| &who.name);
            response.widget_info(|| {
                WidgetInfo::selected(Role::ListItem, true, here, format!("Entry {seq}: {name} {words}"))
            });
            let layout = egui::Layout::left_to_right(egui::Align::Center);
            let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(layout));
            disc(&mut inside, who.map(|who| (who.name.as_str(), who.color)));
            inside.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let time = day_and_time(line.time_ms);
                // Where everything is of one day, the clock is enough.
                let clock = if one_day { time.rsplit(' ').next().unwrap_or_default().to_owned() } else { time };
                ui.label(RichText::new(clock).small().color(theme.quiet));
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let quiet = !line.kind.is_edit();
                    let color = if quiet { theme.quiet } else { theme.text };
                    ui.add(egui::Label::new(RichText::new(words).size(size::DENSE).color(color)).truncate());
                });
            });
            let tip = format!("Entry {seq}   {}\n{name} {words}", day_and_time(line.time_ms));
            let response = response.on_hover_text(tip);
            if response.clicked() {
                actions.push(Action::Review(Wish::Go(seq)));
            }
            let here = line.area.filter(|(space, _)| Some(*space) == document.space && response.double_clicked());
            if let Some((_, [x0, y0, x1, y1])) = here {
                let place = Rect::new(x0.into(), y0.into(), x1.into(), y1.into());
                // With what stands around it, so that one sees where it is.
                let around = place.width().max(place.height()).max(document.camera.units(200.0));
                actions.push(Action::ZoomTo(place.inflate(around, around)));
            }
        }
    });
}

/// Shows that the keyboard is at a row, and brings the next one along.
fn focus(ui: &Ui, rect: egui::Rect, response: &egui::Response) {
    if response.has_focus() {
        let edge = (1.0, Theme::of(ui.ctx()).accent);
        ui.painter().rect_stroke(rect.expand2(vec2(5.0, 0.0)), 4.0, edge, egui::StrokeKind::Inside);
    }
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
}

/// The row of the moment that is shown, or the nearest before it.
fn place_of(review: &Review, count: usize) -> usize {
    let before = match &review.listed {
        Some(listed) => listed.partition_point(|seq| u64::from(*seq) <= review.going.0),
        None => review.going.0 as usize,
    };
    count.saturating_sub(before.max(1))
}

/// What happened to one thing, the first first.
fn life(ui: &mut Ui, review: &Review, id: RecordId, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    ui.horizontal(|ui| {
        if icon_button(ui, icon::CARET_LEFT, "Back to all entries", false, size::ROW).clicked() {
            actions.push(Action::Review(Wish::Life(None)));
        }
        let kind = review.drawing.as_ref().and_then(|drawing| drawing.get(id)).map_or("It", |record| record.kind());
        heading(ui, &format!("Life of {} {id}", collab::words::title(kind)));
    });
    let quiet = |ui: &mut Ui, words: &str| ui.label(RichText::new(words).size(size::DENSE).color(theme.quiet));
    let life = match &review.life {
        Some((_, Some(Ok(life)))) => life,
        Some((_, Some(Err(why)))) => {
            quiet(ui, &format!("Its life can't be told: {why}"));
            return;
        }
        _ => {
            quiet(ui, "Reading...");
            return;
        }
    };
    let steps = &life.steps;
    if life.so_far {
        quiet(ui, "So far: the log is still being read.");
    } else if steps.is_empty() {
        quiet(ui, "Nothing happened to it: it is as it was at the start.");
    }
    if life.left_out > 0 {
        quiet(ui, &format!("{} earlier steps are left out.", life.left_out));
    }
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, 2.0 * size::ROW - size::S, steps.len(), |ui, range| {
        for step in &steps[range] {
            let line = review.lines.get(step.seq);
            let who = line.and_then(|line| review.lines.who(line));
            let here = step.seq == review.going;
            let height = 2.0 * size::ROW - size::S;
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
            focus(ui, rect, &response);
            if here || response.hovered() {
                ui.painter().rect_filled(rect.expand2(vec2(6.0, 0.0)), 4.0, theme.raised);
            }
            let name = who.map_or("", |who| &who.name);
            response.widget_info(|| {
                WidgetInfo::selected(Role::ListItem, true, here, format!("Entry {}: {}", step.seq, step.what))
            });
            let layout = egui::Layout::left_to_right(egui::Align::Center);
            let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(layout));
            disc(&mut inside, who.map(|who| (who.name.as_str(), who.color)));
            let when = line.map_or(String::new(), |line| day_and_time(line.time_ms));
            inside.vertical(|ui| {
                ui.add_space(size::S);
                ui.add(egui::Label::new(RichText::new(&step.what).size(size::DENSE).color(theme.text)).truncate());
                let words = RichText::new(format!("{name}   {when}")).small().color(theme.quiet);
                ui.add(egui::Label::new(words).truncate());
            });
            if response.on_hover_text(&step.what).clicked() {
                actions.push(Action::Review(Wish::Go(step.seq)));
            }
        }
    });
}
