//! One open drawing: the session in its room, what is seen of it, what is selected, and the file it belongs to.

mod edit;
mod facts;
mod history;
mod locks;
mod looking;
mod people;
mod picture;
mod receive;
mod selection;
pub mod turn;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use collab::{Session, Status};
use drawing::{BlockId, Color, Drawing, DrawingHash, EntityId, LayerId, LineStyle, Lineweight, Point, RecordId, Style};
use protocol::{Address, ClientId, ClientSeq, Millis, ResumeKey, Seq, SessionId};

use crate::canvas::Pointer;
use crate::canvas::camera::Camera;
use crate::command::Command;
use crate::file::Stamp;
use crate::link::Link;
use crate::prompt::{Prompt, PromptLine};
use crate::review::{Gathering, Review};
use crate::tools::{Tool, View};

pub use edit::{Hindrance, detach, first_capital};
pub use facts::Facts;
pub use history::{History, Row, op_words};
pub use people::People;
pub use picture::{Cover, Gpu, OVERLAY_MAX, Picture, Studio, lock};
pub use receive::News;

/// What new things are drawn with: one's own, never shared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Current {
    /// The layer; none until the drawing is here.
    pub layer: Option<LayerId>,
    /// The colour.
    pub color: Color,
    /// The linetype.
    pub linetype: LineStyle,
    /// The lineweight.
    pub lineweight: Lineweight,
}

/// The file that a drawing is saved to.
#[derive(Debug, Clone, Default)]
pub struct FileFacts {
    /// Where it is; none for a new drawing and for one that was joined.
    pub path: Option<PathBuf>,
    /// What it looked like when it was last read or written.
    pub stamp: Option<Stamp>,
    /// The drawing as the file has it.
    pub saved: Option<DrawingHash>,
    /// Where the drawing is to be written as soon as what that needs is here.
    pub saving: Option<Saving>,
}

/// A save under way.
#[derive(Debug, Clone)]
pub struct Saving {
    /// Where to.
    pub path: PathBuf,
    /// What it needs of the log: the file that the drawing came from, and the drawing as it was read from it.
    pub blobs: BTreeMap<protocol::Hash, Option<Vec<u8>>>,
    /// Whether the bytes are being made and written.
    pub writing: bool,
    /// What is closed once it is saved.
    pub then: Then,
}

/// What follows a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Then {
    /// Nothing.
    #[default]
    Stay,
    /// The document closes.
    Close,
    /// The program ends, if nothing else is unsaved.
    Quit,
}

/// Whose room a drawing is in.
#[derive(Clone)]
pub enum Home {
    /// This program's.
    Own {
        /// The set of drawings it is in.
        host: server::Host,
        /// Its name there.
        name: String,
        /// What lets others in.
        secret: String,
        /// The folder with its log.
        folder: PathBuf,
    },
    /// Somebody else's.
    Joined(Address),
    /// None: it is a saved log, to look at.
    Log(PathBuf),
}

/// An open drawing.
pub struct Document {
    /// Its number among those opened since the program started.
    pub id: u64,
    /// What its tab says.
    pub title: String,
    /// One's side of the room.
    pub session: Session,
    /// The way to the room.
    pub link: Link,
    /// Where the room is.
    pub home: Home,
    /// Why there is no connection, and when the next attempt is, in words.
    pub trouble: Option<String>,
    /// The file.
    pub file: FileFacts,
    /// What was found while reading the file.
    pub findings: Vec<String>,
    /// Triangles and lines.
    pub picture: Picture,
    /// Where one looks.
    pub camera: Camera,
    /// Whether the first view was chosen.
    pub placed: bool,
    /// The view that shows everything, while nobody has moved it.
    pub fitted: Option<(Point, f64)>,
    /// Which space is shown; none until the drawing is here.
    pub space: Option<BlockId>,
    /// Where one looked at other spaces.
    pub views: BTreeMap<BlockId, (Point, f64)>,
    /// What is selected.
    pub selection: BTreeSet<EntityId>,
    /// What one made and has not let go of.
    pub made: BTreeSet<RecordId>,
    /// Layers that one hides or shows for oneself.
    pub visibility: scene::Visibility,
    /// What alone is shown, if something is isolated.
    pub isolated: Option<BTreeSet<EntityId>>,
    /// What new things are drawn with.
    pub current: Current,
    /// The command that runs.
    pub tool: Option<Box<dyn Tool>>,
    /// The command that Space repeats.
    pub last_command: Option<Command>,
    /// What is typed.
    pub prompt: PromptLine,
    /// What the pointer is at.
    pub pointer: Pointer,
    /// Where others' pointers are, gliding.
    pub people: People,
    /// Whose view one has.
    pub following: Option<SessionId>,
    /// What happened since one came.
    pub history: History,
    /// The look back at its log; a saved log is nothing else.
    pub review: Option<Review>,
    /// The log on its way from the room, to look back.
    pub gathering: Option<Gathering>,
    /// Whether the picture is of the past.
    picture_of_past: bool,
    /// Goes up whenever what is shown of the drawing or the selection changed.
    pub revision: u64,
    /// What was last summed up for the panels.
    facts: Option<(u64, Facts)>,
    /// What one last showed of oneself, and whether it still waits to be sent.
    presence: (protocol::Presence, bool),
}

impl Document {
    /// A drawing whose room is being entered over `link`.
    pub fn new(id: u64, title: String, home: Home, link: Link, me: (ClientId, String), picture: Picture) -> Document {
        let (client, name) = me;
        Document {
            id,
            title,
            session: Session::new(client, ResumeKey(crate::settings::random()), name, ClientSeq(first_request())),
            link,
            home,
            trouble: None,
            file: FileFacts::default(),
            findings: Vec::new(),
            picture,
            camera: Camera::default(),
            placed: false,
            fitted: None,
            space: None,
            views: BTreeMap::new(),
            selection: BTreeSet::new(),
            made: BTreeSet::new(),
            visibility: scene::Visibility::default(),
            isolated: None,
            current: Current {
                layer: None,
                color: Color::ByLayer,
                linetype: LineStyle::ByLayer,
                lineweight: Lineweight::ByLayer,
            },
            tool: None,
            last_command: None,
            prompt: PromptLine::default(),
            pointer: Pointer::default(),
            people: People::default(),
            following: None,
            history: History::default(),
            review: None,
            gathering: None,
            picture_of_past: false,
            revision: 0,
            facts: None,
            presence: Default::default(),
        }
    }

    /// The drawing as one sees it: now, or at the moment that one looks back at.
    pub fn drawing(&self) -> &Drawing {
        self.past().unwrap_or(self.session.drawing())
    }

    /// Whether the drawing is here.
    pub fn is_here(&self) -> bool {
        self.space.is_some()
    }

    /// Whether it has changes that its file has not.
    pub fn is_dirty(&self) -> bool {
        self.is_here()
            && matches!(self.home, Home::Own { .. })
            && self.file.saved != Some(self.session.drawing().hash())
    }

    /// Whether others are in the room.
    pub fn has_guests(&self) -> bool {
        let me = self.session.me();
        self.session.people().any(|person| Some(person.session) != me && person.connected)
    }

    /// Whether edits are possible now.
    pub fn may_edit(&self) -> bool {
        self.is_here()
            && !self.is_looking_back()
            && self.session.role().may_edit()
            && !matches!(self.session.status(), Status::Ended { .. })
    }

    /// What a tool may read.
    pub fn view(&self) -> View<'_> {
        View { drawing: self.drawing(), selection: &self.selection, pointer: self.pointer.at }
    }

    /// What the running command asks for; an empty prompt where none runs.
    pub fn asked(&self) -> Prompt {
        self.tool.as_ref().map(|tool| tool.prompt(&self.view())).unwrap_or_default()
    }

    /// The style of new things.
    pub fn style(&self) -> Option<Style> {
        let layer = self.current.layer.filter(|layer| self.drawing().layer(*layer).is_some());
        let layer = layer.or_else(|| self.drawing().layer_named("0"))?;
        let Current { color, linetype, lineweight, .. } = self.current;
        Some(Style { color, linetype, lineweight, ..Style::on(layer) })
    }

    /// Whether a layer's things are seen by this person.
    pub fn shows_layer(&self, layer: LayerId) -> bool {
        self.visibility.shows(self.drawing(), layer)
    }

    /// Shows all of `extents`, at any size of the canvas until the view is moved.
    pub fn fit(&mut self, extents: drawing::Rect) {
        self.camera.show(extents);
        self.fitted = Some((self.camera.center, self.camera.scale));
    }

    /// Something that is shown changed.
    pub fn touched(&mut self) {
        self.revision += 1;
    }

    /// Shows others this of oneself.
    pub fn show_presence(&mut self, presence: protocol::Presence) {
        if self.presence.0 != presence {
            self.session.set_presence(presence.clone());
            self.presence = (presence, true);
        }
    }

    /// Sends what the session wants sent. Whether something waits for its time.
    pub fn send(&mut self, now: Millis) -> bool {
        let outgoing = self.session.take_outgoing(now);
        if outgoing.iter().any(|message| matches!(message, protocol::ClientMessage::Presence(_))) {
            self.presence.1 = false;
        }
        self.link.send(outgoing);
        self.link.is_waiting() || (self.presence.1 && *self.session.status() == Status::Live)
    }
}

/// The number of this session's first request: by the clock, so that it is above those of earlier runs.
fn first_request() -> Seq {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Seq(since_1970.map_or(1, |passed| passed.as_micros() as u64))
}
