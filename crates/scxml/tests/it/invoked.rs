//! Sessions that invoke and write to each other.

use ringback_scxml::ecmascript::Settings;
use ringback_scxml::interpreter::{Interpreter, Nowhere};
use ringback_scxml::{Options, Platform};

use crate::common::document;

fn ends_in(inside: &str) -> Vec<String> {
    let text = document(&format!("{inside}<final id='pass'/><final id='fail'/>"));
    let mut interpreter = Interpreter::new(
        Platform::default(),
        Options::default(),
        Settings::default(),
        0,
    );
    let session = interpreter.start("test.scxml", text.as_bytes()).unwrap();
    interpreter.run_until_over(&session, 100_000, &mut Nowhere);
    let (chart, session) = interpreter.session(&session).unwrap();
    session
        .active(chart)
        .into_iter()
        .map(str::to_owned)
        .collect()
}

const CHILD: &str = "<scxml version='1.0' datamodel='ecmascript'>";

#[test]
fn finalize_runs_in_the_invocation_that_the_event_comes_from_only() {
    let invoke = |variable: &str| {
        format!(
            "<invoke><content>{CHILD}<final id='f'><onentry><send target='#_parent' event='fromChild'>
               <param name='n' expr='2'/></send></onentry></final></scxml></content>
             <finalize><assign location='{variable}' expr='{variable} + _event.data.n'/></finalize></invoke>"
        )
    };
    let inside = format!(
        "<datamodel><data id='x' expr='0'/><data id='y' expr='0'/></datamodel>
         <parallel id='p'><onentry><send event='late' delay='1s'/></onentry>
           <state id='p1'>{}</state><state id='p2'>{}</state>
           <transition event='late' cond='x == 2 &amp;&amp; y == 2' target='pass'/><transition event='late' target='fail'/></parallel>",
        invoke("x"),
        invoke("y")
    );
    // `done.invoke` carries no data: adding to undefined would give NaN, and an error of the finalize.
    let inside = inside.replace("+ _event.data.n", "+ (_event.data ? _event.data.n : 0)");
    assert_eq!(ends_in(&inside), ["pass"]);
}

#[test]
fn markup_in_a_variable_can_be_invoked() {
    let inside = format!(
        "<datamodel><data id='doc' expr='0'/></datamodel>
         <state id='a'><onentry><assign location='doc'>{CHILD}<final id='f'/></scxml></assign><send event='late' delay='2s'/></onentry>
           <invoke type='http://www.w3.org/TR/scxml'><content expr='doc'/></invoke>
           <transition event='done.invoke' target='pass'/><transition event='*' target='fail'/></state>"
    );
    assert_eq!(ends_in(&inside), ["pass"]);
}

#[test]
fn values_reach_the_data_that_the_child_declares() {
    let inside = format!(
        "<datamodel><data id='v' expr='1'/></datamodel>
         <state id='a'><onentry><send event='late' delay='2s'/></onentry>
           <invoke idlocation='v2' namelist='v'><param name='other' expr=\"'o'\"/><content>{CHILD}
             <datamodel><data id='v' expr='0'/></datamodel>
             <state id='c'><transition cond=\"v === 1 &amp;&amp; typeof other == 'undefined'\" target='f'><send target='#_parent' event='good'/></transition>
               <transition target='f'><send target='#_parent' event='bad'/></transition></state><final id='f'/></scxml></content></invoke>
           <transition event='good' cond='_event.invokeid == v2' target='pass'/><transition event='*' target='fail'/></state>"
    );
    assert_eq!(
        ends_in(&inside.replace(
            "<data id='v' expr='1'/></datamodel>\n",
            "<data id='v' expr='1'/><data id='v2'/></datamodel>\n"
        )),
        ["pass"]
    );
}

#[test]
fn a_session_that_is_not_there_cannot_be_reached() {
    assert_eq!(
        ends_in(
            "<state id='a'><onentry><send event='e' target='#_scxml_nobody'/><raise event='other'/></onentry>
               <transition event='error.communication' target='b'/><transition event='*' target='fail'/></state>
             <state id='b'><onentry><send event='e' target='#_nothing'/></onentry>
               <transition event='other'/><transition event='error.communication' target='c'/><transition event='*' target='fail'/></state>
             <state id='c'><onentry><send event='e' target='#_parent'/></onentry>
               <transition event='error.communication' target='pass'/><transition event='*' target='fail'/></state>"
        ),
        ["pass"]
    );
}

#[test]
fn a_child_whose_document_is_refused_is_an_error_for_its_parent() {
    assert_eq!(
        ends_in(
            "<state id='a'><onentry><send event='late' delay='2s'/></onentry>
               <invoke id='i'><content><scxml version='1.0'><state><transition event='e' target='x'/></state></scxml></content></invoke>
               <transition event='error' cond=\"_event.invokeid == 'i'\" target='pass'/><transition event='*' target='fail'/></state>"
        ),
        ["pass"]
    );
}

#[test]
fn a_document_that_invokes_itself_comes_to_an_end() {
    let text = document("<state id='a'><invoke src='self.scxml'/></state>");
    let mut files = ringback_scxml::Files::default();
    files
        .0
        .insert("self.scxml".to_owned(), text.clone().into_bytes());
    let options = Options {
        resolver: &files,
        ..Options::default()
    };
    let mut interpreter = Interpreter::new(Platform::default(), options, Settings::default(), 0);
    interpreter.start("self.scxml", text.as_bytes()).unwrap();
    interpreter.run(0, &mut Nowhere);
    assert_eq!(interpreter.sessions().count(), 1_000);
}
