//! Several people, one to three desks, a store and a network, all as values, with everything that can go wrong going
//! wrong by chance. Each seed is one run, the same every time.
//!
//! `LINEWORK_SEEDS` says how many seeds (1,000 if not given, 20,000 with `LINEWORK_SOAK=1`). A seed that fails is cut down to
//! the smallest plan that does, and that is printed; `LINEWORK_PLAN` runs a plan, or a whole seed, alone.

mod chances;
mod faults;
mod invariants;
mod line;
mod person;
mod standing;
mod talk;
mod tally;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use chances::{Plan, Step, smallest};
use tally::Tally;
use tests::random;
use world::World;

/// Seeds of a run that nobody asked otherwise of.
const SEEDS: u64 = 1_000;
/// Seeds of a long run, which `LINEWORK_SOAK=1` asks for.
const SOAK_SEEDS: u64 = 20_000;
/// How often a run that fails is run again, to find the smallest plan that does.
const TRIES_MAX: usize = 4_000;

/// Runs too few to say whether enough happens in them.
const FEW: u64 = 300;

/// What came of a run.
struct Outcome {
    /// What is wrong with it, if anything.
    error: Option<String>,
    /// What happened, in words, if that was asked for.
    story: Vec<String>,
    /// What came to pass of what can be left out.
    steps: Vec<Step>,
    tally: Tally,
}

fn run(plan: &Plan, with_story: bool) -> Outcome {
    let mut world = World::new(plan, with_story);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        world.run()?;
        invariants::check(&mut world)
    }));
    let error = match outcome {
        Ok(result) => result.err(),
        Err(panic) => Some(panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "panicked".into())),
    };
    let steps = world.chances.taken().to_vec();
    Outcome { error, story: world.story.unwrap_or_default(), steps, tally: world.tally }
}

/// Cuts a plan that fails down to the smallest one that does, and prints what happens in that.
fn explain(plan: Plan) -> Option<String> {
    let Outcome { error: Some(first), steps, .. } = run(&plan, false) else { return None };
    let smallest = smallest(plan, &steps, TRIES_MAX, |plan| run(plan, false).error.is_some());
    let Outcome { error, story, .. } = run(&smallest, true);
    story.iter().for_each(|line| eprintln!("{line}"));
    let error = error.unwrap_or_else(|| "failed, and not again".into());
    Some(format!(
        "{first}\nand of {} steps only some are needed: {error}\nrun them alone with LINEWORK_PLAN='{smallest}'",
        steps.len()
    ))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
}

/// Seeds by which something was found once. What people do has changed since, and with it what a seed plays; the same
/// mistakes can be made on purpose by `tests/mutations` (`lapse-in-use`, `lapse-postponed`, `late-hello`).
#[test]
fn what_went_wrong_once_does_not_again() {
    for (plan, what) in [
        ("16", "a lock lapsed right after an edit under it"),
        ("9923", "a lock lapsed under which an edit was read while the write of its lapse failed"),
        ("2658", "when a session was carried on, a hello that came late could end that again"),
    ] {
        assert_eq!(run(&Plan::parse(plan).expect("a plan"), false).error, None, "{what}");
    }
}

#[test]
fn all_replicas_agree_whatever_goes_wrong() {
    if let Ok(plan) = std::env::var("LINEWORK_PLAN") {
        let plan = Plan::parse(&plan).unwrap_or_else(|| panic!("{plan:?} is no plan"));
        assert_eq!(explain(plan), None);
        return;
    }
    let soak = std::env::var_os("LINEWORK_SOAK").is_some();
    let seeds = number("LINEWORK_SEEDS").unwrap_or(if soak { SOAK_SEEDS } else { SEEDS });
    let (next, failed) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let tally = Mutex::new(Tally::default());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while failed.load(Ordering::Relaxed) == u64::MAX {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    let outcome = run(&Plan::whole(seed), false);
                    tally.lock().unwrap_or_else(PoisonError::into_inner).add(&outcome.tally);
                    if outcome.error.is_some() {
                        failed.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    if failed != u64::MAX {
        let why = explain(Plan::whole(failed)).unwrap_or_else(|| "it failed once, and not again".into());
        panic!("seed {failed}: {why}");
    }
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{seeds} runs: {tally:?}");
    if seeds >= FEW {
        assert_eq!(tally.lacking(seeds), Vec::<String>::new());
    }
}
