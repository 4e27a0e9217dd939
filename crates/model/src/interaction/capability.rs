//! What somebody can do with an interaction at this moment.

use serde::{Deserialize, Serialize};

/// One thing that can be done. A desk shows a button for each that is listed and for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Take the open offer.
    Accept,
    /// Turn the open offer down.
    Reject,
    /// Be done with it.
    Complete,
    /// End it from outside.
    Stop,
    /// Make a route request.
    Route,
    /// Put it into a queue or a workbin.
    Place,
    /// The same, though an agent or the routing is at work on it.
    TakeOut,
    /// Put it back where it was pulled from.
    PlaceBack,
    /// Take it from where it rests.
    Pull,
    /// Hand it to another agent.
    Transfer,
    /// Ask another agent to take part.
    Invite,
    /// Take back such an asking.
    Withdraw,
    /// Listen to it.
    Monitor,
    /// Stop taking part.
    Leave,
    /// Let the customer wait.
    Hold,
    /// Go on after a hold.
    Resume,
    /// Keep others from changing it.
    Lock,
    /// Let others change it again.
    Unlock,
    /// Change its properties and user data.
    Change,
    /// Finish or extend the wrap-up, or say what came of the contact.
    WrapUp,
}

impl Capability {
    /// All of them, in their fixed order.
    pub const ALL: [Self; 20] = [
        Self::Accept,
        Self::Reject,
        Self::Complete,
        Self::Stop,
        Self::Route,
        Self::Place,
        Self::TakeOut,
        Self::PlaceBack,
        Self::Pull,
        Self::Transfer,
        Self::Invite,
        Self::Withdraw,
        Self::Monitor,
        Self::Leave,
        Self::Hold,
        Self::Resume,
        Self::Lock,
        Self::Unlock,
        Self::Change,
        Self::WrapUp,
    ];

    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Complete => "complete",
            Self::Stop => "stop",
            Self::Route => "route",
            Self::Place => "place",
            Self::TakeOut => "take_out",
            Self::PlaceBack => "place_back",
            Self::Pull => "pull",
            Self::Transfer => "transfer",
            Self::Invite => "invite",
            Self::Withdraw => "withdraw",
            Self::Monitor => "monitor",
            Self::Leave => "leave",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Change => "change",
            Self::WrapUp => "wrap_up",
        }
    }
}

/// What can be done with one interaction: a set of [`Capability`], in one word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(u32);

impl Capabilities {
    /// Whether this can be done.
    #[must_use]
    pub const fn contains(self, what: Capability) -> bool {
        self.0 & (1 << what as u32) != 0
    }

    /// What can be done, in the order of [`Capability::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        let listed = move |what: &Capability| self.contains(*what);
        Capability::ALL.into_iter().filter(listed)
    }

    /// The fixed serialised names, in the order of [`Capability::ALL`].
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(Capability::name).collect()
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(all: I) -> Self {
        Self(all.into_iter().fold(0, |set, one| set | 1 << one as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_back_what_was_put_in_in_the_fixed_order() {
        let all: Capabilities = Capability::ALL.into_iter().rev().collect();
        assert!(all.iter().eq(Capability::ALL));
        let some: Capabilities = [Capability::WrapUp, Capability::Accept]
            .into_iter()
            .collect();
        assert_eq!(some.names(), ["accept", "wrap_up"]);
        assert!(!some.contains(Capability::Hold));
        assert_eq!(Capabilities::default().iter().next(), None);
    }
}
