//! Telling a crowd's ledger from the server's books: read, compare, panic with what differs.

use super::centre::Centre;
use super::checker::check;
use super::ledger::Ledger;
use super::picture::{Picture, Reader};
use super::server::Site;

/// Audits one tenant again and again.
#[derive(Default)]
pub(crate) struct Auditor {
    reader: Reader,
}

/// More are only counted.
const SHOWN: usize = 12;

impl Auditor {
    /// Reads the tenant and compares it with the ledger.
    pub(crate) async fn audit(&mut self, centre: &Centre, ledger: &Ledger, when: &str) -> Picture {
        let reached = ledger.reached();
        let picture = self.reader.read(&centre.administrator, reached).await;
        let problems = check(ledger, &picture);
        assert!(
            problems.is_empty(),
            "{when}, tenant {}: {} problems, the first are\n{}",
            centre.tenant,
            problems.len(),
            problems[..problems.len().min(SHOWN)].join("\n")
        );
        picture
    }
}

/// Decides the journal of a stopped server again; tells how many inputs were decided.
pub(crate) fn replay_check(site: &Site) -> u64 {
    let data = site.data().display().to_string();
    let said = site.succeeds(&["replay", "--check", "--data", &data]);
    let decided = site.tenants().iter().map(|tenant| {
        let line = said.lines().find(|line| line.starts_with(tenant.as_str()));
        let line = line.unwrap_or_else(|| panic!("nothing about {tenant}: {said}"));
        assert!(line.contains("no difference"), "{line}");
        let words: Vec<&str> = line.split_whitespace().collect();
        let inputs = words.iter().position(|word| *word == "inputs");
        let count = words[inputs.expect("it says how many") - 1];
        count.parse::<u64>().expect("a number")
    });
    decided.sum()
}
