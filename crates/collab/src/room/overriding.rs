//! Ending somebody else's lock, as an owner: a countdown that the holder sees, then the end. Whether the holder is there
//! to see one, and when it is over, only the desk knows.

use std::collections::BTreeSet;

use protocol::{Event, Refusal, SessionId, Token};

use super::Room;
use super::decide::{Decision, store};

impl Room {
    pub(super) fn decide_override(
        &self,
        by: SessionId,
        token: Token,
        of: Option<SessionId>,
    ) -> Result<Decision, Refusal> {
        let under = self.shared.locks.values().filter(|holding| holding.token == token);
        let Some(session) = the_one(under.map(|holding| holding.session), of)? else { return Ok(Decision::Nothing) };
        if session == by {
            // One who holds it has nobody to give time to.
            return Ok(self.end_of_lock(session, token, by).map_or(Decision::Nothing, Decision::Store));
        }
        if self.shared.claims.countdown(session, token).is_some() {
            return Ok(Decision::Nothing);
        }
        store(Event::Overriding { session, token, by })
    }

    pub(super) fn decide_call_off(
        &self,
        by: SessionId,
        token: Token,
        of: Option<SessionId>,
    ) -> Result<Decision, Refusal> {
        let under = self.shared.claims.countdowns().filter(|countdown| countdown.token == token);
        match the_one(under.map(|countdown| countdown.session), of)? {
            Some(session) => store(Event::CalledOff { session, token, by }),
            None => Ok(Decision::Nothing),
        }
    }

    /// What ends all that a session still holds under a token, by an owner's word; none where that is nothing.
    pub(crate) fn end_of_lock(&self, session: SessionId, token: Token, by: SessionId) -> Option<Event> {
        let under = self.shared.locks.iter().filter(|(_, each)| each.session == session && each.token == token);
        let ids: Vec<_> = under.map(|(id, _)| *id).collect();
        (!ids.is_empty()).then_some(Event::Unlocked { session, ids, lapsed: false, overridden_by: Some(by) })
    }
}

/// Whose lock is meant; none where there is none.
fn the_one(holders: impl Iterator<Item = SessionId>, of: Option<SessionId>) -> Result<Option<SessionId>, Refusal> {
    let holders: BTreeSet<_> = holders.filter(|holder| of.is_none_or(|of| of == *holder)).collect();
    if holders.len() > 1 {
        let why = "several people hold something under this token: it takes saying whose is meant".into();
        return Err(Refusal::Invalid { why });
    }
    Ok(holders.into_iter().next())
}
