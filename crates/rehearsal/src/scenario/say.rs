//! Events as sentences. The state is the one right after the event.

use super::ask::obstacle_text;
use super::{Shown, handling};
use crate::stage::Told;
use ringback_engine::State;
use ringback_model::agent::NotReady;
use ringback_model::effect::Effect;
use ringback_model::interaction::{Ending, Subject, Wish};
use ringback_model::offer::{Decision, NotTaken, Occasion, Offer, Rule};
use ringback_model::place::{Place, Role, Who};
use ringback_model::record::{AgentInterval, AgentState, Segment};
use ringback_model::route::{Cancelled, ChangeCause, RouteRequest};
use ringback_model::{
    AgentId, Event, Medium, ObjectId, OfferId, Outcome, QueueId, RouteRequestId, VirtualQueueId,
    agent, config, contact, effect, interaction, login, node, offer, record, route, view, workbin,
};
use std::fmt::Display;

/// What is said of an answer besides what happened.
pub(crate) fn told(told: &Told) -> Option<String> {
    match told {
        Told::Taken(events) if events.is_empty() => Some("nothing happens".to_owned()),
        Told::Taken(_) => None,
        Told::Refused(why) => Some(format!("refused {}: {why}", why.code())),
        Told::Again(outcome, sequence) => Some(format!(
            "answered before, by step {sequence}: {}",
            outcome_text(*outcome)
        )),
        Told::OtherInput => Some("refused: this key was used for something else".to_owned()),
    }
}

/// An outcome in words.
pub(crate) fn outcome_text(outcome: Outcome) -> String {
    match outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::Submitted {
            interaction,
            request: Some(request),
        } => format!("submitted {interaction} with {request}"),
        Outcome::Submitted { interaction, .. } => format!("submitted {interaction}"),
        Outcome::Requested { request } => format!("requested {request}"),
        Outcome::LoggedIn { session } => format!("logged in at {session}"),
        Outcome::PersonLoggedIn { session, .. } => format!("logged in as {session}"),
        Outcome::Put { version } => format!("version {version}"),
    }
}

/// The sentence of an event, if it is told.
pub(crate) fn event(state: &State, shown: Shown, event: &Event) -> Option<String> {
    match event {
        Event::Agent(event) => Some(agent_event(state, event)),
        Event::Config(event) => config_event(event),
        Event::Contact(contact::Event::Erased { contact, keys }) => {
            let contact = contact.iter().map(ToString::to_string);
            let keys = keys.iter().map(ToString::to_string);
            Some(format!("erased: {}", list(contact.chain(keys))))
        }
        Event::Effect(event) => Some(effect_event(event)),
        Event::Interaction(event) => Some(interaction_event(state, event)),
        Event::Login(event) => Some(login_event(event)),
        Event::Node(event) => Some(node_event(event)),
        Event::Offer(event) => Some(offer_event(state, event)),
        Event::Record(record::Event::Segment(it)) => shown.segments.then(|| segment(state, it)),
        Event::Record(record::Event::Interval(it)) => shown.intervals.then(|| interval(state, it)),
        Event::Route(event) => Some(route_event(state, event)),
        Event::View(event) => Some(view_event(state, event)),
        Event::Workbin(event) => Some(workbin_event(state, event)),
    }
}

fn list(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// `1 candidate`, `2 candidates`
fn counted(number: impl Display + Copy + PartialEq<u32>, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}

pub(crate) fn agent_name(state: &State, id: AgentId) -> String {
    let name = state.agent(id).map(|it| it.name.to_string());
    name.unwrap_or_else(|| id.to_string())
}

fn queue_name(state: &State, id: QueueId) -> String {
    let name = state.queue(id).map(|it| it.name.to_string());
    name.unwrap_or_else(|| id.to_string())
}

pub(crate) fn virtual_queue_name(state: &State, id: VirtualQueueId) -> String {
    let name = state.virtual_queue(id).map(|it| it.name.to_string());
    name.unwrap_or_else(|| id.to_string())
}

pub(crate) fn object_name(state: &State, id: ObjectId) -> String {
    let name = state.object(id).map(|it| it.name.to_string());
    name.unwrap_or_else(|| id.to_string())
}

/// What subscribers are told.
fn workbin_event(state: &State, event: &workbin::Event) -> String {
    let item = event.item();
    let bin = handling::bin(state, item.bin.owner, &item.bin.workbin);
    let what = match event {
        workbin::Event::Added(_) => "came into",
        workbin::Event::Taken(_) => "went out of",
        workbin::Event::Changed(_) => "changed in",
    };
    let told = state.told_of(&item.bin);
    let told = list(told.into_iter().map(|agent| agent_name(state, agent)));
    format!("told to {told}: {} {what} {bin}", item.interaction)
}

fn view_event(state: &State, event: &view::Event) -> String {
    match event {
        view::Event::Looked { view, look } => {
            let name = object_name(state, *view);
            let from = look.from;
            let from = from.map(|(order, id)| format!(", going on with {id}, order {order}"));
            let from = from.unwrap_or_default();
            let lacks = match (look.lacks.line, look.lacks.segments) {
                (false, None) => "",
                (true, None) => " for room in its virtual queue",
                (false, Some(_)) => " for room in a segment",
                (true, Some(_)) => " for room in its virtual queue or in a segment",
            };
            match look.next {
                Some(next) => format!("view {name} looked, and looks again{lacks} at {next}{from}"),
                None if lacks.is_empty() => {
                    format!(
                        "view {name} looked, and sleeps, at least until {}",
                        look.not_before
                    )
                }
                None => format!(
                    "view {name} looked, and waits{lacks}, at least until {}",
                    look.not_before
                ),
            }
        }
        view::Event::Woken { view, next } => {
            format!("view {} looks at {next}", object_name(state, *view))
        }
    }
}

// -- agents -------------------------------------------------------------------------------------

fn agent_event(state: &State, event: &agent::Event) -> String {
    let name = |id: &AgentId| agent_name(state, *id);
    match event {
        agent::Event::LoggedIn {
            agent,
            session,
            media,
            ..
        } => {
            let media = list(media.iter().map(Medium::to_string));
            format!("{} logged in at {session} for {media}", name(agent))
        }
        agent::Event::LoggedOut { agent } => format!("{} logged out", name(agent)),
        agent::Event::Ready { agent, medium, .. } => {
            format!("{} is ready for {medium}", name(agent))
        }
        agent::Event::NotReady {
            agent, medium, why, ..
        } => format!(
            "{} is not ready for {medium}: {}",
            name(agent),
            not_ready(why)
        ),
        agent::Event::NotReadyNext {
            agent,
            medium,
            reason,
        } => format!(
            "{} takes no more {medium}, and is not ready after this: {reason}",
            name(agent)
        ),
        agent::Event::DeskLost { agent, grace_until } => {
            format!("desk of {} is lost, silent from {grace_until}", name(agent))
        }
        agent::Event::DeskBack { agent } => format!("desk of {} is back", name(agent)),
        agent::Event::DeskSilent { agent, returns } => {
            let returns: Vec<String> = returns
                .iter()
                .map(|(id, at)| format!(", {id} goes back at {at}"))
                .collect();
            format!("desk of {} is silent{}", name(agent), returns.concat())
        }
        agent::Event::Subscribed { agent, bin } => {
            let bin = handling::bin(state, bin.owner, &bin.workbin);
            format!("{} is told of {bin}", name(agent))
        }
        agent::Event::Unsubscribed { agent, bin } => {
            let bin = handling::bin(state, bin.owner, &bin.workbin);
            format!("{} is told no more of {bin}", name(agent))
        }
        agent::Event::Paused { agent, media } if media.is_empty() => {
            format!("all work of {} goes on", name(agent))
        }
        agent::Event::Paused { agent, media } => {
            format!("work of {} rests: {media}", name(agent))
        }
    }
}

pub(crate) fn not_ready(why: &NotReady) -> String {
    match why {
        NotReady::LoggedIn => "just logged in".to_owned(),
        NotReady::Chosen { reason } => reason.to_string(),
        NotReady::DoNotDisturb { reason } => format!("do not disturb, {reason}"),
        NotReady::Missed => "missed too many offers".to_owned(),
        NotReady::Silent => "desk silent".to_owned(),
    }
}

// -- log-in -------------------------------------------------------------------------------------

fn login_event(event: &login::Event) -> String {
    match event {
        login::Event::PolicyPut { version, .. } => {
            format!("the log-in policy is at version {version}")
        }
        login::Event::CredentialsPut { what, credentials } => {
            let what = what.name().replace('_', " ");
            format!("credentials of {}: {what}", credentials.person)
        }
        login::Event::SessionPut(it) => {
            let limited = if it.limited { ", limited" } else { "" };
            let how = it.how.name();
            format!("session {} of {} by {how}{limited}", it.id, it.person)
        }
        login::Event::Seen {
            session,
            idle_until,
            ..
        } => format!("session {session} was seen, idle from {idle_until}"),
        login::Event::SessionEnded {
            session,
            person,
            why,
        } => {
            let why = why.name().replace('_', " ");
            format!("session {session} of {person} ended: {why}")
        }
    }
}

// -- configuration, effects, the node -----------------------------------------------------------

/// First versions are not worth a line.
fn config_event(event: &config::Event) -> Option<String> {
    let (what, version) = match event {
        config::Event::QueuePut(it) => (format!("queue {}", it.name), it.version),
        config::Event::VirtualQueuePut(it) => (format!("virtual queue {}", it.name), it.version),
        config::Event::AgentPut(it) => (format!("agent {}", it.name), it.version),
        config::Event::KeyPut(it) if it.revoked => {
            (format!("key {}, revoked", it.name), it.version)
        }
        config::Event::KeyPut(it) => (format!("key {}", it.name), it.version),
        config::Event::SettingsPut { version, .. } => ("the settings".to_owned(), *version),
        config::Event::Put(it) => (format!("{} {}", it.body.kind(), it.name), it.version),
        config::Event::Deleted {
            kind,
            name,
            version,
            ..
        } => (format!("{kind} {name}, deleted"), *version),
    };
    (version > 1).then(|| format!("{what}: version {version}"))
}

fn effect_event(event: &effect::Event) -> String {
    match event {
        effect::Event::Issued(order) => {
            let Effect::Notice {
                interaction,
                ending,
            } = &order.effect;
            format!(
                "{} issued: notice that {interaction} is over ({}), not after {}",
                order.id,
                ending_text(None, ending),
                order.not_after
            )
        }
        effect::Event::Started { effect } => format!("{effect} started"),
        effect::Event::Finished { effect } => format!("{effect} finished"),
        effect::Event::Retried {
            effect,
            from,
            problem,
        } => format!("{effect} is tried again from {from}: {problem}"),
        effect::Event::Parked { effect, problem } => format!("{effect} is parked: {problem}"),
    }
}

fn node_event(event: &node::Event) -> String {
    match event {
        node::Event::Opened { outage, .. } => format!("opened after {outage}"),
        node::Event::ClockJumped { by } => format!("the wall clock jumped by {}s", by / 1_000),
        node::Event::Refusals { list, beyond } => {
            format!("{} kinds of refusals, and {beyond} more", list.len())
        }
        node::Event::ResultsForgotten { before } => {
            format!("answers given until {before} are forgotten")
        }
    }
}

// -- interactions and requests ------------------------------------------------------------------

fn interaction_event(state: &State, event: &interaction::Event) -> String {
    match event {
        interaction::Event::Submitted(it) => {
            let queue = queue_name(state, it.queue);
            match it.owner() {
                None => format!("{} submitted to {queue}", it.id),
                Some(agent) => {
                    let who = agent_name(state, agent);
                    format!("{who} began {} in {queue}, and handles it", it.id)
                }
            }
        }
        interaction::Event::Moved { of, to } => {
            let from = queue_name(state, of.queue);
            let to = queue_name(state, *to);
            format!("{} moved from {from} to {to}", of.interaction)
        }
        interaction::Event::Stopped { of, ending, .. } => {
            let how = ending_text(Some(state), ending);
            format!("{} stopped: {how}", of.interaction)
        }
        other => handling::event(state, other),
    }
}

fn ending_text(state: Option<&State>, ending: &Ending) -> String {
    match ending {
        Ending::Completed {
            agent,
            reason,
            disposition,
        } => {
            let name = state.map_or(agent.to_string(), |state| agent_name(state, *agent));
            let words = [Some(reason), disposition.as_ref()];
            let words = words.into_iter().flatten().map(ToString::to_string);
            format!("completed by {name}, {}", list(words))
        }
        Ending::Abandoned => "abandoned".to_owned(),
        Ending::AbandonedWith { disposition } => format!("abandoned, {disposition}"),
        Ending::Cancelled { reason } => format!("cancelled, {reason}"),
    }
}

fn route_event(state: &State, event: &route::Event) -> String {
    match event {
        route::Event::Requested { of, request } => requested(state, *of, request),
        route::Event::Widened {
            request,
            step,
            widens_at,
            ..
        } => {
            let wanted = state
                .request(*request)
                .map(|it| it.target.expression(*step).to_string())
                .filter(|text| !text.is_empty());
            let wanted = wanted.unwrap_or_else(|| "anyone".to_owned());
            let next = widens_at.map(|at| format!(", next at {at}"));
            format!("{request} widens to {wanted}{}", next.unwrap_or_default())
        }
        route::Event::Changed { request, cause, .. } => changed(state, request, *cause),
        route::Event::Thresholds { turned, .. } => {
            let turned = turned.iter().map(|(gate, open)| {
                let holds = if *open { "holds" } else { "holds no more" };
                format!("{gate} {holds} for {}", gate.medium)
            });
            let turned: Vec<String> = turned.collect();
            if turned.is_empty() {
                return "thresholds are looked at".to_owned();
            }
            turned.join(", ")
        }
        route::Event::Cooled { request, agent, .. } => {
            format!(
                "{} may be offered {request} again",
                agent_name(state, *agent)
            )
        }
        route::Event::Cancelled {
            of,
            request,
            cause,
            rests,
        } => {
            let why = match cause {
                Cancelled::Asked => "taken back",
                Cancelled::MatchedElsewhere => "matched elsewhere",
                Cancelled::InteractionStopped => "the interaction is over",
                Cancelled::TakenOut => "taken out",
                Cancelled::TimedOut => "nobody was found in time",
            };
            let rests = rests.then(|| {
                let queue = queue_name(state, of.queue);
                format!("; {} rests in {queue}", of.interaction)
            });
            let rests = rests.unwrap_or_default();
            format!("{request} of {} cancelled: {why}{rests}", of.interaction)
        }
    }
}

/// What a request is like after a change; what is usual is not told.
fn changed(state: &State, it: &RouteRequest, cause: ChangeCause) -> String {
    let id = it.id;
    let mut words = match cause {
        ChangeCause::Asked => vec![format!("{id} changes: {}", ahead(state, id))],
        ChangeCause::LastAgentGone => vec![format!("{id} waits for its last agent no longer")],
        ChangeCause::NextTargets => vec![format!("{id} follows step {}", it.step + 1)],
        ChangeCause::Moved => {
            let queue = virtual_queue_name(state, it.virtual_queue);
            vec![format!("{id} moves to {queue}: {}", ahead(state, id))]
        }
    };
    words.push(wants(it));
    if it.key.tier.0 != 0 {
        words.push(format!("priority {}", it.key.tier));
    }
    if !it.select().is_usual() {
        words.push(it.select().name().replace('_', " "));
    }
    let more = it.more.get();
    let excluded = more.iter().flat_map(|more| &more.exclude);
    let excluded = list(excluded.map(|agent| agent_name(state, *agent)));
    if !excluded.is_empty() {
        words.push(format!("not {excluded}"));
    }
    if let Some(at) = it.widens_at.get() {
        words.push(format!("next at {at}"));
    }
    list(words.into_iter())
}

/// `wants English>=2`; of documented targets what is in force.
fn wants(it: &RouteRequest) -> String {
    if let Some(documented) = it.documented() {
        let targets = documented.in_force().map(ToString::to_string);
        let targets: Vec<String> = targets.collect();
        return match targets.is_empty() {
            true => "targets nobody".to_owned(),
            false => format!("targets {}", targets.join(" or ")),
        };
    }
    let wants = it.wanted().to_string();
    let wants = if wants.is_empty() { "anyone" } else { &wants };
    format!("wants {wants}")
}

fn requested(state: &State, of: Subject, request: &RouteRequest) -> String {
    format!(
        "{} of {} waits in {}, {}",
        request.id,
        of.interaction,
        virtual_queue_name(state, request.virtual_queue),
        ahead(state, request.id)
    )
}

/// `2 ahead`
fn ahead(state: &State, id: RouteRequestId) -> String {
    let line = state.waiting(id).and_then(|waiting| waiting.line);
    line.map_or_else(
        || "in no line".to_owned(),
        |line| format!("{} ahead", line.ahead),
    )
}

// -- offers -------------------------------------------------------------------------------------

fn offer_event(state: &State, event: &offer::Event) -> String {
    match event {
        offer::Event::Made { offer, .. } => made(state, offer),
        offer::Event::Accepted {
            of, offer, agent, ..
        } => {
            let name = agent_name(state, *agent);
            let role = state
                .interaction(of.interaction)
                .and_then(|it| it.party(*agent))
                .map_or(Role::Owner, |party| party.role);
            match role {
                Role::Owner => format!("{name} accepted {offer} and handles {}", of.interaction),
                role => format!(
                    "{name} accepted {offer} and is {} of {}",
                    role.name(),
                    of.interaction
                ),
            }
        }
        offer::Event::NotTaken {
            of,
            offer,
            agent,
            how,
            cooling_until,
            misses,
            ..
        } => {
            let stopped = matches!(
                how,
                NotTaken::InteractionStopped | NotTaken::Withdrawn | NotTaken::TakenOut
            );
            let asked = state
                .interaction(of.interaction)
                .is_some_and(|it| it.place == Place::Handling);
            let how = not_taken(&agent_name(state, *agent), *offer, how, *misses);
            // It stands in line for the moment between two events of its end.
            if stopped || asked {
                return how;
            }
            let back = back(state, *of);
            let cooling = cooling_until.map(|until| format!(", pause until {until}"));
            format!("{how}; {back}{}", cooling.unwrap_or_default())
        }
    }
}

fn made(state: &State, offer: &Offer) -> String {
    if let Some(wish) = offer.wish {
        let (what, until) = (asked_for(wish), offer.until);
        let (who, it) = (agent_name(state, offer.agent), offer.interaction);
        return format!("{}: {who} is asked to {what} {it} until {until}", offer.id);
    }
    format!(
        "{}: {} offered to {} until {} ({})",
        offer.id,
        offer.interaction,
        agent_name(state, offer.agent),
        offer.until,
        decision(&offer.decision)
    )
}

const fn asked_for(wish: Wish) -> &'static str {
    match wish {
        Wish::Transfer => "take over",
        Wish::Consult => "advise on",
        Wish::Conference => "join",
    }
}

/// Why these two, in brief.
fn decision(it: &Decision) -> String {
    let mut words = vec![format!("idle {}", it.idle)];
    match it.occasion {
        Occasion::RequestCame => words.push(counted(it.candidates, "candidate")),
        Occasion::AgentCame => words.push(format!("waited {}", it.waited)),
        Occasion::Asked => words.push("asked for".to_owned()),
    }
    if it.rule != Rule::LongestIdle {
        words.push(format!("by {}", it.rule.name().replace('_', " ")));
    }
    if it.step > 0 {
        words.push(format!("step {}", it.step));
    }
    let skipped = it.more.get().map(|more| more.skipped.as_slice());
    let skipped = skipped.unwrap_or_default().iter();
    let skipped = skipped.map(|(why, count)| format!("{count} {}", obstacle_text(*why)));
    let skipped = list(skipped);
    if !skipped.is_empty() {
        words.push(format!("skipped: {skipped}"));
    }
    if it.ahead > 0 {
        words.push(format!(
            "overtakes {}: {} not for this agent, {} cooling",
            it.ahead, it.ahead_not_for_agent, it.ahead_cooling
        ));
        let excluded = it.more.get().map_or(0, |more| more.ahead_excluded);
        if excluded > 0 {
            words.push(format!("{excluded} of them exclude the agent"));
        }
    }
    words.join(", ")
}

fn not_taken(name: &str, offer: OfferId, how: &NotTaken, misses: u8) -> String {
    match how {
        NotTaken::Rejected { reason } => format!("{name} rejected {offer}, {reason}"),
        NotTaken::Lapsed => format!("{offer} lapsed, {name} missed {misses} in a row"),
        NotTaken::DeskGone => format!("{offer} withdrawn, the desk of {name} is gone"),
        NotTaken::InteractionStopped | NotTaken::Withdrawn => {
            format!("{offer} withdrawn from {name}")
        }
        NotTaken::TakenOut => format!("{offer} withdrawn from {name}, taken out"),
    }
}

/// Where the requests of an interaction stand again.
fn back(state: &State, of: Subject) -> String {
    let requests = state
        .interaction(of.interaction)
        .map(|it| it.requests.clone())
        .unwrap_or_default();
    list(requests.iter().map(|id| {
        let request = state.request(*id);
        let line = request.map_or_else(String::new, |it| {
            virtual_queue_name(state, it.virtual_queue)
        });
        format!("{id} back in {line}, {}", ahead(state, *id))
    }))
}

// -- facts for reports --------------------------------------------------------------------------

fn segment(state: &State, it: &Segment) -> String {
    let who = match it.who {
        Who::Customer => "customer".to_owned(),
        Who::Agent(agent) => agent_name(state, agent),
        Who::Bot => "bot".to_owned(),
    };
    let line = it.virtual_queue.map(|id| virtual_queue_name(state, id));
    let line = line.map(|line| format!(" in {line}")).unwrap_or_default();
    format!(
        "segment: {} of {who} with {}{line}, {} to {}, {}",
        it.kind.name(),
        it.interaction,
        it.from.engine,
        it.to.engine,
        it.end.name()
    )
}

fn interval(state: &State, it: &AgentInterval) -> String {
    let what = match &it.state {
        AgentState::LoggedIn => "logged in".to_owned(),
        AgentState::Ready => "ready".to_owned(),
        AgentState::NotReady { why } => format!("not ready ({})", not_ready(why)),
    };
    let medium = it.medium.map(|medium| format!(" for {medium}"));
    format!(
        "interval: {} {what}{}, {} to {}",
        agent_name(state, it.agent),
        medium.unwrap_or_default(),
        it.from.engine,
        it.to.engine
    )
}
