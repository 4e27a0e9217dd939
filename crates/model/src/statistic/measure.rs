//! What people ask for: numbers computed from counters or from the present.

use super::counts::edge_at;
use super::{Counter, Counts, SubjectKind};
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A number, in the unit of its measure.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(pub f64);

/// What a number counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Pieces.
    Count,
    /// Seconds.
    Seconds,
    /// Percent.
    Percent,
}

impl Unit {
    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Seconds => "seconds",
            Self::Percent => "percent",
        }
    }
}

/// From what some measures are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// A wait that was answered within this was answered in time.
    pub service_level: Millis,
    /// A customer who left within this counts as a short abandon; `None`: as the virtual queue
    /// says at that time.
    pub short_abandon: Option<Millis>,
}

impl Thresholds {
    /// The usual service level.
    pub const SERVICE_LEVEL: Millis = Millis::seconds(20);

    /// Whether a threshold can be asked for: it is one of the edges waits are sorted by.
    #[must_use]
    pub fn is_edge(threshold: Millis) -> bool {
        edge_at(threshold).is_some()
    }

    /// Customers who left, short abandons left out.
    fn abandoned(self, counts: &Counts) -> u64 {
        let (long, short) = (
            counts.get(Counter::Abandoned),
            counts.get(Counter::ShortAbandoned),
        );
        match self.short_abandon.and_then(edge_at) {
            None => long,
            Some(edge) => (long + short).saturating_sub(counts.gone_within(edge)),
        }
    }

    fn short_abandoned(self, counts: &Counts) -> u64 {
        match self.short_abandon.and_then(edge_at) {
            None => counts.get(Counter::ShortAbandoned),
            Some(edge) => counts.gone_within(edge),
        }
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            service_level: Self::SERVICE_LEVEL,
            short_abandon: None,
        }
    }
}

use SubjectKind::{Agent, Group, Medium as OfMedium, Queue, VirtualQueue};
const LINES: &[SubjectKind] = &[VirtualQueue, OfMedium];
const INSIDE: &[SubjectKind] = &[Queue, VirtualQueue, OfMedium];
const WORK: &[SubjectKind] = &[Agent, Group, OfMedium];
const DONE: &[SubjectKind] = &[Queue, Agent, Group, OfMedium];
const PEOPLE: &[SubjectKind] = &[Agent, Group];

macro_rules! measures {
    ($($(#[doc = $doc:literal])* $variant:ident $unit:ident $kinds:ident $current:literal $name:literal $older:literal,)*) => {
        /// A number about a queue, an agent, a group or a medium.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum Measure {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Measure {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The fixed serialised name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it counts in.
            #[must_use]
            pub const fn unit(self) -> Unit {
                match self { $(Self::$variant => Unit::$unit,)* }
            }

            /// Of which kinds of subjects it is known.
            #[must_use]
            pub const fn kinds(self) -> &'static [SubjectKind] {
                match self { $(Self::$variant => $kinds,)* }
            }

            /// Whether it is about this moment, and has no stretch of time.
            #[must_use]
            pub const fn is_current(self) -> bool {
                match self { $(Self::$variant => $current,)* }
            }

            /// What the older platform calls something of this kind.
            #[must_use]
            pub const fn older_name(self) -> &'static str {
                match self { $(Self::$variant => $older,)* }
            }

            /// What it means, for people.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii(),)* }
            }
        }
    };
}

measures! {
    /// Route requests that wait or are being offered; of an interaction queue, open interactions that belong to it.
    CurrentInQueue Count INSIDE true "current_in_queue" "CurrentInQueue",
    /// Offers that are open.
    CurrentOffered Count WORK true "current_offered" "CurrentRinging",
    /// Interactions in hand as the owner.
    CurrentHandling Count WORK true "current_handling" "CurrentInHandling",
    /// Interactions in which an agent takes part without owning them.
    CurrentConsulting Count WORK true "current_consulting" "CurrentConsult",
    /// Agents logged in.
    CurrentLoggedIn Count WORK true "current_logged_in" "CurrentAgentsLoggedIn",
    /// Agents ready for the medium; for some medium, if none is named.
    CurrentReady Count WORK true "current_ready" "CurrentAgentsReady",
    /// Agents with at least one interaction in hand.
    CurrentBusy Count WORK true "current_busy" "CurrentAgentsBusy",
    /// Route requests made; of an interaction queue, interactions that came to it.
    TotalEntered Count INSIDE false "total_entered" "TotalEntered",
    /// Waits that ended with an agent.
    TotalAnswered Count LINES false "total_answered" "TotalAnswered",
    /// Waits that ended with the customer gone, short abandons left out; of an interaction queue, interactions whose customer left.
    TotalAbandoned Count INSIDE false "total_abandoned" "TotalAbandoned",
    /// Waits that ended with the customer gone before the short-abandon threshold.
    TotalShortAbandoned Count LINES false "total_short_abandoned" "TotalShortAbandoned",
    /// Waits that went on elsewhere; of an interaction queue, interactions that went on to another.
    TotalOverflowed Count INSIDE false "total_overflowed" "TotalOverflowed",
    /// Waits that became a callback.
    TotalTurnedIntoCallback Count LINES false "total_turned_into_callback" "TotalVirtualCallbacks",
    /// Waits that somebody ended; of an interaction queue, interactions that somebody stopped.
    TotalStopped Count INSIDE false "total_stopped" "TotalStopped",
    /// The mean wait of what was answered.
    AverageWait Seconds LINES false "average_wait" "AvgWait",
    /// The mean wait of customers who left, short abandons included.
    AverageTimeToAbandon Seconds LINES false "average_time_to_abandon" "AvgTimeToAbandon",
    /// The longest wait that ended, in whatever way.
    LongestWait Seconds LINES false "longest_wait" "MaxWait",
    /// Of those answered or abandoned (short abandons left out), the share answered within the service level.
    ServiceFactor Percent LINES false "service_factor" "ServiceFactor",
    /// Of those answered or abandoned (short abandons left out), the share abandoned.
    AbandonRate Percent LINES false "abandon_rate" "AbandonPercentage",
    /// Offers that ended, in whatever way.
    TotalOffered Count WORK false "total_offered" "TotalOffered",
    /// Offers taken.
    TotalAccepted Count WORK false "total_accepted" "TotalAccepted",
    /// Offers turned down.
    TotalRejected Count WORK false "total_rejected" "TotalRejected",
    /// Offers nobody answered in time.
    TotalMissed Count WORK false "total_missed" "TotalMissed",
    /// Stretches of owning an interaction that ended.
    TotalHandled Count WORK false "total_handled" "TotalHandled",
    /// Interactions completed by their owner.
    TotalCompleted Count DONE false "total_completed" "TotalCompleted",
    /// Interactions handed to another agent.
    TotalTransferred Count WORK false "total_transferred" "TotalTransfersMade",
    /// Stretches of taking part without owning that ended.
    TotalConsulted Count WORK false "total_consulted" "TotalConsultations",
    /// Time talking or working as the owner.
    TotalTalkTime Seconds WORK false "total_talk_time" "TotalTalkTime",
    /// Time customers were on hold.
    TotalHoldTime Seconds WORK false "total_hold_time" "TotalHoldTime",
    /// Time working after contacts.
    TotalWrapTime Seconds WORK false "total_wrap_time" "TotalAfterCallWork",
    /// Time taking part without owning.
    TotalConsultTime Seconds WORK false "total_consult_time" "TotalConsultTime",
    /// Talking, holding and work after the contact, per stretch of owning that ended.
    AverageHandleTime Seconds WORK false "average_handle_time" "AvgHandleTime",
    /// Time logged in.
    TotalLoggedInTime Seconds PEOPLE false "total_logged_in_time" "TotalLoginTime",
    /// Time ready for the medium; of all media together, if none is named.
    TotalReadyTime Seconds WORK false "total_ready_time" "TotalReadyTime",
    /// Time logged in for the medium and not ready.
    TotalNotReadyTime Seconds WORK false "total_not_ready_time" "TotalNotReadyTime",
    /// Time with at least one interaction in hand, as the owner or not.
    TotalBusyTime Seconds PEOPLE false "total_busy_time" "TotalBusyTime",
    /// The share of the time logged in with at least one interaction in hand.
    Occupancy Percent PEOPLE false "occupancy" "Occupancy",
}

impl Measure {
    /// Whether it is the same whatever the medium: being logged in, and having something in hand.
    #[must_use]
    pub const fn is_of_all_media(self) -> bool {
        matches!(
            self,
            Self::TotalLoggedInTime | Self::TotalBusyTime | Self::Occupancy
        )
    }

    /// Whether it is about what agents are, not about interactions: no filter can be laid on it.
    #[must_use]
    pub const fn is_of_agents(self) -> bool {
        matches!(
            self,
            Self::CurrentOffered
                | Self::CurrentHandling
                | Self::CurrentConsulting
                | Self::CurrentLoggedIn
                | Self::CurrentReady
                | Self::CurrentBusy
                | Self::TotalLoggedInTime
                | Self::TotalReadyTime
                | Self::TotalNotReadyTime
                | Self::TotalBusyTime
                | Self::Occupancy
        )
    }

    /// Its value over a stretch, from what was counted in it; `None` when nothing happened from
    /// which it could be computed, or when it is about this moment.
    #[must_use]
    pub fn over(self, counts: &Counts, thresholds: Thresholds) -> Option<Amount> {
        let count = |counter| whole(counts.get(counter));
        let seconds = |counter| Some(Amount(ms(counts.get(counter))));
        match self {
            Self::CurrentInQueue
            | Self::CurrentOffered
            | Self::CurrentHandling
            | Self::CurrentConsulting
            | Self::CurrentLoggedIn
            | Self::CurrentReady
            | Self::CurrentBusy => None,
            Self::TotalEntered => count(Counter::Entered),
            Self::TotalAnswered => count(Counter::Answered),
            Self::TotalAbandoned => whole(thresholds.abandoned(counts)),
            Self::TotalShortAbandoned => whole(thresholds.short_abandoned(counts)),
            Self::TotalOverflowed => count(Counter::Overflowed),
            Self::TotalTurnedIntoCallback => count(Counter::TurnedIntoCallback),
            Self::TotalStopped => count(Counter::Stopped),
            Self::AverageWait => mean(
                counts.get(Counter::WaitAnswered),
                counts.get(Counter::Answered),
            ),
            Self::AverageTimeToAbandon => mean(
                counts.get(Counter::WaitAbandoned),
                counts.get(Counter::Abandoned) + counts.get(Counter::ShortAbandoned),
            ),
            Self::LongestWait => seconds(Counter::LongestWait),
            Self::ServiceFactor => {
                let edge = edge_at(thresholds.service_level)?;
                share(
                    counts.answered_within(edge),
                    counts.get(Counter::Answered) + thresholds.abandoned(counts),
                )
            }
            Self::AbandonRate => {
                let gone = thresholds.abandoned(counts);
                share(gone, counts.get(Counter::Answered) + gone)
            }
            Self::TotalOffered => count(Counter::Offered),
            Self::TotalAccepted => count(Counter::Accepted),
            Self::TotalRejected => count(Counter::Rejected),
            Self::TotalMissed => count(Counter::Lapsed),
            Self::TotalHandled => count(Counter::Handled),
            Self::TotalCompleted => count(Counter::Completed),
            Self::TotalTransferred => count(Counter::Transferred),
            Self::TotalConsulted => count(Counter::Consulted),
            Self::TotalTalkTime => seconds(Counter::TalkTime),
            Self::TotalHoldTime => seconds(Counter::HoldTime),
            Self::TotalWrapTime => seconds(Counter::WrapTime),
            Self::TotalConsultTime => seconds(Counter::ConsultTime),
            Self::AverageHandleTime => {
                let parts = [Counter::TalkTime, Counter::HoldTime, Counter::WrapTime];
                let time = parts.iter().map(|part| counts.get(*part)).sum();
                mean(time, counts.get(Counter::Handled))
            }
            Self::TotalLoggedInTime => seconds(Counter::LoggedInTime),
            Self::TotalReadyTime => seconds(Counter::ReadyTime),
            Self::TotalNotReadyTime => seconds(Counter::NotReadyTime),
            Self::TotalBusyTime => seconds(Counter::BusyTime),
            Self::Occupancy => share(
                counts.get(Counter::BusyTime),
                counts.get(Counter::LoggedInTime),
            ),
        }
    }
}

const fn float(number: u64) -> f64 {
    number as f64
}

/// Milliseconds as seconds.
fn ms(ms: u64) -> f64 {
    float(ms) / 1_000.0
}

const fn whole(number: u64) -> Option<Amount> {
    Some(Amount(float(number)))
}

fn mean(total_ms: u64, of: u64) -> Option<Amount> {
    (of > 0).then(|| Amount(ms(total_ms) / float(of)))
}

fn share(part: u64, of: u64) -> Option<Amount> {
    (of > 0).then(|| Amount(100.0 * float(part) / float(of)))
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name no measure has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no measure {0:?}: GET /v1/statistics lists them")]
pub struct UnknownMeasure(pub String);

impl FromStr for Measure {
    type Err = UnknownMeasure;

    fn from_str(text: &str) -> Result<Self, UnknownMeasure> {
        Self::ALL
            .iter()
            .find(|measure| measure.name() == text)
            .copied()
            .ok_or_else(|| UnknownMeasure(text.chars().take(60).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_every_measure_says_what_it_means() {
        for measure in Measure::ALL {
            assert_eq!(measure.name().parse(), Ok(*measure));
            let written = serde_json::to_string(measure).expect("JSON");
            assert_eq!(written, format!("\"{measure}\""));
            assert!(measure.meaning().ends_with('.'), "{measure}");
            assert!(!measure.kinds().is_empty());
        }
        assert!("mood".parse::<Measure>().is_err());
    }

    #[test]
    fn short_abandons_do_not_touch_the_service_level() {
        let mut counts = Counts::default();
        counts.answered(Millis::seconds(10));
        counts.answered(Millis::seconds(40));
        counts.gone(Millis::seconds(2), true);
        counts.gone(Millis::seconds(8), false);
        counts.gone(Millis::seconds(50), false);
        let usual = Thresholds::default();
        let value = |measure: Measure, thresholds| measure.over(&counts, thresholds);
        assert_eq!(value(Measure::ServiceFactor, usual), Some(Amount(25.0)));
        assert_eq!(value(Measure::AbandonRate, usual), Some(Amount(50.0)));
        let stricter = Thresholds {
            service_level: Millis::seconds(60),
            short_abandon: Some(Millis::seconds(10)),
        };
        assert_eq!(
            value(Measure::TotalShortAbandoned, stricter),
            Some(Amount(2.0))
        );
        assert_eq!(value(Measure::TotalAbandoned, stricter), Some(Amount(1.0)));
        let found = value(Measure::ServiceFactor, stricter).expect("known");
        assert!((found.0 - 200.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn what_nothing_is_known_of_is_unknown_and_not_zero() {
        let nothing = Counts::default();
        let usual = Thresholds::default();
        for measure in [
            Measure::ServiceFactor,
            Measure::AverageWait,
            Measure::AverageHandleTime,
            Measure::Occupancy,
            Measure::CurrentInQueue,
        ] {
            assert_eq!(measure.over(&nothing, usual), None, "{measure}");
        }
        assert_eq!(
            Measure::TotalAnswered.over(&nothing, usual),
            Some(Amount(0.0))
        );
    }
}
