//! Owns the command line: each command asks one step and shows the answer. It refuses to decide
//! anything; what people and scripts may rely on is the contract's page.

mod backup;
mod card;
mod check;
mod collect;
mod command;
mod confirm;
mod decide;
mod deliver;
pub mod demo;
mod documents;
mod editions;
mod generate;
mod ingest;
mod init;
mod inspect;
mod log;
mod logging;
mod members;
mod named;
mod open;
mod out;
mod person;
mod preview;
mod publish;
mod purge;
mod report;
mod restore;
mod retention;
mod row;
mod secret;
mod show;
mod status;
mod stop;
mod verify;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use crate::daemon::{self, Ended};
use crate::ledger::Ailment;
use command::{Cli, Command, Global};
use open::Desk;
use stop::{FAILED, Stop, USAGE};

/// Threads of the runtime: letters wait for servers, not for processors.
const WORKERS_MIN: usize = 2;
/// More would only wait for the one writer of the ledger.
const WORKERS_MAX: usize = 4;

/// Runs a command line, without the program's name, to its exit code.
#[must_use]
pub fn main(args: &[OsString]) -> ExitCode {
    let cli = match Cli::try_parse_from(std::iter::once("phobien".into()).chain(args.to_owned())) {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error),
    };
    logging::start(cli.global.log, matches!(cli.command, Command::Run));
    let cores = std::thread::available_parallelism().map_or(WORKERS_MIN, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.clamp(WORKERS_MIN, WORKERS_MAX))
        .enable_all()
        .build()
        .context("the runtime cannot be started");
    let done = runtime.and_then(|runtime| runtime.block_on(run(cli)));
    done.unwrap_or_else(|error| failed(&error))
}

/// Help and version are results; anything else is a wrong command line.
fn unparsed(error: &clap::Error) -> ExitCode {
    // A closed output is no fault of ours.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { USAGE } else { 0 })
}

fn failed(error: &anyhow::Error) -> ExitCode {
    let ailment = stop::ailment(error);
    let code = match error.downcast_ref::<Stop>() {
        Some(stop) => stop.code,
        None if ailment == Some(Ailment::Damaged) => USAGE,
        None => FAILED,
    };
    let words = format!("{error:#}");
    if !words.is_empty() {
        show::note(&words);
    }
    if let Some(ailment) = ailment {
        let (vi, en) = ailment.advice();
        // The words of the database's errors end with the advice in English.
        if !words.contains(en) {
            show::note(en);
        }
        show::note(vi);
    }
    ExitCode::from(code)
}

async fn run(cli: Cli) -> Result<ExitCode> {
    let Cli { global, command } = cli;
    match command {
        Command::Run => serve(&global).await,
        Command::Demo { once } => {
            let demo = demo::Demo {
                once,
                json: global.json,
                language: global.lang.unwrap_or_else(open::spoken),
                shell: open::shell(std::path::PathBuf::new())?,
            };
            demo::run(demo).await
        }
        Command::Init(ask) => init::run(&global, ask).await,
        Command::Check { offline } => check::run(&global, offline).await,
        Command::Inspect { files } => inspect::run(&global, &files).await,
        Command::Collect { inspect } if !inspect.is_empty() => collect::inspect(&global, &inspect),
        Command::Generate { what } => generate::run(what),
        Command::Restore(ask) => restore::run(&global, ask).await,
        other => {
            let desk = Desk::open(&global).await?;
            let done = at_desk(&desk, other).await;
            desk.screen.flush();
            let closed = desk.ledger.close().await;
            let code = done?;
            closed?;
            Ok(code)
        }
    }
}

/// The commands that need a configuration and a ledger.
async fn at_desk(desk: &Desk, command: Command) -> Result<ExitCode> {
    if command.sends() {
        restore::refuse_copy(desk).await?;
    }
    match command {
        Command::Ingest {
            already_known,
            release,
        } => ingest::run(desk, already_known, release).await,
        Command::Publish(ask) => publish::run(desk, ask).await,
        Command::Deliver { until_idle } => deliver::run(desk, until_idle).await,
        Command::Send { schedule } => deliver::send(desk, &schedule).await,
        Command::Preview(ask) => preview::run(desk, ask).await,
        Command::TestMail { address, schedule } => {
            preview::test_mail(desk, &address, schedule.as_deref()).await
        }
        Command::Documents { command } => documents::run(desk, command).await,
        Command::Members { command } => members::run(desk, command).await,
        Command::Status => status::run(desk).await,
        Command::Log(ask) => log::run(desk, ask).await,
        Command::Report(ask) => report::run(desk, ask).await,
        Command::Collect { .. } => collect::run(desk).await,
        Command::Confirm(ask) => confirm::run(desk, ask).await,
        Command::Resend(ask) => editions::resend(desk, ask).await,
        Command::Cancel { edition } => editions::cancel(desk, &edition).await,
        Command::Retention { dry_run } => retention::run(desk, dry_run).await,
        Command::Resume { what } => editions::resume(desk, &what).await,
        Command::Verify => verify::run(desk).await,
        Command::Backup { file } => backup::run(desk, &file).await,
        Command::Settle { delivery, verdict } => editions::settle(desk, &delivery, verdict).await,
        Command::Print {
            edition,
            branch,
            out,
        } => editions::print(desk, &edition, &branch, out).await,
        // These were answered before a desk was opened.
        Command::Run
        | Command::Demo { .. }
        | Command::Init(_)
        | Command::Check { .. }
        | Command::Inspect { .. }
        | Command::Restore(_)
        | Command::Generate { .. } => Ok(ExitCode::SUCCESS),
    }
}

async fn serve(global: &Global) -> Result<ExitCode> {
    let file = open::find(global)?;
    let desk = Desk::open(global).await?;
    let (config, ledger) = (desk.config.clone(), desk.ledger.clone());
    let ended = daemon::run(open::shell(file)?, config, ledger).await;
    let closed = desk.ledger.close().await;
    match ended? {
        Ended::Drained => {
            closed?;
            Ok(ExitCode::SUCCESS)
        }
        Ended::Locked(holder) => Err(Stop::locked(&desk.screen, &holder)),
        Ended::Copy(at) => Err(restore::is_copy(&desk.screen, at)),
    }
}
