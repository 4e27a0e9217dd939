//! What the pages tell to type is typed: the examples of the concept pages and of the how-to run on
//! a fresh server with the configuration that the how-to shows, and answer what the pages say.

use crate::support::client::Client;
use crate::support::server::{Site, binary};
use futures_util::{StreamExt, stream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The page that says how to try the examples, with the helpers all of them use.
const HELPERS: &str = "docs/concepts/README.md";
const HOW_TO: &str = "docs/how-to/model-your-contact-centre.md";
/// The configuration that all pages stand on.
const HARBOUR: &str = "docs/how-to/harbour";
/// How many servers run at once.
const AT_ONCE: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn the_concept_pages_say_what_happens() {
    let pages = std::fs::read_dir(root().join("docs/concepts")).expect("a folder");
    let pages = pages.map(|entry| entry.expect("an entry").path());
    let mut pages: Vec<PathBuf> = pages
        .filter(|page| {
            page.extension().is_some_and(|end| end == "md") && !page.ends_with("README.md")
        })
        .collect();
    pages.sort();
    assert!(pages.len() >= 20, "one page per word: {pages:?}");
    let told = stream::iter(pages).map(|page| async move { tell(&page).await });
    told.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_company_works_for_a_morning() {
    tell(&root().join(HOW_TO)).await;
}

/// The page needs no server: that is what it tells.
#[test]
fn a_first_workflow_is_written_and_tested() {
    let page = root().join("docs/how-to/write-a-workflow.md");
    let examples = blocks(&page);
    let (good, told) = bash(&format!("set -e\nexec 2>&1\n{examples}"), "", "");
    says(&page, &examples, good, &told);
}

/// Runs the examples of one page.
async fn tell(page: &Path) {
    let name = page.display();
    let examples = blocks(page);
    assert!(!examples.is_empty(), "{name} has no example");
    let site = Site::new();
    let server = site.start().await;
    let here = site.administrator(0);
    configure(&site, &here);
    let script = format!(
        "set -e\nexec 2>&1\n{}\n{}",
        blocks(&root().join(HELPERS)),
        examples
    );
    let (url, key) = (site.base(), here.secret().to_owned());
    let told = tokio::task::spawn_blocking(move || bash(&script, &url, &key));
    let (good, told) = told.await.expect("it does not panic");
    says(page, &examples, good, &told);
    server.stop().await;
}

/// What a page promises came, in its order.
fn says(page: &Path, examples: &str, good: bool, told: &str) {
    let name = page.display();
    assert!(good, "the examples of {name} end with a mistake:\n{told}");
    let mut rest = told;
    for expected in examples.lines().filter_map(|line| line.strip_prefix("#>")) {
        let expected = expected.trim();
        let after = rest.split_once(expected);
        let (_, after) =
            after.unwrap_or_else(|| panic!("{name} says {expected}, but comes:\n{rest}"));
        rest = after;
    }
}

/// Everything is new, then nothing is left to do.
fn configure(site: &Site, here: &Client) {
    let folder = root().join(HARBOUR);
    let folder = folder.to_str().expect("a path");
    let config = |command| {
        site.succeeds(&[
            "config",
            command,
            folder,
            "--url",
            &site.base(),
            "--key",
            here.secret(),
        ])
    };
    let made = config("apply");
    assert!(
        made.lines()
            .filter(|line| line.starts_with("make "))
            .count()
            > 30,
        "{made}"
    );
    assert_eq!(config("diff"), "nothing to do\n");
}

/// What stands in the blocks of a page that are to be run.
fn blocks(page: &Path) -> String {
    let text =
        std::fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    let parts = text.split("\n```sh\n").skip(1);
    let blocks = parts.map(|part| part.split_once("\n```").map_or(part, |(block, _)| block));
    blocks.map(|block| format!("{block}\n")).collect()
}

/// Whether all of it went well, and everything it said.
fn bash(script: &str, url: &str, key: &str) -> (bool, String) {
    let folder = binary().parent().expect("a folder").to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = [folder].into_iter().chain(std::env::split_paths(&path));
    // `timeout` is a guard against hanging, not a measure.
    let output = Command::new("timeout")
        .args(["60", "bash", "-c", script])
        .current_dir(root())
        .env("PATH", std::env::join_paths(path).expect("a path"))
        .env("RINGBACK_URL", url)
        .env("RINGBACK_KEY", key)
        .env("NO_PROXY", "*")
        .stdin(Stdio::null())
        .output()
        .expect("bash starts: install bash, curl and coreutils");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

/// The root of the repository.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().expect("a folder").to_owned()
}
