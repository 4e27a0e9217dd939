//! What a row of the table says.

/// A family of actions with one namespace.
#[derive(Debug)]
pub struct Module {
    /// Its name: the end of its namespace, the usual prefix, and the beginning of its events.
    pub name: &'static str,
    /// The ends of the older server's namespaces that mean it.
    pub older: &'static [&'static str],
    /// What it is about.
    pub about: &'static str,
    /// Its actions.
    pub actions: &'static [Action],
    /// Events that come without having been asked for.
    pub events: &'static [Event],
}

impl Module {
    /// Its namespace.
    pub fn namespace(&self) -> String {
        format!("{}{}", super::NAMESPACE, self.name)
    }
}

/// Something that a workflow may ask of the platform.
#[derive(Debug)]
pub struct Action {
    /// The name of its element.
    pub name: &'static str,
    /// Names that it has in the older namespaces beside its own.
    pub older: &'static [&'static str],
    /// What it does, one sentence.
    pub purpose: &'static str,
    /// Its attributes, without [`super::COMMON`].
    pub attributes: &'static [Attribute],
    /// Elements that may stand inside.
    pub children: &'static [Child],
    /// What `.done` carries, beside [`super::COMMON_DONE`].
    pub done: &'static [Field],
    /// The codes of `error.`, with when they come.
    pub errors: &'static [Field],
    /// Events beside `.done` and `error.`.
    pub further: &'static [Event],
    /// Whether what it needs exists.
    pub room: Room,
    /// Whether it gives the interaction a place.
    pub settles: Settles,
}

impl Action {
    pub(super) const fn new(name: &'static str, purpose: &'static str) -> Action {
        Action {
            name,
            older: &[],
            purpose,
            attributes: &[],
            children: &[],
            done: &[],
            errors: &[],
            further: &[],
            room: Room::Here,
            settles: Settles::Never,
        }
    }

    /// The event of success.
    pub fn done_event(&self, module: &Module) -> String {
        format!("{}.{}.done", module.name, self.name)
    }

    /// The event of failure.
    pub fn error_event(&self, module: &Module) -> String {
        format!("error.{}.{}", module.name, self.name)
    }
}

/// Whether the part of the house that carries an action out exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// It does.
    Here,
    /// Not yet: the action is known and always ends in its `error.` event, with the code `no_such_room`.
    /// The name of the part.
    Missing(&'static str),
}

/// Whether an interaction has a place of its own after an action, so that its workflow may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settles {
    /// It changes nothing about that.
    Never,
    /// As soon as it is carried out.
    AtOnce,
    /// When its `.done` event comes.
    WhenDone,
}

/// An attribute of an action.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// How its text is understood.
    pub kind: Kind,
    /// What its value is.
    pub value: Value,
    /// Whether it must be there.
    pub required: bool,
    /// What holds without it.
    pub default: Option<&'static str>,
    /// What it means.
    pub meaning: &'static str,
}

impl Attribute {
    /// An optional attribute that holds an expression.
    pub const fn value(name: &'static str, value: Value, meaning: &'static str) -> Attribute {
        Attribute {
            name,
            kind: Kind::Value,
            value,
            required: false,
            default: None,
            meaning,
        }
    }

    /// An optional attribute that is taken as it is written.
    pub const fn literal(name: &'static str, value: Value, meaning: &'static str) -> Attribute {
        Attribute {
            kind: Kind::Literal,
            ..Attribute::value(name, value, meaning)
        }
    }

    /// An optional attribute that names a place in the data.
    pub const fn location(name: &'static str, meaning: &'static str) -> Attribute {
        Attribute {
            kind: Kind::Location,
            ..Attribute::value(name, Value::Any, meaning)
        }
    }

    /// The same, and the action cannot do without it.
    pub const fn required(self) -> Attribute {
        Attribute {
            required: true,
            ..self
        }
    }

    /// The same, with what holds without it.
    pub const fn or(self, default: &'static str) -> Attribute {
        Attribute {
            default: Some(default),
            ..self
        }
    }

    pub(super) const fn as_request_id(self) -> Attribute {
        Attribute {
            kind: Kind::RequestId,
            ..self
        }
    }
}

/// How the text of an attribute is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As it is written.
    Literal,
    /// An expression of the data model; a text stands in quotes.
    Value,
    /// A place in the data that is written to.
    Location,
    /// A place in the data that the id of the request is written to.
    RequestId,
}

/// What the value of an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Any value.
    Any,
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Truth,
    /// A time: seconds as a number, or a text such as `30s`, `5m`, `500ms`.
    Duration,
    /// An object whose members are names and values.
    Members,
    /// A list, or an object.
    List,
    /// One of these texts.
    OneOf(&'static [&'static str]),
}

/// An element inside of an action.
#[derive(Debug)]
pub struct Child {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Its attributes.
    pub attributes: &'static [Attribute],
    /// Elements inside of it.
    pub children: &'static [Child],
    /// Whether text may stand inside.
    pub text: bool,
}

impl Child {
    pub(super) const fn new(
        name: &'static str,
        meaning: &'static str,
        attributes: &'static [Attribute],
    ) -> Child {
        Child {
            name,
            meaning,
            attributes,
            children: &[],
            text: false,
        }
    }
}

/// A member of the data of an event, or a code of an error.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

impl Field {
    /// A member and what it means.
    pub const fn new(name: &'static str, meaning: &'static str) -> Field {
        Field { name, meaning }
    }
}

/// An event beside `.done` and `error.`.
#[derive(Debug)]
pub struct Event {
    /// Its name.
    pub name: &'static str,
    /// When it comes.
    pub meaning: &'static str,
    /// What it carries.
    pub fields: &'static [Field],
}
