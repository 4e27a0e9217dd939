//! Where the integration tests live; see `tests/it`.
