//! Which entries are listed and stepped through.

use drawing::{LayerId, RecordId, Rect};
use protocol::Seq;

use super::lines::{Kind, Line, Lines};

/// What an entry must be to be listed; everything where nothing is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// By this person, a place among the log's people.
    pub who: Option<u16>,
    /// Of this sort.
    pub kind: Option<Kind>,
    /// Touching this layer.
    pub layer: Option<LayerId>,
    /// Touching one of these.
    pub records: Vec<RecordId>,
    /// Touching something about here.
    pub area: Option<Rect>,
}

impl Filter {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// Whether an entry is listed.
    pub fn takes(&self, lines: &Lines, seq: Seq, line: &Line) -> bool {
        let within = |rect: Rect| {
            line.area.is_some_and(|[x0, y0, x1, y1]| {
                f64::from(x0) <= rect.x1
                    && rect.x0 <= f64::from(x1)
                    && f64::from(y0) <= rect.y1
                    && rect.y0 <= f64::from(y1)
            })
        };
        let touches = |id: &RecordId| lines.records(seq).binary_search(id).is_ok();
        self.who.is_none_or(|who| line.who == Some(who))
            && self.kind.is_none_or(|kind| line.kind == kind)
            && self.layer.is_none_or(|layer| lines.layers(line).contains(&layer))
            && (self.records.is_empty() || self.records.iter().any(touches))
            && self.area.is_none_or(within)
    }

    /// All entries that are listed, ascending; none stands for all of them.
    pub fn matching(&self, lines: &Lines) -> Option<Vec<u32>> {
        if self.is_empty() {
            return None;
        }
        let all = (1..=lines.len() as u64).map(Seq);
        let taken = all.filter(|seq| lines.get(*seq).is_some_and(|line| self.takes(lines, *seq, line)));
        Some(taken.map(|seq| seq.0 as u32).collect())
    }
}
