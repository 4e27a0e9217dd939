//! What the stories share.

pub(crate) mod faulty;
pub(crate) mod hall;
