//! Several people, one to three desks, a store and a network, all as values, with everything that can go wrong going
//! wrong by chance. Each seed is one run, the same every time.
//!
//! `LINEWORK_SEEDS` says how many seeds (800 if not given), `LINEWORK_SEED` runs one and prints its plan.

mod faults;
mod invariants;
mod person;
mod random;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use world::World;

/// Seeds of a run that nobody asked otherwise of.
const SEEDS: u64 = 800;
/// Lines of a failing run's plan that are printed, its last ones.
const PLAN_LINES: usize = 1200;

/// What is wrong with a run, if anything.
fn run(seed: u64, with_plan: bool) -> (Option<String>, Vec<String>) {
    let mut world = World::new(seed, with_plan);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        world.run()?;
        invariants::check(&world)
    }));
    let error = match outcome {
        Ok(result) => result.err(),
        Err(panic) => Some(panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "panicked".into())),
    };
    (error, world.plan.unwrap_or_default())
}

/// Runs a seed again and prints what happened.
fn explain(seed: u64) -> Option<String> {
    let (error, plan) = run(seed, true);
    let from = plan.len().saturating_sub(PLAN_LINES);
    plan[from..].iter().for_each(|line| eprintln!("{line}"));
    error.map(|error| format!("seed {seed}: {error}\nrun it alone with LINEWORK_SEED={seed}"))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
}

#[test]
fn all_replicas_agree_whatever_goes_wrong() {
    if let Some(seed) = number("LINEWORK_SEED") {
        assert_eq!(explain(seed), None);
        return;
    }
    let seeds = number("LINEWORK_SEEDS").unwrap_or(SEEDS);
    let (next, failed) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while failed.load(Ordering::Relaxed) == u64::MAX {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    if run(seed, false).0.is_some() {
                        failed.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    if failed != u64::MAX {
        panic!("{}", explain(failed).unwrap_or_else(|| format!("seed {failed} failed once, and not again")));
    }
}
