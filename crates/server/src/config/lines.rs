//! In which line of a TOML file a key stands.

use toml::de::DeTable;

/// The line (from 1) of the key at `path`, or of the nearest table around it.
pub(super) fn line_of(text: &str, path: &[&str]) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut at = None;
    let mut here = table.get_ref();
    for part in path {
        let Some((key, value)) = here.iter().find(|(key, _)| key.get_ref() == part) else {
            break;
        };
        at = Some(line_at(text, key.span().start));
        match value.get_ref().as_table() {
            Some(inner) => here = inner,
            None => break,
        }
    }
    at
}

/// The line (from 1) of the byte at `offset`.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_its_table() {
        let text = "a = 1\n\n[server]\n# comment\nlisten = 'x'\n[storage]\nlow_mib = 5\n";
        assert_eq!(line_of(text, &["a"]), Some(1));
        assert_eq!(line_of(text, &["server", "listen"]), Some(5));
        assert_eq!(line_of(text, &["storage", "low_mib"]), Some(7));
        assert_eq!(line_of(text, &["storage", "absent"]), Some(6));
        assert_eq!(line_of(text, &["absent"]), None);
    }
}
