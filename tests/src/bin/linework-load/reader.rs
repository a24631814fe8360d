//! Reading of frames without decoding them: a load generator that decoded all that five hundred people are sent would
//! take the processor from the server that it measures. It reads where cursors are, whose answer it is, and from where to
//! where entries go and the hash of the last, and passes over the rest.

use protocol::{Hash, Seq};

/// What is in front of the hash of an entry.
const HASH: &[u8] = b"\xa4hash\xc4\x20";

/// A message of the server, as far as it is read.
#[derive(Debug, PartialEq)]
pub enum Scanned<'a> {
    /// Where people's cursors are.
    Cursors(Cursors<'a>),
    /// Entries, dense.
    Entries {
        /// The first.
        first: Seq,
        /// The last.
        last: Seq,
        /// Its hash.
        head: Hash,
    },
    /// A request was stored.
    Stored {
        /// The request.
        client_seq: u64,
        /// Its entry.
        seq: Seq,
    },
    /// Something that has to be decoded to be understood: another answer, the end.
    Decode,
    /// Nothing that matters here.
    Other,
}

/// The cursors of a message, not read yet.
#[derive(Debug, PartialEq)]
pub struct Cursors<'a>(Reader<'a>);

/// Bytes of MessagePack from some place on.
#[derive(Debug, Clone, PartialEq)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Cursors<'a> {
    /// Hands over x and y of each cursor; none if it is no presence. One of a server is a list of pairs, session and presence; one that a bare fan-out passes
    /// on is what a person said.
    pub fn each(mut self, mut see: impl FnMut(f64, f64)) -> Option<()> {
        let reader = &mut self.0;
        if reader.is_map() {
            return reader.presence(&mut see);
        }
        for _ in 0..reader.array()? {
            reader.array()?;
            reader.skip()?;
            reader.presence(&mut see)?;
        }
        Some(())
    }
}

/// Reads the first message of a frame and gives what follows it: a bare fan-out puts several into one.
pub fn scan(frame: &[u8]) -> Option<(Scanned<'_>, &[u8])> {
    let mut reader = Reader(frame);
    if !reader.is_map() {
        return Some((Scanned::Other, &[]));
    }
    reader.map()?;
    match reader.text()? {
        b"presence" => {
            let cursors = Cursors(reader.clone());
            // What is a list takes the whole frame.
            if reader.is_map() {
                reader.skip()?;
                return Some((Scanned::Cursors(cursors), reader.0));
            }
            Some((Scanned::Cursors(cursors), &[]))
        }
        b"entries" => Some((entries(reader)?, &[])),
        b"answer" => Some((answer(reader)?, &[])),
        b"bye" => Some((Scanned::Decode, &[])),
        _ => Some((Scanned::Other, &[])),
    }
}

fn entries(mut reader: Reader<'_>) -> Option<Scanned<'_>> {
    let count = reader.array()?;
    if count == 0 {
        return Some(Scanned::Other);
    }
    reader.map()?;
    (reader.text()? == b"seq").then_some(())?;
    let first = reader.uint()?;
    let at = memchr::memmem::rfind(reader.0, HASH)? + HASH.len();
    let head = Hash(reader.0.get(at..at + 32)?.try_into().ok()?);
    Some(Scanned::Entries { first: Seq(first), last: Seq(first + u64::from(count) - 1), head })
}

fn answer(mut reader: Reader<'_>) -> Option<Scanned<'_>> {
    reader.map()?;
    (reader.text()? == b"client_seq").then_some(())?;
    let client_seq = reader.uint()?;
    (reader.text()? == b"answer").then_some(())?;
    if !reader.is_map() {
        return Some(Scanned::Decode);
    }
    reader.map()?;
    if reader.text()? != b"stored" {
        return Some(Scanned::Decode);
    }
    reader.map()?;
    (reader.text()? == b"seq").then_some(())?;
    Some(Scanned::Stored { client_seq, seq: Seq(reader.uint()?) })
}

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }

    fn big_endian(&mut self, bytes: usize) -> Option<u64> {
        Some(self.take(bytes)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn is_map(&self) -> bool {
        matches!(self.0.first(), Some(0x80..=0x8f | 0xde | 0xdf))
    }

    fn map(&mut self) -> Option<u32> {
        match self.byte()? {
            byte @ 0x80..=0x8f => Some(u32::from(byte & 0x0f)),
            0xde => self.big_endian(2).map(|len| len as u32),
            0xdf => self.big_endian(4).map(|len| len as u32),
            _ => None,
        }
    }

    fn array(&mut self) -> Option<u32> {
        match self.byte()? {
            byte @ 0x90..=0x9f => Some(u32::from(byte & 0x0f)),
            0xdc => self.big_endian(2).map(|len| len as u32),
            0xdd => self.big_endian(4).map(|len| len as u32),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let len = match self.byte()? {
            byte @ 0xa0..=0xbf => u64::from(byte & 0x1f),
            0xd9 => self.big_endian(1)?,
            0xda => self.big_endian(2)?,
            0xdb => self.big_endian(4)?,
            _ => return None,
        };
        self.take(len as usize)
    }

    fn uint(&mut self) -> Option<u64> {
        match self.byte()? {
            byte @ 0x00..=0x7f => Some(u64::from(byte)),
            byte @ 0xcc..=0xcf => self.big_endian(1 << (byte - 0xcc)),
            _ => None,
        }
    }

    fn float(&mut self) -> Option<f64> {
        (self.byte()? == 0xcb).then_some(())?;
        self.big_endian(8).map(f64::from_bits)
    }

    /// Passes over one value with all that is in it.
    fn skip(&mut self) -> Option<()> {
        let mut left = 1u64;
        while left > 0 {
            left -= 1;
            let bytes = match self.byte()? {
                0x00..=0x7f | 0xc0..=0xc3 | 0xe0..=0xff => 0,
                byte @ 0x80..=0x8f => {
                    left += 2 * u64::from(byte & 0x0f);
                    0
                }
                byte @ 0x90..=0x9f => {
                    left += u64::from(byte & 0x0f);
                    0
                }
                byte @ 0xa0..=0xbf => u64::from(byte & 0x1f),
                byte @ 0xc4..=0xc6 => self.big_endian(1 << (byte - 0xc4))?,
                byte @ 0xc7..=0xc9 => self.big_endian(1 << (byte - 0xc7))? + 1,
                0xca => 4,
                0xcb => 8,
                byte @ 0xcc..=0xd3 => 1 << (byte & 3),
                byte @ 0xd4..=0xd8 => (1 << (byte - 0xd4)) + 1,
                byte @ 0xd9..=0xdb => self.big_endian(1 << (byte - 0xd9))?,
                byte @ (0xdc | 0xdd) => {
                    left += self.big_endian(2 << (byte - 0xdc))?;
                    0
                }
                byte @ (0xde | 0xdf) => {
                    left += 2 * self.big_endian(2 << (byte - 0xde))?;
                    0
                }
            };
            self.take(usize::try_from(bytes).ok()?)?;
        }
        Some(())
    }

    fn presence(&mut self, see: &mut impl FnMut(f64, f64)) -> Option<()> {
        for _ in 0..self.map()? {
            if self.text()? == b"cursor" && self.is_map() {
                self.map()?;
                self.text()?;
                let x = self.float()?;
                self.text()?;
                see(x, self.float()?);
            } else {
                self.skip()?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use drawing::{Op, Point, RecordId};
    use protocol::{
        Answer, Author, ClientId, ClientMessage, ClientSeq, Durability, Encoding, Entry, Event, Presence, Refusal,
        ServerMessage, SessionId, Told,
    };

    use super::*;

    fn bytes<T: serde::Serialize>(message: &T) -> Vec<u8> {
        Encoding::MessagePack.encode(message).unwrap()
    }

    fn told(seq: u64) -> Told {
        let session = SessionId(Seq(70_000));
        let author = Author { session, client: ClientId(7), client_seq: ClientSeq(Seq(300)), floor: ClientSeq(Seq(2)) };
        let event = Event::Edited { session, op: Op::Remove(vec![RecordId(1 << 40)]), undoes: Vec::new() };
        let entry = Entry { time_ms: 1 << 41, author: Some(author), event };
        Told { seq: Seq(seq), hash: Hash([seq as u8; 32]), entry }
    }

    fn answered(answer: Answer) -> ServerMessage {
        ServerMessage::Answer { client_seq: ClientSeq(Seq(9)), answer }
    }

    #[test]
    fn what_matters_of_a_message_is_found() {
        let stored = Answer::Stored { seq: Seq(80_000), durability: Durability::LocalFsync };
        let many = ServerMessage::Entries((200..300).map(told).collect());
        for (message, expect) in [
            (
                ServerMessage::Entries(vec![told(5)]),
                Scanned::Entries { first: Seq(5), last: Seq(5), head: Hash([5; 32]) },
            ),
            (many, Scanned::Entries { first: Seq(200), last: Seq(299), head: Hash([43; 32]) }),
            (answered(stored), Scanned::Stored { client_seq: 9, seq: Seq(80_000) }),
            (answered(Answer::Nothing), Scanned::Decode),
            (answered(Answer::Refused(Refusal::LockLost { ids: vec![] })), Scanned::Decode),
            (ServerMessage::Bye { why: "over".into(), retry: false }, Scanned::Decode),
            (ServerMessage::Heartbeat, Scanned::Other),
            (ServerMessage::Connected { session: SessionId(Seq(3)), connected: true }, Scanned::Other),
        ] {
            let frame = bytes(&message);
            assert_eq!(scan(&frame), Some((expect, &[][..])), "{message:?}");
        }
    }

    #[test]
    fn cursors_are_found_among_what_else_is_shown() {
        let shown = |at: Option<(f64, f64)>| Presence {
            cursor: at.map(|(x, y)| Point::new(x, y)),
            tool: Some("MOVE".into()),
            selection: vec![RecordId(3), RecordId(70_000)],
            view: Some(drawing::View { center: Point::new(1.0, 2.0), height: 3.0 }),
            ..Presence::default()
        };
        let cases: [&[Option<(f64, f64)>]; 3] =
            [&[Some((1.0, 2.0))], &[None], &[Some((-0.5, 7.0)), None, Some((3.0, 4.0))]];
        for case in cases {
            let people =
                case.iter().enumerate().map(|(at, shown_at)| (SessionId(Seq(at as u64 * 200)), shown(*shown_at)));
            let frame = bytes(&ServerMessage::Presence(people.collect()));
            let said: Vec<u8> = case.iter().flat_map(|at| bytes(&ClientMessage::Presence(shown(*at)))).collect();
            for mut rest in [&frame[..], &said[..]] {
                let mut seen = Vec::new();
                while !rest.is_empty() {
                    let (Scanned::Cursors(cursors), more) = scan(rest).unwrap() else { panic!("presence is found") };
                    cursors.each(|x, y| seen.push((x, y))).unwrap();
                    rest = more;
                }
                assert_eq!(seen, case.iter().flatten().copied().collect::<Vec<_>>());
            }
        }
    }
}
