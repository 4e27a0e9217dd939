//! Lines about what agents, supervisors and systems do with interactions, and the sentences of
//! what came of it.

use super::read::agent_named;
use super::say::agent_name;
use super::words::{self, Fault, Words};
use ringback_engine::State;
use ringback_model::interaction::{
    Change, Destination, Doer, Edit, Event, Exit, ExitTo, Input as It, Rest, WhyLeft, WhyPlaced,
    Wish, WrapAct,
};
use ringback_model::place::{BinOwner, Role};
use ringback_model::value::{UserData, Value};
use ringback_model::{AgentId, Input, InteractionId, Name, QueueId, Tier, agent, offer};

/// Whoever acts, by the first word of a line.
pub(crate) fn doer(state: &State, word: &str) -> Option<Doer> {
    match word {
        "supervisor" => Some(Doer::Supervisor),
        "system" => Some(Doer::System),
        name => agent_named(state, name).ok().map(Doer::Agent),
    }
}

/// What somebody does, by the second word; nothing if it is not one of these.
pub(crate) fn read(
    state: &State,
    by: Doer,
    verb: &str,
    words: &mut Words<'_>,
) -> Result<Option<Input>, Fault> {
    let input = match (verb, by) {
        ("places", _) => places(state, by, words)?,
        ("changes", _) => {
            let interaction = interaction(words)?;
            let change = Box::new(change(state, words)?);
            let expected = version(words)?;
            It::Change {
                interaction,
                by,
                change,
                expected,
            }
        }
        ("locks", _) => It::Lock {
            interaction: interaction(words)?,
            by,
        },
        ("unlocks", _) => It::Unlock {
            interaction: interaction(words)?,
            by,
        },
        (verb, Doer::Agent(agent)) => return as_agent(state, agent, verb, words),
        _ => return Ok(None),
    };
    Ok(Some(Input::Interaction(input)))
}

fn as_agent(
    state: &State,
    agent: AgentId,
    verb: &str,
    words: &mut Words<'_>,
) -> Result<Option<Input>, Fault> {
    let input = match verb {
        "begins" => {
            let new = Box::new(super::read::submission(words)?);
            It::Begin { agent, new }
        }
        "pulls" => {
            let interaction = interaction(words)?;
            let review = words.take("to");
            if review {
                words.must("review")?;
            }
            It::Pull {
                interaction,
                agent,
                review,
            }
        }
        "asks" => asks(state, agent, words)?,
        "listens" => {
            words.must("to")?;
            join(agent, false, words)?
        }
        "coaches" => join(agent, true, words)?,
        "leaves" => It::Leave {
            interaction: interaction(words)?,
            agent,
        },
        "holds" => It::Hold {
            interaction: interaction(words)?,
            agent,
        },
        "resumes" => It::Resume {
            interaction: interaction(words)?,
            agent,
        },
        "finishes" | "extends" | "marks" => wraps(agent, verb, words)?,
        "subscribes" | "unsubscribes" => {
            return subscribes(agent, verb, words).map(Input::Agent).map(Some);
        }
        "withdraws" => {
            let offer = words.value("an offer such as o1")?;
            return Ok(Some(Input::Offer(offer::Input::Withdraw { offer, agent })));
        }
        _ => return Ok(None),
    };
    Ok(Some(Input::Interaction(input)))
}

/// `subscribes to workbin mail [of group team]`, `unsubscribes from ..`
fn subscribes(agent: AgentId, verb: &str, words: &mut Words<'_>) -> Result<agent::Input, Fault> {
    let ends = verb == "unsubscribes";
    words.must(if ends { "from" } else { "to" })?;
    words.must("workbin")?;
    let workbin = words.name("the name of a workbin")?;
    let group = if words.take("of") {
        words.must("group")?;
        Some(words.name("the name of a group")?)
    } else {
        None
    };
    Ok(if ends {
        agent::Input::Unsubscribe {
            agent,
            group,
            workbin,
        }
    } else {
        agent::Input::Subscribe {
            agent,
            group,
            workbin,
        }
    })
}

/// `finishes i1 [as sale]`, `extends i1 by 30s`, `marks i1 as sale`
fn wraps(agent: AgentId, verb: &str, words: &mut Words<'_>) -> Result<It, Fault> {
    let interaction = interaction(words)?;
    let act = match verb {
        "finishes" => {
            let said = words.take("as");
            let disposition = said.then(|| words.name("what came of it")).transpose()?;
            WrapAct::Finish { disposition }
        }
        "extends" => {
            words.must("by")?;
            WrapAct::Extend { by: words.span()? }
        }
        _ => {
            words.must("as")?;
            let disposition = words.name("what came of it")?;
            WrapAct::Dispose { disposition }
        }
    };
    Ok(It::Wrap {
        interaction,
        agent,
        act,
    })
}

fn interaction(words: &mut Words<'_>) -> Result<InteractionId, Fault> {
    words.value("an interaction such as i1")
}

fn join(agent: AgentId, coach: bool, words: &mut Words<'_>) -> Result<It, Fault> {
    Ok(It::Join {
        interaction: interaction(words)?,
        agent,
        coach,
    })
}

/// `anna asks ben to take i1`, `to advise on i1`, `to join i1`
fn asks(state: &State, agent: AgentId, words: &mut Words<'_>) -> Result<It, Fault> {
    let to = agent_named(state, words.word("the name of an agent")?)?;
    words.must("to")?;
    let wish = match words.word("`take`, `advise on` or `join`")? {
        "take" => Wish::Transfer,
        "join" => Wish::Conference,
        _ => {
            words.must("on")?;
            Wish::Consult
        }
    };
    Ok(It::Invite {
        interaction: interaction(words)?,
        agent,
        to,
        wish,
    })
}

/// `places i1 in queue orders [setting ..] [because later] [expecting version 3] [by force]
/// [wants team.GA in support]`
fn places(state: &State, by: Doer, words: &mut Words<'_>) -> Result<It, Fault> {
    let interaction = interaction(words)?;
    let to = destination(state, by, words)?;
    let mut change = None;
    let (mut reason, mut expected, mut force, mut route) = (None, None, false, None);
    while let Some(word) = words.peek() {
        match word {
            "setting" => {
                words.must("setting")?;
                change = Some(Box::new(self::change(state, words)?));
            }
            "because" => {
                words.must("because")?;
                reason = Some(words.name("the reason")?);
            }
            "expecting" => expected = version(words)?,
            "wants" | "targets" => route = Some(Box::new(super::read::ask_of(words)?)),
            _ => {
                words.must("by")?;
                words.must("force")?;
                force = true;
            }
        }
    }
    Ok(It::Place {
        interaction,
        by,
        to,
        change,
        expected,
        reason,
        force,
        route,
    })
}

/// `in queue orders`, `in its queue`, `in workbin drafts [of ben|of the author|of group team]`,
/// `back`, `through send`
fn destination(state: &State, by: Doer, words: &mut Words<'_>) -> Result<Destination, Fault> {
    let expected = "`in queue ..`, `in workbin ..`, `back` or `through ..`";
    match words.word(expected)? {
        "back" => Ok(Destination::Back),
        "through" => Ok(Destination::Exit(words.name("the name of a way out")?)),
        _ if words.take("queue") => Ok(Destination::Queue(words.name("a queue")?)),
        _ if words.take("its") => {
            words.must("queue")?;
            Ok(Destination::Own)
        }
        _ => {
            words.must("workbin")?;
            let workbin = words.name("the name of a workbin")?;
            if !words.take("of") {
                let Doer::Agent(agent) = by else {
                    return Err(Fault::new("a workbin of nobody", "`of` and an agent"));
                };
                let owner = BinOwner::Agent(agent);
                return Ok(Destination::Workbin { owner, workbin });
            }
            if words.take("the") {
                words.must("author")?;
                return Ok(Destination::Author { workbin });
            }
            if words.take("group") {
                let group = words.name("the name of a group")?;
                return Ok(Destination::GroupWorkbin { group, workbin });
            }
            let owner = agent_named(state, words.word("the name of an agent")?)?;
            let owner = BinOwner::Agent(owner);
            Ok(Destination::Workbin { owner, workbin })
        }
    }
}

fn version(words: &mut Words<'_>) -> Result<Option<u64>, Fault> {
    if !words.take("expecting") {
        return Ok(None);
    }
    words.must("version")?;
    Ok(Some(words.value("a version such as 2")?))
}

/// `kind=loan subkind=none priority=5 online=yes external-id=A1 reviewer=ben exit=send:orders
/// data=matter:loan`
fn change(state: &State, words: &mut Words<'_>) -> Result<Change, Fault> {
    let mut change = Change::default();
    while let Some((key, value)) = words.peek().and_then(|word| word.split_once('=')) {
        let text = || (value != "none").then(|| value.to_owned());
        match key {
            "kind" => change.kind = Some(words::read(value, "what it is about")?),
            "subkind" => {
                change.subkind = Some(match text() {
                    None => Edit::Clear,
                    Some(text) => Edit::Set(words::read(&text, "what it is about")?),
                });
            }
            "priority" => change.tier = Some(Tier(words::read(value, "a priority")?)),
            "online" => change.online = Some(value == "yes"),
            "external-id" => change.external_id = Some(text().map_or(Edit::Clear, Edit::Set)),
            "reviewer" => {
                change.reviewer = Some(match text() {
                    None => Edit::Clear,
                    Some(name) => Edit::Set(agent_named(state, &name)?),
                });
            }
            "exit" => change.out_queues = Some(vec![exit(value)?]),
            "data" => change.user_data = Some(data(value)?),
            other => {
                let expected = "kind, subkind, priority, online, external-id, reviewer, exit, data";
                return Err(Fault::new(format!("there is no `{other}`"), expected));
            }
        }
        words.word("a change")?;
    }
    Ok(change)
}

/// `send:orders`, `done:__STOP__`
pub(crate) fn exit(text: &str) -> Result<Exit, Fault> {
    let expected = "a way out and where it leads, such as done:__STOP__";
    let (name, to) = text
        .split_once(':')
        .ok_or_else(|| Fault::new(format!("`{text}` is no way out"), expected))?;
    Ok(Exit {
        name: words::read(name, expected)?,
        to: match to {
            "__STOP__" => ExitTo::Stop,
            queue => ExitTo::Queue(words::read(queue, expected)?),
        },
    })
}

/// `matter:loan`, `handling_timeout:60`
pub(crate) fn data(text: &str) -> Result<UserData, Fault> {
    let expected = "a key and a value, such as matter:loan";
    let (key, value) = text
        .split_once(':')
        .ok_or_else(|| Fault::new(format!("`{text}` is no user data"), expected))?;
    let value = value
        .parse()
        .map_or_else(|_| Value::Text(value.to_owned()), Value::Int);
    let mut data = UserData::default();
    data.open.insert(key.to_owned(), value);
    Ok(data)
}

// -- sentences ----------------------------------------------------------------------------------

pub(crate) fn doer_name(state: &State, by: Doer) -> String {
    match by {
        Doer::Agent(agent) => agent_name(state, agent),
        Doer::Supervisor => "a supervisor".to_owned(),
        Doer::System => "a system".to_owned(),
    }
}

fn queue_name(state: &State, id: QueueId) -> String {
    let name = state.queue(id).map(|it| it.name.to_string());
    name.unwrap_or_else(|| id.to_string())
}

pub(crate) fn rest(state: &State, rest: &Rest) -> String {
    match rest {
        Rest::Queue(queue) => queue_name(state, *queue),
        Rest::Workbin { owner, workbin } => bin(state, *owner, workbin),
    }
}

/// A workbin and whose it is.
pub(crate) fn bin(state: &State, owner: BinOwner, workbin: &Name) -> String {
    let owner = match owner {
        BinOwner::Agent(agent) => agent_name(state, agent),
        BinOwner::Group(group) => format!("group {}", super::say::object_name(state, group)),
    };
    format!("workbin {workbin} of {owner}")
}

/// The sentence of an event of handling.
pub(crate) fn event(state: &State, event: &Event) -> String {
    let name = |agent: &AgentId| agent_name(state, *agent);
    match event {
        Event::Submitted(_) | Event::Moved { .. } | Event::Stopped { .. } => String::new(),
        Event::Placed {
            of,
            to,
            by,
            why,
            sequence,
            ..
        } => {
            let order = match sequence {
                Some(sequence) => format!(", order {sequence}"),
                None => ", in its old order".to_owned(),
            };
            let rests = rest(state, to);
            let by = doer_name(state, *by);
            let why = match why {
                WhyPlaced::Asked { reason: None } => format!("placed by {by}"),
                WhyPlaced::Asked {
                    reason: Some(reason),
                } => format!("placed by {by}, {reason}"),
                WhyPlaced::OwnerLeft => format!("{by} left it"),
                WhyPlaced::HandlingTimedOut => format!("the desk of {by} was silent too long"),
            };
            format!("{} rests in {rests}{order} ({why})", of.interaction)
        }
        Event::Pulled {
            of,
            from,
            agent,
            review,
            ..
        } => {
            let review = if *review { " to review it" } else { "" };
            let (who, from) = (name(agent), rest(state, from));
            format!("{who} pulled {} from {from}{review}", of.interaction)
        }
        Event::Changed { of, change, by } => {
            let (by, what) = (doer_name(state, *by), changes(change).join(", "));
            format!("{by} changed {what} of {}", of.interaction)
        }
        Event::Joined {
            of, agent, role, ..
        } => {
            format!("{} is {} of {}", name(agent), role.name(), of.interaction)
        }
        Event::Left {
            of,
            agent,
            role,
            why,
            ..
        } => {
            let role = match role {
                Role::Owner => "owns".to_owned(),
                role => format!("is {} of", role.name()),
            };
            let (who, it, why) = (name(agent), of.interaction, left(*why));
            format!("{who} {role} {it} no more: {why}")
        }
        Event::Held { of, agent, .. } => format!("{} holds {}", name(agent), of.interaction),
        Event::Resumed { of, agent, .. } => {
            format!("{} goes on with {}", name(agent), of.interaction)
        }
        Event::WrapBegun { of, agent, wrap } => {
            let until = wrap.until.map(|at| format!(" until {at}"));
            let until = until.unwrap_or_default();
            let said = wrap.disposition.as_ref().map(|it| format!(", {it}"));
            let said = said.unwrap_or_default();
            format!("{} wraps up {}{until}{said}", name(agent), of.interaction)
        }
        Event::WrapChanged {
            of,
            agent,
            until,
            disposition,
        } => {
            let until = until.map(|at| format!(" until {at}"));
            let until = until.unwrap_or_default();
            let said = disposition.as_ref().map(|it| format!(", {it}"));
            let said = said.unwrap_or_default();
            let (who, it) = (name(agent), of.interaction);
            format!("{who} goes on wrapping up {it}{until}{said}")
        }
        Event::Locked { of, by, .. } => {
            format!("{} locked {}", doer_name(state, *by), of.interaction)
        }
        Event::Unlocked { of, held_by, by } => {
            let (by, whose) = (doer_name(state, *by), doer_name(state, *held_by));
            if by == whose {
                format!("{by} unlocked {}", of.interaction)
            } else {
                format!("{by} broke the lock of {whose} on {}", of.interaction)
            }
        }
        Event::Handed {
            of,
            view,
            segment,
            pulls,
            ..
        } => {
            let (it, view) = (of.interaction, super::say::object_name(state, *view));
            let segment = segment.iter().map(|it| format!(", segment {it}"));
            let again = (*pulls > 1).then(|| format!(", time {pulls}"));
            let more: String = segment.chain(again).collect();
            format!("view {view} hands over {it}{more}")
        }
    }
}

const fn left(why: WhyLeft) -> &'static str {
    match why {
        WhyLeft::Chosen => "left",
        WhyLeft::Transferred => "handed over",
        WhyLeft::Placed => "placed it",
        WhyLeft::TakenOut => "taken out",
        WhyLeft::TimedOut => "desk silent",
        WhyLeft::OwnerLeft => "the owner is gone",
        WhyLeft::Stopped => "it is over",
        WhyLeft::LoggedOut => "logged out",
    }
}

fn changes(change: &Change) -> Vec<&'static str> {
    let named = [
        ("kind", change.kind.is_some()),
        ("subkind", change.subkind.is_some()),
        ("priority", change.tier.is_some()),
        ("external id", change.external_id.is_some()),
        ("subject", change.subject.is_some()),
        ("comment", change.comment.is_some()),
        ("ways in", change.in_queues.is_some()),
        ("ways out", change.out_queues.is_some()),
        ("online", change.online.is_some()),
        ("received", change.received.is_some()),
        ("reviewer", change.reviewer.is_some()),
        ("user data", change.user_data.is_some()),
    ];
    let changed = named.into_iter().filter(|(_, changed)| *changed);
    changed.map(|(name, _)| name).collect()
}

/// What rests in a workbin.
pub(crate) fn workbin(state: &State, owner: BinOwner, name: &Name) -> String {
    let ids = state.workbin(owner, name);
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    if ids.is_empty() {
        "nothing is in it".to_owned()
    } else {
        ids.join(", ")
    }
}

/// What somebody can do.
pub(crate) fn can(state: &State, who: Doer, id: InteractionId) -> String {
    let can = ringback_engine::capabilities(state, who, id);
    let names = can.names();
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}
