//! The timeline of a look back: how much everybody did and when, where one is, and the ways to move.

use egui::{Button, Frame, Key, Modifiers, Panel, Rect, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};
use protocol::Seq;

use super::widgets::{icon_button, main_button};
use crate::action::Action;
use crate::document::{Document, Home};
use crate::icon;
use crate::review::{BINS, Review, SPEEDS, Wish};
use crate::theme::{Theme, size};
use crate::window::Window;

/// How high it is, in points.
pub const HEIGHT: f32 = 76.0;
/// All speeds are shown where so much room is left for them and for what is said beside them.
const ROOM_FOR_SPEEDS: f32 = 680.0;

/// The timeline.
pub fn show(ui: &mut Ui, window: &Window, actions: &mut Vec<Action>) {
    let Some(document) = window.document() else { return };
    let Some(review) = &document.review else { return };
    let theme = Theme::of(ui.ctx());
    ui.painter().hline(ui.max_rect().x_range(), ui.max_rect().top(), Stroke::new(1.0, theme.line));
    ui.add_space(size::S);
    ui.horizontal(|ui| {
        ui.add_space(size::M);
        ui.spacing_mut().item_spacing.x = 2.0;
        let play = if review.is_playing() { (icon::PAUSE, "Pause", "Space") } else { (icon::PLAY, "Play", "Space") };
        for ((icon, name, key), wish) in [
            ((icon::SKIP_BACK, "First entry", "Home"), Wish::End(false)),
            ((icon::CARET_DOUBLE_LEFT, "Previous run of work", "Shift+Left"), Wish::Burst(false)),
            ((icon::CARET_LEFT, "Previous entry", "Left"), Wish::Step(false)),
            (play, Wish::Play),
            ((icon::CARET_RIGHT, "Next entry", "Right"), Wish::Step(true)),
            ((icon::CARET_DOUBLE_RIGHT, "Next run of work", "Shift+Right"), Wish::Burst(true)),
            ((icon::SKIP_FORWARD, "Last entry", "End"), Wish::End(true)),
        ] {
            if icon_button(ui, icon, name, false, size::ROW).on_hover_text(format!("{name}  {key}")).clicked() {
                actions.push(Action::Review(wish));
            }
        }
        ui.add_space(size::M);
        // Where there is little room, only the one in force is there; a click takes the next.
        let all = ui.available_width() > ROOM_FOR_SPEEDS;
        for speed in SPEEDS.into_iter().filter(|speed| all || review.speed == *speed) {
            let on = review.speed == speed;
            let color = if on { theme.accent } else { theme.quiet };
            let text = RichText::new(format!("{speed}x")).size(size::LABEL).color(color);
            let button = ui.add(Button::new(text).frame_when_inactive(false));
            button.widget_info(|| WidgetInfo::selected(Role::Button, true, on, format!("Speed {speed}x")));
            if button.on_hover_text("How many times as fast as it was; long rests are short").clicked() {
                let next = SPEEDS.into_iter().find(|each| *each > speed).unwrap_or(SPEEDS[0]);
                actions.push(Action::Review(Wish::Speed(if all { speed } else { next })));
            }
        }
        ui.add_space(size::M);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add_space(size::M);
            if matches!(document.home, Home::Log(_)) {
                let copy = ui.button("Open a copy from here");
                if copy.on_hover_text("A drawing of its own, as it was at this moment, to go on with").clicked() {
                    actions.push(Action::Review(Wish::OpenCopy));
                }
            }
            ui.add_space(size::M);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let words = RichText::new(moment(review)).size(size::DENSE).color(theme.text);
                ui.add(egui::Label::new(words).truncate());
            });
        });
    });
    bars(ui, review, actions);
}

/// Where one is, in words.
pub fn moment(review: &Review) -> String {
    let (first, last) = review.lit;
    let mut parts = vec![match first < last {
        true => format!("Entries {first} to {last} of {}", review.head),
        false => format!("Entry {} of {}", review.going, review.head),
    }];
    if let Some(line) = review.lines.get(review.going) {
        parts.push(day_and_time(line.time_ms));
        let who = review.lines.who(line).map_or(String::new(), |who| format!("{} ", who.name));
        parts.push(match review.lit_is_run && first < last {
            true => format!("{who}at work"),
            false => crate::document::first_capital(&format!("{who}{}", review.lines.words(line))),
        });
    }
    parts.join("   ")
}

/// A day and time in this place, as people read it.
pub fn day_and_time(ms: u64) -> String {
    let time = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map_or(String::new(), |time| {
        time.to_zoned(jiff::tz::TimeZone::system()).strftime("%-d %b %Y %H:%M:%S").to_string()
    })
}

/// The moves in the log that the keys pressed since the last frame want; they are used up.
pub fn moves(ctx: &egui::Context) -> Vec<Wish> {
    let keys = [
        (Modifiers::SHIFT, Key::ArrowLeft, Wish::Burst(false)),
        (Modifiers::SHIFT, Key::ArrowRight, Wish::Burst(true)),
        (Modifiers::NONE, Key::ArrowLeft, Wish::Step(false)),
        (Modifiers::NONE, Key::ArrowRight, Wish::Step(true)),
        (Modifiers::NONE, Key::Home, Wish::End(false)),
        (Modifiers::NONE, Key::End, Wish::End(true)),
        (Modifiers::NONE, Key::Space, Wish::Play),
    ];
    let mut wishes = Vec::new();
    for (modifiers, key, wish) in keys {
        let count = ctx.input_mut(|input| input.count_and_consume_key(modifiers, key));
        wishes.extend(std::iter::repeat_n(wish, count));
    }
    wishes
}

/// Edits over time in the colours of people, and the place where one is.
fn bars(ui: &mut Ui, review: &Review, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let room = vec2(ui.available_width(), ui.available_height() - size::S);
    let (outer, response) = ui.allocate_exact_size(room, Sense::click_and_drag());
    let rect = outer.shrink2(vec2(size::L, 2.0));
    response.widget_info(|| WidgetInfo::slider(true, review.going.0 as f64, "Timeline"));
    if response.has_focus() {
        // A slider that the keyboard is at is moved by it.
        let filter = egui::EventFilter { horizontal_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        actions.extend(moves(ui.ctx()).into_iter().map(Action::Review));
        let edge = Stroke::new(1.0, theme.accent);
        ui.painter().rect_stroke(rect.expand(3.0), 4.0, edge, egui::StrokeKind::Outside);
    }
    let painter = ui.painter();
    painter.rect(rect, 3.0, theme.canvas, Stroke::new(1.0, theme.line), egui::StrokeKind::Outside);
    // Hours in milliseconds are more than a short float tells apart.
    let length = review.lines.active_ms().max(1) as f64;
    let of_seq = |seq: Seq| {
        let active = review.lines.get(seq).map_or(0, |line| line.active_ms) as f64;
        rect.left() + rect.width() * (active / length) as f32
    };
    let most = (review.density.most.max(1) as f32).sqrt();
    let width = rect.width() / BINS as f32;
    for bin in 0..BINS {
        let counts = review.density.bin(bin);
        let all: u32 = counts.iter().sum();
        if all == 0 {
            continue;
        }
        // The root keeps one stray edit visible beside a storm of them.
        let height = rect.height() * (all as f32).sqrt() / most;
        let left = rect.left() + bin as f32 * width;
        let mut bottom = rect.bottom();
        for (person, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let share = height * *count as f32 / all as f32;
            let color = review.lines.names.people.get(person).map_or(theme.quiet, |who| theme.person(who.color));
            let bar = Rect::from_min_max(egui::pos2(left, bottom - share), egui::pos2(left + width.max(1.5), bottom));
            painter.rect_filled(bar, 0.0, color);
            bottom -= share;
        }
    }
    if !review.all_read {
        let words = format!("Reading the log: {} of {}", review.lines.len(), review.head);
        let font = egui::FontId::proportional(size::LABEL);
        painter.text(rect.center(), egui::Align2::CENTER_CENTER, words, font, theme.quiet);
    }
    let (first, last) = review.lit;
    if first < last {
        let run = Rect::from_x_y_ranges(of_seq(first)..=of_seq(last).max(of_seq(first) + 1.0), rect.y_range());
        painter.rect_filled(run, 0.0, theme.window);
    }
    let x = painter.round_to_pixel_center(of_seq(review.going)).clamp(rect.left(), rect.right());
    painter.vline(x, rect.expand(2.0).y_range(), Stroke::new(2.0, theme.accent));
    painter.circle_filled(egui::pos2(x, rect.top()), 4.0, theme.accent);
    let pressed = response.clicked() || response.dragged();
    if let Some(at) = response.interact_pointer_pos().filter(|_| pressed) {
        let seq = seq_at(review, part_at(rect, at));
        if seq != review.going {
            actions.push(Action::Review(Wish::Go(seq)));
        }
    } else if let Some(at) = response.hover_pos()
        && let Some(line) = review.lines.get(seq_at(review, part_at(rect, at)))
    {
        let who = review.lines.who(line).map_or("", |who| &who.name);
        let words = format!("{}   {who} {}", day_and_time(line.time_ms), review.lines.words(line));
        response.on_hover_text_at_pointer(words);
    }
}

/// How far along the timeline a place on the screen is.
fn part_at(rect: Rect, at: egui::Pos2) -> f64 {
    f64::from((at.x - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0)
}

/// The last entry at or before a part of the timeline; all the way to the right is the last one of all.
fn seq_at(review: &Review, part: f64) -> Seq {
    let lines = &review.lines;
    match part >= 1.0 {
        true if review.all_read => Seq(lines.len() as u64).min(review.head),
        true => review.head,
        false => lines.at_active((part * lines.active_ms() as f64).round() as u64),
    }
}

/// Over the canvas: that one looks at the past of a drawing that is being worked on, or that a log is damaged.
pub fn banner(ui: &mut Ui, document: &Document, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let Some(review) = &document.review else { return gathering(ui, document, actions) };
    let saved = matches!(document.home, Home::Log(_));
    if saved && review.broken.is_none() {
        return;
    }
    let frame = Frame::new().fill(theme.raised).inner_margin(egui::Margin::symmetric(12, 4));
    Panel::top("looking back").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let (mark, words) = match (&review.broken, saved) {
                (Some(broken), true) => {
                    (icon::WARNING, format!("This log is damaged: {broken}. What is intact is shown."))
                }
                _ if document.past().is_none() => (icon::CLOCK_COUNTER_CLOCKWISE, "Reading the log...".to_owned()),
                _ => (icon::CLOCK_COUNTER_CLOCKWISE, looking_at(review)),
            };
            ui.label(RichText::new(mark).color(theme.warn));
            if saved {
                ui.label(words);
                return;
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if main_button(ui, "Back to now").on_hover_text("Esc").clicked() {
                    actions.push(Action::Review(Wish::Leave));
                }
                ui.add_enabled_ui(document.past().is_some(), |ui| {
                    let restore = ui.button("Restore this moment");
                    let tip = "Makes the drawing what it was then, as one change that can be undone";
                    if restore.on_hover_text(tip).clicked() {
                        actions.push(Action::Review(Wish::Restore));
                    }
                    if ui.button("Open a copy").on_hover_text("A drawing of its own, as it was then").clicked() {
                        actions.push(Action::Review(Wish::OpenCopy));
                    }
                });
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(egui::Label::new(words).truncate());
                });
            });
        });
    });
}

/// While the log is on its way.
fn gathering(ui: &mut Ui, document: &Document, actions: &mut Vec<Action>) {
    let Some(gathering) = &document.gathering else { return };
    let theme = Theme::of(ui.ctx());
    let frame = Frame::new().fill(theme.raised).inner_margin(egui::Margin::symmetric(12, 4));
    Panel::top("looking back").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let (have, all) = gathering.progress();
            ui.label(RichText::new(icon::CLOCK_COUNTER_CLOCKWISE).color(theme.warn));
            ui.label(format!("Reading the log: {have} of {all}"));
            if ui.button("Cancel").clicked() {
                actions.push(Action::Review(Wish::Leave));
            }
        });
    });
}

/// `Looking at 14:32, Ana moved 3 objects`.
fn looking_at(review: &Review) -> String {
    let Some(line) = review.lines.get(review.at) else { return format!("Looking at entry {}", review.at) };
    let who = review.lines.who(line).map_or(String::new(), |who| format!("{} ", who.name));
    format!("Looking at {}, {who}{}", day_and_time(line.time_ms), review.lines.words(line))
}
