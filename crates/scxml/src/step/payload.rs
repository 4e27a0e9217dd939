//! The data of events (5.5 to 5.7).

use super::{Run, Step};
use crate::chart::{ContentSource, ExpressionIx, Payload};
use crate::datamodel::{Failure, View};
use crate::states::StateIx;
use crate::value::Value;

impl Run<'_> {
    pub(super) fn value(&mut self, expression: ExpressionIx) -> Result<Value, Failure> {
        let view = View {
            chart: self.chart,
            active: &self.session.configuration,
        };
        self.data.value(view, expression)
    }

    /// All of it, or the first failure.
    pub(super) fn payload(
        &mut self,
        payload: &Payload,
    ) -> Result<(Value, Vec<(String, Value)>), Failure> {
        if let Some(content) = &payload.content {
            return Ok((self.content(content)?, Vec::new()));
        }
        let params = self.params(payload)?;
        Ok((as_map(&params), params))
    }

    /// `namelist` and `<param>`, in this order.
    pub(super) fn params(&mut self, payload: &Payload) -> Result<Vec<(String, Value)>, Failure> {
        let mut params = Vec::with_capacity(payload.namelist.len() + payload.params.len());
        for (name, expression) in payload.namelist.iter().chain(&payload.params) {
            params.push((name.clone(), self.value(*expression)?));
        }
        Ok(params)
    }

    pub(super) fn content(&mut self, content: &ContentSource) -> Result<Value, Failure> {
        match content {
            ContentSource::Expression(expression) => self.value(*expression),
            ContentSource::Literal(content) => Ok(self.data.interpret(content)),
        }
    }

    /// 5.5: parameters that fail are left out, content that fails is empty; both are errors.
    pub(super) fn done_data(&mut self, state: StateIx) -> Step<Value> {
        let chart = self.chart;
        let Some(payload) = &chart.at(state).done_data else {
            return Ok(Value::Undefined);
        };
        if let Some(content) = &payload.content {
            let value = self.content(content);
            let value = self.guard(value, chart.at(state).at, "content")?;
            return Ok(value.unwrap_or_default());
        }
        let mut params = Vec::new();
        for (name, expression) in &payload.params {
            let value = self.value(*expression);
            if let Some(value) = self.guard(value, chart.expression(*expression).at, "param")? {
                params.push((name.clone(), value));
            }
        }
        Ok(as_map(&params))
    }
}

/// Names that come twice keep their last value; nothing at all is no value.
fn as_map(params: &[(String, Value)]) -> Value {
    if params.is_empty() {
        return Value::Undefined;
    }
    let mut members: Vec<(String, Value)> = Vec::with_capacity(params.len());
    for (name, value) in params {
        match members.iter_mut().find(|(known, _)| known == name) {
            Some(member) => member.1 = value.clone(),
            None => members.push((name.clone(), value.clone())),
        }
    }
    Value::Map(members)
}
