//! What a document does, state by state: its chart, and beside it what its text says about executable
//! content. A chart tells what states and transitions there are; lint, pictures and differences also
//! want to know which events are raised and which actions asked for, where, and what comments say.

use std::collections::BTreeMap;
use std::sync::Arc;

use ringback_scxml::{Chart, Position, Resolver, SCXML, StateIx, StateKind, TransitionIx};
use roxmltree::{Document, Node};

use crate::table::{self, Action, Module};
use crate::vocabulary::quoted;

/// A chart with what its text says.
#[derive(Debug)]
pub struct Outline {
    /// The chart.
    pub chart: Arc<Chart>,
    /// What is done, in the order of the text.
    pub doings: Vec<Doing>,
    /// What is done as it is written, white space aside; the content of `<if>` stays inside of it.
    pub written: Vec<(When, String)>,
    /// States in which something is invoked.
    pub invokes: Vec<StateIx>,
    /// Files that could not be read a second time: what is done in them is not known.
    pub unread: Vec<String>,
    /// Where lint is told to be silent.
    pub(crate) silences: Vec<Silence>,
}

/// One piece of executable content.
#[derive(Debug)]
pub struct Doing {
    /// When it is done.
    pub when: When,
    /// What is done.
    pub what: What,
    /// Where it stands.
    pub at: Position,
}

/// When something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// When a state is entered.
    Entry(StateIx),
    /// When a state is left.
    Exit(StateIx),
    /// When a transition is taken.
    Transition(TransitionIx),
}

/// What is done.
#[derive(Debug)]
pub enum What {
    /// `<raise>`.
    Raise(String),
    /// `<send>`.
    Send {
        /// The event, if it is known before anything runs.
        event: Option<String>,
        /// Whether it comes later.
        delayed: bool,
        /// Whether it comes to this session.
        own: bool,
    },
    /// An action of the table, with its attributes as they are written.
    Action {
        /// Its module.
        module: &'static Module,
        /// Its row.
        action: &'static Action,
        /// Its attributes.
        attributes: Vec<(String, String)>,
    },
    /// Something else, by the name of its element.
    Other(String),
}

/// A comment that tells lint to be silent.
#[derive(Debug)]
pub(crate) struct Silence {
    /// The rules it names.
    pub(crate) rules: Vec<String>,
    /// The file it stands in.
    pub(crate) file: u16,
    /// First and last line of what it is about.
    pub(crate) lines: (u32, u32),
}

impl Outline {
    /// Reads the files of a chart a second time. `text` is the document itself; what was included
    /// comes from `resolver`. A file that is not in UTF-8 tells nothing.
    pub fn read(chart: Arc<Chart>, text: &[u8], resolver: &dyn Resolver) -> Outline {
        let mut outline = Outline {
            chart: Arc::clone(&chart),
            doings: Vec::new(),
            written: Vec::new(),
            invokes: Vec::new(),
            unread: Vec::new(),
            silences: Vec::new(),
        };
        for (index, name) in chart.files.iter().enumerate() {
            let bytes = if index == 0 {
                Some(text.to_vec())
            } else {
                resolver.load(name, "").ok().map(|found| found.bytes)
            };
            let read = bytes.is_some_and(|bytes| outline.text(index as u16, &bytes));
            if !read {
                outline.unread.push(name.clone());
            }
        }
        outline.doings.sort_by_key(|doing| doing.at);
        outline
    }

    /// Whether a file could be read. Included text that is not XML has nothing to tell.
    fn text(&mut self, file: u16, bytes: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return false;
        };
        match Document::parse(text) {
            Ok(document) => self.file(file, &document),
            Err(_) if file == 0 => return false,
            Err(_) => {}
        }
        true
    }

    fn file(&mut self, file: u16, document: &Document<'_>) {
        let elements: BTreeMap<(u32, u32), Node<'_, '_>> = document
            .descendants()
            .filter(Node::is_element)
            .map(|node| (place(document, node), node))
            .collect();
        let chart = Arc::clone(&self.chart);
        for (index, state) in chart.states.iter().enumerate() {
            let found = elements.get(&(state.at.line, state.at.column));
            if let Some(node) = found.filter(|_| state.at.file == file) {
                self.state(file, document, StateIx(index as u32), *node);
            }
        }
        for (index, transition) in chart.transitions.iter().enumerate() {
            let found = elements.get(&(transition.at.line, transition.at.column));
            let found = found.filter(|node| {
                transition.at.file == file && node.tag_name().name() == "transition"
            });
            if let Some(node) = found {
                let when = When::Transition(TransitionIx(index as u32));
                self.block(file, document, when, *node);
            }
        }
        self.comments(file, document);
    }

    fn state(&mut self, file: u16, document: &Document<'_>, state: StateIx, node: Node<'_, '_>) {
        for child in node.children().filter(|node| is_scxml(*node)) {
            match child.tag_name().name() {
                "onentry" => self.block(file, document, When::Entry(state), child),
                "onexit" => self.block(file, document, When::Exit(state), child),
                "invoke" => self.invokes.push(state),
                _ => {}
            }
        }
    }

    fn block(&mut self, file: u16, document: &Document<'_>, when: When, block: Node<'_, '_>) {
        for node in block.children().filter(Node::is_element) {
            let text = &document.input_text()[node.range()];
            let words: Vec<&str> = text.split_whitespace().collect();
            self.written.push((when, words.join(" ")));
        }
        self.content(file, document, when, block);
    }

    fn content(&mut self, file: u16, document: &Document<'_>, when: When, block: Node<'_, '_>) {
        for node in block.children().filter(Node::is_element) {
            let (line, column) = place(document, node);
            let at = Position { file, line, column };
            let name = node.tag_name().name();
            if is_scxml(node) && matches!(name, "if" | "foreach") {
                self.content(file, document, when, node);
                continue;
            }
            if let Some(what) = self.what(node) {
                self.doings.push(Doing { when, what, at });
            }
        }
    }

    fn what(&self, node: Node<'_, '_>) -> Option<What> {
        let name = node.tag_name().name();
        if !is_scxml(node) {
            let namespace = node.tag_name().namespace().unwrap_or_default();
            let (module, action) = table::action(namespace, name)?;
            let attributes = node
                .attributes()
                .map(|a| (a.name().to_owned(), a.value().to_owned()))
                .collect();
            return Some(What::Action {
                module,
                action,
                attributes,
            });
        }
        let old = self.chart.is_old_dialect();
        Some(match name {
            "elseif" | "else" => return None,
            "raise" => What::Raise(node.attribute("event")?.to_owned()),
            "event" if old => What::Raise(node.attribute("name")?.to_owned()),
            "send" => send(node, old),
            other => What::Other(other.to_owned()),
        })
    }

    /// `<!-- lint: allow RULE, RULE: reason -->` is about the element that follows it, with all that is
    /// inside; before the first element or as the first thing in it, about the whole file.
    fn comments(&mut self, file: u16, document: &Document<'_>) {
        for comment in document.descendants().filter(Node::is_comment) {
            let Some(rules) = comment.text().and_then(allowed) else {
                continue;
            };
            let follows = comment.next_siblings().skip(1).find(Node::is_element);
            let first = comment.parent() == Some(document.root_element())
                && !comment
                    .prev_siblings()
                    .skip(1)
                    .any(|node| node.is_element());
            let about = match follows {
                Some(_) if first => document.root_element(),
                Some(node) => node,
                None => document.root_element(),
            };
            let range = about.range();
            let lines = (
                document.text_pos_at(range.start).row,
                document.text_pos_at(range.end).row,
            );
            self.silences.push(Silence { rules, file, lines });
        }
    }

    /// Actions of the table, with when they are asked for.
    pub fn actions(&self) -> impl Iterator<Item = (&Doing, &'static Module, &'static Action)> + '_ {
        self.doings.iter().filter_map(|doing| match &doing.what {
            What::Action { module, action, .. } => Some((doing, *module, *action)),
            _ => None,
        })
    }

    /// What is done at a moment.
    pub fn at(&self, when: When) -> impl Iterator<Item = &Doing> + '_ {
        self.doings.iter().filter(move |doing| doing.when == when)
    }

    /// What is done at a moment, as it is written.
    pub fn written_at(&self, when: When) -> impl Iterator<Item = &str> + '_ {
        let written = self.written.iter();
        written
            .filter(move |(known, _)| *known == when)
            .map(|(_, text)| text.as_str())
    }

    /// States that the document itself names, the `<scxml>` element and histories left out.
    pub fn proper_states(&self) -> impl Iterator<Item = StateIx> + '_ {
        let states = self.chart.states.iter().enumerate();
        states
            .filter(|(_, state)| state.kind != StateKind::Root && !state.kind.is_history())
            .map(|(index, _)| StateIx(index as u32))
    }

    /// Transitions of states; the initial ones and those of histories left out.
    pub fn proper_transitions(&self) -> impl Iterator<Item = TransitionIx> + '_ {
        let states = self.chart.states.iter();
        states
            .filter(|state| !state.kind.is_history())
            .flat_map(|state| state.transitions.clone())
            .map(TransitionIx)
    }
}

fn place(document: &Document<'_>, node: Node<'_, '_>) -> (u32, u32) {
    let at = document.text_pos_at(node.range().start);
    (at.row, at.col)
}

fn is_scxml(node: Node<'_, '_>) -> bool {
    node.is_element()
        && node
            .tag_name()
            .namespace()
            .is_none_or(|namespace| namespace == SCXML)
}

fn send(node: Node<'_, '_>, old: bool) -> What {
    let event = match node.attribute("event") {
        Some(event) if old => quoted(event).map(str::to_owned),
        Some(event) => Some(event.to_owned()),
        None => node
            .attribute("eventexpr")
            .and_then(quoted)
            .map(str::to_owned),
    };
    let delay = node.attribute("delay").or(node.attribute("delayexpr"));
    let delayed = delay.is_some_and(|delay| {
        let delay = quoted(delay).unwrap_or(delay);
        crate::duration::milliseconds(delay) != Some(0)
    });
    let targets = ["target", "targetexpr", "type", "typeexpr", "targettype"];
    let own = targets.iter().all(|name| {
        let value = node
            .attribute(*name)
            .map(|text| quoted(text).unwrap_or(text));
        matches!(value, None | Some("" | "#_internal" | "scxml"))
    });
    What::Send {
        event,
        delayed,
        own,
    }
}

fn allowed(comment: &str) -> Option<Vec<String>> {
    let rest = comment
        .trim()
        .strip_prefix("lint:")?
        .trim()
        .strip_prefix("allow")?;
    let rules = rest.split_once(':').map_or(rest, |(rules, _)| rules);
    Some(
        rules
            .split([',', ' '])
            .map(str::trim)
            .filter(|rule| !rule.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}
