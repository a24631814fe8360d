//! Stretches of the log for one who catches up, read in windows at their own pace.

use protocol::{Seq, Told};

use crate::store::{Store, StoreError};

/// Bytes of entries in one window.
const WINDOW_BYTES: usize = 256 << 10;

/// The next window after `after` and not beyond `upto`; empty at the end.
pub(crate) async fn entries_after(store: &dyn Store, after: Seq, upto: Seq) -> Result<Vec<Told>, StoreError> {
    if after >= upto {
        return Ok(Vec::new());
    }
    let stretch = store.read_after(after, WINDOW_BYTES).await?;
    let mut entries = Vec::with_capacity(stretch.entries.len());
    for stored in stretch.entries.into_iter().take_while(|stored| stored.seq <= upto) {
        let entry = protocol::decode_entry(&stored.payload).map_err(|error| StoreError::Failed(error.to_string()))?;
        entries.push(Told { seq: stored.seq, hash: stored.hash, entry });
    }
    if entries.is_empty() {
        return Err(StoreError::Failed(format!("the log ends before entry {upto}")));
    }
    Ok(entries)
}
