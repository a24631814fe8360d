//! A room in this process: the same messages without bytes.

use std::sync::Arc;
use std::time::Duration;

use protocol::{ClientMessage, Limits, ServerMessage};
use server::{Delivery, LocalConnection};

use super::{Ends, Incoming, Link, Wake};

/// A link over a connection within the process.
pub fn local(runtime: &tokio::runtime::Handle, connection: LocalConnection, wake: Wake) -> Link {
    let (link, ends) = Link::pair(wake);
    runtime.spawn(converse(connection, ends));
    link
}

async fn converse(mut room: LocalConnection, mut ends: Ends) {
    if !ends.deliver(Incoming::Connected).await {
        return;
    }
    let mut greeted = false;
    let mut beat = tokio::time::interval(Duration::from_millis(u64::from(Limits::default().heartbeat_ms)));
    loop {
        tokio::select! {
            message = ends.outgoing.recv() => {
                let last = message.is_none();
                let message = message.unwrap_or(ClientMessage::Leave);
                greeted |= matches!(message, ClientMessage::Hello(_));
                if room.to_room.send(message).await.is_err() || last {
                    return;
                }
            }
            delivery = room.from_room.recv() => {
                let incoming = match delivery {
                    Some(Delivery::Message(message)) => match Arc::unwrap_or_clone(message) {
                        ServerMessage::Heartbeat => continue,
                        message => Incoming::Message(message),
                    },
                    Some(Delivery::Drawing(drawing)) => Incoming::Drawing(Box::new(drawing)),
                    Some(Delivery::Closed { why, .. }) => {
                        ends.deliver(Incoming::Ended { why }).await;
                        return;
                    }
                    None => {
                        ends.deliver(Incoming::Ended { why: "the drawing's room closed".into() }).await;
                        return;
                    }
                };
                if !ends.deliver(incoming).await {
                    return;
                }
            }
            _ = beat.tick() => {
                if greeted && room.to_room.send(ClientMessage::Heartbeat).await.is_err() {
                    ends.deliver(Incoming::Ended { why: "the drawing's room closed".into() }).await;
                    return;
                }
            }
        }
    }
}
