//! Offers as the API shows and takes them.

use crate::screen_pops::PopView;
use crate::text::{Text, Time};
use ringback_model::interaction::Wish;
use ringback_model::offer::{NotTaken, Occasion, Offer};
use ringback_model::place::BackTo;
use ringback_model::{AgentId, InteractionId, Medium, Name, OfferId, RouteRequestId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Why an agent does not take an offer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "busy"}))]
pub(crate) struct Reject {
    /// Why, in one word.
    #[schema(value_type = String, example = "busy", min_length = 1, max_length = 64)]
    pub(crate) reason: Text<Name>,
}

/// An invitation of one agent to one interaction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferView {
    #[schema(value_type = String, example = "o5")]
    id: Text<OfferId>,
    #[schema(value_type = String, example = "i42")]
    interaction: Text<InteractionId>,
    /// The request that was matched; absent when another agent asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "r9")]
    request: Option<Text<RouteRequestId>>,
    /// What another agent asks for: `transfer`, `consult` or `conference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "consult")]
    wish: Option<&'static str>,
    #[schema(value_type = String, example = "a7")]
    agent: Text<AgentId>,
    #[schema(value_type = String, example = "voice")]
    medium: Text<Medium>,
    #[schema(value_type = String, format = DateTime)]
    made_at: Time,
    /// When it lapses.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// Where the interaction goes if nobody takes it: `queue`, `routing`, `workbin`,
    /// or `handling` when its owner keeps it.
    #[schema(example = "routing")]
    back_to: &'static str,
    decision: DecisionView,
    /// Pages of other systems that the agent's desk opens with it; shown to the agent himself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    screen_pops: Vec<PopView>,
}

impl OfferView {
    /// The same, with what the desk opens.
    pub(crate) fn with_pops(self, screen_pops: Vec<PopView>) -> Self {
        Self {
            screen_pops,
            ..self
        }
    }
}

/// Why this agent and this interaction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionView {
    /// `request_came` when a request looked for an agent, `agent_came` when an agent looked for
    /// work, `asked` when another agent asked for this one.
    #[schema(example = "agent_came")]
    occasion: &'static str,
    /// How the agent was chosen: `longest_idle`, `fewest_busy`, `least_occupied`, `best_fit`,
    /// `random` or `last_agent`.
    #[schema(example = "longest_idle")]
    rule: &'static str,
    /// Agents who could have taken it.
    candidates: u32,
    /// How long the agent had been idle, in milliseconds.
    idle_ms: u64,
    /// How long the request had waited, in milliseconds.
    waited_ms: u64,
    /// The step of its target in force, from 0.
    step: u8,
    /// Requests that were overtaken.
    ahead: u32,
    /// Of these, requests this agent cannot take.
    ahead_not_for_agent: u32,
    /// Of these, requests this agent did not take a moment ago.
    ahead_cooling: u32,
    /// Of these, requests that exclude this agent.
    ahead_excluded: u32,
    /// Agents who are wanted and could not take it, by what held each of them back. Told when
    /// the request looked for an agent and at most 8 others are wanted.
    skipped: BTreeMap<&'static str, u32>,
}

impl From<&Offer> for OfferView {
    fn from(offer: &Offer) -> Self {
        let decision = &offer.decision;
        let details = decision.more.get();
        Self {
            id: Text(offer.id),
            interaction: Text(offer.interaction),
            request: offer.request.map(Text),
            wish: offer.wish.map(wish),
            agent: Text(offer.agent),
            medium: Text(offer.medium),
            made_at: Time::of(offer.made),
            expires_at: Time::at(offer.made, offer.until),
            back_to: back_to(&offer.back_to),
            decision: DecisionView {
                occasion: match decision.occasion {
                    Occasion::RequestCame => "request_came",
                    Occasion::AgentCame => "agent_came",
                    Occasion::Asked => "asked",
                },
                rule: decision.rule.name(),
                candidates: decision.candidates,
                idle_ms: decision.idle.0,
                waited_ms: decision.waited.0,
                step: decision.step,
                ahead: decision.ahead,
                ahead_not_for_agent: decision.ahead_not_for_agent,
                ahead_cooling: decision.ahead_cooling,
                ahead_excluded: details.map_or(0, |it| it.ahead_excluded),
                skipped: details
                    .into_iter()
                    .flat_map(|it| &it.skipped)
                    .map(|(obstacle, count)| (obstacle.name(), *count))
                    .collect(),
            },
            screen_pops: Vec::new(),
        }
    }
}

/// Where an interaction returns to, as a word.
pub(crate) const fn back_to(back_to: &BackTo) -> &'static str {
    match back_to {
        BackTo::Queue => "queue",
        BackTo::Routing => "routing",
        BackTo::Workbin { .. } => "workbin",
        BackTo::Handling => "handling",
    }
}

/// What one agent asks another for, as a word.
pub(crate) const fn wish(wish: Wish) -> &'static str {
    match wish {
        Wish::Transfer => "transfer",
        Wish::Consult => "consult",
        Wish::Conference => "conference",
    }
}

/// How an offer ended without being accepted, as a word and the agent's reason.
pub(crate) fn not_taken(how: &NotTaken) -> (&'static str, Option<&Name>) {
    match how {
        NotTaken::Rejected { reason } => ("rejected", Some(reason)),
        NotTaken::Lapsed => ("lapsed", None),
        NotTaken::DeskGone => ("desk_gone", None),
        NotTaken::InteractionStopped => ("interaction_stopped", None),
        NotTaken::Withdrawn => ("withdrawn", None),
        NotTaken::TakenOut => ("taken_out", None),
    }
}
