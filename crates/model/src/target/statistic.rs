//! The statistics a threshold or check may name.

use crate::target::list::TargetKind;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a statistic is measured of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measured {
    /// One agent, or the agents of a group or skill expression.
    Agents,
    /// One queue, or the queues of a group.
    Queues,
}

impl Measured {
    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agents => "agents",
            Self::Queues => "queues",
        }
    }
}

macro_rules! statistics {
    ($($(#[$doc:meta])* $variant:ident $of:ident $unit:literal $name:literal,)*) => {
        /// A number about a target at this moment. The names are those of the older platform;
        /// each is given one meaning here. Of several agents or queues it is the sum, unless
        /// its meaning says otherwise.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum Statistic {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Statistic {
            /// All of them, in the order of their names.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name it is written with, which is also its serialised name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it is measured of.
            #[must_use]
            pub const fn measured(self) -> Measured {
                match self { $(Self::$variant => Measured::$of,)* }
            }

            /// What it counts in: `count`, `seconds` or `percent`.
            #[must_use]
            pub const fn unit(self) -> &'static str {
                match self { $(Self::$variant => $unit,)* }
            }
        }
    };
}

statistics! {
    /// The estimated wait of this very request at its place in the queue; of several queues
    /// the shortest. Unknown when nobody serves, and then no comparison holds.
    InVqWaitTime Queues "seconds" "InVQWaitTime",
    /// Agents who are logged in and ready for some medium.
    RStatAgentsReady Agents "count" "RStatAgentsReady",
    /// Agents who are logged in and ready for voice.
    RStatAgentsReadyVoice Agents "count" "RStatAgentsReadyvoice",
    /// Agents who are logged in.
    RStatAgentsTotal Agents "count" "RStatAgentsTotal",
    /// Interactions the agent handles; of several agents the fewest.
    StatAgentLoading Agents "count" "StatAgentLoading",
    /// The share of the time since log-in in which the agent handled something; of several
    /// agents the smallest.
    StatAgentOccupancy Agents "percent" "StatAgentOccupancy",
    /// Agents who are ready for the medium of the interaction and have room for it.
    StatAgentsAvailable Agents "count" "StatAgentsAvailable",
    /// Agents who are logged in and handle something.
    StatAgentsBusy Agents "count" "StatAgentsBusy",
    /// Agents logged in who serve the queue: who is wanted by what enters it as a target.
    StatAgentsInQueueLogin Queues "count" "StatAgentsInQueueLogin",
    /// Agents ready for the medium of the interaction who serve the queue.
    StatAgentsInQueueReady Queues "count" "StatAgentsInQueueReady",
    /// Agents who are ready for the medium of the interaction, with or without room for it.
    StatAgentsReady Agents "count" "StatAgentsReady",
    /// Agents who are logged in; the same as `RStatAgentsTotal`.
    StatAgentsTotal Agents "count" "StatAgentsTotal",
    /// Interactions accepted since the day began.
    StatCallsAnswered Agents "count" "StatCallsAnswered",
    /// Interactions completed since the day began.
    StatCallsCompleted Agents "count" "StatCallsCompleted",
    /// Requests that wait.
    StatCallsInQueue Queues "count" "StatCallsInQueue",
    /// The estimated wait of whoever would enter now; of several queues the shortest. Unknown
    /// when nobody serves, and then no comparison holds.
    StatExpectedWaitingTime Queues "seconds" "StatExpectedWaitingTime",
    /// Requests that wait and one more, times the mean handling time, divided by the agents
    /// logged in for them; of several queues the smallest.
    StatLoadBalance Queues "seconds" "StatLoadBalance",
    /// The share of requests answered within the queue's service level; of several queues the
    /// smallest.
    StatServiceFactor Queues "percent" "StatServiceFactor",
    /// How long the agent has been ready and without work; of several agents the longest.
    StatTimeInReadyState Agents "seconds" "StatTimeInReadyState",
}

impl Statistic {
    /// Whether it can be measured of targets of this kind.
    #[must_use]
    pub const fn fits(self, kind: &TargetKind) -> bool {
        matches!(
            (self.measured(), kind.measured()),
            (Measured::Agents, Measured::Agents) | (Measured::Queues, Measured::Queues)
        )
    }

    /// Whether the routing measures it. The others need what was counted over a day, or how long
    /// interactions are handled.
    #[must_use]
    pub const fn is_measured(self) -> bool {
        !matches!(
            self,
            Self::InVqWaitTime
                | Self::StatCallsAnswered
                | Self::StatCallsCompleted
                | Self::StatExpectedWaitingTime
                | Self::StatLoadBalance
                | Self::StatServiceFactor
        )
    }

    /// Whether it changes with time alone, when nothing happens.
    #[must_use]
    pub const fn is_timed(self) -> bool {
        matches!(self, Self::StatAgentOccupancy | Self::StatTimeInReadyState)
    }

    /// Whether a multi-target step with a skill expression may check it.
    #[must_use]
    pub const fn fits_skill_step(self) -> bool {
        matches!(
            self,
            Self::RStatAgentsReady | Self::RStatAgentsReadyVoice | Self::RStatAgentsTotal
        )
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name no statistic has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownStatistic(pub String);

impl std::error::Error for UnknownStatistic {}

impl fmt::Display for UnknownStatistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no statistic: use ", self.0)?;
        for (index, statistic) in Statistic::ALL.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{statistic}")?;
        }
        Ok(())
    }
}

impl FromStr for Statistic {
    type Err = UnknownStatistic;

    fn from_str(text: &str) -> Result<Self, UnknownStatistic> {
        Self::ALL
            .iter()
            .find(|statistic| statistic.name() == text)
            .copied()
            .ok_or_else(|| UnknownStatistic(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_stand_in_order() {
        for statistic in Statistic::ALL {
            assert_eq!(statistic.name().parse(), Ok(*statistic));
            assert_eq!(
                serde_json::to_string(statistic).expect("JSON"),
                format!("\"{statistic}\"")
            );
        }
        assert!(Statistic::ALL.is_sorted_by_key(|statistic| statistic.name()));
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_list() {
        let error = "StatMood".parse::<Statistic>().expect_err("no statistic");
        let text = error.to_string();
        assert!(
            text.starts_with("\"StatMood\" is no statistic: use InVQWaitTime, RStat"),
            "{text}"
        );
        assert!(text.ends_with(", StatTimeInReadyState"), "{text}");
    }
}
