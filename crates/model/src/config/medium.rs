//! Defaults of a medium.

use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// What holds for the interactions of one medium unless something nearer says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediumDefaults {
    /// How long an offer stands; not given: as the settings say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer_ttl: Option<Millis>,
    /// Another word for `offer_ttl`; at most one of the two is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivering_max: Option<Millis>,
    /// How long it may be handled by a desk that is silent before it is taken back; never for
    /// live media.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handling_max: Option<Millis>,
    /// How long a route request looks for an agent; not given: as the settings say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing_max: Option<Millis>,
    /// After how many offers missed in a row an agent is set not ready; not given: as the
    /// settings say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub misses_max: Option<u8>,
    /// How long an agent is not offered again what he did not take; not given: as the settings
    /// say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cool_down: Option<Millis>,
    /// What comes after the contact.
    pub wrap_up: WrapUp,
    /// How long work after the contact lasts; exactly for `timed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_up_for: Option<Millis>,
}

/// What comes after a contact.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum WrapUp {
    /// Nothing.
    #[default]
    None,
    /// Work that the agent ends.
    Manual,
    /// Work that ends by itself.
    Timed,
}
