//! How far a save is: told by the thread that makes it, stopped from the window.

use std::sync::atomic::{AtomicU8, Ordering};

/// What a save is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Step {
    /// It waits for what the room has to give.
    Waits,
    /// It reads what the file was.
    Reads,
    /// It makes the bytes.
    Makes,
    /// It replaces the file: too late to stop it.
    Writes,
}

impl Step {
    /// What is said of it.
    pub fn words(self) -> &'static str {
        match self {
            Step::Waits => "waiting for the file it came from",
            Step::Reads => "reading the file it came from",
            Step::Makes => "making the file",
            Step::Writes => "writing the file",
        }
    }
}

/// Given up.
const STOPPED: u8 = u8::MAX;

/// How far a save is.
#[derive(Debug, Default)]
pub struct Course(AtomicU8);

impl Course {
    /// Goes on to a step; false where it was stopped before.
    pub fn enter(&self, step: Step) -> bool {
        let next = |now| (now != STOPPED).then_some(step as u8);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, next).is_ok()
    }

    /// Stops it; false where the file is being replaced already.
    pub fn stop(&self) -> bool {
        let next = |now| (now != Step::Writes as u8).then_some(STOPPED);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, next).is_ok()
    }

    /// What it is at; none once it was stopped.
    pub fn step(&self) -> Option<Step> {
        let all = [Step::Waits, Step::Reads, Step::Makes, Step::Writes];
        let now = self.0.load(Ordering::Acquire);
        all.into_iter().find(|step| *step as u8 == now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_save_is_stopped_before_it_writes_or_not_at_all() {
        for (at, stops) in [(Step::Waits, true), (Step::Reads, true), (Step::Makes, true), (Step::Writes, false)] {
            let course = Course::default();
            assert!(course.enter(at));
            assert_eq!(course.stop(), stops, "{at:?}");
            assert_eq!(course.enter(Step::Writes), !stops, "{at:?}");
            assert_eq!(course.step(), (!stops).then_some(Step::Writes));
        }
    }
}
