//! Choosing a target by its weight.

use crate::matching::{AgentFound, Matching};
use crate::state::State;
use ringback_model::route::RouteRequest;
use ringback_model::target::Expression;
use ringback_model::{AgentId, RouteRequestId};

/// The fraction of a turn between two draws: what is left of the golden ratio, of 2^64. Draws that
/// far apart cover a circle evenly however many there are, and hit no target twice in a row that
/// has a small share.
const TURN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Which of several is drawn the `number`th time, by their weights: after n draws each was drawn
/// its share of n times, give or take a few. None when nothing has a weight.
fn drawn(seed: u64, number: u64, weights: &[u8]) -> Option<usize> {
    let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    if total == 0 {
        return None;
    }
    let turned = number.wrapping_add(seed).wrapping_mul(TURN);
    // The high half of the product: a point from 0 to below the total.
    let mut point = (u128::from(turned) * u128::from(total)) >> 64;
    for (index, weight) in weights.iter().enumerate() {
        let weight = u128::from(*weight);
        if point < weight {
            return Some(index);
        }
        point -= weight;
    }
    None
}

impl State {
    /// Which of several is drawn for a request now: the draws of one virtual queue are numbered.
    pub(crate) fn draw(&self, request: &RouteRequest, weights: &[u8]) -> Option<usize> {
        let counts = self.line_counts(request.virtual_queue);
        drawn(request.virtual_queue.0, counts.drawn, weights)
    }

    /// The agent a request gets by the weights of its targets: a target is drawn among those in
    /// which somebody is free, and of its agents the one who has been idle longest. Where nothing
    /// has a weight it is who has been idle longest of all.
    pub(crate) fn agent_by_share(
        &self,
        id: RouteRequestId,
        request: &RouteRequest,
    ) -> Option<AgentFound> {
        let may = |agent: AgentId| !self.is_held_back(id, agent);
        let targets = self.weighed(request);
        let mut free = vec![false; targets.len()];
        let found = self.matcher.agent_ranked(id, &mut |agent| {
            if !may(agent) {
                return None;
            }
            for (index, (of, _)) in targets.iter().enumerate() {
                free[index] = free[index] || self.matcher.satisfies(agent, of);
            }
            Some(0)
        })?;
        let weights = targets.iter().zip(&free);
        let weights = weights.map(|((_, weight), free)| if *free { *weight } else { 0 });
        let Some(drawn) = self.draw(request, &weights.collect::<Vec<_>>()) else {
            return Some(found);
        };
        let (of, _) = &targets[drawn];
        self.matcher.agent_ranked(id, &mut |agent| {
            (may(agent) && self.matcher.satisfies(agent, of)).then_some(0)
        })
    }

    /// The targets in force that mean agents and whose thresholds hold, with their weights.
    fn weighed(&self, request: &RouteRequest) -> Vec<(Expression, u8)> {
        let documented = request.documented();
        let items = documented.into_iter().flat_map(|it| it.in_force());
        let open = items.filter(|item| {
            let gate = item.gate(request.medium);
            gate.is_none_or(|gate| self.gates.is_open(&gate))
        });
        let weighed = open.filter_map(|item| Some((item.of.agents()?, item.weight.unwrap_or(0))));
        weighed.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::drawn;
    use proptest::prelude::*;

    proptest! {
        /// However the weights are, and after however many draws: nobody is further from his
        /// share than a few draws.
        #[test]
        fn each_is_drawn_its_share(
            seed in 0..1_000_u64,
            first in 0..1_000_000_u64,
            weights in proptest::collection::vec(0..=100_u8, 1..5),
        ) {
            let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
            prop_assume!(total > 0);
            let mut times = vec![0_u64; weights.len()];
            for number in 1..=2_000 {
                let drawn = drawn(seed, first + number, &weights).expect("somebody");
                times[drawn] += 1;
                for (times, weight) in times.iter().zip(&weights) {
                    let share = number as f64 * f64::from(*weight) / total as f64;
                    let off = (*times as f64 - share).abs();
                    prop_assert!(off < 6.0, "{off} off after {number} draws of {weights:?}");
                }
            }
        }
    }

    #[test]
    fn what_has_no_weight_is_never_drawn() {
        assert_eq!(drawn(1, 7, &[0, 0]), None);
        assert!((0..1_000).all(|number| drawn(3, number, &[0, 5, 0]) == Some(1)));
    }
}
