//! Whatever comes over a connection or out of a log is read or refused; what is read is written and read again as the
//! same.

use std::fmt::Debug;

use collab::Room;
use protocol::{
    Address, ClientMessage, Encoding, Entry, Hash, Position, ServerMessage, decode_drawing, decode_entry,
    encode_drawing, encode_entry,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first byte says what the others are tried as.
pub fn try_bytes(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    match kind % 10 {
        0 => message::<ClientMessage>(Encoding::MessagePack, rest),
        1 => message::<ClientMessage>(Encoding::Json, rest),
        2 => message::<ServerMessage>(Encoding::MessagePack, rest),
        3 => message::<ServerMessage>(Encoding::Json, rest),
        4 => payload(rest),
        5 => drawing(rest),
        6 => checkpoint(rest),
        7 => address(rest),
        8 => message::<Entry>(Encoding::Json, rest),
        _ => message::<Position>(Encoding::Json, rest),
    }
}

fn message<T: Serialize + DeserializeOwned + Debug>(encoding: Encoding, bytes: &[u8]) {
    let Ok(value) = encoding.decode::<T>(bytes) else { return };
    let once = encoding.encode(&value).expect("what was read can be written");
    let again: T = match encoding.decode(&once) {
        Ok(again) => again,
        Err(error) => panic!("{value:?} can't be read again: {error}"),
    };
    // Bytes and not values are compared: what is not a number is equal to nothing.
    let twice = encoding.encode(&again).expect("what was read can be written");
    assert!(once == twice, "{value:?} and {again:?}");
}

fn payload(bytes: &[u8]) {
    let Ok(entry) = decode_entry(bytes) else { return };
    let once = encode_entry(&entry).expect("what was read can be written");
    let again = decode_entry(&once).expect("what was written can be read");
    assert!(once == encode_entry(&again).expect("what was read can be written"), "{entry:?}");
    assert!(!entry.event.kind().is_empty());
}

/// Packed here, since no fuzzer gets past a checksum.
fn drawing(unpacked: &[u8]) {
    let packed = zstd::bulk::compress(unpacked, 1).expect("zstd compresses memory to memory");
    let Ok(drawing) = decode_drawing(&[&[1], &packed[..]].concat()) else { return };
    let again = decode_drawing(&encode_drawing(&drawing)).expect("a drawing that was written is read");
    assert_eq!(again.hash(), drawing.hash());
    assert_eq!(again.record_count(), drawing.record_count());
}

/// Its length is put in here, and its drawing packed.
fn checkpoint(bytes: &[u8]) {
    let Some((at, rest)) = bytes.split_first_chunk::<2>() else { return };
    let (parts, unpacked) = rest.split_at(usize::from(u16::from_le_bytes(*at)).min(rest.len()));
    let packed = zstd::bulk::compress(unpacked, 1).expect("zstd compresses memory to memory");
    let whole = [&[2], &(parts.len() as u32).to_le_bytes()[..], parts, &[1], &packed].concat();
    let Ok(room) = Room::from_checkpoint(&whole) else { return };
    let again = Room::from_checkpoint(&room.to_checkpoint()).expect("a checkpoint that was written is read");
    assert_eq!(again.digest(), room.digest());
}

fn address(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(address) = text.parse::<Address>() {
        assert_eq!(address.to_string().parse(), Ok(address), "{text:?}");
    }
    if let Ok(hash) = text.parse::<Hash>() {
        assert_eq!(hash.to_string().parse(), Ok(hash), "{text:?}");
    }
}
