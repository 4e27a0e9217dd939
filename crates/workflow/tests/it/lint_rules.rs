//! Every rule of lint finds what it is for, and leaves alone what is right.

use ringback_scxml::{Files, NoFiles};
use ringback_workflow::lint::{self, RULES};

use crate::document;

/// Rule and line, for findings of rules of lint.
fn found(inside: &str) -> Vec<(String, u32)> {
    let text = document(inside);
    let report = lint::lint("test.scxml", text.as_bytes(), &NoFiles);
    assert!(report.outline.is_some(), "{:#?}", report.findings);
    let rules = report.findings.into_iter();
    rules
        .filter(|finding| RULES.iter().any(|rule| rule.name == finding.code))
        .map(|finding| (finding.code, finding.line))
        .collect()
}

/// The inside of a document begins in line 4.
fn expect(inside: &str, expected: &[(&str, u32)]) {
    let found = found(inside);
    let found: Vec<(&str, u32)> = found
        .iter()
        .map(|(rule, line)| (rule.as_str(), *line))
        .collect();
    assert_eq!(found, expected, "{inside}");
}

#[test]
fn a_state_that_nothing_leads_to() {
    expect(
        "<state id='a'><transition event='x' target='c'/></state>\n\
         <state id='b'><transition event='x' target='c'/><state id='b1'/></state>\n\
         <final id='c'/>",
        &[("state.unreachable", 5)],
    );
    // Regions, initial states, histories and transitions of states around it lead there.
    expect(
        "<parallel id='p'><transition event='out' target='h'/><state id='l'/><state id='r'><initial><transition target='r2'/></initial>\n\
         <state id='r1'/><state id='r2'><transition event='x' target='r1'/></state><history id='h'><transition target='r2'/></history></state>\n\
         <transition event='end' target='c'/></parallel><final id='c'/>",
        &[],
    );
}

#[test]
fn a_transition_behind_an_unconditional_one() {
    expect(
        "<state id='a'>\n<transition event='x.y' cond='one' target='c'/>\n<transition event='x' target='c'/>\n\
         <transition event='x.z' target='a'/>\n<transition event='y' target='c'/>\n<transition event='*' target='c'/>\n\
         <transition event='z' target='a'/>\n</state><final id='c'/>",
        &[("transition.shadowed", 7), ("transition.shadowed", 10)],
    );
}

#[test]
fn a_transition_that_can_never_be_taken() {
    expect(
        "<state id='a'>\n<transition event='x' cond='false' target='c'/>\n<transition event='y' target='c'/>\n<transition target='b'/>\n</state>\n\
         <state id='b'><transition event='x' target='c'/></state><final id='c'/>",
        &[("transition.never", 5), ("transition.never", 6)],
    );
}

#[test]
fn a_transition_that_goes_nowhere() {
    expect(
        "<state id='a'>\n<transition event='x'/>\n<transition event='y'><log expr='1'/></transition>\n<transition event='z' target='c'/></state><final id='c'/>",
        &[("transition.nowhere", 5)],
    );
    // It keeps the state around it from hearing the event.
    expect(
        "<state id='o'><transition event='x' target='c'/><state id='a'><transition event='x'/></state></state><final id='c'/>",
        &[],
    );
}

#[test]
fn a_state_that_is_never_left() {
    expect(
        "<state id='a'><transition event='x' target='b'/></state>\n<state id='b'/>\n<final id='c'/>",
        &[
            ("path.endless", 4),
            ("state.dead-end", 5),
            ("state.unreachable", 6),
        ],
    );
}

#[test]
fn a_path_that_never_ends() {
    expect(
        "<state id='a'><transition event='x' target='b'/><transition event='q' target='c'/></state>\n\
         <state id='b'><transition event='x' target='b2'/></state>\n<state id='b2'><transition event='x' target='b'/></state>\n<final id='c'/>",
        &[("path.endless", 5), ("path.endless", 6)],
    );
    expect(
        "<state id='a'><transition event='x' target='b'/></state>\n\
         <state id='b'><onentry><interaction:stop/></onentry><transition event='error' target='a'/></state>",
        &[],
    );
}

#[test]
fn an_end_without_a_place_for_the_interaction() {
    expect(
        "<state id='a'><onentry><queue:submit queue=\"'x'\"/></onentry><transition event='queue.submit.done' target='c'/>\n\
         <transition event='error.queue.submit' target='d'/></state>\n<final id='c'/>\n<final id='d'/>",
        &[("path.unsettled", 7)],
    );
    expect(
        "<state id='a'><onentry><queue:submit queue=\"'x'\"/></onentry><transition event='queue.submit.done interaction.deleted' target='c'/>\n\
         <transition event='error.queue.submit' target='c'><interaction:place queue=\"'y'\"/></transition></state>\n<final id='c'/>",
        &[("action.error-unhandled", 5), ("path.unsettled", 6)],
    );
}

#[test]
fn a_circle_that_waits_for_nothing() {
    expect(
        "<state id='a'>\n<transition target='b'/></state><state id='b'><transition cond='x' target='a'/><transition target='c'/></state><final id='c'/>",
        &[("loop.without-wait", 5)],
    );
    expect(
        "<state id='a'><onentry><raise event='again'/></onentry>\n<transition event='again' target='a'/><transition event='x' target='c'/></state><final id='c'/>",
        &[("loop.without-wait", 5)],
    );
    expect(
        "<state id='a'><onentry><send event='again' delay='5s'/></onentry>\n<transition event='again' target='a'/><transition event='x' target='c'/></state><final id='c'/>",
        &[],
    );
}

#[test]
fn an_error_that_nobody_hears() {
    expect(
        "<state id='a'><onentry>\n<hours:check name=\"'x'\"/></onentry><transition event='hours.check.done' target='c'/></state><final id='c'/>",
        &[("action.error-unhandled", 5)],
    );
    for heard in [
        "<transition event='error' target='c'/>",
        "<transition event='error.hours.check' target='c'/>",
        "<transition event='*' target='c'/>",
    ] {
        expect(
            &format!(
                "<state id='o'>{heard}<state id='a'><onentry><hours:check name=\"'x'\"/></onentry><transition target='b'/></state><state id='b'/></state><final id='c'/>"
            ),
            &[],
        );
    }
}

#[test]
fn an_action_without_a_room() {
    expect(
        "<state id='a'><onentry>\n<chat:say text=\"'x'\"/></onentry><transition event='chat.say.done error' target='c'/></state><final id='c'/>",
        &[("action.no-room", 5)],
    );
}

#[test]
fn an_event_that_does_not_exist() {
    expect(
        "<state id='a'><onentry><hours:check name=\"'x'\"/></onentry>\n<transition event='hours.check.don' target='c'/>\n\
         <transition event='error.hours' target='c'/><transition event='mine.own' target='c'/></state><final id='c'/>",
        &[("event.unknown", 5)],
    );
}

#[test]
fn a_comment_silences_a_rule_where_it_stands() {
    let dead = |comment: &str| {
        format!(
            "<state id='a'><transition event='x' target='b'/><transition event='y' target='c'/></state>\n{comment}<state id='b'/>\n<final id='c'/>"
        )
    };
    expect(&dead(""), &[("state.dead-end", 5)]);
    expect(
        &dead("<!-- lint: allow state.dead-end: it sleeps for ever -->"),
        &[],
    );
    expect(
        &dead("<!-- lint: allow path.endless -->"),
        &[("state.dead-end", 5)],
    );
    let whole = format!(
        "<!-- lint: allow path.endless, state.dead-end: all of it -->\n{}",
        dead("")
    );
    expect(&whole, &[]);
}

#[test]
fn what_is_included_is_looked_into() {
    let part = "<state xmlns=\"http://www.w3.org/2005/07/scxml\" id=\"a\" xmlns:hours=\"urn:ringback:hours\">\n\
                <onentry>\n<hours:check name=\"'x'\"/></onentry><transition event=\"hours.check.done\" target=\"c\"/></state>";
    let files = Files([("part.xml".to_owned(), part.as_bytes().to_vec())].into());
    let text = document(
        "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='part.xml'/><final id='c'/>",
    );
    let report = lint::lint("test.scxml", text.as_bytes(), &files);
    let found: Vec<(&str, &str, u32)> = report
        .findings
        .iter()
        .map(|finding| (finding.code.as_str(), finding.file.as_str(), finding.line))
        .collect();
    assert_eq!(
        found,
        [("action.error-unhandled", "part.xml", 3)],
        "{:#?}",
        report.findings
    );
}

#[test]
fn a_document_that_lint_cannot_look_into_is_told() {
    let text = document("<state id='a'><transition event='x' target='c'/></state><final id='c'/>");
    let text = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><!-- \u{fc} -->{text}");
    let bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let report = lint::lint("test.scxml", &bytes, &NoFiles);
    let found: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    assert_eq!(found, ["document.unread"], "{:#?}", report.findings);
}

#[test]
fn every_rule_is_told_with_what_to_do() {
    for rule in RULES {
        assert!(
            !rule.finds.is_empty() && !rule.advice.is_empty(),
            "{}",
            rule.name
        );
    }
    let page =
        std::fs::read_to_string(crate::root().join("docs/reference/workflow-lint.md")).unwrap();
    for rule in RULES {
        assert!(
            page.contains(&format!("`{}`", rule.name)),
            "{} is not in the reference",
            rule.name
        );
    }
}
