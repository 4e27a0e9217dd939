//! Which crate lives on which floor of the house, and which way each may look.
//!
//! Written by hand: a new crate is an architectural change and gets its line here.

/// A floor of the house; arrows go down only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Pure libraries that know nothing of contact centres.
    Stone,
    /// Pure domain crates.
    Heart,
    /// The only place where pure and impure meet.
    Hall,
    /// I/O; no room knows another.
    Room,
    /// The binary.
    Door,
    /// Tests, benchmarks and chores; never shipped.
    Yard,
}

/// Every crate by the name of its folder. Within heart and hall a crate may look only at those
/// that stand before it.
const HOUSE: &[(Layer, &[&str])] = &[
    (Layer::Stone, &["scxml", "sip", "media", "wire-text"]),
    (Layer::Heart, &["model", "content", "engine", "callback"]),
    (Layer::Hall, &["ports", "workflow", "runtime", "rehearsal"]),
    (
        Layer::Room,
        &[
            "store",
            "bus",
            "channel-voice",
            "channel-mail",
            "channel-chat",
            "channel-text",
            "outward",
            "api",
        ],
    ),
    (Layer::Door, &["server"]),
    (Layer::Yard, &["sim", "xtask", "e2e", "bench"]),
];

/// The two machines that only the loop and its rehearsal may drive.
const MACHINES: &[&str] = &["engine", "callback"];
const DRIVERS: &[&str] = &["runtime", "rehearsal"];

/// The layer of the crate in the folder `name`, or `None` when the table does not know it.
pub(crate) fn layer_of(name: &str) -> Option<Layer> {
    place_of(name).map(|(layer, _)| layer)
}

/// The package name that belongs to a folder.
pub(crate) fn package_of(folder: &str) -> String {
    match folder {
        "server" => "ringback".to_owned(),
        "xtask" => "xtask".to_owned(),
        other => format!("ringback-{other}"),
    }
}

/// The folder that belongs to a package name, if it is one of the house's names.
pub(crate) fn folder_of(package: &str) -> Option<&str> {
    match package {
        "ringback" => Some("server"),
        "xtask" => Some("xtask"),
        other => other.strip_prefix("ringback-"),
    }
}

/// Whether the crate in folder `from` may depend on the one in folder `to`; the error says which
/// rule is broken. Both must be in the table.
pub(crate) fn may_look(from: &str, to: &str, for_tests: bool) -> Result<(), &'static str> {
    let (Some((from_layer, from_rank)), Some((to_layer, to_rank))) = (place_of(from), place_of(to))
    else {
        return Err("one of them has no place in the table of layers");
    };
    if from_layer == Layer::Yard || (for_tests && to_layer == Layer::Yard) {
        return Ok(());
    }
    if MACHINES.contains(&to) && from_layer != Layer::Heart && !DRIVERS.contains(&from) {
        return Err("only runtime, rehearsal and the yard drive engine and callback");
    }
    match (from_layer, to_layer) {
        (_, Layer::Yard) => Err("the yard is never shipped, so only dev-dependencies may name it"),
        (Layer::Stone, _) => Err("stones know nothing of the house"),
        (Layer::Room, Layer::Room) => Err("no room knows another room"),
        (Layer::Room, _) if to_layer == Layer::Stone || ["model", "ports"].contains(&to) => Ok(()),
        (Layer::Room, _) => Err("rooms see only ports, model and the stones they speak"),
        (Layer::Heart, Layer::Heart) | (Layer::Hall, Layer::Hall) if to_rank < from_rank => Ok(()),
        (Layer::Heart, Layer::Stone) | (Layer::Hall, Layer::Heart | Layer::Stone) => Ok(()),
        (Layer::Door, Layer::Room | Layer::Hall | Layer::Heart | Layer::Stone) => Ok(()),
        _ => Err("arrows go down only: door -> rooms, hall -> heart -> stones"),
    }
}

fn place_of(name: &str) -> Option<(Layer, usize)> {
    HOUSE.iter().find_map(|(layer, names)| {
        names
            .iter()
            .position(|known| *known == name)
            .map(|rank| (*layer, rank))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_of_the_plan_are_allowed() {
        for (from, to) in [
            ("engine", "model"),
            ("workflow", "scxml"),
            ("runtime", "engine"),
            ("rehearsal", "runtime"),
            ("store", "ports"),
            ("channel-voice", "sip"),
            ("server", "api"),
            ("server", "rehearsal"),
            ("sim", "engine"),
        ] {
            assert_eq!(may_look(from, to, false), Ok(()), "{from} -> {to}");
        }
    }

    #[test]
    fn arrows_against_the_plan_are_refused() {
        for (from, to) in [
            ("model", "engine"),
            ("scxml", "model"),
            ("ports", "runtime"),
            ("ports", "engine"),
            ("store", "api"),
            ("api", "runtime"),
            ("api", "engine"),
            ("server", "engine"),
            ("runtime", "store"),
            ("runtime", "sim"),
            ("engine", "ports"),
        ] {
            assert!(
                may_look(from, to, false).is_err(),
                "{from} -> {to} was allowed"
            );
        }
    }

    #[test]
    fn tests_may_use_the_yard_but_not_another_room() {
        assert_eq!(may_look("store", "sim", true), Ok(()));
        assert!(may_look("store", "api", true).is_err());
    }

    #[test]
    fn package_and_folder_names_belong_together() {
        for folder in ["server", "xtask", "model", "channel-voice"] {
            assert_eq!(folder_of(&package_of(folder)), Some(folder));
        }
    }
}
