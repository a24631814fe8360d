//! How much each person edited along the timeline, in a bounded number of bins.

use protocol::Seq;

use super::lines::Lines;

/// Bins along the timeline.
pub const BINS: usize = 240;
/// People that are told apart; the rest are counted together with the last.
const PEOPLE_MAX: usize = 16;

/// Edits by bin and person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Density {
    /// Edits in each bin, by place of the person; as many as there are people, and [`BINS`] times that.
    counts: Vec<u32>,
    people: usize,
    /// The most in one bin.
    pub most: u32,
}

impl Density {
    /// Counts all edits.
    pub fn of(lines: &Lines) -> Density {
        let people = lines.names.people.len().clamp(1, PEOPLE_MAX);
        let mut counts = vec![0; people * BINS];
        let length = lines.active_ms().max(1) as f64;
        for line in (1..=lines.len() as u64).filter_map(|seq| lines.get(Seq(seq))) {
            let Some(who) = line.who.filter(|_| line.kind.is_edit()) else { continue };
            let bin = (line.active_ms as f64 / length * (BINS - 1) as f64) as usize;
            counts[bin * people + usize::from(who).min(people - 1)] += 1;
        }
        let most = counts.chunks(people).map(|bin| bin.iter().sum()).max().unwrap_or(0);
        Density { counts, people, most }
    }

    /// The edits of a bin by place of the person; nothing where nothing happened.
    pub fn bin(&self, bin: usize) -> &[u32] {
        self.counts.get(bin * self.people..(bin + 1) * self.people).unwrap_or_default()
    }
}
