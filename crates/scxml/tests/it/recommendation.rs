//! Sentences of the Recommendation, each with a small document.

use ringback_scxml::Status;

use crate::common::Play;

const ENDS: &str = "<final id='pass'/><final id='fail'/>";

/// A document that should end in `pass`.
fn passes(inside: &str) {
    let play = Play::start(&format!("{inside}{ENDS}"));
    assert_eq!(play.active(), ["pass"], "{:?} {:?}", play.logs, play.broken);
    assert_eq!(play.session.status, Status::Done);
}

#[test]
fn raised_events_come_in_their_order() {
    passes(
        "<state id='a'><onentry><raise event='foo'/><raise event='bar'/></onentry>
           <transition event='foo' target='b'/><transition event='*' target='fail'/></state>
         <state id='b'><transition event='bar' target='pass'/><transition event='*' target='fail'/></state>",
    );
}

#[test]
fn else_runs_when_no_condition_holds() {
    passes(
        "<datamodel><data id='x' expr='0'/></datamodel>
         <state id='a'><onentry>
           <if cond='false'><assign location='x' expr='1'/><elseif cond='x'/><assign location='x' expr='2'/>
             <else/><assign location='x' expr='x + 10'/><raise event='done'/></if>
         </onentry><transition event='done' cond='x == 10' target='pass'/><transition event='*' target='fail'/></state>",
    );
}

#[test]
fn foreach_ends_its_block_when_array_or_item_is_illegal() {
    for attributes in [
        "array='7' item='i' index='n'",
        "array='[1]' item=\"'continue'\" index='n'",
    ] {
        passes(&format!(
            "<datamodel><data id='x' expr='0'/></datamodel>
             <state id='a'><onentry>
               <foreach {attributes}><assign location='x' expr='x + 1'/></foreach>
               <assign location='x' expr='x + 1'/></onentry>
               <onentry><raise event='after'/></onentry>
               <transition event='error.execution' cond='x == 0' target='pass'/>
               <transition event='*' target='fail'/></state>"
        ));
    }
}

#[test]
fn foreach_walks_over_a_copy_and_makes_its_variables() {
    passes(
        "<datamodel><data id='list'>[1, 2, 3]</data><data id='sum' expr='0'/></datamodel>
         <state id='a'><onentry>
           <foreach array='list' item='each' index='at'>
             <assign location='list' expr='[].concat(list, [9])'/><assign location='sum' expr='sum + each * at'/>
           </foreach></onentry>
           <transition cond='sum == 8 &amp;&amp; list.length == 6 &amp;&amp; each == 3 &amp;&amp; at == 2' target='pass'/>
           <transition target='fail'/></state>",
    );
}

#[test]
fn an_error_in_a_nested_foreach_ends_both_and_the_block() {
    passes(
        "<datamodel><data id='n' expr='0'/></datamodel>
         <state id='a'><onentry>
           <foreach array='[1,2]' item='i'><foreach array='[1,2]' item='j'>
             <assign location='n' expr='n + 1'/><if cond='j == 2'><assign location='no.such' expr='1'/></if>
           </foreach></foreach><assign location='n' expr='100'/></onentry>
           <onentry><foreach array='[5]' item='i'><assign location='n' expr='n + i'/></foreach></onentry>
           <transition event='error.execution' cond='n == 7' target='pass'/><transition event='*' target='fail'/></state>",
    );
}

#[test]
fn a_send_that_fails_ends_its_block_and_tells_its_id() {
    passes(
        "<datamodel><data id='x' expr='0'/><data id='id'/></datamodel>
         <state id='a'><onentry>
           <send event='e' target='no address' idlocation='id'/><assign location='x' expr='1'/></onentry>
           <transition event='error.execution' cond='x == 0 &amp;&amp; _event.sendid == id' target='pass'/>
           <transition event='*' target='fail'/></state>",
    );
}

#[test]
fn http_without_target_is_an_error_of_communication() {
    let chart = crate::common::compiled(
        "<state id='a'><onentry>
           <send event='e' type='http://www.w3.org/TR/scxml/#BasicHTTPEventProcessor'/><raise event='foo'/></onentry>
           <transition event='error.communication' target='pass'/><transition event='*' target='fail'/></state>
           <final id='pass'/><final id='fail'/>",
    );
    let platform = ringback_scxml::Platform {
        basic_http: Some("http://localhost/".to_owned()),
        ..ringback_scxml::Platform::default()
    };
    let mut session = ringback_scxml::Session::new("s");
    let mut pool =
        ringback_scxml::ecmascript::Pool::new(ringback_scxml::ecmascript::Settings::default());
    let told = ringback_scxml::ecmascript::Told::at(0, 0, 0);
    let start = ringback_scxml::Input::Start(Vec::new());
    pool.step(
        &chart,
        &platform,
        &mut session,
        told,
        start,
        &mut ringback_scxml::NoTrace,
    )
    .unwrap();
    assert_eq!(session.active(&chart), ["pass"]);
}

#[test]
fn a_deep_history_takes_back_what_was_active() {
    passes(
        "<datamodel><data id='n' expr='0'/></datamodel>
         <state id='a' initial='a12'>
           <onentry><assign location='n' expr='n + 1'/></onentry>
           <history type='shallow' id='flat'><transition target='a2'/></history>
           <history type='deep' id='deep'><transition target='a22'/></history>
           <state id='a1' initial='a11'>
             <state id='a11'><onentry><raise event='in.a11'/></onentry></state>
             <state id='a12'><onentry><raise event='in.a12'/></onentry></state></state>
           <state id='a2' initial='a21'><state id='a21'/><state id='a22'><onentry><raise event='in.a22'/></onentry></state></state>
           <transition event='in.a12' cond='n == 1' target='b'/>
           <transition event='in.a12' cond='n == 2' target='c'/>
           <transition event='in.a11' cond='n == 3' target='pass'/>
           <transition event='*' target='fail'/></state>
         <state id='b'><transition target='deep'/></state>
         <state id='c'><transition target='flat'/></state>",
    );
}

#[test]
fn the_content_of_a_history_default_runs_after_the_entry_of_its_parent() {
    passes(
        "<state id='z'><transition target='h'/></state>
         <state id='a' initial='a1'><onentry><raise event='1'/></onentry>
           <history id='h'><transition target='a1'><raise event='2'/></transition></history>
           <state id='a1'><onentry><raise event='3'/></onentry>
           <transition event='1' target='a2'/><transition event='*' target='fail'/></state>
           <state id='a2'><transition event='2' target='a3'/><transition event='*' target='fail'/></state>
           <state id='a3'><transition event='3' target='pass'/><transition event='*' target='fail'/></state></state>",
    );
}

#[test]
fn a_state_leaves_the_configuration_after_its_exit() {
    passes(
        "<state id='a' initial='a1'><onexit><if cond=\"In('a1')\"><raise event='wrong'/><else/><raise event='right'/></if></onexit>
           <state id='a1'><onexit><if cond=\"In('a1') &amp;&amp; In('a')\"><raise event='still'/></if></onexit>
             <transition target='b'/></state></state>
         <state id='b'><transition event='still' target='c'/><transition event='*' target='fail'/></state>
         <state id='c'><transition event='right' target='pass'/><transition event='*' target='fail'/></state>",
    );
}

#[test]
fn internal_transitions_stay_inside_of_compound_states_only() {
    passes(
        "<datamodel><data id='n' expr='0'/><data id='m' expr='0'/></datamodel>
         <state id='a' initial='a1'><onexit><assign location='n' expr='n + 1'/></onexit>
           <onentry><raise event='go'/></onentry>
           <transition event='go' type='internal' target='a1'/>
           <state id='a1'><onexit><assign location='m' expr='m + 1'/></onexit></state>
           <transition cond='m == 1 &amp;&amp; n == 0' target='p'/></state>
         <parallel id='p'><onentry><raise event='go'/></onentry>
           <onexit><assign location='n' expr='n + 1'/></onexit>
           <state id='p1'/><state id='p2'/>
           <transition event='go' cond='n == 1' type='internal' target='p1'/>
           <transition event='go' cond='n == 2' target='pass'/><transition event='go' target='fail'/></parallel>",
    );
}

#[test]
fn a_transition_deeper_in_the_tree_preempts_and_an_earlier_region_wins() {
    let mut play = Play::start(
        "<parallel id='p'>
           <state id='x'><state id='x1'><transition event='e' target='x2'/></state><state id='x2'/>
             <transition event='e' target='out'/></state>
           <state id='y'><state id='y1'><transition event='f' target='out'/><transition event='e' target='y2'/></state>
             <state id='y2'/></state>
           <state id='z'><transition event='f' target='z2'/><state id='z1'/><state id='z2'/></state>
         </parallel><state id='out'/>",
    );
    play.send("e");
    assert_eq!(play.active(), ["x2", "y2", "z1"]);
    let mut play = Play::start(
        "<parallel id='p'><state id='y'><transition event='f' target='out'/></state>
           <state id='z'><state id='z1'><transition event='f' target='z2'/></state><state id='z2'/></state>
         </parallel><state id='out'/>",
    );
    play.send("f");
    assert_eq!(play.active(), ["out"]);
}

#[test]
fn system_variables_cannot_be_changed_not_even_by_scripts() {
    for variable in ["_event", "_sessionid", "_name", "_ioprocessors", "_x"] {
        for attempt in ["", "var "] {
            passes(&format!(
            "<state id='a'><onentry><script>{attempt}{variable} = 1</script><raise event='ran'/></onentry>
               <transition event='error.execution' target='pass'/><transition event='*' target='fail'/></state>"
        ));
        }
    }
}

#[test]
fn an_undeclared_location_is_an_error_and_an_illegal_value_leaves_the_old() {
    passes(
        "<datamodel><data id='x' expr='5'/></datamodel>
         <state id='a'><onentry><assign location='nobody' expr='1'/></onentry>
           <onentry><assign location='x' expr='return'/></onentry>
           <transition event='error.execution' cond=\"typeof nobody == 'undefined'\" target='b'/><transition event='*' target='fail'/></state>
         <state id='b'><transition event='error.execution' cond='x === 5' target='pass'/><transition event='*' target='fail'/></state>",
    );
}

#[test]
fn functions_of_the_document_are_values_and_survive_steps() {
    let mut play = Play::start(
        "<datamodel><data id='twice' expr='function(n) { return 2 * n; }'/><data id='n' expr='0'/></datamodel>
         <script>function Counter(start) { this.n = start } Counter.prototype.up = function() { this.n += twice(1); return this }
           var c = new Counter(3); const plus = (a, b) => a + b;</script>
         <state id='a'><transition event='go'><log expr='c.up().n + plus(0, 100)'/></transition></state>",
    );
    play.send("go");
    play.send("go");
    assert_eq!(
        (play.take_logs(), play.lost.clone()),
        (vec!["105".to_owned(), "107".to_owned()], vec![])
    );
}

#[test]
fn done_data_and_late_binding() {
    passes(
        "<datamodel><data id='d' expr=\"({a: [1, 'x']})\"/></datamodel>
         <state id='s'><state id='s1'><transition target='s2'/></state>
           <final id='s2'><donedata><content expr='d'/></donedata></final>
           <transition event='done.state.s' cond=\"_event.data.a[1] == 'x'\" target='t'/><transition event='*' target='fail'/></state>
         <state id='t'><state id='t1'><transition target='t2'/></state>
           <final id='t2'><donedata><param name='p' expr='d.a[0]'/></donedata></final>
           <transition event='done.state.t' cond='_event.data.p === 1' target='pass'/><transition event='*' target='fail'/></state>",
    );
}

#[test]
fn eventless_transitions_come_before_internal_events_and_those_before_external() {
    passes(
        "<state id='a'><onentry><send event='external'/><raise event='internal'/></onentry>
           <transition event='internal' target='fail'/><transition target='b'/></state>
         <state id='b'><transition event='internal' target='c'/><transition event='*' target='fail'/></state>
         <state id='c'><transition event='external' target='pass'/><transition event='*' target='fail'/></state>",
    );
}

#[test]
fn a_parallel_state_is_done_when_nested_parallel_states_are() {
    passes(
        "<parallel id='p'><state id='x'><final id='xf'/></state>
           <parallel id='q'><state id='y'><final id='yf'/></state></parallel>
           <transition event='done.state.p' target='pass'/></parallel>",
    );
}

#[test]
fn data_may_be_named_like_builtins() {
    passes(
        "<datamodel><data id='Date' expr='1'/><data id='Map'>{\"isPrototypeOf\": 2}</data></datamodel>
         <state id='a'><onentry><assign location='Date' expr='Date + Map.isPrototypeOf'/><raise event='e'/></onentry>
           <transition event='e' cond='Date === 3' target='pass'/><transition event='*' target='fail'/></state>",
    );
}

#[test]
fn data_cannot_be_named_like_system_variables() {
    passes(
        "<datamodel><data id='_event' expr='1'/></datamodel>
         <state id='a'><transition event='error.execution' cond=\"_event.name == 'error.execution'\" target='pass'/>
           <transition event='*' target='fail'/></state>",
    );
}
