//! How long a desk takes for an edit, without a store and without sockets: 50 people change a line of their own each, 64
//! changes in flight, in a drawing of 10,000 lines. `cargo run --release -p collab --example desk`.

use std::time::{Duration, Instant};

use collab::{AppendAnswer, ConnId, Desk, Effect, Input, Room, Settings};
use drawing::{Drawing, Entity, EntityId, Line, Op, Order, Point3, Record, Shape, Style};
use protocol::{
    Answer, ClientId, ClientMessage, ClientSeq, Durability, Encoding, Entry, Event, Hash, Hello, Limits, LogId,
    Position, Request, Role, Seq, ServerMessage, Told,
};

const PEOPLE: u64 = 50;
const IN_FLIGHT: u64 = 64;
const LINES: u64 = 10_000;
const EDITS: u64 = 100_000;

fn line(id: u64, to: f64) -> Record {
    let start = Point3::flat(id as f64, 0.0);
    let shape = Shape::Line(Line { start, end: start + Point3::flat(0.0, to) });
    let (handle, source, owner) = (None, None, Drawing::MODEL_SPACE);
    let style = Style::on(Drawing::LAYER_0);
    Record::Entity(Entity { id: EntityId(id), handle, source, owner, order: Order(id << 8), style, shape })
}

/// What a person knows.
#[derive(Default, Clone)]
struct Person {
    line: u64,
    token: Option<Seq>,
    asked: u64,
    answered: u64,
    seen: Seq,
}

struct Bench {
    desk: Desk,
    head: Position,
    people: Vec<Person>,
    /// Where the time went: in the desk, and in writing what is told.
    desk_time: Duration,
    telling: Duration,
    batches: u64,
    answered: u64,
}

impl Bench {
    fn handle(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let start = Instant::now();
            let effects = self.desk.handle(1_000, input);
            self.desk_time += start.elapsed();
            for effect in effects {
                match effect {
                    Effect::Append { after, payloads } => {
                        assert_eq!(after, self.head, "appends follow on one another");
                        self.batches += 1;
                        self.head = payloads.iter().fold(after, |head, each| head.after(&each.payload));
                        inputs.push(Input::Appended(AppendAnswer::Stored(self.head)));
                    }
                    Effect::Read { .. } => inputs.push(Input::Read { entries: Vec::new(), head: self.head }),
                    Effect::Send { to, message } => self.told(&to, &message),
                    _ => {}
                }
            }
        }
    }

    fn told(&mut self, to: &[ConnId], message: &ServerMessage) {
        let start = Instant::now();
        Encoding::MessagePack.encode(message).expect("a message is written");
        self.telling += start.elapsed();
        let ServerMessage::Answer { client_seq, answer } = message else {
            if let ServerMessage::Welcome(welcome) = message {
                self.people[to[0].0 as usize].line = welcome.ids[0].first.0;
            }
            return;
        };
        let Answer::Stored { seq, .. } = answer else { unreachable!("everything here is free to be done: {answer:?}") };
        let person = &mut self.people[to[0].0 as usize];
        assert_eq!(client_seq.0.0, person.answered + 1, "answers come in order");
        person.answered += 1;
        person.seen = *seq;
        person.token.get_or_insert(*seq);
        self.answered += 1;
    }

    fn ask(&mut self, of: u64, op: Op) {
        let person = &mut self.people[of as usize];
        person.asked += 1;
        let request = Request::Edit { op, seen: person.seen, under: person.token.into_iter().collect() };
        let (client_seq, floor) = (ClientSeq(Seq(person.asked)), ClientSeq(Seq(person.answered)));
        let message = ClientMessage::Ask { client_seq, floor, request };
        self.handle(Input::Message { conn: ConnId(of), message, bytes: 300 });
    }
}

fn main() {
    let mut drawing = Drawing::new();
    drawing.apply(&Op::New((100..100 + LINES).map(|id| line(id, 1.0)).collect())).expect("lines are put");
    let event = Event::Created { title: "Plan".into(), source: None, snapshot: Hash([0; 32]), drawing: drawing.hash() };
    let entry = Entry { time_ms: 1, author: None, event };
    let head = Position::start(LogId([7; 16])).after(&protocol::encode_entry(&entry).expect("an entry is written"));
    let room = Room::start(head.log, &Told { seq: head.seq, hash: head.head, entry }, drawing).expect("a room starts");
    let settings = Settings { limits: Limits::default(), durability: Durability::Memory, shared: false };
    let (desk, _) = Desk::open(settings, room);
    let people = vec![Person::default(); PEOPLE as usize];
    let (desk_time, telling) = Default::default();
    let mut bench = Bench { desk, head, people, desk_time, telling, batches: 0, answered: 0 };
    bench.handle(Input::Read { entries: Vec::new(), head });
    for of in 0..PEOPLE {
        let (client, name) = (ClientId(u128::from(of)), format!("Person {of}"));
        let (drawing, secret, version) = ("plan".into(), "secret".into(), protocol::VERSION);
        let hello = Hello { version, client, name, drawing, secret, resume_key: None, resume: None };
        bench.handle(Input::Hello { conn: ConnId(of), hello, role: Role::Editor, came: protocol::Came::default() });
        bench.ask(of, Op::New(vec![line(bench.people[of as usize].line, 1.0)]));
    }
    (bench.desk_time, bench.telling, bench.batches, bench.answered) = Default::default();
    let mut round = 0;
    // The first append is under way while all others ask.
    while bench.answered < EDITS {
        round += 1;
        bench.round(round);
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / bench.answered as f64;
    println!("{} edits in {} batches", bench.answered, bench.batches);
    println!("desk {:.2} us an edit, writing what is told {:.2} us", each(bench.desk_time), each(bench.telling));
}

impl Bench {
    /// Everybody asks while one append is under way, and is answered.
    fn round(&mut self, round: u64) {
        let mut held = None;
        for turn in 0..IN_FLIGHT {
            for of in 0..PEOPLE {
                let person = &mut self.people[of as usize];
                person.asked += 1;
                let op = Op::Change(vec![line(person.line, 2.0 + ((round * IN_FLIGHT + turn) % 4_096) as f64)]);
                let request = Request::Edit { op, seen: person.seen, under: person.token.into_iter().collect() };
                let (client_seq, floor) = (ClientSeq(Seq(person.asked)), ClientSeq(Seq(person.answered)));
                let message = ClientMessage::Ask { client_seq, floor, request };
                let start = Instant::now();
                let effects = self.desk.handle(1_000, Input::Message { conn: ConnId(of), message, bytes: 300 });
                self.desk_time += start.elapsed();
                for effect in effects {
                    if let Effect::Append { after, payloads } = effect {
                        assert_eq!(after, self.head, "appends follow on one another");
                        self.batches += 1;
                        held = Some(payloads.iter().fold(after, |head, each| head.after(&each.payload)));
                    }
                }
            }
        }
        if let Some(head) = held {
            self.head = head;
            self.handle(Input::Appended(AppendAnswer::Stored(head)));
        }
    }
}
