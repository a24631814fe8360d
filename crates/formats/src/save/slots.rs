//! Slots: which tag of an object is which, so that a value of the model finds its tag in the file.
//!
//! A slot is a group (a vertex, an edge of a hatch, a control point; 0 is the object itself), a group code, and which
//! one of that code in the group. The tags of a file and the tags that the model would write are counted alike.

use std::collections::HashMap;

use super::out::Out;
use crate::read::Part;
use crate::tag::Tag;

/// Which tag of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    group: u32,
    code: i16,
    nth: u32,
}

/// Counts slots along the tags of one object.
pub(crate) struct Slots {
    hatch: Option<Part>,
    kind: Kind,
    group: u32,
    counts: HashMap<(u32, i16), u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Light,
    Spline,
    Other,
}

/// Where the groups of the fit points of a spline begin.
const FIT_GROUPS: u32 = 1 << 30;

impl Slots {
    pub fn of(kind: &[u8]) -> Slots {
        let hatch = (kind == b"HATCH").then_some(Part::Head);
        let kind = match kind {
            b"LWPOLYLINE" => Kind::Light,
            b"SPLINE" => Kind::Spline,
            _ => Kind::Other,
        };
        Slots { hatch, kind, group: 0, counts: HashMap::new() }
    }

    /// The slot of the next own tag.
    pub fn next(&mut self, tag: &Tag) -> Slot {
        let code = tag.code;
        let group = match (self.kind, code) {
            (Kind::Light, 10) => {
                self.group += 1;
                self.group
            }
            (Kind::Light, 20 | 40 | 41 | 42 | 91) => self.group,
            (Kind::Spline, 10..=11) => self.count(FIT_GROUPS * 2, code) + 1 + FIT_GROUPS * u32::from(code == 11),
            (Kind::Spline, 20 | 30 | 21 | 31) => {
                let fit = code % 10 == 1;
                let so_far = self.counts.get(&(FIT_GROUPS * 2, 10 + i16::from(fit))).copied().unwrap_or(0);
                so_far + FIT_GROUPS * u32::from(fit)
            }
            (Kind::Light | Kind::Spline, _) => 0,
            (Kind::Other, _) => {
                if let Some(before) = self.hatch {
                    let part = before.next(tag);
                    self.hatch = Some(part);
                    let begins = match part {
                        Part::Corners => matches!(code, 92 | 10),
                        Part::Edges => matches!(code, 92 | 72),
                        Part::PatternLine => code == 53,
                        Part::Seeds => matches!(code, 98 | 10),
                        Part::Head | Part::Style | Part::Gradient => part != before,
                    };
                    self.group += u32::from(begins);
                }
                self.group
            }
        };
        Slot { group, code, nth: self.count(group, code) }
    }

    fn count(&mut self, group: u32, code: i16) -> u32 {
        let count = self.counts.entry((group, code)).or_insert(0);
        *count += 1;
        *count - 1
    }
}

/// The slots of tags that would be written.
pub(crate) fn slots_of(kind: &[u8], tags: &[Out]) -> Vec<Slot> {
    let mut slots = Slots::of(kind);
    let mut next = |out: &Out| {
        slots.next(&Tag { code: out.code, value: &out.value, start: 0, value_start: 0, end: 0, line: 0, own: true })
    };
    tags.iter().map(&mut next).collect()
}
