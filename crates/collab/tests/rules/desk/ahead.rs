//! What is decided while something else is being stored, and what becomes of it.

use super::*;

/// What the store says to a first append.
#[derive(Debug, Clone, Copy)]
enum Said {
    Stored,
    /// Nobody knows, and it is stored.
    UnknownButStored,
    /// None of it, and none of it will be.
    Failed,
    /// Another node was first.
    Behind,
}

#[test]
fn what_is_asked_meanwhile_is_decided_on_top_and_again_where_that_came_to_nothing() {
    for (said, next, first, rest) in [
        (Said::Stored, 2, "answer 1: stored 4", ["1 answer 2: stored 5", "2 answer 1: held", "2 answer 2: stored 6"]),
        (
            Said::UnknownButStored,
            2,
            "answer 1: stored 4",
            ["1 answer 2: stored 5", "2 answer 1: held", "2 answer 2: stored 6"],
        ),
        (
            Said::Failed,
            3,
            "answer 1: unavailable",
            ["1 answer 2: stored 4", "2 answer 1: stored 5", "2 answer 2: stored 6"],
        ),
        // All of it is decided again, together, behind what the other node stored.
        (Said::Behind, 3, "", ["1 answer 2: stored 6", "2 answer 1: held", "2 answer 2: stored 7"]),
    ] {
        let mut office = Office::new(Limits::default());
        office.come_in(ANA);
        let ben = office.come_in(BEN).session;
        office.lock(ANA, 1, &[10]);
        office.lock(ANA, 2, &[11]);
        office.lock(BEN, 1, &[10]);
        office.lock(BEN, 2, &[12]);
        office.take();
        let answers = |office: &mut Office| -> Vec<String> {
            office.take().into_iter().filter(|word| word.contains("answer")).collect()
        };
        match said {
            Said::Stored => {
                office.keep();
                office.give(Input::Appended(AppendAnswer::Stored(office.head)));
            }
            Said::UnknownButStored => {
                office.keep();
                office.give(Input::Appended(AppendAnswer::Unknown));
                // Nothing is told of what is in doubt, or rests on it.
                assert!(office.waiting.is_none() && answers(&mut office).is_empty());
                office.read();
            }
            Said::Failed => {
                office.waiting = None;
                office.give(Input::Appended(AppendAnswer::Failed("the disk is full")));
            }
            Said::Behind => {
                office.waiting = None;
                office.other_stores(office.now, Event::Locked { session: ben, ids: ids(&[13]) });
                office.give(Input::Appended(AppendAnswer::Behind(office.head)));
                office.read();
            }
        }
        let told = answers(&mut office);
        assert!(if first.is_empty() { told.is_empty() } else { told == [format!("1 {first}")] }, "{said:?} {told:?}");
        // It is appended at once: nobody has to wait for it to be decided.
        let waits = office.waiting.as_ref().map(|(_, payloads)| payloads.len());
        assert_eq!(waits, Some(next), "{said:?}");
        office.stored();
        let told = answers(&mut office);
        assert_eq!(told[told.len() - 3..], rest, "{said:?}");
    }
}

#[test]
fn one_who_hushes_hears_answers_only_until_they_want_everything_again() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    office.come_in(BEN);
    office.say(ANA, ClientMessage::Hush {});
    office.take();
    office.lock(ANA, 1, &[10]);
    office.lock(BEN, 1, &[11]);
    office.stored();
    let words = office.take();
    let of_ana: Vec<_> = words.iter().filter(|word| word.starts_with("1 ")).collect();
    assert_eq!(of_ana, ["1 answer 1: stored 4"], "{words:?}");
    assert_eq!(words.iter().filter(|word| word.starts_with("2 ") && word.contains("locked")).count(), 2, "{words:?}");
    office.say(ANA, ClientMessage::Refresh);
    office.lock(BEN, 2, &[12]);
    office.stored();
    let words = office.take();
    assert!(words.contains(&"1 welcome at 5".into()) && words.contains(&"1 6 locked".into()), "{words:?}");
}
