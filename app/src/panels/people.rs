//! People in the bar: avatars, and the menu of each with who they are, what they are at and what an owner may say of them.

use egui::{Popup, RichText, Ui};
use protocol::{Attention, Person, Role};

use super::widgets::avatar_of;
use crate::action::Action;
use crate::document::{Document, may_words, role_word};
use crate::theme::{Theme, size, strong};
use crate::window::Word;

/// Avatars, one's own first, which is the leftmost; the bar is laid out from the right.
pub fn avatars(ui: &mut Ui, document: &Document, actions: &mut Vec<Action>) {
    let me = document.session.me();
    let mut people: Vec<_> = document.session.people().collect();
    people.sort_by_key(|person| (Some(person.session) != me, person.session));
    ui.spacing_mut().item_spacing.x = 0.0;
    for person in people.into_iter().rev() {
        let mine = Some(person.session) == me;
        let followed = document.following == Some(person.session);
        let now_s = ui.input(|input| input.time);
        let attention = if mine { Attention::Here } else { document.attention_of(person, now_s) };
        let response = avatar_of(ui, person, mine, followed, attention);
        super::line::avatar_at(ui, person.session, response.rect);
        // One's own has nobody to follow: a click shows what there is to say of oneself.
        if response.clicked() && !mine {
            actions.push(Action::Follow(Some(person.session)));
        }
        let open =
            (response.secondary_clicked() || mine && response.clicked()).then_some(egui::SetOpenCommand::Bool(true));
        let is_open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(&response));
        Popup::menu(&response).open_memory(open).show(|ui| {
            ui.spacing_mut().item_spacing.y = size::S;
            ui.set_min_width(190.0);
            facts(ui, document, person, mine, now_s);
            ui.separator();
            menu(ui, document, person, mine, actions);
        });
        if !is_open {
            response.on_hover_ui(|ui| {
                facts(ui, document, person, mine, now_s);
                let theme = Theme::of(ui.ctx());
                let more = if mine { "Click for more" } else { "Click to follow, right click for more" };
                ui.label(RichText::new(more).size(size::DENSE).color(theme.quiet));
            });
        }
    }
}

/// Who somebody is and what they are at.
fn facts(ui: &mut Ui, document: &Document, person: &Person, mine: bool, now_s: f64) {
    let theme = Theme::of(ui.ctx());
    let quiet = |text: String| RichText::new(text).size(size::DENSE).color(theme.quiet);
    ui.label(strong(if mine { format!("{} (you)", person.name) } else { person.name.clone() }));
    ui.label(quiet(format!("{}: may {}", role_word(person.role), may_words(person.role))));
    if mine {
        return;
    }
    let presence = document.session.presence_of(person.session);
    let space = presence.and_then(|presence| presence.space).filter(|space| Some(*space) != document.space);
    if let Some(layout) = space.and_then(|space| document.drawing().layouts().find(|l| l.block == space)) {
        ui.label(quiet(format!("on {}", layout.name)));
    }
    match document.attention_of(person, now_s) {
        Attention::Here => {}
        Attention::Idle => match document.people.idle_min(person.session, now_s) {
            Some(minutes) => drop(ui.label(quiet(format!("Idle for {minutes} min")))),
            None => drop(ui.label(quiet("Idle".into()))),
        },
        Attention::Away => drop(ui.label(quiet("Away from the window".into()))),
    }
    if !person.connected {
        ui.label(quiet("Connection lost".into()));
    }
    let selected = presence.map_or(0, |presence| presence.selection.len());
    if selected > 0 {
        ui.label(quiet(format!("{selected} selected")));
    }
    if let Some(doing) = presence.and_then(|presence| presence.tool.clone()) {
        ui.label(quiet(format!("in {doing}")));
    }
}

fn menu(ui: &mut Ui, document: &Document, person: &Person, mine: bool, actions: &mut Vec<Action>) {
    if !mine {
        let followed = document.following == Some(person.session);
        if ui.button(if followed { "Stop following" } else { "Follow" }).clicked() {
            actions.push(Action::Follow((!followed).then_some(person.session)));
            ui.close();
        }
    }
    if !document.is_owner() {
        return;
    }
    roles(ui, person, actions);
    if mine {
        return;
    }
    ui.separator();
    for (words, banned) in [("Remove...", false), ("Ban...", true)] {
        if ui.button(words).clicked() {
            actions.push(Action::People(Word::AskPutOut { session: person.session, banned }));
            ui.close();
        }
    }
}

/// What somebody may do, to be chosen.
fn roles(ui: &mut Ui, person: &Person, actions: &mut Vec<Action>) {
    for role in [Role::Viewer, Role::Reviewer, Role::Editor, Role::Owner] {
        let has = person.role == role;
        if ui.radio(has, format!("May {}", may_words(role))).clicked() {
            if !has {
                actions.push(Action::People(Word::Role(person.session, role)));
            }
            ui.close();
        }
    }
}

/// What one may do oneself, where that is worth a word.
pub fn own_role(ui: &mut Ui, document: &Document) {
    if !document.is_here() || document.session.me().is_none() {
        return;
    }
    // A little room beside the button that follows.
    ui.add_space(size::S);
    let theme = Theme::of(ui.ctx());
    let role = document.session.role();
    let color = if role.may_edit() { theme.quiet } else { theme.warn };
    let label = ui.add(egui::Label::new(RichText::new(role_word(role)).size(size::DENSE).color(color)).extend());
    label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, format!("Your role: {}", role_word(role))));
    label.on_hover_text(format!("You may {}", may_words(role)));
}
