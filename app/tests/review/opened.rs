//! A window that looks back, as the tests drive it.

use std::path::Path;

use app::action::Action;
use app::arguments::Arguments;
use app::document::Document;
use app::review::{Review, Wish};
use app::window::Window;
use clap::Parser as _;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use protocol::Seq;

use crate::recorded::{self, Moment};

/// Frames until something must have happened; each waits for what runs behind the window.
const FRAMES_MAX: usize = 2_000;

/// A window with a saved log open, in a folder of its own.
pub struct Opened {
    pub harness: Harness<'static, Window>,
    pub folder: tempfile::TempDir,
    /// What the live room was at each entry.
    pub moments: Vec<Moment>,
}

pub fn window(state: &Path, files: &[&str]) -> Harness<'static, Window> {
    std::fs::create_dir_all(state).expect("a state folder");
    let mut words =
        vec!["linework", "--no-nearby", "--name", "Dana", "--state-dir", state.to_str().expect("a plain path")];
    words.extend(files);
    let arguments = Arguments::try_parse_from(words).expect("the command line is right");
    let state = state.to_owned();
    Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(4)
        .wgpu()
        .build_eframe(move |created| Window::new(created, arguments, state).expect("the window opens"))
}

impl Opened {
    pub fn new() -> Opened {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("cafe.linework");
        let moments = recorded::cafe(&log, true);
        let harness = window(&folder.path().join("state"), &[log.to_str().expect("a plain path")]);
        let mut opened = Opened { harness, folder, moments };
        opened.until("the log is read through", |window| {
            let document = window.document();
            document.is_some_and(|d| d.is_here() && d.picture.scene().is_some())
                && document.and_then(|d| d.review.as_ref()).is_some_and(|review| review.all_read)
        });
        opened
    }

    /// One of another log in that folder, read through.
    pub fn of(folder: tempfile::TempDir, log: &Path, moments: Vec<Moment>) -> Opened {
        let harness = window(&folder.path().join("state"), &[log.to_str().expect("a plain path")]);
        let mut opened = Opened { harness, folder, moments };
        opened.until("the log is read through", |window| {
            let review = window.document().and_then(|document| document.review.as_ref());
            review.is_some_and(|review| review.all_read && review.at == review.head)
        });
        opened
    }

    /// Runs frames until `is` holds.
    #[track_caller]
    pub fn until(&mut self, what: &str, is: impl Fn(&Window) -> bool) {
        for _ in 0..FRAMES_MAX {
            self.harness.step();
            if is(self.harness.state()) {
                return;
            }
            // What runs behind the window wakes it; here nobody listens, so the thread gives way.
            std::thread::park_timeout(std::time::Duration::from_millis(2));
        }
        panic!("{what}: not so after {FRAMES_MAX} frames; said: {:?}", self.harness.state().message);
    }

    pub fn document(&self) -> &Document {
        self.harness.state().document().expect("a log is open")
    }

    pub fn review(&self) -> &Review {
        self.document().review.as_ref().expect("it is looked back at")
    }

    pub fn click(&mut self, name: &str) {
        self.harness.get_by_label(name).click();
        self.harness.step();
        self.harness.step();
    }

    pub fn wish(&mut self, wish: Wish) {
        let ctx = self.harness.ctx.clone();
        self.harness.state_mut().perform(&ctx, Action::Review(wish));
    }

    /// Waits until this entry is shown; the drawing there must be what it was in the live room.
    #[track_caller]
    pub fn arrives(&mut self, seq: u64) {
        self.until("it arrives", |window| {
            let review = window.document().and_then(|document| document.review.as_ref());
            review.is_some_and(|review| review.at == Seq(seq) && review.has_arrived())
        });
        if let Some(moment) = self.moments.get(seq as usize - 1) {
            assert_eq!(self.document().drawing().hash(), moment.drawing, "entry {seq}");
        }
        self.until("the picture is made", |window| {
            window.document().is_some_and(|document| !document.picture.is_busy())
        });
        self.shows_its_drawing();
    }

    /// The picture, which followed to here step by step, is what one that is made anew would be.
    #[track_caller]
    fn shows_its_drawing(&self) {
        let document = self.document();
        let (drawing, followed) = (document.drawing(), document.picture.scene().expect("there is a picture"));
        let anew = document.picture.scene_of(drawing, followed.space());
        let all = drawing::Rect::new(-1e9, -1e9, 1e9, 1e9);
        let visibility = scene::Visibility::default();
        let inside = |scene: &scene::Scene| {
            let mut ids = scene.window(drawing, all, &visibility);
            ids.sort_unstable();
            ids
        };
        let around = |scene: &scene::Scene| scene.extents(drawing, &visibility).map(|extents| extents.rect);
        assert_eq!((inside(followed), around(followed)), (inside(&anew), around(&anew)));
    }

    pub fn head(&self) -> u64 {
        self.moments.len() as u64
    }
}

/// Ana's drawing, shared, and a window that opens whatever `join` gives.
pub fn live() -> (Opened, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.dxf");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/sample.dxf"), &file).expect("a copy");
    let harness = window(&folder.path().join("state"), &[file.to_str().expect("a plain path")]);
    let mut ana = Opened { harness, folder, moments: Vec::new() };
    ana.until("the drawing is here", |window| {
        window.document().is_some_and(|d| d.may_edit() && d.picture.scene().is_some())
    });
    let ctx = ana.harness.ctx.clone();
    ana.harness.state_mut().perform(&ctx, Action::Run(app::command::Command::Share));
    ana.until("there is an address", |window| window.shared_address().is_some());
    ana.harness.state_mut().perform(&ctx, Action::CloseDialog);
    ana.harness.step();
    let address = ana.harness.state().shared_address().expect("an address");
    (ana, address)
}

impl Opened {
    pub fn perform(&mut self, action: Action) {
        let ctx = self.harness.ctx.clone();
        self.harness.state_mut().perform(&ctx, action);
        self.harness.step();
    }

    /// Two chairs of the café.
    pub fn chairs(&self) -> Vec<drawing::EntityId> {
        let drawing = self.document().session.drawing();
        let furniture = drawing.layer_named("FURNITURE").expect("a layer of the sample");
        let is = |e: &&drawing::Entity| e.style.layer == furniture && matches!(e.shape, drawing::Shape::Insert(_));
        let model = drawing.model_space().expect("a model space");
        drawing.entities_of(model).filter(is).take(2).map(|entity| entity.id).collect()
    }

    pub fn shape(&self, id: drawing::EntityId) -> Option<drawing::Shape> {
        self.document().session.drawing().entity(id).map(|entity| entity.shape.clone())
    }

    pub fn settle(&mut self) {
        self.until("all is stored", |window| window.document().is_some_and(|d| d.session.waiting() == 0));
    }

    pub fn look_back(&mut self) {
        self.harness.state_mut().panel = Some(app::action::Panel::History);
        self.harness.step();
        self.click("Look back");
        self.until("the past is shown", |window| {
            let document = window.document();
            document.is_some_and(|d| d.past().is_some() && d.review.as_ref().is_some_and(|review| review.all_read))
        });
        self.harness.step();
    }
}
