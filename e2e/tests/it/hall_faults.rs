//! What becomes of askers and of the state when the store goes wrong.

use crate::support::faulty::Trouble;
use crate::support::hall::{House, OpenHall, config};
use ringback_model::{Medium, Outcome};
use ringback_ports::TenantId;
use ringback_ports::envelope::{CommandFault, Unavailable};
use ringback_ports::query::{Query, View};
use std::sync::{Arc, Mutex};

async fn submitted(hall: &OpenHall) -> u64 {
    match hall.ask(Query::Overview).await.expect("an overview") {
        View::Overview(overview) => overview.submitted,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_commit_nobody_knows_of_the_same_key_tells_which() {
    for (trouble, written) in [
        (Trouble::UnknownButWritten, true),
        (Trouble::UnknownAndLost, false),
    ] {
        let house = House::new();
        let hall = house.open().await;
        config::small_centre(&hall).await;
        house.trouble(&[trouble]);
        let submission = config::submission(Medium::Chat, "English>=2");
        let unknown = hall.idempotent(1, submission.clone()).await;
        assert!(
            matches!(unknown, Err(CommandFault::Unknown(_))),
            "{trouble:?}: {unknown:?}"
        );
        hall.until_served().await;
        let again = hall
            .idempotent(1, submission)
            .await
            .expect("it is taken now");
        assert_eq!(again.repeated, written, "{trouble:?}");
        assert_eq!(submitted(&hall).await, 1, "{trouble:?}: once, not twice");
        hall.close().await;
        assert!(house.replay_check().differences.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_lost_its_lease_is_read_in_again_and_the_other_one_goes_on() {
    let house = House::two_tenants();
    let hall = house.open().await;
    let other = hall.other_tenant();
    config::small_centre(&hall).await;
    config::small_centre(&other).await;
    house.trouble(&[Trouble::Fenced(TenantId(1))]);
    let lost = hall.tell(config::submission(Medium::Chat, "")).await;
    let expected = Err(CommandFault::Unavailable(Unavailable::Loading));
    assert_eq!(
        lost, expected,
        "nothing was written, so it may be tried again"
    );
    other.done(config::submission(Medium::Chat, "")).await;
    hall.until_served().await;
    assert_eq!(
        submitted(&hall).await,
        0,
        "what was not written did not happen"
    );
    let next = hall.done(config::submission(Medium::Chat, "")).await;
    assert!(matches!(next.outcome, Outcome::Submitted { .. }));
    assert_eq!(submitted(&other).await, 1);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_that_was_answered() {
    let house = House::new();
    let hall = house.open().await;
    config::small_centre(&hall).await;
    hall.done(config::submission(Medium::Chat, "")).await;
    // The first refusal drops the ballast and tries again; the second one is final.
    house.trouble(&[Trouble::Full, Trouble::Full]);
    let full = hall.tell(config::submission(Medium::Chat, "")).await;
    let no_room = |fault: &CommandFault| {
        matches!(fault, CommandFault::Unavailable(Unavailable::NoRoom { .. }))
    };
    assert!(full.as_ref().is_err_and(no_room), "{full:?}");
    hall.until_served().await;
    assert_eq!(submitted(&hall).await, 1);
    house.trouble(&[Trouble::Full]);
    let dropped = hall.tell(config::submission(Medium::Chat, "")).await;
    assert!(
        dropped.is_ok(),
        "with the ballast gone there is room: {dropped:?}"
    );
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_flush_ends_the_process_before_anybody_is_answered() {
    let house = House::new();
    let ended: Arc<Mutex<Option<String>>> = Arc::default();
    let tell = Arc::clone(&ended);
    let hall = house
        .open_with(|config| {
            config.fatal = Arc::new(move |problem| {
                *tell.lock().expect("not poisoned") = Some(problem.to_owned());
            });
        })
        .await;
    config::small_centre(&hall).await;
    house.trouble(&[Trouble::Flush]);
    let answer = hall.tell(config::submission(Medium::Chat, "")).await;
    assert!(
        matches!(answer, Err(CommandFault::Unknown(_))),
        "{answer:?}"
    );
    let problem = ended
        .lock()
        .expect("not poisoned")
        .clone()
        .expect("the process was ended");
    assert!(problem.contains("flush failed"), "{problem}");
    hall.close().await;
}
