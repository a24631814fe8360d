//! One person: a connection that moves a cursor, edits a line of its own, and watches the others.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use drawing::Point;
use protocol::{ClientMessage, Encoding, Hash, Presence, Seq, ServerMessage};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval_at, sleep_until};

use crate::reader::{Scanned, scan};
use crate::run::{Rate, Run, Target};
use crate::socket::{BUFFER_BYTES, Identity, Joined, Socket};
use crate::tally::Waits;
use crate::writer::Writer;

/// How long after the end a cursor's place may still arrive.
const TAIL: Duration = Duration::from_secs(3);
/// How long after the end the last entries may still arrive.
const ENTRIES_TAIL: Duration = Duration::from_secs(30);
/// Frames taken in one go, so that one's own moves get their turn.
const FRAMES_AT_ONCE: usize = 256;

/// What somebody does besides watching.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Part {
    /// Moves and edits, one of the people.
    Works,
    /// Nothing, and keeps all that comes.
    Keeps,
}

/// What came of one person's run.
pub struct Lived {
    /// Who.
    pub index: usize,
    /// From the sending of a cursor's place until this person held it or a newer one of the same person.
    pub cursors: Waits,
    /// Cursor places that should have been received.
    pub cursors_due: u64,
    /// From asking for an edit until its durable acknowledgement.
    pub acks: Waits,
    /// The entries of one's edits and when they were asked for, microseconds of the run.
    pub asked_us: Vec<(u64, u32)>,
    /// When the last of them was acknowledged, microseconds of the run.
    pub answered_us: u32,
    /// The entries that came together, first and last, and when, microseconds of the run.
    pub told_us: Vec<(u64, u64, u32)>,
    /// The last entry and its hash, for one who was told any.
    pub head: Option<(Seq, Hash)>,
    /// All that came, if it was kept, with the identity under which it came.
    pub kept: Option<(Identity, Vec<Bytes>)>,
}

struct Person {
    run: Arc<Run>,
    index: usize,
    identity: Identity,
    socket: Socket,
    writer: Option<Writer>,
    works: bool,
    /// Told nothing but answers.
    quiet: bool,
    /// For each person, the first of their moves that hasn't been seen yet.
    unseen: Vec<u32>,
    cursors: Waits,
    seen: Seq,
    head: Option<(Seq, Hash)>,
    /// The same when everybody had seen everything, and all that had come by then, if it is kept.
    final_head: Option<(Seq, Hash)>,
    kept: Option<Vec<Bytes>>,
    told_us: Vec<(u64, u64, u32)>,
}

/// Lives from joining to leaving.
pub async fn live(run: Arc<Run>, index: usize, part: Part) -> anyhow::Result<Lived> {
    let joined = Person::join(run.clone(), index, part).await;
    let mut person = joined.with_context(|| format!("person {index} can't join"))?;
    person.make_line().await?;
    person.pass_gate().await?;
    let cursors_due = person.work().await.with_context(|| format!("person {index}"))?;
    let Person { cursors, writer, final_head: head, told_us, identity, kept, quiet, .. } = person;
    let kept = kept.map(|kept| (identity, kept));
    let (acks, asked_us, answered_us) =
        writer.map_or_else(Default::default, |writer| (writer.acks, writer.asked_us, writer.answered_us));
    // One who is told nothing has no place in the log to speak of.
    let head = head.filter(|_| !quiet);
    Ok(Lived { index, cursors, cursors_due, acks, asked_us, answered_us, told_us, head, kept })
}

impl Person {
    async fn join(run: Arc<Run>, index: usize, part: Part) -> anyhow::Result<Person> {
        let place = run.door.acquire().await?;
        let identity = Identity::new(format!("Load {index}"))?;
        let works = part == Part::Works;
        let quiet = works && run.work.one_receiver;
        let mut writer = None;
        let mut seen = Seq(0);
        let socket = match &run.target {
            Target::Bare(address) => Socket::over(TcpStream::connect(address).await?, "/", None, BUFFER_BYTES).await?,
            Target::Servers(_) => {
                let joined = identity.join(run.address(index)?, None, part == Part::Keeps).await?;
                if works && run.work.edits() {
                    writer = Some(Writer::new(&joined, index)?);
                }
                let Joined { mut socket, welcome, .. } = joined;
                seen = welcome.position.seq;
                if quiet {
                    socket.say(&ClientMessage::Hush {}).await?;
                }
                socket
            }
        };
        drop(place);
        let unseen = vec![0; run.people];
        Ok(Person {
            run,
            index,
            identity,
            socket,
            writer,
            works,
            quiet,
            unseen,
            cursors: Waits::default(),
            seen,
            head: None,
            final_head: None,
            kept: None,
            told_us: Vec::new(),
        })
    }

    async fn make_line(&mut self) -> anyhow::Result<()> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.make(&self.run, &mut self.socket, self.seen).await?;
        while self.writer.as_ref().is_some_and(|writer| !writer.is_answered()) {
            let frame = self.socket.frame().await?;
            self.take(&frame)?;
        }
        Ok(())
    }

    /// Waits until everybody is here, reading what comes.
    async fn pass_gate(&mut self) -> anyhow::Result<()> {
        let run = self.run.clone();
        let mut passed = std::pin::pin!(run.gate.wait());
        loop {
            tokio::select! {
                // What comes once it is open is of what happens after.
                biased;
                _ = &mut passed => return Ok(()),
                frame = self.socket.frame() => { let frame = frame?; self.take(&frame)? }
            }
        }
    }

    /// Works, watches until all is seen, leaves; how many cursor places were due.
    async fn work(&mut self) -> anyhow::Result<u64> {
        let run = self.run.clone();
        let work = run.work;
        let start = Instant::now();
        let end = start + run.length();
        let every = |hz: f64| Duration::from_secs_f64(if hz > 0.0 { 1.0 / hz } else { 1e6 });
        // People don't move in step: each starts at another point of the period.
        let offset = |hz| every(hz).mul_f64(self.index as f64 / run.people as f64).min(Duration::from_secs(1));
        let edits_hz = if let Rate::Hz(hz) = work.edits { hz } else { 0.0 };
        let mut moves = interval_at(start + offset(work.cursors_hz), every(work.cursors_hz));
        let mut edits = interval_at(start + offset(edits_hz), every(edits_hz));
        self.fill().await?;
        while self.works {
            tokio::select! {
                biased;
                () = sleep_until(end) => break,
                _ = moves.tick(), if work.cursors_hz > 0.0 => self.move_cursor().await?,
                _ = edits.tick(), if edits_hz > 0.0 => {
                    if let Some(writer) = &mut self.writer {
                        writer.tick();
                    }
                    self.fill().await?;
                }
                frame = self.socket.frame() => {
                    let frame = frame?;
                    self.take(&frame)?;
                    self.take_ready()?;
                    self.fill().await?;
                }
            }
        }
        let late = end + ENTRIES_TAIL;
        while self.writer.as_ref().is_some_and(|writer| !writer.is_answered()) && Instant::now() < late {
            self.read_until(late, std::future::pending()).await?;
        }
        if self.works {
            run.note_done();
        }
        while !run.all_done() && Instant::now() < late {
            self.read_until(late, run.until_all_done()).await?;
        }
        let due = if self.works { run.moves_of_others(self.index) } else { 0 };
        let cursors_late = Instant::now() + TAIL;
        while self.works && !self.quiet && self.cursors.len() < due && Instant::now() < cursors_late {
            self.read_until(cursors_late, std::future::pending()).await?;
        }
        let last = Seq(run.last_stored(self.index));
        while !self.quiet && last > Seq(0) && self.head.is_none_or(|(seq, _)| seq < last) && Instant::now() < late {
            self.read_until(late, std::future::pending()).await?;
        }
        // Nobody leaves before everybody has seen everything: leaving is work too.
        self.pass_gate().await?;
        self.final_head = self.head;
        if let Some(kept) = self.socket.kept.take() {
            self.kept = Some(kept);
        }
        self.pass_gate().await?;
        if let Target::Servers(_) = run.target {
            self.socket.say(&ClientMessage::Leave).await?;
            // A connection that is dropped with something unread in it takes back what was said last.
            let ends = async { while self.socket.frame().await.is_ok() {} };
            // Whoever isn't let go in time is gone by their grace.
            let _ = tokio::time::timeout(TAIL, ends).await;
        }
        Ok(due)
    }

    /// Reads one frame, unless something else happens or it gets late.
    async fn read_until(&mut self, late: Instant, event: impl Future<Output = ()>) -> anyhow::Result<()> {
        tokio::select! {
            frame = self.socket.frame() => { let frame = frame?; self.take(&frame)?; self.take_ready() }
            () = sleep_until(late) => Ok(()),
            () = event => Ok(()),
        }
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        match &mut self.writer {
            Some(writer) => writer.fill(&self.run, &mut self.socket, self.seen).await,
            None => Ok(()),
        }
    }

    async fn move_cursor(&mut self) -> anyhow::Result<()> {
        let Some(x) = self.run.note_move(self.index) else { return Ok(()) };
        let cursor = Some(Point::new(f64::from(x), self.index as f64));
        self.socket.say(&ClientMessage::Presence(Presence { cursor, ..Presence::default() })).await
    }

    fn take_ready(&mut self) -> anyhow::Result<()> {
        for _ in 0..FRAMES_AT_ONCE {
            let Some(frame) = self.socket.frame_now()? else { break };
            self.take(&frame)?;
        }
        Ok(())
    }

    fn take(&mut self, frame: &[u8]) -> anyhow::Result<()> {
        let mut rest = frame;
        while !rest.is_empty() {
            let (scanned, more) = scan(rest).context("a frame that can't be read")?;
            rest = more;
            match scanned {
                Scanned::Cursors(cursors) => {
                    let now = self.run.now_us();
                    let mut trouble = None;
                    cursors
                        .each(|x, y| {
                            if let Err(error) = self.see(now, x as u32, y as usize) {
                                trouble.get_or_insert(error);
                            }
                        })
                        .context("presence that can't be read")?;
                    trouble.map_or(Ok(()), Err)?;
                }
                Scanned::Entries { first, last, head } => {
                    if let Some((before, _)) = self.head
                        && before.next() != first
                    {
                        bail!("entry {first} came after entry {before}");
                    }
                    self.head = Some((last, head));
                    self.seen = last;
                    if self.run.work.edits() {
                        self.told_us.push((first.0, last.0, self.run.now_us()));
                    }
                }
                Scanned::Stored { client_seq, seq } => {
                    let writer = self.writer.as_mut().context("an answer to one who asks nothing")?;
                    writer.stored(&self.run, self.index, client_seq, seq)?;
                }
                Scanned::Decode => match Encoding::MessagePack.decode(frame)? {
                    ServerMessage::Answer { answer, .. } => bail!("an edit was not stored: {answer:?}"),
                    ServerMessage::Bye { why, .. } => bail!("the server ended the connection: {why}"),
                    _ => {}
                },
                Scanned::Other => {}
            }
        }
        Ok(())
    }

    fn see(&mut self, now: u32, x: u32, person: usize) -> anyhow::Result<()> {
        if person == self.index {
            return Ok(());
        }
        let unseen = self.unseen.get_mut(person).context("a cursor of nobody")?;
        if x < *unseen {
            return Ok(());
        }
        for sent in self.run.sent_us(person, *unseen, x)? {
            self.cursors.push_us(u64::from(now.saturating_sub(sent)));
        }
        *unseen = x + 1;
        Ok(())
    }
}
