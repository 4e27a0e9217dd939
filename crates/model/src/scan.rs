//! Reading a text from left to right, for the grammars of this crate.
//!
//! Places are told in bytes counted from 1, as in every error of these grammars.

use std::fmt;

/// A text and how far it has been read. Cheap to copy, so that a reader may look ahead.
#[derive(Clone, Copy)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// What stands where something else was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found(Option<char>);

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(found) => write!(f, "{found:?}"),
            None => f.write_str("the end"),
        }
    }
}

impl<'a> Scanner<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The place of the next byte.
    pub(crate) const fn place(&self) -> usize {
        self.at + 1
    }

    /// What has not been read yet.
    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn found(&self) -> Found {
        Found(self.peek())
    }

    pub(crate) fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Goes on by one byte, which is a whole character.
    pub(crate) fn skip_byte(&mut self) {
        self.at += 1;
    }

    /// Whether nothing but space is left.
    pub(crate) fn is_done(&mut self) -> bool {
        self.skip_space();
        self.at == self.text.len()
    }

    /// Reads `sign`, after any space, if it stands there.
    pub(crate) fn take(&mut self, sign: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// Reads the first of these signs that stands here, after any space.
    pub(crate) fn take_one<T: Copy>(&mut self, signs: &[(&str, T)]) -> Option<T> {
        signs
            .iter()
            .find_map(|(sign, meaning)| self.take(sign).then_some(*meaning))
    }

    /// Reads as long as characters are wanted; does not skip space first.
    pub(crate) fn run(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Reads a word of ASCII letters, digits and `_` that starts with a letter or `_`.
    pub(crate) fn word(&mut self) -> &'a str {
        self.skip_space();
        match self.peek() {
            Some(first) if first.is_ascii_alphabetic() || first == '_' => {
                self.run(|c| c.is_ascii_alphanumeric() || c == '_')
            }
            _ => "",
        }
    }

    /// Reads this word, in capitals or not, if it stands here as a whole word.
    pub(crate) fn keyword(&mut self, keyword: &str) -> bool {
        let mut ahead = *self;
        let found = ahead.word().eq_ignore_ascii_case(keyword);
        if found {
            *self = ahead;
        }
        found
    }

    /// Reads digits after any space; the place of the first, and the text of them.
    pub(crate) fn digits(&mut self) -> (usize, &'a str) {
        self.skip_space();
        (self.place(), self.run(|c| c.is_ascii_digit()))
    }

    /// Reads a text up to `quote`, which has been opened already; `\` takes the meaning from the
    /// next character. `None` when the text ends before it is closed.
    pub(crate) fn quoted(&mut self, quote: char) -> Option<String> {
        let mut read = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((index, found)) = chars.next() {
            if found == quote {
                self.at += index + quote.len_utf8();
                return Some(read);
            }
            if found == '\\' {
                read.push(chars.next()?.1);
            } else {
                read.push(found);
            }
        }
        None
    }
}

/// Writes a text so that [`Scanner::quoted`] reads it back.
pub(crate) fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str, quote: char) -> fmt::Result {
    use fmt::Write;
    f.write_char(quote)?;
    for found in text.chars() {
        if found == quote || found == '\\' {
            f.write_char('\\')?;
        }
        f.write_char(found)?;
    }
    f.write_char(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_is_a_whole_word_in_any_case() {
        let mut scanner = Scanner::new(" Or order");
        assert!(scanner.keyword("or"));
        assert!(!scanner.keyword("or"));
        assert_eq!(scanner.place(), 4);
        assert_eq!(scanner.word(), "order");
        assert!(scanner.is_done());
    }

    #[test]
    fn a_quoted_text_ends_at_its_own_quote_only() {
        let mut scanner = Scanner::new(r#"a\"b\\'c" rest"#);
        assert_eq!(scanner.quoted('"').as_deref(), Some(r#"a"b\'c"#));
        assert_eq!(scanner.rest(), " rest");
        assert_eq!(Scanner::new("open").quoted('"'), None);
        assert_eq!(Scanner::new("open\\").quoted('"'), None);
    }
}
