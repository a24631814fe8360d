//! The server is killed, twenty times, in the middle of a storm of edits: what was acknowledged is in the log, once. A
//! kill leaves what the system has in memory; that a commit waits for the disk is asserted beside `oplog::Log`.

use std::collections::BTreeMap;
use std::path::Path;

use drawing::{EntityId, Op, RecordId};
use oplog::LogReader;
use protocol::{Answer, ClientId, ClientSeq, Encoding, Limits, Request, Seq, ServerMessage};
use tokio::sync::watch;

use crate::client::{Client, End, Person, hello};
use crate::place::{Place, line, start_x, translate};
use crate::program::Program;

const ROUNDS: u64 = 20;
const PEOPLE: u64 = 3;
/// Requests that each person has under way.
const IN_FLIGHT: usize = 6;
/// Acknowledgements after which the first rounds end; later ones end elsewhere.
const ACKNOWLEDGED: u64 = 12;

/// How far a round is.
#[derive(Default)]
struct Count {
    /// People who came in, and have their line: a kill before that is no storm.
    inside: u64,
    /// Edits that were acknowledged.
    acknowledged: u64,
}

/// Someone in the storm: their line, what they were promised and what they still wait for.
struct Stormer {
    person: Option<Person>,
    id: u128,
    line: Option<(EntityId, Seq)>,
    waiting: BTreeMap<ClientSeq, Request>,
    acknowledged: BTreeMap<ClientSeq, Seq>,
}

impl Stormer {
    fn client(&self) -> ClientId {
        ClientId(self.id)
    }

    fn note(&mut self, request: ClientSeq, seq: Seq) {
        let known = self.acknowledged.insert(request, seq);
        assert!(known.is_none_or(|known| known == seq), "one request, two entries");
        self.waiting.remove(&request);
    }

    /// Comes in or back, asks again what has no answer, and edits until the server is gone.
    async fn storm(mut self, address: protocol::Address, count: watch::Sender<Count>) -> Stormer {
        let entered = match self.person.take() {
            Some(person) => person.resume(&address).await,
            None => {
                let client = Client::connect(&address, Encoding::MessagePack).await;
                client.enter(hello(&address, self.id, None), None).await
            }
        };
        let Ok(mut person) = entered else { panic!("it lets us in before the storm") };
        for (request, seq) in person.welcome.stored.clone() {
            self.note(request, seq);
        }
        for (request, what) in self.waiting.clone() {
            person.again(request, what).await;
        }
        if self.line.is_none() {
            let first = person.welcome.ids[0].first;
            let made = person.store(person.edit(Op::New(vec![line(RecordId(first.0), 0.0)]), &[])).await;
            self.line = Some((EntityId(first.0), made));
        }
        let (id, token) = self.line.expect("it was made");
        count.send_modify(|count| count.inside += 1);
        loop {
            while self.waiting.len() < IN_FLIGHT {
                let edit = person.edit(translate(id, 1.0), &[token]);
                let request = person.begin(edit.clone()).await;
                self.waiting.insert(request, edit);
            }
            match person.hear().await {
                Ok(ServerMessage::Answer { client_seq, answer: Answer::Stored { seq, .. } }) => {
                    self.note(client_seq, seq);
                    count.send_modify(|count| count.acknowledged += 1);
                }
                Ok(ServerMessage::Answer { answer, .. }) => panic!("not stored: {answer:?}"),
                Ok(_) => {}
                Err(End::Cut) => break,
                Err(bye) => panic!("{bye:?}"),
            }
        }
        self.person = Some(person);
        self
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_in_a_storm_it_keeps_what_it_acknowledged_once() {
    let folder = tempfile::tempdir().unwrap();
    let (place, _, _) = Place::with_lines(folder.path(), Limits::default(), 1).await;
    place.close().await;
    let mut stormers: Vec<Stormer> = (1..=PEOPLE)
        .map(|id| Stormer {
            person: None,
            id: u128::from(id),
            line: None,
            waiting: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
        })
        .collect();
    for round in 0..ROUNDS {
        let mut program = Program::start(folder.path(), &[]);
        let (count, mut counted) = watch::channel(Count::default());
        let storming = stormers
            .drain(..)
            .map(|stormer| tokio::spawn(stormer.storm(program.address.clone(), count.clone())))
            .collect::<Vec<_>>();
        // Each round ends elsewhere in the storm.
        let enough = ACKNOWLEDGED + round * 7 % 40;
        let stormed = counted.wait_for(|count| count.inside == PEOPLE && count.acknowledged >= enough);
        let stormed = tokio::time::timeout(crate::client::DEADLINE, stormed).await;
        stormed.expect("edits are acknowledged in time").expect("somebody storms");
        // SIGKILL: nothing is flushed, nothing is said.
        program.child.kill().unwrap();
        program.child.wait().unwrap();
        for storm in storming {
            stormers.push(storm.await.expect("a stormer holds on"));
        }
        check(folder.path(), &stormers, round);
    }
    let total: usize = stormers.iter().map(|stormer| stormer.acknowledged.len()).sum();
    assert!(total as u64 >= ROUNDS * ACKNOWLEDGED, "{total} acknowledged in all");

    // Whoever comes later sees every move of everyone, once.
    let place = Place::open(folder.path(), Limits::default()).await;
    for stormer in stormers {
        let stored = requests(folder.path());
        let person = stormer.person.expect("it was in").resume(&place.address()).await.expect("it lets us in");
        let moves = stored.keys().filter(|(client, _)| *client == ClientId(stormer.id)).count() - 1;
        let (id, _) = stormer.line.expect("it was made");
        assert_eq!(start_x(&person.drawing, id), moves as f64);
    }
    place.close().await;
}

/// The log is whole, and every acknowledged request is in it, where it was said to be, once.
fn check(folder: &Path, stormers: &[Stormer], round: u64) {
    let stored = requests(folder);
    for stormer in stormers {
        for (request, seq) in &stormer.acknowledged {
            let found = stored.get(&(stormer.client(), *request));
            assert_eq!(found.map(Vec::as_slice), Some(&[*seq][..]), "round {round}, request {request:?}");
        }
    }
    assert!(stored.values().all(|seqs| seqs.len() == 1), "round {round}: a request was stored twice");
}

/// Every request in the log and its entries; the chain and all blobs are checked on the way.
fn requests(folder: &Path) -> BTreeMap<(ClientId, ClientSeq), Vec<Seq>> {
    let copy = folder.join("copy.linework");
    match std::fs::remove_file(&copy) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
    oplog::backup(folder.join("plan.linework"), &copy).expect("a copy");
    let (log, broken) = LogReader::open(&copy).expect("a log");
    assert_eq!(broken, None);
    log.verify().expect("a whole log");
    std::fs::remove_file(&copy).expect("it was there");
    let mut requests = BTreeMap::<_, Vec<Seq>>::new();
    let mut after = Seq(0);
    loop {
        let entries = log.read_after(after, 1_000, 1 << 20).expect("entries");
        let Some(last) = entries.last() else { return requests };
        after = last.seq;
        for stored in &entries {
            let entry = protocol::decode_entry(&stored.payload).expect("an entry");
            if let Some(author) = entry.author {
                requests.entry((author.client, author.client_seq)).or_default().push(stored.seq);
            }
        }
    }
}
