//! What people do in a world, and what becomes of their connections: cut, taken up twice, too slow, somebody else's.

use collab::{ConnId, Input};
use protocol::{Came, ClientId, Epoch, Hello, Resume, ResumeKey, Role};

use super::{Coming, World};
use crate::faults::Faults;
use crate::random::Random;

impl World {
    pub(super) fn gesture(&mut self, person: usize) -> Result<(), String> {
        let of = person as u64;
        let ms = self.chances.draw("pause", of).between(30, 400);
        self.later(ms, Coming::Gesture { person });
        if !self.calm {
            if let Some(conn) = self.people[person].conn {
                self.harm(person, conn);
            }
            if let Some(mut random) = self.chances.step("intruder", of, self.faults.intruders) {
                self.intrude(person, &mut random)?;
            }
            if let Some(mut random) = self.chances.step("ruling", of, self.faults.rulings) {
                let ruled = self.people[person].rule(&mut random);
                self.note(|_| format!("p{person} {ruled}"));
            }
            self.act(person);
        }
        if self.people[person].is_overdue(self.now)
            && let Some(conn) = self.people[person].conn
        {
            self.later(0, Coming::Lost { person, conn });
        }
        self.send_up(person);
        Ok(())
    }

    /// Something goes wrong with a person's connection, or nothing.
    fn harm(&mut self, person: usize, conn: ConnId) {
        let of = person as u64;
        let Faults { cut, overflow, slow, .. } = self.faults;
        if self.chances.step("cut", of, cut).is_some() {
            self.note(|_| format!("p{person} is cut off {conn:?}"));
            self.cut(conn);
        } else if let Some(mut random) = self.chances.step("second", of, cut / 2) {
            // A second connection while the first is still open, and something just said over it: the first
            // one's end must not end the session, and what was said must not be done twice.
            self.note(|_| format!("p{person} connects a second time"));
            let node = random.between(0, self.nodes.len() as u64 - 1) as usize;
            if self.nodes[node].desk.is_some() {
                self.act(person);
                self.people[person].lost();
                // Now and then its hello is long on its way, and a third connection's is there before it.
                if random.permille(500) {
                    let most = if random.permille(500) { 20 } else { 1_500 };
                    let late_ms = random.between(0, most);
                    let late = self.open_wire(person, node, late_ms);
                    self.people[person].lost();
                    self.cut(late);
                    self.wires.get_mut(&late).into_iter().for_each(|wire| wire.drains = true);
                }
                self.open_wire(person, node, 0);
                self.cut(conn);
            }
        } else if self.chances.step("overflow", of, overflow).is_some() {
            self.overflow(conn);
        } else if let Some(mut random) = self.chances.step("slow", of, slow) {
            let ms = random.between(1_000, 8_000);
            self.note(|_| format!("p{person} takes nothing in for {ms}"));
            let until = self.now + ms;
            self.wires.get_mut(&conn).into_iter().for_each(|wire| wire.slow_until = until);
        }
    }

    /// Somebody says that they are this person, of whom they know all that everybody in the room sees.
    fn intrude(&mut self, person: usize, random: &mut Random) -> Result<(), String> {
        let node = random.between(0, self.nodes.len() as u64 - 1) as usize;
        let (Some(session), Some(position)) =
            (self.people[person].session.me(), self.people[person].session.position())
        else {
            return Ok(());
        };
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        self.note(|_| format!("somebody says over {conn:?} that they are p{person}"));
        self.intruders.insert(conn, session);
        let resume_key = random.permille(500).then_some(ResumeKey(u128::MAX));
        let next = random.permille(500).then_some(Epoch(1_000_000));
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
        let (ms, life) = (random.between(0, 500), self.nodes[node].life);
        self.later(ms, Coming::Answer { node, life, input: Input::Closed { conn } });
        Ok(())
    }

    /// Lets a person do something, and sends what comes of it.
    fn act(&mut self, person: usize) {
        let Some(mut random) = self.chances.step("act", person as u64, 1_000) else { return };
        let now = self.now;
        let did = self.people[person].act(now, &mut random);
        self.note(|_| format!("p{person} {did}"));
        self.send_up(person);
    }
}
