//! The short form of the fuzz targets, and what must hold for every chart: the same inputs give the same
//! session, in an engine of its own or a leased one, written and read again between any two steps.

use proptest::prelude::*;
use ringback_scxml::ecmascript::{Pool, ScriptLimits, Settings, Told};
use ringback_scxml::{
    Effect, Event, Input, NoTrace, Options, Platform, Session, Status, Value, compile,
};

use crate::common::{Play, document};
use crate::differential::Case;

/// Pieces of documents, put together at random.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<scxml xmlns='http://www.w3.org/2005/07/scxml' version='1.0'>",
        "<scxml>",
        "</scxml>",
        "<state id='a'>",
        "<state id='b' initial='a'>",
        "</state>",
        "<parallel>",
        "</parallel>",
        "<final id='f'/>",
        "<history id='h' type='deep'>",
        "</history>",
        "<transition target='a'/>",
        "<transition event='e0 *' cond='x' target='h b'>",
        "</transition>",
        "<onentry>",
        "</onentry>",
        "<datamodel><data id='x' expr='1'/></datamodel>",
        "<raise event='e1'/>",
        "<send event='e2' delay='1s'/>",
        "<foreach array='[1]' item='i'>",
        "</foreach>",
        "<if cond='x'>",
        "<elseif cond='y'/>",
        "<else/>",
        "</if>",
        "<script>x = x + 1</script>",
        "<invoke><content>",
        "</content></invoke>",
        "<donedata>",
        "</donedata>",
        "<param name='p' expr='x'/>",
        "<!-- c -->",
        "<![CDATA[ ]]>",
        "&lt;",
        "&x;",
        "<!DOCTYPE a>",
        "<",
        ">",
        "'",
        "é",
        "\u{0}",
        "<initial>",
        "</initial>",
        "<history id='h2'><transition target='h2'/></history>",
        "<history id='h3'><transition target='h4'/></history>",
        "<history id='h4'><transition target='h3'/></history>",
        "<transition event='e0' target='h3'/>",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn drive(bytes: &[u8]) {
    match compile("fuzz.scxml", bytes, &Options::default()) {
        Err(refused) => assert!(!refused.findings.is_empty()),
        Ok(compiled) => {
            let limits = ScriptLimits {
                ticks: 20,
                ..ScriptLimits::default()
            };
            let mut play = Play::ready(
                compiled.chart,
                Settings {
                    limits,
                    ..Settings::default()
                },
            );
            play.give(Input::Start(Vec::new()));
            for name in ["e0", "e1", "e2"] {
                if play.broken.is_none() {
                    play.send(name);
                }
            }
            assert!(play.session.status != Status::New);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drive(&bytes);
    }

    #[test]
    fn any_markup_is_read_or_refused_and_runs_to_a_rest(text in markup(), whole in any::<bool>()) {
        drive(if whole { document(&text) } else { text }.as_bytes());
    }

    #[test]
    fn any_bytes_are_an_image_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..60), version in any::<bool>()) {
        if version {
            bytes.insert(0, 1);
        }
        let mut play = Play::start("<script>function f() { return 1 }</script><state id='a'/>");
        play.session.data = bytes;
        play.send("e");
        prop_assert!(play.broken.is_some() || play.session.is_running());
    }
}

/// What a chart does with its events: sessions and effects after each step.
fn course(case: &Case, resident: bool, written: bool) -> Vec<(Session, Vec<Effect>)> {
    let text = document(&case.chart);
    let chart = compile("case.scxml", text.as_bytes(), &Options::default())
        .unwrap()
        .chart;
    let settings = Settings {
        resident: usize::from(resident),
        ..Settings::default()
    };
    let mut pool = Pool::new(settings);
    let platform = Platform::default();
    let mut session = Session::new("s1");
    let starts = std::iter::once(Input::Start(Vec::new()));
    let events = case
        .events
        .iter()
        .map(|name| Input::Event(Event::new(name.as_str(), Value::Undefined)));
    let mut course = Vec::new();
    for (now, input) in starts.chain(events).enumerate() {
        let told = Told::at(now as i64, now as i64, now as u64);
        let stepped = if resident {
            let stepped =
                pool.step_resident(&chart, &platform, &mut session, told, input, &mut NoTrace);
            pool.store(&mut session).unwrap();
            stepped
        } else {
            pool.step(&chart, &platform, &mut session, told, input, &mut NoTrace)
        };
        let Ok(stepped) = stepped else { break };
        if written {
            let bytes = rmp_serde::to_vec_named(&session).unwrap();
            session = rmp_serde::from_slice(&bytes).unwrap();
            let text = serde_json::to_string(&session).unwrap();
            session = serde_json::from_str(&text).unwrap();
            pool = Pool::new(Settings::default());
        }
        course.push((session.clone(), stepped.effects));
    }
    course
}

#[test]
fn a_step_is_the_same_wherever_and_however_often_it_is_made() {
    for seed in 1..40 {
        let case = Case::random(seed);
        let leased = course(&case, false, false);
        assert_eq!(leased, course(&case, false, false), "seed {seed}, again");
        assert_eq!(leased, course(&case, true, false), "seed {seed}, resident");
        assert_eq!(
            leased,
            course(&case, false, true),
            "seed {seed}, written and read"
        );
    }
}
