//! The right panels: tabs that hide with one key.

use egui::{Button, RichText, ScrollArea, Ui, UiBuilder};

use super::{comments, entries, history, layers, panes, properties};
use crate::action::{Action, Panel};
use crate::theme::{Theme, size};
use crate::window::Window;

/// The panels, with one in front.
pub fn show(ui: &mut Ui, window: &mut Window, front: Panel, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let pane = ui.max_rect();
    ui.horizontal(|ui| {
        ui.set_height(size::ROW + size::M);
        ui.add_space(size::M);
        let tabs = [
            (Panel::Layers, "Layers"),
            (Panel::Properties, "Properties"),
            (Panel::Comments, "Comments"),
            (Panel::History, "History"),
        ];
        let unread = window.document().map_or(0, |document| document.talk.unread_count());
        for (panel, name) in tabs {
            let chosen = panel == front;
            let text = RichText::new(name).size(size::DENSE).color(if chosen { theme.text } else { theme.quiet });
            let tab = ui.add(Button::new(text).frame_when_inactive(false));
            tab.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, chosen, format!("{name} panel")));
            if panel == Panel::Comments && unread > 0 {
                ui.painter().circle_filled(tab.rect.right_top() + egui::vec2(-1.0, 5.0), 3.5, theme.accent);
            }
            if panel == Panel::Layers {
                panes::pane(ui, pane, &tab);
            }
            if chosen {
                let line = tab.rect;
                ui.painter().hline(line.shrink(size::S).x_range(), line.bottom() + 3.0, (2.0, theme.accent));
            }
            if tab.clicked() {
                actions.push(Action::Panel(panel));
            }
        }
    });
    // However wide what is in it wants to be, the panel keeps its width, and the canvas beside it stays where it is.
    let body = ui.available_rect_before_wrap();
    let mut ui = ui.new_child(UiBuilder::new().max_rect(body));
    ui.set_clip_rect(body.intersect(ui.clip_rect()));
    egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 4)).show(&mut ui, |ui| {
        if front == Panel::History && window.document().is_some_and(|document| document.review.is_some()) {
            // Its list scrolls by itself, and lays out no more than is seen.
            return entries::show(ui, window, actions);
        }
        match front {
            Panel::Layers => layers::show(ui, window, actions),
            Panel::Properties => {
                let area = ScrollArea::vertical().auto_shrink(false);
                area.show(ui, |ui| properties::show(ui, window, actions));
            }
            Panel::Comments => comments::show(ui, window, actions),
            Panel::History => history::show(ui, window, actions),
        }
    });
}
