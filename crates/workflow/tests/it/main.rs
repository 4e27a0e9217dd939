//! The crate as its users see it.

mod differences;
mod lint_rules;
mod pictures;
mod plays;
mod scenarios;
mod shipped;
mod tables;

use std::path::{Path, PathBuf};

use ringback_scxml::NoFiles;
use ringback_workflow::{Outline, lint};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A document around some states.
fn document(inside: &str) -> String {
    format!(
        "<scxml xmlns=\"http://www.w3.org/2005/07/scxml\" version=\"1.0\" datamodel=\"ecmascript\"\n  \
         xmlns:queue=\"urn:ringback:queue\" xmlns:interaction=\"urn:ringback:interaction\"\n  \
         xmlns:hours=\"urn:ringback:hours\" xmlns:chat=\"urn:ringback:chat\" xmlns:session=\"urn:ringback:session\">\n{inside}\n</scxml>"
    )
}

fn outline(inside: &str) -> Outline {
    let text = document(inside);
    match lint::read("test.scxml", text.as_bytes(), &NoFiles) {
        Ok((outline, _)) => outline,
        Err(findings) => panic!("{findings:#?}"),
    }
}
