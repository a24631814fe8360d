//! What goes with an entity that is deleted, found by the bare tags.

use std::collections::HashSet;

use drawing::Span;

use crate::tags::{Tag, tags};

/// What goes with an entity.
pub struct Gone {
    handles: HashSet<Vec<u8>>,
    /// How many tags the objects have that it owns.
    pub owned_tags: usize,
}

/// An object that is no entity.
struct Object<'b> {
    handle: Vec<u8>,
    owner: &'b [u8],
    tags: usize,
}

impl Gone {
    pub fn with(bytes: &[u8], span: Span) -> Gone {
        let range = span.range();
        let own = |tags: &[Tag]| own(tags, "5").map(<[u8]>::to_ascii_uppercase);
        let all = [tags(&bytes[..range.start]), tags(&bytes[range.end..])];
        let others: HashSet<Vec<u8>> = all.iter().flat_map(|tags| objects_of(tags)).filter_map(own).collect();
        let mut handles: HashSet<Vec<u8>> = objects_of(&tags(&bytes[range])).filter_map(own).collect();
        handles.retain(|handle| !others.contains(handle));
        let mut objects: Vec<Object> = all.iter().flat_map(|tags| in_objects(tags)).collect();
        let mut owned_tags = 0;
        loop {
            let (owned, rest): (Vec<_>, Vec<_>) =
                objects.into_iter().partition(|object| handles.contains(&object.owner.to_ascii_uppercase()));
            if owned.is_empty() {
                return Gone { handles, owned_tags };
            }
            owned_tags += owned.iter().map(|object| object.tags).sum::<usize>();
            handles.extend(owned.into_iter().map(|object| object.handle));
            objects = rest;
        }
    }

    pub fn is_named_by(&self, (code, value): &Tag) -> bool {
        matches!(code.parse().unwrap_or(0), 320..=369 | 1005)
            && self.handles.contains(&value.trim_ascii().to_ascii_uppercase())
    }
}

/// The tags of each object.
fn objects_of<'t, 'b>(tags: &'t [Tag<'b>]) -> impl Iterator<Item = &'t [Tag<'b>]> {
    tags.chunk_by(|_, next| next.0 != "0")
}

/// The objects of the OBJECTS section.
fn in_objects<'t, 'b>(tags: &'t [Tag<'b>]) -> Vec<Object<'b>> {
    let section = |object: &&'t [Tag<'b>]| own(object, "2") == Some(b"OBJECTS");
    let objects = objects_of(tags).skip_while(|object| !section(object)).skip(1);
    let objects = objects.take_while(|object| object[0].1.trim_ascii() != b"ENDSEC");
    let object = |tags: &'t [Tag<'b>]| {
        Some(Object { handle: own(tags, "5")?.to_ascii_uppercase(), owner: own(tags, "330")?, tags: tags.len() })
    };
    objects.filter_map(object).collect()
}

/// The first value of a code that is not in a group of an application.
fn own<'b>(tags: &[Tag<'b>], code: &str) -> Option<&'b [u8]> {
    let mut in_group = false;
    for (each, value) in tags {
        if *each == "102" {
            in_group = value.starts_with(b"{");
        } else if *each == code && !in_group {
            return Some(value.trim_ascii());
        }
    }
    None
}
