//! Commands that take points: each a small state machine from answers to actions, with a prompt and a preview.

mod comment;
mod draw;
mod modify;
mod paste;
mod view;

use std::collections::BTreeSet;

use drawing::{BlockId, Drawing, EntityId, Point, Vec2};

use crate::action::{Action, CanvasEvent};
use crate::command::Command;
use crate::prompt::Prompt;

/// What a tool may read.
pub struct View<'a> {
    /// The drawing as it is shown.
    pub drawing: &'a Drawing,
    /// Which space of it is in front.
    pub space: Option<BlockId>,
    /// What is selected.
    pub selection: &'a BTreeSet<EntityId>,
    /// Where the pointer is, snapped and kept level where that is on.
    pub pointer: Point,
}

/// What is shown while a command waits for an answer, before anything is changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Preview {
    /// Straight lines.
    pub lines: Vec<[Point; 2]>,
    /// Circles: middle and radius.
    pub circles: Vec<(Point, f64)>,
    /// A length or an angle beside a point, in words.
    pub notes: Vec<(Point, String)>,
    /// The selection, as it would be.
    pub ghost: Option<Ghosting>,
}

/// How the ghost of the selection stands to the selection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ghosting {
    /// Moved.
    Moved(Vec2),
    /// Turned around a point, radians counter-clockwise.
    Turned(Point, f64),
    /// Not the selection at all: what is about to be pasted, moved.
    Guest(Vec2),
}

/// A command that takes points.
pub trait Tool {
    /// Which command it carries out.
    fn command(&self) -> Command;
    /// What it asks for now.
    fn prompt(&self, view: &View) -> Prompt;
    /// An answer.
    fn event(&mut self, event: &CanvasEvent, view: &View) -> Vec<Action>;
    /// What is shown meanwhile.
    fn preview(&self, view: &View) -> Preview;
    /// The last point: what `@` and ortho count from.
    fn base(&self) -> Option<Point>;
    /// Whether clicks select instead of giving points.
    fn selects(&self) -> bool {
        false
    }
    /// Whether it tells a click from a rectangle that is drawn: a point is given when the button comes up.
    fn drags(&self) -> bool {
        false
    }
}

/// The tool of a command, if it is one that takes points.
pub fn tool_of(command: Command, has_selection: bool) -> Option<Box<dyn Tool>> {
    Some(match command {
        Command::Line => Box::new(draw::Line::default()),
        Command::Polyline => Box::new(draw::Polyline::default()),
        Command::Circle => Box::new(draw::Circle::default()),
        Command::Rectangle => Box::new(draw::Rectangle::default()),
        Command::Text => Box::new(draw::Text::default()),
        Command::Move => Box::new(modify::Shift::new(false, has_selection)),
        Command::CopyTo => Box::new(modify::Shift::new(true, has_selection)),
        Command::Rotate => Box::new(modify::Rotate::new(has_selection)),
        Command::Erase => Box::new(modify::Erase),
        Command::Comment => Box::new(comment::Comment),
        Command::Distance => Box::new(view::Distance::default()),
        Command::ZoomWindow => Box::new(view::ZoomWindow::default()),
        _ => return None,
    })
}

/// The tool that pastes what stands by `base`.
pub fn paste_of(base: Point) -> Box<dyn Tool> {
    Box::new(paste::Paste::new(base))
}

/// Keeps `to` level with or upright above `from`, whichever is nearer.
pub fn ortho(from: Point, to: Point) -> Point {
    let by = to - from;
    if by.x.abs() >= by.y.abs() { Point::new(to.x, from.y) } else { Point::new(from.x, to.y) }
}

/// Draws `to` to the nearest multiple of 45 degrees around `from`, where it is within `reach` of that way; none
/// elsewhere.
pub fn polar(from: Point, to: Point, reach: f64) -> Option<Point> {
    let by = to - from;
    let step = std::f64::consts::FRAC_PI_4;
    let eighth = (by.atan2() / step).round() as i64;
    let diagonal = std::f64::consts::FRAC_1_SQRT_2;
    // Level and upright come out exact.
    let way = match eighth.rem_euclid(8) {
        0 => Vec2::new(1.0, 0.0),
        1 => Vec2::new(diagonal, diagonal),
        2 => Vec2::new(0.0, 1.0),
        3 => Vec2::new(-diagonal, diagonal),
        4 => Vec2::new(-1.0, 0.0),
        5 => Vec2::new(-diagonal, -diagonal),
        6 => Vec2::new(0.0, -1.0),
        _ => Vec2::new(diagonal, -diagonal),
    };
    let on_way = from + way * by.dot(way);
    ((on_way - to).hypot() <= reach).then_some(on_way)
}

#[cfg(test)]
mod tests;
