//! The window: its documents, what is shown of them, and the loop of a frame.

mod attention;
mod backstage;
mod edits;
mod keys;
mod nearby;
mod open;
mod origin;
mod people;
mod perform;
mod review;
mod save;
mod share;
mod talk;
mod thumbnails;
mod witness;
mod words;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use eframe::CreationContext;
use egui::{CentralPanel, Panel as Side, Ui, ViewportBuilder, ViewportCommand};
use protocol::Millis;

use crate::action::{Action, Panel};
use crate::arguments::Arguments;
use crate::canvas;
use crate::dialogs::{self, Dialog};
use crate::document::{Copied, Document, Home, News, objects};
use crate::invites::Invites;
use crate::panels;
use crate::seats::Unsent;
use crate::settings::Settings;
use crate::theme::{self, Theme, size};

pub use backstage::{Backstage, Purpose, Report};
pub use nearby::Nearby;
pub use open::Opening;
pub use people::Word;
pub use share::Shared;
pub use thumbnails::Thumbnails;
use words::Later;
pub use words::Message;

/// What was copied.
#[derive(Debug, Clone, Default)]
pub struct Clipboard {
    /// The drawing as it was then, and what of it.
    pub copied: Option<Arc<Copied>>,
}

/// The window.
pub struct Window {
    /// The open drawings.
    pub documents: Vec<Document>,
    /// Which one is in front.
    pub active: usize,
    /// Files that are being opened.
    pub openings: Vec<Opening>,
    /// What is remembered.
    pub settings: Settings,
    /// Threads, sockets and files.
    pub backstage: Backstage,
    /// The right panel that is shown.
    pub panel: Option<Panel>,
    /// Everything around the canvas is hidden.
    pub bare: bool,
    /// The dialog that is open.
    pub dialog: Dialog,
    /// What is said.
    pub message: Option<Message>,
    later: Later,
    /// What comes by itself is being taken in.
    receiving: bool,
    /// The question to the system's file dialog that has no answer yet.
    asked: Option<u64>,
    /// What earlier runs left was offered.
    offered_leftovers: bool,
    /// Changes that never got to their rooms, where no window is at work with them.
    pub unsent: Vec<Unsent>,
    /// What was copied.
    pub clipboard: Clipboard,
    /// Hosts on this network.
    pub nearby: Nearby,
    /// Small pictures of recent drawings.
    pub thumbnails: Thumbnails,
    started: Instant,
    /// Quitting was agreed to.
    quitting: bool,
    /// What the window's frame says.
    titled: String,
    watch: attention::Watch,
    witness: witness::Witness,
}

/// Opens the window and runs until it is closed.
///
/// # Errors
/// Without a display or a graphics adapter, in words.
pub fn run(arguments: Arguments) -> anyhow::Result<()> {
    if cfg!(target_os = "linux")
        && std::env::var_os("DISPLAY").is_none()
        && std::env::var_os("WAYLAND_DISPLAY").is_none()
    {
        return Err(anyhow!(
            "there is no display to open a window on; without one, `linework render`, `info`, `convert`, `edit` and `log` work"
        ));
    }
    let state_dir = arguments.state_dir()?;
    std::fs::create_dir_all(&state_dir)
        .with_context(|| format!("the folder {} for settings and unsaved work can't be made", state_dir.display()))?;
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../../assets/linework.png"));
    let mut viewport = ViewportBuilder::default()
        .with_title("Linework")
        .with_app_id("linework")
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([640.0, 420.0])
        .with_drag_and_drop(true);
    if let Ok(icon) = icon {
        viewport = viewport.with_icon(icon);
    }
    let options = eframe::NativeOptions { viewport, ..Default::default() };
    let opened = eframe::run_native(
        "Linework",
        options,
        Box::new(move |created| Ok(Box::new(Window::new(created, arguments, state_dir)?))),
    );
    opened.map_err(|error| anyhow!("the window could not be opened: {error}"))
}

impl Window {
    /// A window that opens what the command line names.
    pub fn new(created: &CreationContext<'_>, arguments: Arguments, state_dir: PathBuf) -> anyhow::Result<Window> {
        let ctx = &created.egui_ctx;
        theme::install(ctx);
        let (mut settings, trouble) = Settings::load(&state_dir);
        if let Some(name) = arguments.name {
            settings.call(&name);
        }
        let (invites, invites_trouble) = Invites::load(&state_dir);
        ctx.set_theme(if settings.dark { egui::Theme::Dark } else { egui::Theme::Light });
        ctx.set_zoom_factor(settings.zoom);
        // The scale of the interface is a setting, with commands and bounds of its own.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        theme::set_motion(ctx, !settings.less_motion);
        let backstage = Backstage::new(ctx, created.wgpu_render_state.as_ref(), state_dir)?;
        let mut window = Window {
            documents: Vec::new(),
            active: 0,
            openings: Vec::new(),
            settings,
            backstage,
            panel: Some(Panel::Layers),
            bare: false,
            dialog: Dialog::None,
            message: None,
            later: Later::default(),
            receiving: false,
            asked: None,
            offered_leftovers: false,
            unsent: Vec::new(),
            clipboard: Clipboard::default(),
            nearby: Nearby { is_on: !arguments.no_nearby, invites, ..Nearby::default() },
            thumbnails: Thumbnails::default(),
            started: Instant::now(),
            quitting: false,
            titled: String::new(),
            watch: Default::default(),
            witness: Default::default(),
        };
        window.look_for_unsent();
        for trouble in trouble.into_iter().chain(invites_trouble) {
            window.warn(trouble);
        }
        for argument in arguments.open {
            if argument.starts_with("linework://") {
                window.perform(ctx, Action::JoinAddress(argument));
            } else {
                window.perform(ctx, Action::OpenFile(PathBuf::from(argument)));
            }
        }
        Ok(window)
    }

    /// Milliseconds since the program started: the `now` of sessions.
    pub fn now(&self) -> Millis {
        self.started.elapsed().as_millis() as Millis
    }

    /// The document in front.
    pub fn document(&self) -> Option<&Document> {
        self.documents.get(self.active)
    }

    /// The document in front.
    pub fn document_mut(&mut self) -> Option<&mut Document> {
        self.documents.get_mut(self.active)
    }

    /// Has the settings written, elsewhere.
    pub(crate) fn keep_settings(&self) {
        let (settings, folder) = (self.settings.clone(), self.backstage.state_dir.clone());
        self.backstage.studio.pool.give(move || {
            if let Err(error) = settings.save(&folder) {
                tracing::warn!(%error, "settings were not kept");
            }
        });
    }

    /// Takes in all that happened elsewhere since the last frame.
    fn receive(&mut self, ctx: &egui::Context) {
        let now = self.now();
        self.receiving = true;
        self.take_backstage(ctx);
        for at in 0..self.documents.len() {
            for news in self.documents[at].receive(now) {
                self.take_news(at, news);
            }
        }
        self.look_after_saves();
        self.look_after_seats(ctx);
        self.receiving = false;
        if !self.backstage.leftovers.is_empty() && !self.offered_leftovers && !self.dialog.is_open() {
            self.offered_leftovers = true;
            self.dialog = Dialog::Recover;
        }
        self.go_on_saying(ctx);
    }

    fn take_news(&mut self, at: usize, news: News) {
        // Of a drawing that is not in front, one has to know which.
        let of = |text: String| {
            if at == self.active { text } else { format!("{}: {text}", self.documents[at].title) }
        };
        match news {
            News::Say(text) => self.say(of(text)),
            News::Warn(text) => self.warn(of(text)),
            News::Offer(text, label, action) => self.offer(of(text), label, action),
            News::Ended(why) => {
                self.forget_way_in(at);
                let Document { title, drafts, .. } = &self.documents[at];
                let kept = match drafts.len() {
                    0 => String::new(),
                    1 => "; 1 change that was not stored is kept as a draft".into(),
                    count => format!("; {count} changes that were not stored are kept as drafts"),
                };
                self.warn(format!("{title}: {why}. What you see stays; save a copy to keep it{kept}"));
            }
            News::Here => {
                self.remember_way_in(at);
                self.fetch_parts(at);
            }
            News::Part(hash, bytes) => self.take_part(at, hash, bytes),
            News::Copied(copied) => self.take_copied(at, copied),
            News::Called(by, comment) => {
                let text = of(format!("{by} mentioned you in a comment"));
                if at == self.active {
                    let show = Action::Talk(crate::document::Talking::GoTo(comment));
                    self.offer(text, "Show", show);
                } else {
                    self.say(text);
                }
            }
            News::Lapsed(count) => {
                let text = format!("Your lock on {} lapsed, since you did not use it", objects(count));
                self.offer(text, "Lock it again", Action::LockSelection);
            }
        }
    }

    /// Of somebody else's drawing, all that saving needs is fetched at once: later nobody may be there to give it.
    fn fetch_parts(&mut self, at: usize) {
        let document = &mut self.documents[at];
        if matches!(document.home, Home::Own { .. }) {
            return;
        }
        let wanted = document.session.source().into_iter().chain(document.session.original());
        for hash in wanted.collect::<Vec<_>>() {
            if !document.parts.contains_key(&hash) {
                document.session.request_blob(hash);
            }
        }
    }

    /// Sends what sessions want sent; comes back soon where the rate of presence holds something up.
    fn send(&mut self, ctx: &egui::Context) {
        let now = self.now();
        for (at, document) in self.documents.iter_mut().enumerate() {
            if at != self.active {
                document.show_no_pointer();
            }
            if document.send(now) {
                ctx.request_repaint_after(std::time::Duration::from_millis(17));
            }
        }
    }

    fn title(&self) -> String {
        match self.document() {
            Some(document) => {
                format!("{}{} - Linework", document.title, if document.is_dirty() { " *" } else { "" })
            }
            None => "Linework".into(),
        }
    }
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        self.receive(ctx);
        self.watch_attention(ctx);
        self.send(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.witness.frame_begins(&ctx, &self.documents);
        panels::panes::begin(&ctx);
        for action in self.keys(&ctx) {
            self.perform(&ctx, action);
        }
        let actions = self.show(ui);
        for action in actions {
            self.perform(&ctx, action);
        }
        self.dropped(&ctx);
        self.close_requested(&ctx);
        self.look_around();
        self.look_after_thumbnails();
        self.send(&ctx);
        let title = self.title();
        if self.titled != title {
            // Each command to the window is a repaint.
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.titled = title;
        }
    }

    fn on_exit(&mut self) {
        self.settings.dark = self.backstage.ctx.theme() == egui::Theme::Dark;
        if let Err(error) = self.settings.save(&self.backstage.state_dir) {
            tracing::warn!(%error, "settings were not kept");
        }
        let why = format!("{} closed Linework", self.settings.name);
        self.backstage.close(self.documents.drain(..), &why);
    }

    fn clear_color(&self, _: &egui::Visuals) -> [f32; 4] {
        Theme::of(&self.backstage.ctx).canvas.to_normalized_gamma_f32()
    }
}

impl Window {
    /// Everything that is seen; gives what is wanted.
    fn show(&mut self, ui: &mut Ui) -> Vec<Action> {
        let theme = Theme::of(ui.ctx());
        let bar = egui::Frame::new().fill(theme.panel);
        let mut actions = Vec::new();
        Side::top("top").exact_size(size::TOP).frame(bar).show(ui, |ui| panels::top::show(ui, self, &mut actions));
        if let Some(document) = self.documents.get(self.active)
            && (matches!(document.session.status(), collab::Status::Reconnecting | collab::Status::Ended { .. })
                || document.session.saving_paused().is_some())
        {
            panels::top::reconnecting(ui, document);
        }
        Side::bottom("status").exact_size(size::STATUS).frame(bar).show(ui, |ui| {
            panels::status::show(ui, self, &mut actions);
        });
        Side::bottom("prompt").exact_size(size::PROMPT).frame(bar).show(ui, |ui| self.show_prompt(ui, &mut actions));
        if self.document().is_some_and(|document| document.review.is_some()) {
            Side::bottom("timeline").exact_size(panels::timeline::HEIGHT).frame(bar).show(ui, |ui| {
                panels::timeline::show(ui, self, &mut actions);
            });
        }
        if !self.bare {
            Side::left("tools").exact_size(size::RAIL).resizable(false).frame(bar).show(ui, |ui| {
                panels::rail::show(ui, self, &mut actions);
            });
            if let (Some(panel), Some(_)) = (self.panel, self.document()) {
                Side::right("panels").exact_size(size::SIDE).resizable(false).frame(bar).show(ui, |ui| {
                    panels::side::show(ui, self, panel, &mut actions);
                });
            }
        }
        if self.document().is_some_and(|document| document.is_here() && !document.is_looking_back()) {
            Side::top("strip").exact_size(size::ROW + size::M).frame(bar).show(ui, |ui| {
                panels::strip::show(ui, self, &mut actions);
            });
        }
        CentralPanel::no_frame().show(ui, |ui| {
            let Window { documents, active, settings, .. } = self;
            match documents.get_mut(*active) {
                Some(document) => {
                    panels::timeline::banner(ui, document, &mut actions);
                    actions.extend(canvas::show(ui, document, settings));
                }
                None => panels::empty::show(ui, self, &mut actions),
            }
        });
        panels::card::show(ui, self, &mut actions);
        panels::drafts::show(ui, self, &mut actions);
        panels::line::show(ui, self, &mut actions);
        panels::toast::show(ui, self, &mut actions);
        dialogs::show(ui, self, &mut actions);
        actions
    }

    fn show_prompt(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let message = self.message.as_ref().filter(|message| message.offer.is_none());
        let message = message.map(|message| (message.text.as_str(), message.bad));
        match self.documents.get(self.active) {
            Some(document) => {
                let word = document.tool.as_ref().map_or("", |tool| tool.command().about().word);
                if let Some(option) = crate::prompt::show(ui, word, &document.asked(), &document.prompt, message) {
                    actions.push(Action::Tell(crate::action::CanvasEvent::option(&option)));
                }
            }
            None => {
                // Nothing is there that a command could be typed to.
                let message = message.or(Some(("Open a drawing, or search with Ctrl K", false)));
                crate::prompt::show(ui, "", &Default::default(), &Default::default(), message);
            }
        }
    }

    /// Files that were dropped on the window are opened.
    fn dropped(&mut self, ctx: &egui::Context) {
        let files = ctx.input(|input| input.raw.dropped_files.clone());
        for path in files.into_iter().map(|file| file.path().to_owned()) {
            self.perform(ctx, Action::OpenFile(path));
        }
    }
}
