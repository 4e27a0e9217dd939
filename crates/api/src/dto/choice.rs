//! Whom a route request is to get, beside what its target says, and changes of waiting requests.

use super::route::TargetIn;
use super::targets::TargetsIn;
use crate::problem::Problem;
use crate::text::Text;
use ringback_model::route::{Change, LastAgent, More, Select, Selection};
use ringback_model::{AgentId, Millis, Name, Tier};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// How one of several agents is chosen. Among equals it is who has been idle longest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SelectWord {
    /// Who has been idle longest.
    #[default]
    LongestIdle,
    /// Who has the fewest interactions in hand.
    FewestBusy,
    /// Who handled something for the smallest share of the time since log-in.
    LeastOccupied,
    /// Whose levels are nearest to those asked for.
    BestFit,
    /// Drawn by lot, anew for each offer.
    Random,
    /// One of the `targets` by their weights, among those in which somebody is free.
    Percentage,
}

impl From<SelectWord> for Select {
    fn from(word: SelectWord) -> Self {
        match word {
            SelectWord::LongestIdle => Self::LongestIdle,
            SelectWord::FewestBusy => Self::FewestBusy,
            SelectWord::LeastOccupied => Self::LeastOccupied,
            SelectWord::BestFit => Self::BestFit,
            SelectWord::Random => Self::Random,
            SelectWord::Percentage => Self::Percentage,
        }
    }
}

impl From<Select> for SelectWord {
    fn from(select: Select) -> Self {
        match select {
            Select::LongestIdle => Self::LongestIdle,
            Select::FewestBusy => Self::FewestBusy,
            Select::LeastOccupied => Self::LeastOccupied,
            Select::BestFit => Self::BestFit,
            Select::Random => Self::Random,
            Select::Percentage => Self::Percentage,
        }
    }
}

/// Who is chosen, and who is not.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"select": "best_fit", "exclude": ["ben"],
    "last_agent": {"agent": "anna", "wait_ms": 20_000}}))]
pub(crate) struct SelectionIn {
    /// How one is chosen among several.
    select: SelectWord,
    /// Agents who do not get it, by name.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = Vec<String>, max_items = 64)]
    exclude: BTreeSet<Text<Name>>,
    /// Whom to wait for first, whatever the target says. One who is not logged in is not waited
    /// for.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_agent: Option<LastAgentIn>,
    /// Whether the agent who handled the interaction first is left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    not_author: bool,
    /// Whether the agent who last reviewed it is left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    not_reviewer: bool,
}

/// An agent to be waited for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LastAgentIn {
    /// Who, by name.
    #[schema(value_type = String, example = "anna", min_length = 1, max_length = 64)]
    agent: Text<Name>,
    /// How long, in milliseconds: at most a day.
    #[schema(example = 20_000, maximum = 86_400_000)]
    wait_ms: u64,
}

impl SelectionIn {
    /// Whether weights have a meaning.
    pub(crate) fn by_percentage(&self) -> bool {
        matches!(self.select, SelectWord::Percentage)
    }

    pub(crate) fn into_model(self) -> Selection {
        Selection {
            select: self.select.into(),
            exclude: self.exclude.into_iter().map(|name| name.0).collect(),
            last_agent: self.last_agent.map(|last| LastAgent {
                agent: last.agent.0,
                wait: Millis(last.wait_ms),
            }),
            not_author: self.not_author,
            not_reviewer: self.not_reviewer,
        }
    }
}

impl From<Selection> for SelectionIn {
    fn from(it: Selection) -> Self {
        Self {
            select: it.select.into(),
            exclude: it.exclude.into_iter().map(Text).collect(),
            last_agent: it.last_agent.map(|last| LastAgentIn {
                agent: Text(last.agent),
                wait_ms: last.wait.0,
            }),
            not_author: it.not_author,
            not_reviewer: it.not_reviewer,
        }
    }
}

/// What of a waiting request is to be different; what is left out stays.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"priority": 5}))]
pub(crate) struct RouteChange {
    /// How urgent. The request keeps its age: within the priority it stands where its wait says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -32768, maximum = 32767, example = 5)]
    priority: Option<i16>,
    /// Wait credited, in milliseconds, in place of what was credited before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    credit_ms: Option<u64>,
    /// Whom to want; steps count from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::route::TargetSchema>)]
    target: Option<TargetIn>,
    /// Whom to want, as the older routing server writes it. Either this or `target`, or neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::targets::TargetsSchema>)]
    targets: Option<TargetsIn>,
    /// Who is chosen, in place of all that was said about it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    selection: Option<SelectionIn>,
}

impl RouteChange {
    pub(crate) fn into_model(self) -> Result<Change, Problem> {
        let (target, targets) = match (self.target, &self.targets) {
            (target, None) => (target.map(|target| target.0), None),
            (None, Some(targets)) => {
                let (target, more) = targets.target()?;
                (Some(target), more)
            }
            (Some(_), Some(_)) => {
                let problem = "a route request has either `target` or `targets`";
                return Err(Problem::invalid("/target", problem));
            }
        };
        Ok(Change {
            tier: self.priority.map(Tier),
            credit: self.credit_ms.map(Millis),
            target,
            targets,
            selection: self.selection.map(SelectionIn::into_model),
        })
    }

    /// What the writer of documented targets should know.
    pub(crate) fn notices(&self) -> Vec<String> {
        let by_percentage = self
            .selection
            .as_ref()
            .is_none_or(SelectionIn::by_percentage);
        let targets = self.targets.as_ref();
        targets.map_or_else(Vec::new, |targets| targets.notices(by_percentage))
    }
}

/// Who is chosen for a waiting request, and who is not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SelectionView {
    select: SelectWord,
    /// Agents who do not get it.
    #[schema(value_type = Vec<String>)]
    exclude: Vec<Text<AgentId>>,
    /// Whom it waits for before it wants its target.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    last_agent: Option<Text<AgentId>>,
}

impl SelectionView {
    pub(crate) fn new(more: &More) -> Self {
        Self {
            select: more.select.into(),
            exclude: more.exclude.iter().copied().map(Text).collect(),
            last_agent: more.last.as_ref().map(|last| Text(last.agent)),
        }
    }
}
