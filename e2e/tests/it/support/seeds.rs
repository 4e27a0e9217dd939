//! Which seeds a story is told with: those that once found something, then fresh ones.

use super::random::{Random, fresh_seed};

/// So many seeds for a story. `RINGBACK_SEED` fixes the fresh ones.
pub(crate) fn seeds(story: &str, count: usize) -> Vec<u64> {
    let kept = kept(include_str!("../../../seeds.txt"), story);
    let given = std::env::var("RINGBACK_SEED").ok();
    let given = given.map(|text| text.parse().expect("RINGBACK_SEED is a number"));
    let mut random = Random::seeded(given.unwrap_or_else(fresh_seed));
    let fresh = std::iter::repeat_with(move || random.next());
    kept.into_iter().chain(fresh).take(count).collect()
}

fn kept(text: &str, story: &str) -> Vec<u64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(' '))
        .filter(|(of, _)| *of == story)
        .map(|(_, seed)| seed.trim().parse().expect("a seed is a number"))
        .collect()
}

#[test]
fn seeds_are_kept_by_story() {
    let text = "# why\nkill 7\nother 8\nkill 9\n";
    assert_eq!(kept(text, "kill"), [7, 9]);
}
