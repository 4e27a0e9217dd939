//! Executable content (section 4, 6.2, 6.3), flattened to operations.

use super::Builder;
use crate::chart::{AssignSource, Block, ExpressionIx, ExpressionKind, Given, Op, OpKind, SendOp};
use crate::position::Position;
use crate::xml::Element;

/// A first place for a jump; put right when the end is known.
const OPEN: u32 = u32::MAX;

impl Builder<'_, '_> {
    /// The operations of an element that holds executable content.
    pub(super) fn block(&mut self, element: &Element) -> Block {
        let from = self.here();
        for child in element.elements() {
            self.operation(child, &element.name);
        }
        from..self.here()
    }

    fn here(&self) -> u32 {
        self.chart.ops.len() as u32
    }

    fn push(&mut self, at: Position, kind: OpKind) -> u32 {
        let index = self.here();
        self.chart.ops.push(Op { at, kind });
        index
    }

    fn operation(&mut self, element: &Element, inside: &str) {
        if !element.is_scxml() {
            return self.foreign(element, inside);
        }
        match element.name.as_str() {
            "raise" => self.raise(element),
            "if" => self.if_else(element),
            "foreach" => self.foreach(element),
            "log" => self.log(element),
            "assign" => self.assign(element),
            "script" => {
                if let Some(script) = self.script(element) {
                    self.push(element.at, OpKind::Script(script));
                }
            }
            "send" => self.send(element),
            "cancel" => self.cancel(element),
            _ => self.unexpected(element, inside),
        }
    }

    fn foreign(&mut self, element: &Element, inside: &str) {
        if let Some(shape) = self.vocabulary.action(&element.namespace, &element.name) {
            let shape = shape.clone();
            let action = self.action(element, &shape);
            self.chart.actions.push(action);
            let index = self.chart.actions.len() as u32 - 1;
            self.push(element.at, OpKind::Action(index));
        } else if self.vocabulary.knows(&element.namespace) {
            self.notes.error(
                "action.unknown",
                element.at,
                format!(
                    "there is no action <{}> in `{}`",
                    element.name, element.namespace
                ),
                "see the list of actions",
            );
        } else {
            self.unexpected(element, inside);
        }
    }

    fn raise(&mut self, element: &Element) {
        if let Some(event) = self.required(element, "event") {
            let event = event.value.clone();
            self.push(element.at, OpKind::Raise(event));
        }
    }

    /// 4.3: each partition jumps over the rest when it is done.
    fn if_else(&mut self, element: &Element) {
        let Some(condition) = self.condition(element) else {
            return;
        };
        let mut unless = Some(self.unless(element.at, condition));
        let mut exits = Vec::new();
        for child in element.elements() {
            let partition = child.is_scxml().then_some(child.name.as_str());
            match partition {
                Some("elseif" | "else") if unless.is_none() => self.notes.error(
                    "if.order",
                    child.at,
                    format!("<{}> after <else>", child.name),
                    "put <else> last",
                ),
                Some("elseif" | "else") => {
                    exits.push(self.push(child.at, OpKind::Jump(OPEN)));
                    self.close(unless.take());
                    if child.name == "elseif" {
                        let Some(condition) = self.condition(child) else {
                            return;
                        };
                        unless = Some(self.unless(child.at, condition));
                    }
                }
                _ => self.operation(child, "if"),
            }
        }
        self.close(unless);
        for exit in exits {
            self.close(Some(exit));
        }
    }

    fn condition(&mut self, element: &Element) -> Option<ExpressionIx> {
        self.required(element, "cond")?;
        self.attribute_expression(element, "cond", ExpressionKind::Condition)
    }

    fn unless(&mut self, at: Position, condition: ExpressionIx) -> u32 {
        self.push(
            at,
            OpKind::Unless {
                condition,
                to: OPEN,
            },
        )
    }

    /// Lets a jump go on here.
    fn close(&mut self, jump: Option<u32>) {
        let here = self.here();
        let Some(jump) = jump else { return };
        match &mut self.chart.ops[jump as usize].kind {
            OpKind::Unless { to, .. } | OpKind::Jump(to) | OpKind::Foreach { end: to, .. } => {
                *to = here
            }
            _ => {}
        }
    }

    fn foreach(&mut self, element: &Element) {
        let array = self.required(element, "array").is_some();
        let item = self.required(element, "item").is_some();
        if !array || !item {
            return;
        }
        let array = self.attribute_expression(element, "array", ExpressionKind::Value);
        let item = self.attribute_expression(element, "item", ExpressionKind::Location);
        let index = self.attribute_expression(element, "index", ExpressionKind::Location);
        let (Some(array), Some(item)) = (array, item) else {
            return;
        };
        let open = self.push(
            element.at,
            OpKind::Foreach {
                array,
                item,
                index,
                end: OPEN,
            },
        );
        for child in element.elements() {
            self.operation(child, "foreach");
        }
        self.push(element.at, OpKind::Next { body: open + 1 });
        self.close(Some(open));
    }

    fn log(&mut self, element: &Element) {
        let blank = element
            .attribute("expr")
            .is_none_or(|expr| expr.trim().is_empty());
        let expression = if blank {
            None
        } else {
            self.attribute_expression(element, "expr", ExpressionKind::Value)
        };
        let label = element.attribute("label").map(str::to_owned);
        self.push(element.at, OpKind::Log { label, expression });
    }

    fn assign(&mut self, element: &Element) {
        if self.required(element, "location").is_none() {
            return;
        }
        let Some(location) =
            self.attribute_expression(element, "location", ExpressionKind::Location)
        else {
            return;
        };
        let content = super::payload::literal(element);
        let expression = self.attribute_expression(element, "expr", ExpressionKind::Value);
        let value = match (expression, content) {
            (Some(_), Some(_)) => {
                self.notes.error(
                    "assign.conflict",
                    element.at,
                    "<assign> has both expr and something inside",
                    "keep one of them",
                );
                return;
            }
            (Some(expression), None) => AssignSource::Expression(expression),
            (None, Some(content)) => AssignSource::Content(content),
            (None, None) => {
                self.notes.error(
                    "attribute.missing",
                    element.at,
                    "<assign> has nothing to assign",
                    "give it expr, or put the value inside",
                );
                return;
            }
        };
        self.push(element.at, OpKind::Assign { location, value });
    }

    /// 5.8: inline, or from a file that must be there when the document is loaded.
    pub(super) fn script(&mut self, element: &Element) -> Option<ExpressionIx> {
        let inline = element.text();
        let Some(src) = element.attribute_at("src") else {
            return Some(self.expression(ExpressionKind::Script, "script", &inline, element.at));
        };
        if !inline.trim().is_empty() {
            self.notes.error(
                "script.conflict",
                element.at,
                "<script> has both src and something inside",
                "keep one of them",
            );
        }
        match self.reader.text(&src.value, element.at) {
            Ok(text) => Some(self.expression(ExpressionKind::Script, "script", &text, element.at)),
            Err(problem) => {
                self.notes.error(
                    "script.missing",
                    src.at,
                    format!("`{}` could not be loaded: {problem}", src.value),
                    "a document whose scripts are missing is refused (5.8)",
                );
                None
            }
        }
    }

    fn send(&mut self, element: &Element) {
        for (literal, expression) in [
            ("event", "eventexpr"),
            ("target", "targetexpr"),
            ("type", "typeexpr"),
            ("delay", "delayexpr"),
            ("id", "idlocation"),
        ] {
            self.exclusive(element, literal, expression);
        }
        self.check_delay(element);
        let payload = self.payload(element, true);
        let send = SendOp {
            event: self.given(element, "event", "eventexpr"),
            target: self.given(element, "target", "targetexpr"),
            kind: self.given(element, "type", "typeexpr"),
            id: element
                .attribute("id")
                .map(|id| Given::Literal(id.to_owned())),
            id_location: self.attribute_expression(element, "idlocation", ExpressionKind::Location),
            delay: self.given(element, "delay", "delayexpr"),
            payload,
            extra: self.hints(element),
        };
        if send.event.is_none() && send.payload.content.is_none() && send.kind.is_none() {
            self.notes.warning(
                "send.event",
                element.at,
                "<send> has no event",
                "give it event or eventexpr; the SCXML processor refuses it otherwise",
            );
        }
        self.chart.sends.push(send);
        let index = self.chart.sends.len() as u32 - 1;
        self.push(element.at, OpKind::Send(index));
    }

    /// Attributes of other namespaces, and `hints` of the older server.
    fn hints(&mut self, element: &Element) -> Vec<(String, Given)> {
        let mut hints = Vec::new();
        for attribute in &element.attributes {
            if attribute.namespace.is_empty() && attribute.name == "hints" {
                let value = self.expression(
                    ExpressionKind::Value,
                    "send",
                    &attribute.value,
                    attribute.at,
                );
                hints.push((attribute.name.clone(), Given::Expression(value)));
            } else if !attribute.namespace.is_empty() {
                hints.push((
                    attribute.name.clone(),
                    Given::Literal(attribute.value.clone()),
                ));
            }
        }
        hints
    }

    fn check_delay(&mut self, element: &Element) {
        let Some(delay) = element.attribute_at("delay") else {
            return;
        };
        if crate::time::duration(&delay.value).is_none() {
            self.notes.error(
                "delay.value",
                delay.at,
                format!("`{}` is no duration", delay.value),
                "write a number with s or ms, such as 1.5s (6.2.4)",
            );
        }
        if element.attribute("target") == Some("#_internal") {
            self.notes.error(
                "delay.internal",
                delay.at,
                "an event for the internal queue cannot be delayed",
                "take delay or target out",
            );
        }
    }

    fn cancel(&mut self, element: &Element) {
        self.exclusive(element, "sendid", "sendidexpr");
        match self.given(element, "sendid", "sendidexpr") {
            Some(id) => {
                self.push(element.at, OpKind::Cancel(id));
            }
            None => self.notes.error(
                "attribute.missing",
                element.at,
                "<cancel> has neither sendid nor sendidexpr",
                "name the <send> that is cancelled",
            ),
        }
    }
}
