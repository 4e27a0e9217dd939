//! Places, found by `dagre`: layers from top to bottom, frames around what belongs together.

use std::collections::BTreeMap;

use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel};

use super::boxes::{Drawing, Look, Node};

/// Height of a line of text in a box or beside an arrow.
pub(super) const LINE: f64 = 15.0;
/// Room for the title of a frame.
pub(super) const FRAME_TITLE: f64 = 24.0;

/// Where everything is.
pub(super) struct Placed {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) rectangles: BTreeMap<String, Rectangle>,
    /// One for each arrow.
    pub(super) arrows: Vec<Route>,
}

/// Across and down.
pub(super) type Point = (f64, f64);

/// Where an arrow runs, and the middle of its label.
pub(super) struct Route {
    pub(super) points: Vec<Point>,
    pub(super) label: Point,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Rectangle {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

pub(super) fn place(drawing: &Drawing) -> Placed {
    let mut graph: Graph<NodeLabel, EdgeLabel> = Graph::with_options(GraphOptions {
        directed: true,
        multigraph: true,
        compound: true,
    });
    for node in &drawing.nodes {
        let (width, height) = size(node);
        let label = NodeLabel {
            width,
            height,
            ..NodeLabel::default()
        };
        graph.set_node(node.id.clone(), Some(label));
    }
    for node in &drawing.nodes {
        if let Some(frame) = &node.frame {
            graph.set_parent(&node.id, Some(frame));
        }
    }
    for arrow in &drawing.arrows {
        let label = EdgeLabel {
            width: label_width(&arrow.lines),
            height: LINE * arrow.lines.len() as f64,
            labelpos: dagre::layout::types::LabelPos::Center,
            ..EdgeLabel::default()
        };
        graph.set_edge(arrow.from.clone(), arrow.to.clone(), Some(label), None);
    }
    let options = LayoutOptions {
        nodesep: 36.0,
        edgesep: 18.0,
        ranksep: 34.0,
        marginx: 24.0,
        marginy: 24.0,
        ..LayoutOptions::default()
    };
    dagre::layout(&mut graph, Some(options));
    read(drawing, &graph)
}

fn read(drawing: &Drawing, graph: &Graph<NodeLabel, EdgeLabel>) -> Placed {
    let mut rectangles = BTreeMap::new();
    for node in &drawing.nodes {
        if let Some(found) = graph.node(&node.id) {
            rectangles.insert(node.id.clone(), rectangle(node.look, found));
        }
    }
    let arrows = drawing.arrows.iter().map(|arrow| {
        let edge = graph.edge(&arrow.from, &arrow.to, None);
        let points = edge.map_or_else(Vec::new, |edge| {
            edge.points.iter().map(|point| (point.x, point.y)).collect()
        });
        let middle: Point = points.get(points.len() / 2).copied().unwrap_or_default();
        let at = edge.and_then(|edge| Some((edge.x?, edge.y?)));
        Route {
            label: at.unwrap_or(middle),
            points,
        }
    });
    let arrows = arrows.collect();
    let mut placed = Placed {
        width: 0.0,
        height: 0.0,
        rectangles,
        arrows,
    };
    fit(drawing, &mut placed);
    placed
}

fn rectangle(look: Look, found: &NodeLabel) -> Rectangle {
    let (x, y) = (found.x.unwrap_or_default(), found.y.unwrap_or_default());
    let (width, mut height) = (found.width, found.height);
    let mut top = y - height / 2.0;
    if look.is_frame() {
        top -= FRAME_TITLE;
        height += FRAME_TITLE + 6.0;
    }
    Rectangle {
        left: x - width / 2.0,
        top,
        width,
        height,
    }
}

/// Moves everything so that nothing is cut off, and measures the whole.
fn fit(drawing: &Drawing, placed: &mut Placed) {
    const MARGIN: f64 = 20.0;
    let mut least = (f64::MAX, f64::MAX);
    let mut most = (0.0_f64, 0.0_f64);
    let mut see = |x: f64, y: f64| {
        least = (least.0.min(x), least.1.min(y));
        most = (most.0.max(x), most.1.max(y));
    };
    for rectangle in placed.rectangles.values() {
        see(rectangle.left, rectangle.top);
        see(
            rectangle.left + rectangle.width,
            rectangle.top + rectangle.height,
        );
    }
    for (route, arrow) in placed.arrows.iter().zip(&drawing.arrows) {
        route.points.iter().for_each(|(x, y)| see(*x, *y));
        if !arrow.lines.is_empty() {
            let half = label_width(&arrow.lines) / 2.0;
            see(route.label.0 - half, route.label.1);
            see(route.label.0 + half, route.label.1);
        }
    }
    if least.0 == f64::MAX {
        least = (0.0, 0.0);
    }
    let (dx, dy) = (MARGIN - least.0, MARGIN - least.1);
    for rectangle in placed.rectangles.values_mut() {
        rectangle.left += dx;
        rectangle.top += dy;
    }
    for route in &mut placed.arrows {
        for point in route.points.iter_mut().chain([&mut route.label]) {
            *point = (point.0 + dx, point.1 + dy);
        }
    }
    placed.width = most.0 - least.0 + 2.0 * MARGIN;
    placed.height = most.1 - least.1 + 2.0 * MARGIN;
}

/// Sizes come from the number of characters: nobody can ask the reader's font here.
fn size(node: &Node) -> (f64, f64) {
    match node.look {
        Look::Dot => (14.0, 14.0),
        Look::History => (30.0, 30.0),
        Look::Frame | Look::Parallel => (0.0, 0.0),
        Look::Anywhere => (characters(&node.title) * 6.6 + 24.0, 24.0),
        Look::Plain | Look::Settles | Look::Final => {
            let lines = node.lines.iter().map(|line| characters(line) * 6.9);
            let widest = lines.fold(characters(&node.title) * 8.0, f64::max);
            let height = 34.0 + LINE * node.lines.len() as f64;
            (widest.max(60.0) + 28.0, height)
        }
    }
}

pub(super) fn label_width(lines: &[String]) -> f64 {
    let widest = lines.iter().map(|line| characters(line) * 6.9);
    widest.fold(0.0, f64::max) + if lines.is_empty() { 0.0 } else { 12.0 }
}

fn characters(text: &str) -> f64 {
    text.chars().count() as f64
}
