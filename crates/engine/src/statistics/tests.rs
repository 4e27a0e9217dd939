//! What the fold holds to on its own; whole days are in the rehearsal.

use super::{Book, Calendar, UtcOnly, quarters};
use ringback_model::{EngineTime, Now, WallTime};

#[test]
fn a_day_of_utc_begins_at_midnight() {
    let next = |at| UtcOnly.next_day("UTC", WallTime(at));
    assert_eq!(next(0), WallTime(86_400_000));
    assert_eq!(next(86_399_999), WallTime(86_400_000));
    assert_eq!(next(-1), WallTime(0));
}

#[test]
fn a_stretch_is_cut_where_quarters_of_an_hour_begin() {
    let now = Now {
        engine: EngineTime(2_000_000),
        wall: WallTime(1_900_000),
    };
    let cut = quarters(EngineTime(100_000), now);
    let cut: Vec<(u64, i64, u64)> = cut
        .iter()
        .map(|it| (it.from.engine.0, it.from.wall.0, it.to.0))
        .collect();
    assert_eq!(
        cut,
        [
            (100_000, 0, 1_000_000),
            (1_000_000, 900_000, 1_900_000),
            (1_900_000, 1_800_000, 2_000_000)
        ]
    );
    assert!(quarters(now.engine, now).is_empty());
}

#[test]
fn an_empty_book_knows_nothing_and_has_nothing_to_write() {
    let mut book = Book::new();
    assert!(book.take_tallies().is_empty());
    assert!(book.not_written(Now::default()).is_empty());
}

mod routing {
    use crate::State;
    use crate::statistics::routing::{Facts, Of, value, wanted_by};
    use crate::statistics::{Book, UtcOnly};
    use ringback_model::config::{AgentBody, Capacity, Expected, QueueBody, VirtualQueueBody};
    use ringback_model::interaction::Submission;
    use ringback_model::route::Ask;
    use ringback_model::target::{Skills, Statistic, Target};
    use ringback_model::value::UserData;
    use ringback_model::{
        AgentId, EngineTime, Input, Medium, Millis, Name, Now, OfferId, Rare, Tier, VirtualQueueId,
        WallTime, agent, config, interaction, offer,
    };
    use std::collections::BTreeMap;

    struct World {
        state: State,
        book: Book,
        at: u64,
    }

    fn name(text: &str) -> Name {
        text.parse().expect("a name")
    }

    impl World {
        fn tell(&mut self, input: &Input) {
            let now = self.now();
            let events = crate::handle(&mut self.state, now, input).expect("taken");
            for event in &events {
                self.book.apply(&UtcOnly, event, now);
            }
        }

        fn now(&self) -> Now {
            Now {
                engine: EngineTime(self.at),
                wall: WallTime(1_767_600_000_000 + i64::try_from(self.at).expect("small")),
            }
        }

        fn agent(&mut self, id: u64, level: u16, capacity: u8) {
            let body = AgentBody {
                skills: Skills::from([(name("English"), level)]),
                capacity: Capacity(BTreeMap::from([(Medium::Chat, capacity)])),
                ..AgentBody::default()
            };
            self.tell(&Input::Config(config::Input::PutAgent {
                name: name(&format!("agent{id}")),
                body,
                expected: Expected::Any,
            }));
            let (agent, media) = (AgentId(id), Vec::new());
            self.tell(&Input::Agent(agent::Input::LogIn { agent, media }));
        }

        fn ready(&mut self, id: u64) {
            let (agent, media) = (AgentId(id), Vec::new());
            self.tell(&Input::Agent(agent::Input::Ready { agent, media }));
        }

        fn submit(&mut self) {
            let route = Ask {
                targets: None,
                virtual_queue: name("support"),
                target: Target::fixed("English>=2".parse().expect("an expression")),
                tier: None,
                credit: Millis::ZERO,
                selection: Rare::none(),
            };
            let new = Box::new(Submission {
                queue: name("inbox"),
                medium: Medium::Chat,
                kind: name("inbound"),
                subkind: None,
                tier: Tier::default(),
                contact: None,
                parent: None,
                user_data: UserData::default(),
                route: Some(route),
                said: Rare::none(),
            });
            self.tell(&Input::Interaction(interaction::Input::Submit(new)));
        }

        fn of_agents(&self, statistic: Statistic) -> Option<f64> {
            let english = "English>=1".parse().expect("an expression");
            let of = Of::Agents(wanted_by(&self.state, &english));
            let facts = self.book.facts(self.now());
            value(
                &self.state,
                &facts,
                self.now(),
                statistic,
                &of,
                Medium::Chat,
            )
        }

        fn of_queue(&self, statistic: Statistic) -> Option<f64> {
            let of = Of::Queues(vec![VirtualQueueId(1)]);
            let facts = self.book.facts(self.now());
            value(
                &self.state,
                &facts,
                self.now(),
                statistic,
                &of,
                Medium::Chat,
            )
        }
    }

    /// Two agents who speak English, one of them well; one has accepted, one request waits.
    fn world() -> World {
        let mut world = World {
            state: State::new(),
            book: Book::new(),
            at: 0,
        };
        world.tell(&Input::Config(config::Input::PutQueue {
            name: name("inbox"),
            body: QueueBody::default(),
            expected: Expected::Any,
        }));
        world.tell(&Input::Config(config::Input::PutVirtualQueue {
            name: name("support"),
            body: VirtualQueueBody::default(),
            expected: Expected::Any,
        }));
        world.agent(1, 3, 1);
        world.agent(2, 1, 1);
        world.ready(1);
        world.ready(2);
        world.submit();
        world.at = 10_000;
        let (offer, agent) = (OfferId(1), AgentId(1));
        world.tell(&Input::Offer(offer::Input::Accept { offer, agent }));
        world.submit();
        world.at = 40_000;
        world
    }

    #[test]
    fn thresholds_on_agents_are_answered_from_the_present() {
        let world = world();
        for (statistic, expected) in [
            (Statistic::StatAgentsTotal, Some(2.0)),
            (Statistic::RStatAgentsTotal, Some(2.0)),
            (Statistic::RStatAgentsReady, Some(2.0)),
            (Statistic::RStatAgentsReadyVoice, Some(0.0)),
            (Statistic::StatAgentsReady, Some(2.0)),
            (Statistic::StatAgentsAvailable, Some(1.0)),
            (Statistic::StatAgentsBusy, Some(1.0)),
            (Statistic::StatAgentLoading, Some(0.0)),
            (Statistic::StatAgentOccupancy, Some(0.0)),
            (Statistic::StatTimeInReadyState, Some(40.0)),
            (Statistic::StatCallsAnswered, Some(1.0)),
            (Statistic::StatCallsCompleted, Some(0.0)),
            (Statistic::StatCallsInQueue, None),
        ] {
            assert_eq!(world.of_agents(statistic), expected, "{statistic}");
        }
    }

    #[test]
    fn thresholds_on_queues_are_answered_from_those_who_wait() {
        let mut world = world();
        for (statistic, expected) in [
            (Statistic::StatCallsInQueue, Some(1.0)),
            (Statistic::StatAgentsInQueueLogin, Some(1.0)),
            (Statistic::StatAgentsInQueueReady, Some(1.0)),
            (Statistic::StatServiceFactor, Some(100.0)),
            (Statistic::StatExpectedWaitingTime, None),
            (Statistic::InVqWaitTime, None),
            (Statistic::StatLoadBalance, None),
            (Statistic::StatAgentsBusy, None),
        ] {
            assert_eq!(world.of_queue(statistic), expected, "{statistic}");
        }
        world.tell(&Input::Interaction(interaction::Input::Complete {
            interaction: ringback_model::InteractionId(1),
            agent: AgentId(1),
            reason: name("done"),
            disposition: None,
        }));
        // The one who waited is offered, and waits still; 30 s of handling, one agent for it.
        assert_eq!(world.of_queue(Statistic::StatCallsInQueue), Some(1.0));
        world.submit();
        assert_eq!(world.of_queue(Statistic::StatLoadBalance), Some(90.0));
    }

    #[test]
    fn nothing_is_made_up_where_nobody_is_asked_about() {
        let world = world();
        let nobody = Of::Agents(Vec::new());
        let ask = |statistic| {
            let facts = Facts::default();
            value(
                &world.state,
                &facts,
                world.now(),
                statistic,
                &nobody,
                Medium::Chat,
            )
        };
        assert_eq!(ask(Statistic::StatAgentsReady), Some(0.0));
        assert_eq!(ask(Statistic::StatAgentOccupancy), None);
        assert_eq!(ask(Statistic::StatAgentLoading), None);
    }
}
