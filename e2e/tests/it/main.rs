//! The one integration-test binary: a module per story.

mod backup;
mod clear_errors;
mod clock;
mod config_files;
mod disk_full;
mod drain;
mod erasure;
mod fail_points;
mod hall;
mod hall_faults;
mod intervene;
mod kill_loop;
mod loop_mount;
mod mail;
mod outage;
mod outward;
mod power_cut;
mod push;
mod quarantine;
mod replay;
mod rights;
mod schemathesis;
mod store_contract;
mod support;
mod upgrade;
mod webhooks;
