//! `linework log --report`: a session on one page, for whoever was not there. It needs no script and no network.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use collab::{Applied, Replay, Room, Source as _, words};
use drawing::{Drawing, Op, Record, RecordId};
use image::ImageFormat;
use jiff::tz::TimeZone;
use protocol::{ClientId, Ended, Event, Seq, SessionId, Told};
use scene::TextMode;

use super::look::Look;
use super::output;
use crate::review::{LogFile, ReadUpTo, main_part};

/// The page, with places for what is told.
const PAGE: &str = include_str!("report.html");
/// A rest longer than this is no work, in milliseconds.
const REST_MS: u64 = 5 * 60 * 1000;
/// Kinds of objects that are named for one person.
const KINDS_MAX: usize = 8;
/// People who are listed; the rest are counted.
const PEOPLE_MAX: usize = 500;
/// Pictures in pixels.
const PICTURE_PX: [u32; 2] = [1200, 800];

/// What one person did.
#[derive(Debug, Default)]
struct Person {
    name: String,
    color: u8,
    from_ms: u64,
    to_ms: u64,
    work_ms: u64,
    drawn: usize,
    moved: usize,
    changed: usize,
    erased: usize,
    taken_back: usize,
    touched: BTreeMap<String, BTreeSet<RecordId>>,
}

/// Counts what everybody did.
#[derive(Debug, Default)]
struct Tally {
    people: Vec<Person>,
    known: BTreeMap<(ClientId, String), usize>,
    sessions: BTreeMap<SessionId, usize>,
    edits: usize,
    first_ms: Option<u64>,
    last_ms: u64,
}

impl Tally {
    fn note(&mut self, told: &Told, applied: &Applied, room: &Room) {
        let time_ms = told.entry.time_ms;
        self.first_ms.get_or_insert(time_ms);
        self.last_ms = self.last_ms.max(time_ms);
        let session = match &told.entry.event {
            Event::Created { .. } => return,
            Event::Joined { client, name, color, .. } => {
                let at = *self.known.entry((*client, name.clone())).or_insert_with(|| {
                    let (name, color) = (words::name(name), *color);
                    self.people.push(Person { name, color, from_ms: time_ms, to_ms: time_ms, ..Person::default() });
                    self.people.len() - 1
                });
                self.sessions.insert(SessionId(told.seq), at);
                SessionId(told.seq)
            }
            // The owner acted; and what lapses and expires, nobody does.
            Event::Unlocked { overridden_by: Some(owner), .. } => *owner,
            Event::Unlocked { lapsed: true, .. } | Event::Gone { why: Ended::Expired, .. } => return,
            Event::Overriding { by, .. } | Event::CalledOff { by, .. } => *by,
            Event::RoleChanged { by, .. } | Event::Banned { by, .. } | Event::BanLifted { by, .. } => *by,
            Event::Gone { why: Ended::Removed { by }, .. } => *by,
            Event::Resumed { session, .. }
            | Event::Gone { session, .. }
            | Event::Locked { session, .. }
            | Event::Unlocked { session, .. }
            | Event::Queued { session, .. }
            | Event::Withdrawn { session, .. }
            | Event::HandedOver { session, .. }
            | Event::Declined { session, .. }
            | Event::Edited { session, .. }
            | Event::Granted { session, .. }
            | Event::Renamed { session, .. } => *session,
        };
        let Some(person) = self.sessions.get(&session).and_then(|at| self.people.get_mut(*at)) else { return };
        let rest = time_ms.saturating_sub(person.to_ms);
        if rest <= REST_MS {
            person.work_ms += rest;
        }
        person.to_ms = person.to_ms.max(time_ms);
        if let Event::Edited { op, undoes, .. } = &told.entry.event {
            self.edits += 1;
            *person.count(op, !undoes.is_empty()) += 1;
            for id in &applied.touched {
                let kind = room.drawing().get(*id).map(Record::kind);
                let kind = kind.or_else(|| applied.inverse.as_ref().and_then(|op| kind_in(op, *id)));
                if let Some(kind) = kind {
                    person.touched.entry(kind.to_owned()).or_default().insert(*id);
                }
            }
        }
    }
}

impl Person {
    fn count(&mut self, op: &Op, undo: bool) -> &mut usize {
        match op {
            _ if undo => &mut self.taken_back,
            Op::New(_) => &mut self.drawn,
            Op::Translate { .. } => &mut self.moved,
            Op::Remove(_) => &mut self.erased,
            Op::Batch(ops) => match main_part(ops) {
                Some(part) => self.count(part, false),
                None => &mut self.changed,
            },
            Op::Change(_) | Op::Mint(_) | Op::Unmint(_) => &mut self.changed,
        }
    }
}

/// The kind of a record that an op puts back.
fn kind_in(op: &Op, id: RecordId) -> Option<&str> {
    match op {
        Op::New(records) | Op::Change(records) => records.iter().find(|each| each.id() == id).map(Record::kind),
        Op::Batch(ops) => ops.iter().find_map(|op| kind_in(op, id)),
        Op::Remove(_) | Op::Translate { .. } | Op::Mint(_) | Op::Unmint(_) => None,
    }
}

/// Writes the report of a log.
pub(super) fn run(path: &Path, out: &Path) -> anyhow::Result<ExitCode> {
    output::spare_logs(out)?;
    let mut log = LogFile::open(path)?;
    let head = log.head();
    if head == Seq(0) {
        bail!("{} has no entry to report", path.display());
    }
    let unplayed = || format!("{} could not be replayed", path.display());
    let mut tally = Tally::default();
    let mut replay = Replay::new();
    // Nothing ends it early.
    let go = |replay: &mut Replay, log: &mut LogFile, to, tally: &mut Tally| {
        replay
            .seek(&mut ReadUpTo::from_start(log), to, |told, applied, room| {
                tally.note(told, applied, room);
                ControlFlow::Continue(())
            })
            .with_context(unplayed)
    };
    let first = log.read_after(Seq(0), Seq(1)).map_err(anyhow::Error::msg)?;
    // From the start, so that every entry is counted whatever checkpoint there is.
    let _ = go(&mut replay, &mut log, Seq(1), &mut tally)?;
    let start = replay.room().with_context(unplayed)?.clone();
    tally.first_ms = first.first().map(|told| told.entry.time_ms);
    let went = go(&mut replay, &mut log, head, &mut tally);
    let end = replay.room().with_context(unplayed)?.clone();
    let stuck = went.err().map(|error| format!("{:#}; entries up to {} are told", error, end.position().seq));
    let broken = stuck.or(log.broken.as_ref().map(ToString::to_string));
    let page = page(path, broken.as_deref(), &tally, &start, &end)?;
    crate::file::write_whole(out, page.as_bytes())?;
    let Some(broken) = broken else { return Ok(ExitCode::SUCCESS) };
    eprintln!("{}: {broken}", path.display());
    Ok(ExitCode::FAILURE)
}

fn page(path: &Path, broken: Option<&str>, tally: &Tally, start: &Room, end: &Room) -> anyhow::Result<String> {
    let position = end.position();
    let zone = TimeZone::system();
    let from = tally.first_ms.unwrap_or(tally.last_ms);
    let (now, then) = (end.drawing().entity_count(), start.drawing().entity_count());
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let damage = broken.map_or(String::new(), |broken| {
        format!("<p class=\"bad\">The log is damaged: {}. This is what is intact of it.</p>", escape(broken))
    });
    let mut people: Vec<String> = tally.people.iter().take(PEOPLE_MAX).map(|person| row(person, &zone)).collect();
    if tally.people.len() > PEOPLE_MAX {
        people.push(format!("<tr><td colspan=\"10\">and {} more</td></tr>", tally.people.len() - PEOPLE_MAX));
    }
    let sum = format!(
        "{}, {}; {then} objects before, {now} after.",
        count(tally.people.len(), "person", "people"),
        count(tally.edits, "edit", "edits")
    );
    let mut page = PAGE.to_owned();
    for (place, text) in [
        ("{title}", escape(&words::title(end.title()))),
        ("{span}", format!("{} to {}", escape(&time(from, &zone)), escape(&time(tally.last_ms.max(from), &zone)))),
        ("{sum}", sum),
        ("{damage}", damage),
        ("{before}", figure("Before", start.drawing())?),
        ("{after}", figure("After", end.drawing())?),
        ("{people}", people.join("\n")),
        ("{entries}", position.seq.to_string()),
        ("{file}", escape(&words::title(&file))),
        ("{head}", position.head.to_string()),
    ] {
        page = page.replace(place, &text);
    }
    Ok(page)
}

fn row(person: &Person, zone: &TimeZone) -> String {
    let color = |theme: egui::Theme| {
        let [red, green, blue, _] = crate::theme::Theme::named(theme).person(person.color).to_array();
        format!("rgb({red} {green} {blue})")
    };
    let mut kinds: Vec<(&str, usize)> = person.touched.iter().map(|(kind, ids)| (kind.as_str(), ids.len())).collect();
    kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
    let mut touched: Vec<String> =
        kinds.iter().take(KINDS_MAX).map(|(kind, n)| format!("{n} {}", escape(&words::title(kind)))).collect();
    if kinds.len() > KINDS_MAX {
        touched.push(format!("{} more kinds", kinds.len() - KINDS_MAX));
    }
    let minutes = (person.work_ms + 30_000) / 60_000;
    let mut row = format!(
        "<tr><td><span class=\"who\" style=\"border-color: light-dark({}, {})\">{}</span></td><td>{}</td><td>{}</td><td class=\"n\">{minutes} min</td>",
        color(egui::Theme::Light),
        color(egui::Theme::Dark),
        escape(&person.name),
        escape(&time(person.from_ms, zone)),
        escape(&time(person.to_ms, zone)),
    );
    for number in [person.drawn, person.moved, person.changed, person.erased, person.taken_back] {
        // Writing to a string can't fail.
        let _ = write!(row, "<td class=\"n\">{number}</td>");
    }
    row + &format!("<td>{}</td></tr>", if touched.is_empty() { "-".into() } else { touched.join(", ") })
}

/// A picture of a drawing, on light and on dark.
fn figure(caption: &str, drawing: &Drawing) -> anyhow::Result<String> {
    let space = drawing.model_space().context("the drawing has no model space")?;
    let picture = |dark| {
        let look = Look { text: TextMode::Drawn, dark, ink: false, size: PICTURE_PX, view: None };
        let mut png = Cursor::new(Vec::new());
        look.draw(drawing, space)?.0.write_to(&mut png, ImageFormat::Png).context("a picture could not be packed")?;
        anyhow::Ok(format!("data:image/png;base64,{}", STANDARD.encode(png.into_inner())))
    };
    let [width, height] = PICTURE_PX;
    Ok(format!(
        "<figure><picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"{}\"><img src=\"{}\" width=\"{width}\" height=\"{height}\" alt=\"The drawing {}\"></picture><figcaption>{caption}</figcaption></figure>",
        picture(true)?,
        picture(false)?,
        caption.to_lowercase(),
    ))
}

fn count(number: usize, one: &str, more: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {more}") }
}

fn time(ms: u64, zone: &TimeZone) -> String {
    let time = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map_or(format!("{ms} ms"), |time| time.to_zoned(zone.clone()).strftime("%-d %b %Y %H:%M").to_string())
}

/// Text as HTML shows it, whatever is in it; braces too, which are places on the page.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '{' => safe.push_str("&#123;"),
            '}' => safe.push_str("&#125;"),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Entry, Epoch, Hash, LogId, Role};

    #[test]
    fn nothing_in_a_name_is_markup() {
        assert_eq!(escape("<b>\"A & B's\"{title}"), "&lt;b&gt;&quot;A &amp; B&#39;s&quot;&#123;title&#125;");
    }
    #[test]
    fn what_an_owner_does_is_theirs_and_what_lapses_is_nobodys() {
        let drawing = Drawing::new();
        let mut at_ms = 0;
        let mut told = |seq: u64, seconds: u64, event: Event| {
            at_ms += seconds * 1_000;
            Told { seq: Seq(seq), hash: Hash([1; 32]), entry: Entry { time_ms: at_ms, author: None, event } }
        };
        let hash = drawing.hash();
        let event = Event::Created { title: String::new(), source: None, snapshot: Hash([0; 32]), drawing: hash };
        let room = Room::start(LogId([1; 16]), &told(1, 0, event), drawing).expect("a log starts");
        let joined = |name: &str, client| Event::Joined {
            client: ClientId(client),
            name: name.into(),
            color: 0,
            role: Role::Editor,
            ids: room.ids_for_joining(),
            resume_lock: None,
            epoch: Epoch(0),
            carries_on: None,
            came: Default::default(),
        };
        let (ana, ben) = (SessionId(Seq(2)), SessionId(Seq(3)));
        let ids = vec![RecordId(1)];
        let unlocked =
            |lapsed, overridden_by| Event::Unlocked { session: ben, ids: ids.clone(), lapsed, overridden_by };
        let line = |id: u64| {
            let layer = Drawing::new().layers().next().expect("layer 0").clone();
            Record::Layer(drawing::Layer { id: drawing::LayerId(id), ..layer })
        };
        let paste = Op::Batch(vec![Op::Change(vec![line(1)]), Op::New(vec![line(10), line(11)])]);
        let mut tally = Tally::default();
        for (seq, seconds, event) in [
            (2, 0, joined("Ana", 1)),
            (3, 0, joined("Ben", 2)),
            (4, 60, Event::Edited { session: ben, op: paste, undoes: Vec::new() }),
            (5, 120, unlocked(false, Some(ana))),
            (6, 120, unlocked(true, None)),
            (7, 120, Event::Gone { session: ben, epoch: Epoch(0), why: Ended::Expired }),
        ] {
            tally.note(&told(seq, seconds, event), &Applied::default(), &room);
        }
        let of = |at: usize| {
            let person: &Person = &tally.people[at];
            (person.name.as_str(), person.work_ms, person.to_ms, person.drawn, person.changed)
        };
        assert_eq!(of(0), ("Ana", 180_000, 180_000, 0, 0));
        assert_eq!(of(1), ("Ben", 60_000, 60_000, 1, 0));
    }
}
