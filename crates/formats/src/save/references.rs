//! What names an object by its handle: when the object goes, so does that.

use std::collections::{HashMap, HashSet};

use drawing::{Block, Record};

use super::Saver;
use super::patch::Edit;
use crate::tag::{AsciiTags, Objects, Tag};

/// An object that goes with its owner.
struct Owned {
    handle: u64,
    start: usize,
    end: usize,
}

/// Pieces of a file in order, none of which touches another.
struct Spans(Vec<(usize, usize)>);

impl Spans {
    /// Of pieces that may be in one another, as entities are in their block.
    fn of(mut pieces: Vec<(usize, usize)>) -> Spans {
        pieces.sort_unstable();
        let mut spans: Vec<(usize, usize)> = Vec::with_capacity(pieces.len());
        for (start, end) in pieces {
            match spans.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => spans.push((start, end)),
            }
        }
        Spans(spans)
    }

    fn hold(&self, at: usize) -> bool {
        let before = self.0.partition_point(|(start, _)| *start <= at);
        before > 0 && at < self.0[before - 1].1
    }
}

impl<'a> Saver<'a> {
    /// Cuts what is left of `removed` records all over the file: what they own (their dictionaries and what is in them),
    /// and every tag that names them.
    pub(super) fn cut_references(&mut self, removed: &[&Record]) {
        let mut pieces = Vec::new();
        for record in removed {
            pieces.extend(record.source().map(|span| (span.range().start, span.range().end)));
            if let Record::Block(Block { handle: Some(handle), .. }) = record {
                pieces.extend(self.index.block_records.get(&handle.0));
            }
        }
        if pieces.is_empty() {
            return;
        }
        let (gone, owned) = self.gone_with(&Spans::of(pieces.clone()));
        self.edits.extend(owned.iter().map(|(start, end)| Edit::cut(*start, *end)));
        pieces.extend(owned);
        let spans = Spans::of(pieces);
        let mut objects = Objects::new(AsciiTags::new(self.bytes));
        let mut tags = Vec::new();
        while objects.next(&mut tags) {
            let Some(head) = tags.first() else { break };
            if !spans.hold(head.start) {
                self.cut_names(&tags, &gone);
            }
        }
    }

    /// The handles of all objects in `spans`, and of those that these own, and so on; and where the owned ones stand. A
    /// handle that something else in the file has too still means that.
    fn gone_with(&self, spans: &Spans) -> (HashSet<u64>, Vec<(usize, usize)>) {
        let (mut gone, mut kept) = (HashSet::new(), HashSet::new());
        let mut owned: HashMap<u64, Vec<Owned>> = HashMap::new();
        let mut objects = Objects::new(AsciiTags::new(self.bytes));
        let (mut tags, mut in_objects) = (Vec::new(), false);
        while objects.next(&mut tags) {
            let (Some(head), Some(last)) = (tags.first(), tags.last()) else { break };
            let own = |code: i16| tags.iter().find(|tag| tag.own && tag.code == code);
            match head.trimmed() {
                b"SECTION" => in_objects = own(2).is_some_and(|tag| tag.trimmed() == b"OBJECTS"),
                b"ENDSEC" => in_objects = false,
                _ => {
                    let handle = own(5).or_else(|| own(105)).and_then(Tag::handle).filter(|handle| *handle > 0);
                    let Some(handle) = handle else { continue };
                    if spans.hold(head.start) {
                        gone.insert(handle);
                        continue;
                    }
                    kept.insert(handle);
                    if let (true, Some(owner)) = (in_objects, own(330).and_then(Tag::handle)) {
                        owned.entry(owner).or_default().push(Owned { handle, start: head.start, end: last.end });
                    }
                }
            }
        }
        gone.retain(|handle| !kept.contains(handle));
        let mut cut = Vec::new();
        let mut todo: Vec<u64> = gone.iter().copied().collect();
        while let Some(owner) = todo.pop() {
            for object in owned.remove(&owner).into_iter().flatten() {
                cut.push((object.start, object.end));
                if gone.insert(object.handle) {
                    todo.push(object.handle);
                }
            }
        }
        (gone, cut)
    }

    /// Cuts the tags of one object that name what is gone; where a tag can't go, it names nothing.
    fn cut_names(&mut self, tags: &[Tag<'a>], gone: &HashSet<u64>) {
        let names = |tag: &Tag| {
            matches!(tag.code, 320..=369 | 1005) && tag.handle().is_some_and(|handle| gone.contains(&handle))
        };
        if !tags.iter().any(names) {
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
