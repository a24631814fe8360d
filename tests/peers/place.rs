//! The real server at a free port, with one drawing called `plan`, in a folder that goes away with it.

use std::path::PathBuf;

use drawing::{Drawing, Entity, EntityId, Line, Op, Point3, Record, Shape};
use protocol::{Address, Limits};
use server::{Host, HostError, Options};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A host that serves.
pub struct Place {
    /// Where `plan` is.
    pub address: Address,
    /// The ids of its lines.
    pub lines: Vec<EntityId>,
    host: Host,
    folder: TempDir,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), HostError>>,
}

/// What is left of a host that ended in good order.
pub struct Left {
    /// The log of `plan`.
    pub log: PathBuf,
    /// Where it lies.
    pub folder: TempDir,
}

/// A line on layer 0 of model space, 10 long.
pub fn line(id: u64) -> Record {
    let at = |x| Point3 { x, y: id as f64, z: 0.0 };
    Record::Entity(Entity::new(EntityId(id), Shape::Line(Line { start: at(0.0), end: at(10.0) })))
}

impl Place {
    /// Serves a new drawing of so many lines, which came from a file with these bytes.
    pub async fn open(limits: Limits, lines: u64, source: Option<&[u8]>) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options { limits, ..Options::new(folder.path()) };
        let host = Host::open(options, tokio::runtime::Handle::current()).expect("the folder opens");
        let mut drawing = Drawing::new();
        let first = drawing.id_max().0 + 1;
        let ids = first..first + lines;
        drawing.apply(&Op::New(ids.clone().map(line).collect())).expect("lines fit into a new drawing");
        host.add("Plan", source.map(<[u8]>::to_vec), drawing).await.expect("it is added");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn({
            let host = host.clone();
            // Who forgets to close it ends it too.
            async move { host.serve(listener, async { stopped.await.unwrap_or(()) }).await }
        });
        let address = host.address("plan", "127.0.0.1", port).expect("there is a plan");
        Place { address, lines: ids.map(EntityId).collect(), host, folder, stop, serving }
    }

    /// Where it listens.
    pub fn at(&self) -> (&str, u16) {
        (self.address.host.as_str(), self.address.port)
    }

    /// Begins to end in good order, while people may still be there.
    pub fn stop(self) -> Stopping {
        self.stop.send(()).expect("it serves");
        Stopping { host: self.host, folder: self.folder, serving: self.serving }
    }

    /// Ends in good order.
    pub async fn close(self) -> Left {
        self.stop().ended().await
    }
}

/// A host that says farewell.
pub struct Stopping {
    host: Host,
    folder: TempDir,
    serving: JoinHandle<Result<(), HostError>>,
}

impl Stopping {
    /// Waits for the end.
    pub async fn ended(self) -> Left {
        self.serving.await.expect("serving doesn't panic").expect("serving ends well");
        self.host.close().await;
        Left { log: self.folder.path().join("plan.linework"), folder: self.folder }
    }
}
