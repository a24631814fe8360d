//! Lines, polylines, circles, rectangles, texts.

use drawing::{Extrusion, Point, Point3, PolylineForm, Shape, Vertex};

use super::{Preview, Tool, View};
use crate::action::{Action, CanvasEvent};
use crate::command::Command;
use crate::measure;
use crate::prompt::Prompt;

/// The height of a text where the drawing names none.
const TEXT_HEIGHT: f64 = 2.5;

fn line(from: Point, to: Point) -> Shape {
    Shape::Line(drawing::Line { start: from.into(), end: to.into() })
}

fn polyline(points: &[Point], closed: bool) -> Shape {
    let vertices = points.iter().map(|&at| Vertex::corner(at.into())).collect();
    Shape::Polyline(drawing::Polyline { form: PolylineForm::Light, vertices, closed, extrusion: Extrusion::UP })
}

/// The line to the pointer with its length and angle.
fn rubber(from: Point, view: &View) -> Preview {
    let by = view.pointer - from;
    let header = view.drawing.header();
    let note = format!("{}  {}", measure::length(header, by.hypot()), measure::angle(header, by.atan2()));
    Preview { lines: vec![[from, view.pointer]], notes: vec![(view.pointer, note)], ..Preview::default() }
}

/// LINE: every piece is an entity of its own as soon as it has an end.
#[derive(Default)]
pub(super) struct Line {
    points: Vec<Point>,
}

impl Tool for Line {
    fn command(&self) -> Command {
        Command::Line
    }

    fn prompt(&self, _: &View) -> Prompt {
        match self.points.len() {
            0 => Prompt::point("Specify first point"),
            1 => Prompt::point("Specify next point").or(&["Undo"]),
            2 => Prompt::point("Specify next point").or(&["Exit", "Undo"]),
            _ => Prompt::point("Specify next point").or(&["Close", "Exit", "Undo"]),
        }
    }

    fn event(&mut self, event: &CanvasEvent, _: &View) -> Vec<Action> {
        match event {
            CanvasEvent::Point(at) => {
                let from = self.points.last().copied();
                if from == Some(*at) {
                    return vec![Action::Say("A line needs two different points".into())];
                }
                self.points.push(*at);
                from.map(|from| Action::Draw(vec![line(from, *at)])).into_iter().collect()
            }
            CanvasEvent::Word(word) if word == "CLOSE" && self.points.len() > 2 => {
                vec![Action::Draw(vec![line(self.points[self.points.len() - 1], self.points[0])]), Action::EndTool]
            }
            CanvasEvent::Back => match self.points.pop() {
                Some(_) if !self.points.is_empty() => vec![Action::TakeBack],
                _ => Vec::new(),
            },
            CanvasEvent::Refused => {
                self.points.pop();
                Vec::new()
            }
            CanvasEvent::Word(word) if word == "EXIT" => vec![Action::EndTool],
            CanvasEvent::Accept | CanvasEvent::Cancel => vec![Action::EndTool],
            _ => Vec::new(),
        }
    }

    fn preview(&self, view: &View) -> Preview {
        self.points.last().map(|&from| rubber(from, view)).unwrap_or_default()
    }

    fn base(&self) -> Option<Point> {
        self.points.last().copied()
    }
}

/// PLINE: one entity, when it is done.
#[derive(Default)]
pub(super) struct Polyline {
    points: Vec<Point>,
}

impl Polyline {
    fn done(&self, closed: bool) -> Vec<Action> {
        let drawn = (self.points.len() > 1).then(|| Action::Draw(vec![polyline(&self.points, closed)]));
        drawn.into_iter().chain([Action::EndTool]).collect()
    }
}

impl Tool for Polyline {
    fn command(&self) -> Command {
        Command::Polyline
    }

    fn prompt(&self, _: &View) -> Prompt {
        match self.points.len() {
            0 => Prompt::point("Specify start point"),
            1 | 2 => Prompt::point("Specify next point").or(&["Undo"]),
            _ => Prompt::point("Specify next point").or(&["Close", "Undo"]),
        }
    }

    fn event(&mut self, event: &CanvasEvent, _: &View) -> Vec<Action> {
        match event {
            CanvasEvent::Point(at) => {
                if self.points.last() != Some(at) {
                    self.points.push(*at);
                }
                Vec::new()
            }
            CanvasEvent::Word(word) if word == "CLOSE" && self.points.len() > 2 => self.done(true),
            CanvasEvent::Back => {
                self.points.pop();
                Vec::new()
            }
            CanvasEvent::Accept | CanvasEvent::Cancel => self.done(false),
            _ => Vec::new(),
        }
    }

    fn preview(&self, view: &View) -> Preview {
        let Some(&last) = self.points.last() else { return Preview::default() };
        let mut preview = rubber(last, view);
        preview.lines.extend(self.points.windows(2).map(|pair| [pair[0], pair[1]]));
        preview
    }

    fn base(&self) -> Option<Point> {
        self.points.last().copied()
    }
}

/// CIRCLE: its middle, then its radius or diameter.
#[derive(Default)]
pub(super) struct Circle {
    center: Option<Point>,
    diameter: bool,
}

impl Tool for Circle {
    fn command(&self) -> Command {
        Command::Circle
    }

    fn prompt(&self, _: &View) -> Prompt {
        match (self.center, self.diameter) {
            (None, _) => Prompt::point("Specify center point"),
            (Some(_), false) => Prompt::length("Specify radius").or(&["Diameter"]),
            (Some(_), true) => Prompt::length("Specify diameter").or(&["Radius"]),
        }
    }

    fn event(&mut self, event: &CanvasEvent, _: &View) -> Vec<Action> {
        let radius = match (event, self.center) {
            (CanvasEvent::Point(at), None) => {
                self.center = Some(*at);
                return Vec::new();
            }
            (CanvasEvent::Word(word), Some(_)) if word == "DIAMETER" || word == "RADIUS" => {
                self.diameter = word == "DIAMETER";
                return Vec::new();
            }
            // A click always gives the radius: what is under the pointer is on the circle.
            (CanvasEvent::Point(at), Some(center)) => (*at - center).hypot(),
            (CanvasEvent::Number(number), Some(_)) if self.diameter => number / 2.0,
            (CanvasEvent::Number(number), Some(_)) => *number,
            (CanvasEvent::Back, _) => {
                self.center = None;
                return Vec::new();
            }
            (CanvasEvent::Accept | CanvasEvent::Cancel, _) => return vec![Action::EndTool],
            _ => return Vec::new(),
        };
        match self.center {
            Some(center) if radius > 0.0 => {
                let circle = drawing::Circle { center: center.into(), radius, extrusion: Extrusion::UP };
                vec![Action::Draw(vec![Shape::Circle(circle)]), Action::EndTool]
            }
            _ => vec![Action::Say("A radius is greater than zero".into())],
        }
    }

    fn preview(&self, view: &View) -> Preview {
        let Some(center) = self.center else { return Preview::default() };
        let mut preview = rubber(center, view);
        preview.circles.push((center, (view.pointer - center).hypot()));
        preview
    }

    fn base(&self) -> Option<Point> {
        self.center
    }
}

/// RECTANGLE: two corners, a closed polyline.
#[derive(Default)]
pub(super) struct Rectangle {
    first: Option<Point>,
}

fn corners(a: Point, b: Point) -> [Point; 4] {
    [a, Point::new(b.x, a.y), b, Point::new(a.x, b.y)]
}

impl Tool for Rectangle {
    fn command(&self) -> Command {
        Command::Rectangle
    }

    fn prompt(&self, _: &View) -> Prompt {
        match self.first {
            None => Prompt::point("Specify first corner point"),
            Some(_) => Prompt::point("Specify other corner point"),
        }
    }

    fn event(&mut self, event: &CanvasEvent, _: &View) -> Vec<Action> {
        match (event, self.first) {
            (CanvasEvent::Point(at), None) => {
                self.first = Some(*at);
                Vec::new()
            }
            (CanvasEvent::Point(at), Some(first)) if at.x != first.x && at.y != first.y => {
                vec![Action::Draw(vec![polyline(&corners(first, *at), true)]), Action::EndTool]
            }
            (CanvasEvent::Point(_), Some(_)) => vec![Action::Say("A rectangle needs a width and a height".into())],
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
        let [a, b, c, d] = corners(first, view.pointer);
        let header = view.drawing.header();
        let by = view.pointer - first;
        let note = format!("{} x {}", measure::length(header, by.x.abs()), measure::length(header, by.y.abs()));
        Preview { lines: vec![[a, b], [b, c], [c, d], [d, a]], notes: vec![(view.pointer, note)], ..Preview::default() }
    }

    fn base(&self) -> Option<Point> {
        self.first
    }
}

/// TEXT: where it starts, how high, what it says.
#[derive(Default)]
pub(super) struct Text {
    at: Option<Point>,
    height: Option<f64>,
    /// The height that Enter takes, looked up once.
    usual: f64,
}

impl Text {
    /// The height that Enter takes: that of the last text of the drawing, else of a new drawing's style.
    fn usual_height(view: &View) -> f64 {
        let last = view.space.and_then(|space| {
            let texts = view.drawing.entities_of(space).filter_map(|entity| match &entity.shape {
                Shape::Text(text) => Some(text.height),
                Shape::MText(text) => Some(text.height),
                _ => None,
            });
            texts.last()
        });
        last.filter(|height| *height > 0.0).unwrap_or(TEXT_HEIGHT)
    }
}

impl Tool for Text {
    fn command(&self) -> Command {
        Command::Text
    }

    fn prompt(&self, view: &View) -> Prompt {
        match (self.at, self.height) {
            (None, _) => Prompt::point("Specify start point of text"),
            (Some(_), None) => {
                let usual = measure::length(view.drawing.header(), self.usual);
                Prompt::length(format!("Specify height <{usual}>"))
            }
            (Some(_), Some(_)) => Prompt::words("Enter text"),
        }
    }

    fn event(&mut self, event: &CanvasEvent, view: &View) -> Vec<Action> {
        match (event, self.at, self.height) {
            (CanvasEvent::Point(at), None, _) => {
                self.at = Some(*at);
                self.usual = Text::usual_height(view);
            }
            (CanvasEvent::Point(to), Some(at), None) => self.height = Some((*to - at).hypot()).filter(|h| *h > 0.0),
            (CanvasEvent::Number(height), Some(_), None) if *height > 0.0 => self.height = Some(*height),
            (CanvasEvent::Number(_), Some(_), None) => {
                return vec![Action::Say("A height is greater than zero".into())];
            }
            (CanvasEvent::Accept, Some(_), None) => self.height = Some(self.usual),
            (CanvasEvent::Words(value), Some(at), Some(height)) => {
                let text = drawing::Text {
                    value: value.clone(),
                    at: Point3::from(at),
                    align_at: None,
                    height,
                    rotation_deg: 0.0,
                    width_factor: 1.0,
                    oblique_deg: 0.0,
                    style: view.drawing.text_style_named("Standard"),
                    h_align: drawing::HAlign::Left,
                    v_align: drawing::VAlign::Baseline,
                    backward: false,
                    upside_down: false,
                    extrusion: Extrusion::UP,
                };
                // The next line follows below, until an empty one ends the command.
                self.at = Some(Point::new(at.x, at.y - height * 5.0 / 3.0));
                return vec![Action::Draw(vec![Shape::Text(text)])];
            }
            (CanvasEvent::Refused, Some(at), Some(height)) => {
                self.at = Some(Point::new(at.x, at.y + height * 5.0 / 3.0));
            }
            (CanvasEvent::Back, _, Some(_)) => self.height = None,
            (CanvasEvent::Back, _, None) => self.at = None,
            (CanvasEvent::Accept | CanvasEvent::Cancel, ..) => return vec![Action::EndTool],
            _ => {}
        }
        Vec::new()
    }

    fn preview(&self, view: &View) -> Preview {
        match (self.at, self.height) {
            (Some(at), None) => rubber(at, view),
            (Some(at), Some(height)) => {
                Preview { lines: vec![[at, Point::new(at.x, at.y + height)]], ..Preview::default() }
            }
            _ => Preview::default(),
        }
    }

    fn base(&self) -> Option<Point> {
        self.at
    }
}
