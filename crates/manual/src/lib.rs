//! The man pages and shell completions of a program, written from the arguments that it takes, so that they can't say
//! something else.
//!
//! Floor 0. Whoever packages the programs calls each as `PROGRAM --write-manual DIR`. Deliberately absent: what a
//! program does.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_complete::Shell;

/// The first argument by which a program is asked for its manual.
const WISH: &str = "--write-manual";

/// The folder to write a manual to, if that is what the program was called for.
pub fn wished(mut arguments: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    arguments.next();
    arguments.next().filter(|first| first == WISH)?;
    arguments.next().map(PathBuf::from)
}

/// Writes `man1/PROGRAM.1` with a page for each of its commands, and completions below `bash`, `zsh` and `fish`; makes
/// the folders that aren't there.
///
/// # Errors
/// What the system says where a file can't be written; files written before stay.
pub fn write(command: Command, folder: &Path) -> io::Result<()> {
    // `help render` is `render --help`: no page of its own.
    let mut command = command.disable_help_subcommand(true);
    let pages = folder.join("man1");
    std::fs::create_dir_all(&pages)?;
    let name = command.get_name().to_owned();
    for (shell, folder) in
        [(Shell::Bash, "bash"), (Shell::Zsh, "zsh"), (Shell::Fish, "fish")].map(|(shell, of)| (shell, folder.join(of)))
    {
        std::fs::create_dir_all(&folder)?;
        clap_complete::generate_to(shell, &mut command, &name, folder)?;
    }
    clap_mangen::generate_to(command, &pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_is_wished_for_in_one_way_only() {
        for (arguments, expect) in [
            (&["linework", "--write-manual", "out"][..], Some("out")),
            (&["linework", "plan.dxf"], None),
            (&["linework", "plan.dxf", "--write-manual", "out"], None),
            (&["linework", "--write-manual"], None),
            (&[], None),
        ] {
            let given = arguments.iter().map(OsString::from);
            assert_eq!(wished(given), expect.map(PathBuf::from), "{arguments:?}");
        }
    }

    #[test]
    fn every_command_has_a_page_and_every_shell_its_completions() {
        let folder = tempfile::tempdir().unwrap();
        let command = Command::new("linework").about("Draws").subcommand(Command::new("render").about("A picture"));
        write(command, folder.path()).unwrap();
        for (file, words) in [
            ("man1/linework.1", "Draws"),
            ("man1/linework-render.1", "A picture"),
            ("bash/linework.bash", "render"),
            ("zsh/_linework", "render"),
            ("fish/linework.fish", "render"),
        ] {
            let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
            assert!(text.contains(words), "{file}");
        }
        assert!(!folder.path().join("man1/linework-help.1").exists());
    }
}
