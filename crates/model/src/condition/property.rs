//! The properties of an interaction that a condition or an order may name.

use std::fmt;

/// What kind of value something has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Yes or no.
    Bool,
    /// A number, whole or not.
    Number,
    /// Text, compared byte by byte.
    Text,
    /// A point in time.
    Time,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "TRUE or FALSE",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Time => "a time",
        })
    }
}

macro_rules! properties {
    ($($(#[$doc:meta])* $variant:ident $kind:ident $name:literal [$($alias:literal),*],)*) => {
        /// A property of an interaction. Names are read in capitals or not, with or without
        /// `_`, so that the older platform's `PlacedInQueueAt` is `placed_in_queue_at`; where its
        /// name is another word, that is read too.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Property {
            $($(#[$doc])* $variant,)*
        }

        impl Property {
            /// All of them, in the order of their names.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name it is written with.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What kind of value it has.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }

            /// Other words for it, without `_`.
            #[must_use]
            pub const fn aliases(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($alias),*],)* }
            }
        }
    };
}

properties! {
    /// When it was last assigned to an agent.
    AssignedAt Time "assigned_at" [],
    /// The agent who wrote an outgoing message, by name.
    Author Text "author" [],
    /// With whom, as an id.
    Contact Text "contact" ["contactid"],
    /// When it was last delivered to an agent.
    DeliveredAt Time "delivered_at" [],
    /// Its id in the system it came from.
    ExternalId Text "external_id" [],
    /// Its id.
    Id Text "id" ["interactionid"],
    /// Whether its handling was put on hold.
    IsHeld Bool "is_held" [],
    /// Whether somebody locked it.
    IsLocked Bool "is_locked" [],
    /// Whether a person waits at the other end.
    IsOnline Bool "is_online" [],
    /// What it is about, broadly, for example `inbound`.
    Kind Text "kind" ["interactiontype", "type"],
    /// By its serialised name, for example `email`.
    Medium Text "medium" ["mediatype", "media"],
    /// When it was moved to the queue it belongs to.
    MovedToQueueAt Time "moved_to_queue_at" [],
    /// The agent who owns it, by name.
    Owner Text "owner" ["agentid", "assignedto"],
    /// The interaction it came out of, as an id.
    Parent Text "parent" ["parentid", "parentinteractionid"],
    /// Where it is, by its serialised name, for example `workbin`.
    Place Text "place" [],
    /// Its number in the order of being placed in a queue: how many interactions had been submitted
    /// by then. Of equals the one placed first comes first.
    PlaceInQueueSequence Number "place_in_queue_sequence" ["placeinqueueseq"],
    /// When it was last placed in the queue.
    PlacedInQueueAt Time "placed_in_queue_at" [],
    /// How often views handed it over since a person last took, placed or changed it.
    Pulls Number "pulls" [],
    /// The interaction queue it belongs to, by name.
    Queue Text "queue" [],
    /// When it was received from the customer.
    ReceivedAt Time "received_at" [],
    /// The agent who reviews it, by name.
    Reviewer Text "reviewer" [],
    /// Its subject line.
    Subject Text "subject" [],
    /// What it is about, more closely.
    Subkind Text "subkind" ["interactionsubtype", "subtype"],
    /// Its number in the order of submitting.
    SubmitSequence Number "submit_sequence" ["submitseq"],
    /// When it was accepted into the house.
    SubmittedAt Time "submitted_at" [],
    /// Who submitted it, by name.
    SubmittedBy Text "submitted_by" [],
    /// When it was last given to routing.
    SubmittedToRouterAt Time "submitted_to_router_at" [],
    /// The first interaction of its thread, as an id.
    Thread Text "thread" ["threadid"],
    /// How urgent it is.
    Tier Number "tier" ["priority"],
    /// The workbin it lies in, by name.
    Workbin Text "workbin" ["workbinid", "workbintypeid"],
    /// The agent or group whose workbin it lies in, by name.
    WorkbinOwner Text "workbin_owner" [],
}

impl Property {
    /// The property of this name or other word for it.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        let folded: String = word
            .chars()
            .filter(|c| *c != '_')
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let is_it = |property: &&Self| {
            let name = property.name().chars().filter(|c| *c != '_');
            name.eq(folded.chars()) || property.aliases().contains(&folded.as_str())
        };
        Self::ALL.iter().find(is_it).copied()
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_names_and_other_spellings_are_read() {
        for (word, property) in [
            ("placed_in_queue_at", Property::PlacedInQueueAt),
            ("PlacedInQueueAt", Property::PlacedInQueueAt),
            ("PLACEDINQUEUEAT", Property::PlacedInQueueAt),
            ("MediaType", Property::Medium),
            ("media_type", Property::Medium),
            ("Priority", Property::Tier),
            ("InteractionSubtype", Property::Subkind),
            ("ParentInteractionId", Property::Parent),
            ("isOnline", Property::IsOnline),
            ("placeInQueueSeq", Property::PlaceInQueueSequence),
        ] {
            assert_eq!(Property::named(word), Some(property), "{word}");
        }
        assert_eq!(Property::named("mood"), None);
        assert_eq!(Property::named(""), None);
    }

    #[test]
    fn no_word_names_two_properties() {
        let mut words = Vec::new();
        for property in Property::ALL {
            assert_eq!(Property::named(property.name()), Some(*property));
            words.push(property.name().replace('_', ""));
            words.extend(property.aliases().iter().map(|alias| (*alias).to_owned()));
        }
        let count = words.len();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), count);
        assert!(Property::ALL.is_sorted_by_key(|property| property.name()));
    }
}
