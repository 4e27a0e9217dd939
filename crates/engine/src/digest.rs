//! A hash that is the same in every process and on every machine.
//!
//! The digest of the state stands in every journal record, so that whoever applies the record
//! (follower, recovery, `replay --check`) can tell at once that he came to another state. It
//! guards against mistakes of ours, not against an attacker. Changing this function, or the
//! shape of a hashed type, needs a new [`crate::VERSION`]; a test pins the value of a known
//! state.

use std::hash::{Hash, Hasher};

/// Mixes 64-bit words; not for anything an attacker chooses.
#[derive(Debug, Clone)]
struct Mixer(u64);

/// Odd, with bits all over: 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Mixer {
    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(STEP).rotate_left(29);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.word(u64::from_le_bytes(last));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.word(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.word(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.word(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.word(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.word(value as u64);
    }

    fn finish(&self) -> u64 {
        let folded = self.0 ^ (self.0 >> 32);
        folded.wrapping_mul(STEP) ^ (folded >> 29)
    }
}

/// The hash of one value.
pub(crate) fn of(value: &impl Hash) -> u64 {
    let mut mixer = Mixer(STEP);
    value.hash(&mut mixer);
    mixer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_known_values_never_changes() {
        assert_eq!(of(&(1_u64, "abc", Some(7_u8))), 0x1f0e_1c5f_b4a5_0396);
    }
}
