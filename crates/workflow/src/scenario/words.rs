//! The smallest pieces of scenario lines: values and lists of named values.

use ringback_scxml::Value;

/// Names and values.
pub(super) type Members = Vec<(String, Value)>;

/// Reads `{"a": 1}` or `a 1, b "two", c three`.
pub(super) fn members(text: &str) -> Result<Members, String> {
    let text = text.trim();
    if text.starts_with('{') {
        return match Value::from_json(text) {
            Some(Value::Map(members)) => Ok(members),
            _ => Err(format!("`{text}` is not a JSON object")),
        };
    }
    let mut all = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, value) = rest
            .split_once(' ')
            .ok_or_else(|| format!("expected a name and a value, not `{rest}`"))?;
        let (value, after) = value_at_start(value.trim_start())?;
        all.push((name.to_owned(), value));
        rest = match after.trim_start() {
            "" => "",
            more => more
                .strip_prefix(',')
                .ok_or_else(|| format!("expected `,` before `{more}`"))?
                .trim_start(),
        };
    }
    Ok(all)
}

/// A value, and what stands behind it. JSON, or a bare word up to a comma.
fn value_at_start(text: &str) -> Result<(Value, &str), String> {
    if text.starts_with(['"', '[', '{']) {
        let mut stream =
            serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
        let read = stream.next().is_some_and(|read| read.is_ok());
        let end = stream.byte_offset();
        let value = text.get(..end).filter(|_| read).and_then(Value::from_json);
        return match value {
            Some(value) => Ok((value, &text[end..])),
            None => Err(format!("`{text}` does not begin with a JSON value")),
        };
    }
    let end = text.find(',').unwrap_or(text.len());
    let word = text[..end].trim();
    if word.is_empty() {
        return Err("a value is missing".to_owned());
    }
    Ok((
        Value::from_json(word).unwrap_or_else(|| Value::text(word)),
        &text[end..],
    ))
}

/// One value that fills the whole text.
pub(super) fn value(text: &str) -> Result<Value, String> {
    let (value, rest) = value_at_start(text.trim())?;
    if rest.trim().is_empty() {
        Ok(value)
    } else {
        Err(format!("`{rest}` is too much"))
    }
}

/// Whether `found` has everything that is `wanted`: members that are not named may be there too.
pub(super) fn fits(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Map(wanted), Value::Map(_)) => wanted.iter().all(|(name, wanted)| {
            found.get(name).is_some_and(|found| fits(wanted, found))
                || (*wanted == Value::Null && found.get(name).is_none())
        }),
        (Value::List(wanted), Value::List(found)) => {
            wanted.len() == found.len() && wanted.iter().zip(found).all(|(w, f)| fits(w, f))
        }
        _ => wanted == found,
    }
}
