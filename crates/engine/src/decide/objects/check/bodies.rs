//! What can be said of each body without looking at anything else.

use super::Report;
use ringback_model::capacity::Rule;
use ringback_model::condition::{Condition, Order, Parameters};
use ringback_model::config::{
    AfterContact, Attribute, AttributeType, Body, Calendar, CapacityRule, Date, Group, Hours, List,
    MediumDefaults, Person, Role, ScreenPop, Skill, Span, Statistic, Template, View, Webhook,
    Workbin, WrapUp,
};
use ringback_model::route::Selection;
use ringback_model::statistic::{
    EDGES_SECONDS, Measure, Profile, SELECTION_MAX, SLIDING_MINUTES_MAX, SubjectKind, Thresholds,
};
use ringback_model::{Medium, Millis, Name};
use std::collections::BTreeSet;

/// Characters of what people read on a button or in a list.
const TITLE_MAX: usize = 200;
/// Characters of an explanation.
const TEXT_MAX: usize = 2_000;
/// Characters of a user data key.
const KEY_MAX: usize = 200;
/// Entries of a list within a body.
const ENTRIES_MAX: usize = 10_000;

const SECOND: Millis = Millis::seconds(1);
const DAY: Millis = Millis::seconds(86_400);

pub(super) fn check(name: &Name, body: &Body, report: &mut Report) {
    match body {
        Body::Attribute(it) => attribute(it, report),
        Body::Calendar(it) => calendar(it, report),
        Body::CapacityRule(it) => capacity_rule(it, report),
        Body::Group(it) => group(it, report),
        Body::Hours(it) => hours(it, report),
        Body::List(it) => list(it, report),
        Body::Medium(it) => medium(name, it, report),
        Body::Person(it) => person(it, report),
        Body::ScreenPop(it) => screen_pop(it, report),
        Body::Skill(it) => skill(it, report),
        Body::Statistic(it) => statistic(name, it, report),
        Body::View(it) => view(it, report),
        Body::Webhook(it) => webhook(it, report),
        Body::Workbin(it) => workbin(it, report),
    }
}

fn title(text: &str, report: &mut Report) {
    report.text("/display_name", text, TITLE_MAX);
}

fn few(path: &str, count: usize, report: &mut Report) {
    if count > ENTRIES_MAX {
        let problem = format!("has {count} entries: at most {ENTRIES_MAX} are allowed");
        report.add(path, problem);
    }
}

fn group(it: &Group, report: &mut Report) {
    title(&it.display_name, report);
    few("/members", it.members.len(), report);
    let Some(expression) = &it.expression else {
        return;
    };
    expression.each_belonging(&mut |condition, _| {
        let problem = format!("asks {condition}: a group can ask for skills only");
        report.add("/expression", problem);
    });
}

fn skill(it: &Skill, report: &mut Report) {
    title(&it.display_name, report);
    report.text("/description", &it.description, TEXT_MAX);
    few("/texts", it.texts.len(), report);
    if it.level_max.is_some() && !it.texts.is_empty() {
        report.add("/texts", "a skill has levels or texts, not both");
    }
}

fn calendar(it: &Calendar, report: &mut Report) {
    title(&it.display_name, report);
    few("/hours", it.hours.len(), report);
}

fn screen_pop(it: &ScreenPop, report: &mut Report) {
    title(&it.display_name, report);
    report.text("/url", &it.url, TEXT_MAX);
    if let Err(error) = it.url.parse::<Template>() {
        report.add("/url", error.to_string());
    }
    few("/queues", it.queues.len(), report);
}

fn webhook(it: &Webhook, report: &mut Report) {
    report.text("/description", &it.description, TEXT_MAX);
    report.text("/url", &it.url, TEXT_MAX);
    // Which hosts are allowed is the door's to say: it knows the names of machines.
    let web = ["https://", "http://"];
    if !web.iter().any(|scheme| it.url.starts_with(scheme)) {
        report.add("/url", "is no web address: begin with https://");
    }
    few("/events", it.events.len(), report);
    few("/queues", it.queues.len(), report);
    match it.condition.parse::<Condition>() {
        Ok(condition) if condition.parameters().is_empty() => {}
        Ok(_) => report.add("/condition", "has parameters, which nobody gives here"),
        Err(error) => report.add("/condition", error.to_string()),
    }
    if it.secrets.len() > Webhook::SECRETS_MAX {
        let most = Webhook::SECRETS_MAX;
        report.add("/secrets", format!("has more than {most} secrets"));
    }
}

fn workbin(it: &Workbin, report: &mut Report) {
    title(&it.display_name, report);
    report.within("/items_max", it.items_max, 1, 1_000_000);
}

/// What is measured is known of the subject, over a stretch it has, at thresholds waits are
/// sorted by.
fn statistic(name: &Name, it: &Statistic, report: &mut Report) {
    title(&it.display_name, report);
    if name.as_str().parse::<Measure>().is_ok() {
        report.add(
            "",
            format!("{name} is the name of a measure: choose another"),
        );
    }
    if !it.measure.kinds().contains(&it.subject) {
        let kinds: Vec<&str> = it.measure.kinds().iter().map(|kind| kind.name()).collect();
        let known = kinds.join(", ");
        let problem = format!(
            "{} is not known of a {}: only of {known}",
            it.measure, it.subject
        );
        report.add("/subject", problem);
    }
    profile(it, report);
    let thresholds = [
        ("/service_level_ms", Some(it.service_level)),
        ("/short_abandon_ms", it.short_abandon),
    ];
    for (path, threshold) in thresholds {
        if threshold.is_some_and(|it| !Thresholds::is_edge(it)) {
            let edges: Vec<String> = EDGES_SECONDS.iter().map(u64::to_string).collect();
            let problem = format!("is none of {} seconds", edges.join(", "));
            report.add(path, problem);
        }
    }
    if it.medium.is_some() && it.subject == SubjectKind::Medium {
        report.add("/medium", "the subject is a medium already");
    }
    if it.medium.is_some() && it.measure.is_of_all_media() {
        report.add(
            "/medium",
            format!("{} is of all media together", it.measure),
        );
    }
    match it.filter.parse::<Condition>() {
        Err(error) => report.add("/filter", error.to_string()),
        Ok(filter) if !filter.parameters().is_empty() => {
            report.add("/filter", "leaves parameters open: write values");
        }
        Ok(_) => {}
    }
    if !it.filter.is_empty() && it.measure.is_of_agents() {
        let problem = "is about agents, not about interactions: it cannot be filtered";
        report.add("/filter", format!("{} {problem}", it.measure));
    }
}

fn profile(it: &Statistic, report: &mut Report) {
    match it.profile {
        Profile::Growing => {}
        Profile::Sliding { minutes } => {
            report.within("/profile/sliding/minutes", minutes, 1, SLIDING_MINUTES_MAX);
        }
        Profile::Selection { last } => {
            report.within("/profile/selection/last", last, 1, SELECTION_MAX);
            let kept = matches!(it.subject, SubjectKind::VirtualQueue | SubjectKind::Agent);
            if !kept || it.medium.is_some() || !it.filter.is_empty() {
                let problem = "is kept of a virtual queue or an agent, of all media, unfiltered";
                report.add("/profile/selection", problem);
            }
        }
        Profile::SinceLogin => {
            if it.subject != SubjectKind::Agent || it.medium.is_some() || !it.filter.is_empty() {
                let problem = "is kept of an agent, of all media, unfiltered";
                report.add("/profile/since_login", problem);
            }
        }
    }
}

fn view(it: &View, report: &mut Report) {
    title(&it.display_name, report);
    condition(it, report);
    if let Err(error) = it.order.parse::<Order>() {
        report.add("/order", error.to_string());
    }
    few("/parameters", it.parameters.len(), report);
    for (name, value) in &it.parameters {
        report.text(&format!("/parameters/{name}"), value, TITLE_MAX);
    }
    if let Some(key) = &it.segment_by {
        key_of("/segment_by", key, report);
    }
    if it.segment_by.is_some() != it.segment_max.is_some() {
        report.add(
            "/segment_max",
            "segment_by and segment_max are given together",
        );
    }
    if let Some(most) = it.segment_max {
        report.within("/segment_max", most, 1, 1_000_000);
    }
    report.within("/pull_max", it.pull_max, 1, 10_000);
    report.within("/check_every_ms", it.check_every, SECOND, DAY);
    if let Some(selection) = it.route().and_then(|route| route.selection.get()) {
        selected(selection, report);
    }
}

/// What a request says of whom to choose is within its limits.
fn selected(it: &Selection, report: &mut Report) {
    let most = Selection::EXCLUDE_MAX;
    report.within("/route/exclude", it.exclude.len(), 0, most);
    if let Some(last) = &it.last_agent {
        let most = Selection::WAIT_MAX;
        report.within("/route/last_agent/wait_ms", last.wait, Millis::ZERO, most);
    }
}

/// The condition reads, and its parameters are those of the view.
fn condition(it: &View, report: &mut Report) {
    let condition: Condition = match it.condition.parse() {
        Ok(condition) => condition,
        Err(error) => return report.add("/condition", error.to_string()),
    };
    let used = condition.parameters();
    for name in used
        .keys()
        .filter(|name| !it.parameters.contains_key(**name))
    {
        let problem = format!("the condition leaves {name} open: give it a value");
        report.add("/parameters", problem);
    }
    for name in it
        .parameters
        .keys()
        .filter(|name| !used.contains_key(*name))
    {
        let problem = format!("the condition does not leave {name} open");
        report.add("/parameters", problem);
    }
    let all_given = used.keys().all(|name| it.parameters.contains_key(*name));
    if all_given
        && used.len() == it.parameters.len()
        && let Err(error) = it.bound(&condition, &Parameters::new())
    {
        report.add("/parameters", error.to_string());
    }
}

fn key_of(path: &str, key: &str, report: &mut Report) {
    report.text(path, key, KEY_MAX);
    if key.is_empty() {
        report.add(path, "is empty: name a user data key");
    }
}

fn capacity_rule(it: &CapacityRule, report: &mut Report) {
    report.text("/description", &it.description, TEXT_MAX);
    if let Err(error) = it.text.parse::<Rule>() {
        report.add("/text", error.to_string());
    }
}

fn attribute(it: &Attribute, report: &mut Report) {
    title(&it.display_name, report);
    report.text("/description", &it.description, TEXT_MAX);
    report.text("/key", &it.key, KEY_MAX);
    few("/choices", it.choices.len(), report);
    if (it.kind == AttributeType::Enum) == it.choices.is_empty() {
        report.add("/choices", "choices are given exactly for type enum");
    }
    let mut seen = BTreeSet::new();
    for (index, choice) in it.choices.iter().enumerate() {
        let path = format!("/choices/{index}/value");
        report.text(&path, &choice.value, TITLE_MAX);
        if !seen.insert(&choice.value) {
            report.add(path, format!("{:?} is there already", choice.value));
        }
        let path = format!("/choices/{index}/display_name");
        report.text(&path, &choice.display_name, TITLE_MAX);
    }
    if let Some(value) = &it.default {
        report.text("/default", value, TEXT_MAX);
        if let Some(expected) = unlike(it, value) {
            report.add("/default", format!("{value:?} is not {expected}"));
        }
    }
}

/// What a value should be, if it is not.
fn unlike(it: &Attribute, value: &str) -> Option<&'static str> {
    let (fits, expected) = match it.kind {
        AttributeType::String => (true, "a text"),
        AttributeType::Int => (value.parse::<i64>().is_ok(), "a whole number"),
        AttributeType::Float => {
            let number = value.parse::<f64>().is_ok_and(f64::is_finite);
            (number, "a number")
        }
        AttributeType::Bool => (matches!(value, "true" | "false"), "true or false"),
        AttributeType::Date => (value.parse::<Date>().is_ok(), "a day like 2026-12-25"),
        AttributeType::Enum => {
            let chosen = it.choices.iter().any(|choice| choice.value == value);
            (chosen, "one of the choices")
        }
    };
    (!fits).then_some(expected)
}

fn medium(name: &Name, it: &MediumDefaults, report: &mut Report) {
    if let Err(error) = name.as_str().parse::<Medium>() {
        report.add("/", error.to_string());
    }
    let spans = [
        ("/offer_ttl_ms", it.offer_ttl, DAY),
        ("/delivering_max_ms", it.delivering_max, DAY),
        ("/handling_max_ms", it.handling_max, DAY),
        (
            "/routing_max_ms",
            it.routing_max,
            Millis::seconds(30 * 86_400),
        ),
    ];
    for (path, span, most) in spans {
        if let Some(span) = span {
            report.within(path, span, SECOND, most);
        }
    }
    if it.offer_ttl.is_some() && it.delivering_max.is_some() {
        let problem = "says the same as offer_ttl_ms: give one of them";
        report.add("/delivering_max_ms", problem);
    }
    if let Some(pause) = it.cool_down {
        report.within("/cool_down_ms", pause, Millis::ZERO, DAY);
    }
    if let Some(misses) = it.misses_max {
        report.within("/misses_max", misses, 1, 100);
    }
    let after = AfterContact {
        wrap_up: it.wrap_up,
        wrap_up_for: it.wrap_up_for,
    };
    after_contact("", &after, report);
}

/// What comes after a contact lasts as long as it says.
pub(super) fn after_contact(path: &str, it: &AfterContact, report: &mut Report) {
    let path = format!("{path}/wrap_up_for_ms");
    if let Some(span) = it.wrap_up_for {
        report.within(&path, span, SECOND, Millis::seconds(3_600));
    }
    if (it.wrap_up == WrapUp::Timed) != it.wrap_up_for.is_some() {
        report.add(path, "is given exactly for wrap_up timed");
    }
}

fn list(it: &List, report: &mut Report) {
    title(&it.display_name, report);
    few("/codes", it.codes.len(), report);
    let known: BTreeSet<&str> = it.codes.iter().map(|code| code.code.as_str()).collect();
    let mut seen = BTreeSet::new();
    for (index, code) in it.codes.iter().enumerate() {
        let path = format!("/codes/{index}/code");
        report.text(&path, &code.code, TITLE_MAX);
        for part in code.code.split('/') {
            if let Err(error) = part.parse::<Name>() {
                report.add(path.as_str(), error.to_string());
            }
        }
        if let Some((above, _)) = code.code.rsplit_once('/')
            && !known.contains(above)
        {
            report.add(
                path.as_str(),
                format!("stands below {above}, which is not in the list"),
            );
        }
        if !seen.insert(&code.code) {
            report.add(path, format!("{} is there already", code.code));
        }
        let path = format!("/codes/{index}/display_name");
        report.text(&path, &code.display_name, TITLE_MAX);
    }
}

fn person(it: &Person, report: &mut Report) {
    title(&it.display_name, report);
    if let Some(email) = &it.email {
        report.text("/email", email, TITLE_MAX);
        let parts = email.split_once('@');
        if !parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) {
            report.add("/email", format!("{email:?} is no e-mail address"));
        }
    }
    if (it.role == Role::Agent) != it.agent.is_some() {
        report.add(
            "/agent",
            "a person names an agent exactly when the role is agent",
        );
    }
}

fn hours(it: &Hours, report: &mut Report) {
    title(&it.display_name, report);
    report.text("/zone", &it.zone, TITLE_MAX);
    if it.zone.is_empty() {
        report.add("/zone", "is empty: name a time zone such as Europe/Berlin");
    }
    few("/special", it.special.len(), report);
    for (day, spans) in &it.weekly {
        let day = format!("{day:?}").to_lowercase();
        in_order(&format!("/weekly/{day}"), spans, report);
    }
    for (date, special) in &it.special {
        let path = format!("/special/{date}");
        report.text(
            &format!("{path}/display_name"),
            &special.display_name,
            TITLE_MAX,
        );
        in_order(&format!("{path}/open"), &special.open, report);
    }
}

/// One stretch after the other, without overlap.
fn in_order(path: &str, spans: &[Span], report: &mut Report) {
    few(path, spans.len(), report);
    for pair in spans.windows(2) {
        if pair[1].from < pair[0].to {
            let problem = format!("{} does not come after {}", pair[1], pair[0]);
            report.add(path, problem);
        }
    }
}
