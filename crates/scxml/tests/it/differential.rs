//! Random charts and events in ours and in SCION 4.3.27 (npm `@scion-scxml/scxml`): the same configurations.
//!
//! The packages are those of `peers/scion/package-lock.json`, brought once into `.cache/scxml/scion` of the
//! repository. `SCXML_DIFFERENTIAL_SEED` runs one seed again, `SCXML_DIFFERENTIAL_CHARTS` says how many charts.
//!
//! Left out of the charts, because SCION reads the Recommendation otherwise:
//!
//! - Transitions whose least common ancestor is a `<parallel>`. Appendix D, `findLCCA`, looks for a
//!   `<state>` or the `<scxml>` element; SCION also takes a `<parallel>`.
//! - `<onexit>` around a `<final>`. Appendix D, `enterStates`: only a final child of `<scxml>` ends the session;
//!   SCION runs the exit handlers of the ancestors, again with each event, when all active states are final.
//! - `<raise>` beside `<final>`. Appendix D, `enterStates`, puts `done.state` into the queue when the final state
//!   is entered, before what is entered after it; SCION when everything is entered.
//! - Content whose order matters. Section 3.13 and appendix D: of two states that are left, a descendant goes
//!   first, and otherwise the later one in document order; SCION goes by depth first. The content of transitions
//!   runs in the order in which the active states selected them; SCION runs that of an outer one first.
//! - `done.state` of nested `<parallel>`s. Section 3.4: a `<parallel>` whose children have all reached final
//!   states is in a final state itself; SCION looks one level up only.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::common::{Play, skip};

#[test]
fn random_charts_go_the_same_way_in_scion() {
    let Some(packages) = packages() else { return };
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seeds: Vec<u64> = match number("SCXML_DIFFERENTIAL_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("SCXML_DIFFERENTIAL_CHARTS").unwrap_or(150)).collect(),
    };
    let cases: Vec<(u64, Case)> = seeds
        .into_iter()
        .map(|seed| (seed, Case::random(seed)))
        .collect();
    // Charts that go on for ever end at a limit of ours; SCION has none and would never answer.
    let ended: Vec<(u64, Case, Vec<Vec<String>>)> = cases
        .into_iter()
        .filter_map(|(seed, case)| ours(&case).map(|ours| (seed, case, ours)))
        .collect();
    let theirs = scion(&packages, ended.iter().map(|(_, case, _)| case));
    let mut moved = 0;
    let mut differences: Vec<String> = Vec::new();
    for ((seed, case, ours), theirs) in ended.iter().zip(theirs) {
        moved += ours.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let ours = json!(ours);
        if ours != theirs {
            let (chart, events) = (&case.chart, &case.events);
            differences.push(format!(
                "{chart}\nevents {events:?}\nours   {ours}\ntheirs {theirs}\nseed {seed}"
            ));
        }
    }
    // The shortest says most.
    differences.sort_by_key(String::len);
    let shortest = differences.first();
    assert!(
        differences.is_empty(),
        "{} charts differ; the shortest:\n{}",
        differences.len(),
        shortest.map_or("", |text| text)
    );
    println!(
        "{} charts, {moved} steps that changed the configuration",
        ended.len()
    );
    assert!(
        ended.len() < 100 || moved > 100,
        "the charts do nothing: {moved} steps"
    );
}

/// The configuration after the start and after each event; `None` if the chart goes on for ever.
fn ours(case: &Case) -> Option<Vec<Vec<String>>> {
    let mut play = Play::start(&case.chart);
    let configuration = |play: &Play| {
        let mut active: Vec<String> = play.active().into_iter().map(str::to_owned).collect();
        active.sort();
        active
    };
    let mut seen = vec![configuration(&play)];
    for event in &case.events {
        play.send(event);
        seen.push(configuration(&play));
    }
    play.broken.is_none().then_some(seen)
}

fn scion<'c>(packages: &Path, cases: impl Iterator<Item = &'c Case>) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/scion/differential.mjs");
    let mut node = Command::new("node")
        .arg(script)
        .current_dir(packages)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = String::new();
    for case in cases {
        let chart = crate::common::document(&case.chart);
        questions.push_str(&json!({ "chart": chart, "events": case.events }).to_string());
        questions.push('\n');
    }
    let mut input = node.stdin.take().unwrap();
    let writer = std::thread::scope(|scope| {
        let output = BufReader::new(node.stdout.take().unwrap());
        // A pipe fills up when nobody reads the other one.
        let writing = scope.spawn(move || input.write_all(questions.as_bytes()));
        let answers: Vec<Value> = output
            .lines()
            .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
            .collect();
        writing.join().unwrap().unwrap();
        answers
    });
    assert!(node.wait().unwrap().success());
    writer
}

/// Where the packages of SCION are, brought there if need be.
fn packages() -> Option<PathBuf> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = home.join("../..");
    let cache = std::env::var_os("RINGBACK_CACHE_DIR")
        .map_or_else(|| root.join(".cache"), |folder| root.join(folder));
    let folder = cache.join("scxml/scion");
    let answers = |program: &str| {
        let asked = Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    };
    if !answers("node") || !answers("npm") {
        skip(
            "differential test against SCION",
            "node and npm are not installed",
        );
        return None;
    }
    if folder
        .join("node_modules/@scion-scxml/scxml/package.json")
        .is_file()
    {
        return Some(folder);
    }
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        std::fs::copy(home.join("peers/scion").join(name), folder.join(name)).unwrap();
    }
    let installed = Command::new("npm")
        .args(["ci", "--ignore-scripts"])
        .current_dir(&folder)
        .status();
    if installed.is_ok_and(|status| status.success()) {
        return Some(folder);
    }
    skip(
        "differential test against SCION",
        "`npm ci` failed, see above",
    );
    None
}

pub(crate) struct Case {
    pub(crate) chart: String,
    pub(crate) events: Vec<String>,
}

/// xorshift64*: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }

    fn one_in(&mut self, chance: usize) -> bool {
        self.below(chance) == 0
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Root,
    Plain,
    Parallel,
    Final,
    History,
}

struct Node {
    kind: Kind,
    parent: usize,
    children: Vec<usize>,
}

/// A tree of states, and text made of it.
struct Tree {
    nodes: Vec<Node>,
    dice: Dice,
    /// Either final states or raised events, never both.
    finals: bool,
}

impl Case {
    pub(crate) fn random(seed: u64) -> Case {
        let mut tree = Tree {
            nodes: vec![Node {
                kind: Kind::Root,
                parent: 0,
                children: Vec::new(),
            }],
            dice: Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            finals: seed.is_multiple_of(2),
        };
        tree.grow(0, 3);
        let mut inside = "<datamodel><data id='x' expr='0'/></datamodel>".to_owned();
        for child in tree.nodes[0].children.clone() {
            tree.write(child, &mut inside);
        }
        let events = (0..8).map(|_| format!("e{}", tree.dice.below(3))).collect();
        Case {
            chart: inside,
            events,
        }
    }
}

impl Tree {
    fn grow(&mut self, parent: usize, depth: usize) {
        let wanted = 2 + self.dice.below(3);
        for number in 0..wanted {
            let in_parallel = self.nodes[parent].kind == Kind::Parallel;
            let kind = match self.dice.below(10) {
                0..=1 if depth > 1 => Kind::Parallel,
                2 if self.finals && !in_parallel && number > 0 && parent > 0 => Kind::Final,
                3 if parent > 0 && number > 0 => Kind::History,
                _ => Kind::Plain,
            };
            let index = self.nodes.len();
            self.nodes.push(Node {
                kind,
                parent,
                children: Vec::new(),
            });
            self.nodes[parent].children.push(index);
            let branch =
                kind == Kind::Parallel || (kind == Kind::Plain && depth > 1 && self.dice.one_in(2));
            if branch {
                self.grow(index, depth - 1);
            }
        }
    }

    fn states(&self, parent: usize) -> Vec<usize> {
        let children = &self.nodes[parent].children;
        children
            .iter()
            .copied()
            .filter(|child| self.nodes[*child].kind != Kind::History)
            .collect()
    }

    fn ancestors(&self, mut node: usize) -> Vec<usize> {
        let mut found = Vec::new();
        while node != 0 {
            node = self.nodes[node].parent;
            found.push(node);
        }
        found
    }

    fn holds_final(&self, node: usize) -> bool {
        let this = &self.nodes[node];
        this.kind == Kind::Final || this.children.iter().any(|child| self.holds_final(*child))
    }

    /// A target such that the least common ancestor is no parallel state.
    fn target(&mut self, source: usize) -> Option<usize> {
        let target = 1 + self.dice.below(self.nodes.len() - 1);
        let above = self.ancestors(target);
        let common = self
            .ancestors(source)
            .into_iter()
            .find(|ancestor| above.contains(ancestor))?;
        (self.nodes[common].kind != Kind::Parallel).then_some(target)
    }

    fn condition(&mut self) -> String {
        let state = 1 + self.dice.below(self.nodes.len() - 1);
        match self.dice.below(4) {
            0 => format!(" cond=\"In('s{state}')\""),
            1 => " cond=\"x % 2 == 0\"".to_owned(),
            _ => String::new(),
        }
    }

    /// What can be done in any order, with the same end.
    fn content(&mut self) -> String {
        match self.dice.below(6) {
            0 | 1 => "<assign location='x' expr='x + 1'/>".to_owned(),
            // Raised while x is small only, so that no chart goes on for ever.
            2 if !self.finals => {
                "<if cond='x &lt; 30'><assign location='x' expr='x + 1'/><raise event='e1'/></if>"
                    .to_owned()
            }
            _ => String::new(),
        }
    }

    fn transition(&mut self, source: usize, out: &mut String) {
        let target = if self.dice.one_in(8) {
            None
        } else {
            self.target(source)
        };
        let condition = self.condition();
        let content = self.content();
        let head = match self.dice.below(8) {
            0 => format!(" cond='x == {}'", 1 + self.dice.below(12)),
            1 => {
                let inside = self.states(source);
                let done = if inside.is_empty() {
                    source
                } else {
                    *self.dice.pick(&inside)
                };
                let kind = self.nodes[done].kind;
                let event = if kind == Kind::Plain {
                    format!("done.state.s{done}")
                } else {
                    "e0".to_owned()
                };
                format!(" event='{event}'{condition}")
            }
            2 => format!(" event='*'{condition}"),
            _ => format!(" event='e{}'{condition}", self.dice.below(3)),
        };
        // An eventless transition must change its own condition.
        let eventless = !head.contains("event=");
        let content = if eventless {
            "<assign location='x' expr='x + 1'/>".to_owned()
        } else {
            content
        };
        let target = target
            .map(|target| format!(" target='s{target}'"))
            .unwrap_or_default();
        let internal = if self.dice.one_in(4) && !target.is_empty() {
            " type='internal'"
        } else {
            ""
        };
        out.push_str(&format!(
            "<transition{head}{target}{internal}>{content}</transition>"
        ));
    }

    fn write(&mut self, node: usize, out: &mut String) {
        let name = match self.nodes[node].kind {
            Kind::Root | Kind::Plain => "state",
            Kind::Parallel => "parallel",
            Kind::Final => "final",
            Kind::History => return self.write_history(node, out),
        };
        let inside = self.states(node);
        let initial = if name == "state" && !inside.is_empty() && self.dice.one_in(2) {
            format!(" initial='s{}'", self.dice.pick(&inside))
        } else {
            String::new()
        };
        out.push_str(&format!("<{name} id='s{node}'{initial}>"));
        for handler in ["onentry", "onexit"] {
            let around_final = handler == "onexit" && self.holds_final(node);
            let content = "<assign location='x' expr='x + 1'/>";
            if self.dice.one_in(3) && !around_final {
                out.push_str(&format!("<{handler}>{content}</{handler}>"));
            }
        }
        if self.nodes[node].kind != Kind::Final {
            for _ in 0..self.dice.below(4) {
                self.transition(node, out);
            }
        }
        for child in self.nodes[node].children.clone() {
            self.write(child, out);
        }
        out.push_str(&format!("</{name}>"));
    }

    fn write_history(&mut self, node: usize, out: &mut String) {
        let parent = self.nodes[node].parent;
        let inside = self.states(parent);
        let kind = if self.dice.one_in(2) {
            "deep"
        } else {
            "shallow"
        };
        let default = if self.nodes[parent].kind == Kind::Parallel {
            inside.clone()
        } else {
            vec![*self.dice.pick(&inside)]
        };
        let default: Vec<String> = default
            .into_iter()
            .map(|state| format!("s{state}"))
            .collect();
        let default = default.join(" ");
        out.push_str(&format!(
            "<history id='s{node}' type='{kind}'><transition target='{default}'/></history>"
        ));
    }
}
