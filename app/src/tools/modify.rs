//! Move, copy, rotate, erase.

use drawing::{Point, Vec2};

use super::{Ghosting, Preview, Tool, View};
use crate::action::{Action, CanvasEvent};
use crate::command::Command;
use crate::measure;
use crate::prompt::Prompt;

fn select_prompt(view: &View) -> Prompt {
    match view.selection.len() {
        0 => Prompt { text: "Select objects".into(), ..Prompt::default() },
        count => Prompt { text: format!("Select objects, Enter when done ({count} selected)"), ..Prompt::default() },
    }
}

/// What Enter and Esc do while objects are being selected; true where they are chosen.
fn chosen(event: &CanvasEvent, view: &View) -> Result<bool, Vec<Action>> {
    match event {
        CanvasEvent::Accept if view.selection.is_empty() => Err(vec![Action::EndTool]),
        CanvasEvent::Accept => Ok(true),
        CanvasEvent::Cancel => Err(vec![Action::EndTool]),
        _ => Ok(false),
    }
}

/// MOVE and COPY: a base point and a second one, or a displacement.
pub(super) struct Shift {
    copies: bool,
    selecting: bool,
    displacement: bool,
    base: Option<Point>,
}

impl Shift {
    pub(super) fn new(copies: bool, has_selection: bool) -> Shift {
        Shift { copies, selecting: !has_selection, displacement: false, base: None }
    }

    fn by(&self, by: Vec2) -> Vec<Action> {
        if self.copies {
            // Copies go on until Enter.
            vec![Action::CopyBy(by)]
        } else {
            vec![Action::Translate(by), Action::EndTool]
        }
    }
}

impl Tool for Shift {
    fn command(&self) -> Command {
        if self.copies { Command::CopyTo } else { Command::Move }
    }

    fn prompt(&self, view: &View) -> Prompt {
        if self.selecting {
            return select_prompt(view);
        }
        match (self.base, self.displacement) {
            (_, true) => Prompt::point("Specify displacement"),
            (None, false) => Prompt::point("Specify base point").or(&["Displacement"]),
            (Some(_), false) => Prompt::point("Specify second point"),
        }
    }

    fn event(&mut self, event: &CanvasEvent, view: &View) -> Vec<Action> {
        if self.selecting {
            return match chosen(event, view) {
                Ok(done) => {
                    self.selecting = !done;
                    Vec::new()
                }
                Err(actions) => actions,
            };
        }
        match (event, self.base) {
            (CanvasEvent::Point(at), _) if self.displacement => {
                self.displacement = false;
                self.by(at.to_vec2())
            }
            (CanvasEvent::Point(at), None) => {
                self.base = Some(*at);
                Vec::new()
            }
            (CanvasEvent::Point(at), Some(base)) => self.by(*at - base),
            (CanvasEvent::Word(word), _) if word == "DISPLACEMENT" => {
                self.displacement = true;
                Vec::new()
            }
            (CanvasEvent::Back, _) => {
                self.base = None;
                Vec::new()
            }
            (CanvasEvent::Accept | CanvasEvent::Cancel, _) => vec![Action::EndTool],
            _ => Vec::new(),
        }
    }

    fn preview(&self, view: &View) -> Preview {
        let Some(base) = self.base else { return Preview::default() };
        let by = view.pointer - base;
        let header = view.drawing.header();
        let note = format!("{}  {}", measure::length(header, by.hypot()), measure::angle(header, by.atan2()));
        Preview {
            lines: vec![[base, view.pointer]],
            notes: vec![(view.pointer, note)],
            ghost: Some(Ghosting::Moved(by)),
            ..Preview::default()
        }
    }

    fn base(&self) -> Option<Point> {
        self.base
    }

    fn selects(&self) -> bool {
        self.selecting
    }
}

/// ROTATE: a base point, then an angle in degrees or a point in its direction.
pub(super) struct Rotate {
    selecting: bool,
    base: Option<Point>,
}

impl Rotate {
    pub(super) fn new(has_selection: bool) -> Rotate {
        Rotate { selecting: !has_selection, base: None }
    }
}

impl Tool for Rotate {
    fn command(&self) -> Command {
        Command::Rotate
    }

    fn prompt(&self, view: &View) -> Prompt {
        match (self.selecting, self.base) {
            (true, _) => select_prompt(view),
            (false, None) => Prompt::point("Specify base point"),
            (false, Some(_)) => Prompt::length("Specify rotation angle"),
        }
    }

    fn event(&mut self, event: &CanvasEvent, view: &View) -> Vec<Action> {
        if self.selecting {
            return match chosen(event, view) {
                Ok(done) => {
                    self.selecting = !done;
                    Vec::new()
                }
                Err(actions) => actions,
            };
        }
        match (event, self.base) {
            (CanvasEvent::Point(at), None) => {
                self.base = Some(*at);
                Vec::new()
            }
            (CanvasEvent::Point(at), Some(center)) if *at != center => {
                vec![Action::Rotate { center, radians: (*at - center).atan2() }, Action::EndTool]
            }
            (CanvasEvent::Number(degrees), Some(center)) => {
                vec![Action::Rotate { center, radians: degrees.to_radians() }, Action::EndTool]
            }
            (CanvasEvent::Back, _) => {
                self.base = None;
                Vec::new()
            }
            (CanvasEvent::Accept | CanvasEvent::Cancel, _) => vec![Action::EndTool],
            _ => Vec::new(),
        }
    }

    fn preview(&self, view: &View) -> Preview {
        let Some(base) = self.base else { return Preview::default() };
        let radians = (view.pointer - base).atan2();
        Preview {
            lines: vec![[base, view.pointer]],
            notes: vec![(view.pointer, measure::angle(view.drawing.header(), radians))],
            ghost: Some(Ghosting::Turned(base, radians)),
            ..Preview::default()
        }
    }

    fn base(&self) -> Option<Point> {
        self.base
    }

    fn selects(&self) -> bool {
        self.selecting
    }
}

/// ERASE where nothing was selected before.
pub(super) struct Erase;

impl Tool for Erase {
    fn command(&self) -> Command {
        Command::Erase
    }

    fn prompt(&self, view: &View) -> Prompt {
        select_prompt(view)
    }

    fn event(&mut self, event: &CanvasEvent, view: &View) -> Vec<Action> {
        match chosen(event, view) {
            Ok(true) => vec![Action::Erase, Action::EndTool],
            Ok(false) => Vec::new(),
            Err(actions) => actions,
        }
    }

    fn preview(&self, _: &View) -> Preview {
        Preview::default()
    }

    fn base(&self) -> Option<Point> {
        None
    }

    fn selects(&self) -> bool {
        true
    }
}
