//! How often one may guess the owner's secret wrongly.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong guesses in a row.
const BURST: u32 = 10;
/// After that, one in this time.
const PAUSE: Duration = Duration::from_secs(3);
/// Places that are remembered; the one that was quiet for longest is forgotten first.
const PLACES_MAX: usize = 1_024;

/// Wrong guesses by where they came from, so that whoever guesses locks out nobody but themselves.
#[derive(Default)]
pub(super) struct Guesses {
    /// When the place has all its guesses again.
    free_at: Mutex<BTreeMap<IpAddr, Instant>>,
}

impl Guesses {
    /// Whether a guess from there is looked at.
    pub(super) fn may_guess(&self, from: IpAddr) -> bool {
        let free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        free_at.get(&place(from)).is_none_or(|free_at| *free_at < Instant::now() + PAUSE * (BURST - 1))
    }

    /// A guess from there was wrong.
    pub(super) fn note_wrong(&self, from: IpAddr) {
        let now = Instant::now();
        let mut all = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, free_at| *free_at > now);
        if all.len() >= PLACES_MAX
            && let Some(quiet) = all.iter().min_by_key(|(_, free_at)| **free_at).map(|(place, _)| *place)
        {
            all.remove(&quiet);
        }
        let free_at = all.entry(place(from)).or_insert(now);
        *free_at += PAUSE;
    }
}

/// One place: an IPv4 address, or the network of an IPv6 one, which its owner can change at will within it.
fn place(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_guesses_wrongly_waits_and_nobody_else() {
        let guesses = Guesses::default();
        let (one, other): (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let made = (0..100).take_while(|_| guesses.may_guess(one)).map(|_| guesses.note_wrong(one)).count();
        assert_eq!(made, BURST as usize);
        assert!(guesses.may_guess(other));
        let near: Vec<IpAddr> = (0..100u16).map(|n| Ipv6Addr::new(1, 2, 3, 4, n, 6, 7, 8).into()).collect();
        near.iter().for_each(|from| guesses.note_wrong(*from));
        assert!(!guesses.may_guess(near[0]));
        assert!(guesses.may_guess(Ipv6Addr::new(1, 2, 3, 5, 0, 0, 0, 1).into()));
    }
}
