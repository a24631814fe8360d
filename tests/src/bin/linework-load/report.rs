//! From what each person lived through to the figures of a run.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::person::Lived;
use crate::run::Run;
use crate::tally::Waits;

/// The figures of a run.
pub struct Figures {
    /// The share of cursor places that arrived, 0 to 1.
    pub delivered: f64,
    /// From the sending of a cursor's place until a receiver holds it or a newer one.
    pub cursors: Waits,
    /// From asking for an edit until its durable acknowledgement.
    pub acks: Waits,
    /// From asking for an edit until another person was told it.
    pub seen: Waits,
    /// Edits that were acknowledged, and how long that took, in seconds: from the first ask until the last answer.
    pub edits: (u64, f64),
    /// Entries that reached somebody who is not their author.
    pub entries_told: u64,
    /// All who were told entries stand at the same one, with the same hash; none where nobody was told any.
    pub heads_equal: Option<bool>,
}

impl Figures {
    /// Of all people.
    pub fn of(run: &Run, people: &[Lived]) -> Figures {
        let (mut cursors, mut acks, mut seen) = (Waits::default(), Waits::default(), Waits::default());
        let mut due = 0;
        for person in people {
            cursors.add(&person.cursors);
            acks.add(&person.acks);
            due += person.cursors_due;
        }
        let entries_told = add_seen(run, people, &mut seen);
        let delivered = if due == 0 { 1.0 } else { cursors.len() as f64 / due as f64 };
        let span = span_s(people);
        let heads_equal = heads_equal(run, people);
        Figures { delivered, cursors, edits: (acks.len(), span), acks, seen, entries_told, heads_equal }
    }

    /// Deliveries: cursor places and entries.
    pub fn deliveries(&self) -> u64 {
        self.cursors.len() + self.entries_told
    }

    /// As keys and values.
    pub fn to_json(&self) -> Map<String, Value> {
        let (edits, span_s) = self.edits;
        let value = json!({
            "delivered": self.delivered,
            "cursor_ms": self.cursors.quantiles_ms(),
            "edit_ack_ms": self.acks.quantiles_ms(),
            "edit_seen_ms": self.seen.quantiles_ms(),
            "edits_per_s": if edits == 0 { 0.0 } else { edits as f64 / span_s },
            "heads_equal": self.heads_equal,
        });
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

/// Joins when entries were told with when they were asked for; how many others were told any.
fn add_seen(run: &Run, people: &[Lived], seen: &mut Waits) -> u64 {
    let mut told = 0;
    let mut asked: HashMap<u64, (u32, usize)> = HashMap::new();
    let mut first_of_group = Vec::new();
    for person in people {
        if !first_of_group.iter().any(|other| run.together(*other, person.index)) {
            first_of_group.push(person.index);
        }
    }
    // Seqs name entries within one drawing only.
    for group in first_of_group {
        asked.clear();
        let here = || people.iter().filter(|person| run.together(group, person.index));
        for person in here() {
            asked.extend(person.asked_us.iter().map(|(seq, at)| (*seq, (*at, person.index))));
        }
        for person in here() {
            for &(first, last, at) in &person.told_us {
                for seq in first..=last {
                    if let Some(&(asked_us, author)) = asked.get(&seq)
                        && author != person.index
                    {
                        seen.push_us(u64::from(at.saturating_sub(asked_us)));
                        told += 1;
                    }
                }
            }
        }
    }
    told
}

/// From the first ask until the last acknowledgement, in seconds.
fn span_s(people: &[Lived]) -> f64 {
    let asked = people.iter().flat_map(|person| person.asked_us.iter().map(|(_, at)| *at));
    let first = asked.min().unwrap_or(0);
    let last = people.iter().map(|person| person.answered_us).max().unwrap_or(0);
    f64::from(last.saturating_sub(first)) / 1e6
}

fn heads_equal(run: &Run, people: &[Lived]) -> Option<bool> {
    let told: Vec<_> = people.iter().filter_map(|person| person.head.map(|head| (person.index, head))).collect();
    let same = |(index, head): &(usize, _)| {
        let mut others = told.iter().filter(|(other, _)| run.together(*index, *other));
        others.all(|(_, other)| head == other)
    };
    (!told.is_empty()).then(|| told.iter().all(same))
}
