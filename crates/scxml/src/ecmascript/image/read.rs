//! Reading an image. Bytes that are not an image are refused, whatever they are.

use rquickjs::{Array, Ctx, Object, Value as Js};

use super::super::convert;
use super::super::engine::Engine;
use super::{VERSION, tag};
use crate::chart::Chart;
use crate::datamodel::Failure;
use crate::limits::Limit;

const UNREADABLE: Failure = Failure::Limit(Limit::DataUnreadable);

impl Engine {
    /// Fills the empty engine from an image.
    pub(in crate::ecmascript) fn hydrate(
        &mut self,
        chart: &Chart,
        image: &[u8],
    ) -> Result<(), Failure> {
        if image.is_empty() {
            return Ok(());
        }
        self.with(|engine, ctx| {
            let mut reader = Reader {
                engine,
                ctx,
                chart,
                rest: image,
                objects: Vec::new(),
                depth: 0,
            };
            if reader.byte()? != VERSION {
                return Err(UNREADABLE);
            }
            let event = reader.value()?;
            reader.engine.call_kit::<_, ()>(ctx, "setEvent", (event,))?;
            reader.members(&ctx.globals())?;
            if reader.rest.is_empty() {
                Ok(())
            } else {
                Err(UNREADABLE)
            }
        })
    }
}

struct Reader<'r, 'js> {
    engine: &'r mut Engine,
    ctx: &'r Ctx<'js>,
    chart: &'r Chart,
    rest: &'r [u8],
    /// Objects in the order in which they began.
    objects: Vec<Js<'js>>,
    depth: usize,
}

impl<'js> Reader<'_, 'js> {
    fn told(&self, error: rquickjs::Error) -> Failure {
        self.engine.failure(self.ctx, error)
    }

    fn byte(&mut self) -> Result<u8, Failure> {
        let (first, rest) = self.rest.split_first().ok_or(UNREADABLE)?;
        self.rest = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, Failure> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(UNREADABLE)
    }

    fn length(&mut self) -> Result<usize, Failure> {
        let length = usize::try_from(self.number()?).map_err(|_| UNREADABLE)?;
        // Every item takes a byte at least.
        if length > self.rest.len() {
            Err(UNREADABLE)
        } else {
            Ok(length)
        }
    }

    fn float(&mut self) -> Result<f64, Failure> {
        let (bytes, rest) = self.rest.split_first_chunk::<8>().ok_or(UNREADABLE)?;
        self.rest = rest;
        Ok(f64::from_le_bytes(*bytes))
    }

    fn text(&mut self) -> Result<String, Failure> {
        let length = self.length()?;
        let (bytes, rest) = self.rest.split_at(length);
        self.rest = rest;
        String::from_utf8(bytes.to_vec()).map_err(|_| UNREADABLE)
    }

    fn value(&mut self) -> Result<Js<'js>, Failure> {
        self.depth += 1;
        if self.depth > 2 * self.engine.shared.limits.depth + 8 {
            return Err(UNREADABLE);
        }
        let value = self.tagged();
        self.depth -= 1;
        value
    }

    fn tagged(&mut self) -> Result<Js<'js>, Failure> {
        let ctx = self.ctx.clone();
        Ok(match self.byte()? {
            tag::UNDEFINED => Js::new_undefined(ctx),
            tag::NULL => Js::new_null(ctx),
            tag::FALSE => Js::new_bool(ctx, false),
            tag::TRUE => Js::new_bool(ctx, true),
            tag::INT => {
                let zigzag = self.number()?;
                let number = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
                Js::new_int(ctx, i32::try_from(number).map_err(|_| UNREADABLE)?)
            }
            tag::FLOAT => Js::new_float(ctx, self.float()?),
            tag::TEXT => {
                let text = self.text()?;
                let text = rquickjs::String::from_str(ctx, &text).map_err(|e| self.told(e))?;
                text.into_value()
            }
            tag::ODD_TEXT => {
                let quoted = self.text()?;
                self.engine.call_kit(self.ctx, "unquote", (quoted,))?
            }
            tag::BIGINT => {
                let text = self.text()?;
                self.engine.call_kit(self.ctx, "bigint", (text,))?
            }
            tag::SEEN => {
                let number = usize::try_from(self.number()?).map_err(|_| UNREADABLE)?;
                self.objects.get(number).cloned().ok_or(UNREADABLE)?
            }
            tag => self.object(tag)?,
        })
    }

    /// The number of an object is given before what is inside of it is read.
    fn begin(&mut self, object: &Js<'js>) {
        self.objects.push(object.clone());
    }

    fn object(&mut self, tag: u8) -> Result<Js<'js>, Failure> {
        match tag {
            tag::ARRAY => self.array(),
            tag::SPARSE => self.sparse(),
            tag::OBJECT => {
                let object = Object::new(self.ctx.clone()).map_err(|e| self.told(e))?;
                self.begin(object.as_value());
                self.members(&object)?;
                Ok(object.into_value())
            }
            tag::BARE => {
                let object: Object<'js> = self.engine.call_kit(self.ctx, "bare", ())?;
                self.begin(object.as_value());
                self.members(&object)?;
                Ok(object.into_value())
            }
            tag::PROCESSORS => self.kit_object("processors"),
            tag::PLATFORM => self.kit_object("platform"),
            tag::GLOBAL => {
                let global = self.ctx.globals().into_value();
                self.begin(&global);
                Ok(global)
            }
            tag::MAP => self.collection("map", "fillMap"),
            tag::SET => self.collection("set", "fillSet"),
            tag::FUNCTION => self.function(),
            tag => self.leaf(tag),
        }
    }

    /// Objects that hold themselves nowhere, so that their number can be given at the end.
    fn leaf(&mut self, tag: u8) -> Result<Js<'js>, Failure> {
        let place = self.objects.len();
        self.objects.push(Js::new_undefined(self.ctx.clone()));
        let made: Js<'js> = match tag {
            tag::DOCUMENT => {
                let text = self.text()?;
                self.engine.call_kit(self.ctx, "xml", (text,))?
            }
            tag::NODE => {
                let document = self.value()?;
                let number = self.number()?;
                self.engine
                    .call_kit(self.ctx, "xmlNode", (document, number as u32))?
            }
            tag::DATE => {
                let time = self.float()?;
                self.engine.call_kit(self.ctx, "date", (time,))?
            }
            tag::REGEXP => {
                let (source, flags, last) = (self.value()?, self.value()?, self.value()?);
                self.engine
                    .call_kit(self.ctx, "regexp", (source, flags, last))?
            }
            tag::ERROR => return self.error(place),
            tag::INSTANCE => return self.instance(place),
            _ => return Err(UNREADABLE),
        };
        self.objects[place] = made.clone();
        Ok(made)
    }

    fn kit_object(&mut self, what: &str) -> Result<Js<'js>, Failure> {
        let found: Js<'js> = self.engine.call_kit(self.ctx, what, ())?;
        self.begin(&found);
        Ok(found)
    }

    fn array(&mut self) -> Result<Js<'js>, Failure> {
        let length = self.length()?;
        let array = Array::new(self.ctx.clone()).map_err(|e| self.told(e))?;
        self.begin(array.as_value());
        for index in 0..length {
            let item = self.value()?;
            array.set(index, item).map_err(|e| self.told(e))?;
        }
        Ok(array.into_value())
    }

    fn sparse(&mut self) -> Result<Js<'js>, Failure> {
        let length = u32::try_from(self.number()?).map_err(|_| UNREADABLE)?;
        let array = Array::new(self.ctx.clone()).map_err(|e| self.told(e))?;
        self.begin(array.as_value());
        array
            .as_object()
            .set("length", length)
            .map_err(|e| self.told(e))?;
        self.members(array.as_object())?;
        Ok(array.into_value())
    }

    fn members(&mut self, object: &Object<'js>) -> Result<(), Failure> {
        for _ in 0..self.length()? {
            let name = self.text()?;
            let member = self.value()?;
            convert::define(object, &name, member).map_err(|e| self.told(e))?;
        }
        Ok(())
    }

    fn collection(&mut self, make: &str, fill: &str) -> Result<Js<'js>, Failure> {
        let empty = Array::new(self.ctx.clone()).map_err(|e| self.told(e))?;
        let made: Js<'js> = self.engine.call_kit(self.ctx, make, (empty,))?;
        self.begin(&made);
        let entries = self.value()?;
        self.engine
            .call_kit::<_, ()>(self.ctx, fill, (made.clone(), entries))?;
        Ok(made)
    }

    fn error(&mut self, place: usize) -> Result<Js<'js>, Failure> {
        let (name, message, stack) = (self.value()?, self.value()?, self.value()?);
        let made: Object<'js> = self
            .engine
            .call_kit(self.ctx, "error", (name, message, stack))?;
        self.objects[place] = made.as_value().clone();
        self.members(&made)?;
        Ok(made.into_value())
    }

    fn instance(&mut self, place: usize) -> Result<Js<'js>, Failure> {
        let constructor = self.value()?;
        let made: Object<'js> = self.engine.call_kit(self.ctx, "instance", (constructor,))?;
        self.objects[place] = made.as_value().clone();
        self.members(&made)?;
        Ok(made.into_value())
    }

    fn function(&mut self) -> Result<Js<'js>, Failure> {
        let expression = u32::try_from(self.number()?).map_err(|_| UNREADABLE)?;
        let at = usize::try_from(self.number()?).map_err(|_| UNREADABLE)?;
        let length = usize::try_from(self.number()?).map_err(|_| UNREADABLE)?;
        let place = (expression, at, length);
        let made = self.engine.make_function(self.ctx, self.chart, place)?;
        self.begin(&made);
        let object = made.as_object().cloned().ok_or(UNREADABLE)?;
        self.members(&object)?;
        let count = self.length()?;
        if count > 0 {
            let prototype: Object<'js> = object.get("prototype").map_err(|e| self.told(e))?;
            for _ in 0..count {
                let name = self.text()?;
                let member = self.value()?;
                convert::define(&prototype, &name, member).map_err(|e| self.told(e))?;
            }
        }
        Ok(made)
    }
}
