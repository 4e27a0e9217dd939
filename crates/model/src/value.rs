//! Typed, nested user data.

use crate::personal::Personal;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// Key-value data, keys in order.
pub type Map = BTreeMap<String, Value>;

/// A number that is neither infinite nor NaN, so that it can be compared, hashed and written
/// as JSON.
#[derive(Debug, Clone, Copy)]
pub struct Finite(f64);

impl Finite {
    /// `None` for infinities and NaN. Negative zero becomes zero.
    #[must_use]
    pub fn new(number: f64) -> Option<Self> {
        number.is_finite().then_some(Self(number + 0.0))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Finite {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Finite {}

impl std::hash::Hash for Finite {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// One value of user data. Serialised as what it looks like (JSON and MessagePack alike).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Known to be nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Number(Finite),
    /// Text.
    Text(String),
    /// Several values in order.
    List(Vec<Value>),
    /// Named values.
    Map(Map),
}

/// What user data may hold at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Levels of nesting; a flat map has 1.
    pub depth_max: usize,
    /// Values of all levels together.
    pub values_max: usize,
    /// Bytes of all keys and texts together. Anything bigger belongs into a body by reference.
    pub bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth_max: 8,
            values_max: 256,
            bytes_max: 4 * 1024,
        }
    }
}

/// Which limit of user data was passed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitPassed {
    /// Nested too deeply.
    #[error("user data is nested more than {0} levels deep")]
    Depth(usize),
    /// Too many values.
    #[error("user data holds more than {0} values")]
    Values(usize),
    /// Too many bytes.
    #[error("user data holds more than {0} bytes: keep long texts elsewhere and refer to them")]
    Bytes(usize),
}

impl Limits {
    /// Checks a whole map.
    ///
    /// # Errors
    /// The first limit that is passed.
    pub fn check(&self, map: &Map) -> Result<(), LimitPassed> {
        let mut sum = Sum::default();
        self.map(map, 1, &mut sum)
    }

    fn map(&self, map: &Map, depth: usize, sum: &mut Sum) -> Result<(), LimitPassed> {
        if depth > self.depth_max {
            return Err(LimitPassed::Depth(self.depth_max));
        }
        for (key, value) in map {
            sum.bytes += key.len();
            self.value(value, depth, sum)?;
        }
        Ok(())
    }

    fn value(&self, value: &Value, depth: usize, sum: &mut Sum) -> Result<(), LimitPassed> {
        sum.values += 1;
        match value {
            Value::Text(text) => sum.bytes += text.len(),
            Value::Map(map) => self.map(map, depth + 1, sum)?,
            Value::List(list) => {
                if depth + 1 > self.depth_max {
                    return Err(LimitPassed::Depth(self.depth_max));
                }
                for item in list {
                    self.value(item, depth + 1, sum)?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Number(_) => {}
        }
        if sum.values > self.values_max {
            return Err(LimitPassed::Values(self.values_max));
        }
        if sum.bytes > self.bytes_max {
            return Err(LimitPassed::Bytes(self.bytes_max));
        }
        Ok(())
    }
}

#[derive(Default)]
struct Sum {
    values: usize,
    bytes: usize,
}

/// What an integrator attached to an interaction: values declared open by the tenant, which
/// routing may look at, and everything else, sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UserData {
    /// Values whose keys the tenant declared to be about the matter, not the person.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub open: Map,
    /// All others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<Personal<Map>>,
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Number(value) => serializer.serialize_f64(value.get()),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(value) => value.serialize(serializer),
            Self::Map(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, true or false, a number, a text, a list or an object")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value).map(Value::Int).map_err(|_| {
            E::custom(format_args!(
                "{value} is too large: whole numbers go up to {}",
                i64::MAX
            ))
        })
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Finite::new(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number must be finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, value)) = entries.next_entry::<String, Value>()? {
            if map.contains_key(&key) {
                return Err(serde::de::Error::custom(format_args!(
                    "key {key:?} stands twice"
                )));
            }
            map.insert(key, value);
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Map {
        let mut map = Map::from([("end".to_owned(), Value::Null)]);
        for _ in 1..levels {
            map = Map::from([("inner".to_owned(), Value::Map(map))]);
        }
        map
    }

    #[test]
    fn each_limit_is_named_when_passed() {
        let limits = Limits {
            depth_max: 3,
            values_max: 4,
            bytes_max: 30,
        };
        assert_eq!(limits.check(&nested(3)), Ok(()));
        assert_eq!(limits.check(&nested(4)), Err(LimitPassed::Depth(3)));
        let many = (0..5).map(|n| (n.to_string(), Value::Int(n))).collect();
        assert_eq!(limits.check(&many), Err(LimitPassed::Values(4)));
        let long = Map::from([("k".to_owned(), Value::Text("x".repeat(30)))]);
        assert_eq!(limits.check(&long), Err(LimitPassed::Bytes(30)));
    }

    #[test]
    fn negative_zero_and_zero_are_one_number() {
        assert_eq!(Finite::new(-0.0), Finite::new(0.0));
        assert_eq!(Finite::new(f64::NAN), None);
    }
}
