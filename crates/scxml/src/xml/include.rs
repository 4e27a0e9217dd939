//! XInclude and `src`: other files, asked for by a resolver that the caller gives.

use super::{Element, Node, XINCLUDE, XINCLUDE_OLD, encoding, parse};
use crate::limits::DocumentLimits;
use crate::position::{Notes, Position};
use crate::resolve::Resolver;

/// Reads a document and all that is included into it.
pub(crate) struct Reader<'a> {
    resolver: &'a dyn Resolver,
    limits: &'a DocumentLimits,
    /// The names of the files read so far.
    pub(crate) files: Vec<String>,
    /// Files that are being read, so that one that includes itself is noticed.
    open: Vec<String>,
    /// How deep the file that is being read stands in the whole.
    level: usize,
    loaded: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(resolver: &'a dyn Resolver, limits: &'a DocumentLimits) -> Reader<'a> {
        Reader {
            resolver,
            limits,
            files: Vec::new(),
            open: Vec::new(),
            level: 0,
            loaded: 0,
        }
    }

    /// Reads the document itself.
    pub(crate) fn document(
        &mut self,
        name: &str,
        bytes: &[u8],
        notes: &mut Notes,
    ) -> Option<Element> {
        self.read(name.to_owned(), bytes, notes)
    }

    /// Loads what `src` names, as text, for the file in which the reference stands.
    pub(crate) fn text(&mut self, reference: &str, from: Position) -> Result<String, String> {
        let (_, bytes) = self.load(reference, from)?;
        encoding::decode(&bytes).map(std::borrow::Cow::into_owned)
    }

    fn load(&mut self, reference: &str, from: Position) -> Result<(String, Vec<u8>), String> {
        self.loaded += 1;
        if self.loaded > self.limits.files {
            return Err(format!("more than {} files are loaded", self.limits.files));
        }
        let base = self
            .files
            .get(usize::from(from.file))
            .map_or("", String::as_str);
        let resource = self.resolver.load(reference, base)?;
        if resource.bytes.len() > self.limits.bytes {
            return Err(format!(
                "{} bytes; at most {} are read",
                resource.bytes.len(),
                self.limits.bytes
            ));
        }
        Ok((resource.name, resource.bytes))
    }

    fn read(&mut self, name: String, bytes: &[u8], notes: &mut Notes) -> Option<Element> {
        let file = self.files.len() as u16;
        self.files.push(name.clone());
        let text = match encoding::decode(bytes) {
            Ok(text) => text,
            Err(problem) => {
                let at = Position {
                    file,
                    line: 1,
                    column: 1,
                };
                notes.error("xml.encoding", at, problem, "save the file as UTF-8");
                return None;
            }
        };
        let mut element = parse(&text, file, self.limits, notes)?;
        self.open.push(name);
        self.include_into(&mut element, 0, notes);
        self.open.pop();
        Some(element)
    }

    fn include_into(&mut self, element: &mut Element, depth: usize, notes: &mut Notes) {
        let mut children = Vec::with_capacity(element.children.len());
        for child in std::mem::take(&mut element.children) {
            match child {
                Node::Element(child) if is_include(&child) => {
                    children.extend(self.included(&child, depth, notes));
                }
                Node::Element(mut child) => {
                    self.include_into(&mut child, depth + 1, notes);
                    children.push(Node::Element(child));
                }
                text => children.push(text),
            }
        }
        element.children = children;
    }

    /// What stands in the place of an `xi:include`.
    fn included(&mut self, include: &Element, depth: usize, notes: &mut Notes) -> Vec<Node> {
        match self.fetch(include, depth, notes) {
            Ok(nodes) => nodes,
            Err(problem) => {
                let fallback = include
                    .elements()
                    .find(|child| child.namespace == include.namespace && child.name == "fallback");
                if let Some(fallback) = fallback {
                    let mut fallback = fallback.clone();
                    self.include_into(&mut fallback, depth, notes);
                    return fallback.children;
                }
                notes.error(
                    "include.failed",
                    include.at,
                    format!("nothing could be included: {problem}"),
                    "check href, or give an xi:fallback",
                );
                Vec::new()
            }
        }
    }

    fn fetch(
        &mut self,
        include: &Element,
        depth: usize,
        notes: &mut Notes,
    ) -> Result<Vec<Node>, String> {
        let href = include.attribute("href").unwrap_or_default();
        if href.is_empty() {
            return Err("href is missing".to_owned());
        }
        if self.level + depth + self.open.len() > self.limits.depth {
            return Err("the files that include one another are nested too deeply".to_owned());
        }
        let (name, bytes) = self.load(href, include.at)?;
        if include.attribute("parse") == Some("text") {
            return encoding::decode(&bytes).map(|text| vec![Node::Text(text.into_owned())]);
        }
        if self.open.contains(&name) {
            return Err(format!("`{name}` includes itself"));
        }
        self.level += depth;
        let root = self.read(name.clone(), &bytes, notes);
        self.level -= depth;
        let root = root.ok_or_else(|| format!("`{name}` has errors of its own"))?;
        select(root, include.attribute("xpointer"))
            .ok_or_else(|| format!("xpointer names nothing in `{name}`"))
    }
}

fn is_include(element: &Element) -> bool {
    element.name == "include" && [XINCLUDE, XINCLUDE_OLD].contains(&element.namespace.as_str())
}

/// The part of the included document that `xpointer` names: all of it, an id, `element(..)` with an
/// id, or `xpointer(/path/of/names/node())` with names, `*` and a last `node()`.
fn select(root: Element, pointer: Option<&str>) -> Option<Vec<Node>> {
    let Some(pointer) = pointer.map(str::trim).filter(|pointer| !pointer.is_empty()) else {
        return Some(vec![Node::Element(root)]);
    };
    if let Some(path) = inside(pointer, "xpointer") {
        return by_path(root, path);
    }
    let id = inside(pointer, "element").unwrap_or(pointer);
    by_id(&root, id).map(|found| vec![Node::Element(found.clone())])
}

fn inside<'a>(pointer: &'a str, scheme: &str) -> Option<&'a str> {
    pointer
        .strip_prefix(scheme)?
        .strip_prefix('(')?
        .strip_suffix(')')
}

fn by_path(root: Element, path: &str) -> Option<Vec<Node>> {
    if let Some(id) = path
        .strip_prefix("id(")
        .and_then(|rest| rest.strip_suffix(')'))
    {
        let id = id.trim_matches(|c| c == '\'' || c == '"');
        return by_id(&root, id).map(|found| vec![Node::Element(found.clone())]);
    }
    let mut found = vec![Node::Element(Element {
        namespace: String::new(),
        prefix: String::new(),
        name: String::new(),
        attributes: Vec::new(),
        at: root.at,
        children: vec![Node::Element(root)],
    })];
    for step in path.trim_start_matches('/').split('/') {
        let name = step.rsplit(':').next().unwrap_or(step);
        found = found
            .into_iter()
            .flat_map(|node| match node {
                Node::Element(element) => element.children,
                Node::Text(_) => Vec::new(),
            })
            .filter(|node| match node {
                _ if step == "node()" => true,
                Node::Element(element) => name == "*" || element.name == name,
                Node::Text(_) => false,
            })
            .collect();
    }
    (!found.is_empty()).then_some(found)
}

fn by_id<'e>(element: &'e Element, id: &str) -> Option<&'e Element> {
    let own = element
        .attributes
        .iter()
        .any(|attribute| attribute.name == "id" && attribute.value == id);
    if own {
        return Some(element);
    }
    element.elements().find_map(|child| by_id(child, id))
}
