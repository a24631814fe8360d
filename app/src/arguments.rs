//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::headless::Command;

/// Look at and edit 2D CAD drawings together.
#[derive(Debug, Parser)]
#[command(
    name = "linework",
    version,
    after_help = "For example:\n  linework plan.dxf\n  linework linework://192.168.1.20:4848/plan#SECRET --name Ana",
    args_conflicts_with_subcommands = true
)]
pub struct Arguments {
    /// A drawing to open, or the address of a shared one to join.
    #[arg(value_name = "FILE|ADDRESS")]
    pub open: Vec<String>,
    /// What others see you called.
    #[arg(long, global = true)]
    pub name: Option<String>,
    /// Look for no hosts on this network.
    #[arg(long)]
    pub no_nearby: bool,
    /// Where settings and unsaved work are kept.
    #[arg(long, value_name = "DIR", global = true)]
    pub state_dir: Option<PathBuf>,
    /// What to do without a window.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Arguments {
    /// The state folder: the one given, else the system's place for such things.
    pub fn state_dir(&self) -> anyhow::Result<PathBuf> {
        if let Some(folder) = &self.state_dir {
            return Ok(folder.clone());
        }
        let folders = directories::ProjectDirs::from("", "", "linework")
            .ok_or_else(|| anyhow::anyhow!("the system names no home folder; give one with --state-dir"))?;
        Ok(folders.state_dir().unwrap_or(folders.data_local_dir()).to_owned())
    }
}
