//! One who edits: a line of one's own that is changed again and again, under the lock that came with making it.

use std::collections::VecDeque;

use anyhow::{Context, bail};
use drawing::{Drawing, Entity, EntityId, Line, Op, Order, Point3, Record, Shape, Style};
use protocol::{ClientMessage, ClientSeq, Request, Seq};

use crate::run::{Rate, Run};
use crate::socket::{Joined, Socket};
use crate::tally::Waits;

/// What somebody edits and waits for.
pub struct Writer {
    line: Entity,
    /// The token of one's own line, once it is there.
    token: Option<Seq>,
    next: u64,
    /// The last request that was answered; answers come in order.
    answered: u64,
    /// When each request without an answer was asked, in microseconds of the run.
    waiting: VecDeque<u32>,
    /// Edits that are due by the clock.
    due: u64,
    /// The last own entry.
    stored: Seq,
    /// From asking for an edit until its durable acknowledgement.
    pub acks: Waits,
    /// The entry of each edit and when it was asked for.
    pub asked_us: Vec<(u64, u32)>,
    /// When the last of them was acknowledged.
    pub answered_us: u32,
}

impl Writer {
    /// One who has come in, with a line to make.
    pub fn new(joined: &Joined, index: usize) -> anyhow::Result<Writer> {
        let drawing = joined.drawing()?;
        let layer = drawing.layer_named("0").unwrap_or(Drawing::LAYER_0);
        let owner = drawing.model_space().context("no model space")?;
        let id = EntityId(joined.welcome.ids.first().context("no ids granted")?.first.0);
        let start = Point3::flat(index as f64, 0.0);
        let shape = Shape::Line(Line { start, end: start + Point3::flat(0.0, 1.0) });
        let (handle, source, order) = (None, None, Order(u64::MAX / 2));
        Ok(Writer {
            line: Entity { id, handle, source, owner, order, style: Style::on(layer), shape },
            token: None,
            next: 1,
            answered: 0,
            waiting: VecDeque::new(),
            due: 0,
            stored: Seq(0),
            acks: Waits::default(),
            asked_us: Vec::new(),
            answered_us: 0,
        })
    }

    /// An edit is due.
    pub fn tick(&mut self) {
        self.due += 1;
    }

    /// Whether everything is answered.
    pub fn is_answered(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Asks for the line to be made.
    pub async fn make(&mut self, run: &Run, socket: &mut Socket, seen: Seq) -> anyhow::Result<()> {
        let op = Op::New(vec![Record::Entity(self.line.clone())]);
        self.ask(run, socket, op, seen).await?;
        socket.flush().await
    }

    /// Asks for as many edits as are due and may be in flight; `seen` is the last entry that one was told.
    pub async fn fill(&mut self, run: &Run, socket: &mut Socket, seen: Seq) -> anyhow::Result<()> {
        let mut more = false;
        while self.waiting.len() < run.work.in_flight && (run.work.edits == Rate::Max || self.due > 0) {
            self.due = self.due.saturating_sub(1);
            if let Shape::Line(line) = &mut self.line.shape {
                // Another place each time: what changes nothing is not stored.
                line.end.y = 1.0 + (self.next % 4_096) as f64 / 8.0;
            }
            let op = Op::Change(vec![Record::Entity(self.line.clone())]);
            self.ask(run, socket, op, seen.max(self.stored)).await?;
            more = true;
        }
        if more { socket.flush().await } else { Ok(()) }
    }

    async fn ask(&mut self, run: &Run, socket: &mut Socket, op: Op, seen: Seq) -> anyhow::Result<()> {
        let request = Request::Edit { op, seen, under: self.token.into_iter().collect() };
        let (client_seq, floor) = (ClientSeq(Seq(self.next)), ClientSeq(Seq(self.answered)));
        self.next += 1;
        self.waiting.push_back(run.now_us());
        socket.feed(&ClientMessage::Ask { client_seq, floor, request }).await
    }

    /// An edit was stored.
    pub fn stored(&mut self, run: &Run, index: usize, client_seq: u64, seq: Seq) -> anyhow::Result<()> {
        if client_seq != self.answered + 1 {
            bail!("an answer to request {client_seq} came after one to {}", self.answered);
        }
        self.answered = client_seq;
        let asked = self.waiting.pop_front().context("an answer to nothing")?;
        self.stored = seq;
        if self.token.is_none() {
            // That was the making, which is no part of what is measured.
            self.token = Some(seq);
        } else {
            self.answered_us = run.now_us();
            self.acks.push_us(u64::from(self.answered_us.saturating_sub(asked)));
            self.asked_us.push((seq.0, asked));
        }
        run.note_stored(index, seq.0);
        Ok(())
    }
}
