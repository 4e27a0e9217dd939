//! What is made from the table for readers: the reference page, and data for editors.

use std::fmt::Write as _;

use serde::Serialize;

use crate::table::{
    self, Action, Attribute, COMMON, COMMON_DONE, COMMON_ERROR, Child, Event, Field, Kind, MODULES,
    Module, Room, Settles, Value,
};

/// The page `docs/reference/workflow-actions.md`.
pub fn markdown() -> String {
    let mut out = String::from(HEAD);
    out.push_str("\n| action | what it does |\n|---|---|\n");
    for (module, action) in table::all() {
        let name = format!("{}:{}", module.name, action.name);
        let anchor = name.replace(':', "");
        let missing = if action.room == Room::Here {
            ""
        } else {
            " *(no room yet)*"
        };
        push(
            &mut out,
            format_args!("| [`{name}`](#{anchor}) | {}{missing} |\n", action.purpose),
        );
    }
    out.push_str("\n## What every action has\n\n");
    attributes(&mut out, COMMON);
    out.push_str("\nEvery `.done` event carries:\n\n");
    fields(&mut out, "member", COMMON_DONE);
    out.push_str("\nEvery `error.` event carries:\n\n");
    fields(&mut out, "member", COMMON_ERROR);
    for module in MODULES {
        describe_module(&mut out, module);
    }
    out
}

const HEAD: &str = "# The actions of workflows

<!-- Made from the table under crates/workflow/src/table; do not edit.
     UPDATE_GOLDEN=1 cargo test -p ringback-workflow writes it anew. -->

**The server does not run workflows yet: that is the next step.** What is here today are the table, and the tools that read, check,
draw, compare, run and test documents in a terminal (`ringback workflow`, see [how to write a workflow](../how-to/write-a-workflow.md)).

An action is an element in executable content, such as `<onentry>`. Its namespace is `urn:ringback:` and the name of its module; the
usual prefix is that name. Documents of the older orchestration server may use its namespaces in both spellings, with and without `http://`.

```xml
<scxml xmlns=\"http://www.w3.org/2005/07/scxml\" version=\"1.0\" xmlns:queue=\"urn:ringback:queue\">
  ...
  <onentry><queue:submit requestid=\"request\" queue=\"'support'\" wants=\"'English>=2'\"/></onentry>
```

An attribute is a *value* (an expression: a text stands in quotes), a *literal* (taken as it is written) or a *location* (a place in the
data that is written to). An action is a request: the document goes on at once, and later one event tells how it ended, `<module>.<action>.done` or
`error.<module>.<action>`. Compare `_event.data.requestid` with what stands in the `requestid` of the action when several are under way.

Durations are seconds as a number, or a text such as `'500ms'`, `'30s'`, `'5m'`, `'2h'`.

An action whose room does not exist yet is known, checked and completed as every other; it will always end in its `error.` event with the code `no_such_room`.
";

fn describe_module(out: &mut String, module: &Module) {
    push(
        out,
        format_args!("\n## Module `{}`\n\n{}\n\n", module.name, module.about),
    );
    push(out, format_args!("Namespace `{}`", module.namespace()));
    let older: Vec<String> = module
        .older
        .iter()
        .map(|name| format!("`{}{name}`", table::OLDER_NAMESPACES[0]))
        .collect();
    if !older.is_empty() {
        push(out, format_args!("; older: {}", older.join(", ")));
    }
    out.push_str(".\n");
    for action in module.actions {
        describe_action(out, module, action);
    }
    if !module.events.is_empty() {
        out.push_str("\nEvents that come by themselves:\n\n");
        events(out, module.events);
    }
}

fn describe_action(out: &mut String, module: &Module, action: &Action) {
    push(
        out,
        format_args!(
            "\n### `{}:{}`\n\n{}",
            module.name, action.name, action.purpose
        ),
    );
    if !action.older.is_empty() {
        push(
            out,
            format_args!(" Older names: `{}`.", action.older.join("`, `")),
        );
    }
    if let Room::Missing(room) = action.room {
        push(
            out,
            format_args!(" **No room yet** ({room}): it ends in its error."),
        );
    }
    match action.settles {
        Settles::Never => {}
        Settles::AtOnce => out.push_str(" Gives the interaction a place."),
        Settles::WhenDone => out.push_str(" Gives the interaction a place when it is done."),
    }
    out.push_str("\n\n");
    if !action.attributes.is_empty() {
        attributes(out, action.attributes);
        out.push('\n');
    }
    for child in action.children {
        describe_child(out, child, 0);
    }
    if !action.children.is_empty() {
        out.push('\n');
    }
    push(out, format_args!("Ends in `{}`", action.done_event(module)));
    if action.done.is_empty() {
        out.push('.');
    } else {
        out.push_str(" with:\n\n");
        fields(out, "member", action.done);
    }
    push(
        out,
        format_args!("\n\nor in `{}`", action.error_event(module)),
    );
    if action.errors.is_empty() {
        out.push_str(".\n");
    } else {
        out.push_str(" with one of the codes:\n\n");
        fields(out, "code", action.errors);
    }
    if !action.further.is_empty() {
        out.push_str("\nFurther events:\n\n");
        events(out, action.further);
    }
}

fn describe_child(out: &mut String, child: &Child, depth: usize) {
    let indent = "  ".repeat(depth);
    push(
        out,
        format_args!("{indent}- `<{}>`: {}", child.name, child.meaning),
    );
    let list: Vec<String> = child
        .attributes
        .iter()
        .map(|a| {
            let needed = if a.required { ", required" } else { "" };
            let default = a.default.map_or(String::new(), |d| format!(", else {d}"));
            format!("`{}` ({}{needed}{default}): {}", a.name, kind(a), a.meaning)
        })
        .collect();
    if !list.is_empty() {
        push(out, format_args!("; {}", list.join("; ")));
    }
    out.push_str(".\n");
    for inner in child.children {
        describe_child(out, inner, depth + 1);
    }
}

fn attributes(out: &mut String, list: &[Attribute]) {
    out.push_str("| attribute | kind | required, or default | meaning |\n|---|---|---|---|\n");
    for attribute in list {
        let default = match (attribute.required, attribute.default) {
            (true, _) => "required".to_owned(),
            (false, Some(default)) => default.to_owned(),
            (false, None) => String::new(),
        };
        let one_of = match attribute.value {
            Value::OneOf(allowed) => format!(": `{}`", allowed.join("`, `")),
            _ => String::new(),
        };
        push(
            out,
            format_args!(
                "| `{}` | {} | {default} | {}{one_of} |\n",
                attribute.name,
                kind(attribute),
                attribute.meaning
            ),
        );
    }
}

fn kind(attribute: &Attribute) -> String {
    let kind = match attribute.kind {
        Kind::Literal => "literal",
        Kind::Value => "value",
        Kind::Location | Kind::RequestId => return "location".to_owned(),
    };
    match value(attribute.value) {
        "any" => kind.to_owned(),
        value => format!("{kind}, {value}"),
    }
}

fn value(value: Value) -> &'static str {
    match value {
        Value::Any => "any",
        Value::Text => "text",
        Value::Number => "number",
        Value::Truth => "true or false",
        Value::Duration => "duration",
        Value::Members => "object",
        Value::List => "list",
        Value::OneOf(_) => "one of",
    }
}

fn fields(out: &mut String, what: &str, list: &[Field]) {
    push(out, format_args!("| {what} | meaning |\n|---|---|\n"));
    for field in list {
        push(
            out,
            format_args!("| `{}` | {} |\n", field.name, field.meaning),
        );
    }
}

fn events(out: &mut String, list: &[Event]) {
    out.push_str("| event | when | carries |\n|---|---|---|\n");
    for event in list {
        let members: Vec<String> = event
            .fields
            .iter()
            .map(|field| format!("`{}`: {}", field.name, field.meaning))
            .collect();
        push(
            out,
            format_args!(
                "| `{}` | {} | {} |\n",
                event.name,
                event.meaning,
                members.join("; ")
            ),
        );
    }
}

/// Writing to a text cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

/// What an editor needs to complete and explain actions.
#[derive(Debug, Serialize)]
pub struct Completion {
    /// Attributes of every action.
    pub common: Vec<CompletedAttribute>,
    /// Members of every `.done` event.
    pub common_done: Vec<Explained>,
    /// Members of every `error.` event.
    pub common_error: Vec<Explained>,
    /// The modules.
    pub modules: Vec<CompletedModule>,
}

/// A module.
#[derive(Debug, Serialize)]
pub struct CompletedModule {
    /// Its name, and the usual prefix.
    pub name: &'static str,
    /// Its namespace, then the older ones.
    pub namespaces: Vec<String>,
    /// What it is about.
    pub about: &'static str,
    /// Its actions.
    pub actions: Vec<CompletedAction>,
    /// Events that come by themselves.
    pub events: Vec<CompletedEvent>,
}

/// An action.
#[derive(Debug, Serialize)]
pub struct CompletedAction {
    /// The name of its element.
    pub name: &'static str,
    /// What it does.
    pub purpose: &'static str,
    /// The part of the house that is missing, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_room: Option<&'static str>,
    /// Its attributes.
    pub attributes: Vec<CompletedAttribute>,
    /// Elements inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<CompletedChild>,
    /// Its event of success.
    pub done: CompletedEvent,
    /// Its event of failure; `members` are the codes.
    pub error: CompletedEvent,
    /// Further events.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<CompletedEvent>,
}

/// An attribute.
#[derive(Debug, Serialize)]
pub struct CompletedAttribute {
    /// Its name.
    pub name: &'static str,
    /// `literal`, `value` or `location`.
    pub kind: &'static str,
    /// What its value is.
    pub value: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What holds without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<&'static str>,
    /// The texts that it may be.
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    pub one_of: &'static [&'static str],
    /// What it means.
    pub meaning: &'static str,
}

/// An element inside of an action.
#[derive(Debug, Serialize)]
pub struct CompletedChild {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Its attributes.
    pub attributes: Vec<CompletedAttribute>,
    /// Elements inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<CompletedChild>,
}

/// An event.
#[derive(Debug, Serialize)]
pub struct CompletedEvent {
    /// Its name.
    pub name: String,
    /// When it comes.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub meaning: &'static str,
    /// What it carries, or its codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Explained>,
}

/// A name and what it means.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// The name.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// The table for an editor.
pub fn completion() -> Completion {
    Completion {
        common: COMMON.iter().map(completed_attribute).collect(),
        common_done: explained(COMMON_DONE),
        common_error: explained(COMMON_ERROR),
        modules: MODULES
            .iter()
            .map(|module| completed_module(module))
            .collect(),
    }
}

fn completed_module(module: &'static Module) -> CompletedModule {
    let mut namespaces = vec![module.namespace()];
    for older in module.older {
        namespaces.extend(
            table::OLDER_NAMESPACES
                .iter()
                .map(|prefix| format!("{prefix}{older}")),
        );
    }
    CompletedModule {
        name: module.name,
        namespaces,
        about: module.about,
        actions: module
            .actions
            .iter()
            .map(|action| completed_action(module, action))
            .collect(),
        events: module.events.iter().map(completed_event).collect(),
    }
}

fn completed_action(module: &Module, action: &'static Action) -> CompletedAction {
    CompletedAction {
        name: action.name,
        purpose: action.purpose,
        missing_room: match action.room {
            Room::Here => None,
            Room::Missing(room) => Some(room),
        },
        attributes: action.attributes.iter().map(completed_attribute).collect(),
        children: action.children.iter().map(completed_child).collect(),
        done: CompletedEvent {
            name: action.done_event(module),
            meaning: "",
            members: explained(action.done),
        },
        error: CompletedEvent {
            name: action.error_event(module),
            meaning: "",
            members: explained(action.errors),
        },
        further: action.further.iter().map(completed_event).collect(),
    }
}

fn completed_attribute(attribute: &Attribute) -> CompletedAttribute {
    CompletedAttribute {
        name: attribute.name,
        kind: match attribute.kind {
            Kind::Literal => "literal",
            Kind::Value => "value",
            Kind::Location | Kind::RequestId => "location",
        },
        value: value(attribute.value),
        required: attribute.required,
        default: attribute.default,
        one_of: match attribute.value {
            Value::OneOf(allowed) => allowed,
            _ => &[],
        },
        meaning: attribute.meaning,
    }
}

fn completed_child(child: &Child) -> CompletedChild {
    CompletedChild {
        name: child.name,
        meaning: child.meaning,
        attributes: child.attributes.iter().map(completed_attribute).collect(),
        children: child.children.iter().map(completed_child).collect(),
    }
}

fn completed_event(event: &Event) -> CompletedEvent {
    CompletedEvent {
        name: event.name.to_owned(),
        meaning: event.meaning,
        members: explained(event.fields),
    }
}

fn explained(fields: &[Field]) -> Vec<Explained> {
    fields
        .iter()
        .map(|field| Explained {
            name: field.name,
            meaning: field.meaning,
        })
        .collect()
}
