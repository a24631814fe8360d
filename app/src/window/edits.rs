//! Edits, and what is said of them.

use std::sync::Arc;

use collab::{RedoError, Undoing};
use drawing::{Color, Layer, Lineweight};

use super::Window;
use crate::action::Action;
use crate::document::{Document, Hindrance, LineWish, New, Put, objects, op_words};
use crate::tools::paste_of;

impl Window {
    /// Carries out one of the editing actions.
    pub(super) fn edit(&mut self, action: Action) {
        let Some(document) = self.documents.get(self.active) else { return };
        let selected: Vec<_> = document.selection.iter().copied().collect();
        let own = matches!(action, Action::Restyle(_)) && selected.is_empty();
        if !own && self.refused_in_the_past("change it") {
            return;
        }
        let Some(document) = self.documents.get_mut(self.active) else { return };
        match action {
            Action::Draw(shapes) => {
                let done = document.draw(shapes);
                if done.is_err() {
                    document.tell_tool_of_refusal();
                }
                self.tell_put("draw", done);
            }
            Action::Translate(by) => {
                let done = document.translate(selected, by);
                self.told("move", done, Some(Box::new(move |free| Action::TranslateOnly(free, by))));
            }
            Action::TranslateOnly(ids, by) => {
                let done = document.translate(ids, by);
                self.message = None;
                self.told("move", done, None);
            }
            Action::CopyBy(by) => {
                let done = document.copy_by(by);
                self.tell_put("copy", done);
            }
            Action::PasteBy(by) => {
                document.guest = None;
                let Some(of) = self.clipboard.copied.clone() else { return };
                let done = document.put_copies(of, by, true);
                self.tell_put("paste", done);
            }
            Action::Rotate { center, radians } => {
                let done = document.rotate(&selected, center, radians).map(|_| ());
                self.told("rotate", done, Some(Box::new(move |free| Action::RotateOnly(free, center, radians))));
            }
            Action::RotateOnly(ids, center, radians) => {
                let done = document.rotate(&ids, center, radians).map(|_| ());
                self.message = None;
                self.told("rotate", done, None);
            }
            Action::Erase => {
                let done = document.erase(&selected);
                self.told("erase", done, Some(Box::new(Action::EraseOnly)));
            }
            Action::EraseOnly(ids) => {
                let done = document.erase(&ids);
                self.message = None;
                self.told("erase", done, None);
            }
            Action::Restyle(change) if selected.is_empty() => document.restyle_new(change),
            Action::Restyle(change) => {
                let done = document.restyle(&selected, change).map(|_| ());
                self.told("change", done, Some(Box::new(move |free| Action::RestyleOnly(free, change))));
            }
            Action::RestyleOnly(ids, change) => {
                let done = document.restyle(&ids, change).map(|_| ());
                self.message = None;
                self.told("change", done, None);
            }
            Action::NewLayer(name) => self.new_layer(name),
            _ => {}
        }
    }

    fn new_layer(&mut self, name: String) {
        let Some(document) = self.documents.get_mut(self.active) else { return };
        let name = name.trim().to_owned();
        if name.is_empty() {
            return;
        }
        let layer = Layer {
            id: drawing::LayerId(0),
            handle: None,
            source: None,
            name,
            color: Color::Index(7),
            linetype: None,
            lineweight: Lineweight::Default,
            off: false,
            frozen: false,
            locked: false,
            plotted: true,
        };
        let done = document.put(New::Layer(layer));
        self.tell_put("add the layer", done);
    }

    /// Says how something new came in, where that can't be seen.
    fn tell_put(&mut self, what: &str, done: Result<Put, Hindrance>) {
        match done {
            Ok(Put::Done(words)) if what != "draw" => self.say(words),
            Ok(Put::Done(_)) => {}
            Ok(Put::Waits) => self.say("It comes as soon as the server has granted numbers for new things"),
            Err(hindrance) => self.hindered(what, hindrance, None),
        }
    }

    /// Says what stood in the way, if anything did.
    fn told(
        &mut self,
        what: &str,
        done: Result<(), Hindrance>,
        rest: Option<Box<dyn FnOnce(Vec<drawing::EntityId>) -> Action>>,
    ) {
        if let Err(hindrance) = done {
            self.hindered(what, hindrance, rest);
        }
    }

    /// `Can't move: Ana holds 2 of 14.` with a click for the other 12.
    pub(super) fn hindered(
        &mut self,
        what: &str,
        hindrance: Hindrance,
        rest: Option<Box<dyn FnOnce(Vec<drawing::EntityId>) -> Action>>,
    ) {
        match (hindrance, rest) {
            (Hindrance::Held { who, free, held }, rest) => {
                let rest = rest.filter(|_| !free.is_empty()).map(|rest| {
                    let mut verb = what.to_owned();
                    verb[..1].make_ascii_uppercase();
                    (format!("{verb} the other {}", free.len()), rest(free))
                });
                let offers = rest.into_iter().chain(self.ways_to_have(&held)).collect();
                self.offer_all(format!("Can't {what}: {who}"), offers);
            }
            (Hindrance::Other(why), _) => self.warn(format!("Can't {what}: {why}")),
        }
    }

    /// What one can do to have what others hold: ask them, or as an owner take it over.
    fn ways_to_have(&self, held: &[drawing::EntityId]) -> Vec<(String, Action)> {
        let Some(document) = self.document() else { return Vec::new() };
        let askable: Vec<_> = held.iter().copied().filter(|id| document.may_ask_for(*id)).collect();
        let mut ways = Vec::new();
        if !askable.is_empty() {
            let records: Vec<_> = askable.iter().map(|id| (*id).into()).collect();
            let label = format!("Ask {}", document.holders_of(&records));
            ways.push((label, Action::Line(LineWish::Ask(askable))));
        }
        if document.may_edit() && document.is_owner() && !held.is_empty() {
            ways.push(("Take over".into(), Action::Line(LineWish::TakeOver(held.to_vec()))));
        }
        ways
    }

    /// Stands in line for what is selected and others hold.
    pub(super) fn ask_for_selection(&mut self) {
        let Some(document) = self.document_mut() else { return };
        let asked = document.askable();
        if asked.is_empty() {
            return self.say("Nothing that is selected is held by others, or you wait for it already");
        }
        let records: Vec<_> = asked.iter().map(|id| (*id).into()).collect();
        let holders = document.holders_of(&records);
        document.wish_of_line(LineWish::Ask(asked));
        // What stood in the way is answered.
        self.hush();
        self.say(format!("{holders} will be asked; it is yours when it is free"));
    }

    /// Takes one's last change back, or brings back what was taken back; says what it was.
    pub(super) fn undo(&mut self, redo: bool) {
        if self.refused_in_the_past(if redo { "redo anything" } else { "undo anything" }) {
            return;
        }
        let Some(document) = self.documents.get_mut(self.active) else { return };
        if !redo && document.take_back_held() {
            return self.say("Undone: what waited for numbers");
        }
        let what = undone_words(document, redo);
        let done = if redo { document.session.redo() } else { document.session.undo().map_err(Into::into) };
        match done {
            Ok(changes) => {
                document.take_changes(changes);
                self.say(match what {
                    Some(what) => format!("{}: {what}", if redo { "Redone" } else { "Undone" }),
                    None => if redo { "Redone" } else { "Undone" }.into(),
                });
            }
            Err(RedoError::Nothing) => self.say(if redo { "Nothing to redo" } else { "Nothing of yours to undo" }),
            Err(RedoError::Refused(error)) => {
                let hindrance = document.in_words(error);
                self.hindered("redo", hindrance, None);
            }
        }
    }

    /// Keeps the selection for pasting, and takes it out where it is cut.
    pub(super) fn copy(&mut self, ctx: &egui::Context, cut: bool) {
        let Some(document) = self.documents.get(self.active) else { return };
        let count = document.selection.len();
        if count == 0 {
            return self.say("Select something first");
        }
        // The system's clipboard says what is in ours; without it, the key for pasting would not arrive.
        let text = format!("{} from {} in Linework", objects(count), document.title);
        self.clipboard.copied = Some(Arc::new(document.copied(text.clone())));
        ctx.copy_text(text);
        self.say(format!("{} {}", objects(count), if cut { "cut" } else { "copied" }));
        if cut {
            self.edit(Action::Erase);
        }
    }

    /// Asks where what was copied goes.
    pub(super) fn start_paste(&mut self) {
        let Some(copied) = self.clipboard.copied.clone() else { return self.say("Nothing was copied") };
        if self.refused_in_the_past("paste into it") {
            return;
        }
        let Some(document) = self.documents.get_mut(self.active).filter(|document| document.is_here()) else {
            return self.say("Open a drawing first");
        };
        if !document.may_edit() {
            return self.warn("You may look at this drawing, not change it");
        }
        let Some(guest) = document.guest_of(&copied) else {
            return self.warn("What was copied can't be pasted: Linework does not read those kinds of objects");
        };
        document.tool = Some(paste_of(guest.base));
        document.guest = Some(guest);
        document.prompt.typed.clear();
        document.last_command = Some(crate::command::Command::Paste);
        self.message = None;
    }
}

/// What the next undo or redo takes back or brings back, in words, as far as one remembers.
fn undone_words(document: &Document, redo: bool) -> Option<String> {
    let next = if redo { document.session.next_redo() } else { document.session.next_undo() };
    match next? {
        Undoing::Op(op) => Some(op_words(op)),
        Undoing::Entry(seq) => document.history.row_of(seq.0).map(|row| row.deed().to_owned()),
    }
}
