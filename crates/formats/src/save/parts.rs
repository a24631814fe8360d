//! The objects that belong to an entity: vertices of a POLYLINE, attributes of an INSERT, and the SEQEND behind them.

use drawing::{Attribute, Entity, Insert, Polyline, PolylineForm, Shape, Vertex};

use super::Saver;
use super::follow::motion_of;
use super::handles::Run;
use super::out::{Out, Outs};
use super::patch::{Edit, patch_object};
use crate::read::is_drawn_vertex;
use crate::tag::Tag;

impl<'a> Saver<'a> {
    /// The edits in the objects behind the first one.
    pub(super) fn patch_parts(
        &mut self,
        before: &Entity,
        after: &Entity,
        objects: &[Vec<Tag<'a>>],
        edits: &mut Vec<Edit>,
    ) {
        match (&before.shape, &after.shape) {
            (Shape::Polyline(old), Shape::Polyline(new)) if old.form != PolylineForm::Light => {
                self.patch_vertices(after, old, new, objects, edits);
            }
            (Shape::Insert(old), Shape::Insert(new)) => {
                self.patch_attributes((before, old), (after, new), objects, edits)
            }
            _ => {}
        }
    }

    fn patch_vertices(
        &mut self,
        entity: &Entity,
        old: &Polyline,
        new: &Polyline,
        objects: &[Vec<Tag<'a>>],
        edits: &mut Vec<Edit>,
    ) {
        let vertices: Vec<&Vec<Tag>> =
            objects[1..].iter().filter(|tags| tags.first().is_some_and(|tag| tag.trimmed() == b"VERTEX")).collect();
        let (drawn, frame): (Vec<&Vec<Tag>>, Vec<&Vec<Tag>>) =
            vertices.into_iter().partition(|tags| is_drawn_vertex(tags));
        for ((tags, old_vertex), new_vertex) in drawn.iter().zip(&old.vertices).zip(&new.vertices) {
            let (old_tags, new_tags) =
                (self.vertex_tags(entity, old, old_vertex, tags), self.vertex_tags(entity, new, new_vertex, tags));
            patch_object(tags, &old_tags, &new_tags, self.manner, edits);
        }
        match motion_of(&old.vertices, &new.vertices) {
            Some(motion) => frame.iter().for_each(|tags| self.take_vertex(tags, &motion, edits)),
            None if frame.is_empty() => {}
            None => self.notes.push("the frame of a fitted POLYLINE stays as it is in the file".into()),
        }
        for gone in drawn.iter().take(old.vertices.len()).skip(new.vertices.len()) {
            if let (Some(first), Some(last)) = (gone.first(), gone.last()) {
                edits.push(Edit::cut(first.start, last.end));
            }
        }
        let last = objects.iter().rev().find(|tags| tags.first().is_some_and(|tag| tag.trimmed() != b"SEQEND"));
        if let Some(at) = last.and_then(|tags| tags.last()).map(|tag| tag.end) {
            let mut bytes = Vec::new();
            let mut run = Run::of(entity.handle, entity.source.is_some());
            for vertex in new.vertices.iter().skip(old.vertices.len()) {
                self.new_vertex(entity, new.form, vertex, &mut run, &mut bytes);
            }
            if !bytes.is_empty() {
                edits.push(Edit::insert(at, bytes));
            }
        }
    }

    fn vertex_tags(&self, entity: &Entity, polyline: &Polyline, vertex: &Vertex, file: &[Tag<'a>]) -> Vec<Out> {
        let mut manner = self.manner;
        manner.markers = file.iter().any(|tag| tag.own && tag.code == 100);
        let mut outs = Outs::new(manner, Some(file));
        self.after().vertex(entity, polyline.form, vertex, None, &mut outs);
        outs.tags
    }

    fn patch_attributes(
        &mut self,
        (before, old): (&Entity, &Insert),
        (after, new): (&Entity, &Insert),
        objects: &[Vec<Tag<'a>>],
        edits: &mut Vec<Edit>,
    ) {
        for attribute in &old.attributes {
            let Some(tags) = self.attribute_in(attribute, objects) else { continue };
            match new.attributes.iter().find(|each| each.source == attribute.source) {
                Some(kept) => {
                    let old_tags = self.attribute_tags(before, attribute, tags, true);
                    let new_tags = self.attribute_tags(after, kept, tags, false);
                    patch_object(tags, &old_tags, &new_tags, self.manner, edits);
                    self.follow_attribute(attribute, kept, tags, edits);
                }
                None => {
                    if let (Some(first), Some(last)) = (tags.first(), tags.last()) {
                        edits.push(Edit::cut(first.start, last.end));
                    }
                }
            }
        }
        if new.attributes.is_empty() && !old.attributes.is_empty() {
            self.cut_seqend(objects, edits);
        }
        let is_old = |each: &&Attribute| old.attributes.iter().any(|attribute| attribute.source == each.source);
        let added: Vec<Attribute> = new.attributes.iter().filter(|each| !is_old(each)).cloned().collect();
        if added.is_empty() {
            return;
        }
        let ended = objects.iter().any(|tags| tags.first().is_some_and(|tag| tag.trimmed() == b"SEQEND"));
        let at = objects.iter().rev().find(|tags| tags.first().is_some_and(|tag| tag.trimmed() != b"SEQEND"));
        if let Some(at) = at.and_then(|tags| tags.last()).map(|tag| tag.end) {
            let mut bytes = Vec::new();
            let mut run = Run::of(after.handle, after.source.is_some());
            added.iter().for_each(|attribute| self.new_attribute(after, attribute, &mut run, &mut bytes));
            if !ended {
                self.new_seqend(after, &mut run, &mut bytes);
            }
            edits.push(Edit::insert(at, bytes));
        }
    }

    /// Without group 66 a SEQEND belongs to nothing.
    fn cut_seqend(&self, objects: &[Vec<Tag<'a>>], edits: &mut Vec<Edit>) {
        let seqend = objects.iter().find(|tags| tags.first().is_some_and(|tag| tag.trimmed() == b"SEQEND"));
        if let Some((first, last)) = seqend.and_then(|tags| tags.first().zip(tags.last())) {
            edits.push(Edit::cut(first.start, last.end));
        }
    }

    fn attribute_in<'o>(&self, attribute: &Attribute, objects: &'o [Vec<Tag<'a>>]) -> Option<&'o Vec<Tag<'a>>> {
        let start = attribute.source?.start as usize;
        objects.iter().find(|tags| tags.first().is_some_and(|tag| tag.start == start))
    }

    fn attribute_tags(&self, entity: &Entity, attribute: &Attribute, file: &[Tag<'a>], before: bool) -> Vec<Out> {
        let mut manner = self.manner;
        manner.markers = file.iter().any(|tag| tag.own && tag.code == 100);
        let mut outs = Outs::new(manner, Some(file));
        let namer = if before { self.before() } else { self.after() };
        namer.attribute(entity, attribute, None, &mut outs);
        outs.tags
    }

    /// The objects behind the first one of a new entity.
    pub(super) fn new_parts(&mut self, entity: &Entity, to: &mut Vec<u8>) {
        let mut run = Run::of(entity.handle, entity.source.is_some());
        match &entity.shape {
            Shape::Polyline(polyline) if polyline.form != PolylineForm::Light || !self.manner.light_polylines => {
                for vertex in &polyline.vertices {
                    self.new_vertex(entity, polyline.form, vertex, &mut run, to);
                }
                self.new_seqend(entity, &mut run, to);
            }
            Shape::Insert(insert) if !insert.attributes.is_empty() => {
                for attribute in &insert.attributes {
                    self.new_attribute(entity, attribute, &mut run, to);
                }
                self.new_seqend(entity, &mut run, to);
            }
            _ => {}
        }
    }

    fn new_vertex(&mut self, entity: &Entity, form: PolylineForm, vertex: &Vertex, run: &mut Run, to: &mut Vec<u8>) {
        let handle = self.part_handle(run);
        let mut outs = Outs::new(self.manner, None);
        self.after().vertex(entity, form, vertex, handle, &mut outs);
        self.manner.write(&outs.tags, to);
    }

    fn new_attribute(&mut self, entity: &Entity, attribute: &Attribute, run: &mut Run, to: &mut Vec<u8>) {
        // One that was copied has the handle of the one that it was copied from.
        let handle = self.part_handle(run);
        let attribute = Attribute { handle: None, ..attribute.clone() };
        let mut outs = Outs::new(self.manner, None);
        self.after().attribute(entity, &attribute, handle, &mut outs);
        self.manner.write(&outs.tags, to);
    }

    fn new_seqend(&mut self, entity: &Entity, run: &mut Run, to: &mut Vec<u8>) {
        let handle = self.part_handle(run);
        let mut outs = Outs::new(self.manner, None);
        self.after().seqend(entity, handle, &mut outs);
        self.manner.write(&outs.tags, to);
    }
}
