//! What happened to the drawing since one came in, for the history panel.

use std::collections::VecDeque;

use collab::words;
use drawing::{Op, Record};
use protocol::{Event, SessionId, Told};

/// Rows that are kept; the log itself has them all.
const ROWS_MAX: usize = 500;

/// What undos and redos begin with.
const TOOK_BACK: &str = "took back: ";
const BROUGHT_BACK: &str = "brought back: ";

/// One entry of the log, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its place in the log.
    pub seq: u64,
    /// When, milliseconds since 1970.
    pub time_ms: u64,
    /// Whose session; none where the room itself acted.
    pub session: Option<SessionId>,
    /// Their name as it was then; empty where it is not known.
    pub name: String,
    /// What happened.
    pub what: String,
}

/// The latest rows, the newest last.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The rows.
    pub rows: VecDeque<Row>,
}

impl History {
    /// Takes in what was told; `name` finds the name of a session.
    pub fn take(&mut self, told: &[Told], name: impl Fn(SessionId) -> String) {
        for Told { seq, entry, .. } in told {
            let Some((session, mut what)) = sentence(&entry.event, SessionId(*seq)) else { continue };
            if let Event::Edited { undoes, .. } = &entry.event
                && let Some(undone) = undoes.first().and_then(|undone| self.row_of(undone.0))
            {
                let back = if undone.what.starts_with(TOOK_BACK) { BROUGHT_BACK } else { TOOK_BACK };
                what = format!("{back}{}", undone.deed());
            }
            let name = match &entry.event {
                Event::Joined { name, .. } => name.clone(),
                _ => session.map(&name).unwrap_or_default(),
            };
            self.rows.push_back(Row { seq: seq.0, time_ms: entry.time_ms, session, name, what });
            if self.rows.len() > ROWS_MAX {
                self.rows.pop_front();
            }
        }
    }
}

impl History {
    /// The row of an entry, if it is among the latest.
    pub fn row_of(&self, seq: u64) -> Option<&Row> {
        self.rows.iter().rfind(|row| row.seq == seq)
    }
}

impl Row {
    /// What was done, taken back or brought back.
    pub fn deed(&self) -> &str {
        let what = self.what.strip_prefix(TOOK_BACK).or_else(|| self.what.strip_prefix(BROUGHT_BACK));
        what.unwrap_or(&self.what)
    }
}

/// Who did it and what; none for what nobody needs to read.
fn sentence(event: &Event, this: SessionId) -> Option<(Option<SessionId>, String)> {
    Some(match event {
        Event::Created { title, .. } => (None, format!("{title} was opened")),
        Event::Joined { .. } => (Some(this), "came in".into()),
        Event::Gone { session, why: protocol::Ended::Left, .. } => (Some(*session), "left".into()),
        Event::Gone { session, why: protocol::Ended::Expired, .. } => (Some(*session), "lost the connection".into()),
        Event::Gone { session, why: protocol::Ended::Removed { .. }, .. } => (Some(*session), "was removed".into()),
        Event::RoleChanged { session, role, .. } => (Some(*session), format!("may {} now", super::may_words(*role))),
        Event::Banned { by, name, .. } => (Some(*by), format!("banned {}", words::name(name))),
        Event::BanLifted { by, .. } => (Some(*by), "lifted a ban".into()),
        Event::Edited { session, op, undoes } => {
            let done = op_words(op);
            (Some(*session), if undoes.is_empty() { done } else { format!("{TOOK_BACK}{done}") })
        }
        Event::Unlocked { session, ids, lapsed: true, .. } => {
            (Some(*session), format!("lock on {} lapsed", count(ids.len())))
        }
        Event::Unlocked { ids, overridden_by: Some(owner), .. } => {
            (Some(*owner), format!("ended a lock on {}", count(ids.len())))
        }
        Event::HandedOver { session, ids } => (Some(*session), format!("handed {} over", count(ids.len()))),
        Event::Overriding { session, by, .. } if session != by => (Some(*by), "is about to end somebody's lock".into()),
        Event::CalledOff { by, .. } => (Some(*by), "left a lock to its holder after all".into()),
        Event::Renamed { session, title } => (Some(*session), format!("renamed it {title}")),
        Event::Queued { .. } | Event::Withdrawn { .. } | Event::Declined { .. } | Event::Overriding { .. } => {
            return None;
        }
        Event::Locked { .. } | Event::Unlocked { .. } | Event::Resumed { .. } | Event::Granted { .. } => return None,
    })
}

/// What an op does, in short words.
pub fn op_words(op: &Op) -> String {
    if let Some(words) = words::talk_in_words(op) {
        return words;
    }
    match op {
        Op::New(records) => format!("drew {}", records_words(records)),
        Op::Change(records) => format!("changed {}", records_words(records)),
        Op::Remove(ids) => format!("erased {}", count(ids.len())),
        Op::Translate { ids, .. } => format!("moved {}", count(ids.len())),
        Op::Mint(_) => "saved".into(),
        Op::Unmint(_) => "took back a save".into(),
        Op::Batch(ops) => match ops.first() {
            Some(first) if ops.len() == 1 => op_words(first),
            _ => format!("made {} changes", ops.len()),
        },
    }
}

fn records_words(records: &[Record]) -> String {
    match records {
        [one] => words::title(one.kind()),
        [first, ..] if records.iter().all(|record| record.kind() == first.kind()) => {
            format!("{} {}", records.len(), words::title(first.kind()))
        }
        _ => count(records.len()),
    }
}

fn count(count: usize) -> String {
    if count == 1 { "1 object".into() } else { format!("{count} objects") }
}
