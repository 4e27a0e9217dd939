//! Limits that random days are too short for.

use ringback_engine::{State, handle};
use ringback_model::config::{Expected, Input as Config, QueueBody};
use ringback_model::{Input, Now};

#[test]
fn a_tenant_has_at_most_a_hundred_thousand_queues() {
    let mut state = State::new();
    let put = |number: u32| {
        Input::Config(Config::PutQueue {
            name: format!("queue-{number}").parse().expect("a name"),
            body: QueueBody::default(),
            expected: Expected::Any,
        })
    };
    for number in 0..100_000 {
        handle(&mut state, Now::default(), &put(number)).expect("room for one more");
    }
    let one_too_many = handle(&mut state, Now::default(), &put(100_000)).expect_err("the limit");
    assert_eq!(one_too_many.code(), "config.too_many");
    // One that is there can still be changed.
    handle(&mut state, Now::default(), &put(7)).expect("a change is no new one");
}
