//! The room from outside, against a hall in memory: what a client sees on the wire.

mod document;
mod events;
mod fake;
mod notices;
mod rest;
mod socket;
mod support;
