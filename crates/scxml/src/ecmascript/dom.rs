//! The trees that the small DOM of the prelude is grown from.

use rquickjs::{Array, Ctx, Value as Js};

use crate::limits::DocumentLimits;
use crate::position::Notes;
use crate::xml::{self, Element, Node};

/// `[prefix, local, namespace, attributes, children]` of the root; undefined if it is not XML.
pub(super) fn tree<'js>(ctx: Ctx<'js>, text: String) -> rquickjs::Result<Js<'js>> {
    match read(&text) {
        Some(root) => branch(&ctx, &root),
        None => Ok(Js::new_undefined(ctx)),
    }
}

/// The text of the node with a number, in document order from the root, 0; of the document, -1.
pub(super) fn text_of(text: String, number: i32) -> String {
    let Ok(mut left) = usize::try_from(number) else {
        return text;
    };
    let Some(root) = read(&text) else {
        return text;
    };
    if left == 0 {
        return xml::outer_xml(&root);
    }
    left -= 1;
    nth(&root.children, &mut left).unwrap_or_default()
}

fn read(text: &str) -> Option<Element> {
    xml::parse(
        text.trim(),
        0,
        &DocumentLimits::default(),
        &mut Notes::default(),
    )
}

fn nth(nodes: &[Node], left: &mut usize) -> Option<String> {
    for node in nodes {
        if *left == 0 {
            return Some(match node {
                Node::Element(element) => xml::outer_xml(element),
                Node::Text(text) => text.clone(),
            });
        }
        *left -= 1;
        if let Node::Element(element) = node
            && let Some(found) = nth(&element.children, left)
        {
            return Some(found);
        }
    }
    None
}

fn branch<'js>(ctx: &Ctx<'js>, element: &Element) -> rquickjs::Result<Js<'js>> {
    let attributes = Array::new(ctx.clone())?;
    for (index, attribute) in element.attributes.iter().enumerate() {
        let name = qualified(&attribute.prefix, &attribute.name);
        attributes.set(index, vec![name, attribute.value.clone()])?;
    }
    let children = Array::new(ctx.clone())?;
    for (index, child) in element.children.iter().enumerate() {
        match child {
            Node::Element(child) => children.set(index, branch(ctx, child)?)?,
            Node::Text(text) => children.set(index, text.as_str())?,
        }
    }
    let made = Array::new(ctx.clone())?;
    made.set(0, element.prefix.as_str())?;
    made.set(1, element.name.as_str())?;
    made.set(2, element.namespace.as_str())?;
    made.set(3, attributes)?;
    made.set(4, children)?;
    Ok(made.into_value())
}

fn qualified(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}:{name}")
    }
}
