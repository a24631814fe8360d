//! Somebody at work: a session, what they do with it, and what they were promised.

use std::collections::{BTreeMap, BTreeSet};

use collab::{ConnId, Notice, Session, Status};
use drawing::{Color, EntityId, Op, Point, Record, RecordId, Vec2};
use protocol::{Answer, ClientId, ClientSeq, Presence, Refusal, ResumeKey, Role, Seq, ServerMessage, SessionId};

use crate::random::Random;
use crate::talk;
use crate::world::Delivery;
use tests::model::{Model, line};

/// What became of an edit, as its author was told.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    Waiting,
    Stored(Seq),
    Refused(Refusal),
    /// Taken back before it was sent.
    TakenBack,
}

/// One window, and the ones that it had before.
pub struct Person {
    pub number: usize,
    pub session: Session,
    pub conn: Option<ConnId>,
    /// What they submitted in this window, by request.
    pub fates: BTreeMap<ClientSeq, Fate>,
    /// The last entry that they had seen when they submitted it.
    pub seen: BTreeMap<ClientSeq, Seq>,
    /// Answers `Stored`, in this and earlier windows: by one of the window's sessions.
    pub promises: Vec<(SessionId, ClientSeq, Seq)>,
    pub drafts: usize,
    /// Edits of which they learned only by a welcome that they had been refused.
    pub refused_before: u64,
    /// What can be taken back is something else for them than for the room: something was
    /// refused and put aside, or an edit taken back that never went out.
    pub own_steps: bool,
    windows: u64,
    /// An owner put them out: they come again by their link, with nothing of before.
    put_out: bool,
    leaving: bool,
    connected_at: u64,
}

/// What an installation's secret lets it do: the first two people are owners.
pub fn role(client: ClientId) -> Role {
    if client == ClientId(100) { Role::Owner } else { Role::Editor }
}

/// Two windows of one installation: the same client, the same numbers.
fn client(number: usize) -> ClientId {
    ClientId(100 + number as u128 / 2)
}

fn window(number: usize, windows: u64) -> Session {
    let key = ResumeKey(u128::from(windows) << 32 | number as u128);
    Session::new(client(number), key, format!("Person {number}.{windows}"), ClientSeq(Seq(1)))
}

impl Person {
    pub fn new(number: usize) -> Person {
        Person {
            number,
            session: window(number, 0),
            conn: None,
            fates: BTreeMap::new(),
            seen: BTreeMap::new(),
            promises: Vec::new(),
            drafts: 0,
            refused_before: 0,
            own_steps: false,
            windows: 0,
            put_out: false,
            leaving: false,
            connected_at: 0,
        }
    }

    /// Their installation.
    pub fn client(&self) -> ClientId {
        client(self.number)
    }

    /// The connection is gone.
    pub fn lost(&mut self) {
        self.conn = None;
        self.session.disconnected();
        if self.leaving || self.put_out {
            self.leaving = false;
            self.put_out = false;
            self.new_window();
        }
    }

    pub fn come_back(&mut self, now: u64) {
        self.connected_at = now;
    }

    pub fn is_turned_away(&self) -> bool {
        matches!(self.session.status(), Status::Ended { .. })
    }

    /// Nothing was heard for too long: as an app would do, they give the connection up.
    pub fn is_overdue(&self, now: u64) -> bool {
        let silent = self.session.silent_ms(now).min(now - self.connected_at);
        self.conn.is_some() && silent > 6_000
    }

    fn new_window(&mut self) {
        self.windows += 1;
        self.session = window(self.number, self.windows);
        self.fates.clear();
        self.seen.clear();
        self.drafts = 0;
        self.own_steps = false;
    }

    pub fn receive(&mut self, now: u64, delivery: Delivery, store: &Model) -> Result<(), String> {
        if let Delivery::Message(ServerMessage::Answer { client_seq, answer: Answer::Stored { seq, .. } }) = &delivery
            && let Some(me) = self.session.me()
        {
            self.promises.push((me, *client_seq, *seq));
            if store.log.len() < seq.0 as usize {
                return Err(format!("was promised entry {seq}, which is not stored"));
            }
        }
        // Two settled a comment alike: there was nothing left to do.
        if let Delivery::Message(ServerMessage::Answer { client_seq, answer: Answer::Nothing }) = &delivery
            && self.fates.contains_key(client_seq)
        {
            self.settle(*client_seq, Fate::TakenBack)?;
            self.own_steps = true;
        }
        let changes = match delivery {
            Delivery::Message(message) => self.session.receive(now, message),
            Delivery::Drawing(drawing) => self.session.receive_drawing(now, *drawing),
        };
        let changes = changes.map_err(|error| format!("session: {error}"))?;
        // Nobody comes back after this by themselves; so it must only be said to one who leaves or is put out.
        if let Status::Ended { why, retry: false } = self.session.status() {
            self.put_out = why.contains("removed you") || why.contains("banned you");
            if !self.leaving && !self.put_out {
                return Err(format!("is told not to come back: {why}"));
            }
        }
        for notice in changes.notices {
            match notice {
                Notice::Stored { client_seq, seq } => self.settle(client_seq, Fate::Stored(seq))?,
                Notice::Refused { client_seq, refusal, draft } => {
                    self.drafts += usize::from(draft);
                    self.own_steps = true;
                    let before = |why: &str| why.contains("refused this before");
                    if matches!(&refusal, Refusal::Unavailable { why } if before(why)) {
                        self.refused_before += 1;
                    }
                    self.settle(client_seq, Fate::Refused(refusal))?;
                }
                Notice::Mismatch { seq } => return Err(format!("another drawing than the server's at {seq}")),
                _ => {}
            }
        }
        self.drafts -= self.session.take_drafts().len();
        if self.drafts != 0 {
            return Err("a refused edit is no draft".into());
        }
        if self.session.waiting() == 0 && self.session.drawing().hash() != self.session.confirmed().hash() {
            return Err("nothing waits, and yet something else is shown than is confirmed".into());
        }
        Ok(())
    }

    fn settle(&mut self, request: ClientSeq, fate: Fate) -> Result<(), String> {
        let Some(known) = self.fates.get_mut(&request) else { return Ok(()) };
        if *known != Fate::Waiting && *known != fate {
            return Err(format!("request {} was {known:?} and then {fate:?}", request.0));
        }
        *known = fate;
        Ok(())
    }

    fn submit(&mut self, op: Op) -> String {
        let request = self.session.next_client_seq();
        let text = format!("submits {} {op:?}", request.0);
        match self.session.submit(op) {
            Ok(changes) if changes.ids.is_empty() => "does nothing".into(),
            Ok(_) => {
                self.note_submitted(request);
                text
            }
            Err(error) => format!("can't: {error}"),
        }
    }

    /// Says something of somebody, as an owner.
    pub fn rule(&mut self, random: &mut Random) -> String {
        if self.session.role() != Role::Owner || *self.session.status() != Status::Live {
            return "has nothing to say".into();
        }
        let others: Vec<SessionId> = self.session.people().map(|person| person.session).collect();
        let Some(&whom) = random.pick(&others) else { return "finds nobody".into() };
        match random.between(0, 9) {
            0..=4 => {
                let roles = [Role::Viewer, Role::Reviewer, Role::Editor, Role::Editor, Role::Owner];
                let role = random.pick(&roles).copied().unwrap_or_default();
                self.session.set_role(whom, role);
                format!("makes {whom} {role:?}")
            }
            5..=6 => {
                self.session.remove(whom);
                format!("removes {whom}")
            }
            7 => {
                self.session.ban(whom);
                format!("bans {whom}")
            }
            _ => {
                let banned = self.session.bans().next().map(|ban| ban.seq);
                let Some(ban) = banned else { return "finds nobody banned".into() };
                self.session.lift_ban(ban);
                format!("lifts {ban}")
            }
        }
    }

    /// Does something.
    pub fn act(&mut self, now: u64, random: &mut Random) -> String {
        let lines: Vec<EntityId> = self.session.drawing().entities().map(|entity| entity.id).collect();
        let ids: Vec<RecordId> = lines.iter().map(|id| (*id).into()).collect();
        let mine: Vec<RecordId> = ids.iter().copied().filter(|id| self.session.is_mine(*id)).collect();
        let entity = |id: RecordId| EntityId(id.0);
        // Mostly what is held is changed, as people do, sometimes anything.
        let near = if !mine.is_empty() && random.permille(800) { mine.clone() } else { ids.clone() };
        let by = Vec2::new(random.between(1, 9) as f64, 0.5);
        match random.between(0, 99) {
            0..=19 => {
                let some = random.some(&ids, 3);
                if random.permille(450) {
                    let text = format!("asks for {some:?}");
                    self.session.ask_for(some);
                    return text;
                }
                let text = format!("locks {some:?}");
                self.session.lock(some);
                text
            }
            20..=29 => {
                let some = random.some(&mine, 3);
                let text = format!("unlocks {some:?}");
                self.session.unlock(some);
                text
            }
            30..=31 => {
                self.session.unlock_all();
                "unlocks all".into()
            }
            32..=51 => {
                let ids = random.some(&near, 3).into_iter().map(entity).collect();
                self.submit(Op::Translate { ids, by })
            }
            52..=61 => {
                let changed =
                    random.some(&near, 2).into_iter().filter_map(|id| self.session.drawing().get(id).cloned());
                let color = Color::Index(random.between(1, 255) as u8);
                let changed = changed.map(|record| match record {
                    Record::Entity(mut entity) => {
                        entity.style.color = color;
                        Record::Entity(entity)
                    }
                    other => other,
                });
                let op = Op::Change(changed.collect());
                self.submit(op)
            }
            62..=71 => {
                let n = random.between(1, 3) as usize;
                let Some(ids) = self.session.take_ids(n) else { return "has no ids".into() };
                let records = ids.iter().map(|id| line(id.0, by.x, by.y)).collect();
                let new = Op::New(records);
                let both = Op::Batch(vec![new.clone(), Op::Translate { ids: vec![entity(ids[0])], by }]);
                self.submit(if random.permille(300) { both } else { new })
            }
            72..=77 => self.submit(Op::Remove(random.some(&near, 2))),
            78..=87 => {
                let waiting = self.open_edits();
                let text = format!("undoes: {:?}", self.session.undo().map(|_| ()));
                self.note_taken_back(&waiting);
                text
            }
            88..=92 => {
                let request = self.session.next_client_seq();
                let text = format!("redoes: {:?}", self.session.redo().map(|changes| changes.ids.len()));
                if self.open_edits().contains(&request) {
                    self.note_submitted(request);
                }
                text
            }
            93 if self.session.role() == Role::Owner => {
                let lock = self.session.locks().find(|(_, lock)| Some(lock.session) != self.session.me());
                let Some(lock) = lock.map(|(_, lock)| lock) else { return "finds no lock of others".into() };
                let countdown = self.session.countdowns().next().cloned();
                if let Some(countdown) = countdown.filter(|_| random.permille(300)) {
                    self.session.call_off(countdown.token, countdown.session);
                    return format!("leaves {} to {}", countdown.token, countdown.session);
                }
                self.session.override_lock(lock.token, lock.session);
                format!("overrides {} of {}", lock.token, lock.session)
            }
            94 if self.session.role() == Role::Owner => {
                let title = format!("Plan {}", random.between(1, 9));
                self.session.rename(title.clone());
                format!("renames it {title}")
            }
            95..=96 => self.tend_the_line(&mine, random),
            93..=96 => {
                if random.permille(500) {
                    return self.talk(now, random);
                }
                let cursor = Some(Point::new(by.x, now as f64));
                self.session.set_presence(Presence { cursor, ..Presence::default() });
                "moves the cursor".into()
            }
            98 if self.session.me().is_some() && !self.leaving && self.session.waiting() == 0 => {
                self.session.leave();
                self.leaving = true;
                "leaves".into()
            }
            // The program is killed and started again, and goes on with what it kept.
            97 if self.conn.is_none() && !self.leaving => {
                let Some(ticket) = self.session.ticket() else { return "has nothing to go on with".into() };
                let text = format!("starts again with {} that wait", ticket.waiting());
                let (client, next) = (client(self.number), self.session.next_client_seq());
                self.session =
                    Session::restore(client, format!("Person {}.{}", self.number, self.windows), next, ticket);
                self.own_steps = true;
                text
            }
            // The program is killed and started again; another window opens later.
            99 if self.session.waiting() == 0 && self.conn.is_none() => {
                self.new_window();
                "starts again".into()
            }
            _ => self.talk(now, random),
        }
    }

    /// Answers those who wait for what one holds, or thinks again about what one waits for oneself.
    fn tend_the_line(&mut self, mine: &[RecordId], random: &mut Random) -> String {
        let asked = self.session.asked_of_me();
        let waits = self.session.my_waits().next().map(|wait| wait.wait);
        match (random.between(0, 3), asked.first(), waits) {
            (0, _, Some(wait)) => {
                self.session.withdraw(wait);
                format!("waits no more since {wait}")
            }
            (1, Some(asked), _) => {
                self.session.decline(asked.wait);
                format!("says not now to {}", asked.by)
            }
            (2, Some(asked), _) => {
                let ids = asked.ids.clone();
                let text = format!("hands {ids:?} over to {}", asked.by);
                self.session.hand_over(ids);
                text
            }
            _ => {
                self.session.hand_over(random.some(mine, 3));
                "hands over whatever somebody wants".into()
            }
        }
    }

    /// Comments, replies, resolves, rewords, takes away.
    fn talk(&mut self, now: u64, random: &mut Random) -> String {
        match talk::something(&mut self.session, now, random) {
            Some(op) => self.submit(op),
            None => "has nothing to say".into(),
        }
    }

    fn note_submitted(&mut self, request: ClientSeq) {
        self.fates.insert(request, Fate::Waiting);
        self.seen.extend(self.session.position().map(|at| (request, at.seq)));
    }

    fn open_edits(&self) -> BTreeSet<ClientSeq> {
        self.session.waiting_edits().collect()
    }

    /// An undo of what never went out takes it back on the spot.
    fn note_taken_back(&mut self, before: &BTreeSet<ClientSeq>) {
        let after = self.open_edits();
        for request in before.difference(&after) {
            self.fates.insert(*request, Fate::TakenBack);
            self.own_steps = true;
        }
    }
}
