//! Locks: nobody holds what another surely holds, every refusal was true at some moment when it may have been decided,
//! and no lock and no session ends before its time, by the clock of those who saw it and whatever the server's said.

use std::collections::{BTreeMap, BTreeSet};

use drawing::{Drawing, RecordId};
use protocol::{Answer, Ended, Event, Held, Limits, Refusal, Request, Seq, SessionId, Token};

use super::What;
use super::edits::is_there;
use super::ledger::{Ask, Folded, Holder, Ledger, named};

/// A server counts whole milliseconds.
const SLACK_US: u64 = 1_000;

/// From when until when in the history a window surely held a record: from the moment that it knew until it asked for the
/// last thing that only its holder is given.
struct Interval {
    window: usize,
    id: RecordId,
    token: Token,
    from: usize,
    upto: usize,
}

/// Nobody holds what another surely holds.
pub fn check_intervals(ledger: &Ledger) -> Result<usize, String> {
    let mut intervals = intervals(ledger);
    intervals.sort_by_key(|each| (each.id, each.from));
    let mut longest: Option<&Interval> = None;
    for each in &intervals {
        match longest.filter(|before| before.id == each.id) {
            Some(before) if before.window != each.window && each.from < before.upto => {
                return Err(format!(
                    "window {} holds {} under {} while window {} surely holds it under {}",
                    each.window, each.id, each.token, before.window, before.token
                ));
            }
            Some(before) if before.upto >= each.upto => {}
            _ => longest = Some(each),
        }
    }
    Ok(intervals.len())
}

fn intervals(ledger: &Ledger) -> Vec<Interval> {
    let mut intervals = Vec::new();
    for ((window, request), ask) in &ledger.asks {
        let (Request::Lock { ids, .. }, Some((from, token))) = (&ask.what, ask.promised) else { continue };
        let later = ledger.asks.range((*window, *request)..).take_while(|((of, _), _)| of == window);
        let later: Vec<&Ask> = later.map(|(_, ask)| ask).filter(|ask| ask.promised.is_some()).collect();
        for id in ids {
            let mut upto = from;
            for ask in &later {
                let Some(sent) = ask.sent.first().copied().filter(|sent| *sent > from) else { continue };
                match &ask.what {
                    Request::Edit { op, under, .. } if under.contains(&token) => {
                        let (mut new, mut old) = (BTreeSet::new(), BTreeSet::new());
                        named(op, &mut new, &mut old);
                        // What it held under that token when it said so; the log says whether it still did.
                        if old.contains(id) && under.len() == 1 {
                            upto = upto.max(sent);
                        }
                    }
                    // It held it no more, and asks for it anew.
                    Request::Lock { ids, .. } if ids.contains(id) && ask.promised != Some((from, token)) => break,
                    Request::Unlock { ids, .. } if ids.contains(id) => {
                        if ids.len() == 1 {
                            upto = upto.max(sent);
                        }
                        break;
                    }
                    _ => {}
                }
            }
            // Who hears of a grant only late, and does nothing under it, may have lost it by then.
            if upto > from {
                intervals.push(Interval { window: *window, id: *id, token, from, upto });
            }
        }
    }
    intervals
}

/// Every refusal for others' locks, and every "it is so already", was true at some moment between asking and answer.
pub fn check_refusals(ledger: &Ledger, folded: &Folded, start: &Drawing, servers: usize) -> Result<usize, String> {
    let last = Seq(folded.told.len() as u64);
    let mut held = 0;
    for ((window, request), ask) in &ledger.asks {
        let Some((answered, answer)) = &ask.answer else { continue };
        let ids = match (&ask.what, answer) {
            (_, Answer::Refused(Refusal::Held { by, .. })) => by.iter().flat_map(|each| each.ids.clone()).collect(),
            (Request::Lock { ids, .. } | Request::Unlock { ids }, Answer::Nothing) => ids.clone(),
            _ => continue,
        };
        let Some((from, upto)) = ledger.decided_between(ask, last, servers) else { continue };
        let Some(me) = ledger.session_at(*window, *answered) else { continue };
        let mut moments: BTreeSet<Seq> = BTreeSet::from([from]);
        for id in ids.iter().chain(free_of(answer)) {
            let changes = folded.holders.get(id).into_iter().flatten().map(|(seq, _)| *seq);
            let there = folded.there.get(id).into_iter().flatten().map(|(seq, _)| *seq);
            moments.extend(changes.chain(there).filter(|seq| *seq > from && *seq <= upto));
        }
        if !moments.iter().any(|at| could_say(folded, start, me, ask, answer, *at)) {
            return Err(format!(
                "window {window}, request {}: {:?} was answered {answer:?}, which was true nowhere from {from} to {upto}",
                request.0, ask.what
            ));
        }
        held += usize::from(matches!(answer, Answer::Refused(_)));
    }
    Ok(held)
}

fn free_of(answer: &Answer) -> &[RecordId] {
    if let Answer::Refused(Refusal::Held { free, .. }) = answer { free } else { &[] }
}

/// Whether an answer is true after an entry.
fn could_say(folded: &Folded, start: &Drawing, me: SessionId, ask: &Ask, answer: &Answer, at: Seq) -> bool {
    let holder = |id: &RecordId| folded.holder(*id, at);
    let mine = |holder: Holder| holder.session == me;
    match (&ask.what, answer) {
        (what, Answer::Refused(Refusal::Held { by, free })) => {
            let as_said = |each: &Held, id: &RecordId| {
                holder(id) == Some(Holder { session: each.session, token: each.token }) && each.session != me
            };
            let held = by.iter().all(|each| each.ids.iter().all(|id| as_said(each, id)));
            let nobody_else = |id: &RecordId| is_there(folded, start, *id, at) && holder(id).is_none_or(mine);
            held && (!matches!(what, Request::Lock { .. }) || free.iter().all(nobody_else))
        }
        (Request::Lock { ids, .. }, _) => {
            ids.iter().all(|id| holder(id).is_some_and(mine) || !is_there(folded, start, *id, at))
        }
        (_, _) => {
            let Request::Unlock { ids } = &ask.what else { return true };
            ids.iter().all(|id| !holder(id).is_some_and(mine))
        }
    }
}

/// No lock lapses sooner after it was used, and no session ends sooner after it was heard of, than the limits say. When it
/// was used and heard of the server knows best; not before somebody asked or spoke, though, and they know when that was.
pub fn check_ends_in_time(ledger: &Ledger, folded: &Folded, limits: &Limits) -> Result<(usize, usize), String> {
    let idle_us = u64::from(limits.lock_idle_ms) * 1_000 - SLACK_US;
    let grace_us = u64::from(limits.grace_ms) * 1_000 - SLACK_US;
    let first_told = first_told(ledger);
    let asked: BTreeMap<Seq, u64> =
        ledger.asks.values().filter_map(|ask| Some((ask.stored?, ledger.records[*ask.sent.first()?].at_us))).collect();
    let (mut lapses, mut expiries) = (0, 0);
    let mut used = BTreeMap::<(SessionId, Token), u64>::new();
    for told in &folded.told {
        let seq = told.seq;
        match &told.entry.event {
            Event::Locked { session, .. } => drop(asked.get(&seq).map(|at| used.insert((*session, seq), *at))),
            Event::Edited { session, op, .. } => {
                let (mut new, mut old) = (BTreeSet::new(), BTreeSet::new());
                named(op, &mut new, &mut old);
                let around = [Seq(seq.0 - 1), seq];
                for id in new.union(&old) {
                    let holders = around.iter().filter_map(|at| folded.holder(*id, *at));
                    for holder in holders.filter(|holder| holder.session == *session) {
                        asked.get(&seq).map(|at| used.insert((*session, holder.token), *at));
                    }
                }
            }
            Event::Unlocked { session, ids, lapsed: true, .. } => {
                let Some(seen) = first_told.get(&seq) else { continue };
                lapses += 1;
                for id in ids {
                    let token = folded.holder(*id, Seq(seq.0 - 1)).map(|holder| holder.token);
                    let last = token.and_then(|token| used.get(&(*session, token)));
                    if let Some(last) = last.filter(|last| seen.saturating_sub(**last) < idle_us) {
                        let after = (seen - last) / 1_000;
                        return Err(format!("entry {seq}: a lock on {id} lapses {after} ms after it was used"));
                    }
                }
            }
            Event::Gone { session, why: Ended::Expired, .. } => {
                let Some(seen) = first_told.get(&seq) else { continue };
                expiries += 1;
                let Some(last) = ledger.last_alive(*session, *seen, &asked, folded) else { continue };
                if seen.saturating_sub(last) < grace_us {
                    let after = (seen - last) / 1_000;
                    return Err(format!("entry {seq}: {session} expires {after} ms after it was heard of"));
                }
            }
            _ => {}
        }
    }
    Ok((lapses, expiries))
}

/// When anybody was told of an entry first.
fn first_told(ledger: &Ledger) -> BTreeMap<Seq, u64> {
    let mut first = BTreeMap::new();
    for record in ledger.records {
        if let What::Told { seq, .. } = &record.what {
            first.entry(*seq).or_insert(record.at_us);
        }
    }
    first
}

impl Ledger<'_> {
    /// As whom a window was in when something happened.
    pub fn session_at(&self, window: usize, at: usize) -> Option<SessionId> {
        self.records[..at].iter().rev().find_map(|record| match &record.what {
            What::Welcomed { session, .. } if record.window == window => Some(*session),
            _ => None,
        })
    }

    /// When the server surely had something from a session, at the latest that is known: a request that it stored, a
    /// heartbeat that it answered, a hello that it welcomed.
    fn last_alive(
        &self,
        session: SessionId,
        before_us: u64,
        asked: &BTreeMap<Seq, u64>,
        folded: &Folded,
    ) -> Option<u64> {
        let window = *self.windows.get(&session)?;
        let (mut hello, mut last) = (None, None);
        for record in self.records.iter().take_while(|record| record.at_us < before_us) {
            if record.window != window {
                continue;
            }
            match &record.what {
                What::Hello => hello = Some(record.at_us),
                What::Welcomed { .. } => last = last.max(hello),
                What::Alive { said_us } => last = last.max(Some(*said_us)),
                _ => {}
            }
        }
        let own = folded
            .told
            .iter()
            .filter(|told| told.entry.author.as_ref().is_some_and(|author| author.session == session));
        last.max(own.filter_map(|told| asked.get(&told.seq).copied()).max())
    }
}
