//! Any text as a document, driven with events: ends, waits, or hits a limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringback_scxml::ecmascript::Settings;
use ringback_scxml::interpreter::{Interpreter, Nowhere};
use ringback_scxml::{Event, Options, Platform, Value};

fuzz_target!(|bytes: &[u8]| {
    let mut interpreter = Interpreter::new(Platform::default(), Options::default(), Settings::default(), 0);
    if let Ok(session) = interpreter.start("fuzz.scxml", bytes) {
        for name in ["e0", "e1", "e2", "error.execution"] {
            interpreter.send(&session, Event::new(name, Value::Undefined));
            interpreter.run(interpreter.now() + 1_000, &mut Nowhere);
        }
    }
});
