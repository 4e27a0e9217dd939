//! What a condition of a webhook can ask of an interaction.

use crate::names::Known;
use ringback_model::condition::{Fact, Facts, Path, Property};
use ringback_ports::records::InteractionRow;
use std::borrow::Cow;

/// An interaction as the records know it. What is sealed, and what they do not keep, is unknown.
pub(super) struct Recorded<'a> {
    pub(super) row: &'a InteractionRow,
    pub(super) known: &'a Known,
}

impl Facts for Recorded<'_> {
    fn property(&self, property: Property) -> Fact<'_> {
        let it = &self.row.submitted;
        let text = |text: String| Fact::Text(Cow::Owned(text));
        let maybe = |found: Option<String>| found.map_or(Fact::Null, text);
        match property {
            Property::Contact => maybe(it.contact.map(|id| id.to_string())),
            Property::Id => text(it.id.to_string()),
            Property::Kind => text(it.kind.to_string()),
            Property::Medium => text(it.medium.to_string()),
            Property::Parent => maybe(it.parent.map(|id| id.to_string())),
            Property::Place => text(self.row.place.clone()),
            Property::Queue => text(self.known.queue(it.queue)),
            Property::Subkind => maybe(it.subkind.as_ref().map(ToString::to_string)),
            Property::SubmittedAt => Fact::Time(it.submitted.wall),
            Property::Thread => maybe(it.thread.map(|id| id.to_string())),
            Property::Tier => Fact::Int(it.tier.0.into()),
            _ => Fact::Null,
        }
    }

    fn user(&self, path: &Path) -> Fact<'_> {
        path.find(&self.row.submitted.user_data.open).into()
    }
}
