//! Hosts on one network find each other, and tell no more than they may.

use std::net::SocketAddr;
use std::sync::mpsc;

use protocol::{Encoding, Limits};
use server::{Host, Listed, Neighbour, Options, Search};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::client::{Client, DEADLINE, End, Person, hello};
use crate::http::Asker;

/// A host of one drawing at a free port of this machine.
struct Served {
    at: SocketAddr,
    host: Host,
    stop: oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<Result<(), server::HostError>>,
}

impl Served {
    async fn start(folder: &std::path::Path, title: &str, listed: Listed) -> Served {
        let options = Options { title: title.into(), listed, limits: Limits::default(), ..Options::new(folder) };
        let host = Host::open(options, tokio::runtime::Handle::current()).unwrap();
        host.add("The plan", None, drawing::Drawing::new()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = host.clone();
        let until = async move {
            // An error says that the test is over.
            let _ = stopped.await;
        };
        Served { at, host, stop, serving: tokio::spawn(async move { serving.serve(listener, until).await }) }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.serving.await.unwrap().unwrap();
        self.host.close().await;
    }
}

/// What a search tells, each time all that it knows.
type Found = mpsc::Receiver<Vec<Neighbour>>;

/// Waits until what is found is as it should be.
async fn until(found: Found, expect: impl Fn(&[Neighbour]) -> bool + Send + 'static) -> Found {
    let waiting = tokio::task::spawn_blocking(move || {
        loop {
            let latest = found.recv_timeout(DEADLINE).expect("what is found changes in time");
            if expect(&latest) {
                return found;
            }
        }
    });
    waiting.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_found_while_it_is_there_and_tells_what_it_may() {
    let (open, closed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let open = Served::start(open.path(), "Everybody's plans", Listed::Open).await;
    let closed = Served::start(closed.path(), "Nobody's plans", Listed::Nothing).await;
    let (tell, found) = mpsc::channel();
    // Nobody listens any more once the test is over.
    let search = Search::start(move |all| drop(tell.send(all))).unwrap();
    let (port, hidden) = (open.at.port(), closed.at.port());
    let is_at = |neighbour: &Neighbour, port| neighbour.addresses.iter().any(|at| at.port() == port);
    let found = until(found, move |all| {
        assert!(all.iter().all(|each| !is_at(each, hidden)), "{all:?}");
        all.iter().any(|each| each.title == "Everybody's plans" && is_at(each, port))
    })
    .await;
    let listed = server::ask(open.at).await.unwrap();
    assert_eq!(listed.iter().map(|each| &*each.title).collect::<Vec<_>>(), ["The plan"]);
    assert_eq!(listed[0].people, Some(0));
    let address = listed[0].address(open.at).expect("an open host says how to come in");
    let person = Person::join(&address, Encoding::MessagePack, 1).await;
    assert_eq!(server::ask(open.at).await.unwrap()[0].people, Some(1));
    drop(person);
    assert_eq!(server::ask(closed.at).await.unwrap(), []);

    let gone = open.at;
    open.stop().await;
    until(found, move |all| all.iter().all(|each| !is_at(each, port))).await;
    assert!(server::ask(gone).await.is_err_and(|error| error.to_string().contains("does not answer")));
    drop(search);
    closed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_alone_let_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "Plans", Listed::Titles).await;
    let listed = server::ask(served.at).await.unwrap();
    assert_eq!((&*listed[0].title, listed[0].address(served.at)), ("The plan", None));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_chosen_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "Plans", Listed::Chosen).await;
    assert_eq!(server::ask(served.at).await.unwrap(), []);
    let name = served.host.drawings()[0].name.clone();
    served.host.list(&name, true);
    let listed = server::ask(served.at).await.unwrap();
    assert_eq!((&*listed[0].title, listed[0].address(served.at)), ("The plan", None));
    served.host.list(&name, false);
    assert_eq!(server::ask(served.at).await.unwrap(), []);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_reads_no_titles_and_comes_in_by_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "Plans", Listed::Open).await;
    let own = Asker::own(served.at.port());
    // A name of somebody else's that leads to this machine: to a browser it is the page's own.
    let host = format!("evil.example:{}", served.at.port());
    let rebound = Asker { origin: Some(format!("http://{host}")), host, ..own.clone() };
    let local = Asker { host: format!("studio.local:{}", served.at.port()), ..own.clone() };
    for (asker, status) in [(&own, 200), (&local, 200), (&rebound, 421)] {
        let answer = asker.get("/nearby").await;
        assert_eq!(answer.status, status, "{answer:?}");
        let told = String::from_utf8(answer.body).unwrap();
        assert_eq!(told.contains("The plan") && told.contains("secret"), status == 200, "{told}");
    }
    let address = server::ask(served.at).await.unwrap()[0].address(served.at).unwrap();
    let come_in = async |asker: &Asker| {
        let client = Client::connect_as(&address, Encoding::Json, asker).await;
        client.enter(hello(&address, 1, None), None).await.map(|person| person.welcome.title)
    };
    assert_eq!(come_in(&own).await, Ok("The plan".into()));
    match come_in(&rebound).await {
        Err(End::Bye { why, retry: false }) if why.contains("pages of other servers") => {}
        other => panic!("{other:?}"),
    }
    served.stop().await;
}

#[tokio::test]
async fn something_else_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let stranger = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"220 mail.example ready\r\n").await.unwrap();
    });
    let error = server::ask(at).await.unwrap_err().to_string();
    assert!(error.contains("does not answer as a Linework host"), "{error}");
    stranger.await.unwrap();
}
