//! What several servers have of one store: who is connected where, what people show, and that somebody appended.

use std::sync::Arc;

use collab::{AppendAnswer, NewPayload};
use drawing::Point;
use protocol::{Position, Presence, Seq, SessionId};
use server::store::{Neighbours, Signal, Store};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::check;
use crate::subjects::{DEADLINE, LOG, Subject};

/// The same log at two nodes; none if only one can have it.
async fn two(subject: &Subject) -> Option<[Arc<dyn Store>; 2]> {
    let other = subject.another().await;
    assert_eq!(other.is_some(), subject.store.neighbours().is_some(), "who can be shared says so");
    Some([subject.store.clone(), other?])
}

fn neighbours(store: &dyn Store) -> Arc<dyn Neighbours> {
    store.neighbours().expect("it is shared")
}

/// Listens until something of interest is said.
async fn until<T>(signals: &mut mpsc::Receiver<Signal>, interesting: impl Fn(Signal) -> Option<T>) -> T {
    loop {
        let signal = timeout(DEADLINE, signals.recv()).await.expect("it is said in time").expect("it listens");
        if let Some(found) = interesting(signal) {
            return found;
        }
    }
}

fn sessions(of: &[u64]) -> Vec<SessionId> {
    of.iter().map(|seq| SessionId(Seq(*seq))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_see_who_is_at_the_others() {
    check(async |subject| {
        let Some([left, right]) = two(subject).await else { return };
        let [left, right] = [neighbours(&*left), neighbours(&*right)];
        // Who says they are here, and who is then elsewhere as the other sees it.
        for (at_left, at_right, seen_by_left, seen_by_right) in [
            (&[][..], &[][..], &[][..], &[][..]),
            (&[2, 30], &[], &[], &[2, 30]),
            (&[2, 30], &[4], &[4], &[2, 30]),
            // One who moves over may be at both for a while.
            (&[2, 30], &[4, 30], &[4, 30], &[2, 30]),
            (&[2], &[4, 30], &[4, 30], &[2]),
            (&[], &[4, 30], &[4, 30], &[]),
        ] {
            left.attend(sessions(at_left)).await.expect("it is heard");
            let by_right = right.attend(sessions(at_right)).await.expect("it is heard");
            let by_left = left.attend(sessions(at_left)).await.expect("it is heard");
            assert_eq!(by_right.elsewhere, sessions(seen_by_right), "{at_left:?} {at_right:?}");
            assert_eq!(by_left.elsewhere, sessions(seen_by_left), "{at_left:?} {at_right:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listens_hears_of_appends_and_of_who_comes_and_what_they_show() {
    check(async |subject| {
        let Some([left, right]) = two(subject).await else { return };
        let mut signals = neighbours(&*right).listen();
        // Now it listens: what is said from here on is heard.
        until(&mut signals, |signal| (signal == Signal::Stirred).then_some(())).await;

        let start = Position::start(LOG);
        let payload = NewPayload { payload: b"one".to_vec(), time_ms: 0, author: "Ana".into(), kind: "edited" };
        let AppendAnswer::Stored(head) = left.append(start, vec![payload]).await else { panic!("it is stored") };
        let heard = until(&mut signals, |signal| if let Signal::Head(head) = signal { Some(head) } else { None });
        assert_eq!(heard.await, head);
        let seen = neighbours(&*right).attend(Vec::new()).await.expect("it is heard");
        assert_eq!(seen.head, head);

        neighbours(&*left).attend(sessions(&[2])).await.expect("it is heard");
        until(&mut signals, |signal| (signal == Signal::Stirred).then_some(())).await;

        let presence = Presence { cursor: Some(Point::new(1.5, -2.0)), ..Presence::default() };
        let latest = vec![(SessionId(Seq(2)), presence)];
        neighbours(&*left).show(latest.clone());
        let shown = until(&mut signals, |signal| if let Signal::Shown(latest) = signal { Some(latest) } else { None });
        assert_eq!(shown.await, latest);
    })
    .await;
}
