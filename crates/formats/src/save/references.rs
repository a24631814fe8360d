//! What names an object by its handle: when the object goes, so does that.

use std::collections::{HashMap, HashSet};

use drawing::{Attribute, Record, Shape};

use super::Saver;
use super::patch::Edit;
use crate::tag::{AsciiTags, Objects, Tag};

/// An object that may have to go with its owner.
struct Owned {
    owner: Option<u64>,
    start: usize,
    end: usize,
}

impl<'a> Saver<'a> {
    /// Cuts what is left of `removed` records all over the file: what they own (their dictionaries and what is in them),
    /// and every tag that names them.
    pub(super) fn cut_references(&mut self, removed: &[&Record]) {
        let mut gone: HashSet<u64> = removed.iter().flat_map(|record| handles_of(record)).collect();
        // A handle that something else in the file has too still means that.
        for record in self.current.records() {
            if let (Some(handle), true) = (record.handle(), record.source().is_some()) {
                gone.remove(&handle.0);
            }
        }
        if gone.is_empty() {
            return;
        }
        let mut spans: Vec<(usize, usize)> = removed
            .iter()
            .filter_map(|record| record.source())
            .map(|span| (span.range().start, span.range().end))
            .collect();
        spans.extend(self.cut_owned(&mut gone));
        spans.sort_unstable();
        let is_cut = |at: usize| {
            let before = spans.partition_point(|(start, _)| *start <= at);
            before > 0 && at < spans[before - 1].1
        };
        let mut objects = Objects::new(AsciiTags::new(self.bytes));
        let mut tags = Vec::new();
        while objects.next(&mut tags) {
            let Some(head) = tags.first() else { break };
            if !is_cut(head.start) {
                self.cut_names(&tags, &gone);
            }
        }
    }

    /// Cuts the objects that those gone own, and what these own, and so on; puts their handles among the gone. Gives
    /// where they stood.
    fn cut_owned(&mut self, gone: &mut HashSet<u64>) -> Vec<(usize, usize)> {
        let mut owned: HashMap<u64, Owned> = HashMap::new();
        let mut objects = Objects::new(AsciiTags::new(self.bytes));
        let (mut tags, mut in_objects) = (Vec::new(), false);
        while objects.next(&mut tags) {
            let (Some(head), Some(last)) = (tags.first(), tags.last()) else { break };
            let own = |code: i16| tags.iter().find(|tag| tag.own && tag.code == code);
            match head.trimmed() {
                b"SECTION" => in_objects = own(2).is_some_and(|tag| tag.trimmed() == b"OBJECTS"),
                b"ENDSEC" => in_objects = false,
                _ if in_objects => {
                    let (owner, handle) = (own(330).and_then(Tag::handle), own(5).and_then(Tag::handle));
                    if let Some(handle) = handle {
                        owned.entry(handle).or_insert(Owned { owner, start: head.start, end: last.end });
                    }
                }
                _ => {}
            }
        }
        let mut by_owner: HashMap<u64, Vec<u64>> = HashMap::new();
        for (handle, object) in &owned {
            if let Some(owner) = object.owner {
                by_owner.entry(owner).or_default().push(*handle);
            }
        }
        let mut spans = Vec::new();
        let mut todo: Vec<u64> = gone.iter().copied().collect();
        while let Some(owner) = todo.pop() {
            for handle in by_owner.remove(&owner).unwrap_or_default() {
                if let Some(object) = owned.get(&handle)
                    && gone.insert(handle)
                {
                    self.edits.push(Edit::cut(object.start, object.end));
                    spans.push((object.start, object.end));
                    todo.push(handle);
                }
            }
        }
        spans
    }

    /// Cuts the tags of one object that name what is gone; where a tag can't go, it names nothing.
    fn cut_names(&mut self, tags: &[Tag<'a>], gone: &HashSet<u64>) {
        let names = |tag: &Tag| {
            matches!(tag.code, 320..=369 | 1005) && tag.handle().is_some_and(|handle| gone.contains(&handle))
        };
        if !tags.iter().any(|tag| names(tag)) {
            return;
        }
        let kind = tags[0].trimmed();
        let mut count: Option<&Tag> = None;
        let mut fewer = 0;
        for (at, tag) in tags.iter().enumerate() {
            if kind == b"HATCH" && tag.own && tag.code == 97 {
                self.count_down(count.replace(tag), std::mem::take(&mut fewer));
            }
            if !names(tag) {
                continue;
            }
            match (kind, tag.code) {
                // What an application hangs on an object.
                (_, 330..=369) if in_group(tags, at) => self.cut_from_group(tags, at, &names),
                (b"GROUP", 340) => self.cut_tag(tag),
                (b"SORTENTSTABLE", 331) => {
                    self.cut_tag(tag);
                    if let Some(key) = tags.get(at + 1).filter(|tag| tag.code == 5) {
                        self.cut_tag(key);
                    }
                }
                (b"HATCH", 330) if count.is_some() => {
                    self.cut_tag(tag);
                    fewer += 1;
                }
                (b"DICTIONARY", 350 | 360) => {
                    // The name of the entry goes with it.
                    if let Some(name) = at.checked_sub(1).and_then(|at| tags.get(at)).filter(|tag| tag.code == 3) {
                        self.cut_tag(name);
                    }
                    self.cut_tag(tag);
                }
                (b"VIEWPORT", 331 | 341) => self.cut_tag(tag),
                _ => self.name_nothing(tag, &String::from_utf8_lossy(kind)),
            }
        }
        self.count_down(count, fewer);
    }

    fn cut_tag(&mut self, tag: &Tag) {
        self.edits.push(Edit::cut(tag.start, tag.end));
    }

    /// Cuts a tag of a group; the group too, if nothing else is in it.
    fn cut_from_group(&mut self, tags: &[Tag], at: usize, names: &dyn Fn(&Tag) -> bool) {
        let begins = tags[..at].iter().rposition(|tag| tag.code == 102);
        let ends = tags[at..].iter().position(|tag| tag.code == 102).map(|end| at + end);
        if let (Some(begins), Some(ends)) = (begins, ends)
            && tags[begins + 1..ends].iter().all(names)
        {
            // Named once for each tag in it: cut with the first.
            if begins + 1 == at {
                self.edits.push(Edit::cut(tags[begins].start, tags[ends].end));
            }
            return;
        }
        self.cut_tag(&tags[at]);
    }

    fn count_down(&mut self, count: Option<&Tag>, by: i64) {
        if let (Some(tag), true) = (count, by > 0)
            && let Some(number) = tag.integer()
        {
            let (start, end) = (tag.value_start, tag.value_start + tag.value.len());
            self.edits.push(Edit { start, end, bytes: (number - by).max(0).to_string().into_bytes() });
        }
    }

    fn name_nothing(&mut self, tag: &Tag, kind: &str) {
        let (start, end) = (tag.value_start, tag.value_start + tag.value.len());
        self.edits.push(Edit { start, end, bytes: b"0".to_vec() });
        let gone = String::from_utf8_lossy(tag.trimmed()).into_owned();
        self.notes.push(format!("a {kind} named {gone}, which is gone: it names nothing now"));
    }
}

/// Whether a tag stands in a group of an application: the last 102 before it opens one.
fn in_group(tags: &[Tag], at: usize) -> bool {
    let before = tags[..at].iter().rev().take_while(|tag| !matches!(tag.code, 101 | 1000..));
    before.into_iter().find(|tag| tag.code == 102).is_some_and(|tag| tag.trimmed().first() == Some(&b'{'))
}

/// The handles of a record and of its parts.
fn handles_of(record: &Record) -> Vec<u64> {
    let parts: &[Attribute] = match record {
        Record::Entity(entity) => match &entity.shape {
            Shape::Insert(insert) => &insert.attributes,
            _ => &[],
        },
        _ => &[],
    };
    let parts = parts.iter().filter_map(|attribute| attribute.handle);
    record.handle().filter(|_| record.source().is_some()).into_iter().chain(parts).map(|handle| handle.0).collect()
}
