//! The records: what the projection writes and what can be asked of them.

use crate::envelope::{ActorRef, Cursor, Sequence};
use ringback_model::config::Scope;
use ringback_model::interaction::{self as model, Ending, Interaction};
use ringback_model::record::{AgentInterval, Segment};
use ringback_model::statistic::{Subject, Tally};
use ringback_model::{AgentId, ContactId, Event, InteractionId, Now, QueueId, WallTime};

/// One change of the records. It borrows from the journal record it follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<'a> {
    /// A new interaction.
    Submitted(&'a Interaction),
    /// An interaction moved; its version grows by one.
    Moved {
        /// Which.
        interaction: InteractionId,
        /// The name of its place now; `None` leaves it.
        place: Option<&'static str>,
        /// Its owner now; `None` leaves it.
        owner: Option<AgentId>,
    },
    /// An interaction belongs to another interaction queue; its version grows by one.
    Requeued {
        /// Which.
        interaction: InteractionId,
        /// The queue it belongs to now.
        queue: QueueId,
    },
    /// An interaction rests; its version grows by one, it has no owner any more.
    Placed {
        /// Which.
        interaction: InteractionId,
        /// The name of its place now.
        place: &'static str,
        /// The interaction queue it belongs to now; `None` leaves it.
        queue: Option<QueueId>,
    },
    /// What is known of an interaction changed; its version grows by one.
    Changed {
        /// Which.
        interaction: InteractionId,
        /// What changed.
        change: &'a model::Change,
    },
    /// An interaction is over; its version grows by one, it has no owner any more but keeps the
    /// last one for the history.
    Stopped {
        /// Which.
        interaction: InteractionId,
        /// When.
        at: Now,
        /// How.
        ending: &'a Ending,
    },
    /// A segment ended.
    Segment(&'a Segment),
    /// An agent interval ended.
    Interval(&'a AgentInterval),
    /// A line of history.
    History(HistoryLine<'a>),
    /// A configuration object as it is now.
    Config(Box<ConfigVersion>),
    /// More was counted within a quarter of an hour; added to what is there.
    Tally(&'a Tally),
    /// The book of statistics as it is after a record; in place of what is there. Written in the
    /// same transaction as the tallies taken from it.
    Book {
        /// The last record folded into it.
        upto: Sequence,
        /// Encoded by the hall, opaque here.
        body: &'a [u8],
    },
}

/// One line of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine<'a> {
    /// Where it stands in the stream of events.
    pub cursor: Cursor,
    /// When.
    pub now: Now,
    /// Who caused it.
    pub actor: &'a ActorRef,
    /// The interaction it is about.
    pub interaction: Option<InteractionId>,
    /// The queue that interaction belonged to.
    pub queue: Option<QueueId>,
    /// The agent it concerns.
    pub agent: Option<AgentId>,
    /// What happened; personal values sealed.
    pub event: &'a Event,
}

/// One version of a configuration object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigVersion {
    /// `key`, `settings` or the name of a [`Kind`](ringback_model::config::Kind).
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// When.
    pub now: Now,
    /// Who made it.
    pub actor: ActorRef,
    /// The whole object, encoded in MessagePack with names; empty: by this version it is gone.
    pub body: Vec<u8>,
}

/// An interaction as the records keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InteractionRow {
    /// As it was submitted, with what was changed of it since; place, owner and version are
    /// below.
    pub submitted: Interaction,
    /// The name of its place.
    pub place: String,
    /// Its owner, or its last owner once it is over.
    pub owner: Option<AgentId>,
    /// Its version.
    pub version: u64,
    /// When it was over.
    pub stopped: Option<Now>,
    /// How it ended.
    pub ending: Option<Ending>,
}

/// A line of history as read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// Where it stands.
    pub cursor: Cursor,
    /// When.
    pub now: Now,
    /// Who caused it.
    pub actor: ActorRef,
    /// The interaction it is about.
    pub interaction: Option<InteractionId>,
    /// The queue that interaction belonged to.
    pub queue: Option<QueueId>,
    /// The agent it concerns.
    pub agent: Option<AgentId>,
    /// What happened; personal values sealed.
    pub event: Event,
}

/// What can be asked of the records. Every question carries the scope of the asker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordsQuery {
    /// One interaction, open or over.
    Interaction {
        /// Which.
        interaction: InteractionId,
        /// How far the asker reaches.
        scope: Scope,
    },
    /// Interactions, newest first.
    Interactions {
        /// How far the asker reaches.
        scope: Scope,
        /// Only open (`true`) or only over (`false`).
        open: Option<bool>,
        /// Only of this queue.
        queue: Option<QueueId>,
        /// Only with this contact.
        contact: Option<ContactId>,
        /// Only owned by this agent, now or last.
        owner: Option<AgentId>,
        /// Only those that have to do with another one in this way.
        related: Option<Related>,
        /// Only those before this one.
        before: Option<InteractionId>,
        /// At most so many; the store caps it at [`PAGE_MAX`].
        limit: usize,
    },
    /// The history of an interaction, oldest first. Lines about no interaction are kept too;
    /// nobody asks for them here.
    History {
        /// Of which.
        interaction: InteractionId,
        /// How far the asker reaches.
        scope: Scope,
        /// Only after this.
        after: Option<Cursor>,
        /// At most so many; capped at [`PAGE_MAX`].
        limit: usize,
    },
    /// Segments of an interaction, oldest first.
    Segments {
        /// Which.
        interaction: InteractionId,
        /// How far the asker reaches.
        scope: Scope,
    },
    /// Ended waits per virtual queue and way of ending, all times: one side of the balance.
    WaitTotals,
    /// What was counted of a subject, quarter by quarter in the order of time. Whether the asker
    /// may see the subject was looked at before.
    Tallies {
        /// Of whom.
        subject: Subject,
        /// From this quarter on.
        from: WallTime,
        /// Up to, and without, this one.
        to: WallTime,
    },
    /// The book of statistics as it was put away last.
    Book,
    /// Intervals of an agent, newest first.
    Intervals {
        /// Who.
        agent: AgentId,
        /// At most so many; capped at [`PAGE_MAX`].
        limit: usize,
    },
    /// Versions of a configuration object, newest first: kind and name.
    ConfigHistory {
        /// `key`, `settings` or the name of a [`Kind`](ringback_model::config::Kind).
        kind: &'static str,
        /// Its name.
        name: String,
        /// At most so many; capped at [`PAGE_MAX`].
        limit: usize,
    },
}

/// How interactions have to do with one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Related {
    /// They came out of this one.
    ChildrenOf(InteractionId),
    /// They continue the thread that this one began, or are this one.
    Thread(InteractionId),
}

/// The most rows of one answer.
pub const PAGE_MAX: usize = 1_000;

/// Answers of the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordsPage {
    /// To the first two questions.
    Interactions(Vec<InteractionRow>),
    /// Lines of history.
    History(Vec<HistoryRow>),
    /// Segments.
    Segments(Vec<Segment>),
    /// Virtual queue, way of ending, how many.
    WaitTotals(Vec<(ringback_model::VirtualQueueId, String, u64)>),
    /// What was counted.
    Tallies(Vec<Tally>),
    /// The last record folded into the book, and the book.
    Book(Option<(Sequence, Vec<u8>)>),
    /// Agent intervals.
    Intervals(Vec<AgentInterval>),
    /// Version, when, who, encoded object; nothing for the version by which it is gone.
    ConfigHistory(Vec<(u64, Now, ActorRef, Vec<u8>)>),
}

/// A records answer and how fresh it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh<T> {
    /// The watermark it was read at.
    pub sequence: Sequence,
    /// The answer.
    pub value: T,
}
