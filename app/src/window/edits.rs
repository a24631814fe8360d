//! Edits, and what is said of them.

use collab::RedoError;
use drawing::{Color, Layer, LineStyle, Lineweight, Op, Record, Vec2};

use super::Window;
use crate::action::{Action, Pick};
use crate::document::{Document, Hindrance};

impl Window {
    /// Carries out one of the editing actions.
    pub(super) fn edit(&mut self, action: Action) {
        let Some(document) = self.documents.get_mut(self.active) else { return };
        let selected: Vec<_> = document.selection.iter().copied().collect();
        match action {
            Action::Draw(shapes) => {
                let done = document.draw(shapes).map(|_| ());
                self.told("draw", done, None);
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
                let done = document.copy_by(by).map(|_| ());
                self.told("copy", done, None);
            }
            Action::Rotate { center, radians } => {
                let done = document.rotate(center, radians).map(|_| ());
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
            Action::Layer(layer) if selected.is_empty() => document.current.layer = Some(layer),
            Action::Layer(layer) => self.restyle(move |style| style.layer = layer),
            Action::Color(color) if selected.is_empty() => document.current.color = color,
            Action::Color(color) => self.restyle(move |style| style.color = color),
            Action::Linetype(linetype) if selected.is_empty() => document.current.linetype = linetype,
            Action::Linetype(linetype) => self.restyle(move |style| style.linetype = linetype),
            Action::Lineweight(weight) if selected.is_empty() => document.current.lineweight = weight,
            Action::Lineweight(weight) => self.restyle(move |style| style.lineweight = weight),
            Action::NewLayer(name) => self.new_layer(name),
            _ => {}
        }
    }

    fn restyle(&mut self, change: impl Fn(&mut drawing::Style)) {
        let Some(document) = self.documents.get_mut(self.active) else { return };
        let done = document.change_selection(|entity| {
            change(&mut entity.style);
            Ok(())
        });
        self.told("change", done.map(|_| ()), None);
    }

    fn new_layer(&mut self, name: String) {
        let Some(document) = self.documents.get_mut(self.active) else { return };
        let name = name.trim().to_owned();
        if name.is_empty() {
            return;
        }
        let Some(id) = document.session.take_ids(1).and_then(|ids| ids.first().copied()) else {
            return self.warn("The server has to grant numbers for new things first; try again in a moment");
        };
        let id = drawing::LayerId(id.0);
        let layer = Layer {
            id,
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
        let done = document.submit(Op::New(vec![Record::Layer(layer)]));
        if done.is_ok() {
            document.current.layer = Some(id);
        }
        self.told("add the layer", done, None);
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
            (Hindrance::Held { who, free }, Some(rest)) if !free.is_empty() => {
                let mut verb = what.to_owned();
                verb[..1].make_ascii_uppercase();
                let label = format!("{verb} the other {}", free.len());
                self.offer(format!("Can't {what}: {who}"), label, rest(free));
            }
            (Hindrance::Held { who, .. }, _) => self.warn(format!("Can't {what}: {who}")),
            (Hindrance::Other(why), _) => self.warn(format!("Can't {what}: {why}")),
        }
    }

    /// Takes back one's last change, or brings it back.
    pub(super) fn undo(&mut self, redo: bool) {
        let Some(document) = self.documents.get_mut(self.active) else { return };
        let done = match redo {
            true => document.session.redo().map_err(|error| match error {
                RedoError::Nothing => None,
                RedoError::Refused(error) => Some(document.in_words(error)),
            }),
            false => document.session.undo().map_err(|_| None),
        };
        match done {
            Ok(changes) => {
                document.take_changes(changes);
                self.say(if redo { "Redone" } else { "Undone" });
            }
            Err(Some(hindrance)) => self.hindered("redo", hindrance, None),
            Err(None) => self.say(if redo { "Nothing to redo" } else { "Nothing of yours to undo" }),
        }
    }

    /// Keeps the selection for pasting, and takes it out where it is cut.
    pub(super) fn copy(&mut self, ctx: &egui::Context, cut: bool) {
        let Some(document) = self.documents.get(self.active) else { return };
        let items: Vec<_> = document
            .selection
            .iter()
            .filter_map(|id| document.drawing().entity(*id))
            .filter_map(|entity| {
                let layer = document.drawing().layer(entity.style.layer)?.name.clone();
                Some((entity.style.clone(), layer, entity.shape.clone()))
            })
            .collect();
        if items.is_empty() {
            return self.say("Select something first");
        }
        let count = items.len();
        self.clipboard.items = items;
        // The system's clipboard says what is in ours; without it, the key for pasting would not arrive.
        ctx.copy_text(format!("{count} objects from Linework"));
        self.say(format!("{count} objects {}", if cut { "cut" } else { "copied" }));
        if cut {
            self.edit(Action::Erase);
        }
    }

    /// Puts in what was copied, and selects it.
    pub(super) fn paste(&mut self) {
        let items = std::mem::take(&mut self.clipboard.items);
        self.clipboard.items.clone_from(&items);
        let Some(document) = self.documents.get_mut(self.active).filter(|document| document.is_here()) else { return };
        if items.is_empty() {
            return self.say("Nothing was copied");
        }
        let mut left_out = 0;
        let mut new = Vec::new();
        for (style, layer, mut shape) in items {
            let Some(style) = fitting_style(document, style, &layer) else { continue };
            crate::document::detach(&mut shape);
            if !fits(document, &shape) || shape.translate(Vec2::ZERO).is_err() {
                left_out += 1;
                continue;
            }
            new.push((style, shape));
        }
        let done = document.put(new);
        match done {
            Ok(ids) => {
                document.select_none();
                document.select(&ids, Pick::Add);
                self.say(match left_out {
                    0 => format!("{} objects pasted", ids.len()),
                    _ => format!("{} objects pasted; {left_out} need blocks that this drawing has not", ids.len()),
                });
            }
            Err(hindrance) => self.hindered("paste", hindrance, None),
        }
    }
}

/// The style in this drawing: the layer of that name, else the current one.
fn fitting_style(document: &Document, style: drawing::Style, layer: &str) -> Option<drawing::Style> {
    let current = document.style()?;
    let linetype = match style.linetype {
        LineStyle::Named(id) if document.drawing().linetype(id).is_none() => LineStyle::ByLayer,
        other => other,
    };
    Some(drawing::Style { layer: document.drawing().layer_named(layer).unwrap_or(current.layer), linetype, ..style })
}

/// Whether what a shape needs is in this drawing.
fn fits(document: &Document, shape: &drawing::Shape) -> bool {
    let drawing = document.drawing();
    match shape {
        drawing::Shape::Insert(insert) => drawing.block(insert.block).is_some(),
        drawing::Shape::Dimension(dimension) => dimension.block.is_none_or(|block| drawing.block(block).is_some()),
        drawing::Shape::Text(text) => text.style.is_none_or(|style| drawing.text_style(style).is_some()),
        drawing::Shape::MText(text) => text.style.is_none_or(|style| drawing.text_style(style).is_some()),
        _ => true,
    }
}
