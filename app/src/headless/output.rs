//! Writing what a command made.

use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use drawing::Drawing;

use super::input::Input;

/// The bytes of a DXF file of `current`, which `input` became: what nobody edited is as it was in the file. What could
/// not be written is told on standard error.
///
/// # Errors
/// A sentence on why it can't be saved.
pub fn export(input: &Input, current: Drawing) -> anyhow::Result<Vec<u8>> {
    let saved = formats::export(input.source.as_deref(), &input.original, current)?;
    for note in &saved.notes {
        eprintln!("{note}");
    }
    Ok(saved.bytes)
}

/// Prints on standard output. That whoever reads along has seen enough and went is no error.
pub fn print(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.context("the result could not be printed"),
    }
}

/// Writes a file whole or not at all. One that was read and is written again is kept beside itself, and not written
/// where nothing changed.
pub fn write(from: &Path, to: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let same = to.exists() && from.canonicalize().ok() == to.canonicalize().ok();
    if !same {
        return crate::file::write_whole(to, bytes);
    }
    let before = std::fs::read(to).with_context(|| format!("{} could not be read again", to.display()))?;
    if before == bytes { Ok(()) } else { crate::file::replace(to, bytes).map(drop) }
}
