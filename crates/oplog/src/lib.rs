//! The op log as a file: opaque entries, hash chain, blobs, checkpoints.
