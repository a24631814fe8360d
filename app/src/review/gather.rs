//! The log of a drawing that is being worked on, as the room sends it: a stretch at a time, up to where it was when
//! one began to look back.

use std::collections::BTreeMap;

use collab::Source;
use protocol::{ClientMessage, Hash, LogId, Millis, Position, Seq, Told};

/// Entries that are looked back at in a drawing that is being worked on. A longer log is saved and opened.
pub const ENTRIES_MAX: u64 = 200_000;
/// Bytes of entries that are kept at the most.
const BYTES_MAX: usize = 512 << 20;
/// Entries asked for at once; a room sends no more.
const STRETCH: u64 = 1_000;
/// A room that sends nothing for so long doesn't know what it is asked.
const PATIENCE_MS: Millis = 20_000;

/// What has come of a log.
#[derive(Debug)]
pub struct Gathering {
    /// Where it ends.
    upto: Position,
    told: Vec<Told>,
    bytes: usize,
    bytes_max: usize,
    asked: Seq,
    heard_at: Millis,
    blobs: BTreeMap<Hash, Vec<u8>>,
    wanted: Vec<Hash>,
}

impl Gathering {
    /// Begins; `blobs` are needed besides the entries.
    pub fn new(upto: Position, blobs: impl IntoIterator<Item = Hash>, now: Millis) -> Gathering {
        let wanted = blobs.into_iter().collect();
        Gathering {
            upto,
            told: Vec::new(),
            bytes: 0,
            bytes_max: BYTES_MAX,
            asked: Seq(0),
            heard_at: now,
            blobs: BTreeMap::new(),
            wanted,
        }
    }

    /// What is to be asked next, if anything.
    pub fn ask(&mut self) -> Option<ClientMessage> {
        let have = Seq(self.told.len() as u64);
        if have < self.asked || have >= self.upto.seq {
            return None;
        }
        self.asked = Seq((have.0 + STRETCH).min(self.upto.seq.0));
        Some(ClientMessage::Log { after: have, upto: self.asked })
    }

    /// Takes in entries of the past, those that come next.
    pub fn take(&mut self, told: &[Told], now: Millis) {
        for each in told {
            if each.seq.0 == self.told.len() as u64 + 1 && each.seq <= self.upto.seq {
                // What has no form as bytes weighs nothing, and no room sends it.
                self.bytes += protocol::encode_entry(&each.entry).map_or(0, |bytes| bytes.len());
                self.told.push(each.clone());
                self.heard_at = now;
            }
        }
    }

    /// Takes in bytes that it waits for.
    pub fn take_blob(&mut self, hash: Hash, bytes: Option<&Vec<u8>>, now: Millis) {
        if self.wanted.contains(&hash)
            && let Some(bytes) = bytes
        {
            self.blobs.insert(hash, bytes.clone());
            self.heard_at = now;
        }
    }

    /// Whether it is more than is kept in memory.
    pub fn is_too_large(&self) -> bool {
        self.bytes > self.bytes_max
    }

    /// Whether nothing has come for so long that nothing will.
    pub fn is_in_vain(&self, now: Millis) -> bool {
        now.saturating_sub(self.heard_at) > PATIENCE_MS
    }

    /// How much of it has come.
    pub fn progress(&self) -> (u64, u64) {
        (self.told.len() as u64, self.upto.seq.0)
    }

    /// All of it, once it is here.
    pub fn finish(&mut self) -> Option<Received> {
        let all =
            self.told.len() as u64 == self.upto.seq.0 && self.wanted.iter().all(|hash| self.blobs.contains_key(hash));
        all.then(|| Received {
            upto: self.upto,
            told: std::mem::take(&mut self.told),
            blobs: std::mem::take(&mut self.blobs),
        })
    }
}

/// A log that a room sent.
#[derive(Debug)]
pub struct Received {
    upto: Position,
    told: Vec<Told>,
    blobs: BTreeMap<Hash, Vec<u8>>,
}

impl Source for Received {
    fn log(&self) -> LogId {
        self.upto.log
    }

    fn head(&self) -> Seq {
        self.upto.seq
    }

    fn read_after(&mut self, after: Seq, upto: Seq) -> Result<Vec<Told>, String> {
        let end = (upto.0 as usize).min(self.told.len()).min(after.0 as usize + STRETCH as usize);
        Ok(self.told.get(after.0 as usize..end).unwrap_or_default().to_vec())
    }

    fn blob(&mut self, hash: Hash) -> Result<Option<Vec<u8>>, String> {
        Ok(self.blobs.get(&hash).cloned())
    }

    fn checkpoint(&mut self, _: Seq) -> Result<Option<(Position, Vec<u8>)>, String> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Entry, Event, SessionId};

    #[test]
    fn a_log_is_gathered_in_order_and_up_to_a_size() {
        let upto = Position { log: LogId([1; 16]), seq: Seq(3), head: Hash([3; 32]) };
        let told = |seq: u64| {
            let event = Event::Renamed { session: SessionId(Seq(2)), title: "x".repeat(100) };
            Told { seq: Seq(seq), hash: Hash([1; 32]), entry: Entry { time_ms: 0, author: None, event } }
        };
        let mut gathering = Gathering { bytes_max: 250, ..Gathering::new(upto, [], 0) };
        assert!(matches!(gathering.ask(), Some(ClientMessage::Log { after: Seq(0), upto: Seq(3) })));
        assert!(gathering.ask().is_none(), "one stretch at a time");
        // Twice the same, and one that is not next, change nothing.
        gathering.take(&[told(1), told(1), told(3)], 5);
        assert_eq!(gathering.progress(), (1, 3));
        assert!(!gathering.is_too_large());
        gathering.take(&[told(2), told(3)], 6);
        assert!(gathering.is_too_large());
        assert!(!gathering.is_in_vain(6 + PATIENCE_MS) && gathering.is_in_vain(7 + PATIENCE_MS));
        let mut received = gathering.finish().expect("all of it is here");
        let seqs: Vec<u64> = received.read_after(Seq(1), Seq(9)).expect("it is here").iter().map(|t| t.seq.0).collect();
        assert_eq!(seqs, [2, 3]);
    }
}
