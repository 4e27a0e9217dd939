//! The one integration-test binary: a module per story.

mod hall;
mod support;
