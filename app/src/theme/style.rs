//! The tokens as egui's style.

use egui::{CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Vec2, style::WidgetVisuals};

use super::{Theme, size};

/// How long things glide and fade, in seconds.
pub(super) const ANIMATION_S: f32 = 0.08;

pub(super) fn apply(style: &mut Style, theme: &Theme) {
    let font = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, font(size::LABEL)),
        (TextStyle::Body, font(size::BODY)),
        (TextStyle::Button, font(size::BODY)),
        (TextStyle::Heading, font(size::TITLE)),
        (TextStyle::Monospace, FontId::new(size::DENSE, FontFamily::Monospace)),
    ]
    .into();
    style.animation_time = ANIMATION_S;
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::new(size::S, size::S);
    spacing.button_padding = Vec2::new(size::M, size::S);
    spacing.interact_size = Vec2::new(size::ROW, size::ROW);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(16);
    spacing.icon_width = size::ICON;
    spacing.combo_width = 80.0;
    spacing.scroll.floating = true;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    visuals(&mut style.visuals, theme);
}

fn visuals(visuals: &mut egui::Visuals, theme: &Theme) {
    let radius = CornerRadius::same(size::RADIUS);
    *visuals = if theme.dark { egui::Visuals::dark() } else { egui::Visuals::light() };
    visuals.panel_fill = theme.panel;
    visuals.window_fill = theme.panel;
    visuals.window_stroke = Stroke::new(1.0, theme.line);
    visuals.window_corner_radius = radius;
    visuals.menu_corner_radius = radius;
    visuals.window_shadow = Shadow { offset: [0, 8], blur: 24, spread: 0, color: theme.backdrop };
    visuals.popup_shadow = Shadow { offset: [0, 4], blur: 12, spread: 0, color: theme.backdrop };
    visuals.extreme_bg_color = theme.canvas;
    visuals.text_edit_bg_color = Some(theme.canvas);
    visuals.faint_bg_color = theme.raised;
    visuals.code_bg_color = theme.raised;
    visuals.hyperlink_color = theme.accent;
    visuals.warn_fg_color = theme.warn;
    visuals.error_fg_color = theme.bad;
    visuals.weak_text_color = Some(theme.quiet);
    // What can't be used has a colour of its own already.
    visuals.disabled_alpha = 0.8;
    visuals.selection.bg_fill = theme.accent.gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, theme.text);
    visuals.text_cursor.stroke = Stroke::new(1.5, theme.accent);
    // A blink is a repaint.
    visuals.text_cursor.blink = false;
    let widget = |fill, border, text| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, border),
        corner_radius: radius,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(theme.panel, theme.line, theme.text);
    // On light, what is raised is white on nearly white: a line says where it ends.
    let edge = if theme.dark { theme.raised } else { theme.line };
    visuals.widgets.inactive = widget(theme.raised, edge, theme.text);
    visuals.widgets.hovered = widget(theme.line, theme.line, theme.text);
    visuals.widgets.active = widget(theme.line, theme.accent, theme.text);
    visuals.widgets.open = widget(theme.raised, theme.line, theme.text);
}
