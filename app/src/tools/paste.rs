//! PASTE: where what was copied goes.

use drawing::Point;

use super::{Ghosting, Preview, Tool, View};
use crate::action::{Action, CanvasEvent};
use crate::command::Command;
use crate::prompt::Prompt;

/// PASTECLIP: an insertion point for the lower left corner of what was copied, or where it was.
pub(super) struct Paste {
    base: Point,
}

impl Paste {
    pub(super) fn new(base: Point) -> Paste {
        Paste { base }
    }
}

impl Tool for Paste {
    fn command(&self) -> Command {
        Command::Paste
    }

    fn prompt(&self, _: &View) -> Prompt {
        Prompt::point("Specify insertion point").or(&["Place"])
    }

    fn event(&mut self, event: &CanvasEvent, _: &View) -> Vec<Action> {
        match event {
            CanvasEvent::Point(at) => vec![Action::EndTool, Action::PasteBy(*at - self.base)],
            CanvasEvent::Word(word) if word == "PLACE" => {
                vec![Action::EndTool, Action::Run(Command::PasteInPlace)]
            }
            CanvasEvent::Accept | CanvasEvent::Cancel => vec![Action::EndTool],
            _ => Vec::new(),
        }
    }

    fn preview(&self, view: &View) -> Preview {
        Preview { ghost: Some(Ghosting::Guest(view.pointer - self.base)), ..Preview::default() }
    }

    fn base(&self) -> Option<Point> {
        None
    }
}
