//! What others hold, as it is shown.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use drawing::EntityId;
use protocol::SessionId;

use super::Document;

impl Document {
    /// What others hold, by person.
    pub fn held_by_others(&self) -> BTreeMap<SessionId, Vec<EntityId>> {
        let me = self.session.me();
        let mut held: BTreeMap<SessionId, Vec<EntityId>> = BTreeMap::new();
        for (id, holding) in self.session.locks().filter(|(_, holding)| Some(holding.session) != me) {
            held.entry(holding.session).or_default().push(EntityId(id.0));
        }
        held
    }

    /// `Locked by Ana, 2 min`, for something that somebody else holds.
    pub fn lock_words(&self, id: EntityId) -> Option<String> {
        let holding = self.session.holder(id.into())?;
        if Some(holding.session) == self.session.me() {
            return None;
        }
        let name = self.session.person(holding.session).map_or("somebody", |person| &person.name);
        let wish = match () {
            () if self.session.is_awaited(id.into()) => ". You are in line",
            () if self.may_ask_for(id) => ". Right click to ask for it",
            () => "",
        };
        Some(format!("Locked by {name}, {}{wish}", since(holding.since_ms)))
    }
}

/// How long ago a time stored for people was, in words.
pub fn since(ms: u64) -> String {
    let then = SystemTime::UNIX_EPOCH + Duration::from_millis(ms);
    let minutes = SystemTime::now().duration_since(then).unwrap_or_default().as_secs() / 60;
    match minutes {
        0 => "just now".into(),
        1..60 => format!("{minutes} min"),
        60..1440 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}
