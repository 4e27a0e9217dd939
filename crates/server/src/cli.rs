//! The command line: one subcommand per file under `commands`.

use crate::commands::{
    audit, backup, check_config, config, demo, demo_people, doctor, notify, openapi, replay,
    restore, serve, top, workflow,
};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Ringback: an open, self-hosted contact centre.
///
/// `ringback serve` needs no configuration. `ringback demo` shows everything with an example
/// company.
#[derive(Debug, Parser)]
#[command(name = "ringback", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Demo(demo::Args),
    Top(top::Args),
    Doctor(doctor::Args),
    CheckConfig(check_config::Args),
    Config(config::Args),
    Audit(audit::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Replay(replay::Args),
    Workflow(workflow::Args),
    Notify(notify::Args),
    Openapi(openapi::Args),
    #[command(hide = true)]
    DemoPeople(demo_people::Args),
}

/// Runs the command of this process.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Serve(args) => done(serve::run(args)),
        Command::Demo(args) => demo::run(args),
        Command::Top(args) => done(top::run(args)),
        Command::Doctor(args) => doctor::run(&args),
        Command::CheckConfig(args) => done(check_config::run(args)),
        Command::Audit(args) => audit::run(&args),
        Command::Config(args) => config::run(args),
        Command::Backup(args) => done(backup::run(&args)),
        Command::Restore(args) => done(restore::run(&args)),
        Command::Replay(args) => replay::run(&args),
        Command::Workflow(args) => workflow::run(&args),
        Command::Notify(args) => done(notify::run(args)),
        Command::Openapi(args) => done(openapi::run(&args)),
        Command::DemoPeople(args) => demo_people::run(args),
    }
}

fn done(result: anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    result.map(|()| ExitCode::SUCCESS)
}

/// An error with what caused it, one cause a line.
pub(crate) fn for_people(error: &anyhow::Error) -> String {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    causes.join("\n  because: ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use clap::CommandFactory;
    use std::fmt::Write;

    fn page(text: &mut String, command: &clap::Command, path: &str) {
        let mut command = command.clone().bin_name(path).term_width(100);
        let help = command.render_long_help().to_string();
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        writeln!(text, "\n## `{path}`\n\n```text\n{}\n```", help.join("\n")).unwrap();
        for sub in command.get_subcommands() {
            if !sub.is_hide_set() && sub.get_name() != "help" {
                page(text, sub, &format!("{path} {}", sub.get_name()));
            }
        }
    }

    #[test]
    fn the_reference_page_is_up_to_date() {
        let mut text = String::from(
            "# The commands of `ringback`\n\n\
             <!-- Made from the definitions under crates/server/src/commands; do not edit.\n     \
             UPDATE_GOLDEN=1 cargo test -p ringback writes it anew. -->\n",
        );
        page(&mut text, &Cli::command(), "ringback");
        golden::compare("docs/reference/cli.md", &text);
    }

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_unknown_flag_is_refused_by_name() {
        let error = Cli::try_parse_from(["ringback", "serve", "--prot", "1"]).unwrap_err();
        assert!(error.to_string().contains("--prot"), "{error}");
    }

    #[test]
    fn a_backup_says_that_it_needs_a_place_for_the_keys() {
        let error = Cli::try_parse_from(["ringback", "backup", "--to", "x"]).unwrap_err();
        assert!(error.to_string().contains("--keys-to"), "{error}");
    }

    #[test]
    fn a_restore_needs_a_place_unless_it_only_checks() {
        let restore = ["ringback", "restore", "--from", "a", "--keys-from", "b"];
        let error = Cli::try_parse_from(restore).unwrap_err();
        assert!(error.to_string().contains("--into"), "{error}");
        Cli::try_parse_from(restore.iter().chain(&["--verify"])).unwrap();
    }

    #[test]
    fn an_error_is_shown_with_its_causes() {
        let error = anyhow::anyhow!("the disk is full")
            .context("cannot write `x`")
            .context("the backup was not made");
        assert_eq!(
            for_people(&error),
            "the backup was not made\n  because: cannot write `x`\n  because: the disk is full"
        );
    }
}
