//! The world of a run: time, a network that delays, holds back, cuts and repeats, desks that crash and open again,
//! a store that times out, fails and answers late, and the people.

mod network;
mod nodes;
mod people;
mod performing;

use std::collections::BTreeMap;

use collab::{ConnId, Desk, Input, NewPayload, Room, Settings};
use protocol::{Came, ClientMessage, Durability, Position, Seq, ServerMessage, SessionId};

use crate::chances::{Chances, Plan};
use crate::faults::{Faults, limits};
use crate::person::{Person, role};
use crate::tally::Tally;
use tests::model::Model;

/// Milliseconds between two ticks of a desk.
const TICK_MS: u64 = 100;
/// How many may hold one record after one another while nobody does anything any more.
const TURNS_MAX: usize = 16;
/// For how long a node's word counts that somebody is connected there.
const ATTENDANCE_MS: u64 = 5_000;

/// What comes later.
#[derive(Debug)]
enum Coming {
    ToDesk {
        conn: ConnId,
        message: ClientMessage,
    },
    ToPerson {
        conn: ConnId,
        delivery: Delivery,
    },
    /// The store does what it was asked; the answer is told later, or `Unknown` was told before.
    Append {
        node: usize,
        life: u32,
        after: Position,
        payloads: Vec<NewPayload>,
        answer: Told,
    },
    Read {
        node: usize,
        life: u32,
        after: Seq,
    },
    /// A node says who is there, and looks who is elsewhere.
    Attend {
        node: usize,
        life: u32,
        here: Vec<SessionId>,
    },
    Answer {
        node: usize,
        life: u32,
        input: Input,
    },
    /// A desk notices that a connection is gone.
    Closed {
        conn: ConnId,
    },
    /// A person notices that their connection is gone.
    Lost {
        person: usize,
        conn: ConnId,
    },
    Tick {
        node: usize,
        life: u32,
    },
    Start {
        node: usize,
    },
    /// What was written up to here is on the disk.
    Synced {
        upto: Position,
    },
    Gesture {
        person: usize,
    },
    Connect {
        person: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Told {
    Truth,
    Unknown,
    Nothing,
}

/// What a connection delivers.
#[derive(Debug, Clone)]
pub enum Delivery {
    Message(ServerMessage),
    Drawing(Box<drawing::Drawing>),
}

/// A connection: messages keep their order in each direction, until it is cut.
struct Wire {
    person: usize,
    node: usize,
    life: u32,
    open: bool,
    opened_at: u64,
    /// It is cut, but what was said before still arrives at the desk.
    drains: bool,
    up_at: u64,
    down_at: u64,
    /// Deliveries numbered below are lost: the queue overflowed.
    down_from: u64,
    /// Deliveries that are on their way down.
    queued: usize,
    /// They were too many.
    overflowed: bool,
    /// Nothing is taken in at the other end until then.
    slow_until: u64,
}

/// A server: its desk while it runs, and how often it was started.
#[derive(Default)]
struct Node {
    desk: Option<Desk>,
    life: u32,
    /// Until when it can't reach the store.
    cut_off_until: u64,
    /// Until when its process is stopped: what comes to it waits.
    stopped_until: u64,
    /// How far its steady clock is ahead of the world's.
    ahead_ms: u64,
    /// What its time of day says; anything.
    time_of_day: u64,
}

/// Everything.
pub struct World {
    pub now: u64,
    pub store: Model,
    pub people: Vec<Person>,
    pub faults: Faults,
    /// What happened, in words, where somebody wants to know.
    pub story: Option<Vec<String>>,
    pub tally: Tally,
    pub chances: Chances,
    /// When each entry was stored, by no clock of those that can be wrong.
    pub stored_at: Vec<u64>,
    /// When the clock of a node jumped.
    pub jumps: Vec<u64>,
    /// What of the log is on the disk; the rest a power cut takes.
    synced: Seq,
    settings: Settings,
    nodes: Vec<Node>,
    wires: BTreeMap<ConnId, Wire>,
    /// As whom a desk that runs has welcomed a connection that it holds open.
    welcomed: BTreeMap<ConnId, (usize, SessionId)>,
    /// Connections of those who say that they are somebody else, and as whom.
    intruders: BTreeMap<ConnId, SessionId>,
    coming: BTreeMap<(u64, u64), Coming>,
    /// Nothing is held back, nothing overflows, servers reach their store: whoever is connected is heard of in time.
    steady: bool,
    number: u64,
    next_conn: u64,
    calm: bool,
}

impl World {
    pub fn new(plan: &Plan, with_story: bool) -> World {
        let mut chances = Chances::new(plan);
        let mut random = chances.draw("world", 0);
        let faults = Faults::drawn(&mut random);
        let people = (0..faults.people).map(Person::new).collect();
        let nodes = (0..faults.nodes).map(|_| Node::default()).collect();
        let mut world = World {
            now: 1_000,
            store: Model::new(random.between(3, 12)),
            people,
            story: with_story.then(Vec::new),
            stored_at: vec![0],
            jumps: Vec::new(),
            synced: Seq(1),
            tally: Tally::default(),
            welcomed: BTreeMap::new(),
            intruders: BTreeMap::new(),
            settings: Settings {
                limits: limits(),
                durability: Durability::LocalFsync,
                shared: faults.nodes > 1 || random.permille(100),
            },
            nodes,
            wires: BTreeMap::new(),
            coming: BTreeMap::new(),
            steady: faults.hold_back + faults.overflow == 0 && (faults.nodes == 1 || faults.cut_off == 0),
            number: 0,
            next_conn: 1,
            calm: false,
            chances,
            faults,
        };
        world.note(|world| format!("{:?}", world.faults));
        (0..world.nodes.len()).for_each(|node| world.later(0, Coming::Start { node }));
        for person in 0..world.people.len() {
            world.later(10 * person as u64, Coming::Connect { person });
            world.later(200, Coming::Gesture { person });
        }
        world
    }

    fn note(&mut self, what: impl FnOnce(&World) -> String) {
        if self.story.is_some() {
            let text = format!("{:>6} {}", self.now, what(self));
            self.story.iter_mut().for_each(|story| story.push(text.clone()));
        }
    }

    fn later(&mut self, in_ms: u64, coming: Coming) {
        self.number += 1;
        self.coming.insert((self.now + in_ms, self.number), coming);
    }

    /// Lets the world go wrong for a while, then calms it, and lets everything settle.
    pub fn run(&mut self) -> Result<(), String> {
        let until = self.now + self.chances.draw("length", 0).between(4_000, 16_000);
        self.run_until(until)?;
        self.calm();
        let until = self.now + 25_000;
        self.run_until(until)?;
        // Each in line holds in turn what they waited for until that lapses.
        for _ in 0..TURNS_MAX {
            let waits = self.rooms().flatten().any(|room| !room.shared().locks.is_empty());
            if !waits {
                break;
            }
            let until = self.now + u64::from(limits().lock_idle_ms);
            self.run_until(until)?;
        }
        Ok(())
    }

    fn run_until(&mut self, until: u64) -> Result<(), String> {
        while let Some((&(at, number), _)) = self.coming.first_key_value()
            && at <= until
        {
            self.now = self.now.max(at);
            if let Some(coming) = self.coming.remove(&(at, number)) {
                self.happen(coming, number)?;
            }
        }
        self.now = until;
        Ok(())
    }

    /// Nothing goes wrong from here on, and nobody does anything new.
    fn calm(&mut self) {
        self.note(|_| "calm".into());
        self.faults = Faults::none(self.nodes.len(), self.people.len());
        self.calm = true;
        for node in 0..self.nodes.len() {
            self.nodes[node].cut_off_until = 0;
            self.nodes[node].stopped_until = 0;
            self.later(0, Coming::Start { node });
        }
    }

    fn happen(&mut self, coming: Coming, number: u64) -> Result<(), String> {
        match coming {
            Coming::ToDesk { conn, message } => {
                let Some(wire) = self.wires.get(&conn).filter(|wire| wire.open || wire.drains) else {
                    return Ok(());
                };
                if self.nodes[wire.node].life != wire.life {
                    return Ok(());
                }
                let node = wire.node;
                self.note(|_| format!("n{node} <- {conn:?} {}", short(&message)));
                let input = match message {
                    ClientMessage::Hello(hello) => {
                        Input::Hello { conn, role: role(hello.client), came: Came::Link, hello }
                    }
                    message => Input::Message { conn, message, bytes: 100 },
                };
                self.give(node, input)
            }
            Coming::ToPerson { conn, delivery } => {
                let Some(wire) = self.wires.get(&conn).filter(|wire| wire.open && number >= wire.down_from) else {
                    return Ok(());
                };
                let person = wire.person;
                self.wires.entry(conn).and_modify(|wire| wire.queued -= 1);
                self.note(|_| format!("p{person} <- {conn:?} {}", short(&delivery)));
                let (now, truth) = (self.now, &self.store);
                if self.people[person].conn == Some(conn) {
                    let more = self.people[person].receive(now, delivery, truth);
                    more.map_err(|error| format!("person {person}: {error}"))?;
                    self.check_claims(person)?;
                    if self.people[person].is_turned_away() {
                        self.later(20, Coming::Lost { person, conn });
                    }
                    self.send_up(person);
                }
                Ok(())
            }
            Coming::Append { node, life, after, payloads, answer } => self.append(node, life, after, payloads, answer),
            Coming::Synced { upto } => {
                // One that a power cut took was of another branch.
                if self.store.has(upto.seq, upto.head) {
                    self.synced = self.synced.max(upto.seq);
                }
                Ok(())
            }
            Coming::Read { node, life, after } => {
                let mut random = self.chances.draw("read", node as u64);
                let (most, ms) = (random.between(1, 40) as usize, random.between(0, 5));
                let fails = self.chances.step("read-fail", node as u64, self.faults.read_fail).is_some();
                let input = if fails || self.is_cut_off(node) {
                    Input::ReadFailed
                } else {
                    // A log in doubt is brought to the disk before it is read.
                    self.synced = self.store.head.seq;
                    Input::Read { entries: self.store.after(after, most), head: self.store.head }
                };
                self.later(ms, Coming::Answer { node, life, input });
                Ok(())
            }
            Coming::Attend { node, life, here } => self.attend(node, life, &here),
            Coming::Answer { node, life, input } => {
                if self.nodes[node].life == life {
                    self.give(node, input)
                } else {
                    Ok(())
                }
            }
            Coming::Closed { conn } => {
                let Some(wire) = self.wires.remove(&conn) else { return Ok(()) };
                let same = self.nodes[wire.node].life == wire.life;
                if same { self.give(wire.node, Input::Closed { conn }) } else { Ok(()) }
            }
            Coming::Lost { person, conn } => {
                if self.people[person].conn == Some(conn) {
                    self.note(|_| format!("p{person} lost {conn:?}"));
                    self.people[person].lost();
                    self.cut(conn);
                    // Soon, later, or only once they may have been given up.
                    let mut random = self.chances.draw("back", person as u64);
                    let ms = match random.between(0, 99) {
                        0..30 => random.between(0, 30),
                        30..80 => random.between(0, 1_500),
                        _ => random.between(4_000, 11_000),
                    };
                    self.later(ms, Coming::Connect { person });
                }
                Ok(())
            }
            Coming::Tick { node, life } => self.tick(node, life),
            Coming::Start { node } => self.start(node),
            Coming::Gesture { person } => self.gesture(person),
            Coming::Connect { person } => self.connect(person),
        }
    }

    /// At most one connection is a session, and nobody is somebody else.
    fn check_welcome(&mut self, node: usize, conn: ConnId, welcome: &protocol::Welcome) -> Result<(), String> {
        if let Some(victim) = self.intruders.get(&conn) {
            self.tally.note("intruders");
            if welcome.session == *victim || welcome.carries_on || !welcome.stored.is_empty() {
                return Err(format!("somebody over {conn:?} is welcomed as {victim}"));
            }
        }
        let other = |(of, (at, session)): (&ConnId, &(usize, SessionId))| {
            *of != conn && *at == node && *session == welcome.session
        };
        if self.welcomed.iter().any(other) {
            return Err(format!("{} is welcomed over {conn:?} and over another connection", welcome.session));
        }
        self.welcomed.insert(conn, (node, welcome.session));
        Ok(())
    }

    /// Whoever stands where a server does knows of the same locks, the same line and the same overrides.
    fn check_claims(&self, person: usize) -> Result<(), String> {
        let session = &self.people[person].session;
        let Some(at) = session.position() else { return Ok(()) };
        let Some(room) = self.rooms().flatten().find(|room| room.position() == at) else { return Ok(()) };
        let shared = room.shared();
        let alike = session.line().eq(shared.claims.line())
            && session.countdowns().eq(shared.claims.countdowns())
            && session.locks().eq(shared.locks.iter().map(|(id, holding)| (*id, *holding)));
        if alike { Ok(()) } else { Err(format!("person {person}: knows of another line than the room at {}", at.seq)) }
    }

    /// When an entry was stored.
    pub fn time_of(&self, seq: Seq) -> u64 {
        self.stored_at[seq.0 as usize - 1]
    }

    /// How much too early something may come to pass between two moments, for clocks that jumped: a second each.
    pub fn jumped_ms(&self, from: u64, upto: u64) -> u64 {
        1_000 * self.jumps.iter().filter(|at| (from..=upto).contains(at)).count() as u64
    }

    /// The rooms of all servers; none of one that isn't running.
    pub fn rooms(&self) -> impl Iterator<Item = Option<&Room>> {
        self.nodes.iter().map(|node| node.desk.as_ref().map(Desk::room))
    }
}

fn short(what: &impl std::fmt::Debug) -> String {
    let text = format!("{what:?}");
    text.chars().take(300).collect()
}
