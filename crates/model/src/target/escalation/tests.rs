use crate::target::{Escalation, EscalationError, Notice, RawStep, Statistic};
use crate::time::Millis;

fn read(json: &str) -> Result<(Escalation, Vec<(usize, Notice)>), EscalationError> {
    Escalation::read(serde_json::from_str::<Vec<RawStep>>(json).expect(json))
}

const DOCUMENTED: &str = r#"[
    {"target": "?:English>=3@StatServer.GA", "timeout": "30", "clear": false,
     "stat_to_check": "RStatAgentsTotal", "stat_operator": ">", "stat_value": "0"},
    {"target": "Overflow.GA", "timeout": 60, "clear": "true", "stat_to_check": ""},
    {"target": "8001.Q"}
]"#;

#[test]
fn the_documented_form_is_read() {
    let (escalation, notices) = read(DOCUMENTED).expect("the documented form");
    let [first, second, third] = escalation.steps() else {
        panic!("three steps expected: {escalation:?}");
    };
    assert_eq!(first.targets.to_string(), "?:English>=3.GA");
    assert_eq!((first.timeout, first.clear), (Millis::seconds(30), false));
    let check = first.check.expect("a check");
    assert_eq!(check.statistic, Statistic::RStatAgentsTotal);
    assert_eq!(check.to_string(), "RStatAgentsTotal>0");
    assert_eq!(
        (second.timeout, second.clear, second.check),
        (Millis::seconds(60), true, None)
    );
    assert_eq!(
        (third.timeout, third.clear, third.check),
        (Millis::ZERO, false, None)
    );
    assert!(
        matches!(notices.as_slice(), [(1, Notice::StatServer { .. })]),
        "{notices:?}"
    );
}

#[test]
fn a_step_widens_or_takes_the_place_of_those_before_it() {
    let step = |target: &str, clear: bool| {
        format!(r#"{{"target": "{target}", "timeout": 5, "clear": {clear}}}"#)
    };
    let steps = [
        step("a.A", false),
        step("b.A", false),
        step("c.A", true),
        step("d.A", false),
    ];
    let (escalation, _) = read(&format!("[{}]", steps.join(","))).expect("four steps");
    let wanted = |current, left_out: &[usize]| {
        let all = escalation.wanted(current, |index| !left_out.contains(&index));
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        all.join(" ")
    };
    for (current, left_out, expected) in [
        (0, &[][..], "a.A"),
        (1, &[], "a.A b.A"),
        (2, &[], "c.A"),
        (3, &[], "c.A d.A"),
        (9, &[], "c.A d.A"),
        (3, &[2], "a.A b.A d.A"),
        (1, &[0], "b.A"),
        (0, &[0], ""),
    ] {
        assert_eq!(
            wanted(current, left_out),
            expected,
            "{current} without {left_out:?}"
        );
    }
}

#[test]
fn a_bad_step_is_named_with_its_key() {
    for (step, key, words) in [
        (r#""target": "nobody""#, "target", "routing target, place 7"),
        (
            r#""target": "a.A", "timeout": 86401"#,
            "timeout",
            "0 to 86400",
        ),
        (
            r#""target": "a.A", "timeout": "soon""#,
            "timeout",
            "0 to 86400",
        ),
        (
            r#""target": "a.A", "clear": "yes""#,
            "clear",
            "true or false",
        ),
        (
            r#""target": "a.A", "stat_value": 1"#,
            "stat_to_check",
            "all of stat_to_check",
        ),
        (
            r#""target": "a.A", "stat_to_check": "Mood", "stat_operator": "<", "stat_value": 1"#,
            "stat_to_check",
            "is no statistic: use",
        ),
        (
            r#""target": "a.A", "stat_to_check": "StatAgentLoading", "stat_operator": "=", "stat_value": 1"#,
            "stat_operator",
            r#""<" or ">""#,
        ),
        (
            r#""target": "a.A", "stat_to_check": "StatAgentLoading", "stat_operator": "<", "stat_value": "1.5""#,
            "stat_value",
            "a whole number",
        ),
        (
            r#""target": "?:A=1", "stat_to_check": "StatAgentLoading", "stat_operator": "<", "stat_value": 1"#,
            "stat_to_check",
            "cannot be checked of a skill expression: use RStatAgentsReadyvoice",
        ),
        (
            r#""target": "a.Q", "stat_to_check": "StatAgentLoading", "stat_operator": "<", "stat_value": 1"#,
            "stat_to_check",
            "measured of agents, but the target is one of queues",
        ),
    ] {
        let json = format!(r#"[{{"target": "b.A", "timeout": 1}}, {{{step}}}]"#);
        let error = read(&json).expect_err(step);
        assert_eq!((error.step, error.key), (2, key), "{step}: {error}");
        assert!(error.to_string().contains(words), "{step}: {error}");
    }
    for (json, words) in [
        (
            r#"[{"target": "a.A", "color": 1}]"#,
            "unknown field `color`",
        ),
        (r#"[{"timeout": 1}]"#, "missing field `target`"),
        (
            r#"[{"target": "a.A", "timeout": [1]}]"#,
            "a whole number, true, false or a text",
        ),
    ] {
        let error = serde_json::from_str::<Vec<RawStep>>(json).expect_err(json);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn there_is_at_least_one_step_and_at_most_fifteen() {
    let steps = |count: usize| format!("[{}]", vec![r#"{"target": "a.A"}"#; count].join(","));
    assert!(read(&steps(1)).is_ok());
    assert!(read(&steps(15)).is_ok());
    assert!(
        read(&steps(0))
            .expect_err("none")
            .to_string()
            .contains("at least one")
    );
    let error = read(&steps(16)).expect_err("too many");
    assert!(
        error.to_string().contains("16 steps: at most 15"),
        "{error}"
    );
}

#[test]
fn what_was_read_is_kept_and_read_again() {
    let (escalation, _) = read(DOCUMENTED).expect("the documented form");
    let kept = rmp_serde::to_vec_named(&escalation).expect("MessagePack");
    assert_eq!(
        rmp_serde::from_slice::<Escalation>(&kept).expect("reads back"),
        escalation
    );
}
