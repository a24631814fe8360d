//! A room in this process: the same messages without bytes. Its connection, too, is brought back when it ends and the
//! room does not: one who could not keep up, or a room that had to be opened anew.

use std::sync::Arc;
use std::time::Duration;

use protocol::{ClientMessage, Limits, ServerMessage};
use server::{Delivery, Host, HostError, LocalConnection};
use tokio::time::Instant;

use super::pace::Pace;
use super::pieces::Pieces;
use super::{End, Ends, Incoming, Link, REOPENED, Wake};

/// A link to the drawing `name` of `host`, over a connection that is open already.
pub fn local(
    runtime: &tokio::runtime::Handle,
    (host, name): (Host, String),
    connection: LocalConnection,
    wake: Wake,
) -> Link {
    let (link, ends) = Link::pair(wake);
    runtime.spawn(keep_up(host, name, connection, ends));
    link
}

async fn keep_up(host: Host, name: String, first: LocalConnection, mut ends: Ends) {
    let mut pace = Pace::default();
    let mut open = Some(first);
    loop {
        let mut welcomed = None;
        let connection = match open.take() {
            Some(connection) => Ok(connection),
            None => host.connect(&name).await,
        };
        let end = match connection {
            Ok(connection) => converse(connection, &mut ends, &mut welcomed).await,
            Err(error @ (HostError::Closing | HostError::NoSuchDrawing { .. } | HostError::Broken { .. })) => {
                End::Refused(error.to_string())
            }
            Err(error) => End::Lost(error.to_string()),
        };
        if !ends.rest(end, &mut pace, welcomed.map(|at: Instant| at.elapsed())).await {
            return;
        }
    }
}

async fn converse(mut room: LocalConnection, ends: &mut Ends, welcomed: &mut Option<Instant>) -> End {
    // What was asked of an earlier connection is done.
    ends.reopen.mark_unchanged();
    if !ends.deliver(Incoming::Connected).await {
        return End::Dropped;
    }
    let mut greeted = false;
    let mut blobs = Pieces::default();
    let mut beat = tokio::time::interval(Duration::from_millis(u64::from(Limits::default().heartbeat_ms)));
    loop {
        tokio::select! {
            message = ends.outgoing.recv() => {
                let Some(message) = message else {
                    // A room that is gone needs no goodbye.
                    let _ = room.to_room.send(ClientMessage::Leave).await;
                    return End::Dropped;
                };
                // What was meant for an earlier connection is said again by the session once this one is welcomed.
                greeted |= matches!(message, ClientMessage::Hello(_));
                // Where the room is gone, what it said last is still to be heard.
                if greeted && room.to_room.send(message).await.is_err() {
                    greeted = false;
                }
            }
            delivery = room.from_room.recv() => {
                let incoming = match delivery {
                    Some(Delivery::Message(message)) => match Arc::unwrap_or_clone(message) {
                        ServerMessage::Heartbeat => continue,
                        ServerMessage::Blob { hash, piece, pieces, bytes } => {
                            match blobs.take(hash, piece, pieces, &bytes) {
                                Ok(Some((hash, bytes))) => Incoming::Blob(hash, bytes),
                                Ok(None) => continue,
                                Err(why) => return End::Lost(why),
                            }
                        }
                        message => {
                            if matches!(message, ServerMessage::Welcome(_)) {
                                *welcomed = Some(Instant::now());
                            }
                            Incoming::Message(message)
                        }
                    },
                    Some(Delivery::Drawing(drawing)) => Incoming::Drawing(Box::new(drawing)),
                    Some(Delivery::Closed { why, retry: false }) => return End::Refused(why),
                    Some(Delivery::Closed { why, retry: true }) => return End::Lost(why),
                    None => return End::Lost("the drawing's room closed".into()),
                };
                if !ends.deliver(incoming).await {
                    return End::Dropped;
                }
            }
            Ok(()) = ends.reopen.changed() => return End::Lost(REOPENED.into()),
            _ = beat.tick() => {
                // A room that is gone says so itself.
                if greeted && room.to_room.send(ClientMessage::Heartbeat).await.is_err() {
                    greeted = false;
                }
            }
        }
    }
}
