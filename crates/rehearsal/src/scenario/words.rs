//! A line as words, taken one after the other.

use ringback_model::{EngineTime, Millis, Name};
use std::str::FromStr;

/// What is wrong with a line, and what could stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) problem: String,
    pub(crate) expected: String,
}

impl Fault {
    pub(crate) fn new(problem: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            expected: expected.into(),
        }
    }
}

/// The words of a line that were not taken yet.
#[derive(Debug, Clone)]
pub(crate) struct Words<'a> {
    rest: Vec<&'a str>,
}

impl<'a> Words<'a> {
    pub(crate) fn of(line: &'a str) -> Self {
        let mut rest: Vec<&str> = line.split_whitespace().collect();
        rest.reverse();
        Self { rest }
    }

    pub(crate) fn peek(&self) -> Option<&'a str> {
        self.rest.last().copied()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next word.
    pub(crate) fn word(&mut self, expected: &str) -> Result<&'a str, Fault> {
        let word = self.rest.pop();
        word.ok_or_else(|| Fault::new("the line ends too early", expected))
    }

    /// Takes the next word if it is this one.
    pub(crate) fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        if found {
            self.rest.pop();
        }
        found
    }

    /// The next word must be this one.
    pub(crate) fn must(&mut self, word: &str) -> Result<(), Fault> {
        let found = self.word(&format!("`{word}`"))?;
        if found == word {
            return Ok(());
        }
        Err(Fault::new(format!("found `{found}`"), format!("`{word}`")))
    }

    /// The next word, read as a value.
    pub(crate) fn value<T: FromStr>(&mut self, expected: &str) -> Result<T, Fault>
    where
        T::Err: std::fmt::Display,
    {
        read(self.word(expected)?, expected)
    }

    /// The next word, read as a value if it is one.
    pub(crate) fn maybe<T: FromStr>(&mut self) -> Option<T> {
        let value = self.peek()?.parse().ok()?;
        self.rest.pop();
        Some(value)
    }

    pub(crate) fn name(&mut self, expected: &str) -> Result<Name, Fault> {
        self.value(expected)
    }

    pub(crate) fn span(&mut self) -> Result<Millis, Fault> {
        let expected = "a span such as 500ms, 30s, 5m or 1h";
        let word = self.word(expected)?;
        span(word).ok_or_else(|| Fault::new(format!("`{word}` is no span of time"), expected))
    }

    /// All words up to one of `stops` or the end, joined by spaces.
    pub(crate) fn until(&mut self, stops: &[&str]) -> String {
        let mut taken = Vec::new();
        while let Some(word) = self.peek().filter(|word| !stops.contains(word)) {
            taken.push(word);
            self.rest.pop();
        }
        taken.join(" ")
    }

    /// Nothing may be left.
    pub(crate) fn end(&self) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(Fault::new(
                format!("`{word}` is not understood here"),
                "the end of the line",
            )),
        }
    }
}

/// A word read as a value.
pub(crate) fn read<T: FromStr>(word: &str, expected: &str) -> Result<T, Fault>
where
    T::Err: std::fmt::Display,
{
    word.parse()
        .map_err(|error: T::Err| Fault::new(format!("`{word}`: {error}"), expected))
}

/// A word such as `30s`, if it is one.
pub(crate) fn span(word: &str) -> Option<Millis> {
    const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = word.split_at(digits);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor).map(Millis)
}

/// A word such as `30s` as a point in time, if it is one.
pub(crate) fn time(word: &str) -> Option<EngineTime> {
    span(word).map(|span| EngineTime(span.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_number_and_a_unit() {
        assert_eq!(span("500ms"), Some(Millis(500)));
        assert_eq!(span("5m"), Some(Millis::seconds(300)));
        for word in ["s", "5", "5x", "-5s", "5s3", ""] {
            assert_eq!(span(word), None, "{word}");
        }
    }
}
