//! Owns man pages and shell completions, made of the same definition that parses. It refuses to
//! say anything that the help does not.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory;

use super::command::{Cli, Generate};

pub(super) fn run(what: Generate) -> Result<ExitCode> {
    let mut command = Cli::command();
    match what {
        Generate::Man { dir } => {
            std::fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
            clap_mangen::generate_to(command, &dir).context("man pages")?;
        }
        Generate::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut command, "phobien", &mut text);
            // A closed output is no fault of ours.
            let _ = std::io::Write::write_all(&mut std::io::stdout(), &text);
        }
    }
    Ok(ExitCode::SUCCESS)
}
