//! Numbers by which people can be called, shown to those who need not know them: all digits but
//! the last ones are hidden. The one place for it; which roles it holds for is the tenant's policy.

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
