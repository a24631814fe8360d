//! What the log is told of the screen: when the window and each drawing were first on it, and each frame. A benchmark
//! reads it; `RUST_LOG=linework::opening=info,linework::frames=debug` shows it.

use std::collections::BTreeSet;

use crate::document::Document;

/// Remembers what the log was told already.
#[derive(Debug, Default)]
pub(super) struct Witness {
    frames: u64,
    told: BTreeSet<u64>,
}

impl Witness {
    /// A frame begins, so the one before it was handed to the screen.
    pub(super) fn frame_begins(&mut self, ctx: &egui::Context, documents: &[Document]) {
        self.frames += 1;
        tracing::debug!(target: "linework::frames", number = self.frames, "frame");
        match self.frames {
            // Without the second one nobody would know that the first was shown.
            1 => ctx.request_repaint(),
            2 => tracing::info!(target: "linework::opening", "window on screen"),
            _ => {}
        }
        for document in documents.iter().filter(|document| document.picture.is_shown_whole()) {
            if self.told.insert(document.id) {
                tracing::info!(target: "linework::opening", title = document.title, "drawing on screen");
            }
        }
    }
}
