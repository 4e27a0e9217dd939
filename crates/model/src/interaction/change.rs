//! Changes of what is known of an interaction.

use super::Interaction;
use super::more::Exit;
use crate::id::AgentId;
use crate::name::Name;
use crate::order::Tier;
use crate::personal::Personal;
use crate::time::WallTime;
use crate::value::UserData;
use serde::{Deserialize, Serialize};

/// A new value, or none from now on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit<T> {
    /// This value.
    Set(T),
    /// None.
    Clear,
}

impl<T: Clone> Edit<T> {
    /// The value from now on.
    #[must_use]
    pub fn value(&self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value.clone()),
            Self::Clear => None,
        }
    }
}

/// What is to change; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// What it is about, broadly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Name>,
    /// What it is about, more closely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subkind: Option<Edit<Name>>,
    /// How urgent its next requests are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// What another system knows it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<Edit<String>>,
    /// Its subject line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Edit<Personal<String>>>,
    /// What somebody noted about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Edit<Personal<String>>>,
    /// The ways inwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_queues: Option<Vec<Exit>>,
    /// The ways outwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_queues: Option<Vec<Exit>>,
    /// Whether the customer is on the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// When the customer's message reached the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Edit<WallTime>>,
    /// The agent who is to look it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<Edit<AgentId>>,
    /// The whole user data from now on. Whoever wrote it looked at what was there: see
    /// `expected` of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<UserData>,
}

impl Change {
    /// Writes it into an interaction.
    pub fn write_into(&self, it: &mut Interaction) {
        if let Some(kind) = &self.kind {
            it.kind = kind.clone();
        }
        if let Some(edit) = &self.subkind {
            it.subkind = edit.value();
        }
        if let Some(tier) = self.tier {
            it.tier = tier;
        }
        if let Some(data) = &self.user_data {
            it.user_data = data.clone();
        }
        it.more.change(|more| {
            if let Some(edit) = &self.reviewer {
                more.reviewer = edit.value();
            }
            let said = &mut more.said;
            set(&mut said.external_id, self.external_id.as_ref());
            set(&mut said.subject, self.subject.as_ref());
            set(&mut said.comment, self.comment.as_ref());
            set(&mut said.received, self.received.as_ref());
            if let Some(exits) = &self.in_queues {
                said.in_queues.clone_from(exits);
            }
            if let Some(exits) = &self.out_queues {
                said.out_queues.clone_from(exits);
            }
            if let Some(online) = self.online {
                said.online = online;
            }
        });
    }
}

fn set<T: Clone>(field: &mut Option<T>, edit: Option<&Edit<T>>) {
    if let Some(edit) = edit {
        *field = edit.value();
    }
}
