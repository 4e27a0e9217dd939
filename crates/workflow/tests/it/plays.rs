//! Documents on a virtual clock.

use ringback_scxml::{DocumentLimits, NoFiles, Options, Status, Value};
use ringback_workflow::Actions;
use ringback_workflow::play::{Answer, Outcome, Player, Refused, Rule};

use crate::outline;

fn with_player(inside: &str, play: impl FnOnce(&mut Player<'_>)) {
    let outline = outline(inside);
    let actions = Actions::default();
    let options = Options {
        resolver: &NoFiles,
        vocabulary: &actions,
        limits: DocumentLimits::default(),
    };
    let mut player = Player::new(&outline.chart, options, Vec::new());
    play(&mut player);
}

const WAITS: &str = "<datamodel><data id='id'/></datamodel>
<state id='a'><onentry><queue:submit requestid='id' queue=\"'x'\"/><send event='late' delay='10s'/></onentry>
<transition event='late' target='b'/><transition event='queue.submit.done' cond='_event.data.requestid == id' target='c'/></state>
<state id='b'><transition event='queue.submit.done' target='d'/></state><final id='c'/><final id='d'/>";

#[test]
fn an_answer_comes_at_its_own_time_among_the_timers_of_the_document() {
    for (after, end) in [(9_999, "c"), (10_001, "d")] {
        with_player(WAITS, |player| {
            let outcome = Outcome::Done(vec![("resource".to_owned(), Value::text("anna"))]);
            player.rule(Rule::new("queue.submit", Answer { outcome, after }, false));
            player.pass(60_000);
            assert_eq!(player.active(), [end]);
            assert_eq!(player.status(), Status::Done);
            assert_eq!(player.now(), 60_000);
            let answered = player
                .story()
                .into_iter()
                .find(|told| told.to_string().contains("hears queue.submit.done"));
            assert_eq!(answered.map(|told| told.at), Some(after));
        });
    }
}

#[test]
fn what_nobody_answers_waits() {
    with_player(WAITS, |player| {
        player.settle();
        assert_eq!(player.open(), ["queue.submit"]);
        assert_eq!(player.next_due(), Some(10_000));
        player
            .answer("queue.submit", &Outcome::Done(Vec::new()))
            .unwrap();
        assert_eq!(player.active(), ["c"]);
        let again = player.answer("queue.submit", &Outcome::Done(Vec::new()));
        assert!(matches!(again, Err(Refused::NotAsked { .. })), "{again:?}");
    });
}

#[test]
fn what_has_no_room_fails_by_itself() {
    with_player(
        "<state id='a'><onentry><chat:say text=\"'x'\"/></onentry><transition event='error.chat.say' cond=\"_event.data.error == 'no_such_room'\" target='c'/></state><final id='c'/>",
        |player| {
            player.settle();
            assert_eq!(player.active(), ["c"]);
        },
    );
}

#[test]
fn a_rule_for_one_request_goes_before_the_one_for_all() {
    with_player(
        "<state id='a'><onentry><hours:check name=\"'x'\"/></onentry><transition event='error.hours.check' target='a'/><transition event='hours.check.done' target='c'/></state><final id='c'/>",
        |player| {
            let failed = Outcome::Failed("no_such_hours".to_owned(), Vec::new());
            player.rule(Rule::new(
                "hours.check",
                Answer {
                    outcome: Outcome::Done(Vec::new()),
                    after: 1_000,
                },
                false,
            ));
            player.rule(Rule::new(
                "hours.check",
                Answer {
                    outcome: failed,
                    after: 1_000,
                },
                true,
            ));
            player.pass(1_999);
            assert_eq!(player.active(), ["a"]);
            player.pass(1);
            assert_eq!(player.active(), ["c"]);
        },
    );
}

#[test]
fn a_document_that_runs_wild_ends_with_the_reason() {
    with_player(
        "<state id='a'><transition target='b'/></state><state id='b'><transition target='a'/></state>",
        |player| {
            player.settle();
            assert!(matches!(player.status(), Status::Broken(_)));
            assert!(player.broken().is_some());
        },
    );
}
