//! What changed between two documents.

use ringback_workflow::difference::difference;

use crate::outline;

fn told(old: &str, new: &str) -> Vec<String> {
    let all = difference(&outline(old), &outline(new));
    all.iter().map(ToString::to_string).collect()
}

const OLD: &str =
    "<state id='a'><onentry><queue:submit queue=\"'x'\" priority=\"1\"/><log expr='1'/></onentry>
<transition event='queue.submit.done' target='c'/><transition event='error' target='b'/></state>
<state id='b'><transition event='x' target='c'/></state><final id='c'/>";

#[test]
fn a_document_is_like_itself() {
    assert_eq!(told(OLD, OLD), [""; 0]);
    let spaced = OLD.replace("<onentry>", "<onentry>\n   <!-- why -->\n  ");
    assert_eq!(told(OLD, &spaced), [""; 0]);
}

#[test]
fn states_transitions_and_actions_are_told() {
    let new = OLD
        .replace("priority=\"1\"", "priority=\"2\"")
        .replace(
            "<transition event='error' target='b'/>",
            "<transition event='error' target='d'/>",
        )
        .replace(
            "<state id='b'><transition event='x' target='c'/></state>",
            "<state id='d'><transition event='y' cond='z' target='c'/></state>",
        );
    assert_eq!(
        told(OLD, &new),
        [
            "- on entry of a: <queue:submit queue=\"'x'\" priority=\"1\"/>",
            "+ on entry of a: <queue:submit queue=\"'x'\" priority=\"2\"/>",
            "~ transition of a: error to b -> error to d",
            "+ state d (state, at the top)",
            "+ transition of d: y [z] to c",
            "- state b (state, at the top)",
        ]
    );
}

#[test]
fn what_is_inside_of_conditions_counts() {
    let old = "<state id='a'><onentry><if cond='x'><log expr='1'/></if></onentry></state>";
    assert_eq!(told(old, &old.replace("cond='x'", "cond='y'")).len(), 2);
}

#[test]
fn the_order_counts_when_nothing_else_does() {
    let old = "<state id='a'><onentry><raise event='x'/><raise event='y'/></onentry></state>";
    let new = "<state id='a'><onentry><raise event='y'/><raise event='x'/></onentry></state>";
    assert_eq!(told(old, new), ["~ on entry of a: the order"]);
}

#[test]
fn a_state_that_moves_or_changes_its_kind_is_told() {
    let new = OLD.replace(
        "<state id='b'><transition event='x' target='c'/></state>",
        "<state id='o'><state id='b'><transition event='x' target='c'/></state></state>",
    );
    assert!(told(OLD, &new).contains(&"~ place of state b: at the top -> in o".to_owned()));
    let new = OLD.replace(
        "<state id='b'><transition event='x' target='c'/></state>",
        "<final id='b'/>",
    );
    assert!(told(OLD, &new).contains(&"~ kind of state b: state -> final".to_owned()));
}
