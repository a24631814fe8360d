//! `linework info`: what is in a file.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use formats::{Info as Facts, Reading};
use scene::{Extents, Fonts, Scene, SceneOptions, TextMode, Visibility};

use super::input::Input;
use super::output;

/// What `linework info` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "For example:\n  linework info plan.dxf\n  linework info plan.dxf --json --resolved")]
pub struct Info {
    /// A DXF file or a saved op log.
    file: PathBuf,
    /// As one JSON object.
    #[arg(long)]
    json: bool,
    /// How each entity looks on a dark background, too: colour, linetype, lineweight, whether it is shown.
    #[arg(long)]
    resolved: bool,
}

impl Info {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut input = Input::read(&self.file, None)?;
        if !self.json {
            input.tell_findings(&self.file);
        }
        let reading = Reading { drawing: input.drawing.clone(), findings: std::mem::take(&mut input.findings) };
        let mut facts = formats::info(&reading, self.resolved);
        facts.read_ms = (input.took.as_secs_f64() * 1e5).round() / 100.0;
        let extents = extents(&input)?;
        if !self.json
            && let Some(words) = extents.as_ref().and_then(|extents| extents.strays_in_words(&input.drawing))
        {
            eprintln!("{}: {words}", self.file.display());
        }
        facts.extents = extents.map(|extents| [extents.rect.x0, extents.rect.y0, extents.rect.x1, extents.rect.y1]);
        let told = if self.json {
            serde_json::to_string(&facts).context("the facts have no form in JSON")? + "\n"
        } else {
            in_words(&facts)
        };
        output::print(|out| out.write_all(told.as_bytes()))?;
        Ok(if input.broken.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// What is seen of model space covers, but for strays.
fn extents(input: &Input) -> anyhow::Result<Option<Extents>> {
    let Some(model) = input.drawing.model_space() else { return Ok(None) };
    let fonts = Arc::new(Fonts::new([include_bytes!("../../../assets/fonts/Inter-Regular.otf").to_vec()])?);
    let scene = Scene::new(&input.drawing, model, SceneOptions { text: TextMode::Drawn, fonts, frames: false });
    Ok(scene.extents(&input.drawing, &Visibility::default()))
}

fn in_words(facts: &Facts) -> String {
    let mut lines = vec![format!("version  {}", facts.version)];
    let counts = |counts: &std::collections::BTreeMap<String, u64>| {
        let parts: Vec<String> = counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
    };
    lines.push(format!("model    {}", counts(&facts.model)));
    lines.extend(facts.paper.iter().map(|(name, kinds)| format!("sheet    {name}: {}", counts(kinds))));
    lines.push(format!("layers   {}", facts.layers));
    lines.push(format!("blocks   {}", facts.blocks));
    if let Some([x0, y0, x1, y1]) = facts.extents {
        lines.push(format!("extents  {x0},{y0} to {x1},{y1}"));
    }
    lines.push(format!("read in  {} ms", facts.read_ms));
    for (handle, (color, linetype, weight_mm, shown)) in facts.resolved.iter().flatten() {
        let hidden = if *shown { "" } else { ", hidden" };
        lines.push(format!("{handle:>8}  {color} {linetype} {weight_mm} mm{hidden}"));
    }
    lines.join("\n") + "\n"
}
