//! Filters of configured statistics: which interactions they hold for.
//!
//! A filter looks at an interaction as it was submitted, once; what it said then holds for the
//! whole life of the interaction, so that whatever entered under a filter leaves under it.

use super::Directory;
use ringback_model::condition::{Condition, Fact, Facts, Path, Property};
use ringback_model::config::Statistic;
use ringback_model::interaction::Interaction;
use ringback_model::statistic::SubjectKind;
use ringback_model::{InteractionId, ObjectId, WallTime};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The most statistics that can have a filter at once; those made later are unknown.
pub(super) const FILTERS_MAX: usize = 64;

/// Which filters there are, and for which open interactions they hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Filters {
    filters: BTreeMap<ObjectId, (SubjectKind, Condition)>,
    marks: BTreeMap<InteractionId, Box<[ObjectId]>>,
}

impl Filters {
    /// The statistics changed. A filter that reads otherwise now begins anew. Gives those that
    /// are gone or begin anew.
    pub(super) fn keep(&mut self, directory: &Directory) -> Vec<ObjectId> {
        let now: BTreeMap<ObjectId, (SubjectKind, Condition)> = directory
            .filtered()
            .filter_map(read)
            .take(FILTERS_MAX)
            .collect();
        let before = std::mem::take(&mut self.filters);
        let over = before.into_iter();
        let over = over.filter(|(id, filter)| now.get(id) != Some(filter));
        let over: Vec<ObjectId> = over.map(|(id, _)| id).collect();
        if !over.is_empty() {
            for marks in self.marks.values_mut() {
                let left = marks.iter().filter(|id| !over.contains(id));
                *marks = left.copied().collect();
            }
            self.marks.retain(|_, marks| !marks.is_empty());
        }
        self.filters = now;
        over
    }

    /// A new interaction is looked at.
    pub(super) fn mark(&mut self, it: &Interaction, queue: Option<&str>) {
        if self.filters.is_empty() {
            return;
        }
        let facts = Submitted { it, queue };
        let now = it.submitted.wall;
        let hold = self.filters.iter();
        let hold = hold.filter(|(_, (_, condition))| condition.holds(&facts, now));
        let marks: Box<[ObjectId]> = hold.map(|(id, _)| *id).collect();
        if !marks.is_empty() {
            self.marks.insert(it.id, marks);
        }
    }

    pub(super) fn unmark(&mut self, id: InteractionId) {
        self.marks.remove(&id);
    }

    /// The filters that hold for an interaction, of statistics about this kind of subject.
    pub(super) fn of(&self, id: InteractionId, kind: SubjectKind) -> Vec<ObjectId> {
        let marks = self.marks.get(&id).into_iter().flatten();
        let of_kind = |id: &&ObjectId| self.filters.get(id).is_some_and(|(it, _)| *it == kind);
        marks.filter(of_kind).copied().collect()
    }

    /// Whether the filter of this statistic is counted.
    pub(super) fn knows(&self, id: ObjectId) -> bool {
        self.filters.contains_key(&id)
    }
}

fn read((id, it): (ObjectId, &Statistic)) -> Option<(ObjectId, (SubjectKind, Condition))> {
    let condition = it.filter.parse().ok()?;
    Some((id, (it.subject, condition)))
}

/// An interaction as it was submitted.
struct Submitted<'a> {
    it: &'a Interaction,
    queue: Option<&'a str>,
}

impl Facts for Submitted<'_> {
    fn property(&self, property: Property) -> Fact<'_> {
        let it = self.it;
        let said = it.said();
        let text = |text: Option<&str>| match text {
            Some(text) => Fact::Text(Cow::Owned(text.to_owned())),
            None => Fact::Null,
        };
        let id = |id: Option<String>| id.map_or(Fact::Null, |id| Fact::Text(Cow::Owned(id)));
        let time = |at: WallTime| Fact::Time(at);
        match property {
            Property::Contact => id(it.contact.map(|id| id.to_string())),
            Property::Id => id(Some(it.id.to_string())),
            Property::IsHeld | Property::IsLocked => Fact::Bool(false),
            Property::IsOnline => Fact::Bool(said.is_some_and(|said| said.online)),
            Property::Kind => text(Some(it.kind.as_str())),
            Property::Medium => text(Some(it.medium.name())),
            Property::MovedToQueueAt | Property::PlacedInQueueAt | Property::SubmittedAt => {
                time(it.submitted.wall)
            }
            Property::Parent => id(it.parent.map(|id| id.to_string())),
            Property::Place => text(Some(it.place.name())),
            Property::Pulls => Fact::Int(0),
            Property::Queue => text(self.queue),
            Property::Subkind => text(it.subkind.as_ref().map(|it| it.as_str())),
            Property::SubmitSequence => Fact::Int(i64::try_from(it.id.0).unwrap_or(i64::MAX)),
            Property::Thread => id(it.thread.map(|id| id.to_string())),
            Property::Tier => Fact::Int(i64::from(it.tier.0)),
            Property::AssignedAt
            | Property::Author
            | Property::DeliveredAt
            | Property::ExternalId
            | Property::Owner
            | Property::PlaceInQueueSequence
            | Property::ReceivedAt
            | Property::Reviewer
            | Property::Subject
            | Property::SubmittedBy
            | Property::SubmittedToRouterAt
            | Property::Workbin
            | Property::WorkbinOwner => Fact::Null,
        }
    }

    fn user(&self, path: &Path) -> Fact<'_> {
        path.find(&self.it.user_data.open).into()
    }
}
