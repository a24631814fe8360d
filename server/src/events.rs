//! What happens at a host that its owner should hear of, wherever they are.

/// Something that the owner of a host should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostEvent {
    /// Somebody was refused what another holds.
    LockAskedFor {
        /// The drawing's name for people.
        drawing: String,
        /// Who asked.
        asker: String,
        /// Who holds most of it.
        holder: String,
        /// How many records of those that were asked for are held.
        records: usize,
    },
    /// Little room is left where the drawings are kept.
    DiskFilling {
        /// Bytes that are free.
        free_bytes: u64,
    },
}
