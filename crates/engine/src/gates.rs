//! Thresholds that requests wait behind: which there are, and which of them hold.
//!
//! Which thresholds are *open* is part of the state and changes by an event only, so that what
//! was decided behind them has a reason that stands in the journal. Who waits behind them is an
//! index. Requests that name the same threshold share it: it costs one measurement, not one for
//! each of them, and a request without thresholds costs nothing.

use crate::matching::{Matching, Watched};
use crate::state::State;
use crate::timers::Timer;
use ringback_model::route::{Documented, RouteRequest};
use ringback_model::target::{Expression, Gate};
use ringback_model::{AgentId, EngineTime, Medium, Millis, OrderKey, RouteRequestId};
use std::collections::{BTreeMap, BTreeSet};

/// How many different thresholds may be in use. What happens to an agent is held against each of
/// them.
pub(crate) const GATES_MAX: usize = 256;

/// How often thresholds are looked at that change with time alone.
pub(crate) const LOOK_EVERY: Millis = Millis::seconds(5);

/// The thresholds in use.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Gates {
    /// Those that hold. Truth.
    pub(crate) open: BTreeSet<Gate>,
    /// When those that change with time alone are looked at next. Truth.
    pub(crate) look_at: Option<EngineTime>,
    /// What is known of each in use. An index.
    used: BTreeMap<Gate, Users>,
    /// How often each set of agents is counted. An index.
    counted: BTreeMap<Expression, u32>,
}

/// Who waits behind a threshold, and whom it is about.
#[derive(Debug)]
pub(crate) struct Users {
    /// The requests that name it.
    requests: BTreeSet<(OrderKey, RouteRequestId)>,
    /// The agents it is measured of, if it is measured of agents: whatever happens to one is held
    /// against every threshold, so this is not made anew each time.
    agents: Option<Expression>,
    /// Where the matcher keeps who they are. It watches them as long as somebody names the
    /// threshold.
    watched: Option<Watched>,
}

impl PartialEq for Users {
    /// Where the matcher keeps what it watches depends on the order in which it began to.
    fn eq(&self, other: &Self) -> bool {
        self.requests == other.requests && self.agents == other.agents
    }
}

impl Eq for Users {}

impl Users {
    /// Whether a threshold is about an agent; `None` if it is about no agents at all.
    pub(crate) fn concern(&self, state: &State, agent: AgentId) -> Option<bool> {
        let of = self.agents.as_ref()?;
        Some(match self.watched {
            Some(watched) => state.matcher.is_watched_in(agent, watched),
            None => state.matcher.satisfies(agent, of),
        })
    }
}

impl Gates {
    /// Whether no request waits behind a threshold.
    pub(crate) fn is_unused(&self) -> bool {
        self.used.is_empty()
    }

    /// All in use, in order.
    pub(crate) fn in_use(&self) -> impl Iterator<Item = &Gate> {
        self.used.keys()
    }

    /// All in use with their users, in order.
    pub(crate) fn with_users(&self) -> impl Iterator<Item = (&Gate, &Users)> {
        self.used.iter()
    }

    /// How many are in use.
    pub(crate) fn len(&self) -> usize {
        self.used.len()
    }

    pub(crate) fn is_in_use(&self, gate: &Gate) -> bool {
        self.used.contains_key(gate)
    }

    pub(crate) fn is_open(&self, gate: &Gate) -> bool {
        self.open.contains(gate)
    }

    /// The requests that name it, in order.
    pub(crate) fn users(&self, gate: &Gate) -> impl Iterator<Item = RouteRequestId> {
        let users = self.used.get(gate).into_iter();
        users.flat_map(|it| &it.requests).map(|(_, id)| *id)
    }

    /// Whether one in use changes with time alone.
    pub(crate) fn some_timed(&self) -> bool {
        self.in_use()
            .any(|gate| gate.threshold.statistic.is_timed())
    }
}

/// The agents that are counted for documented targets.
fn counted(documented: &Documented) -> impl Iterator<Item = Expression> {
    documented
        .targets
        .items()
        .filter_map(|item| item.of.agents())
}

fn gates_of(documented: &Documented, over: Medium) -> BTreeSet<Gate> {
    documented.targets.gates(over).collect()
}

impl State {
    /// A request names thresholds from now on; they are closed until they are looked at.
    pub(crate) fn gates_used(&mut self, request: &RouteRequest) {
        let Some(documented) = request.documented() else {
            return;
        };
        for of in counted(documented) {
            self.matcher.watch(&of);
            *self.gates.counted.entry(of).or_default() += 1;
        }
        for gate in gates_of(documented, request.medium) {
            let matcher = &self.matcher;
            let users = self.gates.used.entry(gate).or_insert_with_key(|gate| {
                let agents = gate.of.agents();
                Users {
                    requests: BTreeSet::new(),
                    watched: agents.as_ref().and_then(|of| matcher.watched(of)),
                    agents,
                }
            });
            users.requests.insert((request.key, request.id));
        }
    }

    /// A request names them no more, but for those it names as it is `now`. A threshold nobody
    /// names is forgotten.
    pub(crate) fn gates_left(&mut self, request: &RouteRequest, now: Option<&RouteRequest>) {
        let Some(documented) = request.documented() else {
            return;
        };
        for of in counted(documented) {
            self.matcher.unwatch(&of);
            if let Some(times) = self.gates.counted.get_mut(&of) {
                *times -= 1;
                if *times == 0 {
                    self.gates.counted.remove(&of);
                }
            }
        }
        for gate in gates_of(documented, request.medium) {
            let same_place = now.is_some_and(|now| now.key == request.key);
            if same_place && now.is_some_and(|now| Self::names_gate(now, &gate)) {
                continue;
            }
            let Some(users) = self.gates.used.get_mut(&gate) else {
                continue;
            };
            users.requests.remove(&(request.key, request.id));
            if users.requests.is_empty() {
                self.gates.used.remove(&gate);
                self.turn_gate(&gate, false);
            }
        }
        if !self.gates.some_timed() {
            self.look_at(None);
        }
    }

    /// A threshold holds or does not hold. One nobody names stays closed.
    pub(crate) fn turn_gate(&mut self, gate: &Gate, open: bool) {
        if open && self.gates.is_in_use(gate) {
            self.gates.open.insert(gate.clone());
            self.matcher.set_open(gate, true);
        } else {
            self.gates.open.remove(gate);
            self.matcher.set_open(gate, false);
        }
    }

    /// Whether requests behind a threshold are let through.
    #[must_use]
    pub fn is_open(&self, gate: &Gate) -> bool {
        self.gates.is_open(gate)
    }

    /// When those that change with time alone are looked at next.
    pub(crate) fn look_at(&mut self, at: Option<EngineTime>) {
        if let Some(before) = self.gates.look_at.take() {
            self.timers.disarm(before, Timer::Thresholds);
        }
        if let Some(at) = at {
            self.timers.arm(at, Timer::Thresholds);
            self.gates.look_at = Some(at);
        }
    }
}
