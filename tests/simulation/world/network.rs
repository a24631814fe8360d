//! The network of a world: each connection keeps its order, is late by as much as chance says, and ends unasked. Between
//! connections there is no order.

use collab::{ConnId, Input};
use protocol::{ClientMessage, ServerMessage};

use super::{Coming, Delivery, Wire, World};

/// How many deliveries wait for one who takes nothing in before they count as too slow.
const QUEUED_MAX: usize = 60;

impl World {
    fn delay(&mut self, of: u64) -> u64 {
        if let Some(mut random) = self.chances.step("held", of, self.faults.hold_back) {
            return random.between(100, 4_500);
        }
        self.chances.draw("delay", of).between(1, 15)
    }

    pub(super) fn send_down(&mut self, conn: ConnId, delivery: Delivery) {
        // Behind a gap nothing makes sense but a goodbye.
        let bye = matches!(delivery, Delivery::Message(ServerMessage::Bye { .. }));
        let Some(wire) = self.wires.get(&conn).filter(|wire| wire.open && (bye || !wire.overflowed)) else { return };
        let delay = self.delay(2 * wire.person as u64);
        let Some(wire) = self.wires.get_mut(&conn) else { return };
        wire.queued += 1;
        if wire.queued > QUEUED_MAX {
            self.overflow(conn);
            return;
        }
        wire.down_at = wire.down_at.max(wire.slow_until).max(self.now + delay);
        let in_ms = wire.down_at - self.now;
        self.later(in_ms, Coming::ToPerson { conn, delivery });
    }

    /// What waits for somebody is too much: it is dropped, and the desk is told.
    pub(super) fn overflow(&mut self, conn: ConnId) {
        self.note(|_| format!("{conn:?} overflows"));
        self.tally.note("overflows");
        let down_from = self.number + 1;
        if let Some(wire) = self.wires.get_mut(&conn) {
            (wire.down_from, wire.queued, wire.overflowed) = (down_from, 0, true);
            let (node, life) = (wire.node, wire.life);
            self.later(0, Coming::Answer { node, life, input: Input::Overflowed { conn } });
        }
    }

    pub(super) fn send_up(&mut self, person: usize) {
        let Some(conn) = self.people[person].conn else { return };
        for message in self.people[person].session.take_outgoing(self.now) {
            self.send_one_up(conn, message);
        }
    }

    pub(super) fn send_one_up(&mut self, conn: ConnId, message: ClientMessage) {
        let Some(person) = self.wires.get(&conn).filter(|wire| wire.open).map(|wire| wire.person) else { return };
        let delay = self.delay(2 * person as u64 + 1);
        let Some(wire) = self.wires.get_mut(&conn) else { return };
        wire.up_at = wire.up_at.max(self.now + delay);
        let in_ms = wire.up_at - self.now;
        // A program that loses count asks twice; what it asks for is done once.
        if matches!(message, ClientMessage::Ask { .. })
            && self.chances.step("twice", 100 + person as u64, self.faults.twice).is_some()
        {
            self.tally.note("asked twice");
            self.later(in_ms, Coming::ToDesk { conn, message: message.clone() });
        }
        self.later(in_ms, Coming::ToDesk { conn, message });
    }

    /// Cuts a connection: nothing on it arrives any more. Either side notices in its own time, a desk perhaps by
    /// silence only.
    pub(super) fn cut(&mut self, conn: ConnId) {
        let Some(wire) = self.wires.get_mut(&conn) else { return };
        let mut random = self.chances.draw("notice", wire.person as u64);
        wire.open = false;
        wire.drains = random.permille(500);
        let person = wire.person;
        let (soon, late) = (random.between(0, 300), random.between(0, 5_000));
        let in_ms = if random.permille(700) { soon } else { late };
        let lost_ms = random.between(0, 800);
        self.later(in_ms, Coming::Closed { conn });
        self.later(lost_ms, Coming::Lost { person, conn });
    }

    pub(super) fn connect(&mut self, person: usize) -> Result<(), String> {
        if self.people[person].conn.is_some() {
            return Ok(());
        }
        self.people[person].come_back(self.now);
        let mut random = self.chances.draw("connect", person as u64);
        let node = random.between(0, self.nodes.len() as u64 - 1) as usize;
        if self.nodes[node].desk.is_none() {
            let ms = random.between(50, 500);
            self.later(ms, Coming::Connect { person });
            return Ok(());
        }
        self.open_wire(person, node, 0);
        Ok(())
    }

    /// Opens a connection, over which everything comes late by so much.
    pub(super) fn open_wire(&mut self, person: usize, node: usize, late_ms: u64) -> ConnId {
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        let life = self.nodes[node].life;
        let wire = Wire {
            person,
            node,
            life,
            open: true,
            opened_at: self.now,
            drains: false,
            up_at: self.now + late_ms,
            down_at: self.now,
            down_from: 0,
            queued: 0,
            overflowed: false,
            slow_until: 0,
        };
        self.wires.insert(conn, wire);
        self.people[person].conn = Some(conn);
        let hello = self.people[person].session.hello("plan", "secret");
        self.send_one_up(conn, ClientMessage::Hello(hello));
        conn
    }
}
