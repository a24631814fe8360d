//! What one server has of a store: entries, blobs, checkpoints.

use bytes::Bytes;
use collab::{AppendAnswer, NewPayload};
use oplog::LogReader;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_the_whole_log_in_one_file() {
    check(async |subject| {
        let store = &*subject.store;
        let folder = tempfile::tempdir().expect("a folder");
        let to = folder.path().join("copy.linework");
        let large = vec![7; 3 << 20];
        let mut head = start();
        for payloads in [&[&b"one"[..], b"two"][..], &[&large], &[b"", b"five"], &[&large, b"seven"]] {
            head = stored(store, head, payloads).await;
        }
        let blobs: Vec<Vec<u8>> = vec![Vec::new(), b"a file".to_vec(), (0..=255).cycle().take(2 << 20).collect()];
        for content in &blobs {
            store.put_blob(Bytes::from(content.clone())).await.expect("it is stored");
        }
        store.save_checkpoint(head, b"a state".to_vec()).await.expect("it is kept");
        store.set_title("Ground floor \u{b0}/\"\u{1f3e0}".into()).await.expect("it is written");
        store.backup(to.clone()).await.expect("it is copied");
        stored(store, head, &[b"later"]).await;

        let (copy, damage) = LogReader::open(&to).expect("it is a log");
        assert!(damage.is_none() && copy.verify().is_ok(), "{damage:?}");
        assert_eq!(copy.position(), head);
        assert_eq!(copy.meta("title").expect("it reads").as_deref(), Some("Ground floor \u{b0}/\"\u{1f3e0}"));
        let entries = copy.read_after(Seq(0), 100, 1 << 30).expect("it reads");
        let expect = [&b"one"[..], b"two", &large, b"", b"five", &large, b"seven"];
        assert!(entries.iter().map(|entry| entry.payload.as_slice()).eq(expect));
        for entry in &entries {
            let notes = (entry.time_ms, entry.author.as_str(), entry.kind.as_str());
            assert_eq!(notes, (1_795_392_000_000, "Ana", "edited"));
        }
        for content in &blobs {
            assert!(copy.blob(&Hash::of(content)).expect("it reads").as_ref() == Some(content));
        }
        drop(copy);

        // What is there already is left alone, and nothing lies about.
        let before = std::fs::read(&to).expect("it is there");
        store.backup(to.clone()).await.expect_err("there is a file of that name");
        assert!(std::fs::read(&to).expect("it is there") == before);
        let files =
            std::fs::read_dir(folder.path()).expect("it is there").map(|file| file.expect("it reads").file_name());
        let files: Vec<_> = files.filter(|file| subject.kind() != "the model" || file == "copy.linework").collect();
        assert_eq!(files, ["copy.linework"]);
    })
    .await;
}
