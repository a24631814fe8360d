//! The keyboard: shortcuts, then the prompt line; neither while a field has it.

use egui::{Event, Key, KeyboardShortcut, Modifiers};

use super::Window;
use crate::action::{Action, CanvasEvent};
use crate::canvas::Drag;
use crate::command::{Command, TABLE};
use crate::document::Document;
use crate::panels::timeline;
use crate::prompt::{Answer, Asked, Origin, Typed, parse};
use crate::review::Wish;

/// Keys that mean what others mean: what people are used to from elsewhere.
const ALSO: [(KeyboardShortcut, Command); 1] =
    [(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z), Command::Redo)];

fn keys_held(modifiers: Modifiers) -> usize {
    [modifiers.alt, modifiers.shift, modifiers.ctrl, modifiers.command].into_iter().filter(|held| *held).count()
}

impl Window {
    /// What the keys pressed since the last frame want.
    pub(super) fn keys(&mut self, ctx: &egui::Context) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.dialog.is_open() {
            if ctx.input(|input| input.key_pressed(Key::Escape)) {
                actions.push(Action::CloseDialog);
            }
            return actions;
        }
        let in_field = ctx.text_edit_focused();
        self.shortcuts(ctx, in_field, &mut actions);
        let left = leaves_control(ctx);
        if in_field || egui::Popup::is_any_open(ctx) {
            return actions;
        }
        if ctx.memory(|memory| memory.focused()).is_none() {
            actions.extend(self.review_keys(ctx));
        }
        for action in std::mem::take(&mut actions) {
            self.perform(ctx, action);
        }
        self.prompt_keys(ctx, left);
        actions
    }

    fn shortcuts(&mut self, ctx: &egui::Context, in_field: bool, actions: &mut Vec<Action>) {
        // Of two that a press may mean, the one with more keys held is meant: egui itself overlooks Shift and Alt.
        let mut shortcuts: Vec<_> = TABLE.iter().filter_map(|about| Some((about.shortcut?, about.command))).collect();
        shortcuts.extend(ALSO);
        shortcuts.sort_by_key(|(shortcut, _)| std::cmp::Reverse(keys_held(shortcut.modifiers)));
        for (shortcut, command) in &shortcuts {
            // In a field, plain keys and the keys of text are the field's.
            let text_keys = [Key::A, Key::Z, Key::Y, Key::X, Key::C, Key::V, Key::Delete];
            if in_field && (shortcut.modifiers.is_none() || text_keys.contains(&shortcut.logical_key)) {
                continue;
            }
            // What a command is about is not erased under it.
            if *command == Command::Erase && self.document().is_some_and(|document| document.tool.is_some()) {
                continue;
            }
            if ctx.input_mut(|input| input.consume_shortcut(shortcut)) {
                actions.push(Action::Run(*command));
            }
        }
        // Where + is Shift+=, the key without Shift is meant too.
        if ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Equals)) {
            actions.push(Action::Run(Command::LargerUi));
        }
        if in_field {
            return;
        }
        // The clipboard's keys come as events of their own.
        let events = ctx.input(|input| input.events.clone());
        for event in events {
            match event {
                Event::Copy => actions.push(Action::Run(Command::Copy)),
                Event::Cut => actions.push(Action::Run(Command::Cut)),
                Event::Paste(text) => actions.extend(self.pasted(&text)),
                _ => {}
            }
        }
    }

    /// What the system's clipboard holds goes to where it fits: one's own objects into the drawing, text to a command
    /// that runs, where it waits to be read and entered.
    fn pasted(&mut self, text: &str) -> Option<Action> {
        let ours = self.clipboard.copied.as_ref().is_some_and(|copied| copied.text == text);
        let document = self.document_mut()?;
        if ours {
            return Some(Action::Run(Command::Paste));
        }
        if document.tool.is_none() {
            return Some(Action::Say("The clipboard holds text, no objects; TEXT asks for text".into()));
        }
        document.prompt.paste(text);
        None
    }

    /// While one looks back, the arrows, Home, End and Space move in the log.
    fn review_keys(&self, ctx: &egui::Context) -> Vec<Action> {
        let moves = |document: &Document| {
            // What is being typed has the keys: Space enters it.
            document.is_looking_back() && document.tool.is_none() && document.prompt.typed.is_empty()
        };
        if !self.document().is_some_and(|document| document.review.is_some() && moves(document)) {
            return Vec::new();
        }
        let actions = timeline::moves(ctx).into_iter().map(Action::Review).collect();
        // Space comes as a letter, too, which the prompt would take for Enter.
        ctx.input_mut(|input| input.events.retain(|event| !matches!(event, Event::Text(text) if text == " ")));
        actions
    }

    /// Event by event, each answered before the next: in one slow frame a command and its first points may come
    /// together.
    ///
    /// A control that Tab went to keeps its own keys: Space and Enter press it, Esc leaves it, arrows are its own.
    /// Typing is the prompt's.
    fn prompt_keys(&mut self, ctx: &egui::Context, left: bool) {
        for event in ctx.input(|input| input.events.clone()) {
            let focused = ctx.memory(|memory| memory.focused());
            match event {
                Event::Text(text) if focused.is_some() && text.trim().is_empty() => {}
                Event::Key { key: Key::Escape, .. } if left => {}
                Event::Key { .. } if focused.is_some() => {}
                Event::Key { key: Key::Space, pressed: true, modifiers, .. }
                    if modifiers.shift_only() && !self.takes_words() =>
                {
                    if let Some(document) = self.document_mut() {
                        document.cycle();
                    }
                }
                Event::Text(text)
                    if text == " " && ctx.input(|input| input.modifiers.shift_only()) && !self.takes_words() => {}
                Event::Text(text) => {
                    if let Some(focused) = focused {
                        ctx.memory_mut(|memory| memory.surrender_focus(focused));
                    }
                    for letter in text.chars() {
                        self.prompt_event(ctx, &Event::Text(letter.to_string()));
                    }
                }
                event => self.prompt_event(ctx, &event),
            }
        }
    }

    fn takes_words(&self) -> bool {
        self.document().is_some_and(|document| document.asked().asked == Asked::Words)
    }

    fn prompt_event(&mut self, ctx: &egui::Context, event: &Event) {
        let Some(document) = self.documents.get_mut(self.active).filter(|_| !self.dialog.is_open()) else { return };
        let asked = document.asked().asked;
        if document.tool.is_some() && matches!(event, Event::Key { key: Key::Escape, pressed: true, .. }) {
            // One key ends the command, whatever was typed for it.
            document.prompt.typed.clear();
        }
        let action = match document.prompt.event(event, asked) {
            None => return,
            Some(Typed::Search) => Some(Action::Run(Command::Search)),
            Some(Typed::Escape) => self.escape(),
            Some(Typed::Answer(text)) => self.answer(&text),
        };
        if let Some(action) = action {
            self.perform(ctx, action);
        }
    }

    /// Esc ends the command and keeps what was finished, else clears the selection, else ends following.
    fn escape(&mut self) -> Option<Action> {
        if self.message.as_ref().is_some_and(|message| message.offer.is_some()) {
            return Some(Action::Unsay);
        }
        let document = self.document_mut()?;
        if document.pointer.drag != Drag::None {
            document.pointer.drag = Drag::None;
            None
        } else if document.tool.is_some() {
            Some(Action::Tell(CanvasEvent::Cancel))
        } else if document.talk.card.is_some() {
            Some(Action::Talk(crate::document::Talking::Close))
        } else if document.review.as_ref().is_some_and(|review| review.picking_area) {
            Some(Action::Review(Wish::NoArea))
        } else if document.gathering.is_some() || document.review.is_some() && document.past().is_none() {
            // Nothing of it is shown yet.
            Some(Action::Review(Wish::Leave))
        } else if !document.selection.is_empty() {
            Some(Action::SelectNone)
        } else if document.is_looking_back() {
            Some(Action::Review(Wish::Leave))
        } else {
            Some(Action::Follow(None))
        }
    }

    /// What was typed, as what it means to the running command or to none.
    fn answer(&mut self, text: &str) -> Option<Action> {
        let document = self.document()?;
        let Some(tool) = &document.tool else {
            if text.is_empty() {
                return document.last_command.map(Action::Run);
            }
            return Some(match Command::of_word(text.trim()) {
                Some(command) => Action::Run(command),
                None => Action::Warn(format!("There is no command {}; press / to search", text.trim())),
            });
        };
        let prompt = document.asked();
        let origin = Origin {
            last: tool.base(),
            pointer: document.pointer.at,
            inch: crate::measure::units_of_inch(document.drawing().header()),
        };
        let asked = if tool.selects() { Asked::Command } else { prompt.asked };
        let event = match parse(text, asked, &prompt.options, origin) {
            Answer::Point(at) => CanvasEvent::Point(at),
            Answer::Number(number) => CanvasEvent::Number(number),
            Answer::Words(words) => CanvasEvent::Words(words),
            Answer::Accept => CanvasEvent::Accept,
            Answer::Wrong(why) => return Some(Action::Warn(why.into())),
            Answer::Word(word)
                if word == "U" || prompt.options.iter().any(|option| option.eq_ignore_ascii_case(&word)) =>
            {
                CanvasEvent::option(&word)
            }
            Answer::Word(word) if word == "UNDO" => CanvasEvent::Back,
            // E in ZOOM is its Extents, as everybody types it; elsewhere another command's name starts that one.
            Answer::Word(word) => match Command::of_word(&word) {
                Some(command) => return Some(Action::Run(command)),
                None => return Some(Action::Warn(format!("{word} is no answer to this"))),
            },
        };
        Some(Action::Tell(event))
    }
}

/// A control that was clicked doesn't keep the keyboard, and Esc leaves the one that Tab went to. Whether Esc did that
/// in this frame: then it does nothing else.
fn leaves_control(ctx: &egui::Context) -> bool {
    let id = egui::Id::unique("a control has the keyboard");
    let focused = ctx.memory(|memory| memory.focused());
    let had = ctx.data(|data| data.get_temp::<bool>(id)).unwrap_or_default();
    let in_field = ctx.text_edit_focused();
    if let Some(focused) = focused
        && !in_field
        && ctx.input(|input| input.pointer.any_released())
    {
        ctx.memory_mut(|memory| memory.surrender_focus(focused));
    }
    let has = ctx.memory(|memory| memory.focused()).is_some();
    ctx.data_mut(|data| data.insert_temp(id, has));
    had && !has && ctx.input(|input| input.key_pressed(Key::Escape))
}
