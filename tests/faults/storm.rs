//! A storm: several people who all want the same few lines, until it is calm. Wherever the server is by now, they find it.

use std::time::Duration;

use protocol::{Address, Limits};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::DEADLINE;
use crate::history::{Log, Notes, Record, Summary, check};
use crate::person::Person;

/// How often each person does something, or thinks about it.
const PAUSE: Duration = Duration::from_millis(8);

/// How a storm goes, for those in it and those who watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Blowing,
    /// Nobody begins anything new.
    Calm,
    /// Whoever is done goes.
    Over,
}

/// How a person in it is.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    stored: u64,
    unavailable: u64,
    is_in: bool,
    is_paused: bool,
    is_settled: bool,
}

/// A storm, and how to find out what it did.
pub struct Storm {
    pub notes: Notes,
    limits: Limits,
    addresses: watch::Sender<Vec<Address>>,
    phase: watch::Sender<Phase>,
    states: watch::Sender<Vec<State>>,
    people: Vec<JoinHandle<Person>>,
}

impl Storm {
    /// So many people start to work, each at one of these servers, and at another when it is gone.
    pub fn begin(people: usize, addresses: Vec<Address>, limits: Limits) -> Storm {
        let notes = Notes::begin();
        let (addresses, phase) = (watch::Sender::new(addresses), watch::Sender::new(Phase::Blowing));
        let states = watch::Sender::new(vec![State::default(); people]);
        let working = (0..people)
            .map(|window| {
                let person = Person::new(window, &notes, limits);
                tokio::spawn(work(person, addresses.subscribe(), phase.subscribe(), states.clone()))
            })
            .collect();
        Storm { notes, limits, addresses, phase, states, people: working }
    }

    /// The servers are here now.
    pub fn moved(&self, addresses: Vec<Address>) {
        self.addresses.send_replace(addresses);
    }

    /// How many edits were acknowledged so far.
    pub fn stored(&self) -> u64 {
        self.states.borrow().iter().map(|state| state.stored).sum()
    }

    /// Waits until so many more edits were acknowledged, and everybody is in.
    pub async fn until_stored(&self, more: u64) {
        let enough = self.stored() + more;
        let blown = |states: &Vec<State>| {
            states.iter().map(|state| state.stored).sum::<u64>() >= enough && states.iter().all(|state| state.is_in)
        };
        self.wait("edits are acknowledged", blown).await;
    }

    /// Waits until so many more requests were refused since they can't be stored now.
    pub async fn until_unavailable(&self, more: u64) {
        let enough = self.unavailable() + more;
        let refused = |states: &Vec<State>| states.iter().map(|state| state.unavailable).sum::<u64>() >= enough;
        self.wait("requests are refused for want of room", refused).await;
    }

    /// Waits until so many more are refused, or everybody is told that nothing can be stored for now.
    pub async fn until_troubled(&self, more: u64) {
        let enough = self.unavailable() + more;
        let troubled = |states: &Vec<State>| {
            states.iter().map(|state| state.unavailable).sum::<u64>() >= enough
                || states.iter().all(|state| state.is_paused)
        };
        self.wait("people hear that nothing can be stored", troubled).await;
    }

    fn unavailable(&self) -> u64 {
        self.states.borrow().iter().map(|state| state.unavailable).sum()
    }

    async fn wait(&self, what: &str, is_so: impl FnMut(&Vec<State>) -> bool) {
        let mut states = self.states.subscribe();
        let waited = timeout(DEADLINE, states.wait_for(is_so)).await.map(|found| found.is_ok());
        assert_eq!(waited, Ok(true), "{what} in time; {:?}", self.states.borrow());
    }

    /// Everybody stops, waits for their answers, and goes: half of them say so, the others are just gone. Afterwards
    /// somebody else waits until nothing is left of them.
    pub async fn calm(self) -> Vec<Record> {
        self.phase.send_replace(Phase::Calm);
        self.wait("everything is answered", |states| states.iter().all(|state| state.is_settled)).await;
        self.phase.send_replace(Phase::Over);
        for each in self.people {
            timeout(DEADLINE, each).await.expect("they go in time").expect("they hold on");
        }
        let window = self.states.borrow().len();
        let mut last = Person::new(window, &self.notes, self.limits);
        let address = self.addresses.borrow()[0].clone();
        let alone = async {
            let mut tick = interval(PAUSE);
            loop {
                if last.is_in() && last.session.people().count() == 1 && last.session.locks().next().is_none() {
                    return last.end();
                }
                tokio::select! {
                    frame = last.frame() => last.take(frame),
                    _ = tick.tick() => last.give_up_if_overdue(),
                }
                if !last.is_connected() {
                    last.connect(&address).await;
                }
                last.flush().await;
            }
        };
        timeout(DEADLINE, alone).await.expect("nobody who is gone is there, or holds anything, for ever");
        self.notes.records()
    }
}

/// Works until it is over.
async fn work(
    mut person: Person,
    addresses: watch::Receiver<Vec<Address>>,
    phase: watch::Receiver<Phase>,
    states: watch::Sender<Vec<State>>,
) -> Person {
    let mut tick = interval(PAUSE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut tries = person.window;
    loop {
        let now = *phase.borrow();
        tokio::select! {
            frame = person.frame() => person.take(frame),
            _ = tick.tick() => {
                person.give_up_if_overdue();
                if !person.is_connected() {
                    let address = {
                        let all = addresses.borrow();
                        all[tries % all.len()].clone()
                    };
                    tries += 1;
                    person.connect(&address).await;
                } else if now == Phase::Blowing {
                    person.act();
                }
            }
        }
        person.flush().await;
        let is_settled = now != Phase::Blowing && person.is_in() && person.session.waiting() == 0;
        let state = State {
            stored: person.stored,
            unavailable: person.unavailable,
            is_in: person.is_in(),
            is_paused: person.session.saving_paused().is_some(),
            is_settled,
        };
        states.send_modify(|states| states[person.window] = state);
        if now == Phase::Over && is_settled {
            person.end();
            if person.window.is_multiple_of(2) {
                person.session.leave();
                person.flush().await;
            }
            return person;
        }
    }
}

/// The history fits the log, and enough happened in it.
pub fn judge(records: &[Record], log: &Log, limits: &Limits, servers: usize) -> Summary {
    match check(records, log, limits, servers) {
        Ok(summary) => summary,
        Err(error) => panic!("{error}; {} records, {} entries", records.len(), log.entries.len()),
    }
}
