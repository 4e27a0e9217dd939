//! What writes answer.

use crate::text::Text;
use ringback_model::{DeskSessionId, InteractionId, Outcome, RouteRequestId};
use ringback_ports::envelope::Answer;
use serde::Serialize;
use utoipa::ToSchema;

/// A write was taken; it is durable.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Written {
    /// The interaction that was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "i42", pattern = "^i[1-9][0-9]{0,18}$")]
    pub(crate) interaction: Option<Text<InteractionId>>,
    /// The route request that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "r9", pattern = "^r[1-9][0-9]{0,18}$")]
    pub(crate) request: Option<Text<RouteRequestId>>,
    /// The desk of the agent who logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "d4", pattern = "^d[1-9][0-9]{0,18}$")]
    pub(crate) session: Option<Text<DeskSessionId>>,
    /// The version of the configuration object from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 3)]
    pub(crate) version: Option<u64>,
    /// What the writer of documented targets should know: names of statistics servers that were
    /// ignored, expressions that have two readings, weights without effect.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notices: Vec<String>,
    /// The record it stands in. A read with `at_least` this sees it.
    #[schema(example = 812)]
    pub(crate) sequence: u64,
}

impl From<&Answer> for Written {
    fn from(answer: &Answer) -> Self {
        let mut written = Self {
            sequence: answer.sequence.0,
            ..Self::default()
        };
        match answer.outcome {
            Outcome::Done => {}
            Outcome::Submitted {
                interaction,
                request,
            } => {
                written.interaction = Some(Text(interaction));
                written.request = request.map(Text);
            }
            Outcome::Requested { request } => written.request = Some(Text(request)),
            Outcome::LoggedIn { session } => written.session = Some(Text(session)),
            // The log-in answers in its own shape.
            Outcome::PersonLoggedIn { .. } => {}
            Outcome::Put { version } => written.version = Some(version),
        }
        written
    }
}

/// A person's values can be read by nobody any more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErasedAnswer {
    /// Always true.
    pub(crate) erased: bool,
    /// The record the erasure stands in.
    #[schema(example = 812)]
    pub(crate) sequence: u64,
}
