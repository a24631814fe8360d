//! Signals as they go through Redis: a letter for the kind, the node that says it where that matters, and the rest.

use protocol::{Encoding, Hash, LogId, Position, Presence, Seq, ServerMessage, SessionId};

use crate::store::Signal;

/// A running server, numbered at random when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(pub [u8; 8]);

impl std::fmt::Display for NodeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Somebody appended.
pub(super) fn head(position: &Position) -> Vec<u8> {
    let Position { log, seq, head } = position;
    [&b"h"[..], &log.0, &seq.0.to_le_bytes(), &head.0].concat()
}

/// Somebody came or went at this node.
pub(super) fn stirred(node: NodeId) -> Vec<u8> {
    [&b"s"[..], &node.0].concat()
}

/// What people at this node show.
pub(super) fn shown(node: NodeId, latest: Vec<(SessionId, Presence)>) -> Vec<u8> {
    let message = ServerMessage::Presence(latest);
    // Our own messages always have a form; one that had none would be a presence less.
    let bytes = Encoding::MessagePack.encode(&message).unwrap_or_default();
    [&b"p"[..], &node.0, &bytes].concat()
}

/// What a signal says to `node`; nothing if it is its own or of a kind that it doesn't know.
pub(super) fn read(bytes: &[u8], node: NodeId) -> Option<Signal> {
    let (kind, rest) = bytes.split_first()?;
    if *kind == b'h' {
        let (log, rest) = rest.split_first_chunk::<16>()?;
        let (seq, rest) = rest.split_first_chunk::<8>()?;
        let hash = <[u8; 32]>::try_from(rest).ok()?;
        let position = Position { log: LogId(*log), seq: Seq(u64::from_le_bytes(*seq)), head: Hash(hash) };
        return Some(Signal::Head(position));
    }
    let (from, rest) = rest.split_first_chunk::<8>()?;
    if NodeId(*from) == node {
        return None;
    }
    match kind {
        b's' => Some(Signal::Stirred),
        b'p' => match Encoding::MessagePack.decode(rest) {
            Ok(ServerMessage::Presence(latest)) => Some(Signal::Shown(latest)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_read_as_they_were_said_by_all_but_the_sayer() {
        let (me, other) = (NodeId([1; 8]), NodeId([2; 8]));
        let position = Position { log: LogId([7; 16]), seq: Seq(300), head: Hash([9; 32]) };
        let latest = vec![(SessionId(Seq(5)), Presence { tool: Some("line".into()), ..Presence::default() })];
        for (bytes, to_me, to_other) in [
            (head(&position), Some(Signal::Head(position)), Some(Signal::Head(position))),
            (stirred(me), None, Some(Signal::Stirred)),
            (shown(me, latest.clone()), None, Some(Signal::Shown(latest))),
            (b"".to_vec(), None, None),
            (b"h123".to_vec(), None, None),
            (b"p12345678nonsense".to_vec(), None, None),
            (b"z12345678".to_vec(), None, None),
        ] {
            assert_eq!(read(&bytes, me), to_me, "{bytes:?}");
            assert_eq!(read(&bytes, other), to_other, "{bytes:?}");
        }
    }
}
