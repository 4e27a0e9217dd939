//! Writing elements out again, with the namespaces they need to stand alone.

use super::{Attribute, Element, Node};

pub(super) fn nodes(nodes: &[Node]) -> String {
    let mut out = String::new();
    for node in nodes {
        write(node, &mut Vec::new(), &mut out);
    }
    out
}

/// `scope`: prefixes and namespaces declared so far, the nearest last.
fn write(node: &Node, scope: &mut Vec<(String, String)>, out: &mut String) {
    match node {
        Node::Text(text) => escape(text, false, out),
        Node::Element(element) => write_element(element, scope, out),
    }
}

fn write_element(element: &Element, scope: &mut Vec<(String, String)>, out: &mut String) {
    let outside = scope.len();
    let name = qualified(&element.prefix, &element.name);
    out.push('<');
    out.push_str(&name);
    declare(&element.prefix, &element.namespace, scope, out);
    for attribute in &element.attributes {
        write_attribute(attribute, scope, out);
    }
    if element.children.is_empty() {
        out.push_str("/>");
    } else {
        out.push('>');
        for child in &element.children {
            write(child, scope, out);
        }
        out.push_str("</");
        out.push_str(&name);
        out.push('>');
    }
    scope.truncate(outside);
}

fn write_attribute(attribute: &Attribute, scope: &mut Vec<(String, String)>, out: &mut String) {
    if !attribute.namespace.is_empty() && attribute.prefix != "xml" {
        declare(&attribute.prefix, &attribute.namespace, scope, out);
    }
    out.push(' ');
    out.push_str(&qualified(&attribute.prefix, &attribute.name));
    out.push_str("=\"");
    escape(&attribute.value, true, out);
    out.push('"');
}

fn declare(prefix: &str, namespace: &str, scope: &mut Vec<(String, String)>, out: &mut String) {
    let known = scope
        .iter()
        .rev()
        .find(|(known, _)| known == prefix)
        .map_or("", |(_, namespace)| namespace.as_str());
    if known == namespace {
        return;
    }
    out.push_str(" xmlns");
    if !prefix.is_empty() {
        out.push(':');
        out.push_str(prefix);
    }
    out.push_str("=\"");
    escape(namespace, true, out);
    out.push('"');
    scope.push((prefix.to_owned(), namespace.to_owned()));
}

fn qualified(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}:{name}")
    }
}

fn escape(text: &str, attribute: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' if attribute => out.push_str("&quot;"),
            '\n' if attribute => out.push_str("&#10;"),
            '\t' if attribute => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
}
