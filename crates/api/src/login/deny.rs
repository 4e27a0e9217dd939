//! Passwords that others would try first. A small list: its members are looked for inside the
//! password, after digits and marks around them were taken away.

/// What is left of many bad passwords once what people put around it is gone.
const COMMON: &[&str] = &[
    "abc",
    "abcdef",
    "abcdefgh",
    "access",
    "adgjmptw",
    "admin",
    "administrator",
    "agent",
    "asdf",
    "asdfgh",
    "asdfghjkl",
    "asdfghjklqwertyuiop",
    "azerty",
    "azertyuiop",
    "baseball",
    "batman",
    "callcenter",
    "callcentre",
    "changeit",
    "changeme",
    "charlie",
    "chocolate",
    "computer",
    "contactcenter",
    "contactcentre",
    "correcthorsebatterystaple",
    "default",
    "demo",
    "dragon",
    "flower",
    "football",
    "freedom",
    "geheim",
    "guest",
    "hallo",
    "hello",
    "hunter",
    "iloveyou",
    "internet",
    "jordan",
    "killer",
    "letmein",
    "login",
    "loveme",
    "master",
    "michael",
    "monkey",
    "mustang",
    "ninja",
    "nopassword",
    "pass",
    "passw",
    "passwd",
    "password",
    "passwordpassword",
    "passwort",
    "pokemon",
    "princess",
    "qazwsx",
    "qazwsxedc",
    "qwer",
    "qwert",
    "qwerty",
    "qwertyqwerty",
    "qwertyuiop",
    "qwertyuiopasdf",
    "qwertz",
    "qwertzuiop",
    "ringback",
    "root",
    "secret",
    "service",
    "shadow",
    "soccer",
    "starwars",
    "summer",
    "sunshine",
    "superman",
    "superuser",
    "support",
    "sysadmin",
    "temp",
    "test",
    "testtest",
    "trustno",
    "user",
    "welcome",
    "whatever",
    "willkommen",
    "winter",
    "zaqwsx",
    "zxcvbn",
    "zxcvbnm",
];

/// Whether a password is one of those, or says nothing but who it is for.
pub(crate) fn is_common(password: &str, name: &str) -> bool {
    let small = password.to_lowercase();
    let core = small.trim_matches(|c: char| !c.is_alphabetic());
    // p4ssw0rd is no better than password.
    let plain: String = core
        .chars()
        .map(as_letter)
        .filter(|c| c.is_alphabetic())
        .collect();
    let distinct: std::collections::BTreeSet<char> = small.chars().collect();
    let name = name.to_lowercase();
    let named = name.chars().count() >= 3 && core.starts_with(&name);
    distinct.len() < 5 && small.chars().count() < 64
        || distinct.len() < 3
        || core.is_empty() && small.chars().all(|c| c.is_ascii_digit())
        || COMMON.contains(&plain.as_str())
        || named
}

const fn as_letter(found: char) -> char {
    match found {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_in_small_letters() {
        assert!(COMMON.is_sorted());
        let small = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase());
        assert!(COMMON.iter().all(small));
    }

    #[test]
    fn dressing_a_common_one_up_does_not_help() {
        for bad in [
            "P4ssw0rd!!2026",
            "!!!Welcome!!!",
            "changeme-123456",
            "98765432109876",
        ] {
            assert!(is_common(bad, "anna"), "{bad}");
        }
        for good in ["password of my grandmother", "anja isst gern Kuchen"] {
            assert!(!is_common(good, "anna"), "{good}");
        }
    }
}
