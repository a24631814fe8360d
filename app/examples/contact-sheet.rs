//! The contact sheet: the states of the window, dark and light, at 100 and 150 %, in one picture to look at.
//!
//! `cargo run -p app --example contact-sheet -- target/sheet.png` needs a software Vulkan at the most and no display. That
//! is 10 MB; with the colours that matter it is a quarter of that: `convert target/sheet.png -alpha off -quantize YIQ
//! +dither -colors 256 -define png:compression-filter=0 PNG8:docs/contact-sheet.png`.
//! Rows are the states in the order of [`STATES`]; columns are dark and light at 100 %, then at 150 %. A folder
//! after it gets each window by itself, as large as it is.

#[path = "../tests/recorded/mod.rs"]
mod recorded;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use app::action::{Action, Panel, Pick};
use app::arguments::Arguments;
use app::command::Command;
use app::nearby::{Answer, Found, NearbyHost};
use app::window::{Report, Window};
use clap::Parser as _;
use drawing::{EntityId, Point, Shape};
use egui_kittest::Harness;
use image::{RgbaImage, imageops};
use server::{Host, Listed, NearbyDrawing, Options};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What each row shows.
const STATES: [&str; 15] = [
    "nothing open, for the first time",
    "nothing open, with recent drawings and hosts on the network",
    "a drawing",
    "a selection with its grips",
    "what somebody else holds, and their cursor",
    "a command that asks for a point",
    "the search",
    "sharing",
    "joining",
    "properties of a selection",
    "history",
    "a saved log and its history",
    "reconnecting",
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
/// Frames of a picture until its drawing is finished: each draws a part of it.
const FRAMES_AT_REST: usize = 12;

type Desk = Harness<'static, Window>;

fn main() -> anyhow::Result<()> {
    let out: PathBuf =
        std::env::args_os().nth(1).context("name the picture to write, such as target/sheet.png")?.into();
    let tiles = std::env::args_os().nth(2).map(PathBuf::from);
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
                if let Some(tiles) = &tiles {
                    let theme = if dark { "dark" } else { "light" };
                    let name = format!("{row:02}-{}-{:.0}-{theme}.png", state.replace([' ', ','], "-"), scale * 100.0);
                    picture.save(tiles.join(name))?;
                }
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
    /// Looks at a saved log.
    dana: Desk,
    /// Has joined a server that goes away.
    cara: Desk,
    away: Option<Away>,
}

/// A server that others have joined.
struct Away {
    runtime: Runtime,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), server::HostError>>,
}

impl Away {
    /// Begins to serve the sample; the address that lets one in.
    fn serve(folder: &Path) -> anyhow::Result<(Away, String)> {
        let runtime = Runtime::new()?;
        let (host, listener, address) = runtime.block_on(async {
            let host =
                Host::open(Options { listed: Listed::Nothing, ..Options::new(folder) }, runtime.handle().clone())?;
            let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/sample.dxf"))?;
            let drawing = formats::read(&bytes, &mut |_| std::ops::ControlFlow::Continue(()))?.drawing;
            let listing = host.add("cafe-linde", Some(bytes), drawing).await?;
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let port = listener.local_addr()?.port();
            let address = host.address(&listing.name, "127.0.0.1", port).context("an address")?;
            anyhow::Ok((host, listener, address.to_string()))
        })?;
        let (stop, stopped) = oneshot::channel();
        let serving = runtime.spawn(async move {
            let served = host.serve(listener, async { stopped.await.unwrap_or(()) }).await;
            host.close().await;
            served
        });
        Ok((Away { runtime, stop, serving }, address))
    }

    fn go(self) -> anyhow::Result<()> {
        // Where it has ended already, that is told below.
        let _ = self.stop.send(());
        Ok(self.runtime.block_on(self.serving)??)
    }
}

impl Desks {
    fn new(folder: &Path, scale: f32) -> anyhow::Result<Desks> {
        let file = folder.join("cafe-linde.dxf");
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/sample.dxf"), &file)?;
        let empty = desk(&folder.join("empty"), "Ana", None, scale)?;
        let log = folder.join("cafe-linde.linework");
        recorded::cafe(&log, true);
        let mut dana = desk(&folder.join("dana"), "Dana", log.to_str(), scale)?;
        let read = |window: &Window| {
            window.document().and_then(|document| document.review.as_ref()).is_some_and(|review| review.all_read)
        };
        settle(&mut dana, "the log is read through", read)?;
        run(&mut dana, Action::Unsay);
        let (away, address) = Away::serve(&folder.join("away"))?;
        let mut cara = desk(&folder.join("cara"), "Cara", Some(&address), scale)?;
        settle(&mut cara, "Cara has joined", |window| window.document().is_some_and(|d| d.may_edit()))?;
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
        Ok(Desks { empty, ana, ben, ben_at: Point::ZERO, dana, cara, away: Some(away) })
    }

    /// Some inserts on the floor, and where the first of them is.
    fn inserts(&self, skip: usize, count: usize) -> (Vec<EntityId>, Point) {
        inserts(&self.ana, skip, count)
    }

    fn enter(&mut self, state: &str) -> anyhow::Result<()> {
        match state {
            "nothing open, for the first time" => tell(&mut self.empty, Vec::new())?,
            "nothing open, with recent drawings and hosts on the network" => {
                let recent =
                    ["Projects/cafe/cafe-linde.dxf", "Projects/site/site-plan-north.dxf", "Desktop/kitchen.dxf"];
                self.empty.state_mut().settings.recent =
                    recent.into_iter().map(|path| Path::new("/home/ana").join(path)).collect();
                tell(&mut self.empty, hosts()?)?;
            }
            "a saved log and its history" => {
                self.dana.state_mut().panel = Some(Panel::History);
                let wish = app::review::Wish::Step(false);
                (0..9).for_each(|_| run(&mut self.dana, Action::Review(wish.clone())));
                run(&mut self.dana, Action::Unsay);
            }
            "reconnecting" => self.lose_cara()?,
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
                let place = self.ana.state().document().map(|d| d.camera.to_screen(Point::new(9_000.0, 5_000.0)));
                self.ana.event(egui::Event::PointerMoved(place.context("Ana's drawing")?));
            }
            "the search" => run(&mut self.ana, Action::Run(Command::Search)),
            "sharing" => run(&mut self.ana, Action::Run(Command::Share)),
            "joining" => {
                run(&mut self.ana, Action::Run(Command::Join));
                tell(&mut self.ana, hosts()?)?;
                let at: SocketAddr = "192.168.1.34:4848".parse()?;
                run(&mut self.ana, Action::JoinNearby(at, "kitchen".into()));
            }
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

    /// Cara moves three things while her server is gone.
    fn lose_cara(&mut self) -> anyhow::Result<()> {
        let (ids, _) = inserts(&self.cara, 0, 3);
        run(&mut self.cara, Action::Select(ids.clone(), Pick::Add));
        let mine = |window: &Window| {
            window
                .document()
                .is_some_and(|d| d.selection.len() == 3 && d.selection.iter().all(|id| d.session.is_mine((*id).into())))
        };
        settle(&mut self.cara, "the locks are granted", mine)?;
        self.away.take().context("it serves")?.go()?;
        let lost = |window: &Window| {
            window.document().is_some_and(|d| matches!(d.session.status(), collab::Status::Reconnecting))
        };
        settle(&mut self.cara, "the connection is lost", lost)?;
        for id in ids {
            run(&mut self.cara, Action::TranslateOnly(vec![id], drawing::Vec2::new(0.0, -300.0)));
        }
        run(&mut self.cara, Action::Unsay);
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
        let desk = match state {
            "a saved log and its history" => &mut self.dana,
            "reconnecting" => &mut self.cara,
            state if state.starts_with("nothing open") => &mut self.empty,
            _ => &mut self.ana,
        };
        // Not by its command: that would close the dialog which is to be seen.
        desk.state_mut().settings.dark = dark;
        desk.ctx.set_theme(if dark { egui::Theme::Dark } else { egui::Theme::Light });
        settle(desk, "all is drawn", |window| window.document().is_none_or(|d| !d.picture.is_busy()))?;
        // The drawing is finished over some frames; each is rendered, since the renderer works when it is asked to.
        let mut picture = desk.render().map_err(anyhow::Error::msg)?;
        for _ in 0..FRAMES_AT_REST {
            desk.step();
            picture = desk.render().map_err(anyhow::Error::msg)?;
        }
        Ok(picture)
    }
}

/// Some inserts on the floor of somebody's drawing, and where the first of them is.
fn inserts(desk: &Desk, skip: usize, count: usize) -> (Vec<EntityId>, Point) {
    let Some(document) = desk.state().document() else { return (Vec::new(), Point::ZERO) };
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

/// Tells a window which hosts were found, as a lookout does.
fn tell(desk: &mut Desk, hosts: Vec<NearbyHost>) -> anyhow::Result<()> {
    let window = desk.state();
    let report = Report::Nearby(window.nearby.number, Found::Hosts(hosts));
    window.backstage.reports.send(report).map_err(|_| anyhow::anyhow!("the window listens no more"))?;
    desk.step();
    desk.step();
    Ok(())
}

/// What a network may hold.
fn hosts() -> anyhow::Result<Vec<NearbyHost>> {
    let drawing = |name: &str, title: &str, secret: Option<&str>, people| {
        let secret = secret.map(str::to_owned);
        NearbyDrawing { name: name.into(), title: title.into(), secret, people: Some(people) }
    };
    let office = vec![
        drawing("cafe-linde", "Caf\u{e9} Linde, ground floor", Some("s"), 3),
        drawing("site-plan", "Site plan north", Some("s"), 0),
    ];
    let kim = vec![drawing("kitchen", "Kitchen", None, 1)];
    let listed = |title: &str, at: &str, drawings| {
        let answer = Answer::Listed { at: at.parse()?, here: false, drawings, more: 0 };
        anyhow::Ok(NearbyHost { title: title.into(), answer })
    };
    Ok(vec![listed("Kim's drawings", "192.168.1.34:4848", kim)?, listed("Office", "192.168.1.20:4848", office)?])
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
