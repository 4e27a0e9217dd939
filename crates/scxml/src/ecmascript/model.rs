//! The engine as a data model.

use rquickjs::{Array, Ctx, Persistent, Value as Js};

use super::convert;
use super::engine::{Engine, Iteration};
use crate::chart::{Content, ExpressionIx};
use crate::datamodel::{Assigned, DataModel, Failure, System, View};
use crate::event::Event;
use crate::value::Value;

impl Engine {
    /// A value inside of the context.
    pub(super) fn import<'js>(&self, ctx: &Ctx<'js>, value: &Value) -> Result<Js<'js>, Failure> {
        if let Value::Xml(text) = value {
            let document: Js<'js> = self.call_kit(ctx, "xml", (text.as_str(),))?;
            if !document.is_undefined() {
                return Ok(document);
            }
        }
        let nested = match value {
            Value::List(items) => items.iter().any(holds_xml),
            Value::Map(members) => members.iter().any(|(_, member)| holds_xml(member)),
            _ => false,
        };
        if nested {
            return self.import_members(ctx, value);
        }
        convert::to_js(ctx, value).map_err(|error| self.failure(ctx, error))
    }

    fn import_members<'js>(&self, ctx: &Ctx<'js>, value: &Value) -> Result<Js<'js>, Failure> {
        let told = |error| self.failure(ctx, error);
        match value {
            Value::List(items) => {
                let array = Array::new(ctx.clone()).map_err(told)?;
                for (index, item) in items.iter().enumerate() {
                    array.set(index, self.import(ctx, item)?).map_err(told)?;
                }
                Ok(array.into_value())
            }
            Value::Map(members) => {
                let object = rquickjs::Object::new(ctx.clone()).map_err(told)?;
                for (name, member) in members {
                    convert::define(&object, name, self.import(ctx, member)?).map_err(told)?;
                }
                Ok(object.into_value())
            }
            other => convert::to_js(ctx, other).map_err(told),
        }
    }

    fn assigned<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        view: View<'_>,
        value: Assigned<'_>,
    ) -> Result<Js<'js>, Failure> {
        match value {
            Assigned::Expression(expression) => self.evaluate(ctx, view.chart, expression),
            Assigned::Content(content) => {
                let value = meaning(content);
                self.import(ctx, &value)
            }
            Assigned::Value(value) => self.import(ctx, value),
        }
    }

    fn exported(
        &mut self,
        view: View<'_>,
        expression: ExpressionIx,
        lenient: convert::Lenient,
    ) -> Result<Value, Failure> {
        self.see(view.active);
        self.with(|engine, ctx| {
            let value: Js<'_> = engine.evaluate(ctx, view.chart, expression)?;
            convert::from_js(&value, lenient).map_err(Failure::Execution)
        })
    }

    /// Makes the variable of a `<foreach>` if there is none (4.6).
    fn declare_item(&mut self, view: View<'_>, location: ExpressionIx) -> Result<(), Failure> {
        let name = view.chart.expression(location).text.trim();
        self.with(|engine, ctx| {
            engine.function(ctx, view.chart, location)?;
            if engine.call_kit::<_, bool>(ctx, "isName", (name,))? {
                engine.declare_in(ctx, name)?;
            }
            Ok(())
        })
    }

    fn declare_in(&self, ctx: &Ctx<'_>, name: &str) -> Result<(), Failure> {
        self.call_kit(ctx, "declare", (name,))
    }
}

fn holds_xml(value: &Value) -> bool {
    match value {
        Value::Xml(_) => true,
        Value::List(items) => items.iter().any(holds_xml),
        Value::Map(members) => members.iter().any(|(_, member)| holds_xml(member)),
        _ => false,
    }
}

/// B.2.8.1: JSON, else XML, else a text with its blanks put in order.
fn meaning(content: &Content) -> Value {
    match content {
        Content::Markup(text) => Value::Xml(text.clone()),
        Content::Text(text) => {
            let trimmed = text.trim();
            if let Some(value) = Value::from_json(trimmed) {
                return value;
            }
            if trimmed.starts_with('<') && crate::xml::is_document(trimmed) {
                return Value::Xml(trimmed.to_owned());
            }
            Value::Text(trimmed.split_whitespace().collect::<Vec<_>>().join(" "))
        }
    }
}

impl DataModel for Engine {
    fn open(&mut self, system: System<'_>) -> Result<(), Failure> {
        self.set_system(system.session, system.name, system.io_processors.to_vec())
    }

    fn declare(&mut self, id: &str) -> Result<(), Failure> {
        self.with(|engine, ctx| engine.declare_in(ctx, id))
    }

    fn initialise(&mut self, view: View<'_>, id: &str, value: Assigned<'_>) -> Result<(), Failure> {
        self.see(view.active);
        self.with(|engine, ctx| {
            let value = engine.assigned(ctx, view, value)?;
            convert::define(&ctx.globals(), id, value).map_err(|error| engine.failure(ctx, error))
        })
    }

    fn set_event(&mut self, event: &Event) -> Result<(), Failure> {
        self.with(|engine, ctx| {
            let data = engine.import(ctx, &event.data)?;
            let rare = [
                &event.sendid,
                &event.origin,
                &event.origintype,
                &event.invokeid,
                &event.raw,
            ];
            let rare = if rare.iter().any(|field| field.is_some()) {
                let told = |error| engine.failure(ctx, error);
                let array = Array::new(ctx.clone()).map_err(told)?;
                for (index, field) in rare.into_iter().enumerate() {
                    array.set(index, Optional(field.as_deref())).map_err(told)?;
                }
                array.into_value()
            } else {
                Js::new_undefined(ctx.clone())
            };
            let arguments = (event.name.as_str(), event.kind.name(), data, rare);
            engine.call_kit(ctx, "event", arguments)
        })
    }

    fn condition(&mut self, view: View<'_>, expression: ExpressionIx) -> Result<bool, Failure> {
        self.see(view.active);
        self.with(|engine, ctx| engine.evaluate(ctx, view.chart, expression))
    }

    fn value(&mut self, view: View<'_>, expression: ExpressionIx) -> Result<Value, Failure> {
        self.exported(view, expression, None)
    }

    fn shown(&mut self, view: View<'_>, expression: ExpressionIx) -> Result<Value, Failure> {
        self.exported(view, expression, Some(()))
    }

    fn assign(
        &mut self,
        view: View<'_>,
        location: ExpressionIx,
        value: Assigned<'_>,
    ) -> Result<(), Failure> {
        self.see(view.active);
        self.with(|engine, ctx| {
            let value = engine.assigned(ctx, view, value)?;
            engine.put(ctx, view.chart, location, value)
        })
    }

    fn script(&mut self, view: View<'_>, script: ExpressionIx) -> Result<(), Failure> {
        self.see(view.active);
        self.with(|engine, ctx| engine.run(ctx, view.chart, script))?;
        self.run_jobs()
    }

    fn iterate(
        &mut self,
        view: View<'_>,
        array: ExpressionIx,
        item: ExpressionIx,
        index: Option<ExpressionIx>,
    ) -> Result<usize, Failure> {
        self.see(view.active);
        let (items, length) = self.with(|engine, ctx| {
            let value: Js<'_> = engine.evaluate(ctx, view.chart, array)?;
            let copy: Array<'_> = engine.call_kit(ctx, "copyArray", (value,))?;
            Ok((Persistent::save(ctx, copy.clone()), copy.len()))
        })?;
        self.declare_item(view, item)?;
        if let Some(index) = index {
            self.declare_item(view, index)?;
        }
        self.iterations.push(Iteration { items, item, index });
        Ok(length)
    }

    fn bind_item(&mut self, view: View<'_>, position: usize) -> Result<(), Failure> {
        let Some(open) = self.iterations.last() else {
            return Err(Failure::new("no <foreach> is open"));
        };
        let (items, item, index) = (open.items.clone(), open.item, open.index);
        self.with(|engine, ctx| {
            let told = |error| engine.failure(ctx, error);
            let items = items.restore(ctx).map_err(told)?;
            let value: Js<'_> = items.get(position).map_err(told)?;
            engine.put(ctx, view.chart, item, value)?;
            match index {
                Some(index) => {
                    let position = Js::new_number(ctx.clone(), position as f64);
                    engine.put(ctx, view.chart, index, position)
                }
                None => Ok(()),
            }
        })
    }

    fn close_iteration(&mut self) {
        self.iterations.pop();
    }

    fn interpret(&mut self, content: &Content) -> Value {
        meaning(content)
    }
}

/// A text, or undefined.
struct Optional<'t>(Option<&'t str>);

impl<'js> rquickjs::IntoJs<'js> for Optional<'_> {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<Js<'js>> {
        match self.0 {
            Some(text) => Ok(rquickjs::String::from_str(ctx.clone(), text)?.into_value()),
            None => Ok(Js::new_undefined(ctx.clone())),
        }
    }
}
