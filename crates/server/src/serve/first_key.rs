//! The first administrator of each tenant: a tenant without any key gets one, because nobody
//! could make it over the API.

use super::refuse_open_door;
use crate::config::{Config, Secret};
use crate::secret;
use anyhow::{Context, Result, bail};
use ringback_model::config::{Input as ConfigInput, Refused as ConfigRefused, Role};
use ringback_model::{Input, Name, Refused};
use ringback_ports::envelope::CommandFault;
use ringback_ports::query::{Query, View};
use ringback_ports::store::Tenant;
use ringback_ports::{Actor, Command, Hall, Reply};
use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::oneshot;

const VARIABLE: &str = "RINGBACK_FIRST_KEY";
const VARIABLE_FILE: &str = "RINGBACK_FIRST_KEY_FILE";
/// The name of the key.
const NAME: &str = "admin";

/// The secret given from outside for the first tenant, if there is one.
#[derive(Debug, Clone, Default)]
pub(crate) struct FirstKey(Option<Secret>);

impl FirstKey {
    /// Reads it from the environment.
    pub(crate) fn of_environment() -> Result<Self> {
        let plain = std::env::var(VARIABLE).ok();
        let file = std::env::var_os(VARIABLE_FILE);
        Self::of(plain, file.map(PathBuf::from).as_deref())
    }

    fn of(plain: Option<String>, file: Option<&Path>) -> Result<Self> {
        let text = match (plain, file) {
            (None, None) => return Ok(Self(None)),
            (Some(_), Some(_)) => bail!("{VARIABLE} and {VARIABLE_FILE} are both set: unset one"),
            (Some(text), None) => text,
            (None, Some(path)) => std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {} ({VARIABLE_FILE})", path.display()))?,
        };
        let text = text.trim();
        if !secret::is_well_formed(text) {
            bail!(
                "{VARIABLE} is not a key: give rb_ and the base64url of 32 random bytes, for \
                 example: echo rb_$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')"
            );
        }
        Ok(Self(Some(Secret::new(text))))
    }
}

/// Makes a key for every tenant that has none.
pub(super) async fn ensure(hall: &dyn Hall, config: &Config, given: FirstKey) -> Result<()> {
    let mut given = given.0;
    for tenant in hall.tenants() {
        // The secret from outside is for the tenant named first.
        let own = config.tenants.first() == Some(&tenant.name);
        let given = if own { given.take() } else { None };
        if has_keys(hall, &tenant).await? {
            continue;
        }
        match given {
            Some(secret) => make(hall, &tenant, secret.reveal()).await?,
            None => {
                refuse_open_door(config, tenant.name.as_str())?;
                invent(hall, &tenant, &config.storage.folder).await?;
            }
        }
    }
    Ok(())
}

async fn has_keys(hall: &dyn Hall, tenant: &Tenant) -> Result<bool> {
    let actor = Arc::new(Actor::node());
    match hall.query(tenant.id, actor, Query::Keys).await {
        Ok((_, View::Keys(keys))) => Ok(keys.iter().any(|key| !key.revoked)),
        Ok((_, other)) => bail!("asked for keys, was told {other:?}"),
        Err(fault) => Err(fault).context("cannot look for the keys of a tenant"),
    }
}

/// Writes the file first: a key that is in force but known to nobody would lock everybody out.
async fn invent(hall: &dyn Hall, tenant: &Tenant, folder: &Path) -> Result<()> {
    let secret = secret::random()?;
    let path = folder.join(format!("first-administrator.{}.key", tenant.name));
    write(&path, &secret).with_context(|| format!("cannot write {}", path.display()))?;
    make(hall, tenant, &secret).await?;
    println!(
        "The first administrator of tenant {} has the key in {}",
        tenant.name,
        path.display()
    );
    if std::io::stdout().is_terminal() {
        println!("    {secret}");
    }
    Ok(())
}

fn write(path: &Path, secret: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(format!("{secret}\n").as_bytes())?;
    file.sync_all()
}

async fn make(hall: &dyn Hall, tenant: &Tenant, secret: &str) -> Result<()> {
    let name: Name = NAME.parse().expect("a constant name");
    let (reply, answer) = oneshot::channel();
    let command = Command {
        tenant: tenant.id,
        actor: Arc::new(Actor::node()),
        idempotent: None,
        input: Input::Config(ConfigInput::MakeKey {
            name,
            hash: secret::hash(secret),
            role: Role::Administrator,
            queues: None,
            groups: None,
            agent: None,
            bounds: None,
        }),
    };
    hall.send(command, Reply::One(reply));
    match answer.await.context("the house closed while starting")? {
        Ok(_) => Ok(()),
        // All keys were taken back, the administrator's among them: only a person can help.
        Err(CommandFault::Refused(Refused::Config(ConfigRefused::Exists { .. }))) => bail!(
            "all keys of tenant {} have been taken back, and the name {NAME} is used up: restore \
             a backup from before",
            tenant.name
        ),
        Err(fault) => Err(fault).context("cannot make the first administrator's key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_key_is_taken_from_either_variable_but_not_from_both() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let secret = secret::random().unwrap();
        write(&file, &secret).unwrap();
        for given in [
            FirstKey::of(Some(secret.clone()), None),
            FirstKey::of(None, Some(&file)),
        ] {
            assert_eq!(given.unwrap().0.unwrap().reveal(), secret);
        }
        assert!(FirstKey::of(None, None).unwrap().0.is_none());
        let both = FirstKey::of(Some(secret), Some(&file)).unwrap_err();
        assert!(both.to_string().contains("both set"));
    }

    #[test]
    fn a_weak_key_is_refused_without_being_shown() {
        let error = FirstKey::of(Some("hunter2".to_owned()), None).unwrap_err();
        assert!(error.to_string().contains("32 random bytes"));
        assert!(!error.to_string().contains("hunter2"));
    }
}
