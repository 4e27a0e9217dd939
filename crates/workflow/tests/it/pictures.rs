//! Pictures show everything, and are the same every time.

use ringback_scxml::NoFiles;
use ringback_workflow::{lint, picture};

use crate::{outline, root};

const NESTED: &str = "<state id='first'><onentry><queue:submit queue=\"'x'\"/></onentry><transition event='queue.submit.done' cond='a &lt; 1' target='both'/></state>
<parallel id='both'><transition event='error' target='last'/>
  <state id='left'><state id='l1'><transition event='go' target='l2'/></state><state id='l2'><transition event='back' target='l1'/><transition event='again' target='l2'/></state></state>
  <state id='right'><history id='h'><transition target='r1'/></history><state id='r1'><transition event='stay'><log expr='1'/></transition></state></state>
</parallel><final id='last'/>";

#[test]
fn everything_is_shown() {
    let svg = picture::svg(&outline(NESTED), "A <picture>");
    for text in [
        ">first<",
        ">both<",
        ">left<",
        ">l1<",
        ">l2<",
        ">right<",
        ">r1<",
        ">last<",
        ">H<",
        ">anywhere in both<",
        ">queue:submit<",
        ">queue.submit.done<",
        ">[a &lt; 1]<",
        ">go<",
        ">back<",
        ">again<",
        ">on stay<",
        "A &lt;picture&gt;",
        "prefers-color-scheme: dark",
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
        let found = document.descendants().filter(|node| {
            node.tag_name().name() == "rect" && node.attribute("class") == Some(class)
        });
        found
            .map(|node| {
                ["x", "y", "width", "height"]
                    .map(|name| node.attribute(name).unwrap().parse().unwrap())
            })
            .collect()
    };
    let boxes: Vec<[f64; 4]> = [
        rectangles("box"),
        rectangles("settles"),
        rectangles("final"),
    ]
    .concat();
    assert_eq!(boxes.len(), 5);
    for (index, a) in boxes.iter().enumerate() {
        for b in &boxes[index + 1..] {
            let apart = a[0] + a[2] <= b[0]
                || b[0] + b[2] <= a[0]
                || a[1] + a[3] <= b[1]
                || b[1] + b[3] <= a[1];
            assert!(apart, "{a:?} and {b:?} overlap");
        }
    }
    let outer = rectangles("parallel")[0];
    for frame in rectangles("frame") {
        let inside = frame[0] >= outer[0]
            && frame[1] >= outer[1]
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

#[test]
fn only_what_is_entered_as_a_whole_shows_where_it_begins() {
    let dots = |svg: String| svg.matches("class=\"dot\"").count();
    // The document, `both`, and `left` in it; `right` is entered with `both` too.
    assert_eq!(dots(picture::svg(&outline(NESTED), "x")), 4);
    let inside = "<state id='a'><transition event='x' target='c'/></state><state id='b'><state id='c'><transition event='y' target='d'/></state></state><final id='d'/>";
    assert_eq!(dots(picture::svg(&outline(inside), "x")), 1);
}

#[test]
fn the_picture_of_the_how_to_is_up_to_date() {
    let page = std::fs::read_to_string(root().join("docs/how-to/write-a-workflow.md")).unwrap();
    let begin = "cat > welcome.scxml <<'END'\n";
    let last = page.rsplit(begin).next().unwrap();
    let text = last.split_once("\nEND\n").unwrap().0;
    let (outline, _) = lint::read("welcome.scxml", text.as_bytes(), &NoFiles).unwrap();
    let svg = picture::svg(&outline, "welcome");
    let file = root().join("docs/how-to/welcome.svg");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &svg).unwrap();
    }
    assert!(
        std::fs::read_to_string(&file).unwrap_or_default() == svg,
        "docs/how-to/welcome.svg is out of date: run `UPDATE_GOLDEN=1 cargo test -p ringback-workflow`"
    );
}
