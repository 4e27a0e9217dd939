//! Scenarios hold when they are right, and say why when they are not.

use ringback_scxml::NoFiles;
use ringback_workflow::scenario;

use crate::outline;

const DOCUMENT: &str = "<datamodel><data id='line' expr=\"'support'\"/></datamodel>
<state id='a'><onentry><queue:submit queue='line' priority='5'/></onentry>
<transition event='queue.submit.done' target='c'/><transition event='error' target='b'/><transition event='wrong' target='b'><script>missing()</script></transition></state>
<state id='b'><transition event='go' target='c'/></state><final id='c'/>";

/// Why each scenario does not hold, with the line.
fn failures(text: &str) -> Vec<Option<(usize, String)>> {
    let scenarios = scenario::read(text).expect("the lines are understood");
    let ran = scenario::run(&outline(DOCUMENT), &scenarios, &NoFiles);
    ran.outcomes
        .into_iter()
        .map(|outcome| outcome.failure.map(|failure| (failure.line, failure.why)))
        .collect()
}

fn fails(lines: &str, why: &str) {
    let found = failures(&format!("scenario x\n{lines}"));
    let found = found[0].as_ref().map(|(_, why)| why.as_str());
    assert!(
        found.is_some_and(|found| found.contains(why)),
        "{lines}: {found:?}"
    );
}

#[test]
fn each_begins_anew_and_what_stands_before_them_is_for_all() {
    let text = "given data line = \"sales\"\nscenario one\nthen it asks queue.submit with queue sales, priority 5\n\
                when queue.submit is done\nthen it is over\nscenario two\nthen it is in a\nthen it goes on\nthen it asks queue.submit\nthen nothing else is asked";
    assert_eq!(failures(text), [None, None]);
}

#[test]
fn what_is_not_so_is_told() {
    fails("then it is in b", "it is not in b, but in a");
    fails("then it is in nowhere", "no state `nowhere`");
    fails("then it is not in a", "it is in a");
    fails(
        "then it asks queue.submit with priority 6",
        "it asked queue.submit with {",
    );
    fails(
        "then it asks queue.submit\nthen it asks queue.submit",
        "it has not asked queue.submit",
    );
    fails("then it asks no queue.submit", "it asked queue.submit");
    fails("then nothing else is asked", "it asked queue.submit");
    fails("then it is over", "it is still in a");
    fails("when queue.submit is done\nthen it goes on", "it is over");
    fails("when queue.submit is done\nwhen event x", "over already");
    fails(
        "when hours.check is done with open true",
        "no `hours.check` waits for an answer; these do: queue.submit",
    );
    fails("then it logs hello", "has not logged");
    fails("then it hears the error error.execution", "has not heard");
}

#[test]
fn an_error_of_the_document_must_be_spoken_of() {
    fails(
        "when event wrong\nthen it is in b",
        "no line speaks of it: error.execution",
    );
    let spoken =
        "scenario x\nwhen event wrong\nthen it hears the error error.execution\nthen it is in b";
    assert_eq!(failures(spoken), [None]);
}

#[test]
fn coverage_tells_what_nobody_saw() {
    let scenarios =
        scenario::read("scenario x\nwhen queue.submit is done\nthen it is over").unwrap();
    let outline = outline(DOCUMENT);
    let ran = scenario::run(&outline, &scenarios, &NoFiles);
    assert!(ran.holds());
    let missed: Vec<&str> = ran
        .coverage
        .missed_states
        .iter()
        .map(|s| outline.chart.at(*s).id.as_str())
        .collect();
    assert_eq!((ran.coverage.states, missed), (3, vec!["b"]));
    assert_eq!(
        (
            ran.coverage.transitions,
            ran.coverage.missed_transitions.len()
        ),
        (4, 3)
    );
}

#[test]
fn lines_that_are_not_understood_are_all_told() {
    let text = "scenario x\ngiven nonsense\nwhen queue.sumbit is done\nwhen queue.submit is done with resurce anna\n\
                when queue.submit fails with bad_luck\nthen maybe\nwhen soon pass\nhello";
    let mistakes = scenario::read(text).unwrap_err();
    let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        mistakes
            .iter()
            .map(|mistake| mistake.line)
            .collect::<Vec<_>>(),
        [2, 3, 4, 5, 6, 7, 8]
    );
    assert!(told[1].contains("no action `queue.sumbit`"), "{told:?}");
    assert!(
        told[2].contains("no member `resurce`; it has: interactionid, resource"),
        "{told:?}"
    );
    assert!(
        told[3].contains("no code `bad_luck`; it has: timeout"),
        "{told:?}"
    );
    assert_eq!(scenario::read("# nothing").unwrap_err().len(), 1);
}
