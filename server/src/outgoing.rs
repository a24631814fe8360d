//! What waits to be sent over one connection: bounded in messages and in bytes, so that a slow reader costs the others
//! nothing. Presence is no part of the queue: it is one slot a person, of which only the latest counts.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::{Encoding, Presence, Seq, ServerMessage, SessionId};
use tokio::sync::Notify;

use crate::frame::Frame;
use crate::pieces::{Pieces, What};

/// Messages that may wait.
const ITEMS_MAX: usize = 4_096;

/// Something to be sent, in order.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    /// A message.
    Frame(Arc<Frame>),
    /// A drawing, or a message that is too long to go whole.
    Snapshot(Arc<Pieces>),
    /// A stretch of the log, read when its turn comes.
    Log {
        /// The last entry that the other side has.
        after: Seq,
        /// The last entry of the stretch.
        upto: Seq,
    },
    /// A blob.
    Blob(Arc<Pieces>),
}

/// What is next to be sent.
#[derive(Debug)]
pub(crate) enum Next {
    /// Something of the queue.
    Item(Item),
    /// The latest of everybody who moved.
    Presence(Arc<Frame>),
    /// Nothing else was to be sent, and the other side should say that it is there.
    Beat,
    /// The end, after everything before it.
    Bye {
        /// Why, in words.
        why: String,
        /// Whether trying again may help.
        retry: bool,
    },
}

/// The queue overflowed and was emptied.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Overflowed;

/// The queue of one connection.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// How the connection writes; none within the process.
    pub encoding: Option<Encoding>,
    /// Bytes of encoded messages that may wait when another comes. They are shared with everyone who gets the same.
    bytes_max: usize,
    state: Mutex<State>,
    changed: Notify,
    ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<(Item, usize)>,
    bytes: usize,
    /// How many items of the queue are long on their way.
    long: usize,
    /// What was taken last is long on its way, and perhaps not all out.
    at_long: bool,
    presence: Waiting,
    beat: bool,
    /// A welcome has gone out: only then does presence mean anything to the other side.
    welcomed: bool,
    ending: Ending,
    /// What the connection is closed with, where the other side left or did what it must not.
    close_code: Option<u16>,
    /// It was emptied: what comes behind the gap would make no sense to the other side.
    overflowed: bool,
}

#[derive(Debug, Default)]
enum Waiting {
    #[default]
    None,
    /// One message, as everybody gets it.
    One(Arc<Frame>),
    /// Several, merged: the latest of each person.
    Merged(BTreeMap<SessionId, Presence>),
}

#[derive(Debug, Default)]
enum Ending {
    #[default]
    No,
    Bye {
        why: String,
        retry: bool,
    },
    Ended,
}

impl Item {
    fn is_long(&self) -> bool {
        !matches!(self, Item::Frame(_))
    }
}

impl State {
    /// What is to be put to the queue: entries behind something long as a stretch of the log, and nothing where the
    /// stretch before goes on with them.
    fn fold(&mut self, item: Item) -> Option<Item> {
        let message = match &item {
            Item::Frame(frame) => &frame.message,
            Item::Snapshot(pieces) => match &pieces.what {
                What::Message(message) => message,
                What::Drawing(_) | What::Blob(_) => return Some(item),
            },
            Item::Log { .. } | Item::Blob(_) => return Some(item),
        };
        let ServerMessage::Entries(told) = &**message else { return Some(item) };
        let (Some(first), Some(last)) = (told.first(), told.last()) else { return Some(item) };
        if self.long == 0 && !self.at_long {
            return Some(item);
        }
        let (before, last) = (Seq(first.seq.0.saturating_sub(1)), last.seq);
        if let Some((Item::Log { upto, .. }, _)) = self.queue.back_mut()
            && *upto == before
        {
            *upto = last;
            return None;
        }
        Some(Item::Log { after: before, upto: last })
    }

    fn clear(&mut self) {
        self.queue.clear();
        self.bytes = 0;
        self.long = 0;
    }
}

impl Outgoing {
    pub(crate) fn new(encoding: Option<Encoding>, bytes_max: usize) -> Outgoing {
        Outgoing { encoding, bytes_max, state: Mutex::default(), changed: Notify::new(), ended: Notify::new() }
    }

    /// Puts something at the end, in order. If that is more than the queue may hold, it is emptied instead, and takes nothing
    /// more but the end. Entries behind something long are not kept but read from the log when their turn comes: however
    /// slowly a drawing is taken in, what happens meanwhile fits.
    ///
    /// What comes of one batch of edits, the entries and the answers to them, is put here together, so that whoever
    /// writes it wakes once and sends it by one call of the system.
    pub(crate) fn push_all(&self, items: impl IntoIterator<Item = Item>) -> Result<(), Overflowed> {
        let mut state = self.lock();
        if state.overflowed || !matches!(state.ending, Ending::No) {
            return Ok(());
        }
        for item in items {
            let Some(item) = state.fold(item) else { continue };
            let bytes = match &item {
                Item::Frame(frame) => frame.wire_bytes(self.encoding),
                Item::Snapshot(_) | Item::Log { .. } | Item::Blob(_) => 0,
            };
            let too_many = state.queue.len() >= ITEMS_MAX;
            let too_large = state.bytes > self.bytes_max;
            if too_many || too_large {
                state.clear();
                state.overflowed = true;
                return Err(Overflowed);
            }
            state.bytes += bytes;
            state.long += usize::from(item.is_long());
            state.queue.push_back((item, bytes));
        }
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Puts one.
    pub(crate) fn push(&self, item: Item) -> Result<(), Overflowed> {
        self.push_all([item])
    }

    /// Puts presence where its persons' latest is; it replaces what wasn't sent yet: then true.
    pub(crate) fn show(&self, frame: Arc<Frame>) -> bool {
        let mut state = self.lock();
        let overtakes = !matches!(state.presence, Waiting::None);
        state.presence = match std::mem::take(&mut state.presence) {
            Waiting::None => Waiting::One(frame),
            Waiting::One(before) => {
                let mut merged = BTreeMap::new();
                merge(&mut merged, &before);
                merge(&mut merged, &frame);
                Waiting::Merged(merged)
            }
            Waiting::Merged(mut merged) => {
                merge(&mut merged, &frame);
                Waiting::Merged(merged)
            }
        };
        drop(state);
        self.changed.notify_one();
        overtakes
    }

    /// Asks the other side for a sign of life, when nothing else is to be sent.
    pub(crate) fn beat(&self) {
        self.lock().beat = true;
        self.changed.notify_one();
    }

    /// Ends the connection after what waits has gone out; nothing is taken from here on.
    pub(crate) fn end(&self, why: impl Into<String>, retry: bool) {
        let mut state = self.lock();
        if let Ending::No = state.ending {
            state.ending = Ending::Bye { why: why.into(), retry };
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Ends it as [`Outgoing::end`] does, for good, since the other side did what a code of the WebSocket protocol stands for.
    pub(crate) fn end_as(&self, why: impl Into<String>, code: u16) {
        let mut state = self.lock();
        if let Ending::No = state.ending {
            state.close_code = Some(code);
        }
        drop(state);
        self.end(why, false);
    }

    /// The other side leaves: what it is told then ends a connection as it should.
    pub(crate) fn note_leaving(&self, code: u16) {
        self.lock().close_code = Some(code);
    }

    /// The code of that, if so.
    pub(crate) fn close_code(&self) -> Option<u16> {
        self.lock().close_code
    }

    /// Drops what waits.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Ends it at once: nobody is there to send to.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        *state = State { ending: Ending::Ended, ..State::default() };
        drop(state);
        self.changed.notify_one();
        self.ended.notify_waiters();
    }

    /// Waits until the end has been taken from the queue, or nobody is there.
    pub(crate) async fn ended(&self) {
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            // From here on nothing is missed.
            ended.as_mut().enable();
            if matches!(self.lock().ending, Ending::Ended) {
                return;
            }
            ended.await;
        }
    }

    /// What is next; none after the end. One task at a time may wait here.
    pub(crate) async fn next(&self) -> Option<Next> {
        loop {
            match self.pop() {
                Popped::Next(next) => return Some(next),
                Popped::End => return None,
                Popped::Nothing => self.changed.notified().await,
            }
        }
    }

    /// What is next, if anything is there already.
    pub(crate) fn try_next(&self) -> Option<Next> {
        match self.pop() {
            Popped::Next(next) => Some(next),
            Popped::End | Popped::Nothing => None,
        }
    }

    /// The presence that waits, if any: for between the pieces of something large.
    pub(crate) fn try_presence(&self) -> Option<Arc<Frame>> {
        self.pop_presence(&mut self.lock())
    }

    fn pop_presence(&self, state: &mut State) -> Option<Arc<Frame>> {
        if !state.welcomed {
            return None;
        }
        match std::mem::take(&mut state.presence) {
            Waiting::None => None,
            Waiting::One(frame) => Some(frame),
            Waiting::Merged(merged) => {
                let message = Arc::new(ServerMessage::Presence(merged.into_iter().collect()));
                Some(Arc::new(Frame::new(message, self.encoding)))
            }
        }
    }

    fn pop(&self) -> Popped {
        let mut state = self.lock();
        state.at_long = false;
        if let Some(frame) = self.pop_presence(&mut state) {
            return Popped::Next(Next::Presence(frame));
        }
        if let Some((item, bytes)) = state.queue.pop_front() {
            state.bytes -= bytes;
            state.at_long = item.is_long();
            state.long -= usize::from(state.at_long);
            state.welcomed |= match &item {
                Item::Frame(frame) => matches!(*frame.message, ServerMessage::Welcome(_)),
                // Nothing long comes before the welcome, unless it is the welcome.
                _ => true,
            };
            return Popped::Next(Next::Item(item));
        }
        match std::mem::replace(&mut state.ending, Ending::Ended) {
            Ending::Bye { why, retry } => {
                self.ended.notify_waiters();
                return Popped::Next(Next::Bye { why, retry });
            }
            Ending::Ended => return Popped::End,
            Ending::No => state.ending = Ending::No,
        }
        if std::mem::take(&mut state.beat) { Popped::Next(Next::Beat) } else { Popped::Nothing }
    }

    /// A thread that panicked with the lock left a whole state behind: each change is one step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Popped {
    Next(Next),
    Nothing,
    End,
}

fn merge(into: &mut BTreeMap<SessionId, Presence>, frame: &Frame) {
    if let ServerMessage::Presence(people) = &*frame.message {
        into.extend(people.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use drawing::DrawingHash;
    use drawing::Point;

    use super::*;

    fn frame(message: ServerMessage) -> Arc<Frame> {
        Arc::new(Frame::new(Arc::new(message), [Encoding::Json]))
    }

    fn entry(seq: u64) -> Item {
        Item::Frame(frame(ServerMessage::Check { seq: Seq(seq), drawing: DrawingHash(0) }))
    }

    fn cursor(of: u64, x: f64) -> Arc<Frame> {
        let presence = Presence { cursor: Some(Point { x, y: 0.0 }), ..Presence::default() };
        frame(ServerMessage::Presence(vec![(SessionId(Seq(of)), presence)]))
    }

    /// What comes out next, in words.
    fn next(outgoing: &Outgoing) -> String {
        match outgoing.try_next() {
            None => "nothing".into(),
            Some(Next::Beat) => "beat".into(),
            Some(Next::Bye { why, retry }) => format!("bye {why} {retry}"),
            Some(Next::Presence(frame)) => match &*frame.message {
                ServerMessage::Presence(people) => {
                    let each =
                        people.iter().map(|(who, shown)| format!("{who}:{}", shown.cursor.map_or(0.0, |at| at.x)));
                    format!("presence {}", each.collect::<Vec<_>>().join(" "))
                }
                other => panic!("{other:?}"),
            },
            Some(Next::Item(Item::Frame(frame))) => match &*frame.message {
                ServerMessage::Check { seq, .. } => format!("entry {seq}"),
                ServerMessage::Welcome(_) => "welcome".into(),
                other => panic!("{other:?}"),
            },
            Some(Next::Item(item)) => panic!("{item:?}"),
        }
    }

    fn check(outgoing: &Outgoing, expect: &[&str]) {
        for (at, expect) in expect.iter().enumerate() {
            assert_eq!(&next(outgoing), expect, "at {at}");
        }
    }

    fn welcomed(bytes_max: usize) -> Outgoing {
        let outgoing = Outgoing::new(Some(Encoding::Json), bytes_max);
        outgoing.lock().welcomed = true;
        outgoing
    }

    #[test]
    fn presence_passes_what_waits_and_only_the_latest_counts() {
        let outgoing = welcomed(1 << 20);
        outgoing.push(entry(1)).unwrap();
        for (of, x) in [(7, 1.0), (8, 2.0), (7, 3.0)] {
            outgoing.show(cursor(of, x));
        }
        outgoing.beat();
        outgoing.push(entry(2)).unwrap();
        check(&outgoing, &["presence 7:3 8:2", "entry 1", "entry 2", "beat", "nothing"]);
    }

    #[test]
    fn nothing_is_shown_before_the_welcome() {
        let outgoing = Outgoing::new(Some(Encoding::Json), 1 << 20);
        outgoing.show(cursor(7, 1.0));
        check(&outgoing, &["nothing"]);
        outgoing.lock().welcomed = true;
        check(&outgoing, &["presence 7:1", "nothing"]);
    }

    #[test]
    fn what_overflows_is_emptied_by_bytes_and_by_messages() {
        for (bytes_max, fits) in [(0, 1), (1, 1), (usize::MAX, ITEMS_MAX as u64)] {
            let outgoing = welcomed(bytes_max);
            for seq in 0..fits {
                outgoing.push(entry(seq)).unwrap();
            }
            assert_eq!(outgoing.push(entry(fits)), Err(Overflowed), "{bytes_max}");
            check(&outgoing, &["nothing"]);
            outgoing.push(entry(9)).unwrap();
            outgoing.end("too slow", true);
            outgoing.push(entry(10)).unwrap();
            check(&outgoing, &["bye too slow true", "nothing"]);
        }
    }

    #[tokio::test]
    async fn the_end_is_noticed_by_those_who_wait() {
        let outgoing = welcomed(1);
        let (next, ()) = tokio::join!(outgoing.next(), async { outgoing.end("over", false) });
        assert!(matches!(next, Some(Next::Bye { retry: false, .. })));
        outgoing.ended().await;
        assert!(outgoing.next().await.is_none());
    }
}
