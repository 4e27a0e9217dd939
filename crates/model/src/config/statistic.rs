//! Configured statistics: a measure with a stretch of time, thresholds and a filter.

use crate::medium::Medium;
use crate::statistic::{Measure, Profile, SubjectKind, Thresholds};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// A statistic under a name of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statistic {
    /// How people call it; empty: like its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// What is measured.
    pub measure: Measure,
    /// Of what kind of subject.
    pub subject: SubjectKind,
    /// Over which stretch of time.
    #[serde(default)]
    pub profile: Profile,
    /// Only of this medium.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
    /// Only of interactions for which this condition held when they were submitted; empty: of
    /// all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// A wait answered within this was answered in time; one of the edges waits are sorted by.
    #[serde(default = "Statistic::usual_level")]
    pub service_level: Millis,
    /// A customer who left within this counts as a short abandon; `None`: as the virtual queue
    /// says. One of the edges too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_abandon: Option<Millis>,
    /// The zone in which days and intervals begin, by its name in the IANA table.
    #[serde(default = "Statistic::usual_zone")]
    pub zone: String,
}

impl Statistic {
    /// The usual service level.
    #[must_use]
    pub const fn usual_level() -> Millis {
        Thresholds::SERVICE_LEVEL
    }

    /// The usual zone.
    #[must_use]
    pub fn usual_zone() -> String {
        "UTC".to_owned()
    }

    /// The measure as it is, without anything configured.
    #[must_use]
    pub fn plain(measure: Measure, subject: SubjectKind) -> Self {
        Self {
            display_name: String::new(),
            measure,
            subject,
            profile: Profile::Growing,
            medium: None,
            filter: String::new(),
            service_level: Self::usual_level(),
            short_abandon: None,
            zone: Self::usual_zone(),
        }
    }

    /// From what its measure is computed.
    #[must_use]
    pub const fn thresholds(&self) -> Thresholds {
        Thresholds {
            service_level: self.service_level,
            short_abandon: self.short_abandon,
        }
    }
}
