//! What a capacity rule says about claims.

use super::{Counts, MediaSet, Rule, Share};
use crate::medium::Medium;
use std::fmt;

/// Whether one more claim is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is, beside what is there.
    Yes,
    /// It is, and the work of these media pauses until it is done.
    Interrupts(MediaSet),
    /// It is not.
    No(WhyNot),
}

impl Verdict {
    /// Whether one more is allowed at all.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Yes | Self::Interrupts(_))
    }
}

/// Why one more claim is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum WhyNot {
    /// Alone it would be, but not beside work of these media.
    #[error("{medium} is not taken beside {held}")]
    Beside {
        /// Of which medium one more was asked for.
        medium: Medium,
        /// What is there.
        held: MediaSet,
    },
    /// The budget does not reach.
    #[error("one {medium} takes {cost} of the budget, and {left} are left")]
    Budget {
        /// Of which medium one more was asked for.
        medium: Medium,
        /// What it takes.
        cost: u16,
        /// What is left; 0 also when more is taken than there is.
        left: u16,
    },
    /// As many as there may be of these media together.
    #[error("{held} of {} {} are there already", share.max, share.media)]
    Full {
        /// How many there are.
        held: u16,
        /// How many there may be, of what.
        share: Share,
    },
    /// The rule never takes this medium.
    #[error("the rule takes no {0}")]
    NotTaken(Medium),
    /// There is more than the rule allows already, so nothing is added.
    #[error("more is there already than the rule allows")]
    Exceeded,
}

/// What there is more of than a rule allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Excess {
    /// Every share that is passed, in the reading of the rule that is nearest to what is there.
    pub over: Vec<Over>,
}

/// A share that is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Over {
    /// There are more claims of some media than there may be.
    Claims {
        /// Of which media together.
        media: MediaSet,
        /// How many there are.
        held: u16,
        /// How many there may be, beside the rest that is there.
        max: u16,
    },
    /// The claims take more than the budget.
    Budget {
        /// What they take.
        taken: u16,
        /// What there is.
        total: u16,
    },
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, over) in self.over.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            match over {
                Over::Claims { media, held, max } => {
                    write!(f, "{comma}{held} {media} where at most {max} may be")?;
                }
                Over::Budget { taken, total } => {
                    write!(f, "{comma}{taken} taken of a budget of {total}")?;
                }
            }
        }
        Ok(())
    }
}

/// The documented view of one medium of an agent: `[R 1 2 1]` is ready, one claim, at most two,
/// one more can be assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CapacityView {
    /// Whether the agent is ready for the medium.
    pub ready: bool,
    /// Claims now.
    pub current: u16,
    /// As many as there could be if there were nothing else.
    pub max: u16,
    /// How many more can be assigned now; 0 while not ready.
    pub assignable: u16,
}

impl fmt::Display for CapacityView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ready = if self.ready { "R" } else { "NR" };
        let Self {
            current,
            max,
            assignable,
            ..
        } = self;
        write!(f, "[{ready} {current} {max} {assignable}]")
    }
}

impl Rule {
    /// Whether one more claim of `medium` is allowed beside these, with as little of them
    /// paused as possible ([`Rule::paused`]).
    #[must_use]
    pub fn allows(&self, claims: &Counts, medium: Medium) -> Verdict {
        if self.fits(&claims.and_one(medium)) {
            return Verdict::Yes;
        }
        if self.most(medium) == 0 {
            return Verdict::No(WhyNot::NotTaken(medium));
        }
        match self.paused(claims) {
            Some(paused) => self.allows_beside(claims, paused, medium),
            None => Verdict::No(WhyNot::Exceeded),
        }
    }

    /// As [`Rule::allows`], for a caller who remembers which media are paused. Numbers alone
    /// do not always tell: where a call interrupts mails and mails interrupt chats, either may be
    /// what makes room.
    #[must_use]
    pub fn allows_beside(&self, claims: &Counts, paused: MediaSet, medium: Medium) -> Verdict {
        let after = claims.and_one(medium);
        let may_pause = paused.union(self.interrupts(medium));
        let candidates = claims.media().both(may_pause).without(MediaSet::of(medium));
        let pauses = candidates
            .parts()
            .filter(|pauses| self.is_split(&after, *pauses))
            .min_by_key(|pauses| {
                let new = pauses.without(paused);
                (claims.of_all(new), claims.of_all(*pauses), *pauses)
            });
        match pauses.map(|pauses| pauses.without(paused)) {
            Some(MediaSet::EMPTY) => Verdict::Yes,
            Some(new) => Verdict::Interrupts(new),
            None => Verdict::No(self.why_not(claims, paused, medium)),
        }
    }

    /// How many more claims of this medium could be added one after the other, for a caller who
    /// remembers which media are paused.
    #[must_use]
    pub fn room_beside(&self, claims: &Counts, paused: MediaSet, medium: Medium) -> u16 {
        let (mut claims, mut paused, mut room) = (*claims, paused, 0);
        loop {
            match self.allows_beside(&claims, paused, medium) {
                Verdict::Yes => {}
                Verdict::Interrupts(more) => paused = paused.union(more),
                Verdict::No(_) => return room,
            }
            claims = claims.and_one(medium);
            room += 1;
        }
    }

    /// Which media are paused among these claims, if those were before and nothing was added but
    /// one claim of `added`: as few as the rule allows, new ones only if `added` interrupts them.
    /// Where more is there than the rule allows at all, what was paused stays paused as long as
    /// what interrupted it is there.
    #[must_use]
    pub fn still_paused(
        &self,
        claims: &Counts,
        before: MediaSet,
        added: Option<Medium>,
    ) -> MediaSet {
        let reach = added.map_or(MediaSet::EMPTY, |medium| self.interrupts(medium));
        let added = added.map_or(MediaSet::EMPTY, MediaSet::of);
        let may_pause = before.union(reach).without(added);
        let candidates = claims.media().both(may_pause);
        let fitting = candidates
            .parts()
            .filter(|pauses| self.is_split(claims, *pauses))
            .min_by_key(|pauses| {
                let new = pauses.without(before);
                (claims.of_all(new), claims.of_all(*pauses), *pauses)
            });
        fitting.unwrap_or_else(|| {
            let kept = candidates.both(before).parts();
            let kept = kept.filter(|pauses| self.is_interrupted(claims, *pauses));
            kept.max_by_key(|pauses| claims.of_all(*pauses))
                .unwrap_or(MediaSet::EMPTY)
        })
    }

    /// How many more claims of each medium could be added one after the other, if of no other
    /// medium one were added; those that interrupt count too.
    #[must_use]
    pub fn remaining(&self, claims: &Counts) -> Counts {
        Medium::ALL
            .into_iter()
            .map(|medium| (medium, self.remaining_of(claims, medium)))
            .collect()
    }

    /// What there is more of than the rule allows, for instance because it was lowered. Work
    /// that is paused by an allowed interruption is not too much.
    #[must_use]
    pub fn exceeds(&self, claims: &Counts) -> Option<Excess> {
        if self.paused(claims).is_some() {
            return None;
        }
        let over = claims
            .media()
            .parts()
            .filter(|pauses| self.is_interrupted(claims, *pauses))
            .map(|pauses| {
                let active = claims.only(claims.media().without(pauses));
                let mut over = self.overrun(&active);
                over.extend(self.overrun(&claims.only(pauses)));
                over
            })
            .min_by_key(|over| size(over));
        Some(Excess {
            over: over.unwrap_or_default(),
        })
    }

    /// Media whose work is paused by other work, if these claims are allowed at all: of several
    /// ways the one that pauses the fewest claims.
    #[must_use]
    pub fn paused(&self, claims: &Counts) -> Option<MediaSet> {
        if self.fits(claims) {
            return Some(MediaSet::EMPTY);
        }
        claims
            .media()
            .parts()
            .filter(|pauses| self.is_split(claims, *pauses))
            .min_by_key(|pauses| (claims.of_all(*pauses), *pauses))
    }

    /// The most claims of this medium, if there were nothing else.
    #[must_use]
    pub fn most(&self, medium: Medium) -> u16 {
        let holds = |share: &&Share| share.media.contains(medium);
        let max = |share: &Share| u16::from(share.max);
        let by_limits = self.limits.as_ref().map(|_| {
            let shares = self.alternatives.iter().flatten();
            shares.filter(holds).map(max).max().unwrap_or(0)
        });
        let by_maximum = self.at_most.iter().filter(holds).map(max).min();
        let by_budget = self
            .budget
            .map(|budget| budget.cost(medium).map_or(0, |cost| budget.total / cost));
        [by_limits, by_maximum, by_budget]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(0)
    }

    /// The documented view of one medium.
    #[must_use]
    pub fn view(&self, claims: &Counts, medium: Medium, ready: bool) -> CapacityView {
        let assignable = if ready {
            self.remaining_of(claims, medium)
        } else {
            0
        };
        CapacityView {
            ready,
            current: claims.of(medium),
            max: self.most(medium),
            assignable,
        }
    }

    fn remaining_of(&self, claims: &Counts, medium: Medium) -> u16 {
        let mut with_more = *claims;
        while self.allows(&with_more, medium).is_allowed() {
            with_more = with_more.and_one(medium);
        }
        with_more.of(medium) - claims.of(medium)
    }

    /// Whether these claims are allowed without any of them being paused.
    fn fits(&self, claims: &Counts) -> bool {
        let limits = self.limits.is_none()
            || self
                .alternatives
                .iter()
                .any(|shares| shares_fit(shares, claims));
        let at_most = self
            .at_most
            .iter()
            .all(|share| claims.of_all(share.media) <= u16::from(share.max));
        limits && at_most && self.budget_fits(claims)
    }

    fn budget_fits(&self, claims: &Counts) -> bool {
        let Some(budget) = &self.budget else {
            return true;
        };
        let priced = |medium| budget.cost(medium).is_some();
        claims.media().iter().all(priced) && self.taken(claims) <= budget.total
    }

    /// What these claims take of the budget.
    fn taken(&self, claims: &Counts) -> u16 {
        let cost = |medium| self.budget.and_then(|budget| budget.cost(medium));
        claims.media().iter().fold(0, |sum: u16, medium| {
            sum.saturating_add(claims.of(medium).saturating_mul(cost(medium).unwrap_or(0)))
        })
    }

    /// Whether the claims are allowed with exactly these media paused: the rest fits, what is
    /// paused was allowed before it was interrupted, and somebody interrupts it.
    pub(super) fn is_split(&self, claims: &Counts, pauses: MediaSet) -> bool {
        let active = claims.media().without(pauses);
        if !self.is_interrupted(claims, pauses) || !self.fits(&claims.only(active)) {
            return false;
        }
        let below = claims.only(pauses);
        self.fits(&below) || (!active.is_empty() && self.paused(&below).is_some())
    }

    /// Whether each of these media may be interrupted by one that is there and not among them.
    fn is_interrupted(&self, claims: &Counts, pauses: MediaSet) -> bool {
        let reach = claims
            .media()
            .without(pauses)
            .iter()
            .fold(MediaSet::EMPTY, |all, medium| {
                all.union(self.interrupts(medium))
            });
        pauses.without(reach).is_empty()
    }

    fn why_not(&self, claims: &Counts, paused: MediaSet, medium: Medium) -> WhyNot {
        let active = claims.only(claims.media().without(paused));
        let after = active.and_one(medium);
        let over = self.overrun(&after);
        let full = over.iter().find_map(|over| match *over {
            Over::Claims { media, held, max } if max > 0 && media.contains(medium) => {
                let max = u8::try_from(max).unwrap_or(u8::MAX);
                let share = Share { media, max };
                Some(WhyNot::Full {
                    held: held - 1,
                    share,
                })
            }
            _ => None,
        });
        let others = claims.media().without(MediaSet::of(medium));
        match (full, self.budget) {
            (Some(full), _) => full,
            (None, Some(budget)) if !self.budget_fits(&after) => WhyNot::Budget {
                medium,
                cost: budget.cost(medium).unwrap_or(0),
                left: budget.total.saturating_sub(self.taken(&active)),
            },
            _ => WhyNot::Beside {
                medium,
                held: others,
            },
        }
    }

    /// What is passed, in the alternative that is nearest to these claims; nothing if they fit.
    fn overrun(&self, claims: &Counts) -> Vec<Over> {
        let nearest = self
            .alternatives
            .iter()
            .map(|shares| shares_overrun(shares, claims))
            .min_by_key(|over| size(over));
        let mut over = nearest.unwrap_or_default();
        over.extend(
            self.at_most
                .iter()
                .filter_map(|share| passed(share, claims)),
        );
        if let Some(budget) = &self.budget {
            let unpriced = claims
                .media()
                .iter()
                .filter(|medium| budget.cost(*medium).is_none());
            over.extend(unpriced.map(|medium| not_taken(medium, claims)));
            let taken = self.taken(claims);
            let total = budget.total;
            over.extend((taken > total).then_some(Over::Budget { taken, total }));
        }
        over
    }
}

fn shares_fit(shares: &[Share], claims: &Counts) -> bool {
    let mut taken = MediaSet::EMPTY;
    for share in shares {
        if claims.of_all(share.media) > u16::from(share.max) {
            return false;
        }
        taken = taken.union(share.media);
    }
    claims.media().without(taken).is_empty()
}

fn shares_overrun(shares: &[Share], claims: &Counts) -> Vec<Over> {
    let all = shares
        .iter()
        .fold(MediaSet::EMPTY, |all, share| all.union(share.media));
    let others = claims.media().without(all);
    shares
        .iter()
        .filter_map(|share| passed(share, claims))
        .chain(others.iter().map(|medium| not_taken(medium, claims)))
        .collect()
}

fn passed(share: &Share, claims: &Counts) -> Option<Over> {
    let held = claims.of_all(share.media);
    let max = u16::from(share.max);
    (held > max).then_some(Over::Claims {
        media: share.media,
        held,
        max,
    })
}

const fn not_taken(medium: Medium, claims: &Counts) -> Over {
    Over::Claims {
        media: MediaSet::of(medium),
        held: claims.of(medium),
        max: 0,
    }
}

/// How far off a reading of the rule is: by claims, then by budget.
fn size(over: &[Over]) -> (u32, u32) {
    over.iter()
        .fold((0, 0), |(claims, budget), over| match over {
            Over::Claims { held, max, .. } => (claims + u32::from(held - max), budget),
            Over::Budget { taken, total } => (claims, budget + u32::from(taken - total)),
        })
}
