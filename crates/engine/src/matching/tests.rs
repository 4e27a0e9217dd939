//! The index against the oracle, over domains so small that everything meets everything.

use super::{Ahead, Counted, Matcher, Matching, Naive, Presence, Waiting};
use proptest::prelude::*;
use ringback_model::target::{Expression, Gate, Level, Qualification, Skills, Targets};
use ringback_model::{
    AgentId, EngineTime, Medium, Millis, OrderKey, RouteRequestId, Tier, VirtualQueueId,
};

/// `{0}` and `{1}` stand for thresholds.
const EXPRESSIONS: [&str; 29] = [
    "",
    "A>=1",
    "A>=2 & B>=1",
    "B=0",
    "A>1 | C>=2",
    "C!=2",
    "A<2",
    "B<=1 & C<3",
    "(A=1 | B=2) & C>=1",
    "A=3 & B=3 & C=3",
    "A>=0",
    "B>3",
    "A>=1 & A<=2 | C=3",
    "C<=65535 & A!=0",
    "L=\"en\"",
    "L!=\"en\"",
    "L=\"\"",
    "L!=\"\" & A>=1",
    "L=\"en\" | L=\"de\" | A=0",
    "L!=\"en\" & L!=\"en\" & M=\"x\"",
    "anna.A",
    "anna.A | ben.A & A>=1",
    "sales.GA",
    "sales.GA & L=\"en\" | care.GA",
    "(anna.A | sales.GA) & B<2",
    "{0} A>=1",
    "{1} sales.GA",
    "{0} ",
    "{1} L!=\"en\"",
];
const MEDIA: [Medium; 2] = [Medium::Voice, Medium::Email];
const AGENTS: u64 = 4;
const REQUESTS: u64 = 12;
const QUEUES: u64 = 2;

#[derive(Debug, Clone)]
enum Call {
    PutAgent(AgentId, Qualification),
    RemoveAgent(AgentId),
    SetFree(AgentId, Medium, Option<EngineTime>),
    Add(Waiting, Expression),
    Remove(RouteRequestId),
    SetOpen(usize, bool),
    SetPresence(AgentId, Presence),
    Watch(Expression),
    Unwatch(Expression),
}

fn apply(call: &Call, to: &mut dyn Matching) -> bool {
    match call {
        Call::PutAgent(agent, who) => to.put_agent(*agent, who),
        Call::RemoveAgent(agent) => return to.remove_agent(*agent),
        Call::SetFree(agent, medium, since) => to.set_free(*agent, *medium, *since),
        Call::Add(request, wanted) => to.add(*request, wanted),
        Call::Remove(request) => return to.remove(*request),
        Call::SetOpen(number, open) => to.set_open(&gate(*number), *open),
        Call::SetPresence(agent, presence) => to.set_presence(*agent, *presence),
        Call::Watch(of) => to.watch(of),
        // What is watched is let go of as it was: two calls, so that none is let go of too often.
        Call::Unwatch(of) => {
            to.watch(of);
            to.unwatch(of);
        }
    }
    true
}

fn skills() -> impl Strategy<Value = Skills> {
    proptest::collection::vec((0..3_usize, 0..4 as Level), 0..4).prop_map(|list| {
        let named = list.into_iter();
        let named = named.map(|(name, level)| (["A", "B", "C"][name], level));
        named
            .map(|(name, level)| (name.parse().expect("a name"), level))
            .collect()
    })
}

/// Everything else there is to be asked about: texts (the empty one among them), groups, a name.
fn who() -> impl Strategy<Value = Qualification> {
    let text = (0..2_usize, 0..3_usize).prop_map(|(name, text)| {
        let name = ["L", "M"][name].parse().expect("a name");
        (name, ["", "en", "x"][text].parse().expect("a text"))
    });
    let texts = proptest::collection::vec(text, 0..3);
    let groups = proptest::collection::vec(0..2_usize, 0..3);
    let named = proptest::option::of(0..2_usize);
    (skills(), texts, groups, named).prop_map(|(skills, texts, groups, named)| Qualification {
        agent: named.map(|name| ["anna", "ben"][name].parse().expect("a name")),
        skills,
        texts: texts.into_iter().collect(),
        groups: groups
            .into_iter()
            .map(|name| ["sales", "care"][name].parse().expect("a name"))
            .collect(),
    })
}

fn agent() -> impl Strategy<Value = AgentId> {
    (1..=AGENTS).prop_map(AgentId)
}

fn request() -> impl Strategy<Value = RouteRequestId> {
    (1..=REQUESTS).prop_map(RouteRequestId)
}

fn waiting() -> impl Strategy<Value = Waiting> {
    let key = (0..2_i16, 0..4_u64, 0..3_u64, 0..4_u64);
    (request(), 1..=QUEUES, 0..2_usize, key).prop_map(|(id, queue, medium, key)| {
        let (tier, start, credit, sequence) = key;
        Waiting {
            id,
            virtual_queue: VirtualQueueId(queue),
            medium: MEDIA[medium],
            key: OrderKey::new(Tier(tier), EngineTime(start), Millis(credit), sequence),
        }
    })
}

fn call() -> impl Strategy<Value = Call> {
    let since = proptest::option::weighted(0.8, (0..5_u64).prop_map(EngineTime));
    let wanted = (0..EXPRESSIONS.len()).prop_map(|index| expression(EXPRESSIONS[index]));
    prop_oneof![
        3 => (agent(), who()).prop_map(|(agent, mut who)| {
            // Names are unique: two of the agents have one, and not always.
            who.agent = who.agent.filter(|_| agent.0 <= 2).map(|_| {
                ["anna", "ben"][agent.0 as usize - 1].parse().expect("a name")
            });
            Call::PutAgent(agent, who)
        }),
        1 => agent().prop_map(Call::RemoveAgent),
        4 => (agent(), 0..2_usize, since)
            .prop_map(|(agent, medium, since)| Call::SetFree(agent, MEDIA[medium], since)),
        6 => (waiting(), wanted).prop_map(|(request, wanted)| Call::Add(request, wanted)),
        3 => request().prop_map(Call::Remove),
        2 => (0..2_usize, any::<bool>()).prop_map(|(number, open)| Call::SetOpen(number, open)),
        2 => (agent(), presence()).prop_map(|(agent, presence)| Call::SetPresence(agent, presence)),
        1 => (0..EXPRESSIONS.len()).prop_map(|index| Call::Watch(expression(EXPRESSIONS[index]))),
        1 => (0..EXPRESSIONS.len()).prop_map(|index| Call::Unwatch(expression(EXPRESSIONS[index]))),
    ]
}

fn presence() -> impl Strategy<Value = Presence> {
    let ready = proptest::collection::vec(0..2_usize, 0..3);
    (any::<bool>(), any::<bool>(), ready).prop_map(|(logged_in, busy, ready)| Presence {
        logged_in,
        busy,
        ready: ready.into_iter().map(|medium| MEDIA[medium]).collect(),
    })
}

fn gate(number: usize) -> Gate {
    let text = format!("{{StatAgentsReady>{number}}}sales.GA");
    let (targets, _) = Targets::read(&text).expect("a target");
    targets.items()[0].gate(Medium::Voice).expect("a threshold")
}

fn expression(text: &str) -> Expression {
    for number in 0..2 {
        if let Some(rest) = text.strip_prefix(&format!("{{{number}}} ")) {
            let open = Expression::Open(Box::new(gate(number)));
            return Expression::All(vec![open, expression(rest)]);
        }
    }
    text.parse().expect(text)
}

/// Who satisfies an expression and is counted, by a number and one by one.
fn counted(of: &dyn Matching, wanted: &Expression, counted: Counted) -> (u32, Vec<AgentId>) {
    let mut agents = Vec::new();
    of.each(wanted, counted, &mut |agent| agents.push(agent));
    agents.sort_unstable();
    (of.count(wanted, counted), agents)
}

/// Asks both everything there is to ask; `refused` is a set of ids, as bits, that may not.
fn same_answers(matcher: &Matcher, naive: &Naive, refused: u64) {
    let may_not = |id: u64| refused >> (id % 64) & 1 == 1;
    assert_eq!(matcher.len(), naive.len());
    for queue in (1..=QUEUES + 1).map(VirtualQueueId) {
        assert_eq!(matcher.waiting(queue), naive.waiting(queue));
        for limit in [0, 2, 100] {
            let order = naive.in_order(queue, limit);
            assert_eq!(matcher.in_order(queue, limit), order);
        }
    }
    for wanted in EXPRESSIONS.map(expression) {
        for by in [
            Counted::LoggedIn,
            Counted::Busy,
            Counted::ReadyForSome,
            Counted::Ready(Medium::Email),
            Counted::Free(Medium::Voice),
        ] {
            let found = counted(naive, &wanted, by);
            assert_eq!(counted(matcher, &wanted, by), found, "{by:?} {wanted}");
        }
        for agent in (1..=AGENTS + 1).map(AgentId) {
            let satisfies = naive.satisfies(agent, &wanted);
            assert_eq!(matcher.satisfies(agent, &wanted), satisfies);
        }
    }
    for request in (1..=REQUESTS + 1).map(RouteRequestId) {
        assert_eq!(matcher.place(request), naive.place(request));
        for limit in [0, 1, 100] {
            let could = naive.first_agents(request, limit);
            assert_eq!(matcher.first_agents(request, limit), could);
        }
        let answer = |of: &dyn Matching| {
            let mut asked = Vec::new();
            let found = of.agent_for(request, &mut |agent| {
                asked.push(agent);
                !may_not(agent.0)
            });
            (found, asked)
        };
        assert_eq!(answer(matcher), answer(naive), "agent for {request}");
        // Ranks that tie, and that may not.
        for salt in [1, 3, 7] {
            let rank = &mut |agent: AgentId| {
                (!may_not(agent.0)).then_some(agent.0.wrapping_mul(salt + refused) % 3)
            };
            let ranked = naive.agent_ranked(request, rank);
            assert_eq!(matcher.agent_ranked(request, rank), ranked);
        }
    }
    for agent in (1..=AGENTS + 1).map(AgentId) {
        for request in (1..=REQUESTS + 1).map(RouteRequestId) {
            let ahead = naive.ahead_of(request, agent);
            assert_eq!(matcher.ahead_of(request, agent), ahead);
        }
        let answer = |of: &dyn Matching| {
            let mut asked = Vec::new();
            let found = of.request_for(agent, &mut |request| {
                asked.push(request);
                !may_not(request.0)
            });
            (found, asked)
        };
        assert_eq!(answer(matcher), answer(naive), "request for {agent}");
    }
}

/// The same state, put in at once: agents first, requests by id; and the same with the requests
/// in one go.
fn rebuilt(calls: &[Call]) -> [Matcher; 2] {
    let mut naive = Naive::default();
    for call in calls {
        apply(call, &mut naive);
    }
    let mut both = <[Matcher; 2]>::default();
    naive.tell(&mut both[0]);
    naive.tell_at_once(&mut both[1]);
    both
}

proptest! {
    #[test]
    fn the_index_answers_like_the_walk_over_everybody(
        calls in proptest::collection::vec(call(), 0..80),
        refused in any::<u64>(),
    ) {
        let (mut matcher, mut naive) = (Matcher::default(), Naive::default());
        for (index, call) in calls.iter().enumerate() {
            prop_assert_eq!(apply(call, &mut matcher), apply(call, &mut naive));
            matcher.check();
            if index % 8 == 0 {
                same_answers(&matcher, &naive, refused);
            }
        }
        same_answers(&matcher, &naive, 0);
        same_answers(&matcher, &naive, refused);
    }

    #[test]
    fn an_index_rebuilt_from_scratch_is_the_index_kept_up_to_date(
        calls in proptest::collection::vec(call(), 0..200),
    ) {
        let mut matcher = Matcher::default();
        for call in &calls {
            apply(call, &mut matcher);
        }
        for rebuilt in rebuilt(&calls) {
            rebuilt.check();
            prop_assert_eq!(matcher.told(), rebuilt.told());
        }
    }

    #[test]
    fn among_many_idle_agents_both_ways_of_looking_find_the_same_one(
        levels in proptest::collection::vec((0..4 as Level, 0..30_u64), 1..200),
        wanted in 0..EXPRESSIONS.len(),
        refused in any::<u64>(),
    ) {
        let (mut matcher, mut naive) = (Matcher::default(), Naive::default());
        for of in [&mut matcher as &mut dyn Matching, &mut naive] {
            for (id, (level, since)) in (1..).map(AgentId).zip(&levels) {
                let skills = Skills::from([("A".parse().expect("a name"), *level)]);
                of.put_agent(id, &Qualification::from(skills));
                of.set_free(id, Medium::Voice, Some(EngineTime(*since)));
            }
            of.add(voice(1, 1), &expression(EXPRESSIONS[wanted]));
        }
        for refused in [0, refused, u64::MAX] {
            let may = |agent: AgentId| refused >> (agent.0 % 64) & 1 == 0;
            let found = naive.agent_for(RouteRequestId(1), &mut |agent| may(agent));
            prop_assert_eq!(matcher.agent_for(RouteRequestId(1), &mut |agent| may(agent)), found);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn places_are_exact_in_long_lines_too(
        starts in proptest::collection::vec((0..500_u64, 0..3_usize, 0..2_usize), 400..700),
        gone in proptest::collection::vec(1..700_u64, 0..300),
    ) {
        let (mut matcher, mut naive) = (Matcher::default(), Naive::default());
        for of in [&mut matcher as &mut dyn Matching, &mut naive] {
            for (id, &(start, wanted, medium)) in (1..).zip(&starts) {
                let key = OrderKey::new(Tier(0), EngineTime(start), Millis::ZERO, id);
                let request = Waiting { medium: MEDIA[medium], key, ..voice(id, 0) };
                of.add(request, &expression(EXPRESSIONS[wanted]));
            }
            let skills = Skills::from([("A".parse().expect("a name"), 1)]);
            of.put_agent(AgentId(1), &Qualification::from(skills));
            of.set_free(AgentId(1), Medium::Voice, Some(EngineTime(0)));
            for &id in &gone {
                of.remove(RouteRequestId(id));
            }
        }
        matcher.check();
        let order = naive.in_order(VirtualQueueId(1), usize::MAX);
        prop_assert_eq!(&matcher.in_order(VirtualQueueId(1), usize::MAX), &order);
        for (ahead, &request) in (0..).zip(&order) {
            let place = matcher.place(request).expect("it waits");
            prop_assert_eq!((place.ahead, place.waiting as usize), (ahead, order.len()));
            if ahead % 16 == 0 {
                let seen = naive.ahead_of(request, AgentId(1));
                prop_assert_eq!(matcher.ahead_of(request, AgentId(1)), seen);
            }
        }
        let walk = |of: &dyn Matching| {
            let mut asked = Vec::new();
            of.request_for(AgentId(1), &mut |id| { asked.push(id); false });
            asked
        };
        prop_assert_eq!(walk(&matcher), walk(&naive));
    }
}

fn voice(id: u64, sequence: u64) -> Waiting {
    Waiting {
        id: RouteRequestId(id),
        virtual_queue: VirtualQueueId(1),
        medium: Medium::Voice,
        key: OrderKey::new(Tier(0), EngineTime(10), Millis::ZERO, sequence),
    }
}

#[test]
fn what_is_not_known_is_answered_like_what_nobody_has() {
    let mut matcher = Matcher::default();
    let (agent, request) = (AgentId(1), RouteRequestId(1));
    matcher.set_free(agent, Medium::Voice, Some(EngineTime(0)));
    assert!(!matcher.remove(request) && !matcher.remove_agent(agent));
    assert_eq!(matcher.agent_for(request, &mut |_| true), None);
    assert_eq!(matcher.request_for(agent, &mut |_| true), None);
    assert_eq!(matcher.place(request), None);
    assert_eq!(matcher.ahead_of(request, agent), Ahead::default());
    assert_eq!(matcher.first_agents(request, 5).qualified, 0);
    assert!(matcher.is_empty());
}

#[test]
fn a_request_added_again_has_moved_and_is_not_there_twice() {
    let mut matcher = Matcher::default();
    matcher.add(voice(1, 1), &expression("A>=1"));
    matcher.add(voice(2, 2), &expression("A>=1"));
    matcher.add(voice(1, 3), &expression("B>=1"));
    assert_eq!(matcher.len(), 2);
    let order = matcher.in_order(VirtualQueueId(1), 9);
    assert_eq!(order, [RouteRequestId(2), RouteRequestId(1)]);
}

#[test]
fn expressions_nobody_waits_with_any_more_are_forgotten_and_their_numbers_used_again() {
    let mut matcher = Matcher::default();
    matcher.put_agent(
        AgentId(1),
        &Qualification::from(Skills::from([("A".parse().expect("a name"), 5)])),
    );
    for level in 0..200 {
        matcher.add(
            voice(1, level),
            &expression(&format!("A>={level} & B{level}=0")),
        );
        matcher.check();
    }
    let few = matcher.bytes();
    for level in 200..2_000 {
        matcher.add(
            voice(1, level),
            &expression(&format!("A>={level} & B{level}=0")),
        );
    }
    matcher.check();
    assert!(matcher.bytes() < few * 2, "{} after {few}", matcher.bytes());
}
