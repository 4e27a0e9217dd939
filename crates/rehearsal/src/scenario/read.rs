//! The parser: one line is one command. Names of agents are looked up in the state, as are
//! their desks.

use super::words::{self, Fault, Words};
use super::{Shown, ask, configure, handling, logins};
use ringback_engine::State;
use ringback_model::agent::Manner;
use ringback_model::interaction::{StopCause, Submission};
use ringback_model::route::{Ask, Change, LastAgent, Select, Selection};
use ringback_model::target::{Escalation, EscalationStep, Expression, Step, Target, Targets};
use ringback_model::{
    AgentId, ContactId, DeskSessionId, EffectId, EngineTime, Input, InteractionId, KeyId, Medium,
    Millis, Name, OfferId, Rare, Tier, agent, contact, effect, interaction, offer, route,
};

/// What a line asks for; nothing for an empty line or a comment.
pub(crate) struct Line(pub(crate) Option<Command>);

pub(crate) enum Command {
    /// Nothing; time has passed.
    Tick,
    Tell(Input),
    /// Told under a key, which is answered once.
    Once(u128, Input),
    Restart(Millis),
    WallJumps(i64),
    Show(fn(Shown) -> Shown),
    Ask(ask::Question),
}

/// The time a line begins with.
pub(crate) fn time_of(line: &str) -> Result<Option<EngineTime>, Fault> {
    let Some(word) = line.split_whitespace().next() else {
        return Ok(None);
    };
    let at = words::time(word);
    if at.is_none() && word.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Fault::new(
            format!("`{word}` is no time"),
            "a time such as 500ms, 30s, 5m or 1h",
        ));
    }
    Ok(at)
}

/// Reads a line; its time was read before.
pub(crate) fn line(state: &State, line: &str) -> Result<Line, Fault> {
    let mut words = Words::of(line);
    if words.peek().is_none_or(|word| word.starts_with('#')) {
        return Ok(Line(None));
    }
    if words.peek().is_some_and(|word| words::time(word).is_some()) {
        words.word("a time")?;
    }
    let command = command(state, &mut words)?;
    words.end()?;
    Ok(Line(Some(command)))
}

/// What a line may begin with, for whoever mistyped it.
const FIRST_WORDS: &str = "a command (queue, virtual queue, agent, settings, make key, revoke key, \
    put, delete, submit, request, change, cancel, complete, stop, desk, restart, clock, erase, tick, show, with key, \
    why, position, line, where, how, books, answer, kept, statistic, balance, quarters, groups, members, workbin, look, view, can, supervisor, system, person, session, log-ins), an interaction, an effect, or the name of \
    an agent made before";

fn command(state: &State, words: &mut Words<'_>) -> Result<Command, Fault> {
    let first = words.word(FIRST_WORDS)?;
    let input = match first {
        "tick" => return Ok(Command::Tick),
        "with" => return once(state, words),
        "restart" => {
            words.must("after")?;
            return Ok(Command::Restart(words.span()?));
        }
        "clock" => {
            words.must("jumps")?;
            return jump(words);
        }
        "show" => return show(words),
        "why" | "position" | "line" | "where" | "how" | "books" | "answer" | "kept" | "groups"
        | "members" | "workbin" | "look" | "can" | "statistic" | "balance" | "quarters" => {
            return ask::read(state, first, words).map(Command::Ask);
        }
        "queue" | "virtual" | "agent" | "settings" | "make" | "revoke" | "put" | "view"
        | "delete" => configure::read(state, first, words)?,
        "person" | "session" | "log-ins" => logins::read(state, first, words)?,
        "submit" => submit(words)?,
        "request" => request(words)?,
        "change" => change(words)?,
        "cancel" => Input::Route(route::Input::Cancel {
            request: words.value("a route request such as r1")?,
        }),
        "complete" => complete(state, words)?,
        "stop" => stop(words)?,
        "desk" => desk(state, words)?,
        "erase" => erase(words)?,
        other => someone(state, other, words)?,
    };
    Ok(Command::Tell(input))
}

/// `with key order-1 submit ...`
fn once(state: &State, words: &mut Words<'_>) -> Result<Command, Fault> {
    words.must("key")?;
    let id = key(words)?;
    match command(state, words)? {
        Command::Tell(input) => Ok(Command::Once(id, input)),
        _ => Err(Fault::new(
            "this cannot be repeated under a key",
            "a command that changes something",
        )),
    }
}

/// The input id a key stands for: its bytes.
pub(crate) fn key(words: &mut Words<'_>) -> Result<u128, Fault> {
    let expected = "a key of at most 16 bytes";
    let word = words.word(expected)?;
    if word.len() > 16 {
        return Err(Fault::new(format!("`{word}` is too long"), expected));
    }
    Ok(word
        .bytes()
        .fold(0, |id, byte| (id << 8) | u128::from(byte)))
}

/// `clock jumps ahead 1h`, `clock jumps back 1h`
fn jump(words: &mut Words<'_>) -> Result<Command, Fault> {
    let back = words.take("back");
    if !back {
        words.must("ahead")?;
    }
    let by = i64::try_from(words.span()?.0).unwrap_or(i64::MAX);
    Ok(Command::WallJumps(if back { -by } else { by }))
}

fn show(words: &mut Words<'_>) -> Result<Command, Fault> {
    let show: fn(Shown) -> Shown = match words.word("`segments` or `intervals`")? {
        "segments" => |shown| Shown {
            segments: true,
            ..shown
        },
        "intervals" => |shown| Shown {
            intervals: true,
            ..shown
        },
        other => {
            return Err(Fault::new(
                format!("`{other}` cannot be shown"),
                "`segments` or `intervals`",
            ));
        }
    };
    Ok(Command::Show(show))
}

/// Words that end a skill expression.
const AFTER_EXPRESSION: &[&str] = &[
    "in",
    "then",
    "after",
    "priority",
    "credit",
    "choosing",
    "excluding",
    "first",
];

/// `submit chat to inbox [about billing] [from i1] [of c1] [wants .. in ..] [priority 5] [credit 1m]`
fn submit(words: &mut Words<'_>) -> Result<Input, Fault> {
    let new = Box::new(submission(words)?);
    Ok(Input::Interaction(interaction::Input::Submit(new)))
}

/// What a new interaction is made of: `chat to inbox ..`
pub(crate) fn submission(words: &mut Words<'_>) -> Result<Submission, Fault> {
    let medium = words.value::<Medium>("a medium such as chat")?;
    words.must("to")?;
    let mut new = Submission {
        queue: words.name("the name of an interaction queue")?,
        medium,
        kind: "inbound".parse().expect("a name"),
        subkind: None,
        tier: Tier::default(),
        contact: None,
        parent: None,
        user_data: ringback_model::value::UserData::default(),
        route: None,
        said: Rare::none(),
    };
    while let Some(word) = words.peek() {
        match word {
            "about" => {
                words.must("about")?;
                new.kind = words.name("what it is about")?;
            }
            "from" => {
                words.must("from")?;
                new.parent = Some(words.value("an interaction such as i1")?);
            }
            "of" => {
                words.must("of")?;
                new.contact = Some(words.value("a contact such as c1")?);
            }
            "priority" => {
                words.must("priority")?;
                new.tier = Tier(words.value("a priority from -32768 to 32767")?);
            }
            "online" => {
                words.must("online")?;
                new.said.change(|said| said.online = true);
            }
            "known" => {
                words.must("known")?;
                words.must("as")?;
                let id = words.word("an id elsewhere")?.to_owned();
                new.said.change(|said| said.external_id = Some(id));
            }
            "exit" => {
                words.must("exit")?;
                let exit = handling::exit(words.word("a way out")?)?;
                new.said.change(|said| said.out_queues.push(exit));
            }
            "data" => {
                words.must("data")?;
                new.user_data = handling::data(words.word("user data")?)?;
            }
            _ if new.route.as_ref().is_some_and(|_| CHOOSES.contains(&word)) => {
                if let Some(ask) = &mut new.route {
                    let mut selection = ask.selection.get().cloned().unwrap_or_default();
                    choose(words, &mut selection)?;
                    ask.selection = Rare::of(selection);
                }
            }
            "credit" if new.route.is_some() => {
                words.must("credit")?;
                let credit = words.span()?;
                if let Some(ask) = &mut new.route {
                    ask.credit = credit;
                }
            }
            _ => new.route = Some(ask_of(words)?),
        }
    }
    Ok(new)
}

/// `request for i1 wants .. in .. [priority 5] [credit 1m]`
fn request(words: &mut Words<'_>) -> Result<Input, Fault> {
    words.must("for")?;
    let interaction = words.value("an interaction such as i1")?;
    let mut ask = ask_of(words)?;
    while !words.is_over() {
        if words.take("priority") {
            ask.tier = Some(Tier(words.value("a priority from -32768 to 32767")?));
        } else if words.take("credit") {
            ask.credit = words.span()?;
        } else {
            let mut selection = ask.selection.get().cloned().unwrap_or_default();
            choose(words, &mut selection)?;
            ask.selection = Rare::of(selection);
        }
    }
    let ask = Box::new(ask);
    Ok(Input::Route(route::Input::Request { interaction, ask }))
}

/// Words that say who is chosen.
const CHOOSES: &[&str] = &[
    "choosing",
    "excluding",
    "first",
    "not-author",
    "not-reviewer",
];

/// `choosing fewest-busy`, `excluding anna, ben`, `first anna for 20s`
fn choose(words: &mut Words<'_>, selection: &mut Selection) -> Result<(), Fault> {
    let ways = "longest-idle, fewest-busy, least-occupied, best-fit, random or percentage";
    match words.word("`priority`, `credit`, `choosing`, `excluding` or `first`")? {
        "choosing" => {
            let word = words.word(ways)?;
            let named = |it: &Select| it.name().replace('_', "-") == word;
            let found = Select::ALL.into_iter().find(named);
            selection.select =
                found.ok_or_else(|| Fault::new(format!("`{word}` is no way to choose"), ways))?;
        }
        "excluding" => {
            let stops = [
                "priority", "credit", "choosing", "first", "wants", "targets",
            ];
            let names = words.until(&stops);
            let names = names.split(", ").filter(|name| *name != "nobody");
            let names = names.map(|name| words::read(name, "the name of an agent"));
            selection.exclude = names.collect::<Result<_, _>>()?;
        }
        "not-author" => selection.not_author = true,
        "not-reviewer" => selection.not_reviewer = true,
        "first" => {
            let agent = words.name("the name of an agent")?;
            words.must("for")?;
            let wait = words.span()?;
            selection.last_agent = Some(LastAgent { agent, wait });
        }
        other => {
            let expected = "`priority`, `credit`, `choosing`, `excluding` or `first`";
            return Err(Fault::new(format!("found `{other}`"), expected));
        }
    }
    Ok(())
}

/// `change r1 [wants ..] [priority 5] [credit 1m] [choosing ..] [excluding ..] [first ..]`
fn change(words: &mut Words<'_>) -> Result<Input, Fault> {
    let request = words.value("a route request such as r1")?;
    let mut change = Change::default();
    while let Some(word) = words.peek() {
        match word {
            "wants" => change.target = Some(target(words)?),
            "targets" => (change.target, change.targets) = documented(words).map(some_target)?,
            "priority" => {
                words.must("priority")?;
                change.tier = Some(Tier(words.value("a priority from -32768 to 32767")?));
            }
            "credit" => {
                words.must("credit")?;
                change.credit = Some(words.span()?);
            }
            _ => choose(words, change.selection.get_or_insert_default())?,
        }
    }
    let change = Box::new(change);
    Ok(Input::Route(route::Input::Change { request, change }))
}

/// `wants A>=2 & B>=1 then A>=1 after 20s in support`; `wants anyone in support`
pub(crate) fn ask_of(words: &mut Words<'_>) -> Result<Ask, Fault> {
    let (target, targets) = if words.peek() == Some("targets") {
        documented(words)?
    } else {
        (target(words)?, None)
    };
    words.must("in")?;
    Ok(Ask {
        virtual_queue: words.name("the name of a virtual queue")?,
        target,
        tier: None,
        credit: Millis::ZERO,
        selection: Rare::none(),
        targets: targets.map(Box::new),
    })
}

fn some_target(it: (Target, Option<Escalation>)) -> (Option<Target>, Option<Escalation>) {
    (Some(it.0), it.1)
}

/// `targets {StatAgentsReady>2}sales.GA, anna.A [if RStatAgentsReady>0] for 20s then [only] ..`
fn documented(words: &mut Words<'_>) -> Result<(Target, Option<Escalation>), Fault> {
    words.must("targets")?;
    let mut steps = vec![step(words, false)?];
    while words.take("then") {
        let clear = words.take("only");
        steps.push(step(words, clear)?);
    }
    let fault = |problem: String| Fault::new(problem, "documented targets");
    let targets = Escalation::new(steps).map_err(|error| fault(error.to_string()))?;
    if let Some(plain) = targets.plain() {
        return Ok((plain, None));
    }
    let measurable = targets.measurable();
    measurable.map_err(|error| fault(error.to_string()))?;
    Ok((Target::fixed(Expression::Any(Vec::new())), Some(targets)))
}

fn step(words: &mut Words<'_>, clear: bool) -> Result<EscalationStep, Fault> {
    let text = words.until(&[
        "in",
        "if",
        "for",
        "then",
        "priority",
        "choosing",
        "excluding",
    ]);
    let targets = words::read(&text, "targets such as `sales.GA, anna.A`")?;
    let mut check = None;
    if words.take("if") {
        let text = words.word("a check such as `RStatAgentsReady>0`")?;
        // A check is written like a threshold: read one of some target.
        let read = Targets::read(&format!("{{{text}}}x.GA"));
        let queues = || Targets::read(&format!("{{{text}}}x.Q"));
        let read = read.or_else(|_| queues());
        let (read, _) = read.map_err(|error| Fault::new(error.to_string(), "a check"))?;
        check = read.items()[0].threshold;
    }
    let timeout = if words.take("for") {
        words.span()?
    } else {
        Millis::ZERO
    };
    Ok(EscalationStep {
        targets,
        timeout,
        clear,
        check,
    })
}

/// `wants A>=2 & B>=1 then A>=1 after 20s`
pub(crate) fn target(words: &mut Words<'_>) -> Result<Target, Fault> {
    words.must("wants")?;
    let mut steps = vec![Step {
        expression: expression(words)?,
        after: Millis::ZERO,
    }];
    while words.take("then") {
        let expression = expression(words)?;
        words.must("after")?;
        steps.push(Step {
            expression,
            after: words.span()?,
        });
    }
    Target::new(steps).map_err(|error| Fault::new(error.to_string(), "steps whose times grow"))
}

fn expression(words: &mut Words<'_>) -> Result<Expression, Fault> {
    let text = words.until(AFTER_EXPRESSION);
    match text.as_str() {
        "anyone" => Ok(Expression::anyone()),
        text => words::read(text, "a skill expression such as `English>=2 & Loans>=1`"),
    }
}

/// `complete i1 by anna: done, sold`
fn complete(state: &State, words: &mut Words<'_>) -> Result<Input, Fault> {
    let interaction = words.value("an interaction such as i1")?;
    words.must("by")?;
    let expected = "the name of an agent and a colon, then the reason";
    let word = words.word(expected)?;
    let name = word
        .strip_suffix(':')
        .ok_or_else(|| Fault::new(format!("found `{word}`"), expected))?;
    let reason = words.word("the reason")?;
    let (reason, disposition) = match reason.strip_suffix(',') {
        Some(reason) => (reason, Some(words.name("the disposition")?)),
        None => (reason, None),
    };
    Ok(Input::Interaction(interaction::Input::Complete {
        interaction,
        agent: agent_named(state, name)?,
        reason: words::read(reason, "the reason")?,
        disposition,
    }))
}

/// `stop i1 because duplicate`
fn stop(words: &mut Words<'_>) -> Result<Input, Fault> {
    let interaction = words.value("an interaction such as i1")?;
    words.must("because")?;
    let reason = words.name("the reason")?;
    let cause = StopCause::Cancelled { reason };
    Ok(Input::Interaction(interaction::Input::Stop {
        interaction,
        cause,
    }))
}

/// `desk of anna lost`, `desk d1 of anna back`
fn desk(state: &State, words: &mut Words<'_>) -> Result<Input, Fault> {
    let told = words.maybe::<DeskSessionId>();
    words.must("of")?;
    let agent = agent_named(state, words.word("the name of an agent")?)?;
    let current = state.at_work(agent).and_then(|at_work| at_work.desk);
    let session = told
        .or(current.map(|desk| desk.session))
        .unwrap_or(DeskSessionId(0));
    let input = if words.take("lost") {
        agent::Input::DeskLost { agent, session }
    } else {
        words.must("back")?;
        agent::Input::DeskBack { agent, session }
    };
    Ok(Input::Agent(input))
}

/// `erase c1`, `erase k1 k2`
fn erase(words: &mut Words<'_>) -> Result<Input, Fault> {
    let contact = words.maybe::<ContactId>();
    let mut keys = Vec::new();
    while !words.is_over() {
        keys.push(words.value::<KeyId>("a key such as k1")?);
    }
    Ok(Input::Contact(contact::Input::Erased { contact, keys }))
}

/// A line that begins with whoever acts: an interaction, an effect or an agent.
fn someone(state: &State, who: &str, words: &mut Words<'_>) -> Result<Input, Fault> {
    if let Ok(interaction) = who.parse::<InteractionId>() {
        words.must("abandoned")?;
        let cause = StopCause::Abandoned;
        return Ok(Input::Interaction(interaction::Input::Stop {
            interaction,
            cause,
        }));
    }
    if let Ok(effect) = who.parse::<EffectId>() {
        return effect_verb(effect, words).map(Input::Effect);
    }
    if let Some(by) = handling::doer(state, who)
        && let Some(verb) = words.peek()
    {
        let mut rest = words.clone();
        rest.word("a verb")?;
        if let Some(input) = handling::read(state, by, verb, &mut rest)? {
            *words = rest;
            return Ok(input);
        }
    }
    let Ok(agent) = agent_named(state, who) else {
        return Err(Fault::new(
            format!("`{who}` is not understood"),
            FIRST_WORDS,
        ));
    };
    agent_verb(agent, words)
}

/// `e1 starts`, `e1 done`, `e1 failed: no route`, `e1 impossible: no such address`
fn effect_verb(effect: EffectId, words: &mut Words<'_>) -> Result<effect::Input, Fault> {
    let expected = "`starts`, `done`, `failed: ...` or `impossible: ...`";
    let report = match words.word(expected)? {
        "starts" => return Ok(effect::Input::Start { effect }),
        "done" => effect::Report::Done,
        "failed:" => effect::Report::Failed {
            problem: words.until(&[]),
        },
        "impossible:" => effect::Report::Impossible {
            problem: words.until(&[]),
        },
        other => return Err(Fault::new(format!("found `{other}`"), expected)),
    };
    Ok(effect::Input::Report { effect, report })
}

fn agent_verb(agent: AgentId, words: &mut Words<'_>) -> Result<Input, Fault> {
    let expected = "`logs in`, `logs out`, `ready`, `not ready`, `accepts`, `rejects`, `begins`, \
        `pulls`, `places`, `changes`, `asks`, `withdraws`, `listens`, `coaches`, `leaves`, \
        `holds`, `resumes`, `locks` or `unlocks`";
    let input = match words.word(expected)? {
        "logs" if words.take("out") => agent::Input::LogOut { agent },
        "logs" => {
            words.must("in")?;
            let media = media(words)?;
            agent::Input::LogIn { agent, media }
        }
        "ready" => {
            let media = media(words)?;
            agent::Input::Ready { agent, media }
        }
        "not" => {
            words.must("ready")?;
            let media = media(words)?;
            words.must("because")?;
            let reason = words.name("the reason")?;
            let manner = manner(words)?;
            agent::Input::NotReady {
                agent,
                media,
                reason,
                manner,
            }
        }
        "accepts" => {
            let offer = offer_id(words)?;
            return Ok(Input::Offer(offer::Input::Accept { offer, agent }));
        }
        "rejects" => return reject(agent, words),
        other => return Err(Fault::new(format!("found `{other}`"), expected)),
    };
    Ok(Input::Agent(input))
}

/// `after this`, `undisturbed`
fn manner(words: &mut Words<'_>) -> Result<Manner, Fault> {
    if words.take("after") {
        words.must("this")?;
        return Ok(Manner::AfterThis);
    }
    let undisturbed = words.take("undisturbed");
    Ok(if undisturbed {
        Manner::DoNotDisturb
    } else {
        Manner::Now
    })
}

fn reject(agent: AgentId, words: &mut Words<'_>) -> Result<Input, Fault> {
    let offer = offer_id(words)?;
    words.must("because")?;
    let reason = words.name("the reason")?;
    Ok(Input::Offer(offer::Input::Reject {
        offer,
        agent,
        reason,
    }))
}

fn offer_id(words: &mut Words<'_>) -> Result<OfferId, Fault> {
    words.value("an offer such as o1")
}

/// `for voice chat`; nothing for all.
fn media(words: &mut Words<'_>) -> Result<Vec<Medium>, Fault> {
    let mut media = Vec::new();
    if words.take("for") {
        media.push(words.value("a medium such as chat")?);
        while let Some(medium) = words.maybe() {
            media.push(medium);
        }
    }
    Ok(media)
}

/// An agent that was made before.
pub(crate) fn agent_named(state: &State, name: &str) -> Result<AgentId, Fault> {
    let known = name
        .parse::<Name>()
        .ok()
        .and_then(|name| state.agent_named(&name).map(|it| it.id));
    // An id that was never given out reaches the heart, which refuses it.
    known.or_else(|| name.parse().ok()).ok_or_else(|| {
        Fault::new(
            format!("there is no agent `{name}`"),
            "the name of an agent made before",
        )
    })
}
