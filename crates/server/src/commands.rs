//! The subcommands, one file each.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod check_config;
pub(crate) mod config;
mod data;
pub(crate) mod demo;
pub(crate) mod demo_people;
pub(crate) mod doctor;
pub(crate) mod notify;
pub(crate) mod openapi;
pub(crate) mod replay;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod top;
pub(crate) mod workflow;
