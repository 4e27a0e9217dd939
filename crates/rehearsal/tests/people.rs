//! Simulated hours: the invariants hold, everybody is served or leaves, one seed is one day.

use ringback_model::Millis;
use ringback_rehearsal::Care;
use ringback_rehearsal::people::{Plan, Report, work};

/// The seed, unless the variable `RINGBACK_SEED` names another.
fn seed() -> u64 {
    let told = std::env::var("RINGBACK_SEED").ok();
    told.and_then(|text| text.parse().ok())
        .unwrap_or(20_260_105)
}

fn worked(plan: Plan) -> Report {
    let report = work(plan).unwrap_or_else(|broken| panic!("seed {}: {broken}", plan.seed));
    println!("seed {}: {report}", plan.seed);
    report
}

/// What a day must have had in it to be worth anything.
fn is_a_full_day(report: &Report) {
    assert_eq!(report.left_open, 0, "somebody was neither served nor left");
    for event in [
        "agent.desk_lost",
        "agent.not_ready",
        "effect.retried",
        "interaction.stopped",
        "node.opened",
        "offer.accepted",
        "offer.not_taken",
        "route.cooled",
        "route.widened",
    ] {
        assert!(report.events(event) > 0, "no {event} in the whole day");
    }
    assert_eq!(
        report.events("interaction.submitted"),
        report.events("interaction.stopped")
    );
}

#[test]
fn an_hour_of_thirty_agents_goes_well() {
    let report = worked(Plan {
        seed: seed(),
        agents: 30,
        open_for: Millis::seconds(3_600),
        load: 170,
        care: Care::Full,
    });
    is_a_full_day(&report);
}

#[test]
fn a_quarter_of_an_hour_with_far_too_few_agents_goes_well() {
    let report = worked(Plan {
        seed: seed() + 1,
        agents: 12,
        open_for: Millis::seconds(900),
        load: 400,
        care: Care::Full,
    });
    assert_eq!(report.left_open, 0);
}

#[test]
fn one_seed_is_one_day() {
    let plan = |seed| Plan {
        seed,
        agents: 10,
        open_for: Millis::seconds(1_200),
        load: 100,
        care: Care::Every(50),
    };
    assert_eq!(worked(plan(seed())), worked(plan(seed())));
    assert_ne!(
        worked(plan(seed())).history,
        worked(plan(seed() + 1)).history
    );
}

/// The long form, for `make soak`.
#[test]
fn a_day_of_three_hundred_agents_goes_well() {
    if std::env::var_os("RINGBACK_SOAK").is_none() {
        return;
    }
    let report = worked(Plan {
        seed: seed() + 2,
        agents: 300,
        open_for: Millis::seconds(24 * 3_600),
        load: 150,
        care: Care::Every(5_000),
    });
    is_a_full_day(&report);
}
