//! The example file and the reference page, made from the table of keys.

use super::keys::{KEYS, Key, Kind, SECTIONS};

/// `deploy/ringback.example.toml`: every key with its meaning, switched off.
pub(crate) fn example() -> String {
    let mut text = String::from(
        "# Configuration of a Ringback server. Every key may be left out; the values shown are the\n\
         # defaults, or examples where it says so. Each can also be set by the environment variable\n\
         # named beside it, or by that name with _FILE behind it, which names a file with the value.\n\
         # Precedence: default < this file < environment < flag. Unknown keys are refused.\n\
         #\n\
         # Made by `ringback config example`.\n",
    );
    for (section, keys) in SECTIONS.iter().zip(KEYS) {
        text.push('\n');
        if !section.name.is_empty() {
            comment(&mut text, section.doc);
            text.push_str(&format!("[{}]\n\n", section.name));
        }
        let shown: Vec<String> = keys.iter().map(entry).collect();
        text.push_str(&shown.join("\n"));
    }
    text
}

fn entry(key: &Key) -> String {
    let mut text = String::new();
    comment(&mut text, key.doc);
    text.push_str(&format!("# Environment: {}\n", key.env()));
    match (key.default, key.example) {
        (Some(value), _) => text.push_str(&format!("#{} = {value}\n", key.name)),
        (None, Some(value)) => text.push_str(&format!(
            "# No default; an example:\n#{} = {value}\n",
            key.name
        )),
        (None, None) => text.push_str(&format!("#{} =\n", key.name)),
    }
    text
}

fn comment(text: &mut String, lines: &[&str]) {
    for line in lines {
        text.push_str(&format!("# {}\n", line.trim()));
    }
}

/// `docs/reference/configuration.md`.
pub(crate) fn reference() -> String {
    let mut text = String::from(
        "# Configuration keys\n\n\
         <!-- Made from the table of keys in crates/server/src/config/keys.rs; do not edit.\n     \
         UPDATE_GOLDEN=1 cargo test -p ringback writes it anew. -->\n\n\
         A server needs no configuration: without any it listens on the loopback address and keeps\n\
         its data in `./ringback-data`. What is set comes from these places, the later one wins:\n\
         defaults, the file given with `--config`, environment variables, flags.\n\n\
         - An unknown key or variable is refused, with the name that was probably meant.\n\
         - `NAME_FILE` instead of a variable `NAME` names a file that holds the value; use it for\n  \
         secrets.\n\
         - `ringback check-config` checks everything without starting, and tells where each value\n  \
         was set. `ringback config example` prints a file with all keys.\n\
         - All keys take effect at the next start. Queues, agents, skills, keys and the settings of\n  \
         a tenant are not here: they are changed live over the API and keep their history.\n",
    );
    for (section, keys) in SECTIONS.iter().zip(KEYS) {
        if section.name.is_empty() {
            text.push_str("\n## At the top of the file\n");
        } else {
            text.push_str(&format!(
                "\n## `[{}]`\n\n{}\n",
                section.name,
                prose(section.doc)
            ));
        }
        for key in *keys {
            text.push_str(&paragraph(key));
        }
    }
    text.push_str(OTHER_VARIABLES);
    text
}

fn paragraph(key: &Key) -> String {
    let kind = match key.kind {
        Kind::Text => "text",
        Kind::Number => "number",
        Kind::List => "list of texts",
        Kind::Secret => "text, secret",
    };
    let value = match (key.default, key.example) {
        (Some(value), _) => format!("default `{value}`"),
        (None, Some(value)) => format!("no default, for example `{value}`"),
        (None, None) => "no default".to_owned(),
    };
    format!(
        "\n### `{}`\n\n{kind}; {value}; environment `{}`\n\n{}\n",
        key.path(),
        key.env(),
        prose(key.doc)
    )
}

fn prose(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join("\n")
}

const OTHER_VARIABLES: &str = "
## Other environment variables

| variable | meaning |
|---|---|
| `RINGBACK_LOG` | what is logged; overrides `log.filter` |
| `RINGBACK_FIRST_KEY`, `RINGBACK_FIRST_KEY_FILE` | the secret of the first administrator of the first tenant, instead of a random one: `rb_` and 43 characters, the base64url of 32 random bytes |
| `RINGBACK_URL`, `RINGBACK_KEY`, `RINGBACK_KEY_FILE` | server and key for `ringback top` and `ringback doctor --url` |
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn the_example_file_is_up_to_date() {
        golden::compare("deploy/ringback.example.toml", &example());
    }

    #[test]
    fn the_reference_page_is_up_to_date() {
        golden::compare("docs/reference/configuration.md", &reference());
    }

    #[test]
    fn the_example_with_everything_switched_on_is_a_valid_configuration() {
        let on: String = example()
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest) if !rest.starts_with(' ') && !rest.is_empty() => format!("{rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        // The one pair of keys that excludes another: the database needs its engine.
        let on = on.replace("engine = \"sqlite\"", "engine = \"postgresql\"");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), on).unwrap();
        let layers = crate::config::Layers {
            file: Some(file.path().to_owned()),
            ..Default::default()
        };
        let (_, sources) = crate::config::Config::read(layers).unwrap();
        for key in super::super::keys::all() {
            assert!(sources.is_set(&key.path()), "{} is not shown", key.path());
        }
    }
}
