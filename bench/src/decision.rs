//! How long one routing decision takes, and what a waiting request costs in memory.
//!
//! The world of the benchmark protocol's W3: 200 skills of 10 levels, 8 skills per agent, 50,000
//! agents, 2,000 expressions of 1 or 2 clauses of 1 or 2 terms, over three media and 50 virtual
//! queues.
//!
//! Times are taken around one call each, on one thread, and include what it costs to read the
//! clock twice (printed first). The world is the same in every run.

use ringback_engine::matching::{Matcher, Matching, Waiting};
use ringback_model::target::{Comparison, Expression, Level, Qualification, Skills};
use ringback_model::{
    AgentId, EngineTime, Medium, Millis, Name, OrderKey, RouteRequestId, Tier, VirtualQueueId,
};
use std::hint::black_box;
use std::time::{Duration, Instant};

const SKILLS: u64 = 200;
const LEVELS: u64 = 10;
const SKILLS_PER_AGENT: usize = 8;
const AGENTS: u64 = 50_000;
const EXPRESSIONS: usize = 2_000;
const QUEUES: u64 = 50;
const MEDIA: [Medium; 3] = [Medium::Voice, Medium::Chat, Medium::Email];
const SAMPLES: usize = 100_000;
const CREDIT: Millis = Millis::seconds(90);

/// Measures a world of each size and prints what was found.
pub(crate) fn run(sizes: &[u64]) {
    print_times("reading the clock twice", sampled(SAMPLES, || ()));
    for &waiting in sizes {
        measure(waiting);
    }
}

fn measure(waiting: u64) {
    println!("\n{waiting} waiting, {AGENTS} agents, {EXPRESSIONS} expressions");
    let mut world = World::build(waiting);
    for percent in [5, 50] {
        world.free_agents(percent);
        println!("  {percent} % of the agents free");
        world.agent_came();
        world.request_came();
    }
    world.upkeep();
    world.one_long_queue(waiting);
    world.one_expression(waiting);
}

/// Everything that was put into the matcher, to choose from.
struct World {
    matcher: Matcher,
    random: Random,
    names: Vec<Name>,
    skills: Vec<Skills>,
    wanted: Vec<Expression>,
    waiting: Vec<RouteRequestId>,
    requests: u64,
    /// One request comes every so many milliseconds.
    clock: u64,
}

impl World {
    fn build(waiting: u64) -> Self {
        let mut random = Random(1);
        let names: Vec<Name> = (0..SKILLS)
            .map(|skill| format!("skill{skill}").parse().expect("a name"))
            .collect();
        let skills = (0..AGENTS).map(|_| random.skills(&names)).collect();
        let wanted = (0..EXPRESSIONS)
            .map(|_| random.expression(&names))
            .collect();
        let mut world = Self {
            matcher: Matcher::default(),
            random,
            names,
            skills,
            wanted,
            waiting: Vec::new(),
            requests: 0,
            clock: 0,
        };
        world.fill(waiting);
        world
    }

    fn fill(&mut self, waiting: u64) {
        let start = Instant::now();
        for (id, skills) in (1..).map(AgentId).zip(&self.skills) {
            self.matcher
                .put_agent(id, &Qualification::from(skills.clone()));
        }
        println!("  agents in, before any request: {:?}", start.elapsed());
        let start = Instant::now();
        for index in 0..EXPRESSIONS {
            let request = self.request(index);
            self.matcher.add(request, &self.wanted[index]);
        }
        println!("  first request of each expression: {:?}", start.elapsed());
        let chosen: Vec<(Waiting, usize)> = (EXPRESSIONS as u64..waiting)
            .map(|_| {
                let index = self.random.below(EXPRESSIONS as u64) as usize;
                (self.request(index), index)
            })
            .collect();
        let (resident, start) = (resident(), Instant::now());
        for (request, index) in &chosen {
            self.matcher.add(*request, &self.wanted[*index]);
        }
        println!("  the rest of the requests: {:?}", start.elapsed());
        self.print_memory(resident);
    }

    fn print_memory(&self, before: usize) {
        let waiting = self.matcher.len();
        let counted = self.matcher.bytes_of_requests();
        println!(
            "  {} B per waiting request, counted by the matcher; process grew by {} B for each",
            counted / waiting,
            resident().saturating_sub(before) / waiting,
        );
        println!(
            "  {} MB for agents and expressions; an expression holds for {} agents",
            self.matcher.bytes_of_agents() / 1_000_000,
            self.mean_qualified(),
        );
    }

    fn mean_qualified(&self) -> u64 {
        let qualified = |id: &RouteRequestId| self.matcher.first_agents(*id, 0).qualified;
        let first = &self.waiting[..EXPRESSIONS];
        first.iter().map(|id| u64::from(qualified(id))).sum::<u64>() / EXPRESSIONS as u64
    }

    /// The next request, with the expression of this number: every fifth has credit.
    fn request(&mut self, wanted: usize) -> Waiting {
        self.requests += 1;
        self.clock += 5;
        let credit = if self.random.below(5) == 0 {
            CREDIT
        } else {
            Millis::ZERO
        };
        let id = RouteRequestId(self.requests);
        self.waiting.push(id);
        Waiting {
            id,
            virtual_queue: VirtualQueueId(1 + wanted as u64 % QUEUES),
            medium: MEDIA[wanted % MEDIA.len()],
            key: OrderKey::new(Tier(0), EngineTime(self.clock), credit, self.requests),
        }
    }

    fn some_request(&mut self) -> RouteRequestId {
        let index = self.random.below(self.waiting.len() as u64);
        self.waiting[index as usize]
    }

    fn some_agent(&mut self) -> AgentId {
        AgentId(1 + self.random.below(AGENTS))
    }

    fn free_agents(&mut self, percent: u64) {
        for agent in (1..=AGENTS).map(AgentId) {
            let free = self.random.below(100) < percent;
            let since = EngineTime(self.random.below(1_000_000));
            self.set_free(agent, free.then_some(since));
        }
    }

    fn set_free(&mut self, agent: AgentId, since: Option<EngineTime>) {
        for medium in MEDIA {
            self.matcher.set_free(agent, medium, since);
        }
    }

    /// An agent becomes free and asks for work.
    fn agent_came(&mut self) {
        let (mut asked, mut freed, mut ahead) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..SAMPLES {
            let agent = self.some_agent();
            let since = Some(EngineTime(1_000_000 + self.random.below(1_000)));
            freed.push(timed(|| self.set_free(agent, since)));
            asked.push(timed(|| self.matcher.request_for(agent, &mut |_| true)));
            if let Some(found) = self.matcher.request_for(agent, &mut |_| true) {
                ahead.push(timed(|| self.matcher.ahead_of(found, agent)));
            }
            self.set_free(agent, None);
        }
        print_times("agent came: which request", asked);
        print_times("who stood before it", ahead);
        print_times("agent set free, three media", freed);
    }

    /// A request comes and asks for an agent.
    fn request_came(&mut self) {
        let times = (0..SAMPLES).map(|_| {
            let request = self.some_request();
            timed(|| self.matcher.agent_for(request, &mut |_| true))
        });
        print_times("request came: which agent", times.collect());
    }

    fn upkeep(&mut self) {
        println!("  either way");
        self.come_and_go();
        let places = (0..SAMPLES).map(|_| {
            let request = self.some_request();
            timed(|| self.matcher.place(request))
        });
        print_times("place", places.collect());
        let aheads = (0..SAMPLES).map(|_| {
            let (request, agent) = (self.some_request(), self.some_agent());
            timed(|| self.matcher.ahead_of(request, agent))
        });
        print_times("ahead of a request, for an agent", aheads.collect());
        self.change_skills();
        self.new_expressions();
    }

    fn come_and_go(&mut self) {
        let (mut came, mut went) = (Vec::new(), Vec::new());
        for _ in 0..SAMPLES {
            let wanted = self.random.below(EXPRESSIONS as u64) as usize;
            let request = self.request(wanted);
            came.push(timed(|| self.matcher.add(request, &self.wanted[wanted])));
            let index = self.random.below(self.waiting.len() as u64) as usize;
            let gone = self.waiting.swap_remove(index);
            went.push(timed(|| self.matcher.remove(gone)));
        }
        print_times("enqueue", came);
        print_times("remove", went);
        let counted = self.matcher.bytes_of_requests() / self.matcher.len();
        println!("    after that, {counted} B per waiting request");
    }

    fn change_skills(&mut self) {
        let times = (0..SAMPLES / 10).map(|_| {
            let agent = self.some_agent();
            let skills = &mut self.skills[agent.0 as usize - 1];
            let level = self.random.level();
            if let Some(first) = skills.values_mut().next() {
                *first = level;
            }
            let who = Qualification::from(skills.clone());
            timed(|| self.matcher.put_agent(agent, &who))
        });
        print_times("one skill of an agent changed", times.collect());
    }

    fn new_expressions(&mut self) {
        let times = (0..2_000).map(|_| {
            let wanted = self.random.expression(&self.names);
            let request = self.request(0);
            timed(|| self.matcher.add(request, &wanted))
        });
        print_times("enqueue with an expression never seen", times.collect());
    }

    /// As many requests again, with these many expressions in these many virtual queues.
    fn refill(&mut self, waiting: u64, expressions: u64, queues: u64) {
        self.matcher = Matcher::default();
        self.waiting.clear();
        for _ in 0..waiting {
            let wanted = self.random.below(expressions) as usize;
            let mut request = self.request(wanted);
            request.virtual_queue = VirtualQueueId(1 + self.random.below(queues));
            self.matcher.add(request, &self.wanted[wanted]);
        }
    }

    fn one_long_queue(&mut self, waiting: u64) {
        self.refill(waiting, EXPRESSIONS as u64, 1);
        for (id, skills) in (1..).map(AgentId).zip(&self.skills) {
            self.matcher
                .put_agent(id, &Qualification::from(skills.clone()));
        }
        println!("  all in one virtual queue");
        self.agent_came();
        let places = (0..SAMPLES / 10).map(|_| {
            let request = self.some_request();
            timed(|| self.matcher.place(request))
        });
        print_times("place", places.collect());
        let heads =
            (0..SAMPLES / 100).map(|_| timed(|| self.matcher.in_order(VirtualQueueId(1), 100)));
        print_times("the first 100 in order", heads.collect());
    }
}

impl World {
    /// Everybody is for everybody, in a thousand virtual queues: agents take the first ones.
    fn one_expression(&mut self, waiting: u64) {
        self.wanted[0] = Expression::anyone();
        self.refill(waiting, 1, 1_000);
        for (id, skills) in (1..).map(AgentId).zip(&self.skills) {
            self.matcher
                .put_agent(id, &Qualification::from(skills.clone()));
        }
        self.free_agents(50);
        println!("  one expression, which holds for everybody, in 1,000 virtual queues");
        self.request_came();
        let times = (0..SAMPLES / 10).map(|_| {
            let agent = self.some_agent();
            self.set_free(agent, Some(EngineTime(0)));
            timed(|| {
                let found = self.matcher.request_for(agent, &mut |_| true);
                found.map(|request| self.matcher.remove(request))
            })
        });
        print_times("agent came and took its request", times.collect());
    }
}

fn timed<T>(call: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(call());
    start.elapsed()
}

fn sampled<T>(samples: usize, mut call: impl FnMut() -> T) -> Vec<Duration> {
    (0..samples).map(|_| timed(&mut call)).collect()
}

pub(crate) fn print_times(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share) as usize).min(times.len() - 1);
        times[index].as_nanos() as f64 / 1_000.0
    };
    println!(
        "    {what:<38} p50 {:>8.2} us  p99 {:>8.2} us  p99.9 {:>8.2} us",
        at(0.5),
        at(0.99),
        at(0.999),
    );
}

/// Bytes of memory the process has, where the system tells; else 0.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * 4_096
}

/// Numbers without a pattern, the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn level(&mut self) -> Level {
        1 + self.below(LEVELS) as Level
    }

    pub(crate) fn skills(&mut self, names: &[Name]) -> Skills {
        let mut skills = Skills::new();
        while skills.len() < SKILLS_PER_AGENT {
            let name = names[self.below(SKILLS) as usize].clone();
            let level = self.level();
            skills.insert(name, level);
        }
        skills
    }

    pub(crate) fn expression(&mut self, names: &[Name]) -> Expression {
        let clauses = 1 + self.below(2);
        let clauses = (0..clauses).map(|_| {
            let terms = 1 + self.below(2);
            let terms = (0..terms).map(|_| {
                let name = names[self.below(SKILLS) as usize].clone();
                Expression::Skill(name, Comparison::AtLeast, self.level())
            });
            Expression::All(terms.collect())
        });
        Expression::Any(clauses.collect())
    }
}
