//! Patching: the fewest bytes of an object that make it say something else.

use std::collections::HashMap;

use super::out::{Manner, Out};
use super::slots::{Slot, Slots, slots_of};
use crate::tag::Tag;

/// Bytes of a file to be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub start: usize,
    pub end: usize,
    pub bytes: Vec<u8>,
}

impl Edit {
    pub fn cut(start: usize, end: usize) -> Edit {
        Edit { start, end, bytes: Vec::new() }
    }

    pub fn insert(at: usize, bytes: Vec<u8>) -> Edit {
        Edit { start: at, end: at, bytes }
    }
}

/// The bytes from `from` to `to` with edits applied. Edits inside what another one cuts away are left out.
pub(crate) fn apply(source: &[u8], from: usize, to: usize, mut edits: Vec<Edit>) -> Vec<u8> {
    // Insertions come before a cut that begins where they stand, in the order they were made; then the longest.
    edits.sort_by_key(|edit| (edit.start, edit.start != edit.end, std::cmp::Reverse(edit.end)));
    let grown: usize = edits.iter().map(|edit| edit.bytes.len()).sum();
    let mut out = Vec::with_capacity(to - from + grown);
    let mut at = from;
    for edit in edits {
        if edit.start < at {
            continue;
        }
        out.extend_from_slice(&source[at..edit.start]);
        // A file that was cut short may end within a line.
        if edit.start == source.len() && edit.start > 0 && !edit.bytes.is_empty() && !ends_a_line(&out) {
            out.extend_from_slice(line_ending(source));
        }
        out.extend_from_slice(&edit.bytes);
        at = edit.end;
    }
    out.extend_from_slice(&source[at..to]);
    out
}

fn ends_a_line(bytes: &[u8]) -> bool {
    bytes.last().is_none_or(|last| matches!(last, b'\n' | b'\r'))
}

/// What ends the first line of a file.
fn line_ending(source: &[u8]) -> &'static [u8] {
    match source.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        Some(at) if source[at..].starts_with(b"\r\n") => b"\r\n",
        Some(at) if source[at] == b'\r' => b"\r",
        _ => b"\n",
    }
}

/// Turns what `before` says in the tags of one object into what `after` says: tags whose values differ get new values,
/// tags that `after` lacks are cut, new ones go behind the tag that they follow. `file` is all of the object's tags.
pub(crate) fn patch_object(file: &[Tag], before: &[Out], after: &[Out], manner: Manner, edits: &mut Vec<Edit>) {
    let Some(head) = file.first() else { return };
    let kind = head.trimmed();
    let mut counted = Slots::of(kind);
    let in_file: HashMap<Slot, &Tag> = file.iter().filter(|tag| tag.own).map(|tag| (counted.next(tag), tag)).collect();
    let (slots_before, slots_after) = (slots_of(kind, before), slots_of(kind, after));
    let old: HashMap<Slot, &Out> = slots_before.iter().copied().zip(before).collect();
    let mut stays: std::collections::HashSet<Slot> = std::collections::HashSet::new();
    let mut behind = head.end;
    let mut inserted: Vec<(usize, Vec<u8>)> = Vec::new();
    for (slot, out) in slots_after.iter().zip(after) {
        stays.insert(*slot);
        let changed = old.get(slot).is_none_or(|old| old.value != out.value);
        match in_file.get(slot) {
            Some(tag) => {
                if changed && tag.value != out.value {
                    edits.push(replaced_value(tag, out));
                }
                behind = tag.end;
            }
            None if changed => {
                let mut bytes = Vec::new();
                manner.write(std::slice::from_ref(out), &mut bytes);
                match inserted.last_mut() {
                    Some((at, so_far)) if *at == behind => so_far.extend_from_slice(&bytes),
                    _ => inserted.push((behind, bytes)),
                }
            }
            None => {}
        }
    }
    edits.extend(inserted.into_iter().map(|(at, bytes)| Edit::insert(at, bytes)));
    for slot in slots_before.iter().filter(|slot| !stays.contains(slot)) {
        if let Some(tag) = in_file.get(slot) {
            edits.push(Edit::cut(tag.start, tag.end));
        }
    }
}

/// A tag with another value. Blanks around a number stay, right-aligned ones by their width.
fn replaced_value(tag: &Tag, out: &Out) -> Edit {
    let (start, end) = (tag.value_start, tag.value_start + tag.value.len());
    if is_text(tag.code) {
        return Edit { start, end, bytes: out.value.clone() };
    }
    let lead = tag.value.len() - tag.value.trim_ascii_start().len();
    let trail = tag.value.len() - tag.value.trim_ascii_end().len();
    if lead > 0 && trail == 0 && tag.value[..lead].iter().all(|byte| *byte == b' ') {
        let blanks = tag.value.len().saturating_sub(out.value.len());
        let mut bytes = vec![b' '; blanks.max(usize::from(lead == 1))];
        bytes.extend_from_slice(&out.value);
        return Edit { start, end, bytes };
    }
    Edit {
        start: start + lead.min(tag.value.len()),
        end: end.saturating_sub(trail).max(start + lead),
        bytes: out.value.clone(),
    }
}

/// Whether blanks around a value of this group are part of it.
fn is_text(code: i16) -> bool {
    matches!(code, 0..=9 | 100..=102 | 300..=309 | 410..=419 | 430..=439 | 470..=479)
}

/// Replaces everything of the shape in an object: for changes that its slots can't follow. Tags that Linework doesn't
/// know, and what every entity has, stay.
pub(crate) fn replace_shape(file: &[Tag], before: &[Out], after: &[Out], manner: Manner, edits: &mut Vec<Edit>) {
    let Some(head) = file.first() else { return };
    // The shape begins behind the second subclass marker; without markers, everything that isn't of the outside is it.
    let is_marker = |code: i16, nth: &mut usize| {
        *nth += usize::from(code == 100);
        *nth >= 2
    };
    let outside = |code: i16| matches!(code, 0 | 5 | 6 | 8 | 48 | 60 | 62 | 67 | 102 | 330 | 370 | 410 | 420);
    let marked = file.iter().filter(|tag| tag.own && tag.code == 100).count() >= 2;
    let split = |tags: &[Out]| {
        let mut nth = 0;
        tags.iter()
            .position(|out| if marked { is_marker(out.code, &mut nth) } else { !outside(out.code) })
            .unwrap_or(tags.len())
    };
    let (shape_before, shape_after) = (&before[split(before)..], &after[split(after)..]);
    let outside_before = &before[..split(before)];
    patch_object(file, outside_before, &after[..split(after)], manner, edits);
    let known = |code: i16| shape_before.iter().chain(shape_after).any(|out| out.code == code);
    let mut nth = 0;
    let mut at = None;
    for tag in file.iter().skip(1).filter(|tag| tag.own) {
        let of_shape = if marked { is_marker(tag.code, &mut nth) } else { !outside(tag.code) };
        if of_shape && known(tag.code) {
            at.get_or_insert(tag.start);
            edits.push(Edit::cut(tag.start, tag.end));
        }
    }
    let mut bytes = Vec::new();
    manner.write(shape_after, &mut bytes);
    let end_of_own = file.iter().rev().find(|tag| tag.own).map_or(head.end, |tag| tag.end);
    edits.push(Edit::insert(at.unwrap_or(end_of_own), bytes));
}
