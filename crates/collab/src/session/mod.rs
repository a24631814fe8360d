//! The client's side of a room: what is confirmed, what waits, and what is shown, which is both together.

mod ask;
mod changes;
mod claims;
mod ids;
mod pending;
mod receive;
mod roles;
mod steps;
mod ticket;
mod welcome;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use drawing::{Drawing, RecordId};
use protocol::{
    Ban, ClientId, ClientMessage, ClientSeq, Durability, Epoch, Hash, Hello, Limits, Millis, Person, Position,
    Presence, Resume, ResumeKey, Role, Seq, SessionId, Welcome,
};

use crate::shared::{Holding, Shared};

pub use changes::{Changes, Draft, NothingToUndo, Notice, RedoError, SessionError, Status, SubmitError, Undoing};
pub use claims::Asked;
use ids::Ids;
use pending::{Pending, Wish};
use steps::{Step, Steps};
use ticket::Before;
pub use ticket::Ticket;

/// How many edits may wait, to be stored or to be looked at.
const WAITING_MAX: usize = 1_000;

/// One window's side of a drawing that is shared, over however many connections.
///
/// The app opens a connection, sends [`Session::hello`] first, then whatever [`Session::take_outgoing`] gives, and
/// hands over what comes with [`Session::receive`]. When the connection breaks it calls [`Session::disconnected`] and
/// begins again; nothing that was submitted is lost or done twice.
#[derive(Debug)]
pub struct Session {
    client: ClientId,
    key: ResumeKey,
    name: String,
    next: ClientSeq,
    status: Status,
    facts: Option<Facts>,
    /// The session of an earlier run, until its room has answered.
    before: Option<Before>,
    /// The highest epoch that this window was told or proposed.
    epoch: Epoch,
    /// The sessions that were this window's, the present one too.
    mine: BTreeSet<SessionId>,
    confirmed: Option<Shared>,
    shown: Drawing,
    joining: Option<Joining>,
    people: BTreeMap<SessionId, Person>,
    /// Whose connection is broken.
    offline: BTreeSet<SessionId>,
    presences: BTreeMap<SessionId, Presence>,
    pending: VecDeque<Pending>,
    /// What was last asked for a record: to hold it or to let it go, and in which request.
    intents: BTreeMap<RecordId, (bool, ClientSeq)>,
    drafts: Vec<Draft>,
    steps: Steps,
    ids: Ids,
    my_presence: Option<Presence>,
    /// The presence was not sent since it changed.
    presence_due: bool,
    presence_at: Millis,
    sent_at: Millis,
    heard_at: Millis,
    /// Blobs that are asked for, with what has come of them; `sent` over this connection.
    blobs: BTreeMap<Hash, AskedBlob>,
    /// What goes out besides requests, presence and heartbeats.
    outbox: Vec<ClientMessage>,
    /// A fresh snapshot is asked for and not here.
    refreshing: bool,
    /// Why the server stores nothing just now, if so.
    saving_paused: Option<String>,
    /// What is held doesn't match a check: it is no place to resume from.
    spoilt: bool,
}

/// What the welcome said that doesn't change while one is in.
#[derive(Debug, Clone)]
struct Facts {
    session: SessionId,
    epoch: Epoch,
    role: Role,
    title: String,
    source: Option<Hash>,
    original: Hash,
    durability: Durability,
    limits: Limits,
    bans: BTreeMap<Seq, Ban>,
}

/// A welcome whose drawing or log stretch isn't all here.
#[derive(Debug)]
struct Joining {
    welcome: Box<Welcome>,
    resumed: bool,
    reader: protocol::DrawingReader,
    received: u32,
}

#[derive(Debug, Default)]
struct AskedBlob {
    sent: bool,
    received: u32,
    bytes: Vec<u8>,
}

impl Session {
    /// A session that isn't anywhere yet. Its requests are numbered from `first_client_seq`. `key` is random, and no
    /// other session's: whoever has it can go on with this one.
    pub fn new(client: ClientId, key: ResumeKey, name: String, first_client_seq: ClientSeq) -> Session {
        Session {
            client,
            key,
            name,
            next: first_client_seq.max(ClientSeq(protocol::Seq(1))),
            status: Status::Connecting,
            facts: None,
            before: None,
            epoch: Epoch::default(),
            mine: BTreeSet::new(),
            confirmed: None,
            shown: Drawing::new(),
            joining: None,
            people: BTreeMap::new(),
            offline: BTreeSet::new(),
            presences: BTreeMap::new(),
            pending: VecDeque::new(),
            intents: BTreeMap::new(),
            drafts: Vec::new(),
            steps: Steps::default(),
            ids: Ids::default(),
            my_presence: None,
            presence_due: false,
            presence_at: 0,
            sent_at: 0,
            heard_at: 0,
            blobs: BTreeMap::new(),
            outbox: Vec::new(),
            refreshing: false,
            saving_paused: None,
            spoilt: false,
        }
    }

    /// The first message of a connection; asks to go on where this session was, if it was anywhere.
    pub fn hello(&mut self, drawing: &str, secret: &str) -> Hello {
        self.epoch = self.epoch.next();
        let next = Some(self.epoch);
        let resume = self.facts.as_ref().zip(self.confirmed.as_ref()).map(|(facts, confirmed)| {
            let at = confirmed.position;
            // From the start of the log nobody resumes: it makes the room send a snapshot.
            let position = if self.spoilt { Position::start(at.log) } else { at };
            Resume { session: facts.session, epoch: facts.epoch, next, position }
        });
        let resume = resume.or(self.before.map(Before::resume));
        Hello {
            version: protocol::VERSION,
            client: self.client,
            name: self.name.clone(),
            drawing: drawing.into(),
            secret: secret.into(),
            resume_key: Some(self.key),
            resume,
        }
    }

    /// The connection broke. What waits goes on waiting.
    pub fn disconnected(&mut self) {
        self.status = match std::mem::replace(&mut self.status, Status::Reconnecting) {
            ended @ Status::Ended { retry: false, .. } => ended,
            _ if self.confirmed.is_none() => Status::Connecting,
            _ => Status::Reconnecting,
        };
        self.joining = None;
        self.refreshing = false;
        self.saving_paused = None;
        self.outbox.clear();
        self.presences.clear();
        self.presence_due = self.my_presence.is_some();
        self.pending.iter_mut().for_each(|pending| pending.sent = false);
        self.blobs.values_mut().for_each(|blob| *blob = AskedBlob::default());
    }

    /// There will be no other connection: the room was closed, or lets nobody in any more. What was never acknowledged
    /// stays in what is shown and in [`Session::waiting`], for whoever wants to keep it.
    pub fn ended(&mut self, why: String) {
        self.disconnected();
        self.status = Status::Ended { why, retry: false };
    }

    /// What is held is no place to go on from: the next hello asks for the whole drawing.
    pub fn distrust(&mut self) {
        self.spoilt = true;
    }

    /// A blob that was asked for came whole, put together elsewhere.
    pub fn blob_came(&mut self, hash: Hash) {
        self.blobs.remove(&hash);
    }

    /// Where it stands.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Why the server stores nothing just now, in words, if so: what waits goes on waiting, and nothing is lost.
    pub fn saving_paused(&self) -> Option<&str> {
        self.saving_paused.as_deref()
    }

    /// How long nothing was heard of the server, in milliseconds; over three heartbeats, the connection is as good as
    /// broken.
    pub fn silent_ms(&self, now: Millis) -> Millis {
        now.saturating_sub(self.heard_at)
    }

    /// The drawing as the person sees it: confirmed, with what waits on top. While the first one comes, what has come of it.
    pub fn drawing(&self) -> &Drawing {
        &self.shown
    }

    /// The drawing as the log has it; before the first welcome an empty one.
    pub fn confirmed(&self) -> &Drawing {
        self.confirmed.as_ref().map_or(&self.shown, |confirmed| &confirmed.drawing)
    }

    /// The last entry that is applied.
    pub fn position(&self) -> Option<Position> {
        self.confirmed.as_ref().map(|confirmed| confirmed.position)
    }

    /// The number that the next request will have: what is to be remembered across restarts.
    pub fn next_client_seq(&self) -> ClientSeq {
        self.next
    }

    /// Everybody in the room, ascending by session.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// One's own session.
    pub fn me(&self) -> Option<SessionId> {
        self.facts.as_ref().map(|facts| facts.session)
    }

    /// What the room calls one, to which what one writes is held. In lists of people, those of one name are told apart.
    pub fn own_name(&self) -> Option<&str> {
        let members = &self.confirmed.as_ref()?.members;
        members.get(&self.me()?).map(|member| member.name.as_str())
    }

    /// Somebody in the room; those of one name are told apart by it.
    pub fn person(&self, session: SessionId) -> Option<&Person> {
        self.people.get(&session)
    }

    /// What somebody else shows of themselves.
    pub fn presence_of(&self, session: SessionId) -> Option<&Presence> {
        self.presences.get(&session)
    }

    /// Who holds a record.
    pub fn holder(&self, id: RecordId) -> Option<Holding> {
        self.confirmed.as_ref()?.locks.get(&id).copied()
    }

    /// All locks, ascending by record.
    pub fn locks(&self) -> impl Iterator<Item = (RecordId, Holding)> {
        self.confirmed.iter().flat_map(|confirmed| confirmed.locks.iter().map(|(id, holding)| (*id, *holding)))
    }

    /// Whether one holds a record, and has not asked to let it go.
    pub fn is_mine(&self, id: RecordId) -> bool {
        let held = self.holder(id).is_some_and(|holding| Some(holding.session) == self.me());
        held && self.intents.get(&id).is_none_or(|(hold, _)| *hold)
    }

    /// Whether one asked to hold a record and has no answer yet.
    pub fn is_asked(&self, id: RecordId) -> bool {
        self.intents.get(&id).is_some_and(|(hold, _)| *hold)
    }

    /// Edits, undos too, that are not acknowledged yet.
    pub fn waiting(&self) -> usize {
        self.waiting_requests().count()
    }

    /// The requests of edits, undos too, that are not acknowledged yet, oldest first.
    pub fn waiting_requests(&self) -> impl Iterator<Item = ClientSeq> {
        let waits = |pending: &&Pending| matches!(pending.wish, Wish::Edit(_) | Wish::Undo { .. });
        self.pending.iter().filter(waits).map(|pending| pending.client_seq)
    }

    /// The requests of edits, without undos, that are not acknowledged yet, oldest first.
    pub fn waiting_edits(&self) -> impl Iterator<Item = ClientSeq> {
        self.pending.iter().filter(|pending| pending.edit().is_some()).map(|pending| pending.client_seq)
    }

    /// Edits that were shown and then refused, oldest first. They are the caller's from here on.
    pub fn take_drafts(&mut self) -> Vec<Draft> {
        std::mem::take(&mut self.drafts)
    }

    /// How many drafts there are to take.
    pub fn draft_count(&self) -> usize {
        self.drafts.len()
    }

    /// Whether there is something to take back.
    pub fn can_undo(&self) -> bool {
        !self.steps.undo.is_empty()
    }

    /// Whether there is something to redo.
    pub fn can_redo(&self) -> bool {
        !self.steps.redo.is_empty()
    }

    /// The room's bounds; the usual ones before the welcome.
    pub fn limits(&self) -> Limits {
        self.facts.as_ref().map_or_else(Limits::default, |facts| facts.limits)
    }

    /// What one may do; before the welcome, look.
    pub fn role(&self) -> Role {
        self.facts.as_ref().map_or(Role::Viewer, |facts| facts.role)
    }

    /// How safe acknowledged edits are.
    pub fn durability(&self) -> Option<Durability> {
        self.facts.as_ref().map(|facts| facts.durability)
    }

    /// The drawing's name for people.
    pub fn title(&self) -> &str {
        self.facts.as_ref().map_or("", |facts| &facts.title)
    }

    /// The file that the drawing came from: a blob.
    pub fn source(&self) -> Option<Hash> {
        self.facts.as_ref().and_then(|facts| facts.source)
    }

    /// The drawing as it was read from that file: a blob.
    pub fn original(&self) -> Option<Hash> {
        self.facts.as_ref().map(|facts| facts.original)
    }
}
