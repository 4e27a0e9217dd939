//! What an answer amounts to, and what must hold whatever it is.

use super::world::{ABROAD_MARKS, HOME_MARKS, SOUTH_MARK};

/// The class of a status, as the files name it.
pub(super) fn class(status: u16) -> String {
    match status {
        101 | 200..=299 => "ok".to_owned(),
        401 => "unauth".to_owned(),
        403 => "denied".to_owned(),
        404 => "hidden".to_owned(),
        409 => "conflict".to_owned(),
        410 => "over".to_owned(),
        422 => "invalid".to_owned(),
        423 => "locked".to_owned(),
        other => format!("status {other}"),
    }
}

/// A success of another tenant's key is a success apart.
pub(super) fn seen_from(column: &str, class: String) -> String {
    if is_abroad(column) && class == "ok" {
        "apart".to_owned()
    } else {
        class
    }
}

pub(super) fn is_abroad(column: &str) -> bool {
    column.starts_with("abroad")
}

/// No answer tells anything of another tenant, or of a queue out of scope.
pub(super) fn check_marks(column: &str, text: &str) -> Result<(), String> {
    let foreign: &[&str] = if is_abroad(column) {
        &HOME_MARKS
    } else {
        &ABROAD_MARKS
    };
    if let Some(mark) = foreign.iter().find(|mark| text.contains(**mark)) {
        return Err(format!(
            "an answer that holds {mark} of the other tenant: {text}"
        ));
    }
    if column.ends_with(".n") && text.contains(SOUTH_MARK) {
        return Err(format!("an answer that holds {SOUTH_MARK}: {text}"));
    }
    Ok(())
}

/// What was not done at home has left nothing in its journal; what was done has.
pub(super) fn check_trace(
    expected: &str,
    class: &str,
    writes: bool,
    before: u64,
    after: u64,
) -> Result<(), String> {
    let done = writes && matches!(class, "ok" | "part");
    if !done && before != after {
        return Err(format!(
            "{class} (expected {expected}), yet the journal went from {before} to {after}"
        ));
    }
    Ok(())
}
