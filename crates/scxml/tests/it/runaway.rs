//! Scripts that would not end, would take all there is, or would hurt others.

use ringback_scxml::ecmascript::{Pool, ScriptLimits, Settings, Told};
use ringback_scxml::{Event, Input, Limit, NoTrace, Platform, Session, Status, Value};

use crate::common::{Play, compiled};

fn breaks(inside: &str, limit: Limit) {
    let play = Play::start(inside);
    let broken = play
        .broken
        .as_ref()
        .unwrap_or_else(|| panic!("{:?}", play.active()));
    assert_eq!(broken.limit, limit, "{broken}");
    assert_eq!(play.session.status, Status::Broken(limit));
    assert!(play.session.data.is_empty());
}

fn script(text: &str) -> String {
    format!("<state id='a'><onentry><script><![CDATA[{text}]]></script></onentry></state>")
}

#[test]
fn an_endless_loop_ends_its_session() {
    breaks(&script("for (;;) {}"), Limit::ScriptTime);
    breaks(
        &script("try { for (;;) {} } catch (e) {} finally { for (;;) {} }"),
        Limit::ScriptTime,
    );
    breaks(
        &script("/(a+)+$/.test('a'.repeat(40) + 'b')"),
        Limit::ScriptTime,
    );
    breaks(
        "<state id='a'><transition cond='(function() { for (;;) {} })()'/></state>",
        Limit::ScriptTime,
    );
    breaks(
        &script("function f() { Promise.resolve().then(f) } f()"),
        Limit::ScriptTime,
    );
}

#[test]
fn a_script_that_takes_all_memory_ends_its_session() {
    breaks(
        &script("var a = []; for (;;) a.push(new Array(1000).fill(7))"),
        Limit::ScriptMemory,
    );
    breaks(
        &script("var s = 'x'.repeat(200 * 1024 * 1024)"),
        Limit::ScriptMemory,
    );
    breaks(
        &script("var a = new Uint8Array(1024 * 1024 * 1024)"),
        Limit::ScriptMemory,
    );
}

#[test]
fn deep_recursion_ends_its_session() {
    breaks(
        &script("function f() { return f() + 1 } f()"),
        Limit::ScriptDepth,
    );
}

#[test]
fn data_too_big_to_keep_end_their_session() {
    breaks(
        &script("var s = 'x'.repeat(2 * 1024 * 1024)"),
        Limit::DataSize,
    );
}

#[test]
fn loops_of_the_chart_end_their_session() {
    breaks(
        "<state id='a'><transition target='a'/></state>",
        Limit::Microsteps,
    );
    breaks(
        "<state id='a'><onentry><raise event='e'/></onentry><transition event='e' target='a'/></state>",
        Limit::Microsteps,
    );
    let raises = "<raise event='e'/>".repeat(11);
    breaks(
        &format!(
            "<state id='a'><onentry><foreach array='new Array(1000).fill(1)' item='i'>{raises}</foreach></onentry></state>"
        ),
        Limit::InternalEvents,
    );
    breaks(
        "<state id='a'><onentry><foreach array='new Array(200000).fill(1)' item='i'><if cond='false'/></foreach></onentry></state>",
        Limit::Operations,
    );
    breaks(
        "<state id='a'><onentry><foreach array='new Array(10001).fill(1)' item='i'><send event='e' delay='1s'/></foreach></onentry></state>",
        Limit::Delayed,
    );
}

/// What one session does to the engine is not there for the next.
#[test]
fn nothing_of_one_session_reaches_the_next() {
    let poisons = [
        "Array.prototype.poison = 1",
        "Object.prototype.poison = 1",
        "Object.defineProperty(Object.prototype, 'poison', { value: 1 })",
        "JSON.stringify = function() { return 'poison' }; Math.floor = null",
        "Object.prototype.toString = function() { return 'poison' }",
        "globalThis.poison = 1; Object.defineProperty(globalThis, 'poison2', { value: 1 })",
        "Object.setPrototypeOf(globalThis, { poison: 1 })",
        "Object.freeze(globalThis)",
        "globalThis[Symbol.for('poison')] = 1",
        "Date.now = function() { return 'poison' }; Date.prototype.getTime = 1; In = 1; undefined = 1",
        "(function(){}).constructor.prototype.poison = 1; (async function(){}).constructor.prototype.poison = 1",
        "Object.getPrototypeOf([][Symbol.iterator]()).next = function() { return { done: true } }",
        "Error.prepareStackTrace = function() { return 'poison' }; Error.stackTraceLimit = 0",
        "RegExp.prototype.exec = function() { return null }; String.prototype.split = 1",
        "Promise.resolve().then(function() { globalThis.poison = 1 })",
        "eval('var poison = 1'); Function('poison2 = 1')()",
    ];
    let poisoned = compiled(
        "<state id='a'><transition event='run'><script>try { eval(_event.data) } catch (e) {}</script></transition>
           <transition event='look'><log label='seen' expr='look()'/></transition></state>
         <script><![CDATA[
           function look() {
             var found = [];
             if ('poison' in {} || 'poison' in [] || 'poison' in function() {}) found.push('prototypes');
             if (typeof poison != 'undefined' || typeof poison2 != 'undefined') found.push('global');
             if (globalThis[Symbol.for('poison')]) found.push('symbol');
             if (JSON.stringify([1]) != '[1]' || Math.floor(1.5) != 1) found.push('functions');
             if (String({}) != '[object Object]' || 'a b'.split(' ').length != 2) found.push('texts');
             if (typeof Date.now() != 'number' || !In('a')) found.push('date');
             if ([...[1, 2]].length != 2 || !/a/.test('a')) found.push('iterators');
             if (typeof new Error('x').stack == 'undefined') found.push('errors');
             free = 1;
             return found.join(' ');
           }
         ]]></script>",
    );
    let settings = Settings {
        spare: 1,
        ..Settings::default()
    };
    let mut pool = Pool::new(settings);
    let platform = Platform::default();
    for poison in poisons {
        let mut step = |id: &str, inputs: Vec<Input>| {
            let mut session = Session::new(id);
            let mut logs = Vec::new();
            for input in inputs {
                let told = Told::at(0, 0, 1);
                let stepped = pool
                    .step(
                        &poisoned,
                        &platform,
                        &mut session,
                        told,
                        input,
                        &mut NoTrace,
                    )
                    .unwrap();
                logs.extend(stepped.effects);
            }
            logs
        };
        let start = || Input::Start(Vec::new());
        step(
            "bad",
            vec![
                start(),
                Input::Event(Event::new("run", Value::text(poison))),
            ],
        );
        let seen = step(
            "good",
            vec![start(), Input::Event(Event::new("look", Value::Undefined))],
        );
        let [ringback_scxml::Effect::Log { value, .. }] = &seen[..] else {
            panic!("{poison}: {seen:?}");
        };
        assert_eq!(value, &Value::text(""), "after {poison}");
    }
}

#[test]
fn others_run_on_while_one_breaks() {
    let good = compiled(
        "<datamodel><data id='n' expr='0'/></datamodel><state id='a'><transition event='e'><assign location='n' expr='n + 1'/></transition><transition event='end' cond='n == 20' target='z'/></state><state id='z'/>",
    );
    let bad = compiled(
        "<state id='a'><transition event='e'><script>for (;;) {}</script></transition></state>",
    );
    let limits = ScriptLimits {
        ticks: 3,
        ..ScriptLimits::default()
    };
    let mut pool = Pool::new(Settings {
        limits,
        ..Settings::default()
    });
    let platform = Platform::default();
    let mut sessions: Vec<Session> = (0..50).map(|n| Session::new(format!("s{n}"))).collect();
    let mut step = |session: &mut Session, chart, input| {
        pool.step(
            chart,
            &platform,
            session,
            Told::at(0, 0, 0),
            input,
            &mut NoTrace,
        )
    };
    for session in &mut sessions {
        step(session, &good, Input::Start(Vec::new())).unwrap();
    }
    for round in 0..20 {
        let mut runaway = Session::new(format!("bad{round}"));
        step(&mut runaway, &bad, Input::Start(Vec::new())).unwrap();
        let broken = step(
            &mut runaway,
            &bad,
            Input::Event(Event::new("e", Value::Undefined)),
        );
        assert_eq!(broken.unwrap_err().limit, Limit::ScriptTime);
        for session in &mut sessions {
            step(
                session,
                &good,
                Input::Event(Event::new("e", Value::Undefined)),
            )
            .unwrap();
        }
    }
    for session in &mut sessions {
        step(
            session,
            &good,
            Input::Event(Event::new("end", Value::Undefined)),
        )
        .unwrap();
        assert_eq!(session.active(&good), ["z"]);
    }
}

#[test]
fn own_properties_with_names_of_the_prototypes_can_be_set() {
    let mut play = Play::start(
        "<script>var o = {}; o.toString = function() { return 'mine' }; o.constructor = 1;
           function T() {} T.prototype.toString = function() { return 'T' }; var e = new Error('x'); e.name = 'N'; e.message = 'm';</script>
         <state id='a'><transition event='go'><log expr=\"o + ' ' + new T() + ' ' + e\"/></transition></state>",
    );
    play.send("go");
    assert_eq!(play.logs, ["mine T N: m"]);
}

#[test]
fn time_and_chance_are_told() {
    let shown = |resident| {
        let settings = Settings {
            resident,
            ..Settings::default()
        };
        let mut play = Play::with(
            "<state id='a'><transition event='go'>
               <log expr=\"[Date.now(), new Date().toISOString(), new Date(2026, 0, 2, 3).getHours(), new Date().getTimezoneOffset(), Math.random(), Math.random(), typeof performance].join(' ')\"/>
             </transition></state>",
            settings,
        );
        play.send("go");
        play.send("go");
        play.take_logs()
    };
    let first = shown(0);
    assert_eq!(first, shown(0));
    assert_eq!(first, shown(1));
    assert!(
        first[0].starts_with("1767225600002 2026-01-01T00:00:00.002Z 3 0 0."),
        "{first:?}"
    );
    assert!(first[0].ends_with("undefined"));
    assert_ne!(first[0], first[1]);
}
