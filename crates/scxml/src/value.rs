//! Data as they cross the border of a data model: in events, parameters and effects.

use std::fmt::Write as _;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A value outside of any data model: a copy, never shared.
///
/// The order of a map is the order in which its members were made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// No value at all.
    #[default]
    Undefined,
    /// The value that says "nothing".
    Null,
    /// True or false.
    Bool(bool),
    /// A number; also NaN and the infinities.
    Number(f64),
    /// A text.
    Text(String),
    /// An ordered list.
    List(Vec<Value>),
    /// Named members.
    Map(Vec<(String, Value)>),
    /// An instant, milliseconds since 1970 UTC; NaN for an invalid date.
    Date(f64),
    /// An XML document or element, as text.
    Xml(String),
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// The member `name` of a map.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Map(members) => members
                .iter()
                .rev()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::Xml(text) => Some(text),
            _ => None,
        }
    }

    /// Whether there is no value at all.
    pub fn is_undefined(&self) -> bool {
        matches!(self, Value::Undefined)
    }

    /// Reads JSON. `None` if it is not JSON.
    pub fn from_json(text: &str) -> Option<Value> {
        serde_json::from_str::<Json>(text).ok().map(|json| json.0)
    }

    /// Writes JSON. What JSON cannot say becomes `null`; dates become ISO texts as a data model
    /// would write them, XML becomes its text.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        write_json(self, &mut out);
        out
    }

    /// What a person or a form reads: texts as they are, numbers as ECMAScript writes them, lists
    /// and maps as JSON.
    pub fn to_text(&self) -> String {
        match self {
            Value::Undefined => String::new(),
            Value::Text(text) | Value::Xml(text) => text.clone(),
            Value::Number(number) => number_text(*number),
            Value::Bool(true) => "true".to_owned(),
            Value::Bool(false) => "false".to_owned(),
            Value::Null => "null".to_owned(),
            other => other.to_json(),
        }
    }

    /// How many values there are in all, this one included.
    pub fn count(&self) -> usize {
        match self {
            Value::List(items) => 1 + items.iter().map(Value::count).sum::<usize>(),
            Value::Map(members) => 1 + members.iter().map(|(_, v)| v.count()).sum::<usize>(),
            _ => 1,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Number(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Bool(truth)
    }
}

/// A number as ECMAScript writes it, as far as forms and logs care.
fn number_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned()
    } else if number == 0.0 {
        "0".to_owned()
    } else if number.abs() >= 1e21 || number.abs() < 1e-6 {
        // 1e21 and 1e-7 are where ECMAScript changes to exponents; it writes a plus sign.
        let text = format!("{number:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                format!("{digits}e+{exponent}")
            }
            _ => text,
        }
    } else {
        format!("{number}")
    }
}

fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Undefined | Value::Null => out.push_str("null"),
        Value::Bool(truth) => {
            let _ = write!(out, "{truth}");
        }
        Value::Number(number) if number.is_finite() => out.push_str(&number_text(*number)),
        Value::Number(_) => out.push_str("null"),
        Value::Date(instant) => write_json(&Value::Text(iso(*instant)), out),
        Value::Text(text) | Value::Xml(text) => {
            out.push_str(&serde_json::to_string(text).unwrap_or_default());
        }
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Map(members) => {
            out.push('{');
            let told = members.iter().filter(|(_, value)| !value.is_undefined());
            for (index, (key, value)) in told.enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(&Value::text(key.as_str()), out);
                out.push(':');
                write_json(value, out);
            }
            out.push('}');
        }
    }
}

/// An instant as ISO 8601 in UTC; civil date from days after Howard Hinnant's algorithm.
fn iso(instant: f64) -> String {
    if !instant.is_finite() {
        return "Invalid Date".to_owned();
    }
    let ms = instant as i64;
    let (days, in_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        in_day / 3_600_000,
        in_day / 60_000 % 60,
        in_day / 1_000 % 60,
        in_day % 1_000
    )
}

/// A value read from JSON, members in their order; of a name that comes twice the last counts.
struct Json(Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json(Value::Null))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
        Ok(Json(Value::Bool(truth)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json(Value::Number(number as f64)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json(Value::Number(number as f64)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json(Value::Number(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json(Value::text(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(Json(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Json(Value::List(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut map: Vec<(String, Value)> = Vec::new();
        while let Some((key, Json(value))) = members.next_entry::<String, Json>()? {
            match map.iter_mut().find(|(known, _)| *known == key) {
                Some(entry) => entry.1 = value,
                None => map.push((key, value)),
            }
        }
        Ok(Json(Value::Map(map)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_ecmascript_writes_them() {
        for (number, text) in [
            (2.0, "2"),
            (-0.0, "0"),
            (0.5, "0.5"),
            (1e21, "1e+21"),
            (1e-7, "1e-7"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(Value::Number(number).to_text(), text);
        }
    }

    #[test]
    fn json_keeps_the_order_of_members() {
        let value = Value::from_json(r#"{"b":[1,{"z":null}],"a":"x"}"#).unwrap();
        assert_eq!(value.to_json(), r#"{"b":[1,{"z":null}],"a":"x"}"#);
        assert_eq!(Value::from_json("{a:1}"), None);
    }

    #[test]
    fn an_instant_is_written_in_utc() {
        assert_eq!(Value::Date(0.0).to_json(), "\"1970-01-01T00:00:00.000Z\"");
        assert_eq!(
            Value::Date(1_709_164_800_123.0).to_json(),
            "\"2024-02-29T00:00:00.123Z\""
        );
    }
}
