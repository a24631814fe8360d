//! What a connection costs a server while nothing is said over it.

use std::time::Duration;

use drawing::Drawing;
use futures_util::StreamExt as _;
use server::{Host, Options};
use tokio::runtime::Handle;

use crate::{Served, client};

/// So long nothing is said, so that what joining needed is over.
const QUIET: Duration = Duration::from_secs(12);
/// People who come in at a time.
const AT_ONCE: usize = 50;

/// Lets people in to new drawings, spread evenly, and looks at the server's memory before and after.
pub async fn measure(people: usize, drawings: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::open(Options::new(folder.path()), Handle::current())?;
    for n in 0..drawings {
        host.add(&format!("Plan {n}"), None, Drawing::new()).await?;
    }
    host.close().await;
    let served = Served::start(folder.path())?;
    tokio::time::sleep(QUIET).await;
    let before = served.status_kib("VmRSS:")?;
    let mut all = Vec::with_capacity(people);
    let mut opened = None;
    for some in (0..people).collect::<Vec<_>>().chunks(AT_ONCE) {
        let coming = some.iter().map(|n| {
            let address = served.addresses[n % drawings].clone();
            let id = 1 + *n as u128;
            tokio::spawn(async move { client::join(&address, id).await })
        });
        for person in coming.collect::<Vec<_>>() {
            let mut person = person.await??;
            // They answer pings, and listen to who else comes; nothing else.
            all.push(tokio::spawn(async move { while let Some(Ok(_)) = person.socket.next().await {} }));
        }
        if opened.is_none() && all.len() >= drawings {
            opened = Some(served.status_kib("VmRSS:")?);
        }
    }
    tokio::time::sleep(QUIET).await;
    let left = all.iter().filter(|each| !each.is_finished()).count();
    let after = served.status_kib("VmRSS:")?;
    println!("{left} of {people} connections are open over {drawings} drawings");
    println!("resident: {before} KiB before, {} KiB with one in each, {after} KiB with all", opened.unwrap_or(0));
    println!("{:.1} KiB a connection", (after - before) as f64 / people as f64);
    all.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(())
}
