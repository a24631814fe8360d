//! How often one may guess the owner's secret wrongly.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong guesses in a row.
const BURST: u32 = 10;
/// After that, one in this time.
const PAUSE: Duration = Duration::from_secs(3);
/// A place is told of again after this.
const TOLD_AGAIN: Duration = Duration::from_secs(60);
/// Places that are remembered; the one that was quiet for longest is forgotten first.
const PLACES_MAX: usize = 1_024;

/// Wrong guesses by where they came from, so that whoever guesses locks out nobody but themselves.
#[derive(Default)]
pub(super) struct Guesses {
    places: Mutex<BTreeMap<IpAddr, Wrong>>,
}

/// What is kept in mind of a place.
struct Wrong {
    /// When it has all its guesses again.
    free_at: Instant,
    /// When a word about it was last worth it.
    told: Instant,
}

impl Guesses {
    /// Whether a guess from there is looked at.
    pub(super) fn may_guess(&self, from: IpAddr) -> bool {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(&place(from)).is_none_or(|wrong| wrong.free_at < Instant::now() + PAUSE * (BURST - 1))
    }

    /// A guess from there was wrong; whether that is worth a word in the log.
    pub(super) fn note_wrong(&self, from: IpAddr) -> bool {
        let now = Instant::now();
        let mut all = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, wrong| wrong.free_at > now);
        let place = place(from);
        if all.len() >= PLACES_MAX
            && !all.contains_key(&place)
            && let Some(quiet) = all.iter().min_by_key(|(_, wrong)| wrong.free_at).map(|(place, _)| *place)
        {
            all.remove(&quiet);
        }
        let mut is_news = false;
        let wrong = all.entry(place).or_insert_with(|| {
            is_news = true;
            Wrong { free_at: now, told: now }
        });
        // Whoever goes on guessing waits no longer for it than for a whole burst.
        wrong.free_at = (wrong.free_at + PAUSE).min(now + PAUSE * BURST);
        if now.duration_since(wrong.told) >= TOLD_AGAIN {
            wrong.told = now;
            is_news = true;
        }
        is_news
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
        let made = (0..100).take_while(|_| guesses.may_guess(one)).map(|_| guesses.note_wrong(one)).collect::<Vec<_>>();
        assert_eq!((made.len(), made.iter().filter(|is_news| **is_news).count()), (BURST as usize, 1));
        assert!(guesses.may_guess(other));
        let near: Vec<IpAddr> = (0..100u16).map(|n| Ipv6Addr::new(1, 2, 3, 4, n, 6, 7, 8).into()).collect();
        assert_eq!(near.iter().filter(|from| guesses.note_wrong(**from)).count(), 1);
        assert!(!guesses.may_guess(near[0]));
        assert!(guesses.may_guess(Ipv6Addr::new(1, 2, 3, 5, 0, 0, 0, 1).into()));
    }
}
