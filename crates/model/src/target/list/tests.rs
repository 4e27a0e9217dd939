use crate::draw::{Draw, assert_read_or_refused, jumble};
use crate::target::{
    Comparison, Statistic, TargetItem, TargetKind, Targets, TargetsProblem, Threshold,
};

fn read(text: &str) -> Targets {
    Targets::read(text).expect(text).0
}

#[test]
fn the_documented_forms_are_read() {
    for (text, written) in [
        ("Billing@StatServer.GA", "Billing.GA"),
        ("8001.Q", "8001.Q"),
        ("Anna@StatServer.A", "Anna.A"),
        ("Vertrieb@x.GQ", "Vertrieb.GQ"),
        ("a.b.c@s.t.u.Q", "a.b.c.Q"),
        ("a.b.c.Q", "a.b.c.Q"),
        ("x@.Q", "x.Q"),
        (
            "?:English=20&Loans=2@StatServer.GA",
            "?:English=20 & Loans=2.GA",
        ),
        ("?:English=20", "?:English=20.GA"),
        ("?:English=20.GA", "?:English=20.GA"),
        (
            "?Best:English>1 | French>1@S.GA",
            "?Best:English>1 | French>1.GA",
        ),
        ("?:@S.GA", "?:.GA"),
        ("?:", "?:.GA"),
        (
            r#"?:Language="a,b@c.d".GA , x.A"#,
            r#"?:Language="a,b@c.d".GA, x.A"#,
        ),
        (
            "{StatCallsInQueue<10}[25]8001.Q, {StatCallsInQueue<10}[25]8002.Q, \
             {StatCallsInQueue<20}[50]8003.Q",
            "{StatCallsInQueue<10}[25]8001.Q, {StatCallsInQueue<10}[25]8002.Q, \
             {StatCallsInQueue<20}[50]8003.Q",
        ),
        (
            " { RStatAgentsReady >= 1 } [ 100 ] ? : A>=1 , [0]b.A",
            "{RStatAgentsReady>=1}[100]?:A>=1.GA, [0]b.A",
        ),
    ] {
        let targets = read(text);
        assert_eq!(targets.to_string(), written, "{text}");
        assert_eq!(read(written), targets, "{text}");
    }
}

#[test]
fn a_target_is_typed() {
    assert_eq!(
        read("{StatCallsInQueue<10}[25]8001.Q").items(),
        [TargetItem {
            threshold: Some(Threshold {
                statistic: Statistic::StatCallsInQueue,
                comparison: Comparison::Less,
                number: 10
            }),
            weight: Some(25),
            of: TargetKind::Queue("8001".parse().expect("a name")),
        }]
    );
}

#[test]
fn what_was_ignored_or_may_be_misunderstood_is_told_with_its_place() {
    for (text, places) in [
        ("Billing.GA", vec![]),
        ("Billing@StatServer.GA", vec![9]),
        ("x.Q, Billing@StatServer.GA", vec![14]),
        ("?:A=1 | B=1 & C=1@S.GA", vec![13, 19]),
        ("x.Q,?:A=1 | B=1 & C=1", vec![17]),
    ] {
        let notices = Targets::read(text).expect(text).1;
        let found: Vec<usize> = notices.iter().map(super::Notice::place).collect();
        assert_eq!(found, places, "{text}: {notices:?}");
    }
    let notices = Targets::read("Billing@StatServer.GA").expect("a target").1;
    assert_eq!(
        notices[0].to_string(),
        "place 9: the statistics server \"StatServer\" is ignored: there is one source of \
         statistics here"
    );
}

#[test]
fn a_bad_text_says_where_and_what_to_do() {
    for (text, place, words) in [
        ("", 1, "name a target"),
        ("  ", 3, "name a target"),
        ("Billing", 8, "the type of the target"),
        ("Billing@Server", 15, "the type of the target"),
        ("Billing.XY", 9, "\"XY\" is no type of target"),
        ("Billing.ga", 9, "\"ga\" is no type of target"),
        (
            "x.Q, 7001@sw.DN",
            14,
            "type DN (a number of a switch) do not exist here",
        ),
        ("desk@s.AP", 8, "use his name with .A"),
        ("desks.GP", 7, "type GP"),
        ("8000.RP", 6, "use a queue with .Q"),
        ("label.DL", 7, "type DL"),
        ("autumn.C", 8, "no dialling of lists"),
        ("autumn.GC", 8, "type GC"),
        ("x.Q,", 5, "the name of a target or '?'"),
        ("x.Q y.Q", 5, "',' or the end"),
        ("Tier 1@s.GA", 6, "the type of the target"),
        ("-x.Q", 1, "start with a letter"),
        (
            "{StatMood<1}x.Q",
            2,
            "\"StatMood\" is no statistic: use InVQWaitTime",
        ),
        ("{<1}x.Q", 2, "the name of a statistic"),
        ("{StatCallsInQueue 1}x.Q", 19, "one of = !="),
        (
            "{StatCallsInQueue<}x.Q",
            19,
            "a whole number from 0 to 4294967295",
        ),
        ("{StatCallsInQueue<1.5}x.Q", 20, "'}'"),
        (
            "{StatCallsInQueue<1}x.GA",
            1,
            "is measured of queues, but this target is one of agents",
        ),
        ("x.Q, {RStatAgentsReady<1}x.Q", 6, "measured of agents"),
        ("[101]x.Q", 2, "a weight from 0 to 100"),
        ("[]x.Q", 2, "a weight from 0 to 100"),
        ("[5 x.Q", 4, "']'"),
        ("?A=1@s.GA", 3, "':' before the skill expression"),
        ("?:A@s.GA", 4, "one of = !="),
        ("?:A=1@s.A", 6, "type GA"),
        ("?:A=1@s.GP", 9, "type GP"),
    ] {
        let error = Targets::read(text).expect_err(text);
        assert_eq!(error.place, place, "{text}: {error}");
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
}

#[test]
fn limits_are_named() {
    let long = "x".repeat(Targets::BYTES_MAX + 1);
    assert_eq!(
        Targets::read(&long).expect_err("long").problem,
        TargetsProblem::TooLong
    );
    let many = |count| vec!["x.A"; count].join(",");
    assert_eq!(read(&many(64)).items().len(), 64);
    let error = Targets::read(&many(65)).expect_err("many");
    assert_eq!(error.problem, TargetsProblem::TooMany);
    assert!(error.to_string().contains("64 targets"), "{error}");
}

#[test]
fn a_program_is_held_to_the_same_rules() {
    let mut item = TargetItem::of(TargetKind::Agent("anna".parse().expect("a name")));
    assert!(Targets::new(vec![item.clone()]).is_ok());
    assert_eq!(
        Targets::new(vec![]).expect_err("empty").problem,
        TargetsProblem::Empty
    );
    let many = Targets::new(vec![item.clone(); 65]).expect_err("many");
    assert_eq!(many.problem, TargetsProblem::TooMany);
    item.weight = Some(101);
    let heavy = Targets::new(vec![item.clone()]).expect_err("heavy");
    assert_eq!(heavy.problem, TargetsProblem::Weight);
    let json = serde_json::to_string(&vec![item]).expect("JSON");
    let error = serde_json::from_str::<Targets>(&json).expect_err("heavy");
    assert!(
        error.to_string().contains("a weight from 0 to 100"),
        "{error}"
    );
}

#[test]
fn a_threshold_holds_for_what_is_known_only() {
    let threshold = |text: &str| read(text).items()[0].threshold.expect("a threshold");
    for (text, holds) in [
        ("{StatCallsInQueue<3}x.Q", [true, false, false]),
        ("{StatCallsInQueue<=3}x.Q", [true, true, false]),
        ("{StatCallsInQueue=3}x.Q", [false, true, false]),
        ("{StatCallsInQueue!=3}x.Q", [true, false, true]),
        ("{StatCallsInQueue>3}x.Q", [false, false, true]),
        ("{StatCallsInQueue>=3}x.Q", [false, true, true]),
    ] {
        let threshold = threshold(text);
        assert_eq!([2, 3, 4].map(|n| threshold.holds(Some(n))), holds, "{text}");
        assert!(!threshold.holds(None), "{text}");
    }
}

fn drawn(draw: &mut Draw) -> TargetItem {
    let name = |draw: &mut Draw| {
        draw.of(&["a", "8001", "x.y-z", "Köln_2"])
            .parse()
            .expect("a name")
    };
    let expressions = ["", "A=1", "A=1 & B>2", "A=1 | B>2 & C<3", r#"L="x,y.GA""#];
    let of = match draw.below(5) {
        0 => TargetKind::Agent(name(draw)),
        1 => TargetKind::Group(name(draw)),
        2 => TargetKind::Queue(name(draw)),
        3 => TargetKind::QueueGroup(name(draw)),
        _ => TargetKind::Skills {
            name: draw.once_in(2).then(|| name(draw)),
            expression: draw.of(&expressions).parse().expect("an expression"),
        },
    };
    let fitting: Vec<Statistic> = Statistic::ALL
        .iter()
        .copied()
        .filter(|statistic| statistic.fits(&of))
        .collect();
    let threshold = draw.once_in(2).then(|| Threshold {
        statistic: *draw.of(&fitting),
        comparison: *draw.of(&[Comparison::Less, Comparison::AtLeast, Comparison::NotEqual]),
        number: *draw.of(&[0, 7, u32::MAX]),
    });
    TargetItem {
        threshold,
        weight: draw.once_in(2).then(|| draw.below(101) as u8),
        of,
    }
}

#[test]
fn whatever_is_written_reads_back_the_same() {
    let mut draw = Draw::new(3);
    for _ in 0..2_000 {
        let items = (0..1 + draw.below(4)).map(|_| drawn(&mut draw)).collect();
        let targets = Targets::new(items).expect("drawn within the rules");
        let text = targets.to_string();
        assert_eq!(text.parse().as_ref(), Ok(&targets), "{text}");
        let json = serde_json::to_string(&targets).expect("JSON");
        assert_eq!(
            serde_json::from_str::<Targets>(&json).expect("reads back"),
            targets
        );
    }
}

#[test]
fn no_text_is_too_strange() {
    let pieces = [
        "a",
        ".GA",
        ".Q",
        "@",
        "s",
        ",",
        "?",
        ":",
        "A=1",
        "{",
        "StatCallsInQueue",
        "<",
        "9",
        "}",
        "[",
        "]",
        " ",
        "é",
        "\"",
        ".",
    ];
    let mut draw = Draw::new(17);
    for _ in 0..20_000 {
        let text = jumble(&mut draw, &pieces);
        assert_read_or_refused::<Targets, _>(&text, |error| error.place);
    }
}
