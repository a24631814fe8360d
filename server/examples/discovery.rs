//! How soon a host on the same machine is found, and its drawings listed: `cargo run --release -p server --example discovery`.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use server::{Host, Listed, Options, Search};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// How often it is looked for, each time by somebody who knows of nothing.
const RUNS: usize = 20;
/// Longer than this is no discovery.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let title = "The host to be found";
    let options = Options { title: title.into(), listed: Listed::Titles, ..Options::new(folder.path()) };
    let host = Host::open(options, Handle::current())?;
    host.add("Plan", None, drawing::Drawing::new()).await?;
    let listener = server::listen("127.0.0.1:0".parse()?).await?;
    let at = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = host.clone();
    // It ends when it is told to, or when nobody is left to tell it.
    let serving = tokio::spawn(async move { serving.serve(listener, async { drop(stopped.await) }).await });

    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let (tell, found) = mpsc::channel();
        let began = Instant::now();
        // Nobody listens any more once it is found.
        let search = Search::start(move |all| drop(tell.send(all)))?;
        let seen = tokio::task::spawn_blocking(move || {
            loop {
                let all = found.recv_timeout(PATIENCE)?;
                if all
                    .iter()
                    .any(|each| each.title == title && each.addresses.iter().any(|each| each.port() == at.port()))
                {
                    return anyhow::Ok(());
                }
            }
        });
        seen.await??;
        anyhow::ensure!(server::ask(at).await?.len() == 1, "its drawing is listed");
        times.push(began.elapsed());
        drop(search);
    }
    times.sort();
    println!(
        "found and listed, {RUNS} times: p50 {} ms, max {} ms",
        times[RUNS / 2].as_millis(),
        times[RUNS - 1].as_millis()
    );
    drop(stop);
    serving.await??;
    host.close().await;
    Ok(())
}
