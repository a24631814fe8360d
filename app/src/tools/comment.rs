//! COMMENT: a point, an object or a rectangle that something is said about.

use drawing::Point;

use super::{Preview, Tool, View};
use crate::action::{Action, CanvasEvent};
use crate::command::Command;
use crate::document::Talking;
use crate::prompt::Prompt;

/// COMMENT: a click, or a rectangle that is drawn.
pub(super) struct Comment;

impl Tool for Comment {
    fn command(&self) -> Command {
        Command::Comment
    }

    fn prompt(&self, _: &View) -> Prompt {
        Prompt::point("Click a point or an object to comment on, or draw a rectangle")
    }

    fn event(&mut self, event: &CanvasEvent, _: &View) -> Vec<Action> {
        match event {
            CanvasEvent::Point(at) => vec![Action::EndTool, Action::Talk(Talking::BeginAt(*at))],
            CanvasEvent::Region(region) => vec![Action::EndTool, Action::Talk(Talking::BeginIn(*region))],
            CanvasEvent::Accept | CanvasEvent::Cancel => vec![Action::EndTool],
            _ => Vec::new(),
        }
    }

    fn preview(&self, _: &View) -> Preview {
        Preview::default()
    }

    fn base(&self) -> Option<Point> {
        None
    }

    fn drags(&self) -> bool {
        true
    }
}
