//! The hall with a real store, in one process: stories of a tenant or two.

use crate::support::hall::{House, agent_named, config, name};
use ringback_model::interaction::{Event as Happened, Input as It, StopCause, Submission};
use ringback_model::{Event, Input, InteractionId, Medium, Outcome, agent, offer};
use ringback_ports::envelope::{CommandFault, Sequence};
use ringback_ports::hall::Interest;
use ringback_ports::query::{Query, View};
use ringback_ports::records::{RecordsPage, RecordsQuery};
use std::collections::BTreeMap;

#[tokio::test(flavor = "multi_thread")]
async fn one_interaction_goes_through_the_whole_house() {
    let house = House::new();
    let hall = house.open().await;
    config::small_centre(&hall).await;
    let anna = agent_named(&hall, "anna").await;

    let submitted = hall
        .done(config::submission(Medium::Chat, "English>=2"))
        .await;
    let Outcome::Submitted {
        interaction,
        request: Some(request),
    } = submitted.outcome
    else {
        panic!("{submitted:?}");
    };
    let mut pushes = hall.subscribe(Interest::Agent(anna));
    hall.done(Input::Agent(agent::Input::LogIn {
        agent: anna,
        media: vec![],
    }))
    .await;
    hall.done(Input::Agent(agent::Input::Ready {
        agent: anna,
        media: vec![],
    }))
    .await;
    let offer = pushes.offer().await;
    assert_eq!(
        (offer.interaction, offer.request, offer.agent),
        (interaction, Some(request), anna)
    );

    hall.done(Input::Offer(offer::Input::Accept {
        offer: offer.id,
        agent: anna,
    }))
    .await;
    let completed = It::Complete {
        interaction,
        agent: anna,
        reason: name("done"),
        disposition: Some(name("sold")),
    };
    let answer = hall.done(Input::Interaction(completed)).await;

    let query = RecordsQuery::Interaction {
        interaction,
        scope: ringback_model::config::Scope::Everything,
    };
    let fresh = hall.records(Some(answer.sequence), query).await;
    assert!(fresh.sequence >= answer.sequence);
    let RecordsPage::Interactions(rows) = fresh.value else {
        panic!("{fresh:?}")
    };
    assert_eq!(rows[0].owner, Some(anna));
    assert!(rows[0].stopped.is_some());
    hall.close().await;

    let hall = house.open().await;
    let again = hall.ask(Query::Interaction(interaction)).await;
    assert!(again.is_err(), "{again:?}");
    let View::Overview(overview) = hall.ask(Query::Overview).await.expect("an overview") else {
        panic!("another view");
    };
    assert_eq!((overview.open, overview.submitted), (0, 1));
    hall.close().await;
}

/// Whoever reads the present and follows what happens from there on misses nothing and hears
/// nothing twice: what is shown stands behind the last event of the record it names.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_stands_at_the_end_of_a_record() {
    let house = House::new();
    let hall = house.open().await;
    config::small_centre(&hall).await;
    let submission = config::submission(Medium::Email, "");
    // Many at a time, so that questions come in while a record grows.
    let asked = (0..500).map(|_| async {
        let submitted = hall.done(submission.clone());
        let shown = hall.ask(Query::Overview);
        futures_util::future::join(submitted, shown).await.1
    });
    let shown = futures_util::future::join_all(asked).await;

    let mut submitted = BTreeMap::new();
    let (mut at, mut total) = (Sequence(0), 0);
    loop {
        let records = hall.resume(at).await;
        let Some(last) = records.last().map(|record| record.sequence) else {
            break;
        };
        for record in records {
            let new = |event: &&Event| matches!(event, Event::Interaction(Happened::Submitted(_)));
            total += record.events().filter(|(.., event)| new(event)).count() as u64;
            submitted.insert(record.sequence, total);
        }
        at = last;
    }
    assert_eq!(total, 500);
    for view in shown {
        let View::Overview(overview) = view.expect("an overview") else {
            panic!("another view");
        };
        let told = submitted.get(&overview.sequence);
        assert_eq!(told, Some(&overview.submitted), "{overview:?}");
    }
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_its_first_answer_also_after_a_restart() {
    let house = House::new();
    let hall = house.open().await;
    config::small_centre(&hall).await;
    let submission = config::submission(Medium::Email, "");
    let first = hall.idempotent(7, submission.clone()).await.expect("taken");
    let second = hall.idempotent(7, submission.clone()).await.expect("taken");
    assert!(second.repeated);
    assert_eq!(second.outcome, first.outcome);
    hall.close().await;
    let hall = house.open().await;
    let third = hall.idempotent(7, submission).await.expect("taken");
    assert!(third.repeated);
    assert_eq!(
        (third.outcome, third.sequence),
        (first.outcome, first.sequence)
    );
    let other = hall
        .idempotent_as(7, 99, config::submission(Medium::Email, ""))
        .await;
    assert_eq!(other, Err(CommandFault::KeyReused));
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_the_engine_fail_is_put_aside_and_the_other_tenant_never_notices() {
    let house = House::two_tenants();
    let hall = house
        .open_with(|config| config.panics_on_purpose = true)
        .await;
    config::small_centre(&hall).await;
    let other = hall.other_tenant();
    config::small_centre(&other).await;
    let kept = hall
        .done(config::submission(Medium::Chat, "English>=2"))
        .await;
    for kind in ["panic.decide", "panic.apply"] {
        let poison = Input::Interaction(It::Submit(Box::new(Submission {
            kind: name(kind),
            ..config::plain_submission(Medium::Chat)
        })));
        let fault = hall
            .tell(poison.clone())
            .await
            .expect_err("it makes the engine fail");
        assert!(
            matches!(fault, CommandFault::Quarantined(_)),
            "{kind}: {fault:?}"
        );
        other
            .done(config::submission(Medium::Chat, "English>=2"))
            .await;
        hall.until_served().await;
        let again = hall.tell(poison).await.expect_err("it still does");
        assert!(
            matches!(again, CommandFault::Quarantined(_)),
            "{kind}: {again:?}"
        );
    }
    let Outcome::Submitted { interaction, .. } = kept.outcome else {
        panic!("{kept:?}")
    };
    assert!(hall.ask(Query::Interaction(interaction)).await.is_ok());
    let next = hall
        .done(config::submission(Medium::Chat, "English>=2"))
        .await;
    let Outcome::Submitted { interaction, .. } = next.outcome else {
        panic!("{next:?}")
    };
    assert_eq!(
        interaction,
        InteractionId(2),
        "a failed input leaves no number behind"
    );
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_and_the_records_after_it_lead_to_the_same_state() {
    let house = House::new();
    let hall = house.open().await;
    config::small_centre(&hall).await;
    for _ in 0..50 {
        hall.done(config::submission(Medium::Chat, "English>=2"))
            .await;
    }
    hall.snapshot().await;
    for _ in 0..50 {
        hall.done(config::submission(Medium::Email, "Loans>=1"))
            .await;
    }
    // The next one finds a snapshot and a journal that goes on after it.
    hall.close_at_once();
    let report = house.replay_check();
    assert_eq!(report.differences, Vec::<String>::new());
    assert!(report.decided >= 100, "{report:?}");
    let hall = house.open().await;
    let View::Overview(overview) = hall.ask(Query::Overview).await.expect("an overview") else {
        panic!("another view");
    };
    assert_eq!(overview.routing, 100);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_where_it_stopped_without_gap_or_double() {
    let house = House::new();
    let hall = house.open().await;
    config::small_centre(&hall).await;
    let first = hall
        .done(config::submission(Medium::Chat, "English>=2"))
        .await;
    let second = hall
        .done(config::submission(Medium::Chat, "English>=2"))
        .await;
    let resumed = hall.resume(first.sequence).await;
    let sequences: Vec<_> = resumed.iter().map(|record| record.sequence).collect();
    assert_eq!(sequences, vec![second.sequence]);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_room_is_low_intake_is_refused_and_work_goes_on() {
    let house = House::new();
    let hall = house.open_with(|config| config.room_low = u64::MAX).await;
    hall.until_room_is_low().await;
    let refused = hall.tell(config::submission(Medium::Chat, "")).await;
    assert!(
        matches!(refused, Err(CommandFault::Unavailable(_))),
        "new work is refused: {refused:?}"
    );
    let stop = It::Stop {
        interaction: InteractionId(1),
        cause: StopCause::Abandoned,
    };
    let other = hall.tell(Input::Interaction(stop)).await;
    assert!(
        matches!(other, Err(CommandFault::Refused(_))),
        "decided as always: {other:?}"
    );
    hall.close().await;
}
