//! Edits: whatever was acknowledged is in the log once and is what was asked, nothing was told that is not in the log, what
//! was refused is not, and nobody changed what they had not seen.

use std::collections::{BTreeMap, BTreeSet};

use drawing::RecordId;
use protocol::{Answer, Event, Request, Seq};

use super::What;
use super::ledger::{Ask, Folded, Ledger, latest, named};

/// What anybody was told is in the log by that hash; and an answer comes after its entry.
pub fn check_told(ledger: &Ledger, folded: &Folded) -> Result<(), String> {
    let has = |seq: Seq, hash| {
        let at = (seq.0 as usize).checked_sub(1).and_then(|at| folded.told.get(at));
        at.is_some_and(|told| told.hash == hash)
    };
    // The last entry of each window over its connection, and where it was welcomed.
    let (mut heard, mut welcomed) = (BTreeMap::<usize, Seq>::new(), BTreeMap::<usize, Seq>::new());
    for record in ledger.records {
        let window = record.window;
        match &record.what {
            What::Hello => drop(heard.remove(&window)),
            What::Told { seq, hash } => {
                if !has(*seq, *hash) {
                    return Err(format!("window {window} was told entry {seq}, which is not in the log"));
                }
                if let Some(before) = heard.insert(window, *seq).filter(|before| before >= seq) {
                    return Err(format!("window {window} was told entry {seq} after {before}"));
                }
            }
            What::Welcomed { position, .. } => {
                if !has(position.seq, position.head) {
                    return Err(format!("window {window} was welcomed at {}, which is not in the log", position.seq));
                }
                // A snapshot brings one there without being told each.
                welcomed.insert(window, position.seq);
            }
            What::Answered { request, answer: Answer::Stored { seq, .. } } => {
                let known = heard.get(&window).max(welcomed.get(&window));
                if known.is_none_or(|known| known < seq) {
                    return Err(format!("window {window} has the answer to {} before its entry {seq}", request.0));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// What was promised is so, what was refused is not, and it happened in an order that can be true.
pub fn check_fates(ledger: &Ledger, folded: &Folded) -> Result<(), String> {
    for ((window, request), ask) in &ledger.asks {
        let named = format!("window {window}, request {}", request.0);
        if let Some((_, promised)) = ask.promised
            && ask.stored != Some(promised)
        {
            return Err(format!("{named} was promised as entry {promised}, and is {:?}", ask.stored));
        }
        if let (Some((_, answer)), Some(seq)) = (&ask.answer, ask.stored)
            && !matches!(answer, Answer::Stored { .. })
        {
            return Err(format!("{named} was answered {answer:?}, and is stored as {seq}"));
        }
        let Some(seq) = ask.stored else { continue };
        let known = ledger.known[*ask.sent.first().ok_or("what was asked was sent")?];
        if seq <= known {
            return Err(format!("{named} is entry {seq}, and {known} had been seen before it was asked"));
        }
        let told = &folded.told[seq.0 as usize - 1];
        if !fits(&ask.what, &told.entry.event) {
            return Err(format!("{named} asked for {:?}, and entry {seq} is {:?}", ask.what, told.entry.event));
        }
        check_seen(&named, ask, seq, folded)?;
    }
    Ok(())
}

/// Whether an event is what a request asks for.
fn fits(asked: &Request, event: &Event) -> bool {
    let within = |ids: &[RecordId], all: &[RecordId]| {
        let all: BTreeSet<_> = all.iter().collect();
        !ids.is_empty() && ids.iter().all(|id| all.contains(id))
    };
    match (asked, event) {
        (Request::Lock { ids: all, .. }, Event::Locked { ids, .. }) => within(ids, all),
        (Request::Unlock { ids: all, .. }, Event::Unlocked { ids, lapsed: false, overridden_by: None, .. }) => {
            within(ids, all)
        }
        (Request::Edit { op: asked, .. }, Event::Edited { op, undoes, .. }) => op == asked && undoes.is_empty(),
        (Request::Undo { entries }, Event::Edited { undoes, .. }) => {
            !undoes.is_empty() && undoes.iter().all(|seq| entries.contains(seq))
        }
        (Request::Grant { .. }, Event::Granted { .. }) => true,
        _ => false,
    }
}

/// An edit is under a lock that its author holds, or of what nobody else changed since they saw it.
fn check_seen(of: &str, ask: &Ask, seq: Seq, folded: &Folded) -> Result<(), String> {
    let (Request::Edit { op, seen, under }, Event::Edited { session, .. }) =
        (&ask.what, &folded.told[seq.0 as usize - 1].entry.event)
    else {
        return Ok(());
    };
    let (mut new, mut old) = (BTreeSet::new(), BTreeSet::new());
    named(op, &mut new, &mut old);
    let before = Seq(seq.0 - 1);
    for id in old {
        let holder = folded.holder(id, before);
        if holder.is_some_and(|holder| holder.session == *session && under.contains(&holder.token)) {
            continue;
        }
        let changes = folded.changes.get(&id).into_iter().flatten();
        let mut others = changes.filter(|(at, by)| at > seen && *at < seq && !folded.are_one(*by, *session));
        if let Some((at, _)) = others.next() {
            return Err(format!("{of} changes {id} as of {seen} under {under:?}, over entry {at} by another"));
        }
    }
    Ok(())
}

/// Everybody holds in the end what the log gives there.
pub fn check_ends(ledger: &Ledger, folded: &Folded) -> Result<usize, String> {
    let mut ends = 0;
    for record in ledger.records {
        let What::Done { position, drawing, waiting } = &record.what else { continue };
        let window = record.window;
        let at = (position.seq.0 as usize).checked_sub(1).filter(|at| *at < folded.told.len());
        let Some(at) = at.filter(|at| folded.told[*at].hash == position.head) else {
            return Err(format!("window {window} ends at {}, which is not in the log", position.seq));
        };
        if folded.drawings[at] != *drawing {
            return Err(format!("window {window} ends with another drawing than the log's at {}", position.seq));
        }
        if *waiting > 0 {
            return Err(format!("window {window} ends with {waiting} edits that have no answer"));
        }
        ends += 1;
    }
    Ok(ends)
}

/// Whether a record is there after an entry.
pub fn is_there(folded: &Folded, start: &drawing::Drawing, id: RecordId, at: Seq) -> bool {
    latest(folded.there.get(&id), at).unwrap_or_else(|| start.get(id).is_some())
}
