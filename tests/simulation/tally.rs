//! What happened in runs, counted: a simulation in which nothing happens shows nothing.

use std::collections::BTreeMap;

use drawing::{Op, Record};
use protocol::{Ended, Event, Told};

/// How often each thing has to happen in a thousand runs, at the least: about half of what does.
const FLOORS: &[(&str, u64)] = &[
    ("edits", 20_000),
    ("undos", 4_500),
    ("locks", 5_500),
    ("resumes", 2_500),
    ("carry-ons", 400),
    ("expiries", 600),
    ("lapses", 3_500),
    ("lost races", 2_000),
    ("snapshots", 2_000),
    ("stale hellos", 50),
    ("refused before a break", 20),
    ("intruders", 130),
    ("role changes", 100),
    ("removals", 50),
    ("bans", 12),
    ("lifted bans", 1),
    ("turned away", 100),
    ("overflows", 250),
    ("asked twice", 500),
    ("power cuts", 60),
    ("lost with the power", 4),
];

/// What an edit does about comments.
fn said(op: &Op) -> Option<&'static str> {
    match op {
        Op::New(records) => match records.first()? {
            Record::Comment(_) => Some("comments"),
            Record::Reply(_) => Some("replies"),
            _ => None,
        },
        Op::Change(records) => records.first()?.is_comment().then_some("settled or reworded"),
        _ => None,
    }
}

/// How often what happened.
#[derive(Debug, Clone, Default)]
pub struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    pub fn note(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    /// What the log tells.
    pub fn note_entry(&mut self, told: &Told) {
        match &told.entry.event {
            Event::Edited { op, undoes, .. } if undoes.is_empty() && said(op).is_some() => {
                self.note("edits");
                said(op).into_iter().for_each(|what| self.note(what));
            }
            Event::Edited { undoes, .. } => self.note(if undoes.is_empty() { "edits" } else { "undos" }),
            Event::Locked { .. } => self.note("locks"),
            Event::Resumed { .. } => self.note("resumes"),
            Event::Joined { carries_on: Some(_), .. } => self.note("carry-ons"),
            Event::Gone { why: Ended::Expired, .. } => self.note("expiries"),
            Event::Unlocked { lapsed: true, .. } => self.note("lapses"),
            Event::Queued { .. } => self.note("waits"),
            Event::Withdrawn { .. } => self.note("withdrawals"),
            Event::Declined { .. } => self.note("declines"),
            Event::Overriding { .. } => self.note("countdowns"),
            Event::CalledOff { .. } => self.note("called off"),
            Event::Unlocked { overridden_by: Some(_), .. } => self.note("overridden"),
            Event::RoleChanged { .. } => self.note("role changes"),
            Event::Gone { why: Ended::Removed { .. }, .. } => self.note("removals"),
            Event::Banned { .. } => self.note("bans"),
            Event::BanLifted { .. } => self.note("lifted bans"),
            _ => {}
        }
    }

    pub fn add(&mut self, other: &Tally) {
        other.0.iter().for_each(|(what, count)| *self.0.entry(what).or_default() += count);
    }

    /// What happened too seldom in so many runs.
    pub fn lacking(&self, runs: u64) -> Vec<String> {
        let count = |what: &str| self.0.get(what).copied().unwrap_or(0);
        let seldom = FLOORS.iter().filter(|(what, floor)| count(what) < floor * runs / 1_000);
        seldom
            .map(|(what, floor)| format!("{what}: {} in {runs} runs, {floor} in 1,000 are due", count(what)))
            .collect()
    }
}
