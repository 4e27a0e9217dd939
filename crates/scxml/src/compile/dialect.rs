//! The older dialect: documents of the orchestration server that implements the working draft of
//! 7 May 2009, told by `profile` without `datamodel`. Their spellings are mapped onto the
//! Recommendation's, and each mapping is a notice; the semantics are the Recommendation's.

use crate::position::Notes;
use crate::xml::{Attribute, Element, Node};

/// The namespace that mapped documents may leave to the older one.
pub(super) fn translate(root: &mut Element, notes: &mut Notes) {
    let old = root.name == "scxml"
        && root.attribute("datamodel").is_none()
        && root.attribute("profile").is_some();
    if !old {
        return;
    }
    rename(root, "profile", "datamodel", notes);
    rename(root, "initialstate", "initial", notes);
    if let Some(model) = root.attributes.iter_mut().find(|a| a.name == "datamodel") {
        model.value = model.value.to_ascii_lowercase();
    }
    // Read by whoever keeps sessions: the data of the documents are also members of `_data`.
    root.attributes.push(Attribute {
        namespace: String::new(),
        prefix: String::new(),
        name: crate::chart::DIALECT.to_owned(),
        value: "2009".to_owned(),
        at: root.at,
    });
    for name in ["_persist", "_type", "exmode"] {
        if let Some(found) = root.attribute_at(name) {
            let (at, value) = (found.at, found.value.clone());
            notes.notice(
                "dialect.extra",
                at,
                format!("{name}=\"{value}\" is kept for the platform"),
                "nothing: the semantics of the Recommendation do not depend on it",
            );
        }
    }
    children(root, notes);
}

fn children(element: &mut Element, notes: &mut Notes) {
    for child in &mut element.children {
        if let Node::Element(child) = child {
            if child.is_scxml() {
                element_of(child, notes);
            }
            data_alias(child, notes);
            children(child, notes);
        }
    }
}

fn element_of(element: &mut Element, notes: &mut Notes) {
    match element.name.as_str() {
        "send" => send(element, notes),
        "cancel" => as_expression(element, "sendid", "sendidexpr", notes),
        "content" => rename(element, "_expr", "expr", notes),
        "param" => rename(element, "_expr", "expr", notes),
        "event" => raise(element, notes),
        "data" => rename(element, "name", "id", notes),
        "assign" => {
            rename(element, "dataid", "location", notes);
            rename(element, "name", "location", notes);
        }
        "invoke" => {
            rename(element, "targettype", "type", notes);
            rename(element, "invokeid", "id", notes);
            quoted_as_literal(element, "type", notes);
            as_expression_if_quoted(element, "src", "srcexpr", notes);
        }
        "transition" => {
            drop_attribute(element, "anchor", notes);
        }
        "state" | "parallel" | "final" => {
            for name in ["_persist", "_type"] {
                drop_attribute(element, name, notes);
            }
        }
        "log" => drop_attribute(element, "level", notes),
        "anchor" => notes.error(
            "dialect.anchor",
            element.at,
            "<anchor> has no meaning in the Recommendation",
            "keep what it remembers in data, or use <history>",
        ),
        _ => {}
    }
}

fn send(element: &mut Element, notes: &mut Notes) {
    rename(element, "targettype", "type", notes);
    as_expression(element, "event", "eventexpr", notes);
    as_expression(element, "target", "targetexpr", notes);
    as_expression(element, "delay", "delayexpr", notes);
    as_expression_if_quoted(element, "type", "typeexpr", notes);
    if let Some(id) = element.attribute("sendid").map(str::to_owned) {
        if unquoted(&id).is_some() {
            rename(element, "sendid", "id", notes);
            quoted_as_literal(element, "id", notes);
        } else {
            rename(element, "sendid", "idlocation", notes);
        }
    }
}

/// `<event name="x">` is `<raise event="x">`.
fn raise(element: &mut Element, notes: &mut Notes) {
    rename(element, "name", "event", notes);
    note(
        element,
        "dialect.element",
        "<event> is read as <raise>",
        notes,
    );
    element.name = "raise".to_owned();
}

fn rename(element: &mut Element, old: &str, new: &str, notes: &mut Notes) {
    if element.attribute(new).is_some() {
        return;
    }
    let name = element.name.clone();
    if let Some(found) = find(element, old) {
        notes.notice(
            "dialect.attribute",
            found.at,
            format!("{old} of <{name}> is read as {new}"),
            format!("write {new}"),
        );
        found.name = new.to_owned();
    }
}

/// The attribute holds an expression in the old dialect, a literal in the Recommendation.
fn as_expression(element: &mut Element, literal: &str, expression: &str, notes: &mut Notes) {
    rename(element, literal, expression, notes);
}

fn as_expression_if_quoted(
    element: &mut Element,
    literal: &str,
    expression: &str,
    notes: &mut Notes,
) {
    if element.attribute(literal).and_then(unquoted).is_some() {
        rename(element, literal, expression, notes);
    }
}

fn quoted_as_literal(element: &mut Element, name: &str, notes: &mut Notes) {
    let tag = element.name.clone();
    let Some(found) = find(element, name) else {
        return;
    };
    if let Some(plain) = unquoted(&found.value) {
        notes.notice(
            "dialect.quotes",
            found.at,
            format!("the quotes around {name} of <{tag}> are left out"),
            "write it without quotes",
        );
        found.value = plain;
    }
}

fn drop_attribute(element: &mut Element, name: &str, notes: &mut Notes) {
    let tag = element.name.clone();
    if let Some(found) = find(element, name) {
        notes.notice(
            "dialect.dropped",
            found.at,
            format!("{name} of <{tag}> has no meaning here"),
            "take it out",
        );
        element
            .attributes
            .retain(|attribute| attribute.name != name);
    }
}

/// `_data.x` means the variable `x`; the data model offers `_data`, so only the reader is told.
fn data_alias(element: &Element, notes: &mut Notes) {
    let in_text = element.text().contains("_data.");
    if in_text {
        note(element, "dialect.data", "_data.x is read as x", notes);
    }
    for attribute in element
        .attributes
        .iter()
        .filter(|a| a.value.contains("_data."))
    {
        notes.notice(
            "dialect.data",
            attribute.at,
            "_data.x is read as x",
            "write x",
        );
    }
}

fn note(element: &Element, code: &'static str, message: &str, notes: &mut Notes) {
    notes.notice(
        code,
        element.at,
        message,
        "write it as the Recommendation does",
    );
}

fn find<'e>(element: &'e mut Element, name: &str) -> Option<&'e mut Attribute> {
    element
        .attributes
        .iter_mut()
        .find(|attribute| attribute.namespace.is_empty() && attribute.name == name)
}

/// What stands between quotes, if the whole text is one quoted literal.
fn unquoted(text: &str) -> Option<String> {
    let text = text.trim();
    let quote = text.chars().next().filter(|c| *c == '\'' || *c == '"')?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains(quote) && !inner.contains('\\')).then(|| inner.to_owned())
}
