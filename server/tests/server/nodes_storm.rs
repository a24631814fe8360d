//! Two servers over one Redis in a storm of edits and locks, and twenty times one of the three is killed: what was
//! acknowledged is in the log, once, every record has one holder, and both servers end with the same.

use std::collections::BTreeMap;

use bytes::Bytes;
use collab::Room;
use drawing::{EntityId, Op, RecordId};
use protocol::{
    Address, Answer, ClientId, ClientSeq, Encoding, Event, LogId, Position, Refusal, Request, Seq, ServerMessage, Told,
};
use server::store::{RedisOptions, RedisPlace, Store as _};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::client::{DEADLINE, End, Person};
use crate::nodes::{Node, add_plan};
use crate::place::{line, start_x, translate};
use crate::redis::Redis;

const ROUNDS: u64 = 20;
const PEOPLE: u64 = 4;
/// Requests that each person has under way.
const IN_FLIGHT: usize = 6;
/// Acknowledgements after which the first rounds end; later ones end elsewhere.
const ACKNOWLEDGED: u64 = 12;

/// What everybody in the storm is told.
#[derive(Clone)]
struct Weather {
    /// Where the drawing is at each node, as of its last start.
    addresses: watch::Receiver<Vec<Address>>,
    /// Whether it is over.
    over: watch::Receiver<bool>,
    acknowledged: watch::Sender<u64>,
    /// Lines that everybody wants.
    wanted: Vec<EntityId>,
}

/// Someone in the storm: their line, what they were promised and what they still wait for.
struct Stormer {
    person: Person,
    /// At which node they are or were.
    node: usize,
    line: EntityId,
    token: Seq,
    asked: u64,
    waiting: BTreeMap<ClientSeq, Request>,
    acknowledged: BTreeMap<ClientSeq, Seq>,
}

impl Stormer {
    async fn come_in(address: &Address, id: u64, node: usize) -> Stormer {
        let encoding = if id.is_multiple_of(2) { Encoding::MessagePack } else { Encoding::Json };
        let mut person = Person::join(address, encoding, u128::from(id)).await;
        let first = person.welcome.ids[0].first;
        let token = person.store(person.edit(Op::New(vec![line(RecordId(first.0), 0.0)]), &[])).await;
        let (waiting, acknowledged) = (BTreeMap::new(), BTreeMap::new());
        Stormer { person, node, line: EntityId(first.0), token, asked: 0, waiting, acknowledged }
    }

    fn note(&mut self, request: ClientSeq, seq: Seq) {
        let known = self.acknowledged.insert(request, seq);
        assert!(known.is_none_or(|known| known == seq), "one request, two entries");
        self.waiting.remove(&request);
    }

    /// Edits their own line, and now and then asks for one that everybody wants, or lets go of it.
    fn next(&mut self, wanted: &[EntityId]) -> Request {
        self.asked += 1;
        let id = wanted[(self.asked / 6) as usize % wanted.len()].into();
        match self.asked % 6 {
            0 => Request::Lock { ids: vec![id], wait: false },
            4 => Request::Unlock { ids: vec![id] },
            _ => self.person.edit(translate(self.line, 1.0), &[self.token]),
        }
    }

    /// Works until it is over and nothing waits; whenever a server is gone, goes on at the other.
    async fn storm(mut self, mut weather: Weather) -> Stormer {
        loop {
            let over = *weather.over.borrow();
            if over && self.waiting.is_empty() {
                return self;
            }
            while !over && self.waiting.len() < IN_FLIGHT {
                let request = self.next(&weather.wanted);
                let number = self.person.begin(request.clone()).await;
                self.waiting.insert(number, request);
            }
            match self.person.hear().await {
                Ok(ServerMessage::Answer { client_seq, answer }) => match answer {
                    Answer::Stored { seq, .. } => {
                        self.note(client_seq, seq);
                        weather.acknowledged.send_modify(|count| *count += 1);
                    }
                    Answer::Nothing | Answer::Refused(Refusal::Held { .. }) => {
                        self.came_to_nothing(client_seq, &answer)
                    }
                    // It came to nothing before a server was killed, and a later one was stored: it stays nothing.
                    Answer::Refused(Refusal::Invalid { .. })
                        if self.acknowledged.last_key_value().is_some_and(|(last, _)| client_seq < *last) =>
                    {
                        self.came_to_nothing(client_seq, &answer);
                    }
                    Answer::Refused(_) => panic!("not stored: {answer:?}"),
                },
                Ok(_) => {}
                Err(End::Cut | End::Bye { retry: true, .. }) => self.come_back(&mut weather).await,
                Err(bye) => panic!("{bye:?}"),
            }
        }
    }

    /// A lock that somebody else has, or that wasn't there to let go of; never an edit.
    fn came_to_nothing(&mut self, request: ClientSeq, answer: &Answer) {
        let asked = self.waiting.remove(&request);
        assert!(!matches!(asked, Some(Request::Edit { .. })), "{answer:?}");
    }

    /// Comes back at the other server, or at whichever is there, and asks again what has no answer.
    async fn come_back(&mut self, weather: &mut Weather) {
        let back = timeout(DEADLINE, async {
            loop {
                self.node = 1 - self.node;
                let address = weather.addresses.borrow_and_update()[self.node].clone();
                match self.person.come_back(&address).await {
                    Ok(()) => return,
                    Err(End::Cut | End::Bye { retry: true, .. }) => {}
                    Err(bye) => panic!("{bye:?}"),
                }
            }
        });
        back.await.expect("some server lets them in in time");
        for (request, seq) in self.person.welcome.stored.clone() {
            self.note(request, seq);
        }
        for (request, what) in self.waiting.clone() {
            self.person.again(request, what).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_and_redis_are_killed_twenty_times_in_a_storm_and_nothing_acknowledged_is_lost_or_doubled() {
    let mut redis = Redis::safe();
    let (plan, wanted) = add_plan(&redis, 3).await;
    let mut nodes = [Node::start(&redis), Node::start(&redis)];
    let addresses = |nodes: &[Node; 2]| nodes.iter().map(|node| node.address(&plan)).collect::<Vec<_>>();
    let (told, heard) = watch::channel(addresses(&nodes));
    let (end, over) = watch::channel(false);
    let (acknowledged, mut counted) = watch::channel(0);
    let weather = Weather { addresses: heard, over, acknowledged, wanted };
    let mut storming = Vec::new();
    for id in 1..=PEOPLE {
        let node = (id % 2) as usize;
        let stormer = Stormer::come_in(&nodes[node].address(&plan), id, node).await;
        storming.push(tokio::spawn(stormer.storm(weather.clone())));
    }
    for round in 0..ROUNDS {
        // Each round ends elsewhere in the storm.
        let enough = *counted.borrow() + ACKNOWLEDGED + round * 7 % 40;
        let stormed = timeout(DEADLINE, counted.wait_for(|count| *count >= enough)).await;
        stormed.unwrap_or_else(|_| panic!("edits are acknowledged in round {round}")).expect("somebody storms");
        match round % 3 {
            2 => {
                redis.kill();
                redis.start();
            }
            node => {
                nodes[node as usize].kill();
                nodes[node as usize] = Node::start(&redis);
                told.send_replace(addresses(&nodes));
            }
        }
    }
    end.send_replace(true);
    let mut stormers = Vec::new();
    for each in storming {
        stormers.push(timeout(DEADLINE, each).await.expect("all is answered in time").expect("a stormer holds on"));
    }

    let stored = check_log(&redis).await;
    let mut total = 0;
    for stormer in &stormers {
        for (request, seq) in &stormer.acknowledged {
            let found = stored.get(&(stormer.person.id, *request));
            assert_eq!(found.map(Vec::as_slice), Some(&[*seq][..]), "request {request:?}");
        }
        total += stormer.acknowledged.len() as u64;
    }
    assert!(stored.values().all(|seqs| seqs.len() == 1), "a request was stored twice");
    assert!(total >= ROUNDS * ACKNOWLEDGED, "{total} acknowledged in all");

    // Both servers have the same, and every move of everyone once.
    let mut left = Person::join(&nodes[0].address(&plan), Encoding::MessagePack, 90).await;
    let right = Person::join(&nodes[1].address(&plan), Encoding::MessagePack, 91).await;
    while left.at.seq < right.at.seq {
        left.hear().await.expect("the connection holds");
    }
    assert_eq!((left.at, left.drawing.hash()), (right.at, right.drawing.hash()));
    for stormer in &stormers {
        let moves = stored.iter().filter(|((client, _), _)| *client == stormer.person.id);
        let edits = moves.filter(|((_, request), _)| stormer.is_move(*request)).count();
        assert_eq!(start_x(&right.drawing, stormer.line), edits as f64);
    }
}

impl Stormer {
    /// Whether a request of theirs moved their line: the first made it, and of each six four are moves.
    fn is_move(&self, request: ClientSeq) -> bool {
        let asked = request.0.0 - 1;
        asked > 0 && !matches!(asked % 6, 0 | 4)
    }
}

/// Every request in the log and its entries. The log is read and replayed as a server would: a record that two hold, an
/// entry by one who is gone or a broken chain end that.
async fn check_log(redis: &Redis) -> BTreeMap<(ClientId, ClientSeq), Vec<Seq>> {
    let place = RedisPlace::open(&RedisOptions::new(redis.url())).await.expect("Redis will do");
    let store = place.store("plan");
    let (mut room, mut at, mut requests) = (None::<Room>, Position::start(LogId([0; 16])), BTreeMap::new());
    loop {
        let stretch = store.read_after(at.seq, 1 << 20).await.expect("it reads");
        let Some(last) = stretch.entries.last() else { return requests };
        at = Position { log: stretch.head.log, seq: last.seq, head: last.hash };
        for stored in &stretch.entries {
            let entry = protocol::decode_entry(&stored.payload).expect("an entry");
            if let Some(author) = &entry.author {
                requests.entry((author.client, author.client_seq)).or_insert_with(Vec::new).push(stored.seq);
            }
            match &mut room {
                Some(room) => drop(room.apply_payload(stored.seq, stored.hash, &stored.payload).expect("it follows")),
                none => {
                    let Event::Created { snapshot, .. } = &entry.event else { panic!("{entry:?}") };
                    let bytes: Bytes = store.blob(*snapshot).await.expect("it looks").expect("it is there");
                    let drawing = protocol::decode_drawing(&bytes).expect("a drawing");
                    let told = Told { seq: stored.seq, hash: stored.hash, entry };
                    *none = Some(Room::start(at.log, &told, drawing).expect("the log starts"));
                }
            }
        }
    }
}
