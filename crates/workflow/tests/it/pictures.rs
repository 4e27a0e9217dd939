//! Pictures show everything, and are the same every time.

use ringback_workflow::picture;

use crate::outline;

const NESTED: &str = "<state id='first'><onentry><queue:submit queue=\"'x'\"/></onentry><transition event='queue.submit.done' cond='a &lt; 1' target='both'/></state>
<parallel id='both'><transition event='error' target='last'/>
  <state id='left'><state id='l1'><transition event='go' target='l2'/></state><state id='l2'><transition event='back' target='l1'/><transition event='again' target='l2'/></state></state>
  <state id='right'><history id='h'><transition target='r1'/></history><state id='r1'><transition event='stay'><log expr='1'/></transition></state></state>
</parallel><final id='last'/>";

#[test]
fn everything_is_shown() {
    let svg = picture::svg(&outline(NESTED), "A <picture>");
    for text in [
        ">first<", ">both<", ">left<", ">l1<", ">l2<", ">right<", ">r1<", ">last<", ">H<",
        ">anywhere in both<", ">queue:submit<", ">queue.submit.done<", ">[a &lt; 1]<", ">go<",
        ">back<", ">again<", "A &lt;picture&gt;", "prefers-color-scheme: dark",
        "From l1 to l2 on go.",
    ] {
        assert!(svg.contains(text), "{text} is missing in\n{svg}");
    }
    assert!(!svg.contains("NaN"), "{svg}");
}

#[test]
fn it_is_well_formed_xml() {
    let svg = picture::svg(&outline(NESTED), "x");
    let read = roxmltree::Document::parse(&svg);
    assert!(read.is_ok(), "{read:?}\n{svg}");
}

#[test]
fn boxes_stand_inside_of_their_frames_and_apart_from_each_other() {
    let svg = picture::svg(&outline(NESTED), "x");
    let document = roxmltree::Document::parse(&svg).unwrap();
    let rectangles = |class: &str| -> Vec<[f64; 4]> {
        let found = document.descendants().filter(|node| node.tag_name().name() == "rect" && node.attribute("class") == Some(class));
        found
            .map(|node| ["x", "y", "width", "height"].map(|name| node.attribute(name).unwrap().parse().unwrap()))
            .collect()
    };
    let boxes: Vec<[f64; 4]> = [rectangles("box"), rectangles("settles"), rectangles("final")].concat();
    assert_eq!(boxes.len(), 5);
    for (index, a) in boxes.iter().enumerate() {
        for b in &boxes[index + 1..] {
            let apart = a[0] + a[2] <= b[0] || b[0] + b[2] <= a[0] || a[1] + a[3] <= b[1] || b[1] + b[3] <= a[1];
            assert!(apart, "{a:?} and {b:?} overlap");
        }
    }
    let outer = rectangles("parallel")[0];
    for frame in rectangles("frame") {
        let inside = frame[0] >= outer[0] && frame[1] >= outer[1]
            && frame[0] + frame[2] <= outer[0] + outer[2] + 0.2
            && frame[1] + frame[3] <= outer[1] + outer[3] + 0.2;
        assert!(inside, "{frame:?} is not inside of {outer:?}");
    }
}

#[test]
fn it_is_the_same_every_time() {
    let first = picture::svg(&outline(NESTED), "x");
    for _ in 0..5 {
        assert_eq!(picture::svg(&outline(NESTED), "x"), first);
    }
}
