//! Configuration that stands in inputs and events alike.

use crate::samples::name;
use ringback_model::config::{AgentBody, Capacity, Group, Settings, Timeouts};
use ringback_model::{Medium, Millis};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn agent_body() -> AgentBody {
    AgentBody {
        skills: BTreeMap::from([(name("English"), 3), (name("Loans"), 65_535)]),
        capacity: Capacity(BTreeMap::from([(Medium::Voice, 1), (Medium::Chat, 3)])),
        ..AgentBody::default()
    }
}

pub(crate) fn agent_with_more() -> AgentBody {
    AgentBody {
        texts: BTreeMap::from([(name("Region"), "north".parse().expect("a text"))]),
        capacity_rule: Some(name("two-of-three")),
        ..agent_body()
    }
}

pub(crate) fn group() -> Group {
    Group {
        display_name: "Sales".to_owned(),
        members: BTreeSet::from([name("anna"), name("ben")]),
        expression: Some("Loans>=2 & (English>=1 | French>=1)".parse().expect("one")),
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        offer_ttl: Millis::seconds(30),
        cool_down: Millis::seconds(20),
        misses_max: BTreeMap::from([(Medium::Voice, 1), (Medium::Email, 5)]),
        desk_grace: Millis::seconds(15),
        open_max: 1_000,
        results_kept: Millis::seconds(3_600),
        credit_max: Millis::seconds(7_200),
        open_keys: BTreeSet::from(["product".to_owned(), "topic".to_owned()]),
        notices: true,
        skills_declared: false,
        timeouts: Timeouts::default(),
    }
}

/// Settings with time-outs of their own.
pub(crate) fn settings_with_timeouts() -> Settings {
    Settings {
        timeouts: Timeouts {
            offer: BTreeMap::from([(Medium::Chat, Millis::seconds(10))]),
            handling: Millis::seconds(3_600),
            handling_of: BTreeMap::from([(Medium::Email, Millis::seconds(7_200))]),
            routing: Millis::seconds(600),
        },
        ..settings()
    }
}
