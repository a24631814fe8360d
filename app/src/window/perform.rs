//! The one place that changes anything.

use super::Window;
use crate::action::{Action, CanvasEvent, Panel, Pick};
use crate::command::Command;
use crate::dialogs::Dialog;
use crate::document::{Document, Then};
use crate::seats::changes_words;
use crate::settings::Scrolling;
use crate::tools::tool_of;

/// The scale of the interface goes up and down by this.
const ZOOM_STEP: f32 = 0.1;

impl Window {
    /// Carries out what was asked for.
    pub fn perform(&mut self, ctx: &egui::Context, action: Action) {
        match action {
            Action::Run(command) => self.run(ctx, command),
            Action::Tell(event) => self.tell(ctx, event),
            Action::EndTool => self.end_tool(),
            Action::Select(ids, pick) => self.with(|document| document.select(&ids, pick)),
            Action::SelectNone => self.with(Document::select_none),
            Action::Draw(_)
            | Action::Translate(_)
            | Action::TranslateOnly(..)
            | Action::RotateOnly(..)
            | Action::PasteBy(_)
            | Action::CopyBy(_)
            | Action::Rotate { .. }
            | Action::Erase
            | Action::EraseOnly(_)
            | Action::Restyle(_)
            | Action::RestyleOnly(..)
            | Action::NewLayer(_) => self.edit(action),
            Action::TakeBack => self.undo(false),
            Action::LockSelection => self.with(Document::lock_selection),
            Action::CurrentLayer(layer) => self.with(|document| document.current.layer = Some(layer)),
            Action::LayerShown(layer, shown) => self.with(|document| {
                document.visibility.layers.insert(layer, shown);
                document.picture.repaint();
                document.touched();
            }),
            Action::ForgetLayers => self.with(|document| {
                document.visibility.layers.clear();
                document.picture.repaint();
                document.touched();
            }),
            Action::ZoomTo(rect) => self.with(|document| {
                document.following = None;
                document.camera.show(rect);
            }),
            Action::Space(space) => {
                self.finish_tool(ctx);
                self.with(|document| {
                    document.following = None;
                    document.show_space(space);
                });
            }
            Action::Follow(session) => self.follow(session),
            Action::Say(text) => self.say(text),
            Action::Warn(text) => self.warn(text),
            Action::Unsay => self.message = None,
            Action::OpenFile(path) => self.open_file(path),
            Action::Picked(purpose, path) => {
                self.dialog = Dialog::None;
                self.picked(ctx, purpose, path);
            }
            Action::SaveOver(document, then) => {
                self.dialog = Dialog::None;
                self.save_over(document, then);
            }
            Action::SaveThen(then) => self.save(then),
            Action::StopSaving(document) => self.stop_saving(document),
            Action::AskSaveAs(document, then) => {
                self.dialog = Dialog::None;
                if let Some(at) = self.place_of(document) {
                    self.active = at;
                    self.pick_to_save(then);
                }
            }
            Action::ApplyDrafts(which) => self.apply_drafts(which),
            Action::DiscardDrafts(which) => self.with(|document| document.discard_drafts(which)),
            Action::PointAtDraft(which) => self.with(|document| document.drafts.lit = which),
            Action::GoToDraft(number) => self.go_to_draft(number),
            Action::GiveUpSeat(path) => self.give_up_seat(&path),
            Action::Line(wish) => self.with(|document| document.wish_of_line(wish)),
            Action::People(word) => self.say_of_people(word),
            Action::StopSharing => self.stop_sharing(),
            Action::CancelOpening(number) => self.cancel_opening(number),
            Action::JoinAddress(text) => self.join(&text),
            Action::JoinNearby(at, drawing) => self.join_nearby(ctx, at, &drawing),
            Action::Name(name) => {
                self.settings.call(&name);
                self.keep_settings();
            }
            Action::Activate(at) => self.active = at.min(self.documents.len().saturating_sub(1)),
            Action::Close(at) => self.close(at),
            Action::CloseNow(id) => self.close_now(id),
            Action::Recover => {
                self.dialog = Dialog::None;
                self.recover();
            }
            Action::Discard => {
                self.dialog = Dialog::None;
                self.discard();
            }
            Action::CopyText(text) => {
                ctx.copy_text(text);
                self.say("Copied");
            }
            Action::Panel(panel) => self.switch_panel(panel),
            Action::Review(wish) => self.review(wish),
            Action::Talk(talking) => self.talk(talking),
            Action::CloseDialog => self.close_dialog(ctx),
        }
        ctx.request_repaint();
    }

    fn with(&mut self, change: impl FnOnce(&mut Document)) {
        if let Some(document) = self.document_mut() {
            change(document);
        }
    }

    fn switch_panel(&mut self, panel: Panel) {
        self.panel = (self.panel != Some(panel) || self.bare).then_some(panel);
        self.bare = false;
    }

    /// Closes the dialog; the keyboard is the prompt's again.
    fn close_dialog(&mut self, ctx: &egui::Context) {
        self.dialog = Dialog::None;
        ctx.memory_mut(|memory| {
            if let Some(focused) = memory.focused() {
                memory.surrender_focus(focused);
            }
        });
    }

    /// Starts a command.
    fn run(&mut self, ctx: &egui::Context, command: Command) {
        if self.dialog.is_open() {
            self.close_dialog(ctx);
        }
        if command.is_tool() {
            self.finish_tool(ctx);
            return self.start_tool(command);
        }
        if command == Command::Undo && self.document().is_some_and(|document| document.tool.is_some()) {
            // Inside a command it takes back one step of that.
            return self.tell(ctx, CanvasEvent::Back);
        }
        match command {
            Command::New => self.new_drawing(),
            Command::Open => self.pick_to_open(),
            Command::Save => self.save(Then::Stay),
            Command::SaveAs => self.pick_to_save(Then::Stay),
            Command::SaveLog => self.pick_to_save_log(),
            Command::CloseDrawing => self.close(self.active),
            Command::Quit => self.ask_to_quit(ctx),
            Command::Share => self.share(),
            Command::Join => self.dialog = Dialog::join(String::new(), None, self.settings.name.clone()),
            Command::StopFollowing => self.with(|document| document.following = None),
            Command::Undo => self.undo(false),
            Command::Redo => self.undo(true),
            Command::Cut => self.copy(ctx, true),
            Command::Copy => self.copy(ctx, false),
            Command::Paste => {
                self.finish_tool(ctx);
                self.start_paste();
            }
            Command::PasteInPlace if self.clipboard.copied.is_none() => self.say("Nothing was copied"),
            Command::PasteInPlace => {
                self.finish_tool(ctx);
                self.edit(Action::PasteBy(drawing::Vec2::ZERO));
            }
            Command::SelectAll => self.with(|document| {
                let ids = document.shown();
                document.select(&ids, Pick::Add);
            }),
            Command::SelectNone => self.with(Document::select_none),
            Command::ZoomExtents => self.with(|document| {
                document.following = None;
                if let Some(extents) = document.picture.extents(document.drawing(), &document.visibility) {
                    document.fit(extents);
                }
            }),
            Command::Isolate => self.isolate(true),
            Command::AskFor => self.ask_for_selection(),
            Command::EndIsolate => self.isolate(false),
            Command::ApplyLayers => self.apply_layers(),
            Command::Snap => self.toggle("Snap", |settings| &mut settings.snap),
            Command::Ortho => {
                self.settings.polar &= self.settings.ortho;
                self.toggle("Ortho", |settings| &mut settings.ortho);
            }
            Command::Polar => {
                self.settings.ortho &= self.settings.polar;
                self.toggle("Polar", |settings| &mut settings.polar);
            }
            Command::CursorInput => self.toggle("Input at the cursor", |settings| &mut settings.cursor_input),
            Command::PickAdd => self.toggle("Click adds to the selection:", |settings| &mut settings.click_adds),
            Command::Scrolling => self.switch_scrolling(),
            Command::LiftColors => {
                self.toggle("Lifting dim colors", |settings| &mut settings.lift_colors);
                self.documents.iter_mut().for_each(|document| document.picture.repaint());
            }
            Command::LessMotion => {
                self.toggle("Less motion", |settings| &mut settings.less_motion);
                crate::theme::set_motion(ctx, !self.settings.less_motion);
            }
            Command::NextPane => crate::panels::panes::next(ctx),
            Command::Grid => self.toggle("Grid", |settings| &mut settings.grid),
            Command::Layers => self.switch_panel(Panel::Layers),
            Command::Properties => self.switch_panel(Panel::Properties),
            Command::Comments => self.switch_panel(Panel::Comments),
            Command::History => self.switch_panel(Panel::History),
            Command::LookBack => self.review(crate::review::Wish::Begin),
            Command::HidePanels => self.bare = !self.bare,
            Command::SwitchTheme => self.switch_theme(ctx),
            Command::LargerUi => self.zoom_ui(ctx, ZOOM_STEP),
            Command::SmallerUi => self.zoom_ui(ctx, -ZOOM_STEP),
            Command::Search => self.dialog = Dialog::search(),
            Command::Shortcuts => self.dialog = Dialog::Shortcuts,
            _ => {}
        }
    }

    fn start_tool(&mut self, command: Command) {
        let Some(document) = self.documents.get_mut(self.active).filter(|document| document.is_here()) else {
            return self.say("Open a drawing first");
        };
        let changes = !matches!(command, Command::Distance | Command::ZoomWindow | Command::Comment);
        if command == Command::Comment && !document.may_comment() {
            if self.refused_in_the_past("comment on it") {
                return;
            }
            return self.warn("You may look at this drawing, not comment on it");
        }
        if changes && !document.may_edit() {
            let why = document.role_hinders().unwrap_or("You may look at this drawing, not change it");
            if self.refused_in_the_past("draw in it") {
                return;
            }
            return self.warn(why);
        }
        document.prompt.typed.clear();
        // A card that nothing is written in makes room.
        document.talk.card.take_if(|card| card.writing.trim().is_empty());
        document.last_command = Some(command);
        self.hush();
        let Some(document) = self.documents.get_mut(self.active) else { return };
        if command == Command::Erase && !document.selection.is_empty() {
            return self.edit(Action::Erase);
        }
        document.tool = tool_of(command, !document.selection.is_empty());
    }

    /// Ends the running command before something else begins; it keeps what it finished.
    fn finish_tool(&mut self, ctx: &egui::Context) {
        if self.document().is_some_and(|document| document.tool.is_some()) {
            self.tell(ctx, CanvasEvent::Cancel);
            self.end_tool();
        }
    }

    /// Sees what somebody sees. Not that of one who sees what oneself sees: two views would chase each other for ever.
    fn follow(&mut self, session: Option<protocol::SessionId>) {
        let Some(document) = self.document_mut() else { return };
        let session = session.filter(|session| document.following != Some(*session));
        match session.filter(|session| document.follows_me(*session)) {
            Some(session) => {
                let name = document.session.person(session).map_or("Somebody", |person| &person.name).to_owned();
                self.say(format!("{name} follows you; one of you has to lead"));
            }
            None => document.following = session,
        }
    }

    /// Hands an answer to the running command.
    fn tell(&mut self, ctx: &egui::Context, event: CanvasEvent) {
        let Some(document) = self.documents.get_mut(self.active) else { return };
        let Some(mut tool) = document.tool.take() else { return };
        let actions = tool.event(&event, &document.view());
        document.tool = Some(tool);
        for action in actions {
            self.perform(ctx, action);
        }
    }

    fn end_tool(&mut self) {
        self.with(|document| {
            document.tool = None;
            document.guest = None;
            document.prompt.typed.clear();
            document.pointer.snap = None;
        });
    }

    fn toggle(&mut self, name: &str, of: impl FnOnce(&mut crate::settings::Settings) -> &mut bool) {
        let value = of(&mut self.settings);
        *value = !*value;
        let state = if *value { "on" } else { "off" };
        self.say(format!("{name} {state}"));
    }

    fn switch_theme(&mut self, ctx: &egui::Context) {
        self.settings.dark = !self.settings.dark;
        ctx.set_theme(if self.settings.dark { egui::Theme::Dark } else { egui::Theme::Light });
        for document in &mut self.documents {
            document.picture.repaint();
        }
    }

    fn zoom_ui(&mut self, ctx: &egui::Context, by: f32) {
        let before = self.settings.zoom;
        self.settings.zoom = (before + by).clamp(0.8, 2.0);
        ctx.set_zoom_factor(self.settings.zoom);
        // All but the drawing: its points are others now, its pixels the same.
        for document in &mut self.documents {
            document.rescale(f64::from(before / self.settings.zoom));
        }
        self.say(format!("Interface at {:.0} %", self.settings.zoom * 100.0));
    }

    fn switch_scrolling(&mut self) {
        let (scrolling, words) = match self.settings.scrolling {
            Scrolling::ByDevice => (Scrolling::Zooms, "Scrolling zooms"),
            Scrolling::Zooms => (Scrolling::Pans, "Scrolling pans"),
            Scrolling::Pans => (Scrolling::ByDevice, "A wheel zooms, two fingers pan"),
        };
        self.settings.scrolling = scrolling;
        self.say(words);
    }

    fn isolate(&mut self, isolate: bool) {
        self.with(|document| {
            let only = (isolate && !document.selection.is_empty()).then(|| document.selection.clone());
            document.isolate(only);
        });
    }

    /// Makes the layer states that one chose for oneself those of the drawing.
    fn apply_layers(&mut self) {
        if self.refused_in_the_past("change its layers") {
            return;
        }
        let Some(document) = self.document_mut() else { return };
        match document.apply_layers() {
            Ok(0) => self.say("No layer is shown otherwise than in the drawing"),
            Ok(1) => self.say("1 layer changed for everyone"),
            Ok(count) => self.say(format!("{count} layers changed for everyone")),
            Err(hindrance) => self.hindered("apply", hindrance, None),
        }
    }

    /// Makes the changes again that were not done.
    fn apply_drafts(&mut self, which: Option<u64>) {
        if self.refused_in_the_past("change it") {
            return;
        }
        let Some(document) = self.document_mut() else { return };
        let asked = which.map_or(document.drafts.len(), |_| 1);
        let made = document.apply_drafts(which);
        match asked - made.min(asked) {
            0 => self.say(format!("{} made again", changes_words(made))),
            left if made == 0 => self.warn(format!("{} still can't be made", changes_words(left))),
            left => self.warn(format!("{} made again; {left} still can't be", changes_words(made))),
        }
    }

    /// Shows where a change that was not done is.
    fn go_to_draft(&mut self, number: u64) {
        let Some(document) = self.document_mut() else { return };
        match document.where_drafted(number) {
            Some((space, area)) => {
                document.following = None;
                document.show_space(space);
                document.drafts.lit = Some(number);
                document.camera.show(area);
            }
            None => self.say("What it changed is not in the drawing any more"),
        }
    }

    /// Closes a document, unless work would be lost.
    pub(super) fn close(&mut self, at: usize) {
        let Some(document) = self.documents.get(at) else { return };
        let id = document.id;
        if needs_asking(document) {
            self.active = at;
            self.dialog = Dialog::Unsaved { document: id, then_quit: false };
        } else {
            self.close_now(id);
        }
    }

    /// Closes a document: its room too, where that is one's own.
    pub(super) fn close_now(&mut self, id: u64) {
        if let Some(at) = self.place_of(id) {
            let document = self.documents.remove(at);
            let why = format!("{} closed the drawing", self.settings.name);
            self.backstage.part(document, why);
            self.look_for_unsent();
            if at < self.active {
                self.active -= 1;
            }
            self.active = self.active.min(self.documents.len().saturating_sub(1));
        }
        self.dialog = Dialog::None;
    }

    /// The window is to close: asked for by its frame.
    pub(super) fn close_requested(&mut self, ctx: &egui::Context) {
        if ctx.input(|input| input.viewport().close_requested()) && !self.quitting {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.ask_to_quit(ctx);
        }
    }

    fn ask_to_quit(&mut self, ctx: &egui::Context) {
        match self.documents.iter().position(needs_asking) {
            Some(at) => {
                self.active = at;
                self.dialog = Dialog::Unsaved { document: self.documents[at].id, then_quit: true };
            }
            None => self.quit(ctx),
        }
    }

    fn quit(&mut self, ctx: &egui::Context) {
        self.quitting = true;
        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
    }
}

/// Whether closing a document would lose something, or put somebody out.
fn needs_asking(document: &Document) -> bool {
    let own = matches!(document.home, crate::document::Home::Own { .. });
    document.at_stake().is_any() || (own && document.has_guests())
}
