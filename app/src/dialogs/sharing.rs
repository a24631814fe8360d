//! Sharing a drawing, and joining one.

use egui::{RichText, TextEdit, Ui};
use protocol::Role;
use server::Invitation;

use super::{card, quiet};
use crate::action::Action;
use crate::command::Command;
use crate::document::{Document, Home, may_words, role_word};
use crate::nearby::Uninvited;
use crate::panels::nearby;
use crate::panels::widgets::{avatar, main_button, text_field, width_beside};
use crate::theme::{Theme, mono, size, strong};
use crate::window::{Shared, Window, Word};

pub(super) fn share(
    ui: &mut Ui,
    window: &Window,
    (name, role): (&mut String, &mut Role),
    made: Option<&(Invitation, Result<String, String>)>,
    actions: &mut Vec<Action>,
) {
    let theme = Theme::of(ui.ctx());
    let shared = window.shared();
    let own = window.document().is_some_and(|document| matches!(document.home, Home::Own { .. }));
    card(ui, "Share this drawing", 460.0, actions, |ui, actions| {
        let owner = window.document().is_some_and(Document::is_owner);
        if own && owner && matches!(shared, Some(Shared::At(_))) {
            invitation(ui, name, role);
        }
        match shared {
            Some(Shared::At(plain)) if own && owner => invited(ui, plain, (name, *role), made, actions),
            Some(Shared::At(address)) if is_personal(&address) => {
                quiet(ui, "You came by an invite that is made out to you; ask whoever shares the drawing for others'.");
            }
            Some(Shared::At(address)) => {
                quiet(ui, "Whoever has this address can join while the drawing is open.");
                address_row(ui, address, actions);
                quiet(ui, "It works on this network, and carries the secret that lets one in.");
            }
            Some(Shared::Failed(why)) => {
                ui.label(RichText::new(why).color(theme.bad));
                if main_button(ui, "Try again").clicked() {
                    actions.push(Action::Run(Command::Share));
                }
            }
            Some(Shared::Starting) | None => quiet(ui, "Starting..."),
        }
        if let Some(document) = window.document() {
            let me = document.session.me();
            ui.separator();
            for person in document.session.people() {
                ui.horizontal(|ui| {
                    let mine = Some(person.session) == me;
                    avatar(ui, person, mine, false);
                    ui.label(&person.name);
                    let role = role_word(person.role).to_lowercase();
                    let role = if mine { format!("you, {role}") } else { role };
                    ui.label(RichText::new(role).color(theme.quiet));
                });
            }
            if document.is_owner() {
                bans(ui, document, actions);
            }
        }
    });
}

/// For whom an invite is, and what it lets them do.
fn invitation(ui: &mut Ui, name: &mut String, role: &mut Role) {
    ui.horizontal(|ui| {
        ui.label("For");
        let field = TextEdit::singleline(name).id(egui::Id::unique("for whom")).desired_width(200.0).char_limit(64);
        text_field(ui, field.hint_text("name (optional)"), "For (name, optional)");
        ui.label("who may");
        let shown = egui::ComboBox::from_id_salt("invited role").selected_text(may_words(*role));
        let shown = shown.show_ui(ui, |ui| {
            for each in [Role::Viewer, Role::Reviewer, Role::Editor, Role::Owner] {
                ui.selectable_value(role, each, may_words(each));
            }
        });
        shown.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "What they may do"));
    });
}

/// The address of what is chosen: the plain one at once, an invite once it is made.
fn invited(
    ui: &mut Ui,
    plain: String,
    (name, role): (&str, Role),
    made: Option<&(Invitation, Result<String, String>)>,
    actions: &mut Vec<Action>,
) {
    let theme = Theme::of(ui.ctx());
    let name = name.trim();
    let wanted = Invitation { role, name: (!name.is_empty()).then(|| name.to_owned()), hours: None };
    let is_plain = wanted.name.is_none() && role == Role::Editor;
    let made = made.filter(|(made, _)| *made == wanted).map(|(_, made)| made);
    match (is_plain, made) {
        (true, _) => address_row(ui, plain, actions),
        (false, Some(Ok(address))) => address_row(ui, address.clone(), actions),
        (false, Some(Err(why))) => drop(ui.label(RichText::new(why).color(theme.bad))),
        (false, None) if wanted.name.is_none() && role == Role::Owner => {
            quiet(ui, "Say for whom it is: who is to own a drawing is invited by name.");
        }
        (false, None) => {
            if main_button(ui, "Make the invite").clicked() {
                actions.push(Action::People(Word::Invite(wanted.clone())));
            }
        }
    }
    let whose = match &wanted.name {
        Some(name) => format!("It is for {name}, who is called so by everybody, and"),
        None => "Whoever has it can join while the drawing is open here. It".into(),
    };
    quiet(ui, format!("{whose} works on this network. It carries what lets one in."));
    if ui.button("Stop sharing").on_hover_text("Puts out everybody who joined").clicked() {
        actions.push(Action::StopSharing);
    }
}

fn address_row(ui: &mut Ui, mut address: String, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let width = width_beside(ui, strong("Copy"));
        let field = TextEdit::singleline(&mut address).font(mono(size::DENSE)).desired_width(width);
        text_field(ui, field, "Address");
        if main_button(ui, "Copy").clicked() {
            actions.push(Action::CopyText(address.clone()));
        }
    });
}

/// Whether an address is made out to somebody by name.
fn is_personal(address: &str) -> bool {
    address.split_once('#').is_some_and(|(_, secret)| secret.starts_with("v2."))
}

/// Who is kept out.
fn bans(ui: &mut Ui, document: &Document, actions: &mut Vec<Action>) {
    if document.session.bans().next().is_none() {
        return;
    }
    let theme = Theme::of(ui.ctx());
    ui.separator();
    ui.label(RichText::new("Kept out").color(theme.quiet));
    egui::ScrollArea::vertical().max_height(120.0).show(ui, |ui| {
        for ban in document.session.bans() {
            ui.horizontal(|ui| {
                ui.label(&ban.name);
                ui.label(RichText::new(format!("banned by {}", ban.by_name)).color(theme.quiet));
                let lift = ui.button("Let in again");
                lift.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Let {} in again", ban.name))
                });
                if lift.clicked() {
                    actions.push(Action::People(Word::Lift(ban.seq)));
                }
            });
        }
    });
}

/// The hosts on the network take no more than this part of the window's height; the rest is scrolled to.
const NEARBY_MAX: f32 = 0.28;

/// The field for an address.
fn address_field() -> egui::Id {
    egui::Id::unique("address to join")
}

/// The field for an address has the keyboard.
pub(crate) fn focus_address(ctx: &egui::Context) {
    ctx.memory_mut(|memory| memory.request_focus(address_field()));
}

pub(super) fn join(
    ui: &mut Ui,
    window: &Window,
    (address, name): (&mut String, &mut String),
    (trouble, wanted): (Option<&str>, Option<&Uninvited>),
    enter: bool,
    actions: &mut Vec<Action>,
) {
    let theme = Theme::of(ui.ctx());
    // A row or a button that Tab went to has Enter for itself.
    let focused = ui.memory(|memory| memory.focused());
    let in_a_field = focused.is_none_or(|focused| focused == address_field() || focused == name_field());
    card(ui, "Join a shared drawing", 460.0, actions, |ui, actions| {
        let called = name.clone();
        let height = NEARBY_MAX * ui.ctx().content_rect().height();
        egui::ScrollArea::vertical().max_height(height).show(ui, |ui| {
            nearby::show(ui, window, actions, |window, at, drawing| {
                let join = Action::JoinNearby(at, drawing.name.clone());
                match window.way_in(at, drawing) {
                    Some(_) => vec![Action::Name(called.clone()), join],
                    None => vec![join],
                }
            });
        });
        if let Some(Uninvited { title, host, .. }) = wanted {
            let words = format!(
                "{title}, at {host}, is joined by invitation. Whoever shares it can give you its address: from Share in \
                 their window, or from Invite on the host's page. Paste it here."
            );
            ui.label(RichText::new(words).color(theme.text));
        }
        ui.label(if wanted.is_some() { "Invitation" } else { "Address" });
        let hint = "linework://192.168.1.20:4848/plan#secret";
        let field = TextEdit::singleline(address).id(address_field()).hint_text(hint).desired_width(f32::INFINITY);
        let field = text_field(ui, field, "Address");
        if ui.memory(|memory| memory.focused()).is_none() {
            field.request_focus();
        }
        ui.label("Your name, as others see it");
        let field = TextEdit::singleline(name).id(name_field()).desired_width(200.0).char_limit(64);
        text_field(ui, field.hint_text("Your name"), "Your name");
        if let Some(trouble) = trouble {
            ui.label(RichText::new(trouble).color(theme.bad));
        }
        ui.horizontal(|ui| {
            if main_button(ui, "Join").clicked() || (enter && in_a_field) {
                let meant = wanted.map_or_else(|| address.trim().to_owned(), |wanted| wanted.address(address));
                actions.push(Action::Name(name.clone()));
                actions.push(Action::JoinAddress(meant));
            }
            if ui.button("Cancel").clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
}

/// The field for one's name.
fn name_field() -> egui::Id {
    egui::Id::unique("name to join by")
}
