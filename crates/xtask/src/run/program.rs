//! Running one program: its output is passed on as it comes, and it is stopped when time is up.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::timetable::clock;

/// After so long without output the stage says that it is still at work.
const SILENCE: Duration = Duration::from_secs(15);
/// How long a program that was asked to stop may take before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// How often a silent program is looked at.
const TICK: Duration = Duration::from_millis(200);

/// Runs `command` and hands each line it prints to `seen`. `false` when it failed, or was stopped
/// after `limit`.
pub(super) fn run(
    stage: &str,
    command: &mut Command,
    limit: Duration,
    mut seen: impl FnMut(&str),
) -> Result<bool> {
    let name = command.get_program().to_string_lossy().into_owned();
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{name}` could not be started"))?;
    let lines = lines_of(&mut child);
    let in_time = pass_on(stage, &mut child, &lines, limit, &mut seen)?;
    if !in_time {
        println!("stage {stage}: the time of the whole run is up, `{name}` is stopped");
        stop(&mut child);
        while let Ok(line) = lines.recv_timeout(TICK) {
            show(&line, &mut seen);
        }
    }
    let status = child.wait().with_context(|| format!("`{name}` was lost"))?;
    if in_time && !status.success() {
        println!("`{name}` ended with {status}");
    }
    Ok(in_time && status.success())
}

/// Shows lines until both outputs are closed, or the child ended and left them to a process of its
/// own. `false` when `limit` passed before that.
fn pass_on(
    stage: &str,
    child: &mut Child,
    lines: &Receiver<String>,
    limit: Duration,
    seen: &mut impl FnMut(&str),
) -> Result<bool> {
    let began = Instant::now();
    let mut last_word = began;
    while began.elapsed() < limit {
        match lines.recv_timeout(TICK) {
            Ok(line) => {
                last_word = Instant::now();
                show(&line, seen);
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(true),
            Err(RecvTimeoutError::Timeout) => {
                if child.try_wait().context("the program was lost")?.is_some() {
                    println!("stage {stage} left a process behind that holds its output");
                    return Ok(true);
                }
                if last_word.elapsed() > SILENCE {
                    last_word = Instant::now();
                    println!(".. {stage} is at work, {}", clock(began.elapsed()));
                }
            }
        }
    }
    Ok(false)
}

fn show(line: &str, seen: &mut impl FnMut(&str)) {
    println!("{line}");
    // A reader that went away (`| head`) is noticed by the next println, not here.
    drop(std::io::stdout().flush());
    seen(line);
}

/// Both outputs of the child, line by line, as they come.
fn lines_of(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        read(output, sender.clone());
    }
    if let Some(output) = child.stderr.take() {
        read(output, sender);
    }
    receiver
}

fn read(output: impl Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output
            .read_until(b'\n', &mut line)
            .is_ok_and(|length| length > 0)
        {
            let text = String::from_utf8_lossy(&line)
                .trim_end_matches(['\n', '\r'])
                .to_owned();
            if sender.send(text).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// Asks the child to stop, so that a test runner can stop its own children, then insists.
fn stop(child: &mut Child) {
    let asked = Command::new("kill")
        .arg("-TERM")
        .arg(child.id().to_string())
        .status();
    let until = Instant::now() + GRACE;
    while asked.as_ref().is_ok_and(|status| status.success()) && Instant::now() < until {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    if let Err(error) = child.kill() {
        eprintln!("process {} could not be killed: {error}", child.id());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    const PLENTY: Duration = Duration::from_secs(60);

    #[test]
    fn both_outputs_are_seen_and_the_exit_code_is_told() {
        let mut lines = Vec::new();
        let held = run("t", &mut shell("echo one; echo two >&2"), PLENTY, |line| {
            lines.push(line.to_owned())
        })
        .unwrap();
        lines.sort();
        assert!(held);
        assert_eq!(lines, ["one", "two"]);
        assert!(!run("t", &mut shell("exit 3"), PLENTY, |_| {}).unwrap());
    }

    #[test]
    fn a_program_that_outlasts_the_limit_is_stopped() {
        let mut command = Command::new("sleep");
        command.arg("600");
        assert!(!run("t", &mut command, Duration::from_millis(50), |_| {}).unwrap());
    }

    #[test]
    fn a_process_left_behind_does_not_hold_up_the_run() {
        let mut left = None;
        let held = run("t", &mut shell("sleep 600 & echo $!"), PLENTY, |line| {
            left = Some(line.to_owned())
        })
        .unwrap();
        let left = left.expect("the shell prints the id of what it leaves behind");
        assert!(
            Command::new("kill").arg(left).status().unwrap().success(),
            "it was still there"
        );
        assert!(held);
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run("t", &mut Command::new("no-such-program"), PLENTY, |_| {}).unwrap_err();
        assert!(error.to_string().contains("no-such-program"));
    }
}
