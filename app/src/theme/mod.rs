//! Colours, sizes and fonts: the only place that names one. Everything else asks [`Theme::of`].

mod fonts;
mod style;

use egui::Color32;

pub use fonts::{icon, mono, strong};

/// The tokens of one theme.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Whether it is the dark one.
    pub dark: bool,
    /// Behind the drawing.
    pub canvas: Color32,
    /// Behind bars and panels.
    pub panel: Color32,
    /// Behind fields, cards and what the pointer is over.
    pub raised: Color32,
    /// Between areas.
    pub line: Color32,
    /// What is read.
    pub text: Color32,
    /// What is read second.
    pub quiet: Color32,
    /// What can't be used now.
    pub disabled: Color32,
    /// One's own selection and the main thing to do; no person has it.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// All is well.
    pub good: Color32,
    /// Something waits.
    pub warn: Color32,
    /// Something failed.
    pub bad: Color32,
    /// The inside of a window selection.
    pub window: Color32,
    /// The inside of a crossing selection.
    pub crossing: Color32,
    /// Lines of the grid; every fifth is drawn twice.
    pub grid: Color32,
    /// Snap glyphs.
    pub snap: Color32,
    /// Under a dialog.
    pub backdrop: Color32,
    /// The eight colours of people, told apart by colour-blind eyes too.
    pub people: [Color32; 8],
    /// Text on each of them.
    pub on_people: [Color32; 8],
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const BLACK: Color32 = rgb(0x0B1220);
const WHITE: Color32 = rgb(0xFFFFFF);

static DARK: Theme = Theme {
    dark: true,
    canvas: rgb(0x14171C),
    panel: rgb(0x1B1F26),
    raised: rgb(0x242A33),
    line: rgb(0x313947),
    text: rgb(0xE6E9EE),
    quiet: rgb(0x9AA4B2),
    disabled: rgb(0x5B6472),
    accent: rgb(0x4C9DFF),
    on_accent: rgb(0x0B1220),
    good: rgb(0x4FB477),
    warn: rgb(0xE0A93B),
    bad: rgb(0xF0716F),
    window: Color32::from_rgba_premultiplied(11, 24, 38, 38),
    crossing: Color32::from_rgba_premultiplied(12, 27, 18, 38),
    grid: rgb(0x1F242C),
    snap: rgb(0x4FB477),
    backdrop: Color32::from_black_alpha(120),
    people: [
        rgb(0xB4FFFF),
        rgb(0xFFA51E),
        rgb(0xC3B4FF),
        rgb(0x3C9669),
        rgb(0xFF3C00),
        rgb(0xD25AC3),
        rgb(0x1EE1A5),
        rgb(0xFFF000),
    ],
    on_people: [BLACK, BLACK, BLACK, BLACK, BLACK, BLACK, BLACK, BLACK],
};

static LIGHT: Theme = Theme {
    dark: false,
    canvas: rgb(0xFBFBF8),
    panel: rgb(0xF3F4F6),
    raised: rgb(0xFFFFFF),
    line: rgb(0xD9DDE3),
    text: rgb(0x1C2128),
    quiet: rgb(0x5B6472),
    disabled: rgb(0xA3ABB7),
    accent: rgb(0x1667D9),
    on_accent: rgb(0xFFFFFF),
    good: rgb(0x237448),
    warn: rgb(0x855C00),
    bad: rgb(0xB83230),
    window: Color32::from_rgba_premultiplied(3, 15, 33, 38),
    crossing: Color32::from_rgba_premultiplied(5, 17, 11, 38),
    grid: rgb(0xEFEFEB),
    snap: rgb(0x237448),
    backdrop: Color32::from_black_alpha(60),
    people: [
        rgb(0x00002D),
        rgb(0xA578B4),
        rgb(0x3C0069),
        rgb(0x874B78),
        rgb(0xE1694B),
        rgb(0x69000F),
        rgb(0x0000C3),
        rgb(0xB41E00),
    ],
    on_people: [WHITE, BLACK, WHITE, WHITE, BLACK, WHITE, WHITE, WHITE],
};

impl Theme {
    /// The tokens in force.
    pub fn of(ctx: &egui::Context) -> &'static Theme {
        Theme::named(ctx.theme())
    }

    /// The tokens of the dark or of the light theme.
    pub fn named(theme: egui::Theme) -> &'static Theme {
        match theme {
            egui::Theme::Dark => &DARK,
            egui::Theme::Light => &LIGHT,
        }
    }

    /// The colour of a person by their place among the colours.
    pub fn person(&self, color: u8) -> Color32 {
        self.people[usize::from(color) % self.people.len()]
    }

    /// Text on the colour of a person.
    pub fn on_person(&self, color: u8) -> Color32 {
        self.on_people[usize::from(color) % self.people.len()]
    }

    /// The colour an entity of the drawing would have on this theme's canvas: index 7 is black or white.
    pub fn drawing_color(&self, rgb: [u8; 3]) -> Color32 {
        Color32::from_rgb(rgb[0], rgb[1], rgb[2])
    }
}

/// Fonts and both themes, put into a fresh context.
pub fn install(ctx: &egui::Context) {
    fonts::install(ctx);
    for theme in [egui::Theme::Dark, egui::Theme::Light] {
        ctx.style_mut_of(theme, |style| style::apply(style, Theme::named(theme)));
    }
}

/// Whether things may glide and fade.
pub fn set_motion(ctx: &egui::Context, moves: bool) {
    ctx.all_styles_mut(|style| style.animation_time = if moves { style::ANIMATION_S } else { 0.0 });
}

/// Sizes in points.
pub mod size {
    /// Steps of spacing.
    pub const S: f32 = 4.0;
    /// Twice [`S`].
    pub const M: f32 = 8.0;
    /// Three times [`S`].
    pub const L: f32 = 12.0;
    /// Four times [`S`].
    pub const XL: f32 = 16.0;
    /// The top bar.
    pub const TOP: f32 = 40.0;
    /// The tool rail.
    pub const RAIL: f32 = 44.0;
    /// The right panels.
    pub const SIDE: f32 = 300.0;
    /// The prompt line.
    pub const PROMPT: f32 = 30.0;
    /// The status bar.
    pub const STATUS: f32 = 26.0;
    /// A dense row, and the least of anything to hit.
    pub const ROW: f32 = 24.0;
    /// Corners.
    pub const RADIUS: u8 = 6;
    /// What is read.
    pub const BODY: f32 = 13.0;
    /// Dense rows.
    pub const DENSE: f32 = 12.0;
    /// Labels.
    pub const LABEL: f32 = 11.0;
    /// Initials on a small disc.
    pub const TINY: f32 = 9.0;
    /// Icons.
    pub const ICON: f32 = 16.0;
    /// Titles of dialogs.
    pub const TITLE: f32 = 15.0;
    /// The greeting of the empty state.
    pub const GREETING: f32 = 22.0;
    /// Outlines of what others hold.
    pub const HELD: f32 = 2.0;
    /// A drag starts past this.
    pub const DRAG: f32 = 4.0;
    /// What the pointer picks around it.
    pub const PICK: f32 = 6.0;
    /// What the pointer snaps to around it.
    pub const SNAP: f32 = 12.0;
}
