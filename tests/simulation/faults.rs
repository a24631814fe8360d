//! How much goes wrong in a run, and the bounds that everybody keeps to in it.

use protocol::Limits;

use crate::random::Random;

/// How a run goes wrong: chances in a thousand.
#[derive(Debug, Clone)]
pub struct Faults {
    pub crash: u64,
    pub cut: u64,
    pub hold_back: u64,
    pub unknown: u64,
    pub fail: u64,
    pub read_fail: u64,
    /// A node and the store can't reach each other for a while; at each tick.
    pub cut_off: u64,
    /// A signal between nodes is lost.
    pub unheard: u64,
    pub overflow: u64,
    /// A reader takes nothing in for a while.
    pub slow: u64,
    /// A request, or a signal between nodes, comes twice.
    pub twice: u64,
    pub intruders: u64,
    /// An owner says something of somebody; at each gesture.
    pub rulings: u64,
    /// A node's clocks jump; at each tick.
    pub clock: u64,
    /// A node's process is stopped for a while; at each tick.
    pub stop: u64,
    /// The machine goes dark, where server and store are on one; at each tick.
    pub power: u64,
    pub nodes: usize,
    pub people: usize,
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none(nodes: usize, people: usize) -> Faults {
        Faults {
            crash: 0,
            cut: 0,
            hold_back: 0,
            unknown: 0,
            fail: 0,
            read_fail: 0,
            cut_off: 0,
            unheard: 0,
            overflow: 0,
            slow: 0,
            twice: 0,
            intruders: 0,
            rulings: 0,
            clock: 0,
            stop: 0,
            power: 0,
            nodes,
            people,
        }
    }

    /// Whatever the seed says.
    pub fn drawn(random: &mut Random) -> Faults {
        let mut some = |most: u64| if random.permille(500) { random.between(1, most) } else { 0 };
        let (crash, cut, hold_back, unknown) = (some(6), some(80), some(60), some(150));
        let (fail, read_fail, overflow, intruders) = (some(80), some(200), some(20), some(10));
        let (cut_off, unheard) = (some(15), some(300));
        let (slow, twice, clock, stop, power) = (some(20), some(60), some(20), some(12), some(20));
        let nodes = if random.permille(450) { random.between(2, 3) as usize } else { 1 };
        let people = random.between(2, 4) as usize;
        let rulings = if random.permille(400) { random.between(20, 120) } else { 0 };
        Faults {
            crash,
            cut,
            hold_back,
            unknown,
            fail,
            read_fail,
            cut_off,
            unheard,
            overflow,
            slow,
            twice,
            intruders,
            rulings,
            clock,
            stop,
            power,
            nodes,
            people,
        }
    }
}

/// Bounds that make all clocks run out within a run.
pub fn limits() -> Limits {
    Limits {
        heartbeat_ms: 1_000,
        grace_ms: 4_500,
        lock_idle_ms: 6_000,
        override_countdown_ms: 2_000,
        waits_max: 3,
        in_flight_max: 8,
        ..Limits::default()
    }
}
