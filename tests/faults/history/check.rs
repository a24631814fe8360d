//! Everything that is checked of a history, in order.

use protocol::Limits;

use super::ledger::{Ledger, fold};
use super::{Log, Record, What, edits, locks};

/// How much a history that is right has in it: one in which nothing happened shows nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Requests that were asked.
    pub asked: usize,
    /// Those that were promised to be stored.
    pub promised: usize,
    /// Records that somebody knew to hold, each time.
    pub holdings: usize,
    /// Requests that were refused for others' locks.
    pub refused: usize,
    /// Locks that lapsed.
    pub lapsed: usize,
    /// Sessions that were given up.
    pub expired: usize,
    /// Windows that were done in the end.
    pub done: usize,
    /// How often somebody came in, or back.
    pub comings: usize,
    /// As how many sessions: more than windows where some were given up who came back.
    pub sessions: usize,
}

/// Holds what windows did and saw at so many servers against the log that is left.
pub fn check(records: &[Record], log: &Log, limits: &Limits, servers: usize) -> Result<Summary, String> {
    let mut ledger = Ledger::new(records)?;
    let holdings = locks::check_intervals(&ledger)?;
    let folded = fold(log)?;
    ledger.attribute(&folded)?;
    edits::check_told(&ledger, &folded)?;
    edits::check_fates(&ledger, &folded)?;
    let refused = locks::check_refusals(&ledger, &folded, &log.drawing, servers)?;
    let (lapsed, expired) = locks::check_ends_in_time(&ledger, &folded, limits)?;
    let done = edits::check_ends(&ledger, &folded)?;
    let promised = ledger.asks.values().filter(|ask| ask.promised.is_some()).count();
    let comings = records.iter().filter(|record| matches!(record.what, What::Welcomed { .. })).count();
    let (asked, sessions) = (ledger.asks.len(), ledger.windows.len());
    Ok(Summary { asked, promised, holdings, refused, lapsed, expired, done, comings, sessions })
}
