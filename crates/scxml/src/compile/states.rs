//! States, transitions, data and invocations (sections 3, 5.2, 5.3 and 6.4).

use super::Builder;
use super::number::Numbered;
use crate::chart::{
    Content, Data, DataSource, Domain, ExpressionKind, Given, InvokeOp, StateKind, Transition,
    TransitionIx,
};
use crate::event::Descriptor;
use crate::position::Position;
use crate::states::StateIx;
use crate::xml::Element;

impl Builder<'_, '_> {
    /// What only the `<scxml>` element has.
    pub(super) fn root(&mut self, root: &Element) {
        for script in root
            .elements()
            .filter(|e| e.is_scxml() && e.name == "script")
        {
            if let Some(expression) = self.script(script) {
                self.chart.scripts.push(expression);
            }
        }
    }

    pub(super) fn state(&mut self, index: u32, numbered: &Numbered<'_>) {
        let element = numbered.element;
        self.allowed_children(index, element);
        self.transitions(index, element);
        self.initial(index, element);
        self.handlers(index, element);
        self.data(index, element);
        self.invokes(index, element);
        self.done_data(index, element);
    }

    fn kind(&self, index: u32) -> StateKind {
        self.chart.states[index as usize].kind
    }

    fn allowed_children(&mut self, index: u32, element: &Element) {
        let allowed: &[&str] = match self.kind(index) {
            StateKind::Root => &[
                "state",
                "parallel",
                "final",
                "datamodel",
                "script",
                "history",
            ],
            StateKind::Atomic | StateKind::Compound => &[
                "onentry",
                "onexit",
                "transition",
                "initial",
                "state",
                "parallel",
                "final",
                "history",
                "datamodel",
                "invoke",
            ],
            StateKind::Parallel => &[
                "onentry",
                "onexit",
                "transition",
                "state",
                "parallel",
                "history",
                "datamodel",
                "invoke",
            ],
            StateKind::Final => &["onentry", "onexit", "donedata"],
            StateKind::ShallowHistory | StateKind::DeepHistory => &["transition"],
        };
        for child in element.elements() {
            if !child.is_scxml() || !allowed.contains(&child.name.as_str()) {
                self.unexpected(child, &element.name);
            }
        }
    }

    fn transitions(&mut self, index: u32, element: &Element) {
        let from = self.chart.transitions.len() as u32;
        let history = self.kind(index).is_history();
        for child in scxml(element, "transition") {
            self.transition(StateIx(index), child, history);
        }
        let to = self.chart.transitions.len() as u32;
        if history {
            self.history(element, to - from);
        }
        self.chart.states[index as usize].transitions = from..to;
    }

    /// 3.10: exactly one transition, with a target and neither event nor condition.
    fn history(&mut self, element: &Element, transitions: u32) {
        if let Some(kind) = element.attribute("type")
            && !["deep", "shallow"].contains(&kind)
        {
            self.notes.error(
                "attribute.value",
                element.at,
                format!("the type of a history is `{kind}`"),
                "write shallow or deep",
            );
        }
        if transitions != 1 {
            self.notes.error(
                "history.default",
                element.at,
                format!("a <history> has one transition, not {transitions}"),
                "say where to go when there is no history yet",
            );
        }
    }

    fn transition(&mut self, source: StateIx, element: &Element, default: bool) {
        let events: Vec<Descriptor> = element
            .attribute("event")
            .unwrap_or_default()
            .split_whitespace()
            .map(Descriptor::new)
            .collect();
        let condition = self.attribute_expression(element, "cond", ExpressionKind::Condition);
        let targets = self.targets(element, "target");
        let empty =
            events.is_empty() && condition.is_none() && element.attribute("target").is_none();
        if default && (!events.is_empty() || condition.is_some()) {
            self.notes.error(
                "transition.default",
                element.at,
                "a transition of <initial> or <history> has neither event nor cond",
                "take event and cond out",
            );
        } else if default && element.attribute("target").is_none() {
            self.notes.error(
                "attribute.missing",
                element.at,
                "a transition of <initial> or <history> needs a target",
                "name the states to go to",
            );
        } else if empty {
            self.notes.warning(
                "transition.empty",
                element.at,
                "a transition has neither event nor cond nor target: it is taken for ever",
                "give it at least one of them (3.5.1)",
            );
        }
        let internal = match element.attribute("type") {
            None | Some("external") => false,
            Some("internal") => true,
            Some(other) => {
                self.notes.error(
                    "attribute.value",
                    element.at,
                    format!("the type of a transition is `{other}`"),
                    "write internal or external",
                );
                false
            }
        };
        let content = self.block(element);
        self.chart.transitions.push(Transition {
            source,
            events,
            condition,
            targets,
            internal,
            at: element.at,
            content,
            domain: Domain::Nothing,
        });
    }

    /// The states that an attribute names.
    fn targets(&mut self, element: &Element, name: &str) -> Vec<StateIx> {
        let Some(attribute) = element.attribute_at(name) else {
            return Vec::new();
        };
        let (value, at) = (attribute.value.clone(), attribute.at);
        if value.trim().is_empty() {
            self.notes.error(
                "target.unknown",
                at,
                format!("{name} is empty"),
                "name a state, or leave the attribute out",
            );
        }
        let mut found = Vec::new();
        for id in value.split_whitespace() {
            match self.chart.state(id) {
                Some(state) => found.push(state),
                None => self.notes.error(
                    "target.unknown",
                    at,
                    format!("there is no state `{id}`"),
                    "name a state of this document",
                ),
            }
        }
        found
    }

    /// 3.3, 3.6: by attribute, by element, or the first child.
    fn initial(&mut self, index: u32, element: &Element) {
        let kind = self.kind(index);
        let mut children = scxml(element, "initial");
        let written = children.next();
        let by_attribute = element.attribute("initial").is_some();
        if !matches!(kind, StateKind::Root | StateKind::Compound) {
            if by_attribute && !matches!(kind, StateKind::ShallowHistory | StateKind::DeepHistory) {
                self.notes.error(
                    "initial.unexpected",
                    element.at,
                    format!(
                        "initial on a <{}> that has no states to choose from",
                        element.name
                    ),
                    "take it out",
                );
            }
            return;
        }
        if children.next().is_some() || (written.is_some() && by_attribute) {
            self.notes.error(
                "initial.double",
                element.at,
                "the initial state is given twice",
                "keep the attribute or one <initial>",
            );
        }
        let from = self.chart.transitions.len() as u32;
        match written {
            Some(initial) => self.initial_element(index, initial),
            None => self.initial_attribute(index, element),
        }
        self.chart.states[index as usize].initial = Some(TransitionIx(from));
    }

    fn initial_element(&mut self, index: u32, initial: &Element) {
        let from = self.chart.transitions.len();
        for child in initial.elements() {
            if child.is_scxml() && child.name == "transition" {
                self.transition(StateIx(index), child, true);
            } else {
                self.unexpected(child, "initial");
            }
        }
        let made = self.chart.transitions.len() - from;
        if made != 1 {
            self.notes.error(
                "initial.transition",
                initial.at,
                format!("an <initial> has one transition, not {made}"),
                "give it one, with a target",
            );
        }
        if made == 0 {
            self.plain_transition(index, Vec::new(), initial.at);
        }
    }

    fn initial_attribute(&mut self, index: u32, element: &Element) {
        let targets = if element.attribute("initial").is_some() {
            self.targets(element, "initial")
        } else {
            let state = &self.chart.states[index as usize];
            state.children.first().copied().into_iter().collect()
        };
        self.plain_transition(index, targets, element.at);
    }

    fn plain_transition(&mut self, index: u32, targets: Vec<StateIx>, at: Position) {
        self.chart.transitions.push(Transition {
            source: StateIx(index),
            events: Vec::new(),
            condition: None,
            targets,
            internal: false,
            at,
            content: 0..0,
            domain: Domain::Nothing,
        });
    }

    fn handlers(&mut self, index: u32, element: &Element) {
        for child in scxml(element, "onentry") {
            let block = self.block(child);
            self.chart.states[index as usize].entry.push(block);
        }
        for child in scxml(element, "onexit") {
            let block = self.block(child);
            self.chart.states[index as usize].exit.push(block);
        }
    }

    fn data(&mut self, index: u32, element: &Element) {
        let from = self.chart.data.len() as u32;
        for model in scxml(element, "datamodel") {
            for child in model.elements() {
                if child.is_scxml() && child.name == "data" {
                    self.datum(index, child);
                } else {
                    self.unexpected(child, "datamodel");
                }
            }
        }
        self.chart.states[index as usize].data = from..self.chart.data.len() as u32;
    }

    fn datum(&mut self, index: u32, element: &Element) {
        let Some(id) = self.required(element, "id").map(|id| id.value.clone()) else {
            return;
        };
        if self.chart.data.iter().any(|data| data.id == id) {
            self.notes.warning(
                "data.double",
                element.at,
                format!("there is another <data> with the id `{id}`"),
                "there is one scope: the later value replaces the earlier (B.2.2)",
            );
        }
        self.exclusive(element, "src", "expr");
        let source = self.data_source(element);
        self.chart.data.push(Data {
            id,
            top_level: index == 0,
            at: element.at,
            source,
        });
    }

    fn data_source(&mut self, element: &Element) -> DataSource {
        if let Some(expr) = self.attribute_expression(element, "expr", ExpressionKind::Value) {
            return DataSource::Expression(expr);
        }
        if let Some(src) = element.attribute_at("src") {
            return match self.reader.text(&src.value, element.at) {
                Ok(text) => DataSource::Content(Content::Text(text)),
                Err(problem) => {
                    self.notes.warning(
                        "data.missing",
                        src.at,
                        format!("`{}` could not be loaded: {problem}", src.value),
                        "the session will get error.execution and an empty value",
                    );
                    DataSource::Missing(problem)
                }
            };
        }
        super::payload::literal(element).map_or(DataSource::None, DataSource::Content)
    }

    fn invokes(&mut self, index: u32, element: &Element) {
        let from = self.chart.invokes.len() as u32;
        for child in scxml(element, "invoke") {
            self.invoke(child);
        }
        self.chart.states[index as usize].invokes = from..self.chart.invokes.len() as u32;
    }

    fn invoke(&mut self, element: &Element) {
        self.exclusive(element, "type", "typeexpr");
        self.exclusive(element, "src", "srcexpr");
        self.exclusive(element, "id", "idlocation");
        for child in element.elements() {
            if !child.is_scxml() || !["param", "finalize", "content"].contains(&child.name.as_str())
            {
                self.unexpected(child, "invoke");
            }
        }
        let payload = self.payload(element, true);
        if payload.content.is_some()
            && (element.attribute("src").is_some() || element.attribute("srcexpr").is_some())
        {
            self.notes.error(
                "attribute.conflict",
                element.at,
                "<invoke> has both src and <content>",
                "keep one of them",
            );
        }
        let finalize = match scxml(element, "finalize").next() {
            Some(finalize) => self.block(finalize),
            None => 0..0,
        };
        let invoke = InvokeOp {
            at: element.at,
            kind: self.given(element, "type", "typeexpr"),
            source: self.given(element, "src", "srcexpr"),
            id: element.attribute("id").map(str::to_owned),
            id_location: self.attribute_expression(element, "idlocation", ExpressionKind::Location),
            autoforward: element.attribute("autoforward") == Some("true"),
            payload,
            finalize,
        };
        self.chart.invokes.push(invoke);
    }

    fn done_data(&mut self, index: u32, element: &Element) {
        if let Some(data) = scxml(element, "donedata").next() {
            let payload = self.payload(data, false);
            self.chart.states[index as usize].done_data = Some(payload);
        }
    }

    /// An attribute, or the one that holds it as an expression.
    pub(super) fn given(
        &mut self,
        element: &Element,
        literal: &str,
        expression: &str,
    ) -> Option<Given> {
        if let Some(text) = element.attribute(literal) {
            return Some(Given::Literal(text.to_owned()));
        }
        self.attribute_expression(element, expression, ExpressionKind::Value)
            .map(Given::Expression)
    }
}

fn scxml<'e>(element: &'e Element, name: &'static str) -> impl Iterator<Item = &'e Element> {
    element
        .elements()
        .filter(move |child| child.is_scxml() && child.name == name)
}
