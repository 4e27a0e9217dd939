//! A document as a picture: states in states, transitions with what they wait for. The places are found by
//! a library (see `docs/decisions/0013`); what is drawn, and how, is decided here.

mod boxes;
mod layout;
mod svg;

use crate::outline::Outline;

/// The picture of a document as SVG: light or dark as the reader has it, and told in words for those who
/// do not see it.
pub fn svg(outline: &Outline, title: &str) -> String {
    let drawing = boxes::drawing(outline);
    let placed = layout::place(&drawing);
    svg::write(&drawing, &placed, title)
}
