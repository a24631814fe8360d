//! A server at work in a folder that goes away with it.

use std::path::Path;

use drawing::{Drawing, Entity, EntityId, Line, Op, Order, Point3, Record, RecordId, Shape, Style, Vec2};
use protocol::{Address, Limits};
use server::store::RedisOptions;
use server::{Host, HostError, Options};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::redis::Redis;

/// A line of model space, on layer 0, 10 long.
pub fn line(id: RecordId, y: f64) -> Record {
    let at = |x| Point3 { x, y, z: 0.0 };
    Record::Entity(Entity {
        id: EntityId(id.0),
        handle: None,
        source: None,
        owner: Drawing::MODEL_SPACE,
        order: Order(id.0 * Order::STEP),
        style: Style::on(Drawing::LAYER_0),
        shape: Shape::Line(Line { start: at(0.0), end: at(10.0) }),
    })
}

/// A new drawing with this many lines, and their ids.
pub fn lines(count: u64) -> (Drawing, Vec<EntityId>) {
    let mut drawing = Drawing::new();
    let first = drawing.id_max().0 + 1;
    let ids = first..first + count;
    let records = ids.clone().map(|id| line(RecordId(id), id as f64)).collect();
    drawing.apply(&Op::New(records)).expect("lines on layer 0 of model space");
    (drawing, ids.map(EntityId).collect())
}

/// Where a line starts.
pub fn start_x(drawing: &Drawing, id: EntityId) -> f64 {
    match drawing.entity(id).map(|entity| &entity.shape) {
        Some(Shape::Line(line)) => line.start.x,
        other => panic!("{id} is {other:?}"),
    }
}

/// A move to the right.
pub fn translate(id: EntityId, x: f64) -> Op {
    Op::Translate { ids: vec![id], by: Vec2 { x, y: 0.0 } }
}

/// A host that serves.
pub struct Place {
    pub host: Host,
    port: u16,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), HostError>>,
}

impl Place {
    /// Serves a folder.
    pub async fn open(data: &Path, limits: Limits) -> Place {
        Place::open_with(Options { limits, ..Options::new(data) }).await
    }

    /// Serves a folder as the options say.
    pub async fn open_with(options: Options) -> Place {
        Place::of(Host::open(options, tokio::runtime::Handle::current()).expect("the folder opens")).await
    }

    /// Serves a Redis, which others may serve too.
    pub async fn over(redis: &Redis) -> Place {
        let host = Host::open_redis(RedisOptions::new(redis.url()), tokio::runtime::Handle::current()).await;
        Place::of(host.expect("Redis will do")).await
    }

    async fn of(host: Host) -> Place {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn({
            let host = host.clone();
            async move { host.serve(listener, async { stopped.await.unwrap_or(()) }).await }
        });
        Place { host, port, stop, serving }
    }

    /// Serves a folder with a new drawing of so many lines, called `plan`.
    pub async fn with_lines(data: &Path, limits: Limits, count: u64) -> (Place, Address, Vec<EntityId>) {
        let place = Place::open(data, limits).await;
        let (address, ids) = place.add_plan(count).await;
        (place, address, ids)
    }

    /// Adds `plan`, a new drawing of so many lines.
    pub async fn add_plan(&self, count: u64) -> (Address, Vec<EntityId>) {
        let (drawing, ids) = lines(count);
        let listing = self.host.add("Plan", None, drawing).await.expect("it is added");
        assert_eq!(listing.name, "plan");
        (self.address(), ids)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where `plan` is.
    pub fn address(&self) -> Address {
        self.host.address("plan", "127.0.0.1", self.port).expect("there is a plan")
    }

    /// Ends in good order.
    pub async fn close(self) {
        self.stop.send(()).expect("it serves");
        self.serving.await.expect("serving doesn't panic").expect("serving ends well");
        self.host.close().await;
    }
}
