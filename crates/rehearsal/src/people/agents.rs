//! Agents: what they can do, how they answer, when they are away.

use super::customers::{HANDLED, name};
use super::{Company, Happening};
use crate::stage::Broken;
use ringback_model::agent::{Input as AtWork, Manner, NotReady};
use ringback_model::config::{AgentBody, Capacity, Expected, Input as Config};
use ringback_model::interaction::{Input as It, WrapAct};
use ringback_model::offer::{Input as Answer, Offer};
use ringback_model::{
    AgentId, EngineTime, Event, Input, InteractionId, Medium, Millis, OfferId, agent, interaction,
    offer,
};
use std::collections::BTreeMap;

/// How long writing down what came of a contact takes on average, in milliseconds.
const WRITES: u64 = 15_000;

/// What customers ask about.
pub(super) const SUBJECTS: [&str; 4] = ["Loans", "Cards", "Tech", "Claims"];

impl Company {
    /// Makes the agents and lets them come to work.
    pub(super) fn hire(&mut self) -> Result<(), Broken> {
        for number in 1..=self.plan.agents {
            let body = self.skilled();
            self.tell(&Input::Config(Config::PutAgent {
                name: name(&format!("agent-{number}")),
                body,
                expected: Expected::Absent,
            }))?;
            let agent = AgentId(u64::from(number));
            self.tell(&Input::Agent(AtWork::LogIn {
                agent,
                media: Vec::new(),
            }))?;
            let now = self.stage.now().engine;
            let soon = Millis(self.random.below(60_000));
            self.later(now, soon, Happening::AgentGetsReady(agent));
            let rest = Millis(self.random.exponential(3_600_000));
            self.later(now, rest, Happening::AgentTakesABreak(agent));
            let failure = Millis(self.random.exponential(4 * 3_600_000));
            self.later(now, failure, Happening::DeskFails(agent));
        }
        Ok(())
    }

    fn skilled(&mut self) -> AgentBody {
        let mut skills = BTreeMap::from([(name("English"), 1 + self.random.below(3) as u16)]);
        for subject in SUBJECTS {
            if self.random.chance(60) {
                skills.insert(name(subject), 1 + self.random.below(3) as u16);
            }
        }
        let capacity = BTreeMap::from([
            (Medium::Voice, 1),
            (Medium::Chat, 1 + self.random.below(3) as u8),
            (Medium::Email, 1),
        ]);
        AgentBody {
            skills,
            capacity: Capacity(capacity),
            ..AgentBody::default()
        }
    }

    /// Agents see what concerns them.
    pub(super) fn agents_look(&mut self, at: EngineTime, event: &Event) {
        match event {
            Event::Offer(offer::Event::Made { offer, .. }) => self.agent_is_invited(at, offer),
            Event::Offer(offer::Event::Accepted { of, agent, .. }) => {
                let span = Millis(5_000 + self.random.exponential(HANDLED));
                let finish = Happening::AgentFinishes(of.interaction, *agent);
                self.later(at, span, finish);
            }
            Event::Agent(agent::Event::NotReady { agent, why, .. }) => {
                let away = match why {
                    NotReady::Chosen { .. } | NotReady::DoNotDisturb { .. } => 600_000,
                    NotReady::Missed | NotReady::Silent | NotReady::LoggedIn => 30_000,
                };
                let away = Millis(1_000 + self.random.exponential(away));
                self.later(at, away, Happening::AgentGetsReady(*agent));
            }
            Event::Interaction(interaction::Event::WrapBegun { of, agent, .. }) => {
                let span = Millis(1_000 + self.random.exponential(WRITES));
                let act = Happening::AgentWrapsUp(of.interaction, *agent);
                self.later(at, span, act);
            }
            _ => {}
        }
    }

    /// Most finish their wrap-up; some need more time, some let the time pass.
    pub(super) fn agent_wraps_up(
        &mut self,
        interaction: InteractionId,
        agent: AgentId,
    ) -> Result<(), Broken> {
        let act = match self.random.below(10) {
            0 => WrapAct::Extend {
                by: Millis::seconds(20),
            },
            1 => WrapAct::Dispose {
                disposition: name("solved"),
            },
            _ => WrapAct::Finish {
                disposition: Some(name("solved")),
            },
        };
        if !matches!(act, WrapAct::Finish { .. }) {
            let now = self.stage.now().engine;
            let span = Millis(1_000 + self.random.exponential(WRITES));
            self.later(now, span, Happening::AgentWrapsUp(interaction, agent));
        }
        self.count("wrap-ups worked on");
        self.tell(&Input::Interaction(It::Wrap {
            interaction,
            agent,
            act,
        }))?;
        Ok(())
    }

    /// An agent thinks it over; some offers are overlooked.
    fn agent_is_invited(&mut self, at: EngineTime, offer: &Offer) {
        if self.random.chance(5) {
            return;
        }
        let think = Millis(500 + self.random.exponential(4_000));
        let answer = Happening::AgentAnswers(offer.id, offer.agent);
        self.later(at, think, answer);
    }

    pub(super) fn agent_answers(&mut self, offer: OfferId, agent: AgentId) -> Result<(), Broken> {
        let answer = if self.random.chance(6) {
            self.count("offers rejected");
            Answer::Reject {
                offer,
                agent,
                reason: name("busy"),
            }
        } else {
            self.count("offers accepted, or tried to");
            Answer::Accept { offer, agent }
        };
        let input = Input::Offer(answer);
        self.tell(&input)?;
        if self.random.chance(2) {
            // Pressed twice: the second one must be refused.
            self.count("answers repeated");
            if !self.tell(&input)?.events().is_empty() {
                return Err(self.broken("an answer counted twice"));
            }
        }
        Ok(())
    }

    pub(super) fn agent_finishes(
        &mut self,
        interaction: InteractionId,
        agent: AgentId,
    ) -> Result<(), Broken> {
        self.count("interactions completed, or tried to");
        self.tell(&Input::Interaction(It::Complete {
            interaction,
            agent,
            reason: name("done"),
            disposition: Some(name("solved")),
        }))?;
        Ok(())
    }

    pub(super) fn agent_gets_ready(&mut self, agent: AgentId) -> Result<(), Broken> {
        self.tell(&Input::Agent(AtWork::Ready {
            agent,
            media: Vec::new(),
        }))?;
        Ok(())
    }

    pub(super) fn agent_takes_a_break(&mut self, agent: AgentId) -> Result<(), Broken> {
        let now = self.stage.now().engine;
        if !self.is_open() {
            return self.agent_goes_home(agent);
        }
        self.count("breaks taken");
        // Most finish first what they have in hand.
        let manner = match self.random.below(10) {
            0..=5 => Manner::AfterThis,
            6 => Manner::DoNotDisturb,
            _ => Manner::Now,
        };
        self.tell(&Input::Agent(AtWork::NotReady {
            agent,
            media: Vec::new(),
            reason: name("break"),
            manner,
        }))?;
        let next = Millis(1_200_000 + self.random.exponential(3_600_000));
        self.later(now, next, Happening::AgentTakesABreak(agent));
        // One in ten goes home for a while instead.
        if self.random.chance(10) {
            self.later(now, Millis::seconds(60), Happening::AgentGoesHome(agent));
        }
        Ok(())
    }

    /// Logs out, as soon as nothing is in hand, and in again for the next shift.
    pub(super) fn agent_goes_home(&mut self, agent: AgentId) -> Result<(), Broken> {
        if !self.is_open() {
            // Whoever is left serves who is left.
            return Ok(());
        }
        let now = self.stage.now().engine;
        let told = self.tell(&Input::Agent(AtWork::LogOut { agent }))?;
        if told.events().is_empty() {
            self.later(now, Millis::seconds(30), Happening::AgentGoesHome(agent));
            return Ok(());
        }
        self.count("shifts ended");
        self.tell(&Input::Agent(AtWork::LogIn {
            agent,
            media: Vec::new(),
        }))?;
        let next = Millis::seconds(300);
        self.later(now, next, Happening::AgentGetsReady(agent));
        Ok(())
    }

    pub(super) fn desk_fails(&mut self, agent: AgentId) -> Result<(), Broken> {
        let now = self.stage.now().engine;
        let next = Millis(60_000 + self.random.exponential(4 * 3_600_000));
        self.later(now, next, Happening::DeskFails(agent));
        let Some(session) = self.desk_of(agent) else {
            return Ok(());
        };
        self.count("desks failed");
        self.tell(&Input::Agent(AtWork::DeskLost { agent, session }))?;
        let away = Millis(1_000 + self.random.exponential(40_000));
        self.later(now, away, Happening::DeskIsBack(agent));
        Ok(())
    }

    pub(super) fn desk_is_back(&mut self, agent: AgentId) -> Result<(), Broken> {
        if let Some(session) = self.desk_of(agent) {
            self.tell(&Input::Agent(AtWork::DeskBack { agent, session }))?;
        }
        Ok(())
    }

    fn desk_of(&self, agent: AgentId) -> Option<ringback_model::DeskSessionId> {
        let at_work = self.stage.state().at_work(agent)?;
        at_work.desk.map(|desk| desk.session)
    }
}
