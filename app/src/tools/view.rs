//! Commands that change nothing: distance and zoom.

use drawing::{Point, Rect};

use super::{Preview, Tool, View};
use crate::action::{Action, CanvasEvent};
use crate::command::Command;
use crate::measure;
use crate::prompt::Prompt;

/// DIST: two points.
#[derive(Default)]
pub(super) struct Distance {
    first: Option<Point>,
}

impl Distance {
    fn words(from: Point, to: Point, view: &View) -> String {
        let header = view.drawing.header();
        let by = to - from;
        format!(
            "Distance {}, angle {}, delta {}, {}",
            measure::length(header, by.hypot()),
            measure::angle(header, by.atan2()),
            measure::length(header, by.x),
            measure::length(header, by.y)
        )
    }
}

impl Tool for Distance {
    fn command(&self) -> Command {
        Command::Distance
    }

    fn prompt(&self, _: &View) -> Prompt {
        Prompt::point(if self.first.is_none() { "Specify first point" } else { "Specify second point" })
    }

    fn event(&mut self, event: &CanvasEvent, view: &View) -> Vec<Action> {
        match (event, self.first) {
            (CanvasEvent::Point(at), None) => {
                self.first = Some(*at);
                Vec::new()
            }
            (CanvasEvent::Point(at), Some(first)) => {
                vec![Action::Say(Distance::words(first, *at, view)), Action::EndTool]
            }
            (CanvasEvent::Back, _) => {
                self.first = None;
                Vec::new()
            }
            (CanvasEvent::Accept | CanvasEvent::Cancel, _) => vec![Action::EndTool],
            _ => Vec::new(),
        }
    }

    fn preview(&self, view: &View) -> Preview {
        let Some(first) = self.first else { return Preview::default() };
        let note = measure::length(view.drawing.header(), (view.pointer - first).hypot());
        Preview { lines: vec![[first, view.pointer]], notes: vec![(view.pointer, note)], ..Preview::default() }
    }

    fn base(&self) -> Option<Point> {
        self.first
    }
}

/// ZOOM: two corners, or one of its words.
#[derive(Default)]
pub(super) struct ZoomWindow {
    first: Option<Point>,
}

impl Tool for ZoomWindow {
    fn command(&self) -> Command {
        Command::ZoomWindow
    }

    fn prompt(&self, _: &View) -> Prompt {
        match self.first {
            None => Prompt::point("Specify first corner of window").or(&["Extents"]),
            Some(_) => Prompt::point("Specify opposite corner"),
        }
    }

    fn event(&mut self, event: &CanvasEvent, _: &View) -> Vec<Action> {
        match (event, self.first) {
            (CanvasEvent::Point(at), None) => {
                self.first = Some(*at);
                Vec::new()
            }
            (CanvasEvent::Point(at), Some(first)) => {
                vec![Action::ZoomTo(Rect::from_points(first, *at)), Action::EndTool]
            }
            (CanvasEvent::Word(word), _) if word == "EXTENTS" => {
                vec![Action::EndTool, Action::Run(Command::ZoomExtents)]
            }
            (CanvasEvent::Back, _) => {
                self.first = None;
                Vec::new()
            }
            (CanvasEvent::Accept | CanvasEvent::Cancel, _) => vec![Action::EndTool],
            _ => Vec::new(),
        }
    }

    fn preview(&self, view: &View) -> Preview {
        let Some(first) = self.first else { return Preview::default() };
        let (a, c) = (first, view.pointer);
        let (b, d) = (Point::new(c.x, a.y), Point::new(a.x, c.y));
        Preview { lines: vec![[a, b], [b, c], [c, d], [d, a]], ..Preview::default() }
    }

    fn base(&self) -> Option<Point> {
        self.first
    }
}
