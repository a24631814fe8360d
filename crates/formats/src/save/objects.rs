//! Entities: patched, cut, moved to another block, written anew.

use drawing::{Entity, Record, Shape, Span};

use super::entity_tags::in_one_line;
use super::out::Outs;
use super::patch::{Edit, apply, patch_object, replace_shape};
use super::{SaveError, Saver};
use crate::read::read_one;
use crate::tag::{AsciiTags, Objects, Tag};

impl<'a> Saver<'a> {
    /// The objects of a span, each with its tags.
    pub(super) fn objects_in(&self, span: Span) -> Option<Vec<Vec<Tag<'a>>>> {
        let range = span.range();
        let bytes = self.bytes.get(..range.end).filter(|bytes| range.start < bytes.len())?;
        let mut objects = Objects::new(AsciiTags::starting_at(bytes, range.start));
        let mut all = Vec::new();
        let mut tags = Vec::new();
        while objects.next(&mut tags) {
            all.push(tags.clone());
        }
        (!all.is_empty()).then_some(all)
    }

    pub(super) fn change_entity(&mut self, before: &Entity, after: &Entity) -> Result<(), SaveError> {
        let Some(span) = before.source else {
            // Made by the reader, so nowhere in the file.
            let bytes = self.new_entity(after)?;
            self.put_into(after, bytes);
            return Ok(());
        };
        let other = || SaveError::OtherSource { id: after.id.into(), kind: before.shape.kind().into() };
        let objects = self.objects_in(span).ok_or_else(other)?;
        let head = &objects[0][0];
        if head.start as u64 != span.start || head.trimmed() != before.shape.kind().as_bytes() {
            return Err(other());
        }
        if before.owner == after.owner && before.order != after.order {
            let (kind, handle) = (after.shape.kind(), handle_text(after));
            self.notes.push(format!("{kind} {handle} keeps the place in the draw order that it has in the file"));
        }
        let edits = self.entity_edits(before, after, span, &objects)?;
        if before.owner == after.owner {
            self.edits.extend(edits);
        } else {
            let range = span.range();
            let bytes = apply(self.bytes, range.start, range.end, edits);
            self.edits.push(Edit::cut(range.start, range.end));
            self.put_into(after, bytes);
        }
        Ok(())
    }

    /// The edits that make the tags of `before` say `after`; each way is checked by reading its result again.
    fn entity_edits(
        &mut self,
        before: &Entity,
        after: &Entity,
        span: Span,
        objects: &[Vec<Tag<'a>>],
    ) -> Result<Vec<Edit>, SaveError> {
        let range = span.range();
        if before.shape.kind() == after.shape.kind() {
            let (old, new) = (self.head_tags(before, &objects[0], true), self.head_tags(after, &objects[0], false));
            let mut edits = Vec::new();
            patch_object(&objects[0], &old, &new, self.manner, &mut edits);
            self.patch_parts(before, after, objects, &mut edits);
            self.follow(before, after, &objects[0], &mut edits);
            if self.says(after, &apply(self.bytes, range.start, range.end, edits.clone())) {
                return Ok(edits);
            }
            let mut edits = Vec::new();
            replace_shape(&objects[0], &old, &new, self.manner, &mut edits);
            self.patch_parts(before, after, objects, &mut edits);
            self.follow(before, after, &objects[0], &mut edits);
            if self.says(after, &apply(self.bytes, range.start, range.end, edits.clone())) {
                return Ok(edits);
            }
        }
        if let Shape::Opaque(opaque) = &after.shape {
            self.notes.push(format!("{} {} could not be changed in the file", opaque.kind, handle_text(after)));
            return Ok(Vec::new());
        }
        let bytes = self.anew(after, objects.first().map(Vec::as_slice))?;
        let (kind, handle) = (after.shape.kind(), handle_text(after));
        let note = if self.says(after, &bytes) {
            format!(
                "{kind} {handle} is written anew: what Linework doesn't read of it is lost, but not its extended data"
            )
        } else {
            format!("{kind} {handle} is written anew and lost some of its data")
        };
        self.notes.push(note);
        Ok(vec![Edit { start: range.start, end: range.end, bytes }])
    }

    fn head_tags(&self, entity: &Entity, file: &[Tag<'a>], before: bool) -> Vec<super::out::Out> {
        let mut manner = self.manner;
        manner.markers = file.iter().any(|tag| tag.own && tag.code == 100);
        let mut outs = Outs::new(manner, Some(file));
        let namer = if before { self.before() } else { self.after() };
        namer.entity(entity, &mut outs);
        outs.tags
    }

    /// Whether these bytes read as that entity.
    fn says(&mut self, entity: &Entity, bytes: &[u8]) -> bool {
        let Some(read) = read_one(AsciiTags::starting_at(bytes, 0), &mut self.check, entity.owner) else {
            return false;
        };
        read.style == entity.style && same_shape(&read.shape, &entity.shape)
    }

    /// All bytes of an entity that isn't in the file.
    pub(super) fn new_entity(&mut self, entity: &Entity) -> Result<Vec<u8>, SaveError> {
        self.anew(entity, None)
    }

    /// All bytes of an entity, written anew. From the tags that stand for it in the file, `file`, what applications hang
    /// on it is kept: reactors, its dictionary, extended data.
    fn anew(&mut self, entity: &Entity, file: Option<&[Tag<'a>]>) -> Result<Vec<u8>, SaveError> {
        self.require_handle(&Record::Entity(entity.clone()))?;
        let mut entity = entity.clone();
        if entity.handle.is_none() && entity.source.is_some() {
            // The file left it out, or it is no number.
            entity.handle = self.fresh_handle();
        }
        let entity = &entity;
        let mut to = Vec::new();
        if let Shape::Opaque(opaque) = &entity.shape {
            self.notes.push(format!("{} {} can't be written anew", opaque.kind, handle_text(entity)));
            return Ok(to);
        }
        if &*self.original.header().version < "AC1012"
            && matches!(entity.shape, Shape::Ellipse(_) | Shape::Spline(_) | Shape::MText(_) | Shape::Hatch(_))
        {
            let kind = entity.shape.kind();
            self.notes
                .push(format!("{kind} {} is of a kind that files of this version don't have", handle_text(entity)));
        }
        let mut outs = Outs::new(self.manner, None);
        self.after().entity(entity, &mut outs);
        let (groups, data) = file.map_or_else(Default::default, hung_on);
        // Groups of applications stand behind the handle.
        let head = outs.tags.iter().position(|out| !matches!(out.code, 0 | 5)).unwrap_or(outs.tags.len());
        self.manner.write(&outs.tags[..head], &mut to);
        groups.iter().for_each(|tag| to.extend_from_slice(&self.bytes[tag.start..tag.end]));
        self.manner.write(&outs.tags[head..], &mut to);
        data.iter().for_each(|tag| to.extend_from_slice(&self.bytes[tag.start..tag.end]));
        self.new_parts(entity, &mut to);
        Ok(to)
    }
}

/// What applications hang on an object: the groups from `102 {` to `102 }`, and extended data.
fn hung_on<'t, 'a>(file: &'t [Tag<'a>]) -> (Vec<&'t Tag<'a>>, Vec<&'t Tag<'a>>) {
    let end = file.iter().position(|tag| matches!(tag.code, 101 | 1000..)).unwrap_or(file.len());
    let group = |tag: &&Tag| tag.code == 102 || !tag.own;
    // In the repeated second part of an attribute nothing is of an application.
    let begins = file[..end].iter().position(|tag| tag.code == 102);
    let groups = begins.map_or_else(Vec::new, |begins| {
        let ends = file[begins..end].iter().rposition(|tag| tag.code == 102).map_or(begins, |at| begins + at);
        file[begins..=ends].iter().filter(group).collect()
    });
    (groups, file[end..].iter().filter(|tag| tag.code >= 1000).collect())
}

fn handle_text(entity: &Entity) -> String {
    entity.handle.map_or_else(String::new, |handle| format!("{:X}", handle.0))
}

/// Whether two shapes are the same but for where their attributes stand in the file.
fn same_shape(read: &Shape, meant: &Shape) -> bool {
    match (read, meant) {
        // What isn't drawn since it shows itself, or was cut by the end of the file: alone it may well be read.
        (read, Shape::Opaque(meant)) if !matches!(read, Shape::Opaque(_)) => read.kind() == meant.kind,
        (Shape::Insert(read), Shape::Insert(meant)) => {
            let (mut read, mut meant) = (read.clone(), meant.clone());
            for attribute in read.attributes.iter_mut().chain(&mut meant.attributes) {
                attribute.source = None;
                attribute.handle = None;
            }
            read == meant
        }
        (Shape::MText(read), Shape::MText(meant)) => {
            // An angle that the file writes as a direction comes back with the last bit changed.
            let off_deg = (read.rotation_deg - meant.rotation_deg).rem_euclid(360.0);
            let close = off_deg.min(360.0 - off_deg) < 1e-9;
            let mut read = read.clone();
            read.rotation_deg = meant.rotation_deg;
            // Line ends are written as codes.
            let says = read.value == in_one_line(&meant.value);
            read.value.clone_from(&meant.value);
            close && says && read == *meant
        }
        (Shape::Polyline(read), Shape::Polyline(meant)) => {
            // A version without light polylines writes heavy ones.
            let mut read = read.clone();
            if read.form != meant.form && read.form == drawing::PolylineForm::Heavy {
                read.form = meant.form;
            }
            read == *meant
        }
        (Shape::Dimension(read), Shape::Dimension(meant)) => {
            let sorted = |dimension: &drawing::Dimension| {
                let mut dimension = dimension.clone();
                dimension.world_points.sort_by_key(|(code, _)| *code);
                dimension.object_points.sort_by_key(|(code, _)| *code);
                dimension
            };
            sorted(read) == sorted(meant)
        }
        _ => read == meant,
    }
}
