//! From text to [`Chart`]: read, map an older dialect, number the states, build, check. All findings
//! are gathered; the first error does not hide the second.

mod action;
mod check;
mod content;
mod dialect;
mod number;
mod payload;
mod states;

use std::sync::Arc;

use crate::chart::{Binding, Chart, Expression, ExpressionIx, ExpressionKind};
use crate::limits::DocumentLimits;
use crate::position::{Finding, Notes, Position, Severity};
use crate::resolve::{NoFiles, Resolver};
use crate::vocabulary::{NoActions, Vocabulary};
use crate::xml::{Attribute, Element, Reader};

/// What a document may use and how big it may be.
pub struct Options<'a> {
    /// Finds included files, scripts and data.
    pub resolver: &'a dyn Resolver,
    /// The custom actions.
    pub vocabulary: &'a dyn Vocabulary,
    /// How big it may be.
    pub limits: DocumentLimits,
}

impl Default for Options<'_> {
    /// No files, no custom actions, the usual limits.
    fn default() -> Self {
        Options {
            resolver: &NoFiles,
            vocabulary: &NoActions,
            limits: DocumentLimits::default(),
        }
    }
}

/// A chart, and what was noticed on the way.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The chart.
    pub chart: Arc<Chart>,
    /// Notices and warnings.
    pub findings: Vec<Finding>,
}

/// A document that cannot run, with everything that is wrong with it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", summary(.findings))]
pub struct Refused {
    /// Errors, and whatever else was noticed.
    pub findings: Vec<Finding>,
}

fn summary(findings: &[Finding]) -> String {
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    let lines: Vec<String> = errors.map(ToString::to_string).collect();
    lines.join("\n")
}

/// Reads a document.
///
/// `name` is what the document is called in findings and what its references start from; `bytes` is
/// its text in any encoding that it declares.
///
/// # Errors
/// [`Refused`] with all findings, when at least one of them is an error.
pub fn compile(name: &str, bytes: &[u8], options: &Options<'_>) -> Result<Compiled, Refused> {
    let mut notes = Notes::default();
    let mut reader = Reader::new(options.resolver, &options.limits);
    let chart = reader
        .document(name, bytes, &mut notes)
        .and_then(|mut root| {
            dialect::translate(&mut root, &mut notes);
            build(&root, &mut reader, options, &mut notes)
        });
    let failed = notes.has_errors();
    let findings = notes.findings(&reader.files);
    match chart {
        Some(mut chart) if !failed => {
            chart.files = reader.files;
            Ok(Compiled {
                chart: Arc::new(chart),
                findings,
            })
        }
        _ => Err(Refused { findings }),
    }
}

fn build(
    root: &Element,
    reader: &mut Reader<'_>,
    options: &Options<'_>,
    notes: &mut Notes,
) -> Option<Chart> {
    if root.name != "scxml" || !root.is_scxml() {
        notes.error(
            "document.root",
            root.at,
            format!("the document is a <{}>, not an <scxml>", root.name),
            "begin with <scxml xmlns=\"http://www.w3.org/2005/07/scxml\" version=\"1.0\">",
        );
        return None;
    }
    let elements = number::number(root, &options.limits, notes)?;
    let mut builder = Builder {
        chart: empty(root, notes),
        reader,
        vocabulary: options.vocabulary,
        notes,
    };
    builder.chart.states = elements.iter().map(number::Numbered::state).collect();
    builder.root(root);
    for (index, numbered) in elements.iter().enumerate() {
        builder.state(index as u32, numbered);
    }
    check::check(&mut builder);
    Some(builder.chart)
}

fn empty(root: &Element, notes: &mut Notes) -> Chart {
    const KNOWN: [&str; 6] = [
        "initial",
        "name",
        "version",
        "datamodel",
        "binding",
        "exmode",
    ];
    let version = root.attribute("version");
    if version.is_some_and(|version| version.trim() != "1.0") {
        notes.warning(
            "document.version",
            root.at,
            "version is not 1.0",
            "write version=\"1.0\"",
        );
    }
    let binding = match root.attribute("binding") {
        None | Some("early") => Binding::Early,
        Some("late") => Binding::Late,
        Some(other) => {
            notes.error(
                "attribute.value",
                root.at,
                format!("binding is `{other}`"),
                "write early or late",
            );
            Binding::Early
        }
    };
    Chart {
        name: root.attribute("name").map(str::to_owned),
        // "The default is platform-specific" (3.2.1).
        datamodel: root
            .attribute("datamodel")
            .unwrap_or("ecmascript")
            .to_owned(),
        binding,
        files: Vec::new(),
        states: Vec::new(),
        transitions: Vec::new(),
        expressions: Vec::new(),
        data: Vec::new(),
        scripts: Vec::new(),
        extra: root
            .attributes
            .iter()
            .filter(|a| !a.namespace.is_empty() || !KNOWN.contains(&a.name.as_str()))
            .map(|a| (a.name.clone(), a.value.clone()))
            .collect(),
        ops: Vec::new(),
        sends: Vec::new(),
        invokes: Vec::new(),
        actions: Vec::new(),
    }
}

/// What the parts of the builder share.
struct Builder<'b, 'r> {
    chart: Chart,
    reader: &'b mut Reader<'r>,
    vocabulary: &'b dyn Vocabulary,
    notes: &'b mut Notes,
}

impl Builder<'_, '_> {
    fn expression(
        &mut self,
        kind: ExpressionKind,
        element: &str,
        text: &str,
        at: Position,
    ) -> ExpressionIx {
        let index = ExpressionIx(self.chart.expressions.len() as u32);
        self.chart.expressions.push(Expression {
            kind,
            text: text.to_owned(),
            element: tag(element),
            at,
        });
        index
    }

    /// The expression in an attribute, if it is there.
    fn attribute_expression(
        &mut self,
        element: &Element,
        name: &str,
        kind: ExpressionKind,
    ) -> Option<ExpressionIx> {
        let attribute = element.attribute_at(name)?;
        Some(self.expression(kind, &element.name, &attribute.value, attribute.at))
    }

    /// An attribute that must be there.
    fn required<'e>(&mut self, element: &'e Element, name: &str) -> Option<&'e Attribute> {
        let found = element.attribute_at(name);
        if found.is_none() {
            self.notes.error(
                "attribute.missing",
                element.at,
                format!("<{}> has no {name}", element.name),
                format!("give it {name}=\"..\""),
            );
        }
        found
    }

    /// Says that two attributes exclude each other, if both are there.
    fn exclusive(&mut self, element: &Element, one: &str, other: &str) {
        if element.attribute(one).is_some() && element.attribute(other).is_some() {
            self.notes.error(
                "attribute.conflict",
                element.at,
                format!("<{}> has both {one} and {other}", element.name),
                "keep one of them",
            );
        }
    }

    /// An element in a place where it means nothing.
    fn unexpected(&mut self, element: &Element, inside: &str) {
        if element.is_scxml() {
            self.notes.error(
                "element.unexpected",
                element.at,
                format!("<{}> cannot stand inside of <{inside}>", element.name),
                "take it out, or move it to where it belongs",
            );
        } else if self.vocabulary.knows(&element.namespace) {
            self.notes.error(
                "element.unexpected",
                element.at,
                format!(
                    "the action <{}> cannot stand inside of <{inside}>",
                    element.name
                ),
                "put it into executable content, such as <onentry> or a transition",
            );
        } else {
            // 2.1: elements of other namespaces are left to others.
            self.notes.notice(
                "element.foreign",
                element.at,
                format!(
                    "<{}> of the namespace `{}` is left alone",
                    element.name, element.namespace
                ),
                "nothing, if it is for another tool",
            );
        }
    }
}

/// The names of elements that carry expressions; anything else is an action.
fn tag(name: &str) -> &'static str {
    const TAGS: &[&str] = &[
        "transition",
        "if",
        "elseif",
        "log",
        "assign",
        "script",
        "foreach",
        "send",
        "cancel",
        "data",
        "param",
        "content",
        "invoke",
        "raise",
        "donedata",
    ];
    TAGS.iter()
        .find(|known| **known == name)
        .copied()
        .unwrap_or("action")
}
