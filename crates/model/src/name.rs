//! Names people give to things: queues, skills, agents, reasons.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A name: 1 to 64 letters (of any script), digits, and `_ - . `; it starts with a letter or a
/// digit. Cheap to clone. Compared byte by byte: `Sales` and `sales` are two names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// Why a text is not a [`Name`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing there.
    #[error("a name is empty: give it 1 to {} characters", Name::CHARS_MAX)]
    Empty,
    /// Too long.
    #[error(
        "a name has {chars} characters: at most {} are allowed",
        Name::CHARS_MAX
    )]
    TooLong {
        /// How many there were.
        chars: usize,
    },
    /// A character no name may hold, at this place (counted from 1).
    #[error(
        "a name holds {found:?} at place {place}: use letters, digits, '_', '-', '.', and start with a letter or digit"
    )]
    Character {
        /// The character.
        found: char,
        /// Where, counted from 1.
        place: usize,
    },
}

impl Name {
    /// The longest name, in characters.
    pub const CHARS_MAX: usize = 64;

    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut chars = 0;
        for (index, found) in text.chars().enumerate() {
            let inner = index > 0 && matches!(found, '_' | '-' | '.');
            if !(found.is_alphanumeric() || inner) {
                return Err(NameError::Character {
                    found,
                    place: index + 1,
                });
            }
            chars = index + 1;
        }
        match chars {
            0 => Err(NameError::Empty),
            chars if chars > Self::CHARS_MAX => Err(NameError::TooLong { chars }),
            _ => Ok(Self(Arc::from(text))),
        }
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Name, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_are_taken() {
        for text in ["a", "Verkauf", "北京", "Spanish_2", "x.y-z"] {
            assert_eq!(text.parse::<Name>().expect(text).as_str(), text);
        }
    }

    #[test]
    fn a_bad_name_says_what_is_wrong_and_where() {
        assert_eq!("".parse::<Name>(), Err(NameError::Empty));
        assert_eq!(
            "a b".parse::<Name>(),
            Err(NameError::Character {
                found: ' ',
                place: 2
            })
        );
        assert_eq!(
            "x".repeat(65).parse::<Name>(),
            Err(NameError::TooLong { chars: 65 })
        );
        assert!(matches!(
            "-a".parse::<Name>(),
            Err(NameError::Character { place: 1, .. })
        ));
    }
}
