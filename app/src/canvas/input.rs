//! What the pointer does on the canvas, event by event, so that nothing is lost however slow a frame is.

use drawing::{EntityId, Point, Rect, Vec2};
use egui::{Event, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, Response, Ui};
use scene::{SnapKind, SnapKinds};

use super::Drag;
use crate::action::{Action, CanvasEvent, Pick};
use crate::command::Command;
use crate::document::Document;
use crate::review::Wish;
use crate::settings::{Scrolling, Settings};
use crate::theme::size;
use crate::tools::{ortho, polar};

/// How much larger one notch of the wheel makes the drawing.
const NOTCH: f64 = 1.25;

/// Takes the events since the last frame; gives what they ask for.
pub(super) fn take(ui: &mut Ui, response: &Response, document: &mut Document, settings: &Settings) -> Vec<Action> {
    let mut actions = Vec::new();
    let over = response.contains_pointer() || response.dragged() || document.pointer.panning;
    let events = ui.input(|input| input.events.clone());
    // A press that closes a menu does nothing else.
    let closes = egui::Popup::is_any_open(ui.ctx());
    let double_middle = response.double_clicked_by(PointerButton::Middle);
    for event in events {
        match event {
            Event::PointerMoved(at) => moved(document, settings, at),
            Event::PointerButton { pos, button, pressed, modifiers } => {
                moved(document, settings, pos);
                match (button, pressed) {
                    (PointerButton::Primary, true) if over && !closes => press(document, settings, pos, &mut actions),
                    (PointerButton::Primary, false) => release(document, settings, modifiers, &mut actions),
                    (PointerButton::Middle, true) if over => document.pointer.panning = true,
                    (PointerButton::Middle, false) => document.pointer.panning = false,
                    _ => {}
                }
            }
            Event::MouseWheel { unit, delta, modifiers, source, .. } if over && modifiers.is_none() => {
                let pans = match settings.scrolling {
                    // Where the system doesn't say, a wheel counts notches and fingers count points.
                    Scrolling::ByDevice => match source {
                        MouseWheelSource::Wheel => false,
                        MouseWheelSource::Trackpad | MouseWheelSource::Momentum => true,
                        MouseWheelSource::Unknown => unit == MouseWheelUnit::Point,
                    },
                    Scrolling::Zooms => false,
                    Scrolling::Pans => true,
                };
                if source == MouseWheelSource::Momentum {
                    // What the fingers have let go of stands still.
                    continue;
                }
                if pans {
                    let points = match unit {
                        MouseWheelUnit::Point => delta,
                        MouseWheelUnit::Line => delta * 50.0,
                        MouseWheelUnit::Page => delta * document.camera.area.height(),
                    };
                    document.camera.pan(points);
                    document.following = None;
                    locate(document, settings, document.pointer.screen);
                    continue;
                }
                let notches = match unit {
                    MouseWheelUnit::Line => f64::from(delta.y),
                    MouseWheelUnit::Point => f64::from(delta.y) / 50.0,
                    MouseWheelUnit::Page => f64::from(delta.y) * 4.0,
                };
                zoom(document, settings, NOTCH.powf(notches));
            }
            Event::Zoom(factor) if over => zoom(document, settings, f64::from(factor)),
            Event::PointerGone => document.pointer.over = false,
            _ => {}
        }
    }
    if double_middle {
        actions.push(Action::Run(Command::ZoomExtents));
    }
    document.pointer.over = over && response.hover_pos().is_some();
    hover(document);
    if document.pointer.panning {
        ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
    } else if document.pointer.over && document.tool.is_some() {
        ui.ctx().set_cursor_icon(egui::CursorIcon::Crosshair);
    }
    actions
}

fn zoom(document: &mut Document, settings: &Settings, factor: f64) {
    let at = document.pointer.screen;
    document.camera.zoom(at, factor);
    document.following = None;
    locate(document, settings, at);
}

fn moved(document: &mut Document, settings: &Settings, at: Pos2) {
    let before = document.pointer.screen;
    if at != before {
        document.pointer.cycled = None;
    }
    if document.pointer.panning {
        document.camera.pan(at - before);
        document.following = None;
    }
    document.pointer.screen = at;
    if let Drag::Pressed { at: down, on_selected } = document.pointer.drag
        && (at - down).length() > size::DRAG
    {
        locate(document, settings, down);
        document.pointer.drag = if on_selected && document.may_edit() {
            Drag::Move { from: document.pointer.at, by: Vec2::ZERO }
        } else {
            Drag::Window { from: document.camera.to_drawing(down) }
        };
    }
    locate(document, settings, at);
    if let Drag::Move { from, by } = &mut document.pointer.drag {
        *by = document.pointer.at - *from;
    }
}

/// Says where a place on the screen is in the drawing: raw, and snapped and kept level where that is on and wanted.
fn locate(document: &mut Document, settings: &Settings, at: Pos2) {
    let raw = document.camera.to_drawing(at);
    let moving = matches!(document.pointer.drag, Drag::Move { .. });
    let taking_hold = matches!(document.pointer.drag, Drag::Pressed { on_selected: true, .. });
    let pointing = document.tool.as_ref().is_some_and(|tool| !tool.selects() && !tool.drags());
    let base = match document.pointer.drag {
        Drag::Move { from, .. } => Some(from),
        _ => document.tool.as_ref().and_then(|tool| tool.base()),
    };
    let wants_snap = settings.snap && (moving || taking_hold || pointing);
    let snap = wants_snap.then(|| snap(document, raw, base, moving)).flatten();
    let at = match (snap, base) {
        (Some(snap), _) => snap.at,
        (None, Some(base)) if settings.ortho && (moving || pointing) => ortho(base, raw),
        (None, Some(base)) if settings.polar && (moving || pointing) => {
            polar(base, raw, document.camera.units(size::SNAP)).unwrap_or(raw)
        }
        _ => raw,
    };
    document.pointer.raw = raw;
    document.pointer.at = at;
    document.pointer.snap = snap;
}

fn snap(document: &Document, raw: Point, base: Option<Point>, moving: bool) -> Option<scene::Snap> {
    let kinds = SnapKinds::of(&[
        SnapKind::Endpoint,
        SnapKind::Midpoint,
        SnapKind::Center,
        SnapKind::Intersection,
        SnapKind::Perpendicular,
        SnapKind::Node,
        SnapKind::Insertion,
    ]);
    let reach = document.camera.units(size::SNAP);
    let skip = |id: EntityId| moving && document.selection.contains(&id);
    let scene = document.picture.scene()?;
    scene.snap(document.drawing(), raw, reach, kinds, base, &document.visibility, &skip)
}

fn press(document: &mut Document, settings: &Settings, at: Pos2, actions: &mut Vec<Action>) {
    if document.tool.as_ref().is_some_and(|tool| !tool.selects() && !tool.drags()) {
        locate(document, settings, at);
        actions.push(Action::Tell(CanvasEvent::Point(document.pointer.at)));
        return;
    }
    // Whatever is selected under the pointer is taken hold of, even if something else lies on top.
    let on_selected = document.tool.is_none() && is_on_selected(document, document.camera.to_drawing(at));
    document.pointer.drag = Drag::Pressed { at, on_selected };
}

fn is_on_selected(document: &Document, at: Point) -> bool {
    if document.selection.is_empty() {
        return false;
    }
    let reach = document.camera.units(size::PICK);
    let Some(scene) = document.picture.scene() else { return false };
    let hits = scene.pick(document.drawing(), at, reach, &document.visibility);
    hits.iter().any(|hit| document.selection.contains(&hit.id))
}

fn release(document: &mut Document, settings: &Settings, modifiers: Modifiers, actions: &mut Vec<Action>) {
    let pick = match (settings.click_adds, modifiers.shift) {
        (true, false) => Pick::Add,
        (true, true) => Pick::Remove,
        // The other way round: Shift+click takes what is selected out, and adds what is not.
        (false, true) => Pick::Add,
        (false, false) => Pick::Only,
    };
    let drags = document.tool.as_ref().is_some_and(|tool| tool.drags());
    match std::mem::take(&mut document.pointer.drag) {
        Drag::None => {}
        Drag::Pressed { at, .. } if drags => {
            actions.push(Action::Tell(CanvasEvent::Point(document.camera.to_drawing(at))));
        }
        Drag::Window { from } if drags => {
            let region = Rect::from_points(from, document.pointer.raw);
            actions.push(Action::Tell(CanvasEvent::Region(region)));
        }
        // A window is awaited, and a click is none.
        Drag::Pressed { .. } if document.review.as_ref().is_some_and(|review| review.picking_area) => {}
        Drag::Pressed { at, .. } => {
            let at = document.camera.to_drawing(at);
            if let Some(id) = document.pointer.cycled.or_else(|| under(document, at, pick)) {
                let taken_out = !settings.click_adds && modifiers.shift && document.selection.contains(&id);
                actions.push(Action::Select(vec![id], if taken_out { Pick::Remove } else { pick }));
            } else if pick == Pick::Only {
                actions.push(Action::SelectNone);
            }
        }
        Drag::Window { from } => {
            let to = document.pointer.raw;
            let rect = Rect::from_points(from, to);
            if document.review.as_ref().is_some_and(|review| review.picking_area) {
                return actions.push(Action::Review(Wish::Area(Some(rect))));
            }
            if let Some(scene) = document.picture.scene() {
                let (drawing, visibility) = (document.drawing(), &document.visibility);
                let ids = if to.x >= from.x {
                    scene.window(drawing, rect, visibility)
                } else {
                    scene.crossing(drawing, rect, visibility)
                };
                if !ids.is_empty() {
                    actions.push(Action::Select(ids, pick));
                }
            }
        }
        Drag::Move { by, .. } => actions.push(Action::Translate(by)),
    }
}

/// The topmost entity there that the click would change: an unselected one for adding, a selected one for removing.
fn under(document: &Document, at: Point, pick: Pick) -> Option<EntityId> {
    let reach = document.camera.units(size::PICK);
    let scene = document.picture.scene()?;
    let hits = scene.pick(document.drawing(), at, reach, &document.visibility);
    let wanted = hits.iter().find(|hit| document.selection.contains(&hit.id) == (pick == Pick::Remove));
    wanted.or(hits.first()).map(|hit| hit.id)
}

fn hover(document: &mut Document) {
    if let Some(cycled) = document.pointer.cycled {
        document.pointer.hover = document.pointer.over.then_some(cycled);
        return;
    }
    let pointer = &document.pointer;
    let pointing = document.tool.as_ref().is_some_and(|tool| !tool.selects() && !tool.drags());
    let looks = pointer.over && !pointing && pointer.drag == Drag::None && !pointer.panning;
    let at = pointer.raw;
    document.pointer.hover = if looks {
        let reach = document.camera.units(size::PICK);
        document.picture.pick(document.drawing(), at, reach, &document.visibility)
    } else {
        None
    };
}
