//! The picture as text.

use std::fmt::Write as _;

use super::boxes::{Drawing, Look, Node};
use super::layout::{FRAME_TITLE, LINE, Placed, Point, Rectangle, label_width};

const STYLE: &str = "
    svg { color: #1f2328; --paper: #ffffff; --tint: #eef2f6; --room: #f7f9fb; --mark: #0b62c4; --warm: #9a5b00; --soft: #57606a; }
    @media (prefers-color-scheme: dark) {
      svg { color: #e6edf3; --paper: #12171e; --tint: #222a34; --room: #181f28; --mark: #6cb0ff; --warm: #e3a44c; --soft: #9aa7b4; }
    }
    .paper { fill: var(--paper); }
    text { fill: currentColor; font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; text-anchor: middle; }
    .title { font: 600 14px system-ui, sans-serif; }
    .frame-title { font: 600 13px system-ui, sans-serif; text-anchor: start; }
    .soft { fill: var(--soft); }
    .anywhere { font: 12px system-ui, sans-serif; fill: var(--soft); }
    .box { fill: var(--tint); stroke: currentColor; stroke-width: 1.3; }
    .settles { fill: var(--tint); stroke: var(--mark); stroke-width: 2.2; }
    .final { fill: var(--tint); stroke: var(--warm); stroke-width: 2.2; }
    .inner { fill: none; stroke: var(--warm); stroke-width: 1; }
    .frame { fill: var(--room); stroke: var(--soft); stroke-width: 1.2; }
    .parallel { fill: var(--room); stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 6 4; }
    .pill { fill: var(--paper); stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 3; }
    .dot { fill: currentColor; }
    .line { fill: none; stroke: var(--soft); stroke-width: 1.4; }
    .tip { fill: var(--soft); }
    .label { fill: var(--paper); opacity: 0.88; }
  ";

pub(super) fn write(drawing: &Drawing, placed: &Placed, title: &str) -> String {
    let mut out = String::new();
    let (width, height) = (placed.width.ceil(), placed.height.ceil());
    push(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"title desc\">\n  \
             <title id=\"title\">{}</title>\n  <desc id=\"desc\">{}</desc>\n  <style>{STYLE}</style>\n",
            escaped(title),
            escaped(&in_words(drawing))
        ),
    );
    out.push_str(
        "  <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto-start-reverse\">\
         <path class=\"tip\" d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>\n",
    );
    push(
        &mut out,
        format_args!("  <rect class=\"paper\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n"),
    );
    let with_place = |node: &'_ Node| placed.rectangles.get(&node.id).copied();
    for node in drawing.nodes.iter().filter(|node| node.look.is_frame()) {
        if let Some(rectangle) = with_place(node) {
            frame(&mut out, node, rectangle);
        }
    }
    for route in &placed.arrows {
        if route.points.len() > 1 {
            let path = path(&route.points);
            push(
                &mut out,
                format_args!("  <path class=\"line\" d=\"{path}\" marker-end=\"url(#tip)\"/>\n"),
            );
        }
    }
    for node in drawing.nodes.iter().filter(|node| !node.look.is_frame()) {
        if let Some(rectangle) = with_place(node) {
            shape(&mut out, node, rectangle);
        }
    }
    for (route, arrow) in placed.arrows.iter().zip(&drawing.arrows) {
        label(&mut out, &arrow.lines, route.label);
    }
    out.push_str("</svg>\n");
    out
}

fn frame(out: &mut String, node: &Node, at: Rectangle) {
    let class = if node.look == Look::Parallel {
        "parallel"
    } else {
        "frame"
    };
    rectangle(out, class, at, 10.0);
    let (x, y) = (at.left + 12.0, at.top + FRAME_TITLE - 7.0);
    push(
        out,
        format_args!(
            "  <text class=\"frame-title\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>\n",
            escaped(&node.title)
        ),
    );
}

fn shape(out: &mut String, node: &Node, at: Rectangle) {
    let (x, y) = (at.left + at.width / 2.0, at.top + at.height / 2.0);
    match node.look {
        Look::Dot => push(
            out,
            format_args!("  <circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\"/>\n"),
        ),
        Look::History => {
            push(
                out,
                format_args!("  <circle class=\"box\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"14\"/>\n"),
            );
            text(out, "title", x, y + 5.0, &node.title);
        }
        Look::Anywhere => {
            rectangle(out, "pill", at, at.height / 2.0);
            text(out, "anywhere", x, y + 4.0, &node.title);
        }
        Look::Plain | Look::Settles => {
            let class = if node.look == Look::Settles {
                "settles"
            } else {
                "box"
            };
            rectangle(out, class, at, 8.0);
            titled(out, node, at);
        }
        Look::Final => {
            rectangle(out, "final", at, at.height.min(40.0) / 2.0);
            let inner = Rectangle {
                left: at.left + 4.0,
                top: at.top + 4.0,
                width: at.width - 8.0,
                height: at.height - 8.0,
            };
            rectangle(out, "inner", inner, inner.height.min(32.0) / 2.0);
            titled(out, node, at);
        }
        Look::Frame | Look::Parallel => {}
    }
}

fn titled(out: &mut String, node: &Node, at: Rectangle) {
    let x = at.left + at.width / 2.0;
    text(out, "title", x, at.top + 22.0, &node.title);
    for (index, line) in node.lines.iter().enumerate() {
        let y = at.top + 22.0 + LINE * (index + 1) as f64;
        text(out, "soft", x, y, line);
    }
}

fn label(out: &mut String, lines: &[String], at: Point) {
    if lines.is_empty() {
        return;
    }
    let height = LINE * lines.len() as f64;
    let width = label_width(lines);
    let behind = Rectangle {
        left: at.0 - width / 2.0,
        top: at.1 - height / 2.0,
        width,
        height,
    };
    rectangle(out, "label", behind, 3.0);
    for (index, line) in lines.iter().enumerate() {
        let y = behind.top + LINE * (index as f64 + 0.78);
        let class = if line.starts_with('[') {
            "soft"
        } else {
            "event"
        };
        text(out, class, at.0, y, line);
    }
}

/// A smooth line through the middles between the points.
fn path(points: &[Point]) -> String {
    let mut path = format!("M{:.1} {:.1}", points[0].0, points[0].1);
    for index in 1..points.len() {
        let here = points[index];
        match points.get(index + 1) {
            Some(next) if index + 2 < points.len() => {
                let middle = ((here.0 + next.0) / 2.0, (here.1 + next.1) / 2.0);
                path.push_str(&format!(
                    " Q{:.1} {:.1} {:.1} {:.1}",
                    here.0, here.1, middle.0, middle.1
                ));
            }
            Some(next) => {
                path.push_str(&format!(
                    " Q{:.1} {:.1} {:.1} {:.1}",
                    here.0, here.1, next.0, next.1
                ));
                break;
            }
            None => path.push_str(&format!(" L{:.1} {:.1}", here.0, here.1)),
        }
    }
    path
}

/// The picture for those who do not see it.
fn in_words(drawing: &Drawing) -> String {
    let name = |id: &str| {
        let node = drawing.nodes.iter().find(|node| node.id == id);
        match node {
            Some(node) if node.look == Look::Dot => match &node.frame {
                Some(frame) => {
                    let frame = drawing.nodes.iter().find(|node| node.id == *frame);
                    frame.map_or_else(String::new, |frame| {
                        format!("the beginning of {}", frame.title)
                    })
                }
                None => "the beginning".to_owned(),
            },
            Some(node) => node.title.clone(),
            None => id.to_owned(),
        }
    };
    let sentences: Vec<String> = drawing
        .arrows
        .iter()
        .map(|arrow| {
            let on = if arrow.lines.is_empty() {
                String::new()
            } else {
                format!(" on {}", arrow.lines.join(" "))
            };
            format!("From {} to {}{on}.", name(&arrow.from), name(&arrow.to))
        })
        .collect();
    sentences.join(" ")
}

fn rectangle(out: &mut String, class: &str, at: Rectangle, round: f64) {
    push(
        out,
        format_args!(
            "  <rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{round:.1}\"/>\n",
            at.left, at.top, at.width, at.height
        ),
    );
}

fn text(out: &mut String, class: &str, x: f64, y: f64, text: &str) {
    push(
        out,
        format_args!(
            "  <text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>\n",
            escaped(text)
        ),
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Writing to a text cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}
