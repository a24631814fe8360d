//! What people do in a world, and what becomes of their connections: cut, taken up twice, too slow, somebody else's.

use collab::{ConnId, Input};
use protocol::{Came, ClientId, Epoch, Hello, Resume, ResumeKey, Role};

use super::{Coming, World};

impl World {
    pub(super) fn gesture(&mut self, person: usize) -> Result<(), String> {
        let ms = self.random.between(30, 400);
        self.later(ms, Coming::Gesture { person });
        if !self.calm {
            if let Some(conn) = self.people[person].conn {
                if self.random.permille(self.faults.cut) {
                    self.note(|_| format!("p{person} is cut off {conn:?}"));
                    self.cut(conn);
                } else if self.random.permille(self.faults.cut / 2) {
                    // A second connection while the first is still open, and something just said over it: the first
                    // one's end must not end the session, and what was said must not be done twice.
                    self.note(|_| format!("p{person} connects a second time"));
                    let node = self.random.between(0, self.nodes.len() as u64 - 1) as usize;
                    if self.nodes[node].desk.is_some() {
                        self.act(person);
                        self.people[person].lost();
                        // Now and then its hello is long on its way, and a third connection's is there before it.
                        if self.random.permille(500) {
                            let most = if self.random.permille(500) { 20 } else { 1_500 };
                            let late_ms = self.random.between(0, most);
                            let late = self.open_wire(person, node, late_ms);
                            self.people[person].lost();
                            self.cut(late);
                            self.wires.get_mut(&late).into_iter().for_each(|wire| wire.drains = true);
                        }
                        self.open_wire(person, node, 0);
                        self.cut(conn);
                    }
                } else if self.random.permille(self.faults.overflow) {
                    self.note(|_| format!("{conn:?} overflows"));
                    let down_from = self.number + 1;
                    if let Some(wire) = self.wires.get_mut(&conn) {
                        wire.down_from = down_from;
                        let node = wire.node;
                        self.give(node, Input::Overflowed { conn })?;
                    }
                }
            }
            if self.random.permille(self.faults.intruders) {
                self.intrude(person)?;
            }
            if self.rulings.permille(self.faults.rulings) {
                let ruled = self.people[person].rule(&mut self.rulings);
                self.note(|_| format!("p{person} {ruled}"));
            }
            self.act(person);
        } else if self.people[person].is_overdue(self.now)
            && let Some(conn) = self.people[person].conn
        {
            self.later(0, Coming::Lost { person, conn });
        }
        if !self.calm
            && self.people[person].is_overdue(self.now)
            && let Some(conn) = self.people[person].conn
        {
            self.later(0, Coming::Lost { person, conn });
        }
        self.send_up(person);
        Ok(())
    }

    /// Somebody says that they are this person, of whom they know all that everybody in the room sees.
    fn intrude(&mut self, person: usize) -> Result<(), String> {
        let node = self.random.between(0, self.nodes.len() as u64 - 1) as usize;
        let (Some(session), Some(position)) =
            (self.people[person].session.me(), self.people[person].session.position())
        else {
            return Ok(());
        };
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        self.note(|_| format!("somebody says over {conn:?} that they are p{person}"));
        self.intruders.insert(conn, session);
        let resume_key = self.random.permille(500).then_some(ResumeKey(u128::MAX));
        let next = self.random.permille(500).then_some(Epoch(1_000_000));
        let hello = Hello {
            version: 1,
            client: ClientId(100 + person as u128 / 2),
            name: "Mallory".into(),
            drawing: "plan".into(),
            secret: "secret".into(),
            resume_key,
            resume: Some(Resume { session, epoch: Epoch(0), next, position }),
        };
        self.give(node, Input::Hello { conn, hello, role: Role::Editor, came: Came::Link })?;
        let (ms, life) = (self.random.between(0, 500), self.nodes[node].life);
        self.later(ms, Coming::Answer { node, life, input: Input::Closed { conn } });
        Ok(())
    }

    /// Lets a person do something, and sends what comes of it.
    fn act(&mut self, person: usize) {
        let now = self.now;
        let did = self.people[person].act(now, &mut self.random);
        self.note(|_| format!("p{person} {did}"));
        self.send_up(person);
    }
}
