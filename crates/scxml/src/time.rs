//! Durations as CSS2 writes them (section 6.2.4).

/// Milliseconds of `1.5s` or `200ms`; `None` for anything else.
pub(crate) fn duration(text: &str) -> Option<u64> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let (number, unit_ms) = match text.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (text.strip_suffix('s')?, 1_000.0),
    };
    let plain = number
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !plain || !number.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ms = number.parse::<f64>().ok()? * unit_ms;
    // A hundred years; more is a mistake, and would not fit the sums.
    (ms <= 3.2e12).then_some(ms.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_a_number_with_a_unit() {
        for (text, ms) in [
            ("1s", Some(1_000)),
            (".5s", Some(500)),
            ("1.5s", Some(1_500)),
            ("200ms", Some(200)),
            ("0s", Some(0)),
            ("1", None),
            ("1m", None),
            ("-1s", None),
            ("s", None),
            ("1e3s", None),
            ("1..5s", None),
        ] {
            assert_eq!(duration(text), ms, "{text}");
        }
    }
}
