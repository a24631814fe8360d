//! The one place that changes anything.

use drawing::{Layer, Op, Record};

use super::Window;
use crate::action::{Action, CanvasEvent, Panel, Pick};
use crate::command::Command;
use crate::dialogs::Dialog;
use crate::document::{Document, Then};
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
            | Action::CopyBy(_)
            | Action::Rotate { .. }
            | Action::Erase
            | Action::EraseOnly(_)
            | Action::Layer(_)
            | Action::Color(_)
            | Action::Linetype(_)
            | Action::Lineweight(_)
            | Action::NewLayer(_) => self.edit(action),
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
            Action::Space(space) => self.with(|document| document.show_space(space)),
            Action::Follow(session) => self.with(|document| {
                document.following = session.filter(|session| document.following != Some(*session));
            }),
            Action::Say(text) => self.say(text),
            Action::Warn(text) => self.warn(text),
            Action::Unsay => self.message = None,
            Action::OpenFile(path) => self.open_file(path),
            Action::SaveTo(path) => {
                self.dialog = Dialog::None;
                self.save_to(path, Then::Stay);
            }
            Action::SaveOver => {
                self.dialog = Dialog::None;
                self.save_over();
            }
            Action::SaveThen(then) => self.save(then),
            Action::CancelOpening(number) => self.cancel_opening(number),
            Action::JoinAddress(text) => self.join(&text),
            Action::Activate(at) => self.active = at.min(self.documents.len().saturating_sub(1)),
            Action::Close(at) => self.close(at),
            Action::CloseNow(at) => self.close_now(at),
            Action::QuitNow => self.quit(ctx),
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
        self.close_dialog(ctx);
        if command.is_tool() {
            return self.start_tool(command);
        }
        match command {
            Command::New => self.new_drawing(),
            Command::Open => self.pick_to_open(),
            Command::Save => self.save(Then::Stay),
            Command::SaveAs => self.pick_to_save(),
            Command::CloseDrawing => self.close(self.active),
            Command::Quit => self.ask_to_quit(ctx),
            Command::Share => self.share(),
            Command::Join => self.dialog = Dialog::Join { address: String::new(), trouble: None },
            Command::StopFollowing => self.with(|document| document.following = None),
            Command::Undo => self.undo(false),
            Command::Redo => self.undo(true),
            Command::Cut => self.copy(ctx, true),
            Command::Copy => self.copy(ctx, false),
            Command::Paste => self.paste(),
            Command::SelectAll => self.with(|document| {
                let ids: Vec<_> = match document.space {
                    Some(space) => document
                        .drawing()
                        .entities_of(space)
                        .filter(|entity| document.shows_layer(entity.style.layer))
                        .map(|entity| entity.id)
                        .collect(),
                    None => Vec::new(),
                };
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
            Command::EndIsolate => self.isolate(false),
            Command::ApplyLayers => self.apply_layers(),
            Command::Snap => self.toggle("Snap", |settings| &mut settings.snap),
            Command::Ortho => self.toggle("Ortho", |settings| &mut settings.ortho),
            Command::Grid => self.toggle("Grid", |settings| &mut settings.grid),
            Command::Layers => self.switch_panel(Panel::Layers),
            Command::Properties => self.switch_panel(Panel::Properties),
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
        if command != Command::Distance && command != Command::ZoomWindow && !document.may_edit() {
            return self.warn("You may look at this drawing, not change it");
        }
        document.tool = None;
        document.prompt.typed.clear();
        document.last_command = Some(command);
        self.message = None;
        if command == Command::Erase && !document.selection.is_empty() {
            return self.edit(Action::Erase);
        }
        document.tool = tool_of(command, !document.selection.is_empty());
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
        self.settings.zoom = (self.settings.zoom + by).clamp(0.8, 2.0);
        ctx.set_zoom_factor(self.settings.zoom);
        self.say(format!("Interface at {:.0} %", self.settings.zoom * 100.0));
    }

    fn isolate(&mut self, isolate: bool) {
        self.with(|document| {
            let only = (isolate && !document.selection.is_empty()).then(|| document.selection.clone());
            document.isolated = only.clone();
            let drawing = document.drawing().clone();
            document.picture.isolate(&drawing, only);
            document.touched();
        });
    }

    /// Makes the layer states that one chose for oneself those of the drawing.
    fn apply_layers(&mut self) {
        let Some(document) = self.document_mut() else { return };
        let changed: Vec<_> = document
            .visibility
            .layers
            .iter()
            .filter_map(|(id, shown)| {
                let layer = document.drawing().layer(*id)?;
                let frozen = layer.frozen && !shown;
                let changed = layer.off == *shown || layer.frozen != frozen;
                changed.then(|| Record::Layer(Layer { off: !shown, frozen, ..layer.clone() }))
            })
            .collect();
        let count = changed.len();
        let done = if count == 0 { Ok(()) } else { document.submit(Op::Change(changed)) };
        match done {
            Ok(()) => {
                self.with(|document| document.visibility.layers.clear());
                self.say(if count == 0 {
                    "No layer is shown otherwise than in the drawing".into()
                } else {
                    format!("{count} layers changed for everyone")
                });
            }
            Err(hindrance) => self.hindered("apply", hindrance, None),
        }
    }

    /// Closes a document, unless work would be lost.
    fn close(&mut self, at: usize) {
        let Some(document) = self.documents.get(at) else { return };
        if document.is_dirty() || (document.has_guests() && matches!(document.home, crate::document::Home::Own { .. }))
        {
            self.active = at;
            self.dialog = Dialog::Unsaved { then_quit: false };
        } else {
            self.close_now(at);
        }
    }

    pub(super) fn close_now(&mut self, at: usize) {
        if at < self.documents.len() {
            let document = self.documents.remove(at);
            self.backstage.forget(&document);
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
        let at_stake = self.documents.iter().position(|document| {
            document.is_dirty() || (document.has_guests() && matches!(document.home, crate::document::Home::Own { .. }))
        });
        match at_stake {
            Some(at) => {
                self.active = at;
                self.dialog = Dialog::Unsaved { then_quit: true };
            }
            None => self.quit(ctx),
        }
    }

    pub(super) fn quit(&mut self, ctx: &egui::Context) {
        self.quitting = true;
        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
    }
}
