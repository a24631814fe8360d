//! The hosts that were heard of, and what each of them answered: a value, changed by what the lookout hears.

use std::net::SocketAddr;

use server::{NearbyDrawing, Neighbour};

use super::{Answer, Found, NearbyHost};

/// Drawings of one host that are kept in mind at the most.
const DRAWINGS_MAX: usize = 200;
/// Letters of a title; it is somebody else's word.
const TITLE_CHARS_MAX: usize = 80;

/// What a host that was asked said: where it answered, whether that is this machine, and what it lists; or why not.
pub(super) type Said = Result<(SocketAddr, bool, Vec<NearbyDrawing>), String>;

/// The hosts that were heard of.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    neighbour: Neighbour,
    answer: Answer,
    /// It is being asked.
    busy: bool,
}

impl Hosts {
    /// These are there now, and no others. What one that stays answered is kept.
    pub(super) fn keep(&mut self, neighbours: Vec<Neighbour>) {
        let mut before = std::mem::take(&mut self.known);
        for neighbour in neighbours {
            let same = |known: &Known| {
                known.neighbour == neighbour
                    || known.neighbour.addresses.iter().any(|address| neighbour.addresses.contains(address))
            };
            let (answer, busy) = match before.iter().position(same) {
                Some(at) => {
                    let known = before.swap_remove(at);
                    (known.answer, known.busy)
                }
                None => (Answer::Awaited, false),
            };
            self.known.push(Known { neighbour, answer, busy });
        }
    }

    /// Those that are to be asked: all, or only those that have not answered yet. They count as being asked from here on.
    pub(super) fn begin_asking(&mut self, all: bool) -> Vec<Neighbour> {
        let waiting = self.known.iter_mut().filter(|known| !known.busy && (all || known.answer == Answer::Awaited));
        let ask = waiting.map(|known| {
            known.busy = true;
            known.neighbour.clone()
        });
        ask.collect()
    }

    /// What one that was asked said; nothing happens where it is gone.
    pub(super) fn take(&mut self, neighbour: &Neighbour, said: Said) {
        let same = |known: &&mut Known| {
            known.neighbour == *neighbour
                || known.neighbour.addresses.iter().any(|address| neighbour.addresses.contains(address))
        };
        let Some(known) = self.known.iter_mut().find(same) else { return };
        known.busy = false;
        known.answer = match said {
            Err(why) => Answer::Silent(why),
            Ok((at, here, mut drawings)) => {
                let more = drawings.len().saturating_sub(DRAWINGS_MAX);
                drawings.truncate(DRAWINGS_MAX);
                for drawing in &mut drawings {
                    drawing.title = shown(&drawing.title, &drawing.name);
                }
                Answer::Listed { at, here, drawings, more }
            }
        };
    }

    /// What there is to show. While it is early, nobody says that nothing is there.
    pub(super) fn found(&self, is_early: bool) -> Found {
        if self.known.is_empty() && is_early {
            return Found::Searching;
        }
        let host = |known: &Known| NearbyHost { title: known.neighbour.title.clone(), answer: known.answer.clone() };
        Found::Hosts(self.known.iter().map(host).collect())
    }
}

/// A title that can be shown in a row; the name where there is none.
fn shown(title: &str, name: &str) -> String {
    let plain = |text: &str| -> String { text.chars().filter(|c| !c.is_control()).take(TITLE_CHARS_MAX).collect() };
    let title = plain(title);
    if title.trim().is_empty() { plain(name) } else { title }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbour(title: &str, addresses: &[&str]) -> Neighbour {
        Neighbour { title: title.into(), addresses: addresses.iter().map(|at| at.parse().unwrap()).collect() }
    }

    fn drawing(title: &str) -> NearbyDrawing {
        NearbyDrawing { name: "plan".into(), title: title.into(), secret: None, people: Some(2) }
    }

    fn said(titles: &[&str]) -> Said {
        Ok(("10.0.0.1:1".parse().unwrap(), false, titles.iter().map(|title| drawing(title)).collect()))
    }

    fn words(hosts: &Hosts) -> Vec<String> {
        let Found::Hosts(found) = hosts.found(true) else { return vec!["searching".into()] };
        let word = |host: &NearbyHost| match &host.answer {
            Answer::Awaited => format!("{}: awaited", host.title),
            Answer::Silent(why) => format!("{}: {why}", host.title),
            Answer::Listed { drawings, more, .. } => {
                let titles: Vec<_> = drawings.iter().map(|drawing| &*drawing.title).collect();
                format!("{}: {} +{more}", host.title, titles.join(", "))
            }
        };
        found.iter().map(word).collect()
    }

    #[test]
    fn hosts_come_answer_stay_and_go() {
        let mut hosts = Hosts::default();
        assert_eq!(words(&hosts), ["searching"]);
        assert_eq!(hosts.found(false), Found::Hosts(Vec::new()));
        let office = neighbour("Office", &["10.0.0.1:1"]);
        hosts.keep(vec![office.clone()]);
        assert_eq!(words(&hosts), ["Office: awaited"]);
        assert_eq!(hosts.begin_asking(false), std::slice::from_ref(&office));
        assert_eq!(hosts.begin_asking(true), [], "it is being asked");
        // It is found under a second address while it is asked.
        let more = neighbour("Office", &["10.0.0.1:1", "10.0.0.2:1"]);
        hosts.keep(vec![neighbour("Yard", &[]), more.clone()]);
        hosts.take(&office, said(&["The plan", "\u{7}", &"x".repeat(100)]));
        let long = "x".repeat(TITLE_CHARS_MAX);
        assert_eq!(words(&hosts), ["Yard: awaited".to_owned(), format!("Office: The plan, plan, {long} +0")]);
        assert_eq!(hosts.begin_asking(false), [neighbour("Yard", &[])]);
        assert_eq!(hosts.begin_asking(true), std::slice::from_ref(&more));
        hosts.take(&more, said(&["a"; DRAWINGS_MAX + 3]));
        assert!(words(&hosts)[1].ends_with("a +3"));
        hosts.take(&neighbour("Yard", &[]), Err("does not answer".into()));
        assert_eq!(words(&hosts)[0], "Yard: does not answer");
        hosts.keep(vec![neighbour("Yard", &[])]);
        hosts.take(&more, said(&["late"]));
        assert_eq!(words(&hosts), ["Yard: does not answer"]);
    }
}
