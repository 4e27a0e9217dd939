//! What a condition may ask of an open interaction.

use crate::state::State;
use ringback_model::condition::{Fact, Facts, Path, Property};
use ringback_model::interaction::Interaction;
use ringback_model::place::{BinOwner, Place};
use ringback_model::{AgentId, Name};
use std::borrow::Cow;

/// An open interaction with the state that knows the names of what it refers to.
///
/// Its subject line and whatever else is sealed count as missing: the heart never reads them.
pub(crate) struct Known<'a> {
    pub(crate) state: &'a State,
    pub(crate) it: &'a Interaction,
}

impl Facts for Known<'_> {
    fn property(&self, property: Property) -> Fact<'_> {
        let it = self.it;
        let more = it.more.get();
        match property {
            Property::AssignedAt => owned_since(it),
            Property::Author => self.agent(more.and_then(|more| more.author)),
            Property::Contact => written(it.contact),
            Property::DeliveredAt => self.delivered(),
            Property::ExternalId => text(it.said().and_then(|said| said.external_id.as_deref())),
            Property::Id => written(Some(it.id)),
            Property::IsHeld => Fact::Bool(more.is_some_and(|more| more.held.is_some())),
            Property::IsLocked => Fact::Bool(more.is_some_and(|more| more.lock.is_some())),
            Property::IsOnline => Fact::Bool(it.is_live()),
            Property::Kind => text(Some(it.kind.as_str())),
            Property::Medium => text(Some(it.medium.name())),
            Property::MovedToQueueAt => {
                let moved = more.and_then(|more| more.moved);
                Fact::Time(moved.unwrap_or(it.submitted).wall)
            }
            Property::Owner => self.agent(it.owner()),
            Property::Parent => written(it.parent),
            Property::Place => text(Some(it.place.name())),
            Property::PlaceInQueueSequence => whole(it.placed().sequence.submitted),
            Property::PlacedInQueueAt => Fact::Time(it.placed().at.wall),
            Property::Pulls => Fact::Int(it.handed().map_or(0, |it| i64::from(it.pulls))),
            Property::Queue => {
                let queue = self.state.queue(it.queue);
                text(queue.map(|queue| queue.name.as_str()))
            }
            Property::ReceivedAt => {
                let received = it.said().and_then(|said| said.received);
                Fact::Time(received.unwrap_or(it.submitted.wall))
            }
            Property::Reviewer => self.agent(more.and_then(|more| more.reviewer)),
            Property::Subject => Fact::Null,
            Property::Subkind => text(it.subkind.as_ref().map(Name::as_str)),
            Property::SubmitSequence => whole(it.id.0),
            Property::SubmittedAt => Fact::Time(it.submitted.wall),
            Property::SubmittedBy => {
                let by = it.said().and_then(|said| said.submitted_by.as_ref());
                text(by.map(Name::as_str))
            }
            Property::SubmittedToRouterAt => self.routed_since(),
            Property::Thread => written(it.thread),
            Property::Tier => Fact::Int(i64::from(it.tier.0)),
            Property::Workbin => match &it.place {
                Place::Workbin { workbin, .. } => text(Some(workbin.as_str())),
                _ => Fact::Null,
            },
            Property::WorkbinOwner => match &it.place {
                Place::Workbin {
                    owner: Some(BinOwner::Agent(agent)),
                    ..
                } => self.agent(Some(*agent)),
                Place::Workbin {
                    owner: Some(BinOwner::Group(group)),
                    ..
                } => {
                    let group = self.state.object(*group);
                    text(group.map(|group| group.name.as_str()))
                }
                _ => Fact::Null,
            },
        }
    }

    fn user(&self, path: &Path) -> Fact<'_> {
        path.find(&self.it.user_data.open).into()
    }
}

impl Known<'_> {
    fn agent(&self, id: Option<AgentId>) -> Fact<'_> {
        let agent = id.and_then(|id| self.state.agent(id));
        text(agent.map(|agent| agent.name.as_str()))
    }

    /// When it was offered to the agent who has it or is asked.
    fn delivered(&self) -> Fact<'_> {
        match self.it.place {
            Place::Offer { offer, .. } => {
                let offer = self.state.offer(offer);
                offer.map_or(Fact::Null, |offer| Fact::Time(offer.made.wall))
            }
            _ => owned_since(self.it),
        }
    }

    fn routed_since(&self) -> Fact<'_> {
        let first = self.it.requests.first();
        let request = first.and_then(|id| self.state.request(*id));
        request.map_or(Fact::Null, |request| Fact::Time(request.since.wall))
    }
}

fn owned_since(it: &Interaction) -> Fact<'static> {
    let owner = it.owner().and_then(|agent| it.party(agent));
    owner.map_or(Fact::Null, |party| Fact::Time(party.since.wall))
}

fn whole(number: u64) -> Fact<'static> {
    i64::try_from(number).map_or(Fact::Null, Fact::Int)
}

fn text(text: Option<&str>) -> Fact<'_> {
    text.map_or(Fact::Null, |text| Fact::Text(Cow::Borrowed(text)))
}

fn written<T: ToString>(id: Option<T>) -> Fact<'static> {
    id.map_or(Fact::Null, |id| Fact::Text(Cow::Owned(id.to_string())))
}
