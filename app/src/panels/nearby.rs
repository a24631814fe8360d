//! The hosts on this network and their drawings, as rows: in the empty state and in the dialog to join.

use egui::{Button, RichText, Ui, WidgetInfo, vec2};
use server::NearbyDrawing;

use super::widgets::heading;
use crate::action::Action;
use crate::icon;
use crate::nearby::{Answer, Found, NearbyHost};
use crate::theme::{Theme, size, strong};
use crate::window::Window;

/// Drawings that are listed at the most, of all hosts together.
const ROWS_MAX: usize = 100;

/// The list; `join` says what a click on a drawing wants.
pub fn show(
    ui: &mut Ui,
    window: &Window,
    actions: &mut Vec<Action>,
    join: impl Fn(&Window, std::net::SocketAddr, &NearbyDrawing) -> Vec<Action>,
) {
    // Where nobody looks, nothing is said of it.
    if !window.nearby.is_on && window.nearby.found == Found::Searching {
        return;
    }
    let hosts: Vec<&NearbyHost> = window.neighbours().collect();
    heading(ui, "On this network");
    ui.spacing_mut().item_spacing.y = 0.0;
    match &window.nearby.found {
        Found::Searching => say(ui, "Looking for hosts..."),
        Found::Unavailable(why) => say(ui, why),
        Found::Hosts(_) if hosts.is_empty() => say(
            ui,
            "No host was found. It has to be on the same network as this machine, and firewalls on both have to let UDP \
             port 5353 through. An address works all the same.",
        ),
        Found::Hosts(_) => {
            let mut left = ROWS_MAX;
            for host in hosts {
                show_host(ui, window, host, &mut left, actions, &join);
            }
        }
    }
}

fn show_host(
    ui: &mut Ui,
    window: &Window,
    host: &NearbyHost,
    left: &mut usize,
    actions: &mut Vec<Action>,
    join: &impl Fn(&Window, std::net::SocketAddr, &NearbyDrawing) -> Vec<Action>,
) {
    let theme = Theme::of(ui.ctx());
    let place = match &host.answer {
        Answer::Listed { at, .. } => at.to_string(),
        Answer::Awaited | Answer::Silent(_) => String::new(),
    };
    ui.horizontal(|ui| {
        ui.set_min_height(size::ROW);
        ui.label(crate::theme::icon(icon::DESKTOP).color(theme.quiet));
        ui.add(egui::Label::new(strong(&host.title).size(size::DENSE)).truncate());
        ui.label(RichText::new(place).small().color(theme.quiet));
    });
    match &host.answer {
        Answer::Awaited => say(ui, "Asking what it has..."),
        Answer::Silent(why) => say(ui, why),
        Answer::Listed { drawings, .. } if drawings.is_empty() => {
            say(ui, "It lists no drawing; an address lets one in")
        }
        Answer::Listed { at, drawings, more, .. } => {
            let shown = drawings.len().min(*left);
            for drawing in &drawings[..shown] {
                let invited = window.way_in(*at, drawing).is_some();
                if row(ui, &host.title, drawing, invited) {
                    actions.extend(join(window, *at, drawing));
                }
            }
            *left -= shown;
            match drawings.len() - shown + more {
                0 => {}
                more => say(ui, &format!("{more} more are not listed here; their addresses work")),
            }
        }
    }
}

/// A drawing; whether it was clicked.
fn row(ui: &mut Ui, host: &str, drawing: &NearbyDrawing, invited: bool) -> bool {
    let theme = Theme::of(ui.ctx());
    let people = match drawing.people {
        None => String::new(),
        Some(0) => "nobody in it".into(),
        Some(1) => "1 person".into(),
        Some(count) => format!("{count} people"),
    };
    let mut facts = vec![people];
    if !invited {
        facts.push("by invitation".into());
    }
    facts.retain(|fact| !fact.is_empty());
    let button = Button::new(format!("{}  {}", icon::BLUEPRINT, drawing.title))
        .frame_when_inactive(false)
        .truncate()
        .right_text(RichText::new(facts.join(" · ")).small().color(theme.quiet))
        .min_size(vec2(ui.available_width(), size::ROW + size::S));
    let row = ui.add(button);
    let by_invitation = if invited { "" } else { ", by invitation" };
    let name = format!("Join {} on {host}{by_invitation}", drawing.title);
    row.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
    row.clicked()
}

/// A quiet sentence where rows would stand.
fn say(ui: &mut Ui, words: &str) {
    let theme = Theme::of(ui.ctx());
    ui.label(RichText::new(words).size(size::DENSE).color(theme.quiet));
}
