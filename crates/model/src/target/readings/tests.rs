use crate::draw::Draw;
use crate::target::{Expression, Skills, TextSkills, TwoReadings};

fn warning(text: &str) -> Option<TwoReadings> {
    Expression::read(text).expect(text).1
}

#[test]
fn only_expressions_that_mean_two_things_are_warned_of() {
    for (text, place) in [
        ("A=1", None),
        ("A=1 & B=1 | C=1", None),
        ("A=1 | B=1 | C=1", None),
        ("A=1 | B=1 & C=1", Some(11)),
        ("(A=1 | B=1) & C=1", None),
        ("A=1 | (B=1 & C=1)", None),
        ("A=1 & B=1 | C=1 & D=1", Some(17)),
        ("C=1 & (A=1 | B=1 & D=1)", Some(18)),
        // Absorbed: both readings mean A=1.
        ("A=1 | B=1 & A=1", None),
        // Everyone with A>=2 has A>=1, so both mean A>=1 & ... only where they really do.
        ("A>=2 | B=1 & A>=1", None),
        ("A>=1 | B=1 & A>=2", Some(12)),
        // Nobody has both.
        ("A=1 | B=1 & A=2", Some(11)),
        (r#"L="en" | L="de" & A=1"#, Some(17)),
        (r#"L="en" | L!="en" & A=1"#, Some(18)),
        // Always true, whichever way.
        ("A>=0 | B=1 & A>=0", None),
    ] {
        assert_eq!(warning(text).map(|found| found.place), place, "{text}");
    }
}

#[test]
fn a_warning_shows_both_readings_and_someone_it_matters_to() {
    let found = warning("A=1 | B=1 & C=1").expect("two readings");
    assert_eq!(
        found.to_string(),
        "place 11: '&' goes before '|', so this is read as `A=1 | (B=1 & C=1)`; from left to \
         right it would be `(A=1 | B=1) & C=1`, which does not take an agent with A=1: write \
         the parentheses"
    );
}

#[test]
fn the_example_is_someone_with_as_little_as_possible() {
    let found = warning("A=5 | B>7 & C!=0").expect("two readings");
    let example = found.example.expect("an example").to_string();
    assert_eq!(example, "does not take an agent with A=5");
}

#[test]
fn what_takes_too_long_to_compare_is_warned_of_without_an_example() {
    // The readings agree, but only after every A, B, C, ... was looked at.
    let all: Vec<String> = (0..10)
        .map(|n| format!("(A{n}=1 & B{n}=1 | A{n}=2)"))
        .collect();
    let same = all.join(" & ");
    let text = format!("({same}) | Z=1 & ({same})");
    assert!(text.len() <= Expression::BYTES_MAX, "{}", text.len());
    let found = warning(&text).expect("a warning to be on the safe side");
    assert_eq!(found.example, None);
    assert!(
        found.to_string().contains("which may mean something else"),
        "{found}"
    );
}

/// Every agent over three levels of three skills and three texts.
fn everybody() -> Vec<(Skills, TextSkills)> {
    let mut all = Vec::new();
    for number in 0..81_u16 {
        let level = |place: u32| number / 3_u16.pow(place) % 3;
        let skills = [("A", 0), ("B", 1), ("C", 2)]
            .map(|(name, place)| (name.parse().expect("a name"), level(place)));
        let text = ["", "x", "y"][usize::from(level(3))];
        let texts = [("L".parse().expect("a name"), text.parse().expect("a text"))];
        all.push((Skills::from(skills), TextSkills::from(texts)));
    }
    all
}

#[test]
fn the_warning_agrees_with_asking_everybody() {
    let conditions = [
        "A=1",
        "A>=1",
        "B=1",
        "B<1",
        "C!=2",
        "C=0",
        r#"L="x""#,
        r#"L!="x""#,
    ];
    let everybody = everybody();
    let mut draw = Draw::new(7);
    let mut warned = 0;
    for _ in 0..3_000 {
        let mut text = (*draw.of(&conditions)).to_owned();
        for _ in 0..2 + draw.below(3) {
            text += draw.of::<&str>(&[" & ", " | "]);
            text += draw.of::<&str>(&conditions);
        }
        let (read, found) = Expression::read(&text).expect("a drawn expression");
        let by_left = left_to_right(&text);
        let differs = everybody.iter().any(|(skills, texts)| {
            read.holds_with(skills, texts) != holds(&by_left, skills, texts)
        });
        assert_eq!(found.is_some(), differs, "{text}");
        let Some(found) = found else { continue };
        warned += 1;
        let example = found.example.expect("so few agents are all looked at");
        let taken = read.holds_with(&example.skills, &example.texts);
        assert_eq!(taken, example.qualifies, "{text}");
        assert_ne!(
            taken,
            holds(&by_left, &example.skills, &example.texts),
            "{text}"
        );
    }
    assert!(warned > 300, "only {warned} warnings were looked at");
}

/// Conditions with the sign before each.
fn left_to_right(text: &str) -> Vec<(char, Expression)> {
    let mut sign = '|';
    let mut chain = Vec::new();
    for word in text.split(' ') {
        match word {
            "&" | "|" => sign = word.chars().next().expect("a sign"),
            condition => chain.push((sign, condition.parse().expect(condition))),
        }
    }
    chain
}

/// The plain meaning of "from left to right", written down a second time.
fn holds(chain: &[(char, Expression)], skills: &Skills, texts: &TextSkills) -> bool {
    chain.iter().fold(false, |so_far, (sign, condition)| {
        let holds = condition.holds_with(skills, texts);
        if *sign == '&' {
            so_far && holds
        } else {
            so_far || holds
        }
    })
}
