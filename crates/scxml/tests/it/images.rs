//! What a session keeps between two steps.

use proptest::prelude::*;
use ringback_scxml::ecmascript::Settings;
use ringback_scxml::{Event, Input, Limit, Session, Status, Value};

use crate::common::{Play, compiled};

/// Evaluates an expression, lets two steps pass, and shows what has become of it.
fn kept(make: &str, show: &str) -> (String, Vec<String>) {
    let inside = format!(
        "<datamodel><data id='v' expr='undefined'/></datamodel>
         <state id='a'><transition event='make'><script><![CDATA[{make}]]></script></transition>
           <transition event='show'><log><![CDATA[]]></log></transition>
           <transition event='look'><script><![CDATA[var shown = String({show})]]></script><log expr='shown'/></transition>
           <transition event='error.execution'><log label='error' expr='_event.data.reason'/></transition></state>"
    );
    let mut play = Play::start(&inside);
    play.send("make");
    play.send("nothing");
    let round = rmp_serde::to_vec_named(&play.session).unwrap();
    play.session = rmp_serde::from_slice(&round).unwrap();
    play.send("look");
    assert_eq!(play.broken, None, "{make}");
    (play.logs.join("; "), play.lost)
}

#[test]
fn values_that_json_cannot_say_are_kept() {
    for (make, show, expected) in [
        (
            "v = [undefined, null, NaN, Infinity, -Infinity, -0]",
            "[v.length, v[0] === undefined, v[1] === null, v[2] !== v[2], v[3], v[4], 1 / v[5]]",
            "6,true,true,true,Infinity,-Infinity,-Infinity",
        ),
        (
            "v = new Date(1234567890123)",
            "v.getTime() + ' ' + (v instanceof Date)",
            "1234567890123 true",
        ),
        (
            "v = {}; v.me = v; v.list = [v]",
            "v.me === v && v.list[0] === v",
            "true",
        ),
        (
            "var shared = {n: 1}; v = {a: shared, b: shared}",
            "(v.a.n = 2, v.b.n) + ' ' + (v.a === shared)",
            "2 true",
        ),
        (
            "v = [1, , 3]; v.extra = 'x'",
            "(1 in v) + ' ' + v.length + ' ' + v.extra",
            "false 3 x",
        ),
        (
            "v = new Map([[{k: 1}, 2], ['self', null]]); v.set('self', v)",
            "v.get('self') === v && [...v][0][0].k === 1",
            "true",
        ),
        ("v = new Set([1, 'a'])", "v.has('a') && v.size == 2", "true"),
        (
            "v = /a(b)/gi; v.lastIndex = 2",
            "v.source + v.flags + v.lastIndex",
            "a(b)gi2",
        ),
        (
            "v = new RangeError('far'); v.code = 7",
            "v.name + v.message + v.code + (v instanceof RangeError)",
            "RangeErrorfar7true",
        ),
        (
            "v = Object.create(null); v.__proto__ = 1",
            "Object.keys(v).join() + Object.getPrototypeOf(v)",
            "__proto__null",
        ),
        (
            "v = 123456789012345678901234567890n",
            "typeof v + v",
            "bigint123456789012345678901234567890",
        ),
        (
            "v = 'a\\ud800b'",
            "v.length + ' ' + v.charCodeAt(1)",
            "3 55296",
        ),
        (
            "v = {\"\": 1, \"a b\": 2, 3: 4}",
            "JSON.stringify(v)",
            "{\"3\":4,\"\":1,\"a b\":2}",
        ),
        ("v = _event", "v.name + (v === _event)", "makefalse"),
        ("v = _ioprocessors", "v === _ioprocessors", "true"),
        (
            "v = function(a) { return a + 1 }; v.note = 'n'",
            "v(1) + v.note",
            "2n",
        ),
        (
            "v = { m() { return 7 }, get: (a) => a * 2 }",
            "v.m() + v.get(4)",
            "15",
        ),
        (
            "class P { constructor() { this.n = 4 } up() { return this.n + 1 } }; v = new P()",
            "v.up() + ' ' + (v instanceof P)",
            "5 true",
        ),
        ("globalThis.late = 5", "late", "5"),
        (
            "var Date = 1, JSON = 2, Map = new Set([3]); v = [/x/, 'a\\ud800']",
            "[Date, Map.size, v[0].source]",
            "1,1,x",
        ),
    ] {
        assert_eq!(kept(make, show), (expected.to_owned(), vec![]), "{make}");
    }
}

#[test]
fn what_cannot_be_kept_is_told_with_its_place() {
    for (make, place) in [
        (
            "v = {deep: [0, (function() { var hidden = 1; return function() { return hidden } })()]}",
            "v.deep.1",
        ),
        ("v = Math.max", "v"),
        ("v = Symbol('x')", "v"),
        ("v = new Uint8Array(4)", "v"),
        ("v = Promise.resolve(1)", "v"),
        ("v = new Proxy({}, {})", "v"),
        ("v = eval('(function() { return ' + 1 + ' })')", "v"),
        (
            "v = []; var w = v; for (var i = 0; i < 300; i++) { w.push([]); w = w[0] }; w = 0",
            "v.0.0",
        ),
    ] {
        let (shown, lost) = kept(make, "typeof v");
        assert_eq!(lost.len(), 1, "{make}: {lost:?}");
        assert!(lost[0].starts_with(place), "{make}: {lost:?}");
        assert!(shown == "undefined" || shown == "object", "{make}: {shown}");
    }
}

#[test]
fn the_session_is_told_what_it_lost() {
    let mut play = Play::start(
        "<datamodel><data id='v' expr='0'/></datamodel>
         <state id='a'><transition event='go'><script>v = Math.max</script></transition>
           <transition event='error.platform.persist'><log expr='_event.data.lost'/><log expr='typeof v'/></transition></state>",
    );
    play.send("go");
    assert_eq!(play.logs, ["[\"v\"]", "undefined"]);
}

#[test]
fn bytes_that_are_no_image_are_refused() {
    let chart = compiled("<state id='a'/>");
    for bytes in [
        &b"\0"[..],
        b"\x01",
        b"\x01\x00\x01\x01a\x08\x05",
        b"\x02\x00\x00",
        b"\x01\x00\xff\xff\xff\xff\x0f",
    ] {
        let mut play = Play::ready(chart.clone(), Settings::default());
        play.give(Input::Start(Vec::new()));
        play.session.data = bytes.to_vec();
        play.send("e");
        let limit = play.broken.expect("refused").limit;
        assert!(
            matches!(limit, Limit::DataUnreadable | Limit::DataSize),
            "{bytes:?}: {limit}"
        );
    }
}

#[test]
fn residents_make_room_for_each_other_and_lose_nothing() {
    let chart = compiled(
        "<datamodel><data id='n' expr='0'/></datamodel>
         <state id='a'><transition event='e'><assign location='n' expr='n + 1'/></transition>
           <transition event='show'><log expr='n'/></transition></state>",
    );
    let mut play = Play::ready(
        chart,
        Settings {
            resident: 2,
            ..Settings::default()
        },
    );
    let mut sessions: Vec<Session> = (0..5).map(|n| Session::new(format!("s{n}"))).collect();
    let event = |name: &str| Input::Event(Event::new(name, Value::Undefined));
    for round in 0..4 {
        for session in &mut sessions {
            std::mem::swap(session, &mut play.session);
            play.give(if round == 0 {
                Input::Start(Vec::new())
            } else {
                event("e")
            });
            std::mem::swap(session, &mut play.session);
        }
        assert!(play.pool.residents() <= 2);
    }
    for session in &mut sessions {
        // Some go on resident, all the same after their image was written and read elsewhere.
        play.pool.store(session).unwrap();
        play.pool.forget(&session.id);
        std::mem::swap(session, &mut play.session);
        play.give(event("show"));
        std::mem::swap(session, &mut play.session);
    }
    assert_eq!(play.logs, ["3"; 5]);
}

/// An expression for a value, made of few shapes.
fn literal() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("undefined".to_owned()),
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i32>().prop_map(|n| format!("({n})")),
        any::<f64>().prop_map(|n| if n.is_nan() {
            "NaN".to_owned()
        } else if n.is_infinite() {
            "Infinity".to_owned()
        } else {
            format!("({n:e})")
        }),
        "[a-c\u{e9}\u{1F600}]{0,4}".prop_map(|s| format!("'{s}'")),
        (0..4_000_000_000_000_i64).prop_map(|n| format!("new Date({n})")),
        Just("/x/g".to_owned()),
        Just("5n".to_owned()),
        Just("shared".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(("[a-d]", inner.clone()), 0..4).prop_map(|members| {
                let members: Vec<String> = members
                    .into_iter()
                    .map(|(k, v)| format!("{k}: {v}"))
                    .collect();
                format!("({{{}}})", members.join(", "))
            }),
            prop::collection::vec(inner.clone(), 0..3)
                .prop_map(|items| format!("new Set([{}])", items.join(","))),
            (inner.clone(), inner).prop_map(|(k, v)| format!("new Map([[{k}, {v}]])")),
        ]
    })
}

const DESCRIBE: &str = "
    function describe(value, seen) {
      seen = seen || [];
      if (typeof value == 'bigint') return value + 'n';
      if (value === null || typeof value != 'object') return typeof value + ':' + (Object.is(value, -0) ? '-0' : JSON.stringify(value) || String(value));
      var at = seen.indexOf(value);
      if (at >= 0) return '#' + at;
      seen.push(value);
      if (value instanceof Date) return 'date:' + value.getTime();
      if (value instanceof RegExp) return String(value);
      if (value instanceof Map) return 'map:' + describe([...value], seen);
      if (value instanceof Set) return 'set:' + describe([...value], seen);
      return (Array.isArray(value) ? 'array' : 'object') + '{' + Object.keys(value).map(function(key) { return key + '=' + describe(value[key], seen) }).join() + '}';
    }";

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_value_is_the_same_after_its_image(literal in literal()) {
        let run = |settings: Settings| {
            let inside = format!(
                "<script><![CDATA[{DESCRIBE} var shared = {{}}; shared.self = shared;]]></script><datamodel><data id='v'/></datamodel>
                 <state id='a'><transition event='make'><script><![CDATA[v = {literal}]]></script></transition>
                   <transition event='look'><log expr='describe([v, shared])'/></transition></state>");
            let mut play = Play::with(&inside, settings);
            play.send("make");
            play.send("look");
            prop_assert_eq!(&play.lost, &Vec::<String>::new());
            prop_assert_eq!(play.session.status, Status::Running);
            prop_assert_eq!(play.logs.len(), 1, "{:?}", play.logs);
            Ok(play.logs.remove(0))
        };
        // A resident session never leaves its engine; it is what the image is compared with.
        let cold = run(Settings::default())?;
        let resident = run(Settings { resident: 1, ..Settings::default() })?;
        prop_assert_eq!(cold, resident);
    }
}
