//! Choosing a layer, a colour, a linetype, a lineweight: in the strip over the canvas and in the properties.

use drawing::{Color, Drawing, LayerId, LineStyle, Lineweight};
use egui::{Color32, ComboBox, Response, Ui};
use scene::{Background, ColorRule, rgb_of};

use super::widgets::swatch;
use crate::theme::Theme;

/// Lineweights that are offered, hundredths of a millimetre.
const WEIGHTS: [u16; 12] = [0, 5, 9, 13, 18, 25, 35, 50, 70, 100, 140, 200];

/// The colour of a rule on the canvas of the theme in force.
pub(super) fn on_canvas(rule: ColorRule, drawing: &Drawing, theme: &Theme) -> Color32 {
    let background = if theme.dark { Background::Dark } else { Background::Light };
    let rgb = rgb_of(rule, drawing, background);
    theme.drawing_color([(rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8])
}

/// Chooses a layer; none where those selected differ.
pub(super) fn layer(
    ui: &mut Ui,
    id: &str,
    (drawing, layers): (&Drawing, &[LayerId]),
    now: Option<LayerId>,
    width: f32,
) -> (Response, Option<LayerId>) {
    let theme = Theme::of(ui.ctx());
    if let Some(layer) = now {
        swatch(ui, on_canvas(ColorRule::OfLayer(layer), drawing, theme));
    }
    let name = now.and_then(|id| drawing.layer(id)).map_or("mixed", |layer| &layer.name);
    let mut chosen = None;
    let shown =
        ComboBox::from_id_salt(id).selected_text(name).truncate().width(width).height(400.0).show_ui(ui, |ui| {
            for layer in layers.iter().filter_map(|id| drawing.layer(*id)) {
                ui.horizontal(|ui| {
                    swatch(ui, on_canvas(ColorRule::OfLayer(layer.id), drawing, theme));
                    if ui.selectable_label(now == Some(layer.id), &layer.name).clicked() {
                        chosen = Some(layer.id);
                        ui.close();
                    }
                });
            }
        });
    shown.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, format!("Layer {name}")));
    (shown.response, chosen)
}

/// What people call a colour.
pub(super) fn color_name(color: Option<Color>) -> String {
    const NAMES: [&str; 7] = ["Red", "Yellow", "Green", "Cyan", "Blue", "Magenta", "White"];
    match color {
        None => "mixed".into(),
        Some(Color::ByLayer) => "By layer".into(),
        Some(Color::ByBlock) => "By block".into(),
        Some(Color::Index(index @ 1..=7)) => NAMES[usize::from(index) - 1].into(),
        Some(Color::Index(index)) => format!("Color {index}"),
        Some(Color::True(rgb)) => format!("#{rgb:06X}"),
    }
}

/// Chooses a colour.
pub(super) fn color(
    ui: &mut Ui,
    id: &str,
    drawing: &Drawing,
    now: Option<Color>,
    layer: Option<LayerId>,
    width: f32,
) -> Option<Color> {
    let theme = Theme::of(ui.ctx());
    let rule = |color: Color| match (color, layer) {
        (Color::ByLayer, Some(layer)) => ColorRule::OfLayer(layer),
        (Color::Index(index), _) => ColorRule::Index(index),
        (Color::True(rgb), _) => ColorRule::True(rgb),
        (Color::ByLayer | Color::ByBlock, _) => ColorRule::Index(7),
    };
    if let Some(now) = now {
        swatch(ui, on_canvas(rule(now), drawing, theme));
    }
    let mut chosen = None;
    let offered = [Color::ByLayer, Color::ByBlock].into_iter().chain((1..=9).map(Color::Index));
    let offered = offered.chain([30, 40, 90, 150, 210, 250, 251, 252, 253, 254].into_iter().map(Color::Index));
    let name = color_name(now);
    let shown =
        ComboBox::from_id_salt(id).selected_text(&name).truncate().width(width).height(400.0).show_ui(ui, |ui| {
            for color in offered {
                ui.horizontal(|ui| {
                    swatch(ui, on_canvas(rule(color), drawing, theme));
                    if ui.selectable_label(now == Some(color), color_name(Some(color))).clicked() {
                        chosen = Some(color);
                        ui.close();
                    }
                });
            }
        });
    shown.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, format!("Color {name}")));
    chosen
}

/// Chooses a linetype.
pub(super) fn linetype(
    ui: &mut Ui,
    id: &str,
    drawing: &Drawing,
    now: Option<LineStyle>,
    width: f32,
) -> Option<LineStyle> {
    let name = |style: Option<LineStyle>| match style {
        None => "mixed".to_owned(),
        Some(LineStyle::ByLayer) => "By layer".into(),
        Some(LineStyle::ByBlock) => "By block".into(),
        Some(LineStyle::Named(id)) => drawing.linetype(id).map_or("?".into(), |linetype| linetype.name.clone()),
    };
    let mut chosen = None;
    let shown = ComboBox::from_id_salt(id).selected_text(name(now)).truncate().width(width).show_ui(ui, |ui| {
        let own = drawing
            .linetypes()
            .filter(|linetype| !["bylayer", "byblock"].contains(&linetype.name.to_lowercase().as_str()));
        let styles = [LineStyle::ByLayer, LineStyle::ByBlock].into_iter();
        for style in styles.chain(own.map(|linetype| LineStyle::Named(linetype.id))) {
            if ui.selectable_label(now == Some(style), name(Some(style))).clicked() {
                chosen = Some(style);
            }
        }
    });
    shown
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, format!("Linetype {}", name(now))));
    chosen
}

/// What people call a lineweight.
fn weight_name(weight: Option<Lineweight>) -> String {
    match weight {
        None => "mixed".into(),
        Some(Lineweight::ByLayer) => "By layer".into(),
        Some(Lineweight::ByBlock) => "By block".into(),
        Some(Lineweight::Default) => "Default".into(),
        Some(Lineweight::HundredthsMm(width)) => format!("{:.2} mm", f64::from(width) / 100.0),
    }
}

/// Chooses a lineweight.
pub(super) fn lineweight(ui: &mut Ui, id: &str, now: Option<Lineweight>, width: f32) -> Option<Lineweight> {
    let mut chosen = None;
    let name = weight_name(now);
    let shown =
        ComboBox::from_id_salt(id).selected_text(&name).truncate().width(width).height(400.0).show_ui(ui, |ui| {
            let usual = [Lineweight::ByLayer, Lineweight::ByBlock, Lineweight::Default].into_iter();
            for weight in usual.chain(WEIGHTS.into_iter().map(Lineweight::HundredthsMm)) {
                if ui.selectable_label(now == Some(weight), weight_name(Some(weight))).clicked() {
                    chosen = Some(weight);
                }
            }
        });
    shown.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, format!("Lineweight {name}")));
    chosen
}
