//! Who sees which event on a stream.

use crate::door::Caller;
use ringback_model::config::{Role, Scope};
use ringback_model::{AgentId, Event, QueueId, config, interaction, record};
use ringback_ports::hall::Interest;

/// What one caller sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sight {
    role: Role,
    scope: Scope,
    agent: Option<AgentId>,
}

impl Sight {
    pub(crate) fn of(caller: &Caller) -> Self {
        Self {
            role: caller.role(),
            scope: caller.scope(),
            agent: caller.agent(),
        }
    }

    /// What the house itself sees.
    pub(crate) const fn everything() -> Self {
        Self {
            role: Role::Administrator,
            scope: Scope::Everything,
            agent: None,
        }
    }

    /// Whether it is the sight of an agent's desk.
    pub(crate) fn is_a_desk(&self) -> bool {
        self.role == Role::Agent
    }

    /// What the hall has to push.
    pub(crate) fn interest(&self) -> Interest {
        match (self.role, self.agent) {
            (Role::Agent, Some(agent)) => Interest::Agent(agent),
            _ => Interest::Everything,
        }
    }

    /// Whether an event may be shown, of which these agents hear beside the one it names.
    ///
    /// An agent sees what concerns him: what names him, and what happens to interactions he has
    /// to do with. Everybody else sees interactions of the queues in his
    /// scope and the queues themselves; beside these, supervisors of the whole tenant see agents
    /// and settings, integrators of the whole tenant settings, and its administrators and auditors
    /// everything.
    pub(crate) fn sees(&self, event: &Event, others: &[AgentId]) -> bool {
        if self.role == Role::Agent {
            let hears = |agent| event.agent() == Some(agent) || others.contains(&agent);
            return self.agent.is_some_and(hears);
        }
        // What moves to another queue is heard on both sides.
        if let Event::Interaction(interaction::Event::Placed { queue, .. }) = event
            && self.reaches(*queue)
        {
            return true;
        }
        match queue_of(event) {
            Some(queue) => self.reaches(queue),
            None => self.sees_beside(event),
        }
    }

    /// Events that are about no interaction, as far as the present may be asked about the same.
    fn sees_beside(&self, event: &Event) -> bool {
        match event {
            Event::Config(config::Event::QueuePut(queue)) => return self.reaches(queue.id),
            Event::Config(config::Event::VirtualQueuePut(_)) => return true,
            _ if self.scope != Scope::Everything => return false,
            Event::View(_) => return true,
            _ => {}
        }
        match self.role {
            Role::Administrator | Role::Auditor => true,
            Role::Supervisor => matches!(
                event,
                Event::Agent(_)
                    | Event::Route(_)
                    | Event::Record(record::Event::Interval(_))
                    | Event::Config(config::Event::AgentPut(_) | config::Event::SettingsPut { .. })
            ),
            Role::Integrator => {
                matches!(event, Event::Config(config::Event::SettingsPut { .. }))
            }
            Role::Agent => false,
        }
    }

    fn reaches(&self, queue: QueueId) -> bool {
        self.scope.reaches(queue)
    }
}

/// The interaction queue an event belongs to.
pub(crate) fn queue_of(event: &Event) -> Option<QueueId> {
    match event {
        Event::Record(record::Event::Segment(segment)) => Some(segment.queue),
        Event::Workbin(event) => Some(event.item().queue),
        event => event.subject().map(|of| of.queue),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::interaction::{Ending, Subject};
    use ringback_model::{InteractionId, Now, agent, node};

    fn sight(role: Role, scope: Scope) -> Sight {
        let agent = (role == Role::Agent).then_some(AgentId(7));
        Sight { role, scope, agent }
    }

    fn queues(ids: &[u64]) -> Scope {
        Scope::Queues(ids.iter().copied().map(QueueId).collect())
    }

    fn stopped(queue: u64, owner: Option<u64>) -> Event {
        Event::Interaction(interaction::Event::Stopped {
            of: Subject {
                interaction: InteractionId(1),
                queue: QueueId(queue),
            },
            owner: owner.map(AgentId),
            at: Now::default(),
            ending: Ending::Abandoned,
        })
    }

    fn logged_out(agent: u64) -> Event {
        Event::Agent(agent::Event::LoggedOut {
            agent: AgentId(agent),
        })
    }

    fn jumped() -> Event {
        Event::Node(node::Event::ClockJumped { by: 1 })
    }

    #[test]
    fn scope_filters_by_the_queue_of_the_event() {
        for role in [
            Role::Administrator,
            Role::Supervisor,
            Role::Integrator,
            Role::Auditor,
        ] {
            let sight = sight(role, queues(&[1, 2]));
            assert!(sight.sees(&stopped(2, None), &[]), "{role:?}");
            assert!(!sight.sees(&stopped(3, None), &[]), "{role:?}");
            assert!(!sight.sees(&jumped(), &[]), "{role:?}");
            assert!(!sight.sees(&logged_out(1), &[]), "{role:?}");
        }
    }

    #[test]
    fn an_agent_sees_only_what_concerns_him() {
        let sight = sight(Role::Agent, Scope::Everything);
        assert!(sight.sees(&stopped(1, Some(7)), &[]));
        assert!(!sight.sees(&stopped(1, Some(8)), &[]));
        assert!(!sight.sees(&stopped(1, None), &[]));
        assert!(sight.sees(&stopped(1, Some(8)), &[AgentId(5), AgentId(7)]));
        assert!(!sight.sees(&stopped(1, Some(8)), &[AgentId(5)]));
        assert!(sight.sees(&logged_out(7), &[]));
        assert!(!sight.sees(&logged_out(8), &[]));
        assert!(!sight.sees(&jumped(), &[]));
        assert_eq!(sight.interest(), Interest::Agent(AgentId(7)));
    }

    #[test]
    fn what_is_beside_interactions_depends_on_the_role() {
        let sees = |role, event: &Event| sight(role, Scope::Everything).sees(event, &[]);
        assert!(sees(Role::Supervisor, &logged_out(1)));
        assert!(!sees(Role::Integrator, &logged_out(1)));
        assert!(sees(Role::Administrator, &jumped()));
        assert!(sees(Role::Auditor, &jumped()));
        assert!(!sees(Role::Supervisor, &jumped()));
    }
}
