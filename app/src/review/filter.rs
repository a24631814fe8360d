//! Which entries are listed and stepped through.

use std::sync::Arc;

use drawing::{BlockId, LayerId, RecordId, Rect};
use protocol::Seq;

use super::lines::{Kind, Line, Lines};

/// What an entry must be to be listed; everything where nothing is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// By this person, a place among the log's people.
    pub who: Option<u16>,
    /// Of this sort.
    pub kind: Option<Kind>,
    /// Touching one of these layers: all that have one name; or the layer itself.
    pub layers: Arc<[LayerId]>,
    /// Touching one of these, ascending.
    pub records: Arc<[RecordId]>,
    /// Touching something about here, in this space.
    pub area: Option<(BlockId, Rect)>,
}

impl Filter {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.who.is_none()
            && self.kind.is_none()
            && self.layers.is_empty()
            && self.records.is_empty()
            && self.area.is_none()
    }

    /// Whether an entry is listed.
    pub fn takes(&self, lines: &Lines, seq: Seq, line: &Line) -> bool {
        let within = |(space, rect): (BlockId, Rect)| {
            line.area.is_some_and(|(of, [x0, y0, x1, y1])| {
                of == space
                    && f64::from(x0) <= rect.x1
                    && rect.x0 <= f64::from(x1)
                    && f64::from(y0) <= rect.y1
                    && rect.y0 <= f64::from(y1)
            })
        };
        self.who.is_none_or(|who| line.who == Some(who))
            && self.kind.is_none_or(|kind| line.kind == kind)
            && (self.layers.is_empty() || lines.layers(line).iter().any(|layer| self.layers.contains(layer)))
            && self.area.is_none_or(within)
            // What touched more than is remembered may have touched these.
            && (self.records.is_empty() || line.is_cut || share(&self.records, lines.records(seq)))
    }

    /// All entries that are listed, ascending; none stands for all of them.
    pub fn matching(&self, lines: &Lines) -> Option<Vec<u32>> {
        (!self.is_empty()).then(|| self.matching_after(lines, 0))
    }

    /// Those of them after so many.
    pub fn matching_after(&self, lines: &Lines, known: usize) -> Vec<u32> {
        let new = (known as u64 + 1..=lines.len() as u64).map(Seq);
        let taken = new.filter(|seq| lines.get(*seq).is_some_and(|line| self.takes(lines, *seq, line)));
        taken.map(|seq| seq.0 as u32).collect()
    }
}

/// Whether two ascending lists have something in common: the shorter is looked up in the longer.
fn share(a: &[RecordId], b: &[RecordId]) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.iter().any(|id| long.binary_search(id).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lists_share_what_is_in_both() {
        let ids = |ids: &[u64]| ids.iter().copied().map(RecordId).collect::<Vec<_>>();
        for (a, b, expect) in [
            (&[1, 2, 3][..], &[3, 9][..], true),
            (&[3], &[1, 2, 3, 4, 5], true),
            (&[1, 5], &[2, 3, 4], false),
            (&[], &[1], false),
        ] {
            assert_eq!((share(&ids(a), &ids(b)), share(&ids(b), &ids(a))), (expect, expect), "{a:?} {b:?}");
        }
    }
}
