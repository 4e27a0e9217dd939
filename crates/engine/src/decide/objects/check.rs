//! What has to be true of a body: everything that is wrong is found at once.

mod bodies;

use super::references::{self, Reference};
use super::{Finding, Kind};
use crate::state::State;
use ringback_model::Name;
use ringback_model::condition::{Condition, Order, Path};
use ringback_model::config::{AgentBody, Body, ListPurpose, QueueBody, Skill};
use ringback_model::target::{Level, Text};
use std::collections::BTreeSet;

/// What is found so far.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Finding>);

impl Report {
    /// Something is wrong at a place.
    fn add(&mut self, path: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Finding {
            path: path.into(),
            problem: problem.into(),
        });
    }

    /// A text has at most so many characters, and none that controls something.
    fn text(&mut self, path: &str, text: &str, chars_max: usize) {
        let chars = text.chars().count();
        if chars > chars_max {
            let problem = format!("has {chars} characters: at most {chars_max} are allowed");
            self.add(path, problem);
        }
        let control = |found: char| found.is_control() && !matches!(found, '\n' | '\t');
        if text.chars().any(control) {
            self.add(path, "holds control characters");
        }
    }

    /// A number lies in a range.
    fn within<T: PartialOrd + std::fmt::Display>(
        &mut self,
        path: &str,
        found: T,
        least: T,
        most: T,
    ) {
        if found < least || found > most {
            self.add(
                path,
                format!("is {found}: allowed is from {least} to {most}"),
            );
        }
    }
}

/// What is wrong with an object.
pub(super) fn object(state: &State, name: &Name, body: &Body) -> Vec<Finding> {
    let mut report = Report::default();
    bodies::check(name, body, &mut report);
    missing(state, references::of(body), &mut report);
    match body {
        Body::Skill(skill) => in_use(state, name, skill, &mut report),
        Body::Person(person) => own_address(state, name, person.email.as_deref(), &mut report),
        _ => {}
    }
    sealed_keys(state, body, &mut report);
    report.0
}

/// What is wrong with an interaction queue.
pub(super) fn queue(state: &State, body: &QueueBody) -> Vec<Finding> {
    let mut report = Report::default();
    for (medium, after) in &body.wrap_up {
        bodies::after_contact(&format!("/wrap_up/{medium}"), after, &mut report);
    }
    missing(state, references::of_queue(body), &mut report);
    let list = body.dispositions.as_ref().map(|it| &it.list);
    let list = list.and_then(|name| state.object_named(Kind::List, name));
    if let Some(Body::List(list)) = list.map(|it| &it.body)
        && list.purpose != ListPurpose::Disposition
    {
        report.add("/dispositions/list", "is no list of dispositions");
    }
    report.0
}

/// What is wrong with an agent.
pub(super) fn agent(state: &State, body: &AgentBody) -> Vec<Finding> {
    let mut report = Report::default();
    if body.texts.len() > super::super::configuration::SKILLS_MAX {
        report.add("/texts", "names more than 256 skills");
    }
    missing(state, references::of_agent(body), &mut report);
    for (name, level) in &body.skills {
        if let Some(skill) = declared(state, name) {
            level_fits(&format!("/skills/{name}"), skill, *level, &mut report);
        }
    }
    for (name, text) in &body.texts {
        if let Some(skill) = declared(state, name) {
            text_fits(&format!("/texts/{name}"), skill, text, &mut report);
        }
    }
    report.0
}

fn declared<'a>(state: &'a State, name: &Name) -> Option<&'a Skill> {
    match &state.object_named(Kind::Skill, name)?.body {
        Body::Skill(skill) => Some(skill),
        _ => None,
    }
}

fn level_fits(path: &str, skill: &Skill, level: Level, report: &mut Report) {
    if !skill.texts.is_empty() {
        report.add(path, "is measured by texts: name it under `texts`");
    }
    if let Some(most) = skill.level_max.filter(|most| level > *most) {
        report.add(path, format!("is {level}: its highest level is {most}"));
    }
}

fn text_fits(path: &str, skill: &Skill, text: &Text, report: &mut Report) {
    if skill.texts.is_empty() {
        report.add(path, "is measured by levels: name it under `skills`");
    } else if !skill.texts.contains(text) {
        let texts: Vec<_> = skill.texts.iter().map(Text::as_str).collect();
        report.add(path, format!("is {text}: it has {}", texts.join(", ")));
    }
}

/// What is named and is not there. Skills may be named without being declared, unless the
/// settings say otherwise.
fn missing(state: &State, references: Vec<Reference>, report: &mut Report) {
    let (_, settings) = state.settings();
    for it in references {
        let free = it.kind == Kind::Skill && !settings.skills_declared;
        if !free && !state.exists(it.kind, &it.name) {
            report.add(it.path, format!("there is no {} {}", it.kind, it.name));
        }
    }
}

/// User data that are asked for are open: what is sealed counts as missing, so whatever asks for it
/// would never fit, and nobody would be told.
fn sealed_keys(state: &State, body: &Body, report: &mut Report) {
    let (_, settings) = state.settings();
    for (path, key) in keys_asked(body) {
        if !settings.open_keys.contains(&key) {
            let problem = format!("{key:?} is sealed: add it to `open_keys` in the settings");
            report.add(path, problem);
        }
    }
}

/// The keys of user data that a body asks for, and where.
fn keys_asked(body: &Body) -> BTreeSet<(&'static str, String)> {
    let first = |path: &'static str| move |key: &Path| (path, key.keys()[0].clone());
    let of_condition = |path: &'static str, text: &str| {
        let condition: Option<Condition> = text.parse().ok();
        let keys = condition.iter().flat_map(Condition::user_paths);
        keys.map(first(path)).collect::<BTreeSet<_>>()
    };
    match body {
        Body::View(view) => {
            let mut keys = of_condition("/condition", &view.condition);
            let order: Option<Order> = view.order.parse().ok();
            let order = order.iter().flat_map(Order::user_paths);
            keys.extend(order.map(first("/order")));
            let segment = view.segment_by.iter().cloned();
            keys.extend(segment.map(|key| ("/segment_by", key)));
            keys
        }
        Body::Webhook(webhook) => of_condition("/condition", &webhook.condition),
        Body::Statistic(statistic) => of_condition("/filter", &statistic.filter),
        _ => BTreeSet::new(),
    }
}

/// People log in by their addresses, so each belongs to one of them.
fn own_address(state: &State, name: &Name, email: Option<&str>, report: &mut Report) {
    let holder = email.and_then(|email| state.logins().holder(email));
    if let Some(other) = holder.filter(|holder| *holder != name) {
        report.add("/email", format!("belongs to person {other} already"));
    }
}

/// A skill is not declared against what agents have of it.
fn in_use(state: &State, name: &Name, skill: &Skill, report: &mut Report) {
    for (_, agent) in state.agents.in_order() {
        let mut found = Report::default();
        if let Some(level) = agent.body.skills.get(name) {
            level_fits("", skill, *level, &mut found);
        }
        if let Some(text) = agent.body.texts.get(name) {
            text_fits("", skill, text, &mut found);
        }
        for finding in found.0 {
            let whose = format!("does not fit agent {}: {}", agent.name, finding.problem);
            report.add("/", whose);
        }
        if report.0.len() > super::FINDINGS_MAX {
            return;
        }
    }
}
