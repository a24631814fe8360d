//! Copies: what entities need to stand in a drawing, this one or another. Layers, linetypes, text styles and blocks are
//! found there by name; what is missing comes along. Pure: ids are the caller's.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use drawing::{
    Attribute, Block, BlockId, Drawing, Entity, EntityId, LayerId, LineStyle, LinetypeId, Op, Order, Point3, Record,
    RecordId, Shape, Style, TextStyleId, Vec2,
};

/// Where a table record of the source is in the target.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// There already.
    There(RecordId),
    /// The new record of this number.
    New(usize),
}

/// A record that is to be made.
#[derive(Debug, Clone, Copy)]
enum Need {
    Linetype(LinetypeId),
    TextStyle(TextStyleId),
    Layer(LayerId),
    Block(BlockId),
    Part(EntityId),
    Entity(EntityId),
}

/// What copying some entities of one drawing into another takes.
#[derive(Debug, Default)]
pub(super) struct Graft {
    places: BTreeMap<RecordId, Place>,
    needs: Vec<Need>,
    /// Blocks whose entities are looked at next.
    blocks: VecDeque<BlockId>,
    /// Blocks of dimensions: they stand where the dimension does, and move with it.
    moving: BTreeSet<BlockId>,
    /// Kinds that can't be copied, with how many of each.
    left_out: BTreeMap<String, usize>,
    /// Blocks that the target has with other contents.
    differing: Vec<String>,
}

impl Graft {
    /// Looks at what `ids` of `from` need in `into`. `own` says that both are states of one drawing.
    pub fn new(from: &Drawing, ids: &[EntityId], into: &Drawing, own: bool) -> Graft {
        let mut graft = Graft::default();
        let mut entities: Vec<_> = ids.iter().filter_map(|id| from.entity(*id)).collect();
        entities.sort_by_key(|entity| (entity.order, entity.id));
        for entity in entities {
            graft.need_entity(from, into, own, entity, Need::Entity(entity.id));
        }
        while let Some(block) = graft.blocks.pop_front() {
            for part in from.entities_of(block) {
                graft.need_entity(from, into, own, part, Need::Part(part.id));
            }
        }
        graft
    }

    /// How many ids it takes.
    pub fn count(&self) -> usize {
        self.needs.len()
    }

    /// What a person should know: what was left out, and where the target's own block is used.
    pub fn words(&self) -> String {
        let mut words = String::new();
        for (kind, count) in &self.left_out {
            words += &format!("; {count} {kind} left out, since Linework does not read that kind");
        }
        if let Some(first) = self.differing.first() {
            let more = self.differing.len() - 1;
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            words += &format!("; block {first}{more} differs here, and this drawing's own is used");
        }
        words
    }

    /// The op that makes the copies in `space`, moved `by`, on top of all; and the ids of the copies.
    pub fn op(
        &self,
        from: &Drawing,
        into: &Drawing,
        new: &[RecordId],
        space: BlockId,
        by: Vec2,
    ) -> Result<(Op, Vec<EntityId>), String> {
        let mut copies = Vec::new();
        let mut records = Vec::with_capacity(self.needs.len());
        let mut order = into.order_on_top(space);
        for (need, &id) in self.needs.iter().zip(new) {
            let record = match *need {
                Need::Linetype(of) => from.linetype(of).map(|linetype| {
                    let mut linetype = linetype.clone();
                    (linetype.id, linetype.handle, linetype.source) = (LinetypeId(id.0), None, None);
                    Record::Linetype(linetype)
                }),
                Need::TextStyle(of) => from.text_style(of).map(|style| {
                    let mut style = style.clone();
                    (style.id, style.handle, style.source) = (TextStyleId(id.0), None, None);
                    Record::TextStyle(style)
                }),
                Need::Layer(of) => from.layer(of).map(|layer| {
                    let mut layer = layer.clone();
                    (layer.id, layer.handle, layer.source) = (LayerId(id.0), None, None);
                    layer.linetype = layer.linetype.map(|linetype| LinetypeId(self.place(linetype, new).0));
                    Record::Layer(layer)
                }),
                Need::Block(of) => from.block(of).map(|block| Record::Block(copied_block(block, id, into))),
                Need::Part(of) => {
                    let part = from.entity(of).ok_or("what was copied is gone")?;
                    let owner = BlockId(self.place(part.owner, new).0);
                    let by = if self.moving.contains(&part.owner) { by } else { Vec2::ZERO };
                    Some(Record::Entity(self.copied(part, EntityId(id.0), owner, part.order, by, new)?))
                }
                Need::Entity(of) => {
                    let entity = from.entity(of).ok_or("what was copied is gone")?;
                    let copy = self.copied(entity, EntityId(id.0), space, order, by, new)?;
                    order = Order(order.0.saturating_add(Order::STEP));
                    copies.push(copy.id);
                    Some(Record::Entity(copy))
                }
            };
            records.push(record.ok_or("what was copied is gone")?);
        }
        Ok((Op::New(records), copies))
    }

    fn need_entity(&mut self, from: &Drawing, into: &Drawing, own: bool, entity: &Entity, need: Need) {
        if let Shape::Opaque(opaque) = &entity.shape {
            *self.left_out.entry(opaque.kind.clone()).or_default() += 1;
            return;
        }
        self.need_style(from, into, &entity.style);
        match &entity.shape {
            Shape::Text(text) => self.need_text_style(from, into, text.style),
            Shape::MText(text) => self.need_text_style(from, into, text.style),
            Shape::Insert(insert) => {
                self.need_block(from, into, own, insert.block);
                for attribute in &insert.attributes {
                    self.need_style(from, into, &attribute.style);
                    self.need_text_style(from, into, attribute.text.style);
                }
            }
            Shape::Dimension(dimension) => {
                if let Some(block) = dimension.block {
                    self.need_dimension_block(from, into, own, block);
                }
            }
            _ => {}
        }
        self.needs.push(need);
    }

    fn need_style(&mut self, from: &Drawing, into: &Drawing, style: &Style) {
        if let LineStyle::Named(linetype) = style.linetype {
            self.need_linetype(from, into, linetype);
        }
        if self.places.contains_key(&style.layer.into()) {
            return;
        }
        let Some(layer) = from.layer(style.layer) else { return };
        if let Some(there) = into.layer_named(&layer.name) {
            self.places.insert(layer.id.into(), Place::There(there.into()));
            return;
        }
        if let Some(linetype) = layer.linetype {
            self.need_linetype(from, into, linetype);
        }
        self.need(layer.id.into(), Need::Layer(layer.id));
    }

    fn need_linetype(&mut self, from: &Drawing, into: &Drawing, id: LinetypeId) {
        let Some(linetype) = from.linetype(id).filter(|_| !self.places.contains_key(&id.into())) else { return };
        match into.linetype_named(&linetype.name) {
            Some(there) => {
                self.places.insert(id.into(), Place::There(there.into()));
            }
            None => self.need(id.into(), Need::Linetype(id)),
        }
    }

    fn need_text_style(&mut self, from: &Drawing, into: &Drawing, id: Option<TextStyleId>) {
        let unseen = id.filter(|id| !self.places.contains_key(&(*id).into()));
        let Some(style) = unseen.and_then(|id| from.text_style(id)) else { return };
        match into.text_style_named(&style.name) {
            Some(there) => {
                self.places.insert(style.id.into(), Place::There(there.into()));
            }
            None => self.need(style.id.into(), Need::TextStyle(style.id)),
        }
    }

    fn need_block(&mut self, from: &Drawing, into: &Drawing, own: bool, id: BlockId) {
        let Some(block) = from.block(id).filter(|_| !self.places.contains_key(&id.into())) else { return };
        // The program's own names say nothing in another drawing.
        let named = own || !block.name.starts_with('*') || block.is_space();
        match into.block_named(&block.name).filter(|_| named) {
            Some(there) => {
                if !own && differs(from, id, into, there) {
                    self.differing.push(block.name.clone());
                }
                self.places.insert(id.into(), Place::There(there.into()));
            }
            None => self.need_new_block(id),
        }
    }

    /// A dimension is drawn by a block of its own: a copy needs a copy of it.
    fn need_dimension_block(&mut self, from: &Drawing, into: &Drawing, own: bool, id: BlockId) {
        let Some(block) = from.block(id) else { return };
        if !block.name.starts_with('*') || block.is_space() {
            self.need_block(from, into, own, id);
        } else if !self.places.contains_key(&id.into()) {
            self.need_new_block(id);
            self.moving.insert(id);
        }
    }

    fn need_new_block(&mut self, id: BlockId) {
        self.need(id.into(), Need::Block(id));
        self.blocks.push_back(id);
    }

    fn need(&mut self, id: RecordId, need: Need) {
        self.places.insert(id, Place::New(self.needs.len()));
        self.needs.push(need);
    }

    /// Where a record that is referred to is in the target. What was not looked at is refused by the drawing.
    fn place(&self, id: impl Into<RecordId>, new: &[RecordId]) -> RecordId {
        let id = id.into();
        match self.places.get(&id) {
            Some(Place::There(there)) => *there,
            Some(Place::New(at)) => new.get(*at).copied().unwrap_or(RecordId(0)),
            None => RecordId(0),
        }
    }

    fn copied(
        &self,
        entity: &Entity,
        id: EntityId,
        owner: BlockId,
        order: Order,
        by: Vec2,
        new: &[RecordId],
    ) -> Result<Entity, String> {
        let mut shape = entity.shape.clone();
        shape.translate(by).map_err(|kind| format!("{kind} can't be copied: Linework does not read it"))?;
        if let Shape::Dimension(dimension) = &mut shape
            && dimension.block.is_some_and(|block| !self.moving.contains(&block))
        {
            // Its block is everybody's and stays, so what it is put at moves.
            let step = dimension.extrusion.displacement(by);
            dimension.insert_at = Some(dimension.insert_at.unwrap_or(Point3::flat(0.0, 0.0)) + step);
        }
        let place = |id| self.place(id, new);
        refer(&mut shape, &place);
        Ok(Entity { id, handle: None, source: None, owner, order, style: referring(&entity.style, &place), shape })
    }
}

/// A copy of a block. A name of the program's gets the number of its new id, so that two people who copy at once
/// don't give the same one.
fn copied_block(block: &Block, id: RecordId, into: &Drawing) -> Block {
    let mut copy = block.clone();
    (copy.id, copy.handle, copy.source) = (BlockId(id.0), None, None);
    if block.name.starts_with('*') {
        let letters: String = block.name.chars().skip(1).take_while(|letter| letter.is_alphabetic()).collect();
        copy.name = format!("*{letters}{id}");
        while into.block_named(&copy.name).is_some() {
            copy.name.push('0');
        }
    }
    copy
}

fn referring(style: &Style, place: &dyn Fn(RecordId) -> RecordId) -> Style {
    let linetype = match style.linetype {
        LineStyle::Named(id) => LineStyle::Named(LinetypeId(place(id.into()).0)),
        other => other,
    };
    Style { layer: LayerId(place(style.layer.into()).0), linetype, ..style.clone() }
}

/// Has a shape refer to what `place` gives for each reference; what points into the file goes.
fn refer(shape: &mut Shape, place: &dyn Fn(RecordId) -> RecordId) {
    let text_style = |id: &mut Option<TextStyleId>| *id = id.map(|id| TextStyleId(place(id.into()).0));
    match shape {
        Shape::Text(text) => text_style(&mut text.style),
        Shape::MText(text) => text_style(&mut text.style),
        Shape::Insert(insert) => {
            insert.block = BlockId(place(insert.block.into()).0);
            for attribute in &mut insert.attributes {
                let Attribute { handle, source, style, text, .. } = attribute;
                (*handle, *source) = (None, None);
                *style = referring(style, place);
                text_style(&mut text.style);
            }
        }
        Shape::Dimension(dimension) => dimension.block = dimension.block.map(|id| BlockId(place(id.into()).0)),
        _ => {}
    }
}

/// Whether two blocks of one name show different things, blocks in them included.
fn differs(from: &Drawing, block: BlockId, into: &Drawing, there: BlockId) -> bool {
    let mut pairs = vec![(block, there)];
    let mut seen = BTreeSet::new();
    while let Some((one, other)) = pairs.pop() {
        if !seen.insert(one) {
            continue;
        }
        let (Some(a), Some(b)) = (from.block(one), into.block(other)) else { return true };
        let (mut ours, mut theirs) = (from.entities_of(one), into.entities_of(other));
        if a.base != b.base || a.xref_path != b.xref_path {
            return true;
        }
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => break,
                (Some(ours), Some(theirs)) if same_part(from, ours, into, theirs, &mut pairs) => {}
                _ => return true,
            }
        }
    }
    false
}

fn same_part(
    from: &Drawing,
    ours: &Entity,
    into: &Drawing,
    theirs: &Entity,
    pairs: &mut Vec<(BlockId, BlockId)>,
) -> bool {
    let by_name = |id: RecordId| {
        let there = match from.get(id) {
            Some(Record::Layer(layer)) => into.layer_named(&layer.name).map(RecordId::from),
            Some(Record::Linetype(linetype)) => into.linetype_named(&linetype.name).map(RecordId::from),
            Some(Record::TextStyle(style)) => into.text_style_named(&style.name).map(RecordId::from),
            Some(Record::Block(block)) => into.block_named(&block.name).map(RecordId::from),
            _ => None,
        };
        there.unwrap_or(RecordId(0))
    };
    let (mut shape, mut there) = (ours.shape.clone(), theirs.shape.clone());
    refer(&mut shape, &by_name);
    refer(&mut there, &|id| id);
    if let (Shape::Insert(a), Shape::Insert(b)) = (&ours.shape, &there) {
        pairs.push((a.block, b.block));
    }
    // The block of a dimension has another name in each drawing.
    if let (Shape::Dimension(a), Shape::Dimension(b)) = (&mut shape, &mut there) {
        (a.block, b.block) = (None, None);
    }
    shape == there && referring(&ours.style, &by_name) == theirs.style
}
