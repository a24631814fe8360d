//! Chances: each is drawn by itself, from the seed, what it is of, whose, and the how manyeth of those it is. So leaving
//! one out changes nothing of the others, and a run that fails can be cut down to the few steps that it fails by.

use std::collections::{BTreeMap, BTreeSet};

use crate::random::Random;

/// Everything that can be left out of a run: what people do, and what goes wrong.
const KINDS: &[&str] = &[
    "act",
    "clock",
    "crash",
    "cut",
    "cut-off",
    "fail",
    "held",
    "intruder",
    "overflow",
    "power",
    "read-fail",
    "ruling",
    "second",
    "slow",
    "stop",
    "twice",
    "unheard",
    "unknown",
];

/// Something that came to pass in a run, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// What, one of [`KINDS`].
    kind: &'static str,
    /// Whose: a person's or a node's number.
    of: u64,
    /// The how manyeth chance of that it was.
    nth: u64,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.of, self.nth)
    }
}

/// A run: its seed, and the steps that it is cut down to; all of them where there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    pub only: Option<BTreeSet<Step>>,
}

impl Plan {
    /// The whole run of a seed.
    pub fn whole(seed: u64) -> Plan {
        Plan { seed, only: None }
    }

    /// Reads what [`Plan`] is printed as: `SEED` or `SEED: STEP STEP ...`.
    pub fn parse(text: &str) -> Option<Plan> {
        let (seed, steps) = match text.split_once(':') {
            None => (text, None),
            Some((seed, steps)) => (seed, Some(steps)),
        };
        let seed = seed.trim().parse().ok()?;
        let step = |text: &str| {
            let mut parts = text.split('/');
            let kind = parts.next()?;
            let kind = KINDS.iter().find(|known| **known == kind)?;
            let (of, nth) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            Some(Step { kind, of, nth })
        };
        let only = steps.map(|steps| steps.split_whitespace().map(step).collect::<Option<_>>());
        match only {
            None => Some(Plan::whole(seed)),
            Some(only) => Some(Plan { seed, only: Some(only?) }),
        }
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.seed)?;
        let Some(only) = &self.only else { return Ok(()) };
        write!(f, ":")?;
        only.iter().try_for_each(|step| write!(f, " {step}"))
    }
}

/// Where a run's chances come from.
#[derive(Debug)]
pub struct Chances {
    plan: Plan,
    counts: BTreeMap<(&'static str, u64), u64>,
    taken: Vec<Step>,
}

impl Chances {
    pub fn new(plan: &Plan) -> Chances {
        Chances { plan: plan.clone(), counts: BTreeMap::new(), taken: Vec::new() }
    }

    /// Numbers for something that always comes to pass.
    pub fn draw(&mut self, kind: &'static str, of: u64) -> Random {
        self.next(kind, of).1
    }

    /// Whether something comes to pass, so many times in a thousand, and numbers for it if so.
    pub fn step(&mut self, kind: &'static str, of: u64, permille: u64) -> Option<Random> {
        debug_assert!(KINDS.contains(&kind), "{kind} can be left out");
        let (nth, mut random) = self.next(kind, of);
        let step = Step { kind, of, nth };
        let comes = random.permille(permille) && self.plan.only.as_ref().is_none_or(|only| only.contains(&step));
        comes.then(|| {
            self.taken.push(step);
            random
        })
    }

    /// What came to pass, in order.
    pub fn taken(&self) -> &[Step] {
        &self.taken
    }

    fn next(&mut self, kind: &'static str, of: u64) -> (u64, Random) {
        let count = self.counts.entry((kind, of)).or_default();
        *count += 1;
        // FNV-1a over the name: near numbers give far ones.
        let mut mixed = 0xcbf2_9ce4_8422_2325_u64;
        let numbers = [self.plan.seed, of, *count];
        for byte in kind.bytes().chain(numbers.iter().flat_map(|number| number.to_le_bytes())) {
            mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        (*count, Random::new(mixed))
    }
}

/// The smallest plan that was found to fail still: chunks of steps are left out as long as it does, large ones first.
/// `fails` runs a plan, at most `tries` times.
pub fn smallest(plan: Plan, taken: &[Step], tries: usize, mut fails: impl FnMut(&Plan) -> bool) -> Plan {
    let seed = plan.seed;
    let of = |steps: &[Step]| Plan { seed, only: Some(steps.iter().copied().collect()) };
    let (mut left, mut steps) = (tries, taken.to_vec());
    if !fails(&of(&steps)) {
        return plan;
    }
    let mut chunk = steps.len().div_ceil(2).max(1);
    loop {
        let (mut from, mut shrunk) = (0, false);
        while from < steps.len() {
            if left == 0 {
                return of(&steps);
            }
            left -= 1;
            let upto = steps.len().min(from + chunk);
            let rest: Vec<Step> = steps[..from].iter().chain(&steps[upto..]).copied().collect();
            if fails(&of(&rest)) {
                (steps, shrunk) = (rest, true);
            } else {
                from = upto;
            }
        }
        if chunk == 1 && !shrunk {
            return of(&steps);
        }
        chunk = (chunk / 2).max(1);
    }
}

#[test]
fn a_plan_is_read_as_it_is_printed() {
    for text in ["7", "7:", "7: act/0/3 crash/1/12 cut-off/0/1"] {
        assert_eq!(Plan::parse(text).expect("a plan").to_string(), text);
    }
    for text in ["", "x", "7: act", "7: nap/0/1", "7: act/0/x"] {
        assert_eq!(Plan::parse(text), None, "{text}");
    }
}

#[test]
fn a_plan_is_cut_down_to_what_it_fails_by() {
    let mut chances = Chances::new(&Plan::whole(1));
    (0..100).for_each(|of| assert!(chances.step("act", of % 3, 1_000).is_some()));
    let taken = chances.taken().to_vec();
    for needed in [vec![], vec![17], vec![0, 99], vec![3, 4, 50, 98]] {
        let needed: BTreeSet<Step> = needed.into_iter().map(|at: usize| taken[at]).collect();
        let mut runs = 0;
        let found = smallest(Plan::whole(1), &taken, 1_000, |plan| {
            runs += 1;
            plan.only.as_ref().is_some_and(|only| needed.is_subset(only))
        });
        assert_eq!(found.only, Some(needed), "{runs} runs");
    }
}
