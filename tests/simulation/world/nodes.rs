//! The servers of a world and what goes wrong with them: they crash, stand still, lose sight of the store, have clocks that
//! jump; and the store, whose disk forgets in a power cut what was not brought to it.

use collab::{AppendAnswer, Desk, Input, NewPayload, Room};
use protocol::{Position, SessionId};

use super::{ATTENDANCE_MS, Coming, TICK_MS, Told, World};

/// Two jumps of a clock, or stops of a process, are at least so far apart: each may cost a second of everybody's time, and
/// many would cost all of it.
const JUMPS_APART_MS: u64 = 8_000;

impl World {
    /// Lets a desk take something in, once its process goes on, and does what it wants.
    pub(super) fn give(&mut self, node: usize, input: Input) -> Result<(), String> {
        let stopped_ms = self.nodes[node].stopped_until.saturating_sub(self.now);
        if stopped_ms > 0 {
            let life = self.nodes[node].life;
            self.later(stopped_ms, Coming::Answer { node, life, input });
            return Ok(());
        }
        if let Input::Closed { conn } | Input::Overflowed { conn } = input {
            self.welcomed.remove(&conn);
        }
        let now = self.now + self.nodes[node].ahead_ms;
        let time_of_day = self.nodes[node].time_of_day;
        let Some(desk) = &mut self.nodes[node].desk else { return Ok(()) };
        desk.set_time_of_day(time_of_day);
        let effects = desk.handle(now, input);
        if let Some(error) = desk.broken() {
            return Err(format!("n{node} is broken: {error}"));
        }
        if let Some(what) = desk.overgrown() {
            return Err(format!("n{node} keeps more than it may: {what}"));
        }
        self.perform(node, effects)
    }

    pub(super) fn is_cut_off(&self, node: usize) -> bool {
        self.now < self.nodes[node].cut_off_until
    }

    /// What one node says to another by way of the store: perhaps never, perhaps twice.
    pub(super) fn signal(&mut self, from: usize, to: usize, input: Input) {
        let unheard = self.chances.step("unheard", to as u64, self.faults.unheard).is_some();
        if unheard || self.is_cut_off(from) || self.is_cut_off(to) {
            return;
        }
        let mut random = self.chances.draw("signal", to as u64);
        let (ms, life) = (random.between(1, 60), self.nodes[to].life);
        if self.chances.step("twice", to as u64, self.faults.twice).is_some() {
            let ms = ms + random.between(0, 2_000);
            self.later(ms, Coming::Answer { node: to, life, input: input.clone() });
        }
        self.later(ms, Coming::Answer { node: to, life, input });
    }

    pub(super) fn tick(&mut self, node: usize, life: u32) -> Result<(), String> {
        if self.nodes[node].life != life {
            return Ok(());
        }
        let stopped_until = self.nodes[node].stopped_until;
        if stopped_until > self.now {
            // When it goes on, the tick that is overdue is the first that it takes in, before all that waits.
            self.coming.insert((stopped_until, node as u64), Coming::Tick { node, life });
            return Ok(());
        }
        self.later(TICK_MS, Coming::Tick { node, life });
        let of = node as u64;
        if let Some(mut random) = self.chances.step("cut-off", of, self.faults.cut_off) {
            self.note(|_| format!("n{node} can't reach the store"));
            self.nodes[node].cut_off_until = self.now + random.between(100, 9_000);
        }
        let may_jump = self.jumps.last().is_none_or(|last| self.now >= last + JUMPS_APART_MS);
        if may_jump && let Some(mut random) = self.chances.step("clock", of, self.faults.clock) {
            let (ahead_ms, time_of_day) = (random.between(1_000, 10_000_000), random.between(0, 1 << 42));
            self.note(|_| format!("n{node}'s clock jumps by {ahead_ms}, its time of day to {time_of_day}"));
            self.nodes[node].ahead_ms += ahead_ms;
            self.nodes[node].time_of_day = time_of_day;
            self.jumps.push(self.now);
        } else if may_jump && let Some(mut random) = self.chances.step("stop", of, self.faults.stop) {
            let ms = random.between(500, 9_000);
            self.note(|_| format!("n{node} stands still for {ms}"));
            self.nodes[node].stopped_until = self.now + ms;
            self.jumps.push(self.now + ms);
        }
        if self.nodes.len() == 1
            && let Some(mut random) = self.chances.step("power", of, self.faults.power)
        {
            let ms = random.between(10, 3_000);
            self.cut_power(&mut random);
            self.later(ms, Coming::Start { node: 0 });
            return Ok(());
        }
        self.nodes[node].time_of_day += TICK_MS;
        self.give(node, Input::Tick)
    }

    /// The one machine of server and store goes dark: what was not brought to the disk is gone.
    fn cut_power(&mut self, random: &mut crate::random::Random) {
        self.note(|world| format!("power is cut: {} of {} are on the disk", world.synced, world.store.head.seq));
        self.tally.note("power cuts");
        self.crash(0);
        self.coming.retain(|_, coming| !matches!(coming, Coming::Append { .. }));
        let lost = self.store.head.seq.0 - self.synced.0;
        (0..lost).for_each(|_| self.tally.note("lost with the power"));
        self.store.forget_after(self.synced);
        self.stored_at.truncate(self.synced.0 as usize);
        self.store.checkpoints.retain(|_| !random.permille(300));
    }

    pub(super) fn crash(&mut self, node: usize) {
        self.nodes[node].desk = None;
        self.nodes[node].life += 1;
        self.nodes[node].stopped_until = 0;
        self.welcomed.retain(|_, (at, _)| *at != node);
        let lost: Vec<_> = self.wires.iter().filter(|(_, wire)| wire.node == node).map(|(conn, _)| *conn).collect();
        lost.into_iter().for_each(|conn| self.cut(conn));
    }

    pub(super) fn start(&mut self, node: usize) -> Result<(), String> {
        if self.nodes[node].desk.is_some() {
            return Ok(());
        }
        let room = match self.chances.draw("start", node as u64).pick(&self.store.checkpoints) {
            Some((_, bytes)) => Room::from_checkpoint(bytes).map_err(|error| format!("checkpoint: {error}"))?,
            None => self.store.first_room(),
        };
        self.note(|_| format!("n{node} starts at {}", room.position().seq));
        // What a process that was killed had written is brought to the disk before anybody is told of it.
        self.synced = self.store.head.seq;
        let (desk, effects) = Desk::open(self.settings, room);
        let life = self.nodes[node].life;
        self.nodes[node].desk = Some(desk);
        self.later(TICK_MS, Coming::Tick { node, life });
        self.perform(node, effects)
    }

    pub(super) fn append(
        &mut self,
        node: usize,
        life: u32,
        after: Position,
        payloads: Vec<NewPayload>,
        answer: Told,
    ) -> Result<(), String> {
        let told = self.store.append(&after, &payloads);
        let stored = matches!(told, AppendAnswer::Stored(_));
        self.note(|world| {
            format!("store: append of {} by n{node}: {stored}, head {}", payloads.len(), world.store.head.seq)
        });
        let ms = self.chances.draw("append", node as u64).between(0, 20);
        if stored {
            self.stored_at.extend(std::iter::repeat_n(self.now, payloads.len()));
            let upto = self.store.head;
            if self.nodes.len() > 1 {
                // Nobody reads from a Redis what it has not on its disk.
                self.synced = upto.seq;
            } else {
                self.later(ms, Coming::Synced { upto });
            }
        } else {
            self.tally.note("lost races");
        }
        let input = match answer {
            Told::Truth => Some(told),
            Told::Unknown => Some(AppendAnswer::Unknown),
            Told::Nothing => None,
        };
        if let Some(answer) = input {
            self.later(ms, Coming::Answer { node, life, input: Input::Appended(answer) });
        }
        if stored {
            self.check_expiries(payloads.len())?;
            // The node itself hears of it too.
            (0..self.nodes.len()).for_each(|to| self.signal(node, to, Input::Woken { head: self.store.head }));
        }
        Ok(())
    }

    pub(super) fn attend(&mut self, node: usize, life: u32, here: &[SessionId]) -> Result<(), String> {
        if self.nodes[node].life != life {
            return Ok(());
        }
        let input = if self.is_cut_off(node) {
            Input::AttendFailed
        } else {
            // Another life is another node to the others, until its word no longer counts.
            let name = u64::from(life) * 10 + node as u64;
            let (elsewhere, stirred) = self.store.attend(self.now, ATTENDANCE_MS, name, here);
            if stirred {
                (0..self.nodes.len()).filter(|to| *to != node).for_each(|to| self.signal(node, to, Input::Stirred));
            }
            Input::Attended { elsewhere, head: self.store.head }
        };
        let ms = self.chances.draw("attend", node as u64).between(0, 15);
        self.later(ms, Coming::Answer { node, life, input });
        Ok(())
    }
}
