//! Serialised names and shapes are fixed: they stand in journals that later versions must open.
//!
//! `golden/<kind>/<name>.json` is a document of each variant, `<name>.hex` the same in
//! MessagePack with names, as journals hold it. A name with a dash (`interaction.submit-bare`)
//! is a second document of a variant. Three things are held:
//!
//! * each variant has a document: the lists below match without a wildcard, so that a new
//!   variant does not compile before it stands in them;
//! * what is written today has the same bytes;
//! * every document of the folder can still be read, also those nothing writes any more.
//!
//! `UPDATE_GOLDEN=1` writes documents that are not there yet. It never changes one: a changed
//! meaning gets a new name.

mod config_samples;
mod effects;
mod events;
mod files;
mod handling;
mod inputs;
mod logins;
mod refusals;
mod samples;
mod shapes;
