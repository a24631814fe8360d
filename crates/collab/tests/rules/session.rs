//! A session against a real desk, without time between them, and against servers that say odd things.

mod apart;
mod claims;
mod roles;

use std::collections::VecDeque;
use std::sync::Arc;

use collab::{
    AppendAnswer, ConnId, Desk, Effect, Input, Notice, RedoError, Session, SessionError, Settings, Status, SubmitError,
    Undoing,
};
use drawing::{Color, EntityId, Op, RecordId};
use protocol::{
    Came, ClientId, ClientMessage, ClientSeq, Durability, Hash, Limits, Presence, Refusal, ResumeKey, Role, Seq,
    ServerMessage, Told,
};

use crate::lab::{colored, empty_room, ids, line, moved};

/// A desk with a store that always works, and sessions that it reaches at once, unless a message is held back.
struct Table {
    desk: Desk,
    now: u64,
    log: Vec<Told>,
    sessions: Vec<Session>,
    notices: Vec<Vec<Notice>>,
    /// Whom nothing reaches.
    deaf: Option<usize>,
    /// Alters what goes to the sessions.
    alter: fn(&mut ServerMessage),
}

impl Table {
    fn new(people: &[Role]) -> Table {
        let settings = Settings { limits: Limits::default(), durability: Durability::Memory, shared: false };
        let (desk, _) = Desk::open(settings, empty_room());
        let head = desk.room().position();
        let mut table = Table {
            desk,
            now: 1_000,
            log: Vec::new(),
            sessions: Vec::new(),
            notices: Vec::new(),
            deaf: None,
            alter: |_| {},
        };
        table.give(Input::Read { entries: Vec::new(), head });
        for (n, role) in (1..).zip(people) {
            table.sessions.push(Session::new(ClientId(n), ResumeKey(n), format!("Person {n}"), ClientSeq(Seq(1))));
            table.notices.push(Vec::new());
            table.connect(n as usize - 1, *role);
        }
        table
    }

    fn connect(&mut self, who: usize, role: Role) {
        let hello = self.sessions[who].hello("plan", "secret");
        self.give(Input::Hello { conn: ConnId(who as u64), hello, role, came: Came::Link });
    }

    /// Cuts a connection.
    fn cut(&mut self, who: usize) {
        self.sessions[who].disconnected();
        self.give(Input::Closed { conn: ConnId(who as u64) });
    }

    fn give(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.desk.handle(self.now, input) {
                match effect {
                    Effect::Append { after, payloads } => {
                        let mut head = after;
                        for each in payloads {
                            head = head.after(&each.payload);
                            let entry = protocol::decode_entry(&each.payload).expect("an entry is read");
                            self.log.push(Told { seq: head.seq, hash: head.head, entry });
                        }
                        inputs.push_back(Input::Appended(AppendAnswer::Stored(head)));
                    }
                    Effect::Send { to, message } | Effect::SendPresence { to, message } => {
                        to.iter().for_each(|conn| self.deliver(conn.0 as usize, Arc::unwrap_or_clone(message.clone())));
                    }
                    Effect::SendSnapshot { to, drawing } => {
                        let bytes = protocol::encode_drawing(&drawing);
                        self.deliver(to.0 as usize, ServerMessage::Snapshot { piece: 0, pieces: 1, bytes });
                    }
                    Effect::SendBlob { to, hash } => {
                        let message =
                            |piece, bytes: &[u8]| ServerMessage::Blob { hash, piece, pieces: 2, bytes: bytes.to_vec() };
                        self.deliver(to.0 as usize, message(0, b"pl"));
                        self.deliver(to.0 as usize, message(1, b"an"));
                    }
                    Effect::SendLog { to, after, upto } => {
                        let told = self.log.iter().filter(|told| told.seq > after && told.seq <= upto);
                        let stretch = ServerMessage::Entries(told.cloned().collect());
                        self.deliver(to.0 as usize, stretch);
                    }
                    Effect::Read { .. }
                    | Effect::SaveCheckpoint { .. }
                    | Effect::Attend { .. }
                    | Effect::ShowElsewhere { .. } => {}
                    Effect::Close { conn, .. } => self.sessions[conn.0 as usize].disconnected(),
                }
            }
        }
    }

    fn deliver(&mut self, who: usize, mut message: ServerMessage) {
        if self.deaf == Some(who) {
            return;
        }
        (self.alter)(&mut message);
        let changes = self.sessions[who].receive(self.now, message).expect("the server makes sense");
        self.notices[who].extend(changes.notices);
    }

    /// Has a session hold these, and cuts its connection.
    fn cut_holding(&mut self, who: usize, of: &[u64]) {
        self.sessions[who].lock(ids(of));
        self.flush(who);
        self.cut(who);
    }

    /// Sends what a session has to send.
    fn flush(&mut self, who: usize) -> usize {
        let out = self.sessions[who].take_outgoing(self.now);
        let count = out.len();
        out.into_iter().for_each(|message| self.give(Input::Message { conn: ConnId(who as u64), message, bytes: 0 }));
        count
    }

    fn color(&self, who: usize, id: u64) -> Option<Color> {
        self.sessions[who].drawing().entity(EntityId(id)).map(|entity| entity.style.color)
    }

    fn take(&mut self, who: usize) -> Vec<Notice> {
        std::mem::take(&mut self.notices[who])
    }
}

const TWO: &[Role] = &[Role::Owner, Role::Editor];

#[test]
fn an_edit_is_shown_at_once_and_confirmed_without_a_change() {
    let mut table = Table::new(TWO);
    let changes = table.sessions[0].submit(Op::Change(vec![colored(10, 3)])).expect("the edit is allowed");
    assert_eq!(changes.ids.into_iter().collect::<Vec<_>>(), ids(&[10]));
    assert_eq!((table.color(0, 10), table.color(1, 10)), (Some(Color::Index(3)), Some(Color::ByLayer)));
    assert_eq!(table.sessions[0].waiting(), 1);
    table.take(0);
    table.flush(0);
    assert_eq!((table.color(0, 10), table.color(1, 10)), (Some(Color::Index(3)), Some(Color::Index(3))));
    assert_eq!(table.sessions[0].waiting(), 0);
    assert_eq!(table.take(0), [Notice::Stored { client_seq: ClientSeq(Seq(1)), seq: Seq(4) }]);
}

#[test]
fn a_refused_edit_is_taken_back_and_kept_as_a_draft() {
    let mut table = Table::new(TWO);
    let op = Op::Change(vec![colored(10, 3)]);
    table.sessions[0].submit(op.clone()).expect("the edit is allowed");
    table.sessions[1].lock(ids(&[10]));
    assert!(table.sessions[1].is_asked(RecordId(10)));
    table.flush(1);
    assert!(table.sessions[1].is_mine(RecordId(10)) && !table.sessions[1].is_asked(RecordId(10)));
    table.flush(0);
    assert_eq!(table.color(0, 10), Some(Color::ByLayer));
    let drafts = table.sessions[0].take_drafts();
    assert!(matches!(&drafts[..], [draft] if draft.op == op && matches!(draft.refusal, Refusal::Held { .. })));
    assert!(!table.sessions[0].can_undo());
    // Now it is known, and refused on the spot.
    assert!(matches!(table.sessions[0].submit(op), Err(SubmitError::Held { by }) if by[0].ids == ids(&[10])));
}

#[test]
fn what_would_surely_be_refused_is_refused_at_once() {
    let mut table = Table::new(&[Role::Viewer, Role::Editor]);
    assert_eq!(table.sessions[0].submit(moved(&[10])).err(), Some(SubmitError::NotAllowed(Role::Viewer)));
    assert!(matches!(table.sessions[1].submit(moved(&[99])), Err(SubmitError::Invalid(_))));
    let mut fresh = Session::new(ClientId(9), ResumeKey(9), "Nobody".into(), ClientSeq(Seq(1)));
    assert_eq!(fresh.submit(moved(&[10])).err(), Some(SubmitError::NotReady));
    assert!(fresh.undo().is_err() && fresh.redo().is_err() && fresh.take_ids(1).is_none());
    table.cut_holding(1, &[10]);
    let bounded = (0..).find_map(|_| table.sessions[1].submit(moved(&[10])).err());
    assert_eq!(bounded, Some(SubmitError::TooManyWaiting(1_000)));
}

#[test]
fn the_holder_is_told_who_ended_their_lock_and_everybody_the_new_name() {
    let mut table = Table::new(TWO);
    table.sessions[1].lock(ids(&[10, 11]));
    table.flush(1);
    let (token, owner) = (table.sessions[1].holder(RecordId(10)).expect("it is held").token, table.sessions[0].me());
    table.take(1);
    let (by, holder) = (owner.expect("the owner is in"), table.sessions[1].me().expect("the holder is in"));
    table.sessions[0].override_lock(token, holder);
    table.sessions[0].rename("Site".into());
    table.flush(0);
    let warned = Notice::Overriding { ids: ids(&[10, 11]), by: "Person 1".into() };
    assert_eq!(table.take(1), [warned, Notice::Claims, Notice::Renamed { title: "Site".into() }]);
    assert!(table.sessions[1].is_mine(RecordId(10)));
    for _ in 0..10 {
        table.now += 1_000;
        table.give(Input::Tick);
    }
    let ended = Notice::Overridden { ids: ids(&[10, 11]), by };
    assert_eq!(table.take(1), [Notice::Locks, ended, Notice::Claims]);
    assert!(!table.sessions[1].is_mine(RecordId(10)));
    assert_eq!(table.sessions[1].title(), "Site");
}

#[test]
fn what_waits_survives_a_break_and_is_stored_once() {
    let mut table = Table::new(TWO);
    table.cut_holding(0, &[10, 11]);
    assert_eq!(*table.sessions[0].status(), Status::Reconnecting);
    table.sessions[0].submit(Op::Change(vec![colored(10, 3)])).expect("one may go on");
    table.sessions[0].submit(Op::Change(vec![colored(11, 4)])).expect("one may go on");
    // What never went out is taken back without anybody else.
    table.sessions[0].undo().expect("there is something to take back");
    assert_eq!((table.sessions[0].waiting(), table.color(0, 11)), (1, Some(Color::ByLayer)));
    table.sessions[0].redo().expect("there is something to redo");
    table.take(0);
    table.connect(0, Role::Owner);
    assert_eq!(table.take(0), [Notice::People, Notice::Welcomed { resumed: true }, Notice::Locks]);
    table.flush(0);
    assert_eq!(table.desk.room().stored_requests(table.sessions[0].me().expect("is in")).0.len(), 2);
}

#[test]
fn undo_and_redo_follow_one_another_even_before_they_are_answered() {
    let mut table = Table::new(TWO);
    table.sessions[0].submit(Op::Change(vec![colored(10, 3)])).expect("the edit is allowed");
    let out = table.sessions[0].take_outgoing(0);
    // The edit is on its way; what follows waits for its entry, in order.
    table.sessions[0].undo().expect("there is something to take back");
    table.sessions[0].redo().expect("there is something to redo");
    assert!(table.sessions[0].can_undo());
    out.into_iter().for_each(|message| table.give(Input::Message { conn: ConnId(0), message, bytes: 0 }));
    while table.flush(0) > 0 {}
    assert_eq!((table.color(0, 10), table.sessions[0].waiting()), (Some(Color::Index(3)), 0));
    table.sessions[0].undo().expect("there is something to take back");
    table.flush(0);
    assert_eq!((table.color(0, 10), table.color(1, 10)), (Some(Color::ByLayer), Some(Color::ByLayer)));
    assert!(table.sessions[0].can_redo() && !table.sessions[0].can_undo());
}

#[test]
fn a_redo_that_others_locks_forbid_can_be_tried_again() {
    let mut table = Table::new(TWO);
    // What was never sent is taken back and brought back without anybody else.
    table.sessions[0].submit(Op::Change(vec![colored(10, 3)])).expect("the edit is allowed");
    assert!(matches!(table.sessions[0].next_undo(), Some(Undoing::Op(Op::Change(_)))));
    table.sessions[0].undo().expect("there is something to take back");
    assert!(matches!(table.sessions[0].next_redo(), Some(Undoing::Op(Op::Change(_)))));
    table.sessions[1].lock(ids(&[10]));
    table.flush(1);
    assert!(matches!(table.sessions[0].redo(), Err(RedoError::Refused(SubmitError::Held { .. }))));
    assert!(table.sessions[0].can_redo(), "the step is kept");
    table.sessions[1].unlock(ids(&[10]));
    table.flush(1);
    table.sessions[0].redo().expect("nobody holds it any more");
    table.flush(0);
    assert_eq!(table.color(1, 10), Some(Color::Index(3)));
    assert!(matches!(table.sessions[0].next_undo(), Some(Undoing::Entry(_))));
    assert_eq!(table.sessions[0].redo(), Err(RedoError::Nothing));
}

#[test]
fn ids_are_asked_for_before_they_run_out() {
    let mut table = Table::new(TWO);
    let first = table.sessions[0].take_ids(900).expect("there are as many");
    assert_eq!(table.flush(0), 1);
    let more = table.sessions[0].take_ids(2_000).expect("more were granted");
    assert!(first.last() < more.first());
    let new = Op::New(vec![line(first[0].0), line(more[1_999].0)]);
    table.sessions[0].submit(new).expect("the ids are one's own");
    table.flush(0);
    assert!(table.sessions[0].is_mine(first[0]) && table.sessions[0].draft_count() == 0);
}

#[test]
fn another_drawing_than_the_servers_is_replaced() {
    let mut table = Table::new(TWO);
    // The server's edit arrives as something else.
    table.alter = |message| {
        if let ServerMessage::Entries(told) = message
            && let protocol::Event::Edited { op, .. } = &mut told[0].entry.event
        {
            *op = Op::Change(vec![colored(10, 9)]);
        }
    };
    table.sessions[0].submit(Op::Change(vec![colored(10, 3)])).expect("the edit is allowed");
    table.flush(0);
    assert_eq!(table.color(1, 10), Some(Color::Index(9)));
    table.alter = |_| {};
    table.take(1);
    let seq = table.desk.room().position().seq;
    let drawing = table.desk.room().drawing().hash();
    table.deliver(1, ServerMessage::Check { seq, drawing });
    assert_eq!(table.take(1), [Notice::Mismatch { seq }]);
    table.sessions[1].submit(moved(&[11])).expect("one may go on");
    table.flush(1);
    assert_eq!(table.sessions[1].drawing().hash(), table.desk.room().drawing().hash());
    assert_eq!((table.color(1, 10), table.sessions[1].waiting()), (Some(Color::Index(3)), 0));
    assert_eq!(*table.sessions[1].status(), Status::Live);
}

#[test]
fn presence_is_bounded_and_silence_is_broken_by_a_heartbeat() {
    let mut table = Table::new(TWO);
    table.flush(0);
    let show = |session: &mut Session, tool: &str| {
        session.set_presence(Presence { tool: Some(tool.into()), ..Presence::default() });
    };
    show(&mut table.sessions[0], "MOVE");
    assert_eq!(table.flush(0), 1);
    show(&mut table.sessions[0], "COPY");
    assert_eq!(table.flush(0), 0);
    table.now += 17;
    assert_eq!(table.flush(0), 1);
    let me = table.sessions[0].me().expect("is in");
    table.give(Input::Tick);
    assert_eq!(table.sessions[1].presence_of(me).and_then(|shown| shown.tool.clone()), Some("COPY".into()));
    assert_eq!(table.sessions[0].presence_of(me), None);
    table.now += 4_000;
    assert_eq!(table.flush(0), 0);
    table.now += 1_000;
    assert_eq!(table.sessions[0].take_outgoing(table.now), [ClientMessage::Heartbeat]);
}

#[test]
fn a_blob_comes_in_pieces_and_is_checked() {
    let mut table = Table::new(TWO);
    table.take(0);
    table.sessions[0].request_blob(Hash::of(b"plan"));
    table.flush(0);
    assert_eq!(table.take(0), [Notice::Blob { hash: Hash::of(b"plan"), bytes: Some(b"plan".to_vec()) }]);
    let other = Hash::of(b"other");
    let piece = |piece, pieces| ServerMessage::Blob { hash: other, piece, pieces, bytes: b"plan".to_vec() };
    let session = &mut table.sessions[0];
    assert_eq!(session.receive(0, piece(0, 1)), Err(SessionError::NotDue("a piece of a blob")));
    session.request_blob(other);
    assert!(matches!(session.receive(0, piece(1, 2)), Err(SessionError::Piece { expected: 0, found: 1, .. })));
    assert_eq!(session.receive(0, piece(0, 1)), Err(SessionError::Blob(other)));
}

#[test]
fn odd_messages_are_errors_and_no_more() {
    let mut session = Session::new(ClientId(1), ResumeKey(1), "Ana".into(), ClientSeq(Seq(1)));
    let mut table = Table::new(TWO);
    table.sessions[1].submit(moved(&[10])).expect("the edit is allowed");
    let told = Told {
        seq: Seq(9),
        hash: Hash::default(),
        entry: protocol::Entry {
            time_ms: 0,
            author: None,
            event: protocol::Event::Locked { session: Default::default(), ids: vec![] },
        },
    };
    let entries = || ServerMessage::Entries(vec![told.clone()]);
    let snapshot = || ServerMessage::Snapshot { piece: 0, pieces: 1, bytes: vec![1, 2, 3] };
    for message in [entries(), snapshot()] {
        assert!(session.receive(0, message).is_err());
    }
    assert!(session.receive_drawing(0, drawing::Drawing::new()).is_err());
    for message in [entries(), snapshot()] {
        assert!(table.sessions[0].receive(0, message).is_err(), "a gap, and a snapshot that is not due");
    }
    let bye = ServerMessage::Bye { why: "full".into(), retry: false };
    session.receive(0, bye).expect("the end is no error");
    session.disconnected();
    assert_eq!(*session.status(), Status::Ended { why: "full".into(), retry: false });
    assert!(session.take_outgoing(99_999).is_empty());
}

#[test]
fn an_edit_that_was_refused_before_a_break_is_a_draft_and_not_asked_again() {
    let mut table = Table::new(TWO);
    // Ben holds a line before Ana knows of it; she changes that, then another, and hears of neither answer.
    let red = Op::Change(vec![colored(10, 1)]);
    table.sessions[0].submit(red.clone()).expect("the edit is allowed");
    table.sessions[0].submit(Op::Change(vec![colored(11, 5)])).expect("the edit is allowed");
    let out = table.sessions[0].take_outgoing(0);
    table.sessions[1].lock(ids(&[10]));
    table.flush(1);
    table.sessions[0].disconnected();
    table.deaf = Some(0);
    for message in out {
        table.give(Input::Message { conn: ConnId(0), message, bytes: 0 });
    }
    table.sessions[1].unlock_all();
    table.flush(1);
    table.give(Input::Closed { conn: ConnId(0) });
    table.deaf = None;
    table.take(0);
    table.connect(0, Role::Owner);
    while table.flush(0) > 0 {}
    let drafts = table.sessions[0].take_drafts();
    assert!(matches!(&drafts[..], [draft] if draft.op == red), "{drafts:?}");
    assert_eq!((table.color(0, 10), table.color(0, 11)), (Some(Color::ByLayer), Some(Color::Index(5))));
    assert_eq!(table.sessions[0].drawing().hash(), table.desk.room().drawing().hash());
    assert_eq!(table.sessions[0].waiting(), 0);
}

#[test]
fn what_no_message_can_hold_is_refused_at_once() {
    let mut table = Table::new(TWO);
    table.alter = |message| {
        if let ServerMessage::Welcome(welcome) = message {
            welcome.limits.message_bytes_max = 8_000;
            welcome.limits.bulk_bytes_max = 0;
        }
    };
    table.cut(0);
    table.connect(0, Role::Owner);
    let large = Op::Change((10..15).map(|id| colored(id, 3)).cycle().take(1).collect());
    table.sessions[0].submit(large).expect("one line fits");
    let first = table.sessions[0].take_ids(20).expect("there are as many");
    let large = Op::New(first.iter().map(|id| line(id.0)).collect());
    let before = table.sessions[0].drawing().hash();
    let refused = table.sessions[0].submit(large).err();
    assert!(matches!(refused, Some(SubmitError::TooLarge { bytes, max }) if bytes > max && max < 8_000), "{refused:?}");
    assert_eq!(table.sessions[0].drawing().hash(), before);
}

#[test]
fn a_room_that_is_over_takes_no_more_and_what_waits_is_still_shown() {
    let mut table = Table::new(&[Role::Editor]);
    table.cut_holding(0, &[10]);
    let session = &mut table.sessions[0];
    session.submit(moved(&[10])).expect("an edit waits for the connection");
    let shown = session.drawing().hash();
    session.ended("Ana stopped sharing".into());
    assert_eq!(*session.status(), Status::Ended { why: "Ana stopped sharing".into(), retry: false });
    assert_eq!(session.submit(moved(&[10])).err(), Some(SubmitError::NotReady));
    // A late word of a broken connection doesn't make it hope again.
    session.disconnected();
    assert!(matches!(session.status(), Status::Ended { retry: false, .. }));
    assert_eq!((session.waiting(), session.drawing().hash()), (1, shown));
    assert_ne!(session.confirmed().hash(), shown);
}

#[test]
fn a_redo_that_others_are_in_the_way_of_can_be_tried_again() {
    let mut table = Table::new(&[Role::Editor, Role::Editor]);
    let session = &mut table.sessions[0];
    session.submit(moved(&[10])).expect("nobody is in the way");
    session.undo().expect("it never went out");
    table.sessions[1].lock(ids(&[10]));
    table.flush(1);
    let refused = table.sessions[0].redo().expect_err("somebody else holds it");
    assert!(matches!(refused, RedoError::Refused(SubmitError::Held { .. })), "{refused:?}");
    table.sessions[1].unlock(ids(&[10]));
    table.flush(1);
    table.sessions[0].redo().expect("it is still to be redone");
    assert_eq!(table.sessions[0].redo().err(), Some(RedoError::Nothing));
}

#[test]
fn a_session_that_is_distrusted_asks_for_the_whole_drawing() {
    let mut table = Table::new(&[Role::Editor]);
    table.cut(0);
    assert!(table.sessions[0].hello("plan", "secret").resume.is_some_and(|resume| resume.position.seq > Seq(0)));
    table.sessions[0].distrust();
    assert!(table.sessions[0].hello("plan", "secret").resume.is_some_and(|resume| resume.position.seq == Seq(0)));
}

#[test]
fn that_saving_is_paused_is_known_until_it_goes_on_or_the_connection_breaks() {
    let mut table = Table::new(&[Role::Editor]);
    let saving = |paused| ServerMessage::Saving { paused, why: "the store does not answer".into() };
    table.deliver(0, saving(true));
    assert_eq!(table.sessions[0].saving_paused(), Some("the store does not answer"));
    assert_eq!(table.notices[0].last(), Some(&Notice::Saving { paused: true }));
    table.deliver(0, saving(false));
    assert_eq!(table.sessions[0].saving_paused(), None);
    table.deliver(0, saving(true));
    table.cut(0);
    assert_eq!(table.sessions[0].saving_paused(), None);
    table.connect(0, Role::Editor);
    assert_eq!(table.sessions[0].saving_paused(), None);
}
