//! What is probably wrong with a document that could run. All findings at once, each with where it
//! stands, what is the matter and what to do.

mod actions;
mod endings;
mod flow;
mod loops;
mod reach;

use std::sync::Arc;

use ringback_scxml::{
    Chart, DocumentLimits, Finding, Options, Position, Resolver, Severity, compile,
};

use crate::outline::Outline;
use crate::vocabulary::Actions;

/// A rule of lint.
#[derive(Debug)]
pub struct Rule {
    /// Its name, the `code` of its findings.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What it finds.
    pub finds: &'static str,
    /// What to do about it.
    pub advice: &'static str,
    check: fn(&mut Findings<'_>),
}

/// The rules beside those that the interpreter itself has when it reads a document.
pub const RULES: &[Rule] = &[
    Rule {
        name: "document.unread",
        severity: Severity::Notice,
        finds: "files that lint cannot look into, because they are not in UTF-8",
        advice: "keep it in UTF-8; what is done in it is not known to lint, so other findings may be wrong",
        check: unread,
    },
    Rule {
        name: "state.unreachable",
        severity: Severity::Warning,
        finds: "states that nothing leads to",
        advice: "give a transition that target, or take the state out",
        check: reach::states,
    },
    Rule {
        name: "transition.shadowed",
        severity: Severity::Warning,
        finds: "transitions behind an unconditional one for the same events",
        advice: "put it before that one, or give that one a condition",
        check: reach::shadowed,
    },
    Rule {
        name: "transition.never",
        severity: Severity::Warning,
        finds: "transitions that can never be taken: their condition is `false`, or their state is left at once",
        advice: "take it out, or change what stands in its way",
        check: reach::never,
    },
    Rule {
        name: "transition.nowhere",
        severity: Severity::Warning,
        finds: "transitions without a target that do nothing",
        advice: "give it a target or something to do; an event that nobody waits for is left alone anyway",
        check: reach::nowhere,
    },
    Rule {
        name: "state.dead-end",
        severity: Severity::Warning,
        finds: "states that are never left and are not final",
        advice: "add a transition, or make it a <final>",
        check: endings::dead_ends,
    },
    Rule {
        name: "path.endless",
        severity: Severity::Warning,
        finds: "states from which the document can neither end nor give its interaction a place",
        advice: "lead it to a <final>, or to queue:submit, interaction:place, interaction:redirect or interaction:stop",
        check: endings::endless,
    },
    Rule {
        name: "path.unsettled",
        severity: Severity::Warning,
        finds: "ends that can be reached while the interaction has no place of its own",
        advice: "route, place, redirect or stop the interaction before; else it goes to the fall-back of its queue",
        check: endings::unsettled,
    },
    Rule {
        name: "loop.without-wait",
        severity: Severity::Warning,
        finds: "circles of transitions that wait for nothing",
        advice: "let one of them wait for an event or a delayed <send>, or make sure that a condition ends it",
        check: loops::without_wait,
    },
    Rule {
        name: "action.error-unhandled",
        severity: Severity::Warning,
        finds: "actions whose `error.` event nobody hears",
        advice: "add a transition for it, or for `error`, to the state or one around it",
        check: actions::unhandled,
    },
    Rule {
        name: "action.no-room",
        severity: Severity::Notice,
        finds: "actions that cannot be carried out yet",
        advice: "handle its error, or wait until that part of the house is there",
        check: actions::rooms,
    },
    Rule {
        name: "event.unknown",
        severity: Severity::Warning,
        finds: "transitions for events of a module that it does not have",
        advice: "compare with the events of the module in the reference",
        check: actions::unknown_events,
    },
];

/// What lint found.
#[derive(Debug)]
pub struct Report {
    /// The findings, in the order of the text.
    pub findings: Vec<Finding>,
    /// How many findings comments have silenced.
    pub silenced: usize,
    /// The document, unless it is refused.
    pub outline: Option<Outline>,
}

/// Reads a document with the actions of the table.
///
/// # Errors
/// All findings, when one of them is an error.
pub fn read(
    name: &str,
    text: &[u8],
    resolver: &dyn Resolver,
) -> Result<(Outline, Vec<Finding>), Vec<Finding>> {
    let actions = Actions::default();
    let options = Options {
        resolver,
        vocabulary: &actions,
        limits: DocumentLimits::default(),
    };
    match compile(name, text, &options) {
        Ok(compiled) => {
            let outline = Outline::read(compiled.chart, text, resolver);
            Ok((outline, compiled.findings))
        }
        Err(refused) => Err(refused.findings),
    }
}

/// Reads a document and says all that is wrong with it. A document that is refused is not looked at
/// further.
pub fn lint(name: &str, text: &[u8], resolver: &dyn Resolver) -> Report {
    let (outline, mut findings) = match read(name, text, resolver) {
        Ok(read) => read,
        Err(findings) => {
            return Report {
                findings,
                silenced: 0,
                outline: None,
            };
        }
    };
    for rule in RULES {
        let mut found = Findings {
            outline: &outline,
            chart: &outline.chart,
            rule,
            findings: Vec::new(),
        };
        (rule.check)(&mut found);
        findings.append(&mut found.findings);
    }
    let before = findings.len();
    findings.retain(|finding| !is_silenced(&outline, finding));
    findings.sort_by(|a, b| {
        (&a.file, a.line, a.column, &a.code).cmp(&(&b.file, b.line, b.column, &b.code))
    });
    Report {
        silenced: before - findings.len(),
        findings,
        outline: Some(outline),
    }
}

fn is_silenced(outline: &Outline, finding: &Finding) -> bool {
    finding.severity != Severity::Error
        && outline.silences.iter().any(|silence| {
            silence.rules.contains(&finding.code)
                && outline.chart.files.get(usize::from(silence.file)) == Some(&finding.file)
                && (silence.lines.0..=silence.lines.1).contains(&finding.line)
        })
}

fn unread(found: &mut Findings<'_>) {
    for file in &found.outline.unread {
        found.add(Position::default(), format!("`{file}` is not in UTF-8"));
    }
}

/// Gathers the findings of one rule.
struct Findings<'a> {
    outline: &'a Outline,
    chart: &'a Arc<Chart>,
    rule: &'static Rule,
    findings: Vec<Finding>,
}

impl Findings<'_> {
    fn add(&mut self, at: Position, message: impl Into<String>) {
        let file = self.chart.files.get(usize::from(at.file));
        self.findings.push(Finding {
            severity: self.rule.severity,
            code: self.rule.name.to_owned(),
            file: file.cloned().unwrap_or_default(),
            line: at.line,
            column: at.column,
            message: message.into(),
            advice: self.rule.advice.to_owned(),
        });
    }
}
