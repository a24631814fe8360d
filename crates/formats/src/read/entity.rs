//! One entity: what all kinds have, and the objects that belong to it (vertices, attributes, SEQEND).

use drawing::{BlockId, Color, Entity, EntityId, Handle, Insert, LayerId, Order, Record, Shape, Span, Style};

use super::context::{Context, span};
use super::polyline::PolylineDraft;
use super::tables::{index_color, lineweight};
use crate::tag::Tag;

/// What every kind of entity says of itself.
pub(crate) struct Outside {
    pub handle: Option<Handle>,
    pub style: Style,
    /// Group 330: the handle of its block's BLOCK_RECORD.
    pub owner: Option<u64>,
    /// Group 67.
    pub in_paper: bool,
}

/// An entity whose objects are still coming.
pub(crate) struct Open {
    id: EntityId,
    outside: Outside,
    owner: BlockId,
    order: Order,
    source: Span,
    parts: Parts,
}

enum Parts {
    /// No others belong to it.
    None(Shape),
    /// VERTEX objects and a SEQEND.
    Polyline(PolylineDraft),
    /// ATTRIB objects and a SEQEND.
    Insert(Insert),
}

/// What became of an object that came behind an open entity.
pub(crate) enum Taken {
    /// It belonged to the entity, which stays open.
    Yes,
    /// It was the last of the entity.
    Last,
    /// It is no part of it.
    No,
}

impl Context {
    /// Layer, colour and the like of an entity or attribute.
    pub fn read_outside(&mut self, tags: &[Tag]) -> Outside {
        let mut handle = None;
        let mut layer = None;
        let mut style = Style::on(LayerId(0));
        let (mut owner, mut in_paper) = (None, false);
        for tag in tags.iter().filter(|tag| tag.own) {
            match tag.code {
                5 if handle.is_none() => handle = self.handle(tag),
                330 if owner.is_none() => owner = tag.handle(),
                8 if layer.is_none() => layer = Some(self.layer(tag)),
                6 => style.linetype = self.line_style(tag),
                62 if !matches!(style.color, Color::True(_)) => style.color = index_color(self.integer(tag)),
                420 => style.color = Color::True(self.integer(tag) as u32 & 0xff_ffff),
                48 => {
                    let scale = self.number(tag);
                    style.linetype_scale = if scale > 0.0 { scale } else { 1.0 };
                }
                370 => style.lineweight = lineweight(self.integer(tag)),
                60 => style.visible = self.integer(tag) & 1 == 0,
                67 => in_paper = self.integer(tag) != 0,
                _ => {}
            }
        }
        style.layer = layer.unwrap_or_else(|| self.mention_layer("0"));
        Outside { handle, style, owner, in_paper }
    }

    /// Begins an entity with its first object. `owner` is the block that it stands in, none in the ENTITIES section.
    pub fn open_entity(&mut self, kind: &[u8], tags: &[Tag], owner: Option<BlockId>) -> Option<Open> {
        let (first, last) = (tags.first()?, tags.last()?);
        let id = EntityId(self.next_id());
        let order = Order(self.count_entity().saturating_mul(Order::STEP));
        let outside = self.read_outside(tags);
        let owner = owner.unwrap_or_else(|| self.space_of(&outside));
        let parts = match kind {
            b"POLYLINE" => Parts::Polyline(self.read_polyline(tags)),
            b"INSERT" => Parts::Insert(self.read_insert(tags)),
            _ => Parts::None(self.read_shape(kind, tags)),
        };
        Some(Open { id, outside, owner, order, source: span(first, last), parts })
    }

    /// Offers the next object of the file to an open entity.
    pub fn offer(&mut self, open: &mut Open, kind: &[u8], tags: &[Tag]) -> Taken {
        let (Some(first), Some(last)) = (tags.first(), tags.last()) else { return Taken::No };
        match (&mut open.parts, kind) {
            (Parts::Polyline(draft), b"VERTEX") => self.read_vertex(draft, tags),
            (Parts::Insert(insert), b"ATTRIB") => {
                let attribute = self.read_attribute(tags);
                insert.attributes.push(attribute);
            }
            (Parts::Polyline(_) | Parts::Insert(_), b"SEQEND") => {
                self.read_seqend(tags);
                open.source.len = last.end as u64 - open.source.start;
                return Taken::Last;
            }
            (Parts::Polyline(_), _) => {
                self.repaired(first, open.outside.handle, "a POLYLINE ends without SEQEND", "its vertices are kept");
                return Taken::No;
            }
            _ => return Taken::No,
        }
        open.source.len = last.end as u64 - open.source.start;
        Taken::Yes
    }

    fn read_seqend(&mut self, tags: &[Tag]) {
        if let Some(tag) = tags.iter().find(|tag| tag.own && tag.code == 5) {
            self.handle(tag);
        }
    }

    /// Ends an entity: all its objects have come.
    pub fn close(&mut self, open: Open) {
        let entity = self.entity_of(open);
        self.records.push(Record::Entity(entity));
    }

    /// The entity of an open one.
    pub fn entity_of(&mut self, open: Open) -> Entity {
        let shape = match open.parts {
            Parts::None(shape) => shape,
            Parts::Polyline(draft) => draft.into_shape(),
            Parts::Insert(insert) => Shape::Insert(insert),
        };
        Entity {
            id: open.id,
            handle: open.outside.handle,
            source: Some(open.source),
            owner: open.owner,
            order: open.order,
            style: open.outside.style,
            shape,
        }
    }

    /// The shape of an entity of one object.
    fn read_shape(&mut self, kind: &[u8], tags: &[Tag]) -> Shape {
        match kind {
            b"LINE" => self.read_line(tags),
            b"CIRCLE" => self.read_circle(tags),
            b"ARC" => self.read_arc(tags),
            b"ELLIPSE" => self.read_ellipse(tags),
            b"LWPOLYLINE" => self.read_light_polyline(tags),
            b"SPLINE" => self.read_spline(tags),
            b"POINT" => self.read_point(tags),
            b"SOLID" => self.read_solid(tags, false),
            b"TRACE" => self.read_solid(tags, true),
            b"TEXT" => self.read_text(tags),
            b"MTEXT" => self.read_mtext(tags),
            b"HATCH" => self.read_hatch(tags),
            b"DIMENSION" => self.read_dimension(tags),
            _ => self.read_opaque(kind, tags),
        }
    }
}

impl Open {
    /// Whether more objects may belong to it.
    pub fn is_open(&self) -> bool {
        !matches!(self.parts, Parts::None(_))
    }

    /// Leaves out the vertex or attribute that the end of the file cut in two; false if it is neither.
    pub fn cut_last_part(&mut self, kind: &[u8]) -> bool {
        match (&mut self.parts, kind) {
            (Parts::Polyline(draft), b"VERTEX") => draft.cut_last_vertex(),
            (Parts::Insert(insert), b"ATTRIB") => {
                insert.attributes.pop();
            }
            _ => return false,
        }
        true
    }

    /// Makes an entity that the end of the file cut in two an opaque one, which draws nothing.
    pub fn cut(&mut self, kind: &str) {
        self.parts = Parts::None(Shape::Opaque(drawing::Opaque { kind: kind.into(), extents: None, window: None }));
    }

    /// Its handle.
    pub fn handle(&self) -> Option<Handle> {
        self.outside.handle
    }
}
