//! Reading Rust source just well enough to look for words in it.
//!
//! [`code_only`] blanks what is not code, so that a rule about the word `HashMap` does not fire on
//! a comment that explains the rule. Line and column stay the same.

/// The source with comments, and the insides of string and character literals, turned to spaces.
pub(crate) fn code_only(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let taken = literal_or_comment(rest, out.chars().next_back());
        match taken {
            Some(length) => blank(&rest[..length], &mut out),
            None => out.push(first),
        }
        rest = &rest[taken.unwrap_or(first.len_utf8())..];
    }
    out
}

/// The code without items marked `#[cfg(test)]`; expects what [`code_only`] returned.
pub(crate) fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        let (before, marked) = rest.split_at(at);
        out.push_str(before);
        let (item, after) = marked.split_at(item_end(marked));
        blank(item, &mut out);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Names of modules declared as `#[cfg(test)] mod name;`, whose files hold tests only.
pub(crate) fn test_modules(code: &str) -> Vec<String> {
    code.split("#[cfg(test)]")
        .skip(1)
        .filter_map(|after| {
            let head = after.split(['{', '}']).next()?;
            let (declaration, _) = head.split_once(';')?;
            let mut words = declaration
                .split_whitespace()
                .skip_while(|word| *word != "mod");
            words.nth(1).map(str::to_owned)
        })
        .collect()
}

/// Identifiers of the code with their line numbers, counted from 1.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.lines().enumerate().flat_map(|(index, line)| {
        line.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
            .map(move |word| (index + 1, word))
    })
}

/// Lines that hold any code at all; expects what [`code_only`] returned.
pub(crate) fn code_lines(code: &str) -> usize {
    code.lines()
        .filter(|line| line.chars().any(char::is_alphanumeric))
        .count()
}

/// How many bytes the literal or comment at the start of `text` takes, if there is one.
fn literal_or_comment(text: &str, before: Option<char>) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(block_comment(text));
    }
    if text.starts_with('"') {
        return Some(quoted(text, '"'));
    }
    if text.starts_with('\'') {
        return character(text);
    }
    let inside_a_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if inside_a_word {
        None
    } else {
        raw_string(text)
    }
}

/// Rust's block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// A character literal; `None` for a lifetime, which has no closing quote.
fn character(text: &str) -> Option<usize> {
    let mut after_quote = text.chars().skip(1);
    match (after_quote.next()?, after_quote.next()) {
        ('\\', _) => Some(quoted(text, '\'')),
        (c, Some('\'')) => Some(2 + c.len_utf8()),
        _ => None,
    }
}

fn raw_string(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r"]
        .into_iter()
        .find(|prefix| text.starts_with(prefix))?;
    let after = &text[prefix.len()..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let head = prefix.len() + hashes + 1;
    Some(
        body.find(&close)
            .map_or(text.len(), |at| head + at + close.len()),
    )
}

/// Where the item at the start of `code` ends: at its first `;` or at the brace that closes it.
fn item_end(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

fn blank(text: &str, out: &mut String) {
    out.extend(text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_lines_stay() {
        let source = "let a = 1; // HashMap\n/* x /* HashMap */ y */ let b = \"Hash\\\"Map\";\nlet c = r#\"Hash\"Map\"#;\n";
        let code = code_only(source);
        assert!(!code.contains("Hash"), "{code}");
        assert_eq!(code.lines().count(), source.lines().count());
        assert_eq!(code.find("let b"), source.find("let b"));
    }

    #[test]
    fn a_quote_character_and_a_lifetime_do_not_open_a_string() {
        let code = code_only("fn f<'a>(x: &'a str) { g('\"', '\\'', 'é'); HashMap::new() }");
        assert!(code.contains("HashMap"));
        assert!(code.contains("<'a>"));
    }

    #[test]
    fn an_identifier_that_ends_in_r_does_not_open_a_raw_string() {
        assert!(code_only("for\"text\" HashMap").contains("HashMap"));
    }

    #[test]
    fn test_items_are_left_out() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { HashMap } }\nfn c() {}";
        let left = without_tests(code);
        assert!(left.contains("fn a") && left.contains("fn c") && !left.contains("HashMap"));
    }

    #[test]
    fn test_modules_in_files_of_their_own_are_named() {
        let code = "#[cfg(test)]\nmod golden;\nmod real;\n#[cfg(test)]\nmod tests { mod inner; }";
        assert_eq!(test_modules(code), ["golden"]);
    }
}
