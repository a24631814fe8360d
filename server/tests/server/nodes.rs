//! Several servers over one Redis: one room, whoever is where.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Child;
use std::time::{Duration, Instant};

use drawing::Point;
use protocol::{
    Address, Answer, ClientMessage, Durability, Encoding, Ended, Event, Limits, Presence, Refusal, Request,
    ServerMessage,
};
use server::store::RedisOptions;
use server::{Host, Options};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::client::Person;
use crate::place::{lines, start_x, translate};
use crate::program::Program;
use crate::redis::Redis;

/// A server as a process; killed when it goes.
pub struct Node {
    child: Child,
    pub port: u16,
}

impl Node {
    pub fn start(redis: &Redis) -> Node {
        let (child, port) = Program::on_redis(&redis.url(), &[]);
        Node { child, port }
    }

    /// SIGKILL: nothing is flushed, nothing is said.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ended");
    }

    /// A drawing's address at this node.
    pub fn address(&self, address: &Address) -> Address {
        Address { port: self.port, ..address.clone() }
    }

    /// What it says of itself.
    fn health(&self) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("it takes it");
        let mut said = String::new();
        stream.read_to_string(&mut said).expect("it answers");
        said
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // One that was killed already is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Adds a drawing of so many lines to a Redis, by a host that is then gone; where the drawing is, but for the port.
pub async fn add_plan(redis: &Redis, count: u64) -> (Address, Vec<drawing::EntityId>) {
    let host = Host::open_redis(RedisOptions::new(redis.url()), Handle::current()).await.expect("Redis will do");
    let (drawing, ids) = lines(count);
    let listing = host.add("Plan", Some(b"a file".to_vec()), drawing).await.expect("it is added");
    let address = host.address(&listing.name, "127.0.0.1", 0).expect("it is there");
    host.close().await;
    (address, ids)
}

/// Listens until somebody's connection is told to be open or not.
async fn until_connected(person: &mut Person, of: protocol::SessionId, expect: bool) {
    person
        .until(|message| match message {
            ServerMessage::Connected { session, connected } if *session == of && *connected == expect => Some(()),
            _ => None,
        })
        .await;
}

/// One moves their cursor, the other sees it.
async fn see_cursor(of: &mut Person, at: &mut Person, x: f64) {
    let shown = Presence { cursor: Some(Point::new(x, 3.5)), ..Presence::default() };
    of.client.say(&ClientMessage::Presence(shown.clone())).await.expect("it is heard");
    let who = of.welcome.session;
    let seen = at.until(|message| match message {
        ServerMessage::Presence(latest) => latest.iter().find(|(of, _)| *of == who).map(|(_, shown)| shown.clone()),
        _ => None,
    });
    assert_eq!(seen.await, shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_are_one_room() {
    let redis = Redis::safe();
    // Both run before there is any drawing.
    let (left, right) = (Node::start(&redis), Node::start(&redis));
    let (address, ids) = add_plan(&redis, 3).await;
    let mut ana = Person::join(&left.address(&address), Encoding::MessagePack, 1).await;
    let mut ben = Person::join(&right.address(&address), Encoding::Json, 2).await;
    assert_eq!((ana.welcome.durability, ben.welcome.durability), (Durability::RedisFsync, Durability::RedisFsync));
    let ana_is = ana.welcome.session;
    if !ben.welcome.people.iter().any(|person| person.session == ana_is && person.connected) {
        until_connected(&mut ben, ana_is, true).await;
    }

    // A lock at one node is held at the other.
    let token = ana.lock([ids[0]]).await;
    ben.until_event(|_, event| matches!(event, Event::Locked { session, .. } if *session == ana_is).then_some(()))
        .await;
    let taken = ben.ask(Request::Lock { ids: vec![ids[0].into(), ids[1].into()], wait: false }).await;
    assert!(matches!(&taken, Answer::Refused(Refusal::Held { by, .. }) if by[0].session == ana_is), "{taken:?}");
    let moved = ana.store(ana.edit(translate(ids[0], 7.0), &[token])).await;
    ben.until_event(|seq, _| (seq == moved).then_some(())).await;
    assert_eq!(start_x(&ben.drawing, ids[0]), 7.0);

    // And so is undo: one's own, and only while nobody else changed it.
    let undone = ana.store(Request::Undo { entries: vec![moved] }).await;
    ben.until_event(|seq, _| (seq == undone).then_some(())).await;
    assert_eq!(start_x(&ben.drawing, ids[0]), 0.0);
    let foreign = ben.ask(Request::Undo { entries: vec![moved] }).await;
    assert!(matches!(foreign, Answer::Refused(Refusal::NotUndoable { .. })), "{foreign:?}");

    // Cursors cross over, both ways.
    see_cursor(&mut ana, &mut ben, 2.5).await;
    see_cursor(&mut ben, &mut ana, -1.0).await;

    for node in [&left, &right] {
        let health = node.health();
        assert!(
            health.contains("\"store\":\"redis\"") && health.contains("\"durability\":\"redis_fsync\""),
            "{health}"
        );
    }

    // One whose node is gone comes back at the other, with their lock; nobody took it meanwhile.
    let mut left = left;
    left.kill();
    until_connected(&mut ben, ana_is, false).await;
    let taken = ben.ask(Request::Lock { ids: vec![ids[0].into()], wait: false }).await;
    assert!(matches!(&taken, Answer::Refused(Refusal::Held { .. })), "{taken:?}");
    let mut ana = ana.resume(&right.address(&address)).await.expect("it lets her in");
    assert_eq!((ana.welcome.session, ana.welcome.carries_on), (ana_is, true));
    ana.store(ana.edit(translate(ids[0], 1.0), &[token])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_one_whose_node_was_killed_ends_after_the_grace_and_not_before() {
    let redis = Redis::safe();
    let mut left = Node::start(&redis);
    let (address, ids) = add_plan(&redis, 1).await;
    let grace = Duration::from_secs(3);
    let limits = Limits { grace_ms: grace.as_millis() as u32, ..Limits::default() };
    let redis_options = RedisOptions::new(redis.url());
    let host = Options { limits, ..redis_options.host.clone() };
    let options = RedisOptions { host, ..redis_options };
    let right = Host::open_redis(options, Handle::current()).await.expect("Redis will do");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    let serving = tokio::spawn({
        let right = right.clone();
        async move { right.serve(listener, std::future::pending()).await }
    });
    let mut ana = Person::join(&left.address(&address), Encoding::MessagePack, 1).await;
    ana.lock([ids[0]]).await;
    let mut ben = Person::join(&Address { port, ..address.clone() }, Encoding::MessagePack, 2).await;
    let killed = Instant::now();
    left.kill();
    let ana_is = ana.welcome.session;
    let gone = |_, event: &Event| match event {
        Event::Gone { session, why, .. } if *session == ana_is => Some(*why),
        _ => None,
    };
    assert_eq!(ben.until_event(gone).await, Ended::Expired);
    assert!(killed.elapsed() >= grace, "after {:?}", killed.elapsed());
    ben.lock([ids[0]]).await;
    right.close().await;
    serving.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_saving_is_paused_and_nothing_is_lost_or_doubled() {
    let mut redis = Redis::safe();
    let node = Node::start(&redis);
    let (address, ids) = add_plan(&redis, 1).await;
    let mut ana = Person::join(&node.address(&address), Encoding::MessagePack, 1).await;
    let mut ben = Person::join(&node.address(&address), Encoding::Json, 2).await;
    let token = ana.lock([ids[0]]).await;
    for (round, killed) in (1..).zip([false, true]) {
        if killed {
            redis.kill();
        } else {
            redis.signal("-STOP");
        }
        let asked = ana.begin(ana.edit(translate(ids[0], 1.0), &[token])).await;
        // Ben asks for nothing, and hears of it all the same.
        for person in [&mut ana, &mut ben] {
            let why = person.until(|message| match message {
                ServerMessage::Saving { paused: true, why } => Some(why.clone()),
                ServerMessage::Answer { client_seq, answer } if *client_seq == asked => panic!("{answer:?}"),
                _ => None,
            });
            assert!(why.await.contains("does not answer"));
        }
        if killed {
            redis.start();
        } else {
            redis.signal("-CONT");
        }
        // It goes on and the answer comes, in whichever order.
        let (mut goes_on, mut stored) = (false, false);
        while !(goes_on && stored) {
            match ana.hear().await.expect("the connection holds") {
                ServerMessage::Saving { paused, .. } => goes_on = !paused,
                ServerMessage::Answer { client_seq, answer } if client_seq == asked => {
                    assert!(matches!(answer, Answer::Stored { .. }), "{answer:?}");
                    stored = true;
                }
                _ => {}
            }
        }
        assert_eq!(start_x(&ana.drawing, ids[0]), f64::from(round));
    }
}
