//! Writing what a command made.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use drawing::Drawing;

use super::input::{Input, is_log};

/// The bytes of a DXF file of `current`, which `input` became: what nobody edited is as it was in the file. What could
/// not be written is told on standard error.
///
/// # Errors
/// A sentence on why it can't be saved.
pub fn export(input: &Input, current: Drawing) -> anyhow::Result<Vec<u8>> {
    let origin = input.origin.as_ref().context("what the drawing came from was not read")?;
    let saved = formats::export(origin.source.as_deref(), &origin.original, current)?;
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

/// Refuses to write over an op log: what is in it is nowhere else. Nor is anything else given the name of one.
///
/// # Errors
/// A sentence that says so.
pub fn spare_logs(to: &Path) -> anyhow::Result<()> {
    if to.is_file() && is_log(to)? {
        bail!("{} is an op log and stays as it is; nothing was written: name another file", to.display());
    }
    if to.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("linework")) {
        bail!("{} would be taken for an op log; nothing was written: name another file", to.display());
    }
    Ok(())
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
