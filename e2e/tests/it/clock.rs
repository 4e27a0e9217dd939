//! The wall clock jumps, while the hall runs or while it is down: offers lapse once and never
//! before their time, which runs on a clock of its own.

use crate::support::hall::{House, OpenHall, agent_named, config};
use crate::support::server::PATIENCE;
use ringback_model::config::{Input as Config, Settings};
use ringback_model::interaction::{Input as It, StopCause};
use ringback_model::offer::{Event as OfferEvent, NotTaken, Offer};
use ringback_model::{
    AgentId, EngineTime, Event, Input, Medium, Millis, WallTime, agent, config as model_config,
    node,
};
use ringback_ports::hall::Interest;
use ringback_ports::{Record, Sequence};
use ringback_runtime::clock::{Clock, SystemClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const HOUR: i64 = 3_600_000;
/// A day and two hours, and what a change of daylight saving time set wrongly does.
const JUMPS: [i64; 4] = [26 * HOUR, -26 * HOUR, HOUR, -HOUR];

/// The machine's clock, with a wall clock somebody moves.
#[derive(Default)]
struct Jumpy {
    clock: SystemClock,
    off: AtomicI64,
}

impl Jumpy {
    fn jump(&self, by: i64) {
        self.off.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for Jumpy {
    fn steady(&self) -> Duration {
        self.clock.steady()
    }

    fn wall(&self) -> WallTime {
        WallTime(self.clock.wall().0 + self.off.load(Ordering::SeqCst))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_while_the_hall_runs_moves_no_timer() {
    let (house, clock) = (House::new(), Arc::new(Jumpy::default()));
    let hall = open(&house, &clock).await;
    let anna = found(&hall).await;
    for by in JUMPS {
        let (offer, before) = offered(&hall, anna).await;
        clock.jump(by);
        let records = lapsed(&hall, before, &offer).await;
        assert_lapsed_once(&records, &offer);
        let seen = jumps(&hall, before).await;
        assert!(near(seen, by), "a jump by {by} ms was seen as {seen} ms");
    }
    hall.close().await;
    assert!(house.replay_check().differences.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_while_the_hall_is_down_makes_no_timer_fire_twice_or_early() {
    let (house, clock) = (House::new(), Arc::new(Jumpy::default()));
    let mut hall = open(&house, &clock).await;
    let anna = found(&hall).await;
    for by in JUMPS {
        let (offer, before) = offered(&hall, anna).await;
        hall.close_at_once();
        clock.jump(by);
        hall = open(&house, &clock).await;
        let records = lapsed(&hall, before, &offer).await;
        assert_lapsed_once(&records, &offer);
        assert_engine_time_goes_on(&records);
    }
    hall.close().await;
    assert!(house.replay_check().differences.is_empty());
}

async fn open(house: &House, clock: &Arc<Jumpy>) -> OpenHall {
    let clock: Arc<dyn Clock> = clock.clone();
    house.open_with(|config| config.clock = clock).await
}

/// One agent, short offers, no pause after them.
async fn found(hall: &OpenHall) -> AgentId {
    config::small_centre(hall).await;
    let settings = Settings {
        offer_ttl: Millis(1_000),
        cool_down: Millis::ZERO,
        ..Settings::default()
    };
    hall.done(Input::Config(Config::PutSettings {
        settings: Box::new(settings),
        expected: model_config::Expected::Any,
    }))
    .await;
    agent_named(hall, "anna").await
}

/// An offer that was just made, and the record before it.
async fn offered(hall: &OpenHall, anna: AgentId) -> (Offer, Sequence) {
    let media = vec![];
    let agent = anna;
    let logged_in = agent::Input::LogIn { agent, media };
    let before = hall.done(Input::Agent(logged_in)).await.sequence;
    let mut pushes = hall.subscribe(Interest::Agent(anna));
    let media = vec![];
    hall.done(Input::Agent(agent::Input::Ready { agent, media }))
        .await;
    hall.done(config::submission(Medium::Chat, "English>=2"))
        .await;
    (pushes.offer().await, before)
}

/// Waits until the offer is over, then ends its interaction; everything since `before`.
async fn lapsed(hall: &OpenHall, before: Sequence, offer: &Offer) -> Vec<Arc<Record>> {
    let over = async {
        loop {
            let records = hall.resume(before).await;
            if !endings(&records, offer).is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let over = tokio::time::timeout(PATIENCE, over).await;
    over.expect("the offer ends");
    let stop = It::Stop {
        interaction: offer.interaction,
        cause: StopCause::Abandoned,
    };
    hall.done(Input::Interaction(stop)).await;
    hall.resume(before).await
}

/// How the offer ended, and when by engine time.
fn endings(records: &[Arc<Record>], of: &Offer) -> Vec<(NotTaken, EngineTime)> {
    let events = records.iter().flat_map(|record| record.events());
    let ended = events.filter_map(|(_, entry, event)| match event {
        Event::Offer(OfferEvent::NotTaken { offer, how, .. }) if *offer == of.id => {
            Some((how.clone(), entry.now.engine))
        }
        _ => None,
    });
    ended.collect()
}

fn assert_lapsed_once(records: &[Arc<Record>], offer: &Offer) {
    match &endings(records, offer)[..] {
        [(NotTaken::Lapsed, at)] => {
            assert!(*at >= offer.until, "{at} is before {}", offer.until);
        }
        other => panic!("it did not lapse once: {other:?}"),
    }
}

fn assert_engine_time_goes_on(records: &[Arc<Record>]) {
    let entries = records.iter().flat_map(|record| &record.entries);
    let times: Vec<EngineTime> = entries.map(|entry| entry.now.engine).collect();
    assert!(times.is_sorted(), "engine time went back: {times:?}");
}

/// Waits until the hall has seen the clock jump; by how much.
async fn jumps(hall: &OpenHall, before: Sequence) -> i64 {
    let seen = async {
        loop {
            let records = hall.resume(before).await;
            let events = records.iter().flat_map(|record| record.events());
            let jumps: Vec<i64> = events
                .filter_map(|(_, _, event)| match event {
                    Event::Node(node::Event::ClockJumped { by }) => Some(*by),
                    _ => None,
                })
                .collect();
            if !jumps.is_empty() {
                return jumps.iter().sum();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let seen = tokio::time::timeout(PATIENCE, seen).await;
    seen.expect("the jump is seen")
}

/// The two clocks are not read at the same moment.
const fn near(seen: i64, by: i64) -> bool {
    (seen - by).abs() < 1_000
}
