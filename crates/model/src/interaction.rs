//! Interactions: from submitting to stopping.

pub mod capability;
pub mod change;
pub mod more;
pub mod wrap;

pub use capability::{Capabilities, Capability};
pub use change::{Change, Edit};
pub use more::{Doer, Exit, ExitTo, Handed, Lock, More, Particulars, Placed, PlacedSequence, Rest};
pub use wrap::{Wrap, WrapAct};

use crate::id::{AgentId, ContactId, InteractionId, ObjectId, QueueId, RouteRequestId};
use crate::medium::Medium;
use crate::name::Name;
use crate::order::Tier;
use crate::place::{BinOwner, Party, Place, Role};
use crate::rare::Rare;
use crate::route;
use crate::time::{EngineTime, Now};
use crate::value::UserData;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// The route requests of one interaction. Most have one, some two: these take no room of their own.
pub type Requests = SmallVec<[RouteRequestId; 2]>;

/// One piece of customer contact in any medium.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// How the customer made contact.
    pub medium: Medium,
    /// What it is about, broadly, for example `inbound`.
    pub kind: Name,
    /// What it is about, more closely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subkind: Option<Name>,
    /// How urgent its requests are unless they say otherwise.
    pub tier: Tier,
    /// The interaction queue it belongs to.
    pub queue: QueueId,
    /// Who it is with, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    /// The interaction it came out of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<InteractionId>,
    /// The first interaction of the thread it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<InteractionId>,
    /// What the integrator attached.
    pub user_data: UserData,
    /// When it was accepted into the house.
    pub submitted: Now,
    /// Where it is.
    pub place: Place,
    /// Who takes part.
    pub parties: Vec<Party>,
    /// Its route requests that are neither matched nor cancelled, oldest first.
    pub requests: Requests,
    /// Grows with every change; the entity tag of the API.
    pub version: u64,
    /// What few interactions have.
    #[serde(default, skip_serializing_if = "Rare::is_none")]
    pub more: Rare<More>,
}

impl Interaction {
    /// The agent who owns it, while it is handled.
    #[must_use]
    pub fn owner(&self) -> Option<AgentId> {
        self.parties
            .iter()
            .find_map(|party| match (party.who, party.role) {
                (crate::place::Who::Agent(agent), Role::Owner) => Some(agent),
                _ => None,
            })
    }

    /// What it has of what few have.
    #[must_use]
    pub fn said(&self) -> Option<&Particulars> {
        self.more.get().map(|more| &more.said)
    }

    /// When it was placed where it rests, or last rested.
    #[must_use]
    pub fn placed(&self) -> Placed {
        let placed = self.more.get().and_then(|more| more.placed);
        placed.unwrap_or(Placed {
            at: self.submitted,
            sequence: PlacedSequence {
                submitted: self.id.0,
                placing: 0,
            },
        })
    }

    /// What views did with it since a person last had to do with it.
    #[must_use]
    pub fn handed(&self) -> Option<&Handed> {
        self.more.get()?.handed.as_deref()
    }

    /// The view by which it is under way, and the segment it counts in there.
    #[must_use]
    pub fn under_way(&self) -> Option<(ObjectId, Option<&str>)> {
        let handed = self.handed().filter(|handed| handed.under_way)?;
        Some((handed.view, handed.segment.as_deref()))
    }

    /// How this agent takes part in it.
    #[must_use]
    pub fn party(&self, agent: AgentId) -> Option<&Party> {
        let who = crate::place::Who::Agent(agent);
        self.parties.iter().find(|party| party.who == who)
    }

    /// The wrap-up, while its owner works on it after the contact.
    #[must_use]
    pub fn wrap(&self) -> Option<&Wrap> {
        self.more.get().and_then(|more| more.wrap.as_ref())
    }

    /// Whether the customer is on the line: such contact is never torn away by a timer and does
    /// not lie in a workbin.
    #[must_use]
    pub fn is_live(&self) -> bool {
        let online = || self.said().is_some_and(|said| said.online);
        self.wrap().is_none() && (self.medium == Medium::Voice || online())
    }
}

/// What an event is about: an interaction and the queue it belonged to at that moment. The
/// queue travels with the event so that rights and reports need no look at the state. Every
/// event that has a subject raises the version of its interaction by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// Which interaction.
    pub interaction: InteractionId,
    /// The interaction queue it belonged to.
    pub queue: QueueId,
}

/// What a new interaction is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// The interaction queue it goes to, by name.
    pub queue: Name,
    /// How the customer made contact.
    pub medium: Medium,
    /// What it is about, broadly.
    pub kind: Name,
    /// What it is about, more closely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subkind: Option<Name>,
    /// How urgent.
    #[serde(default)]
    pub tier: Tier,
    /// With whom, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    /// The interaction it came out of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<InteractionId>,
    /// What the integrator attached.
    #[serde(default)]
    pub user_data: UserData,
    /// A route request to make in the same step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<route::Ask>,
    /// What else is said of it.
    #[serde(default, skip_serializing_if = "Rare::is_none")]
    pub said: Rare<Particulars>,
}

/// Where an interaction is to be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// Into an interaction queue.
    Queue(Name),
    /// Into a workbin.
    Workbin {
        /// Whose.
        owner: BinOwner,
        /// Which.
        workbin: Name,
    },
    /// Into a workbin of the agent who created it or was the first to handle it.
    Author {
        /// Which.
        workbin: Name,
    },
    /// Into a workbin of a group.
    GroupWorkbin {
        /// Whose, by name.
        group: Name,
        /// Which.
        workbin: Name,
    },
    /// Into the interaction queue it belongs to, in a new place.
    Own,
    /// Where it rested before it was pulled or routed, in its old order; people write `__BACK__`.
    Back,
    /// By one of its named ways out.
    Exit(Name),
}

/// What an agent is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// To take it over.
    Transfer,
    /// To advise the owner; the customer does not know.
    Consult,
    /// To take part on equal terms.
    Conference,
}

/// What can be asked about an interaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Take a new interaction into the house.
    Submit(Box<Submission>),
    /// Its owner is done with it.
    Complete {
        /// Which interaction.
        interaction: InteractionId,
        /// Who says so; must be the owner.
        agent: AgentId,
        /// Why it is over.
        reason: Name,
        /// What came of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disposition: Option<Name>,
    },
    /// End it without an owner's completion.
    Stop {
        /// Which interaction.
        interaction: InteractionId,
        /// In what way.
        cause: StopCause,
    },
    /// An agent begins work of his own: owns it at once.
    Begin {
        /// Who.
        agent: AgentId,
        /// What it is made of; without a route request.
        new: Box<Submission>,
    },
    /// Put it somewhere to rest.
    Place {
        /// Which interaction.
        interaction: InteractionId,
        /// On whose behalf.
        by: Doer,
        /// Where.
        to: Destination,
        /// What changes on the way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<Box<Change>>,
        /// Only if it is at this version.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected: Option<u64>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Name>,
        /// Also if an agent or the routing is at work on it; for supervisors.
        #[serde(default)]
        force: bool,
        /// A route request to make in the same step; not of what goes into a workbin. The agent
        /// who hands it on is not among those who are asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        route: Option<Box<route::Ask>>,
    },
    /// An agent takes it from where it rests.
    Pull {
        /// Which interaction.
        interaction: InteractionId,
        /// Who.
        agent: AgentId,
        /// To look it over: he becomes its reviewer.
        #[serde(default)]
        review: bool,
    },
    /// Change what is known of it.
    Change {
        /// Which interaction.
        interaction: InteractionId,
        /// On whose behalf.
        by: Doer,
        /// What.
        change: Box<Change>,
        /// Only if it is at this version.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected: Option<u64>,
    },
    /// Its owner asks another agent.
    Invite {
        /// Which interaction.
        interaction: InteractionId,
        /// The owner.
        agent: AgentId,
        /// Who is asked.
        to: AgentId,
        /// For what.
        wish: Wish,
    },
    /// An agent listens to it.
    Join {
        /// Which interaction.
        interaction: InteractionId,
        /// Who.
        agent: AgentId,
        /// And speaks to its owner.
        #[serde(default)]
        coach: bool,
    },
    /// An agent stops taking part.
    Leave {
        /// Which interaction.
        interaction: InteractionId,
        /// Who.
        agent: AgentId,
    },
    /// Its owner lets the customer wait.
    Hold {
        /// Which interaction.
        interaction: InteractionId,
        /// The owner.
        agent: AgentId,
    },
    /// Its owner goes on.
    Resume {
        /// Which interaction.
        interaction: InteractionId,
        /// The owner.
        agent: AgentId,
    },
    /// Keep others from changing it.
    Lock {
        /// Which interaction.
        interaction: InteractionId,
        /// On whose behalf.
        by: Doer,
    },
    /// Its owner does something about his wrap-up.
    Wrap {
        /// Which interaction.
        interaction: InteractionId,
        /// The owner.
        agent: AgentId,
        /// What he does.
        act: WrapAct,
    },
    /// Let others change it again. A supervisor may end the lock of anybody.
    Unlock {
        /// Which interaction.
        interaction: InteractionId,
        /// On whose behalf.
        by: Doer,
    },
}

/// Why an interaction is ended from outside.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// The customer went away.
    Abandoned,
    /// Somebody with the right to do so ended it.
    Cancelled {
        /// Why.
        reason: Name,
    },
}

/// How an interaction ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Its owner completed it.
    Completed {
        /// The owner.
        agent: AgentId,
        /// Why it is over.
        reason: Name,
        /// What came of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disposition: Option<Name>,
    },
    /// The customer went away.
    Abandoned,
    /// The customer went away while an agent had it in hand, who said what came of it.
    AbandonedWith {
        /// What came of it.
        disposition: Name,
    },
    /// It was ended from outside.
    Cancelled {
        /// Why.
        reason: Name,
    },
}

/// What happened to an interaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It was accepted into the house; the record as it is now.
    Submitted(Box<Interaction>),
    /// It belongs to another interaction queue from now on; it stays where it is otherwise.
    Moved {
        /// Which interaction, and the queue it belonged to so far.
        of: Subject,
        /// The queue it belongs to now.
        to: QueueId,
    },
    /// It is over, for good; every claim on it is released and it leaves the state.
    Stopped {
        /// Which interaction.
        of: Subject,
        /// The agent who owned it, if it was handled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<AgentId>,
        /// How.
        ending: Ending,
        /// When.
        at: Now,
    },
    /// It rests somewhere.
    Placed {
        /// Which interaction, and its queue before.
        of: Subject,
        /// Where.
        to: Rest,
        /// Its interaction queue from now on.
        queue: QueueId,
        /// On whose behalf.
        by: Doer,
        /// Why it was placed.
        why: WhyPlaced,
        /// When.
        at: Now,
        /// Its order there; `None` when it has its old one again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sequence: Option<PlacedSequence>,
    },
    /// An agent took it from where it rested, and owns it.
    Pulled {
        /// Which interaction.
        of: Subject,
        /// From where.
        from: Rest,
        /// Who.
        agent: AgentId,
        /// To look it over.
        #[serde(default)]
        review: bool,
        /// When.
        at: Now,
        /// Its medium.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        medium: Option<Medium>,
    },
    /// Something known of it changed.
    Changed {
        /// Which interaction.
        of: Subject,
        /// What.
        change: Box<Change>,
        /// On whose behalf.
        by: Doer,
    },
    /// An agent takes part in it, in this role from now on.
    Joined {
        /// Which interaction.
        of: Subject,
        /// Who.
        agent: AgentId,
        /// As what.
        role: Role,
        /// When.
        at: Now,
        /// Its medium.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        medium: Option<Medium>,
    },
    /// An agent takes part in it no more; his claim on it is released.
    Left {
        /// Which interaction.
        of: Subject,
        /// Who.
        agent: AgentId,
        /// As what he took part.
        role: Role,
        /// Why.
        why: WhyLeft,
        /// When.
        at: Now,
    },
    /// Its owner lets the customer wait.
    Held {
        /// Which interaction.
        of: Subject,
        /// The owner.
        agent: AgentId,
        /// When.
        at: Now,
    },
    /// Its owner went on.
    Resumed {
        /// Which interaction.
        of: Subject,
        /// The owner.
        agent: AgentId,
        /// When.
        at: Now,
    },
    /// Only one may change it from now on.
    Locked {
        /// Which interaction.
        of: Subject,
        /// Who.
        by: Doer,
        /// When.
        at: Now,
    },
    /// The contact is over and its owner wraps it up; until then it is not stopped.
    WrapBegun {
        /// Which interaction.
        of: Subject,
        /// The owner.
        agent: AgentId,
        /// The wrap-up.
        wrap: Box<Wrap>,
    },
    /// The wrap-up ends at another time, or something else came of the contact.
    WrapChanged {
        /// Which interaction.
        of: Subject,
        /// The owner.
        agent: AgentId,
        /// When it ends by itself from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<EngineTime>,
        /// What came of the contact.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disposition: Option<Name>,
    },
    /// Everybody with the right may change it again.
    Unlocked {
        /// Which interaction.
        of: Subject,
        /// Whose lock it was.
        held_by: Doer,
        /// Who ended it.
        by: Doer,
    },
    /// A view pulled it from its queue and hands it over; what it is handed to follows.
    Handed {
        /// Which interaction.
        of: Subject,
        /// Which view.
        view: ObjectId,
        /// The segment it is under way in, if the view has segments and it belongs to one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        segment: Option<String>,
        /// How often views have handed it over since a person last had to do with it, this time
        /// included.
        pulls: u8,
        /// When.
        at: Now,
    },
}

/// Why an interaction was placed somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyPlaced {
    /// Somebody wanted it there.
    Asked {
        /// The reason he gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Name>,
    },
    /// Its owner left and nobody else was there.
    OwnerLeft,
    /// Its owner's desk was silent for too long.
    HandlingTimedOut,
}

/// Why an agent takes part no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyLeft {
    /// He wanted to.
    Chosen,
    /// He handed it to another agent.
    Transferred,
    /// He put it somewhere to rest.
    Placed,
    /// A supervisor took it out of his hands: `interaction.notcontrolled`.
    TakenOut,
    /// His desk was silent for too long.
    TimedOut,
    /// The owner who had asked him takes part no more.
    OwnerLeft,
    /// The interaction is over.
    Stopped,
    /// He logged out.
    LoggedOut,
}

/// Why something asked about an interaction was turned down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Never given out.
    #[error("there is no interaction {0}")]
    Unknown(InteractionId),
    /// It was, but it is over.
    #[error("interaction {0} has been stopped; ask the history for it")]
    Stopped(InteractionId),
    /// Only an interaction that is handled can be completed.
    #[error(
        "interaction {interaction} is not being handled (it is in place {place:?}): accept an offer of it first"
    )]
    NotHandled {
        /// Which interaction.
        interaction: InteractionId,
        /// Where it is.
        place: String,
    },
    /// Someone else owns it.
    #[error("interaction {interaction} is owned by {owner}, not by {agent}")]
    NotOwner {
        /// Which interaction.
        interaction: InteractionId,
        /// Who owns it.
        owner: AgentId,
        /// Who asked.
        agent: AgentId,
    },
    /// The queue is full.
    #[error(
        "queue {queue} already holds {limit} interactions: try again later or raise its limit `open_max`"
    )]
    QueueFull {
        /// Which queue.
        queue: Name,
        /// Its limit.
        limit: u32,
    },
    /// The tenant holds too many open interactions.
    #[error("{limit} interactions are open, the limit of this tenant (`open_max` in the settings)")]
    TooManyOpen {
        /// The limit.
        limit: u32,
    },
    /// No such queue.
    #[error("there is no queue {0}: make it with PUT /v1/queues/{0}")]
    UnknownQueue(Name),
    /// It is in a place where this is not possible.
    #[error("interaction {interaction} is in place {place}: this is possible in {possible}")]
    WrongPlace {
        /// Which interaction.
        interaction: InteractionId,
        /// Where it is.
        place: String,
        /// Where it would have to be.
        possible: String,
    },
    /// The routing or an agent is at work on it.
    #[error(
        "interaction {interaction} is in place {place}, somebody is at work on it: wait, or take it out with `force`"
    )]
    Busy {
        /// Which interaction.
        interaction: InteractionId,
        /// Where it is.
        place: String,
    },
    /// Somebody keeps others from changing it.
    #[error(
        "interaction {interaction} is locked by {by} since {since}: wait, or let a supervisor unlock it"
    )]
    Locked {
        /// Which interaction.
        interaction: InteractionId,
        /// Who holds the lock.
        by: Doer,
        /// Since when, in engine time.
        since: EngineTime,
    },
    /// Nobody does.
    #[error("interaction {0} is not locked")]
    NotLocked(InteractionId),
    /// Somebody else was faster.
    #[error(
        "interaction {interaction} is at version {found}, not at {expected}: read it again and repeat the change"
    )]
    VersionMismatch {
        /// Which interaction.
        interaction: InteractionId,
        /// Its version.
        found: u64,
        /// The version the change was made against.
        expected: u64,
    },
    /// It has no such way out.
    #[error("interaction {interaction} has no way out named {exit} (`in_queues`, `out_queues`)")]
    UnknownExit {
        /// Which interaction.
        interaction: InteractionId,
        /// What was asked for.
        exit: Name,
    },
    /// Nobody created or handled it yet.
    #[error("interaction {0} has no author yet: nobody created or handled it")]
    NoAuthor(InteractionId),
    /// It lies in somebody else's workbin.
    #[error("interaction {interaction} lies in a workbin of {owner}, not of {agent}")]
    WorkbinOfAnother {
        /// Which interaction.
        interaction: InteractionId,
        /// Whose workbin.
        owner: BinOwner,
        /// Who asked.
        agent: AgentId,
    },
    /// The customer is on the line.
    #[error("the customer of interaction {0} is on the line: it cannot lie in a workbin")]
    Live(InteractionId),
    /// The agent does not take part.
    #[error("agent {agent} takes no part in interaction {interaction}")]
    NotParty {
        /// Which interaction.
        interaction: InteractionId,
        /// Who.
        agent: AgentId,
    },
    /// The agent takes part or is asked already.
    #[error("agent {agent} takes part in interaction {interaction} already, or is asked to")]
    PartyAlready {
        /// Which interaction.
        interaction: InteractionId,
        /// Who.
        agent: AgentId,
    },
    /// Too many take part.
    #[error("interaction {interaction} has {limit} agents, invited ones included, the limit")]
    TooManyParties {
        /// Which interaction.
        interaction: InteractionId,
        /// The limit.
        limit: usize,
    },
    /// It is on hold already.
    #[error("interaction {0} is on hold already: resume it first")]
    Held(InteractionId),
    /// It is not on hold.
    #[error("interaction {0} is not on hold")]
    NotHeld(InteractionId),
    /// Its owner wraps it up.
    #[error(
        "the contact of interaction {0} is over and its owner wraps it up: the wrap-up can be finished or extended, nothing else"
    )]
    WrappingUp(InteractionId),
    /// Its owner does not wrap it up.
    #[error("interaction {0} is not in wrap-up: complete it first")]
    NotWrappingUp(InteractionId),
    /// The wrap-up is not made longer.
    #[error("the wrap-up of interaction {interaction} cannot be extended: {problem}")]
    NotExtended {
        /// Which interaction.
        interaction: InteractionId,
        /// Why not.
        problem: String,
    },
    /// What came of it is not said, or is none of the codes.
    #[error(
        "say what came of interaction {interaction} with one of the codes of the list {list}: {}", .codes.join(", ")
    )]
    Disposition {
        /// Which interaction.
        interaction: InteractionId,
        /// The list of codes its queue asks for.
        list: Name,
        /// The codes.
        codes: Vec<String>,
    },
    /// The reason with which it is to end is none of the codes.
    #[error(
        "{reason} is no reason with which interaction {interaction} can end: give one of {}", .codes.join(", ")
    )]
    Reason {
        /// Which interaction.
        interaction: InteractionId,
        /// What was said.
        reason: Name,
        /// The codes of all lists of such reasons.
        codes: Vec<String>,
    },
    /// The workbin is not declared, or is full, or belongs to others.
    #[error("workbin {workbin}: {problem}")]
    Workbin {
        /// Which.
        workbin: Name,
        /// What is wrong.
        problem: String,
    },
    /// Work an agent begins himself is his at once.
    #[error("an interaction begun by an agent is his at once: leave its route request out")]
    BegunWithRoute,
}
