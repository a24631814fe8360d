//! What panels, tools and keys want: values. One place, `perform`, carries them out.

use std::net::SocketAddr;
use std::path::PathBuf;

use drawing::{Color, EntityId, LayerId, LineStyle, Lineweight, Point, Rect, Shape, Vec2};
use protocol::SessionId;

use crate::command::Command;
use crate::document::LineWish;
use crate::review::Wish;
use crate::window::{Purpose, Word};

/// How picked entities change the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// They join it.
    Add,
    /// They leave it.
    Remove,
    /// They alone are selected.
    Only,
}

/// An answer to a command's prompt, typed or clicked.
#[derive(Debug, Clone, PartialEq)]
pub enum CanvasEvent {
    /// A point, snapped and kept level where that is on.
    Point(Point),
    /// A number.
    Number(f64),
    /// An option of the prompt, in capitals.
    Word(String),
    /// A rectangle that was drawn.
    Region(Rect),
    /// Text as it was typed.
    Words(String),
    /// Enter: the default, or the end.
    Accept,
    /// One step back.
    Back,
    /// Esc: ends, keeping what was finished.
    Cancel,
    /// What the command just drew was not taken: it goes back to before that.
    Refused,
}

impl CanvasEvent {
    /// What choosing an option of a prompt says, clicked in the line, clicked in the menu or typed.
    pub fn option(word: &str) -> CanvasEvent {
        match word.to_uppercase().as_str() {
            "U" | "UNDO" => CanvasEvent::Back,
            other => CanvasEvent::Word(other.to_owned()),
        }
    }
}

/// A property that is changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Restyle {
    /// The layer.
    Layer(LayerId),
    /// The colour.
    Color(Color),
    /// The linetype.
    Linetype(LineStyle),
    /// The lineweight.
    Lineweight(Lineweight),
}

impl Restyle {
    /// Changes it in a style.
    pub fn change(self, style: &mut drawing::Style) {
        match self {
            Restyle::Layer(layer) => style.layer = layer,
            Restyle::Color(color) => style.color = color,
            Restyle::Linetype(linetype) => style.linetype = linetype,
            Restyle::Lineweight(weight) => style.lineweight = weight,
        }
    }
}

/// A right panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Panel {
    /// Layers and what one sees of them.
    Layers,
    /// What is selected.
    Properties,
    /// What people say.
    Comments,
    /// What happened.
    History,
}

/// Anything that changes anything.
#[derive(Debug, Clone)]
pub enum Action {
    /// Starts a command.
    Run(Command),
    /// An answer to the running command, or to none.
    Tell(CanvasEvent),
    /// The running command is done.
    EndTool,
    /// Changes the selection.
    Select(Vec<EntityId>, Pick),
    /// Lets go of the selection.
    SelectNone,
    /// Puts new entities in, in the current style.
    Draw(Vec<Shape>),
    /// Moves the selection.
    Translate(Vec2),
    /// Moves these: what is left of a selection of which others hold a part.
    TranslateOnly(Vec<EntityId>, Vec2),
    /// Puts a copy of the selection that far away.
    CopyBy(Vec2),
    /// Turns the selection, counter-clockwise.
    Rotate {
        /// Around this.
        center: Point,
        /// By this many radians.
        radians: f64,
    },
    /// Turns these.
    RotateOnly(Vec<EntityId>, Point, f64),
    /// Puts in what was copied, moved by this much.
    PasteBy(Vec2),
    /// Takes back one's last change.
    TakeBack,
    /// Asks again for locks on the selection.
    LockSelection,
    /// Takes the selection out.
    Erase,
    /// Takes these out.
    EraseOnly(Vec<EntityId>),
    /// A property of the selection, or of new things where nothing is selected.
    Restyle(Restyle),
    /// A property of these.
    RestyleOnly(Vec<EntityId>, Restyle),
    /// Makes a layer that new things go on, without touching the selection.
    CurrentLayer(LayerId),
    /// Shows or hides a layer, for oneself.
    LayerShown(LayerId, bool),
    /// Adds a layer of this name to the drawing.
    NewLayer(String),
    /// Takes back one's own personal layer states.
    ForgetLayers,
    /// Shows this part of the drawing.
    ZoomTo(Rect),
    /// Switches to model space or a sheet.
    Space(drawing::BlockId),
    /// Sees what someone sees until one moves one's own view.
    Follow(Option<SessionId>),
    /// Says something to the person for a while.
    Say(String),
    /// Says that something went wrong.
    Warn(String),
    /// Takes the message away.
    Unsay,
    /// Opens a file.
    OpenFile(PathBuf),
    /// A file was picked, for this.
    Picked(Purpose, PathBuf),
    /// Saves a drawing over a file that changed on disk, then goes on.
    SaveOver(u64, crate::document::Then),
    /// Asks where to save a drawing, then goes on.
    AskSaveAs(u64, crate::document::Then),
    /// Gives up a save that waits for the room.
    StopSaving(u64),
    /// Saves the active drawing, then goes on to close it or to quit.
    SaveThen(crate::document::Then),
    /// Gives up opening.
    CancelOpening(u64),
    /// Joins the drawing at an address.
    JoinAddress(String),
    /// Joins the drawing of this name at a host on this network, or asks for an invitation to it.
    JoinNearby(SocketAddr, String),
    /// Brings a document to the front.
    Activate(usize),
    /// Closes a document, asking where work would be lost.
    Close(usize),
    /// Closes the document of this number, come what may.
    CloseNow(u64),
    /// Makes the change of this number again that was not done, or all of them.
    ApplyDrafts(Option<u64>),
    /// Drops the change of this number that was not done, or all of them.
    DiscardDrafts(Option<u64>),
    /// Points at one of the changes that were not done, or at none.
    PointAtDraft(Option<u64>),
    /// Shows where one of the changes that were not done is.
    GoToDraft(u64),
    /// Throws away what was kept of a room in this file, with the changes that never got there.
    GiveUpSeat(PathBuf),
    /// Wants something of what others hold, or gives of what one holds.
    Line(LineWish),
    /// An owner says something of people.
    People(Word),
    /// Lets nobody in any more, and puts out who joined.
    StopSharing,
    /// What the person calls themselves from here on.
    Name(String),
    /// Brings back what an earlier run left behind.
    Recover,
    /// Throws away what an earlier run left behind.
    Discard,
    /// Copies text to the clipboard.
    CopyText(String),
    /// Shows a right panel, or hides it where it is shown.
    Panel(Panel),
    /// Looks back: moves in the log, lists it, copies or restores a moment.
    Review(Wish),
    /// Comments: begins, says, resolves, lists.
    Talk(crate::document::Talking),
    /// Closes the dialog that is open.
    CloseDialog,
}
