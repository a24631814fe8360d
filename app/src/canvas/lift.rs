//! Colours that the background swallows are lifted, on the screen alone, until they can be told from it.

use egui::Color32;

/// How much lighter or darker than the background a line is at least.
const CONTRAST: f32 = 3.0;
/// Steps on the way to white or black.
const STEPS: usize = 24;

/// How light a colour is, from its sRGB parts.
fn luminance([r, g, b]: [f32; 3]) -> f32 {
    let linear = |v: f32| if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

fn contrast(a: f32, b: f32) -> f32 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The colour, or one as like it as can be that stands out from the background.
pub fn lifted(color: [f32; 4], background: Color32) -> [f32; 4] {
    let [r, g, b, opacity] = color;
    let [br, bg, bb, _] = background.to_normalized_gamma_f32();
    let behind = luminance([br, bg, bb]);
    // Away from the background, whichever way that is.
    let end = if behind < 0.18 { 1.0 } else { 0.0 };
    for step in 0..=STEPS {
        let part = step as f32 / STEPS as f32;
        let mixed = [r, g, b].map(|v| v + (end - v) * part);
        if contrast(luminance(mixed), behind) >= CONTRAST {
            return [mixed[0], mixed[1], mixed[2], opacity];
        }
    }
    [end, end, end, opacity]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Theme;

    #[test]
    fn what_is_seen_stays_and_what_vanishes_is_lifted() {
        for (theme, seen, vanishing) in [
            (egui::Theme::Dark, [1.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]),
            (egui::Theme::Light, [0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 1.0]),
        ] {
            let canvas = Theme::named(theme).canvas;
            assert_eq!(lifted(seen, canvas), seen, "{theme:?}");
            let [r, g, b, _] = lifted(vanishing, canvas);
            let [br, bg, bb, _] = canvas.to_normalized_gamma_f32();
            let found = contrast(luminance([r, g, b]), luminance([br, bg, bb]));
            assert!((CONTRAST..4.5).contains(&found), "{theme:?}: {found}");
        }
    }
}
