//! Moving along a log: by entry, by run of one person's work, and playing.

use std::collections::BTreeSet;
use std::sync::Arc;

use drawing::{BlockId, Drawing, EntityId, LayerId, Record, RecordId, Shape};
use protocol::Seq;

use super::{Playing, Review};
use crate::document::OVERLAY_MAX;

/// A rest longer than this ends a run of somebody's work, in milliseconds.
const BURST_REST_MS: u64 = 12_000;

/// A place in the drawing where something was erased.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Erased {
    /// In this space.
    pub space: BlockId,
    /// Around what stood there.
    pub area: [f32; 4],
}

/// What is lit up.
#[derive(Debug, Clone, Default)]
pub struct Lit {
    /// These.
    pub ids: Arc<[EntityId]>,
    /// Where others were that are gone.
    pub erased: Vec<Erased>,
    /// Whose work it is: their place among the colours.
    pub color: Option<u8>,
}

/// Places of erased things that are marked at once.
const ERASED_MAX: usize = 200;

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
        self.light((first, last), true);
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

    /// Lights up the work of these entries.
    pub(super) fn light(&mut self, lit: (Seq, Seq), is_run: bool) {
        self.lit = lit;
        self.lit_is_run = is_run;
        self.shine();
    }

    /// What is lit up.
    pub fn lit_up(&self) -> &Lit {
        &self.shining
    }

    /// Finds what is lit up: once when it changes, and not in each frame.
    pub(super) fn shine(&mut self) {
        let (first, last) = self.lit;
        let color = self.lines.get(last).and_then(|line| self.lines.who(line)).map(|who| who.color);
        let mut ids: BTreeSet<RecordId> = BTreeSet::new();
        let mut erased = Vec::new();
        // A run may have very many entries: the latest of it count.
        let entries = (first.0..=last.0).rev().map(Seq).take(OVERLAY_MAX);
        for seq in entries {
            let Some(line) = self.lines.get(seq) else { continue };
            if !line.kind.is_edit() && first < last {
                continue;
            }
            let records = self.lines.records(seq);
            let is_gone = |id: &RecordId| self.drawing.as_ref().is_some_and(|drawing| drawing.get(*id).is_none());
            if let Some((space, area)) = line.area
                && erased.len() < ERASED_MAX
                && line.kind.is_edit()
                && records.iter().any(is_gone)
            {
                erased.push(Erased { space, area });
            }
            ids.extend(records);
            if ids.len() > OVERLAY_MAX {
                break;
            }
        }
        let ids = self.drawing.as_ref().map_or_else(Vec::new, |drawing| seen_in(drawing, &ids));
        self.shining = Lit { ids: ids.into(), erased, color };
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
            self.light((first.next(), to), false);
        }
        // Where what can be read ends before the head, playing ends there.
        if self.going >= self.head || self.all_read && self.going.0 >= self.lines.len() as u64 {
            self.playing = None;
        }
        self.playing.is_some()
    }
}

/// The entities in which a change of these records is seen: themselves, what is on a layer, what shows a block.
fn seen_in(drawing: &Drawing, ids: &BTreeSet<RecordId>) -> Vec<EntityId> {
    let (mut layers, mut blocks) = (BTreeSet::new(), BTreeSet::new());
    let mut seen: BTreeSet<EntityId> = BTreeSet::new();
    for id in ids {
        match drawing.get(*id) {
            Some(Record::Entity(entity)) => {
                seen.insert(entity.id);
                if drawing.block(entity.owner).is_some_and(|block| !block.is_space()) {
                    blocks.insert(entity.owner);
                }
            }
            Some(Record::Layer(layer)) => drop(layers.insert(layer.id)),
            Some(Record::Block(block)) => drop(blocks.insert(block.id)),
            _ => {}
        }
    }
    if !layers.is_empty() || !blocks.is_empty() {
        let shows = |shape: &Shape| match shape {
            Shape::Insert(insert) => blocks.contains(&insert.block),
            Shape::Dimension(dimension) => dimension.block.is_some_and(|block| blocks.contains(&block)),
            _ => false,
        };
        let on = |layer: &LayerId| layers.contains(layer);
        let also = drawing.entities().filter(|entity| on(&entity.style.layer) || shows(&entity.shape));
        seen.extend(also.map(|entity| entity.id).take(OVERLAY_MAX));
    }
    seen.into_iter().take(OVERLAY_MAX).collect()
}
