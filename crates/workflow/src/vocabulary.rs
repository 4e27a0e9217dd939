//! The table as the vocabulary that documents are read with.

use std::collections::BTreeMap;

use ringback_scxml::{ActionShape, AttributeKind, AttributeShape, Vocabulary};

use crate::table::{self, Attribute, Child, Kind, Value};

/// The actions of the table, for [`ringback_scxml::compile`].
///
/// Namespaces that begin like ours or like the older server's are known as a whole: an unknown module
/// or name in one of them is a mistake, not an element for somebody else.
pub struct Actions {
    shapes: BTreeMap<(&'static str, &'static str), ActionShape>,
}

impl Default for Actions {
    fn default() -> Actions {
        let shapes = table::all()
            .map(|(module, action)| {
                let own = action.attributes.iter().chain(table::COMMON);
                let shape = ActionShape {
                    attributes: own.map(attribute).collect(),
                    others: None,
                    children: children(action.children),
                    text: false,
                };
                ((module.name, action.name), shape)
            })
            .collect();
        Actions { shapes }
    }
}

impl Vocabulary for Actions {
    fn knows(&self, namespace: &str) -> bool {
        namespace.starts_with(table::NAMESPACE)
            || table::OLDER_NAMESPACES
                .iter()
                .any(|older| namespace.starts_with(older))
    }

    fn action(&self, namespace: &str, name: &str) -> Option<&ActionShape> {
        let (module, action) = table::action(namespace, name)?;
        self.shapes.get(&(module.name, action.name))
    }

    fn examine(&self, namespace: &str, name: &str, written: &[(String, String)]) -> Vec<String> {
        let Some((_, action)) = table::action(namespace, name) else {
            return Vec::new();
        };
        written
            .iter()
            .filter_map(|(name, text)| {
                let known = action.attributes.iter().find(|known| known.name == name)?;
                problem(known, text)
            })
            .collect()
    }
}

fn attribute(attribute: &Attribute) -> AttributeShape {
    AttributeShape {
        name: attribute.name.to_owned(),
        kind: match attribute.kind {
            Kind::Literal => AttributeKind::Text,
            Kind::Value => AttributeKind::Value,
            Kind::Location => AttributeKind::Location,
            Kind::RequestId => AttributeKind::RequestId,
        },
        required: attribute.required,
    }
}

fn children(known: &[Child]) -> Vec<(String, ActionShape)> {
    known
        .iter()
        .map(|child| {
            let shape = ActionShape {
                attributes: child.attributes.iter().map(attribute).collect(),
                others: None,
                children: children(child.children),
                text: child.text,
            };
            (child.name.to_owned(), shape)
        })
        .collect()
}

/// What can be said of a value before anything runs: only texts in quotes are known then.
fn problem(attribute: &Attribute, written: &str) -> Option<String> {
    let name = attribute.name;
    let text = match attribute.kind {
        Kind::Literal => written,
        Kind::Value => quoted(written)?,
        Kind::Location | Kind::RequestId => return None,
    };
    match attribute.value {
        Value::OneOf(allowed) if !allowed.contains(&text) => Some(format!(
            "{name} is `{text}`; it may be {}",
            allowed.join(", ")
        )),
        Value::Duration if crate::duration::milliseconds(text).is_none() => Some(format!(
            "{name} is `{text}`; write seconds as a number, or 500ms, 30s, 5m, 2h"
        )),
        _ => None,
    }
}

/// What stands between quotes, if the whole expression is one text.
pub(crate) fn quoted(expression: &str) -> Option<&str> {
    let expression = expression.trim();
    let quote = expression.chars().next().filter(|c| "'\"".contains(*c))?;
    let inner = expression.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains(quote) && !inner.contains('\\')).then_some(inner)
}
