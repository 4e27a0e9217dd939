//! `<invoke>` (6.4) and `<finalize>` (6.5).

use super::{Run, Step};
use crate::chart::InvokeOp;
use crate::datamodel::{Assigned, Failure, View};
use crate::effect::{Effect, Invoke, Source};
use crate::event::{Event, EventKind};
use crate::session::Invocation;
use crate::states::StateIx;
use crate::value::Value;

impl Run<'_> {
    /// What was entered in this macrostep and not left again starts what it invokes.
    pub(super) fn invoke_all(&mut self) -> Step {
        let states: Vec<StateIx> = self.to_invoke.iter().collect();
        self.to_invoke.clear();
        let chart = self.chart;
        for state in states {
            for op in chart.at(state).invokes.clone() {
                let invoke = &chart.invokes[op as usize];
                self.at = invoke.at;
                let prepared = self.prepare(state, invoke);
                if let Some(prepared) = self.guard(prepared, invoke.at, "invoke")? {
                    self.session.invocations.push(Invocation {
                        id: prepared.id.clone(),
                        state,
                        ended: false,
                        op,
                    });
                    self.effect(Effect::Invoke(Box::new(prepared)))?;
                }
            }
        }
        Ok(())
    }

    fn prepare(&mut self, state: StateIx, invoke: &InvokeOp) -> Result<Invoke, Failure> {
        let written = invoke
            .kind
            .as_ref()
            .map(|kind| self.given(kind))
            .transpose()?;
        let written = written.unwrap_or_default();
        let kind = self
            .platform
            .invoke_kind(&written)
            .ok_or_else(|| Failure::new(format!("the type `{written}` cannot be invoked here")))?;
        let id = match &invoke.id {
            Some(id) => id.clone(),
            None => format!("{}.{}", self.chart.at(state).id, self.next_id()),
        };
        let source = match (&invoke.source, &invoke.payload.content) {
            (Some(source), _) => Source::Address(self.given(source)?),
            (None, Some(content)) => Source::Inline(self.content(content)?),
            (None, None) => Source::None,
        };
        let params = self.params(&invoke.payload)?;
        if let Some(location) = invoke.id_location {
            let view = View {
                chart: self.chart,
                active: &self.session.configuration,
            };
            let value = Value::text(id.as_str());
            self.data.assign(view, location, Assigned::Value(&value))?;
        }
        let base = self.chart.files.get(usize::from(invoke.at.file));
        Ok(Invoke {
            id,
            kind,
            source,
            params,
            base: base.cloned().unwrap_or_default(),
        })
    }

    /// What was invoked and told its end takes no events any more (6.4.3).
    pub(super) fn note_end(&mut self, event: &Event) {
        let ended = event.name.strip_prefix("done.invoke.");
        for invocation in &mut self.session.invocations {
            if ended == Some(invocation.id.as_str()) {
                invocation.ended = true;
            }
        }
    }

    /// An external event passes the `<finalize>` of its invocation, and goes on to whatever wants all.
    pub(super) fn finalize_and_forward(&mut self, event: &Event) -> Step {
        if self.session.invocations.is_empty() || event.kind != EventKind::External {
            return Ok(());
        }
        let chart = self.chart;
        let mut invocations = self.session.invocations.clone();
        invocations.sort_by_key(|invocation| invocation.op);
        for invocation in invocations {
            let invoke = &chart.invokes[invocation.op as usize];
            if event.invokeid.as_deref() == Some(invocation.id.as_str()) {
                self.block(invoke.finalize.clone())?;
            }
            if invoke.autoforward && !invocation.ended {
                self.effect(Effect::Forward {
                    id: invocation.id,
                    event: event.clone(),
                })?;
            }
        }
        Ok(())
    }
}
