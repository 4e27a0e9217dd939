//! Writing an image.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use rquickjs::{Array, Atom, Ctx, Filter, Function, Object, Type, Value as Js};

use super::super::convert;
use super::super::engine::Engine;
use super::{VERSION, tag};
use crate::chart::Chart;
use crate::datamodel::Failure;
use crate::limits::Limit;

/// An image, and the places of what could not be kept.
pub(in crate::ecmascript) struct Dumped {
    pub(in crate::ecmascript) image: Vec<u8>,
    pub(in crate::ecmascript) lost: Vec<String>,
}

impl Engine {
    /// Writes the session's variables.
    pub(in crate::ecmascript) fn dump(&mut self, chart: &Chart) -> Result<Dumped, Failure> {
        self.with(|engine, ctx| {
            let roots: Array<'_> = engine.call_kit(ctx, "roots", ())?;
            let root = |index: usize| {
                roots
                    .get::<Js<'_>>(index)
                    .map_err(|e| engine.failure(ctx, e))
            };
            let (event, processors, platform) = (root(0)?, root(1)?, root(2)?);
            let plain = root(3)?.into_object();
            let mut writer = Writer {
                engine,
                ctx,
                chart,
                processors,
                platform,
                plain,
                out: vec![VERSION],
                seen: BTreeMap::new(),
                count: 0,
                path: Vec::new(),
                lost: Vec::new(),
            };
            writer.path.push("_event".to_owned());
            writer.value(&event)?;
            writer.path.clear();
            writer.members(&ctx.globals())?;
            if writer.out.len() > writer.engine.shared.limits.image {
                return Err(Failure::Limit(Limit::DataSize));
            }
            Ok(Dumped {
                image: writer.out,
                lost: writer.lost,
            })
        })
    }
}

struct Writer<'w, 'js> {
    engine: &'w mut Engine,
    ctx: &'w Ctx<'js>,
    chart: &'w Chart,
    processors: Js<'js>,
    platform: Js<'js>,
    plain: Option<Object<'js>>,
    out: Vec<u8>,
    /// Objects written so far, by a hash of their identity.
    seen: BTreeMap<u64, Vec<(Js<'js>, u32)>>,
    count: u32,
    path: Vec<String>,
    lost: Vec<String>,
}

impl<'js> Writer<'_, 'js> {
    fn told(&self, error: rquickjs::Error) -> Failure {
        self.engine.failure(self.ctx, error)
    }

    fn value(&mut self, value: &Js<'js>) -> Result<(), Failure> {
        if self.out.len() > self.engine.shared.limits.image {
            return Err(Failure::Limit(Limit::DataSize));
        }
        match value.type_of() {
            Type::Undefined | Type::Uninitialized => self.out.push(tag::UNDEFINED),
            Type::Null => self.out.push(tag::NULL),
            Type::Bool if value.as_bool() == Some(true) => self.out.push(tag::TRUE),
            Type::Bool => self.out.push(tag::FALSE),
            Type::Int => {
                self.out.push(tag::INT);
                let number = i64::from(value.as_int().unwrap_or_default());
                self.number(((number << 1) ^ (number >> 63)) as u64);
            }
            Type::Float => {
                self.out.push(tag::FLOAT);
                self.float(value.as_float().unwrap_or(f64::NAN));
            }
            Type::String => self.string(value)?,
            Type::BigInt => {
                self.out.push(tag::BIGINT);
                let text: String = self.engine.call_kit(self.ctx, "text", (value.clone(),))?;
                self.text(&text);
            }
            Type::Array | Type::Object | Type::Function | Type::Constructor | Type::Exception => {
                self.object_or_reference(value)?;
            }
            _ => self.lose(),
        }
        Ok(())
    }

    /// Something that cannot be kept: undefined in its place, and its place is told.
    fn lose(&mut self) {
        self.out.push(tag::UNDEFINED);
        self.lost.push(self.path.join("."));
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.out.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    fn float(&mut self, number: f64) {
        self.out.extend(number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.out.extend(text.as_bytes());
    }

    fn string(&mut self, value: &Js<'js>) -> Result<(), Failure> {
        if let Some(Ok(text)) = value.as_string().map(rquickjs::String::to_string) {
            self.out.push(tag::TEXT);
            self.text(&text);
            return Ok(());
        }
        let quoted: String = self.engine.call_kit(self.ctx, "quote", (value.clone(),))?;
        self.out.push(tag::ODD_TEXT);
        self.text(&quoted);
        Ok(())
    }

    fn object_or_reference(&mut self, value: &Js<'js>) -> Result<(), Failure> {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        let known = self.seen.entry(hasher.finish()).or_default();
        if let Some((_, number)) = known.iter().find(|(object, _)| object == value) {
            let number = *number;
            self.out.push(tag::SEEN);
            self.number(u64::from(number));
            return Ok(());
        }
        if self.path.len() > self.engine.shared.limits.depth {
            self.lose();
            return Ok(());
        }
        known.push((value.clone(), self.count));
        self.count += 1;
        if let Some(array) = value.as_array() {
            return self.array(array);
        }
        if value.is_function() {
            return self.function(value);
        }
        match value.as_object() {
            Some(object) => self.object(value, object),
            None => {
                self.out.push(tag::UNDEFINED);
                Ok(())
            }
        }
    }

    fn keys(&self, object: &Object<'js>) -> Result<Vec<Atom<'js>>, Failure> {
        object
            .own_keys::<Atom<'js>>(Filter::default())
            .collect::<Result<_, _>>()
            .map_err(|error| self.told(error))
    }

    fn array(&mut self, array: &Array<'js>) -> Result<(), Failure> {
        let keys = self.keys(array.as_object())?;
        let length = array.len();
        let last = keys.last().map(Atom::to_string).transpose();
        let last = last.map_err(|error| self.told(error))?;
        let dense =
            keys.len() == length && last.is_none_or(|last| last == (length - 1).to_string());
        if !dense {
            self.out.push(tag::SPARSE);
            self.number(length as u64);
            return self.members(array.as_object());
        }
        self.out.push(tag::ARRAY);
        self.number(length as u64);
        for index in 0..length {
            let item: Js<'js> = array.get(index).map_err(|error| self.told(error))?;
            self.path.push(index.to_string());
            self.value(&item)?;
            self.path.pop();
        }
        Ok(())
    }

    /// How many, then name and value of each enumerable member.
    fn members(&mut self, object: &Object<'js>) -> Result<(), Failure> {
        let keys = self.keys(object)?;
        self.number(keys.len() as u64);
        for key in keys {
            let name = key.to_string().map_err(|error| self.told(error))?;
            self.text(&name);
            let member: Js<'js> = object.get(key).map_err(|error| self.told(error))?;
            self.path.push(name);
            self.value(&member)?;
            self.path.pop();
        }
        Ok(())
    }

    fn object(&mut self, value: &Js<'js>, object: &Object<'js>) -> Result<(), Failure> {
        if *value == self.processors {
            self.out.push(tag::PROCESSORS);
            return Ok(());
        }
        if *value == self.platform {
            self.out.push(tag::PLATFORM);
            return Ok(());
        }
        let prototype = object.get_prototype();
        if prototype.is_some() && prototype == self.plain {
            self.out.push(tag::OBJECT);
            return self.members(object);
        }
        let kind: String = self.engine.call_kit(self.ctx, "kind", (value.clone(),))?;
        self.special(&kind, value, object)
    }

    fn special(
        &mut self,
        kind: &str,
        value: &Js<'js>,
        object: &Object<'js>,
    ) -> Result<(), Failure> {
        match kind {
            "global" => self.out.push(tag::GLOBAL),
            "bare" => {
                self.out.push(tag::BARE);
                self.members(object)?;
            }
            "document" => {
                self.out.push(tag::DOCUMENT);
                let text: String = self.ask("xmlText", value)?;
                self.text(&text);
            }
            "node" => {
                self.out.push(tag::NODE);
                let document: Js<'js> = self.ask("xmlDocument", value)?;
                self.value(&document)?;
                let number: u32 = self.ask("xmlNumber", value)?;
                self.number(u64::from(number));
            }
            "date" => {
                self.out.push(tag::DATE);
                let time: f64 = self.ask("time", value)?;
                self.float(time);
            }
            "regexp" => {
                self.out.push(tag::REGEXP);
                for part in ["source", "flags", "lastIndex"] {
                    let part: Js<'js> = object.get(part).map_err(|error| self.told(error))?;
                    self.value(&part)?;
                }
            }
            "map" | "set" => {
                self.out
                    .push(if kind == "map" { tag::MAP } else { tag::SET });
                let entries: Js<'js> = self.ask("entries", value)?;
                self.value(&entries)?;
            }
            "error" => {
                self.out.push(tag::ERROR);
                for part in ["name", "message", "stack"] {
                    let part: Js<'js> = object.get(part).map_err(|error| self.told(error))?;
                    self.value(&part)?;
                }
                self.members(object)?;
            }
            "instance" => {
                let constructor: Js<'js> = self.ask("constructorOf", value)?;
                if self.place_of(&constructor)?.is_none() {
                    self.lose();
                    return Ok(());
                }
                self.out.push(tag::INSTANCE);
                self.value(&constructor)?;
                self.members(object)?;
            }
            _ => self.lose(),
        }
        Ok(())
    }

    fn ask<R: rquickjs::FromJs<'js>>(&self, what: &str, value: &Js<'js>) -> Result<R, Failure> {
        self.engine.call_kit(self.ctx, what, (value.clone(),))
    }

    /// Where in the chart the text of a function stands, outside of any other function.
    fn place_of(&mut self, function: &Js<'js>) -> Result<Option<(u32, usize, usize)>, Failure> {
        if !function.is_function() {
            return Ok(None);
        }
        let source: Js<'js> = self.ask("source", function)?;
        let source = convert::text(&source);
        Ok(self.engine.place_of_function(self.chart, &source))
    }

    fn function(&mut self, value: &Js<'js>) -> Result<(), Failure> {
        let Some((expression, at, length)) = self.place_of(value)? else {
            self.lose();
            return Ok(());
        };
        self.out.push(tag::FUNCTION);
        self.number(u64::from(expression));
        self.number(at as u64);
        self.number(length as u64);
        let object = value.as_object().cloned();
        let Some(object) = object else {
            self.number(0);
            self.number(0);
            return Ok(());
        };
        self.members(&object)?;
        // Arrow functions and methods have no prototype of their own.
        match object.get::<_, Option<Object<'js>>>("prototype") {
            Ok(Some(prototype)) => self.members(&prototype),
            _ => {
                self.number(0);
                Ok(())
            }
        }
    }
}

impl Engine {
    /// Where the text of a function stands alone in the chart: expression, offset, length.
    fn place_of_function(&mut self, chart: &Chart, source: &str) -> Option<(u32, usize, usize)> {
        if let Some(known) = self.places.get(source) {
            return *known;
        }
        let found = chart
            .expressions
            .iter()
            .enumerate()
            .find_map(|(index, expression)| {
                let at = super::super::scan::stands_alone(&expression.text, source)?;
                Some((index as u32, at, source.len()))
            });
        // A session cannot make the table grow without end.
        if self.places.len() < 1_000 {
            self.places.insert(source.to_owned(), found);
        }
        found
    }

    /// A fresh function from the text of the chart.
    pub(super) fn make_function<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        chart: &Chart,
        place: (u32, usize, usize),
    ) -> Result<Js<'js>, Failure> {
        let (expression, at, length) = place;
        let text = chart
            .expressions
            .get(expression as usize)
            .and_then(|expression| expression.text.get(at..at.checked_add(length)?))
            .ok_or(Failure::Limit(Limit::DataUnreadable))?;
        if let Some(maker) = self.makers.get(&place) {
            let maker: Function<'js> = maker
                .clone()
                .restore(ctx)
                .map_err(|e| self.failure(ctx, e))?;
            return maker.call(()).map_err(|error| self.failure(ctx, error));
        }
        let maker: Function<'js> = self.call_kit(ctx, "maker", (text,))?;
        self.makers
            .insert(place, rquickjs::Persistent::save(ctx, maker.clone()));
        maker.call(()).map_err(|error| self.failure(ctx, error))
    }
}
