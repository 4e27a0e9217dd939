//! The ECMAScript data model (appendix B.2), by QuickJS.
//!
//! A session owns no script engine. A [`Pool`], one for each worker thread, keeps engines ready for
//! each chart; a step leases one, fills it from the session's image ([`crate::Session::data`]), runs,
//! writes the image again and empties the engine. Sessions in a burst may stay *resident*: their
//! engine stays filled, and the image is written when it is asked for.
//!
//! What a script can do is limited ([`ScriptLimits`]): time, memory, depth, and the size of what is
//! kept. An engine in which a limit was hit is thrown away. Intrinsics are frozen and the global
//! object is emptied after each lease, so nothing of one session is seen by the next.
//!
//! Scripts are sloppy code, as documents expect. Differences to a browser's global code:
//!
//! - `let`, `const` and `class` at the top of a `<script>` make variables as `var` does, because
//!   the data of a session are the members of one scope (B.2.1).
//! - Time and chance are told ([`Told`]); the time zone is UTC.
//! - What has no meaning in a step is missing: timers, `Atomics`, `WeakRef`, `performance`.
//!
//! What an image keeps: everything that JSON has, `undefined`, NaN and the infinities, `-0`, holes,
//! BigInt, dates, regular expressions, maps, sets, errors, the DOM of a document, cycles and shared
//! references, instances of the document's own constructors, and functions, by their text. A
//! function that lives inside of another one sees that one's variables, which nobody can read from
//! outside: it, and anything else that cannot be kept, is reported in [`Stepped::lost`] and in the
//! event `error.platform.persist`.

mod convert;
mod dom;
mod engine;
mod image;
mod model;
mod pool;
mod scan;

pub use engine::{Host, ScriptLimits};
pub use pool::{Pool, Settings, Stepped, Told};
