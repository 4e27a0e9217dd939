//! Workflows: what SCXML documents mean to a contact centre, as far as that is pure.
//!
//! - [`table`]: every action as data; [`Actions`] is the vocabulary made from it, [`reference`] the page
//!   and the data for editors.
//! - [`lint`]: what is probably wrong with a document.
//! - [`picture`]: a document as SVG; [`difference`]: what changed between two.
//! - [`play`] and [`scenario`]: a document on a virtual clock, and what it promises.
//!
//! Nothing here opens files, reads clocks or speaks to the engine: sessions that live in the server are
//! the next step.
#![warn(missing_docs)]

pub mod difference;
pub mod duration;
pub mod lint;
mod outline;
pub mod picture;
pub mod play;
pub mod reference;
pub mod scenario;
pub mod table;
mod vocabulary;

pub use outline::{Doing, Outline, What, When};
pub use vocabulary::Actions;
