//! What `<send>`, `<invoke>` and `<donedata>` carry: `namelist`, `<param>`, `<content>` (5.5 to 5.7).

use super::Builder;
use crate::chart::{Content, ContentSource, ExpressionIx, ExpressionKind, Payload};
use crate::xml::Element;

impl Builder<'_, '_> {
    pub(super) fn payload(&mut self, element: &Element, takes_namelist: bool) -> Payload {
        let mut payload = Payload::default();
        if takes_namelist {
            payload.namelist = self.namelist(element);
        }
        for child in element.elements().filter(|child| child.is_scxml()) {
            match child.name.as_str() {
                "param" => payload.params.extend(self.param(child)),
                "content" if payload.content.is_some() => self.notes.error(
                    "content.double",
                    child.at,
                    "there is another <content>",
                    "keep one",
                ),
                "content" => payload.content = Some(self.content(child)),
                _ => {}
            }
        }
        // <invoke> may give both: the parameters are the data of the markup.
        let mixed = payload.content.is_some()
            && element.name != "invoke"
            && (!payload.params.is_empty() || !payload.namelist.is_empty());
        if mixed {
            self.notes.error(
                "content.conflict",
                element.at,
                format!("<{}> has <content> beside parameters", element.name),
                "keep one of them",
            );
        }
        payload
    }

    fn namelist(&mut self, element: &Element) -> Vec<(String, ExpressionIx)> {
        let Some(attribute) = element.attribute_at("namelist") else {
            return Vec::new();
        };
        let (value, at) = (attribute.value.clone(), attribute.at);
        value
            .split_whitespace()
            .map(|name| {
                let location = self.expression(ExpressionKind::Value, &element.name, name, at);
                (name.to_owned(), location)
            })
            .collect()
    }

    fn param(&mut self, element: &Element) -> Option<(String, ExpressionIx)> {
        self.exclusive(element, "expr", "location");
        let name = self.required(element, "name")?.value.clone();
        let source = if element.attribute("expr").is_some() {
            "expr"
        } else {
            "location"
        };
        let value = self.attribute_expression(element, source, ExpressionKind::Value);
        if value.is_none() {
            self.notes.error(
                "attribute.missing",
                element.at,
                format!("the parameter `{name}` has neither expr nor location"),
                "give it one of them",
            );
        }
        Some((name, value?))
    }

    fn content(&mut self, element: &Element) -> ContentSource {
        if let Some(expr) = self.attribute_expression(element, "expr", ExpressionKind::Value) {
            if literal(element).is_some() {
                self.notes.error(
                    "content.conflict",
                    element.at,
                    "<content> has both expr and something inside",
                    "keep one of them",
                );
            }
            return ContentSource::Expression(expr);
        }
        ContentSource::Literal(literal(element).unwrap_or(Content::Text(String::new())))
    }
}

/// What stands inside of an element; `None` if there is nothing but blanks.
pub(super) fn literal(element: &Element) -> Option<Content> {
    if element.elements().next().is_some() {
        return Some(Content::Markup(element.inner_xml().trim().to_owned()));
    }
    let text = element.text();
    (!text.trim().is_empty()).then_some(Content::Text(text))
}
