//! Webhooks and deliveries as the API shows and takes them.

use super::text;
use crate::problem::Problem;
use crate::text::{Text, Time};
use jiff::Timestamp;
use ringback_model::config::{Object, Webhook};
use ringback_model::{ObjectId, WallTime};
use ringback_ports::outward::{Attempt, Delivery, DeliveryState, Standing};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// How a webhook stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookView {
    #[schema(example = "crm")]
    name: String,
    /// Whether it is told what happens.
    told: bool,
    /// Why not: `disabled` by its configuration, `no_secret` made yet, `given_up` by the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "given_up")]
    why: Option<&'static str>,
    /// What led the server to give it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Time>,
    /// Deliveries that wait.
    waiting: u64,
    /// Events it was not told because too many were waiting.
    dropped: u64,
    /// When it last took something.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    succeeded_at: Option<Time>,
    /// When it last did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    failed_at: Option<Time>,
    /// How many secrets sign.
    secrets: usize,
    /// Until when the secret before the newest signs as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_until: Option<Time>,
}

/// How one webhook stands among all.
pub(crate) fn standing_of(all: &[Standing], hook: ObjectId) -> Standing {
    let found = all.iter().find(|it| it.hook == hook).cloned();
    found.unwrap_or_else(|| Standing::new(hook))
}

impl WebhookView {
    pub(crate) fn new(object: &Object, hook: &Webhook, standing: &Standing, now: WallTime) -> Self {
        let in_force = hook.secrets.iter();
        let in_force = in_force.filter(|it| it.until.is_none_or(|until| now < until));
        let secrets: Vec<_> = in_force.collect();
        let why = if hook.disabled {
            Some("disabled")
        } else if secrets.is_empty() {
            Some("no_secret")
        } else if standing.disabled.is_some() {
            Some("given_up")
        } else {
            None
        };
        let disabled = standing.disabled.as_ref();
        Self {
            name: text(&object.name),
            told: why.is_none(),
            why,
            reason: disabled.map(|(_, reason)| reason.clone()),
            since: disabled.map(|(at, _)| Time::wall(*at)),
            waiting: standing.waiting,
            dropped: standing.dropped,
            succeeded_at: standing.succeeded.map(Time::wall),
            failed_at: standing.failed.map(Time::wall),
            secrets: secrets.len(),
            previous_until: secrets.iter().find_map(|it| it.until).map(Time::wall),
        }
    }
}

/// A new signing secret is wanted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"overlap_s": 86_400}))]
pub(crate) struct MakeSecret {
    /// For how many seconds the one before goes on signing as well; at most 30 days.
    #[schema(minimum = 0, maximum = 2_592_000, default = 86_400)]
    overlap_s: u32,
}

impl Default for MakeSecret {
    fn default() -> Self {
        Self { overlap_s: 86_400 }
    }
}

impl MakeSecret {
    const OVERLAP_MAX: u32 = 30 * 86_400;

    pub(crate) fn overlap_s(&self) -> Result<i64, Problem> {
        if self.overlap_s > Self::OVERLAP_MAX {
            let problem = format!("is more than {} seconds", Self::OVERLAP_MAX);
            return Err(Problem::invalid("/overlap_s", problem));
        }
        Ok(self.overlap_s.into())
    }
}

/// A new signing secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecretMade {
    /// What messages are signed with, for the receiver; never shown again. Absent when the answer
    /// is a repetition.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    pub(crate) secret: Option<String>,
    /// Until when the one before signs as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) previous_until: Option<Time>,
    /// The version of the webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u64>,
    /// The record it stands in.
    pub(crate) sequence: u64,
}

/// A webhook will be told that it is tried out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Pinged {
    /// The delivery to look at.
    pub(crate) delivery: String,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateWord {
    /// It is to be tried, for the first time or again.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// It was tried often enough.
    GivenUp,
}

impl From<StateWord> for DeliveryState {
    fn from(word: StateWord) -> Self {
        match word {
            StateWord::Waiting => Self::Waiting,
            StateWord::Delivered => Self::Delivered,
            StateWord::GivenUp => Self::GivenUp,
        }
    }
}

impl From<DeliveryState> for StateWord {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Waiting => Self::Waiting,
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::GivenUp => Self::GivenUp,
        }
    }
}

/// What is to be told again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from": "2026-11-20T08:00:00Z", "state": "given_up"}))]
pub(crate) struct Redeliver {
    /// Of what happened at or after this.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) from: Text<Timestamp>,
    /// Of what happened before this; left out: until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) to: Option<Text<Timestamp>>,
    /// Those in this state; left out: those that were given up.
    #[serde(default = "given_up")]
    pub(crate) state: StateWord,
}

const fn given_up() -> StateWord {
    StateWord::GivenUp
}

/// What will be told again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Redelivered {
    /// How many deliveries.
    pub(crate) again: u64,
}

/// Deliveries, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveriesPage {
    pub(crate) items: Vec<DeliveryView>,
    /// Pass it as `before` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<u64>,
}

/// Something a webhook was told or is to be told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    /// As in the header `webhook-id`.
    #[schema(example = "t1-x5-812.3")]
    id: String,
    #[schema(example = "offer.made")]
    event: String,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    state: StateWord,
    /// Attempts since it was taken in or asked for again.
    tries: u32,
    /// While it waits: not before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Time>,
    /// The last attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<AttemptView>,
}

/// One attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptView {
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// How long it took, in milliseconds.
    took_ms: u64,
    /// What the receiver answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 204)]
    status: Option<u16>,
    /// Why there is no answer, or none that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// The begin of what the receiver answered.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    answer: String,
}

/// A delivery with everything that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryDetail {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// The last attempts, the oldest first; at most 20.
    attempts: Vec<AttemptView>,
    /// What is sent.
    #[schema(value_type = Object)]
    body: Value,
}

impl From<&Attempt> for AttemptView {
    fn from(it: &Attempt) -> Self {
        Self {
            at: Time::wall(it.at),
            took_ms: it.took.0,
            status: it.status,
            problem: it.problem.clone(),
            answer: it.answer.clone(),
        }
    }
}

impl From<&Delivery> for DeliveryView {
    fn from(it: &Delivery) -> Self {
        let waits = it.state == DeliveryState::Waiting;
        Self {
            id: it.id.clone(),
            event: it.event.clone(),
            at: Time::wall(it.made),
            state: it.state.into(),
            tries: it.tries,
            due_at: waits.then_some(Time::wall(it.due)),
            last: it.log.last().map(AttemptView::from),
        }
    }
}

impl DeliveryDetail {
    pub(crate) fn of(it: &Delivery) -> Result<Self, Problem> {
        Ok(Self {
            delivery: it.into(),
            attempts: it.log.iter().map(AttemptView::from).collect(),
            body: serde_json::from_slice(&it.body).map_err(Problem::broken)?,
        })
    }
}

/// A new secret address of a calendar.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddressMade {
    /// Where the feed is, below the address of the server; never shown again. Absent when the
    /// answer is a repetition.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/v1/feeds/t1.rb_secret.ics")]
    pub(crate) path: Option<String>,
    /// The version of the calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u64>,
    /// The record it stands in.
    pub(crate) sequence: u64,
}
