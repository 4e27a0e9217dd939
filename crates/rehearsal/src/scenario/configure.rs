//! Lines that set something up, and lines that delete it.

use super::words::{self, Fault, Words};
use ringback_engine::State;
use ringback_model::config::{
    AfterContact, AgentBody, Body, Capacity, Dispositions, Expected, HandOver, Input as It, Kind,
    QueueBody, Role, Settings, View, ViewRoute, VirtualQueueBody, WrapUp,
};
use ringback_model::target::{Level, Skills, TextSkills};
use ringback_model::{Input, Medium, Millis, Name, Rare};
use std::collections::{BTreeMap, BTreeSet};

/// Reads the rest of a line that begins with `first`.
pub(crate) fn read(state: &State, first: &str, words: &mut Words<'_>) -> Result<Input, Fault> {
    let input = match first {
        "queue" => queue(words)?,
        "virtual" => virtual_queue(words)?,
        "agent" => agent(words)?,
        "settings" => settings(state, words)?,
        "make" => make_key(words)?,
        "put" => put(words)?,
        "view" => view(words)?,
        "delete" => delete(words)?,
        _ => {
            words.must("key")?;
            let name = words.name("the name of a key")?;
            It::RevokeKey { name }
        }
    };
    Ok(Input::Config(input))
}

/// `expecting nothing`, `expecting version 2`
fn expected(words: &mut Words<'_>) -> Result<Expected, Fault> {
    words.must("expecting")?;
    if words.take("nothing") {
        return Ok(Expected::Absent);
    }
    words.must("version")?;
    Ok(Expected::Version(words.value("a version such as 2")?))
}

/// `queue inbox [open 100] [wrap-up chat:30s voice:manual] [dispositions results [mandatory]]
/// [expecting ..]`
fn queue(words: &mut Words<'_>) -> Result<It, Fault> {
    let name = words.name("the name of an interaction queue")?;
    let mut body = QueueBody::default();
    let mut against = Expected::Any;
    while !words.is_over() {
        if words.take("open") {
            body.open_max = words.value("how many may be open")?;
        } else if words.take("wrap-up") {
            while let Some((medium, after)) = words.peek().and_then(pair) {
                body.wrap_up.insert(medium?, after_contact(after)?);
                words.word("a medium")?;
            }
        } else if words.take("dispositions") {
            let list = words.name("the name of a list")?;
            let mandatory = words.take("mandatory");
            body.dispositions = Some(Dispositions { list, mandatory });
        } else {
            against = expected(words)?;
        }
    }
    Ok(It::PutQueue {
        name,
        body,
        expected: against,
    })
}

/// `30s`, `manual`, `none`
fn after_contact(word: &str) -> Result<AfterContact, Fault> {
    let wrap_up = match word {
        "none" => WrapUp::None,
        "manual" => WrapUp::Manual,
        _ => WrapUp::Timed,
    };
    let timed = wrap_up == WrapUp::Timed;
    Ok(AfterContact {
        wrap_up,
        wrap_up_for: timed.then(|| span_of(word)).transpose()?,
    })
}

/// `virtual queue support [waiting 100] [short-abandon 5s] [serves English>=1] [of overflow]
/// [expecting ..]`
fn virtual_queue(words: &mut Words<'_>) -> Result<It, Fault> {
    words.must("queue")?;
    let name = words.name("the name of a virtual queue")?;
    let mut body = VirtualQueueBody::default();
    let mut against = Expected::Any;
    while !words.is_over() {
        if words.take("waiting") {
            body.waiting_max = words.value("how many may wait")?;
        } else if words.take("short-abandon") {
            body.short_abandon = words.span()?;
        } else if words.take("serves") {
            let text = words.until(&["waiting", "short-abandon", "of", "expecting"]);
            let expected = "a skill expression such as `English>=2`";
            body.serves = Some(words::read(&text, expected)?);
        } else if words.take("of") {
            body.group = Some(words.name("the name of a group of queues")?);
        } else {
            against = expected(words)?;
        }
    }
    Ok(It::PutVirtualQueue {
        name,
        body,
        expected: against,
    })
}

/// `put group sales { members = ["anna"] } [expecting ..]`; between the braces stands what stands
/// in the file of an export.
fn put(words: &mut Words<'_>) -> Result<It, Fault> {
    let kind: Kind = words.value("a kind of object such as group")?;
    let name = words.name("the name of an object")?;
    let expected_body = "what is set of it, between braces: { members = [\"anna\"] }";
    let text = words.until(&["expecting"]);
    let body = format!("{} = {text}", kind.name());
    let body: Result<Body, _> = toml::from_str(&body);
    let body = body.map_err(|error| Fault::new(error.message(), expected_body))?;
    let against = against(words)?;
    Ok(It::Put {
        name,
        body: Box::new(body),
        expected: against,
    })
}

/// Words that begin a part of a view.
const VIEW_PARTS: &[&str] = &[
    "where",
    "ordered",
    "given",
    "wants",
    "every",
    "pulling",
    "segments",
    "before",
    "expecting",
];

/// `view loans of inbox [where user.matter = :what] [given what=loan] [ordered tier DESC]
/// [wants Loans>=1 in support] [every 10s] [pulling 2] [segments matter of 1] [before 5]`
fn view(words: &mut Words<'_>) -> Result<It, Fault> {
    let name = words.name("the name of a view")?;
    words.must("of")?;
    let mut view = View {
        queue: words.name("the name of an interaction queue")?,
        display_name: String::new(),
        condition: String::new(),
        order: String::new(),
        parameters: BTreeMap::new(),
        segment_by: None,
        segment_max: None,
        pull_max: View::pull_default(),
        check_every: View::check_default(),
        priority: 0,
        hand_over: None,
    };
    while let Some(word) = words.peek() {
        match word {
            "wants" => {
                let target = super::read::target(words)?;
                words.must("in")?;
                view.hand_over = Some(Box::new(HandOver::Route(ViewRoute {
                    virtual_queue: words.name("the name of a virtual queue")?,
                    target,
                    tier: None,
                    selection: Rare::none(),
                })));
            }
            "expecting" => break,
            part => {
                words.word("a part of a view")?;
                view_part(&mut view, part, words)?;
            }
        }
    }
    Ok(It::Put {
        name,
        body: Box::new(Body::View(view)),
        expected: against(words)?,
    })
}

fn view_part(view: &mut View, part: &str, words: &mut Words<'_>) -> Result<(), Fault> {
    match part {
        "where" => view.condition = words.until(VIEW_PARTS),
        "ordered" => view.order = words.until(VIEW_PARTS),
        "every" => view.check_every = words.span()?,
        "pulling" => view.pull_max = words.value("how many at one look")?,
        "before" => view.priority = words.value("a priority such as 5")?,
        "given" => {
            let expected = "a parameter and its value, such as least=3";
            let word = words.word(expected)?;
            let (name, value) = word
                .split_once('=')
                .ok_or_else(|| Fault::new(format!("`{word}` is no value"), expected))?;
            let name = words::read(name, expected)?;
            view.parameters.insert(name, value.to_owned());
        }
        "segments" => {
            view.segment_by = Some(words.word("a user data key")?.to_owned());
            words.must("of")?;
            view.segment_max = Some(words.value("how many may be under way")?);
        }
        other => {
            let expected = "where, ordered, given, wants, every, pulling, segments or before";
            return Err(Fault::new(format!("found `{other}`"), expected));
        }
    }
    Ok(())
}

/// `delete queue inbox [moving to orders] [expecting ..]`
fn delete(words: &mut Words<'_>) -> Result<It, Fault> {
    let kind: Kind = words.value("a kind of object such as queue or virtual_queue")?;
    let name = words.name("the name of an object")?;
    let mut move_to = None;
    if words.take("moving") {
        words.must("to")?;
        move_to = Some(words.name("the name of an interaction queue")?);
    }
    Ok(It::Delete {
        kind,
        name,
        expected: against(words)?,
        move_to,
    })
}

/// Against which version, if anything is said about it.
fn against(words: &mut Words<'_>) -> Result<Expected, Fault> {
    if words.is_over() {
        return Ok(Expected::Any);
    }
    expected(words)
}

/// `agent anna English=3 Region="north" voice:1 chat:3 [rule two-of-three] [expecting ..]`;
/// without media, the usual capacity.
fn agent(words: &mut Words<'_>) -> Result<It, Fault> {
    let name = words.name("the name of an agent")?;
    let mut skills = Skills::new();
    let mut texts = TextSkills::new();
    let mut capacity_rule = None;
    let mut capacity = BTreeMap::new();
    let mut against = Expected::Any;
    while let Some(word) = words.peek() {
        if let Some((skill, level)) = word.split_once('=') {
            let skill = words::read::<Name>(skill, "a skill such as English=3")?;
            let text = level
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            match text {
                Some(text) => drop(texts.insert(skill, words::read(text, "a text")?)),
                None => drop(skills.insert(skill, words::read::<Level>(level, "a level")?)),
            }
            words.word("a skill")?;
        } else if words.take("rule") {
            capacity_rule = Some(words.name("the name of a capacity rule")?);
        } else if let Some((medium, most)) = pair(word) {
            capacity.insert(medium?, words::read(most, "how many at once")?);
            words.word("a medium")?;
        } else {
            against = expected(words)?;
        }
    }
    let body = AgentBody {
        skills,
        capacity: if capacity.is_empty() {
            Capacity::default()
        } else {
            Capacity(capacity)
        },
        texts,
        capacity_rule,
    };
    Ok(It::PutAgent {
        name,
        body,
        expected: against,
    })
}

/// `voice:1`
fn pair(word: &str) -> Option<(Result<Medium, Fault>, &str)> {
    let (medium, number) = word.split_once(':')?;
    Some((words::read(medium, "a medium such as voice:1"), number))
}

/// `settings [offer 30s] [cool-down 30s] [grace 30s] [open 100] [results 24h] [credit 24h]
/// [misses voice:1 chat:3] [offer-of chat:10s] [handling 3h|email:3h] [routing 12h]
/// [notices on|off] [skills declared|free] [expecting ..]`; what is not named stays.
fn settings(state: &State, words: &mut Words<'_>) -> Result<It, Fault> {
    let mut settings = state.settings().1.clone();
    let mut against = Expected::Any;
    while let Some(word) = words.peek() {
        if word == "expecting" {
            against = expected(words)?;
        } else {
            words.word("a setting")?;
            setting(&mut settings, word, words)?;
        }
    }
    Ok(It::PutSettings {
        settings: Box::new(settings),
        expected: against,
    })
}

fn setting(settings: &mut Settings, word: &str, words: &mut Words<'_>) -> Result<(), Fault> {
    match word {
        "offer" => settings.offer_ttl = words.span()?,
        "cool-down" => settings.cool_down = words.span()?,
        "grace" => settings.desk_grace = words.span()?,
        "open" => settings.open_max = words.value("how many may be open")?,
        "results" => settings.results_kept = words.span()?,
        "credit" => settings.credit_max = words.span()?,
        "notices" => {
            settings.notices = words.take("on");
            if !settings.notices {
                words.must("off")?;
            }
        }
        "skills" => {
            settings.skills_declared = words.take("declared");
            if !settings.skills_declared {
                words.must("free")?;
            }
        }
        "routing" => settings.timeouts.routing = words.span()?,
        "open-key" => {
            let key = words.word("a user data key")?;
            settings.open_keys.insert(key.to_owned());
        }
        "handling" => match words.peek().and_then(pair) {
            Some((medium, span)) => {
                let span = span_of(span)?;
                settings.timeouts.handling_of.insert(medium?, span);
                words.word("a medium")?;
            }
            None => settings.timeouts.handling = words.span()?,
        },
        "offer-of" => {
            while let Some((medium, span)) = words.peek().and_then(pair) {
                let span = span_of(span)?;
                settings.timeouts.offer.insert(medium?, span);
                words.word("a medium")?;
            }
        }
        "misses" => {
            while let Some((medium, most)) = words.peek().and_then(pair) {
                let most = words::read(most, "how many in a row")?;
                settings.misses_max.insert(medium?, most);
                words.word("a medium")?;
            }
        }
        other => {
            return Err(Fault::new(
                format!("there is no setting `{other}`"),
                "offer, offer-of, cool-down, grace, handling, routing, open, open-key, results, credit, \
                 misses, notices, skills or expecting",
            ));
        }
    }
    Ok(())
}

fn span_of(word: &str) -> Result<Millis, Fault> {
    words::span(word).ok_or_else(|| Fault::new(format!("`{word}` is no span"), "such as 30s"))
}

/// `make key desk-1 for agent named anna`, `make key shop for integrator reaching inbox, orders`,
/// `make key team for supervisor leading sales`
fn make_key(words: &mut Words<'_>) -> Result<It, Fault> {
    words.must("key")?;
    let name = words.name("the name of a key")?;
    words.must("for")?;
    let role = role(words)?;
    let mut agent = None;
    let mut queues = None;
    let mut groups = None;
    while !words.is_over() {
        if words.take("reaching") {
            queues = Some(names(words, "a queue")?);
        } else if words.take("leading") {
            groups = Some(names(words, "a group")?);
        } else {
            words.must("named")?;
            agent = Some(words.name("the name of an agent")?);
        }
    }
    Ok(It::MakeKey {
        hash: format!("hash-of-{name}"),
        name,
        role,
        queues,
        groups,
        agent,
        bounds: None,
    })
}

/// `inbox, orders`
fn names(words: &mut Words<'_>, expected: &str) -> Result<BTreeSet<Name>, Fault> {
    let names = words.until(&["named", "leading", "reaching"]);
    let names = names.split(", ").map(|name| words::read(name, expected));
    names.collect()
}

pub(super) fn role(words: &mut Words<'_>) -> Result<Role, Fault> {
    let expected = "administrator, supervisor, agent, integrator or auditor";
    let word = words.word(expected)?;
    let role = Role::ALL.into_iter().find(|role| role.name() == word);
    role.ok_or_else(|| Fault::new(format!("`{word}` is no role"), expected))
}
