//! A seeded source of numbers (splitmix64, by Sebastiano Vigna, public domain): the same seed gives the same run on
//! every machine.

/// Where a run's chances come from.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// One that begins there.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of `from..=to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.next() % (to - from + 1)
    }

    /// True so many times in a thousand.
    pub fn permille(&mut self, chance: u64) -> bool {
        self.next() % 1_000 < chance
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { Some(&from[self.next() as usize % from.len()]) }
    }

    /// Up to `most` of these, in order.
    pub fn some<T: Copy>(&mut self, from: &[T], most: usize) -> Vec<T> {
        let mut wanted = (1 + self.next() as usize % most.max(1)).min(from.len());
        let mut taken = Vec::new();
        for (at, each) in from.iter().enumerate() {
            if self.next() as usize % (from.len() - at) < wanted {
                taken.push(*each);
                wanted -= 1;
            }
        }
        taken
    }
}
