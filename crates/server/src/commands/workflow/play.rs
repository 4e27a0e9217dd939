//! `ringback workflow run`.

use super::files::{Disk, outline};
use anyhow::{Context, Result, bail};
use ringback_scxml::{DocumentLimits, Options, Status, Value};
use ringback_workflow::play::Player;
use ringback_workflow::scenario::{self, Thing, When};
use ringback_workflow::{Actions, duration};
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Run a workflow in the terminal, on a virtual clock: you tell it events and answer what it asks for.
///
/// A line says what happens: `event NAME with a 1, b "two"`, `queue.submit is done with resource "anna"`,
/// `queue.submit fails with timeout`, `30s pass`. `given queue.submit is done with resource "anna" after 5s`
/// answers from now on by itself. `quit` ends.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The document.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The interaction that it is started for, such as `i1 with medium "chat", queue "inbox"`.
    #[arg(long, value_name = "ID WITH ..")]
    interaction: Option<String>,
    /// A value for its data, such as `line = "support"`; may be repeated.
    #[arg(long, value_name = "NAME = VALUE")]
    data: Vec<String>,
    /// A file with `given` lines that answer what it asks for.
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// What happens, one line each, before lines are read; may be repeated.
    #[arg(long = "do", value_name = "LINE")]
    lines: Vec<String>,
    /// Read no lines: only what `--do` says happens.
    #[arg(long)]
    no_input: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let outline = outline(&args.file)?;
    let actions = Actions::default();
    let options = Options {
        resolver: &Disk,
        vocabulary: &actions,
        limits: DocumentLimits::default(),
    };
    let (rules, data, interaction) = beginning(args)?;
    let mut player = Player::new(&outline.chart, options, data);
    for rule in rules {
        player.rule(rule);
    }
    player.settle();
    if let Some(interaction) = interaction {
        player.event("interaction.present", interaction);
    }
    tell(&mut player);
    for line in &args.lines {
        println!("> {line}");
        if let Err(problem) = happens(&mut player, line) {
            bail!("--do `{line}`: {problem}");
        }
        tell(&mut player);
    }
    if !args.no_input {
        read_lines(&mut player)?;
    }
    Ok(match player.status() {
        Status::Broken(_) => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}

type Beginning = (
    Vec<ringback_workflow::play::Rule>,
    Vec<(String, Value)>,
    Option<Value>,
);

/// What the session begins with: rules, data, and the interaction.
fn beginning(args: &Args) -> Result<Beginning> {
    let mut lines: Vec<String> = Vec::new();
    if let Some(file) = &args.rules {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let rules = text.lines().map(str::trim);
        lines.extend(
            rules
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .map(str::to_owned),
        );
    }
    lines.extend(args.data.iter().map(|data| format!("given data {data}")));
    lines.extend(
        args.interaction
            .iter()
            .map(|i| format!("given interaction {i}")),
    );
    let mut begin: Beginning = (Vec::new(), Vec::new(), None);
    for line in lines {
        match scenario::line(&line) {
            Ok(Thing::Rule(rule)) => begin.0.push(rule),
            Ok(Thing::Data(name, value)) => begin.1.push((name, value)),
            Ok(Thing::Interaction(id, members)) => {
                let mut all = vec![("interactionid".to_owned(), Value::text(id))];
                all.extend(members);
                begin.2 = Some(Value::Map(all));
            }
            Ok(_) => bail!("`{line}`: only `given` lines can stand here"),
            Err(problem) => bail!("`{line}`: {problem}"),
        }
    }
    Ok(begin)
}

fn read_lines(player: &mut Player<'_>) -> Result<()> {
    let input = std::io::stdin();
    let by_hand = input.is_terminal();
    let mut lines = input.lock().lines();
    while player.status() == Status::Running {
        if by_hand {
            prompt(player)?;
        }
        let Some(line) = lines.next().transpose()? else {
            break;
        };
        let line = line.trim();
        match line {
            "" => continue,
            "quit" | "exit" => break,
            _ if line.starts_with('#') => continue,
            _ => {}
        }
        if !by_hand {
            println!("> {line}");
        }
        if let Err(problem) = happens(player, line) {
            println!("          {problem}");
        }
        tell(player);
    }
    Ok(())
}

fn prompt(player: &Player<'_>) -> Result<()> {
    let open = player.open();
    if !open.is_empty() {
        println!("          waits for an answer: {}", open.join(", "));
    }
    print!("{}> ", duration::shown(player.now()));
    std::io::stdout().flush()?;
    Ok(())
}

fn happens(player: &mut Player<'_>, line: &str) -> Result<(), String> {
    match scenario::line(line)? {
        Thing::Rule(rule) => player.rule(rule),
        Thing::When(When::Starts) => {}
        Thing::When(When::Event(name, members)) if members.is_empty() => {
            player.event(&name, Value::Undefined);
        }
        Thing::When(When::Event(name, members)) => player.event(&name, Value::Map(members)),
        Thing::When(When::Passes(time)) => player.pass(time),
        Thing::When(When::Answered(name, outcome)) => player
            .answer(&name, &outcome)
            .map_err(|refused| refused.to_string())?,
        Thing::Data(..) | Thing::Interaction(..) => {
            return Err("this has to be said when it is started".to_owned());
        }
        Thing::Then(_) => return Err("nothing is promised here; `test` looks at that".to_owned()),
    }
    Ok(())
}

/// Prints what has happened, and where the document stands.
fn tell(player: &mut Player<'_>) {
    for told in player.story() {
        println!("{told}");
    }
    match player.status() {
        Status::Running => println!(
            "{:>8}  is in {}",
            duration::shown(player.now()),
            player.active().join(", ")
        ),
        Status::Done => println!("{:>8}  is over", duration::shown(player.now())),
        Status::New | Status::Cancelled | Status::Broken(_) => {}
    }
}
