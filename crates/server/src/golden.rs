//! Compares what is generated with what is checked in. Tests only.

use std::path::Path;

/// Asserts that the file at `path`, from the root of the repository, holds `text`; with
/// `UPDATE_GOLDEN=1` writes it instead.
pub(crate) fn compare(path: &str, text: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = root.join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).expect("the folder can be made");
        }
        std::fs::write(&file, text).expect("the file can be written");
        return;
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == text,
        "{path} is out of date: run `UPDATE_GOLDEN=1 cargo test -p ringback` and look at the change"
    );
}
