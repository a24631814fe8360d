//! What one server has of a store: entries, blobs, checkpoints.

use bytes::Bytes;
use collab::{AppendAnswer, NewPayload};
use protocol::{Hash, LogId, Position, Seq};
use server::store::Store;

use crate::check;
use crate::subjects::LOG;

fn new(payload: impl Into<Vec<u8>>) -> NewPayload {
    NewPayload { payload: payload.into(), time_ms: 1_795_392_000_000, author: "Ana".into(), kind: "edited" }
}

fn start() -> Position {
    Position::start(LOG)
}

/// Appends what must be stored; the head after it.
async fn stored(store: &dyn Store, after: Position, payloads: &[&[u8]]) -> Position {
    let expect = payloads.iter().fold(after, |head, payload| head.after(payload));
    let answer = store.append(after, payloads.iter().map(|each| new(*each)).collect()).await;
    assert_eq!(answer, AppendAnswer::Stored(expect));
    expect
}

/// All payloads, read in stretches of so many bytes; places and hashes are checked on the way.
async fn read_all(store: &dyn Store, bytes_max: usize) -> Vec<Vec<u8>> {
    let (mut at, mut payloads) = (start(), Vec::new());
    loop {
        let stretch = store.read_after(at.seq, bytes_max).await.expect("it reads");
        if stretch.entries.is_empty() {
            assert_eq!(stretch.head, at, "the head is where the entries end");
            return payloads;
        }
        let bytes: usize = stretch.entries.iter().map(|each| each.payload.len()).sum();
        assert!(bytes <= bytes_max || stretch.entries.len() == 1, "{bytes} of {bytes_max} bytes");
        for entry in stretch.entries {
            at = at.after(&entry.payload);
            assert_eq!((entry.seq, entry.hash), (at.seq, at.head), "dense and chained");
            payloads.push(entry.payload);
        }
        assert!(stretch.head.seq >= at.seq);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_compares_the_whole_position() {
    check(async |subject| {
        let store = &*subject.store;
        let one = stored(store, start(), &[b"one"]).await;
        let two = stored(store, one, &[b"two", b"three"]).await;
        for wrong in [
            start(),
            one,
            Position { log: LogId([1; 16]), ..two },
            Position { seq: Seq(2), ..two },
            Position { seq: Seq(4), ..two },
            Position { head: Hash([1; 32]), ..two },
            Position { head: one.head, ..two },
        ] {
            assert_eq!(store.append(wrong, vec![new("four")]).await, AppendAnswer::Behind(two), "{wrong:?}");
        }
        let three = stored(store, two, &[b"four"]).await;
        assert_eq!(three.seq, Seq(4));
        assert_eq!(read_all(store, 1 << 20).await, [b"one".to_vec(), b"two".into(), b"three".into(), b"four".into()]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_appends_at_one_place_one_is_stored() {
    check(async |subject| {
        let store = &*subject.store;
        let mut head = start();
        for round in 0..20u8 {
            let (left, right) =
                tokio::join!(store.append(head, vec![new([round, 1])]), store.append(head, vec![new([round, 2])]));
            let (won, lost) = if matches!(left, AppendAnswer::Stored(_)) { (left, right) } else { (right, left) };
            let AppendAnswer::Stored(after) = won else { panic!("nobody won: {left:?} {right:?}") };
            assert_eq!(lost, AppendAnswer::Behind(after));
            // The very same again, as one does who doesn't know what became of it.
            assert_eq!(store.append(head, vec![new([round, 1])]).await, AppendAnswer::Behind(after));
            head = after;
        }
        assert_eq!(read_all(store, 1 << 20).await.len(), 20);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_bounded_and_as_it_was_stored() {
    check(async |subject| {
        let store = &*subject.store;
        let every_byte: Vec<u8> = (0..=255).cycle().take(70_000).collect();
        let payloads: Vec<Vec<u8>> = (0..40).map(|n| every_byte[..n * 1_700].to_vec()).collect();
        let mut head = start();
        for some in payloads.chunks(7) {
            head = stored(store, head, &some.iter().map(Vec::as_slice).collect::<Vec<_>>()).await;
        }
        for bytes_max in [0, 1, 1_700, 100_000, 1 << 30] {
            assert_eq!(read_all(store, bytes_max).await, payloads, "{bytes_max}");
        }
        let beyond = store.read_after(Seq(1_000), 1 << 20).await.expect("it reads");
        assert!(beyond.entries.is_empty() && beyond.head == head);
        let large = vec![7; 5 << 20];
        stored(store, head, &[&large, b"after it"]).await;
        assert_eq!(read_all(store, 1 << 20).await.len(), payloads.len() + 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_entries_come_in_stretches() {
    check(async |subject| {
        let store = &*subject.store;
        let mut head = start();
        for _ in 0..40 {
            head = stored(store, head, &[&b"small"[..]; 256]).await;
        }
        assert_eq!(read_all(store, 1 << 20).await.len(), 40 * 256);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_are_found_by_their_hash() {
    check(async |subject| {
        let store = &*subject.store;
        for content in [Vec::new(), b"one".to_vec(), (0..=255).cycle().take(3 << 20).collect()] {
            assert_eq!(store.blob(Hash::of(&content)).await.expect("it looks"), None);
            for _ in 0..2 {
                let hash = store.put_blob(Bytes::from(content.clone())).await.expect("it is stored");
                assert_eq!(hash, Hash::of(&content));
                let found = store.blob(hash).await.expect("it looks").expect("it is there");
                assert!(found == content);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_newest_state_of_its_own_history_is_given_back() {
    check(async |subject| {
        let store = &*subject.store;
        let latest = async || store.latest_checkpoint().await.expect("it looks");
        assert_eq!(latest().await, None);
        let one = stored(store, start(), &[b"one"]).await;
        let two = stored(store, one, &[b"two"]).await;
        let other = Position { log: LogId([1; 16]), ..two };
        let branch = one.after(b"another two");
        let future = two.after(b"three");
        // Whether one of another history is refused or only never given back is the store's own affair.
        for stranger in [other, branch, future] {
            let _ = store.save_checkpoint(stranger, b"strange".to_vec()).await;
            assert_eq!(latest().await, None, "{stranger:?}");
        }
        for (at, state, expect) in [
            (one, "at one", "at one"),
            (two, "at two", "at two"),
            (one, "late at one", "at two"),
            (two, "at two", "at two"),
        ] {
            store.save_checkpoint(at, state.into()).await.expect("it is kept");
            assert_eq!(latest().await.as_deref(), Some(expect.as_bytes()));
        }
        let _ = store.save_checkpoint(branch, b"strange".to_vec()).await;
        assert_eq!(latest().await.as_deref(), Some(&b"at two"[..]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_it_outlives_the_store() {
    check(async |subject| {
        assert_eq!(subject.store.durability(), subject.durability());
        let mut head = start();
        let content = Bytes::from_static(b"a file");
        for round in 1..=3 {
            let store = &*subject.store;
            head = stored(store, head, &[b"one", b"two"]).await;
            let hash = store.put_blob(content.clone()).await.expect("it is stored");
            let state = format!("state {round}").into_bytes();
            store.save_checkpoint(head, state.clone()).await.expect("it is kept");
            subject.reopen().await;
            let store = &*subject.store;
            assert_eq!(read_all(store, 1 << 20).await.len(), 2 * round);
            assert_eq!(store.blob(hash).await.expect("it looks"), Some(content.clone()));
            assert_eq!(store.latest_checkpoint().await.expect("it looks"), Some(state));
        }
    })
    .await;
}
