//! Connections within the process: messages without bytes, drawings as they are.

use std::sync::Arc;
use std::time::Duration;

use collab::ConnId;
use drawing::Drawing;
use protocol::{ClientMessage, ServerMessage};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::HELLO_MAX;
use crate::Host;
use crate::host::Slot;
use crate::invite::Pass;
use crate::live::{Command, Live};
use crate::outgoing::{Item, Next, Outgoing};
use crate::pieces::What;
use crate::stretch::entries_after;

/// Messages that may wait in either direction.
const WAITING_MAX: usize = 256;

/// A connection within the process. It ends when `to_room` is dropped.
#[derive(Debug)]
pub struct LocalConnection {
    /// What is said; a hello first.
    pub to_room: mpsc::Sender<ClientMessage>,
    /// What is heard.
    pub from_room: mpsc::Receiver<Delivery>,
}

/// What is heard over a connection within the process.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// A message.
    Message(Arc<ServerMessage>),
    /// The drawing at the welcome's position; instead of [`ServerMessage::Snapshot`].
    Drawing(Drawing),
    /// The connection ends, and nothing follows; instead of [`ServerMessage::Bye`].
    Closed {
        /// Why, in words for a person.
        why: String,
        /// Whether connecting again may help.
        retry: bool,
    },
}

/// Opens a connection to a drawing.
pub(crate) fn connect(host: Host, slot: Arc<Slot>) -> LocalConnection {
    let (to_room, from_client) = mpsc::channel(WAITING_MAX);
    let (to_client, from_room) = mpsc::channel(WAITING_MAX);
    host.runtime().clone().spawn(converse(host, slot, from_client, to_client));
    LocalConnection { to_room, from_room }
}

async fn converse(
    host: Host,
    slot: Arc<Slot>,
    mut from_client: mpsc::Receiver<ClientMessage>,
    to_client: mpsc::Sender<Delivery>,
) {
    let hello = match timeout(HELLO_MAX, from_client.recv()).await {
        Ok(Some(ClientMessage::Hello(hello))) => hello,
        Ok(None) => return,
        Ok(Some(_)) => return close(&to_client, "the first message must be a hello", false).await,
        Err(_) => return close(&to_client, "no hello came in time", true).await,
    };
    let (conn, outgoing) = host.new_connection(None);
    let live = match host.enter(&slot, conn, outgoing.clone(), hello, Pass::WITHIN).await {
        Ok(live) => live,
        Err(error) => return close(&to_client, &error.to_string(), false).await,
    };
    tokio::join!(listen(&host, conn, &live, &outgoing, from_client), tell(&live, &outgoing, to_client));
}

async fn close(to_client: &mpsc::Sender<Delivery>, why: &str, retry: bool) {
    // Nobody is there to hear it if this fails.
    let _ = to_client.send(Delivery::Closed { why: why.into(), retry }).await;
}

/// Takes what the client says to the desk, until the client lets go or the desk ends.
async fn listen(
    host: &Host,
    conn: ConnId,
    live: &Live,
    outgoing: &Outgoing,
    mut from_client: mpsc::Receiver<ClientMessage>,
) {
    // Whoever is in the same process and holds the connection is there: that needs no word of theirs.
    let mut beat = interval(Duration::from_millis(u64::from(host.limits().heartbeat_ms.max(1))));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            message = from_client.recv() => message,
            _ = beat.tick() => Some(ClientMessage::Heartbeat),
            () = outgoing.ended() => break,
        };
        let Some(message) = message else { break };
        if !live.tell(Command::Message { conn, message, bytes: 0 }).await {
            return;
        }
    }
    outgoing.abandon();
    live.tell(Command::Closed { conn }).await;
}

/// Hands over what is sent, until the end.
async fn tell(live: &Live, outgoing: &Outgoing, to_client: mpsc::Sender<Delivery>) {
    while let Some(next) = outgoing.next().await {
        let told = match next {
            Next::Item(item) => hand_over(live, outgoing, &to_client, item).await,
            Next::Presence(frame) => to_client.send(Delivery::Message(frame.message.clone())).await.is_ok(),
            Next::Beat => true,
            Next::Bye { why, retry } => {
                close(&to_client, &why, retry).await;
                false
            }
        };
        if !told {
            break;
        }
    }
    outgoing.abandon();
}

async fn hand_over(live: &Live, outgoing: &Outgoing, to_client: &mpsc::Sender<Delivery>, item: Item) -> bool {
    let deliver = async |message| to_client.send(Delivery::Message(message)).await.is_ok();
    let failed = match item {
        Item::Frame(frame) => return deliver(frame.message.clone()).await,
        Item::Snapshot(pieces) => match &pieces.what {
            What::Drawing(drawing) => return to_client.send(Delivery::Drawing(drawing.clone())).await.is_ok(),
            What::Message(message) => return deliver(message.clone()).await,
            What::Blob(_) => return true,
        },
        Item::Log { mut after, upto } => loop {
            match entries_after(&*live.store, after, upto).await {
                Ok(entries) => {
                    let Some(last) = entries.last() else { return true };
                    after = last.seq;
                    if !deliver(Arc::new(ServerMessage::Entries(entries))).await {
                        return false;
                    }
                }
                Err(error) => break error,
            }
        },
        Item::Blob(pieces) => match pieces.messages(&*live.store).await {
            Ok(messages) => {
                for message in messages {
                    if !deliver(Arc::new(message)).await {
                        return false;
                    }
                }
                return true;
            }
            Err(error) => error,
        },
    };
    outgoing.end(failed.to_string(), true);
    true
}
