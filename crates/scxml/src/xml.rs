//! Reading XML that nobody vouches for: decoded, measured, parsed, included files put in.

pub(crate) mod encoding;
mod guard;
mod include;
mod write;

use crate::limits::DocumentLimits;
use crate::position::{Notes, Position};

pub(crate) use include::Reader;

/// The namespace of SCXML.
pub const SCXML: &str = "http://www.w3.org/2005/07/scxml";
/// The namespace of XInclude.
pub const XINCLUDE: &str = "http://www.w3.org/2001/XInclude";
/// XInclude as the older orchestration server also spells it.
pub(crate) const XINCLUDE_OLD: &str = "http://www.w3.org/2003/XInclude";

/// An element, on its own feet.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) namespace: String,
    pub(crate) prefix: String,
    pub(crate) name: String,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) children: Vec<Node>,
    pub(crate) at: Position,
}

#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) namespace: String,
    pub(crate) prefix: String,
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) at: Position,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// The value of an attribute without namespace.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attribute_at(name)
            .map(|attribute| attribute.value.as_str())
    }

    pub(crate) fn attribute_at(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.namespace.is_empty() && attribute.name == name)
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// All text directly inside.
    pub(crate) fn text(&self) -> String {
        self.children
            .iter()
            .filter_map(|child| match child {
                Node::Text(text) => Some(text.as_str()),
                Node::Element(_) => None,
            })
            .collect()
    }

    /// What is inside, as text that can be parsed on its own.
    pub(crate) fn inner_xml(&self) -> String {
        write::nodes(&self.children)
    }

    /// Whether it belongs to SCXML. Documents without any namespace are taken as SCXML too, because
    /// fragments and older documents leave it out.
    pub(crate) fn is_scxml(&self) -> bool {
        self.namespace == SCXML || self.namespace.is_empty()
    }
}

/// Parses one text into elements.
pub(crate) fn parse(
    text: &str,
    file: u16,
    limits: &DocumentLimits,
    notes: &mut Notes,
) -> Option<Element> {
    if let Err(refusal) = guard::measure(text, limits) {
        let at = Lines::new(text, file).position(refusal.offset);
        notes.error(refusal.code, at, refusal.message, refusal.advice);
        return None;
    }
    let options = roxmltree::ParsingOptions {
        // A document type without an internal subset declares nothing; the guard refuses others.
        allow_dtd: true,
        nodes_limit: limits.nodes,
        ..roxmltree::ParsingOptions::default()
    };
    match roxmltree::Document::parse_with_options(text, options) {
        Ok(document) => {
            let lines = Lines::new(text, file);
            Some(convert(document.root_element(), &lines))
        }
        Err(error) => {
            let pos = error.pos();
            let at = Position {
                file,
                line: pos.row,
                column: pos.col,
            };
            notes.error(
                "xml.malformed",
                at,
                format!("this is not well-formed XML: {error}"),
                "mend the markup here or shortly before",
            );
            None
        }
    }
}

/// The element and what is inside, as text that can be parsed on its own.
#[cfg(feature = "ecmascript")]
pub(crate) fn outer_xml(element: &Element) -> String {
    write::nodes(&[Node::Element(element.clone())])
}

fn convert(node: roxmltree::Node<'_, '_>, lines: &Lines<'_>) -> Element {
    let attributes = node
        .attributes()
        .map(|attribute| Attribute {
            namespace: attribute.namespace().unwrap_or_default().to_owned(),
            prefix: attribute
                .namespace()
                .and_then(|uri| node.lookup_prefix(uri))
                .unwrap_or_default()
                .to_owned(),
            name: attribute.name().to_owned(),
            value: attribute.value().to_owned(),
            at: lines.position(attribute.range().start),
        })
        .collect();
    let children = node
        .children()
        .filter_map(|child| {
            if child.is_element() {
                Some(Node::Element(convert(child, lines)))
            } else if child.is_text() {
                Some(Node::Text(child.text().unwrap_or_default().to_owned()))
            } else {
                None
            }
        })
        .collect();
    let namespace = node.tag_name().namespace().unwrap_or_default();
    Element {
        namespace: namespace.to_owned(),
        prefix: prefix_of(node, namespace),
        name: node.tag_name().name().to_owned(),
        attributes,
        children,
        at: lines.position(node.range().start),
    }
}

/// The prefix that the element is written with.
fn prefix_of(node: roxmltree::Node<'_, '_>, namespace: &str) -> String {
    if namespace.is_empty() || node.default_namespace() == Some(namespace) {
        return String::new();
    }
    node.lookup_prefix(namespace).unwrap_or_default().to_owned()
}

/// Where lines begin, so that a place is found without walking the text.
pub(crate) struct Lines<'a> {
    text: &'a str,
    file: u16,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str, file: u16) -> Lines<'a> {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Lines {
            text,
            file,
            starts: std::iter::once(0).chain(breaks).collect(),
        }
    }

    pub(crate) fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let before = self.text.get(start..offset).unwrap_or_default();
        Position {
            file: self.file,
            line: line as u32,
            column: before.chars().count() as u32 + 1,
        }
    }
}

/// Whether a text is a document: for data models, within the usual limits.
#[cfg(feature = "ecmascript")]
pub(crate) fn is_document(text: &str) -> bool {
    parse(text, 0, &DocumentLimits::default(), &mut Notes::default()).is_some()
}
