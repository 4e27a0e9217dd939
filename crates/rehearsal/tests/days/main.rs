//! The heart on random days: what must always be true, and how much of it the days met.

mod capabilities;
mod coverage;
mod day;
mod limits;
mod processes;
mod properties;
mod statistics;
mod transitions;
mod views;
mod workbins;
