//! The line for what others hold: standing in it, leaving it, handing over, saying "not now". What follows from a record
//! becoming free is the fold's own business: see [`crate::Claims`].

use std::collections::BTreeSet;

use drawing::RecordId;
use protocol::{Event, Limits, Refusal, Seq, SessionId};

use super::Room;
use super::decide::{Decision, store, within};

impl Room {
    /// Decides whether somebody may stand in line for records that are there and not theirs, of which others hold some.
    pub(super) fn decide_wait(
        &self,
        session: SessionId,
        mut ids: Vec<RecordId>,
        limits: &Limits,
    ) -> Result<Decision, Refusal> {
        ids.sort_unstable();
        let claims = &self.shared.claims;
        let waits_already = |wait: &protocol::Wait| wait.ids == ids;
        // Who asks again keeps their place.
        if claims.waits_of(session).any(waits_already) {
            return Ok(Decision::Nothing);
        }
        let (mut waits, mut records) = (1, ids.len());
        for wait in claims.waits_of(session) {
            waits += 1;
            records += wait.ids.len();
        }
        within("waits_max", limits.waits_max, waits)?;
        within("wait_records_max", limits.wait_records_max, records)?;
        let line: usize = claims.line().map(|wait| wait.ids.len()).sum();
        within("line_records_max", limits.line_records_max, line + ids.len())?;
        if let Some((through, yours)) = self.shared.circle(session, &ids) {
            return Err(Refusal::Circle { through, yours });
        }
        store(Event::Queued { session, ids })
    }

    pub(super) fn decide_withdraw(&self, session: SessionId, wait: Seq) -> Result<Decision, Refusal> {
        match self.shared.claims.wait(wait).filter(|wait| wait.session == session) {
            Some(_) => store(Event::Withdrawn { session, wait }),
            None => Ok(Decision::Nothing),
        }
    }

    pub(super) fn decide_hand_over(
        &self,
        session: SessionId,
        ids: &[RecordId],
        limits: &Limits,
    ) -> Result<Decision, Refusal> {
        within("records_max", limits.records_max, ids.len())?;
        let held = |id: &RecordId| self.shared.locks.get(id).is_some_and(|holding| holding.session == session);
        let ids: BTreeSet<_> = ids.iter().copied().filter(held).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let ids: Vec<_> = self.shared.heirs(&ids).into_keys().collect();
        if ids.is_empty() { Ok(Decision::Nothing) } else { store(Event::HandedOver { session, ids }) }
    }

    pub(super) fn decide_decline(&self, session: SessionId, wait: Seq) -> Result<Decision, Refusal> {
        let held = |id: &RecordId| self.shared.locks.get(id).is_some_and(|holding| holding.session == session);
        match self.shared.claims.wait(wait) {
            Some(known) if !known.declined_by.contains(&session) && known.ids.iter().any(held) => {
                store(Event::Declined { session, wait })
            }
            _ => Ok(Decision::Nothing),
        }
    }
}
