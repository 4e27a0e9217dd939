//! What agents who have a capacity rule may take beside what they have in hand.

use crate::state::State;
use ringback_model::capacity::{Counts, MediaSet, Rule};
use ringback_model::config::CapacityRule;
use ringback_model::{AgentId, Event, Medium, Name, agent};

impl State {
    /// The capacity rule of an agent; agents without one have a maximum per medium.
    #[must_use]
    pub fn rule_of(&self, id: AgentId) -> Option<&Rule> {
        let name = self.agents.get(id)?.body.capacity_rule.as_ref()?;
        self.rules.get(name)
    }

    /// The most of a medium an agent takes if there is nothing else.
    #[must_use]
    pub fn most(&self, id: AgentId, medium: Medium) -> u16 {
        let by_medium = || {
            let agent = self.agents.get(id);
            agent.map_or(0, |it| u16::from(it.body.capacity.of(medium)))
        };
        self.rule_of(id)
            .map_or_else(by_medium, |rule| rule.most(medium))
    }

    /// The rule of an agent, if he has one, and what it is held against.
    pub(crate) fn ruled(&self, id: AgentId) -> Option<(&Rule, Counts, MediaSet)> {
        let rule = self.rule_of(id)?;
        let at_work = self.at_work.get(id)?;
        Some((rule, self.claims_of(id), at_work.paused()))
    }

    /// How many claims an agent has of each medium.
    #[must_use]
    pub fn claims_of(&self, id: AgentId) -> Counts {
        let claims = self.at_work.get(id).map(|it| it.claims.as_slice());
        let claims = claims.unwrap_or_default().iter();
        claims.map(|claim| (claim.medium, 1)).collect()
    }

    /// Whether an agent can take one more.
    pub(crate) fn has_room(&self, id: AgentId, medium: Medium) -> bool {
        match self.ruled(id) {
            Some((rule, claims, paused)) => {
                rule.allows_beside(&claims, paused, medium).is_allowed()
            }
            None => self.room(id, medium) > 0,
        }
    }

    /// The media that should rest at an agent, after a claim of `added` came, or after something
    /// else changed.
    pub(crate) fn should_pause(&self, id: AgentId, added: Option<Medium>) -> MediaSet {
        match self.ruled(id) {
            Some((rule, claims, paused)) => rule.still_paused(&claims, paused, added),
            None => MediaSet::EMPTY,
        }
    }

    /// Says what rests at an agent, if that is something else than before.
    pub(crate) fn paused_now(&self, id: AgentId, added: Option<Medium>) -> Option<Event> {
        let before = self.at_work.get(id)?.paused();
        // Nothing rested and nothing came: so it stays, and this is the usual case.
        if added.is_none() && before.is_empty() {
            return None;
        }
        let media = self.should_pause(id, added);
        (media != before).then_some(Event::Agent(agent::Event::Paused { agent: id, media }))
    }

    /// The agents a capacity rule is set for, by id.
    pub(crate) fn agents_with_rule(&self, rule: &Name) -> Vec<AgentId> {
        let agents = self.agents.in_order();
        let agents = agents.filter(|(_, it)| it.body.capacity_rule.as_ref() == Some(rule));
        agents.map(|(id, _)| id).collect()
    }

    /// A rule was made or changed, or is gone.
    pub(crate) fn set_rule(&mut self, name: &Name, rule: Option<&CapacityRule>) {
        match rule.and_then(|rule| rule.text.parse().ok()) {
            Some(rule) => drop(self.rules.insert(name.clone(), rule)),
            None => drop(self.rules.remove(name)),
        }
        for agent in self.agents_with_rule(name) {
            self.refresh_all_free(agent);
        }
    }
}
