//! The world of a run: time, a network that delays, holds back, cuts and repeats, desks that crash and open again,
//! a store that times out, fails and answers late, and the people.

mod people;
mod performing;

use std::collections::BTreeMap;

use collab::{AppendAnswer, ConnId, Desk, Input, NewPayload, Room, Settings};
use protocol::{Came, ClientMessage, Durability, Position, Seq, ServerMessage, SessionId};

use crate::faults::{Faults, limits};
use crate::person::{Person, role};
use crate::random::Random;
use crate::tally::Tally;
use tests::model::Model;

/// Milliseconds between two ticks of a desk.
const TICK_MS: u64 = 100;
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
}

/// A server: its desk while it runs, and how often it was started.
struct Node {
    desk: Option<Desk>,
    life: u32,
    /// Until when it can't reach the store.
    cut_off_until: u64,
}

/// Everything.
pub struct World {
    pub now: u64,
    pub store: Model,
    pub people: Vec<Person>,
    pub faults: Faults,
    pub plan: Option<Vec<String>>,
    pub tally: Tally,
    random: Random,
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
    pub fn new(seed: u64, with_plan: bool) -> World {
        let mut random = Random::new(seed);
        let faults = Faults::drawn(&mut random);
        let people = (0..faults.people).map(Person::new).collect();
        let nodes = (0..faults.nodes).map(|_| Node { desk: None, life: 0, cut_off_until: 0 }).collect();
        let mut world = World {
            now: 1_000,
            store: Model::new(random.between(3, 12)),
            people,
            plan: with_plan.then(Vec::new),
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
            random,
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
        if self.plan.is_some() {
            let text = format!("{:>6} {}", self.now, what(self));
            self.plan.iter_mut().for_each(|plan| plan.push(text.clone()));
        }
    }

    fn later(&mut self, in_ms: u64, coming: Coming) {
        self.number += 1;
        self.coming.insert((self.now + in_ms, self.number), coming);
    }

    /// Lets the world go wrong for a while, then calms it, and lets everything settle.
    pub fn run(&mut self) -> Result<(), String> {
        let until = self.now + self.random.between(4_000, 16_000);
        self.run_until(until)?;
        self.calm();
        let until = self.now + 25_000;
        self.run_until(until)
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
                    ClientMessage::Hello(hello) => Input::Hello { conn, role: role(hello.client), came: Came::Link, hello },
                    message => Input::Message { conn, message, bytes: 100 },
                };
                self.give(node, input)
            }
            Coming::ToPerson { conn, delivery } => {
                let Some(wire) = self.wires.get(&conn).filter(|wire| wire.open && number >= wire.down_from) else {
                    return Ok(());
                };
                let person = wire.person;
                self.note(|_| format!("p{person} <- {conn:?} {}", short(&delivery)));
                let (now, truth) = (self.now, &self.store);
                if self.people[person].conn == Some(conn) {
                    let more = self.people[person].receive(now, delivery, truth);
                    more.map_err(|error| format!("person {person}: {error}"))?;
                    if self.people[person].is_turned_away() {
                        self.later(20, Coming::Lost { person, conn });
                    }
                    self.send_up(person);
                }
                Ok(())
            }
            Coming::Append { node, life, after, payloads, answer } => {
                let told = self.store.append(&after, &payloads);
                let stored = matches!(told, AppendAnswer::Stored(_));
                self.note(|world| {
                    format!("store: append of {} by n{node}: {stored}, head {}", payloads.len(), world.store.head.seq)
                });
                let input = match answer {
                    Told::Truth => Some(told),
                    Told::Unknown => Some(AppendAnswer::Unknown),
                    Told::Nothing => None,
                };
                if !stored {
                    self.tally.note("lost races");
                }
                if let Some(answer) = input {
                    let ms = self.random.between(0, 20);
                    self.later(ms, Coming::Answer { node, life, input: Input::Appended(answer) });
                }
                if stored {
                    self.check_expiries(payloads.len())?;
                    // The node itself hears of it too.
                    (0..self.nodes.len()).for_each(|to| self.signal(node, to, Input::Woken { head: self.store.head }));
                }
                Ok(())
            }
            Coming::Read { node, life, after } => {
                let most = self.random.between(1, 40) as usize;
                let input = if self.random.permille(self.faults.read_fail) || self.is_cut_off(node) {
                    Input::ReadFailed
                } else {
                    Input::Read { entries: self.store.after(after, most), head: self.store.head }
                };
                let ms = self.random.between(0, 5);
                self.later(ms, Coming::Answer { node, life, input });
                Ok(())
            }
            Coming::Attend { node, life, here } => {
                if self.nodes[node].life != life {
                    return Ok(());
                }
                let input = if self.is_cut_off(node) {
                    Input::AttendFailed
                } else {
                    // Another life is another node to the others, until its word no longer counts.
                    let name = u64::from(life) * 10 + node as u64;
                    let (elsewhere, stirred) = self.store.attend(self.now, ATTENDANCE_MS, name, &here);
                    if stirred {
                        (0..self.nodes.len())
                            .filter(|to| *to != node)
                            .for_each(|to| self.signal(node, to, Input::Stirred));
                    }
                    Input::Attended { elsewhere, head: self.store.head }
                };
                let ms = self.random.between(0, 15);
                self.later(ms, Coming::Answer { node, life, input });
                Ok(())
            }
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
                    let ms = match self.random.between(0, 99) {
                        0..30 => self.random.between(0, 30),
                        30..80 => self.random.between(0, 1_500),
                        _ => self.random.between(4_000, 11_000),
                    };
                    self.later(ms, Coming::Connect { person });
                }
                Ok(())
            }
            Coming::Tick { node, life } => {
                if self.nodes[node].life != life {
                    return Ok(());
                }
                self.later(TICK_MS, Coming::Tick { node, life });
                if self.random.permille(self.faults.cut_off) {
                    self.note(|_| format!("n{node} can't reach the store"));
                    self.nodes[node].cut_off_until = self.now + self.random.between(100, 9_000);
                }
                self.give(node, Input::Tick)
            }
            Coming::Start { node } => self.start(node),
            Coming::Gesture { person } => self.gesture(person),
            Coming::Connect { person } => self.connect(person),
        }
    }

    fn give(&mut self, node: usize, input: Input) -> Result<(), String> {
        let now = self.now;
        if let Input::Closed { conn } | Input::Overflowed { conn } = input {
            self.welcomed.remove(&conn);
        }
        let Some(desk) = &mut self.nodes[node].desk else { return Ok(()) };
        let effects = desk.handle(now, input);
        if let Some(error) = desk.broken() {
            return Err(format!("n{node} is broken: {error}"));
        }
        self.perform(node, effects)
    }

    fn is_cut_off(&self, node: usize) -> bool {
        self.now < self.nodes[node].cut_off_until
    }

    /// What one node says to another by way of the store.
    fn signal(&mut self, from: usize, to: usize, input: Input) {
        let lost = self.is_cut_off(from) || self.is_cut_off(to) || self.random.permille(self.faults.unheard);
        if !lost {
            let (ms, life) = (self.random.between(1, 60), self.nodes[to].life);
            self.later(ms, Coming::Answer { node: to, life, input });
        }
    }

    fn delay(&mut self) -> u64 {
        if self.random.permille(self.faults.hold_back) {
            self.random.between(100, 4_500)
        } else {
            self.random.between(1, 15)
        }
    }

    fn send_down(&mut self, conn: ConnId, delivery: Delivery) {
        let delay = self.delay();
        let Some(wire) = self.wires.get_mut(&conn).filter(|wire| wire.open) else { return };
        wire.down_at = wire.down_at.max(self.now + delay);
        let in_ms = wire.down_at - self.now;
        self.later(in_ms, Coming::ToPerson { conn, delivery });
    }

    fn send_up(&mut self, person: usize) {
        let Some(conn) = self.people[person].conn else { return };
        for message in self.people[person].session.take_outgoing(self.now) {
            self.send_one_up(conn, message);
        }
    }

    fn send_one_up(&mut self, conn: ConnId, message: ClientMessage) {
        let delay = self.delay();
        let Some(wire) = self.wires.get_mut(&conn).filter(|wire| wire.open) else { return };
        wire.up_at = wire.up_at.max(self.now + delay);
        let in_ms = wire.up_at - self.now;
        self.later(in_ms, Coming::ToDesk { conn, message });
    }

    /// Cuts a connection: nothing on it arrives any more. Either side notices in its own time, a desk perhaps by
    /// silence only.
    fn cut(&mut self, conn: ConnId) {
        let Some(wire) = self.wires.get_mut(&conn) else { return };
        wire.open = false;
        wire.drains = self.random.permille(500);
        let person = wire.person;
        let (soon, late) = (self.random.between(0, 300), self.random.between(0, 5_000));
        let in_ms = if self.random.permille(700) { soon } else { late };
        self.later(in_ms, Coming::Closed { conn });
        let ms = self.random.between(0, 800);
        self.later(ms, Coming::Lost { person, conn });
    }

    fn crash(&mut self, node: usize) {
        self.nodes[node].desk = None;
        self.nodes[node].life += 1;
        self.welcomed.retain(|_, (at, _)| *at != node);
        let lost: Vec<_> = self.wires.iter().filter(|(_, wire)| wire.node == node).map(|(conn, _)| *conn).collect();
        lost.into_iter().for_each(|conn| self.cut(conn));
    }

    fn start(&mut self, node: usize) -> Result<(), String> {
        if self.nodes[node].desk.is_some() {
            return Ok(());
        }
        let room = match self.random.pick(&self.store.checkpoints) {
            Some((_, bytes)) => Room::from_checkpoint(bytes).map_err(|error| format!("checkpoint: {error}"))?,
            None => self.store.first_room(),
        };
        self.note(|_| format!("n{node} starts at {}", room.position().seq));
        let (desk, effects) = Desk::open(self.settings, room);
        let life = self.nodes[node].life;
        self.nodes[node].desk = Some(desk);
        self.later(TICK_MS, Coming::Tick { node, life });
        self.perform(node, effects)
    }

    fn connect(&mut self, person: usize) -> Result<(), String> {
        if self.people[person].conn.is_some() {
            return Ok(());
        }
        self.people[person].come_back(self.now);
        let node = self.random.between(0, self.nodes.len() as u64 - 1) as usize;
        if self.nodes[node].desk.is_none() {
            let ms = self.random.between(50, 500);
            self.later(ms, Coming::Connect { person });
            return Ok(());
        }
        self.open_wire(person, node, 0);
        Ok(())
    }

    /// Opens a connection, over which everything comes late by so much.
    fn open_wire(&mut self, person: usize, node: usize, late_ms: u64) -> ConnId {
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
        };
        self.wires.insert(conn, wire);
        self.people[person].conn = Some(conn);
        let hello = self.people[person].session.hello("plan", "secret");
        self.send_one_up(conn, ClientMessage::Hello(hello));
        conn
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

    /// The rooms of all servers; none of one that isn't running.
    pub fn rooms(&self) -> impl Iterator<Item = Option<&Room>> {
        self.nodes.iter().map(|node| node.desk.as_ref().map(Desk::room))
    }
}

fn short(what: &impl std::fmt::Debug) -> String {
    let text = format!("{what:?}");
    text.chars().take(300).collect()
}
