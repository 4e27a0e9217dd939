//! What is kept: its format, and inputs that were put aside.

use super::Finding;
use crate::config::{Config, Engine};
use crate::stores;
use ringback_ports::store::{Store, StoreFault, Tenant};
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::io::Read;
use std::path::Path;

const WHAT: &str = "data";
const ASIDE: &str = "put aside";
/// At most so many inputs of each tenant are told.
const TOLD_MAX: usize = 5;

/// Looks into the data folder while no server uses it.
pub(crate) fn data(config: &Config) -> Vec<Finding> {
    let folder = &config.storage.folder;
    if config.storage.engine == Engine::Sqlite && !folder.join("journal.db").is_file() {
        return Vec::new();
    }
    if let Some(holder) = in_use(&folder.join("LOCK")) {
        return vec![Finding::ok(
            WHAT,
            format!("in use by {holder}, so not looked into"),
        )];
    }
    match stores::open_store(config) {
        Err(error) => vec![damaged(&error.root_cause().to_string())],
        Ok(store) => look(&*store).unwrap_or_else(|fault| vec![damaged(&fault.to_string())]),
    }
}

/// Who holds the lock of the data folder, if anybody does.
fn in_use(lock: &Path) -> Option<String> {
    let mut file = File::open(lock).ok()?;
    if flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
        return None;
    }
    let mut holder = String::new();
    match file.read_to_string(&mut holder) {
        Ok(_) if !holder.trim().is_empty() => Some(holder.trim().to_owned()),
        _ => Some("another process".to_owned()),
    }
}

fn damaged(text: &str) -> Finding {
    let next = "do not start on it; `ringback restore` makes a folder of the last backup";
    Finding::fail(WHAT, text, next)
}

fn look(store: &dyn Store) -> Result<Vec<Finding>, StoreFault> {
    let mut reader = store.journal_reader()?;
    let mut findings = Vec::new();
    for tenant in store.tenants()? {
        let head = reader.head(tenant.id)?;
        let says = format!("tenant {}: readable, last record {head}", tenant.name);
        findings.push(Finding::ok(WHAT, says));
        let aside = reader.quarantined(tenant.id, TOLD_MAX)?;
        findings.extend(
            aside
                .into_iter()
                .map(|(number, _, problem)| put_aside(&tenant, number, &problem)),
        );
    }
    Ok(findings)
}

fn put_aside(tenant: &Tenant, number: u64, problem: &str) -> Finding {
    Finding::warn(
        ASIDE,
        format!("tenant {}, input {number}: {problem}", tenant.name),
        "it made the engine fail and changed nothing; report it as a bug, with this text",
    )
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;
    use crate::config::Layers;

    fn config(folder: &Path) -> Config {
        let layers = Layers {
            flags: vec![("storage.folder", folder.display().to_string(), "--data")],
            ..Layers::default()
        };
        Config::read(layers).unwrap().0
    }

    #[test]
    fn a_folder_is_looked_into_only_when_nobody_uses_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path());
        config.storage.ballast_mib = 0;
        assert!(data(&config).is_empty(), "nothing is there yet");
        let store = stores::open_store(&config).unwrap();
        store.tenant(&"default".parse().unwrap()).unwrap();
        let used = data(&config);
        assert!(used[0].says.contains("in use"), "{used:?}");
        drop(store);
        let free = data(&config);
        assert_eq!(free[0].verdict, Verdict::Ok);
        assert!(
            free[0].says.contains("tenant default: readable"),
            "{free:?}"
        );
    }

    #[test]
    fn what_is_not_a_journal_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("journal.db"), [b'x'; 8_192]).unwrap();
        let mut config = config(folder.path());
        config.storage.ballast_mib = 0;
        let findings = data(&config);
        assert_eq!(findings[0].verdict, Verdict::Fail, "{findings:?}");
    }
}
