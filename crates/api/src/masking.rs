//! Numbers by which people can be called, shown to those who need not know them: all digits but
//! the last ones are hidden. The one place for it; which roles it holds for is the tenant's policy.

use crate::problem::Problem;
use ringback_model::value::{Map, Value};

/// The fewest digits that make a number.
const DIGITS_MIN: usize = 7;
/// The most (E.164 has 15; a way out of the house may stand before them).
const DIGITS_MAX: usize = 18;

/// Hides the numbers in user data, however deep they stand; `None` hides nothing.
pub(crate) fn mask(map: &mut Map, shown: Option<u8>) {
    if let Some(shown) = shown {
        map.values_mut()
            .for_each(|value| mask_value(value, shown.into()));
    }
}

/// Hides the numbers in a text; `None` hides nothing.
pub(crate) fn mask_text(text: &mut Option<String>, shown: Option<u8>) {
    let hidden = shown.and_then(|shown| masked(text.as_deref()?, shown.into()));
    if hidden.is_some() {
        *text = hidden;
    }
}

/// Refuses user data in which somebody who sees numbers masked sends one back as he saw it: it would
/// take the place of the number. `None` sees everything and may write everything.
pub(crate) fn refuse(map: &Map, shown: Option<u8>, at: &str) -> Result<(), Problem> {
    let Some(shown) = shown else { return Ok(()) };
    match map
        .iter()
        .find(|(_, value)| is_masked_in(value, shown.into()))
    {
        None => Ok(()),
        Some((key, _)) => Err(sent_back(&format!("{at}/{key}"))),
    }
}

/// The same of a text.
pub(crate) fn refuse_text(text: &str, shown: Option<u8>, at: &str) -> Result<(), Problem> {
    match shown {
        Some(shown) if is_masked(text, shown.into()) => Err(sent_back(at)),
        _ => Ok(()),
    }
}

fn sent_back(at: &str) -> Problem {
    let problem =
        "holds a number of which you see only the last digits: leave it out to keep what is there";
    Problem::invalid(at, problem)
}

fn is_masked_in(value: &Value, shown: usize) -> bool {
    match value {
        Value::Text(text) => is_masked(text, shown),
        Value::List(list) => list.iter().any(|it| is_masked_in(it, shown)),
        Value::Map(map) => map.values().any(|it| is_masked_in(it, shown)),
        _ => false,
    }
}

/// Whether a text holds what [`masked`] makes of a number: stars, then the digits that are shown.
fn is_masked(text: &str, shown: usize) -> bool {
    let (mut stars, mut digits) = (0, 0);
    for letter in text.chars().chain(['\n']) {
        match letter {
            // Another number begins.
            '*' if digits > 0 => (stars, digits) = (1, 0),
            '*' => stars += 1,
            '0'..='9' if stars > 0 => digits += 1,
            ' ' | '\u{a0}' | '-' | '/' | '.' | '(' | ')' | '+' => {}
            _ => (stars, digits) = (0, 0),
        }
        if stars > 0 && digits == shown && (DIGITS_MIN..=DIGITS_MAX).contains(&(stars + digits)) {
            return true;
        }
    }
    false
}

fn mask_value(value: &mut Value, shown: usize) {
    match value {
        Value::Text(text) => {
            if let Some(masked) = masked(text, shown) {
                *text = masked;
            }
        }
        Value::Int(number) => {
            // A number that somebody wrote without quotes.
            if let Some(masked) = masked(&number.to_string(), shown) {
                *value = Value::Text(masked);
            }
        }
        Value::List(list) => list.iter_mut().for_each(|it| mask_value(it, shown)),
        Value::Map(map) => map.values_mut().for_each(|it| mask_value(it, shown)),
        _ => {}
    }
}

/// A text whose numbers are hidden; `None` when it holds none. A number is a run of digits with
/// what people write between and before them.
fn masked(text: &str, shown: usize) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut hidden = vec![false; letters.len()];
    let mut run: Vec<usize> = Vec::new();
    for (place, letter) in letters.iter().enumerate() {
        match letter {
            '0'..='9' => run.push(place),
            ' ' | '\u{a0}' | '-' | '/' | '.' | '(' | ')' | '+' => {}
            _ => hide(&mut run, shown, &mut hidden),
        }
    }
    hide(&mut run, shown, &mut hidden);
    let any = hidden.iter().any(|it| *it);
    any.then(|| {
        let shown = letters.iter().zip(&hidden);
        shown
            .map(|(letter, hidden)| if *hidden { '*' } else { *letter })
            .collect()
    })
}

/// Ends a run of digits.
fn hide(run: &mut Vec<usize>, shown: usize, hidden: &mut [bool]) {
    if (DIGITS_MIN..=DIGITS_MAX).contains(&run.len()) {
        for place in &run[..run.len() - shown.min(run.len())] {
            hidden[*place] = true;
        }
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_hidden_but_for_its_end() {
        for (text, expected) in [
            ("+49 30 1234567", "+** ** ****567"),
            ("(030) 123-45.67", "(***) ***-*5.67"),
            (
                "call 0301234567, ask for Eva",
                "call *******567, ask for Eva",
            ),
            ("0301234567 or 0307654321x", "*******567 or *******321x"),
        ] {
            assert_eq!(masked(text, 3).as_deref(), Some(expected));
        }
        for text in ["", "Anna", "order 123456", "12345678901234567890"] {
            assert_eq!(masked(text, 3), None, "{text}");
        }
        assert_eq!(masked("1234567", 0).as_deref(), Some("*******"));
    }

    #[test]
    fn what_was_masked_is_not_taken_back() {
        for text in [
            "+49 30 1234567",
            "(030) 123-45.67",
            "call 0301234567, ask for Eva",
            "0301234567 or 0307654321x",
        ] {
            let seen = masked(text, 3).expect("a number");
            assert!(is_masked(&seen, 3), "{seen}");
            assert!(!is_masked(text, 3), "{text}");
        }
        assert!(is_masked(&masked("1234567", 0).expect("a number"), 0));
        for text in ["", "a * b", "***", "** important **", "5 of *", "**12"] {
            assert!(!is_masked(text, 3), "{text}");
        }
        let json = serde_json::json!({"a": {"b": ["*******567", 5]}, "c": "x"});
        let map: Map = serde_json::from_value(json).expect("user data");
        assert!(refuse(&map, None, "/user_data").is_ok());
        let problem = refuse(&map, Some(3), "/user_data").expect_err("masked");
        assert!(problem.sentence().starts_with("/user_data/a: "));
    }

    #[test]
    fn numbers_are_found_however_deep() {
        let json = serde_json::json!({"a": {"b": ["0301234567", 5]}, "c": "x"});
        let mut map: Map = serde_json::from_value(json).expect("user data");
        mask(&mut map, None);
        let plain = serde_json::to_value(&map).expect("plain data");
        assert_eq!(plain["a"]["b"][0], "0301234567");
        mask(&mut map, Some(2));
        let hidden = serde_json::to_value(&map).expect("plain data");
        assert_eq!(hidden["a"]["b"][0], "********67");
        assert_eq!(
            (&hidden["a"]["b"][1], &hidden["c"]),
            (&5.into(), &"x".into())
        );
    }
}
