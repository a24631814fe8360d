//! Each edit changes the tags that it must, and no other.

use std::ops::ControlFlow;

use drawing::{Color, Entity, Handle, Op, Record, Shape, Span};

use crate::drawings::{Sample, check_each};
use crate::gone::Gone;
use crate::linework;
use crate::tags::{Change, changes, cuts, tags};

/// Larger drawings have no kind that smaller ones lack, and take long.
const BYTES_MAX: u64 = 3 << 20;
/// Bytes that are read and written again for one drawing, about: how many of its kinds are edited.
const WORK_BYTES_MAX: usize = 3 << 20;

/// Group codes that a move may change in an object of each kind; with a plane of its own that is not the world's,
/// heights as well. A dimension moves its block, whatever is in it.
fn moved_codes(kind: &str) -> &'static [&'static str] {
    match kind {
        "CIRCLE" | "ARC" | "ELLIPSE" | "LWPOLYLINE" | "POLYLINE" | "POINT" => &["10", "20"],
        // An MTEXT of 2018 says its place again, in an embedded object.
        "LINE" | "SPLINE" | "TEXT" | "INSERT" | "MTEXT" => &["10", "20", "11", "21"],
        "SOLID" | "TRACE" => &["10", "20", "11", "21", "12", "22", "13", "23"],
        "HATCH" => &["10", "20", "11", "21", "12", "22", "13", "23", "43", "44"],
        "DIMENSION" => {
            &["10", "20", "11", "21", "12", "22", "13", "23", "14", "24", "15", "25", "16", "26", "43", "44"]
        }
        _ => &[],
    }
}

/// Heights, which a move changes where an entity's plane is not the world's.
const HEIGHTS: &[&str] = &["30", "31", "32", "33", "34", "35", "36", "38"];

/// Entities of one drawing whose true colour is taken away, at most.
const TRUE_COLORED_MAX: usize = 300;

/// A true colour goes with its index and its name, and nothing else does: of all entities that have one, at once.
#[test]
fn taking_true_colors_away_changes_only_the_tags_of_colors() {
    let tried = std::sync::atomic::AtomicUsize::new(0);
    check_each(BYTES_MAX, |sample| {
        let has_true_color = |entity: &&Entity| matches!(entity.style.color, Color::True(_));
        let mut entities: Vec<Entity> =
            sample.drawing.entities().filter(has_true_color).take(TRUE_COLORED_MAX).cloned().collect();
        tried.fetch_add(entities.len(), std::sync::atomic::Ordering::Relaxed);
        let mut wrong = Vec::new();
        for color in [Color::ByLayer, Color::ByBlock, Color::Index(3)] {
            entities.iter_mut().for_each(|entity| entity.style.color = color);
            let mut current = sample.drawing.clone();
            let op = Op::Change(entities.iter().cloned().map(Record::Entity).collect());
            current.apply(&op).expect("they take another colour");
            let saved = formats::save(Some(&sample.bytes), &sample.drawing, &current).expect("it is saved");
            wrong.extend(saved.notes);
            let found = changes(&sample.bytes, &saved.bytes);
            let foreign = found.iter().find(|change| !["62", "420", "430"].contains(&change.code()));
            wrong.extend(foreign.map(|change| format!("{color:?}: {change:?}")));
        }
        wrong
    });
    println!("{} entities have a true colour", tried.into_inner());
}

#[test]
fn each_edit_changes_only_the_listed_tags() {
    check_each(BYTES_MAX, |sample| {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("out.dxf");
        let out_name = out.to_str().expect("a path in UTF-8");
        let edit = |arguments: &[&str]| -> anyhow::Result<Vec<u8>> {
            linework(&[&["edit", sample.path(), out_name], arguments].concat())?;
            Ok(std::fs::read(&out)?)
        };
        let mut wrong = Vec::new();
        let kinds = (WORK_BYTES_MAX / (4 * sample.bytes.len()).max(1)).max(2);
        for (handle, entity) in sample.one_of_each_kind().into_iter().take(kinds) {
            let on_entity = OnEntity { sample, handle: format!("{:X}", handle.0), entity };
            wrong.extend(on_entity.check(&edit));
        }
        wrong.extend(added(sample, &edit).unwrap_or_else(|error| vec![format!("--add-line: {error:#}")]));
        wrong
    });
}

/// Edits of one entity.
struct OnEntity<'s> {
    sample: &'s Sample,
    handle: String,
    entity: &'s Entity,
}

type Edit<'e> = dyn Fn(&[&str]) -> anyhow::Result<Vec<u8>> + 'e;

impl OnEntity<'_> {
    fn check(&self, edit: &Edit) -> Vec<String> {
        let kind = self.entity.shape.kind();
        let named = |option: &str, found: Result<(), String>| {
            found.err().map(|what| format!("--{option} of {kind} {}: {what}", self.handle))
        };
        let moved = named("move", self.moved(edit));
        let layered = named("layer", self.layered(edit));
        let colored = named("color", self.colored(edit));
        let deleted = named("delete", self.deleted(edit));
        [moved, layered, colored, deleted].into_iter().flatten().collect()
    }

    fn moved(&self, edit: &Edit) -> Result<(), String> {
        let result = edit(&["--move", &self.handle, "12.25,-3.5"]);
        if matches!(self.entity.shape, Shape::Opaque(_)) {
            return match result {
                Ok(_) => Err("was not refused".into()),
                Err(error) if format!("{error:#}").contains(self.entity.shape.kind()) => Ok(()),
                Err(error) => Err(format!("was refused without a reason: {error:#}")),
            };
        }
        let found = self.changes(result)?;
        let flat = is_flat(&self.entity.shape);
        let codes = moved_codes(self.entity.shape.kind());
        // A dimension that shares its block with another one is moved by a point of its own, which it may lack.
        let own_point = |code: &str| self.shares_its_block() && ["12", "22", "32"].contains(&code);
        let foreign = found.iter().find(|change| match change {
            Change::Replaced(code) => !codes.contains(&code.as_str()) && (flat || !HEIGHTS.contains(&code.as_str())),
            Change::Inserted(code) => !own_point(code),
            Change::Removed(_) => true,
        });
        match foreign {
            Some(change) => Err(format!("{change:?} of {found:?}")),
            None if found.is_empty() => Err("changed nothing".into()),
            None => Ok(()),
        }
    }

    fn shares_its_block(&self) -> bool {
        match &self.entity.shape {
            Shape::Dimension(dimension) => dimension.block.is_some_and(|id| self.sample.drawing.use_count(id) > 1),
            _ => false,
        }
    }

    fn layered(&self, edit: &Edit) -> Result<(), String> {
        let other = |layer: &&drawing::Layer| layer.source.is_some() && layer.id != self.entity.style.layer;
        let Some(layer) = self.sample.drawing.layers().find(other) else { return Ok(()) };
        let found = self.changes(edit(&["--layer", &self.handle, &layer.name]))?;
        match &found[..] {
            // A tag that is missing stands for layer 0.
            [Change::Replaced(code) | Change::Inserted(code)] if code == "8" => Ok(()),
            found => Err(format!("{found:?}")),
        }
    }

    fn colored(&self, edit: &Edit) -> Result<(), String> {
        let index = if self.entity.style.color == Color::Index(3) { "5" } else { "3" };
        let found = self.changes(edit(&["--color", &self.handle, index]))?;
        let of_color = |change: &Change| match change {
            Change::Replaced(code) | Change::Inserted(code) => code == "62",
            Change::Removed(code) => ["420", "430"].contains(&code.as_str()),
        };
        let named = found.iter().filter(|change| change.code() == "62").count();
        if named == 1 && found.iter().all(of_color) { Ok(()) } else { Err(format!("{found:?}")) }
    }

    /// The entity goes whole, what it owns goes with it, and nothing names either any more: no other tag is touched.
    fn deleted(&self, edit: &Edit) -> Result<(), String> {
        let after = edit(&["--delete", &self.handle]).map_err(|error| format!("{error:#}"))?;
        let Some(source) = self.entity.source else { return Err("has no place in its file".into()) };
        let before = without(&self.sample.bytes, source);
        let gone = Gone::with(&self.sample.bytes, source);
        if let Some((code, value)) = tags(&after).into_iter().find(|tag| gone.is_named_by(tag)) {
            return Err(format!("is still named: {code} {}", String::from_utf8_lossy(value)));
        }
        let may_go = tags(&before).iter().filter(|tag| gone.is_named_by(tag)).count();
        let (cut, renamed) = cuts(&before, &after, &|old, new| {
            let code: i16 = old.0.parse().unwrap_or(0);
            old.0 == new.0 && (gone.is_named_by(old) && new.1 == b"0" || code == 97)
        })?;
        // With a name may go its key or its count, and the group that it was alone in.
        if cut > gone.owned_tags + 3 * may_go || renamed > 2 * may_go {
            return Err(format!("took {cut} tags and changed {renamed}, where {may_go} name it"));
        }
        Ok(())
    }

    fn changes(&self, edited: anyhow::Result<Vec<u8>>) -> Result<Vec<Change>, String> {
        let after = edited.map_err(|error| format!("{error:#}"))?;
        Ok(changes(&self.sample.bytes, &after))
    }
}

fn without(bytes: &[u8], span: Span) -> Vec<u8> {
    let range = span.range();
    [&bytes[..range.start], &bytes[range.end..]].concat()
}

/// Whether a move in the world's plane stays in the entity's own.
fn is_flat(shape: &Shape) -> bool {
    match shape {
        Shape::Circle(shape) => shape.extrusion.is_up(),
        Shape::Arc(shape) => shape.extrusion.is_up(),
        Shape::Polyline(shape) => shape.extrusion.is_up(),
        Shape::Solid(shape) => shape.extrusion.is_up(),
        Shape::Text(shape) => shape.extrusion.is_up(),
        Shape::Insert(shape) => shape.extrusion.is_up(),
        Shape::Hatch(shape) => shape.extrusion.is_up(),
        Shape::Dimension(shape) => shape.extrusion.is_up(),
        _ => true,
    }
}

/// A new line is one object in the file, and the header knows its handle; nothing else differs.
fn added(sample: &Sample, edit: &Edit) -> anyhow::Result<Vec<String>> {
    let after = edit(&["--add-line", "0,0,100.5,-20"])?;
    let drawing = formats::read(&after, &mut |_| ControlFlow::Continue(()))?.drawing;
    let mut wrong = Vec::new();
    let highest = Handle(sample.drawing.header().highest_handle);
    let line = drawing.entities().filter(|entity| match &entity.shape {
        Shape::Line(line) => line.end.x == 100.5 && line.end.y == -20.0,
        _ => false,
    });
    let line: Vec<&Entity> = line.collect();
    let [line] = line[..] else { return Ok(vec![format!("--add-line made {} lines", line.len())]) };
    if line.handle.is_some_and(|handle| handle <= highest) {
        wrong.push(format!("--add-line gave the handle {:?}, and {highest:?} is taken", line.handle));
    }
    let span = line.source.expect("it was read");
    let mut found = changes(&sample.bytes, &without(&after, span));
    // What was cut short is closed, so that the line isn't taken for cut short.
    if found.ends_with(&[Change::Inserted("0".into()), Change::Inserted("0".into())]) && !ends_in_eof(&sample.bytes) {
        found.truncate(found.len() - 2);
    }
    match &found[..] {
        [] => {}
        // The seed of handles, or that there is one now.
        [Change::Replaced(code)] if code == "5" => {}
        found => wrong.push(format!("--add-line changed {found:?} besides")),
    }
    Ok(wrong)
}

fn ends_in_eof(bytes: &[u8]) -> bool {
    bytes.trim_ascii_end().ends_with(b"EOF")
}
