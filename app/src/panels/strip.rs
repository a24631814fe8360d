//! Over the canvas: current layer, colour, linetype and lineweight; those of the selection while there is one.

use egui::Ui;

use super::{panes, styles};
use crate::action::{Action, Restyle};
use crate::theme::size;
use crate::window::Window;

/// The strip.
pub fn show(ui: &mut Ui, window: &mut Window, actions: &mut Vec<Action>) {
    let Some(document) = window.document_mut() else { return };
    let facts = document.facts();
    let current = document.current;
    let (layer, color, linetype, weight) = if facts.count > 0 {
        (facts.layer, facts.color, facts.linetype, facts.lineweight)
    } else {
        let layer = document.style().map(|style| style.layer);
        (layer, Some(current.color), Some(current.linetype), Some(current.lineweight))
    };
    let layers = document.layers();
    let drawing = document.drawing();
    let pane = ui.max_rect();
    ui.horizontal_centered(|ui| {
        ui.add_space(size::M);
        ui.spacing_mut().item_spacing.x = 6.0;
        let (field, chosen) = styles::layer(ui, "current layer", (drawing, &layers), layer, 150.0);
        panes::pane(ui, pane, &field);
        if let Some(layer) = chosen {
            actions.push(Action::Restyle(Restyle::Layer(layer)));
        }
        ui.add_space(size::S);
        if let Some(color) = styles::color(ui, "current color", drawing, color, layer, 100.0) {
            actions.push(Action::Restyle(Restyle::Color(color)));
        }
        ui.add_space(size::S);
        if let Some(linetype) = styles::linetype(ui, "current linetype", drawing, linetype, 110.0) {
            actions.push(Action::Restyle(Restyle::Linetype(linetype)));
        }
        ui.add_space(size::S);
        if let Some(weight) = styles::lineweight(ui, "current lineweight", weight, 90.0) {
            actions.push(Action::Restyle(Restyle::Lineweight(weight)));
        }
    });
}
