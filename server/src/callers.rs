//! Who is at the door: connections of one address that have not said hello yet are bounded, so that nobody who says
//! nothing keeps the others out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Those at the door, by where they come from. Clones are the same door.
#[derive(Debug, Clone)]
pub(crate) struct Callers {
    /// How many of one address.
    pub max: usize,
    waiting: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One at the door, until they are in or gone.
#[derive(Debug)]
pub(crate) struct AtDoor {
    callers: Callers,
    from: IpAddr,
}

impl Callers {
    pub(crate) fn new(max: usize) -> Callers {
        Callers { max, waiting: Arc::default() }
    }

    /// One more comes; none if there are as many of that address as may be.
    pub(crate) fn come(&self, from: IpAddr) -> Option<AtDoor> {
        // One address, however it is written.
        let from = from.to_canonical();
        let mut waiting = self.lock();
        let count = waiting.entry(from).or_default();
        if *count >= self.max {
            return None;
        }
        *count += 1;
        Some(AtDoor { callers: self.clone(), from })
    }

    /// Each change is one step, so a thread that panicked left a whole map behind.
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AtDoor {
    fn drop(&mut self) {
        let mut waiting = self.callers.lock();
        if let Some(count) = waiting.get_mut(&self.from) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_places_and_gets_them_back() {
        let callers = Callers::new(2);
        let (one, other) = (IpAddr::from([192, 168, 1, 20]), "2001:db8::9".parse().unwrap());
        let first = callers.come(one).unwrap();
        let mapped = callers.come("::ffff:192.168.1.20".parse().unwrap()).unwrap();
        assert!(callers.come(one).is_none());
        let far = callers.come(other).unwrap();
        drop(first);
        assert!(callers.come(one).is_some());
        drop((mapped, far));
        assert!(callers.lock().is_empty(), "nobody is remembered");
    }
}
