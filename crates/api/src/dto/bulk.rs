//! Looking through many interactions and acting on many at once, as the API takes and shows it.

use crate::dto::interaction::{InteractionView, Stop};
use crate::dto::route::RouteAsk;
use crate::dto::work::{BACK, ChangeAsk, PlaceAsk, object};
use crate::dto::written::Written;
use crate::problem::Problem;
use crate::text::{Text, Time};
use ringback_model::condition::{Condition, Order, Parameters};
use ringback_model::config::View;
use ringback_model::value::Value;
use ringback_model::{InteractionId, Name};
use ringback_ports::query::Search;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Which interactions, and in what order.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({
    "condition": "medium = 'email' AND queue = 'support' AND placed_in_queue_at < NOW - 30m",
    "order": "tier DESC, placed_in_queue_at"
}))]
pub(crate) struct SnapshotAsk {
    /// A view, by name: only what is at rest in its queue and fits its condition, in its order unless another
    /// one is given. `parameters` then are those of the view, which has a value for each.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "loans", min_length = 1, max_length = 64)]
    pub(crate) view: Option<Text<Name>>,
    /// What they have to fit, in the language of conditions; empty: all the caller sees. Not with
    /// `view`.
    #[schema(max_length = 4000)]
    pub(crate) condition: String,
    /// Values of the condition's parameters, by name.
    #[schema(value_type = Object)]
    pub(crate) parameters: BTreeMap<Text<Name>, Value>,
    /// In what order; empty: as they were submitted.
    #[schema(max_length = 4000)]
    pub(crate) order: String,
}

impl SnapshotAsk {
    /// What a view holds, as the hall takes it.
    pub(crate) fn of_view(self, view: &View) -> Result<Search, Problem> {
        if !self.condition.is_empty() {
            let problem = "leave it out: the view has a condition";
            return Err(Problem::invalid("/condition", problem));
        }
        let order = if self.order.is_empty() {
            &view.order
        } else {
            &self.order
        };
        let order: Order = order
            .parse()
            .map_err(|error| Problem::invalid("/order", format!("{error}")))?;
        let not_read = |error| Problem::invalid("/view", format!("{error}"));
        let condition: Condition = view.condition.parse().map_err(not_read)?;
        let given = self.parameters.into_iter();
        let given = given.map(|(name, value)| (name.0, value)).collect();
        let condition = view.bound(&condition, &given).map_err(|error| {
            let at = format!("/parameters/{}", error.parameter);
            Problem::invalid(at, error.to_string())
        })?;
        Ok(Search {
            condition,
            order,
            resting_in: Some(view.queue.clone()),
        })
    }

    /// The same as the hall takes it.
    pub(crate) fn into_search(self) -> Result<Search, Problem> {
        let condition: Condition = self
            .condition
            .parse()
            .map_err(|error| Problem::invalid("/condition", format!("{error}")))?;
        let order: Order = self
            .order
            .parse()
            .map_err(|error| Problem::invalid("/order", format!("{error}")))?;
        let values = self
            .parameters
            .into_iter()
            .map(|(name, value)| (name.0, value));
        let values: Parameters = values.collect();
        let condition = condition.bind(&values).map_err(|error| {
            let at = format!("/parameters/{}", error.parameter);
            Problem::invalid(at, error.to_string())
        })?;
        Ok(Search {
            condition,
            order,
            resting_in: None,
        })
    }
}

/// Which interactions fitted a condition.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SnapshotView {
    /// What it is asked for by.
    #[schema(example = "s1", pattern = "^s[1-9][0-9]{0,18}$")]
    pub(crate) id: String,
    /// How many it holds.
    #[schema(example = 120)]
    pub(crate) total: usize,
    /// When it was taken. Each interaction was looked at once, shortly before.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) taken_at: Time,
    /// How long it is kept after it was last used, in milliseconds.
    #[schema(example = 600_000)]
    pub(crate) kept_ms: u64,
}

/// Some of a snapshot's interactions, as they are now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SnapshotPage {
    /// Those that are still open and within the caller's reach.
    pub(crate) items: Vec<InteractionView>,
    /// How many of this page are so no longer.
    pub(crate) gone: usize,
    /// Pass it on as `after` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// One act on many interactions.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "interactions": ["i1", "i2"],
    "act": {"place": {"queue": "support", "force": true}}
}))]
pub(crate) struct BulkAsk {
    /// On which: at most 1,000. The ids of a page of a snapshot, for instance.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 1000)]
    pub(crate) interactions: Vec<Text<InteractionId>>,
    /// What is done with each.
    pub(crate) act: BulkAct,
}

/// What is done with each of many interactions.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BulkAct {
    /// Put it into a queue or a workbin, back where it was, or out by a named way.
    Place(#[serde(deserialize_with = "object")] Box<PlaceAsk>),
    /// Change its properties and user data.
    Change(#[serde(deserialize_with = "object")] Box<ChangeAsk>),
    /// End it.
    Stop(#[serde(deserialize_with = "object")] Stop),
    /// Ask for an agent; it has to rest.
    Route(#[serde(deserialize_with = "object")] Box<RouteAsk>),
    /// Give it to an agent: whoever has it leaves it, then the agent is asked.
    Assign(#[serde(deserialize_with = "object")] AssignAsk),
}

impl BulkAct {
    /// What is wrong with it whatever it is done with.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        match self {
            Self::Route(ask) => ask.clone().into_model().map(drop),
            Self::Stop(stop) => stop
                .clone()
                .into_model()
                .map(drop)
                .map_err(|problem| Problem::invalid("/act/stop/reason", problem)),
            Self::Place(ask) => {
                version("/act/place/version", ask.version)?;
                queue("/act/place/queue", ask.queue.as_deref())?;
                ask.properties.check("/act/place/properties")
            }
            Self::Change(ask) => {
                version("/act/change/version", ask.version)?;
                ask.properties.check("/act/change/properties")
            }
            Self::Assign(_) => Ok(()),
        }
    }
}

/// The name of a queue, or of none.
fn queue(at: &str, queue: Option<&str>) -> Result<(), Problem> {
    let name = queue.filter(|queue| *queue != BACK);
    let read = name.map_or(Ok(()), |name| name.parse::<Name>().map(drop));
    read.map_err(|error| Problem::invalid(at, error.to_string()))
}

/// No version is ever so great.
fn version(at: &str, version: Option<u64>) -> Result<(), Problem> {
    if version.is_none_or(|version| i64::try_from(version).is_ok()) {
        return Ok(());
    }
    Err(Problem::invalid(at, format!("at most {}", i64::MAX)))
}

/// To whom an interaction is given.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignAsk {
    /// The agent, by name.
    #[schema(value_type = String, example = "ben", min_length = 1, max_length = 64)]
    pub(crate) agent: Text<Name>,
    /// The virtual queue in which it waits for him.
    #[schema(value_type = String, example = "english", min_length = 1, max_length = 64)]
    pub(crate) virtual_queue: Text<Name>,
}

/// What became of one interaction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkItem {
    /// Which.
    #[schema(value_type = String, example = "i1", pattern = "^i[1-9][0-9]{0,18}$")]
    pub(crate) interaction: Text<InteractionId>,
    /// The answer it would have had by itself: 200, or a problem's status.
    #[schema(example = 200)]
    pub(crate) status: u16,
    /// The answer, if it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) written: Option<Written>,
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::problem::ProblemBody>)]
    pub(crate) problem: Option<Problem>,
}

/// What became of each.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkView {
    /// One for each that was named, in that order.
    pub(crate) items: Vec<BulkItem>,
    /// How many were done.
    pub(crate) done: usize,
    /// How many were not.
    pub(crate) refused: usize,
}
