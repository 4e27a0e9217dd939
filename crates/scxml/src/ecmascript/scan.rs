//! Looks at the tokens of a script, no deeper: which words it uses, and what is inside of a function.
//!
//! The questions are answered carefully rather than cleverly: a script that cannot be understood is
//! run as global code, a function whose place is unclear counts as nested.

/// The text to run as global code, or `None` if the script does the same inside of a function, where
/// it is compiled only once.
pub(super) fn as_global(text: &str) -> Option<String> {
    const NEEDS_GLOBAL: [&str; 12] = [
        "var",
        "let",
        "const",
        "class",
        "function",
        "return",
        "arguments",
        "eval",
        "import",
        "await",
        "yield",
        "async",
    ];
    let tokens = Tokens::of(text);
    let needs = tokens
        .list
        .iter()
        .any(|token| NEEDS_GLOBAL.contains(&token.text));
    needs.then(|| with_var(text, &tokens))
}

/// `let`, `const` and `class` that begin a statement outside of all brackets make variables of the
/// one scope, as `var` does.
fn with_var(text: &str, tokens: &Tokens<'_>) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut copied = 0;
    for (index, token) in tokens.list.iter().enumerate() {
        if token.depth > 0 || !begins_statement(tokens, index) {
            continue;
        }
        let next = tokens.list.get(index + 1).map_or("", |next| next.text);
        let named = next.chars().next().is_some_and(is_word) || ["[", "{"].contains(&next);
        let replacement = match token.text {
            "let" | "const" if named => "var".to_owned(),
            "class" => format!("var {next} = class"),
            _ => continue,
        };
        out.push_str(&text[copied..token.at]);
        out.push_str(&replacement);
        copied = token.at + token.text.len();
    }
    out.push_str(&text[copied..]);
    out
}

fn begins_statement(tokens: &Tokens<'_>, index: usize) -> bool {
    let Some(before) = index.checked_sub(1).map(|before| &tokens.list[before]) else {
        return true;
    };
    [";", "}"].contains(&before.text) || tokens.list[index].after_line_break
}

/// Where in `text` the function whose text is `function` stands outside of any other function.
pub(super) fn stands_alone(text: &str, function: &str) -> Option<usize> {
    text.match_indices(function)
        .find(|(at, _)| !Tokens::of(&text[..*at]).inside_function)
        .map(|(at, _)| at)
}

/// The tokens of a text, comments and blanks left out.
struct Tokens<'t> {
    list: Vec<Token<'t>>,
    /// Whether the end of the text is inside of a function.
    inside_function: bool,
}

struct Token<'t> {
    text: &'t str,
    at: usize,
    /// How many brackets are open around it.
    depth: usize,
    after_line_break: bool,
}

/// An open bracket.
struct Level {
    /// It holds the body of a function.
    function: bool,
    /// `(` of `if`, `for` and so on: the brace behind it is no function.
    control: bool,
    /// An arrow function without braces goes on until a comma or semicolon.
    arrow: bool,
    /// `${` of a template: its `}` goes on with the template.
    template: bool,
}

impl<'t> Tokens<'t> {
    fn of(text: &'t str) -> Tokens<'t> {
        let mut scanner = Scanner {
            text,
            at: 0,
            list: Vec::new(),
            levels: vec![Level {
                function: false,
                control: false,
                arrow: false,
                template: false,
            }],
            line_break: true,
            closed_control: false,
        };
        while scanner.token() {}
        let inside_function = scanner
            .levels
            .iter()
            .any(|level| level.function || level.arrow);
        Tokens {
            list: scanner.list,
            inside_function,
        }
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    list: Vec<Token<'t>>,
    levels: Vec<Level>,
    line_break: bool,
    /// The last `)` closed the head of `if`, `for` and so on.
    closed_control: bool,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn token(&mut self) -> bool {
        self.blanks();
        let rest = self.rest();
        let Some(c) = rest.chars().next() else {
            return false;
        };
        let length = match c {
            '"' | '\'' => quoted(rest, c),
            '`' => return self.template(1),
            '/' if self.takes_regexp() => regexp(rest),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            '=' if rest.starts_with("=>") => 2,
            c => c.len_utf8(),
        };
        let text = &rest[..length];
        self.push(text);
        self.at += length;
        self.structure(text)
    }

    fn push(&mut self, text: &'t str) {
        self.list.push(Token {
            text,
            at: self.at,
            depth: self.levels.len() - 1,
            after_line_break: std::mem::take(&mut self.line_break),
        });
    }

    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            let mut skipped = rest.len() - trimmed.len();
            if rest[..skipped].contains('\n') {
                self.line_break = true;
            }
            if trimmed.starts_with("//") {
                skipped += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                skipped += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
            } else {
                self.at += skipped;
                return;
            }
            self.at += skipped;
        }
    }

    fn before(&self, back: usize) -> &'t str {
        let index = self.list.len().checked_sub(back + 1);
        index.map_or("", |index| self.list[index].text)
    }

    /// A slash begins a regular expression where a value is expected.
    fn takes_regexp(&self) -> bool {
        const WORDS: [&str; 8] = [
            "return", "typeof", "case", "in", "of", "delete", "void", "throw",
        ];
        let last = self.before(0);
        match last.chars().last() {
            None => true,
            Some(c) if is_word(c) => WORDS.contains(&last),
            Some(')' | ']' | '}' | '"' | '\'' | '`') => false,
            Some(_) => true,
        }
    }

    fn structure(&mut self, text: &str) -> bool {
        match text {
            "(" => {
                let control =
                    ["if", "for", "while", "switch", "catch", "with"].contains(&self.before(1));
                self.open(false, control);
            }
            "[" => self.open(false, false),
            "{" => {
                let before = self.before(1);
                let function = before == "=>" || (before == ")" && !self.closed_control);
                self.open(function, false);
            }
            ")" | "]" => {
                self.closed_control = self.close().control;
            }
            "}" => return self.close_brace(),
            "=>" => {
                let braces = self.rest().trim_start().starts_with('{');
                self.level().arrow |= !braces;
            }
            "," | ";" => self.level().arrow = false,
            _ => {}
        }
        true
    }

    fn close_brace(&mut self) -> bool {
        let template = self.close().template;
        !template || self.template(0)
    }

    fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.open(false, false);
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn open(&mut self, function: bool, control: bool) {
        self.levels.push(Level {
            function,
            control,
            arrow: false,
            template: false,
        });
    }

    fn close(&mut self) -> Level {
        let closed = if self.levels.len() > 1 {
            self.levels.pop()
        } else {
            None
        };
        closed.unwrap_or(Level {
            function: false,
            control: false,
            arrow: false,
            template: false,
        })
    }

    /// The text of a template up to its end or to the next `${`; `skip`: the opening quote.
    fn template(&mut self, skip: usize) -> bool {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut at = skip;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' => at += 2,
                b'`' => {
                    self.push(&rest[..=at]);
                    self.at += at + 1;
                    return true;
                }
                b'$' if bytes.get(at + 1) == Some(&b'{') => {
                    self.push(&rest[..at + 2]);
                    self.at += at + 2;
                    self.levels.push(Level {
                        function: false,
                        control: false,
                        arrow: false,
                        template: true,
                    });
                    return true;
                }
                _ => at += 1,
            }
        }
        self.at = self.text.len();
        true
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The length of a text in quotes; the rest of the text if they are not closed.
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

/// The length of a regular expression without its flags.
fn regexp(text: &str) -> usize {
    let mut escaped = false;
    let mut class = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '/' if !class => return at + 1,
            '\n' => return 1,
            _ => {}
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_of_a_script_become_variables() {
        for (script, global) in [
            ("x = x + 1;", None),
            ("// var\nx = 'function' + /let/.source", None),
            ("var x = 1", Some("var x = 1")),
            ("let x = 1; { let y = 2 }", Some("var x = 1; { let y = 2 }")),
            ("const [a] = [1]\nlet b", Some("var [a] = [1]\nvar b")),
            ("class A { b() {} }", Some("var A = class A { b() {} }")),
            ("x = class {}", Some("x = class {}")),
            (
                "`${function () {}}`; let z",
                Some("`${function () {}}`; var z"),
            ),
        ] {
            assert_eq!(as_global(script).as_deref(), global, "{script}");
        }
    }

    #[test]
    fn functions_inside_of_functions_are_told_from_others() {
        let function = "function f() { return 1 }";
        for (text, alone) in [
            ("FN", true),
            ("var o = { a: FN }", true),
            ("if (x) { FN }", true),
            ("x = [1, 2].map(y => y + 1); FN", true),
            ("function g() { FN }", false),
            ("(() => { FN })()", false),
            ("x = y => FN", false),
            ("x = { m() { FN } }", false),
            ("`}{${1}`; FN", true),
            ("a = b / 2; c = d / 3; FN", true),
        ] {
            let found = stands_alone(&text.replace("FN", function), function);
            assert_eq!(found.is_some(), alone, "{text}");
        }
    }
}
