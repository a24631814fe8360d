//! What a desk keeps, and how much of it that may be at most.

use super::{Desk, QUEUED_BYTES_MAX, QUEUED_BYTES_OF_ONE_MAX, QUEUED_RECORDS_MAX, QUEUED_WORKS_MAX};

impl Desk {
    /// What is more than it may be, in words; nothing ever is. For whoever tests that.
    pub fn overgrown(&self) -> Option<&'static str> {
        let limits = &self.settings.limits;
        let (people, members) = (limits.people_max as usize, &self.room.shared().members);
        let conns_max = 2 * people;
        // One request alone may be larger than all that may wait besides.
        let bytes_max = QUEUED_BYTES_MAX + limits.message_bytes_max as usize;
        let bytes_of_one_max = QUEUED_BYTES_OF_ONE_MAX + limits.message_bytes_max as usize;
        // What is asked, of each connection a hello and a leave, and an end of each session and lock.
        let works_max = QUEUED_WORKS_MAX + 2 * conns_max + self.used_max() + members.len();
        let of_members = |count: usize| count <= members.len();
        let each = [
            (self.conns.len() <= conns_max, "connections"),
            (self.here.len() <= self.conns.len(), "sessions that are here"),
            (self.queued_records <= QUEUED_RECORDS_MAX + limits.records_max as usize, "records that wait"),
            (self.queued_bytes <= bytes_max, "bytes that wait"),
            (self.conns.values().all(|conn| conn.queued_bytes <= bytes_of_one_max), "bytes that wait of one"),
            (
                self.conns.values().all(|conn| conn.open.len() <= limits.in_flight_max as usize),
                "requests without an answer",
            ),
            (self.queue.len() <= works_max, "what waits to be decided"),
            (self.recent.len() <= Desk::RECENT_MAX, "places in the chain"),
            (of_members(self.absent.len()), "those who are absent"),
            (of_members(self.expiring.len()), "those who expire"),
            (of_members(self.believed.len()), "those who count as connected"),
            (self.used.len() <= self.used_max(), "clocks of locks"),
        ];
        each.iter().find(|(within, _)| !within).map(|(_, what)| *what)
    }
}
