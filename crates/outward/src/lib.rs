//! The room that speaks to systems of others: it carries webhook deliveries out, and brings codes
//! and links to people.
//!
//! What a webhook is told is written down by whoever renders events ([`Ledger`]); here it is
//! signed ([`sign`]) and sent, to addresses that are allowed only ([`guard`]), again and again
//! after a [`schedule`], until the receiver has it or it is given up ([`courier`]).
//!
//! [`Ledger`]: ringback_ports::outward::Ledger

#![warn(missing_docs)]

pub mod courier;
pub mod guard;
pub mod limited;
pub mod messenger;
pub mod post;
pub mod schedule;
pub mod sign;
pub mod smtp;
