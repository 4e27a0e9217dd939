//! For each agent the set of expressions it satisfies, laid out so that a new expression can
//! be written into many agents' sets at once: expressions come in blocks, and a block holds one
//! cache line for each agent.

use super::agents::Slot;
use super::qualified::ExprId;

const WORD: usize = u64::BITS as usize;
/// The words of one agent in one block.
const LINE: usize = 8;
/// The expressions of one block.
const BLOCK: usize = LINE * WORD;

/// Expressions by agent.
#[derive(Debug, Default)]
pub(super) struct Rows {
    blocks: Vec<Vec<[u64; LINE]>>,
    slots: usize,
}

impl Rows {
    /// Makes room for this agent, with no expression.
    pub(super) fn make_room(&mut self, slot: Slot) {
        let slots = slot as usize + 1;
        if slots > self.slots {
            self.slots = slots;
            for block in &mut self.blocks {
                block.resize(slots, [0; LINE]);
            }
        }
    }

    /// The agent must have room.
    pub(super) fn put(&mut self, slot: Slot, expression: ExprId, member: bool) {
        let (block, word, bit) = split(expression);
        if block >= self.blocks.len() {
            if !member {
                return;
            }
            let slots = self.slots;
            self.blocks
                .resize_with(block + 1, || vec![[0; LINE]; slots]);
        }
        let word = &mut self.blocks[block][slot as usize][word];
        *word = *word & !(1 << bit) | u64::from(member) << bit;
    }

    pub(super) fn has(&self, slot: Slot, expression: ExprId) -> bool {
        let (block, word, bit) = split(expression);
        let block = self.blocks.get(block);
        block.is_some_and(|block| block[slot as usize][word] >> bit & 1 == 1)
    }

    /// The set of one agent, as words of bits.
    pub(super) fn words(&self, slot: Slot) -> impl Iterator<Item = u64> {
        let lines = self.blocks.iter().map(move |block| &block[slot as usize]);
        lines.flatten().copied()
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let lines: usize = self.blocks.iter().map(Vec::capacity).sum();
        lines * size_of::<[u64; LINE]>()
    }
}

fn split(expression: ExprId) -> (usize, usize, usize) {
    let expression = expression as usize;
    (
        expression / BLOCK,
        expression % BLOCK / WORD,
        expression % WORD,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::bits::Bits;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn rows_are_one_set_per_agent(
            steps in proptest::collection::vec((0..9_u32, 0..1_200_u32, any::<bool>()), 0..200),
        ) {
            let mut rows = Rows::default();
            let mut sets = vec![BTreeSet::new(); 9];
            for (slot, expression, member) in steps {
                rows.make_room(slot);
                rows.put(slot, expression, member);
                let set = &mut sets[slot as usize];
                if member { set.insert(expression); } else { set.remove(&expression); }
                prop_assert_eq!(rows.has(slot, expression), member);
                let mut all = Bits::default();
                (0..2_000).for_each(|expression| all.put(expression, true));
                let mut seen = BTreeSet::new();
                all.each_of_both(rows.words(slot), |expression| { seen.insert(expression); });
                prop_assert_eq!(&seen, set);
            }
        }
    }
}
