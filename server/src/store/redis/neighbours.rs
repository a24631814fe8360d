//! What servers over one Redis tell each other: who is connected where, what people show, and that something happened.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::{Presence, Seq, SessionId};
use redis::{AsyncCommands as _, Value};
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;

use super::keys::Keys;
use super::link::Link;
use super::{failed, position, signal, text};
use crate::store::{ATTENDANCE_MS, Attendance, Neighbours, Pending, Signal, StoreError};

/// One drawing's neighbours.
pub(super) struct RedisNeighbours {
    link: Arc<Link>,
    keys: Keys,
    showing: Arc<Showing>,
    publisher: AbortHandle,
}

/// What people here show that wasn't published yet: the latest of each.
#[derive(Default)]
struct Showing {
    latest: Mutex<BTreeMap<SessionId, Presence>>,
    changed: Notify,
}

impl RedisNeighbours {
    pub(super) fn new(link: Arc<Link>, keys: Keys) -> RedisNeighbours {
        let showing = Arc::<Showing>::default();
        let publishing = publish(link.clone(), keys.channel.clone(), showing.clone());
        RedisNeighbours { link, keys, showing, publisher: tokio::spawn(publishing).abort_handle() }
    }
}

impl Drop for RedisNeighbours {
    fn drop(&mut self) {
        self.publisher.abort();
    }
}

impl Neighbours for RedisNeighbours {
    fn attend(&self, here: Vec<SessionId>) -> Pending<Result<Attendance, StoreError>> {
        let (link, keys) = (self.link.clone(), self.keys.clone());
        Box::pin(async move {
            let mut call = link.scripts.attend.prepare_invoke();
            call.key(&keys.people).key(&keys.head);
            call.arg(link.node.to_string()).arg(ATTENDANCE_MS).arg(&keys.channel).arg(signal::stirred(link.node));
            for session in &here {
                call.arg(session.0.0);
            }
            let answer = link.quick.with(async |redis| call.invoke_async::<Vec<Value>>(redis).await).await;
            let answer = answer.map_err(|error| failed("looking who is elsewhere", &error))?;
            let gone = || StoreError::Failed("the log is gone from Redis; nothing was changed".into());
            let [_, log, seq, hash, Value::Array(elsewhere)] = answer.as_slice() else { return Err(gone()) };
            let head = position(log, seq, hash).ok_or_else(gone)?;
            let sessions = elsewhere.iter().filter_map(|each| text(each)?.parse().ok());
            let mut elsewhere: Vec<_> = sessions.map(|session| SessionId(Seq(session))).collect();
            elsewhere.sort_unstable();
            elsewhere.dedup();
            Ok(Attendance { elsewhere, head })
        })
    }

    fn show(&self, latest: Vec<(SessionId, Presence)>) {
        self.showing.latest.lock().unwrap_or_else(PoisonError::into_inner).extend(latest);
        self.showing.changed.notify_one();
    }

    fn listen(&self) -> mpsc::Receiver<Signal> {
        self.link.listening.listen(&self.keys.channel)
    }
}

/// Publishes what is shown, one message at a time: what comes while one is under way goes out with the next.
async fn publish(link: Arc<Link>, channel: String, showing: Arc<Showing>) {
    loop {
        showing.changed.notified().await;
        let latest = std::mem::take(&mut *showing.latest.lock().unwrap_or_else(PoisonError::into_inner));
        if latest.is_empty() {
            continue;
        }
        let signal = signal::shown(link.node, latest.into_iter().collect());
        let published = link.quick.with(async |redis| redis.publish::<_, _, ()>(&channel, signal).await).await;
        if let Err(error) = published {
            tracing::debug!(%error, "what people show did not get through; the next time it may");
        }
    }
}
