//! Following what other hosts over the same shelf do to it: drawings that they add, archive, bring back, give another
//! link, rename, and another owner's secret.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::console::Key;
use crate::host::{Slot, end};
use crate::keeping::{ARCHIVED, RELINKED};
use crate::{Host, HostError, Listing, name};

/// How often the shelf is looked at even if nobody says that something changed.
const LOOK_EVERY: Duration = Duration::from_secs(30);

impl Host {
    /// Follows what others do from now on, until this host is closed or gone.
    pub(crate) fn begin_to_follow(&self) {
        let Some(mut changes) = self.inner.shelf.shared().map(|shared| shared.changes()) else { return };
        let inner = Arc::downgrade(&self.inner);
        self.runtime().spawn(async move {
            let mut look = interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
            look.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = look.tick() => {}
                    // Without it there is still the time.
                    Some(_) = changes.recv() => {}
                }
                // Several at once are looked at once.
                while changes.try_recv().is_ok() {}
                let Some(inner) = inner.upgrade() else { return };
                let host = Host { inner };
                if host.is_closing() {
                    return;
                }
                if let Err(error) = host.follow().await {
                    tracing::debug!(%error, "what others changed is looked at again later");
                }
            }
        });
    }

    /// The slot of a drawing, as it is listed now.
    pub(crate) async fn find(&self, name: &str) -> Result<Option<Arc<Slot>>, HostError> {
        let known = self.slot(name);
        let Some(shared) = self.inner.shelf.shared().filter(|_| name::is_name(name)) else { return Ok(known) };
        let Some(listing) = shared.find(name).await? else { return Ok(None) };
        let Some(slot) = known else { return Ok(Some(self.put_up(listing))) };
        if slot.listing() != listing {
            self.follow_slot(&slot).await?;
        }
        Ok(Some(slot))
    }

    /// Knows the owner by what they are known by now: another host may have made another secret.
    pub(crate) async fn follow_owner(&self) -> Result<(), HostError> {
        if let (Some(console), Some(shared)) = (&self.inner.console, self.inner.shelf.shared())
            && let Some(key) = shared.owner().await?
        {
            console.change_owner(Key::read(&key)?);
        }
        Ok(())
    }

    async fn follow(&self) -> Result<(), HostError> {
        let Some(shared) = self.inner.shelf.shared() else { return Ok(()) };
        self.follow_owner().await?;
        for listing in shared.drawings().await? {
            match self.slot(&listing.name) {
                None => drop(self.put_up(listing)),
                Some(slot) if slot.listing() != listing => self.follow_slot(&slot).await?,
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Does to a drawing here what was done to it elsewhere.
    async fn follow_slot(&self, slot: &Slot) -> Result<(), HostError> {
        let Some(shared) = self.inner.shelf.shared() else { return Ok(()) };
        // Held while it is read, so that what this host does to it doesn't cross with that.
        let mut live = slot.live.lock().await;
        let before = slot.listing();
        let Some(found) = shared.find(&before.name).await? else { return Ok(()) };
        // What is open knows by its log what it is called.
        let open = live.as_ref().is_some_and(|live| !live.is_ended());
        let title = if open { before.title } else { found.title };
        let listing = slot.change(|listing| *listing = Listing { title, ..found });
        if listing.archived && !before.archived {
            end(&mut live, ARCHIVED, false).await;
        } else if listing.secret != before.secret {
            end(&mut live, RELINKED, true).await;
        }
        self.inner.board.put_listing(&listing);
        Ok(())
    }
}
