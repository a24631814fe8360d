//! Blobs of a log that come in pieces: put together and checked off the window's thread.

use std::collections::BTreeMap;

use protocol::Hash;

/// Blobs that may be on their way at once.
const BLOBS_MAX: usize = 8;
/// Bytes of one blob, in all.
const BLOB_BYTES_MAX: usize = 2 << 30;

/// What has come of each blob.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    begun: BTreeMap<Hash, (u32, Vec<u8>)>,
}

/// A blob that came whole; no bytes where there is no such blob.
pub(super) type Whole = (Hash, Option<Vec<u8>>);

impl Pieces {
    /// Takes in a piece; gives the blob with its last one.
    ///
    /// # Errors
    /// A piece out of turn, too much, or bytes that are not what the blob's name says, in words.
    pub fn take(&mut self, hash: Hash, piece: u32, pieces: u32, bytes: &[u8]) -> Result<Option<Whole>, String> {
        if pieces == 0 {
            self.begun.remove(&hash);
            return Ok(Some((hash, None)));
        }
        if !self.begun.contains_key(&hash) && self.begun.len() >= BLOBS_MAX {
            return Err("the server sends files that nobody asked for".into());
        }
        let (received, so_far) = self.begun.entry(hash).or_default();
        if piece != *received || piece >= pieces {
            return Err(format!("piece {piece} of a file came where {received} was due"));
        }
        if so_far.len() + bytes.len() > BLOB_BYTES_MAX {
            return Err("the server sends a file that is too large".into());
        }
        so_far.extend_from_slice(bytes);
        *received += 1;
        if *received < pieces {
            return Ok(None);
        }
        let whole = self.begun.remove(&hash).map(|(_, bytes)| bytes).unwrap_or_default();
        if Hash::of(&whole) != hash {
            return Err("a file that the server sent is damaged".into());
        }
        Ok(Some((hash, Some(whole))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_whole_with_its_last_piece_and_a_damaged_one_is_refused() {
        let hash = Hash::of(b"plan");
        let mut pieces = Pieces::default();
        assert_eq!(pieces.take(hash, 0, 2, b"pl"), Ok(None));
        assert_eq!(pieces.take(hash, 1, 2, b"an"), Ok(Some((hash, Some(b"plan".to_vec())))));
        assert_eq!(pieces.take(hash, 0, 0, b""), Ok(Some((hash, None))));
        assert!(pieces.take(hash, 1, 2, b"an").is_err(), "out of turn");
        assert!(Pieces::default().take(hash, 0, 1, b"plant").is_err(), "other bytes than its name says");
        let mut many = Pieces::default();
        let asked = (0..=BLOBS_MAX as u8).map(|n| many.take(Hash::of(&[n]), 0, 2, &[n]));
        assert!(asked.last().is_some_and(|last| last.is_err()), "bounded");
    }
}
