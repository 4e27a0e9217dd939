//! Who serves whom: which free agent a request gets, and which request a free agent gets.
//!
//! Requests that wait in one virtual queue, over one medium, with one and the same expression
//! form a *line*: whoever may take one of them may take all of them, so only the first of a
//! line can be the best, and a line's order needs no look at agents. [`Matcher`] keeps one
//! counted tree per line and one per virtual queue (for places), one set of agents per
//! expression and one set of expressions per agent; [`Naive`] does what the words say, one pair
//! after the other, and is what the tests hold [`Matcher`] against.
//!
//! Nothing here reads a clock, draws a random number or walks a hash table, so equal calls
//! give equal answers on every machine.

mod agents;
mod bits;
#[cfg(test)]
mod golden;
mod lines;
mod marks;
mod matcher;
mod naive;
mod qualified;
mod rows;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use lines::InLine;
pub use matcher::Matcher;
pub(crate) use matcher::Watched;
pub use naive::Naive;

use ringback_model::capacity::MediaSet;
use ringback_model::target::{Expression, Gate, Qualification};
use ringback_model::{AgentId, EngineTime, Medium, OrderKey, RouteRequestId, VirtualQueueId};

/// A request that competes for agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Which request.
    pub id: RouteRequestId,
    /// Where it waits.
    pub virtual_queue: VirtualQueueId,
    /// Which capacity of the agent it needs.
    pub medium: Medium,
    /// Its place in line. Two requests with equal keys are served in the order of their ids.
    pub key: OrderKey,
}

/// The agent a request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentFound {
    /// Who.
    pub agent: AgentId,
    /// Since when this agent is free for the medium.
    pub idle_since: EngineTime,
    /// How many agents are free for the medium and satisfy the expression, counted before
    /// anybody was asked whether they may.
    pub candidates: u32,
}

/// Where a request stands in its virtual queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceInLine {
    /// How many stand before it.
    pub ahead: u32,
    /// How many wait in the virtual queue, itself included.
    pub waiting: u32,
}

/// Who stands before a request in its virtual queue, as one agent sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ahead {
    /// How many stand before it.
    pub total: u32,
    /// How many of them the agent cannot take right now: not skilled, or not free for the
    /// medium.
    pub not_for_agent: u32,
}

/// Who could serve a request, free or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WhoCould {
    /// The first of them, by id.
    pub first: Vec<AgentId>,
    /// How many agents satisfy the expression.
    pub qualified: u32,
    /// How many of those are free for the medium now.
    pub free: u32,
}

/// What thresholds count agents by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Presence {
    /// Whether he is logged in.
    pub logged_in: bool,
    /// Whether he handles something.
    pub busy: bool,
    /// For which media he is ready, with room or without.
    pub ready: MediaSet,
}

/// Which agents are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Those who are logged in.
    LoggedIn,
    /// Those who handle something.
    Busy,
    /// Those who are ready for some medium.
    ReadyForSome,
    /// Those who are ready for this medium.
    Ready(Medium),
    /// Those who are free for this medium.
    Free(Medium),
}

/// Matching of requests and agents. Ids that are not known are answered like ids nobody has:
/// `None`, `false` or zero.
pub trait Matching {
    /// Makes an agent, free for nothing, or changes what one is qualified for.
    fn put_agent(&mut self, agent: AgentId, who: &Qualification);

    /// Forgets an agent.
    fn remove_agent(&mut self, agent: AgentId) -> bool;

    /// Says that the agent can take one more of this medium now and is idle since then, or
    /// (`None`) that it cannot.
    fn set_free(&mut self, agent: AgentId, medium: Medium, idle_since: Option<EngineTime>);

    /// Says where the agent is, for thresholds.
    fn set_presence(&mut self, agent: AgentId, presence: Presence);

    /// Says whether a threshold holds: expressions it stands in hold accordingly.
    fn set_open(&mut self, gate: &Gate, open: bool);

    /// Keeps who satisfies an expression at hand, so that they are counted without a walk. As
    /// often as it is called, [`Matching::unwatch`] has to be.
    fn watch(&mut self, of: &Expression);

    /// Once less.
    fn unwatch(&mut self, of: &Expression);

    /// How many of those who satisfy an expression are counted.
    fn count(&self, of: &Expression, counted: Counted) -> u32;

    /// Calls `visit` with those who satisfy an expression and are counted, in no particular order.
    fn each(&self, of: &Expression, counted: Counted, visit: &mut dyn FnMut(AgentId));

    /// Whether an agent satisfies an expression.
    fn satisfies(&self, agent: AgentId, of: &Expression) -> bool;

    /// Lets a request wait for agents that satisfy `wanted`. One that waits already is moved.
    fn add(&mut self, request: Waiting, wanted: &Expression);

    /// Takes a request out.
    fn remove(&mut self, request: RouteRequestId) -> bool;

    /// The agent this request gets: free for its medium, satisfying its expression, allowed
    /// by `may`; of those the longest idle, then the one with the smallest id.
    ///
    /// `may` is asked in that order and no further than its first yes.
    fn agent_for(
        &self,
        request: RouteRequestId,
        may: &mut dyn FnMut(AgentId) -> bool,
    ) -> Option<AgentFound>;

    /// The agent a request gets by another rule: of those free for its medium who satisfy its
    /// expression the one `rank` gives the smallest number, then the longest idle, then the one
    /// with the smallest id. `rank` is asked once about each and says `None` of who may not.
    fn agent_ranked(
        &self,
        request: RouteRequestId,
        rank: &mut dyn FnMut(AgentId) -> Option<u64>,
    ) -> Option<AgentFound>;

    /// The request this agent gets: of a medium it is free for, with an expression it
    /// satisfies, allowed by `may`; of those the first in order.
    ///
    /// `may` is asked in that order and no further than its first yes.
    fn request_for(
        &self,
        agent: AgentId,
        may: &mut dyn FnMut(RouteRequestId) -> bool,
    ) -> Option<RouteRequestId>;

    /// The exact place of a request in its virtual queue.
    fn place(&self, request: RouteRequestId) -> Option<PlaceInLine>;

    /// Who stands before a request, and how many of those are not for this agent.
    fn ahead_of(&self, request: RouteRequestId, agent: AgentId) -> Ahead;

    /// Who could serve a request, free or not; names at most `limit` of them.
    fn first_agents(&self, request: RouteRequestId, limit: usize) -> WhoCould;

    /// How many requests wait in a virtual queue.
    fn waiting(&self, queue: VirtualQueueId) -> u32;

    /// The first `limit` requests of a virtual queue, in order.
    fn in_order(&self, queue: VirtualQueueId, limit: usize) -> Vec<RouteRequestId>;

    /// How many requests wait at all.
    fn len(&self) -> usize;

    /// Whether nothing waits.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
