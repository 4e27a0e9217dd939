//! The table, and what is made from it.

use std::collections::BTreeSet;

use ringback_scxml::{NoFiles, Severity, Vocabulary};
use ringback_workflow::table::{self, Kind};
use ringback_workflow::{Actions, lint, reference};

use crate::{document, root};

#[test]
fn the_reference_page_is_up_to_date() {
    let file = root().join("docs/reference/workflow-actions.md");
    let text = reference::markdown();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == text,
        "docs/reference/workflow-actions.md is out of date: run `UPDATE_GOLDEN=1 cargo test -p ringback-workflow`"
    );
}

#[test]
fn names_are_given_once() {
    let mut actions = BTreeSet::new();
    let mut older = BTreeSet::new();
    for module in table::MODULES {
        for name in module.older {
            assert!(older.insert(*name), "two modules are called {name}");
        }
    }
    for (module, action) in table::all() {
        assert!(
            actions.insert((module.name, action.name)),
            "{}",
            action.name
        );
        let own = action.attributes.iter().chain(table::COMMON);
        let mut names = BTreeSet::new();
        let mut requests = 0;
        for attribute in own {
            assert!(
                names.insert(attribute.name),
                "{}: {}",
                action.name,
                attribute.name
            );
            requests += usize::from(attribute.kind == Kind::RequestId);
            assert!(
                !(attribute.required && attribute.default.is_some()),
                "{}",
                attribute.name
            );
        }
        assert_eq!(requests, 1, "{}", action.name);
        let fields: BTreeSet<&str> = action.done.iter().map(|field| field.name).collect();
        assert_eq!(fields.len(), action.done.len(), "{}", action.name);
        assert!(
            !fields.contains("requestid"),
            "{}: every event has it",
            action.name
        );
        assert!(!action.errors.is_empty(), "{} never fails", action.name);
    }
}

#[test]
fn what_has_no_room_says_so_by_its_error() {
    for (module, action) in table::all() {
        let missing = action.room != table::Room::Here;
        let code = action
            .errors
            .iter()
            .any(|field| field.name == "no_such_room");
        assert_eq!(missing, code, "{}:{}", module.name, action.name);
    }
}

#[test]
fn both_spellings_of_the_older_namespaces_are_known() {
    let actions = Actions::default();
    for prefix in [
        "http://www.genesyslab.com/modules/",
        "www.genesyslab.com/modules/",
    ] {
        for (module, name) in [
            ("queue", "submit"),
            ("ixn", "redirect"),
            ("interaction", "redirect"),
            ("session", "fetch"),
            ("ws", "fetch"),
            ("dialog", "playsound"),
            ("statistic", "subscribe"),
            ("classification", "classify"),
            ("chat", "sendchatmessage"),
            ("voice", "createcall"),
            ("msgbased", "createmessage"),
        ] {
            let namespace = format!("{prefix}{module}");
            assert!(actions.knows(&namespace));
            assert!(
                actions.action(&namespace, name).is_some(),
                "{namespace} {name}"
            );
        }
    }
    assert!(
        actions
            .action("urn:ringback:chat", "sendchatmessage")
            .is_none()
    );
    assert!(!actions.knows("urn:somebody:else"));
}

#[test]
fn a_document_of_the_older_server_is_read() {
    let text = r#"<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" profile="ecmascript" initial="routing"
        xmlns:queue="www.genesyslab.com/modules/queue" xmlns:dialog="www.genesyslab.com/modules/dialog"
        xmlns:ixn="http://www.genesyslab.com/modules/ixn">
      <datamodel><data id="reqid"/></datamodel>
      <state id="routing">
        <onentry>
          <queue:submit requestid="_data.reqid" queue="'VQ'" priority="5" timeout="30" interactionid="system.InteractionID">
            <queue:targets type="'agentgroup'" statserver="'Stat'"><queue:target name="'Sales'" threshold="''" weight="10"/></queue:targets>
            <dialog:runtreatments><dialog:playsound type="'music'" duration="60" resource="'on_hold'"/></dialog:runtreatments>
          </queue:submit>
        </onentry>
        <transition event="queue.submit.done" target="done"/>
        <transition event="error.queue.submit" target="redirecting"/>
      </state>
      <state id="redirecting">
        <onentry><ixn:redirect interactionid="system.InteractionID" from="'1'" to="'2'" detach="true" hints="{}"/></onentry>
        <transition event="interaction.redirect.done error" target="done"/>
      </state>
      <final id="done"/>
    </scxml>"#;
    let report = lint::lint("older.scxml", text.as_bytes(), &NoFiles);
    let serious: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Notice)
        .collect();
    assert!(serious.is_empty(), "{serious:#?}");
}

#[test]
fn mistakes_in_actions_are_found_all_at_once_with_their_place() {
    let text = document(
        r#"<state id="a"><onentry>
  <queue:sumbit queue="'x'"/>
  <queue:submit/>
  <queue:submit queue="'x'" colour="'red'"/>
  <queue:submit queue="'x'" choose="'cleverest'"/>
  <queue:submit queue="'x'" timeout="'soon'"/>
  <queue:submit queue="'x'"><queue:stepp after="1"/></queue:submit>
</onentry></state>"#,
    );
    let report = lint::lint("test.scxml", text.as_bytes(), &NoFiles);
    let found: Vec<(&str, u32)> = report
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| (finding.code.as_str(), finding.line))
        .collect();
    assert_eq!(
        found,
        [
            ("action.unknown", 5),
            ("attribute.missing", 6),
            ("action.attribute", 7),
            ("action.invalid", 8),
            ("action.invalid", 9),
            ("element.unexpected", 10),
        ],
        "{:#?}",
        report.findings
    );
}

#[test]
fn an_editor_gets_everything_as_json() {
    let text = serde_json::to_string(&reference::completion()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let modules = json["modules"].as_array().unwrap();
    assert_eq!(modules.len(), table::MODULES.len());
    let queue = modules
        .iter()
        .find(|module| module["name"] == "queue")
        .unwrap();
    let submit = &queue["actions"][0];
    assert_eq!(submit["name"], "submit");
    assert_eq!(submit["done"]["name"], "queue.submit.done");
    assert_eq!(submit["error"]["name"], "error.queue.submit");
    assert_eq!(submit["attributes"][0]["required"], true);
    assert_eq!(queue["namespaces"][2], "www.genesyslab.com/modules/queue");
}
