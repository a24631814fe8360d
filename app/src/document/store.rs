//! Which chunks are on the GPU, what they take there, and which have to go when that is too much.

use std::collections::BTreeMap;

use scene::{Band, ChunkId};

/// What the chunks of one picture may take of the GPU's memory, bytes.
pub const BYTES_MAX: u64 = 256 << 20;

/// A chunk on its way or there.
#[derive(Debug, Clone, Copy)]
struct Stored {
    /// The latest work on it.
    number: u64,
    /// What it is flattened for.
    band: Band,
    /// What it takes; 0 until it is there.
    bytes: u64,
    /// Things in it that were too much to draw.
    left_out: u32,
    /// When it was last in sight, in frames.
    seen_at: u64,
}

/// The chunks of a picture.
#[derive(Debug, Default)]
pub struct Store {
    chunks: BTreeMap<ChunkId, Stored>,
    bytes: u64,
    frame: u64,
}

impl Store {
    /// Another frame begins, in which nothing was seen yet.
    pub fn begin_frame(&mut self) {
        self.frame += 1;
    }

    /// A chunk is in sight.
    pub fn see(&mut self, id: ChunkId) {
        if let Some(stored) = self.chunks.get_mut(&id) {
            stored.seen_at = self.frame;
        }
    }

    /// Work on a chunk has begun.
    pub fn begin(&mut self, id: ChunkId, number: u64, band: Band) {
        let frame = self.frame;
        let stored = self.chunks.entry(id).or_insert(Stored { number, band, bytes: 0, left_out: 0, seen_at: frame });
        (stored.number, stored.band) = (number, band);
    }

    /// A chunk is there. Whether it is the one that was last begun.
    pub fn come(&mut self, id: ChunkId, number: u64, bytes: u64, left_out: u32) -> bool {
        let Some(stored) = self.chunks.get_mut(&id).filter(|stored| stored.number == number) else { return false };
        self.bytes = self.bytes - stored.bytes + bytes;
        (stored.bytes, stored.left_out) = (bytes, left_out);
        true
    }

    /// A chunk is gone.
    pub fn remove(&mut self, id: ChunkId) {
        if let Some(stored) = self.chunks.remove(&id) {
            self.bytes -= stored.bytes;
        }
    }

    /// All are gone.
    pub fn clear(&mut self) {
        self.chunks.clear();
        self.bytes = 0;
    }

    /// What a chunk is flattened for; none if it is neither there nor on its way.
    pub fn band(&self, id: ChunkId) -> Option<Band> {
        self.chunks.get(&id).map(|stored| stored.band)
    }

    /// The latest work on a chunk; none if it is neither there nor on its way.
    pub fn number(&self, id: ChunkId) -> Option<u64> {
        self.chunks.get(&id).map(|stored| stored.number)
    }

    /// Whether there is plenty of room: for what is not in sight.
    pub fn has_room(&self) -> bool {
        self.bytes < BYTES_MAX / 2
    }

    /// Things in all chunks that were too much to draw.
    pub fn left_out(&self) -> u64 {
        self.chunks.values().map(|stored| u64::from(stored.left_out)).sum()
    }

    /// The chunks out of sight that have to go, those not seen for longest first.
    pub fn to_drop(&self) -> Vec<ChunkId> {
        let mut over = self.bytes.saturating_sub(BYTES_MAX);
        let mut unseen: Vec<(u64, ChunkId, u64)> = self
            .chunks
            .iter()
            .filter(|(_, stored)| stored.seen_at < self.frame && stored.bytes > 0)
            .map(|(id, stored)| (stored.seen_at, *id, stored.bytes))
            .collect();
        unseen.sort_unstable();
        let goes = |(_, id, bytes): (u64, ChunkId, u64)| {
            let goes = over > 0;
            over = over.saturating_sub(bytes);
            goes.then_some(id)
        };
        unseen.into_iter().map_while(goes).collect()
    }

    /// Whether what is in sight alone is too much, so that it is to be as coarse as it may be.
    pub fn is_over(&self) -> bool {
        self.bytes > BYTES_MAX
    }

    /// What all take together.
    #[cfg(test)]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panning_far_at_a_deep_zoom_stays_within_the_budget() {
        const CHUNK: u64 = 8 << 20;
        let mut store = Store::default();
        for step in 0..1000u32 {
            store.begin_frame();
            // Four are in sight; each step one comes and one goes.
            for id in (step..step + 4).map(ChunkId) {
                if store.band(id).is_none() {
                    store.begin(id, u64::from(step), Band::of(1000.0));
                    assert!(store.come(id, u64::from(step), CHUNK, 0));
                }
                store.see(id);
            }
            for id in store.to_drop() {
                assert!(id.0 < step, "{id:?} is in sight");
                store.remove(id);
            }
            assert!(store.bytes() <= BYTES_MAX);
        }
        // What was seen last is still there.
        assert!(store.band(ChunkId(999)).is_some() && store.band(ChunkId(990)).is_some());
        assert!(store.band(ChunkId(1)).is_none());
    }

    #[test]
    fn only_the_latest_work_counts() {
        let mut store = Store::default();
        store.begin(ChunkId(1), 1, Band::of(1.0));
        store.begin(ChunkId(1), 2, Band::of(8.0));
        assert!(!store.come(ChunkId(1), 1, 100, 0));
        assert!(store.come(ChunkId(1), 2, 100, 3) && store.come(ChunkId(1), 2, 70, 3));
        assert_eq!((store.bytes(), store.left_out()), (70, 3));
        store.remove(ChunkId(1));
        assert_eq!(store.bytes(), 0);
    }
}
