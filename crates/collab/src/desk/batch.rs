//! Deciding and appending: what waits is decided together on a clone of the room, appended together, and answered
//! when the store has it.

use std::collections::BTreeSet;

use protocol::{
    Answer, Author, Ban, ClientSeq, Ended, Entry, Epoch, Event, Limits, Millis, Position, Refusal, Resume, Seq,
    ServerMessage, SessionId, Token, Told,
};

use super::aging::{given_by, used_by};
use super::reading::Reading;
use super::{BATCH_BYTES_MAX, BATCH_MAX, Desk, Phase, Work, send};
use crate::effect::{AppendAnswer, ConnId, Effect, NewPayload, StoredPayload};
use crate::room::{Comer, Decision, Past, Room};
use crate::shared::Tried;

/// An append and all that hangs on it.
#[derive(Debug)]
pub(super) struct Batch {
    /// Where the log's head must be.
    after: Position,
    /// The room there.
    start: Room,
    payloads: Vec<NewPayload>,
    /// The same, as it is told.
    told: Vec<Told>,
    /// The locks under which something is done in it.
    used: BTreeSet<(SessionId, Token)>,
    /// The room when it is stored.
    room: Room,
    /// What was decided, to decide it again if the append comes to nothing.
    works: Vec<Work>,
    /// What is to be done when it is stored, in order.
    outcomes: Vec<Outcome>,
    state: State,
    /// The store once didn't know what became of it: only the log can say now.
    doubtful: bool,
    /// Bytes of its entries.
    bytes: usize,
    /// It takes no more.
    full: bool,
    /// How many of its entries the log was seen to have. Another node may have stored the very same first ones.
    found: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The store hasn't answered.
    InFlight,
    /// The store doesn't know, or somebody else was first: the log says which.
    Unsure,
}

/// What a work comes to once everything that was decided before it is stored.
#[derive(Debug)]
enum Outcome {
    Answer { conn: ConnId, client_seq: ClientSeq, answer: Answer },
    LetIn { conn: ConnId, by: (SessionId, Epoch), resume: Option<Resume>, carries_on: bool },
    TurnAway { conn: ConnId, why: String, retry: bool },
    Expired { session: SessionId },
    Done,
}

/// What became of an entry that was to be in a batch.
enum Pushed {
    /// It is.
    Taken,
    /// The batch has no room left for it.
    Full,
    /// It can't be stored.
    Refused(Refusal),
}

impl Desk {
    /// Decides what waits, if the log's head is where the room is and no append is under way.
    pub(super) fn pump(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        let behind = self.known_head > self.room.position().seq;
        if self.phase == Phase::Serving && behind && self.batch.is_none() && self.reading == Reading::Not {
            return self.ask_to_read(effects);
        }
        while self.phase == Phase::Serving && self.batch.is_none() && self.reading == Reading::Not {
            let here = self.room.position();
            let mut batch = match self.next.take() {
                Some(next) if next.after == here => next,
                // What it was decided on top of came to nothing, or something else came after it.
                Some(next) => {
                    self.decide_again(next);
                    continue;
                }
                None if self.queue.is_empty() => return,
                None => Batch::on(self.room.clone()),
            };
            self.decide_waiting(now, &mut batch);
            if batch.works.is_empty() {
                return;
            }
            batch.works.iter().for_each(|work| self.count(work, usize::saturating_sub));
            if batch.payloads.is_empty() {
                // Everything that these answers rest on is stored.
                self.finish(now, batch.outcomes, effects);
            } else {
                effects.push(Effect::Append { after: batch.after, payloads: batch.payloads.clone() });
                self.batch = Some(batch);
            }
        }
        self.decide_ahead(now);
    }

    /// While a batch is being stored, what waits is decided on top of it: it can be appended as soon as that is stored.
    fn decide_ahead(&mut self, now: Millis) {
        let Some(stored_first) = self.batch.as_ref().filter(|batch| batch.state == State::InFlight) else { return };
        if self.queue.is_empty() || self.next.as_ref().is_some_and(|next| next.full) {
            return;
        }
        let mut next = self.next.take().unwrap_or_else(|| Batch::on(stored_first.room.clone()));
        self.decide_waiting(now, &mut next);
        self.next = Some(next);
    }

    /// Decides what waits, as far as the batch takes it. It counts as waiting until it is being appended.
    fn decide_waiting(&mut self, now: Millis, batch: &mut Batch) {
        while !batch.full
            && let Some(work) = self.queue.pop_front()
        {
            let mut tried = None;
            let (entry, outcome) = match &work {
                Work::Lapse { session, token } if self.is_used(batch, (*session, *token)) => (None, Outcome::Done),
                work => self.decide_one(now, &batch.room, work, &mut tried),
            };
            let outcome = match entry.map(|entry| batch.push(entry, tried, &self.settings.limits)) {
                None => outcome,
                Some(Pushed::Taken) => outcome,
                // It is decided again when this batch is stored.
                Some(Pushed::Full) => {
                    batch.full = true;
                    return self.queue.push_front(work);
                }
                Some(Pushed::Refused(refusal)) => refuse(&work, refusal),
            };
            batch.works.push(work);
            batch.outcomes.push(outcome);
            batch.full = batch.works.len() >= BATCH_MAX || batch.bytes >= BATCH_BYTES_MAX;
        }
    }

    /// Whether a lock that lapsed was used since: by what was read meanwhile, by what is being stored, or by what is decided
    /// just before it.
    fn is_used(&self, batch: &Batch, lock: (SessionId, Token)) -> bool {
        let in_flight = self.batch.as_ref().is_some_and(|batch| batch.used.contains(&lock));
        in_flight || self.used.contains_key(&lock) || batch.used.contains(&lock)
    }

    /// What a work comes to in `room`, which is ahead of what is stored.
    fn decide_one(&self, now: Millis, room: &Room, work: &Work, tried: &mut Option<Tried>) -> (Option<Entry>, Outcome) {
        let time_ms = self.time_of_day.unwrap_or(now);
        let own = |event| Some(Entry { time_ms, author: None, event });
        let seq = room.position().seq.next();
        match work {
            Work::Hello { conn, hello, role, came } => {
                if !self.conns.contains_key(conn) {
                    return (None, Outcome::Done);
                }
                let resume = hello.resume.filter(|resume| resume.position.log == room.position().log);
                let root = resume.and_then(|resume| room.proven_root(resume.session, hello.resume_key));
                let (client, name, came) = (hello.client, hello.name.as_str(), *came);
                let comer = Comer { client, name, role: *role, came, root };
                if let Some(ban) = room.ban_of(comer) {
                    return (None, Outcome::TurnAway { conn: *conn, why: kept_out(ban), retry: false });
                }
                let role = room.role_of(comer);
                let past = match resume {
                    Some(resume) => room.past_of(resume.session, hello.resume_key, role),
                    None => Past::Unknown,
                };
                let let_in = |by, carries_on| Outcome::LetIn { conn: *conn, by, resume: hello.resume, carries_on };
                let proposed = hello.resume.and_then(|resume| resume.next);
                // Who was away when they were removed reads it now; whoever comes by their link comes without a past.
                let removed_by = resume.filter(|_| past == Past::Ended).and_then(|past| room.removed_by(past.session));
                if let Some(by) = removed_by {
                    let why = format!("{by} removed you from this drawing; you can come back by your link");
                    return (None, Outcome::TurnAway { conn: *conn, why, retry: false });
                }
                if let Past::Lives(session) = past {
                    let known = room.epoch(session).unwrap_or_default();
                    let epoch = proposed.unwrap_or(known.next());
                    if epoch <= known {
                        let why = "the session went on meanwhile, by a hello that was said later".into();
                        return (None, Outcome::TurnAway { conn: *conn, why, retry: true });
                    }
                    return (own(Event::Resumed { session, epoch }), let_in((session, epoch), true));
                }
                let max = self.settings.limits.people_max;
                if room.shared().members.len() >= max as usize {
                    let why = format!("the drawing is full: it has room for {max} people");
                    return (None, Outcome::TurnAway { conn: *conn, why, retry: true });
                }
                let carries_on = hello.resume.filter(|_| past == Past::Ended).map(|resume| resume.session);
                // One that is said later goes on with the new session from there.
                let epoch = proposed.filter(|_| carries_on.is_some()).unwrap_or_default();
                let joined = Event::Joined {
                    client: hello.client,
                    name: hello.name.clone(),
                    color: room.free_color(),
                    role,
                    ids: room.ids_for_joining(),
                    resume_lock: hello.resume_key.map(protocol::ResumeKey::lock),
                    epoch,
                    carries_on,
                    came,
                };
                (own(joined), let_in((SessionId(seq), epoch), carries_on.is_some()))
            }
            Work::Ask { by: (session, epoch), .. } | Work::Leave { by: (session, epoch), .. }
                if room.epoch(*session).is_some_and(|now| now != *epoch) =>
            {
                (None, Outcome::Done)
            }
            Work::Ask { conn, by: (session, _), client_seq, floor, request, .. } => {
                let answer = |answer| Outcome::Answer { conn: *conn, client_seq: *client_seq, answer };
                let stored = |seq| answer(Answer::Stored { seq, durability: self.settings.durability });
                if let Some(seq) = room.stored_as(*session, *client_seq) {
                    return (None, stored(seq));
                }
                if *client_seq <= room.floor_of(*session) {
                    let why = format!("request {} was answered before, as the client said itself", client_seq.0);
                    return (None, answer(Answer::Refused(Refusal::Invalid { why })));
                }
                let highest = room.highest_stored(*session);
                if *client_seq < highest {
                    // It was refused when its turn came. Stored now, it would undo what was stored after it.
                    let why = format!("request {} comes after {}, which is stored", client_seq.0, highest.0);
                    return (None, answer(Answer::Refused(Refusal::Invalid { why })));
                }
                match room.decide_trying(*session, request, &self.settings.limits, tried) {
                    Err(refusal) => (None, answer(Answer::Refused(refusal))),
                    Ok(Decision::Nothing) => (None, answer(Answer::Nothing)),
                    Ok(Decision::Store(event)) => {
                        let event = self.hasten(room, event);
                        let client = room.shared().members.get(session).map(|member| member.client);
                        let author = client.map(|client| Author {
                            session: *session,
                            client,
                            client_seq: *client_seq,
                            floor: *floor,
                        });
                        (Some(Entry { time_ms, author, event }), stored(seq))
                    }
                }
            }
            Work::Leave { by: (session, _), .. } => {
                let gone = room.epoch(*session).map(|epoch| Event::Gone { session: *session, epoch, why: Ended::Left });
                (gone.and_then(own), Outcome::Done)
            }
            Work::Expire { session, epoch } => {
                // One who came back since has another epoch.
                let still = room.epoch(*session) == Some(*epoch);
                let gone = Event::Gone { session: *session, epoch: *epoch, why: Ended::Expired };
                (still.then_some(gone).and_then(own), Outcome::Expired { session: *session })
            }
            Work::Lapse { session, token } => {
                let shared = room.shared();
                let locks = shared.locks.iter().filter(|(_, each)| each.session == *session && each.token == *token);
                let ids: Vec<_> = locks.map(|(id, _)| *id).collect();
                let lapsed = Event::Unlocked { session: *session, ids: ids.clone(), lapsed: true, overridden_by: None };
                ((!ids.is_empty()).then_some(lapsed).and_then(own), Outcome::Done)
            }
            Work::Override { session, token, at } => {
                (Desk::overridden(room, *session, *token, *at).and_then(own), Outcome::Done)
            }
        }
    }

    pub(super) fn appended(&mut self, now: Millis, answer: AppendAnswer, effects: &mut Vec<Effect>) {
        let Some(batch) = self.batch.as_mut().filter(|batch| batch.state == State::InFlight) else { return };
        if answer != AppendAnswer::Unknown {
            self.saving.answered();
        }
        match answer {
            AppendAnswer::Stored(position) if position == batch.room.position() => self.settle(now, effects),
            AppendAnswer::Stored(_) | AppendAnswer::Behind(_) | AppendAnswer::Unknown => {
                batch.state = State::Unsure;
                batch.doubtful |= answer == AppendAnswer::Unknown;
                self.ask_to_read(effects);
            }
            // An earlier attempt may still come to be stored, whatever became of this one.
            AppendAnswer::Failed(_) if batch.doubtful => {
                batch.state = State::Unsure;
                self.reading = Reading::Due;
            }
            AppendAnswer::Failed(why) => self.fail(now, why, effects),
        }
    }

    /// The batch is in the log: the room goes on from it, everybody is told, then those who asked.
    fn settle(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        let Some(batch) = self.batch.take() else { return };
        self.room = batch.room;
        // Those that were found before are told already.
        let bytes = batch.payloads[batch.found..].iter().map(|each| each.payload.len()).sum();
        self.count_unsaved(batch.told.len() - batch.found, bytes);
        self.tell_stored(now, batch.told.into_iter().skip(batch.found).collect(), batch.used, effects);
        self.finish(now, batch.outcomes, effects);
    }

    /// What the log has after the room says what became of the batch: it goes on with the whole batch, or with what
    /// somebody else appended first, and then the batch is decided again on top of that. Only the batch's last entry
    /// tells: two nodes that let the same session expire at the same time write the same bytes.
    pub(super) fn settle_by(&mut self, now: Millis, entries: &[StoredPayload], head: Seq, effects: &mut Vec<Effect>) {
        let Some(batch) = &mut self.batch else { return };
        let rest = &batch.told[batch.found..];
        let same = rest.iter().zip(entries).take_while(|(told, stored)| told.hash == stored.hash).count();
        let read_to = batch.after.seq.0 + (batch.found + entries.len()) as u64;
        if same == rest.len() {
            return self.settle(now, effects);
        }
        batch.found += same;
        if same < entries.len() || batch.found > 0 && read_to >= head.0 {
            let Some(batch) = self.batch.take() else { return };
            // What was decided on top of it comes after it.
            if let Some(next) = self.next.take() {
                self.decide_again(next);
            }
            batch.works.iter().for_each(|work| self.count(work, usize::saturating_add));
            self.decide_again(batch);
        } else if entries.is_empty() {
            // Nothing came of the append so far. Appending the very same again, at the very same place, makes sure
            // that at most one of the two ever will.
            self.append_again(effects);
        }
    }

    /// Puts what was decided, and came to nothing, before everything that waits.
    fn decide_again(&mut self, batch: Batch) {
        batch.works.into_iter().rev().for_each(|work| self.queue.push_front(work));
    }

    /// What was decided ahead is decided again if somebody was to be let in by it who is gone.
    pub(super) fn decide_without(&mut self, gone: ConnId) {
        let comes = |work: &Work| matches!(work, Work::Hello { conn, .. } if *conn == gone);
        if let Some(next) = self.next.take_if(|next| next.works.iter().any(comes)) {
            self.decide_again(next);
        }
    }

    /// Whether an append is under way.
    pub(super) fn is_appending(&self) -> bool {
        self.batch.as_ref().is_some_and(|batch| batch.state == State::InFlight)
    }

    fn append_again(&mut self, effects: &mut Vec<Effect>) {
        if let Some(batch) = &mut self.batch {
            batch.state = State::InFlight;
            effects.push(Effect::Append { after: batch.after, payloads: batch.payloads.clone() });
        }
    }

    /// Nothing of the batch is stored or will be. Who asked is told so, and stays.
    fn fail(&mut self, now: Millis, why: &'static str, effects: &mut Vec<Effect>) {
        let Some(batch) = self.batch.take() else { return };
        // It may be that what was decided on top of it can be stored.
        if let Some(next) = self.next.take() {
            self.decide_again(next);
        }
        for work in batch.works {
            let outcome = refuse(&work, Refusal::Unavailable { why: why.into() });
            self.postpone(now, work);
            self.finish(now, vec![outcome], effects);
        }
    }

    fn finish(&mut self, now: Millis, outcomes: Vec<Outcome>, effects: &mut Vec<Effect>) {
        for outcome in outcomes {
            match outcome {
                Outcome::Answer { conn, client_seq, answer } => {
                    if let Some(known) = self.conns.get_mut(&conn) {
                        known.open.remove(&client_seq);
                        send(effects, vec![conn], ServerMessage::Answer { client_seq, answer });
                    }
                }
                Outcome::LetIn { conn, by, resume, carries_on } => {
                    self.let_in(now, conn, by, resume, carries_on, effects);
                }
                Outcome::TurnAway { conn, why, retry } => self.end(conn, why, retry, effects),
                Outcome::Expired { session } => {
                    self.expiring.remove(&session);
                }
                Outcome::Done => {}
            }
        }
    }
}

impl Batch {
    /// One without anything in it, to come after all that is in a room.
    fn on(start: Room) -> Batch {
        Batch {
            after: start.position(),
            payloads: Vec::new(),
            told: Vec::new(),
            used: BTreeSet::new(),
            room: start.clone(),
            start,
            works: Vec::new(),
            outcomes: Vec::new(),
            state: State::InFlight,
            doubtful: false,
            bytes: 0,
            full: false,
            found: 0,
        }
    }

    /// Puts an entry to the batch and applies it to the batch's room, which nothing else shares: after the first few
    /// entries, nothing of it is copied any more.
    fn push(&mut self, entry: Entry, tried: Option<Tried>, limits: &Limits) -> Pushed {
        let refused = |why: String| Pushed::Refused(Refusal::Unavailable { why });
        let payload = match protocol::encode_entry(&entry) {
            Ok(payload) => payload,
            Err(error) => return refused(error.to_string()),
        };
        let (bytes, max) = (payload.len(), limits.entry_bytes_max());
        if bytes > max {
            // It would be stored and then break every connection that it is told over.
            let limit = limits.longest().0.into();
            return Pushed::Refused(Refusal::Limit { limit, max: max as u64, asked: bytes as u64 });
        }
        if self.bytes > 0 && self.bytes + bytes > BATCH_BYTES_MAX {
            return Pushed::Full;
        }
        let position = self.room.position().after(&payload);
        let author = author_name(&self.room, &entry);
        let told = Told { seq: position.seq, hash: position.head, entry };
        let before: Vec<_> = used_by(&told.entry.event, &self.room).collect();
        let applied = match self.room.apply_tried(&told, tried) {
            Ok(applied) => applied,
            Err(error) => {
                self.restore();
                return refused(error.to_string());
            }
        };
        self.used.extend(given_by(told.seq, &applied));
        self.used.extend(before);
        self.used.extend(used_by(&told.entry.event, &self.room));
        let kind = told.entry.event.kind();
        self.payloads.push(NewPayload { payload, time_ms: told.entry.time_ms, author, kind });
        self.told.push(told);
        self.bytes += bytes;
        Pushed::Taken
    }

    /// The room again as it was before an entry that it could not apply: what was decided and can't be applied is a mistake
    /// of ours, and as rare.
    fn restore(&mut self) {
        self.room = self.start.clone();
        for told in &self.told {
            // It did before.
            let again = self.room.apply_or_spoil(told);
            debug_assert!(again.is_ok(), "{again:?}");
        }
    }
}

/// What a work comes to when it can't be stored.
fn refuse(work: &Work, refusal: Refusal) -> Outcome {
    match work {
        Work::Hello { conn, .. } | Work::Leave { conn, .. } => {
            let why = match refusal {
                Refusal::Unavailable { why } => why,
                other => format!("it can't be stored: {other:?}"),
            };
            Outcome::TurnAway { conn: *conn, why, retry: true }
        }
        Work::Ask { conn, client_seq, .. } => {
            Outcome::Answer { conn: *conn, client_seq: *client_seq, answer: Answer::Refused(refusal) }
        }
        Work::Expire { session, .. } => Outcome::Expired { session: *session },
        Work::Lapse { .. } | Work::Override { .. } => Outcome::Done,
    }
}

/// What one who is banned is told at the door.
fn kept_out(ban: &Ban) -> String {
    let by = if ban.by_name.is_empty() { "an owner" } else { &ban.by_name };
    format!("{by} banned you from this drawing; ask them, an owner can let you in again")
}

/// The name of the person whom an entry is about.
fn author_name(room: &Room, entry: &Entry) -> String {
    let session = match &entry.event {
        Event::Joined { name, .. } => return name.clone(),
        Event::Created { .. } => return String::new(),
        Event::Resumed { session, .. }
        | Event::Gone { why: Ended::Removed { by: session }, .. }
        | Event::Gone { session, .. }
        | Event::Locked { session, .. }
        | Event::Unlocked { overridden_by: Some(session), .. }
        | Event::Unlocked { session, .. }
        | Event::Queued { session, .. }
        | Event::Withdrawn { session, .. }
        | Event::HandedOver { session, .. }
        | Event::Declined { session, .. }
        | Event::Overriding { by: session, .. }
        | Event::CalledOff { by: session, .. }
        | Event::Edited { session, .. }
        | Event::Granted { session, .. }
        | Event::Renamed { session, .. } => session,
        Event::RoleChanged { by, .. } | Event::Banned { by, .. } | Event::BanLifted { by, .. } => by,
    };
    room.shared().members.get(session).map_or(String::new(), |member| member.name.clone())
}
