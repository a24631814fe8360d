//! One open drawing: the session in its room, what is seen of it, what is selected, and the file it belongs to.

mod course;
mod drafted;
mod drafts;
mod edit;
mod facts;
mod frames;
mod graft;
mod history;
mod isolation;
mod line;
mod locks;
mod looking;
mod outlines;
mod overlays;
mod people;
mod picture;
mod put;
mod receive;
mod roles;
mod seat;
mod selection;
mod sitting;
mod stake;
mod store;
mod studio;
mod talk;
pub mod turn;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use collab::{Changes, Session, Status};
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

pub use course::{Course, Step};
pub use drafted::Drafted;
pub use drafts::{Drafts, Undone};
pub use edit::{Hindrance, first_capital};
pub use facts::Facts;
pub use frames::FrameShown;
pub use history::{History, Row, op_words};
pub use line::{Ending, LineWish};
pub use overlays::{Cover, OVERLAY_MAX};
pub use people::People;
pub use picture::Picture;
pub use put::{Copied, Guest, New, Put, objects};
pub use receive::News;
pub use roles::{may_words, role_word};
pub use stake::AtStake;
pub use studio::{Gpu, Studio, lock};
pub use talk::{About, Card, Keys, Listing, PinShown, Talk, Talking, call_before, first_words};

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
    /// The drawing as the file has it, or the last copy of one that was joined.
    pub saved: Option<DrawingHash>,
    /// The entry of the log up to which the file has everything, as far as that was noted beside the log.
    pub noted: Seq,
    /// Where the drawing is to be written as soon as what that needs is here.
    pub saving: Option<Saving>,
}

/// A part of what a save needs: the file that a drawing came from, or the drawing as it was read from it.
#[derive(Debug, Clone)]
pub enum Part {
    /// In memory, on its way to the disk.
    Here(Arc<Vec<u8>>),
    /// In a file of the state folder.
    Kept(PathBuf),
    /// The log has no such thing.
    Absent,
}

/// A save under way.
#[derive(Debug, Clone)]
pub struct Saving {
    /// Where to.
    pub path: PathBuf,
    /// Whether the bytes are being made and written.
    pub writing: bool,
    /// The person was told that it waits for the room.
    pub told: bool,
    /// What is closed once it is saved.
    pub then: Then,
    /// How far it is.
    pub course: Arc<Course>,
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
    /// Attempts to connect that came to nothing, in a row.
    pub attempts: u32,
    /// What came over the connection made no sense: what still comes of it is left alone.
    deaf: bool,
    /// Connections given up for that reason without a quiet while between them, and when the last one was.
    given_up: (u32, Millis),
    /// The file.
    pub file: FileFacts,
    /// What a save needs of the log, as far as it is here.
    pub parts: BTreeMap<protocol::Hash, Part>,
    /// What one changed and the room did not take, until one says what is to become of it.
    pub drafts: Drafts,
    /// What they would make of the drawing.
    drafted: Option<drafted::Made>,
    /// One's seat in somebody else's room.
    seated: Option<seat::Seated>,
    /// Whether one changed anything since one came.
    pub edited: bool,
    /// A save is not noted beside the log as one that has everything up to an entry.
    pub unnoted: bool,
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
    /// What everything was, when it was last looked at.
    overall: Option<drawing::Rect>,
    /// The state of its file that a thumbnail was asked for.
    sat: Option<crate::file::Stamp>,
    /// Which space is shown; none until the drawing is here.
    pub space: Option<BlockId>,
    /// Where one looked at other spaces.
    pub views: BTreeMap<BlockId, (Point, f64)>,
    /// What is selected.
    pub selection: BTreeSet<EntityId>,
    /// Something happened to locks since it was last looked at whether one holds more than one works on.
    pub locks_changed: bool,
    /// Layers that one hides or shows for oneself.
    pub visibility: scene::Visibility,
    /// What alone is shown, where something is isolated.
    pub isolated: BTreeMap<BlockId, BTreeSet<EntityId>>,
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
    facts: Option<(u64, Arc<Facts>)>,
    /// The layers by name, until one changes.
    layers: Option<Arc<[LayerId]>>,
    /// What arrived in this frame and is not in the picture yet.
    gathered: Changes,
    /// More arrived than one frame takes in.
    behind: bool,
    /// What is selected and not held any more, since it was not used.
    lapsed: BTreeSet<RecordId>,
    /// What the line gave one and one has not selected since: it is not let go as what one doesn't work on.
    from_line: BTreeSet<RecordId>,
    /// Since when this window knows of the countdowns that are under way, by the entries that began them.
    countdowns_seen: BTreeMap<Seq, Millis>,
    /// Layers whose own states were asked to be everybody's.
    applying: BTreeSet<LayerId>,
    /// What is to be made and waits for ids.
    held_back: VecDeque<New>,
    /// What people say about it.
    pub talk: Talk,
    /// What is about to be pasted.
    pub guest: Option<Guest>,
    /// An owner put one out; whether for good.
    pub put_out: Option<bool>,
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
            attempts: 0,
            deaf: false,
            given_up: (0, 0),
            parts: BTreeMap::new(),
            drafts: Drafts::default(),
            drafted: None,
            seated: None,
            edited: false,
            unnoted: true,
            file: FileFacts::default(),
            findings: Vec::new(),
            picture,
            camera: Camera::default(),
            placed: false,
            fitted: None,
            overall: None,
            sat: None,
            space: None,
            views: BTreeMap::new(),
            selection: BTreeSet::new(),
            locks_changed: false,
            visibility: scene::Visibility::default(),
            isolated: BTreeMap::new(),
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
            layers: None,
            gathered: Changes::default(),
            behind: false,
            lapsed: BTreeSet::new(),
            from_line: BTreeSet::new(),
            countdowns_seen: BTreeMap::new(),
            applying: BTreeSet::new(),
            held_back: VecDeque::new(),
            talk: Talk::default(),
            guest: None,
            put_out: None,
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
            && self.file.saved != Some(self.session.drawing().drawn_hash())
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
        View { drawing: self.drawing(), space: self.space, selection: &self.selection, pointer: self.pointer.at }
    }

    /// What the running command asks for; an empty prompt where none runs.
    pub fn asked(&self) -> Prompt {
        let is_picking = self.review.as_ref().is_some_and(|review| review.picking_area);
        match &self.tool {
            Some(tool) => tool.prompt(&self.view()),
            None if is_picking => {
                let text = "Draw the window in which it happened; Esc gives up".into();
                Prompt { text, ..Prompt::default() }
            }
            None => Prompt::default(),
        }
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
        self.overall = Some(extents);
        self.camera.show(extents);
        self.fitted = Some((self.camera.center, self.camera.scale));
    }

    /// The interface is drawn at another scale: the drawing keeps its pixels.
    pub fn rescale(&mut self, factor: f64) {
        self.camera.scale *= factor;
        self.views.values_mut().for_each(|(_, scale)| *scale *= factor);
        if let Some((_, scale)) = &mut self.fitted {
            *scale *= factor;
        }
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
        self.behind || self.link.is_waiting() || (self.presence.1 && *self.session.status() == Status::Live)
    }
}

/// The number of this session's first request: by the clock, so that it is above those of earlier runs.
fn first_request() -> Seq {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Seq(since_1970.map_or(1, |passed| passed.as_micros() as u64))
}
