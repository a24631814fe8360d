//! The pictures of `docs/review.md`, taken from the running program, which looks back at a session recorded for it.
//!
//! `cargo run -p app --example review-pictures -- docs` needs a software Vulkan at the most and no display.

#[path = "../tests/recorded/mod.rs"]
mod recorded;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use app::action::{Action, Pick};
use app::arguments::Arguments;
use app::review::{Kind, Review, Wish};
use app::window::Window;
use clap::Parser as _;
use drawing::EntityId;
use egui_kittest::Harness;
use protocol::Seq;

/// Frames until a window must have come to rest.
const FRAMES_MAX: usize = 3_000;

type Desk = Harness<'static, Window>;

fn main() -> anyhow::Result<()> {
    let out: PathBuf = std::env::args_os().nth(1).context("name the folder for the pictures, such as docs")?.into();
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("cafe-linde.linework");
    recorded::cafe(&log, true);
    let mut desk = open(&folder.path().join("state"), &log)?;
    let read = |window: &Window| look(window).is_some_and(|review| review.all_read);
    settle(&mut desk, "the log is read through", read)?;

    let first = find(&desk, |review, seq| review.lines.get(seq).is_some_and(|line| line.kind == Kind::Moved))?;
    wish(&mut desk, Wish::Go(Seq(first.0 + 3)))?;
    take(&mut desk, true, &out.join("review-timeline.png"))?;

    wish(&mut desk, Wish::Burst(true))?;
    wish(&mut desk, Wish::Burst(true))?;
    take(&mut desk, false, &out.join("review-run.png"))?;

    let changed = find(&desk, |review, seq| review.lines.get(seq).is_some_and(|line| line.kind == Kind::Changed))?;
    wish(&mut desk, Wish::Go(changed))?;
    let id = desk.state().document().and_then(|d| d.review.as_ref()).map(|r| r.lines.records(changed)[0]);
    let id = id.context("it changed something")?;
    run(&mut desk, Action::Select(vec![EntityId(id.0)], Pick::Add));
    wish(&mut desk, Wish::Life(Some(id)))?;
    let told = |window: &Window| {
        look(window).and_then(|review| review.life.as_ref()).is_some_and(|(_, steps)| steps.is_some())
    };
    settle(&mut desk, "its life is told", told)?;
    take(&mut desk, false, &out.join("review-life.png"))?;
    drop(desk);

    damaged(folder.path(), &log, &out.join("review-damaged.png"))?;
    live(folder.path(), &out.join("review-live.png"))
}

/// A log with an entry that is not what was stored.
fn damaged(folder: &Path, log: &Path, out: &Path) -> anyhow::Result<()> {
    let harmed = folder.join("harmed.linework");
    std::fs::copy(log, &harmed)?;
    rusqlite::Connection::open(&harmed)?.execute_batch("UPDATE entry SET payload = x'00' WHERE seq = 31")?;
    let mut desk = open(&folder.join("harmed"), &harmed)?;
    settle(&mut desk, "what is intact is read", |window| look(window).is_some_and(|review| review.all_read))?;
    take(&mut desk, true, out)
}

/// A drawing that is being worked on, looked back at.
fn live(folder: &Path, out: &Path) -> anyhow::Result<()> {
    let file = folder.join("cafe-linde.dxf");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/sample.dxf"), &file)?;
    let mut desk = open(&folder.join("live"), &file)?;
    let here = |window: &Window| window.document().is_some_and(|d| d.may_edit() && d.picture.scene().is_some());
    settle(&mut desk, "the drawing is here", here)?;
    let document = desk.state().document().context("a drawing")?;
    let furniture = document.drawing().layer_named("FURNITURE");
    let is = |e: &&drawing::Entity| Some(e.style.layer) == furniture && matches!(e.shape, drawing::Shape::Insert(_));
    let model = document.drawing().model_space().context("a model space")?;
    let chairs: Vec<EntityId> =
        document.drawing().entities_of(model).filter(is).take(8).map(|entity| entity.id).collect();
    for chair in chairs {
        run(&mut desk, Action::Select(vec![chair], Pick::Add));
        run(&mut desk, Action::Translate(drawing::Vec2::new(300.0, -200.0)));
        settle(&mut desk, "it is stored", |window| window.document().is_some_and(|d| d.session.waiting() == 0))?;
        run(&mut desk, Action::SelectNone);
    }
    run(&mut desk, Action::Review(Wish::Begin));
    settle(&mut desk, "the log is read through", |window| look(window).is_some_and(|review| review.all_read))?;
    let moved = find(&desk, |review, seq| review.lines.get(seq).is_some_and(|line| line.kind == Kind::Moved))?;
    wish(&mut desk, Wish::Go(moved))?;
    run(&mut desk, Action::Unsay);
    take(&mut desk, false, out)
}

fn look(window: &Window) -> Option<&Review> {
    window.document().and_then(|document| document.review.as_ref())
}

fn find(desk: &Desk, is: impl Fn(&Review, Seq) -> bool) -> anyhow::Result<Seq> {
    let review = look(desk.state()).context("a look back")?;
    (1..=review.lines.len() as u64).map(Seq).find(|seq| is(review, *seq)).context("such an entry")
}

fn open(state: &Path, file: &Path) -> anyhow::Result<Desk> {
    std::fs::create_dir_all(state)?;
    let words = ["linework", "--no-nearby", "--name", "Dana", "--state-dir", state.to_str().context("a plain path")?];
    let arguments = Arguments::try_parse_from(words.into_iter().chain(file.to_str()))?;
    let state = state.to_owned();
    Ok(Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(4)
        .wgpu()
        .build_eframe(move |created| Window::new(created, arguments, state).expect("the window opens")))
}

fn run(desk: &mut Desk, action: Action) {
    let ctx = desk.ctx.clone();
    desk.state_mut().perform(&ctx, action);
    desk.step();
    desk.step();
}

fn wish(desk: &mut Desk, wish: Wish) -> anyhow::Result<()> {
    run(desk, Action::Review(wish));
    settle(desk, "it is there", |window| look(window).is_none_or(Review::has_arrived))
}

/// Writes what the window shows.
fn take(desk: &mut Desk, dark: bool, path: &Path) -> anyhow::Result<()> {
    desk.state_mut().settings.dark = dark;
    desk.ctx.set_theme(if dark { egui::Theme::Dark } else { egui::Theme::Light });
    desk.state_mut().documents.iter_mut().for_each(|document| document.picture.repaint());
    settle(desk, "all is drawn", |window| window.document().is_none_or(|d| !d.picture.is_busy()))?;
    // The drawing is finished over some frames; each is rendered, since the renderer works when it is asked to.
    let mut picture = desk.render().map_err(anyhow::Error::msg)?;
    for _ in 0..20 {
        desk.step();
        picture = desk.render().map_err(anyhow::Error::msg)?;
    }
    picture.save(path).with_context(|| format!("{} could not be written", path.display()))
}

/// Runs frames until `is` holds.
fn settle(desk: &mut Desk, what: &str, is: impl Fn(&Window) -> bool) -> anyhow::Result<()> {
    for _ in 0..FRAMES_MAX {
        desk.step();
        if is(desk.state()) {
            return Ok(());
        }
        std::thread::park_timeout(std::time::Duration::from_millis(2));
    }
    bail!("not so after {FRAMES_MAX} frames: {what}; said {:?}", desk.state().message)
}
