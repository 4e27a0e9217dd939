//! Any bytes as the image of a session: read or refused, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringback_scxml::ecmascript::{Pool, Settings, Told};
use ringback_scxml::{Event, Input, NoTrace, Options, Platform, Session, Value, compile};

const CHART: &[u8] = br#"<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" datamodel="ecmascript">
  <script>function f() { return 1 }</script><state id="a"/></scxml>"#;

fuzz_target!(|bytes: &[u8]| {
    let Ok(compiled) = compile("fuzz.scxml", CHART, &Options::default()) else { return };
    let mut pool = Pool::new(Settings::default());
    let mut session = Session::new("s");
    let platform = Platform::default();
    let told = Told::at(0, 0, 0);
    let start = Input::Start(Vec::new());
    let event = Input::Event(Event::new("e", Value::Undefined));
    if pool.step(&compiled.chart, &platform, &mut session, told, start, &mut NoTrace).is_ok() {
        session.data = bytes.to_vec();
        let _ = pool.step(&compiled.chart, &platform, &mut session, told, event, &mut NoTrace);
    }
});
