//! Looking for a text in files, in every form it could hide in.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The forms of a text that are looked for: plain, UTF-16, hexadecimal, base64.
pub(crate) fn forms(text: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![
        text.as_bytes().to_vec(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        hexadecimal(text, false),
        hexadecimal(text, true),
    ];
    // What stands before the text shifts its base64; the edges depend on the neighbours.
    for shift in 0..3 {
        let mut bytes = vec![0; shift];
        bytes.extend_from_slice(text.as_bytes());
        for alphabet in [&STANDARD, &URL_SAFE] {
            let coded = alphabet.encode(&bytes).trim_end_matches('=').to_owned();
            forms.push(coded.as_bytes()[4..coded.len() - 3].to_vec());
        }
    }
    forms
}

fn hexadecimal(text: &str, upper: bool) -> Vec<u8> {
    let digit = |byte: u8| match upper {
        true => format!("{byte:02X}"),
        false => format!("{byte:02x}"),
    };
    let digits: String = text.bytes().map(digit).collect();
    digits.into_bytes()
}

/// The files below a folder that hold the text in any form.
pub(crate) fn holding(folder: &Path, text: &str) -> BTreeSet<PathBuf> {
    let forms = forms(text);
    let files = files(folder).into_iter();
    files
        .filter(|path| {
            let bytes = std::fs::read(path).unwrap_or_default();
            forms.iter().any(|form| contains(&bytes, form))
        })
        .collect()
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).expect("a folder");
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn contains(bytes: &[u8], form: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == form[0]) {
        rest = &rest[at..];
        if rest.starts_with(form) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

#[test]
fn every_form_is_found() {
    let text = "canary-0123456789-canary";
    let folder = tempfile::tempdir().expect("a folder");
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let planted = [
        format!("before {text} after").into_bytes(),
        utf16,
        hexadecimal(text, false),
        STANDARD.encode(format!("x{text}y")).into_bytes(),
        URL_SAFE.encode(format!("xx{text}")).into_bytes(),
        STANDARD.encode(text).into_bytes(),
    ];
    std::fs::create_dir(folder.path().join("deep")).expect("made");
    for (number, bytes) in planted.iter().enumerate() {
        let path = folder.path().join(format!("deep/{number}"));
        std::fs::write(path, bytes).expect("written");
    }
    std::fs::write(folder.path().join("clean"), "canary-0123456789-canar").expect("written");
    assert_eq!(holding(folder.path(), text).len(), planted.len());
}
