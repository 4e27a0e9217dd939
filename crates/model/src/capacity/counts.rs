//! Media and how many claims there are of each.

use crate::medium::Medium;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Some of the media.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(from = "Vec<Medium>", into = "Vec<Medium>")]
pub struct MediaSet(u8);

impl From<Vec<Medium>> for MediaSet {
    fn from(media: Vec<Medium>) -> Self {
        media.into_iter().collect()
    }
}

impl From<MediaSet> for Vec<Medium> {
    fn from(media: MediaSet) -> Self {
        media.iter().collect()
    }
}

impl MediaSet {
    /// None of them.
    pub const EMPTY: Self = Self(0);
    /// All of them; written `any`.
    pub const ANY: Self = Self((1 << Medium::ALL.len()) - 1);
    /// All but voice; written `digital`.
    pub const DIGITAL: Self = Self(Self::ANY.0 & !(1 << Medium::Voice.index()));

    /// Exactly this one.
    #[must_use]
    pub const fn of(medium: Medium) -> Self {
        Self(1 << medium.index())
    }

    /// Those in one or the other.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn contains(self, medium: Medium) -> bool {
        self.0 & (1 << medium.index()) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In their fixed order.
    pub fn iter(self) -> impl Iterator<Item = Medium> {
        Medium::ALL
            .into_iter()
            .filter(move |medium| self.contains(*medium))
    }

    /// All sets that hold nothing but some of these, the empty one and this one included.
    pub(super) fn parts(self) -> impl Iterator<Item = Self> {
        (0..=self.0)
            .map(Self)
            .filter(move |part| part.without(self).is_empty())
    }
}

impl FromIterator<Medium> for MediaSet {
    fn from_iter<I: IntoIterator<Item = Medium>>(media: I) -> Self {
        media
            .into_iter()
            .fold(Self::EMPTY, |all, medium| all.union(Self::of(medium)))
    }
}

impl fmt::Display for MediaSet {
    /// `any`, `digital`, or the names with `+` between them, as a rule reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ANY => return f.write_str("any"),
            Self::DIGITAL => return f.write_str("digital"),
            _ => {}
        }
        for (index, medium) in self.iter().enumerate() {
            let plus = if index > 0 { "+" } else { "" };
            write!(f, "{plus}{medium}")?;
        }
        Ok(())
    }
}

/// How many claims an agent carries, per medium.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counts([u16; Medium::ALL.len()]);

impl Counts {
    /// No claims.
    pub const NONE: Self = Self([0; Medium::ALL.len()]);

    /// Of this medium.
    #[must_use]
    pub const fn of(&self, medium: Medium) -> u16 {
        self.0[medium.index()]
    }

    /// The same, with so many of this medium.
    #[must_use]
    pub const fn with(mut self, medium: Medium, count: u16) -> Self {
        self.0[medium.index()] = count;
        self
    }

    /// The same, and one more of this medium.
    #[must_use]
    pub const fn and_one(self, medium: Medium) -> Self {
        self.with(medium, self.of(medium).saturating_add(1))
    }

    /// Of these media together.
    #[must_use]
    pub fn of_all(&self, media: MediaSet) -> u16 {
        media
            .iter()
            .fold(0, |sum: u16, medium| sum.saturating_add(self.of(medium)))
    }

    /// The same, of these media only.
    #[must_use]
    pub fn only(self, media: MediaSet) -> Self {
        media.iter().fold(Self::NONE, |kept, medium| {
            kept.with(medium, self.of(medium))
        })
    }

    /// The media with a claim.
    #[must_use]
    pub fn media(&self) -> MediaSet {
        Medium::ALL
            .into_iter()
            .filter(|medium| self.of(*medium) > 0)
            .collect()
    }
}

impl FromIterator<(Medium, u16)> for Counts {
    /// Counts of the same medium are added.
    fn from_iter<I: IntoIterator<Item = (Medium, u16)>>(counts: I) -> Self {
        counts.into_iter().fold(Self::NONE, |all, (medium, count)| {
            all.with(medium, all.of(medium).saturating_add(count))
        })
    }
}
