//! How long joining takes, from connecting to a drawing whose hash is the server's.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use server::{Host, Options};
use tokio::runtime::Handle;

use crate::{Served, client};

/// Joins of one, one after another.
const ALONE: u128 = 7;
/// People who join at the same time.
const TOGETHER: u128 = 20;

/// Joins a drawing, alone and together.
pub async fn measure(drawing: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let reading = formats::read(&std::fs::read(drawing)?, &mut |_| ControlFlow::Continue(()))?;
    let host = Host::open(Options::new(folder.path()), Handle::current())?;
    println!("{} entities", reading.drawing.entity_count());
    host.add("Plan", None, reading.drawing).await?;
    host.close().await;
    let served = Served::start(folder.path())?;
    let address = &served.addresses[0];
    // The first one also waits until the drawing is open.
    let opened = client::join(address, 1).await?;
    say("the first, with opening it", &[(opened.shown, opened.joined)], opened.bytes);
    let (mut alone, mut bytes) = (Vec::new(), 0);
    for id in 0..ALONE {
        let person = client::join(address, 100 + id).await?;
        alone.push((person.shown, person.joined));
        bytes = person.bytes;
    }
    say("one at a time", &alone, bytes);
    let began = Instant::now();
    let all: Vec<_> = (0..TOGETHER)
        .map(|id| {
            let address = address.clone();
            tokio::spawn(async move { client::join(&address, 1_000 + id).await })
        })
        .collect();
    let mut together = Vec::new();
    for person in all {
        let person = person.await??;
        together.push((person.shown, person.joined));
    }
    say("20 at once", &together, bytes);
    println!("all 20 after {:?}; server at most {} KiB", began.elapsed(), served.status_kib("VmHWM:")?);
    Ok(())
}

fn say(what: &str, times: &[(Duration, Duration)], bytes: usize) {
    let mut joined: Vec<_> = times.iter().map(|(_, joined)| *joined).collect();
    joined.sort();
    let mut shown: Vec<_> = times.iter().map(|(shown, _)| *shown).collect();
    shown.sort();
    let (middle, last) = (joined.len() / 2, joined.len() - 1);
    println!(
        "{what}: something to see after {:?}, equal hash after {:?} (median), {:?} (longest); {bytes} bytes",
        shown[middle], joined[middle], joined[last]
    );
}
