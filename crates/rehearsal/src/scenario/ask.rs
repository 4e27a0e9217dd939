//! Questions: what people see when they look.

use super::read;
use super::say::{agent_name, not_ready, outcome_text, virtual_queue_name};
use super::words::{Fault, Words};
use super::{count, handling};
use crate::stage::Stage;
use ringback_engine::State;
use ringback_model::agent::{AtWork, ClaimKind};
use ringback_model::config::Kind;
use ringback_model::interaction::{Doer, More, Rest};
use ringback_model::place::{BinOwner, Place};
use ringback_model::route::{Obstacle, Waiting, WhyRequest};
use ringback_model::{AgentId, InteractionId, Name, ObjectId, VirtualQueueId};

/// What is asked.
pub(crate) enum Question {
    /// Why does it wait?
    Why(InteractionId),
    /// Which place in line does it have?
    Position(InteractionId),
    /// Who waits there?
    Line(VirtualQueueId),
    /// Where is it?
    Where(InteractionId),
    /// How is the agent?
    How(AgentId),
    /// What do the books say?
    Books(VirtualQueueId),
    /// What was answered to a key?
    Answer(u128),
    /// How many answers are kept?
    Kept,
    /// To which groups does the agent belong?
    Groups(AgentId),
    /// Who belongs to the group?
    Members(ObjectId),
    /// What rests in a workbin?
    Workbin(BinOwner, Name),
    /// What can somebody do with it?
    Can(Doer, InteractionId),
    /// What does a view see?
    View(ObjectId),
    /// What was counted?
    Counted(count::Question),
}

/// Reads the rest of a line that begins with `first`.
pub(crate) fn read(state: &State, first: &str, words: &mut Words<'_>) -> Result<Question, Fault> {
    let interaction = "an interaction such as i1";
    Ok(match first {
        "why" => Question::Why(words.value(interaction)?),
        "position" => {
            words.must("of")?;
            Question::Position(words.value(interaction)?)
        }
        "where" => {
            words.must("is")?;
            Question::Where(words.value(interaction)?)
        }
        "how" => {
            words.must("is")?;
            let name = words.word("the name of an agent")?;
            Question::How(read::agent_named(state, name)?)
        }
        "line" => Question::Line(virtual_queue(state, words)?),
        "books" => Question::Books(virtual_queue(state, words)?),
        "groups" => {
            words.must("of")?;
            let name = words.word("the name of an agent")?;
            Question::Groups(read::agent_named(state, name)?)
        }
        "members" => Question::Members(group(state, words)?),
        "workbin" => {
            let name = words.name("the name of a workbin")?;
            words.must("of")?;
            let owner = if words.take("group") {
                BinOwner::Group(group_named(state, words)?)
            } else {
                let owner = words.word("the name of an agent")?;
                BinOwner::Agent(read::agent_named(state, owner)?)
            };
            Question::Workbin(owner, name)
        }
        "can" => {
            let who = words.word("the name of an agent")?;
            let doer = handling::doer(state, who);
            let doer = doer.ok_or_else(|| Fault::new(format!("who is `{who}`?"), "an agent"))?;
            Question::Can(doer, words.value(interaction)?)
        }
        "look" => {
            words.must("of")?;
            let expected = "the name of a view made before";
            let name = words.name(expected)?;
            let found = state.object_named(Kind::View, &name).map(|it| it.id);
            Question::View(
                found.ok_or_else(|| Fault::new(format!("there is no view `{name}`"), expected))?,
            )
        }
        "statistic" | "balance" | "quarters" => Question::Counted(count::read(first, words)?),
        "answer" => {
            words.must("to")?;
            Question::Answer(read::key(words)?)
        }
        _ => {
            words.must("answers")?;
            Question::Kept
        }
    })
}

fn virtual_queue(state: &State, words: &mut Words<'_>) -> Result<VirtualQueueId, Fault> {
    words.must("of")?;
    let expected = "the name of a virtual queue made before";
    let name = words.name(expected)?;
    let found = state.virtual_queue_named(&name).map(|it| it.id);
    found.ok_or_else(|| Fault::new(format!("there is no virtual queue `{name}`"), expected))
}

fn group(state: &State, words: &mut Words<'_>) -> Result<ObjectId, Fault> {
    words.must("of")?;
    group_named(state, words)
}

fn group_named(state: &State, words: &mut Words<'_>) -> Result<ObjectId, Fault> {
    let expected = "the name of a group made before";
    let name = words.name(expected)?;
    let found = state.object_named(Kind::Group, &name).map(|it| it.id);
    found.ok_or_else(|| Fault::new(format!("there is no group `{name}`"), expected))
}

/// The answer, in sentences.
pub(crate) fn answer(stage: &Stage, question: &Question) -> Vec<String> {
    let state = stage.state();
    match question {
        Question::Why(id) => why(stage, *id),
        Question::Position(id) => position(state, *id),
        Question::Line(id) => line(state, *id),
        Question::Where(id) => vec![place(state, *id)],
        Question::How(id) => vec![how(state, *id)],
        Question::Books(id) => vec![books(stage, *id)],
        Question::Answer(id) => vec![match state.answered(*id) {
            Some((_, outcome, sequence)) => {
                format!("step {sequence}: {}", outcome_text(outcome))
            }
            None => "no answer is kept".to_owned(),
        }],
        Question::Groups(id) => vec![groups(state, *id)],
        Question::Members(id) => vec![members(state, *id)],
        Question::Workbin(owner, name) => vec![handling::workbin(state, *owner, name)],
        Question::Can(who, id) => vec![handling::can(state, *who, *id)],
        Question::View(id) => vec![look(state, *id)],
        Question::Counted(question) => count::answer(stage, question),
        Question::Kept => vec![format!("{} answers are kept", state.results_kept())],
    }
}

/// When a view looks next, what rests in its queue, and what is under way by it.
fn look(state: &State, id: ObjectId) -> String {
    let next = match state.look(id) {
        None => "does not pull".to_owned(),
        Some(look) => match look.next {
            Some(next) => format!("looks at {next}"),
            None if look.lacks.nothing() => "sleeps".to_owned(),
            None => "waits for room".to_owned(),
        },
    };
    let view = state.view(id);
    let queue = view.and_then(|view| state.queue_named(&view.queue));
    let resting = queue.map_or(0, |queue| state.resting_count(queue.id));
    let segments = state.under_way(id);
    let segments: Vec<String> = segments
        .map(|(segment, count)| format!("{count} of {}", segment.unwrap_or("no segment")))
        .collect();
    let under_way = if segments.is_empty() {
        "nothing".to_owned()
    } else {
        segments.join(", ")
    };
    format!("{next}; {resting} at rest, under way: {under_way}")
}

fn groups(state: &State, id: AgentId) -> String {
    let groups = state.groups_of(id).iter();
    let names = groups.filter_map(|id| Some(state.object(*id)?.name.to_string()));
    let names: Vec<String> = names.collect();
    let agent = agent_name(state, id);
    if names.is_empty() {
        return format!("{agent} belongs to no group");
    }
    format!("{agent} belongs to {}", names.join(", "))
}

fn members(state: &State, id: ObjectId) -> String {
    let members = state.members(id).iter();
    let names: Vec<String> = members.map(|id| agent_name(state, *id)).collect();
    if names.is_empty() {
        return "nobody belongs to it".to_owned();
    }
    names.join(", ")
}

fn why(stage: &Stage, id: InteractionId) -> Vec<String> {
    let state = stage.state();
    let Some(why) = state.why(stage.now(), id) else {
        return vec![place(state, id)];
    };
    if why.requests.is_empty() {
        return vec![place(state, id)];
    }
    let requests = why.requests.iter();
    requests.flat_map(|it| why_request(state, it)).collect()
}

fn why_request(state: &State, it: &WhyRequest) -> Vec<String> {
    let waiting = &it.waiting;
    let wants = if it.wants.is_empty() {
        "anyone"
    } else {
        &it.wants
    };
    let mut sentences = vec![format!(
        "{} waits since {}, {}; wants {wants}: {} qualified, {} not",
        waiting.request.id,
        waiting.request.since.engine,
        stands(state, waiting),
        it.qualified,
        it.unqualified
    )];
    let first = it.first.iter();
    sentences.extend(first.map(|(agent, obstacle)| {
        format!(
            "{}: {}",
            agent_name(state, *agent),
            obstacle_text(*obstacle)
        )
    }));
    let thresholds = it.thresholds.iter();
    sentences.extend(thresholds.map(|it| {
        let holds = if it.open { "holds" } else { "does not hold" };
        let measured = it
            .measured
            .map_or("nothing is known".to_owned(), |it| it.to_string());
        format!("{}: {holds}, {measured}", it.gate)
    }));
    let counted: u32 = it.obstacles.iter().map(|(_, count)| count).sum();
    if counted != it.first.len() as u32 {
        sentences.push(format!("{counted} held back in all"));
    }
    sentences
}

/// `2 ahead of 5 in support`
fn stands(state: &State, waiting: &Waiting) -> String {
    let queue = virtual_queue_name(state, waiting.request.virtual_queue);
    match waiting.line {
        Some(line) => format!("{} ahead, {} waiting in {queue}", line.ahead, line.waiting),
        None => format!("in no line of {queue} while it is offered"),
    }
}

pub(super) const fn obstacle_text(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::LoggedOut => "logged out",
        Obstacle::DeskLost => "desk lost",
        Obstacle::NotLoggedInForMedium => "not logged in for this medium",
        Obstacle::NotReady => "not ready",
        Obstacle::Busy => "busy",
        Obstacle::Cooling => "did not take it a moment ago",
        Obstacle::Excluded => "excluded by the request",
    }
}

fn position(state: &State, id: InteractionId) -> Vec<String> {
    let requests = state.interaction(id).map(|it| it.requests.clone());
    let requests = requests.unwrap_or_default();
    if requests.is_empty() {
        return vec![place(state, id)];
    }
    let waiting = requests.iter().filter_map(|id| state.waiting(*id));
    waiting
        .map(|waiting| format!("{}: {}", waiting.request.id, stands(state, &waiting)))
        .collect()
}

fn line(state: &State, id: VirtualQueueId) -> Vec<String> {
    let waiting = state.line(id, 100);
    let ids: Vec<String> = waiting
        .iter()
        .map(|it| format!("{} of {}", it.request.id, it.request.interaction))
        .collect();
    if ids.is_empty() {
        return vec!["nobody waits".to_owned()];
    }
    vec![ids.join(", ")]
}

fn place(state: &State, id: InteractionId) -> String {
    let Some(it) = state.interaction(id) else {
        return if state.is_stopped(id) {
            format!("{id} is over")
        } else {
            format!("{id} was never submitted")
        };
    };
    let place = match &it.place {
        Place::Queue => "rests in its queue".to_owned(),
        Place::Routing => "is routed".to_owned(),
        Place::Offer { offer, .. } => {
            let to = state.offer(*offer).map(|offer| offer.agent);
            let to = to.map(|agent| agent_name(state, agent)).unwrap_or_default();
            format!("is offered to {to} as {offer}")
        }
        Place::Handling => {
            let owner = it.owner().map(|agent| agent_name(state, agent));
            format!("is handled by {}", owner.unwrap_or_default())
        }
        Place::Workbin {
            workbin,
            owner: Some(owner),
        } => {
            let workbin = workbin.clone();
            let owner = *owner;
            format!(
                "lies in {}",
                handling::rest(state, &Rest::Workbin { owner, workbin })
            )
        }
        other => format!("is in place {}", other.name()),
    };
    let thread = it.thread.map(|id| format!(", thread {id}"));
    let said = it.more.get().map(|more| more_of(state, more));
    format!(
        "{id} {place}, version {}{}{}",
        it.version,
        thread.unwrap_or_default(),
        said.unwrap_or_default()
    )
}

/// What few interactions have.
fn more_of(state: &State, more: &More) -> String {
    let mut words = Vec::new();
    if let Some(id) = &more.said.external_id {
        words.push(format!("known as {id}"));
    }
    if more.said.online {
        words.push("online".to_owned());
    }
    let agents = [("author", more.author), ("reviewer", more.reviewer)];
    for (role, agent) in agents {
        words.extend(agent.map(|agent| format!("{role} {}", agent_name(state, agent))));
    }
    if let Some(lock) = more.lock {
        let by = handling::doer_name(state, lock.by);
        words.push(format!("locked by {by} since {}", lock.since.engine));
    }
    words.extend(
        more.held
            .map(|since| format!("on hold since {}", since.engine)),
    );
    if let Some(handed) = &more.handed {
        let by = super::say::object_name(state, handed.view);
        words.push(format!("handed over {} by {by}", times(handed.pulls)));
    }
    if let Some(from) = &more.pulled_from {
        words.push(format!("pulled from {}", handling::rest(state, from)));
    }
    words.into_iter().map(|word| format!(", {word}")).collect()
}

fn times(count: u8) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

fn how(state: &State, id: AgentId) -> String {
    let name = agent_name(state, id);
    let Some(at_work) = state.at_work(id) else {
        return format!("there is no agent {id}");
    };
    let mut words = vec![match at_work.desk {
        None => "logged out".to_owned(),
        Some(desk) if desk.silent => format!("at {}, silent", desk.session),
        Some(desk) => match desk.grace_until {
            Some(until) => format!("at {}, silent from {until}", desk.session),
            None => format!("at {}", desk.session),
        },
    }];
    for (medium, readiness) in &at_work.media {
        let room = state.room(id, *medium);
        words.push(match &readiness.not_ready {
            None => format!("{medium} ready, room for {room}"),
            Some(why) => format!("{medium} not ready ({}), room for {room}", not_ready(why)),
        });
    }
    words.extend(claims(at_work));
    let rests = at_work.paused();
    words.extend((!rests.is_empty()).then(|| format!("{rests} rests")));
    format!("{name}: {}", words.join("; "))
}

fn claims(at_work: &AtWork) -> Option<String> {
    let claims = at_work.claims.iter().map(|claim| {
        let kind = match claim.kind {
            ClaimKind::Reserved => "reserved",
            ClaimKind::Offered => "offered",
            ClaimKind::Handling => "handling",
            ClaimKind::Consult => "consult",
            ClaimKind::WrapUp => "wrap-up",
        };
        format!("{} {} ({kind})", claim.medium, claim.interaction)
    });
    let claims: Vec<String> = claims.collect();
    (!claims.is_empty()).then(|| format!("has {}", claims.join(", ")))
}

fn books(stage: &Stage, id: VirtualQueueId) -> String {
    let name = virtual_queue_name(stage.state(), id);
    let counts = stage.state().line_counts(id);
    let ends = stage.auditor().line(id).ended;
    let ends: Vec<String> = ends
        .iter()
        .map(|(end, count)| format!("{count} {}", end.name()))
        .collect();
    let ends = if ends.is_empty() {
        String::new()
    } else {
        format!(" ({})", ends.join(", "))
    };
    format!(
        "{name}: {} entered, {} left{ends}, {} inside",
        counts.entered,
        counts.left,
        counts.entered - counts.left
    )
}
