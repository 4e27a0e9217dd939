//! Custom actions, read after the shape that the vocabulary gives (section 4.10).

use super::Builder;
use crate::chart::{ActionElement, ActionOp, ActionValue, ExpressionIx, ExpressionKind};
use crate::value::Value;
use crate::vocabulary::{ActionShape, AttributeKind};
use crate::xml::{Attribute, Element};

impl Builder<'_, '_> {
    pub(super) fn action(&mut self, element: &Element, shape: &ActionShape) -> ActionOp {
        let mut request_id = None;
        let read = self.action_element(element, shape, &mut request_id);
        let written: Vec<(String, String)> = element
            .attributes
            .iter()
            .map(|attribute| (attribute.name.clone(), attribute.value.clone()))
            .collect();
        for problem in self
            .vocabulary
            .examine(&element.namespace, &element.name, &written)
        {
            self.notes.error(
                "action.invalid",
                element.at,
                problem,
                "see the description of the action",
            );
        }
        ActionOp {
            element: read,
            request_id,
        }
    }

    fn action_element(
        &mut self,
        element: &Element,
        shape: &ActionShape,
        request_id: &mut Option<ExpressionIx>,
    ) -> ActionElement {
        let mut attributes = Vec::new();
        for attribute in &element.attributes {
            let known = shape
                .attributes
                .iter()
                .find(|known| known.name == attribute.name);
            match known.map(|known| known.kind).or(shape.others) {
                Some(AttributeKind::RequestId) => {
                    let location = self.expression(
                        ExpressionKind::Location,
                        &element.name,
                        &attribute.value,
                        attribute.at,
                    );
                    *request_id = Some(location);
                }
                Some(kind) => {
                    let value = self.action_value(element, attribute, kind);
                    attributes.push((attribute.name.clone(), value));
                }
                None => self.notes.error(
                    "action.attribute",
                    attribute.at,
                    format!("<{}> has no attribute {}", element.name, attribute.name),
                    format!("it takes: {}", names(shape)),
                ),
            }
        }
        for missing in shape.attributes.iter().filter(|known| {
            known.required && element.attributes.iter().all(|a| a.name != known.name)
        }) {
            self.notes.error(
                "attribute.missing",
                element.at,
                format!("<{}> has no {}", element.name, missing.name),
                format!("give it {}=\"..\"", missing.name),
            );
        }
        let children = self.action_children(element, shape, request_id);
        let text = element.text();
        if !shape.text && !text.trim().is_empty() {
            self.notes.warning(
                "action.text",
                element.at,
                format!("the text inside of <{}> means nothing", element.name),
                "take it out",
            );
        }
        ActionElement {
            namespace: element.namespace.clone(),
            name: element.name.clone(),
            attributes,
            text: if shape.text {
                text.trim().to_owned()
            } else {
                String::new()
            },
            children,
        }
    }

    fn action_value(
        &mut self,
        element: &Element,
        attribute: &Attribute,
        kind: AttributeKind,
    ) -> ActionValue {
        match kind {
            AttributeKind::Value | AttributeKind::Either => {
                let expression = self.expression(
                    ExpressionKind::Value,
                    &element.name,
                    &attribute.value,
                    attribute.at,
                );
                ActionValue::Expression(expression, kind)
            }
            AttributeKind::Text | AttributeKind::Location | AttributeKind::RequestId => {
                ActionValue::Given(Value::text(attribute.value.as_str()))
            }
        }
    }

    fn action_children(
        &mut self,
        element: &Element,
        shape: &ActionShape,
        request_id: &mut Option<ExpressionIx>,
    ) -> Vec<ActionElement> {
        let mut children = Vec::new();
        for child in element.elements() {
            match shape.children.iter().find(|(name, _)| *name == child.name) {
                Some((_, shape)) => children.push(self.action_element(child, shape, request_id)),
                None => self.notes.error(
                    "element.unexpected",
                    child.at,
                    format!("<{}> cannot stand inside of <{}>", child.name, element.name),
                    "see the description of the action",
                ),
            }
        }
        children
    }
}

fn names(shape: &ActionShape) -> String {
    let names: Vec<&str> = shape
        .attributes
        .iter()
        .map(|known| known.name.as_str())
        .collect();
    names.join(", ")
}
