//! The contact sheet: twelve states of the window, dark and light, at 100 and 150 %, in one picture to look at.
//!
//! `cargo run -p app --example contact-sheet -- docs/contact-sheet.png` needs a software Vulkan at the most and no
//! display. Rows are the states in the order of [`STATES`]; columns are dark and light at 100 %, then at 150 %.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use app::action::{Action, Panel, Pick};
use app::arguments::Arguments;
use app::command::Command;
use app::window::Window;
use clap::Parser as _;
use drawing::{EntityId, Point, Shape};
use egui_kittest::Harness;
use image::{RgbaImage, imageops};

/// What each row shows.
const STATES: [&str; 12] = [
    "nothing open",
    "a drawing",
    "a selection with its grips",
    "what somebody else holds, and their cursor",
    "a command that asks for a point",
    "the search",
    "sharing",
    "joining",
    "properties of a selection",
    "history",
    "closing with unsaved changes",
    "keys and words",
];

/// A window in pixels.
const WINDOW_PX: (f32, f32) = (1280.0, 800.0);
/// A tile of the sheet in pixels.
const TILE_PX: (u32, u32) = (560, 350);
/// Between tiles, in pixels.
const GAP_PX: u32 = 8;
/// Frames until a window must have come to rest.
const FRAMES_MAX: usize = 3_000;

type Desk = Harness<'static, Window>;

fn main() -> anyhow::Result<()> {
    let out: PathBuf =
        std::env::args_os().nth(1).context("name the picture to write, such as docs/contact-sheet.png")?.into();
    let columns = 4;
    let (width, height) = (TILE_PX.0 + GAP_PX, TILE_PX.1 + GAP_PX);
    let mut sheet = RgbaImage::from_pixel(
        width * columns + GAP_PX,
        height * STATES.len() as u32 + GAP_PX,
        image::Rgba([128, 128, 128, 255]),
    );
    for (half, scale) in [1.0, 1.5].into_iter().enumerate() {
        let folder = tempfile::tempdir()?;
        let mut desks = Desks::new(folder.path(), scale)?;
        for (row, state) in STATES.iter().enumerate() {
            desks.enter(state)?;
            for (theme, dark) in [true, false].into_iter().enumerate() {
                let picture = desks.picture(state, dark)?;
                let tile = imageops::resize(&picture, TILE_PX.0, TILE_PX.1, imageops::FilterType::Lanczos3);
                let column = (half * 2 + theme) as u32;
                let (x, y) = (GAP_PX + column * width, GAP_PX + row as u32 * height);
                imageops::replace(&mut sheet, &tile, i64::from(x), i64::from(y));
            }
            desks.leave(state)?;
            eprintln!("{:.0} %: {state}", scale * 100.0);
        }
    }
    sheet.save(&out).with_context(|| format!("{} could not be written", out.display()))
}

/// The windows that the states are shown in.
struct Desks {
    empty: Desk,
    ana: Desk,
    ben: Desk,
    ben_at: Point,
}

impl Desks {
    fn new(folder: &Path, scale: f32) -> anyhow::Result<Desks> {
        let file = folder.join("cafe-linde.dxf");
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/sample.dxf"), &file)?;
        let empty = desk(&folder.join("empty"), "Ana", None, scale)?;
        let mut ana = desk(&folder.join("ana"), "Ana", file.to_str(), scale)?;
        settle(&mut ana, "the drawing is open", |window| window.document().is_some_and(|d| d.may_edit()))?;
        run(&mut ana, Action::Run(Command::Share));
        settle(&mut ana, "the drawing is shared", |window| window.shared_address().is_some())?;
        run(&mut ana, Action::CloseDialog);
        let address = ana.state().shared_address().context("an address")?;
        let mut ben = desk(&folder.join("ben"), "Ben", Some(&address), scale)?;
        settle(&mut ben, "Ben has joined", |window| window.document().is_some_and(|d| d.may_edit()))?;
        settle(&mut ana, "Ana sees Ben", |window| window.document().is_some_and(|d| d.session.people().count() == 2))?;
        run(&mut ana, Action::Unsay);
        Ok(Desks { empty, ana, ben, ben_at: Point::ZERO })
    }

    /// Some inserts on the floor, and where the first of them is.
    fn inserts(&self, skip: usize, count: usize) -> (Vec<EntityId>, Point) {
        let Some(document) = self.ana.state().document() else { return (Vec::new(), Point::ZERO) };
        let drawing = document.drawing();
        let furniture = drawing.layer_named("FURNITURE");
        let found = document.space.into_iter().flat_map(|space| drawing.entities_of(space));
        let found = found.filter_map(|entity| match &entity.shape {
            Shape::Insert(insert) if Some(entity.style.layer) == furniture => Some((entity.id, insert.at.xy())),
            _ => None,
        });
        let found: Vec<_> = found.skip(skip).take(count).collect();
        (found.iter().map(|(id, _)| *id).collect(), found.first().map_or(Point::ZERO, |(_, at)| *at))
    }

    fn enter(&mut self, state: &str) -> anyhow::Result<()> {
        match state {
            "a selection with its grips" | "properties of a selection" => {
                let (ids, _) = self.inserts(0, 3);
                run(&mut self.ana, Action::Select(ids, Pick::Add));
                if state.starts_with("properties") {
                    self.ana.state_mut().panel = Some(Panel::Properties);
                }
            }
            "what somebody else holds, and their cursor" => {
                let (ids, at) = self.inserts(4, 3);
                self.ben_at = at;
                run(&mut self.ben, Action::Select(ids, Pick::Add));
                let place = self.ben.state().document().map(|d| d.camera.to_screen(at)).context("Ben's drawing")?;
                self.ben.event(egui::Event::PointerMoved(place));
                self.ben.step();
                self.ben.step();
                let held = |window: &Window| window.document().is_some_and(|d| !d.held_by_others().is_empty());
                settle(&mut self.ana, "Ana sees what Ben holds", held)?;
                let place = self.ana.state().document().map(|d| d.camera.to_screen(at)).context("Ana's drawing")?;
                self.ana.event(egui::Event::PointerMoved(place + egui::vec2(6.0, 6.0)));
            }
            "a command that asks for a point" => {
                run(&mut self.ana, Action::Run(Command::Line));
                run(&mut self.ana, Action::Tell(app::action::CanvasEvent::Point(Point::new(2_000.0, 2_000.0))));
                let place = self.ana.state().document().map(|d| d.camera.to_screen(Point::new(9_000.0, 6_000.0)));
                self.ana.event(egui::Event::PointerMoved(place.context("Ana's drawing")?));
            }
            "the search" => run(&mut self.ana, Action::Run(Command::Search)),
            "sharing" => run(&mut self.ana, Action::Run(Command::Share)),
            "joining" => run(&mut self.ana, Action::Run(Command::Join)),
            "history" => self.ana.state_mut().panel = Some(Panel::History),
            "closing with unsaved changes" => {
                let (ids, _) = self.inserts(0, 1);
                run(&mut self.ana, Action::Select(ids, Pick::Add));
                let mine = |window: &Window| {
                    window.document().is_some_and(|d| d.selection.iter().all(|id| d.session.is_mine((*id).into())))
                };
                settle(&mut self.ana, "the lock is granted", mine)?;
                run(&mut self.ana, Action::Translate(drawing::Vec2::new(100.0, 0.0)));
                settle(&mut self.ana, "the move is stored", |window| {
                    window.document().is_some_and(|d| d.session.waiting() == 0)
                })?;
                run(&mut self.ana, Action::Run(Command::CloseDrawing));
            }
            "keys and words" => run(&mut self.ana, Action::Run(Command::Shortcuts)),
            _ => {}
        }
        Ok(())
    }

    fn leave(&mut self, state: &str) -> anyhow::Result<()> {
        run(&mut self.ana, Action::CloseDialog);
        run(&mut self.ana, Action::Tell(app::action::CanvasEvent::Cancel));
        run(&mut self.ana, Action::SelectNone);
        run(&mut self.ben, Action::SelectNone);
        self.ana.event(egui::Event::PointerGone);
        self.ben.event(egui::Event::PointerGone);
        self.ben.step();
        if state.starts_with("what somebody") {
            let free = |window: &Window| window.document().is_some_and(|d| d.held_by_others().is_empty());
            settle(&mut self.ana, "Ben let go", free)?;
        }
        self.ana.state_mut().panel = Some(Panel::Layers);
        Ok(())
    }

    fn picture(&mut self, state: &str, dark: bool) -> anyhow::Result<RgbaImage> {
        let desk = if state == STATES[0] { &mut self.empty } else { &mut self.ana };
        // Not by its command: that would close the dialog which is to be seen.
        desk.state_mut().settings.dark = dark;
        desk.ctx.set_theme(if dark { egui::Theme::Dark } else { egui::Theme::Light });
        settle(desk, "all is drawn", |window| window.document().is_none_or(|d| !d.picture.is_busy()))?;
        // The drawing is finished over some frames; each is rendered, since the renderer works when it is asked to.
        let mut picture = desk.render().map_err(anyhow::Error::msg)?;
        for _ in 0..20 {
            desk.step();
            picture = desk.render().map_err(anyhow::Error::msg)?;
        }
        Ok(picture)
    }
}

fn desk(state: &Path, name: &str, open: Option<&str>, scale: f32) -> anyhow::Result<Desk> {
    std::fs::create_dir_all(state)?;
    let mut words =
        vec!["linework", "--no-nearby", "--name", name, "--state-dir", state.to_str().context("a plain path")?];
    words.extend(open);
    let arguments = Arguments::try_parse_from(words)?;
    let state = state.to_owned();
    Ok(Harness::builder()
        .with_size([WINDOW_PX.0 / scale, WINDOW_PX.1 / scale])
        .with_pixels_per_point(scale)
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
