//! Dialogs: one at a time, closed by Esc, every control named.

mod files;
mod search;
mod sharing;
mod shortcuts;

use std::path::PathBuf;

use egui::{Align2, Area, Frame, Id, Order, RichText, Ui, vec2};

use crate::action::Action;
use crate::theme::{Theme, size, strong};
use crate::window::{Purpose, Window};

/// The dialog that is open.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Dialog {
    /// None.
    #[default]
    None,
    /// Finding a command.
    Search {
        /// What was typed.
        text: String,
        /// Which of those found.
        chosen: usize,
    },
    /// All keys and words.
    Shortcuts,
    /// The address to copy.
    Share,
    /// The address to join.
    Join {
        /// What was typed.
        address: String,
        /// What was wrong with it.
        trouble: Option<String>,
    },
    /// A path, where no dialog of the system answers.
    Path {
        /// To open or to save.
        purpose: Purpose,
        /// What was typed.
        path: String,
    },
    /// Work would be lost, or others are inside.
    Unsaved {
        /// The program was to end, not only the document.
        then_quit: bool,
    },
    /// The file changed on disk since it was read.
    ChangedOnDisk {
        /// Which.
        path: PathBuf,
    },
    /// An earlier run left work behind.
    Recover,
}

impl Dialog {
    /// An empty search.
    pub fn search() -> Dialog {
        Dialog::Search { text: String::new(), chosen: 0 }
    }

    /// Whether there is one.
    pub fn is_open(&self) -> bool {
        *self != Dialog::None
    }
}

/// Shows the dialog that is open.
pub fn show(ui: &mut Ui, window: &mut Window, actions: &mut Vec<Action>) {
    let mut dialog = std::mem::take(&mut window.dialog);
    match &mut dialog {
        Dialog::None => {}
        Dialog::Search { text, chosen } => search::show(ui, text, chosen, actions),
        Dialog::Shortcuts => shortcuts::show(ui, actions),
        Dialog::Share => sharing::share(ui, window, actions),
        Dialog::Join { address, trouble } => sharing::join(ui, window, address, trouble.as_deref(), actions),
        Dialog::Path { purpose, path } => files::path(ui, *purpose, path, actions),
        Dialog::Unsaved { then_quit } => files::unsaved(ui, window, *then_quit, actions),
        Dialog::ChangedOnDisk { path } => files::changed(ui, path, actions),
        Dialog::Recover => files::recover(ui, window, actions),
    }
    window.dialog = dialog;
}

/// A card over everything, with a title; a click beside it closes it.
fn card(ui: &Ui, title: &str, width: f32, actions: &mut Vec<Action>, add: impl FnOnce(&mut Ui, &mut Vec<Action>)) {
    let ctx = ui.ctx().clone();
    let theme = Theme::of(&ctx);
    let screen = ctx.content_rect();
    let shade = Area::new(Id::unique("shade")).order(Order::Foreground).fixed_pos(screen.min).show(&ctx, |ui| {
        let response = ui.allocate_response(screen.size(), egui::Sense::click());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Close the dialog"));
        ui.painter().rect_filled(screen, 0.0, theme.backdrop);
        response.clicked()
    });
    if shade.inner {
        actions.push(Action::CloseDialog);
    }
    let frame = Frame::window(&ctx.global_style()).inner_margin(size::XL);
    Area::new(Id::unique("card")).order(Order::Tooltip).anchor(Align2::CENTER_TOP, vec2(0.0, 90.0)).show(&ctx, |ui| {
        frame.show(ui, |ui| {
            ui.set_width(width);
            ui.spacing_mut().item_spacing.y = size::M;
            if !title.is_empty() {
                ui.label(strong(title).size(size::TITLE));
            }
            add(ui, actions);
        });
    });
}

/// A line of quiet words.
fn quiet(ui: &mut Ui, text: impl Into<String>) {
    let theme = Theme::of(ui.ctx());
    ui.label(RichText::new(text).color(theme.quiet));
}
