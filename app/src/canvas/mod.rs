//! The canvas: what is seen of the drawing, and what the pointer does to it.

pub mod camera;
mod grid;
mod input;
pub mod lift;
mod marks;
mod menu;
mod overlays;
mod paint;
mod people;
mod pins;

use drawing::{EntityId, Point, Vec2};
use egui::{Pos2, Role, Sense, Ui, WidgetInfo};
use protocol::{Ghost, Presence};
use scene::{Background, Snap};

pub use pins::new_place;

use crate::action::Action;
use crate::document::Document;
use crate::settings::Settings;
use crate::theme::Theme;

/// What the pointer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Drag {
    /// Nothing.
    #[default]
    None,
    /// The button went down here and has not moved far yet; on something selected or not.
    Pressed {
        /// Where on the screen.
        at: Pos2,
        /// Whether what is under it is selected.
        on_selected: bool,
    },
    /// It draws a window from here.
    Window {
        /// Where it began.
        from: Point,
    },
    /// It moves the selection.
    Move {
        /// Where it took hold, snapped.
        from: Point,
        /// How far it has come.
        by: Vec2,
    },
}

/// What the pointer is at.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pointer {
    /// Whether it is over the canvas.
    pub over: bool,
    /// Where it is on the screen.
    pub screen: Pos2,
    /// Where it is in the drawing.
    pub raw: Point,
    /// The same, snapped and kept level where that is on.
    pub at: Point,
    /// What it snapped to.
    pub snap: Option<Snap>,
    /// What lies under it.
    pub hover: Option<EntityId>,
    /// Which of several things under it was chosen by going through them.
    pub cycled: Option<EntityId>,
    /// What its button does.
    pub drag: Drag,
    /// Whether the middle button moves the view.
    pub panning: bool,
}

/// Shows the canvas in all the room there is; gives what the pointer wants.
pub fn show(ui: &mut Ui, document: &mut Document, settings: &Settings) -> Vec<Action> {
    let theme = Theme::of(ui.ctx());
    let (area, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Drawing"));
    resize(document, area);
    if let Some(review) = &mut document.review
        && review.tick(ui.input(|input| input.time))
    {
        ui.ctx().request_repaint();
    }
    let mut actions = input::take(ui, &response, document, settings);
    menu::show(&response, document, &mut actions);
    document.follow();
    document.people.still = settings.less_motion;

    let background = if theme.dark { Background::Dark } else { Background::Light };
    document.picture.lift(settings.lift_colors.then_some(theme.canvas));
    let px_per_unit = document.camera.scale * f64::from(ui.pixels_per_point());
    let seen = document.camera.seen();
    let drawing = document.drawing().clone();
    document.picture.keep_up(&drawing, &document.visibility, background, seen, px_per_unit);
    overlays::show(document, theme);

    let painter = ui.painter_at(area);
    painter.rect_filled(area, 0.0, theme.canvas);
    if settings.grid && document.is_here() {
        grid::paint(&painter, &document.camera, document.drawing().header().linear_format, theme);
    }
    paint::drawing(ui, &painter, document, background);
    marks::paint(&painter, document, settings, theme);
    people::paint(ui, &painter, document, theme);
    if document.is_here() {
        pins::show(ui, &painter, document, theme, &mut actions);
    }
    tell_presence(document);
    actions
}

/// A canvas of another size shows the same middle; all of the drawing, as long as that is what is shown.
fn resize(document: &mut Document, area: egui::Rect) {
    let before = document.camera;
    if before.area == area {
        return;
    }
    document.camera.area = area;
    if document.fitted == Some((before.center, before.scale))
        && let Some(extents) = document.picture.extents(document.drawing(), &document.visibility)
    {
        document.fit(extents);
    }
}

/// What others are shown of oneself.
fn tell_presence(document: &mut Document) {
    if !document.is_here() {
        return;
    }
    let facts = document.facts();
    let selection = facts.told.clone();
    let by = match document.pointer.drag {
        Drag::Move { by, .. } => Some(by),
        _ => overlays::preview_shift(document),
    };
    // What others hold a part of won't move.
    let ghost = by.filter(|_| !selection.is_empty() && facts.held == 0).map(|by| Ghost { ids: selection.clone(), by });
    let presence = Presence {
        cursor: document.pointer.over.then_some(document.pointer.at),
        view: Some(document.camera.view()),
        space: document.space,
        following: document.following,
        tool: document.tool.as_ref().map(|tool| tool.command().about().word.to_owned()),
        selection,
        ghost,
        attention: document.attention(),
    };
    document.show_presence(presence);
}
