//! What became of a batch, where only the log can tell.

use super::*;

#[test]
fn entries_that_another_node_wrote_alike_are_not_taken_for_ones_own() {
    // Both nodes let the same session expire in the same millisecond; with that, here, goes somebody's lock.
    for (window, other_goes_on) in [(usize::MAX, true), (usize::MAX, false), (1, true), (1, false)] {
        let mut office = Office::new(Limits::default());
        let ben = office.come_in(BEN).session;
        office.give(Input::Closed { conn: BEN });
        office.come_in(ANA);
        office.beat(ANA, 25_000);
        office.pass(31_000 - office.now);
        // A lock waits while another is stored, so that both are decided together with the expiry.
        office.lock(ANA, 1, &[12]);
        office.tick(0);
        office.lock(ANA, 2, &[10]);
        office.take();
        office.keep();
        office.give(Input::Appended(AppendAnswer::Stored(office.head)));
        assert_eq!(office.waiting.take().map(|(_, payloads)| payloads.len()), Some(2));
        let gone = Event::Gone { session: ben, epoch: Epoch(0), why: Ended::Expired };
        office.other_stores(office.now, gone);
        if other_goes_on {
            let next = office.desk.room().ids_for_joining();
            office.other_stores(office.now, joined(next));
        }
        office.take();
        office.give(Input::Appended(AppendAnswer::Behind(office.head)));
        while office.others.iter().any(|effect| matches!(effect, Effect::Read { .. })) {
            office.read_some(window);
        }
        let before: Vec<_> = office.take().into_iter().filter(|word| word.contains("answer")).collect();
        assert!(before.is_empty(), "{before:?}");
        assert_eq!(office.waiting.as_ref().map(|(_, payloads)| payloads.len()), Some(1), "the lock is decided again");
        office.stored();
        let seq = if other_goes_on { 7 } else { 6 };
        assert_eq!(office.take(), [format!("1 {seq} locked"), format!("1 answer 2: stored {seq}")]);
    }
}

#[test]
fn a_batch_that_is_in_the_log_is_found_however_little_is_read_at_a_time() {
    for window in [1, 2, usize::MAX] {
        let mut office = Office::new(Limits::default());
        office.come_in(ANA);
        office.lock(ANA, 1, &[10]);
        (2..5).for_each(|n| office.lock(ANA, n, &[9 + n]));
        office.keep();
        office.give(Input::Appended(AppendAnswer::Stored(office.head)));
        office.keep();
        office.take();
        office.give(Input::Appended(AppendAnswer::Unknown));
        while office.others.iter().any(|effect| matches!(effect, Effect::Read { .. })) {
            office.read_some(window);
        }
        let told = office.take();
        let locked = told.iter().flat_map(|word| word.matches("locked")).count();
        let answers: Vec<_> = told.iter().filter(|word| word.contains("answer")).collect();
        assert_eq!((locked, answers.len(), office.waiting.is_none()), (3, 3, true), "{told:?}");
    }
}

#[test]
fn a_word_of_another_node_during_doubt_starts_no_read_beside_the_append() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    office.lock(ANA, 1, &[10]);
    let same = office.waiting.take();
    office.give(Input::Appended(AppendAnswer::Unknown));
    // A word of more than there is, while the log is being read.
    office.give(Input::Woken { head: office.head.after(b"more") });
    office.read();
    assert_eq!(office.waiting, same, "it is appended again");
    assert!(!office.others.iter().any(|effect| matches!(effect, Effect::Read { .. })), "and nothing is read beside it");
    office.stored();
    assert!(office.desk.broken().is_none() && office.take().contains(&"1 answer 1: stored 3".into()));
}
