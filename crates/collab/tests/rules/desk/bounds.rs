//! What is too large, and what is too much at a time.

use super::*;

#[test]
fn what_is_too_large_to_be_told_is_refused_alone() {
    let limits = Limits { message_bytes_max: 20_000, bulk_bytes_max: 0, ..Limits::default() };
    let mut office = Office::new(limits);
    let ana = office.come_in(ANA);
    office.come_in(BEN);
    // To take a lot away is a short request; to bring it back is a long entry.
    let first = ana.ids[0].first.0;
    for n in 0..2 {
        let seen = office.desk.room().position().seq;
        let new = Op::New((first + 40 * n..first + 40 * (n + 1)).map(line).collect());
        office.ask(ANA, 1 + n, Request::Edit { op: new, seen, under: Vec::new() });
        office.stored();
    }
    let seen = office.desk.room().position().seq;
    let remove = Op::Remove((first..first + 80).map(RecordId).collect());
    office.ask(ANA, 3, Request::Edit { op: remove, seen, under: Vec::new() });
    office.stored();
    let removed = office.desk.room().position().seq;
    office.lock(ANA, 4, &[10]);
    office.take();
    office.ask(ANA, 5, Request::Undo { entries: vec![removed] });
    office.lock(BEN, 1, &[11]);
    office.stored();
    let words: Vec<_> = office.take().into_iter().filter(|word| word.contains("answer")).collect();
    assert_eq!(words, ["1 answer 4: stored 7", "1 answer 5: over message_bytes_max", "2 answer 1: stored 8"]);
    assert_eq!(office.desk.room().undoable(ana.session).0.last(), Some(&removed));
}

#[test]
fn what_is_asked_again_before_its_answer_is_one_request() {
    let mut office = Office::new(Limits { in_flight_max: 2, ..Limits::default() });
    office.come_in(ANA);
    office.take();
    // While the first is being stored, the second comes twice, and one that is too many.
    office.lock(ANA, 1, &[10]);
    office.lock(ANA, 2, &[11]);
    office.lock(ANA, 2, &[11]);
    office.lock(ANA, 3, &[12]);
    office.stored();
    let words: Vec<_> = office.take().into_iter().filter(|word| word.contains("answer")).collect();
    assert_eq!(words, ["1 answer 3: over in_flight_max", "1 answer 1: stored 3", "1 answer 2: stored 4"]);
}

#[test]
fn those_who_come_and_go_while_nothing_can_be_stored_leave_nothing_behind() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    office.lock(ANA, 1, &[10]);
    for n in 0..2_000 {
        office.hello(ConnId(10 + n), None);
        assert_eq!(office.desk.overgrown(), None, "after {n}");
        office.give(Input::Closed { conn: ConnId(10 + n) });
    }
    assert_eq!(office.desk.overgrown(), None);
    office.stored();
    assert_eq!(office.desk.room().shared().members.len(), 1);
}

#[test]
fn what_is_told_by_one_message_is_bounded() {
    let mut office = Office::new(Limits::default());
    office.come_in(ANA);
    let first = office.welcome(ANA).expect("a welcome").ids[0].first.0;
    office.lock(ANA, 1, &[10]);
    // While that is stored, six edits of a megabyte each wait.
    let name = "x".repeat(1 << 20);
    for n in 0..6 {
        let Record::Layer(mut layer) = layer(first + n) else { unreachable!("it is a layer") };
        layer.name = format!("{n}{name}");
        let op = Op::New(vec![Record::Layer(layer)]);
        office.ask(ANA, 2 + n, Request::Edit { op, seen: Seq(2), under: Vec::new() });
    }
    office.stored();
    let most = |message: &ServerMessage| Encoding::MessagePack.encode(message).expect("it is written").len();
    let largest = office.sent.iter().map(|(_, message)| most(message)).max();
    assert!(largest.is_some_and(|bytes| bytes > 1 << 20 && bytes < 5 << 20), "{largest:?}");
    assert_eq!(office.take().iter().filter(|word| word.contains("answer")).count(), 7);
}

#[test]
fn what_waits_is_bounded_in_bytes_for_one_and_for_all() {
    const HEAVY: usize = 50 << 20;
    let mut office = Office::new(Limits::default());
    (1..=8).for_each(|n| drop(office.come_in(ConnId(n))));
    office.lock(ANA, 1, &[10]);
    office.take();
    // While that is stored: each may have one such request waiting, and not all of them.
    let mut ask = |conn: u64, n: u64| {
        let (client_seq, floor) = (ClientSeq(Seq(n)), ClientSeq(Seq(0)));
        let message = ClientMessage::Ask { client_seq, floor, request: Request::Lock { ids: ids(&[11]), wait: false } };
        office.give(Input::Message { conn: ConnId(conn), message, bytes: HEAVY });
        office.take()
    };
    assert_eq!(ask(2, 1), Vec::<String>::new());
    assert_eq!(ask(2, 2), ["2 answer 2: unavailable"]);
    let refused: Vec<_> = (3..=8).flat_map(|conn| ask(conn, 1)).collect();
    assert_eq!(refused, ["7 answer 1: unavailable", "8 answer 1: unavailable"]);
    office.stored();
    office.take();
    // It was decided, and waits no more.
    let (client_seq, floor) = (ClientSeq(Seq(3)), ClientSeq(Seq(0)));
    let message = ClientMessage::Ask { client_seq, floor, request: Request::Lock { ids: ids(&[12]), wait: false } };
    office.give(Input::Message { conn: BEN, message, bytes: HEAVY });
    office.stored();
    assert!(office.take().iter().any(|word| word.starts_with("2 answer 3: stored")));
}
