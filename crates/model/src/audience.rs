//! Who hears of what happened, beside the one it is about.

use crate::id::AgentId;
use serde::{Deserialize, Serialize};

/// Agents who hear of one event because they have to do with its interaction: they take part in
/// it, are asked to, or it lies in a workbin of theirs. The agent the event itself names hears of
/// it anyway and does not stand here. Most events concern nobody else and have no entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Others {
    /// Which event of the step, from 0.
    pub event: u32,
    /// Who, in order of their ids.
    pub agents: Vec<AgentId>,
}
