//! Numbers the states in document order, before anything refers to them.

use std::collections::BTreeMap;

use crate::chart::{State, StateKind};
use crate::limits::DocumentLimits;
use crate::position::Notes;
use crate::states::StateIx;
use crate::xml::Element;

/// A state with the element it is made from.
pub(super) struct Numbered<'e> {
    pub(super) element: &'e Element,
    id: String,
    kind: StateKind,
    parent: Option<StateIx>,
    end: u32,
    children: Vec<StateIx>,
    histories: Vec<StateIx>,
}

impl Numbered<'_> {
    pub(super) fn state(&self) -> State {
        State {
            id: self.id.clone(),
            kind: self.kind,
            parent: self.parent,
            end: self.end,
            children: self.children.clone(),
            histories: self.histories.clone(),
            transitions: 0..0,
            initial: None,
            at: self.element.at,
            entry: Vec::new(),
            exit: Vec::new(),
            data: 0..0,
            invokes: 0..0,
            done_data: None,
        }
    }
}

/// All states in document order; `None` if there are too many.
pub(super) fn number<'e>(
    root: &'e Element,
    limits: &DocumentLimits,
    notes: &mut Notes,
) -> Option<Vec<Numbered<'e>>> {
    let mut found = Vec::new();
    walk(root, None, &mut found);
    if found.len() > limits.states {
        notes.error(
            "limit.states",
            root.at,
            format!("{} states; at most {} are read", found.len(), limits.states),
            "split the document, or raise the limit `states`",
        );
        return None;
    }
    if found
        .iter()
        .skip(1)
        .all(|numbered| numbered.kind.is_history())
    {
        notes.error(
            "document.empty",
            root.at,
            "there is no state",
            "give it at least one <state>, <parallel> or <final>",
        );
        return None;
    }
    name(&mut found, notes);
    Some(found)
}

fn walk<'e>(element: &'e Element, parent: Option<StateIx>, found: &mut Vec<Numbered<'e>>) {
    let index = StateIx(found.len() as u32);
    found.push(Numbered {
        element,
        id: String::new(),
        kind: StateKind::Root,
        parent,
        end: 0,
        children: Vec::new(),
        histories: Vec::new(),
    });
    let mut children = Vec::new();
    let mut histories = Vec::new();
    for child in element.elements().filter(|child| is_state(child)) {
        let at = StateIx(found.len() as u32);
        if child.name == "history" {
            histories.push(at);
        } else {
            children.push(at);
        }
        walk(child, Some(index), found);
    }
    let end = found.len() as u32;
    let this = &mut found[index.at()];
    this.kind = kind(element, parent, children.is_empty());
    this.end = end;
    this.children = children;
    this.histories = histories;
}

fn is_state(element: &Element) -> bool {
    element.is_scxml() && ["state", "parallel", "final", "history"].contains(&element.name.as_str())
}

fn kind(element: &Element, parent: Option<StateIx>, leaf: bool) -> StateKind {
    match element.name.as_str() {
        _ if parent.is_none() => StateKind::Root,
        "parallel" => StateKind::Parallel,
        "final" => StateKind::Final,
        "history" if element.attribute("type") == Some("deep") => StateKind::DeepHistory,
        "history" => StateKind::ShallowHistory,
        _ if leaf => StateKind::Atomic,
        _ => StateKind::Compound,
    }
}

/// Ids as written, made-up ones for states without (3.14).
fn name(found: &mut [Numbered<'_>], notes: &mut Notes) {
    let mut known: BTreeMap<&str, StateIx> = BTreeMap::new();
    let mut ids = Vec::with_capacity(found.len());
    for (index, numbered) in found.iter().enumerate() {
        let element = numbered.element;
        let written = if index == 0 {
            None
        } else {
            element.attribute("id")
        };
        let id = match written {
            Some(id) if !id.is_empty() => {
                if known.insert(id, StateIx(index as u32)).is_some() {
                    notes.error(
                        "id.double",
                        element.at,
                        format!("there is another state with the id `{id}`"),
                        "give each state an id of its own",
                    );
                }
                id.to_owned()
            }
            _ => format!("${}{index}", element.name),
        };
        ids.push(id);
    }
    for (numbered, id) in found.iter_mut().zip(ids) {
        numbered.id = id;
    }
}
