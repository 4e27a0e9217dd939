//! Custom actions (section 4.10): which elements of other namespaces a platform understands.

/// The actions of a platform. The crate itself knows none.
pub trait Vocabulary {
    /// Whether elements of this namespace are actions; an unknown name in it is then an error.
    fn knows(&self, namespace: &str) -> bool;

    /// The action of this name, or `None` if there is none.
    fn action(&self, namespace: &str, name: &str) -> Option<&ActionShape>;

    /// A last word on an action that was read, with the attributes as they are written: problems
    /// that the shape cannot express.
    fn examine(&self, namespace: &str, name: &str, attributes: &[(String, String)]) -> Vec<String> {
        let _ = (namespace, name, attributes);
        Vec::new()
    }
}

/// What an action, or an element inside of one, looks like.
#[derive(Clone, Debug, Default)]
pub struct ActionShape {
    /// Its attributes.
    pub attributes: Vec<AttributeShape>,
    /// Whether attributes that are not named are taken too, as values of this kind.
    pub others: Option<AttributeKind>,
    /// The elements that may stand inside.
    pub children: Vec<(String, ActionShape)>,
    /// Whether text may stand inside.
    pub text: bool,
}

/// One attribute of an action.
#[derive(Clone, Debug)]
pub struct AttributeShape {
    /// Its name.
    pub name: String,
    /// How its text is understood.
    pub kind: AttributeKind,
    /// Whether the action needs it.
    pub required: bool,
}

/// How the text of an attribute is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeKind {
    /// An expression; its value when the action is carried out.
    Value,
    /// As it is written.
    Text,
    /// An expression if it can be evaluated, else as it is written.
    Either,
    /// A location: the engine writes the id of the request there. At most one in an action.
    RequestId,
    /// A location that the platform will write to; handed on as it is written.
    Location,
}

/// No custom actions.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoActions;

impl Vocabulary for NoActions {
    fn knows(&self, _: &str) -> bool {
        false
    }

    fn action(&self, _: &str, _: &str) -> Option<&ActionShape> {
        None
    }
}
