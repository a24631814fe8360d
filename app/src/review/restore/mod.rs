//! What makes a drawing what it was at another moment: one op, which leaves alone what others hold and all that this
//! needs.
//!
//! No id is used twice, so what was erased since comes back under a new one. What an earlier restoring brought back is
//! known again: a table by its kind and name, an entity by being the same but for its numbers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use drawing::{BlockId, Drawing, LayerId, LineStyle, LinetypeId, Op, Record, RecordId, Shape, Style, TextStyleId};
use protocol::Hash;

/// What a restoring would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Restoring {
    /// The op; none where nothing is to be done.
    pub op: Option<Op>,
    /// How many records it touches.
    pub count: usize,
    /// What differs and others hold, so that it stays as it is.
    pub held: Vec<RecordId>,
    /// How many were not there then, and stay since what stays needs them.
    pub needed: usize,
    /// How many erased things can't be made anew, since the program doesn't understand them.
    pub left_out: usize,
    /// What is made anew, with the ids that it gets.
    pub made: Vec<RecordId>,
}

/// Why nothing can be restored.
#[derive(Debug, Clone, PartialEq)]
pub enum Unrestored {
    /// More records differ than the room takes at once.
    TooMany(usize),
    /// There are no numbers for what is to be made anew: so many are needed.
    NoNumbers(usize),
}

/// What makes `now` what `then` was. What was erased since is made anew under `new_ids`.
///
/// # Errors
/// Where more than `most` records differ, or there are no numbers for what is to be made.
pub fn restoring(
    now: &Drawing,
    then: &Drawing,
    most: usize,
    is_others: impl Fn(RecordId) -> bool,
    new_ids: impl FnOnce(usize) -> Option<Vec<RecordId>>,
) -> Result<Restoring, Unrestored> {
    let ids = now.difference(then, most).ok_or(Unrestored::TooMany(most))?;
    let (mut erased, mut changed) = (Vec::new(), Vec::new());
    let (mut surplus, mut held) = (BTreeSet::new(), BTreeSet::new());
    let mut left_out = 0;
    for id in ids {
        match (now.get(id), then.get(id)) {
            // What people said stays said.
            (Some(record), _) | (None, Some(record)) if record.is_comment() => {}
            (Some(_), _) if is_others(id) => {
                held.insert(id);
            }
            (Some(_), Some(before)) => changed.push(before.clone()),
            (Some(_), None) => {
                surplus.insert(id);
            }
            (None, Some(before)) if is_opaque(before) => left_out += 1,
            (None, Some(before)) => erased.push(before.clone()),
            (None, None) => {}
        }
    }
    let known = pair(now, then, &mut erased, &mut changed, &mut surplus, &mut held);
    let made = match erased.len() {
        0 => Vec::new(),
        count => new_ids(count).ok_or(Unrestored::NoNumbers(count))?,
    };
    let mut anew = known;
    anew.extend(erased.iter().map(Record::id).zip(made.iter().copied()));
    erased.iter_mut().for_each(|record| make_anew(record, &anew));
    changed.iter_mut().for_each(|record| refer(record, &anew));
    // What differs in nothing but what a save or an earlier restoring gave it is as it was.
    changed.retain(|record| now.get(record.id()).is_some_and(|here| as_kept(here, record) != *here));
    let before = surplus.clone();
    keep_needed(now, &held, &mut surplus);
    let stays: Vec<RecordId> = before.difference(&surplus).chain(&held).copied().collect();
    let needed = before.len() - surplus.len();
    leave_names(now, &stays, &mut changed);
    let count = erased.len() + changed.len() + surplus.len();
    let op = op_of(now, erased, changed, surplus);
    Ok(Restoring { op, count, held: held.into_iter().collect(), needed, left_out, made })
}

/// Finds what is here again under another id: it is changed where it must be, and neither made nor erased.
fn pair(
    now: &Drawing,
    then: &Drawing,
    erased: &mut Vec<Record>,
    changed: &mut Vec<Record>,
    surplus: &mut BTreeSet<RecordId>,
    held: &mut BTreeSet<RecordId>,
) -> HashMap<RecordId, RecordId> {
    let mut known = HashMap::new();
    if erased.is_empty() {
        return known;
    }
    let new: Vec<RecordId> = surplus.iter().chain(held.iter()).copied().filter(|id| then.get(*id).is_none()).collect();
    // What others hold keeps its name, whatever it was called then.
    let named = new.iter().chain(held.iter());
    let tables = named.filter_map(|id| Some((name_of(now.get(*id)?)?, *id)));
    let tables: BTreeMap<(u8, String), RecordId> = tables.collect();
    erased.retain(|record| {
        let Some(here) = name_of(record).and_then(|name| tables.get(&name)) else { return true };
        known.insert(record.id(), *here);
        if surplus.remove(here)
            && let Some(here) = now.get(*here)
        {
            changed.push(in_place_of(here, record));
        }
        false
    });
    let mut same: HashMap<Hash, Vec<RecordId>> = HashMap::new();
    for id in new.iter().rev() {
        if let Some(Record::Entity(_)) = now.get(*id) {
            same.entry(look(now.get(*id), &known)).or_default().push(*id);
        }
    }
    erased.retain(|record| {
        let is_entity = matches!(record, Record::Entity(_));
        let here = is_entity.then(|| same.get_mut(&look(Some(record), &known)).and_then(Vec::pop)).flatten();
        let Some(here) = here else { return true };
        surplus.remove(&here);
        held.remove(&here);
        known.insert(record.id(), here);
        false
    });
    known
}

/// An entity but for its numbers: equal for two that look the same in the same place.
fn look(record: Option<&Record>, known: &HashMap<RecordId, RecordId>) -> Hash {
    let mut record = record.cloned();
    if let Some(record) = &mut record {
        make_anew(record, known);
        renumber(record, RecordId(0));
    }
    // A record always has a form in JSON: it has no maps.
    Hash::of(&serde_json::to_vec(&record).unwrap_or_default())
}

/// The key by which a table is known again.
fn name_of(record: &Record) -> Option<(u8, String)> {
    match record {
        Record::Layer(r) => Some((1, r.name.to_uppercase())),
        Record::Block(r) => Some((2, r.name.to_uppercase())),
        Record::Linetype(r) => Some((3, r.name.to_uppercase())),
        Record::TextStyle(r) => Some((4, r.name.to_uppercase())),
        Record::Layout(r) => Some((5, r.name.to_uppercase())),
        Record::Entity(_) | Record::Comment(_) | Record::Reply(_) => None,
    }
}

/// A table as another one: under its id, and in its place in the file.
fn in_place_of(here: &Record, record: &Record) -> Record {
    let mut record = record.clone();
    match (&mut record, here) {
        (Record::Layer(a), Record::Layer(b)) => (a.id, a.handle, a.source) = (b.id, b.handle, b.source),
        (Record::Block(a), Record::Block(b)) => (a.id, a.handle, a.source) = (b.id, b.handle, b.source),
        (Record::Linetype(a), Record::Linetype(b)) => (a.id, a.handle, a.source) = (b.id, b.handle, b.source),
        (Record::TextStyle(a), Record::TextStyle(b)) => (a.id, a.handle, a.source) = (b.id, b.handle, b.source),
        (Record::Layout(a), Record::Layout(b)) => (a.id, a.handle, a.source) = (b.id, b.handle, b.source),
        _ => {}
    }
    record
}

/// Takes out of `surplus` what something that stays refers to, and what is inside of a block that stays.
fn keep_needed(now: &Drawing, held: &BTreeSet<RecordId>, surplus: &mut BTreeSet<RecordId>) {
    let mut inside: BTreeMap<RecordId, Vec<RecordId>> = BTreeMap::new();
    for id in surplus.iter() {
        if let Some(Record::Entity(entity)) = now.get(*id) {
            inside.entry(RecordId(entity.owner.0)).or_default().push(*id);
        }
    }
    let comments = now.comments().filter(|comment| surplus.contains(&comment.space.into()));
    let comments: Vec<RecordId> = comments.map(|comment| comment.id.into()).collect();
    let mut stays: Vec<RecordId> = held.iter().copied().chain(comments).collect();
    while let Some(id) = stays.pop() {
        let Some(record) = now.get(id) else { continue };
        record.each_reference(&mut |to| {
            if surplus.remove(&to) {
                stays.push(to);
            }
        });
        for part in inside.remove(&id).unwrap_or_default() {
            if surplus.remove(&part) {
                stays.push(part);
            }
        }
    }
}

/// What stays keeps its name: whatever had that name then keeps the one that it has now.
fn leave_names(now: &Drawing, stays: &[RecordId], changed: &mut Vec<Record>) {
    let taken: BTreeSet<(u8, String)> = stays.iter().filter_map(|id| name_of(now.get(*id)?)).collect();
    for record in changed.iter_mut() {
        let Some(here) = now.get(record.id()) else { continue };
        if name_of(record).is_some_and(|name| taken.contains(&name)) {
            *record = called(record, here.name().unwrap_or_default().to_owned());
        }
    }
    changed.retain(|record| now.get(record.id()).is_some_and(|here| as_kept(here, record) != *here));
}

/// The op, in an order in which every part of it is allowed: names are free before they are taken again, and what is
/// referred to is there.
fn op_of(now: &Drawing, erased: Vec<Record>, changed: Vec<Record>, surplus: BTreeSet<RecordId>) -> Option<Op> {
    let wanted: BTreeSet<(u8, String)> = erased.iter().chain(&changed).filter_map(name_of).collect();
    let in_the_way =
        surplus.iter().filter_map(|id| now.get(*id)).filter(|r| name_of(r).is_some_and(|n| wanted.contains(&n)));
    // It goes at the end; until then it is called otherwise.
    let renamed: Vec<Record> = in_the_way.map(|record| called(record, format!("goes {}", record.id()))).collect();
    let anew: BTreeSet<RecordId> = erased.iter().map(Record::id).collect();
    let (late, early): (Vec<Record>, Vec<Record>) = changed.into_iter().partition(|record| {
        let mut refers = false;
        record.each_reference(&mut |to| refers |= anew.contains(&to));
        refers
    });
    let mut ops = Vec::new();
    for records in [renamed, early] {
        if !records.is_empty() {
            ops.push(Op::Change(records));
        }
    }
    if !erased.is_empty() {
        ops.push(Op::New(erased));
    }
    if !late.is_empty() {
        ops.push(Op::Change(late));
    }
    if !surplus.is_empty() {
        ops.push(Op::Remove(surplus.into_iter().collect()));
    }
    match ops.len() {
        0 | 1 => ops.pop(),
        _ => Some(Op::Batch(ops)),
    }
}

/// A table under another name.
fn called(record: &Record, name: String) -> Record {
    let mut record = record.clone();
    match &mut record {
        Record::Layer(r) => r.name = name,
        Record::Block(r) => r.name = name,
        Record::Linetype(r) => r.name = name,
        Record::TextStyle(r) => r.name = name,
        Record::Layout(r) => r.name = name,
        Record::Entity(_) | Record::Comment(_) | Record::Reply(_) => {}
    }
    record
}

fn is_opaque(record: &Record) -> bool {
    matches!(record, Record::Entity(entity) if matches!(entity.shape, Shape::Opaque(_)))
}

/// A change as the drawing would keep it: it takes no handle away.
fn as_kept(here: &Record, other: &Record) -> Record {
    let mut other = other.clone();
    match (&mut other, here) {
        (Record::Entity(a), Record::Entity(b)) => a.handle = b.handle,
        (Record::Layer(a), Record::Layer(b)) => a.handle = b.handle,
        (Record::Block(a), Record::Block(b)) => a.handle = b.handle,
        (Record::Linetype(a), Record::Linetype(b)) => a.handle = b.handle,
        (Record::TextStyle(a), Record::TextStyle(b)) => a.handle = b.handle,
        (Record::Layout(a), Record::Layout(b)) => a.handle = b.handle,
        _ => {}
    }
    other
}

/// Gives a record that is nowhere in the file this id.
fn renumber(record: &mut Record, id: RecordId) {
    match record {
        Record::Entity(entity) => {
            (entity.id.0, entity.handle, entity.source) = (id.0, None, None);
            if let Shape::Insert(insert) = &mut entity.shape {
                insert.attributes.iter_mut().for_each(|each| (each.handle, each.source) = (None, None));
            }
        }
        Record::Layer(r) => (r.id.0, r.handle, r.source) = (id.0, None, None),
        Record::Block(r) => (r.id.0, r.handle, r.source) = (id.0, None, None),
        Record::Linetype(r) => (r.id.0, r.handle, r.source) = (id.0, None, None),
        Record::TextStyle(r) => (r.id.0, r.handle, r.source) = (id.0, None, None),
        Record::Layout(r) => (r.id.0, r.handle, r.source) = (id.0, None, None),
        Record::Comment(r) => r.id.0 = id.0,
        Record::Reply(r) => r.id.0 = id.0,
    }
}

/// A record that is gone, as a new one: with a new id, and nothing in the file.
fn make_anew(record: &mut Record, anew: &HashMap<RecordId, RecordId>) {
    let id = record.id();
    renumber(record, anew.get(&id).copied().unwrap_or(id));
    refer(record, anew);
}

/// Has a record refer to what was made anew instead of what is gone.
fn refer(record: &mut Record, anew: &HashMap<RecordId, RecordId>) {
    let of = |id: u64| anew.get(&RecordId(id)).map_or(id, |new| new.0);
    let style = |style: &mut Style| {
        style.layer = LayerId(of(style.layer.0));
        if let LineStyle::Named(id) = &mut style.linetype {
            *id = LinetypeId(of(id.0));
        }
    };
    let text = |style: &mut Option<TextStyleId>| *style = style.map(|id| TextStyleId(of(id.0)));
    match record {
        Record::Entity(entity) => {
            entity.owner = BlockId(of(entity.owner.0));
            style(&mut entity.style);
            match &mut entity.shape {
                Shape::Insert(insert) => {
                    insert.block = BlockId(of(insert.block.0));
                    for attribute in &mut insert.attributes {
                        style(&mut attribute.style);
                        text(&mut attribute.text.style);
                    }
                }
                Shape::Dimension(dimension) => dimension.block = dimension.block.map(|id| BlockId(of(id.0))),
                Shape::Text(shape) => text(&mut shape.style),
                Shape::MText(shape) => text(&mut shape.style),
                _ => {}
            }
        }
        Record::Layer(layer) => layer.linetype = layer.linetype.map(|id| LinetypeId(of(id.0))),
        Record::Layout(layout) => layout.block = BlockId(of(layout.block.0)),
        Record::Comment(comment) => comment.space = BlockId(of(comment.space.0)),
        Record::Block(_) | Record::Linetype(_) | Record::TextStyle(_) | Record::Reply(_) => {}
    }
}

#[cfg(test)]
mod tests;
