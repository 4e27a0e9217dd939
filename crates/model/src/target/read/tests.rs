use crate::draw::{Draw, assert_read_or_refused, jumble};
use crate::target::{Expression, Level, Skills, TextSkills, TwoReadings};

fn parsed(text: &str) -> Expression {
    text.parse().expect(text)
}

fn skills(list: &[(&str, Level)]) -> Skills {
    list.iter()
        .map(|(name, level)| (name.parse().expect("a name"), *level))
        .collect()
}

#[test]
fn and_binds_tighter_than_or() {
    let expression = parsed("A>=1 | B>=1 & C>=1");
    assert!(expression.holds(&skills(&[("A", 1)])));
    assert!(!expression.holds(&skills(&[("B", 1)])));
    assert!(expression.holds(&skills(&[("B", 1), ("C", 2)])));
    assert_eq!(expression.to_string(), "A>=1 | B>=1 & C>=1");
}

#[test]
fn what_is_written_reads_back_the_same() {
    for text in [
        "",
        "A=0",
        "(A>1|B<2)&C!=3",
        "A=1 & (B=2 | C=3 & (D=4 | E=5))",
        "((A<=7))",
        "(A=1 & B=2) & C=3",
        "A=1 | (B=2 | C=3)",
        r#"Language="en" & City!='Köln \"'"#,
    ] {
        let expression = parsed(text);
        assert_eq!(parsed(&expression.to_string()), expression, "{text}");
    }
}

#[test]
fn a_missing_skill_counts_as_level_zero() {
    assert!(parsed("A=0").holds(&Skills::new()));
    assert!(!parsed("A>=1").holds(&Skills::new()));
    assert!(parsed("").holds(&Skills::new()));
}

#[test]
fn a_bad_expression_says_where_and_what_was_expected() {
    for (text, place) in [
        ("A", 2),
        ("A>", 3),
        ("A>70000", 3),
        ("A=1 &", 6),
        ("(A=1", 5),
        ("A=1)", 4),
        ("A=1 B=2", 5),
        ("-A=1", 1),
        ("A>\"x\"", 2),
        ("A=\"x", 4),
        ("A=\"x\ny\"", 4),
        ("A=1 & \u{fc}=\"", 11),
    ] {
        let error = text.parse::<Expression>().expect_err(text);
        assert_eq!(error.place, place, "{text}: {error}");
    }
    let deep = format!("{}A=1{}", "(".repeat(17), ")".repeat(17));
    assert!(
        deep.parse::<Expression>()
            .expect_err("deep")
            .problem
            .contains("16 levels")
    );
    let many = vec!["A=1"; 65].join("&");
    assert!(
        many.parse::<Expression>()
            .expect_err("many")
            .problem
            .contains("64 conditions")
    );
}

fn texts(list: &[(&str, &str)]) -> TextSkills {
    list.iter()
        .map(|(name, text)| (name.parse().expect("a name"), text.parse().expect("a text")))
        .collect()
}

#[test]
fn a_text_skill_is_equal_or_not_and_empty_when_missing() {
    for (text, has, holds) in [
        (r#"Language="en""#, "en", true),
        (r#"Language="en""#, "EN", false),
        (r#"Language = 'en'"#, "en", true),
        (r#"Language!="en""#, "de", true),
        (r#"Language!="en""#, "", true),
        (r#"Language="""#, "", true),
        (r#"Language="en" & Loans>=1"#, "en", false),
        (r#"Language="de" | Language="en""#, "en", true),
    ] {
        let expression = parsed(text);
        let has = texts(&[("Language", has)]);
        assert_eq!(
            expression.holds_with(&Skills::new(), &has),
            holds,
            "{text} {has:?}"
        );
    }
    assert!(parsed(r#"Language!="en""#).holds(&Skills::new()));
}

#[test]
fn the_script_of_a_group_reads_as_an_expression() {
    for (script, expression) in [
        (r#"Skill("English") >= 3"#, "English>=3"),
        (
            r#"Skill ( "A" )=1&(Skill("B")<2|SkillExists("C"))"#,
            "A=1 & (B<2 | C>=1)",
        ),
        (r#"SkillExists("Loans")"#, "Loans>=1"),
        (r#"Skill("Language") != "en""#, r#"Language!="en""#),
        ("", ""),
    ] {
        let (read, _) = Expression::read_group_script(script).expect(script);
        assert_eq!(read.to_string(), expression, "{script}");
    }
}

#[test]
fn a_bad_script_says_where_and_what_was_expected() {
    for (script, place, problem) in [
        ("English>=3", 1, "expected Skill(\"name\")"),
        (r#"Skill(English)"#, 7, "in '\"'"),
        (r#"Skill("a b")=1"#, 8, "' '"),
        (r#"Skill("A""#, 10, "expected ')'"),
        (r#"Skill("A)=1"#, 8, "not closed"),
        (r#"Skill("A")"#, 11, "one of = !="),
        (
            r#"Skill("A")=1 & LoggedIn("8001@switch")"#,
            16,
            "LoggedIn asks",
        ),
    ] {
        let error = Expression::read_group_script(script).expect_err(script);
        assert_eq!(error.place, place, "{script}: {error}");
        assert!(error.problem.contains(problem), "{script}: {error}");
    }
}

/// Any expression a text can be read as: no group of one, none of none.
fn drawn(draw: &mut Draw, depth: usize) -> Expression {
    let conditions = ["A=1", "B>=2", "C!=0", "D<3", r#"L="en""#, r#"L!="\"""#];
    if depth == 0 || draw.once_in(3) {
        return parsed(draw.of::<&str>(&conditions));
    }
    let parts = (0..2 + draw.below(2))
        .map(|_| drawn(draw, depth - 1))
        .collect();
    if draw.once_in(2) {
        Expression::All(parts)
    } else {
        Expression::Any(parts)
    }
}

#[test]
fn whatever_can_be_read_is_written_so_that_it_reads_back() {
    let mut draw = Draw::new(1);
    for _ in 0..2_000 {
        let expression = drawn(&mut draw, 3);
        let text = expression.to_string();
        assert_eq!(text.parse().as_ref(), Ok(&expression), "{text}");
        let text = expression.parenthesised().to_string();
        assert_eq!(text.parse().as_ref(), Ok(&expression), "{text}");
        let (read, warning) = Expression::read(&text).expect("what was just read");
        assert_eq!((read, warning), (expression, None::<TwoReadings>), "{text}");
    }
}

#[test]
fn no_text_is_too_strange() {
    let pieces = [
        "A", "=", ">=", "!", "1", "70000", " ", "&", "|", "(", ")", "\"", "'", "\\", "ü", ".",
    ];
    let mut draw = Draw::new(17);
    for _ in 0..20_000 {
        let text = jumble(&mut draw, &pieces);
        assert_read_or_refused::<Expression, _>(&text, |error| error.place);
    }
}
