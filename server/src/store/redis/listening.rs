//! The connection that listens: one for all drawings of a server. When it breaks it is made again and everybody
//! subscribed anew, and then each drawing is told to look for itself what it missed.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::Client;
use redis::aio::{PubSub, PubSubSink, PubSubStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};

use super::signal::{self, NodeId};
use crate::store::Signal;

/// Drawings that may ask at once.
const REQUESTS_MAX: usize = 64;
/// Signals that may wait for a drawing; more are dropped, and its next look makes up for them.
const SIGNALS_MAX: usize = 256;
/// How long connecting, subscribing and a sign of life may take.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// The pause between two tries to connect.
const PAUSE: Duration = Duration::from_millis(200);
/// How often the other side is asked for a sign of life.
const PING_EVERY: Duration = Duration::from_secs(2);

/// A handle to the task that listens; it ends with its last handle.
pub(super) struct Listening {
    requests: mpsc::Sender<Request>,
}

struct Request {
    channel: String,
    to: mpsc::Sender<Signal>,
}

impl Listening {
    pub(super) fn start(client: Client, node: NodeId) -> Listening {
        let (requests, from_drawings) = mpsc::channel(REQUESTS_MAX);
        tokio::spawn(Task { client, node, requests: from_drawings, drawings: BTreeMap::new() }.run());
        Listening { requests }
    }

    /// Hears what is said on a channel from now on, until the receiver is dropped. A second one takes the first's place.
    pub(super) fn listen(&self, channel: &str) -> mpsc::Receiver<Signal> {
        let (to, signals) = mpsc::channel(SIGNALS_MAX);
        let request = Request { channel: channel.into(), to };
        let requests = self.requests.clone();
        // Waits its turn where many drawings open at once. The task is there as long as a server is.
        tokio::spawn(async move { requests.send(request).await.is_ok() });
        signals
    }
}

struct Task {
    client: Client,
    node: NodeId,
    requests: mpsc::Receiver<Request>,
    drawings: BTreeMap<String, mpsc::Sender<Signal>>,
}

/// Why listening stopped.
enum End {
    /// The connection broke.
    Broken,
    /// Nobody is there to listen for.
    Over,
}

impl Task {
    async fn run(mut self) {
        loop {
            let again_at = Instant::now() + PAUSE;
            let end = match self.connect().await {
                Ok(pubsub) => self.listen(pubsub).await,
                Err(error) => {
                    tracing::debug!(%error, "nobody to listen to");
                    End::Broken
                }
            };
            if let End::Over = end {
                return;
            }
            loop {
                tokio::select! {
                    () = sleep_until(again_at) => break,
                    request = self.requests.recv() => match request {
                        Some(request) => drop(self.drawings.insert(request.channel, request.to)),
                        None => return,
                    },
                }
            }
        }
    }

    /// Connects and subscribes to all that is listened for.
    async fn connect(&mut self) -> redis::RedisResult<PubSub> {
        self.drawings.retain(|_, to| !to.is_closed());
        let channels: Vec<_> = self.drawings.keys().cloned().collect();
        let client = &self.client;
        let connected = timeout(ANSWER_MAX, async {
            let mut pubsub = client.get_async_pubsub().await?;
            if !channels.is_empty() {
                pubsub.subscribe(channels).await?;
            }
            Ok(pubsub)
        });
        connected.await.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
    }

    async fn listen(&mut self, pubsub: PubSub) -> End {
        let (mut sink, mut stream) = pubsub.split();
        for to in self.drawings.values() {
            // What was said meanwhile nobody heard. One that is full looks soon anyway.
            let _ = to.try_send(Signal::Stirred);
        }
        let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let lively = tokio::select! {
                message = stream.next() => match message {
                    Some(message) => {
                        self.pass_on(message.get_channel_name(), message.get_payload_bytes());
                        true
                    }
                    None => false,
                },
                request = self.requests.recv() => match request {
                    Some(request) => self.subscribe(&mut sink, &mut stream, request).await,
                    None => return End::Over,
                },
                _ = ping.tick() => {
                    self.unsubscribe(&mut sink).await && self.answers(&mut stream, sink.ping::<redis::Value>()).await
                }
            };
            if !lively {
                tracing::warn!("the connection that listens to Redis broke and is made again");
                return End::Broken;
            }
        }
    }

    async fn subscribe(&mut self, sink: &mut PubSubSink, stream: &mut PubSubStream, request: Request) -> bool {
        let Request { channel, to } = request;
        self.drawings.insert(channel.clone(), to.clone());
        let subscribed = self.answers(stream, sink.subscribe(&channel)).await;
        if subscribed {
            // Something may have been said just before. One that is full looks soon anyway.
            let _ = to.try_send(Signal::Stirred);
        }
        subscribed
    }

    /// Lets go of the channels that nobody listens to any more.
    async fn unsubscribe(&mut self, sink: &mut PubSubSink) -> bool {
        let closed: Vec<_> =
            self.drawings.iter().filter(|(_, to)| to.is_closed()).map(|(name, _)| name.clone()).collect();
        if closed.is_empty() {
            return true;
        }
        closed.iter().for_each(|channel| drop(self.drawings.remove(channel)));
        timeout(ANSWER_MAX, sink.unsubscribe(closed)).await.is_ok_and(|done| done.is_ok())
    }

    /// Waits for an answer, and passes on what is said meanwhile.
    async fn answers<T>(&self, stream: &mut PubSubStream, answer: impl Future<Output = redis::RedisResult<T>>) -> bool {
        let mut answer = std::pin::pin!(timeout(ANSWER_MAX, answer));
        loop {
            tokio::select! {
                answered = &mut answer => return answered.is_ok_and(|done| done.is_ok()),
                message = stream.next() => match message {
                    Some(message) => self.pass_on(message.get_channel_name(), message.get_payload_bytes()),
                    None => return false,
                },
            }
        }
    }

    fn pass_on(&self, channel: &str, bytes: &[u8]) {
        if let Some(to) = self.drawings.get(channel)
            && let Some(signal) = signal::read(bytes, self.node)
        {
            // A drawing that is behind looks for itself soon.
            let _ = to.try_send(signal);
        }
    }
}
