//! What makes a drawing what it was at another moment: one op, which leaves alone what others hold.

use std::collections::HashMap;

use drawing::{BlockId, Drawing, LayerId, LineStyle, LinetypeId, Op, Record, RecordId, Shape, TextStyleId};

/// What a restoring would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Restoring {
    /// The op; none where nothing is to be done.
    pub op: Option<Op>,
    /// How many records it touches.
    pub count: usize,
    /// What differs and others hold, so that it stays as it is.
    pub held: Vec<RecordId>,
    /// How many erased things can't be made anew, since the program doesn't understand them.
    pub left_out: usize,
    /// What is made anew, with the ids that it gets.
    pub made: Vec<RecordId>,
}

/// What makes `now` what `then` was. What was erased since is made anew under `new_ids`, since no id is used twice.
///
/// # Errors
/// In words, where more than `most` records differ, or there are no numbers for what is to be made.
pub fn restoring(
    now: &Drawing,
    then: &Drawing,
    most: usize,
    is_others: impl Fn(RecordId) -> bool,
    new_ids: impl FnOnce(usize) -> Option<Vec<RecordId>>,
) -> Result<Restoring, String> {
    let ids = now
        .difference(then, most)
        .ok_or_else(|| format!("more than {most} things differ, which is more than the room takes at once"))?;
    let (mut erased, mut changed, mut surplus, mut held) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut left_out = 0;
    for id in ids {
        match (now.get(id), then.get(id)) {
            (Some(_), _) if is_others(id) => held.push(id),
            (Some(_), Some(before)) => changed.push(before.clone()),
            (Some(_), None) => surplus.push(id),
            (None, Some(before)) if is_opaque(before) => left_out += 1,
            (None, Some(before)) => erased.push(before.clone()),
            (None, None) => {}
        }
    }
    let made = if erased.is_empty() {
        Vec::new()
    } else {
        new_ids(erased.len()).ok_or("the server has to grant numbers for new things first; try again in a moment")?
    };
    let anew: HashMap<RecordId, RecordId> = erased.iter().map(Record::id).zip(made.iter().copied()).collect();
    erased.iter_mut().for_each(|record| make_anew(record, &anew));
    changed.iter_mut().for_each(|record| refer(record, &anew));
    // What differs in nothing but a handle that a save gave it is as it was.
    changed.retain(|record| now.get(record.id()).is_some_and(|here| !same_but_handle(here, record)));
    let count = erased.len() + changed.len() + surplus.len();
    let mut ops = Vec::new();
    if !erased.is_empty() {
        ops.push(Op::New(erased));
    }
    if !changed.is_empty() {
        ops.push(Op::Change(changed));
    }
    if !surplus.is_empty() {
        ops.push(Op::Remove(surplus));
    }
    let op = match ops.len() {
        0 | 1 => ops.pop(),
        _ => Some(Op::Batch(ops)),
    };
    Ok(Restoring { op, count, held, left_out, made })
}

fn is_opaque(record: &Record) -> bool {
    matches!(record, Record::Entity(entity) if matches!(entity.shape, Shape::Opaque(_)))
}

/// Compared as the drawing would keep it: a change takes no handle away.
fn same_but_handle(here: &Record, other: &Record) -> bool {
    let mut other = other.clone();
    match (&mut other, here) {
        (Record::Entity(a), Record::Entity(b)) => a.handle = b.handle,
        (Record::Layer(a), Record::Layer(b)) => a.handle = b.handle,
        (Record::Block(a), Record::Block(b)) => a.handle = b.handle,
        (Record::Linetype(a), Record::Linetype(b)) => a.handle = b.handle,
        (Record::TextStyle(a), Record::TextStyle(b)) => a.handle = b.handle,
        (Record::Layout(a), Record::Layout(b)) => a.handle = b.handle,
        _ => return false,
    }
    other == *here
}

/// A record that is gone, as a new one: with a new id, and nothing in the file.
fn make_anew(record: &mut Record, anew: &HashMap<RecordId, RecordId>) {
    let of = |id: u64| anew.get(&RecordId(id)).map_or(id, |new| new.0);
    match record {
        Record::Entity(entity) => {
            entity.id.0 = of(entity.id.0);
            (entity.handle, entity.source) = (None, None);
            if let Shape::Insert(insert) = &mut entity.shape {
                insert.attributes.iter_mut().for_each(|each| (each.handle, each.source) = (None, None));
            }
        }
        Record::Layer(r) => (r.id.0, r.handle, r.source) = (of(r.id.0), None, None),
        Record::Block(r) => (r.id.0, r.handle, r.source) = (of(r.id.0), None, None),
        Record::Linetype(r) => (r.id.0, r.handle, r.source) = (of(r.id.0), None, None),
        Record::TextStyle(r) => (r.id.0, r.handle, r.source) = (of(r.id.0), None, None),
        Record::Layout(r) => (r.id.0, r.handle, r.source) = (of(r.id.0), None, None),
    }
    refer(record, anew);
}

/// Has a record refer to what was made anew instead of what is gone.
fn refer(record: &mut Record, anew: &HashMap<RecordId, RecordId>) {
    let of = |id: u64| anew.get(&RecordId(id)).map_or(id, |new| new.0);
    let style = |style: &mut Option<TextStyleId>| *style = style.map(|id| TextStyleId(of(id.0)));
    match record {
        Record::Entity(entity) => {
            entity.owner = BlockId(of(entity.owner.0));
            entity.style.layer = LayerId(of(entity.style.layer.0));
            if let LineStyle::Named(id) = &mut entity.style.linetype {
                *id = LinetypeId(of(id.0));
            }
            match &mut entity.shape {
                Shape::Insert(insert) => {
                    insert.block = BlockId(of(insert.block.0));
                    insert.attributes.iter_mut().for_each(|attribute| style(&mut attribute.text.style));
                }
                Shape::Dimension(dimension) => dimension.block = dimension.block.map(|id| BlockId(of(id.0))),
                Shape::Text(text) => style(&mut text.style),
                Shape::MText(text) => style(&mut text.style),
                _ => {}
            }
        }
        Record::Layer(layer) => layer.linetype = layer.linetype.map(|id| LinetypeId(of(id.0))),
        Record::Layout(layout) => layout.block = BlockId(of(layout.block.0)),
        Record::Block(_) | Record::Linetype(_) | Record::TextStyle(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawing::{Entity, EntityId, Line, Order, Point3, Style, Vec2};

    fn line(id: u64, layer: LayerId) -> Record {
        let shape = Shape::Line(Line { start: Point3::flat(0.0, 0.0), end: Point3::flat(id as f64, 1.0) });
        let (owner, style, order) = (Drawing::MODEL_SPACE, Style::on(layer), Order(id));
        Record::Entity(Entity { id: EntityId(id), handle: None, source: None, owner, order, style, shape })
    }

    fn check(now: &Drawing, then: &Drawing, held: &[u64]) -> (Restoring, Drawing) {
        let is_others = |id: RecordId| held.contains(&id.0);
        let next = now.id_max().0.max(then.id_max().0) + 1;
        let ids = |count: usize| Some((next..next + count as u64).map(RecordId).collect());
        let restoring = restoring(now, then, 100, is_others, ids).expect("it can be restored");
        let mut after = now.clone();
        if let Some(op) = &restoring.op {
            after.apply(op).expect("the op is allowed");
        }
        (restoring, after)
    }

    #[test]
    fn what_was_changed_made_and_erased_is_as_it_was() {
        let mut then = Drawing::new();
        let layer = then.layers().next().expect("layer 0").clone();
        let walls = drawing::Layer { id: LayerId(20), name: "WALLS".into(), ..layer };
        let lines = vec![line(30, LayerId(20)), line(31, Drawing::LAYER_0), line(32, Drawing::LAYER_0)];
        then.apply(&Op::New([vec![Record::Layer(walls)], lines].concat())).expect("it fits together");
        let mut now = then.clone();
        for op in [
            Op::Translate { ids: vec![EntityId(31)], by: Vec2::new(5.0, 0.0) },
            Op::Remove(vec![RecordId(30), RecordId(20)]),
            Op::New(vec![line(40, Drawing::LAYER_0)]),
            Op::Translate { ids: vec![EntityId(32)], by: Vec2::new(1.0, 0.0) },
        ] {
            now.apply(&op).expect("it is allowed");
        }
        let (restoring, after) = check(&now, &then, &[]);
        assert_eq!((restoring.count, restoring.made.len(), restoring.held.len()), (5, 2, 0));
        let shapes = |drawing: &Drawing| {
            let layer = |entity: &Entity| drawing.layer(entity.style.layer).map(|layer| layer.name.clone());
            let mut all: Vec<_> = drawing.entities().map(|e| format!("{:?} {:?}", e.shape, layer(e))).collect();
            all.sort();
            all
        };
        assert_eq!(shapes(&after), shapes(&then));
        assert_eq!(after.layers().count(), then.layers().count());
        // What others hold stays.
        let (restoring, after) = check(&now, &then, &[31, 40]);
        assert_eq!(restoring.held, [RecordId(31), RecordId(40)]);
        assert_eq!((after.get(RecordId(31)), after.get(RecordId(40))), (now.get(RecordId(31)), now.get(RecordId(40))));
        assert_eq!(after.get(RecordId(32)), then.get(RecordId(32)));
        // And of nothing comes nothing.
        let (restoring, _) = check(&then, &then, &[]);
        assert_eq!((restoring.op, restoring.count), (None, 0));
    }
}
