//! Agents as the API shows and takes them.

use super::interaction::MediumWord;
use super::offer::OfferView;
use super::text;
use super::work::RestView;
use crate::names::Known;
use crate::screen_pops::PopView;
use crate::text::{Text, Time};
use ringback_model::agent::{Claim, ClaimKind, Manner, NotReady, Readiness};
use ringback_model::record::{AgentInterval, AgentState};
use ringback_model::{AgentId, DeskSessionId, InteractionId, Medium, Name};
use ringback_ports::query::AgentView as Live;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// For which media; none given means all that the agent's capacity allows or that he is logged
/// in for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"media": ["voice"]}))]
pub(crate) struct Media {
    #[serde(default)]
    #[schema(value_type = Vec<MediumWord>, max_items = 7)]
    media: Vec<Text<Medium>>,
}

/// For which media, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "break"}))]
pub(crate) struct NotReadyAsk {
    #[serde(default)]
    #[schema(value_type = Vec<MediumWord>, max_items = 7)]
    media: Vec<Text<Medium>>,
    /// Why, in one word.
    #[schema(value_type = String, example = "break", min_length = 1, max_length = 64)]
    pub(crate) reason: Text<Name>,
    /// In which way.
    #[serde(default, skip_serializing_if = "MannerWord::is_usual")]
    pub(crate) manner: MannerWord,
}

/// In which way an agent is set not ready.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MannerWord {
    /// At once; colleagues may still ask the agent.
    #[default]
    Now,
    /// When what the agent has in hand of a medium is over; until then nothing more comes.
    AfterThis,
    /// At once, and colleagues cannot ask the agent.
    DoNotDisturb,
}

impl MannerWord {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature is serde's"
    )]
    fn is_usual(&self) -> bool {
        *self == Self::Now
    }
}

impl From<MannerWord> for Manner {
    fn from(word: MannerWord) -> Self {
        match word {
            MannerWord::Now => Self::Now,
            MannerWord::AfterThis => Self::AfterThis,
            MannerWord::DoNotDisturb => Self::DoNotDisturb,
        }
    }
}

impl Media {
    pub(crate) fn list(&self) -> Vec<Medium> {
        self.media.iter().map(|medium| medium.0).collect()
    }
}

impl NotReadyAsk {
    pub(crate) fn list(&self) -> Vec<Medium> {
        self.media.iter().map(|medium| medium.0).collect()
    }
}

/// An agent, with desk, readiness, offers and work in hand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentView {
    #[schema(value_type = String, example = "a7")]
    id: Text<AgentId>,
    #[schema(example = "anna")]
    name: String,
    /// The version of the master data; the entity tag.
    version: u64,
    /// What the agent can do, and how well.
    #[schema(value_type = BTreeMap<String, u16>, example = json!({"English": 3}))]
    skills: BTreeMap<String, u16>,
    /// How much the agent does at once, per medium.
    #[schema(value_type = BTreeMap<String, u8>, example = json!({"voice": 1}))]
    capacity: BTreeMap<&'static str, u8>,
    logged_in: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    desk: Option<DeskView>,
    /// Readiness per medium logged in for.
    #[schema(value_type = BTreeMap<String, ReadinessView>)]
    media: BTreeMap<&'static str, ReadinessView>,
    /// The offers that are open.
    offers: Vec<OfferView>,
    /// What the agent has in hand.
    work: Vec<WorkView>,
    /// Media whose work rests, because other work interrupted it.
    #[schema(value_type = Vec<MediumWord>)]
    paused: Vec<&'static str>,
    /// Offers missed in a row, per medium.
    #[schema(value_type = BTreeMap<String, u8>)]
    misses: BTreeMap<&'static str, u8>,
    /// The workbins the agent is told of.
    subscriptions: Vec<RestView>,
    /// The record it was read after.
    sequence: u64,
}

/// Where an agent is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeskView {
    #[schema(value_type = String, example = "d4")]
    session: Text<DeskSessionId>,
    #[schema(value_type = String, format = DateTime)]
    since: Time,
    /// `answers`, `lost` (within the grace) or `silent` (after it).
    #[schema(example = "answers")]
    state: &'static str,
    /// When the grace ends, while the desk is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    grace_until: Option<Time>,
}

/// Whether an agent takes work of a medium.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadinessView {
    ready: bool,
    /// Why not: `logged_in`, `chosen`, `do_not_disturb`, `missed` or `silent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "chosen")]
    why: Option<&'static str>,
    /// The reason that was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "break")]
    reason: Option<String>,
    /// Why he will not be ready when what he has of it in hand is over; until then nothing more
    /// comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "break")]
    after_this: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    since: Time,
}

/// One interaction in an agent's hand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkView {
    #[schema(value_type = String, example = "i42")]
    interaction: Text<InteractionId>,
    #[schema(value_type = MediumWord)]
    medium: Text<Medium>,
    /// `reserved`, `offered`, `handling`, `consult` or `wrap_up`.
    #[schema(example = "handling")]
    kind: &'static str,
    #[schema(value_type = String, format = DateTime)]
    since: Time,
}

impl AgentView {
    pub(crate) fn new(known: &Known, live: &Live, sequence: u64) -> Self {
        let (agent, at_work) = (&live.agent, &live.at_work);
        let skills = agent.body.skills.iter();
        let capacity = agent.body.capacity.0.iter();
        let media = at_work.media.iter();
        let misses = at_work.misses.iter();
        let more = at_work.more.get().into_iter();
        let subscriptions = more.flat_map(|more| &more.subscriptions);
        Self {
            id: Text(agent.id),
            name: text(&agent.name),
            version: agent.version,
            skills: skills.map(|(name, level)| (text(name), *level)).collect(),
            capacity: capacity.map(|(medium, n)| (medium.name(), *n)).collect(),
            logged_in: at_work.desk.is_some(),
            desk: at_work.desk.as_ref().map(|desk| DeskView {
                session: Text(desk.session),
                since: Time::of(desk.since),
                state: match (desk.silent, desk.grace_until) {
                    (true, _) => "silent",
                    (false, Some(_)) => "lost",
                    (false, None) => "answers",
                },
                grace_until: desk.grace_until.map(|at| Time::at(desk.since, at)),
            }),
            media: media
                .map(|(medium, ready)| {
                    let after_this = at_work.next(*medium).map(text);
                    let ready = ReadinessView::from(ready);
                    (
                        medium.name(),
                        ReadinessView {
                            after_this,
                            ..ready
                        },
                    )
                })
                .collect(),
            offers: live.offers.iter().map(OfferView::from).collect(),
            work: at_work.claims.iter().map(WorkView::from).collect(),
            paused: at_work.paused().iter().map(Medium::name).collect(),
            misses: misses.map(|(medium, n)| (medium.name(), *n)).collect(),
            subscriptions: subscriptions
                .map(|bin| RestView::workbin(known, bin.owner, &bin.workbin))
                .collect(),
            sequence,
        }
    }

    /// The same, with what the desk opens with each of the offers.
    pub(crate) fn with_pops(mut self, pops: Vec<Vec<PopView>>) -> Self {
        let offers = self.offers.into_iter().zip(pops);
        self.offers = offers.map(|(offer, pops)| offer.with_pops(pops)).collect();
        self
    }

    /// The version of the master data.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }
}

impl From<&Readiness> for ReadinessView {
    fn from(readiness: &Readiness) -> Self {
        let (why, reason) = match &readiness.not_ready {
            None => (None, None),
            Some(why) => {
                let (why, reason) = not_ready(why);
                (Some(why), reason.map(text))
            }
        };
        Self {
            ready: readiness.not_ready.is_none(),
            why,
            reason,
            after_this: None,
            since: Time::of(readiness.since),
        }
    }
}

impl From<&Claim> for WorkView {
    fn from(claim: &Claim) -> Self {
        Self {
            interaction: Text(claim.interaction),
            medium: Text(claim.medium),
            kind: match claim.kind {
                ClaimKind::Reserved => "reserved",
                ClaimKind::Offered => "offered",
                ClaimKind::Handling => "handling",
                ClaimKind::Consult => "consult",
                ClaimKind::WrapUp => "wrap_up",
            },
            since: Time::of(claim.since),
        }
    }
}

/// Why an agent takes no work, as a word and the reason that was chosen.
pub(crate) fn not_ready(why: &NotReady) -> (&'static str, Option<&Name>) {
    match why {
        NotReady::LoggedIn => ("logged_in", None),
        NotReady::Chosen { reason } => ("chosen", Some(reason)),
        NotReady::DoNotDisturb { reason } => ("do_not_disturb", Some(reason)),
        NotReady::Missed => ("missed", None),
        NotReady::Silent => ("silent", None),
    }
}

/// One stretch of an agent being in one state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntervalView {
    #[schema(value_type = String, example = "a7")]
    agent: Text<AgentId>,
    /// Absent for being logged in as such.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "voice")]
    medium: Option<Text<Medium>>,
    /// `logged_in`, `ready` or `not_ready`.
    #[schema(example = "ready")]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    #[schema(value_type = String, format = DateTime)]
    to: Time,
    duration_ms: u64,
}

impl From<&AgentInterval> for IntervalView {
    fn from(interval: &AgentInterval) -> Self {
        let (state, why, reason) = match &interval.state {
            AgentState::LoggedIn => ("logged_in", None, None),
            AgentState::Ready => ("ready", None, None),
            AgentState::NotReady { why } => {
                let (why, reason) = not_ready(why);
                ("not_ready", Some(why), reason.map(text))
            }
        };
        Self {
            agent: Text(interval.agent),
            medium: interval.medium.map(Text),
            state,
            why,
            reason,
            from: Time::of(interval.from),
            to: Time::of(interval.to),
            duration_ms: interval.to.engine.since(interval.from.engine).0,
        }
    }
}
