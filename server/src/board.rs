//! The board: what one who watches the server reads. Drawings put up what goes on in them, each at its own pace and only
//! while somebody watches; whoever watches reads what is newer than what they read before.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::{DrawingFacts, LiveFacts};
use tokio::sync::watch;

use crate::Listing;

/// How new something on the board is: each change counts one up.
pub(crate) type Version = u64;

/// What goes on in every drawing of a host.
#[derive(Debug)]
pub(crate) struct Board {
    state: Mutex<State>,
    version: watch::Sender<Version>,
    /// How many watch.
    watchers: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    posts: BTreeMap<String, Post>,
    /// Names by the version of their posts, so that reading what is new costs what is new.
    order: BTreeMap<Version, String>,
    latest: Version,
}

#[derive(Debug)]
struct Post {
    version: Version,
    title: String,
    archived: bool,
    live: Arc<LiveFacts>,
}

/// Somebody watches as long as this lives.
#[derive(Debug)]
pub(crate) struct Watching {
    board: Arc<Board>,
    pub changed: watch::Receiver<Version>,
}

impl Board {
    pub(crate) fn new() -> Board {
        Board { state: Mutex::default(), version: watch::Sender::new(0), watchers: watch::Sender::new(0) }
    }

    /// Tells those who put something up whether anybody watches.
    pub(crate) fn watchers(&self) -> watch::Receiver<usize> {
        self.watchers.subscribe()
    }

    /// Puts up what the shelf says of a drawing.
    pub(crate) fn put_listing(&self, listing: &Listing) {
        let mut state = self.lock();
        let live = state.posts.get(&listing.name).map_or_else(Arc::default, |post| post.live.clone());
        let Listing { title, archived, .. } = listing.clone();
        self.put(&mut state, &listing.name, title, archived, live);
    }

    /// Puts up what goes on in a drawing.
    pub(crate) fn put_live(&self, name: &str, live: LiveFacts) {
        let mut state = self.lock();
        let known = state.posts.get(name).map(|post| (post.title.clone(), post.archived));
        // One that is just being added is put up with its listing in a moment.
        let (title, archived) = known.unwrap_or_else(|| (name.to_owned(), false));
        self.put(&mut state, name, title, archived, Arc::new(live));
    }

    /// A drawing was closed: nobody is in it and nothing is held.
    pub(crate) fn close(&self, name: &str) {
        let mut state = self.lock();
        let Some((title, archived, live)) =
            state.posts.get(name).map(|post| (post.title.clone(), post.archived, post.live.clone()))
        else {
            return;
        };
        let closed = LiveFacts {
            open: false,
            people: Vec::new(),
            locks: Vec::new(),
            locks_more: 0,
            ..Arc::unwrap_or_clone(live)
        };
        self.put(&mut state, name, title, archived, Arc::new(closed));
    }

    fn put(&self, state: &mut State, name: &str, title: String, archived: bool, live: Arc<LiveFacts>) {
        state.latest += 1;
        let version = state.latest;
        let before = state.posts.insert(name.to_owned(), Post { version, title, archived, live });
        if let Some(before) = before {
            state.order.remove(&before.version);
        }
        state.order.insert(version, name.to_owned());
        self.version.send_replace(version);
    }

    /// What is newer than `seen`, whole, and how new that is.
    pub(crate) fn since(&self, seen: Version) -> (Vec<DrawingFacts>, Version) {
        let state = self.lock();
        let newer = state.order.range(seen + 1..).filter_map(|(_, name)| {
            let Post { title, archived, live, .. } = state.posts.get(name)?;
            let live = LiveFacts::clone(live);
            Some(DrawingFacts { name: name.clone(), title: title.clone(), archived: *archived, live })
        });
        (newer.collect(), state.latest)
    }

    /// Somebody begins to watch.
    pub(crate) fn watch(self: &Arc<Board>) -> Watching {
        let changed = self.version.subscribe();
        self.watchers.send_modify(|count| *count += 1);
        Watching { board: self.clone(), changed }
    }

    /// Each change is one step, so a thread that panicked left a whole board behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.board.watchers.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(facts: &[DrawingFacts]) -> Vec<(&str, bool)> {
        facts.iter().map(|each| (each.name.as_str(), each.live.open)).collect()
    }

    #[test]
    fn one_reads_what_is_newer_and_each_drawing_once() {
        let board = Arc::new(Board::new());
        let listing =
            |name: &str| Listing { name: name.into(), title: name.to_uppercase(), secret: "s".into(), archived: false };
        board.put_listing(&listing("plan"));
        board.put_listing(&listing("site"));
        let (all, seen) = board.since(0);
        assert_eq!(names(&all), [("plan", false), ("site", false)]);
        let open = || LiveFacts { open: true, ..LiveFacts::default() };
        board.put_live("plan", open());
        board.put_live("plan", open());
        let (new, seen) = (board.since(seen).0, board.since(seen).1);
        assert_eq!((names(&new), new[0].title.as_str()), (vec![("plan", true)], "PLAN"));
        board.close("plan");
        assert_eq!(names(&board.since(seen).0), [("plan", false)]);
        let watchers = board.watchers();
        let watching = board.watch();
        assert_eq!(*watchers.borrow(), 1);
        drop(watching);
        assert_eq!(*watchers.borrow(), 0);
    }
}
