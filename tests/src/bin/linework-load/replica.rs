//! Whether the room is what it told: one who kept all that came applies it with a whole `Session`, after the run and so
//! without taking the processor from it, and compares with the drawing that a newcomer is sent.

use anyhow::{Context, ensure};
use bytes::Bytes;
use collab::Session;
use drawing::DrawingHash;
use protocol::{Address, ClientMessage, ClientSeq, Encoding, Hash, Seq};

use crate::socket::Identity;

/// What one who kept all came to.
pub struct Replica {
    /// The last entry and its hash.
    pub head: (Seq, Hash),
    /// The hash of the drawing there.
    pub drawing: DrawingHash,
    /// Entries were told in so many frames.
    pub frames: usize,
}

/// Applies all that came.
pub fn replay(identity: &Identity, address: &Address, kept: &[Bytes]) -> anyhow::Result<Replica> {
    let mut session = Session::new(identity.client(), identity.key(), "Load".into(), ClientSeq::default());
    session.hello(&address.drawing, &address.secret);
    for frame in kept {
        session.receive(0, Encoding::MessagePack.decode(frame)?)?;
    }
    // A check that didn't fit makes a session ask for everything again.
    let asks = session.take_outgoing(0);
    ensure!(!asks.contains(&ClientMessage::Refresh), "the replica's drawing was not what the room said it was");
    let position = session.position().context("the replica was never let in")?;
    Ok(Replica { head: (position.seq, position.head), drawing: session.confirmed().hash(), frames: kept.len() })
}

/// The hash of the drawing that one who comes in now is sent.
pub async fn probe(address: &Address) -> anyhow::Result<DrawingHash> {
    let mut joined = Identity::new("Load, at the end".into())?.join(address, None, false).await?;
    let hash = joined.drawing()?.hash();
    joined.socket.say(&ClientMessage::Leave).await?;
    Ok(hash)
}
