//! Values across the border: copies in, copies out.

use rquickjs::{Array, Ctx, Function, Object, Type, Value as Js};

use crate::value::Value;

/// How deep values may nest when they are copied.
const DEPTH_MAX: usize = 100;

/// Makes a value inside of the context. XML becomes a document where it can be parsed.
pub(super) fn to_js<'js>(ctx: &Ctx<'js>, value: &Value) -> rquickjs::Result<Js<'js>> {
    Ok(match value {
        Value::Undefined => Js::new_undefined(ctx.clone()),
        Value::Null => Js::new_null(ctx.clone()),
        Value::Bool(truth) => Js::new_bool(ctx.clone(), *truth),
        Value::Number(number) => number_to_js(ctx, *number),
        Value::Text(text) | Value::Xml(text) => {
            rquickjs::String::from_str(ctx.clone(), text)?.into_value()
        }
        Value::Date(instant) => {
            let date: Function<'js> = shared(ctx).get("Date")?;
            let date = date
                .into_value()
                .into_constructor()
                .ok_or(rquickjs::Error::Unknown)?;
            date.construct::<_, Js<'js>>((*instant,))?
        }
        Value::List(items) => {
            let array = Array::new(ctx.clone())?;
            for (index, item) in items.iter().enumerate() {
                array.set(index, to_js(ctx, item)?)?;
            }
            array.into_value()
        }
        Value::Map(members) => {
            let object = Object::new(ctx.clone())?;
            for (name, member) in members {
                let member = to_js(ctx, member)?;
                define(&object, name, member)?;
            }
            object.into_value()
        }
    })
}

/// What all sessions share: it stands behind the global object, where no data of a session hide it.
fn shared<'js>(ctx: &Ctx<'js>) -> Object<'js> {
    let globals = ctx.globals();
    globals.get_prototype().unwrap_or(globals)
}

/// A number, small integers as such, and minus zero as itself.
pub(super) fn number_to_js<'js>(ctx: &Ctx<'js>, number: f64) -> Js<'js> {
    if number == 0.0 && number.is_sign_negative() {
        Js::new_float(ctx.clone(), number)
    } else {
        Js::new_number(ctx.clone(), number)
    }
}

/// Makes a member. Setting it would ask the prototype first, which is frozen and knows `__proto__`.
pub(super) fn define<'js>(
    object: &Object<'js>,
    name: &str,
    value: Js<'js>,
) -> rquickjs::Result<()> {
    let property = rquickjs::object::Property::from(value)
        .writable()
        .enumerable()
        .configurable();
    object.prop(name, property)
}

/// What cannot be copied: told instead of it, in logs; an error otherwise.
pub(super) type Lenient = Option<()>;

/// Copies a value out. The error says what about it cannot be copied.
pub(super) fn from_js(value: &Js<'_>, lenient: Lenient) -> Result<Value, String> {
    copy(value, lenient, &mut Vec::new())
}

fn copy<'js>(value: &Js<'js>, lenient: Lenient, path: &mut Vec<Js<'js>>) -> Result<Value, String> {
    let refused = |what: &str| match lenient {
        Some(()) => Ok(Value::Text(format!("[{what}]"))),
        None => Err(format!("a {what} cannot be copied")),
    };
    match value.type_of() {
        Type::Undefined | Type::Uninitialized => Ok(Value::Undefined),
        Type::Null => Ok(Value::Null),
        Type::Bool => Ok(Value::Bool(value.as_bool().unwrap_or_default())),
        Type::Int | Type::Float => Ok(Value::Number(value.as_number().unwrap_or(f64::NAN))),
        Type::String => Ok(Value::Text(text(value))),
        Type::Function | Type::Constructor => refused("function"),
        Type::Symbol => refused("symbol"),
        Type::BigInt => refused("BigInt"),
        Type::Promise => refused("promise"),
        Type::Proxy => refused("proxy"),
        Type::Array | Type::Object | Type::Exception => {
            if path.contains(value) {
                return refused("value that contains itself");
            }
            if path.len() >= DEPTH_MAX {
                return refused("value nested so deeply");
            }
            path.push(value.clone());
            let copied = copy_object(value, lenient, path);
            path.pop();
            copied
        }
        _ => refused("value of this kind"),
    }
}

fn copy_object<'js>(
    value: &Js<'js>,
    lenient: Lenient,
    path: &mut Vec<Js<'js>>,
) -> Result<Value, String> {
    if let Some(array) = value.as_array() {
        let mut items = Vec::with_capacity(array.len().min(1_024));
        for item in array.iter::<Js<'js>>() {
            items.push(copy(
                &item.map_err(|e| caught(value.ctx(), &e))?,
                lenient,
                path,
            )?);
        }
        return Ok(Value::List(items));
    }
    let Some(object) = value.as_object() else {
        return Ok(Value::Undefined);
    };
    if let Some(special) = special(object)? {
        return Ok(special);
    }
    let mut members = Vec::new();
    for member in object.props::<String, Js<'js>>() {
        let (name, member) = member.map_err(|e| caught(value.ctx(), &e))?;
        match copy(&member, lenient, path) {
            // As JSON does: what is no data is no member.
            Err(_) if member.is_function() || member.is_symbol() => {}
            other => members.push((name, other?)),
        }
    }
    Ok(Value::Map(members))
}

/// Dates and nodes of documents; told by what only they have.
fn special(object: &Object<'_>) -> Result<Option<Value>, String> {
    let ctx = object.ctx().clone();
    let shared = shared(&ctx);
    let plain: Option<Object<'_>> = shared.get::<_, Object<'_>>("Object").ok();
    let plain_prototype = plain.and_then(|plain| plain.get::<_, Object<'_>>("prototype").ok());
    let prototype = object.get_prototype();
    if prototype.is_none() || prototype == plain_prototype {
        return Ok(None);
    }
    let is = |name: &str| {
        shared
            .get::<_, Object<'_>>(name)
            .is_ok_and(|class| object.is_instance_of(&class))
    };
    if is("Date") {
        let time: Function<'_> = object.get("getTime").map_err(|e| caught(&ctx, &e))?;
        let instant = time
            .call::<_, f64>((rquickjs::function::This(object.clone()),))
            .map_err(|e| caught(&ctx, &e))?;
        return Ok(Some(Value::Date(instant)));
    }
    if is("Error") {
        let part = |name: &str| {
            (
                name.to_owned(),
                Value::Text(object.get::<_, String>(name).unwrap_or_default()),
            )
        };
        return Ok(Some(Value::Map(vec![part("name"), part("message")])));
    }
    let outer: Option<Function<'_>> = object
        .get::<_, rquickjs::Value<'_>>("nodeType")
        .ok()
        .filter(|kind| kind.is_int())
        .and_then(|_| object.get("toString").ok());
    match outer {
        Some(outer) => {
            let text = outer
                .call::<_, String>((rquickjs::function::This(object.clone()),))
                .map_err(|e| caught(&ctx, &e))?;
            Ok(Some(Value::Xml(text)))
        }
        None => Ok(None),
    }
}

/// The text of a string; halves of surrogate pairs become the replacement character.
pub(super) fn text(value: &Js<'_>) -> String {
    let Some(string) = value.as_string() else {
        return String::new();
    };
    string.to_string().unwrap_or_else(|_| {
        let ctx = value.ctx();
        let well_formed = value
            .as_string()
            .and_then(|_| shared(ctx).get::<_, Object<'_>>("String").ok())
            .and_then(|class| class.get::<_, Object<'_>>("prototype").ok())
            .and_then(|prototype| prototype.get::<_, Function<'_>>("toWellFormed").ok())
            .and_then(|function| {
                function
                    .call::<_, String>((rquickjs::function::This(value.clone()),))
                    .ok()
            });
        well_formed.unwrap_or_default()
    })
}

fn caught(ctx: &Ctx<'_>, error: &rquickjs::Error) -> String {
    if error.is_exception() {
        let thrown = ctx.catch();
        let message = thrown.as_exception().and_then(|e| e.message());
        return message.unwrap_or_else(|| "an exception".to_owned());
    }
    error.to_string()
}
