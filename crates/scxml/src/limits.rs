//! How big, deep and long things may get. Each limit is named, and reported by that name when hit.

/// What a document may be, before anything of it is believed.
#[derive(Clone, Debug)]
pub struct DocumentLimits {
    /// Bytes of one file, included files counted each (4 MiB).
    pub bytes: usize,
    /// Elements inside one another (128).
    pub depth: usize,
    /// Attributes of one element (256).
    pub attributes: usize,
    /// Elements and texts in all (200,000).
    pub nodes: u32,
    /// States in all (20,000).
    pub states: usize,
    /// Files included or loaded, the document not counted (64).
    pub files: usize,
}

impl Default for DocumentLimits {
    fn default() -> DocumentLimits {
        DocumentLimits {
            bytes: 4 << 20,
            depth: 128,
            attributes: 256,
            nodes: 200_000,
            states: 20_000,
            files: 64,
        }
    }
}

/// What one step of a session may do.
#[derive(Clone, Debug)]
pub struct StepLimits {
    /// Microsteps in one macrostep (1,000): stops loops of eventless transitions and raised events.
    pub microsteps: u32,
    /// Pieces of executable content carried out (100,000): stops endless `<foreach>`.
    pub operations: u32,
    /// Effects returned (10,000).
    pub effects: usize,
    /// Events in the internal queue (10,000).
    pub internal_events: usize,
    /// Delayed sends under way (10,000).
    pub delayed: usize,
}

impl Default for StepLimits {
    fn default() -> StepLimits {
        StepLimits {
            microsteps: 1_000,
            operations: 100_000,
            effects: 10_000,
            internal_events: 10_000,
            delayed: 10_000,
        }
    }
}

/// A limit that a session ran into. The session is over; what it had in hand is the caller's.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// [`StepLimits::microsteps`].
    Microsteps,
    /// [`StepLimits::operations`].
    Operations,
    /// [`StepLimits::effects`].
    Effects,
    /// [`StepLimits::internal_events`].
    InternalEvents,
    /// [`StepLimits::delayed`].
    Delayed,
    /// A script ran for too long.
    ScriptTime,
    /// A script took too much memory.
    ScriptMemory,
    /// A script called itself too deeply.
    ScriptDepth,
    /// No script engine could be prepared: out of memory, or the prelude of the platform is wrong.
    ScriptEngine,
    /// The data of the session are too big to be kept.
    DataSize,
    /// The data of the session are damaged, or belong to another chart.
    DataUnreadable,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Limit::Microsteps => "too many microsteps in one macrostep",
            Limit::Operations => "too much executable content in one step",
            Limit::Effects => "too many effects in one step",
            Limit::InternalEvents => "too many internal events",
            Limit::Delayed => "too many delayed sends",
            Limit::ScriptTime => "a script ran for too long",
            Limit::ScriptMemory => "a script took too much memory",
            Limit::ScriptDepth => "a script called itself too deeply",
            Limit::ScriptEngine => "no script engine could be prepared",
            Limit::DataSize => "the data of the session are too big to be kept",
            Limit::DataUnreadable => "the data of the session cannot be read",
        })
    }
}
