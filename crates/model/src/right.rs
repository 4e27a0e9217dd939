//! What can be done or asked, as far as rights go.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that names no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no action: there are {}", Action::names())]
pub struct NotAnAction {
    /// What was found, cut to 40 characters.
    pub text: String,
}

macro_rules! actions {
    ($( $(#[doc = $doc:literal])+ $action:ident, $name:literal, $words:literal; )*) => {
        /// What can be done or asked.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum Action {
            $( $(#[doc = $doc])+ $action, )*
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Self] = &[ $( Self::$action, )* ];

            /// The fixed serialised name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$action => $name, )* }
            }

            /// In words, for the one who is denied.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $( Self::$action => $words, )* }
            }
        }
    };
}

actions! {
    /// Take interactions in.
    Submit, "submit", "submit interactions";
    /// Be done with an interaction.
    Complete, "complete", "complete interactions";
    /// End an interaction from outside.
    Stop, "stop", "stop interactions";
    /// Make, change and cancel route requests.
    Route, "route", "route interactions";
    /// As an agent: begin work of one's own, and do with what one has in hand whatever has to be
    /// done.
    Handle, "handle", "work on interactions";
    /// Take what rests.
    Pull, "pull", "take interactions from queues and workbins";
    /// As a system: change and move what rests in its queues.
    Arrange, "arrange", "change and move interactions";
    /// As a supervisor: change, move, take out, lock and unlock what is in one's queues, and let
    /// agents listen.
    Intervene, "intervene", "intervene in interactions";
    /// Accept and reject offers.
    Answer, "answer", "answer offers";
    /// Log in and out, ready and not ready.
    Work, "work", "log agents in and out and set them ready";
    /// Change queues, agents and settings.
    Configure, "configure", "change the configuration";
    /// Make and revoke keys.
    Keys, "keys", "make and revoke keys";
    /// Change people, their log-in and what holds for all log-ins.
    People, "people", "change people and their log-in";
    /// Change one's own log-in and end one's own sessions.
    OwnLogin, "own_login", "change somebody's own log-in";
    /// Erase personal data.
    Erase, "erase", "erase personal data";
    /// See interactions, their history and why they wait.
    SeeInteractions, "see_interactions", "see interactions";
    /// Look through open interactions.
    Search, "search", "look through interactions";
    /// See agents.
    SeeAgents, "see_agents", "see agents";
    /// See queues and lines.
    SeeQueues, "see_queues", "see queues";
    /// See numbers over the whole tenant.
    SeeTotals, "see_totals", "see the numbers of the whole tenant";
    /// See keys, people, configuration objects and their versions.
    SeeConfiguration, "see_configuration", "see the configuration";
    /// See what a desk needs to show things: case data, codes, skills, hours, defaults of media.
    SeeWords, "see_words", "see what a desk shows";
    /// See the settings.
    SeeSettings, "see_settings", "see the settings";
    /// See inputs that were put aside.
    SeeQuarantine, "see_quarantine", "see inputs that were put aside";
    /// What only the house itself does: timers, effects, desks, log-ins.
    House, "house", "do what the server does itself";
}

impl Action {
    fn names() -> String {
        let names: Vec<&str> = Self::ALL.iter().map(|action| action.name()).collect();
        names.join(", ")
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Action {
    type Err = NotAnAction;

    fn from_str(text: &str) -> Result<Self, NotAnAction> {
        let found = Self::ALL.iter().find(|action| action.name() == text);
        found.copied().ok_or_else(|| NotAnAction {
            text: text.chars().take(40).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn an_action_is_written_as_it_is_named() {
        for action in Action::ALL {
            let written = serde_json::to_value(action).expect("plain data");
            assert_eq!(written, action.name());
            assert_eq!(action.name().parse(), Ok(*action));
            let _: Name = action.name().parse().expect("a name");
        }
        assert!("fly".parse::<Action>().is_err());
    }
}
