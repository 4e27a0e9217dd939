//! Documents that are wrong, hostile or in several files.

use ringback_scxml::{
    ActionShape, AttributeKind, AttributeShape, DocumentLimits, Effect, Files, Input, Machine,
    NullModel, Options, Platform, Session, Severity, Vocabulary, compile,
};

use crate::common::{Play, document};

fn codes(text: &str) -> Vec<(String, u32, u32)> {
    let findings = match compile("d.scxml", text.as_bytes(), &Options::default()) {
        Ok(compiled) => compiled.findings,
        Err(refused) => refused.findings,
    };
    findings
        .into_iter()
        .map(|f| (f.code, f.line, f.column))
        .collect()
}

#[test]
fn all_findings_come_at_once_with_their_places() {
    let text = "<scxml xmlns='http://www.w3.org/2005/07/scxml' version='1.0'>\n\
                <state id='a'>\n  <transition event='e' target='nowhere'/>\n  <onentry><send event='x' eventexpr='y'/></onentry>\n\
                  <onentry><raise/></onentry></state>\n<state id='a'/>\n<banana/>\n</scxml>";
    let found = codes(text);
    let found: Vec<(&str, u32)> = found
        .iter()
        .map(|(code, line, _)| (code.as_str(), *line))
        .collect();
    assert_eq!(
        found,
        [
            ("target.unknown", 3),
            ("attribute.conflict", 4),
            ("attribute.missing", 5),
            ("id.double", 6),
            ("element.unexpected", 7)
        ]
    );
    assert_eq!(codes(text)[0].2, 25);
}

#[test]
fn targets_that_cannot_be_active_together_are_refused() {
    let text = document(
        "<state id='a'><transition event='e' target='x1 x2'/></state>
         <state id='x' initial='a'><state id='x1'/><state id='x2'/></state>
         <parallel id='p'><state id='p1'/><state id='p2'/><history id='h'><transition target='a'/></history></parallel>",
    );
    let codes: Vec<String> = codes(&text).into_iter().map(|(code, ..)| code).collect();
    assert_eq!(
        codes,
        ["target.conflict", "initial.outside", "history.outside"]
    );
}

#[test]
fn hostile_markup_is_refused_by_name() {
    let deep = format!("{}{}", "<state>".repeat(500), "</state>".repeat(500));
    let wide = format!(
        "<state {}/>",
        (0..1_000_000)
            .map(|n| format!("a{n}='' "))
            .collect::<String>()
    );
    let bomb = "<!DOCTYPE scxml [<!ENTITY a '&b;&b;'><!ENTITY b 'x'>]><scxml>&a;</scxml>";
    for (text, code) in [
        (document(&deep), "limit.depth"),
        (document(&wide), "limit.bytes"),
        (document(&wide[..3_000_000]), "limit.attributes"),
        (document(&"<state/>".repeat(30_000)), "limit.states"),
        (bomb.to_owned(), "xml.entities"),
        ("<scxml><state></scxml>".to_owned(), "xml.malformed"),
        ("<html/>".to_owned(), "document.root"),
        (String::new(), "xml.malformed"),
    ] {
        let found = codes(&text);
        assert!(
            found.iter().any(|(found, ..)| found == code),
            "{code}: {:?}",
            &found[..found.len().min(3)]
        );
    }
    let small = Options {
        limits: DocumentLimits {
            nodes: 10,
            ..DocumentLimits::default()
        },
        ..Options::default()
    };
    let text = document(&"<state/>".repeat(20));
    assert!(compile("d", text.as_bytes(), &small).is_err());
}

#[test]
fn files_are_included_and_may_not_include_themselves() {
    let mut files = Files::default();
    let states = "<state xmlns='http://www.w3.org/2005/07/scxml' id='inner'><transition event='e' target='missing'/></state>";
    files.0.insert("inner.xml".to_owned(), states.into());
    let looped = "<state xmlns='http://www.w3.org/2005/07/scxml' xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='loop.xml'/></state>";
    files.0.insert("loop.xml".to_owned(), looped.into());
    files.0.insert(
        "part.xml".to_owned(),
        format!("<box>{}</box>", states.replace("missing", "inner")).into(),
    );
    let options = Options {
        resolver: &files,
        ..Options::default()
    };
    let with = |include: &str| {
        let text = document(&format!(
            "<state id='outer'/><xi:include xmlns:xi='http://www.w3.org/2001/XInclude' {include}"
        ));
        compile("main.scxml", text.as_bytes(), &options)
    };
    let refused = with("href='inner.xml'/>").unwrap_err();
    assert_eq!(
        (refused.findings[0].file.as_str(), refused.findings[0].line),
        ("inner.xml", 1)
    );
    assert!(
        with("href='loop.xml'/>")
            .unwrap_err()
            .to_string()
            .contains("includes itself")
    );
    assert!(
        with("href='gone.xml'/>")
            .unwrap_err()
            .to_string()
            .contains("include.failed")
    );
    let fallback = "href='gone.xml'><xi:fallback><state xmlns='http://www.w3.org/2005/07/scxml' id='spare'/></xi:fallback></xi:include>";
    assert!(with(fallback).unwrap().chart.state("spare").is_some());
    let part = with("href='part.xml' xpointer='xpointer(/box/node())'/>").unwrap();
    assert!(part.chart.state("inner").is_some());
}

struct Ring;

impl Vocabulary for Ring {
    fn knows(&self, namespace: &str) -> bool {
        namespace == "urn:ring"
    }

    fn action(&self, namespace: &str, name: &str) -> Option<&ActionShape> {
        static SHAPE: std::sync::OnceLock<ActionShape> = std::sync::OnceLock::new();
        let shape = SHAPE.get_or_init(|| {
            let attribute = |name: &str, kind, required| AttributeShape {
                name: name.to_owned(),
                kind,
                required,
            };
            ActionShape {
                attributes: vec![
                    attribute("number", AttributeKind::Value, true),
                    attribute("mode", AttributeKind::Text, false),
                    attribute("requestid", AttributeKind::RequestId, false),
                ],
                children: vec![(
                    "with".to_owned(),
                    ActionShape {
                        others: Some(AttributeKind::Either),
                        ..ActionShape::default()
                    },
                )],
                ..ActionShape::default()
            }
        });
        (self.knows(namespace) && name == "dial").then_some(shape)
    }
}

#[test]
fn actions_are_checked_and_their_expressions_evaluated() {
    let options = Options {
        vocabulary: &Ring,
        ..Options::default()
    };
    let with = |action: &str| {
        let text = document(&format!(
            "<datamodel><data id='id'/></datamodel><state id='a'><onentry xmlns:r='urn:ring'>{action}<log expr='id'/></onentry></state>"
        ));
        compile("d", text.as_bytes(), &options)
    };
    let chart = with("<r:dial number=\"'+49' + 1\" mode='x' requestid='id'><with plain='1 2' sum='1 + 2'/></r:dial>").unwrap().chart;
    let mut pool =
        ringback_scxml::ecmascript::Pool::new(ringback_scxml::ecmascript::Settings::default());
    let mut session = Session::new("s");
    let told = ringback_scxml::ecmascript::Told::at(0, 0, 0);
    let stepped = pool
        .step(
            &chart,
            &Platform::default(),
            &mut session,
            told,
            Input::Start(vec![]),
            &mut ringback_scxml::NoTrace,
        )
        .unwrap();
    let [Effect::Action(action), Effect::Log { value, .. }] = &stepped.effects[..] else {
        panic!("{:?}", stepped.effects);
    };
    assert_eq!(value.to_text(), action.request_id);
    assert_eq!(
        action.element.attribute("number").unwrap().to_text(),
        "+491"
    );
    let inner = &action.element.children[0];
    assert_eq!(
        (
            inner.attribute("plain").unwrap().to_text(),
            inner.attribute("sum").unwrap().to_text()
        ),
        ("1 2".into(), "3".into())
    );
    for (action, code) in [
        ("<r:dial/>", "attribute.missing"),
        ("<r:dial number='1' colour='2'/>", "action.attribute"),
        ("<r:hang/>", "action.unknown"),
        (
            "<r:dial number='1'><r:else/></r:dial>",
            "element.unexpected",
        ),
    ] {
        let refused = with(action).unwrap_err();
        assert_eq!(refused.findings[0].code, code);
    }
}

#[test]
fn elements_for_other_tools_are_left_alone() {
    let text = document("<state id='a'><n:note xmlns:n='urn:notes'>hm</n:note></state>");
    let compiled = compile("d", text.as_bytes(), &Options::default()).unwrap();
    assert_eq!(compiled.findings[0].severity, Severity::Notice);
}

#[test]
fn an_error_tells_where_it_happened() {
    let play = Play::start(
        "\n<state id='a'>\n  <onentry><log expr='nobody'/></onentry>\n\
         <transition event='error.execution'><log expr=\"_event.data.tagname + _event.data.line + ':' + _event.data.column + _event.data.reason\"/></transition></state>",
    );
    assert_eq!(play.logs, ["log3:12ReferenceError: nobody is not defined"]);
}

#[test]
fn the_null_data_model_knows_in_and_nothing_else() {
    let text = document("<parallel id='p'><state id='a'><state id='a1'><transition cond=\"In('b')\" target='a2'/></state><state id='a2'/></state><state id='b'/></parallel>")
        .replace("ecmascript", "null");
    let chart = compile("d", text.as_bytes(), &Options::default())
        .unwrap()
        .chart;
    let mut session = Session::new("s");
    let platform = Platform::default();
    Machine::new(&chart, &platform)
        .step(&mut session, 0, Input::Start(vec![]), &mut NullModel)
        .unwrap();
    assert_eq!(session.active_atomic(&chart), ["a2", "b"]);
    let scripted = text
        .replace("<state id='b'/>", "<state id='b'/><state id='c'/>")
        .replace("<parallel", "<script>1</script><parallel");
    assert!(compile("d", scripted.as_bytes(), &Options::default()).is_err());
}
