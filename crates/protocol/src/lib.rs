//! The whole wire: messages, log entries, codec, versions, limits.
