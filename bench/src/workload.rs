//! The workloads of the benchmark protocol in the heart alone: what one input costs, with nothing
//! durable and nobody asking over a wire.
//!
//! W1: first come first served, one queue, 100 agents. W2: 50 virtual queues, 10 priorities, 1,000
//! agents. W3: 2,000 skill expressions, 50,000 agents under a capacity rule, one offer of twenty
//! rejected, targets that widen after 10 s. Each again with 100 thresholds if asked for: then one
//! request of ten waits behind one.
//!
//! Everybody is busy and a backlog waits. A cycle: an agent completes what he handles and is
//! offered the next at once (for 5 % he says no, and it goes to somebody else), he accepts, and a
//! new interaction comes. Engine time goes on by 10 ms with each cycle, so that timers fire.

use anyhow::Context as _;
use clap::ValueEnum;
use ringback_engine::{State, handle};
use ringback_model::agent::Input as AgentInput;
use ringback_model::config::{
    AgentBody, Body, Capacity, CapacityRule, Expected, Input as Config, QueueBody, VirtualQueueBody,
};
use ringback_model::interaction::{Input as InteractionInput, Submission};
use ringback_model::offer::Offer;
use ringback_model::route::Ask;
use ringback_model::target::{Escalation, Expression, Step, Target, Targets};
use ringback_model::{
    AgentId, EngineTime, Event, Input, Medium, Millis, Name, Now, Rare, Tier, WallTime, node, offer,
};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::decision::{Random, print_times};

/// Which workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// One queue, first come first served, 100 agents.
    W1,
    /// 50 virtual queues, 10 priorities, 1,000 agents.
    W2,
    /// 2,000 expressions, 50,000 agents, capacity rules, rejections, widening.
    W3,
}

struct Shape {
    agents: u64,
    queues: u64,
    priorities: u64,
    expressions: usize,
}

impl Workload {
    const fn shape(self) -> Shape {
        let (agents, queues, priorities, expressions) = match self {
            Self::W1 => (100, 1, 1, 1),
            Self::W2 => (1_000, 50, 10, 1),
            Self::W3 => (50_000, 50, 10, 2_000),
        };
        Shape {
            agents,
            queues,
            priorities,
            expressions,
        }
    }
}

/// How many different thresholds there are.
const THRESHOLDS: u64 = 100;
/// How long a cycle takes in engine time.
const CYCLE: u64 = 10;

/// Runs one workload over each backlog and prints what an input costs.
pub(crate) fn run(
    workload: Workload,
    sizes: &[u64],
    cycles: u64,
    thresholds: bool,
) -> anyhow::Result<()> {
    for &waiting in sizes {
        let behind = if thresholds { ", 100 thresholds" } else { "" };
        println!("\n{workload:?}, {waiting} waiting{behind}, {cycles} cycles");
        let start = Instant::now();
        let mut world = World::build(workload, waiting, thresholds)?;
        println!("  built in {:.1?}", start.elapsed());
        world.times.clear();
        let start = Instant::now();
        for _ in 0..cycles {
            world.cycle()?;
        }
        let each = start.elapsed() / u32::try_from(cycles)?;
        println!("  {each:.2?} per cycle, with what the benchmark itself needs");
        for (what, times) in std::mem::take(&mut world.times) {
            print_times(what, times);
        }
    }
    Ok(())
}

struct World {
    state: State,
    random: Random,
    shape: Shape,
    wanted: Vec<Target>,
    behind: Vec<Escalation>,
    rejects: bool,
    clock: u64,
    handled: Vec<(ringback_model::InteractionId, AgentId)>,
    offered: Vec<Offer>,
    times: BTreeMap<&'static str, Vec<Duration>>,
}

impl World {
    fn build(workload: Workload, waiting: u64, thresholds: bool) -> anyhow::Result<Self> {
        let mut random = Random(1);
        let shape = workload.shape();
        let skills: Vec<Name> = (0..200)
            .map(|skill| format!("skill{skill}").parse())
            .collect::<Result<_, _>>()?;
        let widens = workload == Workload::W3;
        let wanted = (0..shape.expressions).map(|_| {
            let first = match widens {
                true => random.expression(&skills),
                false => Expression::anyone(),
            };
            let mut steps = vec![Step {
                expression: first.clone(),
                after: Millis::ZERO,
            }];
            if widens {
                steps.push(Step {
                    expression: Expression::Any(vec![first, random.expression(&skills)]),
                    after: Millis::seconds(10),
                });
            }
            Target::new(steps)
        });
        let wanted = wanted.collect::<Result<_, _>>()?;
        let behind = (0..if thresholds { THRESHOLDS } else { 0 }).map(|number| {
            let skill = &skills[number as usize % 200];
            let text = format!(
                "{{StatAgentsBusy>{number}}}?:{skill}>=1, {{StatAgentsAvailable>0}}?:{skill}>=3"
            );
            Targets::read(&text).map(|(targets, _)| Escalation::of_targets(targets))
        });
        let behind = behind.collect::<Result<_, _>>()?;
        let mut world = Self {
            state: State::new(),
            random,
            shape,
            wanted,
            behind,
            rejects: widens,
            clock: 0,
            handled: Vec::new(),
            offered: Vec::new(),
            times: BTreeMap::new(),
        };
        world.furnish(&skills, widens)?;
        let busy = world.shape.agents;
        for _ in 0..waiting + busy {
            world.submit()?;
            world.answer(false)?;
        }
        world.due()?;
        Ok(world)
    }

    fn furnish(&mut self, skills: &[Name], ruled: bool) -> anyhow::Result<()> {
        let expected = Expected::Any;
        let put = |name: &str| name.parse::<Name>();
        self.set(Config::PutQueue {
            name: put("inbox")?,
            body: QueueBody {
                open_max: 4_000_000,
                ..QueueBody::default()
            },
            expected,
        })?;
        for queue in 0..self.shape.queues {
            self.set(Config::PutVirtualQueue {
                name: put(&format!("queue{queue}"))?,
                body: VirtualQueueBody::default(),
                expected,
            })?;
        }
        if ruled {
            let rule = CapacityRule {
                description: String::new(),
                text: "voice 1 or digital 1".to_owned(),
            };
            self.set(Config::Put {
                name: put("one")?,
                body: Box::new(Body::CapacityRule(rule)),
                expected,
            })?;
        }
        for number in 1..=self.shape.agents {
            let body = AgentBody {
                skills: self.random.skills(skills),
                capacity: Capacity([(Medium::Chat, 1)].into()),
                capacity_rule: ruled.then(|| put("one")).transpose()?,
                ..AgentBody::default()
            };
            self.set(Config::PutAgent {
                name: put(&format!("agent{number}"))?,
                body,
                expected,
            })?;
            let (agent, media) = (AgentId(number), vec![Medium::Chat]);
            let log_in = AgentInput::LogIn {
                agent,
                media: media.clone(),
            };
            self.timed("log in", &Input::Agent(log_in))?;
            self.timed("ready", &Input::Agent(AgentInput::Ready { agent, media }))?;
        }
        Ok(())
    }

    fn set(&mut self, input: Config) -> anyhow::Result<()> {
        self.timed("configure", &Input::Config(input))
    }

    /// One input, timed; notes who was offered and given what.
    fn timed(&mut self, what: &'static str, input: &Input) -> anyhow::Result<()> {
        let now = Now {
            engine: EngineTime(self.clock),
            wall: WallTime(self.clock as i64),
        };
        let start = Instant::now();
        let events = handle(&mut self.state, now, input);
        let took = start.elapsed();
        self.times.entry(what).or_default().push(took);
        for event in events.with_context(|| format!("{what} was refused"))? {
            match event {
                Event::Offer(offer::Event::Made { offer, .. }) => self.offered.push(*offer),
                Event::Offer(offer::Event::Accepted { of, agent, .. }) => {
                    self.handled.push((of.interaction, agent));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn submit(&mut self) -> anyhow::Result<()> {
        let wanted = self.random.below(self.wanted.len() as u64) as usize;
        let queue = format!("queue{}", wanted as u64 % self.shape.queues);
        let spread = self.random.below(self.shape.queues);
        let queue = match self.wanted.len() {
            1 => format!("queue{spread}"),
            _ => queue,
        };
        let behind = (!self.behind.is_empty() && self.random.below(10) == 0).then(|| {
            let index = self.random.below(self.behind.len() as u64) as usize;
            Box::new(self.behind[index].clone())
        });
        let tier = Tier(self.random.below(self.shape.priorities) as i16);
        let route = Ask {
            virtual_queue: queue.parse()?,
            target: self.wanted[wanted].clone(),
            tier: Some(tier),
            credit: Millis::ZERO,
            selection: Rare::none(),
            targets: behind,
        };
        let submission = Submission {
            queue: "inbox".parse()?,
            medium: Medium::Chat,
            kind: "inbound".parse()?,
            subkind: None,
            tier,
            contact: None,
            parent: None,
            user_data: ringback_model::value::UserData::default(),
            route: Some(route),
            said: Rare::none(),
        };
        let input = InteractionInput::Submit(Box::new(submission));
        self.timed("submit", &Input::Interaction(input))
    }

    /// Every open offer is answered: one in twenty is rejected where that is part of the workload.
    fn answer(&mut self, may_reject: bool) -> anyhow::Result<()> {
        while let Some(made) = self.offered.pop() {
            let (offer, agent) = (made.id, made.agent);
            let rejects = may_reject && self.rejects && self.random.below(20) == 0;
            if rejects {
                let reason = "busy".parse()?;
                let reject = offer::Input::Reject {
                    offer,
                    agent,
                    reason,
                };
                self.timed("reject", &Input::Offer(reject))?;
            } else {
                let accept = offer::Input::Accept { offer, agent };
                self.timed("accept", &Input::Offer(accept))?;
            }
        }
        Ok(())
    }

    fn due(&mut self) -> anyhow::Result<()> {
        let due = |state: &State, clock| state.next_deadline().is_some_and(|at| at.0 <= clock);
        while due(&self.state, self.clock) {
            let due = node::Input::Due { limit: 100 };
            self.timed("up to 100 timers", &Input::Node(due))?;
            self.answer(false)?;
        }
        Ok(())
    }

    fn cycle(&mut self) -> anyhow::Result<()> {
        self.clock += CYCLE;
        self.due()?;
        let index = self.random.below(self.handled.len() as u64) as usize;
        let (interaction, agent) = self.handled.swap_remove(index);
        let complete = InteractionInput::Complete {
            interaction,
            agent,
            reason: "done".parse()?,
            disposition: None,
        };
        self.timed(
            "complete, and the next offer",
            &Input::Interaction(complete),
        )?;
        self.answer(true)?;
        self.submit()?;
        self.answer(true)
    }
}
