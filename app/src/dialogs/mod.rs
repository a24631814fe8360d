//! Dialogs: one at a time, closed by Esc, every control named.

mod files;
mod people;
mod search;
mod sharing;
mod shortcuts;

use std::path::PathBuf;

use egui::{Align2, Area, Frame, Id, Key, Order, RichText, Ui, vec2};

use crate::action::Action;
use crate::document::Then;
use crate::nearby::Uninvited;
use crate::theme::{Theme, size, strong};
use crate::window::{Purpose, Window};

pub(crate) use sharing::focus_address;

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
    /// The address to copy, and invites.
    Share {
        /// For whom it is; whoever has it where nothing is typed.
        name: String,
        /// What it lets one do.
        role: protocol::Role,
        /// What was asked for last, and the address that was made of it, or why there is none.
        made: Option<(server::Invitation, Result<String, String>)>,
    },
    /// Somebody is to be put out.
    PutOut {
        /// Of which document.
        document: u64,
        /// Whom.
        session: protocol::SessionId,
        /// What they are called.
        name: String,
        /// For good.
        banned: bool,
    },
    /// The address to join.
    Join {
        /// What was typed.
        address: String,
        /// What was wrong with it.
        trouble: Option<String>,
        /// What the person calls themselves, until they join.
        name: String,
        /// The drawing on this network to which they have no invitation yet.
        wanted: Option<Uninvited>,
    },
    /// A path, where no dialog of the system answers.
    Path {
        /// To open or to save.
        purpose: Purpose,
        /// What was typed.
        path: String,
        /// What was looked at, and whether there is such a file: a disk is not asked in every frame.
        looked: Option<(String, bool)>,
    },
    /// Work would be lost, or others are inside.
    Unsaved {
        /// Which document.
        document: u64,
        /// The program was to end, not only the document.
        then_quit: bool,
    },
    /// The file changed on disk since it was read.
    ChangedOnDisk {
        /// Which document.
        document: u64,
        /// Which file.
        path: PathBuf,
        /// What follows the save.
        then: Then,
    },
    /// An earlier run left work behind.
    Recover,
}

impl Dialog {
    /// An empty search.
    pub fn search() -> Dialog {
        Dialog::Search { text: String::new(), chosen: 0 }
    }

    /// The address, for whoever has it.
    pub fn share() -> Dialog {
        Dialog::Share { name: String::new(), role: protocol::Role::Editor, made: None }
    }

    /// A field for a path.
    pub fn path(purpose: Purpose, path: String) -> Dialog {
        Dialog::Path { purpose, path, looked: None }
    }

    /// A field for an address.
    pub fn join(address: String, trouble: Option<String>, name: String) -> Dialog {
        Dialog::Join { address, trouble, name, wanted: None }
    }

    /// Whether there is one.
    pub fn is_open(&self) -> bool {
        *self != Dialog::None
    }
}

/// Shows the dialog that is open.
pub fn show(ui: &mut Ui, window: &mut Window, actions: &mut Vec<Action>) {
    let mut dialog = std::mem::take(&mut window.dialog);
    // The key that opened a dialog doesn't answer it.
    let seen = Id::unique("dialog seen before");
    let before = ui.data(|data| data.get_temp::<String>(seen)).unwrap_or_default();
    let kind = dialog.kind();
    let enter = before == kind && ui.input(|input| input.key_pressed(Key::Enter));
    ui.data_mut(|data| data.insert_temp(seen, kind.to_owned()));
    match &mut dialog {
        Dialog::None => {}
        Dialog::Search { text, chosen } => search::show(ui, text, chosen, actions),
        Dialog::Shortcuts => shortcuts::show(ui, actions),
        Dialog::Share { name, role, made } => sharing::share(ui, window, (name, role), made.as_ref(), actions),
        Dialog::PutOut { document, session, name, banned } => {
            people::put_out(ui, window, (*document, *session), name, *banned, enter, actions);
        }
        Dialog::Join { address, trouble, name, wanted } => {
            sharing::join(ui, window, (address, name), (trouble.as_deref(), wanted.as_ref()), enter, actions);
        }
        Dialog::Path { purpose, path, looked } => files::path(ui, *purpose, (path, looked), enter, actions),
        Dialog::Unsaved { document, then_quit } => files::unsaved(ui, window, *document, *then_quit, enter, actions),
        Dialog::ChangedOnDisk { document, path, then } => files::changed(ui, path, (*document, *then), enter, actions),
        Dialog::Recover => files::recover(ui, window, enter, actions),
    }
    window.dialog = dialog;
}

impl Dialog {
    fn kind(&self) -> &'static str {
        match self {
            Dialog::None => "",
            Dialog::Search { .. } => "search",
            Dialog::Shortcuts => "shortcuts",
            Dialog::Share { .. } => "share",
            Dialog::PutOut { .. } => "put out",
            Dialog::Join { .. } => "join",
            Dialog::Path { .. } => "path",
            Dialog::Unsaved { .. } => "unsaved",
            Dialog::ChangedOnDisk { .. } => "changed",
            Dialog::Recover => "recover",
        }
    }
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
    let shown = Area::new(Id::unique("card")).order(Order::Tooltip).anchor(Align2::CENTER_TOP, vec2(0.0, 90.0));
    let shown = shown.show(&ctx, |ui| {
        frame.show(ui, |ui| {
            ui.set_width(width);
            ui.spacing_mut().item_spacing.y = size::M;
            if !title.is_empty() {
                ui.label(strong(title).size(size::TITLE));
            }
            add(ui, actions);
        });
    });
    // Tab stays inside.
    ctx.memory_mut(|memory| memory.set_modal_layer(shown.response.layer_id));
}

/// A line of quiet words.
fn quiet(ui: &mut Ui, text: impl Into<String>) {
    let theme = Theme::of(ui.ctx());
    ui.label(RichText::new(text).color(theme.quiet));
}
