//! Many drawings: known without being opened, few at work at a time, and room made by those that nobody is in.

use protocol::{Address, ClientMessage, Encoding, Limits};
use server::{Host, HostError, Options};
use tokio::time::timeout;

use crate::client::{Client, DEADLINE, End, Person, hello};
use crate::http::Asker;
use crate::place::{Place, lines};

/// A place with drawings `a`, `b`, ... that nobody is in.
async fn place_of(options: Options, titles: &[&str]) -> (Place, Vec<Address>) {
    let place = Place::open_with(options).await;
    let mut addresses = Vec::new();
    for title in titles {
        let listing = place.host.add(title, None, lines(2).0).await.unwrap();
        addresses.push(place.host.address(&listing.name, "127.0.0.1", place.port()).unwrap());
    }
    (place, addresses)
}

async fn leave(mut person: Person) {
    person.client.say(&ClientMessage::Leave).await.unwrap();
    person.client.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_nobody_is_in_make_room_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { open_max: 2, ..Options::new(folder.path()) };
    let (place, at) = place_of(options, &["a", "b", "c", "d"]).await;
    assert!(place.host.health().open <= 2, "{:?}", place.host.health());
    let ana = Person::join(&at[0], Encoding::MessagePack, 1).await;
    let bo = Person::join(&at[1], Encoding::Json, 2).await;
    assert_eq!(place.host.health().open, 2);
    // People are in both.
    let full = Client::connect(&at[2], Encoding::Json).await.enter(hello(&at[2], 3, None), None).await;
    let Err(End::Bye { why, retry: true }) = full else { panic!("let in or for ever refused") };
    assert!(why.contains("open_max of 2"), "{why}");
    let direct = place.host.connect("c").await;
    assert!(matches!(direct, Err(HostError::Full { limit: "open_max", max: 2 })), "{direct:?}");
    // One who is cut off may come back into their session: their drawing stays.
    drop(ana);
    let full = Client::connect(&at[2], Encoding::Json).await.enter(hello(&at[2], 3, None), None).await;
    assert!(matches!(full, Err(End::Bye { retry: true, .. })));
    let ana = Person::join(&at[0], Encoding::MessagePack, 1).await;
    // One who leaves makes room at once.
    leave(bo).await;
    let coming = async {
        loop {
            let client = Client::connect(&at[2], Encoding::Json).await;
            if let Ok(person) = client.enter(hello(&at[2], 4, None), None).await {
                return person;
            }
        }
    };
    let came = timeout(DEADLINE, coming).await.expect("there is room");
    assert_eq!((came.drawing.entity_count(), place.host.health().open), (2, 2));
    drop((ana, came));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_that_nobody_was_in_for_the_longest_goes_first() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { open_max: 3, ..Options::new(folder.path()) };
    let (place, at) = place_of(options, &["a", "b", "c"]).await;
    for address in [&at[1], &at[0], &at[2]] {
        leave(Person::join(address, Encoding::Json, 1).await).await;
    }
    // What is open has a write-ahead log beside it, what was closed has none.
    let is_open = |name: &str| folder.path().join(format!("{name}.linework-wal")).exists();
    place.host.add("d", None, lines(1).0).await.unwrap();
    assert!(!is_open("b") && is_open("d") && place.host.health().open <= 3, "{:?}", place.host.health());
    place.host.add("e", None, lines(1).0).await.unwrap();
    assert!(!is_open("a") && is_open("e") && place.host.health().open <= 3, "{:?}", place.host.health());
    let figures = String::from_utf8(Asker::own(place.port()).get("/metrics").await.body).unwrap();
    assert!(figures.contains("\nlinework_drawings_closed_early_total "), "{figures}");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_heavy_is_not_added_to() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { open_bytes_max: 1 << 20, ..Options::new(folder.path()) };
    let place = Place::open_with(options).await;
    let (address, _) = place.add_plan(5_000).await;
    // One that is alone may be as heavy as it is.
    let ana = Person::join(&address, Encoding::MessagePack, 1).await;
    let second = place.host.add("Other", None, lines(1).0).await;
    assert!(matches!(second, Err(HostError::Full { limit: "open_bytes_max", .. })), "{second:?}");
    assert_eq!(place.host.drawings().len(), 1);
    drop(ana);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_are_known_and_none_is_open() {
    const COUNT: usize = 3_000;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (place, _) = place_of(Options::new(&data), &["a"]).await;
    place.close().await;
    let log = std::fs::read(data.join("a.linework")).unwrap();
    for number in 1..COUNT {
        std::fs::write(data.join(format!("copy-{number}.linework")), &log).unwrap();
    }
    std::fs::write(data.join("copy-7.linework-archived"), "").unwrap();
    std::fs::write(data.join("broken.linework"), "not a log").unwrap();
    let host = Host::open(Options::new(&data), tokio::runtime::Handle::current()).unwrap();
    let health = host.health();
    // One of them is archived; one that is broken is listed all the same.
    assert_eq!((host.drawings().len(), health.drawings, health.open), (COUNT + 1, COUNT, 0));
    assert!(std::fs::read_dir(&data).unwrap().all(|entry| !entry.unwrap().path().to_str().unwrap().ends_with("-wal")));
    // Looking again asks no file.
    std::fs::rename(&data, folder.path().join("elsewhere")).unwrap();
    assert_eq!((host.drawings().len(), host.health()), (COUNT + 1, health));
    std::fs::rename(folder.path().join("elsewhere"), &data).unwrap();
    let named = host.listing("copy-2999").unwrap();
    assert_eq!((named.title.as_str(), named.archived), ("a", false));
    assert!(host.listing("copy-7").unwrap().archived);
    drop(host.connect("copy-2999").await.unwrap());
    host.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_may_be_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { drawings_max: 1, limits: Limits::default(), ..Options::new(folder.path()) };
    let (place, _) = place_of(options, &["a"]).await;
    let error = place.host.add("b", None, lines(1).0).await.unwrap_err();
    assert!(
        matches!(error, HostError::TooMany { max: 1 }) && error.to_string().contains("drawings_max of 1"),
        "{error}"
    );
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with('b')), "{left:?}");
    place.close().await;
}
