//! Random moves in a tiny world: 3 skills, 4 agents, 2 queues, 2 virtual queues, 2 media. Tiny,
//! so that collisions happen.
//!
//! A move is eight bytes. Which input they mean depends on the state: mostly something that can
//! be done now, sometimes something that makes no sense. Any bytes are a move, so a generator of
//! bytes is a generator of inputs, and a failing run can be made shorter by leaving moves out.

mod handling;

use ringback_engine::State;
use ringback_model::agent::Manner;
use ringback_model::config::{
    AfterContact, AgentBody, Body, Capacity, CapacityRule, Code, Dispositions, Expected, Group,
    HandOver, Kind, List, ListPurpose, MediumDefaults, QueueBody, Role, Settings, Skill, Statistic,
    Timeouts, View, ViewRoute, VirtualQueueBody, Workbin, WorkbinOwner, WrapUp,
};
use ringback_model::interaction::{StopCause, Submission, WrapAct};
use ringback_model::offer::Offer;
use ringback_model::place::Place;
use ringback_model::route::{Ask, Change, LastAgent, Select, Selection};
use ringback_model::statistic::{Measure, SubjectKind};
use ringback_model::target::{Escalation, EscalationStep, Expression, Step, Target, Targets};
use ringback_model::value::{UserData, Value};
use ringback_model::{
    AgentId, ContactId, DeskSessionId, EffectId, Input, InteractionId, KeyId, Medium, Millis, Name,
    OfferId, Rare, RouteRequestId, Tier, agent, config, contact, effect, interaction, node, offer,
    route,
};
use std::collections::{BTreeMap, BTreeSet};

/// One move.
pub type Move = [u8; 8];

/// How many agents there are.
pub const AGENTS: u64 = 4;
/// The media of the tiny world.
pub const MEDIA: [Medium; 2] = [Medium::Voice, Medium::Chat];

const SKILLS: [&str; 3] = ["A", "B", "C"];
const QUEUES: [&str; 2] = ["inbox", "orders"];
const VIRTUAL_QUEUES: [&str; 2] = ["support", "sales"];
const NAMES: [&str; 5] = ["anna", "ben", "cara", "dora", "nobody"];

/// The inputs that make the tiny world.
#[must_use]
pub fn world() -> Vec<Input> {
    // In the first one chats are wrapped up.
    let queues = [put_queue(0, 3), put_queue(1, 0)];
    let lines = (0..2).map(|index| put_virtual_queue(index, 0));
    let agents = (0..4).map(|index| put_agent(index, [index * 37 + 11, 91, 0]));
    let settings = Input::Config(config::Input::PutSettings {
        settings: Box::new(settings(7)),
        expected: Expected::Any,
    });
    let agents_at_work = (1..=AGENTS).map(|id| {
        Input::Agent(agent::Input::LogIn {
            agent: AgentId(id),
            media: Vec::new(),
        })
    });
    let setup = [put_results()].into_iter().chain(queues).chain(lines);
    let setup = setup.chain([put_rule(0), put_workbin(0, 0), put_shared()]);
    let setup = setup.chain(agents).chain([settings, put_team()]);
    let views = (0..2).map(|index| put_view(index, 0));
    setup.chain(views).chain(agents_at_work).collect()
}

/// How long it is until the move.
#[must_use]
pub const fn pause(it: &Move) -> Millis {
    const PAUSES: [u64; 16] = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 250, 999, 1_000, 1_000, 2_000, 9_000,
    ];
    Millis(PAUSES[(it[7] % 16) as usize])
}

/// Whether what falls due in the pause before the move happens late, after the move.
#[must_use]
pub const fn is_late(it: &Move) -> bool {
    it[7] >= 224
}

/// The input a move means.
#[must_use]
pub fn input(state: &State, it: &Move) -> Input {
    let rest = [it[1], it[2], it[3], it[4], it[5], it[6]];
    match it[0] {
        0..=32 => submit(state, rest),
        33..=55 => request(state, rest),
        56..=60 => change(state, rest),
        61..=64 => Input::Route(route::Input::Cancel {
            request: request_id(state, rest),
        }),
        65..=95 => accept(state, rest),
        96..=102 => reject(state, rest),
        103..=115 => complete(state, rest),
        116..=122 => stop(state, rest),
        123..=164 => handling::input(state, it[0], rest),
        165..=212 => at_work(state, it[0], rest),
        213..=228 => configure(state, it[0], rest),
        229..=243 => effect(state, rest),
        244..=247 => Input::Contact(contact::Input::Erased {
            contact: (rest[0] > 99).then(|| ContactId(u64::from(rest[0] % 4))),
            keys: (rest[2] < 224)
                .then(|| KeyId(u64::from(rest[1] % 4) + 1))
                .into_iter()
                .collect(),
        }),
        248..=249 => Input::Node(node::Input::ClockJumped {
            by: i64::from(rest[0]) - 128,
        }),
        250..=251 => Input::Node(node::Input::Opened {
            outage: Millis(u64::from(rest[0])),
            clock_off: 0,
        }),
        252..=255 => Input::Node(node::Input::Due {
            limit: u32::from(rest[0] % 4),
        }),
    }
}

fn name(text: &str) -> Name {
    text.parse().expect("the names of the tiny world are names")
}

fn medium(byte: u8) -> Medium {
    MEDIA[usize::from(byte % 2)]
}

fn media(byte: u8) -> Vec<Medium> {
    match byte % 4 {
        0 | 1 => Vec::new(),
        2 => vec![medium(byte / 4)],
        _ => MEDIA.to_vec(),
    }
}

/// One of the list; one that is not in it, for a byte near the end of its range.
fn pick<T: Copy>(list: &[T], byte: u8) -> Option<T> {
    if byte >= 232 || list.is_empty() {
        return None;
    }
    Some(list[usize::from(byte) % list.len()])
}

// -- who and what -------------------------------------------------------------------------------

fn agent_id(byte: u8) -> AgentId {
    // One in 32 was never made.
    let id = u64::from(byte % 32);
    AgentId(if id == 31 {
        AGENTS + 1
    } else {
        id % AGENTS + 1
    })
}

/// Mostly an open interaction, sometimes one that is over or was never submitted.
fn interaction_id(state: &State, byte: u8) -> InteractionId {
    let any = InteractionId(u64::from(byte) % (state.counters().interaction + 2));
    pick(&state.open_ids(), byte).unwrap_or(any)
}

fn open_in(state: &State, wanted: impl Fn(&Place) -> bool) -> Vec<InteractionId> {
    let mut open = state.open_ids();
    open.retain(|id| state.interaction(*id).is_some_and(|it| wanted(&it.place)));
    open
}

fn request_id(state: &State, rest: [u8; 6]) -> RouteRequestId {
    let ids: Vec<RouteRequestId> = state
        .open_ids()
        .into_iter()
        .filter_map(|id| state.interaction(id))
        .flat_map(|it| it.requests.clone())
        .collect();
    let any = RouteRequestId(u64::from(rest[0]) % (state.counters().request + 2));
    pick(&ids, rest[0]).unwrap_or(any)
}

fn open_offers(state: &State) -> Vec<&Offer> {
    let agents = state.agent_ids();
    agents
        .into_iter()
        .flat_map(|id| state.offers_to(id))
        .collect()
}

/// Mostly an open offer and the one it was made to.
fn offer_and_agent(state: &State, rest: [u8; 6]) -> (OfferId, AgentId) {
    let any = OfferId(u64::from(rest[0]) % (state.counters().offer + 2));
    match pick(&open_offers(state), rest[0]) {
        Some(offer) if rest[1] < 232 => (offer.id, offer.agent),
        Some(offer) => (offer.id, agent_id(rest[1])),
        None => (any, agent_id(rest[1])),
    }
}

// -- interactions, requests, offers -------------------------------------------------------------

fn submit(state: &State, rest: [u8; 6]) -> Input {
    let queue = if rest[0] >= 250 {
        "attic"
    } else {
        QUEUES[usize::from(rest[0] % 2)]
    };
    let submission = Submission {
        queue: name(queue),
        medium: medium(rest[1]),
        kind: name("inbound"),
        subkind: None,
        tier: Tier(i16::from(rest[2] % 3)),
        contact: (rest[2] > 200).then(|| ContactId(u64::from(rest[2] % 4))),
        parent: (rest[2] % 16 == 3).then(|| interaction_id(state, rest[3])),
        user_data: matter(rest[5]),
        route: (rest[1] < 220).then(|| ask(rest)),
        said: Rare::none(),
    };
    Input::Interaction(interaction::Input::Submit(Box::new(submission)))
}

/// The key by which the views of the tiny world tell interactions apart.
const MATTER: &str = "m";

fn matter(byte: u8) -> UserData {
    let mut data = UserData::default();
    let matters = ["", "a", "b", "a"];
    let matter = matters[usize::from(byte % 4)];
    if !matter.is_empty() {
        let value = Value::Text(matter.to_owned());
        data.open.insert(MATTER.to_owned(), value);
    }
    data
}

fn ask(rest: [u8; 6]) -> Ask {
    let queue = if rest[3] >= 250 {
        "nowhere"
    } else {
        VIRTUAL_QUEUES[usize::from(rest[3] % 2)]
    };
    Ask {
        virtual_queue: name(queue),
        target: target(rest[4]),
        tier: (rest[5] >= 200).then(|| Tier(i16::from(rest[5] % 4))),
        credit: Millis(match rest[5] {
            0..=149 => 0,
            150..=194 => u64::from(rest[5]) * 50,
            _ if rest[5] == 195 => 1_000_000_000,
            _ => 1_000,
        }),
        selection: match rest[4] / 64 {
            0 => Rare::of(selection(rest[0])),
            _ => Rare::none(),
        },
        targets: (rest[0] % 4 == 3).then(|| Box::new(documented(rest[5]))),
    }
}

/// Documented targets that depend on more than time.
fn documented(byte: u8) -> Escalation {
    let steps: &[(&str, Option<&str>)] = match byte % 8 {
        0 => &[("{StatAgentsReady>1}team.GA", None)],
        1 => &[("[70]anna.A, [30]?:A>=1", None)],
        2 => &[("{StatCallsInQueue<2}sales.Q", None), ("support.Q", None)],
        3 => &[
            ("{StatAgentsBusy<1}?:B>=1", None),
            ("?:A>=0", Some("RStatAgentsReady>1")),
        ],
        4 => &[("{StatTimeInReadyState>2}?:A>=1", None), ("?:C>=1", None)],
        5 => &[(
            "{StatCallsInQueue<1}[20]sales.Q, {StatAgentsAvailable>0}[80]ben.A",
            None,
        )],
        6 => &[
            ("?:C>=2", Some("RStatAgentsTotal>2")),
            ("{StatAgentLoading<1}cara.A", None),
        ],
        _ => &[("{StatAgentsInQueueReady>0}support.Q, crowd.GQ", None)],
    };
    let read = |text: &str| Targets::read(text).ok().map(|(targets, _)| targets);
    let steps = steps.iter().filter_map(|(text, check)| {
        let check = check.and_then(|check| read(&format!("{{{check}}}x.GA")));
        Some(EscalationStep {
            targets: read(text)?,
            timeout: Millis::seconds(u64::from(byte / 8 % 4)),
            clear: byte >= 128,
            check: check.and_then(|it| it.items()[0].threshold),
        })
    });
    Escalation::new(steps.collect()).expect("documented targets")
}

/// Another priority, credit, target or choice for a request.
fn change(state: &State, rest: [u8; 6]) -> Input {
    let change = Change {
        tier: rest[1]
            .is_multiple_of(2)
            .then(|| Tier(i16::from(rest[1] % 5))),
        credit: (rest[1] % 4 == 1).then(|| ask(rest).credit),
        target: rest[2].is_multiple_of(3).then(|| target(rest[4])),
        targets: (rest[2] % 9 == 2).then(|| documented(rest[4])),
        selection: (rest[2] % 3 == 1).then(|| selection(rest[3])),
    };
    Input::Route(route::Input::Change {
        request: request_id(state, rest),
        change: Box::new(change),
    })
}

/// Each way to choose; some exclude, some wait for one agent first.
fn selection(byte: u8) -> Selection {
    let who = name(NAMES[usize::from(byte / 8 % 5)]);
    let wait = match byte {
        240.. => Millis::seconds(100_000),
        _ => Millis::seconds(u64::from(byte % 4)),
    };
    let mut exclude = BTreeSet::new();
    if byte.is_multiple_of(3) {
        exclude.insert(who.clone());
    }
    Selection {
        select: Select::ALL[usize::from(byte % 6)],
        exclude,
        last_agent: (byte % 3 == 1 || byte >= 240).then_some(LastAgent { agent: who, wait }),
        not_author: byte % 5 == 2,
        not_reviewer: byte % 7 == 2,
    }
}

fn target(byte: u8) -> Target {
    let skill = |index: u8, sign: &str, level: u8| {
        let skill = SKILLS[usize::from(index % 3)];
        let text = format!("{skill}{sign}{level}");
        text.parse::<Expression>()
            .expect("a comparison is an expression")
    };
    let step = |expression, seconds| Step {
        expression,
        after: Millis::seconds(seconds),
    };
    let signs = [">=", "<", "=", ">=", "!=", ">="];
    let first = skill(byte, signs[usize::from(byte / 3 % 6)], byte / 16 % 3 + 1);
    let steps = match byte % 8 {
        0 => vec![step(Expression::anyone(), 0)],
        1 => vec![step(first, 0), step(Expression::anyone(), 4)],
        2 => {
            let wider = skill(byte, ">=", 1);
            let widest = Expression::anyone();
            vec![step(first, 0), step(wider, 1), step(widest, 5)]
        }
        3 if byte >= 128 => {
            let texts = [
                "L=\"en\"",
                "L!=\"en\" & L!=\"\"",
                "team.GA",
                "anna.A | team.GA",
            ];
            let wanted = texts[usize::from(byte / 8 % 4)];
            vec![step(wanted.parse().expect("an expression"), 0)]
        }
        3 => {
            let both = Expression::All(vec![first, skill(byte / 8, ">=", 1)]);
            vec![step(both, 0)]
        }
        _ => vec![step(first, 0)],
    };
    Target::new(steps).expect("the steps grow from 0")
}

fn request(state: &State, rest: [u8; 6]) -> Input {
    let routable = open_in(state, |place| {
        matches!(place, Place::Queue | Place::Routing)
    });
    let any = interaction_id(state, rest[0]);
    // Often the one that has most already, so that its limit is met.
    let requests = |id: &InteractionId| state.interaction(*id).map_or(0, |it| it.requests.len());
    let most = routable.iter().copied().max_by_key(requests);
    let routable = match rest[1] {
        0..=139 => most,
        140..=209 => pick(&routable, rest[0]),
        _ => None,
    };
    Input::Route(route::Input::Request {
        interaction: routable.unwrap_or(any),
        ask: Box::new(ask(rest)),
    })
}

fn accept(state: &State, rest: [u8; 6]) -> Input {
    // With nothing to take, somebody gets ready to.
    if rest[2] < 200 && open_offers(state).is_empty() {
        return Input::Agent(agent::Input::Ready {
            agent: agent_id(rest[0]),
            media: media(rest[3]),
        });
    }
    let (offer, agent) = offer_and_agent(state, rest);
    Input::Offer(offer::Input::Accept { offer, agent })
}

fn reject(state: &State, rest: [u8; 6]) -> Input {
    let (offer, agent) = offer_and_agent(state, rest);
    let reason = name("busy");
    Input::Offer(offer::Input::Reject {
        offer,
        agent,
        reason,
    })
}

fn complete(state: &State, rest: [u8; 6]) -> Input {
    let handled = open_in(state, |place| *place == Place::Handling);
    let any = interaction_id(state, rest[0]);
    let interaction = pick(&handled, rest[0]).unwrap_or(any);
    let it = state.interaction(interaction);
    let owner = it.and_then(|it| it.owner());
    let agent = owner
        .filter(|_| rest[1] < 232)
        .unwrap_or_else(|| agent_id(rest[1]));
    let wraps = it.is_some_and(|it| it.wrap().is_some());
    Input::Interaction(if wraps == (rest[4] < 224) {
        let act = wrap_act(rest);
        interaction::Input::Wrap {
            interaction,
            agent,
            act,
        }
    } else {
        interaction::Input::Complete {
            interaction,
            agent,
            reason: name("done"),
            disposition: disposition(rest[2]),
        }
    })
}

/// What came of it: nothing said, one of the codes, or none of them.
fn disposition(byte: u8) -> Option<Name> {
    match byte {
        0..=109 => None,
        110..=179 => Some(name("sold")),
        180..=229 => Some(name("sold.twice")),
        _ => Some(name("nonsense")),
    }
}

fn wrap_act(rest: [u8; 6]) -> WrapAct {
    match rest[3] % 4 {
        0 | 1 => WrapAct::Finish {
            disposition: disposition(rest[2]),
        },
        2 => WrapAct::Extend {
            by: Millis(u64::from(rest[2] / 8) * 250),
        },
        _ => WrapAct::Dispose {
            disposition: disposition(rest[2].max(128)).unwrap_or_else(|| name("sold")),
        },
    }
}

fn stop(state: &State, rest: [u8; 6]) -> Input {
    let interaction = interaction_id(state, rest[0]);
    let cause = if rest[1] < 160 {
        StopCause::Abandoned
    } else {
        StopCause::Cancelled {
            reason: name("duplicate"),
        }
    };
    Input::Interaction(interaction::Input::Stop { interaction, cause })
}

// -- agents -------------------------------------------------------------------------------------

fn at_work(state: &State, kind: u8, rest: [u8; 6]) -> Input {
    let agent = agent_id(rest[0]);
    let media = media(rest[1]);
    let desk = state.at_work(agent).and_then(|at_work| at_work.desk);
    let session = match desk {
        Some(desk) if rest[2] < 200 => desk.session,
        _ => DeskSessionId(u64::from(rest[2] % 8)),
    };
    Input::Agent(match kind {
        165..=170 => agent::Input::LogIn { agent, media },
        171..=173 => subscribe(agent, rest),
        174..=180 => agent::Input::LogOut { agent },
        181..=195 => agent::Input::Ready { agent, media },
        196..=203 => agent::Input::NotReady {
            agent,
            media,
            reason: name(if rest[2] < 128 { "lunch" } else { "coffee" }),
            manner: match rest[3] {
                0..=127 => Manner::Now,
                128..=209 => Manner::AfterThis,
                _ => Manner::DoNotDisturb,
            },
        },
        204..=209 => agent::Input::DeskLost { agent, session },
        _ => agent::Input::DeskBack { agent, session },
    })
}

/// Mostly to the workbin of the group, sometimes to one that is not there.
fn subscribe(agent: AgentId, rest: [u8; 6]) -> agent::Input {
    let (group, workbin) = match rest[1] {
        0..=179 => (Some("team"), "shared"),
        180..=209 => (None, "drafts"),
        210..=229 => (Some("crowd"), "shared"),
        _ => (Some("team"), "later"),
    };
    let (group, workbin) = (group.map(name), name(workbin));
    if rest[2] < 200 {
        agent::Input::Subscribe {
            agent,
            group,
            workbin,
        }
    } else {
        agent::Input::Unsubscribe {
            agent,
            group,
            workbin,
        }
    }
}

// -- configuration and effects ------------------------------------------------------------------

fn configure(state: &State, kind: u8, rest: [u8; 6]) -> Input {
    if let Some(missing) = missing(state) {
        return missing;
    }
    match kind {
        213 => put_object(rest),
        214 => delete(state, rest),
        215 if rest[0] > 127 => put_queue(rest[0], rest[1]),
        215..=216 => put_virtual_queue(rest[0], rest[1]),
        217..=221 => put_agent(rest[0] % 4, [rest[1], rest[2], rest[3]]),
        222..=224 => Input::Config(config::Input::PutSettings {
            settings: Box::new(settings(rest[1])),
            expected: expected(rest[2]),
        }),
        225..=226 => make_key(state, rest),
        _ => Input::Config(config::Input::RevokeKey {
            name: name(&format!("key-{}", rest[0] % 4)),
        }),
    }
}

/// What was deleted of the tiny world comes back, so that the day goes on.
fn missing(state: &State) -> Option<Input> {
    let gone = |named: &str| state.queue_named(&name(named)).is_none();
    if let Some(index) = QUEUES.into_iter().position(gone) {
        return Some(put_queue(u8::try_from(index).unwrap_or(0), 0));
    }
    let gone = |named: &str| state.virtual_queue_named(&name(named)).is_none();
    let index = VIRTUAL_QUEUES.into_iter().position(gone)?;
    Some(put_virtual_queue(u8::try_from(index).unwrap_or(0), 0))
}

/// A workbin of few, for agents mostly.
fn put_workbin(byte: u8, room: u8) -> Input {
    let workbin = Workbin {
        owner: if byte < 200 {
            WorkbinOwner::Agent
        } else {
            WorkbinOwner::Group
        },
        items_max: u32::from(room % 4) + 1,
        ..Workbin::default()
    };
    Input::Config(config::Input::Put {
        name: name("later"),
        body: Box::new(Body::Workbin(workbin)),
        expected: Expected::Any,
    })
}

/// The workbin of groups.
fn put_shared() -> Input {
    let workbin = Workbin {
        owner: WorkbinOwner::Group,
        items_max: 3,
        ..Workbin::default()
    };
    Input::Config(config::Input::Put {
        name: name("shared"),
        body: Box::new(Body::Workbin(workbin)),
        expected: Expected::Any,
    })
}

/// The group, with everybody in it.
fn put_team() -> Input {
    let members = NAMES[..4].iter().copied().map(name);
    let group = Group {
        display_name: String::new(),
        members: members.collect(),
        expression: None,
    };
    Input::Config(config::Input::Put {
        name: name("team"),
        body: Box::new(Body::Group(group)),
        expected: Expected::Any,
    })
}

/// What agents say came of a contact.
fn put_results() -> Input {
    let codes = ["sold", "sold/twice", "refused"];
    let codes = codes.map(|code| Code {
        code: code.to_owned(),
        display_name: String::new(),
    });
    let list = List {
        display_name: String::new(),
        purpose: ListPurpose::Disposition,
        codes: codes.to_vec(),
    };
    Input::Config(config::Input::Put {
        name: name("results"),
        body: Box::new(Body::List(list)),
        expected: Expected::Any,
    })
}

/// The capacity rule of the tiny world: it lets calls interrupt, or not, or is none.
fn put_rule(byte: u8) -> Input {
    let text = match byte % 6 {
        0 | 1 => "voice 1 or digital 2; voice interrupts digital",
        2 => "voice 1 and chat 1",
        3 => "budget 3: voice 2, chat 1; voice interrupts chat",
        4 => "any 2",
        _ => "voice 1 or",
    };
    let rule = CapacityRule {
        description: String::new(),
        text: text.to_owned(),
    };
    Input::Config(config::Input::Put {
        name: name("mix"),
        body: Box::new(Body::CapacityRule(rule)),
        expected: Expected::Any,
    })
}

/// Groups, skills and defaults of a medium; some of them name what is not there.
fn put_object(rest: [u8; 6]) -> Input {
    let member = name(NAMES[usize::from(rest[1] % 5)]);
    let skill = SKILLS[usize::from(rest[2] % 3)];
    let (object, body) = match rest[0] % 8 {
        0..=3 => {
            let group = Group {
                display_name: String::new(),
                members: BTreeSet::from([member]),
                expression: format!("{skill}>={}", rest[3] % 4).parse().ok(),
            };
            ("team", Body::Group(group))
        }
        4..=5 => {
            let skill = Skill {
                level_max: Some(u16::from(rest[3] % 4) + 1),
                ..Skill::default()
            };
            (SKILLS[usize::from(rest[2] % 3)], Body::Skill(skill))
        }
        6 => {
            let defaults = MediumDefaults {
                offer_ttl: (rest[1] < 128).then(|| Millis::seconds(u64::from(rest[3] % 4))),
                cool_down: (rest[1] % 4 == 1).then(|| Millis(u64::from(rest[3]) * 20)),
                misses_max: (rest[1] % 4 == 2).then(|| rest[3] % 3),
                ..MediumDefaults::default()
            };
            (medium(rest[2]).name(), Body::Medium(defaults))
        }
        _ if rest[1] < 96 => return put_rule(rest[2]),
        _ if rest[1] < 176 => return put_view(rest[2], rest[3]),
        _ if rest[2] < 128 => ("watched", Body::Statistic(statistic(rest[2]))),
        _ => return put_workbin(rest[2], rest[3]),
    };
    Input::Config(config::Input::Put {
        name: name(object),
        body: Box::new(body),
        expected: expected(rest[4]),
    })
}

/// Two views of the first queue that overlap: one takes what is about `a`, one takes all.
fn put_view(index: u8, byte: u8) -> Input {
    let (view, condition, priority) = match index % 2 {
        0 => ("first", "user.m = 'a'", 1),
        _ if byte >= 128 => ("rest", "placed_in_queue_at < NOW - 2s", 0),
        _ => ("rest", "", 0),
    };
    let segmented = byte.is_multiple_of(3);
    let body = View {
        queue: name(QUEUES[0]),
        display_name: String::new(),
        condition: condition.to_owned(),
        order: ["", "tier DESC"][usize::from(byte / 2 % 2)].to_owned(),
        parameters: BTreeMap::new(),
        segment_by: segmented.then(|| MATTER.to_owned()),
        segment_max: segmented.then(|| u32::from(byte % 2) + 1),
        pull_max: u32::from(byte % 3) + 1,
        check_every: Millis::seconds(u64::from(byte % 2) + 2),
        priority,
        hand_over: (byte < 240).then(|| {
            Box::new(HandOver::Route(ViewRoute {
                virtual_queue: name(VIRTUAL_QUEUES[0]),
                target: target(byte / 4 * 4),
                tier: None,
                selection: Rare::none(),
            }))
        }),
    };
    Input::Config(config::Input::Put {
        name: name(view),
        body: Box::new(Body::View(body)),
        expected: Expected::Any,
    })
}

/// A statistic with a filter that holds for some.
fn statistic(choice: u8) -> Statistic {
    let subject = [SubjectKind::VirtualQueue, SubjectKind::Queue][usize::from(choice % 2)];
    Statistic {
        filter: format!("tier > {}", choice % 3),
        ..Statistic::plain(Measure::TotalEntered, subject)
    }
}

/// Mostly what can go and comes back; agents only while they have work, so that they stay.
fn delete(state: &State, rest: [u8; 6]) -> Input {
    let working = |id: &AgentId| {
        let at_work = state.at_work(*id);
        let mut claims = at_work.iter().flat_map(|it| &it.claims);
        claims.any(|claim| claim.kind == agent::ClaimKind::Handling)
    };
    let working = state.agent_ids().into_iter().find(working);
    let working = working.and_then(|id| state.agent(id));
    let queue = usize::from(rest[1] % 2);
    let mut move_to = None;
    let (kind, object) = match (rest[0] % 8, working) {
        (0 | 1, Some(agent)) => (Kind::Agent, agent.name.clone()),
        (2, _) => (Kind::VirtualQueue, name(VIRTUAL_QUEUES[queue])),
        (3, _) => (Kind::Group, name("team")),
        (4, _) => (Kind::Skill, name(SKILLS[usize::from(rest[2] % 3)])),
        (5, _) if rest[2] < 48 => (Kind::Statistic, name("watched")),
        (5, _) if rest[2] < 96 => (Kind::View, name("first")),
        (5, _) => (Kind::Medium, name(medium(rest[2]).name())),
        _ => {
            move_to = (rest[2] < 224).then(|| name(QUEUES[1 - queue]));
            (Kind::Queue, name(QUEUES[queue]))
        }
    };
    Input::Config(config::Input::Delete {
        kind,
        name: object,
        expected: expected(rest[3]),
        move_to,
    })
}

fn expected(byte: u8) -> Expected {
    match byte {
        0..=180 => Expected::Any,
        181..=200 => Expected::Absent,
        _ => Expected::Version(u64::from(byte % 4)),
    }
}

fn put_queue(index: u8, byte: u8) -> Input {
    Input::Config(config::Input::PutQueue {
        name: name(QUEUES[usize::from(index % 2)]),
        body: QueueBody {
            open_max: 8 - u32::from(byte % 3),
            wrap_up: after_contact(byte).into_iter().collect(),
            dispositions: byte.is_multiple_of(5).then(|| Dispositions {
                list: name(if byte.is_multiple_of(3) {
                    "results"
                } else {
                    "nothing"
                }),
                mandatory: byte.is_multiple_of(2),
            }),
        },
        expected: expected(byte),
    })
}

/// What comes after a contact of one medium; sometimes timed without a time.
fn after_contact(byte: u8) -> Option<(Medium, AfterContact)> {
    let wrap_up = match byte % 7 {
        0 | 1 => return None,
        2 => WrapUp::None,
        3 | 4 => WrapUp::Manual,
        _ => WrapUp::Timed,
    };
    let timed = byte % 7 > 4 && byte < 250;
    let after = AfterContact {
        wrap_up,
        wrap_up_for: timed.then(|| Millis::seconds(u64::from(byte % 4) + 1)),
    };
    Some((medium(byte), after))
}

fn put_virtual_queue(index: u8, byte: u8) -> Input {
    Input::Config(config::Input::PutVirtualQueue {
        name: name(VIRTUAL_QUEUES[usize::from(index % 2)]),
        body: VirtualQueueBody {
            waiting_max: 12 - u32::from(byte % 4),
            short_abandon: Millis(u64::from(byte) * 20),
            serves: (byte % 5 == 1).then(|| "A>=1".parse().expect("an expression")),
            group: (byte % 3 == 1).then(|| name("crowd")),
        },
        expected: expected(byte),
    })
}

fn put_agent(index: u8, bytes: [u8; 3]) -> Input {
    let levels = [bytes[0] % 4, bytes[0] / 4 % 4, bytes[0] / 16 % 4];
    let skills = SKILLS.iter().zip(levels);
    let capacity = if bytes[1] >= 250 {
        // More than anybody may have.
        BTreeMap::from([(Medium::Chat, 101)])
    } else {
        BTreeMap::from([
            (Medium::Voice, bytes[1] % 2),
            (Medium::Chat, bytes[1] / 2 % 4),
        ])
    };
    Input::Config(config::Input::PutAgent {
        name: name(NAMES[usize::from(index)]),
        body: AgentBody {
            skills: skills
                .filter(|(_, level)| *level > 0)
                .map(|(skill, level)| (name(skill), u16::from(level)))
                .collect(),
            capacity: Capacity(capacity),
            texts: [("L", ["", "en", "de"][usize::from(bytes[0] % 3)])]
                .map(|(skill, text)| (name(skill), text.parse().expect("a text")))
                .into(),
            capacity_rule: (bytes[1] % 3 == 1).then(|| name("mix")),
        },
        expected: expected(bytes[2]),
    })
}

/// Short spans and low limits, so that all of them are met.
fn settings(byte: u8) -> Settings {
    let seconds = |byte: u8| Millis::seconds(u64::from(byte));
    Settings {
        offer_ttl: seconds(byte % 5 + 1),
        cool_down: seconds(byte / 4 % 4),
        misses_max: BTreeMap::from([(Medium::Voice, byte % 2 + 1), (Medium::Chat, 2)]),
        // One in 256 is out of range.
        desk_grace: seconds(if byte == 255 { 0 } else { byte / 8 % 4 + 1 }),
        open_max: 12,
        results_kept: Millis::seconds(60),
        credit_max: Millis::seconds(60),
        open_keys: BTreeSet::from([MATTER.to_owned()]),
        notices: byte < 200,
        skills_declared: false,
        timeouts: timeouts(byte),
    }
}

/// Short ones, often enough, so that they run out.
fn timeouts(byte: u8) -> Timeouts {
    let seconds = |byte: u8| Millis::seconds(u64::from(byte));
    Timeouts {
        offer: BTreeMap::from([(Medium::Voice, seconds(byte % 3 + 1))]),
        handling: seconds(byte % 7 + 1),
        handling_of: BTreeMap::from([(Medium::Voice, seconds(byte % 5 + 1))]),
        routing: seconds(byte % 16 + 30),
    }
}

fn make_key(state: &State, rest: [u8; 6]) -> Input {
    let role = Role::ALL[usize::from(rest[1] % 5)];
    let owner = name(NAMES[usize::from(rest[2] % 5)]);
    // One in eight names an agent although its role is none, or the other way round.
    let named = (role == Role::Agent) != (rest[3] >= 224);
    Input::Config(config::Input::MakeKey {
        name: name(&format!("key-{}", state.keys().count() % 4)),
        hash: "00".repeat(32),
        role,
        queues: (rest[4] < 128).then(|| BTreeSet::from([name(QUEUES[usize::from(rest[4] % 2)])])),
        groups: (rest[4] % 16 == 5).then(|| BTreeSet::from([name("team")])),
        agent: named.then_some(owner),
        bounds: None,
    })
}

fn effect(state: &State, rest: [u8; 6]) -> Input {
    let ids: Vec<EffectId> = state.outbox().map(|order| order.id).collect();
    let any = EffectId(u64::from(rest[0]) % (state.counters().effect + 2));
    let effect = pick(&ids, rest[0]).unwrap_or(any);
    let report = match rest[1] {
        0..=119 => return Input::Effect(effect::Input::Start { effect }),
        120..=199 => effect::Report::Done,
        200..=239 => effect::Report::Failed {
            problem: "connection refused".to_owned(),
        },
        _ => effect::Report::Impossible {
            problem: "no such address".to_owned(),
        },
    };
    Input::Effect(effect::Input::Report { effect, report })
}
