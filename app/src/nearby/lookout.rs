//! The lookout: finds hosts by multicast DNS and asks them what they have, until it is dropped.

use std::convert::Infallible;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use server::Search;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use super::Found;
use super::hosts::{Hosts, Said};
use crate::document::first_capital;

/// After so long without an answer it is said that nobody is there; one who comes later is shown all the same.
const PATIENCE: Duration = Duration::from_secs(4);
/// So often hosts are asked again: who is in a drawing changes, and a host may be gone without a farewell.
const AGAIN: Duration = Duration::from_secs(10);
/// Addresses of a host that are tried, one after the other.
const ADDRESSES_MAX: usize = 4;

/// Looks for hosts until it is dropped.
#[derive(Debug)]
pub struct Lookout {
    /// Nothing is ever sent: it ends when this goes.
    _stop: oneshot::Sender<Infallible>,
}

impl Lookout {
    /// Begins to look. `tell` is called with all that is known, each time that it changed.
    pub fn begin(runtime: &Handle, tell: impl Fn(Found) + Send + 'static) -> Lookout {
        let (stop, stopped) = oneshot::channel();
        runtime.spawn(async move {
            tokio::select! {
                _ = stopped => {}
                () = look(tell) => {}
            }
        });
        Lookout { _stop: stop }
    }
}

async fn look(tell: impl Fn(Found)) {
    let (hear, mut heard) = watch::channel(Vec::new());
    // Its sockets are opened on a thread that may wait.
    let started = tokio::task::spawn_blocking(move || Search::start(move |all| drop(hear.send_replace(all)))).await;
    let _search = match started {
        Ok(Ok(search)) => search,
        Ok(Err(error)) => return tell(Found::Unavailable(first_capital(&error.to_string()))),
        // The program is ending.
        Err(_) => return,
    };
    let (mut hosts, mut asking) = (Hosts::default(), JoinSet::new());
    let mut told = Found::Searching;
    let mut is_early = true;
    let patience = sleep(PATIENCE);
    tokio::pin!(patience);
    let mut again = interval_at(Instant::now() + AGAIN, AGAIN);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut all = false;
        tokio::select! {
            changed = heard.changed() => match changed {
                Ok(()) => hosts.keep(heard.borrow_and_update().clone()),
                Err(_) => return tell(Found::Unavailable("Looking for hosts ended early; addresses work all the same".into())),
            },
            Some(asked) = asking.join_next() => {
                // One that broke off is asked no more; it is shown as it was.
                if let Ok((neighbour, said)) = asked {
                    hosts.take(&neighbour, said);
                }
            }
            _ = again.tick() => all = true,
            () = &mut patience, if is_early => is_early = false,
        }
        for neighbour in hosts.begin_asking(all) {
            asking.spawn(async move {
                let said = ask(&neighbour.addresses).await;
                (neighbour, said)
            });
        }
        let found = hosts.found(is_early);
        if found != told {
            told = found.clone();
            tell(found);
        }
    }
}

/// Asks a host at one of its addresses.
async fn ask(addresses: &[SocketAddr]) -> Said {
    let mut why = "It says no address at which it could be asked".to_owned();
    for at in addresses.iter().take(ADDRESSES_MAX) {
        match server::ask(*at).await {
            Ok(drawings) => return Ok((*at, is_here(at), drawings)),
            Err(error) => why = error.to_string(),
        }
    }
    Err(why)
}

/// Whether an address is one of this machine's: only on those can one listen. Nothing is sent.
fn is_here(at: &SocketAddr) -> bool {
    UdpSocket::bind((at.ip(), 0)).is_ok()
}
