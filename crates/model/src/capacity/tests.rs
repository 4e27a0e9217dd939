use super::{Counts, Limits, MediaSet, Rule, RuleProblem, Share};
use crate::config::Capacity;
use crate::draw::{Draw, assert_read_or_refused, jumble};
use crate::medium::Medium;

fn rule(text: &str) -> Rule {
    text.parse().expect(text)
}

/// `voice 1 chat 2` as counts.
fn counts(text: &str) -> Counts {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .chunks(2)
        .map(|pair| {
            let medium: Medium = pair[0].parse().expect(text);
            (medium, pair[1].parse::<u16>().expect(text))
        })
        .collect()
}

/// The verdict in a few words: `yes`, `interrupts chat`, or the reason.
fn verdict(rule: &Rule, claims: &str, medium: &str) -> String {
    match rule.allows(&counts(claims), medium.parse().expect(medium)) {
        super::Verdict::Yes => "yes".to_owned(),
        super::Verdict::Interrupts(media) => format!("interrupts {media}"),
        super::Verdict::No(why) => why.to_string(),
    }
}

#[test]
fn worked_examples() {
    const HOUSE: &str = "voice 1 or digital 3; voice interrupts digital";
    const OLD: &str = "voice 1";
    const ANY: &str = "any 1";
    const BOTH: &str = "voice 1 and email 1";
    const EITHER: &str = "voice 1 or email 1";
    const MIXED: &str = "voice 1 or (chat 3 and email 5)";
    const NARROW: &str = "digital 5; at most chat+sms 3, email 4";
    const BUDGET: &str = "budget 100: voice 100, chat 33, email 20";
    const DESK: &str = "voice 1 and email 2 or digital 4; voice interrupts chat";
    const TWO: &str = "budget 6: voice 3, chat 1, sms 2, email 1; voice interrupts chat; \
                       email interrupts sms";
    const LADDER: &str =
        "voice 1 or chat 2 or email 5; voice interrupts chat, email; chat interrupts email";
    for (text, claims, medium, expected) in [
        // The default of this house: one call, or three digital; a call interrupts.
        (HOUSE, "", "voice", "yes"),
        (HOUSE, "voice 1", "voice", "1 of 1 voice are there already"),
        (HOUSE, "voice 1", "chat", "chat is not taken beside voice"),
        (HOUSE, "chat 1 email 1", "sms", "yes"),
        (
            HOUSE,
            "chat 2 email 1",
            "sms",
            "3 of 3 digital are there already",
        ),
        (HOUSE, "chat 2 email 1", "voice", "interrupts chat+email"),
        (
            HOUSE,
            "voice 1 chat 2",
            "chat",
            "chat is not taken beside voice",
        ),
        (
            HOUSE,
            "voice 1 chat 2",
            "voice",
            "1 of 1 voice are there already",
        ),
        (
            HOUSE,
            "voice 2",
            "chat",
            "more is there already than the rule allows",
        ),
        // The older platform: one call and nothing else; one interaction of any type.
        (OLD, "", "voice", "yes"),
        (OLD, "", "email", "the rule takes no email"),
        (OLD, "voice 1", "voice", "1 of 1 voice are there already"),
        (ANY, "", "workitem", "yes"),
        (ANY, "workitem 1", "voice", "1 of 1 any are there already"),
        ("nothing", "", "email", "the rule takes no email"),
        // One call and one mail; one of the two, not both.
        (BOTH, "voice 1", "email", "yes"),
        (
            BOTH,
            "voice 1 email 1",
            "email",
            "1 of 1 email are there already",
        ),
        (
            EITHER,
            "voice 1",
            "email",
            "email is not taken beside voice",
        ),
        (
            EITHER,
            "email 1",
            "voice",
            "voice is not taken beside email",
        ),
        // One call, or chats beside mails.
        (MIXED, "chat 3", "email", "yes"),
        (
            MIXED,
            "chat 3 email 5",
            "chat",
            "3 of 3 chat are there already",
        ),
        (MIXED, "chat 2", "voice", "voice is not taken beside chat"),
        (MIXED, "", "sms", "the rule takes no sms"),
        // A maximum within a larger share.
        (NARROW, "chat 2", "sms", "yes"),
        (
            NARROW,
            "chat 2 sms 1",
            "chat",
            "3 of 3 chat+sms are there already",
        ),
        (NARROW, "chat 2 sms 1", "email", "yes"),
        (NARROW, "email 4", "email", "4 of 4 email are there already"),
        (
            NARROW,
            "chat 3 email 2",
            "social",
            "5 of 5 digital are there already",
        ),
        // Weights.
        (BUDGET, "chat 2", "chat", "yes"),
        (
            BUDGET,
            "chat 3",
            "chat",
            "one chat takes 33 of the budget, and 1 are left",
        ),
        (BUDGET, "chat 2", "email", "yes"),
        (
            BUDGET,
            "chat 2 email 1",
            "email",
            "one email takes 20 of the budget, and 14 are left",
        ),
        (
            BUDGET,
            "email 1",
            "voice",
            "one voice takes 100 of the budget, and 80 are left",
        ),
        (BUDGET, "", "sms", "the rule takes no sms"),
        // Mails go on beside the call that interrupted the chats.
        (DESK, "chat 2 email 1", "voice", "interrupts chat"),
        (DESK, "voice 1 chat 2 email 1", "email", "yes"),
        (
            DESK,
            "voice 1 chat 2 email 2",
            "email",
            "2 of 2 email are there already",
        ),
        (
            DESK,
            "chat 1 email 3",
            "voice",
            "voice is not taken beside chat+email",
        ),
        // One interrupts the other, and a third both.
        (LADDER, "email 5", "chat", "interrupts email"),
        (LADDER, "email 5 chat 1", "chat", "yes"),
        (LADDER, "email 5 chat 2", "voice", "interrupts chat"),
        (
            LADDER,
            "email 5 chat 2 voice 1",
            "voice",
            "1 of 1 voice are there already",
        ),
        (
            LADDER,
            "email 5 voice 1",
            "chat",
            "chat is not taken beside voice+email",
        ),
        // Chats that are paused already stay so, rather than that the text message is.
        (TWO, "voice 1 chat 2 sms 1", "email", "yes"),
        (TWO, "voice 1 sms 1", "email", "yes"),
        (TWO, "voice 1 sms 1 email 1", "email", "interrupts sms"),
    ] {
        assert_eq!(
            verdict(&rule(text), claims, medium),
            expected,
            "{text}: {claims} + {medium}"
        );
    }
}

#[test]
fn the_default_is_one_call_or_three_digital() {
    let text = "voice 1 or digital 3; voice interrupts digital";
    assert_eq!(Rule::default().to_string(), text);
    assert_eq!(
        serde_json::to_string(&Rule::default()).expect("JSON"),
        format!("{text:?}")
    );
    assert!(serde_json::from_str::<Rule>("\"voice\"").is_err());
}

#[test]
fn the_maxima_of_old_agents_become_a_rule() {
    for (json, written) in [
        ("{}", "nothing"),
        (r#"{"voice": 0}"#, "nothing"),
        (r#"{"chat": 3}"#, "chat 3"),
        (
            r#"{"voice": 1, "chat": 3, "email": 0, "sms": 200}"#,
            "voice 1 and chat 3 and sms 100",
        ),
    ] {
        let capacity: Capacity = serde_json::from_str(json).expect(json);
        let rule = Rule::from(&capacity);
        assert_eq!(rule.to_string(), written, "{json}");
        assert_eq!(written.parse(), Ok(rule), "{json}");
    }
    let rule = Rule::from(&Capacity::default());
    assert_eq!(verdict(&rule, "voice 1 chat 3", "email"), "yes");
    assert_eq!(
        verdict(&rule, "voice 1 chat 3", "chat"),
        "3 of 3 chat are there already"
    );
}

#[test]
fn what_is_too_much_is_told() {
    for (text, claims, expected) in [
        (
            "voice 1 or digital 3; voice interrupts digital",
            "voice 1 chat 3",
            None,
        ),
        (
            "voice 1 or digital 3; voice interrupts digital",
            "voice 1 chat 4",
            Some("4 digital where at most 3 may be"),
        ),
        (
            "voice 1 or digital 3; voice interrupts digital",
            "voice 2 chat 1",
            Some("2 voice where at most 1 may be"),
        ),
        (
            "voice 1 or digital 3",
            "voice 1 chat 3",
            Some("1 voice where at most 0 may be"),
        ),
        ("chat 2 and email 1", "chat 2 email 1", None),
        (
            "chat 2 and email 1",
            "chat 3 email 3",
            Some("3 chat where at most 2 may be, 3 email where at most 1 may be"),
        ),
        (
            "digital 5; at most chat 2",
            "chat 3",
            Some("3 chat where at most 2 may be"),
        ),
        (
            "budget 100: chat 40",
            "chat 3",
            Some("120 taken of a budget of 100"),
        ),
        (
            "budget 100: chat 40",
            "sms 1",
            Some("1 sms where at most 0 may be"),
        ),
    ] {
        let excess = rule(text).exceeds(&counts(claims));
        let found = excess.map(|excess| excess.to_string());
        assert_eq!(found.as_deref(), expected, "{text}: {claims}");
    }
}

#[test]
fn the_documented_view() {
    for (text, claims, medium, ready, expected) in [
        ("chat 2", "chat 1", "chat", true, "[R 1 2 1]"),
        ("chat 2", "chat 1", "chat", false, "[NR 1 2 0]"),
        ("chat 2", "", "voice", true, "[R 0 0 0]"),
        ("voice 1 or digital 3", "chat 1", "voice", true, "[R 0 1 0]"),
        (
            "voice 1 or digital 3; voice interrupts digital",
            "chat 1",
            "voice",
            true,
            "[R 0 1 1]",
        ),
        (
            "voice 1 or digital 3",
            "chat 1 sms 1",
            "email",
            true,
            "[R 0 3 1]",
        ),
        (
            "budget 100: chat 33, email 20; at most chat 2",
            "email 2",
            "chat",
            true,
            "[R 0 2 1]",
        ),
        ("chat 2", "chat 3", "chat", true, "[R 3 2 0]"),
    ] {
        let medium = medium.parse().expect(medium);
        let view = rule(text).view(&counts(claims), medium, ready);
        assert_eq!(view.to_string(), expected, "{text}: {claims}");
    }
    let left = rule("voice 1 or digital 3").remaining(&counts("chat 1"));
    assert_eq!(
        left,
        counts("chat 2 email 2 sms 2 mms 2 social 2 workitem 2")
    );
}

#[test]
fn a_rule_is_read_and_written_in_one_form() {
    for (text, written) in [
        ("voice 1", "voice 1"),
        ("  VOICE 1", ""),
        ("voice 1 OR chat 2", "voice 1 or chat 2"),
        (
            "voice 1 or chat 3 and email 5",
            "voice 1 or (chat 3 and email 5)",
        ),
        ("(voice 1)", "voice 1"),
        ("sms+chat 3", "chat+sms 3"),
        ("chat+email+sms+mms+social+workitem 3", "digital 3"),
        ("voice+digital 3", "any 3"),
        (
            "(voice 1 or sms 2) and (chat 3 or email 1)",
            "(voice 1 or sms 2) and (chat 3 or email 1)",
        ),
        (
            "voice interrupts chat; voice 1",
            "voice 1; voice interrupts chat",
        ),
        (
            "at most chat 2, email+sms 3; digital 5",
            "digital 5; at most chat 2, email+sms 3",
        ),
        (
            "budget 100: voice 100, chat+sms 33, email 20",
            "budget 100: voice 100, chat 33, email 20, sms 33",
        ),
        (
            "voice 1 or digital 2;voice interrupts sms+chat;voice interrupts email",
            "voice 1 or digital 2; voice interrupts chat, email, sms",
        ),
    ] {
        if written.is_empty() {
            assert!(text.parse::<Rule>().is_err(), "{text}");
            continue;
        }
        assert_eq!(rule(text).to_string(), written, "{text}");
        assert_eq!(rule(written), rule(text), "{text}");
    }
}

#[test]
fn a_bad_rule_says_where_and_what_was_expected() {
    for (text, place, words) in [
        ("", 1, "needs limits or a budget"),
        ("at most chat 2", 15, "needs limits or a budget"),
        ("voice", 6, "from 1 to 100"),
        ("voice 0", 7, "from 1 to 100"),
        ("voice 101", 7, "from 1 to 100"),
        ("fax 1", 1, "\"fax\" is no medium: use voice"),
        (
            "voice 1 or",
            11,
            "expected a medium, 'digital', 'any' or '(', found the end",
        ),
        (
            "voice 1 chat 2",
            9,
            "expected 'and', 'or', ';' or the end, found 'c'",
        ),
        ("(voice 1", 9, "')'"),
        ("voice 1; chat 2", 10, "limits stand twice"),
        ("voice 1; at 2", 13, "'most'"),
        ("voice 1; at most chat 1; at most sms 1", 26, "stand twice"),
        ("digital 1; at most chat 1, any 2", 28, "chat stands twice"),
        (
            "chat 1 and digital 2",
            12,
            "chat stands on both sides of 'and'",
        ),
        ("budget 100 chat 1", 12, "':'"),
        ("budget 1001: chat 1", 8, "from 1 to 1000"),
        (
            "budget 10: chat 11",
            12,
            "one chat takes 11 of a budget of 10",
        ),
        ("budget 10: chat 1, chat 2", 20, "chat stands twice"),
        (
            "budget 10: chat 1; budget 5: sms 1",
            20,
            "budgets stand twice",
        ),
        (
            "voice 1; voice interrupts voice",
            27,
            "would interrupt what interrupts it",
        ),
        (
            "any 1; voice interrupts chat; chat interrupts email; email interrupts voice",
            71,
            "email would interrupt",
        ),
        ("any 1; fax interrupts voice", 8, "\"fax\" is no medium"),
    ] {
        let error = text.parse::<Rule>().expect_err(text);
        assert_eq!(error.place, place, "{text}: {error}");
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
}

#[test]
fn limits_are_named() {
    let problem = |text: &str| text.parse::<Rule>().expect_err(text).problem;
    assert_eq!(
        problem(&" ".repeat(Rule::BYTES_MAX + 1)),
        RuleProblem::TooLong
    );
    let deep = |depth| format!("{}voice 1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(deep(8).parse::<Rule>().is_ok());
    assert_eq!(problem(&deep(9)), RuleProblem::Depth);
    let ways =
        |medium: &str, count| format!("({})", vec![format!("{medium} 1"); count].join(" or "));
    let two = |left, right| format!("{} and {}", ways("chat", left), ways("sms", right));
    assert!(two(8, 8).parse::<Rule>().is_ok());
    assert_eq!(problem(&two(8, 9)), RuleProblem::TooMany);
    assert_eq!(problem(&ways("chat", 65)), RuleProblem::TooMany);
}

const MEDIA: [Medium; 3] = [Medium::Voice, Medium::Chat, Medium::Email];

/// A rule over three media with numbers up to 3.
fn drawn(draw: &mut Draw) -> Rule {
    loop {
        let mut clauses = Vec::new();
        if !draw.once_in(5) {
            clauses.push(drawn_limits(draw, 2));
        }
        if draw.once_in(3) {
            clauses.push(format!("at most {} {}", draw.of(&MEDIA), 1 + draw.below(3)));
        }
        if draw.once_in(3) {
            let costs: Vec<String> = MEDIA
                .iter()
                .filter(|_| draw.below(4) > 0)
                .map(|medium| format!("{medium} {}", medium.index() + 1))
                .collect();
            clauses.push(format!(
                "budget {}: {}",
                3 + draw.below(4),
                costs.join(", ")
            ));
        }
        for _ in 0..draw.below(3) {
            clauses.push(format!(
                "{} interrupts {}",
                draw.of(&MEDIA),
                draw.of(&MEDIA)
            ));
        }
        // Some are no rules: a medium twice side by side, interruptions that go round.
        if let Ok(rule) = clauses.join("; ").parse() {
            return rule;
        }
    }
}

fn drawn_limits(draw: &mut Draw, depth: usize) -> String {
    if depth == 0 || draw.once_in(3) {
        let media = draw.of(&["voice", "chat", "email", "chat+email", "digital", "any"]);
        return format!("{media} {}", 1 + draw.below(3));
    }
    let between = draw.of::<&str>(&[" and ", " or "]);
    let parts = (0..2).map(|_| format!("({})", drawn_limits(draw, depth - 1)));
    parts.collect::<Vec<String>>().join(between)
}

#[test]
fn whatever_is_written_reads_back_the_same() {
    let mut draw = Draw::new(11);
    for _ in 0..2_000 {
        let rule = drawn(&mut draw);
        assert_eq!(rule.to_string().parse().as_ref(), Ok(&rule), "{rule}");
    }
}

/// All counts of three media up to 3 each.
fn tiny() -> Vec<Counts> {
    (0..64_u16)
        .map(|n| {
            let count = |place: usize| n >> (2 * place) & 3;
            MEDIA
                .iter()
                .enumerate()
                .map(|(place, medium)| (*medium, count(place)))
                .collect()
        })
        .collect()
}

/// The plain meaning of limits, written down a second time: can the claims be dealt out to the
/// parts so that each part is satisfied?
fn naive_limits(limits: &Limits, claims: &Counts) -> bool {
    match limits {
        Limits::Share(Share { media, max }) => {
            claims.media().without(*media).is_empty() && claims.of_all(*media) <= u16::from(*max)
        }
        Limits::Any(parts) => parts.iter().any(|part| naive_limits(part, claims)),
        Limits::All(parts) => match parts.split_first() {
            None => *claims == Counts::NONE,
            Some((first, rest)) => tiny().iter().any(|dealt| {
                let left: Option<Counts> = MEDIA
                    .iter()
                    .map(|&medium| Some((medium, claims.of(medium).checked_sub(dealt.of(medium))?)))
                    .collect::<Option<Vec<_>>>()
                    .map(|left| left.into_iter().collect());
                left.is_some_and(|left| {
                    naive_limits(first, dealt) && naive_limits(&Limits::All(rest.to_vec()), &left)
                })
            }),
        },
    }
}

/// The plain meaning of a whole rule without interruptions.
fn naive(rule: &Rule, claims: &Counts) -> bool {
    let limits = rule
        .limits()
        .is_none_or(|limits| naive_limits(limits, claims));
    let at_most = rule
        .at_most()
        .iter()
        .all(|share| claims.of_all(share.media) <= u16::from(share.max));
    let budget = rule.budget().is_none_or(|budget| {
        let costs: Option<Vec<u16>> = claims
            .media()
            .iter()
            .map(|medium| Some(budget.cost(medium)? * claims.of(medium)))
            .collect();
        costs.is_some_and(|costs| costs.iter().sum::<u16>() <= budget.total())
    });
    limits && at_most && budget
}

/// Whether claims are allowed: as they are, or as a part on top of another that it interrupts.
fn naive_allowed(rule: &Rule, claims: &Counts) -> bool {
    naive(rule, claims)
        || claims.media().parts().any(|below| {
            let top = claims.media().without(below);
            let reached = |medium| top.iter().any(|by| rule.interrupts(by).contains(medium));
            !top.is_empty()
                && !below.is_empty()
                && below.iter().all(reached)
                && naive(rule, &claims.only(top))
                && naive_allowed(rule, &claims.only(below))
        })
}

#[test]
fn the_rule_agrees_with_its_plain_meaning() {
    let mut draw = Draw::new(5);
    let tiny = tiny();
    let mut interrupted = 0;
    for _ in 0..400 {
        let rule = drawn(&mut draw);
        for claims in &tiny {
            let allowed = naive_allowed(&rule, claims);
            assert_eq!(
                rule.exceeds(claims).is_none(),
                allowed,
                "{rule}: {claims:?}"
            );
            assert_eq!(
                rule.exceeds(claims).is_some_and(|e| !e.over.is_empty()),
                !allowed
            );
            for medium in MEDIA {
                let after = claims.and_one(medium);
                let verdict = rule.allows(claims, medium);
                let context = format!("{rule}: {claims:?} + {medium}: {verdict:?}");
                if naive(&rule, &after) {
                    assert_eq!(verdict, super::Verdict::Yes, "{context}");
                }
                if verdict.is_allowed() {
                    assert!(allowed, "added to what was too much: {context}");
                    assert!(naive_allowed(&rule, &after), "too much after it: {context}");
                    let others = after.media().without(MediaSet::of(medium));
                    let is_active = others.parts().any(|pauses| rule.is_split(&after, pauses));
                    assert!(is_active, "what was added is paused: {context}");
                }
                if let super::Verdict::Interrupts(media) = verdict {
                    interrupted += 1;
                    assert!(
                        media.without(rule.interrupts(medium)).is_empty(),
                        "{context}"
                    );
                    assert!(media.without(claims.media()).is_empty(), "{context}");
                }
                if rule.interrupts(medium).is_empty()
                    && rule.paused(claims) == Some(MediaSet::EMPTY)
                {
                    assert_eq!(verdict.is_allowed(), naive(&rule, &after), "{context}");
                }
            }
        }
    }
    assert!(
        interrupted > 200,
        "only {interrupted} interruptions were looked at"
    );
}

#[test]
fn no_text_is_too_strange() {
    let pieces = [
        "voice",
        " 1",
        " ",
        "chat 2",
        "digital",
        " and ",
        " or ",
        "(",
        ")",
        ";",
        ":",
        ",",
        "+",
        "budget 9",
        "at most ",
        " interrupts ",
        "nothing",
        "é",
        "0",
    ];
    let mut draw = Draw::new(17);
    for _ in 0..20_000 {
        let text = jumble(&mut draw, &pieces);
        assert_read_or_refused::<Rule, _>(&text, |error| error.place);
    }
}
