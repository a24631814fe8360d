//! Inter for words, a mono for the prompt and coordinates, Phosphor for icons.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontId, RichText};

/// The family of headings and of what stands out.
const STRONG: &str = "strong";
/// The family of icons.
const ICONS: &str = "icons";

pub(super) fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::empty();
    let files: [(&str, &'static [u8]); 4] = [
        ("inter", include_bytes!("../../../assets/fonts/Inter-Regular.otf")),
        ("inter-semibold", include_bytes!("../../../assets/fonts/Inter-SemiBold.otf")),
        ("mono", include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf")),
        ("icons", include_bytes!("../../../assets/fonts/Phosphor.ttf")),
    ];
    for (name, bytes) in files {
        let mut data = FontData::from_static(bytes);
        if name == "icons" {
            // Phosphor's icons are as high as a line; this brings them level with Inter's capitals.
            data.tweak.y_offset_factor = -0.02;
            data.tweak.scale = 1.1;
        }
        fonts.font_data.insert(name.into(), Arc::new(data));
    }
    let family = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    fonts.families.insert(FontFamily::Proportional, family(&["inter", "icons", "mono"]));
    fonts.families.insert(FontFamily::Monospace, family(&["mono", "inter", "icons"]));
    fonts.families.insert(FontFamily::Name(STRONG.into()), family(&["inter-semibold", "icons", "mono"]));
    // Inter and Phosphor both use code points for private use: where an icon is meant, Phosphor comes first.
    fonts.families.insert(FontFamily::Name(ICONS.into()), family(&["icons", "inter"]));
    ctx.set_fonts(fonts);
}

/// An icon.
pub fn icon(icon: &str) -> RichText {
    RichText::new(icon).family(FontFamily::Name(ICONS.into()))
}

/// Text that stands out.
pub fn strong(text: impl Into<String>) -> RichText {
    RichText::new(text).family(FontFamily::Name(STRONG.into()))
}

/// The prompt's and the coordinates' font at a size.
pub fn mono(size: f32) -> FontId {
    FontId::monospace(size)
}
