//! Properties of what is selected: how many of which kinds, and what they have in common.

use drawing::{Drawing, Entity, Point3, Shape};
use egui::{Grid, Label, RichText, Ui};

use super::styles;
use super::widgets::heading;
use crate::action::{Action, Restyle};
use crate::icon;
use crate::measure;
use crate::theme::{Theme, size};
use crate::window::Window;

pub(super) fn show(ui: &mut Ui, window: &mut Window, actions: &mut Vec<Action>) {
    let theme = Theme::of(ui.ctx());
    let Some(document) = window.document_mut() else { return };
    let facts = document.facts();
    let quiet = |text: &str| RichText::new(text).size(size::DENSE).color(theme.quiet);
    if facts.count == 0 {
        ui.add_space(size::M);
        ui.label(quiet("Nothing is selected."));
        ui.label(quiet("Click something, or draw a window around it."));
        return;
    }
    let kinds = match facts.kinds.len() {
        1 => facts.kinds.keys().next().cloned().unwrap_or_default(),
        count => format!("{count} kinds"),
    };
    ui.label(crate::theme::strong(format!("{} selected, {kinds}", facts.count)));
    if facts.held > 0 {
        ui.label(RichText::new(format!("{} {} held by others", icon::LOCK_SIMPLE, facts.held)).color(theme.warn));
    }
    if facts.kinds.len() > 1 {
        for (kind, count) in &facts.kinds {
            ui.label(quiet(&format!("{count}  {kind}")));
        }
    }
    heading(ui, "General");
    let layers = document.layers();
    let drawing = document.drawing();
    Grid::new("general").num_columns(2).spacing([size::M, size::S]).min_col_width(80.0).show(ui, |ui| {
        let row = |ui: &mut Ui, name: &str| ui.label(quiet(name));
        row(ui, "Layer");
        ui.horizontal(|ui| {
            if let Some(layer) = styles::layer(ui, "layer", (drawing, &layers), facts.layer, 124.0).1 {
                actions.push(Action::Restyle(Restyle::Layer(layer)));
            }
        });
        ui.end_row();
        row(ui, "Color");
        ui.horizontal(|ui| {
            if let Some(color) = styles::color(ui, "color", drawing, facts.color, facts.layer, 124.0) {
                actions.push(Action::Restyle(Restyle::Color(color)));
            }
        });
        ui.end_row();
        row(ui, "Linetype");
        if let Some(linetype) = styles::linetype(ui, "linetype", drawing, facts.linetype, 142.0) {
            actions.push(Action::Restyle(Restyle::Linetype(linetype)));
        }
        ui.end_row();
        row(ui, "Lineweight");
        if let Some(weight) = styles::lineweight(ui, "lineweight", facts.lineweight, 142.0) {
            actions.push(Action::Restyle(Restyle::Lineweight(weight)));
        }
        ui.end_row();
    });
    if facts.count == 1
        && let Some(entity) = document.selection.first().and_then(|id| drawing.entity(*id))
    {
        heading(ui, "Geometry");
        Grid::new("geometry").num_columns(2).spacing([size::M, size::S]).min_col_width(80.0).show(ui, |ui| {
            for (name, value) in geometry(entity, drawing) {
                ui.label(quiet(name));
                // What is too long ends in an ellipsis, and is told whole under the pointer.
                ui.add(Label::new(RichText::new(value).font(crate::theme::mono(size::DENSE))).truncate());
                ui.end_row();
            }
        });
    }
}

/// What is worth knowing of one entity.
fn geometry(entity: &Entity, drawing: &Drawing) -> Vec<(&'static str, String)> {
    let header = drawing.header();
    let length = |value| measure::length(header, value);
    let point = |at: Point3| measure::point(header, at.xy());
    let mut rows = match &entity.shape {
        Shape::Line(line) => {
            let by = line.end.xy() - line.start.xy();
            vec![
                ("Start", point(line.start)),
                ("End", point(line.end)),
                ("Length", length(by.hypot())),
                ("Angle", measure::angle(header, by.atan2().rem_euclid(std::f64::consts::TAU))),
            ]
        }
        Shape::Circle(circle) => vec![
            ("Center", point(circle.extrusion.to_world(circle.center))),
            ("Radius", length(circle.radius)),
            ("Area", format!("{:.2}", std::f64::consts::PI * circle.radius.powi(2))),
        ],
        Shape::Arc(arc) => {
            let sweep = (arc.end_deg - arc.start_deg).rem_euclid(360.0);
            vec![
                ("Center", point(arc.extrusion.to_world(arc.center))),
                ("Radius", length(arc.radius)),
                ("Length", length(arc.radius * sweep.to_radians())),
            ]
        }
        Shape::Polyline(run) => {
            vec![("Corners", run.vertices.len().to_string()), ("Closed", if run.closed { "yes" } else { "no" }.into())]
        }
        Shape::Text(text) => vec![
            ("Text", text.value.clone()),
            ("Height", length(text.height)),
            ("Rotation", measure::angle(header, text.rotation_deg.to_radians())),
        ],
        Shape::MText(text) => vec![("Height", length(text.height)), ("Width", length(text.width))],
        Shape::Ellipse(ellipse) => vec![
            ("Center", point(ellipse.center)),
            ("Long axis", length(2.0 * ellipse.major.xy().to_vec2().hypot())),
            ("Short axis", length(2.0 * ellipse.major.xy().to_vec2().hypot() * ellipse.ratio)),
        ],
        Shape::Spline(spline) => vec![
            ("Degree", spline.degree.to_string()),
            ("Controls", spline.controls.len().to_string()),
            ("Closed", if spline.closed { "yes" } else { "no" }.into()),
        ],
        Shape::Point(at) => vec![("At", point(at.at))],
        Shape::Insert(insert) => vec![
            ("Block", drawing.block(insert.block).map_or("none of that name".into(), |block| block.name.clone())),
            ("At", point(insert.extrusion.to_world(insert.at))),
            ("Scale", scale(insert.scale)),
            ("Rotation", measure::angle(header, insert.rotation_deg.to_radians())),
        ],
        Shape::Opaque(_) => vec![("", "kept as it is in the file".into())],
        _ => Vec::new(),
    };
    rows.push(("Handle", entity.handle.map_or("none until saved".into(), |handle| format!("{:X}", handle.0))));
    rows
}

/// One factor where both axes have it.
fn scale(by: Point3) -> String {
    if by.x == by.y { format!("{:.3}", by.x) } else { format!("{:.3} x {:.3}", by.x, by.y) }
}
