//! Moving along a log: by entry, by run of one person's work, and playing.

use drawing::{EntityId, RecordId};
use protocol::Seq;

use super::{Playing, Review};
use crate::document::OVERLAY_MAX;

/// A rest longer than this ends a run of somebody's work, in milliseconds.
const BURST_REST_MS: u64 = 12_000;

impl Review {
    /// One listed entry on, or back.
    pub fn step(&mut self, on: bool) {
        let here = self.going;
        let to = match &self.listed {
            None if on => Some(here.next()),
            None => Some(Seq(here.0.saturating_sub(1))),
            Some(listed) => {
                let at = listed.partition_point(|seq| u64::from(*seq) < here.0 + u64::from(on));
                let at = if on { Some(at) } else { at.checked_sub(1) };
                at.and_then(|at| listed.get(at)).map(|seq| Seq((*seq).into()))
            }
        };
        if let Some(to) = to.filter(|to| *to >= Seq(1) && *to <= self.head) {
            self.go(to);
        }
    }

    /// One run of somebody's work on, or back; what all of it touched is lit up.
    pub fn step_burst(&mut self, on: bool) {
        let (first, last) = if on {
            let Some((first, last)) = self.burst_at(self.going.next()) else { return self.go(self.head) };
            (first, last)
        } else {
            let Some((first, _)) = self.burst_at(self.going) else { return self.go(Seq(1)) };
            let Some((first, last)) = self.burst_at(Seq(first.0.saturating_sub(1))) else { return self.go(Seq(1)) };
            (first, last)
        };
        self.go(last);
        self.lit = (first, last);
    }

    /// The run that an entry is part of: entries of one person without a long rest between them.
    pub fn burst_at(&self, seq: Seq) -> Option<(Seq, Seq)> {
        let line = self.lines.get(seq)?;
        let (mut first, mut last) = (seq, seq);
        while let Some(before) = self.lines.get(Seq(first.0.saturating_sub(1)))
            && before.who == line.who
            && self.lines.get(first).is_some_and(|after| after.time_ms.saturating_sub(before.time_ms) <= BURST_REST_MS)
        {
            first = Seq(first.0 - 1);
        }
        while let Some(after) = self.lines.get(last.next())
            && after.who == line.who
            && self.lines.get(last).is_some_and(|before| after.time_ms.saturating_sub(before.time_ms) <= BURST_REST_MS)
        {
            last = last.next();
        }
        Some((first, last))
    }

    /// What is lit up, and by whom: their place among the colours.
    pub fn lit_up(&self) -> (Vec<EntityId>, Option<u8>) {
        let (first, last) = self.lit;
        let who = self.lines.get(last).and_then(|line| self.lines.who(line)).map(|who| who.color);
        let mut ids: Vec<RecordId> = Vec::new();
        for seq in (first.0..=last.0).map(Seq) {
            if self.lines.get(seq).is_some_and(|line| line.kind.is_edit()) || first == last {
                ids.extend(self.lines.records(seq));
            }
            if ids.len() > OVERLAY_MAX {
                break;
            }
        }
        ids.sort_unstable();
        ids.dedup();
        (ids.into_iter().map(|id| EntityId(id.0)).collect(), who)
    }

    /// Whether it plays.
    pub fn is_playing(&self) -> bool {
        self.playing.is_some()
    }

    /// Plays on, from the start where it is at the end; or stops.
    pub fn play(&mut self) {
        if self.playing.take().is_some() || self.lines.is_empty() {
            return;
        }
        if self.going >= self.head {
            self.go(Seq(1));
        }
        let at_ms = self.lines.get(self.going).map_or(0, |line| line.active_ms) as f64;
        self.playing = Some(Playing { at_ms, since_s: None });
    }

    /// Stops playing.
    pub fn pause(&mut self) {
        self.playing = None;
    }

    /// A frame passes, at this time of the window's clock. Whether the next one is wanted soon.
    pub fn tick(&mut self, now_s: f64) -> bool {
        let Some(playing) = &mut self.playing else { return false };
        let passed_s = playing.since_s.map_or(0.0, |since| (now_s - since).max(0.0));
        playing.since_s = Some(now_s);
        // A frame that comes late shows more; but what the thread has not shown yet holds the clock back.
        if self.at == self.going {
            playing.at_ms += passed_s.min(0.5) * 1000.0 * f64::from(self.speed);
        }
        let to = self.lines.at_active(playing.at_ms as u64);
        let first = self.going;
        if to > self.going {
            self.go(to);
            self.lit = (first.next(), to);
        }
        if self.going >= self.head {
            self.playing = None;
        }
        self.playing.is_some()
    }
}
