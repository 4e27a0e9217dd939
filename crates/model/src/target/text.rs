//! The value of a skill that is a word instead of a level.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What a text-valued skill says, for example `en` of the skill `Language`: up to 64
/// characters, none of them a control character. Compared byte by byte. The empty text is the
/// same as not having the skill. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

/// Why a text cannot be the value of a skill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Too long.
    #[error(
        "the value of a skill has {chars} characters: at most {} are allowed",
        Text::CHARS_MAX
    )]
    TooLong {
        /// How many there were.
        chars: usize,
    },
    /// A line end, a tabulator or the like.
    #[error("the value of a skill holds the control character {found:?}: leave it out")]
    Control {
        /// The character.
        found: char,
    },
}

impl Text {
    /// The longest value, in characters.
    pub const CHARS_MAX: usize = 64;

    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Text {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let chars = text.chars().count();
        if chars > Self::CHARS_MAX {
            return Err(TextError::TooLong { chars });
        }
        match text.chars().find(|c| c.is_control()) {
            Some(found) => Err(TextError::Control { found }),
            None => Ok(Self(Arc::from(text))),
        }
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_short_and_on_one_line() {
        for text in ["", "en", "Dienst nach Vorschrift", "日本語", "a\"b\\c"] {
            assert_eq!(text.parse::<Text>().expect(text).as_str(), text);
        }
        assert_eq!(
            "x".repeat(65).parse::<Text>(),
            Err(TextError::TooLong { chars: 65 })
        );
        assert_eq!(
            "a\nb".parse::<Text>(),
            Err(TextError::Control { found: '\n' })
        );
    }
}
