//! Figures of joining, of idle connections and of opening a long log, each against a server in a process of its own:
//! `cargo run --release -p server --example figures -- join DRAWING.dxf | idle | reopen`. Loopback only.

mod client;
mod idle;
mod join;
mod reopen;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context as _, bail};
use protocol::Address;
use server::{Host, Options};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match words[..] {
            ["serve", folder] => serve(Path::new(folder)).await,
            ["join", drawing] => join::measure(Path::new(drawing)).await,
            ["idle"] => idle::measure(5_000, 500).await,
            ["idle", people, drawings] => idle::measure(people.parse()?, drawings.parse()?).await,
            ["reopen"] => reopen::measure(1_000_000).await,
            ["reopen", entries] => reopen::measure(entries.parse()?).await,
            _ => bail!("join DRAWING.dxf | idle [PEOPLE DRAWINGS] | reopen [ENTRIES]"),
        }
    })
}

/// Serves a folder until its standard input ends; says where its drawings are, a line each, then an empty line.
async fn serve(folder: &Path) -> anyhow::Result<()> {
    let host = Host::open(Options::new(folder), Handle::current())?;
    let listener = server::listen("127.0.0.1:0".parse()?).await?;
    let port = listener.local_addr()?.port();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = host.clone();
    // It ends when it is told to, or when nobody is left to tell it.
    let serving = tokio::spawn(async move { serving.serve(listener, async { drop(stopped.await) }).await });
    let mut out = std::io::stdout();
    for listing in host.drawings() {
        let address = host.address(&listing.name, "127.0.0.1", port).context("it is listed")?;
        writeln!(out, "{address}")?;
    }
    writeln!(out)?;
    out.flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    drop(stop);
    serving.await??;
    host.close().await;
    Ok(())
}

/// A server in a process of its own, which ends with this.
pub struct Served {
    child: Child,
    /// Dropped before the child is waited for.
    stdin: Option<ChildStdin>,
    /// Its drawings.
    pub addresses: Vec<Address>,
}

impl Served {
    /// Starts one over a folder.
    pub fn start(folder: &Path) -> anyhow::Result<Served> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        let addresses = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
        let addresses: Vec<Address> = addresses.map(|line| line.parse()).collect::<Result<_, _>>()?;
        Ok(Served { stdin: child.stdin.take(), child, addresses })
    }

    /// A line of its `/proc/PID/status`, in KiB.
    pub fn status_kib(&self, name: &str) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
        Ok(line.trim_matches(|c: char| !c.is_ascii_digit()).parse()?)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stdin.take();
        // It has been told; what it says about its end is on its own standard error.
        let _ = self.child.wait();
    }
}
