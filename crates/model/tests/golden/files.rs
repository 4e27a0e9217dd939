//! Comparing samples with the files of a folder.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

/// Names the variants of an enum without a wildcard, and lists the names.
macro_rules! named {
    ($type:ty { $($pattern:pat => $name:literal,)* }) => {
        const NAMES: &[&str] = &[$($name),*];

        fn name_of(value: &$type) -> &'static str {
            match value {
                $($pattern => $name,)*
            }
        }
    };
}
pub(crate) use named;

/// A document: the part of its name after the dash, if it has one, and what it holds.
pub(crate) type Sample<T> = (&'static str, T);

/// Holds samples against the files of `golden/<kind>`.
pub(crate) fn hold<T>(
    kind: &str,
    names: &[&str],
    name_of: impl Fn(&T) -> &'static str,
    samples: Vec<Sample<T>>,
) where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(kind);
    fs::create_dir_all(&folder).expect("a folder for golden files");
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for (more, sample) in &samples {
        let name = name_of(sample);
        let file = if more.is_empty() {
            name.to_owned()
        } else {
            format!("{name}-{more}")
        };
        seen.insert(name);
        let json = serde_json::to_string_pretty(sample).expect("JSON") + "\n";
        wrong.extend(compare(&folder.join(format!("{file}.json")), &json));
        let packed = rmp_serde::to_vec_named(sample).expect("MessagePack");
        wrong.extend(compare(&folder.join(format!("{file}.hex")), &hex(&packed)));
        let again: T = rmp_serde::from_slice(&packed).expect("what was written reads back");
        assert_eq!(&again, sample, "{file} reads back as something else");
    }
    let missing = names.iter().filter(|name| !seen.contains(*name));
    wrong.extend(missing.map(|name| format!("{kind}: `{name}` has no sample")));
    wrong.extend(unreadable::<T>(&folder));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Written if it is not there and asked for; else the complaint, if it differs.
fn compare(path: &Path, now: &str) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(golden) if golden == now => None,
        Ok(golden) => Some(format!(
            "{} has changed. A journal written yesterday would not read the same: give the new \
             shape a new name, and keep this one readable.\n  golden: {golden}\n  now:    {now}",
            path.display()
        )),
        Err(_) if std::env::var_os("UPDATE_GOLDEN").is_some() => {
            fs::write(path, now).expect("a golden file can be written");
            None
        }
        Err(_) => Some(format!(
            "{} is not there: run with UPDATE_GOLDEN=1 and read what it holds",
            path.display()
        )),
    }
}

/// Documents nobody can read any more.
fn unreadable<T: DeserializeOwned>(folder: &Path) -> Vec<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of golden files")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        if path.extension().is_some_and(|end| end == "json") {
            serde_json::from_str::<T>(&text)
                .map(drop)
                .map_err(|error| error.to_string())
        } else {
            let bytes = bytes(&text).ok_or("no hexadecimal digits")?;
            rmp_serde::from_slice::<T>(&bytes)
                .map(drop)
                .map_err(|error| error.to_string())
        }
    };
    files
        .iter()
        .filter_map(|path| {
            let error = read(path).err()?;
            Some(format!(
                "{} cannot be read any more: {error}",
                path.display()
            ))
        })
        .collect()
}

/// 32 bytes a line.
fn hex(bytes: &[u8]) -> String {
    let line = |chunk: &[u8]| -> String {
        let digits = chunk.iter().map(|byte| format!("{byte:02x}"));
        digits.chain(["\n".to_owned()]).collect()
    };
    bytes.chunks(32).map(line).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = hex
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high * 16 + low).collect())
}

#[test]
fn hexadecimal_reads_back() {
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(bytes(&hex(&all)), Some(all));
    assert_eq!(bytes("abc"), None);
    assert_eq!(bytes("zz"), None);
}
