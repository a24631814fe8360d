//! What happened to one record, from what to what. It is followed by itself, so a life costs what it is long.

use collab::{Source, words};
use drawing::{Color, Drawing, LineStyle, Lineweight, Op, Record, RecordId, Shape, Vec2};
use protocol::{Event, Seq};

use crate::measure;

/// Entries of a life that are told: the last.
pub const STEPS_MAX: usize = 400;

/// One entry in the life of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which entry.
    pub seq: Seq,
    /// What happened, such as `color ByLayer -> 1`.
    pub what: String,
}

/// The life of a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Life {
    /// What happened, the first first.
    pub steps: Vec<Step>,
    /// Earlier steps that are not told.
    pub left_out: usize,
    /// The log is still being read: more may come.
    pub so_far: bool,
}

/// The life of a record, from these entries: those that touched it, and those that touched so much that it may be among
/// it. `start` is how it was before the first of them; `names` has what it refers to.
pub fn of(
    source: &mut dyn Source,
    names: &Drawing,
    id: RecordId,
    start: Option<Record>,
    seqs: &[(Seq, bool)],
) -> Result<Life, String> {
    let mut record = start;
    let mut steps = Vec::new();
    for &(seq, sure) in seqs {
        let told = source.read_after(Seq(seq.0.saturating_sub(1)), seq)?;
        let Some(told) = told.first() else { continue };
        let event = &told.entry.event;
        if !sure && !names_it(event, id) {
            continue;
        }
        let what = match event {
            Event::Edited { op, undoes, .. } => {
                let before = record.clone();
                follow(op, id, &mut record);
                let what = difference(names, before.as_ref(), record.as_ref(), op);
                if undoes.is_empty() { what } else { format!("taken back: {what}") }
            }
            Event::Locked { .. } => "locked".into(),
            Event::Unlocked { overridden_by: Some(_), .. } => "the lock on it was ended".into(),
            Event::Unlocked { lapsed: true, .. } => "lock lapsed".into(),
            Event::Unlocked { .. } => "let go".into(),
            Event::Gone { .. } => "let go, as they went".into(),
            _ => continue,
        };
        steps.push(Step { seq, what });
    }
    let first = steps.len().saturating_sub(STEPS_MAX);
    Ok(Life { steps: steps.split_off(first), left_out: first, so_far: false })
}

/// Whether an entry names a record.
fn names_it(event: &Event, id: RecordId) -> bool {
    match event {
        Event::Locked { ids, .. } | Event::Unlocked { ids, .. } => ids.contains(&id),
        Event::Edited { op, .. } => op_names(op, id),
        _ => false,
    }
}

fn op_names(op: &Op, id: RecordId) -> bool {
    match op {
        Op::New(records) | Op::Change(records) => records.iter().any(|each| each.id() == id),
        Op::Remove(ids) | Op::Unmint(ids) => ids.contains(&id),
        Op::Translate { ids, .. } => ids.iter().any(|each| each.0 == id.0),
        Op::Mint(handles) => handles.iter().any(|(each, _)| *each == id),
        Op::Batch(ops) => ops.iter().any(|op| op_names(op, id)),
    }
}

/// Applies to one record what an op does to it by name.
fn follow(op: &Op, id: RecordId, record: &mut Option<Record>) {
    match op {
        Op::New(records) | Op::Change(records) => {
            if let Some(found) = records.iter().find(|each| each.id() == id) {
                *record = Some(found.clone());
            }
        }
        Op::Remove(ids) if ids.contains(&id) => *record = None,
        Op::Translate { ids, by } if ids.iter().any(|each| RecordId(each.0) == id) => {
            if let Some(Record::Entity(entity)) = record {
                // What can't be moved was not: the entry would have been refused.
                let _ = entity.shape.translate(*by);
            }
        }
        Op::Batch(ops) => ops.iter().for_each(|op| follow(op, id, record)),
        Op::Remove(_) | Op::Translate { .. } | Op::Mint(_) | Op::Unmint(_) => {}
    }
}

/// How far an op moves a record by name.
fn moved(op: &Op, id: RecordId) -> Option<Vec2> {
    match op {
        Op::Translate { ids, by } => ids.iter().any(|each| RecordId(each.0) == id).then_some(*by),
        Op::Batch(ops) => ops.iter().find_map(|op| moved(op, id)),
        _ => None,
    }
}

/// From what to what, in words.
fn difference(names: &Drawing, before: Option<&Record>, after: Option<&Record>, op: &Op) -> String {
    match (before, after) {
        (None, Some(after)) => format!("made: {}", words::title(after.kind())),
        (Some(before), None) => format!("erased: {}", words::title(before.kind())),
        (None, None) => "moved along with what it belongs to".into(),
        (Some(before), Some(after)) => {
            let mut parts = Vec::new();
            if let Some(by) = moved(op, after.id()) {
                let length = |value| measure::length(names.header(), value);
                parts.push(format!("moved by {}, {}", length(by.x), length(by.y)));
            }
            if let (Record::Entity(a), Record::Entity(b)) = (before, after) {
                styles(names, &a.style, &b.style, &mut parts);
                if parts.is_empty() && a.shape != b.shape {
                    parts.push(reshaped(names, &a.shape, &b.shape));
                }
                if a.order != b.order {
                    parts.push("another place in the draw order".into());
                }
            } else if let (Record::Layer(a), Record::Layer(b)) = (before, after) {
                pair(&mut parts, "name", &a.name, &b.name);
                pair(&mut parts, "color", &color(a.color), &color(b.color));
                pair(&mut parts, "off", &a.off.to_string(), &b.off.to_string());
                pair(&mut parts, "frozen", &a.frozen.to_string(), &b.frozen.to_string());
            }
            if parts.is_empty() {
                let along = matches!(op, Op::Translate { .. }) && !op_names(op, after.id());
                parts.push(match op {
                    Op::Mint(_) => "saved".into(),
                    _ if along => "moved along with what it belongs to".into(),
                    _ => "changed along with others".into(),
                });
            }
            parts.join(", ")
        }
    }
}

fn pair(parts: &mut Vec<String>, what: &str, before: &str, after: &str) {
    if before != after {
        parts.push(format!("{what} {} -> {}", words::title(before), words::title(after)));
    }
}

fn styles(names: &Drawing, a: &drawing::Style, b: &drawing::Style, parts: &mut Vec<String>) {
    let layer = |id| names.layer(id).map_or("(gone)", |layer| &layer.name);
    pair(parts, "layer", layer(a.layer), layer(b.layer));
    pair(parts, "color", &color(a.color), &color(b.color));
    let linetype = |style| match style {
        LineStyle::ByLayer => "by layer".to_owned(),
        LineStyle::ByBlock => "by block".to_owned(),
        LineStyle::Named(id) => names.linetype(id).map_or("(gone)".into(), |linetype| linetype.name.clone()),
    };
    pair(parts, "linetype", &linetype(a.linetype), &linetype(b.linetype));
    pair(parts, "lineweight", &weight(a.lineweight), &weight(b.lineweight));
}

fn color(color: Color) -> String {
    match color {
        Color::ByLayer => "by layer".into(),
        Color::ByBlock => "by block".into(),
        Color::Index(index) => index.to_string(),
        Color::True(rgb) => format!("{rgb:06X}"),
    }
}

fn weight(weight: Lineweight) -> String {
    match weight {
        Lineweight::ByLayer => "by layer".into(),
        Lineweight::ByBlock => "by block".into(),
        Lineweight::Default => "default".into(),
        Lineweight::HundredthsMm(hundredths) => format!("{:.2} mm", f64::from(hundredths) / 100.0),
    }
}

/// What is worth telling of another shape of the same kind.
fn reshaped(names: &Drawing, before: &Shape, after: &Shape) -> String {
    let length = |value| measure::length(names.header(), value);
    match (before, after) {
        (Shape::Line(a), Shape::Line(b)) => {
            let of = |line: &drawing::Line| (line.end.xy() - line.start.xy()).hypot();
            if (of(a) - of(b)).abs() > 1e-9 {
                format!("length {} -> {}", length(of(a)), length(of(b)))
            } else {
                "put elsewhere".into()
            }
        }
        (Shape::Circle(a), Shape::Circle(b)) if a.radius != b.radius => {
            format!("radius {} -> {}", length(a.radius), length(b.radius))
        }
        (Shape::Text(a), Shape::Text(b)) if a.value != b.value => {
            format!("text {:?} -> {:?}", words::title(&a.value), words::title(&b.value))
        }
        (Shape::Insert(a), Shape::Insert(b)) if a.rotation_deg != b.rotation_deg => {
            format!("turned {:.1} -> {:.1} degrees", a.rotation_deg, b.rotation_deg)
        }
        _ => "another shape".into(),
    }
}
