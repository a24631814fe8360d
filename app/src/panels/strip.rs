//! Over the canvas: current layer, colour, linetype and lineweight; those of the selection while there is one.

use egui::Ui;

use super::{panes, styles};
use crate::action::{Action, Restyle};
use crate::theme::size;
use crate::window::Window;

/// How wide the fields are for layer, colour, linetype and lineweight where there is room.
const WIDTHS: [f32; 4] = [150.0, 100.0, 110.0, 90.0];
/// What swatches and the spaces between all these take.
const BESIDE: f32 = 88.0;

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
        // Beside a panel in a narrow window there is less room than they like.
        let room = (ui.available_width() - BESIDE) / WIDTHS.iter().sum::<f32>();
        let [of_layer, of_color, of_linetype, of_weight] = WIDTHS.map(|width| width * room.clamp(0.5, 1.0));
        let (field, chosen) = styles::layer(ui, "current layer", (drawing, &layers), layer, of_layer);
        panes::pane(ui, pane, &field);
        if let Some(layer) = chosen {
            actions.push(Action::Restyle(Restyle::Layer(layer)));
        }
        ui.add_space(size::S);
        if let Some(color) = styles::color(ui, "current color", drawing, color, layer, of_color) {
            actions.push(Action::Restyle(Restyle::Color(color)));
        }
        ui.add_space(size::S);
        if let Some(linetype) = styles::linetype(ui, "current linetype", drawing, linetype, of_linetype) {
            actions.push(Action::Restyle(Restyle::Linetype(linetype)));
        }
        ui.add_space(size::S);
        if let Some(weight) = styles::lineweight(ui, "current lineweight", weight, of_weight) {
            actions.push(Action::Restyle(Restyle::Lineweight(weight)));
        }
    });
}
