//! The prompt line: always there, at the bottom. What is typed over the canvas goes here.

use egui::{Key, Modifiers, RichText, Role, Ui, WidgetInfo};

use super::{Asked, Prompt};
use crate::theme::{Theme, mono, size};

/// Characters that may wait in the prompt line.
const TYPED_MAX: usize = 1000;

/// What was typed and not yet answered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PromptLine {
    /// The characters.
    pub typed: String,
    /// What was answered before, the latest last, for the arrow keys.
    said: Vec<String>,
    /// Which of them is shown, counted from the end.
    recalled: usize,
}

/// What the keys did.
#[derive(Debug, Clone, PartialEq)]
pub enum Typed {
    /// An answer, as it was typed.
    Answer(String),
    /// `/` where nothing was typed and nothing runs.
    Search,
    /// Esc where nothing was typed.
    Escape,
}

impl PromptLine {
    /// Takes one event of the keyboard, while no field has it; `asked` is what is asked for just then.
    pub fn event(&mut self, event: &egui::Event, asked: Asked) -> Option<Typed> {
        let mut done = Vec::new();
        match event {
            egui::Event::Text(text) => self.text(text, asked, &mut done),
            egui::Event::Key { key, pressed: true, modifiers, .. } if *modifiers == Modifiers::NONE => {
                self.key(*key, asked, &mut done);
            }
            _ => {}
        }
        done.pop()
    }

    fn text(&mut self, text: &str, asked: Asked, done: &mut Vec<Typed>) {
        for letter in text.chars().filter(|letter| !letter.is_control()) {
            if letter == ' ' && !self.takes_space(asked) {
                self.answer(done);
            } else if letter == '/' && self.typed.is_empty() && asked == Asked::Command {
                done.push(Typed::Search);
            } else if self.typed.len() < TYPED_MAX {
                self.typed.push(letter);
            }
        }
    }

    fn key(&mut self, key: Key, asked: Asked, done: &mut Vec<Typed>) {
        match key {
            Key::Enter => self.answer(done),
            Key::Backspace => {
                self.typed.pop();
            }
            Key::Escape if self.typed.is_empty() => done.push(Typed::Escape),
            Key::Escape => self.typed.clear(),
            Key::ArrowUp if asked != Asked::Words => self.recall(1),
            Key::ArrowDown if asked != Asked::Words => self.recall(-1),
            _ => {}
        }
    }

    /// Takes in text from the clipboard, as if it were typed and not entered yet.
    pub fn paste(&mut self, text: &str) {
        let letters = text.trim().chars().map(|letter| if letter.is_control() { ' ' } else { letter });
        for letter in letters {
            if self.typed.len() + letter.len_utf8() > TYPED_MAX {
                break;
            }
            self.typed.push(letter);
        }
    }

    /// A space is a character in a text, and between feet, inches and a fraction; else it accepts.
    fn takes_space(&self, asked: Asked) -> bool {
        let inches = self.typed.rsplit_once('\'').map(|(_, inches)| inches.trim_start_matches('-'));
        asked == Asked::Words
            || inches.is_some_and(|inches| !inches.is_empty() && inches.chars().all(|c| c.is_ascii_digit()))
    }

    fn answer(&mut self, done: &mut Vec<Typed>) {
        const SAID_MAX: usize = 50;
        let typed = std::mem::take(&mut self.typed);
        if !typed.is_empty() && self.said.last() != Some(&typed) {
            self.said.push(typed.clone());
            if self.said.len() > SAID_MAX {
                self.said.remove(0);
            }
        }
        self.recalled = 0;
        done.push(Typed::Answer(typed));
    }

    fn recall(&mut self, by: isize) {
        self.recalled = self.recalled.saturating_add_signed(by).min(self.said.len());
        self.typed = match self.recalled {
            0 => String::new(),
            back => self.said[self.said.len() - back].clone(),
        };
    }
}

/// Draws the line; gives the option that was clicked, in capitals.
pub fn show(
    ui: &mut Ui,
    word: &str,
    prompt: &Prompt,
    line: &PromptLine,
    message: Option<(&str, bool)>,
) -> Option<String> {
    let theme = Theme::of(ui.ctx());
    let mut clicked = None;
    ui.horizontal_centered(|ui| {
        ui.add_space(size::M);
        ui.spacing_mut().item_spacing.x = 6.0;
        let font = mono(size::BODY);
        if prompt.asked == Asked::Command && prompt.text.is_empty() && line.typed.is_empty() {
            let (text, color) = match message {
                Some((text, true)) => (text, theme.bad),
                Some((text, false)) => (text, theme.text),
                None => ("Type a command, or / to search", theme.quiet),
            };
            ui.label(RichText::new(text).font(font.clone()).color(color));
        } else {
            ui.label(RichText::new(word).font(font.clone()).color(theme.accent));
            ui.label(RichText::new(&prompt.text).font(font.clone()).color(theme.quiet));
            for (at, option) in prompt.options.iter().enumerate() {
                let mark = if at == 0 { "[" } else { "/" };
                ui.label(RichText::new(mark).font(font.clone()).color(theme.quiet));
                let text = RichText::new(*option).font(font.clone()).color(theme.text);
                if ui
                    .add(egui::Button::new(text).frame(false))
                    .on_hover_text(format!("Type {} for it", &option[..1]))
                    .clicked()
                {
                    clicked = Some(option.to_uppercase());
                }
            }
            if !prompt.options.is_empty() {
                ui.label(RichText::new("]").font(font.clone()).color(theme.quiet));
            }
            if !prompt.text.is_empty() {
                ui.label(RichText::new(":").font(font.clone()).color(theme.quiet));
            }
            let typed = ui.label(RichText::new(&line.typed).font(font.clone()).color(theme.text));
            // A caret that stands still: a blink would be a repaint.
            let (caret, _) = ui.allocate_exact_size(egui::vec2(2.0, size::ICON), egui::Sense::hover());
            ui.painter().rect_filled(caret, 0.0, theme.accent);
            if let Some((text, bad)) = message.filter(|_| line.typed.is_empty()) {
                ui.add_space(size::M);
                let color = if bad { theme.bad } else { theme.quiet };
                ui.label(RichText::new(text).font(font).color(color));
            }
            typed.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Typed {}", line.typed)));
        }
    });
    clicked
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types `text` and says what was answered and what is left.
    fn check(text: &str, asked: Asked, answers: &[&str], left: &str) {
        let mut line = PromptLine::default();
        let mut done = Vec::new();
        line.text(text, asked, &mut done);
        let expect: Vec<_> = answers.iter().map(|answer| Typed::Answer((*answer).into())).collect();
        assert_eq!((done, line.typed.as_str()), (expect, left), "{text:?}");
    }

    #[test]
    fn space_accepts_but_in_a_text_and_between_inches_and_their_fraction() {
        check("M ", Asked::Command, &["M"], "");
        check("5 7", Asked::Point, &["5"], "7");
        check("5'-3 1/2\" ", Asked::Point, &["5'-3 1/2\""], "");
        check("5' ", Asked::Point, &["5'"], "");
        check("a b", Asked::Words, &[], "a b");
    }

    #[test]
    fn a_slash_searches_only_on_an_empty_idle_prompt() {
        for (before, asked, expect) in
            [("", Asked::Command, true), ("L", Asked::Command, false), ("", Asked::Point, false)]
        {
            let mut line = PromptLine { typed: before.into(), ..PromptLine::default() };
            let mut done = Vec::new();
            line.text("/", asked, &mut done);
            assert_eq!(done.contains(&Typed::Search), expect, "{before:?} {asked:?}");
        }
    }

    #[test]
    fn arrows_bring_back_what_was_said() {
        let mut line = PromptLine::default();
        let mut done = Vec::new();
        line.text("L 3,4 ", Asked::Command, &mut done);
        line.key(Key::ArrowUp, Asked::Command, &mut done);
        line.key(Key::ArrowUp, Asked::Command, &mut done);
        assert_eq!(line.typed, "L");
        line.key(Key::ArrowDown, Asked::Command, &mut done);
        assert_eq!(line.typed, "3,4");
    }
}
