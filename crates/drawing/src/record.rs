//! Records: whatever an op can put, change or remove.

use geometry::Point;
use serde::{Deserialize, Serialize};

use crate::comment::{Comment, Reply};
use crate::drawing::Drawing;
use crate::ids::{BlockId, EntityId, Handle, LayerId, LayoutId, LinetypeId, Order, RecordId, TextStyleId};
use crate::shape::Shape;
use crate::style::{Color, Lineweight, Style};

/// Which bytes of the file that the drawing came from are a record's own: `start .. start + len`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Offset of the first byte, that of the group code `0` of its first tag.
    pub start: u64,
    /// Bytes.
    pub len: u64,
}

impl Span {
    /// The span as a range of offsets.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// Its id.
    pub id: EntityId,
    /// Its handle in the file; none until a drawing with it is first saved.
    pub handle: Option<Handle>,
    /// Its own tags in the file that the drawing came from; none for what was made since.
    pub source: Option<Span>,
    /// The block it is part of.
    pub owner: BlockId,
    /// Its place in the draw order of its owner.
    pub order: Order,
    /// Layer, colour and the like.
    pub style: Style,
    /// What it is and where.
    pub shape: Shape,
}

impl Entity {
    /// What is made in model space on layer 0, with everything by layer; drawn in the order of the ids.
    pub fn new(id: EntityId, shape: Shape) -> Entity {
        Entity {
            id,
            handle: None,
            source: None,
            owner: Drawing::MODEL_SPACE,
            order: Order(id.0.saturating_mul(Order::STEP)),
            style: Style::on(Drawing::LAYER_0),
            shape,
        }
    }
}

/// A layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Its id.
    pub id: LayerId,
    /// Its handle in the file.
    pub handle: Option<Handle>,
    /// Its own tags in the file.
    pub source: Option<Span>,
    /// Its name; names differ in more than case.
    pub name: String,
    /// Its colour: an index or a true colour.
    pub color: Color,
    /// Its linetype; none is continuous.
    pub linetype: Option<LinetypeId>,
    /// Its lineweight: default or a width.
    pub lineweight: Lineweight,
    /// Off: not drawn (the file writes a negative colour).
    pub off: bool,
    /// Frozen: not drawn, and no part of the extents.
    pub frozen: bool,
    /// Locked against editing by the drawing's author; nothing to do with people's locks.
    pub locked: bool,
    /// Whether it is plotted.
    pub plotted: bool,
}

/// A block: a named set of entities. Model space and each paper space are blocks too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Its id.
    pub id: BlockId,
    /// The handle of its BLOCK_RECORD, which is what its entities name as their owner.
    pub handle: Option<Handle>,
    /// From its `BLOCK` tag to the end of its `ENDBLK` in the file.
    pub source: Option<Span>,
    /// Its name; names that begin with `*` are the program's, such as `*Model_Space`, `*Paper_Space0`, `*D12`, `*U3`.
    pub name: String,
    /// What its insertion point is put on.
    pub base: Point,
    /// The file that it stands for, for an external reference.
    pub xref_path: Option<String>,
}

impl Block {
    /// Whether it is model space.
    pub fn is_model_space(&self) -> bool {
        self.name.eq_ignore_ascii_case("*Model_Space")
    }

    /// Whether it is a paper space.
    pub fn is_paper_space(&self) -> bool {
        self.name.get(..12).is_some_and(|start| start.eq_ignore_ascii_case("*Paper_Space"))
    }

    /// Whether it is model space or a paper space.
    pub fn is_space(&self) -> bool {
        self.is_model_space() || self.is_paper_space()
    }
}

/// A linetype.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linetype {
    /// Its id.
    pub id: LinetypeId,
    /// Its handle in the file.
    pub handle: Option<Handle>,
    /// Its own tags in the file.
    pub source: Option<Span>,
    /// Its name.
    pub name: String,
    /// What it says of itself.
    pub description: String,
    /// Lengths in drawing units: over 0 a dash, below 0 a gap, 0 a dot; empty is continuous.
    pub pattern: Vec<f64>,
}

/// A text style.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextStyle {
    /// Its id.
    pub id: TextStyleId,
    /// Its handle in the file.
    pub handle: Option<Handle>,
    /// Its own tags in the file.
    pub source: Option<Span>,
    /// Its name.
    pub name: String,
    /// The font's file name.
    pub font: String,
    /// Height of all its texts, 0 where each says its own.
    pub height: f64,
    /// Stretches its letters; over 0.
    pub width_factor: f64,
    /// Slant in degrees, -85 to 85.
    pub oblique_deg: f64,
}

/// A sheet: a paper space as people choose it by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Its id.
    pub id: LayoutId,
    /// Its handle in the file.
    pub handle: Option<Handle>,
    /// Its own tags in the file.
    pub source: Option<Span>,
    /// Its name, as on its tab.
    pub name: String,
    /// The block it shows.
    pub block: BlockId,
    /// Its place among the tabs; model space is 0.
    pub tab_order: i32,
}

/// Anything with an id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// What is drawn.
    Entity(Entity),
    /// A layer.
    Layer(Layer),
    /// A block.
    Block(Block),
    /// A linetype.
    Linetype(Linetype),
    /// A text style.
    TextStyle(TextStyle),
    /// A sheet.
    Layout(Layout),
    /// A comment.
    Comment(Comment),
    /// A reply to a comment.
    Reply(Reply),
}

impl Record {
    /// Its id.
    pub fn id(&self) -> RecordId {
        match self {
            Record::Entity(r) => r.id.into(),
            Record::Layer(r) => r.id.into(),
            Record::Block(r) => r.id.into(),
            Record::Linetype(r) => r.id.into(),
            Record::TextStyle(r) => r.id.into(),
            Record::Layout(r) => r.id.into(),
            Record::Comment(r) => r.id.into(),
            Record::Reply(r) => r.id.into(),
        }
    }

    /// Its handle in the file, if it has one yet.
    pub fn handle(&self) -> Option<Handle> {
        match self {
            Record::Entity(r) => r.handle,
            Record::Layer(r) => r.handle,
            Record::Block(r) => r.handle,
            Record::Linetype(r) => r.handle,
            Record::TextStyle(r) => r.handle,
            Record::Layout(r) => r.handle,
            Record::Comment(_) | Record::Reply(_) => None,
        }
    }

    /// Its own tags in the file that the drawing came from; none for what was made since.
    pub fn source(&self) -> Option<Span> {
        match self {
            Record::Entity(r) => r.source,
            Record::Layer(r) => r.source,
            Record::Block(r) => r.source,
            Record::Linetype(r) => r.source,
            Record::TextStyle(r) => r.source,
            Record::Layout(r) => r.source,
            Record::Comment(_) | Record::Reply(_) => None,
        }
    }

    /// What people call its kind.
    pub fn kind(&self) -> &str {
        match self {
            Record::Entity(r) => r.shape.kind(),
            Record::Layer(_) => "LAYER",
            Record::Block(_) => "BLOCK",
            Record::Linetype(_) => "LTYPE",
            Record::TextStyle(_) => "STYLE",
            Record::Layout(_) => "LAYOUT",
            Record::Comment(_) => "comment",
            Record::Reply(_) => "reply",
        }
    }

    pub(crate) fn set_handle(&mut self, handle: Option<Handle>) {
        match self {
            Record::Entity(r) => r.handle = handle,
            Record::Layer(r) => r.handle = handle,
            Record::Block(r) => r.handle = handle,
            Record::Linetype(r) => r.handle = handle,
            Record::TextStyle(r) => r.handle = handle,
            Record::Layout(r) => r.handle = handle,
            // No part of a file.
            Record::Comment(_) | Record::Reply(_) => {}
        }
    }
}
