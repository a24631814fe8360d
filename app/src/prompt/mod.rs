//! The prompt: what a command asks for, and what was typed in answer.

mod line;
mod parse;

pub use line::{PromptLine, Typed, show};
pub use parse::{Answer, Asked, Origin, parse};

/// What a command asks for next.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prompt {
    /// The words, such as `Specify base point`.
    pub text: String,
    /// Words that can be clicked or typed instead of a point.
    pub options: Vec<&'static str>,
    /// What kinds of answers there are.
    pub asked: Asked,
}

impl Prompt {
    /// A prompt for a point.
    pub fn point(text: impl Into<String>) -> Prompt {
        Prompt { text: text.into(), options: Vec::new(), asked: Asked::Point }
    }

    /// A prompt for a point or a number.
    pub fn length(text: impl Into<String>) -> Prompt {
        Prompt { text: text.into(), options: Vec::new(), asked: Asked::Length }
    }

    /// A prompt for words that are taken as they are.
    pub fn words(text: impl Into<String>) -> Prompt {
        Prompt { text: text.into(), options: Vec::new(), asked: Asked::Words }
    }

    /// With options to choose instead.
    pub fn or(mut self, options: &[&'static str]) -> Prompt {
        self.options = options.to_vec();
        self
    }
}
