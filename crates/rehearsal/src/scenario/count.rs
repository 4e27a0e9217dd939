//! Questions about what was counted.

use super::words::{Fault, Words};
use crate::stage::Stage;
use ringback_engine::statistics::Target;
use ringback_model::EngineTime;
use ringback_model::statistic::{Amount, Counter, Counts, Subject, SubjectKind, Tally, Unit};
use std::collections::BTreeMap;

/// What is asked.
pub(crate) enum Question {
    /// The value of a statistic: its name, and of whom.
    Value(String, SubjectKind, String),
    /// Both sides of the books since the beginning.
    Balance(SubjectKind, String),
    /// The same for every quarter of an hour.
    Quarters(SubjectKind, String),
}

/// `statistic total_answered of virtual_queue support`, `balance of queue inbox`,
/// `quarters of medium chat`
pub(crate) fn read(first: &str, words: &mut Words<'_>) -> Result<Question, Fault> {
    let name = match first {
        "statistic" => Some(words.word("the name of a statistic")?.to_owned()),
        _ => None,
    };
    words.must("of")?;
    let kind = words.value("queue, virtual_queue, agent, group or medium")?;
    let of = words.word("the name of one")?.to_owned();
    Ok(match name {
        Some(name) => Question::Value(name, kind, of),
        None if first == "balance" => Question::Balance(kind, of),
        None => Question::Quarters(kind, of),
    })
}

/// The answer, in sentences.
pub(crate) fn answer(stage: &Stage, question: &Question) -> Vec<String> {
    match question {
        Question::Value(name, kind, of) => vec![value(stage, name, *kind, of)],
        Question::Balance(kind, of) => {
            let Some(target) = stage.book().target(*kind, of) else {
                return vec![format!("there is no {kind} {of}")];
            };
            let mut all = Counts::default();
            for (_, counts) in quarters(stage, target) {
                all.merge(&counts);
            }
            vec![format!("{of}: {}", balance(target.subject, &all))]
        }
        Question::Quarters(kind, of) => {
            let Some(target) = stage.book().target(*kind, of) else {
                return vec![format!("there is no {kind} {of}")];
            };
            let begins = stage.now().wall.0 - i64::try_from(stage.now().engine.0).unwrap_or(0);
            let line = |(quarter, counts): (i64, Counts)| {
                let at = u64::try_from(quarter - begins).unwrap_or(0);
                format!("{}: {}", EngineTime(at), balance(target.subject, &counts))
            };
            quarters(stage, target).into_iter().map(line).collect()
        }
    }
}

fn value(stage: &Stage, name: &str, kind: SubjectKind, of: &str) -> String {
    let book = stage.book();
    let Some(target) = book.target(kind, of) else {
        return format!("there is no {kind} {of}");
    };
    let Some(asked) = book.asked(name, kind) else {
        return format!("there is no statistic {name} of a {kind}");
    };
    let value = book.value(&asked, target, stage.now());
    let unit = match asked.statistic.measure.unit() {
        Unit::Count => "",
        Unit::Seconds => " s",
        Unit::Percent => " %",
    };
    match value {
        Some(Amount(number)) => {
            let rounded = (number * 1_000.0).round() / 1_000.0;
            format!("{name} of {of} = {rounded}{unit}")
        }
        None => format!("{name} of {of} is unknown"),
    }
}

/// What was counted, quarter by quarter, of all media together.
fn quarters(stage: &Stage, target: Target) -> BTreeMap<i64, Counts> {
    let mut quarters: BTreeMap<i64, Counts> = BTreeMap::new();
    for Tally {
        quarter,
        key,
        counts,
    } in stage.book().not_written(stage.now())
    {
        let of_it = key.subject == target.subject && key.filter.is_none();
        if of_it && (target.medium.is_none() || key.medium == target.medium) {
            quarters.entry(quarter.0).or_default().merge(&counts);
        }
    }
    quarters
}

fn balance(subject: Subject, counts: &Counts) -> String {
    let ways: &[(Counter, &str)] = if matches!(subject, Subject::Queue(_)) {
        &[
            (Counter::Completed, "completed"),
            (Counter::Abandoned, "abandoned"),
            (Counter::Overflowed, "moved on"),
            (Counter::Stopped, "stopped"),
        ]
    } else {
        &[
            (Counter::Answered, "answered"),
            (Counter::Abandoned, "abandoned"),
            (Counter::ShortAbandoned, "short"),
            (Counter::Overflowed, "overflowed"),
            (Counter::TurnedIntoCallback, "callback"),
            (Counter::Stopped, "stopped"),
        ]
    };
    let ways = ways.iter();
    let ways: Vec<String> = ways
        .map(|(counter, word)| format!("{} {word}", counts.get(*counter)))
        .collect();
    let (entered, left) = counts.balance(matches!(subject, Subject::Queue(_)));
    let holds = if entered == left {
        ""
    } else {
        ", WHICH IS WRONG"
    };
    format!(
        "{entered} entered = {} + {} more inside{holds}",
        ways.join(" + "),
        counts.inside_change()
    )
}
