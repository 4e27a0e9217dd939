//! Route requests as the API shows and takes them.

use super::choice::{SelectionIn, SelectionView};
use super::past::{Past, PastRequestView};
use super::targets::{TargetsIn, TargetsSchema};
use super::text;
use crate::names::Known;
use crate::problem::Problem;
use crate::text::{Text, Time};
use ringback_model::route::{Ask, Cancelled, RouteRequest};
use ringback_model::target::{Expression, Gate, Step, Target};
use ringback_model::{InteractionId, Medium, Millis, Name, Rare, RouteRequestId, Tier};
use ringback_ports::query::{Waiting, Why, WhyRequest, WhyThreshold};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use utoipa::ToSchema;

/// A wish for an agent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"virtual_queue": "english", "target": "English>=2 & Loans>=1"}))]
pub(crate) struct RouteAsk {
    /// The virtual queue to compete in, by name.
    #[schema(value_type = String, example = "english", min_length = 1, max_length = 64)]
    pub(crate) virtual_queue: Text<Name>,
    /// Whom to want: one skill expression, or steps that widen with time. An empty expression
    /// wants anybody. Either this or `targets`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TargetSchema>)]
    pub(crate) target: Option<TargetIn>,
    /// Whom to want, as the older routing server writes it: a target text, or a list of up to 15
    /// steps. Types `A`, `GA`, `Q`, `GQ` and `?:skills` are routed to, with thresholds, weights and
    /// checks of statistics; other types are refused with the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TargetsSchema>)]
    pub(crate) targets: Option<TargetsIn>,
    /// How urgent; as the interaction when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -32768, maximum = 32767, example = 0)]
    pub(crate) priority: Option<i16>,
    /// Wait already credited, in milliseconds.
    #[serde(default)]
    #[schema(example = 0, minimum = 0)]
    pub(crate) credit_ms: u64,
    /// Who is chosen, beside what the target says. Left out: who has been idle longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) selection: Option<SelectionIn>,
}

impl RouteAsk {
    /// The same as the heart takes it.
    pub(crate) fn into_model(self) -> Result<Ask, Problem> {
        let (target, targets) = match (self.target, &self.targets) {
            (Some(target), None) => (target.0, None),
            (None, Some(targets)) => targets.target()?,
            _ => {
                let problem = "a route request has either `target` or `targets`";
                return Err(Problem::invalid("/target", problem));
            }
        };
        Ok(Ask {
            virtual_queue: self.virtual_queue.0,
            target,
            tier: self.priority.map(Tier),
            credit: Millis(self.credit_ms),
            selection: self
                .selection
                .map_or_else(Rare::none, |it| Rare::of(it.into_model())),
            targets: targets.map(Box::new),
        })
    }

    /// What the writer of documented targets should know.
    pub(crate) fn notices(&self) -> Vec<String> {
        let by_percentage = self
            .selection
            .as_ref()
            .is_some_and(SelectionIn::by_percentage);
        let targets = self.targets.as_ref();
        targets.map_or_else(Vec::new, |targets| targets.notices(by_percentage))
    }
}

/// How a target is written: an expression, or steps.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes TargetIn in the OpenAPI document")]
pub(crate) enum TargetSchema {
    /// One skill expression that never widens.
    #[schema(example = "English>=2 & Loans>=1")]
    Expression(String),
    /// Steps; the first at once.
    Steps(Vec<TargetStep>),
}

/// One step of a target.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetStep {
    /// Who is wanted from this step on.
    #[schema(value_type = String, example = "English>=1")]
    expression: Text<Expression>,
    /// How long after the request began to wait, in milliseconds; 0 for the first step.
    #[schema(example = 0)]
    after_ms: u64,
}

/// A target as a request carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TargetIn(pub(crate) Target);

impl Serialize for TargetIn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(steps(&self.0))
    }
}

impl<'de> Deserialize<'de> for TargetIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TargetVisitor)
    }
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = TargetIn;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a skill expression, or a list of {\"expression\", \"after_ms\"}")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<TargetIn, E> {
        let expression = text.parse().map_err(E::custom)?;
        Ok(TargetIn(Target::fixed(expression)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<TargetIn, A::Error> {
        let given = Vec::<TargetStep>::deserialize(SeqAccessDeserializer::new(items))?;
        let steps = given.into_iter().map(|step| Step {
            expression: step.expression.0,
            after: Millis(step.after_ms),
        });
        let target = Target::new(steps.collect()).map_err(serde::de::Error::custom)?;
        Ok(TargetIn(target))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, entries: A) -> Result<TargetIn, A::Error> {
        // One step may come without its list.
        let step = TargetStep::deserialize(MapAccessDeserializer::new(entries))?;
        let steps = vec![Step {
            expression: step.expression.0,
            after: Millis(step.after_ms),
        }];
        let target = Target::new(steps).map_err(serde::de::Error::custom)?;
        Ok(TargetIn(target))
    }
}

fn steps(target: &Target) -> Vec<TargetStep> {
    let steps = target.steps().iter().map(|step| TargetStep {
        expression: Text(step.expression.clone()),
        after_ms: step.after.0,
    });
    steps.collect()
}

/// A route request that waits or is being offered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequestView {
    #[schema(value_type = String, example = "r9")]
    id: Text<RouteRequestId>,
    #[schema(value_type = String, example = "i42")]
    interaction: Text<InteractionId>,
    #[schema(value_type = String, example = "voice")]
    medium: Text<Medium>,
    /// The virtual queue it competes in.
    #[schema(example = "english")]
    virtual_queue: String,
    /// Whom it wants, step by step.
    target: Vec<TargetStep>,
    /// The documented targets in force, as text, where the request follows such that depend on
    /// more than time; `target` is what of them agents are wanted by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["{StatAgentsReady>2}sales.GA", "overflow.Q"]))]
    targets: Vec<String>,
    /// The step in force, from 0.
    step: u8,
    /// When the next step comes into force.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    widens_at: Option<Time>,
    /// Larger is more urgent.
    priority: i16,
    /// Who is chosen for it, if anything was said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    selection: Option<SelectionView>,
    /// Since when it waits.
    #[schema(value_type = String, format = DateTime)]
    since: Time,
    /// How many are served before it; absent while its interaction is offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    ahead: Option<u32>,
    /// How many wait in the virtual queue, it included.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<u32>,
}

impl RequestView {
    pub(crate) fn new(known: &Known, waiting: &Waiting) -> Self {
        let mut view = Self::of_request(known, &waiting.request);
        view.ahead = waiting.line.map(|line| line.ahead);
        view.waiting = waiting.line.map(|line| line.waiting);
        view
    }

    /// Its next step came into force.
    pub(crate) fn widened(&mut self, step: u8) {
        self.step = step;
    }

    /// Without a place in line.
    pub(crate) fn of_request(known: &Known, request: &RouteRequest) -> Self {
        Self {
            id: Text(request.id),
            interaction: Text(request.interaction),
            medium: Text(request.medium),
            virtual_queue: known.virtual_queue(request.virtual_queue),
            target: steps(&request.target),
            targets: request.documented().map_or_else(Vec::new, |documented| {
                documented.in_force().map(ToString::to_string).collect()
            }),
            step: request.step,
            widens_at: request
                .widens_at
                .get()
                .map(|at| Time::at(request.since, at)),
            priority: request.key.tier.0,
            selection: request.more.get().map(SelectionView::new),
            since: Time::of(request.since),
            ahead: None,
            waiting: None,
        }
    }
}

/// Why a request ended without being matched, as a word.
pub(crate) const fn cancelled(cause: Cancelled) -> &'static str {
    match cause {
        Cancelled::Asked => "asked",
        Cancelled::MatchedElsewhere => "matched_elsewhere",
        Cancelled::InteractionStopped => "interaction_stopped",
        Cancelled::TakenOut => "taken_out",
        Cancelled::TimedOut => "timed_out",
    }
}

/// Why an interaction waits, or, once it is over, why it went as it did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhyView {
    #[schema(value_type = String, example = "i42")]
    interaction: Text<InteractionId>,
    /// When this was true.
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// For each of its route requests.
    requests: Vec<WhyRequestView>,
    /// Of an interaction that is over: each of its route requests, whom it was offered to and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    past: Vec<PastRequestView>,
    /// The record it was read after.
    sequence: u64,
}

/// Why one route request waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhyRequestView {
    request: RequestView,
    /// The expression in force.
    wants: String,
    /// How an agent is chosen among several.
    #[schema(example = "longest_idle")]
    rule: &'static str,
    /// Agents who satisfy it.
    qualified: u32,
    /// Agents who do not.
    unqualified: u32,
    /// How many of the qualified are held back by what; each is counted once.
    obstacles: BTreeMap<&'static str, u32>,
    /// The first qualified agents and what holds each back.
    first: Vec<HeldBack>,
    /// Pass it as `after` to read about the next ones; absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a27")]
    next: Option<Text<ringback_model::AgentId>>,
    /// The thresholds of the targets in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    thresholds: Vec<ThresholdView>,
}

/// A threshold that requests wait behind.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ThresholdView {
    /// The threshold and its target, as text.
    #[schema(example = "{StatAgentsReady>2}sales.GA")]
    target: String,
    /// For requests of which medium.
    #[schema(value_type = String, example = "voice")]
    medium: Text<Medium>,
    /// Whether it holds.
    open: bool,
    /// What is measured now; absent when that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<u32>,
}

impl ThresholdView {
    /// As an event tells it.
    pub(crate) fn of_turned((gate, open): &(Gate, bool)) -> Self {
        Self {
            target: gate.to_string(),
            medium: Text(gate.medium),
            open: *open,
            measured: None,
        }
    }

    fn of_why(why: &WhyThreshold) -> Self {
        Self {
            target: why.gate.to_string(),
            medium: Text(why.gate.medium),
            open: why.open,
            measured: why.measured,
        }
    }
}

/// What holds a qualified agent back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldBack {
    #[schema(value_type = String, example = "a7")]
    agent: Text<ringback_model::AgentId>,
    /// `logged_out`, `desk_lost`, `not_logged_in_for_medium`, `not_ready`, `busy`, `cooling` or
    /// `excluded`.
    #[schema(example = "busy")]
    obstacle: &'static str,
}

impl WhyView {
    pub(crate) fn new(known: &Known, why: &Why, sequence: u64) -> Self {
        let requests = why.requests.iter();
        Self {
            interaction: Text(why.interaction),
            at: Time::of(why.now),
            requests: requests.map(|one| why_request(known, one)).collect(),
            past: Vec::new(),
            sequence,
        }
    }

    /// Of an interaction that is over.
    pub(crate) fn of_past(id: InteractionId, at: Time, past: Past, sequence: u64) -> Self {
        Self {
            interaction: Text(id),
            at,
            requests: Vec::new(),
            past: past.told(),
            sequence,
        }
    }
}

fn why_request(known: &Known, why: &WhyRequest) -> WhyRequestView {
    let obstacles = why.obstacles.iter();
    let first = why.first.iter().map(|(agent, obstacle)| HeldBack {
        agent: Text(*agent),
        obstacle: obstacle.name(),
    });
    WhyRequestView {
        request: RequestView::new(known, &why.waiting),
        wants: why.wants.clone(),
        rule: match why.waiting.request.more.get() {
            Some(more) if more.last.is_some() => "last_agent",
            _ => why.waiting.request.select().name(),
        },
        qualified: why.qualified,
        unqualified: why.unqualified,
        obstacles: obstacles
            .map(|(obstacle, count)| (obstacle.name(), *count))
            .collect(),
        first: first.collect(),
        next: why.next.map(Text),
        thresholds: why.thresholds.iter().map(ThresholdView::of_why).collect(),
    }
}

/// The first requests in line of a virtual queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineView {
    #[schema(example = "english")]
    virtual_queue: String,
    /// The next to be served first.
    items: Vec<RequestView>,
    /// The record it was read after.
    sequence: u64,
}

impl LineView {
    pub(crate) fn new(known: &Known, name: &Name, line: &[Waiting], sequence: u64) -> Self {
        Self {
            virtual_queue: text(name),
            items: line
                .iter()
                .map(|one| RequestView::new(known, one))
                .collect(),
            sequence,
        }
    }
}
