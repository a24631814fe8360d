//! Hosts on this network: looked for only while somebody sees what is found, and joined by a click.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use server::NearbyDrawing;

use super::Window;
use super::backstage::Report;
use crate::dialogs::Dialog;
use crate::document::Home;
use crate::invites::Invites;
use crate::nearby::{Answer, Found, Lookout, NearbyHost, Uninvited};

/// The hosts on this network, and how they are looked for.
#[derive(Debug, Default)]
pub struct Nearby {
    /// What was found so far.
    pub found: Found,
    /// Hosts are looked for at all.
    pub is_on: bool,
    /// Which lookout is heard: what an earlier one found is old.
    pub number: u64,
    pub(super) lookout: Option<Lookout>,
    /// What lets this person in without being asked.
    pub(super) invites: Invites,
}

impl Nearby {
    /// Whether hosts are looked for right now.
    pub fn is_looking(&self) -> bool {
        self.lookout.is_some()
    }
}

impl Window {
    /// Begins to look for hosts when something that lists them comes in sight, and ends when it goes.
    pub(super) fn look_around(&mut self) {
        let nothing_open = self.documents.is_empty() && self.openings.is_empty();
        let is_seen = nothing_open || matches!(self.dialog, Dialog::Join { .. });
        if !self.nearby.is_on || is_seen == self.nearby.lookout.is_some() {
            return;
        }
        self.nearby.found = Found::Searching;
        self.nearby.lookout = is_seen.then(|| {
            let number = self.backstage.number();
            self.nearby.number = number;
            let (reports, wake) = (self.backstage.reports.clone(), self.backstage.studio.wake.clone());
            Lookout::begin(self.backstage.runtime.handle(), move |found| {
                // Where the window is gone, nobody waits for it.
                let _ = reports.send(Report::Nearby(number, found));
                wake();
            })
        });
    }

    /// Takes in what a lookout found.
    pub(super) fn take_nearby(&mut self, number: u64, found: Found) {
        if number == self.nearby.number {
            self.nearby.found = found;
        }
    }

    /// The hosts to show: all that were found but this program itself.
    pub fn neighbours(&self) -> impl Iterator<Item = &NearbyHost> {
        let own: BTreeSet<u16> = self.backstage.serving.values().filter_map(|serving| serving.port).collect();
        let found = match &self.nearby.found {
            Found::Hosts(hosts) => hosts.as_slice(),
            Found::Searching | Found::Unavailable(_) => &[],
        };
        found.iter().filter(
            move |host| !matches!(host.answer, Answer::Listed { at, here: true, .. } if own.contains(&at.port())),
        )
    }

    /// The address that lets this person into a drawing that a host lists, if there is one.
    pub fn way_in(&self, at: SocketAddr, drawing: &NearbyDrawing) -> Option<protocol::Address> {
        drawing.address(at).or_else(|| self.nearby.invites.to(at, &drawing.name))
    }

    /// Joins a drawing that a host on this network lists, or asks for an invitation to it.
    pub(super) fn join_nearby(&mut self, ctx: &egui::Context, at: SocketAddr, name: &str) {
        let listed = |host: &NearbyHost| match &host.answer {
            Answer::Listed { at: here, drawings, .. } if *here == at => {
                let drawing = drawings.iter().find(|drawing| drawing.name == name)?;
                Some((host.title.clone(), drawing.clone()))
            }
            _ => None,
        };
        let Some((host, drawing)) = self.neighbours().find_map(listed) else {
            return self.warn("That drawing is not offered on this network any more");
        };
        if let Some(address) = self.way_in(at, &drawing) {
            return self.join(&address.to_string());
        }
        let wanted = Uninvited { at, name: drawing.name, title: drawing.title, host };
        let called = match &mut self.dialog {
            Dialog::Join { name, .. } => std::mem::take(name),
            _ => self.settings.name.clone(),
        };
        self.dialog = Dialog::Join { address: String::new(), trouble: None, name: called, wanted: Some(wanted) };
        crate::dialogs::focus_address(ctx);
    }

    /// The drawing is here: what let one in is kept for the next time.
    pub(super) fn remember_way_in(&mut self, at: usize) {
        let document = &self.documents[at];
        let Home::Joined(address) = &document.home else { return };
        if !self.nearby.invites.joined(&document.title, address) {
            return;
        }
        let (invites, folder) = (self.nearby.invites.clone(), self.backstage.state_dir.clone());
        self.backstage.studio.pool.give(move || {
            if let Err(error) = invites.save(&folder) {
                tracing::warn!(%error, "an invitation was not kept");
            }
        });
    }

    /// Somebody was not let in: the next time they are asked.
    pub(super) fn forget_way_in(&mut self, at: usize) {
        if let Home::Joined(address) = &self.documents[at].home
            && !self.documents[at].is_here()
        {
            self.nearby.invites.refused(address);
        }
    }
}
