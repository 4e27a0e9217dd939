//! The null data model (appendix B.1): no data, and conditions that know nothing but `In()`.

use crate::chart::{Chart, ExpressionIx};
use crate::datamodel::{Assigned, DataModel, Failure, System, View};
use crate::event::Event;
use crate::value::Value;

/// The null data model. It holds nothing, so one serves any number of sessions.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullModel;

impl DataModel for NullModel {
    fn open(&mut self, _: System<'_>) -> Result<(), Failure> {
        Ok(())
    }

    fn declare(&mut self, _: &str) -> Result<(), Failure> {
        Err(nothing("data"))
    }

    fn initialise(&mut self, _: View<'_>, _: &str, _: Assigned<'_>) -> Result<(), Failure> {
        Err(nothing("data"))
    }

    fn set_event(&mut self, _: &Event) -> Result<(), Failure> {
        Ok(())
    }

    /// `In('id')` with either kind of quotes.
    fn condition(&mut self, view: View<'_>, expression: ExpressionIx) -> Result<bool, Failure> {
        let text = &view.chart.expression(expression).text;
        let id = in_predicate(text).ok_or_else(|| {
            Failure::new("the only condition of the null data model is In('id') (B.1.2)")
        })?;
        Ok(is_active(view.chart, view, id))
    }

    fn value(&mut self, _: View<'_>, _: ExpressionIx) -> Result<Value, Failure> {
        Err(nothing("value expressions"))
    }

    fn assign(&mut self, _: View<'_>, _: ExpressionIx, _: Assigned<'_>) -> Result<(), Failure> {
        Err(nothing("locations"))
    }

    fn script(&mut self, _: View<'_>, _: ExpressionIx) -> Result<(), Failure> {
        Err(nothing("scripts"))
    }

    fn iterate(
        &mut self,
        _: View<'_>,
        _: ExpressionIx,
        _: ExpressionIx,
        _: Option<ExpressionIx>,
    ) -> Result<usize, Failure> {
        Err(nothing("<foreach>"))
    }

    fn bind_item(&mut self, _: View<'_>, _: usize) -> Result<(), Failure> {
        Err(nothing("<foreach>"))
    }

    fn close_iteration(&mut self) {}
}

fn nothing(what: &str) -> Failure {
    Failure::Execution(format!("the null data model has no {what} (B.1)"))
}

fn in_predicate(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("In")?.trim_start();
    let inner = inner
        .strip_prefix('(')?
        .trim_end()
        .strip_suffix(')')?
        .trim();
    let quote = inner.chars().next().filter(|c| *c == '\'' || *c == '"')?;
    let id = inner.strip_prefix(quote)?.strip_suffix(quote)?;
    (!id.contains(quote)).then_some(id)
}

pub(crate) fn is_active(chart: &Chart, view: View<'_>, id: &str) -> bool {
    view.active.iter().any(|state| chart.at(state).id == id)
}
