//! What must always be true, held against random days in a tiny world. The stage checks the
//! invariants of the state and the auditor's books after every single input; here stands what
//! needs more than one look.

use crate::day::{Day, moves_of};
use proptest::collection::vec;
use proptest::prelude::*;
use ringback_engine::State;
use ringback_engine::image::Part;
use ringback_model::agent::{ClaimKind, NotReady};
use ringback_model::config::{AgentBody, Capacity, Expected};
use ringback_model::interaction::{Destination, Doer, StopCause, WrapAct};
use ringback_model::place::{BinOwner, Place, Role, Who};
use ringback_model::route::{Ask, RouteRequest};
use ringback_model::target::{Expression, Target};
use ringback_model::{
    AgentId, DeskSessionId, Event, Input, InteractionId, Medium, Millis, Name, OfferId, Refused,
    agent, config, interaction, offer, route,
};
use ringback_rehearsal::Told;
use ringback_rehearsal::moves::{AGENTS, MEDIA, Move};
use ringback_rehearsal::stage::{due_now, read_back};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

fn days(length: usize) -> impl Strategy<Value = Vec<Move>> {
    vec(any::<Move>(), 0..length)
}

/// Long enough to meet all limits, few enough for a minute on a slow machine.
fn cases(cases: u32) -> ProptestConfig {
    let soak = std::env::var_os("RINGBACK_SOAK").is_some();
    ProptestConfig {
        cases: if soak { cases * 100 } else { cases },
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn played(moves: &[Move]) -> Result<Day, TestCaseError> {
    Day::of(moves).map_err(|broken| TestCaseError::fail(broken.to_string()))
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_invariants_hold_after_every_input_of_any_day(moves in days(160)) {
        let day = played(&moves)?;
        prop_assert!(day.stage.inspect().is_ok());
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn replaying_the_events_gives_the_same_state(moves in days(120)) {
        let day = played(&moves)?;
        let mut again = State::new();
        for (_, event) in &day.events {
            again.apply(event);
        }
        prop_assert_eq!(again.digest(), day.stage.state().digest());
    }

    #[test]
    fn deciding_the_same_inputs_again_gives_the_same_events(moves in days(120)) {
        let day = played(&moves)?;
        let mut again = State::new();
        let mut events = Vec::new();
        for (now, input) in &day.inputs {
            events.extend(ringback_engine::handle(&mut again, *now, input).unwrap_or_default());
        }
        let told: Vec<&Event> = day.events.iter().map(|(_, event)| event).collect();
        prop_assert_eq!(events.iter().collect::<Vec<_>>(), told);
        prop_assert_eq!(again.digest(), day.stage.state().digest());
    }

    #[test]
    fn a_state_that_is_read_back_decides_like_the_one_that_was_written(
        moves in days(80),
        more in days(40),
    ) {
        let mut day = played(&moves)?;
        let mut twin = read_back(day.stage.state());
        let told = day.inputs.len();
        for it in &more {
            day.make(it).map_err(|broken| TestCaseError::fail(broken.to_string()))?;
        }
        for (now, input) in &day.inputs[told..] {
            drop(ringback_engine::handle(&mut twin, *now, input));
        }
        prop_assert_eq!(twin.digest(), day.stage.state().digest());
    }

    #[test]
    fn a_place_in_line_is_what_sorting_says(moves in days(120)) {
        let day = played(&moves)?;
        let state = day.stage.state();
        for (queue, sorted) in lines_by_sorting(state) {
            let line: Vec<_> = state.line(queue, usize::MAX).iter().map(|it| it.request.id).collect();
            let wanted: Vec<_> = sorted.iter().map(|it| it.id).collect();
            prop_assert_eq!(line, wanted);
            for (ahead, request) in sorted.iter().enumerate() {
                let place = state.waiting(request.id).and_then(|it| it.line).expect("a place");
                prop_assert_eq!(place.ahead as usize, ahead);
                prop_assert_eq!(place.waiting as usize, sorted.len());
            }
        }
    }

    #[test]
    fn stopping_twice_changes_nothing(moves in days(100)) {
        let mut day = played(&moves)?;
        for id in 1..=day.stage.state().counters().interaction {
            let stop = Input::Interaction(interaction::Input::Stop {
                interaction: InteractionId(id),
                cause: StopCause::Abandoned,
            });
            prop_assert!(matches!(day.tell(&stop), Ok(Told::Taken(_))));
            // Its owner may wrap it up still.
            let cancel = Input::Interaction(interaction::Input::Stop {
                interaction: InteractionId(id),
                cause: StopCause::Cancelled { reason: name("enough") },
            });
            prop_assert!(matches!(day.tell(&cancel), Ok(Told::Taken(_))));
            let digest = day.stage.state().digest();
            prop_assert_eq!(day.tell(&stop), Ok(Told::Taken(Vec::new())));
            prop_assert_eq!(day.stage.state().digest(), digest);
        }
        prop_assert_eq!(day.stage.state().open(), 0);
        let claims = claims_left(day.stage.state());
        prop_assert!(claims.is_empty(), "claims left: {claims:?}");
    }

    #[test]
    fn asking_whether_something_is_due_too_early_changes_nothing(moves in days(100)) {
        let mut day = played(&moves)?;
        let digest = day.stage.state().digest();
        prop_assert_eq!(day.tell(&due_now()), Ok(Told::Taken(Vec::new())));
        prop_assert_eq!(day.stage.state().digest(), digest);
    }

    #[test]
    fn what_an_agent_sees_is_what_the_agent_was_told(moves in days(120)) {
        let day = played(&moves)?;
        for id in (1..=AGENTS).map(AgentId) {
            let mut view = View::default();
            for (_, event) in day.events.iter().filter(|(_, event)| event.agent() == Some(id)) {
                view.see(event);
            }
            prop_assert_eq!(view, View::fresh(day.stage.state(), id));
        }
    }

    #[test]
    fn who_takes_part_hears_everything_about_it(moves in days(160)) {
        let day = played(&moves)?;
        let mut state = State::new();
        for ((_, event), heard) in day.events.iter().zip(&day.heard) {
            let it = event.subject().and_then(|of| state.interaction(of.interaction));
            for agent in it.map(who_has_to_do_with).unwrap_or_default() {
                prop_assert!(heard.contains(&agent), "{} does not hear {:?}", agent, event);
            }
            let mut once = heard.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), heard.len(), "heard twice: {:?}", event);
            state.apply(event);
        }
    }

    #[test]
    fn everybody_is_served_when_all_agents_can_take_everything(moves in days(120)) {
        let mut day = played(&moves)?;
        let served = serve_everybody(&mut day);
        prop_assert!(served.is_ok(), "{served:?}");
        prop_assert_eq!(day.stage.state().open(), 0);
    }

    #[test]
    fn no_event_makes_apply_panic_whatever_the_state(
        moves in days(60),
        others in vec((any::<u64>(), any::<prop::sample::Index>()), 0..200),
    ) {
        // Events of other days, in any order, on a state they do not belong to.
        let mut state = read_back(played(&moves)?.stage.state());
        let pools = POOLS.get_or_init(|| (0..4).map(events_of).collect());
        for (pool, index) in &others {
            let pool = &pools[(pool % 4) as usize];
            state.apply(&pool[index.index(pool.len())]);
        }
        prop_assert_eq!(read_back(&state).digest(), state.digest());
    }
}

/// Events of four days, made once.
static POOLS: OnceLock<Vec<Vec<Event>>> = OnceLock::new();

fn events_of(seed: u64) -> Vec<Event> {
    let day = Day::of(&moves_of(seed + 900, 150)).expect("a day without a broken invariant");
    day.events.into_iter().map(|(_, event)| event).collect()
}

fn lines_by_sorting(state: &State) -> BTreeMap<ringback_model::VirtualQueueId, Vec<RouteRequest>> {
    let mut lines: BTreeMap<_, Vec<RouteRequest>> = BTreeMap::new();
    for part in state.parts() {
        let Part::Requests(requests) = part else {
            continue;
        };
        for request in requests {
            let it = state
                .interaction(request.interaction)
                .expect("its interaction");
            if it.place == Place::Routing {
                lines
                    .entry(request.virtual_queue)
                    .or_default()
                    .push(request);
            }
        }
    }
    for line in lines.values_mut() {
        line.sort_by_key(|request| request.key);
    }
    lines
}

fn claims_left(state: &State) -> Vec<InteractionId> {
    let at_work = (1..=AGENTS).filter_map(|id| state.at_work(AgentId(id)));
    at_work
        .flat_map(|at_work| at_work.claims.iter().map(|claim| claim.interaction))
        .collect()
}

/// The agents who take part in an interaction, and in whose workbin it lies.
fn who_has_to_do_with(it: &interaction::Interaction) -> Vec<AgentId> {
    let parties = it.parties.iter().filter_map(|party| match party.who {
        Who::Agent(agent) => Some(agent),
        Who::Customer | Who::Bot => None,
    });
    let keeper = match it.place {
        Place::Workbin {
            owner: Some(BinOwner::Agent(agent)),
            ..
        } => Some(agent),
        _ => None,
    };
    parties.chain(keeper).collect()
}

// -- an agent's screen --------------------------------------------------------------------------

/// What an agent's desk shows, kept up to date by the events that concern the agent.
#[derive(Debug, Default, PartialEq, Eq)]
struct View {
    desk: Option<DeskSessionId>,
    lost: bool,
    silent: bool,
    media: BTreeMap<Medium, Option<NotReady>>,
    next: BTreeMap<Medium, Name>,
    offers: BTreeMap<OfferId, InteractionId>,
    handling: BTreeSet<InteractionId>,
    body: Option<AgentBody>,
}

impl View {
    fn fresh(state: &State, id: AgentId) -> Self {
        let at_work = state.at_work(id).expect("an agent of the tiny world");
        let media = at_work.media.iter();
        let handled = at_work.claims.iter();
        let offers = state.offers_to(id);
        Self {
            desk: at_work.desk.map(|desk| desk.session),
            lost: at_work.desk.is_some_and(|desk| desk.grace_until.is_some()),
            silent: at_work.desk.is_some_and(|desk| desk.silent),
            media: media
                .map(|(medium, it)| (*medium, it.not_ready.clone()))
                .collect(),
            next: at_work
                .more
                .get()
                .map(|more| more.next.clone())
                .unwrap_or_default(),
            offers: offers.iter().map(|it| (it.id, it.interaction)).collect(),
            handling: handled
                .filter(|claim| matches!(claim.kind, ClaimKind::Handling | ClaimKind::WrapUp))
                .map(|claim| claim.interaction)
                .collect(),
            body: state.agent(id).map(|it| it.body.clone()),
        }
    }

    fn see(&mut self, event: &Event) {
        match event {
            Event::Agent(event) => self.see_agent(event),
            Event::Offer(event) => self.see_offer(event),
            Event::Interaction(event) => self.see_interaction(event),
            Event::Config(config::Event::AgentPut(it)) => self.body = Some(it.body.clone()),
            _ => {}
        }
    }

    fn see_interaction(&mut self, event: &interaction::Event) {
        match event {
            interaction::Event::Submitted(it) => {
                self.handling.insert(it.id);
            }
            interaction::Event::Pulled { of, .. }
            | interaction::Event::Joined {
                of,
                role: Role::Owner,
                ..
            } => {
                self.handling.insert(of.interaction);
            }
            interaction::Event::Stopped { of, .. } | interaction::Event::Left { of, .. } => {
                self.handling.remove(&of.interaction);
            }
            _ => {}
        }
    }

    fn see_agent(&mut self, event: &agent::Event) {
        match event {
            agent::Event::LoggedIn { session, media, .. } => {
                self.desk = Some(*session);
                (self.lost, self.silent) = (false, false);
                for medium in media {
                    self.media
                        .entry(*medium)
                        .or_insert(Some(NotReady::LoggedIn));
                }
            }
            agent::Event::LoggedOut { .. } => {
                self.desk = None;
                self.next.clear();
                self.media.clear();
                (self.lost, self.silent) = (false, false);
            }
            agent::Event::Ready { medium, .. } => {
                self.next.remove(medium);
                self.media.insert(*medium, None);
            }
            agent::Event::NotReady { medium, why, .. } => {
                self.next.remove(medium);
                self.media.insert(*medium, Some(why.clone()));
            }
            agent::Event::NotReadyNext { medium, reason, .. } => {
                self.next.insert(*medium, reason.clone());
            }
            agent::Event::DeskLost { .. } => self.lost = true,
            agent::Event::DeskBack { .. } => (self.lost, self.silent) = (false, false),
            agent::Event::DeskSilent { .. } => (self.lost, self.silent) = (false, true),
            // Follows from what is in hand and the rule, and is held by the invariants.
            agent::Event::Paused { .. } => {}
            // Held by a test of its own.
            agent::Event::Subscribed { .. } | agent::Event::Unsubscribed { .. } => {}
        }
    }

    fn see_offer(&mut self, event: &offer::Event) {
        match event {
            offer::Event::Made { offer, .. } => {
                self.offers.insert(offer.id, offer.interaction);
            }
            offer::Event::Accepted { offer, advises, .. } => {
                let taken = self.offers.remove(offer);
                self.handling.extend(taken.filter(|_| !advises));
            }
            offer::Event::NotTaken { offer, .. } => drop(self.offers.remove(offer)),
        }
    }
}

// -- nobody starves -----------------------------------------------------------------------------

/// All agents become able to take everything and take all they are offered. Everything must come
/// to an end, and inside a tier in the order of the line.
fn serve_everybody(day: &mut Day) -> Result<(), String> {
    let failed = |broken: ringback_rehearsal::Broken| broken.to_string();
    for input in everybody_can_take_everything(day.stage.state()) {
        taken(day.tell(&input).map_err(failed)?)?;
    }
    let open = day.stage.state().open();
    // Each round hands on or ends at least one interaction, or waits for a pause to end.
    for _ in 0..(open * 4 + 60) {
        if day.stage.state().open() == 0 {
            return Ok(());
        }
        for input in what_agents_do(day.stage.state()) {
            taken(day.tell(&input).map_err(failed)?)?;
        }
        // Sooner than any offer lapses.
        day.pass(Millis(400)).map_err(failed)?;
    }
    let state = day.stage.state();
    let open = state.open_ids().into_iter();
    let open: Vec<String> = open
        .map(|id| {
            format!(
                "{:?}: {:?}",
                state.interaction(id).map(|it| &it.place),
                state.why(day.stage.now(), id)
            )
        })
        .collect();
    Err(format!("still open: {}", open.join("\n")))
}

fn taken(told: Told) -> Result<(), String> {
    match told {
        Told::Taken(_) => Ok(()),
        // Cancelling one request can bring another of the same interaction to an agent.
        Told::Refused(Refused::Route(route::Refused::Offered { .. })) => Ok(()),
        // One who takes over, or ends it, is faster than those who were asked or owned it.
        Told::Refused(Refused::Interaction(
            interaction::Refused::NotOwner { .. } | interaction::Refused::Stopped(_),
        ))
        | Told::Refused(Refused::Offer(offer::Refused::Over { .. })) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn everybody_can_take_everything(state: &State) -> Vec<Input> {
    let mut inputs = Vec::new();
    // What waits for someone unskilled is asked for anew: a skilled agent will never do.
    for id in state.open_ids() {
        let it = state.interaction(id).expect("an open interaction");
        if matches!(it.place, Place::Queue | Place::Routing) {
            let cancel = it
                .requests
                .iter()
                .map(|request| Input::Route(route::Input::Cancel { request: *request }));
            inputs.extend(cancel);
        }
    }
    // No skill is declared in a way that keeps somebody from having it, and there is a line.
    for skill in state.objects(config::Kind::Skill) {
        inputs.push(Input::Config(config::Input::Put {
            name: skill.name.clone(),
            body: Box::new(config::Body::Skill(config::Skill::default())),
            expected: Expected::Any,
        }));
    }
    inputs.push(Input::Config(config::Input::PutVirtualQueue {
        name: name("support"),
        body: config::VirtualQueueBody::default(),
        expected: Expected::Any,
    }));
    for id in state.agent_ids() {
        let agent = state.agent(id).expect("an agent of the tiny world");
        inputs.push(Input::Config(config::Input::PutAgent {
            name: agent.name.clone(),
            body: AgentBody {
                skills: ["A", "B", "C"].map(|skill| (name(skill), 9)).into(),
                capacity: Capacity(MEDIA.map(|medium| (medium, 2)).into()),
                ..AgentBody::default()
            },
            expected: Expected::Any,
        }));
        inputs.push(Input::Agent(agent::Input::LogIn {
            agent: id,
            media: Vec::new(),
        }));
        inputs.push(Input::Agent(agent::Input::Ready {
            agent: id,
            media: Vec::new(),
        }));
    }
    inputs
}

fn what_agents_do(state: &State) -> Vec<Input> {
    let mut inputs = Vec::new();
    for agent in state.agent_ids() {
        let accept = |offer: &&offer::Offer| {
            Input::Offer(offer::Input::Accept {
                offer: offer.id,
                agent,
            })
        };
        inputs.extend(state.offers_to(agent).iter().map(accept));
    }
    let mut lines: BTreeMap<Name, u32> = BTreeMap::new();
    for id in state.open_ids() {
        let it = state.interaction(id).expect("an open interaction");
        match it.place {
            Place::Handling => inputs.push(Input::Interaction(done_with(it))),
            _ if it.more.get().is_some_and(|more| more.lock.is_some()) => {
                inputs.push(Input::Interaction(interaction::Input::Unlock {
                    interaction: id,
                    by: Doer::Supervisor,
                }));
            }
            Place::Queue => inputs.extend(ask_in_a_line_with_room(state, id, &mut lines)),
            Place::Workbin { .. } => inputs.push(Input::Interaction(interaction::Input::Place {
                interaction: id,
                by: Doer::Supervisor,
                to: Destination::Queue(state.queue(it.queue).expect("its queue").name.clone()),
                change: None,
                expected: None,
                reason: None,
                force: false,
                route: None,
            })),
            _ => {}
        }
    }
    inputs
}

/// What its owner does to be done with it.
fn done_with(it: &interaction::Interaction) -> interaction::Input {
    let (interaction, agent) = (it.id, it.owner().expect("an owner"));
    let disposition = Some(name("sold"));
    if it.wrap().is_some() {
        let act = WrapAct::Finish { disposition };
        return interaction::Input::Wrap {
            interaction,
            agent,
            act,
        };
    }
    interaction::Input::Complete {
        interaction,
        agent,
        reason: name("done"),
        disposition,
    }
}

/// A request where there is room; a later round asks again where there is none.
fn ask_in_a_line_with_room(
    state: &State,
    id: InteractionId,
    asked: &mut BTreeMap<Name, u32>,
) -> Option<Input> {
    let queue = state.virtual_queues().find(|queue| {
        let asked = asked.get(&queue.name).copied().unwrap_or(0);
        state.in_line(queue.id) + asked < queue.body.waiting_max
    })?;
    *asked.entry(queue.name.clone()).or_default() += 1;
    Some(Input::Route(route::Input::Request {
        interaction: id,
        ask: Box::new(Ask {
            virtual_queue: queue.name.clone(),
            target: Target::fixed(Expression::anyone()),
            tier: None,
            credit: Millis::ZERO,
            selection: ringback_model::Rare::none(),
            targets: None,
        }),
    }))
}
