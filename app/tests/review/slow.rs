//! What is asked of a log while it is still being read.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use app::review::{LogFile, Review};
use collab::Source;
use drawing::RecordId;
use protocol::{Hash, LogId, Position, Seq, Told};

use crate::recorded;

/// A log whose entries are read once the test says so.
struct Slow {
    log: LogFile,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Source for Slow {
    fn log(&self) -> LogId {
        self.log.log()
    }

    fn head(&self) -> Seq {
        self.log.head()
    }

    fn read_after(&mut self, after: Seq, upto: Seq) -> Result<Vec<Told>, String> {
        let open = self.gate.0.lock().map_err(|error| error.to_string())?;
        let open = self.gate.1.wait_while(open, |open| !*open).map_err(|error| error.to_string())?;
        drop(open);
        self.log.read_after(after, upto)
    }

    fn blob(&mut self, hash: Hash) -> Result<Option<Vec<u8>>, String> {
        self.log.blob(hash)
    }

    fn checkpoint(&mut self, at_or_before: Seq) -> Result<Option<(Position, Vec<u8>)>, String> {
        self.log.checkpoint(at_or_before)
    }
}

#[test]
fn a_life_that_is_asked_for_early_says_so_and_is_told_in_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cafe.linework");
    recorded::cafe(&path, true);
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let slow = Slow { log: LogFile::open(&path).expect("the log opens"), gate: gate.clone() };
    let told = Arc::new((Mutex::new(0u64), Condvar::new()));
    let theirs = told.clone();
    let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
        *theirs.0.lock().expect("nobody panicked with it") += 1;
        theirs.1.notify_all();
    });
    let mut review = Review::begin(Box::new(slow), None, wake).expect("there is a thread");
    let until = Instant::now() + Duration::from_secs(30);
    let mut heard = 0;
    // Takes in what is told, waiting for it.
    let mut receive = |review: &mut Review| {
        let count = told.0.lock().expect("nobody panicked with it");
        let left = until.checked_duration_since(Instant::now()).expect("it is told in time");
        let (count, _) = told.1.wait_timeout_while(count, left, |count| *count <= heard).expect("nobody panicked");
        heard = *count;
        drop(count);
        review.receive();
    };
    // The end is there from the checkpoint, and no entry was read.
    while review.drawing.is_none() {
        receive(&mut review);
    }
    assert!(review.lines.is_empty() && !review.all_read);
    let drawing = review.drawing.clone().expect("the end is there");
    let red = drawing
        .entities()
        .find(|entity| entity.style.color == drawing::Color::Index(1))
        .expect("a red chair, which Ana moved");
    review.ask_life(Some(RecordId(red.id.0)));
    *gate.0.lock().expect("nobody panicked with it") = true;
    gate.1.notify_all();
    let mut so_far = false;
    loop {
        receive(&mut review);
        match &review.life {
            Some((_, Some(Ok(life)))) if life.so_far => so_far = true,
            Some((_, Some(Ok(life)))) => {
                assert!(so_far, "first it was said that this is not all");
                assert!(life.steps.iter().any(|step| step.what.starts_with("moved by 200")), "{life:?}");
                break;
            }
            Some((_, Some(Err(why)))) => panic!("{why}"),
            _ => {}
        }
    }
    assert!(review.all_read);
}
