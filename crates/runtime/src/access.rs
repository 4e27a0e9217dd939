//! The one gate for rights: what a role may do, and how far.
//!
//! [`TABLE`] is written by hand and is the whole truth about roles. Every command and every
//! question names its [`Action`]; whatever is not in the table does not compile.

use ringback_engine::State;
use ringback_engine::statistics::{Directory, Target};
use ringback_model::config::{Kind, Role, Scope};
use ringback_model::interaction::Doer;
use ringback_model::place::{BinOwner, Place};
pub use ringback_model::right::Action;
use ringback_model::statistic::{Subject, SubjectKind};
use ringback_model::{
    AgentId, Input, InteractionId, Name, ObjectId, QueueId, agent, config, interaction, login,
    offer, route,
};
use ringback_ports::envelope::{Actor, ActorRef, Denied, Right};
use ringback_ports::query::{Keeper, Query, QueryFault};
use std::collections::BTreeSet;

/// How far a role may go with an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Not at all.
    No,
    /// Only what concerns the agent the key belongs to.
    Own,
    /// Within the queues and groups of the key.
    Scope,
    /// Whatever the key reaches.
    Any,
    /// Only a key that reaches everything.
    Whole,
}

use Grant::{Any, No, Own, Scope as InScope, Whole};

/// Action by role: administrator, supervisor, agent, integrator, auditor.
pub const TABLE: [(Action, [Grant; 5]); 25] = [
    (Action::Submit, [InScope, InScope, No, InScope, No]),
    (Action::Complete, [Whole, No, Own, No, No]),
    (Action::Stop, [InScope, InScope, No, InScope, No]),
    (Action::Route, [InScope, InScope, No, InScope, No]),
    (Action::Handle, [Whole, No, Own, No, No]),
    (Action::Pull, [Whole, No, Own, No, No]),
    (Action::Arrange, [InScope, InScope, No, InScope, No]),
    (Action::Intervene, [InScope, InScope, No, No, No]),
    (Action::Answer, [Whole, No, Own, No, No]),
    (Action::Work, [InScope, InScope, Own, No, No]),
    (Action::Configure, [Whole, No, No, No, No]),
    (Action::Keys, [Whole, No, No, No, No]),
    (Action::People, [Whole, No, No, No, No]),
    (Action::OwnLogin, [Own, Own, Own, Own, Own]),
    (Action::Erase, [Whole, No, No, No, No]),
    (
        Action::SeeInteractions,
        [InScope, InScope, Own, InScope, InScope],
    ),
    (Action::Search, [InScope, InScope, No, InScope, InScope]),
    (Action::SeeAgents, [InScope, InScope, Own, No, InScope]),
    (Action::SeeQueues, [InScope, InScope, No, InScope, InScope]),
    (Action::SeeTotals, [Whole, Whole, No, No, Whole]),
    (Action::SeeConfiguration, [Whole, No, No, No, Whole]),
    (Action::SeeWords, [Any, Any, Any, Any, Any]),
    (Action::SeeSettings, [Whole, Whole, No, Whole, Whole]),
    (Action::SeeQuarantine, [Whole, No, No, No, No]),
    (Action::House, [No, No, No, No, No]),
];

/// What the table grants a role.
#[must_use]
pub fn grant(action: Action, role: Role) -> Grant {
    let column = Role::ALL.iter().position(|it| *it == role);
    let row = TABLE.iter().find(|(of, _)| *of == action);
    match (row, column) {
        (Some((_, grants)), Some(column)) => grants[column],
        _ => No,
    }
}

/// What an action is about, as far as rights go.
enum About {
    /// The tenant as a whole.
    Tenant,
    /// Something in a queue; `None` if there is no such thing.
    Queue(Option<QueueId>),
    /// An agent.
    Agent(AgentId),
    /// Agents, as many as the key reaches.
    Agents,
    /// A group of agents; `None` if there is no such group.
    Group(Option<ObjectId>),
    /// A person who logs in.
    Person(Name),
    /// An interaction and the agents who have to do with it.
    Interaction(InteractionId),
    /// An agent who takes an interaction that rests.
    Taking(AgentId, InteractionId),
}

/// Whether the actor may have this input decided.
///
/// # Errors
/// What is missing.
pub fn may_do(actor: &Actor, state: &State, input: &Input) -> Result<(), Denied> {
    let (action, about) = match input {
        Input::Login(input) => of_login(actor, state, input),
        input => of_input(state, input),
    };
    check(actor, state, action, &about)
}

/// Whether the actor may have this question answered.
///
/// # Errors
/// What is missing.
pub fn may_ask(actor: &Actor, state: &State, query: &Query) -> Result<(), Denied> {
    let (action, about) = of_query(actor, state, query);
    check(actor, state, action, &about)
}

/// Whether the actor may see what is counted of a subject; the subject again, if he may. What is
/// not there is out of scope like what is elsewhere, for whoever has a scope.
///
/// # Errors
/// What is missing, or that there is no such subject.
pub fn may_count(
    actor: &Actor,
    directory: &Directory,
    kind: SubjectKind,
    target: Result<Target, QueryFault>,
) -> Result<Target, QueryFault> {
    let Right::Key {
        role,
        scope,
        agent,
        only,
    } = &actor.right
    else {
        return target;
    };
    let action = match kind {
        SubjectKind::Queue | SubjectKind::VirtualQueue => Action::SeeQueues,
        SubjectKind::Agent | SubjectKind::Group => Action::SeeAgents,
        SubjectKind::Medium => Action::SeeTotals,
    };
    if only.as_ref().is_some_and(|only| !only.contains(&action)) {
        return Err(QueryFault::Denied(Denied::Action {
            action: action.words(),
        }));
    }
    let whole = *scope == Scope::Everything;
    let subject = target.as_ref().ok().map(|target| target.subject);
    let belongs = |id: AgentId| {
        let mine = directory.groups_of(id);
        let in_one = |groups: &BTreeSet<ObjectId>| mine.iter().any(|id| groups.contains(id));
        scope.groups().is_none_or(in_one)
    };
    let allowed = match grant(action, *role) {
        No => {
            return Err(QueryFault::Denied(Denied::Role {
                role: role.name(),
                action: action.words(),
            }));
        }
        Any => true,
        Whole => whole,
        Own => matches!((subject, agent), (Some(Subject::Agent(id)), Some(own)) if id == *own),
        InScope => {
            whole
                || match subject {
                    None => false,
                    Some(Subject::Queue(queue)) => reaches(scope, queue),
                    Some(Subject::VirtualQueue(_) | Subject::Everything) => true,
                    Some(Subject::Agent(id)) => belongs(id),
                    Some(Subject::Group(id)) => {
                        scope.groups().is_none_or(|groups| groups.contains(&id))
                    }
                }
        }
    };
    if allowed {
        target
    } else {
        Err(QueryFault::Denied(Denied::Scope))
    }
}

/// Whether the actor may see an open interaction; what is not there nobody sees.
pub(crate) fn sees(actor: &Actor, state: &State, id: InteractionId) -> bool {
    check(
        actor,
        state,
        Action::SeeInteractions,
        &About::Interaction(id),
    )
    .is_ok()
}

/// The queues an actor reaches.
#[must_use]
pub fn scope_of(actor: &Actor) -> Scope {
    match &actor.right {
        Right::House => Scope::Everything,
        Right::Key { scope, .. } => scope.clone(),
    }
}

/// Whether a scope reaches a queue.
#[must_use]
pub fn reaches(scope: &Scope, queue: QueueId) -> bool {
    scope.reaches(queue)
}

/// Whether a scope reaches an agent: it belongs to one of its groups.
#[must_use]
pub fn reaches_agent(state: &State, scope: &Scope, agent: AgentId) -> bool {
    let mine = state.groups_of(agent);
    scope
        .groups()
        .is_none_or(|groups| !groups.is_disjoint(mine))
}

fn check(actor: &Actor, state: &State, action: Action, about: &About) -> Result<(), Denied> {
    let Right::Key {
        role,
        scope,
        agent,
        only,
    } = &actor.right
    else {
        return Ok(());
    };
    if only.as_ref().is_some_and(|only| !only.contains(&action)) {
        return Err(Denied::Action {
            action: action.words(),
        });
    }
    let whole = *scope == Scope::Everything;
    let allowed = match grant(action, *role) {
        No => {
            return Err(Denied::Role {
                role: role.name(),
                action: action.words(),
            });
        }
        Any => true,
        Whole => whole,
        Own => {
            is_himself(actor, about)
                || agent.is_some_and(|agent| is_own(state, scope, agent, about))
        }
        InScope => whole || in_scope(state, scope, about),
    };
    if allowed { Ok(()) } else { Err(Denied::Scope) }
}

fn in_scope(state: &State, scope: &Scope, about: &About) -> bool {
    match about {
        About::Tenant => true,
        About::Person(_) => false,
        About::Agent(agent) => reaches_agent(state, scope, *agent),
        About::Agents => scope.groups().is_none_or(|groups| !groups.is_empty()),
        About::Group(group) => {
            group.is_some_and(|group| scope.groups().is_none_or(|groups| groups.contains(&group)))
        }
        About::Taking(..) => false,
        // What is not there is out of scope like what is elsewhere, so that trying names tells
        // nothing.
        About::Queue(queue) => queue.is_some_and(|queue| reaches(scope, queue)),
        About::Interaction(id) => state
            .interaction(*id)
            .is_some_and(|it| reaches(scope, it.queue)),
    }
}

fn is_himself(actor: &Actor, about: &About) -> bool {
    match (&actor.name, about) {
        (ActorRef::Person(actor), About::Person(person)) => actor == person,
        _ => false,
    }
}

fn is_own(state: &State, scope: &Scope, agent: AgentId, about: &About) -> bool {
    match about {
        About::Tenant | About::Agents | About::Queue(_) | About::Person(_) => false,
        About::Agent(other) => *other == agent,
        About::Group(group) => {
            group.is_some_and(|group| state.keeps(agent, BinOwner::Group(group)))
        }
        // Nobody's yet: what counts is whether the key reaches its queue. What is over answers
        // for itself.
        About::Taking(other, id) => {
            let it = state.interaction(*id);
            *other == agent && it.is_none_or(|it| reaches(scope, it.queue))
        }
        About::Interaction(id) => state
            .at_work(agent)
            .is_some_and(|at_work| has_to_do(at_work, *id) || is_in_bin(state, agent, *id)),
    }
}

/// The agent has it in hand, is offered it, is asked for it or listens to it.
fn has_to_do(at_work: &agent::AtWork, id: InteractionId) -> bool {
    let mut claims = at_work.claims.iter();
    let listens = at_work
        .more
        .get()
        .is_some_and(|it| it.listens.contains(&id));
    listens || claims.any(|claim| claim.interaction == id)
}

/// It lies in a workbin of the agent, or of a group he belongs to.
fn is_in_bin(state: &State, agent: AgentId, id: InteractionId) -> bool {
    state.interaction(id).is_some_and(|it| match it.place {
        Place::Workbin {
            owner: Some(owner), ..
        } => state.keeps(agent, owner),
        _ => false,
    })
}

fn of_input(state: &State, input: &Input) -> (Action, About) {
    match input {
        Input::Interaction(input) => match input {
            interaction::Input::Submit(new) => {
                let queue = state.queue_named(&new.queue).map(|queue| queue.id);
                (Action::Submit, About::Queue(queue))
            }
            interaction::Input::Complete { agent, .. } => (Action::Complete, About::Agent(*agent)),
            interaction::Input::Stop { interaction, .. } => {
                (Action::Stop, About::Interaction(*interaction))
            }
            other => of_handling(other),
        },
        Input::Route(route::Input::Request { interaction, .. }) => {
            (Action::Route, About::Interaction(*interaction))
        }
        Input::Route(route::Input::Cancel { request } | route::Input::Change { request, .. }) => {
            let of = state.request(*request).map(|request| request.interaction);
            (
                Action::Route,
                of.map_or(About::Queue(None), About::Interaction),
            )
        }
        Input::Offer(offer::Input::Withdraw { agent, .. }) => {
            (Action::Handle, About::Agent(*agent))
        }
        Input::Offer(offer::Input::Accept { agent, .. } | offer::Input::Reject { agent, .. }) => {
            (Action::Answer, About::Agent(*agent))
        }
        Input::Agent(input) => of_agent_input(input),
        Input::Config(config::Input::MakeKey { .. } | config::Input::RevokeKey { .. }) => {
            (Action::Keys, About::Tenant)
        }
        Input::Config(_) => (Action::Configure, About::Tenant),
        Input::Contact(_) => (Action::Erase, About::Tenant),
        // Those need to know who asks.
        Input::Login(_) => (Action::People, About::Tenant),
        Input::Effect(_) | Input::Node(_) => (Action::House, About::Tenant),
    }
}

/// Everybody may change his own log-in; that of others is for administrators. What only follows
/// from a secret that was shown at the door is the house's to say.
fn of_login(actor: &Actor, state: &State, input: &login::Input) -> (Action, About) {
    let whose = match input {
        login::Input::End { session } => match state.logins().session(*session) {
            Some(session) => session.person.clone(),
            None => return (Action::People, About::Tenant),
        },
        login::Input::EndAll { person } => person.clone(),
        login::Input::RemoveTotp { .. }
        | login::Input::PutPolicy { .. }
        | login::Input::MakeLink { .. } => return (Action::People, About::Tenant),
        login::Input::SetPassword { .. }
        | login::Input::LogIn { .. }
        | login::Input::Seen { .. }
        | login::Input::EnrolTotp { .. }
        | login::Input::ConfirmTotp { .. } => return (Action::House, About::Tenant),
    };
    own_or_people(actor, whose, Action::People)
}

fn own_or_people(actor: &Actor, whose: Name, others: Action) -> (Action, About) {
    let whose = About::Person(whose);
    if is_himself(actor, &whose) {
        (Action::OwnLogin, whose)
    } else {
        (others, About::Tenant)
    }
}

const fn of_handling(input: &interaction::Input) -> (Action, About) {
    use interaction::Input;
    match input {
        Input::Place {
            interaction, by, ..
        }
        | Input::Change {
            interaction, by, ..
        }
        | Input::Lock { interaction, by }
        | Input::Unlock { interaction, by } => match by {
            Doer::Agent(agent) => (Action::Handle, About::Agent(*agent)),
            Doer::Supervisor => (Action::Intervene, About::Interaction(*interaction)),
            Doer::System => (Action::Arrange, About::Interaction(*interaction)),
        },
        Input::Pull {
            interaction, agent, ..
        } => (Action::Pull, About::Taking(*agent, *interaction)),
        Input::Join { interaction, .. } => (Action::Intervene, About::Interaction(*interaction)),
        Input::Begin { agent, .. }
        | Input::Invite { agent, .. }
        | Input::Leave { agent, .. }
        | Input::Hold { agent, .. }
        | Input::Resume { agent, .. }
        | Input::Wrap { agent, .. } => (Action::Handle, About::Agent(*agent)),
        // These have rows of their own.
        Input::Submit(_) | Input::Complete { .. } | Input::Stop { .. } => {
            (Action::House, About::Tenant)
        }
    }
}

const fn of_agent_input(input: &agent::Input) -> (Action, About) {
    match input {
        agent::Input::LogIn { agent, .. }
        | agent::Input::Subscribe { agent, .. }
        | agent::Input::Unsubscribe { agent, .. }
        | agent::Input::LogOut { agent }
        | agent::Input::Ready { agent, .. }
        | agent::Input::NotReady { agent, .. } => (Action::Work, About::Agent(*agent)),
        agent::Input::DeskLost { .. } | agent::Input::DeskBack { .. } => {
            (Action::House, About::Tenant)
        }
    }
}

fn of_query(actor: &Actor, state: &State, query: &Query) -> (Action, About) {
    match query {
        Query::Interaction(id)
        | Query::Why {
            interaction: id, ..
        } => (Action::SeeInteractions, About::Interaction(*id)),
        // Found and shown is only what the asker reaches.
        Query::Interactions(_) | Query::Search(..) => (Action::Search, About::Tenant),
        Query::Agent(id) => (Action::SeeAgents, About::Agent(*id)),
        Query::AgentNamed(name) => {
            let agent = state.agent_named(name).map(|agent| agent.id);
            (Action::SeeAgents, agent.map_or(About::Tenant, About::Agent))
        }
        Query::Workbins(owner) | Query::Workbin { owner, .. } => {
            let about = match owner {
                Keeper::Agent(agent) => About::Agent(*agent),
                Keeper::Group(name) => {
                    let group = state.object_named(Kind::Group, name);
                    About::Group(group.map(|group| group.id))
                }
            };
            (Action::SeeAgents, about)
        }
        Query::Agents { .. } => (Action::SeeAgents, About::Agents),
        Query::QueueNamed(name) => {
            let queue = state.queue_named(name).map(|queue| queue.id);
            (Action::SeeQueues, About::Queue(queue))
        }
        Query::ViewNamed(name) => {
            let view = state.object_named(Kind::View, name);
            let view = view.and_then(|it| state.view(it.id));
            let queue = view.and_then(|view| state.queue_named(&view.queue));
            (Action::SeeQueues, About::Queue(queue.map(|queue| queue.id)))
        }
        // Lists are cut down to the scope where they are made.
        Query::Queues | Query::VirtualQueueNamed(_) | Query::VirtualQueues | Query::Line { .. } => {
            (Action::SeeQueues, About::Tenant)
        }
        Query::Keys | Query::People | Query::LoginPolicy => {
            (Action::SeeConfiguration, About::Tenant)
        }
        Query::Sessions(Some(person)) => {
            own_or_people(actor, person.clone(), Action::SeeConfiguration)
        }
        Query::Person(name) => own_or_people(actor, name.clone(), Action::SeeConfiguration),
        Query::Sessions(None) => (Action::SeeConfiguration, About::Tenant),
        // Holds what log-ins are checked against.
        Query::Login(_) => (Action::House, About::Tenant),
        Query::Objects(kind) | Query::ObjectNamed(kind, _) => (seeing(*kind), About::Tenant),
        Query::ObjectToChange(..) => (Action::Configure, About::Tenant),
        // Whoever knows the secret address has been let in by it; the door asks for him.
        Query::Calendar { .. } => (Action::House, About::Tenant),
        Query::Settings => (Action::SeeSettings, About::Tenant),
        Query::Overview | Query::Outbox(_) => (Action::SeeTotals, About::Tenant),
        Query::Quarantined(_) => (Action::SeeQuarantine, About::Tenant),
    }
}

/// What it takes to see objects of a kind.
const fn seeing(kind: Kind) -> Action {
    match kind {
        Kind::Attribute
        | Kind::Hours
        | Kind::List
        | Kind::Medium
        | Kind::Skill
        | Kind::Statistic
        | Kind::Workbin => Action::SeeWords,
        Kind::Agent
        | Kind::Calendar
        | Kind::CapacityRule
        | Kind::Group
        | Kind::Person
        | Kind::Queue
        | Kind::ScreenPop
        | Kind::View
        | Kind::VirtualQueue
        | Kind::Webhook => Action::SeeConfiguration,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_action_stands_in_the_table_once_and_the_house_is_for_nobody_else() {
        let actions: BTreeSet<Action> = TABLE.iter().map(|(action, _)| *action).collect();
        assert_eq!(actions.len(), TABLE.len());
        assert_eq!(actions.len(), Action::ALL.len());
        for role in Role::ALL {
            assert_eq!(grant(Action::House, role), No);
        }
    }

    #[test]
    fn an_agent_reaches_only_what_is_his_and_the_words_of_his_desk() {
        for (action, _) in TABLE {
            let words = action == Action::SeeWords;
            let grant = grant(action, Role::Agent);
            assert!(words || matches!(grant, No | Own), "{action:?}");
        }
    }

    #[test]
    fn an_auditor_changes_nothing() {
        use Action::{
            Answer, Arrange, Complete, Configure, Erase, Handle, Intervene, Keys, People, Pull,
            Route, Stop, Submit, Work,
        };
        for action in [
            Answer, Arrange, Complete, Configure, Erase, Handle, Intervene, Keys, People, Pull,
            Route, Stop, Submit, Work,
        ] {
            assert_eq!(grant(action, Role::Auditor), No, "{action:?}");
        }
    }
}
