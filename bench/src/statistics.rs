//! What counting costs: the processor time of folding an event into the book of statistics, next
//! to what applying the same event to the state costs, and what asking and putting away cost.
//!
//! The events are those of a centre that runs on a virtual clock: every agent always has one
//! interaction in hand, customers come as fast as they are served, some leave. The same events
//! are applied and folded, one pass after the other, on one thread.

use ringback_engine::State;
use ringback_engine::statistics::{Book, UtcOnly};
use ringback_model::config::{AgentBody, Body, Capacity, Expected, Statistic};
use ringback_model::config::{QueueBody, VirtualQueueBody};
use ringback_model::interaction::{StopCause, Submission};
use ringback_model::route::Ask;
use ringback_model::statistic::{Measure, Profile, SubjectKind};
use ringback_model::target::{Skills, Target};
use ringback_model::value::UserData;
use ringback_model::{
    AgentId, EngineTime, Event, Input, InteractionId, Medium, Millis, Name, Now, OfferId, Rare,
    Tier, WallTime, agent, config, interaction, offer,
};
use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Duration;

const QUEUES: u64 = 20;
const GROUPS: u64 = 10;
/// One interaction comes every so many milliseconds of the virtual clock.
const PACE: u64 = 4;
/// One in so many customers leaves before he is served.
const LEAVES: u64 = 10;

/// Measures a centre of each size and prints what was found.
pub(crate) fn run(agents: &[u64], interactions: u64) {
    for &agents in agents {
        println!("\n{agents} agents, {interactions} interactions, one every {PACE} ms");
        let events = Centre::open(agents).work(interactions);
        println!("  {} events", events.len());
        for filtered in [false, true] {
            measure(&events, filtered);
        }
    }
}

fn measure(events: &[(Now, Event)], filtered: bool) {
    let mut state = State::new();
    let applying = timed(|| {
        for (_, event) in events {
            state.apply(event);
        }
    });
    let mut book = Book::new();
    if filtered {
        let (now, event) = filter();
        book.apply(&UtcOnly, &event, now);
    }
    let folding = timed(|| {
        for (now, event) in events {
            book.apply(&UtcOnly, event, *now);
        }
    });
    let per = |time: Duration| time.as_nanos() / events.len() as u128;
    let what = if filtered {
        "with a filter"
    } else {
        "unfiltered"
    };
    println!(
        "  {what}: applying {} ns, folding {} ns an event",
        per(applying),
        per(folding)
    );
    let differences = book.differs_from(&state);
    assert!(differences.is_empty(), "{differences:?}");
    if filtered {
        return;
    }
    let now = events.last().map(|(now, _)| *now).unwrap_or_default();
    minutes(&mut book, now);
    ask(
        &book,
        events.last().map(|(now, _)| *now).unwrap_or_default(),
    );
    let mut tallies = 0;
    let taking = timed(|| tallies = book.take_tallies().len());
    let mut bytes = 0;
    let encoding = timed(|| bytes = rmp_serde::to_vec_named(&book).map_or(0, |it| it.len()));
    println!(
        "  put away: {tallies} tallies in {taking:.1?}, the book's {bytes} bytes in {encoding:.1?}"
    );
}

/// What it costs when a minute is over: the time of every agent's states is counted then.
fn minutes(book: &mut Book, mut now: Now) {
    const MINUTES: u32 = 5;
    let nothing = Event::Node(ringback_model::node::Event::ClockJumped { by: 0 });
    let closing = timed(|| {
        for _ in 0..MINUTES {
            now.engine = now.engine + Millis::seconds(60);
            now.wall = WallTime(now.wall.0 + 60_000);
            book.apply(&UtcOnly, &nothing, now);
        }
    });
    println!("  closing a minute: {:.1?}", closing / MINUTES);
}

/// All queues' service levels and all agents' occupancies, as a wall display asks for them.
fn ask(book: &Book, now: Now) {
    for profile in [Profile::Growing, Profile::Sliding { minutes: 15 }] {
        let mut asked = 0_u32;
        let time = timed(|| {
            let kinds = [
                (
                    Measure::ServiceFactor,
                    SubjectKind::VirtualQueue,
                    "vq",
                    QUEUES,
                ),
                (Measure::Occupancy, SubjectKind::Agent, "agent", 300),
                (
                    Measure::CurrentHandling,
                    SubjectKind::Group,
                    "group",
                    GROUPS,
                ),
            ];
            for (measure, kind, prefix, count) in kinds {
                for number in 0..count {
                    let Some(target) = book.target(kind, &format!("{prefix}{number}")) else {
                        continue;
                    };
                    let asked_for = ringback_engine::statistics::Asked {
                        statistic: Statistic {
                            profile,
                            ..Statistic::plain(measure, kind)
                        },
                        filter: None,
                    };
                    black_box(book.value(&asked_for, target, now));
                    asked += 1;
                }
            }
        });
        println!("  {}: {asked} numbers in {time:.1?}", profile.name());
    }
}

fn filter() -> (Now, Event) {
    let statistic = Statistic {
        filter: "kind = 'inbound'".to_owned(),
        ..Statistic::plain(Measure::TotalAnswered, SubjectKind::VirtualQueue)
    };
    let object = config::Object {
        id: ringback_model::ObjectId(1_000),
        name: name("filtered"),
        version: 1,
        body: Body::Statistic(statistic),
    };
    (
        Now::default(),
        Event::Config(config::Event::Put(Box::new(object))),
    )
}

/// The processor time of some work, whatever else the machine does.
fn timed(work: impl FnOnce()) -> Duration {
    let start = processor_time();
    work();
    processor_time().saturating_sub(start)
}

/// How long this thread was on a processor.
fn processor_time() -> Duration {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat");
    let line = line.expect("Linux tells how long a thread ran");
    let ran = line.split(' ').next().and_then(|ns| ns.parse().ok());
    Duration::from_nanos(ran.expect("a number of nanoseconds"))
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// A centre on a virtual clock.
struct Centre {
    state: State,
    now: Now,
    events: Vec<(Now, Event)>,
    open: VecDeque<(AgentId, InteractionId)>,
}

impl Centre {
    fn open(agents: u64) -> Self {
        let mut centre = Self {
            state: State::new(),
            now: Now {
                engine: EngineTime(0),
                wall: WallTime(1_767_600_000_000),
            },
            events: Vec::new(),
            open: VecDeque::new(),
        };
        let expected = Expected::Any;
        centre.tell(&Input::Config(config::Input::PutQueue {
            name: name("inbox"),
            body: QueueBody::default(),
            expected,
        }));
        for number in 0..QUEUES {
            centre.tell(&Input::Config(config::Input::PutVirtualQueue {
                name: name(&format!("vq{number}")),
                body: VirtualQueueBody::default(),
                expected,
            }));
        }
        for number in 0..agents {
            centre.agent(number);
        }
        for number in 0..GROUPS {
            let members = (0..agents).filter(|agent| agent % GROUPS == number);
            let members = members
                .map(|agent| name(&format!("agent{agent}")))
                .collect();
            let group = config::Group {
                members,
                ..config::Group::default()
            };
            centre.tell(&Input::Config(config::Input::Put {
                name: name(&format!("group{number}")),
                body: Box::new(Body::Group(group)),
                expected,
            }));
        }
        centre
    }

    fn agent(&mut self, number: u64) {
        self.tell(&Input::Config(config::Input::PutAgent {
            name: name(&format!("agent{number}")),
            body: AgentBody {
                skills: Skills::from([(name("English"), 3)]),
                capacity: Capacity::default(),
                ..AgentBody::default()
            },
            expected: Expected::Any,
        }));
        let agent = AgentId(number + 1);
        let media = vec![Medium::Chat];
        self.tell(&Input::Agent(agent::Input::LogIn {
            agent,
            media: media.clone(),
        }));
        self.tell(&Input::Agent(agent::Input::Ready { agent, media }));
    }

    fn tell(&mut self, input: &Input) {
        let happened = ringback_engine::handle(&mut self.state, self.now, input);
        let happened = happened.expect("nothing is refused here");
        self.events
            .extend(happened.into_iter().map(|event| (self.now, event)));
    }

    /// Lets so many interactions come and go; gives all that happened.
    fn work(mut self, interactions: u64) -> Vec<(Now, Event)> {
        let most = 2 * self.state.agent_ids().len();
        for number in 0..interactions {
            self.now.engine = self.now.engine + Millis(PACE);
            self.now.wall = WallTime(self.now.wall.0 + PACE as i64);
            let before = self.events.len();
            self.tell(&submit(number));
            let made = self.events[before..]
                .iter()
                .find_map(|(_, event)| match event {
                    Event::Offer(offer::Event::Made { offer, .. }) => {
                        Some((offer.id, offer.agent, offer.interaction))
                    }
                    _ => None,
                });
            match made {
                Some((_, _, id)) if number % LEAVES == 0 => self.leave(id),
                Some((offer, agent, id)) => self.accept(offer, agent, id),
                None => self.leave(InteractionId(self.state.counters().interaction)),
            }
            if self.open.len() > most {
                self.complete();
            }
        }
        self.events
    }

    fn accept(&mut self, offer: OfferId, agent: AgentId, id: InteractionId) {
        self.tell(&Input::Offer(offer::Input::Accept { offer, agent }));
        self.open.push_back((agent, id));
    }

    fn complete(&mut self) {
        if let Some((agent, interaction)) = self.open.pop_front() {
            self.tell(&Input::Interaction(interaction::Input::Complete {
                interaction,
                agent,
                reason: name("done"),
                disposition: None,
            }));
        }
    }

    fn leave(&mut self, interaction: InteractionId) {
        self.tell(&Input::Interaction(interaction::Input::Stop {
            interaction,
            cause: StopCause::Abandoned,
        }));
    }
}

fn submit(number: u64) -> Input {
    let wanted = "English>=2".parse().expect("an expression");
    let route = Ask {
        virtual_queue: name(&format!("vq{}", number % QUEUES)),
        target: Target::fixed(wanted),
        targets: None,
        tier: None,
        credit: Millis::ZERO,
        selection: Rare::none(),
    };
    Input::Interaction(interaction::Input::Submit(Box::new(Submission {
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
    })))
}
