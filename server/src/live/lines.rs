//! The last entries of a drawing's log, in words.

use std::collections::VecDeque;
use std::sync::Arc;

use collab::Room;
use collab::words::Story;
use protocol::{Line, LiveFacts, Seq, Told};

use crate::store::{Pending, Store, StoreError};
use crate::stretch::entries_after;

/// Entries that are read back, for the last lines and for the names in them.
const READ_BACK: u64 = 400;

/// The last entries, in words; followed only while somebody reads them.
#[derive(Default)]
pub(super) struct Lines {
    lines: VecDeque<Line>,
    story: Story,
    /// The last entry that was told.
    told: Seq,
    /// What was not followed is being read back.
    reading: Option<Pending<Result<Reading, StoreError>>>,
    /// Reading failed at this entry: it is tried again when another has come.
    failed_at: Option<Seq>,
}

struct Reading {
    story: Story,
    lines: Vec<Line>,
    upto: Seq,
}

impl Lines {
    /// Takes in entries as they are told, if they follow on the last.
    pub(super) fn take(&mut self, entries: &[Told]) {
        for told in entries {
            if self.reading.is_none() && self.told.0 > 0 && told.seq == self.told.next() {
                let line = line(&mut self.story, told);
                self.push(line);
                self.told = told.seq;
            }
        }
    }

    /// Begins to read back what was not followed.
    pub(super) fn follow(&mut self, room: &Room, store: &Arc<dyn Store>) {
        let head = room.position().seq;
        if self.told == head || self.reading.is_some() || self.failed_at == Some(head) {
            return;
        }
        for (session, member) in &room.shared().members {
            self.story.know(*session, &member.name);
        }
        let after = self.told.max(Seq(head.0.saturating_sub(READ_BACK)));
        let (story, store) = (self.story.clone(), store.clone());
        self.failed_at = Some(head);
        self.reading = Some(Box::pin(read_back(story, store, after, head)));
    }

    /// Waits for what is read back; for ever if nothing is.
    pub(super) async fn read(&mut self) {
        let Some(reading) = &mut self.reading else { return std::future::pending().await };
        let read = reading.await;
        self.reading = None;
        match read {
            Ok(Reading { story, lines, upto }) => {
                self.story = story;
                lines.into_iter().for_each(|line| self.push(line));
                self.told = upto;
                self.failed_at = None;
            }
            Err(error) => tracing::warn!(%error, "the last entries can't be shown to those who watch"),
        }
    }

    /// All of them, ascending.
    pub(super) fn all(&self) -> Vec<Line> {
        self.lines.iter().cloned().collect()
    }

    fn push(&mut self, line: Line) {
        self.lines.push_back(line);
        if self.lines.len() > LiveFacts::LINES_MAX {
            self.lines.pop_front();
        }
    }
}

async fn read_back(mut story: Story, store: Arc<dyn Store>, after: Seq, upto: Seq) -> Result<Reading, StoreError> {
    let (mut lines, mut at) = (Vec::new(), after);
    loop {
        let entries = entries_after(&*store, at, upto).await?;
        let Some(last) = entries.last() else { return Ok(Reading { story, lines, upto }) };
        at = last.seq;
        lines.extend(entries.iter().map(|told| line(&mut story, told)));
    }
}

fn line(story: &mut Story, told: &Told) -> Line {
    let words = story.tell(told.seq, &told.entry);
    let kind = told.entry.event.kind().to_owned();
    Line { seq: told.seq, time_ms: told.entry.time_ms, who: words.who, kind, what: words.what }
}
