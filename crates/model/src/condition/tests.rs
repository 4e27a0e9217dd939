use super::{Condition, Fact, Facts, Operand, Order, Path, Property, Truth};
use crate::draw::{Draw, assert_read_or_refused, jumble};
use crate::time::WallTime;
use crate::value::{Map, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

/// Facts from JSON: properties by name, times as milliseconds, user data below `user`.
struct Told(Map);

fn told(json: &str) -> Told {
    Told(serde_json::from_str(json).expect(json))
}

impl Facts for Told {
    fn property(&self, property: Property) -> Fact<'_> {
        match (property.kind(), self.0.get(property.name())) {
            (super::Kind::Time, Some(Value::Int(ms))) => Fact::Time(WallTime(*ms)),
            (_, value) => value.into(),
        }
    }

    fn user(&self, path: &Path) -> Fact<'_> {
        match self.0.get("user") {
            Some(Value::Map(data)) => path.find(data).into(),
            _ => Fact::Null,
        }
    }
}

fn condition(text: &str) -> Condition {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

const MAIL: &str = r#"{
    "medium": "email", "tier": 3, "subject": "Re: invoice 17", "is_online": false,
    "is_held": true, "queue": "mail", "owner": "anna", "author": "bert",
    "received_at": 1769860800000, "placed_in_queue_at": 1000000,
    "user": {"Language": "en", "amount": 12.5, "count": 3, "text3": "3", "vip": true,
             "tags": ["a", 7, null], "empty": [], "inner": {"x": {"y": "deep"}}, "none": null,
             "Header_X-Foo": "bar", "it's": 1}
}"#;

#[test]
fn conditions_hold_fail_or_cannot_be_known() {
    use Truth::{False, True, Unknown};
    let mail = told(MAIL);
    for (text, expected) in [
        ("", True),
        ("medium = 'email'", True),
        (
            "MediaType = 'email' AND Priority >= 3 AND user.Language IN ('en','fr')",
            True,
        ),
        ("medium = 'Email'", False),
        ("medium <> 'chat'", True),
        ("tier > 3", False),
        ("tier = 3.0", True),
        ("tier < 3.5", True),
        ("tier BETWEEN 3 AND 4", True),
        ("tier NOT BETWEEN 1 AND 2", True),
        ("tier BETWEEN -1 AND 2", False),
        ("Subject LIKE 'Re:%'", True),
        ("subject LIKE '%17_'", False),
        ("subject NOT LIKE 're:%'", True),
        ("is_held", True),
        ("is_held AND NOT is_online", True),
        ("IsOnline = 0", True),
        ("is_online = TRUE", False),
        ("is_locked", Unknown),
        ("author != owner", True),
        ("author = reviewer", Unknown),
        ("reviewer IS NULL", True),
        ("reviewer IS NOT NULL", False),
        ("user.none IS NULL", True),
        ("user.inner IS NULL", False),
        ("user.inner.x.y = 'deep'", True),
        ("user.inner.x.z IS NULL", True),
        ("user.Language.x IS NULL", True),
        (r#"user."Header_X-Foo" = 'bar'"#, True),
        (r#"user."it's" = 1"#, True),
        ("user.amount > 12", True),
        ("user.amount > user.count", True),
        ("user.count = 3", True),
        // A text is no number.
        ("user.text3 = 3", Unknown),
        ("user.text3 = '3'", True),
        ("user.count LIKE '3'", Unknown),
        ("user.vip = TRUE", True),
        ("user.inner = 'x'", Unknown),
        ("user.tags HAS 'a'", True),
        ("user.tags HAS 7", True),
        // One of the values is missing, so it might have been this one.
        ("user.tags HAS 'b'", Unknown),
        ("user.empty HAS 'b'", False),
        ("user.Language HAS 'en'", Unknown),
        ("queue IN ('chat', 'mail')", True),
        ("queue IN ('chat')", False),
        ("queue IN ()", False),
        ("queue NOT IN ('chat')", True),
        ("queue IN (:unbound)", Unknown),
        ("reviewer NOT IN ('x')", Unknown),
        ("received_at = '2026-01-31T12:00:00Z'", True),
        ("received_at < '2026-01-31 13:30+01:00'", True),
        ("'2026-01-31' < received_at", True),
        ("received_at >= NOW", True),
        ("placed_in_queue_at < NOW - 30m", True),
        ("placed_in_queue_at < NOW - 2h", False),
        ("placed_in_queue_at + 1 = 2", Unknown),
        ("assigned_at < NOW", Unknown),
        // Unknown goes on unless the rest settles it.
        ("user.missing = 1 AND tier = 3", Unknown),
        ("user.missing = 1 AND tier = 4", False),
        ("user.missing = 1 OR tier = 3", True),
        ("user.missing = 1 OR tier = 4", Unknown),
        ("NOT user.missing = 1", Unknown),
        ("NOT (tier = 4 OR medium = 'chat')", True),
        ("tier = 4 OR medium = 'email' AND is_held", True),
        ("(tier = 4 OR medium = 'email') AND NOT is_held", False),
        ("1 = 1", True),
    ] {
        // The one text that is no condition stands here to show that there is no arithmetic.
        let Ok(condition) = text.parse::<Condition>() else {
            assert_eq!(text, "placed_in_queue_at + 1 = 2");
            continue;
        };
        let now = WallTime(1_000_000 + 3_600_000);
        assert_eq!(condition.truth(&mail, now), expected, "{text}");
        assert_eq!(condition.holds(&mail, now), expected == True, "{text}");
    }
}

#[test]
fn a_condition_is_written_in_one_form() {
    for (text, written) in [
        ("  ", ""),
        (
            "mediatype='email'and PRIORITY>=3",
            "medium = 'email' AND tier >= 3",
        ),
        ("a", ""),
        ("((tier = 1))", "tier = 1"),
        (
            "tier = 1 AND (tier = 2 AND tier = 3)",
            "tier = 1 AND tier = 2 AND tier = 3",
        ),
        (
            "tier = 1 OR tier = 2 AND is_held",
            "tier = 1 OR (tier = 2 AND is_held = TRUE)",
        ),
        ("tier <> 1 OR tier == 2", "tier != 1 OR tier = 2"),
        ("NOT tier IN (1)", "tier NOT IN (1)"),
        ("NOT reviewer IS NULL", "reviewer IS NOT NULL"),
        ("NOT NOT is_held", "NOT NOT is_held = TRUE"),
        ("not(tier=1 or is_held)", "NOT (tier = 1 OR is_held = TRUE)"),
        ("user.tags NOT HAS 'x'", "NOT user.tags HAS 'x'"),
        ("subject = \"it's\"", "subject = 'it''s'"),
        ("subject = \"say \"\"hi\"\"\"", "subject = 'say \"hi\"'"),
        (
            "tier BETWEEN 1 AND 2 AND is_held",
            "tier >= 1 AND tier <= 2 AND is_held = TRUE",
        ),
        ("tier NOT BETWEEN 1 AND 2", "NOT (tier >= 1 AND tier <= 2)"),
        ("tier = 1.50", "tier = 1.5"),
        ("user.x = 1e3", "user.x = 1000.0"),
        ("user.x = -1.5E-7", "user.x = -1.5e-7"),
        ("received_at < now-90m", "received_at < NOW - 90m"),
        ("received_at < now + 120 m", ""),
        ("received_at < now - 24h", "received_at < NOW - 1d"),
        ("received_at < now - 0s", "received_at < NOW"),
        (
            "received_at < '2026-01-31'",
            "received_at < '2026-01-31T00:00:00Z'",
        ),
        ("is_online = 1", "is_online = TRUE"),
        (r#"USER.a."b" = :c"#, "user.a.b = :c"),
        (r#"user."a b"."c""d" = 1"#, r#"user."a b"."c""d" = 1"#),
    ] {
        if written.is_empty() && !text.trim().is_empty() {
            assert!(text.parse::<Condition>().is_err(), "{text}");
            continue;
        }
        assert_eq!(condition(text).to_string(), written, "{text}");
        assert_eq!(condition(written), condition(text), "{text}");
    }
    let json = serde_json::to_string(&condition("tier=1")).expect("JSON");
    assert_eq!(json, r#""tier = 1""#);
    assert_eq!(
        serde_json::from_str::<Condition>(&json).expect("reads back"),
        condition("tier=1")
    );
    assert!(serde_json::from_str::<Condition>(r#""tier""#).is_err());
}

#[test]
fn a_bad_condition_says_where_and_what_to_do() {
    for (text, place, words) in [
        (
            "tier",
            5,
            "expected a comparison, IN, LIKE, BETWEEN, HAS or IS, found the end",
        ),
        ("tier =", 7, "expected a property, user.key, :parameter"),
        (
            "tier = 1 tier = 2",
            10,
            "expected AND, OR or the end, found 't'",
        ),
        ("tier = 1 AND", 13, "expected a property"),
        ("(tier = 1", 10, "expected AND, OR or ')'"),
        (
            "x IS NULL",
            1,
            "there is no property \"x\": user data is written user.x",
        ),
        ("tier = 'high'", 1, "a number is compared with a text"),
        (
            "tier = 1 AND 'x' = is_held",
            14,
            "a text is compared with TRUE or FALSE",
        ),
        ("medium = 3", 1, "a text is compared with a number"),
        ("medium IN ('a', 3)", 1, "a text is compared with a number"),
        ("medium IN ('a', queue)", 17, "a list holds texts, numbers"),
        ("medium IN 'a'", 11, "'(' and a list of values"),
        ("medium IN ('a' 'b')", 16, "',' or ')'"),
        ("is_held > TRUE", 1, "with = or != only"),
        ("is_held = 2", 1, "TRUE or FALSE is compared with a number"),
        ("tier LIKE '3'", 1, "LIKE is for texts, not for a number"),
        (
            "queue HAS 'x'",
            1,
            "HAS asks a list of user data, not a text",
        ),
        ("tier = NULL", 8, "write IS NULL"),
        ("tier IS 3", 9, "expected NULL"),
        ("tier NOT 3", 10, "IN, LIKE, BETWEEN or HAS"),
        ("tier BETWEEN 1 OR 2", 16, "AND and the larger value"),
        (
            "received_at < 'noon'",
            1,
            "\"noon\" is no time: write it as 2026-01-31T12:00:00Z",
        ),
        ("received_at < 5", 1, "a time is compared with a number"),
        ("received_at < NOW - 5", 21, "ms, s, m, h or d"),
        ("received_at < NOW - 36526d", 21, "up to 36525d"),
        ("user.due < NOW", 1, "user data holds no times"),
        ("user = 1", 6, "'.' and a key of user data"),
        ("user. = 1", 7, "a key of user data"),
        (
            "user.a.b.c.d.e.f.g.h.i = 1",
            5,
            "more than 8 keys in one path",
        ),
        ("user.x = 'open", 10, "not closed"),
        ("user.x = 9223372036854775808", 10, "not a number"),
        ("user.x = -", 10, "not a number"),
        ("user.x = 1e999", 10, "not a number"),
        ("user.x = :", 11, "a parameter: a name is empty"),
        (
            "user.x = :_a",
            11,
            "a parameter: a name holds '_' at place 1",
        ),
        ("\u{fc} = 1", 1, "expected a property"),
    ] {
        let error = text.parse::<Condition>().expect_err(text);
        assert_eq!(error.place, place, "{text}: {error}");
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
}

#[test]
fn limits_are_named() {
    let error = |text: &str| text.parse::<Condition>().expect_err("too much").to_string();
    let deep = |depth| format!("{}tier = 1{}", "(".repeat(depth), ")".repeat(depth));
    condition(&deep(16));
    assert_eq!(
        error(&deep(17)),
        "place 17: more than 16 levels of NOT and parentheses"
    );
    assert!(error(&format!("{}is_held", "NOT ".repeat(17))).contains("16 levels"));
    let many = |count| vec!["tier = 1"; count].join(" OR ");
    condition(&many(128));
    assert!(error(&many(129)).contains("128 values"));
    let list = |count| format!("tier IN ({})", vec!["1"; count].join(","));
    condition(&list(100));
    assert!(error(&list(101)).contains("100 values in one list"));
    let like = |count| format!("subject LIKE '{}'", "é".repeat(count));
    condition(&like(256));
    assert!(error(&like(257)).contains("256 characters"));
    assert!(error(&" ".repeat(4_001)).contains("4000 bytes"));
}

#[test]
fn what_a_condition_looks_at_is_told() {
    let condition = condition("tier > 1 AND user.a.b = medium OR user.c IN (:d) AND tier < 5");
    let properties: Vec<Property> = condition.properties().into_iter().collect();
    assert_eq!(properties, [Property::Medium, Property::Tier]);
    let paths: Vec<String> = condition
        .user_paths()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(paths, ["user.a.b", "user.c"]);
    assert!(!condition.uses_now());
    assert!(super::tests::condition("received_at < NOW").uses_now());
}

#[test]
fn an_order_compares_key_by_key_with_missing_values_last() {
    let one = |json: &str| told(json);
    for (order, left, right, expected) in [
        ("", r#"{"tier": 1}"#, r#"{"tier": 2}"#, Ordering::Equal),
        ("tier", r#"{"tier": 1}"#, r#"{"tier": 2}"#, Ordering::Less),
        (
            "tier DESC",
            r#"{"tier": 1}"#,
            r#"{"tier": 2}"#,
            Ordering::Greater,
        ),
        ("tier", "{}", r#"{"tier": 2}"#, Ordering::Greater),
        ("tier DESC", "{}", r#"{"tier": 2}"#, Ordering::Greater),
        ("tier", "{}", "{}", Ordering::Equal),
        (
            "tier desc, placed_in_queue_at",
            r#"{"tier": 2, "placed_in_queue_at": 5}"#,
            r#"{"tier": 2, "placed_in_queue_at": 7}"#,
            Ordering::Less,
        ),
        (
            "user.x",
            r#"{"user": {"x": 2}}"#,
            r#"{"user": {"x": 1.5}}"#,
            Ordering::Greater,
        ),
        (
            "user.x",
            r#"{"user": {"x": 2}}"#,
            r#"{"user": {"x": "1"}}"#,
            Ordering::Less,
        ),
        (
            "user.x",
            r#"{"user": {"x": true}}"#,
            r#"{"user": {"x": 0}}"#,
            Ordering::Less,
        ),
        (
            "user.x",
            r#"{"user": {"x": [1]}}"#,
            r#"{"user": {"x": {}}}"#,
            Ordering::Equal,
        ),
        (
            "user.x DESC",
            r#"{"user": {"x": "a"}}"#,
            r#"{"user": {"x": "b"}}"#,
            Ordering::Greater,
        ),
    ] {
        let parsed: Order = order.parse().expect(order);
        let (left, right) = (one(left), one(right));
        assert_eq!(parsed.compare(&left, &right), expected, "{order}");
        assert_eq!(
            parsed.compare(&right, &left),
            expected.reverse(),
            "{order} reversed"
        );
    }
}

#[test]
fn an_order_is_read_and_written_in_one_form() {
    for (text, written) in [
        ("", ""),
        ("tier asc", "tier"),
        (
            "Priority DESC , PlacedInQueueAt, user.\"x y\" desc",
            "tier DESC, placed_in_queue_at, user.\"x y\" DESC",
        ),
    ] {
        let order: Order = text.parse().expect(text);
        assert_eq!(order.to_string(), written, "{text}");
        assert_eq!(written.parse(), Ok(order), "{text}");
    }
    for (text, place, words) in [
        ("tier,", 6, "expected a property"),
        ("tier up", 6, "',', ASC, DESC or the end"),
        ("tier, medium, tier DESC", 15, "tier stands twice"),
        ("3", 1, "ordered by properties and user data only"),
        ("tier, :p", 7, "ordered by properties"),
        ("mood", 1, "no property \"mood\""),
        (
            "user.a,user.b,user.c,user.d,user.e,user.f,user.g,user.h,user.i",
            57,
            "8 keys",
        ),
    ] {
        let error = text.parse::<Order>().expect_err(text);
        assert_eq!(error.place, place, "{text}: {error}");
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
    let order: Order = "tier, user.a".parse().expect("an order");
    assert_eq!(order.properties().collect::<Vec<_>>(), [Property::Tier]);
    assert_eq!(order.user_paths().count(), 1);
    assert!(matches!(
        order.keys()[0].of,
        Operand::Property(Property::Tier)
    ));
}

/// A text of the grammar, often with parentheses and `NOT`.
fn drawn(draw: &mut Draw, depth: usize) -> String {
    const TESTS: [&str; 14] = [
        "tier = 1",
        "tier < 2.5",
        "user.a = 1",
        "user.a != 'x'",
        "user.b.c >= user.a",
        "is_held",
        "is_online = FALSE",
        "medium IN ('a', :p, 'it''s')",
        "medium NOT LIKE '%x\\_'",
        "user.b HAS 1",
        "user.a IS NULL",
        "user.b IS NOT NULL",
        "tier BETWEEN 0 AND 1",
        "received_at > NOW - 90s",
    ];
    if depth == 0 || draw.once_in(4) {
        return (*draw.of(&TESTS)).to_owned();
    }
    let (left, right) = (drawn(draw, depth - 1), drawn(draw, depth - 1));
    match draw.below(5) {
        0 => format!("NOT ({left})"),
        1 => format!("{left} AND {right}"),
        2 => format!("{left} OR {right}"),
        3 => format!("({left}) AND ({right})"),
        _ => format!("({left}) OR ({right})"),
    }
}

fn drawn_facts(draw: &mut Draw) -> Told {
    let mut facts = Vec::new();
    let values = [
        r#""tier": 1"#,
        r#""tier": 2"#,
        r#""is_held": true"#,
        r#""is_held": false"#,
        r#""medium": "a""#,
        r#""medium": "xx_""#,
        r#""received_at": 0"#,
        r#""user": {"a": 1, "b": [1]}"#,
        r#""user": {"a": "x", "b": {"c": 1}}"#,
    ];
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..4 {
        let value = *draw.of(&values);
        if names.insert(value.split(':').next()) {
            facts.push(value);
        }
    }
    told(&format!("{{{}}}", facts.join(",")))
}

#[test]
fn whatever_is_written_reads_back_the_same_and_says_the_same() {
    let mut draw = Draw::new(9);
    for _ in 0..2_000 {
        let text = drawn(&mut draw, 3);
        let read = condition(&text);
        let written = read.to_string();
        assert_eq!(written.parse().as_ref(), Ok(&read), "{text}");
        let facts = drawn_facts(&mut draw);
        let now = WallTime(60_000);
        let opposite = condition(&format!("NOT ({text})")).truth(&facts, now);
        let expected = match read.truth(&facts, now) {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
        };
        assert_eq!(opposite, expected, "{text}");
    }
}

#[test]
fn an_order_is_a_total_one() {
    let mut draw = Draw::new(13);
    let order: Order = "tier DESC, user.a, received_at, user.b DESC"
        .parse()
        .expect("an order");
    let facts: Vec<Told> = (0..40).map(|_| drawn_facts(&mut draw)).collect();
    for a in &facts {
        assert_eq!(order.compare(a, a), Ordering::Equal);
        for b in &facts {
            let ab = order.compare(a, b);
            assert_eq!(order.compare(b, a), ab.reverse());
            for c in &facts {
                if ab.is_le() && order.compare(b, c).is_le() {
                    assert!(order.compare(a, c).is_le());
                }
            }
        }
    }
}

#[test]
fn an_owned_text_serves_as_a_fact() {
    struct Numbered(u64);
    impl Facts for Numbered {
        fn property(&self, property: Property) -> Fact<'_> {
            match property {
                Property::Id => Fact::Text(Cow::Owned(format!("i{}", self.0))),
                _ => Fact::Null,
            }
        }

        fn user(&self, _: &Path) -> Fact<'_> {
            Fact::Null
        }
    }
    assert!(condition("id = 'i42'").holds(&Numbered(42), WallTime(0)));
    assert!(!condition("id = 'i42'").holds(&Numbered(43), WallTime(0)));
}

#[test]
fn no_text_is_too_strange() {
    let pieces = [
        "tier",
        " = ",
        "1",
        "-",
        ".5",
        "e9",
        " ",
        "NOT ",
        " AND ",
        " OR ",
        "(",
        ")",
        "user",
        ".",
        "x",
        "'",
        "\"",
        " IN ",
        ",",
        " LIKE ",
        "'a'",
        " IS NULL",
        "NOW",
        " BETWEEN ",
        ":p",
        " HAS ",
        "é",
        " DESC",
        "is_held",
        "medium",
        "TRUE",
    ];
    let mut draw = Draw::new(17);
    let mut read = 0;
    for _ in 0..40_000 {
        let text = jumble(&mut draw, &pieces);
        assert_read_or_refused::<Condition, _>(&text, |error| error.place);
        assert_read_or_refused::<Order, _>(&text, |error| error.place);
        read += usize::from(text.parse::<Condition>().is_ok());
    }
    assert!(read > 300, "only {read} of them were conditions");
}
