//! What is left out, and why; and which form of a story is told.

use std::fs::OpenOptions;
use std::io::Write;

/// Whether the long forms are asked for.
pub(crate) fn soak() -> bool {
    std::env::var_os("RINGBACK_SOAK").is_some_and(|value| value != "0")
}

/// One number for the normal form, another for the long one.
pub(crate) fn rounds(normal: usize, long: usize) -> usize {
    if soak() { long } else { normal }
}

/// Says aloud that something is left out, and notes it where the chores look for it.
pub(crate) fn skip(what: &str, why: &str) {
    println!("SKIPPED {what}: {why}");
    let Some(path) = std::env::var_os("RINGBACK_SKIP_LOG") else {
        return;
    };
    let log = OpenOptions::new().append(true).create(true).open(path);
    let line = format!("{what}: {why}\n");
    log.and_then(|mut log| log.write_all(line.as_bytes()))
        .expect("the skip log can be written");
}
