//! Executable content (section 4): one error ends its block, not the step.

use super::{Run, Step};
use crate::chart::{
    ActionElement, ActionOp, ActionValue, AssignSource, Block, ExpressionIx, Given, OpKind,
};
use crate::datamodel::{Assigned, Failure, View};
use crate::effect::{self, Effect};
use crate::event::EventKind;
use crate::limits::Limit;
use crate::value::Value;
use crate::vocabulary::AttributeKind;

/// A `<foreach>` under way: how many items, and which is bound.
struct Loop {
    items: usize,
    position: usize,
}

impl Run<'_> {
    pub(super) fn block(&mut self, block: Block) -> Step {
        let chart = self.chart;
        let mut loops: Vec<Loop> = Vec::new();
        let mut next = block.start;
        while next < block.end {
            self.operations += 1;
            if self.operations > self.platform.limits.operations {
                return Err(Limit::Operations);
            }
            let op = &chart.ops[next as usize];
            self.at = op.at;
            match self.operation(&op.kind, next, &mut loops) {
                Ok(following) => next = following,
                Err(Stop::Limit(limit)) => return Err(limit),
                Err(stop) => {
                    for _ in loops {
                        self.data.close_iteration();
                    }
                    return self.report(stop, op.at, element_of(&op.kind));
                }
            }
        }
        Ok(())
    }

    fn report(&mut self, stop: Stop, at: crate::position::Position, element: &str) -> Step {
        match stop {
            Stop::Limit(limit) => Err(limit),
            Stop::Failed(reason) => self.error("error.execution", at, element, &reason, None),
            Stop::SendFailed { reason, sendid } => {
                self.error("error.execution", at, element, &reason, Some(&sendid))
            }
        }
    }

    /// Carries out one operation; the index of the next.
    fn operation(&mut self, kind: &OpKind, here: u32, loops: &mut Vec<Loop>) -> Result<u32, Stop> {
        match kind {
            OpKind::Raise(event) => {
                self.raise_internal(event, Value::Undefined, EventKind::Internal)?;
            }
            OpKind::Log { label, expression } => self.log(label.as_deref(), *expression)?,
            OpKind::Assign { location, value } => self.assign(*location, value)?,
            OpKind::Script(script) => {
                let view = View {
                    chart: self.chart,
                    active: &self.session.configuration,
                };
                self.data.script(view, *script)?;
            }
            OpKind::Unless { condition, to } => {
                if !self.holds(Some(*condition), self.at, "if")? {
                    return Ok(*to);
                }
            }
            OpKind::Jump(to) => return Ok(*to),
            OpKind::Foreach {
                array,
                item,
                index,
                end,
            } => {
                let view = View {
                    chart: self.chart,
                    active: &self.session.configuration,
                };
                let items = self.data.iterate(view, *array, *item, *index)?;
                loops.push(Loop { items, position: 0 });
                return self.bind_or_close(loops, here + 1, *end);
            }
            OpKind::Next { body } => {
                if let Some(innermost) = loops.last_mut() {
                    innermost.position += 1;
                }
                return self.bind_or_close(loops, *body, here + 1);
            }
            OpKind::Send(index) => self.send(*index)?,
            OpKind::Cancel(id) => {
                let id = self.given(id)?;
                self.session
                    .delayed
                    .retain(|delayed| delayed.send.sendid != id);
            }
            OpKind::Action(index) => self.action(*index)?,
        }
        Ok(here + 1)
    }

    fn bind_or_close(&mut self, loops: &mut Vec<Loop>, body: u32, end: u32) -> Result<u32, Stop> {
        let open = loops
            .last()
            .filter(|innermost| innermost.position < innermost.items);
        let Some(position) = open.map(|innermost| innermost.position) else {
            loops.pop();
            self.data.close_iteration();
            return Ok(end);
        };
        let view = View {
            chart: self.chart,
            active: &self.session.configuration,
        };
        self.data.bind_item(view, position)?;
        Ok(body)
    }

    fn log(&mut self, label: Option<&str>, expression: Option<ExpressionIx>) -> Result<(), Stop> {
        let view = View {
            chart: self.chart,
            active: &self.session.configuration,
        };
        let value = match expression {
            Some(expression) => self.data.shown(view, expression)?,
            None => Value::Undefined,
        };
        self.effect(Effect::Log {
            label: label.map(str::to_owned),
            value,
            at: self.at,
        })?;
        Ok(())
    }

    fn assign(&mut self, location: ExpressionIx, value: &AssignSource) -> Result<(), Stop> {
        let assigned = match value {
            AssignSource::Expression(expression) => Assigned::Expression(*expression),
            AssignSource::Content(content) => Assigned::Content(content),
        };
        let view = View {
            chart: self.chart,
            active: &self.session.configuration,
        };
        Ok(self.data.assign(view, location, assigned)?)
    }

    /// A literal, or the text of an expression's value.
    pub(super) fn given(&mut self, given: &Given) -> Result<String, Failure> {
        match given {
            Given::Literal(text) => Ok(text.clone()),
            Given::Expression(expression) => match self.value(*expression)? {
                Value::Undefined | Value::Null => Err(Failure::new("the expression has no value")),
                value => Ok(value.to_text()),
            },
        }
    }

    fn action(&mut self, index: u32) -> Result<(), Stop> {
        let chart = self.chart;
        let action: &ActionOp = &chart.actions[index as usize];
        let element = self.action_element(&action.element)?;
        let number = self.next_id();
        let request_id = format!("{}.{number}", self.session.id);
        if let Some(location) = action.request_id {
            let view = View {
                chart,
                active: &self.session.configuration,
            };
            let id = Value::text(request_id.as_str());
            self.data.assign(view, location, Assigned::Value(&id))?;
        }
        self.effect(Effect::Action(Box::new(effect::Action {
            request_id,
            element,
            at: self.at,
        })))?;
        Ok(())
    }

    fn action_element(&mut self, element: &ActionElement) -> Result<effect::ActionElement, Stop> {
        let mut attributes = Vec::with_capacity(element.attributes.len());
        for (name, value) in &element.attributes {
            let value = match value {
                ActionValue::Given(value) => value.clone(),
                ActionValue::Expression(expression, kind) => {
                    self.action_value(*expression, *kind)?
                }
            };
            attributes.push((name.clone(), value));
        }
        let mut children = Vec::with_capacity(element.children.len());
        for child in &element.children {
            children.push(self.action_element(child)?);
        }
        Ok(effect::ActionElement {
            namespace: element.namespace.clone(),
            name: element.name.clone(),
            attributes,
            text: element.text.clone(),
            children,
        })
    }

    fn action_value(
        &mut self,
        expression: ExpressionIx,
        kind: AttributeKind,
    ) -> Result<Value, Stop> {
        match self.value(expression) {
            Err(Failure::Execution(_)) if kind == AttributeKind::Either => {
                Ok(Value::text(self.chart.expression(expression).text.as_str()))
            }
            other => Ok(other?),
        }
    }
}

/// Why a block ends before its end.
pub(super) enum Stop {
    Limit(Limit),
    Failed(String),
    /// A `<send>` that failed: the error carries its id (5.10.1).
    SendFailed {
        reason: String,
        sendid: String,
    },
}

impl From<Limit> for Stop {
    fn from(limit: Limit) -> Stop {
        Stop::Limit(limit)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        match failure {
            Failure::Limit(limit) => Stop::Limit(limit),
            Failure::Execution(reason) => Stop::Failed(reason),
        }
    }
}

fn element_of(kind: &OpKind) -> &'static str {
    match kind {
        OpKind::Raise(_) => "raise",
        OpKind::Log { .. } => "log",
        OpKind::Assign { .. } => "assign",
        OpKind::Script(_) => "script",
        OpKind::Unless { .. } | OpKind::Jump(_) => "if",
        OpKind::Foreach { .. } | OpKind::Next { .. } => "foreach",
        OpKind::Send(_) => "send",
        OpKind::Cancel(_) => "cancel",
        OpKind::Action(_) => "action",
    }
}
