//! Documents of the older orchestration server.

use ringback_scxml::{Input, Options, Severity, compile};

use crate::common::Play;

const OLD: &str = "<scxml xmlns='http://www.w3.org/2005/07/scxml' version='1.0' profile='ecmascript' _persist='true' initial='a'>
  <datamodel><data id='wait' expr=\"'1s'\"/><data id='id'/><data id='seen' expr='0'/></datamodel>
  <state id='a' _type='x'>
    <onentry>
      <script>_data.seen = _data.seen + 1; system = { on: true };</script>
      <send event=\"'timer.' + 'one'\" delay=\"wait\" sendid='_data.id' targettype=\"'scxml'\"/>
      <event name='mine'/>
      <log level='3' expr='_data.seen'/>
    </onentry>
    <transition event='mine' cond='_data.seen == 1'><cancel sendid='id'/></transition>
    <transition event='off' target='b' anchor='x'/>
  </state>
  <state id='b'/>
</scxml>";

#[test]
fn an_old_document_runs_and_each_mapping_is_told() {
    let compiled = compile("old.scxml", OLD.as_bytes(), &Options::default()).unwrap();
    assert!(compiled.chart.is_old_dialect());
    assert!(
        compiled
            .findings
            .iter()
            .all(|finding| finding.severity == Severity::Notice)
    );
    for said in [
        "profile of <scxml> is read as datamodel",
        "event of <send> is read as eventexpr",
        "delay of <send> is read as delayexpr",
        "sendid of <send> is read as idlocation",
        "targettype of <send> is read as type",
        "<event> is read as <raise>",
        "level of <log> has no meaning here",
        "anchor of <transition> has no meaning here",
        "sendid of <cancel> is read as sendidexpr",
        "_data.x is read as x",
        "_persist=\"true\" is kept for the platform",
    ] {
        assert!(
            compiled
                .findings
                .iter()
                .any(|finding| finding.message == said),
            "{said}: {:#?}",
            compiled.findings
        );
    }
    assert!(
        compiled
            .chart
            .extra
            .iter()
            .any(|(name, value)| name == "_persist" && value == "true")
    );
    let mut play = Play::ready(
        compiled.chart,
        ringback_scxml::ecmascript::Settings::default(),
    );
    play.give(Input::Start(Vec::new()));
    assert_eq!(play.logs, ["1"], "{:?}", play.broken);
    assert!(
        play.session.delayed.is_empty(),
        "cancelled by the id that was stored"
    );
    play.send("off");
    assert_eq!(play.active(), ["b"]);
}

#[test]
fn a_document_of_the_recommendation_is_left_as_it_is() {
    let text = OLD.replace("profile=", "datamodel='ecmascript' profile=");
    let refused = compile("new.scxml", text.as_bytes(), &Options::default()).unwrap_err();
    assert!(
        refused
            .findings
            .iter()
            .all(|finding| !finding.code.starts_with("dialect"))
    );
}
