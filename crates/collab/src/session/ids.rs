//! Ids for what a session makes, from the ranges that it was granted.

use drawing::{IdRange, RecordId};

/// Fewer ids left than this make the session ask for more.
const LOW: u64 = 256;
/// How many are asked for at least.
const ASK: u32 = 4_096;

/// Granted ids: those known of, and those not taken yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    /// Every id that was ever granted here: disjoint runs `start..end`, ascending.
    known: Vec<(u64, u64)>,
    /// Those not taken yet, in the order in which they are taken.
    free: Vec<(u64, u64)>,
}

impl Ids {
    /// Puts what is granted to the free ones, save what is known already.
    pub fn grant(&mut self, range: IdRange) {
        let mut from = range.first.0;
        let end = from.saturating_add(u64::from(range.len));
        let mut fresh = Vec::new();
        for &(start, stop) in &self.known {
            if stop <= from || start >= end {
                continue;
            }
            if start > from {
                fresh.push((from, start));
            }
            from = from.max(stop);
        }
        if from < end {
            fresh.push((from, end));
        }
        self.free.extend(&fresh);
        self.known.extend(fresh);
        self.known.sort_unstable();
        self.known.dedup_by(|next, last| {
            last.1 == next.0 && {
                last.1 = next.1;
                true
            }
        });
    }

    /// Notes what was granted and is not to be taken.
    pub fn leave_out(&mut self, range: IdRange) {
        let free = std::mem::take(&mut self.free);
        self.grant(range);
        self.free = free;
    }

    /// Takes `n` ids, if there are as many.
    pub fn take(&mut self, n: usize) -> Option<Vec<RecordId>> {
        if self.left() < n as u64 {
            return None;
        }
        let mut taken = Vec::with_capacity(n);
        while taken.len() < n {
            let (start, end) = self.free.first_mut()?;
            taken.push(RecordId(*start));
            *start += 1;
            if start == end {
                self.free.remove(0);
            }
        }
        Some(taken)
    }

    fn left(&self) -> u64 {
        self.free.iter().map(|(start, end)| end - start).sum()
    }

    /// How many to ask for, if few are left after wanting `n`; at most `max`.
    pub fn wanted(&self, n: usize, max: u32) -> Option<u32> {
        let needed = (n as u64).saturating_add(LOW);
        (self.left() < needed).then(|| ASK.max(u32::try_from(needed).unwrap_or(max)).min(max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_granted_once_however_often_it_is_told() {
        let mut ids = Ids::default();
        let range = |first, len| IdRange { first: RecordId(first), len };
        ids.grant(range(10, 5));
        assert_eq!(ids.take(2), Some(vec![RecordId(10), RecordId(11)]));
        ids.grant(range(10, 5));
        ids.grant(range(8, 9));
        assert_eq!(ids.left(), 3 + 2 + 2);
        assert_eq!(ids.take(8), None);
        let mut restored = Ids::default();
        restored.leave_out(range(10, 5));
        restored.grant(range(10, 6));
        assert_eq!((restored.take(2), restored.take(1)), (None, Some(vec![RecordId(15)])));
        let all = ids.take(7).map(|ids| ids.into_iter().map(|id| id.0).collect::<Vec<_>>());
        assert_eq!(all, Some(vec![12, 13, 14, 8, 9, 15, 16]));
    }
}
