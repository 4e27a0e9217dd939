//! Whom a route request wants: skill expressions, the steps by which it widens, and the target
//! texts of the older routing server.
//!
//! Grammar of a skill expression:
//!
//! ```text
//! expression = term { "|" term }
//! term       = factor { "&" factor }
//! factor     = "(" expression ")" | skill op level | skill equality text | agent ".A" | group ".GA"
//! op         = "=" | "!=" | ">" | ">=" | "<" | "<="
//! equality   = "=" | "!="
//! level      = 0 to 65535
//! text       = '"' characters '"', or with "'" instead; "\" takes the meaning of the next one
//! ```
//!
//! `anna.A` holds for that agent only, `sales.GA` for whoever belongs to that group. A name that
//! ends like that and is compared with something is a skill as ever.
//!
//! `&` binds tighter than `|`; [`TwoReadings`] warns where that matters. A skill the agent does
//! not have compares as level 0, or as the empty text. The empty expression is
//! [`Expression::anyone`].
//!
//! [`Targets`] is the whole target text around it, [`Escalation`] a list of such texts with
//! time-outs and statistic checks.

mod escalation;
mod expression;
mod gate;
mod list;
mod read;
mod readings;
mod statistic;
mod step;
mod text;

pub use escalation::{
    Check, Escalation, EscalationError, EscalationProblem, EscalationStep, NotMeasured, RawStep,
};
pub use expression::{
    Comparison, Expression, Level, Parenthesised, Qualification, Skills, TextComparison, TextSkills,
};
pub use gate::Gate;
pub use list::{Notice, TargetItem, TargetKind, Targets, TargetsError, TargetsProblem, Threshold};
pub use read::ExpressionError;
pub use readings::{Example, TwoReadings};
pub use statistic::{Measured, Statistic, UnknownStatistic};
pub use step::{Step, Target, TargetError};
pub use text::{Text, TextError};
