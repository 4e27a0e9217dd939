//! Durations as people write them.

/// Milliseconds of `500ms`, `30s`, `1.5m`, `2h`, `1d`, or of a number of seconds.
pub fn milliseconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "ms" => 1.0,
        "" | "s" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    let total = number * factor;
    (total.is_finite() && total < 1e15).then_some(total.round() as i64)
}

/// As a person reads it: `1h5m`, `30s`, `1.5s`, `20ms`.
pub fn shown(milliseconds: i64) -> String {
    let mut rest = milliseconds.max(0);
    let mut text = String::new();
    for (unit, size) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
    ] {
        if rest >= size {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if rest > 0 {
        text.push_str(&format!("{rest}ms"));
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}
