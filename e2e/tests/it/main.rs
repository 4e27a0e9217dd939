//! The one integration-test binary: a module per story.

mod hall;
mod hall_faults;
mod kill_loop;
mod rights;
mod store_contract;
mod support;
