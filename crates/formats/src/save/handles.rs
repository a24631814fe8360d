//! Which handles are free in a file that is to be written.

use std::collections::HashSet;

use drawing::{Drawing, Handle, Record};

use crate::tag::{AsciiTags, Objects, Tag};

/// The highest handle that is given out: DXF files may use 32 bits, and the seed must be above it.
const HANDLE_MAX: u64 = 0xffff_fffe;
/// Handles that must be free above those of the file; where fewer are, the gaps between them are used too.
const ROOM: u64 = 1 << 20;
/// Handles up to here are kept, in a file from nothing, for what no record stands for: tables, dictionaries.
pub(crate) const FIXTURES_MAX: u64 = 0x3f;

/// Handles that nothing has or had.
pub(crate) struct FreeHandles {
    /// What is tried next.
    next: u64,
    /// Whether it goes through the gaps, since there is no room above.
    in_gaps: bool,
    /// Those of all records, and of all objects of the file where gaps are used.
    taken: HashSet<u64>,
    /// Everything of the file is at or below this, where gaps aren't used.
    floor: u64,
}

impl FreeHandles {
    /// Those of a drawing that is to be written, over `source` if it came from a file.
    pub fn of(source: Option<&[u8]>, current: &Drawing) -> FreeHandles {
        let header = current.header();
        let mut taken: HashSet<u64> = current.records().filter_map(Record::handle).map(|handle| handle.0).collect();
        let highest = taken.iter().copied().filter(|handle| *handle <= HANDLE_MAX).max().unwrap_or(0);
        let highest = highest.max(header.highest_handle.min(HANDLE_MAX));
        // A seed near the top would leave no room; such ones are mistakes.
        let seed = if header.handseed <= HANDLE_MAX - ROOM { header.handseed } else { 0 };
        let fixtures = if source.is_none() { FIXTURES_MAX + 1 } else { 1 };
        let last = header.last_minted;
        let no_room = header.highest_handle > HANDLE_MAX - ROOM;
        let in_gaps = no_room && (highest >= HANDLE_MAX - ROOM / 2 || last > 0 && last < header.highest_handle);
        if no_room {
            taken.extend(source.map(handles_in).unwrap_or_default());
        }
        let gaps_from = if last < header.highest_handle { last + 1 } else { 1 };
        let next = if in_gaps { gaps_from } else { seed.max(highest + 1).max(last + 1).max(fixtures) };
        FreeHandles { next, in_gaps, taken, floor: if no_room { 0 } else { header.highest_handle } }
    }

    /// The first of `len` free handles one after another, which are free no more.
    pub fn run(&mut self, len: u64) -> Option<u64> {
        let mut first = self.next;
        loop {
            let end = first.checked_add(len).filter(|end| *end <= HANDLE_MAX + 1);
            let Some(end) = end else {
                if self.in_gaps {
                    return None;
                }
                self.in_gaps = true;
                first = 1;
                continue;
            };
            match (first..end).rev().find(|handle| self.taken.contains(handle)) {
                Some(taken) => first = taken + 1,
                None => {
                    self.next = end;
                    self.taken.extend(first..end);
                    return Some(first);
                }
            }
        }
    }

    /// The handle below `above`, if it is free: that of a part of the record whose run it is.
    pub fn below(&mut self, above: Handle) -> Option<Handle> {
        let handle = above.0.checked_sub(1).filter(|handle| *handle > self.floor && *handle <= HANDLE_MAX)?;
        self.taken.insert(handle).then_some(Handle(handle))
    }

    /// The lowest free one of those that are kept for what no record stands for.
    pub fn fixture(&mut self) -> Option<u64> {
        let lowest = (1..=FIXTURES_MAX).find(|handle| !self.taken.contains(handle))?;
        self.taken.insert(lowest);
        Some(lowest)
    }

    /// What `$HANDSEED` is to say: above all that was given out. None where gaps are used: nothing is free above.
    pub fn seed(&self) -> Option<u64> {
        (!self.in_gaps).then_some(self.next)
    }
}

/// The handles of all objects of a file.
fn handles_in(source: &[u8]) -> HashSet<u64> {
    let mut objects = Objects::new(AsciiTags::new(source));
    let mut tags = Vec::new();
    let mut handles = HashSet::new();
    while objects.next(&mut tags) {
        let own = tags.iter().filter(|tag| tag.own && matches!(tag.code, 5 | 105));
        handles.extend(own.filter_map(Tag::handle));
    }
    handles
}

/// The handles of the parts of one record, below its own.
pub(crate) struct Run {
    /// The one given last; none when the run has ended.
    at: Option<Handle>,
}

impl Run {
    /// That of a record that no file has yet. What has a place in a file has no run: it has what the file gave it.
    pub fn of(record_handle: Option<Handle>, in_file: bool) -> Run {
        Run { at: record_handle.filter(|_| !in_file) }
    }

    /// The next one, if the run has one.
    pub fn next(&mut self, free: &mut FreeHandles) -> Option<Handle> {
        self.at = self.at.and_then(|above| free.below(above));
        self.at
    }
}
